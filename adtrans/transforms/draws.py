"""Random numbers: drawn once, in the order of the program, and constants of the derivative."""

from __future__ import annotations

from collections.abc import Callable

from adtrans import ir, types
from adtrans.transforms.context import Context


def draw(ctx: Context, expr: ir.Call, argument: Callable, lengths: Callable) -> tuple[str, ...]:
    """Emits a call of `np.random`; the name of its result, if it has one. `argument` gives the expression of an
    argument, `lengths` those of the axes of a shape."""
    t, size = types.type_of(expr, ctx.env), types.size_argument(expr)
    shape = None if size is None or types.is_array(types.type_of(size, ctx.env)) else _stable(ctx, lengths(size))
    args = tuple(_written(shape) if item is size and shape else argument(item) for item in types.positional(expr))
    if expr.func.endswith("rand") or expr.func.endswith("randn"):
        args = shape or ()
    targets = () if t == types.types.none else (ctx.fresh("draw"),)
    for name in targets:
        ctx.definitions[name] += 1
        ctx.env[name] = t
        if types.is_array(t):
            ctx.roots[name] = name
            ctx.set_dims(name, shape if shape and len(shape) == t.ndim else ctx.dims_of(name))
    ctx.emit(ir.Opaque(targets, ir.Call(expr.func, args, loc=expr.loc), once=True, loc=expr.loc))
    return targets


def _stable(ctx: Context, shape: tuple) -> tuple:
    return tuple(ctx.stable(length) for length in shape)


def _written(shape: tuple):
    return shape[0] if len(shape) == 1 else ir.Tuple(shape)
