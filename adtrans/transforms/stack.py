"""One stack for all that a function records whose sweeps are functions of their own, in the order of time.

It is an array of float64 in a list, which the calls hand on to each other; an integer of 64 bits is on it as the
float64 with these bits.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from adtrans import ir, types
from adtrans.analyses.liveness import definitions
from adtrans.transforms.adjoint import Names, Stacked
from adtrans.transforms.context import length_of
from adtrans.transforms.lazy import add, product
from adtrans.transforms.tapes import ONE, ZERO, Line, Tape, Tapes, assign

WIDE = ("int64", "uint64")


def stack_of(names: Names, sweeps) -> tuple[tuple, tuple]:
    """Where a function calls others that record: the statements that make the stack, and those that take it up before
    the reverse sweep."""
    if not any(names.stack.top in definitions(s) for s in ir.statements(sweeps.forward)):
        return (), ()
    first = ir.Assign(names.stack.tapes, ir.Call("helper.tapes", ())), ir.Assign(names.stack.top, ZERO)
    return first, (_room(names.stack, ZERO, None),)


def together(block: tuple, tapes: str) -> tuple:
    """`block`, room on the stack made once for all that is put there one after the other."""
    out: list = []
    for stmt in block:
        stmt = ir.with_blocks(stmt, *(together(b, tapes) for b in ir.blocks(stmt)))
        earlier = _earlier_room(out, stmt, tapes)
        if earlier is None:
            out.append(stmt)
            continue
        *args, count = out[earlier].value.args
        more = replace(out[earlier].value, args=(*args, add(count, stmt.value.args[-1])))
        out[earlier] = replace(out[earlier], value=more)
    return tuple(out)


def _earlier_room(out: list, stmt, tapes: str) -> int | None:
    """The position in `out` of a statement that makes room, and can make it for `stmt` as well."""
    if not _makes_room(stmt, tapes):
        return None
    needed = ir.names(stmt.value.args[-1])
    for k in reversed(range(len(out))):
        if _makes_room(out[k], tapes):
            return k
        if not isinstance(out[k], (ir.Assign, ir.Store)) or needed.intersection(definitions(out[k])):
            return None
    return None


def _makes_room(stmt, tapes: str) -> bool:
    return isinstance(stmt, ir.View) and tapes in ir.names(stmt.value)


def _room(names: Stacked, count, loc) -> ir.View:
    """Makes room for so many more elements."""
    return ir.View(names.tape, ir.Call("helper.room", (ir.Name(names.tapes), ir.Name(names.top), count)), loc)


@dataclass
class Stack(Tapes):
    """Makes the records of one function. What is put there last is got first."""

    names: Stacked = field(default_factory=lambda: Stacked("tape", "tape_top", "tapes"))

    def __post_init__(self):
        self.tops[self.names.top] = self.names.tape

    def can_keep(self, name: str, loops: tuple) -> bool:
        return False

    def _step(self, op: str, count, loc) -> ir.Assign:
        return ir.Assign(self.names.top, ir.Op(op, (ir.Name(self.names.top), count)), loc)

    def scalar(self, name: str, place, loops: tuple, loc) -> Tape:
        t = types.dtype_of(self.env[name])
        self.lines.append(Line(self.names.tape, place, loc, None))
        value = ir.Call("helper.bits", (place,)) if types.dtype_name(t) in WIDE else place
        cell = ir.Index(ir.Name(self.names.tape), (ir.Name(self.names.top),))
        put = (_room(self.names, ONE, loc), ir.Store(cell, value, loc), self._step("+", ONE, loc))
        return Tape((), put, (self._step("-", ONE, loc), assign(place, self._popped(cell, t), loc)))

    def _popped(self, cell: ir.Index, t):
        """The value on top, of type `t`."""
        if isinstance(t, types.types.Boolean):
            return ir.Op("!=", (cell, ir.Const(0.0)))
        if types.dtype_name(t) not in WIDE:
            return types.cast(cell, t, self.env)
        whole = ir.Call("helper.whole", (ir.Name(self.names.tape), ir.Name(self.names.top)))
        return whole if types.dtype_name(t) == "int64" else ir.Call("np.uint64", (whole,))

    def array(self, name: str, loops: tuple, loc) -> Tape:
        """The elements, and on them the lengths, where these are not known from the arguments."""
        self.lines.append(Line(self.names.tape, ir.Name(name), loc, None))
        stack, array = (ir.Name(self.names.tape), ir.Name(self.names.top)), ir.Name(name)
        kind = types.dtype_name(self.env[name])
        push, pop = (f"helper.{act}_bits" if kind in WIDE else f"helper.{act}" for act in ("push", "pop"))
        dims, lengths = self.fixed_dims(name, loops), []
        size = ir.Attr(array, "size") if dims is None else product(dims)
        put = [_room(self.names, size, loc), ir.Assign(self.names.top, ir.Call(push, (*stack, array)), loc)]
        if dims is None:
            dims, lengths = self._lengths(name, loops, loc)
        put += [s for length in lengths for s in length.put]
        get = [s for length in reversed(lengths) for s in length.get]
        if kind == "float64":
            return Tape((), tuple(put), (*get, *self._view(name, dims, loc)))
        made = (ir.Alloc(name, dims, kind, loc=loc), ir.Assign(self.names.top, ir.Call(pop, (*stack, array)), loc))
        return Tape((), tuple(put), (*get, *made))

    def _lengths(self, name: str, loops: tuple, loc) -> tuple[tuple, list[Tape]]:
        """Names for the lengths of an array, and their records."""
        names, records = [], []
        for axis in range(types.ndim_of(self.env[name])):
            length = self.fresh(f"{name}_n{axis}")
            self.env[length] = types.types.int64
            record = self.scalar(length, ir.Name(length), loops, loc)
            first = ir.Assign(length, length_of(name, axis), loc)
            records.append(Tape((), (first, *record.put), record.get))
            names.append(ir.Name(length))
        return tuple(names), records

    def _view(self, name: str, dims: tuple, loc) -> tuple:
        """The elements where they lie: nothing is put on the stack after that."""
        size, top = product(dims), ir.Name(self.names.top)
        part = ir.Index(ir.Name(self.names.tape), (ir.Slice(top, add(top, size)),))
        value = part if len(dims) == 1 else ir.Call("np.reshape", (part, ir.Tuple(dims)))
        return self._step("-", size, loc), ir.View(name, value, loc)
