"""A loop that adds to neighbouring elements of one array, split so that each part vectorises.

The adjoint of a stencil scatters: `u_bar[i - 1] += s; u_bar[i + 1] += s`. No compiler vectorises such a loop, as one
iteration adds to what another has added to. In loops of their own the sums do not meet.
"""

from __future__ import annotations

from dataclasses import replace

from adtrans import ir, types
from adtrans.analyses.independence import Sink, dependences, gaps, sinks
from adtrans.analyses.liveness import Liveness, liveness
from adtrans.analyses.signs import Signs
from adtrans.passes import optimising
from adtrans.transforms.flatten import is_costly
from adtrans.transforms.lazy import ONE, add

MOST_ARRAYS = 2  # written in one loop: the compiler checks each against every other before the loop

MOST_WORK = 3  # of the split loops together, in units of the whole


@optimising
def distribute(block: tuple, env: types.Env, owned: frozenset, known: Signs) -> tuple:
    """`block` with each innermost loop that adds to several elements of one array, its iterations independent but for
    sums, as several loops. `owned` are arrays that share no memory with another. Sums change their order."""
    return _block(block, env, owned, known, liveness(block))


def _block(block: tuple, env: types.Env, owned: frozenset, known: Signs, live: Liveness) -> tuple:
    out: list = []
    for stmt in block:
        if isinstance(stmt, ir.For) and not any(ir.blocks(s) for s in stmt.body):
            out += _loops(stmt, sinks(stmt, env, live), owned, known)
        else:
            out.append(ir.with_blocks(stmt, *(_block(b, env, owned, known, live) for b in ir.blocks(stmt))))
    return tuple(out)


def _loops(loop: ir.For, found: list[Sink] | None, owned: frozenset, known: Signs) -> list:
    if not found or not _is_scatter(loop, found, known):
        return [loop]
    edges = dependences(loop, found, owned, known)
    groups = None if edges is None else _groups(found, edges)
    if groups is None or _repeats_costly_work(loop, groups):
        return [loop]
    return [_part(loop, group) for group in groups]


def _is_scatter(loop: ir.For, found: list[Sink], known: Signs) -> bool:
    """Whether sums go to elements of one array that are a fixed distance apart."""
    places = list(dict.fromkeys(s.place for s in found if s.is_sum and isinstance(s.place, ir.Index)))
    pairs = ((a, b) for k, a in enumerate(places) for b in places[:k] if a.base == b.base)
    return any(None not in gaps(loop, a.index, b.index, known) for a, b in pairs)


def _groups(found: list[Sink], edges: set[tuple[int, int]]) -> list[list[Sink]] | None:
    """The sinks that go into each loop, in an order that keeps the dependences; None where there is no such order."""
    groups: list[list[Sink]] = []
    home: dict[int, int] = {}
    while len(home) < len(found):
        ready = [k for k in range(len(found)) if k not in home and all(a in home for a, b in edges if b == k)]
        if not ready:
            return None
        k = ready[0]
        earliest = max((home[a] for a, b in edges if b == k), default=0)
        place = next((g for g in range(earliest, len(groups)) if _fits(found[k], groups[g])), len(groups))
        if place == len(groups):
            groups.append([])
        groups[place].append(found[k])
        home[k] = place
    return groups


def _fits(sink: Sink, group: list[Sink]) -> bool:
    """Whether the loop of `group` still vectorises with `sink` in it: a sum has a loop of its own, but for others into
    the same element, or other scalars."""
    if sink.is_sum or any(s.is_sum for s in group):
        if not isinstance(sink.place, type(group[0].place)):
            return False
        return isinstance(sink.place, ir.Name) or all(s.place == sink.place for s in group)
    arrays = {s.place.base for s in (*group, sink)}
    return len(arrays) <= MOST_ARRAYS and all(s.place == sink.place for s in group if s.place.base == sink.place.base)


def _repeats_costly_work(loop: ir.For, groups: list[list[Sink]]) -> bool:
    """Whether a scalar that several loops need calls a function, or all that they compute again is much."""
    needed = [frozenset().union(*(s.needs for s in group)) for group in groups]
    sizes = [sum(1 for x in ir.expressions(s) for _ in ir.walk(x)) for s in loop.body]
    if sum(sizes[k] for n in needed for k in n) > MOST_WORK * sum(sizes):
        return True
    costly = {k for k, s in enumerate(loop.body) if any(is_costly(e) for x in ir.expressions(s) for e in ir.walk(x))}
    return any(sum(k in n for n in needed) > 1 for k in costly)


def _part(loop: ir.For, group: list[Sink]) -> ir.For:
    """The loop with the statements of `group` alone, upwards."""
    kept = sorted(frozenset().union(*(s.needs for s in group)))
    body = tuple(loop.body[k] for k in kept)
    if loop.step == ir.Const(-1):
        return replace(loop, start=add(loop.stop, ONE), stop=add(loop.start, ONE), step=ONE, body=body)
    return replace(loop, body=body)
