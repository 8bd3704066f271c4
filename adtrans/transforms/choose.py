"""Elements chosen by index arrays and masks, `x[order]`, `a[rows, 0]`, `y[x > 0]`, as a lazy array: each index reads
its position from the index arrays, or from those of the elements where a mask is true."""

from __future__ import annotations

from adtrans import ir, types
from adtrans.transforms import lazy, slices
from adtrans.transforms.context import Context, length_of
from adtrans.transforms.lazy import Lazy
from adtrans.transforms.views import held


def choose(ctx: Context, array: str, index: tuple, loc) -> Lazy:
    """`array[index]`, the index's items slices, new axes, dots, and scalars and arrays as lazy arrays.

    Emits the checks that no index is out of range. Where index arrays stand side by side their axes do so in the
    result, else they come first (NumPy reference, "Combining advanced and basic indexing").
    """
    dims = ctx.dims_of(array)
    items = _spread(ctx, index, dims, loc)
    chosen = [item for item in items if isinstance(item, Lazy)]
    places = [k for k, item in enumerate(items) if isinstance(item, Lazy)]
    inner, selectors = lazy.broadcast(ctx, chosen)
    adjacent = places[-1] - places[0] == len(places) - 1
    first = sum(not isinstance(item, ir.Dots) for item in items[: places[0]]) if adjacent else 0

    outer, maps, axis = [], [], 0
    for item in items:
        if isinstance(item, ir.Dots):
            continue
        if isinstance(item, Lazy):
            maps.append(None)
        elif isinstance(item, ir.NewAxis):
            outer.append(lazy.ONE)
            maps.append(_skipped)
            continue
        else:
            length, along = slices.any_slice(ctx, item, dims[axis])
            outer.append(length)
            maps.append(along)
        axis += 1

    def at(position):
        within, rest = position[first : first + len(inner)], iter(position[:first] + position[first + len(inner) :])
        picked = iter(part.at(select(within)) for part, select in zip(chosen, selectors, strict=True))
        where = [next(picked) if along is None else along(next(rest)) for along in maps]
        return ir.Index(ir.Name(array), tuple(k for k in where if k is not None), loc)

    return Lazy((*outer[:first], *inner, *outer[first:]), types.dtype_of(ctx.env[array]), at)


def _skipped(i):
    """The index of a new axis, which the array does not have."""


def _spread(ctx: Context, index: tuple, dims: tuple, loc) -> list:
    """One item for each axis of the array, new axes and dots: a mask becomes the positions along each of its axes."""
    found: list = []
    for item in _filled(index, len(dims)):
        axis = sum(map(_axes, found))
        if not isinstance(item, Lazy):
            found.append(item)
        elif not item.dims:
            found.append(lazy.scalar(slices.position(ctx, item.at(()), dims[axis]), item.dtype))
        elif isinstance(item.dtype, types.types.Boolean):
            found += _true_elements(ctx, item, dims[axis : axis + len(item.dims)], loc)
        else:
            found.append(_checked(ctx, item, dims[axis], loc))
    return found


def _filled(index: tuple, rank: int) -> tuple:
    """`index` with full slices for the axes that it leaves out; the dots stay, they keep index arrays apart."""
    rest = (ir.Slice(),) * (rank - sum(map(_axes, index)))
    for k, item in enumerate(index):
        if isinstance(item, ir.Dots):
            return index[: k + 1] + rest + index[k + 1 :]
    return index + rest


def _axes(item) -> int:
    if isinstance(item, Lazy) and isinstance(item.dtype, types.types.Boolean):
        return len(item.dims)
    return not isinstance(item, (ir.NewAxis, ir.Dots))


def _checked(ctx: Context, index: Lazy, dim, loc) -> Lazy:
    """The index array, all of it within an axis of length `dim`."""
    name = held(ctx, index, "index", loc)
    ctx.emit(ir.Effect(ir.Call("helper.within", (ir.Name(name), dim)), loc))
    return lazy.named(ctx, name)


def _true_elements(ctx: Context, mask: Lazy, dims: tuple, loc) -> list[Lazy]:
    """The positions of the true elements of `mask`, an array for each axis."""
    for own, dim in zip(mask.dims, dims, strict=True):
        if not ctx.same(own, dim):
            ctx.emit(ir.Effect(ir.Call("helper.mask_length", (own, dim)), loc))
    name = held(ctx, mask, "mask", loc)
    return [lazy.named(ctx, _positions(ctx, name, axis, loc)) for axis in range(len(dims))]


def _positions(ctx: Context, mask: str, axis: int, loc) -> str:
    name = ctx.fresh("chosen")
    ctx.definitions[name] += 1
    ctx.env[name] = types.array_type(types.types.int64, 1)
    ctx.roots[name] = name
    ctx.dims[name] = (length_of(name, 0),)
    call = ir.Call("helper.positions", (ir.Name(mask), ir.Const(axis)))
    ctx.emit(ir.Custom((name,), (ir.Assign(name, call, loc),), (), loc))
    return name
