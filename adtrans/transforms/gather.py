"""The adjoint of a stencil turned round: an element adds up what its neighbours give it, where each gave to all of its.

    for i in range(1, n - 1):                   for i in range(1, n - 1):
        seed = v[i]                                 terms[i + 1] = v[i]
        u_bar[i - 1] += seed * c                for i in range(n):
        u_bar[i] += seed                            given = terms[i + 2] + terms[i]
        u_bar[i + 1] += seed * c                    u_bar[i] += terms[i + 1] + given * c
        c_bar += seed * (u[i - 1] + u[i + 1])       c_bar += u[i] * given

What is given is kept in an array with zeros around it, as many as make every element find all its neighbours there.
It is allocated once, before the outermost loop: the zeros stay. A sum over what each gives, times what it reads of an
array, is the sum over what each element gets, times the element.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field, replace
from functools import reduce

from adtrans import ir, types
from adtrans.analyses.affine import difference
from adtrans.analyses.facts import Facts, facts
from adtrans.analyses.liveness import definitions, live_in, mentions
from adtrans.analyses.signs import Signs
from adtrans.analyses.stencils import Gift, Nest, Term, gifts, nest_of, terms
from adtrans.passes import optimising
from adtrans.transforms.context import length_of
from adtrans.transforms.dead import dead
from adtrans.transforms.first import first
from adtrans.transforms.lazy import ONE, ZERO, add, subtract

FEWEST = 3  # elements that one gives to: to add to two is as fast


@optimising
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
class _Sum:
    """The statement number `position` adds to a scalar what is given times a sum of neighbouring elements of `array`:
    those that get what is given by `operation`, last, and others before it, as these are added up."""

    position: int
    array: str
    operation: tuple


@dataclass(frozen=True)
class _Scatter:
    """The `gifts` of a nest to one array, of which those of `core` are to be gathered, and a sum that belongs to it."""

    nest: Nest
    gifts: tuple[Gift, ...]
    core: object
    sum: _Sum | None = None

    @property
    def array(self) -> str:
        return self.gifts[0].array

    @property
    def widths(self) -> list[int]:
        """For each axis how far the elements are apart that one gives to."""
        return [max(o) - min(o) for o in zip(*(g.offsets for g in self.gifts), strict=True)]

    def reached(self) -> tuple[list, list]:
        """For each axis the least index of an element that gets something, and the one after the greatest."""
        offsets = list(zip(*(g.offsets for g in self.gifts), strict=True))
        lows = [add(low, ir.Const(min(o))) for low, o in zip(self.nest.lows, offsets, strict=True)]
        return lows, [add(high, ir.Const(max(o))) for high, o in zip(self.nest.highs, offsets, strict=True)]

    def received(self) -> list[tuple[tuple[int, ...], tuple]]:
        """From how far, and by which operations, an element gets what is given."""
        return [(g.offsets, t.operations) for g in self.gifts for t in g.terms if t.core == self.core]


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
        nest = nest_of(stmt, self.facts)
        scatter = self.scatter(nest) if nest else None
        if scatter is None:
            return [self.inside(stmt)]
        scatter = replace(scatter, sum=self.sum(scatter))
        kept = self.kept(scatter)
        return [*self.statement(self.giving(scatter, kept)), self.getting(scatter, kept)]

    # -- what there is ------------------------------------------------------------------------------------------

    def scatter(self, nest: Nest) -> _Scatter | None:
        if not all(map(self.is_known_before, (*nest.lows, *nest.highs))):
            return None
        found = list(gifts(nest, self.owned, self.facts.values))
        for array in dict.fromkeys(g.array for g in found):
            own = tuple(g for g in found if g.array == array)
            core = _common(own)
            chosen = tuple(g for g in own if any(t.core == core for t in g.terms))
            scatter = _Scatter(nest, chosen, core)
            whole = len(own) == sum(mentions(s, array) for s in nest.body)
            if whole and len({g.offsets for g in chosen}) >= FEWEST and self.can_wait(scatter):
                dims = self.facts.shape(array)
                if dims is not None and self.is_inside(scatter, dims):
                    return scatter
        return None

    def is_known_before(self, expr) -> bool:
        return ir.names(expr) <= self.defined and self.facts.is_fixed(expr)

    def can_wait(self, scatter: _Scatter) -> bool:
        """Whether what is given is there before the first gift, and the same after the last."""
        nest, core = scatter.nest, scatter.core
        written = self.facts.written(nest.body)
        return nest.is_settled(core, scatter.gifts[0].position) and not ir.names(core) & written

    def is_inside(self, scatter: _Scatter, dims: tuple) -> bool:
        """Whether all that may get something are elements of an array of that shape, even where the nest does not
        run."""
        lows, highs = scatter.reached()
        gaps = [difference(high, dim, self.facts.values) for high, dim in zip(highs, dims, strict=True)]
        return all(map(self.signs.is_nonnegative, lows)) and all(gap is not None and gap <= 0 for gap in gaps)

    def sum(self, scatter: _Scatter) -> _Sum | None:
        """The sum whose summands add up, for each element, to what it gets before the last of some operations."""
        for k, stmt in enumerate(scatter.nest.body):
            match stmt:
                case ir.Assign(target, ir.Op("+", (ir.Name(name), ir.Op("*", factors)))) if name == target:
                    alone = sum(mentions(s, name) for s in scatter.nest.body) == 1
                    if alone and scatter.core in factors and name not in ir.names(ir.Tuple(factors)):
                        found = self.weighed(scatter, k, factors[1 - factors.index(scatter.core)])
                        if found is not None:
                            return found
        return None

    def weighed(self, scatter: _Scatter, position: int, value) -> _Sum | None:
        nest = scatter.nest
        summands = list(terms(nest.expanded(value, position), nest, position))
        elements = [t.core for t in summands if isinstance(t.core, ir.Index) and isinstance(t.core.base, ir.Name)]
        arrays = {e.base.id for e in elements}
        if len(elements) != len(summands) or len(arrays) != 1:
            return None
        (array,) = arrays
        read = Counter((nest.offsets(t.core.index, self.facts.values), t.operations) for t in summands)
        for operation in {operations[0] for _, operations in scatter.received() if operations}:
            got = Counter((o, ops[1:]) for o, ops in scatter.received() if ops[:1] == (operation,))
            if got == read and array not in self.facts.written(nest.body) and self.is_inside(scatter, self.dims(array)):
                return _Sum(position, array, operation)
        return None

    def dims(self, array: str) -> tuple:
        lengths = (length_of(array, axis) for axis in range(types.ndim_of(self.facts.env[array])))
        return tuple(self.facts.values.get(length, length) for length in lengths)

    # -- the new form -------------------------------------------------------------------------------------------

    def kept(self, scatter: _Scatter) -> str:
        """The new array for what is given, of zeros."""
        nest, t = scatter.nest, self.facts.env[scatter.array]
        ends = zip(nest.lows, nest.highs, scatter.widths, strict=True)
        shape = tuple(add(ir.Call("max", (subtract(high, low), ZERO)), ir.Const(2 * w)) for low, high, w in ends)
        name = self.facts.fresh(f"{scatter.array}_terms", t)
        self.allocations.append(ir.Alloc(name, shape, types.dtype_name(t), "zeros", nest.loops[0].loc))
        return name

    def giving(self, scatter: _Scatter, kept: str) -> ir.For:
        """The nest, which stores what each of its elements gives."""
        nest, core = scatter.nest, scatter.core
        body: dict[int, object] = dict(enumerate(nest.body))
        for g in scatter.gifts:
            rest = [t.of(t.core) for t in g.terms if t.core != core]
            body[g.position] = replace(nest.body[g.position], value=reduce(_plus, rest)) if rest else None
        if scatter.sum:
            body[scatter.sum.position] = None
        last = scatter.gifts[-1].position
        index = _shifted([loop.var for loop in nest.loops], nest.lows, scatter.widths)
        store = ir.Store(ir.Index(ir.Name(kept), index), core, nest.body[last].loc)
        statements = [s for k in body for s in ((body[k], store) if k == last else (body[k],)) if s is not None]
        return _with_body(nest.loops, tuple(statements))

    def getting(self, scatter: _Scatter, kept: str) -> ir.For:
        """The nest that adds up what each element gets."""
        nest, operation = scatter.nest, scatter.sum and scatter.sum.operation
        names = [self.facts.fresh("i", types.types.int64) for _ in nest.loops]
        rest: dict[tuple, list] = {}
        weighed: dict[tuple, list] = {}
        for offsets, operations in scatter.received():
            shifts = [w - o for w, o in zip(scatter.widths, offsets, strict=True)]
            cell = ir.Index(ir.Name(kept), _shifted(names, nest.lows, shifts))
            if operation and operations[:1] == (operation,):
                weighed.setdefault(operations[1:], []).append(cell)
            else:
                rest.setdefault(operations, []).append(cell)
        body, parts = self.summed(scatter, tuple(map(ir.Name, names)), weighed) if scatter.sum else ([], [])
        total = reduce(_plus, [*_added(rest), *parts])
        place = ir.Index(ir.Name(scatter.array), tuple(map(ir.Name, names)))
        stmt = ir.AugAssign(place, "+", total, nest.body[scatter.gifts[0].position].loc)
        return self.loops_over(scatter, names, (*body[:1], stmt, *body[1:]))

    def loops_over(self, scatter: _Scatter, names: list[str], body: tuple) -> ir.For:
        lows, highs = scatter.reached()
        for name, low, high, loop in reversed(list(zip(names, lows, highs, scatter.nest.loops, strict=True))):
            nest = self.signs.loops[name] = ir.For(name, low, high, ONE, body, loc=loop.loc)
            body = (nest,)
        return nest

    def summed(self, scatter: _Scatter, index: tuple, weighed: dict[tuple, list]) -> tuple[list, list]:
        """Statements that give what an element gets a name and add to the sum, and what it adds to the element. An
        element that gets nothing may be one that nothing reads, of any value."""
        assert scatter.sum is not None, "no sum"
        old, t = scatter.nest.body[scatter.sum.position], types.dtype_of(self.facts.env[scatter.array])
        given = ir.Name(self.facts.fresh("given", t))
        value = ir.Name(self.facts.fresh("value", types.dtype_of(self.facts.env[scatter.sum.array])))
        zero = types.typed(0, t)
        share = ir.IfExp(ir.Op("!=", (given, zero)), ir.Op("*", (value, given)), zero)
        statements = [
            ir.Assign(given.id, reduce(_plus, _added(weighed)), old.loc),
            ir.Assign(value.id, ir.Index(ir.Name(scatter.sum.array), index), old.loc),
            replace(old, value=ir.Op("+", (ir.Name(old.target), share))),
        ]
        return statements, [Term(given, (scatter.sum.operation,)).of(given)]


def _common(found: tuple[Gift, ...]):
    """What is given to most elements."""
    places: dict = {}
    for g in found:
        for t in g.terms:
            places.setdefault(t.core, set()).add(g.offsets)
    return max(places, key=lambda core: len(places[core]))


def _added(groups: dict[tuple, list]) -> list:
    return [Term(None, operations).of(reduce(_plus, cells)) for operations, cells in groups.items()]


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
