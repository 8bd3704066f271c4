"""Slices and scalar indices of lazy arrays: which element of the array is at an index of the part."""

from __future__ import annotations

from collections.abc import Callable

from adtrans import ir, types
from adtrans.analyses.signs import Signs
from adtrans.transforms.context import Context
from adtrans.transforms.lazy import ONE, ZERO, Lazy, add, clamp_length, marked, multiply, subtract


def position(ctx: Context, item, dim):
    """The index `item` along an axis of length `dim`, a negative constant counted from the end."""
    match item:
        case ir.Op("neg", (ir.Const(value=int(k)),)):
            return subtract(dim, ir.Const(k))
        case ir.Const(value=int(k)) if k < 0:
            return add(dim, item)
    return item


def expand_dots(index: tuple, ndim: int) -> tuple:
    """`index` with `...` spelled out and full slices for the axes that it leaves out."""
    used = sum(not isinstance(i, (ir.NewAxis, ir.Dots)) for i in index)
    rest = (ir.Slice(),) * (ndim - used)
    for k, item in enumerate(index):
        if isinstance(item, ir.Dots):
            return index[:k] + rest + index[k + 1 :]
    return index + rest


def is_simple_slice(item: ir.Slice) -> bool:
    """Whether the slice's length and positions follow from the axis's length by constants alone."""
    if item == ir.Slice(None, None, ir.Op("neg", (ONE,))):
        return True
    step, start = _number(item.step, 1), _number(item.start, 0)
    stop = _number(item.stop, 0)
    return step is not None and step > 0 and start is not None and start >= 0 and stop is not None


def _number(expr, default: int) -> int | None:
    match expr:
        case None:
            return default
        case ir.Const(value=int(k)):
            return k
        case ir.Op("neg", (ir.Const(value=int(k)),)):
            return -k
    return None


def slice_axis(item: ir.Slice, dim) -> tuple[object, Callable]:
    """The length of a simple slice of an axis of length `dim`, and the map from its index to the axis's."""
    step = _number(item.step, 1)
    if step == -1:
        last = subtract(dim, ONE)
        return dim, lambda i: subtract(last, i)
    start = _number(item.start, 0)
    length = _slice_length(item, dim, start)
    if step > 1:
        length = ir.Op("//", (add(length, ir.Const(step - 1)), ir.Const(step)))
    return length, lambda i: add(multiply(i, ir.Const(step)), ir.Const(start))


def is_run_time_slice(item: ir.Slice) -> bool:
    """Whether the slice's step is a constant: its bounds are then put in range when the program runs."""
    return _number(item.step, 1) not in (None, 0)


def run_time_slice(ctx: Context, item: ir.Slice, dim) -> tuple[object, Callable]:
    """The length of a slice with bounds that only the run time knows, and the map from its index to the axis's."""
    step = _number(item.step, 1)
    first, last = (ZERO, dim) if step > 0 else (subtract(dim, ONE), ir.Const(-1))
    start, stop = (
        default if bound in (None, default) else ctx.scalar(base, _in_range(ctx, bound, dim, step), types.types.int64)
        for bound, default, base in ((item.start, first, "start"), (item.stop, last, "stop"))
    )
    length = subtract(stop, start) if step > 0 else subtract(start, stop)
    if abs(step) > 1:
        length = ir.Op("//", (add(length, ir.Const(abs(step) - 1)), ir.Const(abs(step))))
    if start != ZERO:  # a stop is in range
        length = clamp_length(length)
    return ctx.stable(length), lambda i: add(multiply(i, ir.Const(step)), start)


def _in_range(ctx: Context, bound, dim, step: int):
    """The bound of a slice as a position in an axis of length `dim`, or one beside it."""
    if step < 0:
        return ir.Call("helper.slice_bound_down", (bound, dim))
    is_int64 = types.type_of(bound, ctx.env) == types.types.int64  # of int64 and uint64 the least is a float
    if is_int64 and Signs(ctx.env, ctx.values).is_nonnegative(bound):
        return ir.Call("min", (bound, dim))
    return ir.Call("helper.slice_bound", (bound, dim))


def any_slice(ctx: Context, item: ir.Slice, dim) -> tuple[object, Callable]:
    """The length of a slice whose step is a constant, and the map from its index to the axis's."""
    return slice_axis(item, dim) if is_simple_slice(item) else run_time_slice(ctx, item, dim)


def _slice_length(item: ir.Slice, dim, start: int):
    if item.stop is None:
        return clamp_length(subtract(dim, ir.Const(start))) if start else dim
    stop = _number(item.stop, 0)
    if stop < 0:
        return clamp_length(subtract(dim, ir.Const(start - stop)))
    if isinstance(dim, ir.Const):
        return ir.Const(max(0, min(stop, dim.value) - start))
    return clamp_length(subtract(ir.Call("min", (ir.Const(stop), dim)), ir.Const(start)))


def indexed(ctx: Context, base: Lazy, index: tuple, loc) -> Lazy:
    """`base[index]` for scalar indices, slices with a constant step and new axes."""
    index = expand_dots(index, len(base.dims))
    dims, maps, axis = [], [], 0
    for item in index:
        if isinstance(item, ir.NewAxis):
            dims.append(ONE)
            maps.append(("skip", None))
            continue
        dim, axis = base.dims[axis], axis + 1
        if isinstance(item, ir.Slice):
            length, along = any_slice(ctx, item, dim)
            dims.append(length)
            maps.append(("along", along))
        else:
            maps.append(("fixed", _from_start(ctx, base, axis - 1, item)))
    view = None if base.view is None else ir.Index(base.view, _shortened(index), loc)
    return Lazy(tuple(dims), base.dtype, lambda outer: base.at(_inner_index(maps, outer)), view)


def _from_start(ctx: Context, base: Lazy, axis: int, item):
    """The index `item` of the axis; one from the end is counted from the start where `base` computes with it."""
    dim = base.dims[axis]
    k = position(ctx, item, dim)
    if k != item or isinstance(k, ir.Const) or not _moves(ctx, base, axis):
        return k
    k = ir.IfExp(ir.Op("<", (k, ZERO)), add(k, dim), k, total=True)
    return ctx.scalar("k", k) if isinstance(item, ir.Name) else k


def _moves(ctx: Context, base: Lazy, axis: int) -> bool:
    """Whether an element of `base` is not found at the same index, along this axis, in arrays."""
    marks = marked(ctx, len(base.dims))
    parts = list(ir.walk(base.at(marks)))
    return parts.count(marks[axis]) > sum(e.index.count(marks[axis]) for e in parts if isinstance(e, ir.Index))


def _shortened(index: tuple) -> tuple:
    """`index` without the full slices at its end: of `a[1:]` Numba knows that it is contiguous, of `a[1:, :]` not."""
    while len(index) > 1 and index[-1] == ir.Slice():
        index = index[:-1]
    return index


def _inner_index(maps: list, outer: tuple) -> tuple:
    rest, inner = iter(outer), []
    for kind, what in maps:
        if kind == "fixed":
            inner.append(what)
        elif kind == "along":
            inner.append(what(next(rest)))
        else:
            next(rest)
    return tuple(inner)
