"""Sums, products, means and extremes as loops."""

from __future__ import annotations

from adtrans import ir, types
from adtrans.ir import bar
from adtrans.transforms import lazy
from adtrans.transforms.context import Context
from adtrans.transforms.lazy import Lazy
from adtrans.transforms.views import view_expression, view_of


def reduction(ctx: Context, kind: str, source: Lazy, axes: tuple, keep: bool, t, loc) -> Lazy:
    """The `sum`, `mean`, `prod`, `max` or `min` of `source` over `axes`, its elements of type `t`."""
    if kind in ("max", "min"):
        result = _extreme(ctx, source, axes, kind, loc)
    else:
        result = _accumulated(ctx, source, axes, "prod" if kind == "prod" else "sum", t, loc)
    if kind == "mean":
        result = _divided(ctx, result, lazy.product(tuple(source.dims[a] for a in axes)), t)
    return _kept(result, axes, len(source.dims)) if keep else result


def _kept(result: Lazy, axes: tuple, rank: int) -> Lazy:
    """`result` with the reduced axes put back, one element long."""
    rest = iter(result.dims)
    dims = tuple(lazy.ONE if axis in axes else next(rest) for axis in range(rank))
    return Lazy(dims, result.dtype, lambda index: result.at(tuple(i for a, i in enumerate(index) if a not in axes)))


def _divided(ctx: Context, total: Lazy, count, t) -> Lazy:
    number = types.cast(count, t, ctx.env)
    return Lazy(total.dims, t, lambda index: ir.Op("/", (total.at(index), number)))


def _accumulated(ctx: Context, source: Lazy, axes: tuple, kind: str, t, loc) -> Lazy:
    rank = len(source.dims)
    kept = tuple(a for a in range(rank) if a not in axes)
    dims = tuple(ctx.stable(d) for d in source.dims)
    name = ctx.fresh(kind)
    start = types.typed(0 if kind == "sum" else 1, t)
    op = "+" if kind == "sum" else "*"
    if axes == tuple(range(len(kept), rank)):
        return _row_by_row(ctx, source, dims, len(kept), name, start, op, t, loc)
    kept_dims = tuple(dims[a] for a in kept)
    ctx.definitions[name] += 1
    lazy.materialise(ctx, Lazy(kept_dims, t, lambda index: start), name)

    def body(index):
        target = ir.Index(ir.Name(name), tuple(index[a] for a in kept), loc)
        value = types.cast(source.at(index), t, ctx.env)
        if op == "+":
            ctx.emit(ir.AugAssign(target, "+", value, loc))
        else:
            ctx.emit(ir.Store(target, ir.Op(op, (target, value), loc), loc))

    lazy.nest(ctx, dims, body)
    return lazy.named(ctx, name)


def _row_by_row(ctx: Context, source: Lazy, dims: tuple, kept: int, name: str, start, op: str, t, loc) -> Lazy:
    """The reduced axes are the last: one scalar accumulator for each element of the result."""
    total = name if not kept else ctx.fresh(name)
    ctx.env[total] = t
    ctx.definitions[total] += 2
    if kept:
        ctx.definitions[name] += 1
        ctx.declare(name, t, dims[:kept])
        ctx.emit(ir.Alloc(name, dims[:kept], types.dtype_name(t), loc=loc))

    def row(outer):
        def term(inner):
            value = types.cast(source.at(outer + inner), t, ctx.env)
            ctx.emit(ir.Assign(total, ir.Op(op, (ir.Name(total), value), loc), loc))

        ctx.emit(ir.Assign(total, start, loc))
        lazy.nest(ctx, dims[kept:], term)
        if kept:
            ctx.emit(lazy.store(name, outer, ir.Name(total), loc))

    lazy.nest(ctx, dims[:kept], row)
    return lazy.named(ctx, name) if kept else lazy.scalar(ir.Name(total, loc), t)


def contraction(ctx: Context, a: Lazy, b: Lazy, loc):
    """The sum of `a[i] * b[i]`."""
    t = a.dtype
    if not ctx.same(a.dims[0], b.dims[0]):
        ctx.scalar("n", ir.Call("helper.equal", (a.dims[0], b.dims[0]), loc=loc), types.types.int64)
    both = Lazy(a.dims, t, lambda index: ir.Op("*", (a.at(index), b.at(index)), loc))
    return _accumulated(ctx, both, (0,), "sum", t, loc).at(())


# -- extremes --------------------------------------------------------------------------------------------------


