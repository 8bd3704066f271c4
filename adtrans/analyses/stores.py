"""Which stores to elements overwrite nothing: each element of a new array is written once."""

from __future__ import annotations

import functools
from dataclasses import dataclass
from typing import Any

from adtrans import ir
from adtrans.analyses.affine import affine, atoms, constant, difference
from adtrans.analyses.liveness import definitions, varying
from adtrans.analyses.signs import Signs


@dataclass(frozen=True)
class Place:
    """A store, with the statements around it, outermost first, and the branch taken at each `If`."""

    stmt: Any
    path: tuple  # (statement, index of the nested block)

    @property
    def index(self) -> tuple:
        return self.stmt.target.index

    def loops(self) -> list:
        return [s for s, _ in self.path if isinstance(s, (ir.For, ir.While))]


def written_once(function: ir.Function, roots: dict, known: Signs) -> set[int]:
    """The stores (by `id`) that find no value in their element but what the allocation put there, which
    nothing has read."""
    places: dict[str, list[Place]] = {}
    allocations: dict[str, list[tuple]] = {}
    for stmt, path in _with_paths(function.body, ()):
        match stmt:
            case ir.Store(ir.Index(ir.Name(name))) | ir.AugAssign(ir.Index(ir.Name(name))):
                places.setdefault(roots.get(name, name), []).append(Place(stmt, path))
            case ir.Alloc(target):
                allocations.setdefault(target, []).append((stmt, path))
            case ir.Rebind() | ir.Custom() | ir.Opaque():
                for target in (*definitions(stmt), *(roots.get(n, n) for n in getattr(stmt, "changes", ()))):
                    allocations.setdefault(target, []).append((None, path))
    return {
        id(p.stmt)
        for name, stores in places.items()
        if len(allocations.get(name, ())) == 1 and _all_once(name, stores, allocations[name][0], function, known)
        for p in stores
    }


def _with_paths(block: tuple, path: tuple):
    for stmt in block:
        yield stmt, path
        if isinstance(stmt, (ir.For, ir.While, ir.If)):
            for k, inner in enumerate(ir.blocks(stmt)):
                yield from _with_paths(inner, (*path, (stmt, k)))


def _all_once(name: str, stores: list[Place], made: tuple, function: ir.Function, known: Signs) -> bool:
    alloc, path = made
    if alloc is None or any(p.path[: len(path)] != path or not isinstance(p.stmt, ir.Store) for p in stores):
        return False
    if any(p.stmt.target.base != ir.Name(name) for p in stores):
        return False
    stores = [Place(p.stmt, p.path[len(path) :]) for p in stores]
    between = _until_last(alloc, stores, _block_at(path, function))
    if between is None or (alloc.fill != "empty" and _reads(between, name)):
        return False
    indices = _Indices(alloc.shape, varying(between), known)
    if not all(indices.are_injective(p.index, p.loops()) for p in stores):
        return False
    return all(_exclusive(a, b) or indices.are_apart(a, b) for k, a in enumerate(stores) for b in stores[:k])


def _block_at(path: tuple, function: ir.Function) -> tuple:
    block = function.body
    for stmt, k in path:
        block = ir.blocks(stmt)[k]
    return block


def _until_last(alloc: ir.Alloc, stores: list[Place], block: tuple) -> tuple | None:
    """The statements of `block` after the allocation, up to the last store; None where there are stores before it."""
    made = _position(block, Place(alloc, ()))
    positions = [_position(block, p) for p in stores]
    return block[made + 1 : max(positions) + 1] if made < min(positions) else None


def _reads(block: tuple, name: str) -> bool:
    """Whether `block` reads an element: it may be one of the zeros of the allocation."""
    for stmt in ir.statements(block):
        parts = (e for x in ir.expressions(stmt) for e in ir.walk(x))
        if any(isinstance(e, ir.Index) and e.base == ir.Name(name) for e in parts):
            return True
        if isinstance(stmt, (ir.View, ir.Custom, ir.Opaque, ir.Rebind)) and name in _mentions(stmt):
            return True
    return False


def _position(block: tuple, place: Place) -> int:
    top = place.path[0][0] if place.path else place.stmt
    return next(k for k, s in enumerate(block) if s is top)


def _mentions(stmt) -> set:
    if isinstance(stmt, ir.Custom):
        return set().union(*(ir.names(e) for s in ir.statements(stmt.forward) for e in ir.expressions(s)))
    return set().union(*map(ir.names, ir.expressions(stmt)))


def _exclusive(a: Place, b: Place) -> bool:
    """Two branches of one test write the same element, which is another in each iteration."""
    for (s, k), (t, m) in zip(a.path, b.path, strict=False):
        if s is not t:
            return False
        if k != m:
            return a.stmt.target == b.stmt.target and a.loops() == b.loops()
    return False


