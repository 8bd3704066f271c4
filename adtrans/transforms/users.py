"""Calls of functions with a pullback of their own, as they stand; the adjoint is a call of the pullback."""

from __future__ import annotations

from collections.abc import Callable

from adtrans import ir, types
from adtrans.errors import UnsupportedError
from adtrans.ir import bar
from adtrans.transforms import lazy
from adtrans.transforms.context import Context, length_of
from adtrans.transforms.operations import contiguous_results
from adtrans.users import pullback_name, users_rule


def users_call(ctx: Context, expr: ir.Call, argument: Callable) -> tuple[str, ...]:
    """Emits a call and its adjoint; the names of its results. `argument` gives the name of an argument."""
    rule = users_rule(expr.func)
    argtypes = tuple(types.type_of(arg, ctx.env) for arg in expr.args)
    for arg, t in zip(expr.args, argtypes, strict=True):
        if isinstance(t, types.types.BaseTuple):
            raise UnsupportedError(f"{rule.label} is given a tuple", arg.loc, "Pass its items one by one.")
    names = tuple(argument(arg, param) for arg, param in zip(expr.args, rule.parameters, strict=True))
    result = types.users_type(rule, argtypes, expr.loc)
    parts = tuple(result) if isinstance(result, types.types.BaseTuple) else (result,)
    targets = tuple(ctx.declare_result(rule.label, t) for t in parts)
    args = tuple(_contiguous(ctx, name) for name in names)
    call = ir.Opaque(targets, ir.Call(expr.func, args, loc=expr.loc), once=True, loc=expr.loc)
    forward = [*contiguous_results(ctx, call, [name for name in targets if types.is_array(ctx.env[name])])]
    for target in targets:
        arrays = (ir.Name(name) for name in names if types.is_array(ctx.env[name]) and types.is_array(ctx.env[target]))
        forward += [ir.Effect(ir.Call("helper.returned", (ir.Name(target), a)), expr.loc) for a in arrays]
    cotangents = types.pullback_types(rule, argtypes, result, expr.loc)
    adjoint = _adjoint(ctx, expr, names, args, targets, cotangents)
    ctx.emit(ir.Custom(targets, tuple(forward), (adjoint,), expr.loc))
    return targets


def _contiguous(ctx: Context, name: str):
    """The argument as the function was typed for it: arrays in C order."""
    t = ctx.env[name]
    if types.is_array(t) and t.layout != "C":
        return ir.Call("np.ascontiguousarray", (ir.Name(name),))
    return ir.Name(name)


def _adjoint(ctx: Context, expr: ir.Call, names: tuple, args: tuple, targets: tuple, cotangents: tuple) -> ir.Pullback:
    """The call of the pullback; what it returns is added to the cotangents of the arguments that have one."""
    given = [(name, t, ctx.fresh(f"{name}_share")) for name, t in zip(names, cotangents, strict=True)]
    for _, t, share in given:
        ctx.env[share] = t
        if types.is_array(t):
            ctx.roots[share] = share
    results, bars = (_one_or_tuple([ir.Name(f(t)) for t in targets]) for f in (str, bar))
    call = ir.Call(pullback_name(expr.func), (*args, results, bars), loc=expr.loc)
    with ctx.block() as out:
        ctx.emit(ir.Opaque(tuple(share for _, _, share in given), call, loc=expr.loc))
        for name, t, share in given:
            if t != types.types.none:
                _add(ctx, name, share, expr.loc)
    inputs = tuple(name for name, t, _ in given if t != types.types.none)
    return ir.Pullback(inputs, targets, tuple(out))


def _one_or_tuple(items: list):
    return items[0] if len(items) == 1 else ir.Tuple(tuple(items))


def _add(ctx: Context, name: str, share: str, loc) -> None:
    """`bar(name) += share`."""
    if not types.is_array(ctx.env[name]):
        value = types.cast(ir.Name(share), ctx.env[name], ctx.env)
        ctx.emit(ir.Assign(bar(name), ir.Op("+", (ir.Name(bar(name)), value)), loc))
        return
    dims = tuple(length_of(name, k) for k in range(ctx.env[name].ndim))
    for k, dim in enumerate(dims):
        ctx.emit(ir.Effect(ir.Call("helper.equal", (dim, length_of(share, k))), loc))
    lazy.nest(ctx, dims, lambda i: ctx.emit(ir.AugAssign(ir.Index(ir.Name(bar(name)), i), "+",
                                                         ir.Index(ir.Name(share), i), loc)))  # fmt: skip
