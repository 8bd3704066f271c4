"""Stores that nothing reads: each iteration's last word on an element of its own, in an array that is used no more."""

from __future__ import annotations

from dataclasses import replace

from adtrans import ir, types
from adtrans.analyses.facts import Facts, facts
from adtrans.analyses.iterations import own_axis
from adtrans.passes import optimising
from adtrans.transforms.dead import dead


@optimising
def spent(block: tuple, env: types.Env, values: dict, owned: frozenset) -> tuple:
    """`block`, which ends in a `Return`, without the last stores of loop nests to arrays that no statement uses after
    the nest, before the name stands for another array. `owned` are arrays that share no memory with another."""
    return dead(_block(block, facts(block, env, values), owned))


def _block(block: tuple, known: Facts, owned: frozenset) -> tuple:
    out: list = []
    for stmt in block:
        new = ir.with_blocks(stmt, *(_block(b, known, owned) for b in ir.blocks(stmt)))
        if isinstance(stmt, ir.For):
            stored = {s.target.base.id for s in ir.statements(stmt.body) if isinstance(s, ir.Store)}
            for name in sorted(stored & owned - known.after(stmt)):
                new = _without_last(new, name, known)
        out.append(new)
    return tuple(out)


def _without_last(nest: ir.For, name: str, known: Facts) -> ir.For:
    """The nest without its store to the array, if that is the last statement to use the element, of which no other
    iteration knows."""
    accesses = known.memory.uses(nest.body, name)
    users = [(k, s) for k, s in enumerate(nest.body) if known.memory.uses((s,), name)]
    if not users or nest.exit or own_axis(accesses, nest, known.bindings(nest)) is None:
        return nest
    place, last = users[-1]
    if isinstance(last, ir.Store) and last.target.base == ir.Name(name):
        return replace(nest, body=(*nest.body[:place], *nest.body[place + 1 :]))
    if len(users) == 1 and isinstance(last, ir.For):
        inner = _without_last(last, name, known)
        return replace(nest, body=(*nest.body[:place], inner, *nest.body[place + 1 :]))
    return nest
