"""Loops in which a thread goes through the elements that are its own, a step of the whole grid at a time, fused.

For the passes such a loop runs through all elements: if iterations are independent there, so are those of one thread.
"""

from __future__ import annotations

from dataclasses import replace

from adtrans import ir, types
from adtrans.analyses.independence import unshared
from adtrans.analyses.signs import signs
from adtrans.targets.ownership import Places
from adtrans.transforms.ascend import ascend
from adtrans.transforms.fuse import fuse
from adtrans.transforms.tapes import ONE, ZERO, iteration, reversed_loop, trips


def fuse_strides(block: tuple, env: types.Env, values: dict, stacks: dict[str, str], known: Places) -> tuple:
    """`block` with forward and reverse loops merged, and with reverse loops run upwards, where that is possible;
    `stacks` as in `fuse`."""
    spans = {_key(new): _bounds(old) for loop in known.strides for new, old in _ways(_by_place(loop, values), values)}
    recorded: set[str] = set()
    whole = tuple(_whole(s, known.strides, values, recorded) for s in block)
    merged = fuse(whole, env, values, stacks)
    if _by_iteration(merged, recorded, {loop.var for loop in known.strides}):
        merged = fuse(block, env, values, stacks)
    merged = ascend(merged, env, unshared(merged), signs(merged, env, values))
    return tuple(_own(s, spans) for s in merged)


def _by_iteration(block: tuple, recorded: set[str], variables: set[str]) -> bool:
    """Whether `block` still records in an array of `recorded` by the iteration, whose number in the thread is not that
    in the loop over all elements."""
    places = (s.target for s in ir.statements(block) if isinstance(s, ir.Store))
    return any(place.base.id in recorded and variables & set(map(_variable, place.index)) for place in places)


def _variable(item) -> str | None:
    return item.id if isinstance(item, ir.Name) else None


def _by_place(loop: ir.For, values: dict) -> ir.For:
    """`loop` with its start and step in terms of the thread's places: other names may be gone when it is needed."""

    def known(expr):
        return ir.rewrite(known, values[expr.id]) if isinstance(expr, ir.Name) and expr.id in values else expr

    return replace(loop, start=ir.rewrite(known, loop.start), step=ir.rewrite(known, loop.step))


def _ways(loop: ir.For, values: dict):
    """The loop over all elements, upwards and downwards, each with that of the thread."""
    whole = replace(loop, start=ZERO, step=ONE)
    yield whole, loop
    yield _reversed(whole, values), _reversed(loop, values)


def _reversed(loop: ir.For, values: dict) -> ir.For:
    start, stop, step = reversed_loop(loop, values)
    return replace(loop, start=start, stop=stop, step=step)


def _bounds(loop: ir.For) -> tuple:
    return loop.start, loop.stop, loop.step


def _key(loop: ir.For) -> tuple:
    return loop.var, *_bounds(loop)


def _whole(stmt, loops: list, values: dict, recorded: set):
    """`stmt` with the loops of a thread as loops over all elements; `recorded` gets the arrays that have an element for
    each iteration of one."""
    ways = {_key(old): _bounds(new) for loop in loops for new, old in _ways(loop, values)}
    numbers = {iteration(loop): ir.Name(loop.var) for loop in loops}
    counts = {trips(loop, values): loop.stop for loop in loops}

    def all_elements(expr):
        if isinstance(expr, ir.Index) and isinstance(expr.base, ir.Name) and numbers.keys() & set(expr.index):
            recorded.add(expr.base.id)
            return replace(expr, index=tuple(numbers.get(item, item) for item in expr.index))
        return expr

    def visit(stmt):
        stmt = ir.with_blocks(stmt, *(tuple(map(visit, b)) for b in ir.blocks(stmt)))
        stmt = ir.map_expressions(lambda e: ir.rewrite(all_elements, e), stmt)
        if isinstance(stmt, ir.For) and _key(stmt) in ways:
            start, stop, step = ways[_key(stmt)]
            return replace(stmt, start=start, stop=stop, step=step)
        if isinstance(stmt, ir.Alloc):
            return replace(stmt, shape=tuple(counts.get(n, n) for n in stmt.shape))
        return stmt

    return visit(stmt)


def _own(stmt, spans: dict):
    stmt = ir.with_blocks(stmt, *(tuple(_own(s, spans) for s in b) for b in ir.blocks(stmt)))
    if isinstance(stmt, ir.For) and _key(stmt) in spans:
        start, stop, step = spans[_key(stmt)]
        return replace(stmt, start=start, stop=stop, step=step)
    return stmt
