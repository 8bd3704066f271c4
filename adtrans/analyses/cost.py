"""What loops cost, roughly: numbers of operations, as products of lengths that are known before a loop begins."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from adtrans import ir, types
from adtrans.analyses.affine import affine, difference
from adtrans.analyses.liveness import definitions
from adtrans.transforms.flatten import EXPONENTIALS, is_costly
from adtrans.transforms.lazy import ONE, ZERO, add, product, subtract

UNKNOWN = 8  # iterations of a loop of which nothing is known
FUNCTION = 10  # what a call of an elementary function costs, an operator costing 1


@dataclass(frozen=True)
class Term:
    """`number` operations for each element of an array with these `lengths`."""

    number: int
    lengths: tuple

    def key(self, values: dict) -> Counter:
        return Counter(affine(length, values) for length in self.lengths)

    def expression(self, trips):
        """As many operations for each of so many trips."""
        return product((ir.Const(self.number), trips, *self.lengths))


def cost(loops: tuple, values: dict) -> tuple[Term, ...]:
    """The cost of an innermost loop of a nest of `loops`, run for every iteration of those around it, without what is
    small beside the rest."""
    scope = _Scope(loops[0], values)
    *outer, loop = loops
    found = scope.block((loop,))
    for around in outer:
        found = [_times(term, scope.trips(around)) for term in found]
    return greatest(found, values)


def cost_of_iteration(loop: ir.For, values: dict) -> tuple[Term, ...]:
    """The cost of one iteration of `loop`."""
    return greatest(_Scope(loop, values).block(loop.body), values)


def functions_of_iteration(loop: ir.For, values: dict) -> tuple[Term, ...]:
    """How many elementary functions one iteration of `loop` computes."""
    return greatest(_Scope(loop, values, _functions).block(loop.body), values)


def greatest(terms: list[Term], values: dict) -> tuple[Term, ...]:
    """The terms, like ones added up, that are not a part of another."""
    total: dict[frozenset, Term] = {}
    for term in terms:
        key = frozenset(term.key(values).items())
        old = total.get(key, Term(0, term.lengths))
        total[key] = Term(old.number + term.number, term.lengths)
    kept = list(total.values())
    return tuple(t for t in kept if not any(is_part(t, other, values) for other in kept))


def is_part(term: Term, other: Term, values: dict) -> bool:
    """Whether `other` has the lengths of `term`, and more."""
    return term.key(values) < other.key(values)


def _times(term: Term, trips) -> Term:
    if isinstance(trips, ir.Const):
        return Term(term.number * trips.value, term.lengths)
    return Term(term.number, (*term.lengths, trips))


class _Scope:
    """The names that the loop `outermost` gives values, and what is known of these before it begins; `count` is what a
    statement itself costs."""

    def __init__(self, outermost: ir.For, values: dict, count: Callable[[Any], int] | None = None):
        self.values, self.count = values, count or _operations
        self.given: dict[str, list] = {}
        for stmt in ir.statements((outermost,)):
            for name in definitions(stmt):
                self.given.setdefault(name, []).append(stmt)

    def block(self, block: tuple) -> list[Term]:
        return [Term(sum(map(self.count, block)), ()), *(t for s in block for t in self.inside(s))]

    def inside(self, stmt) -> Iterator[Term]:
        """What the statements in `stmt` cost."""
        inner = [t for b in ir.blocks(stmt) for t in self.block(b)]
        trips = self.trips(stmt) if isinstance(stmt, ir.For) else ir.Const(UNKNOWN if isinstance(stmt, ir.While) else 1)
        return (_times(term, trips) for term in inner)

    def trips(self, loop: ir.For):
        """The most iterations that a loop has, as far as that is known."""
        up = not isinstance(loop.step, ir.Const) or loop.step.value > 0
        stops = loop.stop.args if isinstance(loop.stop, ir.Call) and loop.stop.func == "min" else ()
        spans = [span for stop in stops if (span := difference(stop, loop.start, self.values)) is not None]
        if spans and loop.step == ONE:
            return ir.Const(max(spans[0], 0))
        low, high = (loop.start, loop.stop) if up else (loop.stop, loop.start)
        low, high = self.bound(low, False, frozenset()), self.bound(high, True, frozenset())
        if low is None or high is None:
            return ir.Const(UNKNOWN)
        steps = subtract(high, low)
        if loop.step in (ir.Const(1), ir.Const(-1)):
            return steps if not isinstance(steps, ir.Const) else ir.Const(max(steps.value, 0))
        size = self.bound(loop.step if up else subtract(ZERO, loop.step), True, frozenset())
        return ir.Const(UNKNOWN) if size is None else add(ir.Op("//", (steps, size)), ONE)

    def bound(self, expr, high: bool, seen: frozenset):
        """The greatest value of an expression, or the least, in what is known before the outermost loop."""
        match expr:
            case ir.Const():
                return expr
            case ir.Name(name) if name in self.given:
                return None if name in seen else self.bound_of_name(name, high, seen | {name})
            case ir.Name() | ir.Attr(ir.Name()):
                return None if ir.names(expr) & self.given.keys() else expr
            case ir.Index(ir.Attr(ir.Name(name)), (ir.Const(),)):
                return None if name in self.given else expr
            case ir.Op("-", (a, b)):
                low, rest = self.bound(a, high, seen), self.bound(b, not high, seen)
                return None if low is None or rest is None else subtract(low, rest)
            case ir.Op("+", (a, b)):
                one, two = self.bound(a, high, seen), self.bound(b, high, seen)
                return None if one is None or two is None else add(one, two)
            case ir.Op("*" | "//") | ir.Call("min" | "max"):
                parts = tuple(self.bound(e, high, seen) for e in expr.args)
                return None if None in parts else ir.map_children(dict(zip(expr.args, parts, strict=False)).get, expr)
        return None

    def bound_of_name(self, name: str, high: bool, seen: frozenset):
        match self.given[name]:
            case [ir.Assign(_, value), *others] if all(isinstance(s, ir.Assign) and s.value == value for s in others):
                return self.bound(value, high, seen)
            case [ir.For(start=start, stop=stop, step=step), *_]:
                up = not isinstance(step, ir.Const) or step.value > 0
                return self.bound(stop if up == high else start, high, seen)
        return None


def _operations(stmt) -> int:
    """The operations of a statement itself."""
    parts = [e for x in ir.expressions(stmt) for e in ir.walk(x)]
    return 1 + sum(map(_weight, parts))


def _functions(stmt) -> int:
    """The elementary functions that a statement itself computes."""
    calls = (e for x in ir.expressions(stmt) for e in ir.walk(x) if isinstance(e, ir.Call) and "." in e.func)
    return sum(e.func in EXPONENTIALS or (is_costly(e) and not e.func.startswith("helper.")) for e in calls)


def _weight(expr) -> int:
    if isinstance(expr, ir.Call):
        return 1 if "." not in expr.func or expr.func in types.CASTS else FUNCTION
    return int(isinstance(expr, ir.Op) or (isinstance(expr, ir.Index) and isinstance(expr.base, ir.Name)))
