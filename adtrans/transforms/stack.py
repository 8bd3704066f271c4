"""One stack for all that a function records whose sweeps are functions of their own, in the order of time.

It is an array of float64, which the calls hand on to each other; an integer of 64 bits is the float64 with these bits.
"""

from __future__ import annotations

from dataclasses import dataclass

from adtrans import ir, types
from adtrans.transforms.context import length_of
from adtrans.transforms.lazy import product
from adtrans.transforms.tapes import ONE, Line, Tape, Tapes, assign, pushed, step_down

WIDE = ("int64", "uint64")


@dataclass
class Stack(Tapes):
    """Makes the records of one function. What is put there last is got first."""

    tape: str = "tape"
    top: str = "tape_top"

    def can_keep(self, name: str, loops: tuple) -> bool:
        return False

    def scalar(self, name: str, place, loops: tuple, loc) -> Tape:
        t = types.dtype_of(self.env[name])
        self.lines.append(Line(self.tape, place, loc, None))
        value = ir.Call("helper.bits", (place,)) if types.dtype_name(t) in WIDE else place
        get = (step_down(self.top, ONE, loc), assign(place, self._popped(t), loc))
        return Tape((), pushed(self.tape, self.top, value, loc), get)

    def _popped(self, t):
        """The value on top, of type `t`."""
        cell = ir.Index(ir.Name(self.tape), (ir.Name(self.top),))
        if isinstance(t, types.types.Boolean):
            return ir.Op("!=", (cell, ir.Const(0.0)))
        if types.dtype_name(t) not in WIDE:
            return types.cast(cell, t, self.env)
        whole = ir.Call("helper.whole", (ir.Name(self.tape), ir.Name(self.top)))
        return whole if types.dtype_name(t) == "int64" else ir.Call("np.uint64", (whole,))

    def array(self, name: str, loops: tuple, loc) -> Tape:
        """The elements, and on them the lengths, where these are not known from the arguments."""
        self.lines.append(Line(self.tape, ir.Name(name), loc, None))
        tape, top, array = ir.Name(self.tape), ir.Name(self.top), ir.Name(name)
        room = ir.Call("helper.reserve", (tape, top, ir.Attr(array, "size")))
        kind = types.dtype_name(self.env[name])
        bits = "_bits" if kind in WIDE else ""
        put = [ir.Assign(self.tape, room, loc), ir.Assign(self.top, ir.Call(f"helper.push{bits}", (tape, top, array)), loc)]
        get: list = []
        dims = self.fixed_dims(name, loops)
        if dims is None:
            dims, lengths = self._lengths(name, loops, loc)
            put += [s for length in lengths for s in length.put]
            get += [s for length in reversed(lengths) for s in length.get]
        if kind == "float64":
            return Tape((), tuple(put), (*get, *self._view(name, dims, loc)))
        get += [ir.Alloc(name, dims, kind, loc=loc), ir.Assign(self.top, ir.Call(f"helper.pop{bits}", (tape, top, array)), loc)]
        return Tape((), tuple(put), tuple(get))

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
        size, top = product(dims), ir.Name(self.top)
        part = ir.Index(ir.Name(self.tape), (ir.Slice(top, ir.Op("+", (top, size))),))
        value = part if len(dims) == 1 else ir.Call("np.reshape", (part, ir.Tuple(dims)))
        return step_down(self.top, size, loc), ir.View(name, value, loc)
