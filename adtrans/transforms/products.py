"""Matrix products, left to BLAS, with their adjoints (Giles 2008, section 2.2.2)."""

from __future__ import annotations

from adtrans import ir, types
from adtrans.ir import bar
from adtrans.transforms import lazy
from adtrans.transforms.context import Context
from adtrans.transforms.lazy import renamed_view, transpose_view
from adtrans.transforms.views import base_name, view_dims


def matrix_product(ctx: Context, a, b, target: str | None, loc) -> str:
    """Emits `target = a @ b` for references of rank 1 or 2, not both 1; returns the target's name.

    c = a b:  a_bar += c_bar b^T,  b_bar += a^T c_bar; a factor of rank 1 gets or gives an outer product.
    """
    if target is None:
        target = ctx.fresh("product")
        ctx.definitions[target] += 1
    if types.is_complex(ctx.env[base_name(a)]):
        return _by_loops(ctx, a, b, target, loc)
    a_dims, b_dims = view_dims(ctx, a), view_dims(ctx, b)
    if not ctx.same(a_dims[-1], b_dims[0]):
        ctx.emit(ir.Effect(ir.Call("helper.equal", (a_dims[-1], b_dims[0])), loc))
    ctx.declare(target, ctx.env[base_name(a)], a_dims[:-1] + b_dims[1:])
    forward = (ir.Assign(target, _dot(a, b), loc),)
    adjoints = tuple(
        ir.Pullback((base_name(x),), (target,), tuple(_contribution(ctx, x, outer, dims, left, right, loc)))
        for x, outer, dims, left, right in (
            (a, len(b_dims) == 1, a_dims, ir.Name(bar(target)), transpose_view(b)),
            (b, len(a_dims) == 1, b_dims, transpose_view(a), ir.Name(bar(target))),
        )
    )
    ctx.emit(ir.Custom((target,), forward, adjoints, loc))
    return target


def _by_loops(ctx: Context, a, b, target: str, loc) -> str:
    """The product of complex matrices, which BLAS would take only with both parts side by side."""
    a_dims, b_dims = view_dims(ctx, a), view_dims(ctx, b)
    if not ctx.same(a_dims[-1], b_dims[0]):
        ctx.emit(ir.Effect(ir.Call("helper.equal", (a_dims[-1], b_dims[0])), loc))
    t, rows = ctx.env[base_name(a)], len(a_dims) - 1
    lazy.materialise(
        ctx, lazy.Lazy(a_dims[:-1] + b_dims[1:], types.dtype_of(t), lambda index: types.typed(0, t)), target
    )

    def body(index):
        place, k = ir.Index(ir.Name(target), index[:rows] + index[rows + 1 :], loc), index[rows]
        factors = (element(a, (*index[:rows], k)), element(b, (k, *index[rows + 1 :])))
        ctx.emit(ir.AugAssign(place, "+", ir.Op("*", factors, loc), loc))

    lazy.nest(ctx, (*a_dims, *b_dims[1:]), body)
    return target


def element(view, index: tuple):
    """The element at `index` of a name, or of one transposed."""
    match view:
        case ir.Call("np.transpose", (inner,)):
            return element(inner, index[::-1])
    return ir.Index(view, index)


def _dot(a, b) -> ir.Call:
    return ir.Call("np.dot", (a, b))


def _contribution(ctx: Context, x, outer: bool, dims: tuple, left, right, loc) -> list:
    """What is added to the cotangent of the reference `x`: `left @ right`, or an outer product."""
    transposed = isinstance(x, ir.Call)
    place = renamed_view(x, bar)
    if outer:
        return _outer_product(ctx, place, dims, left, right, loc)
    value = _dot(transpose_view(right), transpose_view(left)) if transposed else _dot(left, right)
    return [ir.AugAssign(ir.Name(bar(base_name(x))), "+", value, loc)]


def _outer_product(ctx: Context, place, dims: tuple, left, right, loc) -> list:
    with ctx.block() as out:

        def body(index):
            target = index[::-1] if isinstance(place, ir.Call) else index
            name = ir.Name(base_name(place))
            value = ir.Op("*", (element(left, index[:1]), element(right, index[1:])))
            ctx.emit(ir.AugAssign(ir.Index(name, target), "+", value, loc))

        lazy.nest(ctx, dims, body)
    return out
