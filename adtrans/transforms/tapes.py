"""Where recorded values are kept: arrays indexed by the iteration where the trip counts are known on entry, else
stacks that grow by doubling, before a run of the innermost loop if its trip count is known then."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace

from adtrans import ir, types
from adtrans.analyses.affine import affine, constant
from adtrans.analyses.recording import keeps_shape
from adtrans.analyses.work import Work
from adtrans.errors import Loc
from adtrans.transforms.context import length_of
from adtrans.transforms.flatten import written
from adtrans.transforms.lazy import add, subtract

ZERO, ONE = ir.Const(0), ir.Const(1)
FIRST_SIZE = 64  # elements of a stack before it grows


@dataclass(frozen=True)
class Tape:
    """`allocate` goes before the outermost loop, `put` into the forward sweep, `get` into the reverse sweep; `enter`
    and `leave` around the innermost loop in the forward sweep, `back` before it in the reverse sweep."""

    allocate: tuple
    put: tuple
    get: tuple
    enter: tuple = ()
    leave: tuple = ()
    back: tuple = ()


@dataclass(frozen=True)
class Line:
    """What `explain` says of a tape: `place`, a name or an element, is recorded at `loc`, in an array of that `shape`:
    `()` for one scalar, None where it grows."""

    tape: str
    place: ir.Name | ir.Index
    loc: Loc
    shape: tuple | None

    @property
    def name(self) -> str:
        """The variable of which it is a value."""
        return self.place.id if isinstance(self.place, ir.Name) else self.place.base.id


@dataclass
class Tapes:
    """Makes the tapes of one function. `values` and `roots` as in `Scalarised`."""

    env: types.Env
    roots: dict
    values: dict
    fresh: Callable[[str], str]
    work: dict[str, Work] = field(default_factory=dict)  # the work arrays that can be kept
    lines: list[Line] = field(default_factory=list)
    tops: dict[str, str] = field(default_factory=dict)  # how many elements a stack holds: the stack

    def scalar(self, name: str, place, loops: tuple, loc) -> Tape:
        """A tape for the scalar value of `place` (a name, or an element of the array `name`) inside `loops`."""
        t = types.dtype_of(self.env[name])
        if not loops:
            kept = self.fresh(f"{name}_old")
            self.lines.append(Line(kept, place, loc, ()))
            return Tape((), (ir.Assign(kept, place, loc),), (assign(place, ir.Name(kept), loc),))
        tape = self.fresh(f"{name}_tape")
        sizes = self.trip_counts(loops)
        if sizes is not None:
            self.lines.append(Line(tape, place, loc, sizes))
            cell = ir.Index(ir.Name(tape), tuple(map(iteration, loops)))
            allocate = ir.Alloc(tape, sizes, types.dtype_name(t), loc=loc)
            return Tape((allocate,), (ir.Store(cell, place, loc),), (assign(place, cell, loc),))
        self.lines.append(Line(tape, place, loc, None))
        innermost = loops[-1]
        if isinstance(innermost, ir.For) and not innermost.exit:
            return self._stack_of_runs(tape, place, t, innermost, loc)
        return self._stack(tape, place, t, loc)

    def _stack_of_runs(self, tape: str, place, t, loop: ir.For, loc) -> Tape:
        """A stack on which each run of the innermost loop has as many elements as iterations: there is room for them
        before it starts, so that nothing but the element depends on the iteration."""
        top = self._top(tape)
        count, cell = trips(loop, self.values), ir.Index(ir.Name(tape), (add(ir.Name(top), iteration(loop)),))
        room = ir.Call("helper.reserve", (ir.Name(tape), ir.Name(top), count))
        return Tape(
            self._empty(tape, top, t, loc),
            (ir.Store(cell, place, loc),),
            (assign(place, cell, loc),),
            (ir.Assign(tape, room, loc),),
            (ir.Assign(top, ir.Op("+", (ir.Name(top), count)), loc),),
            (ir.Assign(top, ir.Op("-", (ir.Name(top), count)), loc),),
        )

    def _top(self, tape: str) -> str:
        top = self.fresh(f"{tape}_top")
        self.tops[top] = tape
        return top

    def _empty(self, tape: str, top: str, t, loc) -> tuple:
        return ir.Alloc(tape, (ir.Const(FIRST_SIZE),), types.dtype_name(t), loc=loc), ir.Assign(top, ZERO, loc)

    def _stack(self, tape: str, place, t, loc) -> Tape:
        top = self._top(tape)
        cell = ir.Index(ir.Name(tape), (ir.Name(top),))
        full = ir.Op("==", (ir.Name(top), length_of(tape, 0)))
        put = (
            ir.If(full, (ir.Assign(tape, ir.Call("helper.grow", (ir.Name(tape),)), loc),), (), loc),
            ir.Store(cell, place, loc),
            ir.Assign(top, ir.Op("+", (ir.Name(top), ONE)), loc),
        )
        get = (ir.Assign(top, ir.Op("-", (ir.Name(top), ONE)), loc), assign(place, cell, loc))
        return Tape(self._empty(tape, top, t, loc), put, get)

    def array(self, name: str, loops: tuple, loc) -> Tape:
        """A tape for the contents of the array `name`; `get` binds the name to them."""
        if not loops:
            kept = self.fresh(f"{name}_old")
            lengths = tuple(length_of(name, axis) for axis in range(types.ndim_of(self.env[name])))
            self.lines.append(Line(kept, ir.Name(name), loc, lengths))
            copy = ir.Assign(kept, ir.Call("np.copy", (ir.Name(name),)), loc)
            return Tape((), (copy,), (ir.Rebind(name, kept, loc=loc),))
        sizes, dims = self.trip_counts(loops), self.fixed_dims(name, loops)
        tape = self.fresh(f"{name}_tape")
        if sizes is None or dims is None:
            self.lines.append(Line(tape, ir.Name(name), loc, None))
            return self._array_stack(tape, name, loc)
        self.lines.append(Line(tape, ir.Name(name), loc, sizes + dims))
        cell = ir.Index(ir.Name(tape), tuple(map(iteration, loops)))
        allocate = ir.Alloc(tape, sizes + dims, types.dtype_name(self.env[name]), loc=loc)
        return Tape((allocate,), (ir.Store(cell, ir.Name(name), loc),), (ir.View(name, cell, loc),))

    def _array_stack(self, tape: str, name: str, loc) -> Tape:
        """The elements on one stack, the lengths on others."""
        top, dtype = self._top(tape), types.dtype_name(self.env[name])
        allocate = [*self._empty(tape, top, self.env[name], loc)]
        room = ir.Call("helper.reserve", (ir.Name(tape), ir.Name(top), ir.Attr(ir.Name(name), "size")))
        step = ir.Call("helper.push", (ir.Name(tape), ir.Name(top), ir.Name(name)))
        put = [ir.Assign(tape, room, loc), ir.Assign(top, step, loc)]
        get, lengths = [], []
        for axis in range(types.ndim_of(self.env[name])):
            length = self.fresh(f"{name}_n{axis}")
            self.env[length] = types.types.int64
            part = self._stack(self.fresh(f"{length}_tape"), ir.Name(length), types.types.int64, loc)
            allocate += part.allocate
            put += [ir.Assign(length, length_of(name, axis), loc), *part.put]
            get += part.get
            lengths.append(ir.Name(length))
        pop = ir.Call("helper.pop", (ir.Name(tape), ir.Name(top), ir.Name(name)))
        get += [ir.Alloc(name, tuple(lengths), dtype, loc=loc), ir.Assign(top, pop, loc)]
        return Tape(tuple(allocate), tuple(put), tuple(get))

    def can_keep(self, name: str, loops: tuple) -> bool:
        """Whether there can be an array with an axis for each of `loops` in place of the work array `name`."""
        dims = self.fixed_dims(name, loops)
        return self.trip_counts(loops) is not None and dims is not None and not any(name in ir.names(d) for d in dims)

    def work_array(self, name: str, loc) -> ir.Alloc:
        """The array that has every iteration's elements of the work array `name`, which is first stored at `loc`."""
        work = self.work[name]
        shape = self.trip_counts(work.loops) + self.fixed_dims(name, work.loops)
        self.lines.append(Line(name, ir.Name(name), loc, shape))
        return replace(work.alloc, shape=shape, fill="empty", comments=())

    def trip_counts(self, loops: tuple) -> tuple | None:
        """The trip counts of nested loops, as expressions valid before the outermost; None if there are none."""
        if any(isinstance(loop, ir.While) or loop.exit for loop in loops):
            return None
        counts = [self._before(trips(loop, self.values), loops) for loop in loops]
        return None if None in counts else tuple(counts)

    def fixed_dims(self, name: str, loops: tuple) -> tuple | None:
        """The lengths of the array `name`, as expressions valid before the outermost of `loops`, or None."""
        lengths = [length_of(name, axis) for axis in range(types.ndim_of(self.env[name]))]
        dims = [self._before(length, loops) for length in lengths]
        return None if None in dims else tuple(dims)

    def _before(self, expr, loops: tuple):
        """`expr` in terms of what the outermost of `loops` does not change, or None."""
        changed = written(ir.statements((loops[0],)), self.roots)
        return _hoisted(expr, changed, loops[0], self.values)


