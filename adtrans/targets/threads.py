"""A kernel as the function of one thread: its places in the grid are parameters, sums by `cuda.atomic.add` are sums."""

from __future__ import annotations

from dataclasses import dataclass, replace

from adtrans import ir
from adtrans.errors import UnsupportedError
from adtrans.names import fresh, used

AXES = ("x", "y", "z")
# What the parameter for each of them is called, unless the user has a name for it.
BASES = {"grid": "grid", "gridsize": "grid_size", "threadIdx": "thread", "blockIdx": "block", "blockDim": "block_size",
         "gridDim": "blocks"}  # fmt: skip


@dataclass(frozen=True)
class Threads:
    """`function` is that of one thread, whose last parameters are its `places`: `threadIdx.x` and the like, by the name
    of the parameter. `added` are the arrays to which threads add by `cuda.atomic.add`."""

    function: ir.Function
    places: dict[str, str]
    added: frozenset


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
    added: set[str] = set()
    body = _with_sums(body, added)
    end = replace(end, value=ir.Tuple((), end.loc))
    function = replace(function, params=(*function.params, *found.values()), body=(*body[:-1], end))
    return Threads(function, {name: place for place, name in found.items()}, frozenset(added))


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
            hint = "Write the kernel so that each thread computes its own results."
            raise UnsupportedError("barriers between threads are not supported yet", stmt.loc, hint)
    for expr in (e for x in ir.expressions(stmt) for e in ir.walk(x)):
        if isinstance(expr, ir.Call) and expr.func == "cuda.shared.array":
            hint = "Read from the arrays themselves, or use cuda.local.array."
            raise UnsupportedError("shared memory is not supported yet", expr.loc, hint)
        if isinstance(expr, ir.Call) and expr.func == "cuda.atomic.add":
            hint = "Call it as a statement."
            raise UnsupportedError("the value of cuda.atomic.add depends on the order of threads", expr.loc, hint)
    return stmt
