"""What changes a list, as statements about the arrays that it becomes."""

from __future__ import annotations

from adtrans import ir, types
from adtrans.names import fresh
from adtrans.transforms.lazy import ONE, ZERO, add, multiply, subtract
from adtrans.transforms.list_values import ListValues, dtype, leaf_types, shape, structured


def changed(values: ListValues, call: ir.Call) -> list:
    """The statements of a call of a list's method."""
    name = call.args[0].id
    match call.func, call.args[1:]:
        case "list.append", (item,):
            return _append(values, name, item, call.loc)
        case "list.extend", (items,):
            return _extend(values, name, items, call.loc)
        case "list.pop", _:
            return popped(values, call, None)
        case "list.insert", (place, item):
            return _insert(values, name, place, item, call.loc)
        case "list.clear", _:
            return [ir.Assign(values.counter(name).id, ZERO, call.loc)]
    return _reverse(values, call)


def _append(values: ListValues, name: str, item, loc) -> list:
    length = values.length(ir.Name(name))
    return [
        *_with_room(values, name, ONE, loc),
        *put(values, name, length, item, loc),
        *_longer(values, name, ONE, loc),
    ]


def _extend(values: ListValues, name: str, items, loc) -> list:
    length = values.length(ir.Name(name))
    if isinstance(items, ir.Call) and items.func == "list" and all(isinstance(a, ir.Tuple) for a in items.args):
        found = items.args[0].items if items.args else ()
        count, out = ir.Const(len(found)), []
        for k, item in enumerate(found):
            out += put(values, name, add(length, ir.Const(k)), item, loc)
        return [*_with_room(values, name, count, loc), *out, *_longer(values, name, count, loc)]
    more = values.own(ir.Call("list", (items,), (), loc), values.env[name])
    names = [ir.Name(fresh("more", values.taken), loc) for _ in more]
    before = [ir.Assign(n.id, part, loc) for n, part in zip(names, more, strict=True)]
    count = shape(names[0])
    copies = [_copy(values, a, length, m, count, loc) for a, m in zip(values.arrays_of(name), names, strict=True)]
    return [*before, *_with_room(values, name, count, loc), *copies, *_longer(values, name, count, loc)]


def _copy(values: ListValues, array: ir.Name, first, source: ir.Name, count, loc) -> ir.For:
    """Copies `count` elements of an array into another, from the place `first` on."""
    k = ir.Name(fresh("k", values.taken), loc)
    store = ir.Store(ir.Index(array, (k if first == ZERO else add(first, k),), loc), ir.Index(source, (k,), loc), loc)
    return ir.For(k.id, ZERO, count, ONE, (store,), None, loc)


def _longer(values: ListValues, name: str, count, loc) -> list:
    return [] if values.is_counted(name) else [ir.AugAssign(values.counter(name), "+", count, loc)]


def _with_room(values: ListValues, name: str, count, loc) -> list:
    """What makes an array larger that has no room for `count` more items."""
    growing = values.growing[name]
    if growing.room is not None:
        return []
    length, first = values.counter(name), values.arrays_of(name)[0]
    out: list = []
    for array, t in zip(values.arrays_of(name), leaf_types(values.env[name].dtype), strict=True):
        larger = ir.Name(fresh(f"{array.id}_larger", values.taken), loc)
        room = multiply(ir.Const(2), add(length, count)) if count != ONE else multiply(ir.Const(2), length)
        out.append(ir.Assign(larger.id, empty(room, t, loc), loc))
        out.append(_copy(values, larger, ZERO, array, length, loc))
        out.append(ir.Assign(array.id, larger, loc))
    full = ir.Op("==", (length, shape(first)), loc)
    if count != ONE:
        full = ir.Op(">", (add(length, count), shape(first)), loc)
    return [ir.If(full, tuple(out), (), loc)]


