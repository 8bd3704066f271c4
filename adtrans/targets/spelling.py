"""Scalar functions as kernels have them: those of `math`, and Python's own."""

from __future__ import annotations

from dataclasses import replace

from adtrans import ir, types
from adtrans.errors import UnsupportedError
from adtrans.transforms.spell import RENAMED

# Those of `math` that numba.cuda documents.
MATH = frozenset(
    (
        *("acos", "acosh", "asin", "asinh", "atan", "atan2", "atanh", "ceil", "copysign", "cos", "cosh", "erf", "erfc"),
        *("exp", "expm1", "fabs", "floor", "fmod", "gamma", "hypot", "isfinite", "isinf", "isnan", "lgamma", "log"),
        *("log10", "log1p", "log2", "pow", "sin", "sinh", "sqrt", "tan", "tanh", "trunc"),
    )
)
PLAIN = frozenset(("abs", "min", "max", "len", "range", "float", "int", "bool", "pow", "round"))
EXTREMES = {"np.maximum": ">", "np.minimum": "<"}
OF_INTEGERS = frozenset(("floor", "ceil", "trunc"))  # the functions of `math` that return integers
SAME = {"np.abs": "abs", "np.absolute": "abs", "np.fabs": "math.fabs", "scipy.special.erf": "math.erf",
        "scipy.special.erfc": "math.erfc", "scipy.special.gammaln": "math.lgamma"}  # fmt: skip


def spelling(block: tuple, env: types.Env) -> tuple:
    """`block`, of scalars, with functions that kernels have.

    Raises: UnsupportedError at the statement with a function that they have not.
    """
    return tuple(_statement(s, env) for s in block)


def _statement(stmt, env: types.Env):
    stmt = ir.with_blocks(stmt, *(spelling(b, env) for b in ir.blocks(stmt)))

    def spelled(expr):
        return _spelled(expr, env, stmt.loc) if isinstance(expr, ir.Call) else expr

    return ir.map_expressions(lambda e: ir.rewrite(spelled, e), stmt)


def _spelled(call: ir.Call, env: types.Env, loc):
    module, _, name = call.func.rpartition(".")
    name = RENAMED.get(call.func, name)
    if call.func == "np.sign":
        return _sign(call, env)
    if call.func in EXTREMES:
        return _extreme(call, env)
    if call.func in SAME:
        return replace(call, func=SAME[call.func])
    if module == "math" and name in MATH:
        return call
    if module == "np" and name in MATH - OF_INTEGERS:
        return replace(call, func=f"math.{name}")
    if call.func.startswith("cuda.") or call.func in PLAIN or call.func in types.CASTS:
        return call
    label = call.func.removeprefix("helper.").removeprefix("raise ")
    raise UnsupportedError(
        f"{label} is not supported in kernels", call.loc or loc, "Use arithmetic and the functions of math."
    )


def _sign(call: ir.Call, env: types.Env):
    """0 at 0, else 1 with the sign of the number."""
    (x,) = call.args
    t = types.type_of(x, env)
    zero, one = types.typed(0, t), types.typed(1, t)
    return ir.IfExp(ir.Op("!=", (x, zero)), ir.Call("math.copysign", (one, x)), zero)


def _extreme(call: ir.Call, env: types.Env):
    """The larger or the smaller of two numbers; NaN where one of them is NaN."""
    t = types.type_of(call, env)
    if types.is_float(t) and any(isinstance(a, ir.Const) for a in call.args):
        t = next((types.type_of(a, env) for a in call.args if not isinstance(a, ir.Const)), t)
    a, b = (types.cast(arg, t, env) if isinstance(arg, ir.Const) else arg for arg in call.args)
    test = ir.Op(EXTREMES[call.func], (a, b))
    if types.is_float(t) and not isinstance(a, ir.Const):
        test = ir.Op("or", (test, ir.Op("!=", (a, a))))
    return ir.IfExp(test, a, b)
