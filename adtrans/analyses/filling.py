"""Whether a block stores the elements of an array before it reads them, by one store or by several to parts of it.

k[0] = a
for i in range(1, n):
    k[i] = f(k[i - 1])      # the first value of each element, and no element is read before
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from itertools import combinations_with_replacement

from adtrans import ir
from adtrans.analyses.boxes import (
    Box,
    Range,
    are_apart,
    axis_of,
    box_of,
    contains,
    first_of,
    is_all,
    is_plain,
    is_same,
    merged,
    widened,
)
from adtrans.analyses.facts import Facts
from adtrans.analyses.liveness import mentions, varying
from adtrans.analyses.memory import READ


@dataclass(frozen=True)
class Filling:
    """What a block does with the elements of an array.

    `stored`: boxes of elements that it has given a value at its end; `stores`: its stores (by `id`), and where, as far
    as that is known; `again`: those of them that may find a value of this block's in their element; `needs`: boxes of
    elements that it may read before it has given them one, None for any."""

    stored: tuple[Box, ...] = ()
    stores: tuple[tuple[int, Box | None], ...] = ()
    again: frozenset = frozenset()
    needs: tuple[Box | None, ...] = ()

    @property
    def first(self) -> frozenset:
        """The stores that give all their elements their first values."""
        return frozenset(store for store, _ in self.stores) - self.again


def filling(block: tuple, name: str, dims: tuple, known: Facts, around: tuple | None = None) -> Filling:
    """What `block` does with the elements of an array with axes of these lengths, of which it uses nothing else. The
    indices of the boxes are the same throughout it, and throughout `around`, if it is a part of that."""
    return _Scan(name, dims, known, varying(around or block)).block(block, ())


def is_filled(found: Filling, dims: tuple, known: Facts) -> bool:
    """Whether all elements have been given a value."""
    return any(is_all(box, dims, known.values) for box in found.stored)


@dataclass(frozen=True)
class _Scan:
    """`changed`: the names that have no one value in the block, as loop variables have in their iteration."""

    name: str
    dims: tuple
    known: Facts
    changed: frozenset

    def block(self, block: tuple, stored: tuple) -> Filling:
        """What `block` does after something that has stored to the boxes `stored`, which are among those at its end."""
        found = Filling(stored)
        for stmt in block:
            if mentions(stmt, self.name):
                found = self._after(found, self._statement(stmt, found.stored))
        return found

    def _after(self, before: Filling, new: Filling) -> Filling:
        """The two, one after the other."""
        met = (store for store, box in new.stores if not all(self._apart(box, other) for _, other in before.stores))
        return Filling(
            merged((*before.stored, *new.stored), self.known.values),
            before.stores + new.stores,
            before.again.union(new.again, met),
            before.needs + new.needs,
        )

    def _apart(self, a: Box | None, b: Box | None) -> bool:
        return a is not None and b is not None and are_apart(a, b, self.dims, self.known)

    def _statement(self, stmt, stored: tuple) -> Filling:
        match stmt:
            case ir.For() | ir.While():
                return self._loop(stmt, stored)
            case ir.If():
                return self._choice(stmt, self.block(stmt.body, stored), self.block(stmt.orelse, stored))
        needs = self._needs(self._reads(stmt), stored)
        match stmt:
            case ir.Store(ir.Index(ir.Name(name), index)) if name == self.name:
                box = self._box(index)
                return Filling(() if box is None else (box,), ((id(stmt), box),), frozenset(), needs)
            case ir.AugAssign(ir.Index(ir.Name(name))) if name == self.name:
                return Filling((), ((id(stmt), None),), frozenset({id(stmt)}), needs)
        return Filling(needs=needs)

    def _box(self, index: tuple | None) -> Box | None:
        return None if index is None else self._fixed(box_of(index))

    def _fixed(self, box: Box | None) -> Box | None:
        """The box; None where an index has no one value in the block."""
        ends = [e for bounds in box for e in bounds] if box else []
        changes = any(ir.names(e) & self.changed or any(map(_is_element, ir.walk(e))) for e in ends)
        return None if changes else box

    def _reads(self, stmt) -> list:
        """The indices of the elements that a statement reads, None for what may be any."""
        found = [a.index for a in self.known.memory.uses((stmt,), self.name) if a.kind == READ or a.index is None]
        match stmt:
            case ir.AugAssign(ir.Index(ir.Name(name), index)) if name == self.name:
                found.append(index)
        return found

    def _needs(self, indices: list, stored: tuple) -> tuple:
        return self._missing(map(self._box, indices), stored)

    def _missing(self, boxes: Iterable[Box | None], stored: tuple) -> tuple:
        """Those that are not within one that is `stored`; that one may be the whole array."""
        return tuple(box for box in boxes if not any(self._is_in(other, box) for other in stored))

    def _is_in(self, stored: Box, box: Box | None) -> bool:
        if box is None:
            return is_all(stored, self.dims, self.known.values)
        return contains(stored, box, self.dims, self.known)

    def _choice(self, stmt: ir.If, one: Filling, other: Filling) -> Filling:
        return Filling(
            tuple(box for box in one.stored if box in other.stored),
            one.stores + other.stores,
            one.again | other.again,
            (*self._test(stmt), *one.needs, *other.needs),
        )

    def _test(self, stmt) -> tuple:
        """What the test of a branch, or the bounds of a loop, read."""
        return (None,) if any(self.name in ir.names(e) for e in ir.expressions(stmt)) else ()

    def _loop(self, loop, stored: tuple) -> Filling:
        if isinstance(loop, ir.While) or loop.exit or loop.var in self.known.bindings(*loop.body):
            found = self.block(loop.body, stored)
            stores = tuple((store, None) for store, _ in found.stores)
            return Filling((), stores, frozenset(store for store, _ in stores), found.needs + self._test(loop))
        found = replace(self, changed=self.changed - {loop.var}).block(loop.body, stored)
        own = tuple(box for box in found.stored if axis_of(box, loop, self.known.values) is not None)
        needs = (self._wide(self._before(box, own, loop), loop) for box in found.needs)
        return Filling(
            tuple(box for box in (self._wide(box, loop) for box in own) if box is not None),
            tuple((store, self._wide(box, loop)) for store, box in found.stores),
            found.again | self._met(found.stores, loop),
            (*self._test(loop), *self._missing(needs, stored)),
        )

    def _wide(self, box: Box | None, loop: ir.For) -> Box | None:
        return None if box is None else self._fixed(widened(box, loop, self.known.values))

    def _before(self, box: Box | None, own: tuple, loop: ir.For) -> Box | None:
        """What the iterations read of `box` that none before them has stored to one of the boxes `own`."""
        if box is None:
            return None
        axis = axis_of(box, loop, self.known.values)
        if axis is None or not is_plain(box[axis][0], self.dims[axis], self.known):
            return box
        for other in own:
            first = first_of(box, other, axis, loop, self.known.values)
            if first is not None and contains(_at(other, axis, first), _at(box, axis, first), self.dims, self.known):
                return _at(box, axis, first)
        return box

    def _met(self, stores: tuple, loop: ir.For) -> set:
        """The stores that may store to an element in two iterations, or to one that another store has in another."""
        pairs = combinations_with_replacement(stores, 2)
        return {store for a, b in pairs if not self._apart_in(a[1], b[1], loop) for store in (a[0], b[0])}

    def _apart_in(self, a: Box | None, b: Box | None, loop: ir.For) -> bool:
        """Whether two iterations cannot store to one element, one in the box `a`, the other in `b`."""
        if a is None or b is None:
            return False
        values = self.known.values
        axis = axis_of(a, loop, values)
        if axis is not None and axis == axis_of(b, loop, values) and is_same(a[axis], b[axis], values):
            return is_plain(a[axis][0], self.dims[axis], self.known)
        return self._apart(self._wide(a, loop), self._wide(b, loop))


def _at(box: Box, axis: int, bounds: Range) -> Box:
    return (*box[:axis], bounds, *box[axis + 1 :])


def _is_element(expr) -> bool:
    return isinstance(expr, ir.Index) and not isinstance(expr.base, ir.Attr)
