"""New arrays of which each element is one of others: joined along an axis, stacked along a new one, written out."""

from __future__ import annotations

from adtrans import ir, types
from adtrans.transforms import lazy
from adtrans.transforms.context import Context
from adtrans.transforms.lazy import Lazy


def concatenation(ctx: Context, parts: list[Lazy], axis: int, t, loc) -> Lazy:
    """The arrays `parts` one after the other along `axis`."""
    dims = [tuple(map(ctx.stable, part.dims)) for part in parts]
    for other in dims[1:]:
        _require_equal(ctx, dims[0][:axis] + dims[0][axis + 1 :], other[:axis] + other[axis + 1 :], loc)
    offsets = [lazy.ZERO]
    for own in dims:
        offsets.append(lazy.add(offsets[-1], own[axis]))
    target = _new(ctx, (*dims[0][:axis], offsets.pop(), *dims[0][axis + 1 :]), t, loc)
    for part, own, offset in zip(parts, dims, offsets, strict=True):
        _fill(ctx, target, part, own, lambda i, k=offset: (*i[:axis], lazy.add(i[axis], k), *i[axis + 1 :]), t, loc)
    return lazy.named(ctx, target)


def stack(ctx: Context, parts: list[Lazy], axis: int, t, loc) -> Lazy:
    """The arrays `parts` along a new axis at the place `axis`."""
    places = [((k,), part) for k, part in enumerate(parts)]
    return _arranged(ctx, places, axis, t, loc)


def written_out(ctx: Context, leaves: list[tuple[tuple, Lazy]], t, loc) -> Lazy:
    """The array of `leaves`, each a place along the first axes and the scalar or array that is there."""
    return _arranged(ctx, leaves, 0, t, loc)


def _arranged(ctx: Context, places: list, axis: int, t, loc) -> Lazy:
    first = tuple(map(ctx.stable, places[0][1].dims))
    for _, part in places[1:]:
        _require_equal(ctx, first, part.dims, loc)
    lengths = tuple(ir.Const(k + 1) for k in max(place for place, _ in places))
    target = _new(ctx, (*first[:axis], *lengths, *first[axis:]), t, loc)
    for place, part in places:
        at = tuple(map(ir.Const, place))
        _fill(ctx, target, part, first, lambda i, at=at: (*i[:axis], *at, *i[axis:]), t, loc)
    return lazy.named(ctx, target)


def _require_equal(ctx: Context, dims: tuple, others: tuple, loc) -> None:
    for a, b in zip(dims, others, strict=True):
        if not ctx.same(a, b):
            ctx.emit(ir.Effect(ir.Call("helper.equal", (a, b)), loc))


def _new(ctx: Context, dims: tuple, t, loc) -> str:
    target = ctx.fresh("joined")
    ctx.definitions[target] += 1
    dims = tuple(map(ctx.stable, dims))
    ctx.declare(target, t, dims)
    ctx.emit(ir.Alloc(target, dims, types.dtype_name(t), loc=loc))
    return target


def _fill(ctx: Context, target: str, part: Lazy, dims: tuple, place, t, loc) -> None:
    """Stores the elements of `part` in `target`, that at `index` at `place(index)`."""

    def body(index):
        value = types.cast(part.at(index), types.dtype_of(t), ctx.env)
        ctx.emit(lazy.store(target, place(index), value, loc))

    lazy.nest(ctx, dims, body)