@dataclass(frozen=True)
class _Indices:
    """What is known of the indices of an array with axes of the lengths `dims`, while the names `varying` change."""

    dims: tuple
    varying: frozenset
    known: Signs

    def are_injective(self, index: tuple, loops: list) -> bool:
        """Whether different iterations of `loops` give different elements: each variable alone in an axis of its own,
        and no index from -1 down, which would count from the end."""
        if any(isinstance(loop, ir.While) for loop in loops):
            return False
        alone = {self._variable(item) for item in index if self.known.is_nonnegative(item)}
        return {loop.var for loop in loops} <= alone

    def are_apart(self, a: Place, b: Place) -> bool:
        """Whether no iteration of one store writes an element that the other writes: on one axis the indices of one are
        all below those of the other."""
        return any(
            self._is_plain(x, length)
            and self._is_plain(y, length)
            and self._ranges_apart(self._bounds(x, a.loops()), self._bounds(y, b.loops()))
            for x, y, length in zip(a.index, b.index, self.dims, strict=True)
        )

    def _variable(self, item) -> str | None:
        """The name of which an index is a multiple plus what stays the same; None where it is not."""
        changes = [part for part in self._parts(item) if not self._is_fixed(part)]
        match changes:
            case [ir.Name(name) as variable] if self._factor(variable, item):
                return name
        return None

    def _factor(self, variable: ir.Name, item) -> int:
        return dict(affine(item, self._changing_values, is_index=True)).get(repr(variable), 0)

    def _is_fixed(self, expr) -> bool:
        """Whether `expr` has one value while the array has its elements: it reads no elements, and no name that
        changes."""
        parts = self._parts(expr)
        elements = (isinstance(e, ir.Index) and not isinstance(e.base, ir.Attr) for p in parts for e in ir.walk(p))
        return not any(elements) and not any(ir.names(part) & self.varying for part in parts)

    def _parts(self, expr) -> list:
        """What `expr` is a sum of multiples of, by the names that do not change as far as that goes."""
        return list(atoms(expr, self._changing_values, is_index=True).values())

    @functools.cached_property
    def _changing_values(self) -> dict:
        """The definitions of names, and of lengths, that change: they tell what these have in common."""
        named = ((ir.names(key) if isinstance(key, ir.Index) else {key}, key) for key in self.known.values)
        return {key: self.known.values[key] for names, key in named if names & self.varying}

    def _is_plain(self, item, length) -> bool:
        """Whether an index does not count from the end: the last one does not, of an array that has elements."""
        return self.known.is_nonnegative(item) or difference(item, length, self.known.values, is_index=True) == -1

    def _ranges_apart(self, x: tuple | None, y: tuple | None) -> bool:
        if x is None or y is None:
            return False
        return self._is_below(x[1], y[0]) or self._is_below(y[1], x[0])

    def _is_below(self, a, b) -> bool:
        gap = difference(b, a, self.known.values, is_index=True)
        return gap is not None and gap >= 1

    def _bounds(self, item, loops: list) -> tuple | None:
        """The least and the greatest value of an index, as expressions; None where they are not known."""
        if self._is_fixed(item):
            return item, item
        loop = next((loop for loop in loops if loop.var == self._variable(item)), None)
        if loop is None or ir.names(item) & self.varying != {loop.var} or self._factor(ir.Name(loop.var), item) != 1:
            return None
        if constant(affine(loop.step, self.known.values)) != 1 or not all(map(self._is_fixed, (loop.start, loop.stop))):
            return None
        last = ir.Op("-", (loop.stop, ir.Const(1)))
        return _substituted(item, loop.var, loop.start), _substituted(item, loop.var, last)


def fully_written(loop, names) -> frozenset:
    """The arrays of which a loop nest stores every element: for each axis one loop over its whole length."""
    lengths, variables, stmt = [], [], loop
    found = set()
    while isinstance(stmt, ir.For) and not stmt.exit and stmt.start == ir.Const(0) and stmt.step == ir.Const(1):
        lengths.append(stmt.stop)
        variables.append(ir.Name(stmt.var))
        stores = [s for s in stmt.body if isinstance(s, ir.Store) and s.target.index == tuple(variables)]
        for store in stores:
            name = store.target.base.id
            dims = names.dims(name)
            same = len(dims) == len(lengths) and all(
                affine(a, names.values) == affine(b, names.values) for a, b in zip(dims, lengths, strict=True)
            )
            if same and names.root(name) == name:
                found.add(name)
        inner = [s for s in stmt.body if isinstance(s, ir.For)]
        stmt = inner[0] if len(inner) == 1 else None
    return frozenset(found)


def _substituted(expr, name: str, value):
    return ir.rewrite(lambda e: value if e == ir.Name(name) else e, expr)
