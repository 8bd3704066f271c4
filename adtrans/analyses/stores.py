"""Which stores to elements overwrite nothing: each element of a new array is written once."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from adtrans import ir
from adtrans.analyses.affine import affine, atoms, constant, difference
from adtrans.analyses.liveness import definitions
from adtrans.analyses.signs import Signs
from adtrans.transforms.flatten import written


@dataclass(frozen=True)
class Place:
    """A store, with the statements around it, outermost first, and the branch taken at each `If`."""

    stmt: Any
    path: tuple  # (statement, index of the nested block)

    def loops(self) -> list:
        return [s for s, _ in self.path if isinstance(s, (ir.For, ir.While))]


@dataclass(frozen=True)
class _Scope:
    """What is known where stores to an array with axes of these `lengths` are: the signs of integers, the owner of each
    array's memory, and what is `changed`, names and owners, from the first of the stores on."""

    lengths: tuple
    known: Signs
    roots: dict
    changed: set

    def is_same(self, expr, variables=frozenset()) -> bool:
        """Whether an integer is a function of the `variables` alone, wherever the stores are."""
        parts = atoms(expr, self.known.values, is_index=True).values()
        read = frozenset().union(*map(ir.names, parts)) - variables
        return not self.changed & read.union(self.roots.get(name, name) for name in read)

    def is_plain(self, low, length) -> bool:
        """Whether an index does not count from the end: the last one does not, of an array that has elements."""
        return difference(low, length, self.known.values, is_index=True) == -1 or self.known.is_nonnegative(low)


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
        if len(allocations.get(name, ())) == 1 and _all_once(name, stores, allocations[name][0], function, known, roots)
        for p in stores
    }


def _with_paths(block: tuple, path: tuple):
    for stmt in block:
        yield stmt, path
        if isinstance(stmt, (ir.For, ir.While, ir.If)):
            for k, inner in enumerate(ir.blocks(stmt)):
                yield from _with_paths(inner, (*path, (stmt, k)))


def _all_once(name: str, stores: list[Place], made: tuple, function: ir.Function, known: Signs, roots: dict) -> bool:
    alloc, path = made
    if alloc is None or any(p.path[: len(path)] != path or not isinstance(p.stmt, ir.Store) for p in stores):
        return False
    if any(p.stmt.target.base != ir.Name(name) for p in stores):
        return False
    stores = [Place(p.stmt, p.path[len(path) :]) for p in stores]
    block = ir.blocks(path[-1][0])[path[-1][1]] if path else function.body
    if alloc.fill != "empty" and not _read_only_after(name, stores, block):
        return False
    first = min(_position(block, p) for p in stores)
    scope = _Scope(alloc.shape, known, roots, written(ir.statements(block[first:]), roots))
    if not all(_is_injective(p.stmt.target.index, p.loops(), scope) for p in stores):
        return False
    return all(_disjoint(a, b, scope) for k, a in enumerate(stores) for b in stores[:k])


def _read_only_after(name: str, stores: list[Place], block: tuple) -> bool:
    """Whether nothing reads an element before every store is done (the zeros of the allocation stay unread)."""
    last = max(_position(block, p) for p in stores)
    for stmt in block[: last + 1]:
        for inner in ir.statements((stmt,)):
            if any(
                isinstance(e, ir.Index) and e.base == ir.Name(name) for x in ir.expressions(inner) for e in ir.walk(x)
            ):
                return False
            if isinstance(inner, (ir.View, ir.Custom, ir.Opaque, ir.Rebind)) and name in _mentions(inner):
                return False
    return True


def _position(block: tuple, place: Place) -> int:
    top = place.path[0][0] if place.path else place.stmt
    return next(k for k, s in enumerate(block) if s is top)


def _mentions(stmt) -> set:
    if isinstance(stmt, ir.Custom):
        return set().union(*(ir.names(e) for s in ir.statements(stmt.forward) for e in ir.expressions(s)))
    return set().union(*map(ir.names, ir.expressions(stmt)))


def _is_injective(index: tuple, loops: list, scope: _Scope) -> bool:
    """Whether different iterations of `loops` give different elements: each variable alone in an axis of its own, and
    no index from -1 down, which would count from the end."""
    if any(isinstance(loop, ir.While) for loop in loops):
        return False
    variables = {loop.var for loop in loops}
    alone = set()
    for item in filter(scope.known.is_nonnegative, index):
        if not scope.is_same(item, variables):
            continue
        terms = dict(affine(item, scope.known.values, is_index=True))
        used = {v for v in variables if any(repr(ir.Name(v)) in atom for atom in terms)}
        if len(used) == 1 and repr(ir.Name(*used)) in terms:
            (v,) = used
            if all(v not in atom or atom == repr(ir.Name(v)) for atom in terms):
                alone |= used
    return alone == variables


def _disjoint(a: Place, b: Place, scope: _Scope) -> bool:
    """Whether no iteration of one store writes an element that the other writes."""
    return _exclusive(a, b) or any(
        _ranges_apart(x, a.loops(), y, b.loops(), length, scope)
        for x, y, length in zip(a.stmt.target.index, b.stmt.target.index, scope.lengths, strict=True)
    )


def _exclusive(a: Place, b: Place) -> bool:
    """Two branches of one test write the same element, which is another in each iteration."""
    for (s, k), (t, m) in zip(a.path, b.path, strict=False):
        if s is not t:
            return False
        if k != m:
            return a.stmt.target == b.stmt.target and a.loops() == b.loops()
    return False


def _ranges_apart(x, x_loops: list, y, y_loops: list, length, scope: _Scope) -> bool:
    low_x, high_x = _bounds(x, x_loops, scope.known)
    low_y, high_y = _bounds(y, y_loops, scope.known)
    ends = (low_x, high_x, low_y, high_y)
    if None in ends or not all(map(scope.is_same, ends)):
        return False
    if not scope.is_plain(low_x, length) or not scope.is_plain(low_y, length):
        return False
    return _at_least_one(low_y, high_x, scope.known) or _at_least_one(low_x, high_y, scope.known)


def _at_least_one(a, b, known: Signs) -> bool:
    gap = difference(a, b, known.values, is_index=True)
    return gap is not None and gap >= 1


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


def _bounds(item, loops: list, known: Signs) -> tuple:
    """The least and the greatest value of an index, as expressions; None where they are not known."""
    ranges = {loop.var: loop for loop in loops}
    inside = [v for v in ir.names(item) if v in ranges]
    if not inside:
        return item, item
    if len(inside) > 1 or dict(affine(item, known.values, is_index=True)).get(repr(ir.Name(inside[0]))) != 1:
        return None, None
    loop = ranges[inside[0]]
    if (
        constant(affine(loop.step, known.values)) != 1
        or ir.names(loop.start) & set(ranges)
        or ir.names(loop.stop) & set(ranges)
    ):
        return None, None
    last = ir.Op("-", (loop.stop, ir.Const(1)))
    return _substituted(item, loop.var, loop.start), _substituted(item, loop.var, last)


def _substituted(expr, name: str, value):
    return ir.rewrite(lambda e: value if e == ir.Name(name) else e, expr)
