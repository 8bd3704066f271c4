"""Sums into one element inside a loop gathered in a scalar, and added to the element once after."""

from __future__ import annotations

from dataclasses import replace

from adtrans import ir, types
from adtrans.analyses.liveness import definitions, mentioned
from adtrans.names import fresh
from adtrans.passes import optimising


@optimising
def accumulate(block: tuple, env: types.Env, owned: frozenset) -> tuple:
    """`block` with each `a[k] += e` in an innermost loop that does not change `k`, for an array `a` of `owned` that
    the loop does not use otherwise, as a sum in a scalar: the compiler cannot know that no other array shares its
    memory, we do."""
    out: list = []
    for stmt in block:
        if isinstance(stmt, ir.For) and not any(isinstance(s, (ir.For, ir.While)) for s in ir.statements(stmt.body)):
            out += _loop(stmt, env, owned)
        else:
            out.append(ir.with_blocks(stmt, *(accumulate(b, env, owned) for b in ir.blocks(stmt))))
    return tuple(out)


def _loop(loop: ir.For, env: types.Env, owned: frozenset) -> list:
    sums = (s.target for s in loop.body if isinstance(s, ir.AugAssign) and isinstance(s.target, ir.Index))
    places = [place for place in dict.fromkeys(sums) if _can_wait(place, loop, owned)]
    if not places:
        return [loop]
    before, body, after = [], loop.body, []
    for place in places:
        name = fresh(f"{place.base.id}_sum", set(env))
        t = env[name] = types.dtype_of(env[place.base.id])
        before.append(ir.Assign(name, types.typed(0, t), loop.loc))
        after.append(ir.AugAssign(place, "+", ir.Name(name), loop.loc))
        body = tuple(_into(s, place, name) for s in body)
    return [*before, replace(loop, body=body), *after]


def _into(stmt, place: ir.Index, name: str):
    if isinstance(stmt, ir.AugAssign) and stmt.target == place:
        return ir.Assign(name, ir.Op("+", (ir.Name(name), stmt.value)), stmt.loc)
    return stmt


def _can_wait(place: ir.Index, loop: ir.For, owned: frozenset) -> bool:
    """Whether nothing in the loop but sums into the place itself uses its array, and its index stays the same."""
    name = place.base.id
    if name not in owned:
        return False
    changed = {loop.var}.union(*(definitions(s) for s in ir.statements(loop.body)))
    stored = {s.target.base.id for s in ir.statements(loop.body) if isinstance(s, (ir.Store, ir.AugAssign))
              and isinstance(s.target, ir.Index)}  # fmt: skip
    stored = stored.union(*(s.changes for s in ir.statements(loop.body) if isinstance(s, ir.Opaque)))
    index_names = frozenset().union(*map(ir.names, place.index))
    if index_names & (changed | stored):
        return False
    return all(_leaves_alone(s, place) for s in ir.statements(loop.body))


def _leaves_alone(stmt, place: ir.Index) -> bool:
    name = place.base.id
    if isinstance(stmt, ir.AugAssign) and isinstance(stmt.target, ir.Index) and stmt.target.base.id == name:
        inside = [stmt.value, *stmt.target.index]
        return stmt.target == place and not any(name in ir.names(e) for e in inside)
    if isinstance(stmt, ir.Store) and stmt.target.base.id == name:
        return False
    return name not in mentioned(stmt)


def owned_arrays(block: tuple) -> frozenset:
    """The arrays allocated in `block` that no other name is a view of, or moves from or to."""
    made = {s.target for s in ir.statements(block) if isinstance(s, ir.Alloc)}
    shared: set = set()
    for stmt in ir.statements(block):
        if isinstance(stmt, (ir.View, ir.Rebind, ir.Unpack)):
            shared |= mentioned(stmt)
    return frozenset(made - shared)
