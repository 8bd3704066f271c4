"""Calls that become statements, by what each kind of function is emitted."""

from __future__ import annotations

from collections.abc import Callable

from adtrans import ir, types
from adtrans.callees import callee_of
from adtrans.transforms.context import Context
from adtrans.transforms.draws import draw
from adtrans.transforms.invoke import invoke
from adtrans.transforms.library import is_defined, paste
from adtrans.transforms.operations import is_operation, operate
from adtrans.transforms.users import users_call
from adtrans.users import users_rule


def is_known(expr) -> bool:
    """Whether `expr` is a call that `emit` takes."""
    return is_defined(expr) or is_operation(expr) or (isinstance(expr, ir.Call) and _is_other(expr.func))


def _is_other(func: str) -> bool:
    return types.is_draw(func) or users_rule(func) is not None or callee_of(func) is not None


def emit(ctx: Context, expr: ir.Call, argument: Callable, given: Callable, lengths: Callable) -> tuple[str, ...]:
    """Emits the statements of a call; the names of its results. `argument` gives the name of an argument, `given` its
    expression, `lengths` those of the axes of a shape."""
    if types.is_draw(expr.func):
        return draw(ctx, expr, given, lengths)
    if callee_of(expr.func):
        return invoke(ctx, expr, argument, given)
    write = paste if is_defined(expr) else operate if is_operation(expr) else users_call
    return write(ctx, expr, argument)
