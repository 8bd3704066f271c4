"""Constants and conversions of scalars, written so that they widen nothing."""

from __future__ import annotations

from dataclasses import replace

from numba.core import types

from adtrans import ir
from adtrans.types.expressions import not_real, type_of
from adtrans.types.kinds import Env, dtype_name, dtype_of, is_complex, is_float, part_type


def typed(value, t: types.Type) -> ir.Const:
    """The constant `value` as a scalar of type `t`, written so that it widens nothing."""
    name = dtype_name(t)
    if name == "float64":
        return ir.Const(float(value))
    if is_complex(t):
        return ir.Const(complex(value), None if name == "complex128" else name)
    if name in ("int64", "bool"):
        return ir.Const(int(value) if name == "int64" else bool(value))
    return ir.Const(float(value) if is_float(t) else int(value), name)


def cast(expr, t: types.Type, env: Env):
    """`expr` as a scalar of type `t`. Raises: UnsupportedError where that is real and `expr` complex."""
    own = dtype_of(type_of(expr, env))
    if is_complex(own) and not is_complex(t):
        raise not_real(own, expr.loc)
    if isinstance(expr, ir.Const) and (is_complex(t) or is_float(t) or isinstance(expr.value, int)):
        return replace(typed(expr.value, t), loc=expr.loc)
    if own == dtype_of(t):
        return expr
    name = dtype_name(t)
    return ir.Call("np.bool_" if name == "bool" else f"np.{name}", (expr,), loc=expr.loc)


def operand(expr, t: types.Type, env: Env):
    """The operand `expr` of an operation on arrays, with the precision of the result, of type `t`."""
    if not is_complex(type_of(expr, env)):
        return cast(expr, part_type(t), env)
    return cast(expr, t, env) if is_complex(t) else expr
