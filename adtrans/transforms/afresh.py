"""Cotangents that each iteration finds zero and leaves zero, assigned instead of added to.

for t in range(steps - 1, -1, -1):          for t in range(steps - 1, -1, -1):
    for i in range(n):                          for i in range(n):
        k_bar[i] += f(t, i)                         k_bar[i] = f(t, i)
    for i in range(n):                          for i in range(n):
        x_bar[i] += k_bar[i] * u[i]                 x_bar[i] += k_bar[i] * u[i]
        k_bar[i] = 0.0
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from adtrans import ir, types
from adtrans.analyses.boxes import Box, are_apart, is_all, is_whole, merged
from adtrans.analyses.facts import Facts, facts
from adtrans.analyses.filling import Filling, filling
from adtrans.analyses.liveness import mentions
from adtrans.analyses.work import is_used_only_in
from adtrans.passes import optimising
from adtrans.transforms.lazy import ONE, ZERO


@optimising
def afresh(block: tuple, env: types.Env, values: dict) -> tuple:
    """`block` with the first contributions of an iteration to arrays that are zero by then assigned, and without the
    zeros that it stores last. `env` gets the types of new names."""
    done: set[str] = set()
    while True:
        known = facts(block, env, values)
        name, found = next(_found(block, known, done), (None, None))
        if name is None or found is None:
            return block
        done.add(name)
        block = _rewritten(block, name, found, known)


@dataclass(frozen=True)
class _Found:
    """The statements (by `id`) of a loop that add to every element of a box of the array first, and where; and those
    that clear elements last."""

    added: dict[int, Box]
    cleared: frozenset


def _found(block: tuple, known: Facts, done: set) -> Iterator[tuple]:
    for loop in ir.statements(block):
        if not isinstance(loop, ir.For):
            continue
        for name, alloc in known.allocations.items():
            if name in done or alloc.fill != "zeros" or not mentions(loop, name):
                continue
            if is_used_only_in(loop, name, known):
                found = _Reader(name, alloc.shape, known, loop.body).read()
                if found is not None:
                    yield name, found


@dataclass(frozen=True)
class _Reader:
    name: str
    dims: tuple
    known: Facts
    body: tuple

    def read(self) -> _Found | None:
        """What an iteration does with the array: from its first contribution until all of it is cleared, once or more
        often; None where it is something else."""
        added: dict[int, Box] = {}
        every: set[int] = set()
        cleared: list[Box] | None = None  # None where all elements are zero
        for stmt in (s for s in self.body if mentions(s, self.name)):
            if cleared is None:
                box = self._added(stmt)
                if box is None:
                    return None
                added[id(stmt)], cleared = box, []
                continue
            if not self._leaves(stmt, cleared):
                return None
            box = self._cleared(stmt)
            if box is not None:
                every.add(id(stmt))
                cleared = list(merged((*cleared, box), self.known.values))
            if any(is_all(b, self.dims, self.known.values) for b in cleared):
                cleared = None
        return _Found(added, frozenset(every)) if added and cleared is None else None

    def _added(self, stmt) -> Box | None:
        """The elements to which `stmt` adds something, each once, and does nothing else with the array; None where
        that is no box, or one that leaves out more than the ends of one axis."""
        users = [s for s in ir.statements((stmt,)) if self._uses(s)]
        match users:
            case [ir.AugAssign(ir.Index(ir.Name(name), index), "+", value)] if name == self.name:
                if any(name in ir.names(e) for e in (value, *index)):
                    return None
                box = self._box(stmt, users[0])
                return box if box and self._partial(box) <= 1 else None
        return None

    def _partial(self, box: Box) -> int:
        """Of how many axes the box is not the whole."""
        return sum(not is_whole(b, n, self.known.values) for b, n in zip(box, self.dims, strict=True))

    def _cleared(self, stmt) -> Box | None:
        """The elements to which `stmt` stores zero last; None where it does not, or where these are no box."""
        users = [s for s in ir.statements((stmt,)) if self._uses(s)]
        match users[-1]:
            case ir.Store(ir.Index(ir.Name(name), index), ir.Const(value=float(0.0))) if name == self.name:
                accesses = self.known.memory.uses((stmt,), name)
                stores = sum(isinstance(s, ir.Store) and s.target.base == ir.Name(name) for s in users)
                if stores == 1 and all(a.index == index for a in accesses):
                    return self._box(stmt, users[-1])
        return None

    def _uses(self, stmt) -> bool:
        """Whether `stmt` itself uses the array."""
        return mentions(ir.with_blocks(stmt, *(() for _ in ir.blocks(stmt))), self.name)

    def _box(self, stmt, store) -> Box | None:
        """Where `store`, which is in `stmt`, stores; None where it may not store to each of these elements once."""
        alone = _alone(stmt, store)
        found = self._filling(alone) if alone else None
        if found is None or found.again or len(found.stored) != 1:
            return None
        (box,) = found.stored
        return box

    def _filling(self, stmt) -> Filling:
        return filling((stmt,), self.name, self.dims, self.known, self.body)

    def _leaves(self, stmt, boxes: list[Box]) -> bool:
        """Whether `stmt` uses no element in these boxes."""
        if not boxes:
            return True
        found = self._filling(stmt)
        used = (*found.needs, *(box for _, box in found.stores))
        return all(box is not None and are_apart(box, other, self.dims, self.known) for box in used for other in boxes)


def _alone(stmt, store):
    """The nest `stmt` with nothing in it but a store at the place of `store`; None where it is no nest of loops."""
    if stmt is store:
        return ir.Store(store.target, ir.Const(0.0))
    if not isinstance(stmt, ir.For):
        return None
    inner = next(s for s in stmt.body if any(t is store for t in ir.statements((s,))))
    alone = _alone(inner, store)
    return None if alone is None else replace(stmt, body=(alone,))


def _rewritten(block: tuple, name: str, found: _Found, known: Facts) -> tuple:
    out: list = []
    for stmt in block:
        if id(stmt) in found.added:
            out += _rest(name, found.added[id(stmt)], known)
            stmt = _mapped(stmt, name, _assigned)
        elif id(stmt) in found.cleared:
            stmt = _mapped(stmt, name, _without_zero)
        elif stmt is known.allocations[name]:
            stmt = replace(stmt, fill="empty")
        else:
            stmt = ir.with_blocks(stmt, *(_rewritten(b, name, found, known) for b in ir.blocks(stmt)))
        out += [] if stmt is None else [stmt]
    return tuple(out)


def _mapped(stmt, name: str, change):
    """`stmt` with `change` made to what in it stores to the array or adds to it; None if nothing is left."""
    if isinstance(stmt, (ir.Store, ir.AugAssign)):
        is_own = isinstance(stmt.target, ir.Index) and stmt.target.base == ir.Name(name)
        return change(stmt) if is_own else stmt
    if not ir.blocks(stmt):
        return stmt
    inner = (tuple(m for s in b if (m := _mapped(s, name, change)) is not None) for b in ir.blocks(stmt))
    new = ir.with_blocks(stmt, *inner)
    return new if any(ir.blocks(new)) else None


def _assigned(stmt):
    return ir.Store(stmt.target, stmt.value, stmt.loc)


def _without_zero(stmt):
    return None if isinstance(stmt, ir.Store) else stmt


def _rest(name: str, box: Box, known: Facts) -> list:
    """Zeros for the elements that are not in the box."""
    dims = known.allocations[name].shape
    out: list = []
    for axis, ((low, high), length) in enumerate(zip(box, dims, strict=True)):
        if is_whole((low, high), length, known.values):
            continue
        parts = _ends(low, high, length, known.values)
        out += [_zeros(name, [part if k == axis else (ZERO, n) for k, n in enumerate(dims)], known) for part in parts]
    return out


def _ends(low, high, length, values: dict) -> list:
    """The ranges of an axis before `low` and from `high`, which may be one where the range between them is empty."""
    before, after = (ZERO, ir.Call("min", (low, length))), (ir.Call("max", (high, ZERO)), length)
    is_start, is_end = is_whole((low, length), length, values), is_whole((ZERO, high), length, values)
    return [*([] if is_start else [before]), *([] if is_end else [after])]


def _zeros(name: str, ranges: list, known: Facts):
    index = tuple(ir.Name(known.fresh("i", types.types.int64)) for _ in ranges)
    stmt = ir.Store(ir.Index(ir.Name(name), index), ir.Const(0.0))
    for var, (start, stop) in reversed(list(zip(index, ranges, strict=True))):
        stmt = ir.For(var.id, start, stop, ONE, (stmt,))
    return stmt
