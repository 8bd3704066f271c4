"""Which arrays are known, at a place of a function, to share memory with no other."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from adtrans import ir, types
from adtrans.analyses.facts import Facts, facts
from adtrans.analyses.liveness import definitions, mentioned
from adtrans.analyses.memory import NEW, memory
from adtrans.transforms.views import base_name


def facts_of(block: tuple, env: types.Env, values: dict) -> Facts:
    """The facts of a function, where a view shares no memory with arrays of which it has a length."""
    known = facts(block, env, values)
    return replace(known, memory=memory(tuple(map(_without_lengths, block)), env))


def _without_lengths(stmt):
    if isinstance(stmt, ir.View):
        return replace(stmt, value=ir.Name(base_name(stmt.value)))
    return ir.with_blocks(stmt, *(tuple(map(_without_lengths, b)) for b in ir.blocks(stmt)))


def places(block: tuple, known: Facts) -> Iterator[tuple]:
    """The statements of `block`, each with what is known of the function there: an array that was made anew before it,
    and has got no other name since, is memory of its own."""
    new: frozenset = frozenset()
    for stmt in block:
        yield stmt, _with_own_memory(known, new - _renamed(stmt))
        new = (new - _renamed(stmt)) | _made(stmt)


def _made(stmt) -> frozenset:
    is_new = isinstance(stmt, ir.Assign) and isinstance(stmt.value, ir.Call) and stmt.value.func in NEW
    return frozenset(definitions(stmt)) if is_new or isinstance(stmt, ir.Alloc) else frozenset()


def _renamed(stmt) -> frozenset:
    """The arrays that get another name, or other memory, in `stmt`."""
    found: frozenset = frozenset()
    for s in ir.statements((stmt,)):
        if isinstance(s, (ir.Rebind, ir.View, ir.Unpack, ir.Alloc)):
            found |= {base_name(s.value), s.target} if isinstance(s, ir.View) else mentioned(s)
    return found


def _with_own_memory(known: Facts, names: frozenset) -> Facts:
    if not names:
        return known
    owner = known.memory.owner | {name: name for name in names}
    # What shared memory with one of these under its name keeps it under another.
    heads = {known.memory.owner[n] for n in known.memory.owner.keys() - names} & names
    owner |= {n: f"{o}'" for n, o in owner.items() if o in heads and n not in names}
    return replace(known, memory=replace(known.memory, owner=owner))