def popped(values: ListValues, call: ir.Call, target: str | None) -> list:
    """The last item leaves the list, or the one at an index, and those after it move."""
    name, loc = call.args[0].id, call.loc
    length = values.counter(name)
    index = values.value(call.args[1]) if len(call.args) > 1 else ir.Const(-1)
    out: list = []
    shorter = ir.AugAssign(length, "-", ONE, loc)
    if index == ir.Const(-1):
        out += [ir.Effect(ir.Call("helper.item", (index, length), (), loc), loc), shorter]
        place = length
    else:
        place = ir.Name(fresh("place", values.taken), loc)
        out.append(ir.Assign(place.id, ir.Call("helper.item", (index, length), (), loc), loc))
    if target is not None:
        leaves = iter([ir.Index(array, (place,), loc) for array in values.arrays_of(name)])
        out.append(ir.Assign(target, structured(values.env[name].dtype, leaves, loc), loc))
    return out if place == length else [*out, shorter, _shifted(values, name, place, length, 1, loc)]


def _shifted(values: ListValues, name: str, start, stop, by: int, loc) -> ir.For:
    """The items at `start` to `stop` are replaced by those `by` places after them."""
    k = ir.Name(fresh("k", values.taken), loc)
    moves = tuple(
        ir.Store(ir.Index(a, (k,), loc), ir.Index(a, (add(k, ir.Const(by)),), loc), loc) for a in values.arrays_of(name)
    )
    bounds = (start, stop, ONE) if by > 0 else (subtract(stop, ONE), subtract(start, ONE), ir.Const(-1))
    return ir.For(k.id, *bounds, moves, None, loc)


def _insert(values: ListValues, name: str, index, item, loc) -> list:
    length = values.length(ir.Name(name))
    place = ir.Name(fresh("place", values.taken), loc)
    inside = ir.Call("helper.slice_bound", (values.value(index), length), (), loc)
    shifted = _shifted(values, name, add(place, ONE), add(length, ONE), -1, loc)
    kept: list = []
    leaves = _evaluated(values, item, kept, loc)
    return [
        ir.Assign(place.id, inside, loc),
        *kept,
        *_with_room(values, name, ONE, loc),
        shifted,
        *_stores(values, name, place, leaves, loc),
        *_longer(values, name, ONE, loc),
    ]


def _reverse(values: ListValues, call: ir.Call) -> list:
    (items,) = call.args
    down = (ir.Slice(None, None, ir.Const(-1), call.loc),)
    return [
        ir.Store(ir.Index(array, (ir.Slice(),), call.loc), ir.Index(array, down, call.loc), call.loc)
        for array in values.whole(items)
    ]


def put(values: ListValues, name: str, place, item, loc) -> list:
    """Stores the numbers of an item at a place in the arrays of a list."""
    kept: list = []
    if isinstance(values.env[name].dtype, types.types.BaseTuple):
        leaves = _evaluated(values, item, kept, loc)
    else:
        leaves = [values.value(item)]
    return [*kept, *_stores(values, name, place, leaves, loc)]


def _evaluated(values: ListValues, item, kept: list, loc) -> list:
    """The numbers of an item, under names where the stores of others could change them."""
    if isinstance(types.type_of(item, values.env), types.types.BaseTuple) and not isinstance(item, (ir.Tuple, ir.Name)):
        whole = fresh("item", values.taken)
        values.env[whole] = types.type_of(item, values.env)
        kept.append(ir.Assign(whole, values.value(item), loc))
        item = ir.Name(whole, loc)
    leaves = []
    for leaf in map(values.value, values.leaves(item)):
        if any(isinstance(e, ir.Index) and not isinstance(e.base, ir.Attr) for e in ir.walk(leaf)):
            kept.append(ir.Assign(fresh("item", values.taken), leaf, loc))
            leaf = ir.Name(kept[-1].target, loc)
        leaves.append(leaf)
    return leaves


def _stores(values: ListValues, name: str, place, leaves: list, loc) -> list:
    arrays = values.arrays_of(name)
    return [ir.Store(ir.Index(a, (place,), loc), leaf, loc) for a, leaf in zip(arrays, leaves, strict=True)]


def empty(room, t: types.types.Type, loc) -> ir.Call:
    keywords = () if dtype(t).name == "float64" else (("dtype", dtype(t)),)
    return ir.Call("np.empty", (room,), keywords, loc)
