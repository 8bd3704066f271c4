"""Loop nests whose iterations add to, or read, elements a fixed distance from their own."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import reduce

from adtrans import ir
from adtrans.analyses.affine import difference
from adtrans.analyses.facts import Facts
from adtrans.analyses.liveness import definitions, mentions
from adtrans.transforms.lazy import ONE, add


@dataclass(frozen=True)
class Nest:
    """Loops inside one another, the least index of each and the one after the greatest, the statements of the
    innermost, the names that change in it, and the scalars that it defines once: where, and as what."""

    loops: tuple[ir.For, ...]
    lows: tuple
    highs: tuple
    body: tuple
    changed: frozenset
    made: dict[str, tuple[int, object]]

    def is_same(self, expr) -> bool:
        """Whether `expr` has one value in all iterations: it reads no elements, and no name that changes."""
        elements = (e for e in ir.walk(expr) if isinstance(e, ir.Index) and not isinstance(e.base, ir.Attr))
        return not any(elements) and not ir.names(expr) & self.changed

    def is_settled(self, expr, position: int) -> bool:
        """Whether the scalars in `expr` have their values of the iteration, for good, before statement `position`."""
        scalars = ir.names(expr) & self.changed - {loop.var for loop in self.loops}
        return all(name in self.made and self.made[name][0] < position for name in scalars)

    def expanded(self, expr, position: int):
        """`expr`, in statement `position`, with the definitions in place of the scalars that the iteration has set."""

        def definition(e):
            if isinstance(e, ir.Name) and e.id in self.made and self.made[e.id][0] < position:
                return self.expanded(self.made[e.id][1], self.made[e.id][0])
            return e

        return ir.rewrite(definition, expr)

    def offsets(self, index: tuple, values: dict) -> tuple[int, ...] | None:
        """The distance of an element from that of the iteration's own number; None where it changes."""
        if len(index) != len(self.loops):
            return None
        found = [
            difference(i, ir.Name(loop.var), values, is_index=True) for i, loop in zip(index, self.loops, strict=True)
        ]
        return None if None in found else tuple(n for n in found if n is not None)


@dataclass(frozen=True)
class Term:
    """A summand: `core`, which differs from iteration to iteration, after `operations` that do not: ("neg",), or an
    operator and its second operand."""

    core: object
    operations: tuple[tuple, ...]

    def of(self, value):
        """The summand with another `value` for the core."""
        return reduce(lambda x, operation: ir.Op(operation[0], (x, *operation[1:])), self.operations, value)


@dataclass(frozen=True)
class Gift:
    """The statement number `position` adds `terms` to the element of `array` that is `offsets` from the nest's."""

    position: int
    array: str
    offsets: tuple[int, ...]
    terms: tuple[Term, ...]


def nest_of(stmt, known: Facts) -> Nest | None:
    """The nest of loops through neighbouring numbers that `stmt` is, the innermost without branches."""
    loops: list[ir.For] = []
    body: tuple = (stmt,)
    while len(body) == 1 and isinstance(body[0], ir.For):
        loops.append(body[0])
        body = body[0].body
    bounds = [ends(loop) for loop in loops]
    if not loops or None in bounds or any(map(ir.blocks, body)):
        return None
    lows, highs = zip(*bounds, strict=True)
    return Nest(tuple(loops), lows, highs, body, known.bindings(stmt), _made(body))


def ends(loop: ir.For) -> tuple | None:
    """The least value of the variable and the one after the greatest."""
    if loop.exit or loop.step not in (ONE, ir.Const(-1)):
        return None
    return (loop.start, loop.stop) if loop.step == ONE else (add(loop.stop, ONE), add(loop.start, ONE))


def _made(body: tuple) -> dict[str, tuple[int, object]]:
    counts = Counter(d for s in body for d in definitions(s))
    once = (p for p in enumerate(body) if isinstance(p[1], ir.Assign) and counts[p[1].target] == 1)
    return {s.target: (k, s.value) for k, s in once if s.target not in ir.names(s.value)}


def gifts(nest: Nest, owned: frozenset, values: dict) -> Iterator[Gift]:
    """What the nest adds to the arrays of `owned` that it does not use otherwise."""
    for k, stmt in enumerate(nest.body):
        match stmt:
            case ir.AugAssign(ir.Index(ir.Name(array), index), "+", value) if array in owned:
                offsets = nest.offsets(index, values)
                if offsets is not None and _is_only_added_to(array, nest.body):
                    yield Gift(k, array, offsets, tuple(terms(value, nest, k)))


def _is_only_added_to(array: str, body: tuple) -> bool:
    for stmt in body:
        match stmt:
            case ir.AugAssign(ir.Index(ir.Name(name), index), "+", value) if name == array:
                if any(array in ir.names(e) for e in (*index, value)):
                    return False
            case _ if mentions(stmt, array):
                return False
    return True


def terms(value, nest: Nest, position: int) -> Iterator[Term]:
    """The summands of a value that statement `position` computes, what is the same in all iterations taken out."""
    match value:
        case ir.Op("+" | "-" as op, (a, b)):
            yield from terms(a, nest, position)
            yield from _after(() if op == "+" else ("neg",), b, nest, position)
        case ir.Op("neg", (a,)):
            yield from _after(("neg",), a, nest, position)
        case ir.Op("*" | "/" as op, (a, b)) if nest.is_same(b):
            yield from _after((op, b), a, nest, position)
        case ir.Op("*", (a, b)) if nest.is_same(a):
            yield from _after(("*", a), b, nest, position)
        case ir.Name(name) if _is_scaled(name, nest, position):
            place, product = nest.made[name]
            inner = list(terms(product, nest, place))
            yield from inner if all(isinstance(t.core, ir.Name) for t in inner) else [Term(value, ())]
        case _:
            yield Term(value, ())


def _is_scaled(name: str, nest: Nest, position: int) -> bool:
    """Whether the scalar is another, or a product, of what stays the same after it."""
    if name not in nest.made or nest.made[name][0] >= position:
        return False
    place, value = nest.made[name]
    product = isinstance(value, ir.Op) and value.op in ("*", "/", "neg")
    return (product or isinstance(value, ir.Name)) and nest.is_settled(value, place)


def _after(operation: tuple, value, nest: Nest, position: int) -> Iterator[Term]:
    for term in terms(value, nest, position):
        yield replace(term, operations=(*term.operations, operation)) if operation else term
