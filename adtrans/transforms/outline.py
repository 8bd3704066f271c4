"""A loop as a function of a range of its iterations, and a function whose threads each run one such range."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import reduce

from adtrans import ir, types
from adtrans.analyses.cost import cost_of_iteration
from adtrans.analyses.facts import Facts
from adtrans.analyses.liveness import live_in, mentioned
from adtrans.analyses.signs import Signs
from adtrans.analyses.threads import Chunked
from adtrans.names import fresh
from adtrans.transforms.lazy import ONE, ZERO, add, multiply, subtract
from adtrans.transforms.unsigned import unsigned


@dataclass(frozen=True)
class Outlined:
    """A function that a loop has become; `has_threads` where it has a loop that threads run."""

    name: str
    params: tuple
    body: tuple
    doc: str
    has_threads: bool = False


@dataclass(frozen=True)
class Outline:
    """The `statements` in place of a loop, and the `functions` that they call."""

    statements: list
    functions: list[Outlined]


def outline(loop: ir.For, how: Chunked, names: tuple[str, str], chunks: str, known: Facts, given: frozenset) -> Outline:
    """`loop` run in chunks, as many as a variable `chunks` gets; `names` are those of the two functions, `given` names
    that these can read without being given them."""
    made = _Outlining(loop, how, known, chunks)
    range_function = made.range_function(names[0], given)
    by_threads = made.by_threads(names[1], range_function)
    return Outline(made.statements(range_function, by_threads), [range_function, by_threads])


class _Outlining:
    """`first`, `last`: the bounds of a range; `parts`: by the name of a sum, of an extremum, or of an array that is
    added to, that of the array with one for each chunk."""

    def __init__(self, loop: ir.For, how: Chunked, known: Facts, chunks: str):
        self.loop, self.how, self.known, self.chunks = loop, how, known, chunks
        self.results = (*how.sums, *(name for extremum in how.extrema for name in extremum.names))
        self.work = tuple(known.allocations[array] for array in how.work)
        self.parts = {name: known.fresh(f"{name}_parts", self.type_of_parts(name)) for name in self.in_parts()}
        self.trips = known.fresh("trips", types.types.int64)
        self.others = {chunks, self.trips, *self.parts.values()}.union(
            *map(mentioned, ir.statements((loop, *self.work)))
        )
        self.first, self.last, self.chunk = (fresh(name, self.others) for name in ("first", "last", "chunk"))

    def in_parts(self) -> tuple:
        return (*self.results, *self.how.added)

    def type_of_parts(self, name: str):
        t = self.known.env[name]
        return types.array_type(types.dtype_of(t), types.ndim_of(t) + 1)

    # -- the functions ---------------------------------------------------------------------------------------------

    def range_function(self, name: str, given: frozenset) -> Outlined:
        """The iterations from one number to another; it returns the scalars that these hand on."""
        body = (*self.work, *self.of_range())
        if self.results:
            items = tuple(map(ir.Name, self.results))
            body = (*body, ir.Return(items[0] if len(items) == 1 else ir.Tuple(items)))
        others = sorted(live_in(body) - {self.first, self.last} - given)
        doc = f"Iterations of the loop of {self.place()}."
        return Outlined(name, (self.first, self.last, *others), body, doc)

    def of_range(self) -> tuple:
        """The loop over a range. Of its variable the compiler does not see any more that it is not negative."""
        signs = Signs(self.known.env, self.known.values, set(), {self.loop.var: self.loop})
        loop = replace(self.loop, start=ir.Name(self.first), stop=ir.Name(self.last))
        return unsigned((loop,), signs, self.known.env)

    def by_threads(self, name: str, function: Outlined) -> Outlined:
        """The chunks, each by a thread, with sums of its own."""
        index = (ir.Name(self.chunk),)
        args = tuple(self.in_chunk(param) for param in function.params[2:])
        bounds = (add(self.loop.start, multiply(ir.Name(n), self.loop.step)) for n in (self.first, self.last))
        call = ir.Call(function.name, (*bounds, *args))
        share = ir.Call("helper.share", (ir.Name(self.chunk), ir.Name(self.chunks), ir.Name(self.trips)))
        body = (
            ir.Opaque((self.first, self.last), share),
            *(ir.Store(ir.Index(ir.Name(self.parts[n]), index), self.zero(n)) for n in self.how.added),
            *self.kept(call, [ir.Index(ir.Name(self.parts[n]), index) for n in self.results]),
        )
        threads = ir.For(self.chunk, ZERO, ir.Name(self.chunks), ONE, body, parallel=True)
        doc = f"The loop of {self.place()} in chunks, each with a thread and sums of its own."
        return Outlined(name, self.params_by_threads(function), (threads,), doc, has_threads=True)

    def kept(self, call: ir.Call, places: list) -> list:
        """What a call returns put in its places. The names are new: no thread may see another's."""
        if len(places) == 1:
            return [ir.Store(places[0], call)]
        names = tuple(fresh(f"{name}_part", self.others) for name in self.results)
        stores = (ir.Store(place, ir.Name(name)) for place, name in zip(places, names, strict=True))
        return [ir.Opaque(names, call), *stores]

    def place(self) -> str:
        loc = next((s.loc for s in (self.loop, *ir.statements(self.loop.body)) if s.loc), None)
        return f"line {loc.line}" if loc else "no line of its own"

    def in_chunk(self, param: str):
        """What the function of a range is given for a parameter in a chunk."""
        if param in self.how.sums:
            return typed_bound(self.zero(param))
        if param in self.how.added:
            return ir.Index(ir.Name(self.parts[param]), (ir.Name(self.chunk),))
        return ir.Name(param)

    def zero(self, name: str):
        return types.typed(0, types.dtype_of(self.known.env[name]))

    def params_by_threads(self, function: Outlined) -> tuple:
        own = {*self.how.sums, *self.how.added}
        others = (set(function.params[2:]) - own) | ir.names(self.loop.start) | ir.names(self.loop.step)
        return (self.chunks, self.trips, *sorted(others), *self.parts.values())

    # -- the caller ------------------------------------------------------------------------------------------------

    def statements(self, function: Outlined, by_threads: Outlined) -> list:
        """What takes the place of the loop."""
        bounds = tuple(typed_bound(bound) for bound in (self.loop.start, self.loop.stop))
        alone = ir.Opaque(
            self.results, ir.Call(function.name, (*bounds, *map(ir.Name, function.params[2:]))), loc=self.loop.loc
        )
        trips = self.loop.stop if (self.loop.start, self.loop.step) == (ZERO, ONE) else ir.Name(self.trips)
        args = (ir.Name(self.chunks), trips, *map(ir.Name, by_threads.params[2:]))
        together = ir.Opaque((), ir.Call(by_threads.name, args), loc=self.loop.loc)
        one = ir.Op("==", (ir.Name(self.chunks), ONE))
        several = (*map(self.allocation, self.parts), together, *self.added_up())
        work = _sum(term.expression(trips) for term in cost_of_iteration(self.loop, self.known.values))
        number = ir.Call("helper.chunks", (trips, work, self.shared()))
        before = [] if trips == self.loop.stop else [ir.Assign(self.trips, self.counted(), self.loop.loc)]
        return [*before, ir.Assign(self.chunks, number, self.loop.loc), ir.If(one, (alone,), several, self.loop.loc)]

    def counted(self):
        """How many iterations there are."""
        start, stop, step = self.loop.start, self.loop.stop, self.loop.step
        if isinstance(step, ir.Const) and step.value < 0:
            start, stop, step = stop, start, ir.Const(-step.value)
        span = subtract(stop, start)
        return span if step == ONE else ir.Op("//", (subtract(add(span, step), ONE), step))

    def shared(self):
        """How many elements a chunk has sums of its own for."""
        return _sum(ir.Attr(ir.Name(name), "size") for name in self.how.added)

    def allocation(self, name: str) -> ir.Alloc:
        t, shape = self.known.env[name], ir.Attr(ir.Name(name), "shape")
        dims = (ir.Index(shape, (ir.Const(k),)) for k in range(types.ndim_of(t)))
        return ir.Alloc(self.parts[name], (ir.Name(self.chunks), *dims), types.dtype_name(t), "empty", self.loop.loc)

    def added_up(self) -> list:
        """The statements that add up what the chunks have."""
        body = (
            *(ir.Assign(n, ir.Op("+", (ir.Name(n), self.part(n)))) for n in self.how.sums),
            *map(self.chosen, self.how.extrema),
        )
        numbers = [ir.For(self.chunk, ZERO, ir.Name(self.chunks), ONE, body, loc=self.loop.loc)] if body else []
        return [*numbers, *map(self.added, self.how.added)]

    def part(self, name: str) -> ir.Index:
        return ir.Index(ir.Name(self.parts[name]), (ir.Name(self.chunk),))

    def chosen(self, extremum) -> ir.If:
        better = ir.Op(extremum.op, (self.part(extremum.names[0]), ir.Name(extremum.names[0])))
        return ir.If(better, tuple(ir.Assign(name, self.part(name)) for name in extremum.names))

    def added(self, name: str) -> ir.Opaque:
        return ir.Opaque(
            (), ir.Call("helper.add_chunks", (ir.Name(name), ir.Name(self.parts[name]))), loc=self.loop.loc
        )


def _sum(terms):
    return reduce(add, terms, ZERO)


def typed_bound(expr):
    """`expr`, a whole number that is written out in a type: Numba would compile another function for each literal."""
    is_literal = isinstance(expr, ir.Const) and isinstance(expr.value, int) and expr.dtype is None
    return ir.Call("np.int64", (expr,)) if is_literal else expr
