"""The adjoint of a stencil turned round: an element adds up what its neighbours give it, where each gave to all of its.

    for i in range(1, n - 1):                   for i in range(1, n - 1):
        seed = v[i]                                 seed = v[i]
        u_bar[i - 1] += seed * c                    terms[i + 1] = seed
        u_bar[i] += seed                        for i in range(n):
        u_bar[i + 1] += seed * c                    u_bar[i] += terms[i + 1] + (terms[i + 2] + terms[i]) * c

What is given is kept in an array with zeros around it, as many as make every element find all its neighbours there.
It is allocated once, before the outermost loop: the zeros stay.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from functools import reduce

from adtrans import ir, types
from adtrans.analyses.affine import difference
from adtrans.analyses.facts import Facts, facts
from adtrans.analyses.liveness import definitions, live_in
from adtrans.analyses.memory import READ
from adtrans.analyses.signs import Signs
from adtrans.analyses.work import mentions
from adtrans.transforms.dead import dead
from adtrans.transforms.first import first
from adtrans.transforms.lazy import ONE, ZERO, add, subtract

FEWEST = 3  # elements that one gives to: to add to two is as fast


def gather(block: tuple, env: types.Env, values: dict, owned: frozenset, known: Signs) -> tuple:
    """`block`, which ends in a `Return`, with sums into neighbouring elements, in nests inside of a loop, gathered.
    `owned` are arrays that share no memory with another. Sums change their order. `env` and `known` get new names."""
    maker = _Gatherer(facts(block, env, values), owned, known, set(live_in(block)))
    out: list = []
    for stmt in block:
        new = maker.inside(stmt) if isinstance(stmt, (ir.For, ir.While)) else stmt
        out += [*maker.allocations, new]
        maker.allocations.clear()
        maker.defined |= set(definitions(stmt))
    return dead(first(tuple(out))) if len(out) > len(block) else block


@dataclass(frozen=True)
class _Nest:
    """Loops inside one another, the least index of each and the one after the greatest, the statements of the
    innermost and the names that change in it."""

    loops: tuple[ir.For, ...]
    lows: tuple
    highs: tuple
    body: tuple
    changed: frozenset


@dataclass(frozen=True)
class _Term:
    """A summand: `core`, which differs from iteration to iteration, after `operations` that do not: ("neg",), or an
    operator and its second operand."""

    core: object
    operations: tuple[tuple, ...]

    def of(self, value):
        """The summand with another `value` for the core."""
        return reduce(lambda x, operation: ir.Op(operation[0], (x, *operation[1:])), self.operations, value)


@dataclass(frozen=True)
class _Gift:
    """The statement number `position` adds `terms` to the element of `array` that is `offsets` from the nest's."""

    position: int
    array: str
    offsets: tuple[int, ...]
    terms: tuple[_Term, ...]


