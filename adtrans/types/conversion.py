"""Constants and expressions as scalars of a type."""

from __future__ import annotations

from dataclasses import replace

from numba.core import types

from adtrans import ir
from adtrans.types.expressions import type_of
from adtrans.types.kinds import Env, dtype_name, dtype_of, is_float


def typed(value, t: types.Type) -> ir.Const:
    """The constant `value` as a scalar of type `t`, written so that it widens nothing."""
    name = dtype_name(t)
    if name == "float64":
        return ir.Const(float(value))
    if name in ("int64", "bool"):
        return ir.Const(int(value) if name == "int64" else bool(value))
    return ir.Const(float(value) if is_float(t) else int(value), name)


def cast(expr, t: types.Type, env: Env):
    """`expr` as a scalar of type `t`."""
    if isinstance(expr, ir.Const) and (is_float(t) or isinstance(expr.value, int)):
        return replace(typed(expr.value, t), loc=expr.loc)
    if dtype_of(type_of(expr, env)) == dtype_of(t):
        return expr
    name = dtype_name(t)
    return ir.Call("np.bool_" if name == "bool" else f"np.{name}", (expr,), loc=expr.loc)
