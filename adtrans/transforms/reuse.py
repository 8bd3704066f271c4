"""An array that is made after another like it was used for the last time, made of its memory: new memory is not in the
cache, and where arrays are large it costs a page fault for every few kilobytes."""

from __future__ import annotations

from adtrans import ir, types
from adtrans.analyses.facts import Facts, facts
from adtrans.analyses.independence import unshared
from adtrans.analyses.liveness import definitions, mentions
from adtrans.passes import optimising


@optimising
def reuse(block: tuple, env: types.Env, values: dict) -> tuple:
    """`block` with names that take over arrays in place of allocations in loops."""
    known, owned = facts(block, env, values), unshared(block)
    return tuple(_inside(stmt, known, owned) for stmt in block)


def _inside(stmt, known: Facts, owned: frozenset):
    blocks = ir.blocks(stmt)
    if isinstance(stmt, (ir.For, ir.While)):
        blocks = (_body(stmt.body, known, owned),)
    return ir.with_blocks(stmt, *(tuple(_inside(s, known, owned) for s in b) for b in blocks))


def _body(block: tuple, known: Facts, owned: frozenset) -> tuple:
    out, taken = list(block), set[str]()
    for made in block:
        if isinstance(made, ir.Alloc) and made.fill == "empty" and made.target in owned:
            place = _first_use(made, out)
            old = None if place is None else _free(made, out[:place], owned - taken, known)
            if old is not None:
                out.insert(place, ir.Rebind(made.target, old, True, made.loc))
                out = [s for s in out if s is not made]
                taken.add(old)
    return tuple(out)


def _first_use(made: ir.Alloc, block: list) -> int | None:
    after = next(k for k, s in enumerate(block) if s is made) + 1
    return next((k for k, s in enumerate(block) if k >= after and mentions(s, made.target)), None)


def _free(made: ir.Alloc, before: list, owned: frozenset, known: Facts) -> str | None:
    """An array like the new one that the statements `before` have made or been handed, and used for the last time."""
    live = known.live.after.get(id(before[-1]))
    names = {d for s in before for d in definitions(s)} & owned - {made.target}
    if live is None or not all(map(known.is_fixed, made.shape)):
        return None
    return next((n for n in sorted(names - live) if _is_like(made, n, known) and _is_kept(n, before)), None)


def _is_like(made: ir.Alloc, name: str, known: Facts) -> bool:
    return known.env.get(name) == known.env.get(made.target) and known.has_shape(name, made.shape)


def _is_kept(name: str, before: list) -> bool:
    """Whether the array that the name stands for last has not moved on to another."""
    last = max(k for k, s in enumerate(before) if name in definitions(s))
    if not isinstance(before[last], (ir.Alloc, ir.Rebind)):
        return False
    later = list(ir.statements(before[last + 1 :]))
    moves = (s for s in later if isinstance(s, (ir.Rebind, ir.Unpack, ir.View)))
    moved = set().union(*(ir.names(e) for s in moves for e in ir.expressions(s)))
    return name not in moved.union(*map(definitions, later))
