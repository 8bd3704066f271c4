"""Names for memory of other arrays: slices, transposed and reshaped arrays."""

from __future__ import annotations

from dataclasses import replace

from adtrans import ir, types
from adtrans.errors import UnsupportedError
from adtrans.transforms import lazy, slices
from adtrans.transforms.context import Context
from adtrans.transforms.lazy import Lazy


def view_expression(ctx: Context, base: Lazy):
    """A NumPy expression for `base`; elements that have no memory yet get a fresh array."""
    if base.view is not None:
        return base.view
    name = ctx.fresh("t")
    ctx.definitions[name] += 1
    lazy.materialise(ctx, base, name)
    return ir.Name(name)


def part_of(base: Lazy, expr: ir.Call, t) -> Lazy:
    """The real or the imaginary parts, as `expr` says, of type `t`: of complex numbers in memory a view."""
    if types.is_complex(base.dtype):
        view = None if base.view is None else replace(expr, args=(base.view,))
        return Lazy(base.dims, types.dtype_of(t), lambda index: replace(expr, args=(base.at(index),)), view)
    zero = types.typed(0, types.dtype_of(t))
    return base if expr.func == "np.real" else Lazy(base.dims, types.dtype_of(t), lambda index: zero)


def held(ctx: Context, value: Lazy, label: str, loc) -> str:
    """The name of an array with the elements of `value`: its own, or a new one like `label`."""
    match value.view:
        case ir.Name(name):
            return name
        case None:
            name = ctx.fresh(label)
            ctx.definitions[name] += 1
            lazy.materialise(ctx, value, name)
            return name
    return view_of(ctx, value.view, loc)


def view_of(ctx: Context, view, loc, target: str | None = None) -> str:
    """Emits the definition of a name for the memory that `view` denotes; of a copy, where the array's name moves
    on to other arrays."""
    source = base_name(view)
    if ctx.definitions[source] > 1:
        copy = ctx.fresh(f"{source}_copy")
        ctx.definitions[copy] += 1
        lazy.materialise(ctx, lazy.named(ctx, source), copy)
        view, source = lazy.renamed_view(view, lambda _: copy), copy
    if target is None:
        target = ctx.fresh(f"{source}_view")
        ctx.definitions[target] += 1
    ctx.emit(ir.View(target, _stable_view(ctx, view), loc))
    dims = view_dims(ctx, view)
    order = layout(ctx, view)
    ctx.env[target] = types.array_type(types.dtype_of(types.type_of(view, ctx.env)), len(dims), order)
    ctx.roots[target] = ctx.root(source)
    if all(d is not None for d in dims):
        ctx.set_dims(target, dims)
    return target


def layout(ctx: Context, view) -> str:
    """The layout of a view: `C` where its elements are contiguous in C order."""
    match view:
        case ir.Name(name):
            return ctx.env[name].layout
        case ir.Call("np.reshape"):
            return "C"
        case ir.Index(base, index) if layout(ctx, base) == "C":
            rest = list(index)
            while rest and not isinstance(rest[0], (ir.Slice, ir.NewAxis, ir.Dots)):
                rest.pop(0)
            if rest and isinstance(rest[0], ir.Slice) and rest[0].step is None:
                rest.pop(0)
            return "C" if all(item == ir.Slice() for item in rest) else "A"
    return "A"


def _stable_view(ctx: Context, view):
    """`view` with its scalar indices fixed, so that it denotes the same memory until the block ends."""

    def fix(item):
        if isinstance(item, (ir.Slice, ir.NewAxis, ir.Dots)):
            return ir.map_children(lambda e: ctx.stable(e, "k"), item)
        return ctx.stable(item, "k")

    match view:
        case ir.Index(base, index):
            return replace(view, base=_stable_view(ctx, base), index=tuple(map(fix, index)))
        case ir.Call(_, (base, *rest)):
            return replace(view, args=(_stable_view(ctx, base), *rest))
    return view


def base_name(view) -> str:
    while not isinstance(view, ir.Name):
        view = view.base if isinstance(view, ir.Index) else view.args[0]
    return view.id


def view_dims(ctx: Context, view) -> tuple:
    """The lengths of a view; None for one that only the run time knows."""
    match view:
        case ir.Name(name):
            return ctx.dims_of(name)
        case ir.Call("np.transpose", (base,)):
            return view_dims(ctx, base)[::-1]
        case ir.Call("np.reshape", (_, ir.Tuple(items))):
            return items
        case ir.Call(func, (base,)) if func in types.OF_PARTS:
            return view_dims(ctx, base)
    inner = view_dims(ctx, view.base)
    dims, axis = [], 0
    for item in slices.expand_dots(view.index, len(inner)):
        if isinstance(item, ir.NewAxis):
            dims.append(lazy.ONE)
            continue
        if isinstance(item, ir.Slice):
            simple = slices.is_simple_slice(item) and inner[axis] is not None
            dims.append(slices.slice_axis(item, inner[axis])[0] if simple else None)
        axis += 1
    return tuple(dims)


def filled_in(dims: tuple, total, loc) -> tuple:
    """`dims` with one -1 replaced by the length that is left for it."""
    unknown = [k for k, d in enumerate(dims) if d in (ir.Const(-1), ir.Op("neg", (ir.Const(1),)))]
    if len(unknown) > 1:
        raise UnsupportedError("only one length of a shape can be -1", loc, "Write the others out.")
    if not unknown:
        return dims
    rest = lazy.product(tuple(d for k, d in enumerate(dims) if k != unknown[0]))
    missing = total if rest == lazy.ONE else ir.Op("//", (total, rest))
    return tuple(missing if k == unknown[0] else d for k, d in enumerate(dims))
