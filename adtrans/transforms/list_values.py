"""What is read of lists, in terms of the arrays that they become: items, lengths, and lists as a whole."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from adtrans import ir, types
from adtrans.analyses.lengths import Growing, initial_length
from adtrans.analyses.sharing import may_view
from adtrans.analyses.signs import Signs
from adtrans.errors import UnsupportedError
from adtrans.names import fresh
from adtrans.transforms.lazy import ONE, ZERO, add, clamp_length, subtract


@dataclass
class ListValues:
    """The lists of a function: an array for each, or several for one of tuples. `at` is the statement (an `id`) that
    is being read, `last` the lists that nothing reads after it; `counters` are the names of lengths that only the run
    time knows."""

    env: types.Env
    growing: dict[str, Growing]
    known: Signs
    taken: set[str]
    at: int = 0
    last: set[str] = field(default_factory=set)
    arrays: dict[str, list] = field(default_factory=dict)
    counters: dict[str, str] = field(default_factory=dict)

    # -- names -------------------------------------------------------------------------------------------------

    def is_list(self, expr) -> bool:
        return isinstance(types.type_of(expr, self.env), types.List)

    def arrays_of(self, name: str) -> list[ir.Name]:
        """The arrays of the list `name`."""
        if name not in self.arrays:
            parts = list(leaf_types(self.env[name].dtype))
            one = not isinstance(self.env[name].dtype, types.types.BaseTuple)
            names = [name] if one else [fresh(f"{name}_{k}", self.taken) for k in range(len(parts))]
            self.arrays[name] = [ir.Name(n) for n in names]
        return self.arrays[name]

    def is_counted(self, name: str) -> bool:
        """Whether the length of a list that grows is known before the program runs."""
        return bool(self.growing[name].lengths)

    def counter(self, name: str) -> ir.Name:
        """The variable for the length of a list that only the run time knows."""
        if name not in self.counters:
            self.counters[name] = fresh(f"{name}_length", self.taken)
        return ir.Name(self.counters[name])

    # -- lengths -----------------------------------------------------------------------------------------------

    def length(self, expr):
        """The number of items of the list `expr`."""
        match expr:
            case ir.Name(name) if name not in self.growing:
                return shape(self.arrays_of(name)[0])
            case ir.Name(name) if self.is_counted(name):
                return self.value(self.growing[name].lengths[self.at])
            case ir.Name(name):
                return self.counter(name)
        known = initial_length(expr)
        return ir.Call("len", (self.parts(expr)[0],), (), expr.loc) if known is None else known

    def position(self, index, items):
        """The index of an item of a list counted from the start, checked where it is not known to be in range."""
        length, loc = self.length(items), index.loc
        if isinstance(index, ir.Const) and index.value < 0:
            place = add(length, index)
            if self._is_nonnegative(place):
                return replace(place, loc=loc) if isinstance(place, ir.Op) else place
        elif self._is_below(index, length) and self._is_nonnegative(index):
            return index
        return ir.Call("helper.item", (index, length), (), loc)

    def _is_below(self, index, length) -> bool:
        return not self._may_be_clamped(index) and self._is_nonnegative(subtract(subtract(length, ONE), index))

    def _is_nonnegative(self, expr) -> bool:
        match expr:
            case ir.Call("max", args):
                return any(map(self._is_nonnegative, args))
            case ir.Op("+", args) if all(map(self._is_nonnegative, args)):
                return True
        return self.known.is_nonnegative(expr)

    def _may_be_clamped(self, expr) -> bool:
        """Whether there is a `max(e, 0)` in `expr` or its greatest value, which counts as `e` where lengths are
        compared."""
        for e in ir.walk(expr):
            if isinstance(e, ir.Call) and e.func == "max":
                return True
            if isinstance(e, ir.Name) and self._may_be_clamped(self._greatest(e.id)):
                return True
        return False

    def _greatest(self, name: str):
        """What the values of a number come from: its definition, or the last one of a loop's variable. A loop up to
        `max(e, 0)` runs if `e` is that."""
        if name not in self.known.loops:
            return self.known.values.get(name, ZERO)
        loop = self.known.loops[name]
        last = loop.stop if isinstance(loop.step, ir.Const) and loop.step.value > 0 else loop.start
        return last.args[0] if isinstance(last, ir.Call) and last.func == "max" and last.args[1] == ZERO else last

    # -- lists as a whole --------------------------------------------------------------------------------------

    def whole(self, name: ir.Name) -> list:
        """The arrays of the items that a list has now."""
        arrays = [replace(array, loc=name.loc) for array in self.arrays_of(name.id)]
        if name.id not in self.growing or self.is_full(name.id):
            return arrays
        part = ir.Slice(None, self.length(name), None, name.loc)
        return [ir.Index(array, (part,), name.loc) for array in arrays]

    def is_full(self, name: str) -> bool:
        """Whether a list that grows is known to have as many items as there is room for."""
        room = self.growing[name].room
        if not self.is_counted(name) or room is None:
            return False
        return self.growing[name].lengths[self.at] == room

    def parts(self, expr) -> list:
        """The arrays of the list `expr`, which may be a part of those of another."""
        loc = expr.loc
        match expr:
            case ir.Name():
                return self.whole(expr)
            case ir.Call("list", ()):
                return [ir.Call("np.empty", (ZERO,), (("dtype", dtype(t)),), loc) for t in self._leaf_types(expr)]
            case ir.Call("list", (ir.Tuple() as items,)):
                return self._written_out(items, loc)
            case ir.Call("list", (items,)) | ir.Call("np.copy", (items,)):
                return self._items(items)
            case ir.Op("+", args):
                pairs = zip(*map(self.parts, args), strict=True)
                return [ir.Call("np.concatenate", (ir.Tuple(pair, loc),), (), loc) for pair in pairs]
            case ir.Op("*", args):
                return self._repeated(*(args if self.is_list(args[0]) else args[::-1]), loc)
            case ir.Index(base, (ir.Slice(),)):
                index = tuple(map(self.value, expr.index))
                return [ir.Index(part, index, loc) for part in self.parts(base)]
            case ir.IfExp():
                raise UnsupportedError("a choice between lists is not supported here", loc, "Give it a name first.")
        return [ir.map_children(self.value, expr)]

    def own(self, value, t: types.List) -> list:
        """New arrays with the items of a list, of the types that the list `t` has."""
        found = leaf_types(types.type_of(value, self.env).dtype)
        out = []
        for part, old, new in zip(self.parts(value), found, leaf_types(t.dtype), strict=True):
            if old not in (new, types.types.undefined):
                part = ir.Call("np.astype", (part, dtype(new)), (), value.loc)
            elif not is_new(part):
                part = ir.Call("np.copy", (part,), (), value.loc)
            out.append(part)
        return out

    def _leaf_types(self, expr) -> list:
        return list(leaf_types(types.type_of(expr, self.env).dtype))

    def _items(self, items) -> list:
        """The arrays of the items of an array, of a tuple that has a name, or of a list."""
        t = types.type_of(items, self.env)
        if isinstance(t, types.types.BaseTuple):
            count = range(len(t))
            items = ir.Tuple(tuple(ir.Index(items, (ir.Const(k),), items.loc) for k in count), items.loc)
            return self.parts(ir.Call("list", (items,), (), items.loc))
        return self.parts(items) if isinstance(t, types.List) else [self.value(items)]

    def _written_out(self, items: ir.Tuple, loc) -> list:
        rows = [[self.value(leaf) for leaf in self.leaves(item)] for item in items.items]
        return [ir.Call("np.array", (ir.Tuple(column, loc),), (), loc) for column in zip(*rows, strict=True)]

    def _repeated(self, items, count, loc) -> list:
        count = self.value(count)
        if not self.known.is_nonnegative(count):
            count = clamp_length(count)
        match items:
            case ir.Call("list", (ir.Tuple((item,)),)):
                leaves = [self.value(leaf) for leaf in self.leaves(item)]
                return [ir.Call("np.full", (count, leaf), (), loc) for leaf in leaves]
        return [ir.Call("np.tile", (part, count), (), loc) for part in self.parts(items)]

    def leaves(self, item) -> list:
        """The numbers of an item that is to be put into a list."""
        t = types.type_of(item, self.env)
        if not isinstance(t, types.types.BaseTuple):
            return [item]
        if not isinstance(item, ir.Tuple):
            item = ir.Tuple(tuple(ir.Index(item, (ir.Const(k),), item.loc) for k in range(len(t))), item.loc)
        return [leaf for part in item.items for leaf in self.leaves(part)]

    # -- expressions -------------------------------------------------------------------------------------------

    def value(self, expr):
        """`expr` in terms of arrays."""
        loc = expr.loc
        match expr:
            case ir.Name() if self.is_list(expr):
                return self.array_of(self.whole(expr), expr)
            case ir.Call("len", (base,)) | ir.Index(ir.Attr(base, "shape"), (ir.Const(0),)) if self.is_list(base):
                return self.length(base)
            case ir.Call("np.array" | "np.asarray", (base, *_)) if self.is_list(base):
                return self._as_array(expr, base)
            case ir.Call(func, args) if may_view(func) and any(map(self.is_list, args)):
                own = (ir.Call("np.array", (a,), (), a.loc) if self.is_list(a) else a for a in args)
                return self.value(replace(expr, args=tuple(own)))
            case ir.Index(base, (index,)) if self.is_list(base) and not isinstance(index, ir.Slice):
                return self._item(base, self.value(index), expr)
            case ir.Op("not"):
                return self.truth(expr)
            case ir.Op("and" | "or" as op, args) if any(map(self.is_list, args)):
                raise UnsupportedError(
                    f"the value of {op} of a list is not supported", loc, "Compare its length with 0."
                )
            case ir.IfExp(test, body, orelse) if not self.is_list(expr):
                return replace(expr, test=self.truth(test), body=self.value(body), orelse=self.value(orelse))
            case ir.Call() | ir.Op() | ir.Index() | ir.IfExp() if self._makes_list(expr):
                return self.array_of(self.parts(expr), expr)
            case ir.FunctionValue() | ir.DType() | ir.Slice() | ir.NewAxis() | ir.Dots() | ir.Const():
                return ir.map_children(self.value, expr)
        return replace(ir.map_children(self.value, expr), loc=loc)

    def _makes_list(self, expr) -> bool:
        if isinstance(expr, ir.Call) and expr.func not in ("list", "np.copy"):
            return False
        return self.is_list(expr)

    def truth(self, expr):
        """`expr` as a condition: a list is true where it has items."""
        match expr:
            case ir.Op("and" | "or" | "not", args):
                return replace(expr, args=tuple(map(self.truth, args)))
        return ir.Op(">", (self.length(expr), ZERO), expr.loc) if self.is_list(expr) else self.value(expr)

    def array_of(self, parts: list, expr):
        """The array of a list of numbers."""
        if isinstance(types.type_of(expr, self.env).dtype, types.types.BaseTuple):
            hint = "Write np.array(...) of it, or loop over its items."
            raise UnsupportedError("a list of tuples cannot be used here", expr.loc, hint)
        return parts[0]

    def _as_array(self, expr: ir.Call, base):
        """`np.array(items)`: a new array; for a list of tuples one with an axis for their items."""
        parts = self.parts(base)
        if len(parts) > 1:
            parts = [ir.Call("np.stack", (ir.Tuple(tuple(parts), expr.loc),), (("axis", ONE),), expr.loc)]
        elif not expr.keywords and (is_new(parts[0]) or (isinstance(parts[0], ir.Name) and parts[0].id in self.last)):
            return parts[0]
        return replace(expr, func="np.array", args=(parts[0], *map(self.value, expr.args[1:])))

    def _item(self, base, index, expr: ir.Index):
        place = self.position(index, base)
        arrays = self.arrays_of(base.id) if isinstance(base, ir.Name) else self.parts(base)
        leaves = iter([ir.Index(array, (place,), expr.loc) for array in arrays])
        return structured(types.type_of(base, self.env).dtype, leaves, expr.loc)


def shape(array):
    """The expression of the length of an array of one axis."""
    return ir.Index(ir.Attr(array, "shape"), (ir.Const(0),))


def dtype(t: types.types.Type) -> ir.DType:
    return ir.DType("float64" if t == types.types.undefined else types.dtype_name(t))


def leaf_types(t: types.types.Type) -> Iterator:
    """The types of the numbers in an item of type `t`."""
    if isinstance(t, types.types.BaseTuple):
        for item in t:
            yield from leaf_types(item)
    else:
        yield t


def structured(t: types.types.Type, leaves: Iterator, loc):
    """An item of type `t` of which the numbers are `leaves`."""
    if not isinstance(t, types.types.BaseTuple):
        return next(leaves)
    return ir.Tuple(tuple(structured(item, leaves, loc) for item in t), loc)


def is_new(array) -> bool:
    """Whether the expression makes an array that has no other name."""
    made = ("np.array", "np.concatenate", "np.full", "np.tile", "np.empty", "np.sort")
    return isinstance(array, ir.Call) and array.func in made
