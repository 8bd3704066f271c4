"""Writes to elements, slices and chosen elements of an array, as stores and accumulations of scalars."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from adtrans import ir, types
from adtrans.errors import UnsupportedError
from adtrans.transforms import lazy
from adtrans.transforms.choose import choose
from adtrans.transforms.context import Context
from adtrans.transforms.expressions import chosen_by, in_place_of, lazy_of, scalar_of
from adtrans.transforms.lazy import Lazy
from adtrans.transforms.views import base_name, held


def store(ctx: Context, target: ir.Index, value) -> None:
    """Emits `target = value`."""
    target = _settled(ctx, in_place_of(ctx, target))
    place = _place(ctx, target)
    if not place.dims:
        ctx.emit(ir.Store(place.at(()), _stored_value(ctx, place, value), ctx.loc))
        return
    source, inner = _separate(ctx, place, lazy_of(ctx, value), may_repeat(ctx, target))
    lazy.nest(ctx, place.dims, lambda i: ctx.emit(ir.Store(place.at(i), source.at(inner(i)), ctx.loc)))


def _settled(ctx: Context, target):
    """`target` with names for those of its indices that the store may change, and its reverse as well."""
    if not isinstance(target, ir.Index):
        return target
    roots = {ctx.root(name) for name in ir.names(target.base) if types.is_array(ctx.env[name])}
    index = (ctx.stable(scalar_of(ctx, i), "k") if _is_own(ctx, i, roots) else i for i in target.index)
    return replace(target, base=_settled(ctx, target.base), index=tuple(index))


def _is_own(ctx: Context, item, roots: set) -> bool:
    """Whether an item of an index is a number that elements of the arrays `roots` give."""
    if isinstance(item, (ir.Slice, ir.NewAxis, ir.Dots)) or ctx.is_array(item):
        return False
    return _reads(ctx, item, roots)


def _reads(ctx: Context, expr, roots: set) -> bool:
    """Whether `expr` reads elements of the arrays `roots`."""
    match expr:
        case ir.Attr() | ir.Call("len"):
            return False
        case ir.Name(name):
            return ctx.root(name) in roots
    return any(_reads(ctx, e, roots) for e in ir.children(expr))


def may_repeat(ctx: Context, target) -> bool:
    """Whether an index array of `target` may name an element more than once."""
    if not isinstance(target, ir.Index):
        return False
    items = (i for i in target.index if not isinstance(i, (ir.Slice, ir.NewAxis, ir.Dots)))
    return any(ctx.is_array(i) and not types.is_mask(types.type_of(i, ctx.env)) for i in items)


def _stored_value(ctx: Context, place: Lazy, value):
    if ctx.is_array(value):
        hint = "Index the array, or store to a slice."
        raise UnsupportedError("an array does not fit into one element", ctx.loc, hint)
    return scalar_of(ctx, value)


def _place(ctx: Context, target) -> Lazy:
    """The elements that a store goes to, as a lazy array whose `at` gives their places."""
    if isinstance(target, ir.Index) and not _is_view(ctx, target.base):
        raise _not_writable(ctx)
    if ctx.aliases(base_name(target)) & ctx.constants:
        hint = "Pass the array as an argument, or write to a copy."
        raise UnsupportedError("an array from outside of the function cannot be written to", ctx.loc, hint)
    if isinstance(target, ir.Index) and not ctx.is_array(target):
        element = scalar_of(ctx, target)
        if ctx.root(base_name(element)) != ctx.root(base_name(target)):
            raise _not_writable(ctx)
        return Lazy((), types.type_of(target, ctx.env), lambda index: element, element)
    name = base_name(target)
    if isinstance(target, ir.Index) and types.has_index_arrays(target, ctx.env):
        written, place = _chosen_place(ctx, target)
    else:
        place = lazy_of(ctx, target)
        written = base_name(place.view) if place.view is not None else None
    if written is None or ctx.root(written) != ctx.root(name):
        raise _not_writable(ctx)
    return place


def _is_view(ctx: Context, base) -> bool:
    """Whether `base` may be memory of an array that has a name; else what is stored there is lost."""
    base = in_place_of(ctx, base)
    match base:
        case ir.Name():
            return True
        case ir.Index(inner):
            return _is_view(ctx, inner) and not types.has_index_arrays(base, ctx.env)
        case ir.Call("np.transpose" | "np.reshape" | "np.ravel", (inner, *_)):
            return _is_view(ctx, inner)
    return False


def _not_writable(ctx: Context) -> UnsupportedError:
    hint = "Store to elements or slices of an array that keeps its name, with constant bounds or in a loop."
    return UnsupportedError("this may be a copy, and what is stored in it lost", ctx.loc, hint)


def _chosen_place(ctx: Context, target: ir.Index) -> tuple[str, Lazy]:
    """The array that is written, and the elements of it that index arrays choose as they are before the write."""
    array = held(ctx, lazy_of(ctx, target.base), "t", target.loc)
    root = ctx.root(array)

    def kept(item):
        if not isinstance(item, Lazy) or item.view is None or ctx.root(base_name(item.view)) != root:
            return item
        return lazy.named(ctx, held(ctx, replace(item, view=None), "index", target.loc))

    index = tuple(map(kept, chosen_by(ctx, target)))
    return array, choose(ctx, array, index, target.loc)


def _separate(ctx: Context, place: Lazy, source: Lazy, repeats: bool) -> tuple[Lazy, Callable]:
    """`source` and the map from an index of `place` to its index; computed beforehand where it reads elements of the
    written array other than the one being written, or one that has been written if it `repeats`."""
    inner = lazy.fit(ctx, source, place.dims)
    mark = lazy.marked(ctx, len(place.dims))
    target = place.at(mark)
    root = ctx.root(base_name(target))

    def is_changed(e) -> bool:
        own = isinstance(e, ir.Index) and isinstance(e.base, ir.Name) and ctx.root(e.base.id) == root
        return own and (repeats or e != target)

    if not any(map(is_changed, ir.walk(source.at(inner(mark))))):
        return source, inner
    if not source.dims:
        return lazy.scalar(ctx.scalar("t", source.at(())), source.dtype), inner
    name = ctx.fresh("t")
    ctx.definitions[name] += 1
    lazy.materialise(ctx, source, name)
    return lazy.named(ctx, name), inner


def augment(ctx: Context, stmt: ir.AugAssign) -> None:
    """Emits `target op= value`."""
    target, op, value = _settled(ctx, in_place_of(ctx, stmt.target)), stmt.op, stmt.value
    if isinstance(target, ir.Name) and not types.is_array(ctx.env[target.id]):
        ctx.emit(ir.Assign(target.id, ir.Op(op, (target, scalar_of(ctx, value)), ctx.loc), ctx.loc))
        return
    place = _place(ctx, target)
    if op == "@":
        raise UnsupportedError("@= is not supported", ctx.loc, "Write a = a @ b.")
    if not place.dims:
        ctx.emit(_element_update(ctx, place.at(()), op, _stored_value(ctx, place, value), place.dtype))
        return
    repeats = may_repeat(ctx, target)
    if repeats and not stmt.each:
        _store_updated(ctx, place, op, lazy_of(ctx, value))
        return
    source, inner = _separate(ctx, place, lazy_of(ctx, value), repeats)
    lazy.nest(
        ctx, place.dims, lambda i: ctx.emit(_element_update(ctx, place.at(i), op, source.at(inner(i)), place.dtype))
    )


def _store_updated(ctx: Context, place: Lazy, op: str, source: Lazy) -> None:
    """`place op= source` as NumPy has it: all new values are computed before the first is stored."""
    inner = lazy.fit(ctx, source, place.dims)
    updated = Lazy(place.dims, place.dtype, lambda i: ir.Op(op, (place.at(i), source.at(inner(i))), ctx.loc))
    name = held(ctx, updated, "t", ctx.loc)
    lazy.nest(ctx, place.dims, lambda i: ctx.emit(ir.Store(place.at(i), ir.Index(ir.Name(name), i, ctx.loc), ctx.loc)))


def _element_update(ctx: Context, place: ir.Index, op: str, value, t):
    """`place op= value`: an accumulation for `+` and `-`, else a store."""
    if types.is_float(t) and not types.is_float(types.type_of(value, ctx.env)) and isinstance(value, ir.Const):
        value = types.cast(value, t, ctx.env)
    if op == "-":
        value = ir.Const(-value.value, value.dtype) if isinstance(value, ir.Const) else ir.Op("neg", (value,), ctx.loc)
    if op in "+-":
        return ir.AugAssign(place, "+", value, ctx.loc)
    return ir.Store(place, ir.Op(op, (place, value), ctx.loc), ctx.loc)
