"""Sums into one element inside a loop gathered in a scalar, and added to the element once after."""

from __future__ import annotations

from dataclasses import dataclass, replace

from adtrans import ir, types
from adtrans.analyses.affine import difference
from adtrans.analyses.facts import Facts
from adtrans.analyses.liveness import definitions, mentioned
from adtrans.analyses.signs import Signs
from adtrans.passes import optimising


@optimising
def accumulate(block: tuple, known: Facts, nonnegative: Signs, owned: frozenset, reorder: bool = False) -> tuple:
    """`block` with each `a[k] += e` in an innermost loop that does not change `k`, for an array `a` of `owned` that
    the loop does not use otherwise, as a sum in a scalar: the compiler cannot know that no other array shares its
    memory, we do. With `reorder` the loop may also add to other elements, which may be this one."""
    return _block(block, _Places(known, replace(nonnegative, loops={}), owned, reorder))


@dataclass(frozen=True)
class _Places:
    """What is known where the loops `signs.loops` run."""

    known: Facts
    signs: Signs
    owned: frozenset
    reorder: bool

    def inside(self, loop: ir.For) -> _Places:
        return replace(self, signs=replace(self.signs, loops={**self.signs.loops, loop.var: loop}))

    def exists(self, place: ir.Index) -> bool:
        """Whether the array is known to have the element."""
        shape = self.known.shape(place.base.id)
        return shape is not None and all(map(self._is_within, place.index, shape))

    def _is_within(self, item, length) -> bool:
        left = ir.Op("-", (length, ir.Op("+", (item, ir.Const(1)))))
        return self.signs.is_nonnegative(item) and self.signs.is_nonnegative(left)


def _block(block: tuple, places: _Places) -> tuple:
    out: list = []
    for stmt in block:
        if isinstance(stmt, ir.For) and not any(isinstance(s, (ir.For, ir.While)) for s in ir.statements(stmt.body)):
            out += _loop(stmt, places)
        else:
            inner = places.inside(stmt) if isinstance(stmt, ir.For) else places
            out.append(ir.with_blocks(stmt, *(_block(b, inner) for b in ir.blocks(stmt))))
    return tuple(out)


def _loop(loop: ir.For, places: _Places) -> list:
    targets = (s.target for s in loop.body if isinstance(s, ir.AugAssign) and isinstance(s.target, ir.Index))
    sums = [place for place in dict.fromkeys(targets) if _can_wait(place, loop, places)]
    before, body, after = [], loop.body, []
    for place in sums:
        name = places.known.fresh(f"{place.base.id}_sum", types.dtype_of(places.known.env[place.base.id]))
        before.append(ir.Assign(name, types.typed(0, places.known.env[name]), loop.loc))
        after.append(ir.AugAssign(place, "+", ir.Name(name), loop.loc))
        body = tuple(_into(s, place, name) for s in body)
    return [*before, replace(loop, body=body), *_if_it_ran(after, loop, places)] if sums else [loop]


def _if_it_ran(sums: list, loop: ir.For, places: _Places) -> list:
    """What is to be done after the loop: where it did not run there may be no such element."""
    greater, less = (loop.stop, loop.start) if loop.step.value > 0 else (loop.start, loop.stop)
    span = difference(greater, less, places.known.values) if isinstance(less, ir.Const) else None
    sure = [s for s in sums if (span or 0) > 0 or places.exists(s.target)]
    unsure = tuple(s for s in sums if s not in sure)
    return [*sure, ir.If(ir.Op(">", (greater, less)), unsure, (), loop.loc)] if unsure else sure


def _into(stmt, place: ir.Index, name: str):
    if isinstance(stmt, ir.AugAssign) and stmt.target == place:
        return ir.Assign(name, ir.Op("+", (ir.Name(name), stmt.value)), stmt.loc)
    return stmt


def _can_wait(place: ir.Index, loop: ir.For, places: _Places) -> bool:
    """Whether nothing in the loop but such sums uses the array of the place, and its index stays the same."""
    name = place.base.id
    if name not in places.owned or not isinstance(loop.step, ir.Const):
        return False
    changed = {loop.var}.union(*(definitions(s) for s in ir.statements(loop.body)))
    index_names = frozenset().union(*map(ir.names, place.index))
    if index_names & changed or index_names & places.known.written(loop.body):
        return False
    return all(_leaves_alone(s, place, places.reorder) for s in ir.statements(loop.body))


def _leaves_alone(stmt, place: ir.Index, reorder: bool) -> bool:
    name = place.base.id
    if isinstance(stmt, ir.AugAssign) and isinstance(stmt.target, ir.Index) and stmt.target.base.id == name:
        inside = [stmt.value, *stmt.target.index]
        adds = stmt.target == place or (reorder and stmt.op == "+")
        return adds and not any(name in ir.names(e) for e in inside)
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