@dataclass
class _Gatherer:
    facts: Facts
    owned: frozenset
    signs: Signs
    defined: set[str]  # before the outermost loop
    allocations: list = field(default_factory=list)  # to go there

    def inside(self, stmt):
        return ir.with_blocks(stmt, *(tuple(n for s in b for n in self.statement(s)) for b in ir.blocks(stmt)))

    def statement(self, stmt) -> list:
        nest = self.nest(stmt)
        gifts = list(self.gifts(nest)) if nest else []
        for array in dict.fromkeys(g.array for g in gifts):
            core = _common(nest, [g for g in gifts if g.array == array], self.facts)
            if core is not None and self.is_whole(nest, array, [g for g in gifts if g.array == array]):
                giving, getting = self.gathered(nest, [g for g in gifts if g.array == array], core)
                return [*self.statement(giving), getting]
        return [self.inside(stmt)]

    def nest(self, stmt) -> _Nest | None:
        loops: list[ir.For] = []
        body: tuple = (stmt,)
        while len(body) == 1 and isinstance(body[0], ir.For):
            loops.append(body[0])
            body = body[0].body
        ends = [_ends(loop) for loop in loops]
        if not loops or None in ends or any(map(ir.blocks, body)):
            return None
        if not all(self.is_known_before(e) for pair in ends for e in pair):
            return None
        lows, highs = zip(*ends, strict=True)
        return _Nest(tuple(loops), lows, highs, body, self.facts.bindings(stmt))

    def is_known_before(self, expr) -> bool:
        return ir.names(expr) <= self.defined and self.facts.is_fixed(expr)

    def gifts(self, nest: _Nest) -> Iterator[_Gift]:
        """What the nest adds to arrays that it does not use otherwise."""
        made = _definitions(nest.body)
        for k, stmt in enumerate(nest.body):
            match stmt:
                case ir.AugAssign(ir.Index(ir.Name(array), index), "+", value) if array in self.owned:
                    if _is_only_added_to(array, nest.body) and len(index) == len(nest.loops):
                        pairs = zip(index, nest.loops, strict=True)
                        offsets = [difference(i, ir.Name(loop.var), self.facts.values) for i, loop in pairs]
                        if None not in offsets:
                            yield _Gift(k, array, tuple(offsets), tuple(_terms(value, nest, made)))

    def is_whole(self, nest: _Nest, array: str, gifts: list[_Gift]) -> bool:
        """Whether all that is added to the array is among the gifts, and the elements that may get something are
        elements of it, whether the nest runs or not."""
        if len(gifts) != sum(mentions(s, array) for s in nest.body):
            return False
        dims = self.facts.shape(array)
        if dims is None:
            return False
        lows, highs = _reached(nest, gifts)
        gaps = [difference(high, dim, self.facts.values) for high, dim in zip(highs, dims, strict=True)]
        return all(map(self.signs.is_nonnegative, lows)) and all(gap is not None and gap <= 0 for gap in gaps)

    def gathered(self, nest: _Nest, gifts: list[_Gift], core) -> tuple[ir.For, ir.For]:
        """The nest that stores what each of its elements gives, and the one that adds this up."""
        array, body = gifts[0].array, list(nest.body)
        chosen = [g for g in gifts if any(t.core == core for t in g.terms)]
        widths = [max(o) - min(o) for o in zip(*(g.offsets for g in chosen), strict=True)]
        kept = self.kept(nest, array, widths)
        for g in chosen:
            rest = [t.of(t.core) for t in g.terms if t.core != core]
            body[g.position] = replace(body[g.position], value=reduce(_plus, rest)) if rest else None
        last = chosen[-1].position
        index = _shifted([loop.var for loop in nest.loops], nest.lows, widths)
        store = ir.Store(ir.Index(ir.Name(kept), index), core, nest.body[last].loc)
        body = [*body[: last + 1], store, *body[last + 1 :]]
        giving = _with_body(nest.loops, tuple(s for s in body if s is not None))
        return giving, self.getting(nest, chosen, core, kept, widths)

    def kept(self, nest: _Nest, array: str, widths: list[int]) -> str:
        """The new array for what is given, of zeros."""
        t = self.facts.env[array]
        lengths = (ir.Call("max", (subtract(high, low), ZERO)) for low, high in zip(nest.lows, nest.highs, strict=True))
        shape = tuple(add(length, ir.Const(2 * w)) for length, w in zip(lengths, widths, strict=True))
        name = self.facts.fresh(f"{array}_terms", t)
        self.allocations.append(ir.Alloc(name, shape, types.dtype_name(t), "zeros", nest.loops[0].loc))
        return name

    def getting(self, nest: _Nest, gifts: list[_Gift], core, kept: str, widths: list[int]) -> ir.For:
        names = [self.facts.fresh("i", types.types.int64) for _ in nest.loops]
        groups: dict[tuple, list] = {}
        for g in gifts:
            shifts = [w - offset for w, offset in zip(widths, g.offsets, strict=True)]
            cell = ir.Index(ir.Name(kept), _shifted(names, nest.lows, shifts))
            for t in g.terms:
                if t.core == core:
                    groups.setdefault(t.operations, []).append(cell)
        total = reduce(_plus, (_Term(core, k).of(reduce(_plus, cells)) for k, cells in groups.items()))
        place = ir.Index(ir.Name(gifts[0].array), tuple(map(ir.Name, names)))
        stmt = ir.AugAssign(place, "+", total, nest.body[gifts[0].position].loc)
        for name, low, high, loop in reversed(list(zip(names, *_reached(nest, gifts), nest.loops, strict=True))):
            stmt = self.signs.loops[name] = ir.For(name, low, high, ONE, (stmt,), loc=loop.loc)
        return stmt


