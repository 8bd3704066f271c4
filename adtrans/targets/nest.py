"""A parallel loop, with those that are parallel right inside of it, as what the threads of a grid run."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import reduce

from adtrans import ir
from adtrans.analyses.facts import Facts
from adtrans.analyses.memory import ADD
from adtrans.analyses.threads import Chunked, chunked
from adtrans.targets.contributions import stretched
from adtrans.targets.loops import bound_in, own_axes, uniform
from adtrans.targets.sums import atomic_sum

AXES = 3  # of a grid


@dataclass(frozen=True)
class Nest:
    """`loops`, outermost first, whose iterations are threads that run `body`; `sums`: the scalars to which they add;
    `work`: the allocations of the arrays that each of them has for itself."""

    loops: tuple
    body: tuple
    sums: tuple
    work: tuple


def nest(root: ir.For, how: Chunked, known: Facts) -> Nest:
    """`root`, which runs in chunks as `how` says, as a nest: sums to which threads may add at once are atomic."""
    loops, added = [root], set(how.added)
    while (inner := _next(loops[-1], root, how, known)) and len(loops) < AXES:
        loops.append(inner[0])
        added |= set(inner[1].added)
    body = loops[-1].body
    for array in sorted(added):
        body = _adding(body, array, tuple(loops), known)
    return Nest(tuple(loops), body, how.sums, tuple(known.allocations[name] for name in how.work))


def _next(loop: ir.For, root: ir.For, how: Chunked, known: Facts) -> tuple[ir.For, Chunked] | None:
    """The loop that is all that `loop` does, where its iterations are independent too, and how it runs in chunks."""
    match loop.body:
        case (ir.For(exit=None) as inner,) if not how.work and not _makes_arrays(root):
            found = chunked(inner, known)
            bounds = all(uniform(e, bound_in(root)) for e in (inner.start, inner.stop, inner.step))
            if isinstance(found, Chunked) and bounds and not found.work and not found.extrema:
                return inner, found
    return None


def _makes_arrays(loop: ir.For) -> bool:
    return any(isinstance(s, ir.Alloc) for s in ir.statements(loop.body))


def _adding(body: tuple, array: str, loops: tuple, known: Facts) -> tuple:
    """`body` with its sums into `array` atomic where several threads may add to one element: that may depend on whether
    an axis of length 1 is stretched."""
    indices = (a.index for a in known.memory.uses(loops[0].body, array) if a.kind == ADD)
    found = [stretched(index, loops) for index in indices if index is not None]
    tests = dict.fromkeys(t for _, more in found for t in more)
    own = len({index for index, _ in found}) == 1 and len(own_axes(found[0][0], loops)) == len(loops)
    if own and not tests:
        return body
    test = reduce(lambda a, b: ir.Op("and", (a, b)), tests) if own else None
    return tuple(s for stmt in body for s in _atomic(stmt, array, test, loops))


def _atomic(stmt, array: str, test, loops: tuple) -> Iterable:
    match stmt:
        case ir.AugAssign(ir.Index(ir.Name(name), index) as place, op, value) if name == array:
            atomic = atomic_sum(name, index, value if op == "+" else ir.Op("neg", (value,)), stmt.loc)
            if test is None:
                return (atomic,)
            own = replace(stmt, target=replace(place, index=stretched(index, loops)[0]))
            return (ir.If(test, (own,), (atomic,), stmt.loc),)
    blocks = (tuple(s for inner in b for s in _atomic(inner, array, test, loops)) for b in ir.blocks(stmt))
    return (ir.with_blocks(stmt, *blocks),)
