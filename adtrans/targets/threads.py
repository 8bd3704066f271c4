"""A kernel as the function of one thread: its places in the grid are parameters, sums by `cuda.atomic.add` are sums."""

from __future__ import annotations

from dataclasses import dataclass, replace

from adtrans import ir
from adtrans.analyses.affine import affine, constant
from adtrans.errors import UnsupportedError
from adtrans.names import assigned, fresh, used

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
    body = _with_sums(body, added)
    _check_shared(body, shared, added)
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


def _check_shared(block: tuple, shared: dict, added: set) -> None:
    """Raises: UnsupportedError where a shared array gets another name or is summed into by several threads."""
    for stmt in ir.statements(block):
        again = assigned(stmt) & shared.keys()
        if again or (isinstance(stmt, ir.AugAssign) and ir.names(stmt.target) & shared.keys() & added):
            what = "a second shared array of this name" if again else "a sum of several threads in shared memory"
            raise UnsupportedError(f"{what} is not supported", stmt.loc, "Add up between barriers, as in a tree.")


def _with_sums(block: tuple, added: set) -> tuple:
    return tuple(_with_sum(ir.with_blocks(s, *(_with_sums(b, added) for b in ir.blocks(s))), added) for s in block)


def _with_sum(stmt, added: set):
    match stmt:
        case ir.Effect(ir.Call("cuda.atomic.add", (array, index, value))):
            if not isinstance(array, ir.Name):
                raise UnsupportedError("cuda.atomic.add to a part of an array", stmt.loc, "Name the array itself.")
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
