"""Calls of the user's functions that stay calls."""

from __future__ import annotations

from collections.abc import Callable

from adtrans import ir, types
from adtrans.analyses.called import changed_arguments
from adtrans.callees import Unit, callee_name, callee_of
from adtrans.errors import UnsupportedError
from adtrans.transforms.context import Context, length_of, memory_of


def invoke(ctx: Context, expr: ir.Call, argument: Callable, given: Callable) -> tuple[str, ...]:
    """Emits a call; the names of its results. `argument` gives the name of an argument, `given` its expression.

    Raises: UnsupportedError for a tuple among the arguments or inside of a tuple that is returned, and where an array
    that is written to would be a copy.
    """
    callee = callee_of(expr.func)
    name, params = callee.function.name, callee.params
    args = tuple(_argument(ctx, name, *pair, argument, given) for pair in zip(expr.args, params, strict=True))
    argtypes = tuple(types.type_of(arg, ctx.env) for arg in args)
    result = types.called_type(expr.func, argtypes, expr.loc)
    parts = () if result == types.types.none else tuple(result) if _is_tuple(result) else (result,)
    if any(types.is_complex(t) or _is_tuple(t) for t in parts):
        raise UnsupportedError(f"{name}, which calls itself, returns {result}", expr.loc, "Return numbers and arrays.")
    changed = tuple(args[k].id for k in sorted(changed_arguments(expr.func, argtypes)))
    for arg, made in zip(expr.args, args, strict=True):
        if isinstance(made, ir.Name) and made.id in changed:
            _require_in_place(ctx, arg, made.id)
    _require_apart(ctx, args, changed, expr.loc)
    targets = tuple(ctx.declare_result(name, t) for t in parts)
    call = ir.Call(callee_name(Unit(expr.func, argtypes)), args, loc=expr.loc)
    ctx.emit(ir.Opaque(targets, call, once=True, changes=changed, loc=expr.loc))
    for target in targets:
        _name_lengths(ctx, target)
    return targets


def _is_tuple(t) -> bool:
    return isinstance(t, types.types.BaseTuple)


def _argument(ctx: Context, name: str, expr, param: str, argument: Callable, given: Callable):
    """An argument: a name, if it may have a cotangent, else the expression of an integer."""
    t = types.type_of(expr, ctx.env)
    if _is_tuple(t):
        hint = "Pass its items one by one."
        raise UnsupportedError(f"{name}, which calls itself, is given a tuple", expr.loc, hint)
    if types.is_complex(t):
        hint = "Pass the real and the imaginary part."
        raise UnsupportedError(f"{name}, which calls itself, is given complex numbers", expr.loc, hint)
    if types.is_array(t) or not types.is_float(t):
        return given(expr)
    value = given(expr)
    return value if isinstance(value, ir.Name) else ctx.scalar(param, value, t)


def _require_in_place(ctx: Context, expr, name: str) -> None:
    """Raises: UnsupportedError where NumPy passes (a view of) an array, and there is only a copy."""
    sources = memory_of(expr, ctx.env)
    if ctx.root(name) in ctx.constants:
        message = "an array from outside of the function cannot be written to"
        raise UnsupportedError(message, expr.loc, "Pass the array as an argument, or write to a copy.")
    if sources and ctx.root(name) not in set(map(ctx.root, sources)):
        raise UnsupportedError(
            "the array that is passed is written to, and here it would be a copy", expr.loc, "Give it a name first."
        )


def _require_apart(ctx: Context, args: tuple, changed: tuple, loc) -> None:
    """Checks, where only the run can tell, that an array that is written to shares no memory with another argument.

    Raises: UnsupportedError where it is the other."""
    arrays = [arg.id for arg in args if isinstance(arg, ir.Name) and types.is_array(ctx.env[arg.id])]
    for k, a in enumerate(arrays):
        for b in arrays[:k]:
            if ctx.root(a) != ctx.root(b) or not {a, b}.intersection(changed):
                continue
            if a == b:
                raise UnsupportedError(
                    "an array that is written to is passed twice", loc, "Pass a copy of it for one of them."
                )
            ctx.emit(ir.Effect(ir.Call("helper.apart", (ir.Name(b), ir.Name(a))), loc))


def _name_lengths(ctx: Context, name: str) -> None:
    """Names for the lengths of an array that is returned, so that these can be recorded without its elements."""
    dims = []
    for axis in range(types.ndim_of(ctx.env[name])):
        length = ctx.fresh(f"{name}_n{axis}")
        ctx.env[length] = types.types.int64
        ctx.definitions[length] += 1
        ctx.emit(ir.Assign(length, length_of(name, axis), ctx.loc))
        dims.append(ir.Name(length))
    if dims:
        ctx.set_dims(name, tuple(dims))