def _extreme(ctx: Context, source: Lazy, axes: tuple, kind: str, loc) -> Lazy:
    """The largest or smallest element; its cotangent is shared equally among ties, as in JAX."""
    view = view_expression(ctx, source)
    name = view.id if isinstance(view, ir.Name) else view_of(ctx, view, loc)
    source = lazy.named(ctx, name)
    kept = tuple(a for a in range(len(source.dims)) if a not in axes)
    target = ctx.fresh(f"{name}_{kind}")
    ctx.definitions[target] += 1
    dims = tuple(ctx.stable(source.dims[a]) for a in kept)
    if kept:
        ctx.declare(target, source.dtype, dims)
    else:
        ctx.env[target] = source.dtype
    forward = _extreme_forward(ctx, source, kept, axes, kind, target, dims, loc)
    adjoint = _extreme_adjoint(ctx, source, name, kept, axes, target, loc)
    ctx.emit(ir.Custom((target,), forward, (ir.Pullback((name,), (target,), adjoint),), loc))
    return lazy.named(ctx, target) if kept else lazy.scalar(ir.Name(target), source.dtype)


def _placed(kept: tuple, axes: tuple, outer: tuple, inner: tuple) -> tuple:
    """The index of the source for the loop variables of kept and reduced axes."""
    position = dict(zip(kept, outer, strict=True)) | dict(zip(axes, inner, strict=True))
    return tuple(position[a] for a in sorted(position))


def _result(target: str, outer: tuple):
    return ir.Index(ir.Name(target), outer) if outer else ir.Name(target)


def _extreme_forward(ctx, source: Lazy, kept, axes, kind: str, target: str, dims: tuple, loc) -> tuple:
    best = ctx.fresh(kind)
    ctx.env[best] = source.dtype
    with ctx.block() as out:
        if kept:
            ctx.emit(ir.Alloc(target, dims, types.dtype_name(source.dtype), loc=loc))
        for axis in axes:
            ctx.emit(ir.Effect(ir.Call("helper.nonempty", (source.dims[axis],)), loc))

        def row(outer):
            first = source.at(_placed(kept, axes, outer, (lazy.ZERO,) * len(axes)))
            ctx.emit(ir.Assign(best, first, loc))

            def step(inner):
                value = source.at(_placed(kept, axes, outer, inner))
                better = ir.Op(">" if kind == "max" else "<", (value, ir.Name(best)))
                nan = ir.Op("!=", (value, value))
                test = ir.Op("or", (better, nan)) if types.is_float(source.dtype) else better
                ctx.emit(ir.Assign(best, ir.IfExp(test, value, ir.Name(best)), loc))

            lazy.nest(ctx, tuple(source.dims[a] for a in axes), step)
            ctx.emit(
                ir.Store(_result(target, outer), ir.Name(best), loc) if kept else ir.Assign(target, ir.Name(best), loc)
            )

        lazy.nest(ctx, tuple(source.dims[a] for a in kept), row)
    return tuple(out)


def _extreme_adjoint(ctx, source: Lazy, name: str, kept, axes, target: str, loc) -> tuple:
    ties, share = ctx.fresh("ties"), ctx.fresh("share")
    ctx.env[ties] = ctx.env[share] = source.dtype
    one, zero = types.typed(1, source.dtype), types.typed(0, source.dtype)
    inner_dims = tuple(source.dims[a] for a in axes)
    with ctx.block() as out:

        def row(outer):
            def is_best(inner):
                return ir.Op("==", (source.at(_placed(kept, axes, outer, inner)), _result(target, outer)))

            def count(inner):
                term = ir.IfExp(is_best(inner), one, zero)
                ctx.emit(ir.Assign(ties, ir.Op("+", (ir.Name(ties), term)), loc))

            def spread(inner):
                place = ir.Index(ir.Name(bar(name)), _placed(kept, axes, outer, inner))
                ctx.emit(ir.AugAssign(place, "+", ir.IfExp(is_best(inner), ir.Name(share), zero), loc))

            ctx.emit(ir.Assign(ties, zero, loc))
            lazy.nest(ctx, inner_dims, count)
            seed = ir.Index(ir.Name(bar(target)), outer) if outer else ir.Name(bar(target))
            ctx.emit(ir.Assign(share, ir.Op("/", (seed, ir.Name(ties))), loc))
            lazy.nest(ctx, inner_dims, spread)

        lazy.nest(ctx, tuple(source.dims[a] for a in kept), row)
    return tuple(out)