def _ends(loop: ir.For) -> tuple | None:
    """The least value of the variable and the one after the greatest."""
    if loop.exit or loop.step not in (ONE, ir.Const(-1)):
        return None
    return (loop.start, loop.stop) if loop.step == ONE else (add(loop.stop, ONE), add(loop.start, ONE))


def _definitions(body: tuple) -> dict:
    """The values of the scalars that the statements define once."""
    counts = Counter(d for s in body for d in definitions(s))
    return {s.target: s.value for s in body if isinstance(s, ir.Assign) and counts[s.target] == 1}


def _is_only_added_to(array: str, body: tuple) -> bool:
    for stmt in body:
        match stmt:
            case ir.AugAssign(ir.Index(ir.Name(name), index), "+", value) if name == array:
                if any(array in ir.names(e) for e in (*index, value)):
                    return False
            case _ if mentions(stmt, array):
                return False
    return True


def _terms(value, nest: _Nest, made: dict) -> Iterator[_Term]:
    """The summands of a value, what is the same in all iterations taken out of each."""
    match value:
        case ir.Op("+" | "-" as op, (a, b)):
            yield from _terms(a, nest, made)
            yield from _after(() if op == "+" else ("neg",), b, nest, made)
        case ir.Op("neg", (a,)):
            yield from _after(("neg",), a, nest, made)
        case ir.Op("*" | "/" as op, (a, b)) if _is_same(b, nest):
            yield from _after((op, b), a, nest, made)
        case ir.Op("*", (a, b)) if _is_same(a, nest):
            yield from _after(("*", a), b, nest, made)
        case ir.Name(name) if isinstance(made.get(name), ir.Op) and made[name].op in ("*", "/", "neg"):
            inner = list(_terms(made[name], nest, made))
            yield from inner if inner[0].operations else [_Term(value, ())]
        case _:
            yield _Term(value, ())


def _after(operation: tuple, value, nest: _Nest, made: dict) -> Iterator[_Term]:
    for term in _terms(value, nest, made):
        yield replace(term, operations=(*term.operations, operation)) if operation else term


def _is_same(expr, nest: _Nest) -> bool:
    """Whether `expr` has one value in all iterations: it reads no elements, and no name that changes."""
    elements = (e for e in ir.walk(expr) if isinstance(e, ir.Index) and not isinstance(e.base, ir.Attr))
    return not any(elements) and not ir.names(expr) & nest.changed


def _common(nest: _Nest, gifts: list[_Gift], known: Facts):
    """What is given to most places; None where these are few, or another statement might change it before."""
    places: dict = {}
    for g in gifts:
        for t in g.terms:
            places.setdefault(t.core, set()).add(g.offsets)
    core = max(places, key=lambda c: len(places[c]))
    locals_ = ir.names(core) & nest.changed - {loop.var for loop in nest.loops}
    owner = known.memory.owner
    written = {owner.get(a.name) for a in known.memory.accesses(nest.body) if a.kind != READ}
    read = {owner[n] for n in ir.names(core) & known.memory.arrays}
    if len(places[core]) < FEWEST or not locals_ <= _definitions(nest.body).keys() or read & written:
        return None
    return core


def _reached(nest: _Nest, gifts: list[_Gift]) -> tuple[list, list]:
    """For each axis the least index of an element that gets something, and the one after the greatest."""
    offsets = list(zip(*(g.offsets for g in gifts), strict=True))
    lows = [add(low, ir.Const(min(o))) for low, o in zip(nest.lows, offsets, strict=True)]
    return lows, [add(high, ir.Const(max(o))) for high, o in zip(nest.highs, offsets, strict=True)]


def _shifted(names: list[str], lows: tuple, shifts: list[int]) -> tuple:
    """An index that counts from the least of each axis, and is moved."""
    parts = zip(names, lows, shifts, strict=True)
    return tuple(add(subtract(ir.Name(name), low), ir.Const(shift)) for name, low, shift in parts)


def _plus(a, b):
    return ir.Op("-", (a, *b.args)) if isinstance(b, ir.Op) and b.op == "neg" else ir.Op("+", (a, b))


def _with_body(loops: tuple, body: tuple) -> ir.For:
    for loop in reversed(loops):
        body = (replace(loop, body=body),)
    return body[0]
