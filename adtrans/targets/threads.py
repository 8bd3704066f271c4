"""A kernel as the function of one thread: its places in the grid are parameters, sums by `cuda.atomic.add` are sums."""

from __future__ import annotations

from dataclasses import dataclass, replace

from adtrans import ir
from adtrans.analyses.affine import affine, constant
from adtrans.errors import UnsupportedError
from adtrans.names import assigned, assigned_in, fresh, used

AXES = ("x", "y", "z")
# What the parameter for each of them is called, unless the user has a name for it.
BASES = {"grid": "grid", "gridsize": "grid_size", "threadIdx": "thread", "blockIdx": "block", "blockDim": "block_size",
         "gridDim": "blocks"}  # fmt: skip


WAIT = ir.Call("wait for all threads", ())  # a barrier, until `barriers` says what it changes


@dataclass(frozen=True)
class Threads:
    """`function` is that of one thread, whose last parameters are the arrays that the block's threads have in common,
    `shared`, each with its lengths and element type, and the thread's `places`: `threadIdx.x` and the like, by the name
    of the parameter. `added` are the arrays to which threads add by `cuda.atomic.add`, `waits` says whether there are
    barriers."""

    function: ir.Function
    shared: dict[str, tuple]
    places: dict[str, str]
    added: frozenset
    waits: bool


def threads(function: ir.Function) -> Threads:
    """The function of one thread, from that of a kernel without calls of users' functions.

    Raises: UnsupportedError for a kernel that returns a value, and for what threads do together.
    """
    end = function.body[-1]
    if end.value is not None:
        raise UnsupportedError("a kernel returns nothing", end.loc, "Store the result in an array.")
    taken, found = used(function), {}

    def named(expr):
        if not isinstance(expr, ir.Call) or not expr.func.startswith("cuda."):
            return expr
        kind, _, axis = expr.func.removeprefix("cuda.").partition(".")
        if kind in BASES:
            place = f"{kind}.{axis}"
            if place not in found:
                found[place] = fresh(f"{BASES[kind]}_{axis}", taken)
            return ir.Name(found[place], expr.loc)
        return expr

    body = tuple(ir.rewrite_statement(named, s) for s in function.body)
    shared = {s.target: _shared(s) for s in body if _makes_shared(s)}
    body = tuple(s for s in body if not _makes_shared(s))
    added: set[str] = set()
    body = _with_sums(body, set(function.params) - assigned_in(body), added)
    _check_shared(body, shared)
    waits = any(isinstance(s, ir.Effect) and s.value == WAIT for s in ir.statements(body))
    end = replace(end, value=ir.Tuple((), end.loc))
    function = replace(function, params=(*function.params, *shared, *found.values()), body=(*body[:-1], end))
    return Threads(function, shared, {name: place for place, name in found.items()}, frozenset(added), waits)


def _makes_shared(stmt) -> bool:
    return isinstance(stmt, ir.Assign) and isinstance(stmt.value, ir.Call) and stmt.value.func == "cuda.shared.array"


def _shared(stmt: ir.Assign) -> tuple:
    """The lengths and the element type of a shared array."""
    (shape,), keywords = stmt.value.args, dict(stmt.value.keywords)
    lengths = [constant(affine(n, {})) for n in (shape.items if isinstance(shape, ir.Tuple) else (shape,))]
    if not all(n and n > 0 for n in lengths):
        hint = "Write the lengths as numbers; memory whose size the launch gives is not supported."
        raise UnsupportedError("the lengths of a shared array have to be constant", stmt.loc, hint)
    return tuple(lengths), keywords["dtype"].name


def _check_shared(block: tuple, shared: dict) -> None:
    """Raises: UnsupportedError where the name of a shared array is given to another."""
    for stmt in ir.statements(block):
        if assigned(stmt) & shared.keys():
            raise UnsupportedError("a second shared array of this name is not supported", stmt.loc, "Use another name.")


def _with_sums(block: tuple, arrays: set, added: set) -> tuple:
    """`block` with calls of `cuda.atomic.add` as sums; `added` gets the names, among `arrays`, of what they add to."""
    nested = (ir.with_blocks(s, *(_with_sums(b, arrays, added) for b in ir.blocks(s))) for s in block)
    return tuple(_with_sum(s, arrays, added) for s in nested)


def _with_sum(stmt, arrays: set, added: set):
    match stmt:
        case ir.Effect(ir.Call("cuda.atomic.add", (array, index, value))):
            if not isinstance(array, ir.Name) or array.id not in arrays:
                hint = "Name the array itself, with the index of the element; in a block add up between barriers."
                raise UnsupportedError("cuda.atomic.add to anything but a parameter is not supported", stmt.loc, hint)
            added.add(array.id)
            items = index.items if isinstance(index, ir.Tuple) else (index,)
            return ir.AugAssign(ir.Index(array, items, stmt.loc), "+", value, stmt.loc, stmt.comments)
        case ir.Effect(ir.Call("cuda.syncthreads")):
            return replace(stmt, value=WAIT)
    for expr in (e for x in ir.expressions(stmt) for e in ir.walk(x)):
        if isinstance(expr, ir.Call) and expr.func == "cuda.shared.array":
            hint = "Make it at the start of the kernel, and give it a name: s = cuda.shared.array(32, np.float32)."
            raise UnsupportedError("shared memory is not supported here", expr.loc, hint)
        if isinstance(expr, ir.Call) and expr.func == "cuda.atomic.add":
            hint = "Call it as a statement."
            raise UnsupportedError("the value of cuda.atomic.add depends on the order of threads", expr.loc, hint)
    return stmt