def _hoisted(expr, changed: set, loop, values: dict):
    match expr:
        case ir.Index(ir.Attr(ir.Name(name), "shape")) if expr not in values:
            return expr if name not in changed or keeps_shape(name, loop.body) else None
        case ir.Name(name) if name not in changed:
            return expr
        case ir.Name(name) if name not in values:
            return None
        case ir.Name() | ir.Index(ir.Attr(ir.Name(), "shape")) if isinstance(expr, ir.Name) or expr in values:
            return _hoisted(values[expr.id if isinstance(expr, ir.Name) else expr], changed, loop, values)
        case ir.Index() | ir.Attr():
            return None
    parts = [_hoisted(e, changed, loop, values) for e in ir.children(expr)]
    if any(p is None for p in parts):
        return None
    rest = iter(parts)
    return ir.map_children(lambda _: next(rest), expr)


def assign(place, value, loc):
    return ir.Assign(place.id, value, loc) if isinstance(place, ir.Name) else ir.Store(place, value, loc)


def iteration(loop: ir.For):
    """The number of the iteration, from 0."""
    offset = subtract(ir.Name(loop.var), loop.start)
    return offset if loop.step == ONE else ir.Op("//", (offset, loop.step))


def trips(loop: ir.For, values: dict):
    """How often the body of a `For` runs."""
    step = loop.step.value if isinstance(loop.step, ir.Const) else None
    if step == 1:
        count = subtract(loop.stop, loop.start)
        return count if loop.start == ZERO and is_length(loop.stop, values) else ir.Call("max", (count, ZERO))
    return ir.Call("len", (ir.Call("range", (loop.start, loop.stop, loop.step)),))


def is_length(expr, values: dict) -> bool:
    """Whether `expr` is a length, so that it cannot be negative."""
    match expr:
        case ir.Index(ir.Attr(_, "shape")) | ir.Attr(_, "size"):
            return True
        case ir.Call("helper.broadcast" | "helper.fit" | "max" | "len"):
            return True
        case ir.Const(value):
            return value >= 0
        case ir.Op("*" | "+", (a, b)):
            return is_length(a, values) and is_length(b, values)
        case ir.Name(name) if name in values:
            return is_length(values[name], values)
    return False


def reversed_loop(loop: ir.For, values: dict) -> tuple:
    """Start, stop and step of the range that runs through the iterations of `loop` from the last to the first."""
    if loop.step == ONE:
        return subtract(loop.stop, ONE), subtract(loop.start, ONE), ir.Const(-1)
    if loop.step == ir.Const(-1):
        return add(loop.stop, ONE), add(loop.start, ONE), ONE
    last = add(loop.start, ir.Op("*", (subtract(trips(loop, values), ONE), loop.step)))
    return last, subtract(loop.start, loop.step), negated(loop.step)


def negated(expr):
    value = constant(affine(expr, {}))
    return ir.Op("neg", (expr,)) if value is None else ir.Const(-value)
