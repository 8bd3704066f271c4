"""Scalar functions as they compile best: `math.sin` for `np.sin`, helpers that vectorise where loops can, and SciPy's
functions as those of `math` and helpers."""

from __future__ import annotations

import math
from dataclasses import replace

from adtrans import ir, types
from adtrans.analyses.vectorisable import vectorisable
from adtrans.passes import optimising

RENAMED = {"np.arcsin": "asin", "np.arccos": "acos", "np.arctan": "atan", "np.arctan2": "atan2",
           "np.arcsinh": "asinh", "np.arccosh": "acosh", "np.arctanh": "atanh"}  # fmt: skip
SPECIAL = {"gammaln": "math.lgamma", "gamma": "math.gamma", "erf": "math.erf", "erfc": "math.erfc",
           "expm1": "math.expm1", "log1p": "math.log1p", "exp2": "np.exp2", "cbrt": "np.cbrt"}  # fmt: skip
VECTORISED = frozenset(("exp", "expm1", "log", "log1p", "tanh"))  # helpers in place of functions of libm's
SAME = frozenset(("sin", "cos", "tan", "sinh", "cosh", "tanh", "exp", "expm1", "log", "log2", "log10", "log1p", "sqrt",
                  "hypot", "floor", "ceil"))  # fmt: skip


@optimising
def spell(block: tuple, env: types.Env, approximate: bool) -> tuple:
    """`block`, whose calls of elementwise functions take scalars, with each function in its best form. Where
    `approximate`, functions that a loop needs to vectorise are helpers; then they are so everywhere in `block`: a
    function has one value for one argument."""
    chosen = _in_vectorisable_loops(block, env) if approximate else frozenset()
    return tuple(ir.rewrite_statement(lambda e: _spelled(e, env, chosen), stmt) for stmt in block)


def _in_vectorisable_loops(block: tuple, env: types.Env) -> frozenset:
    """The helpers that loops in `block` which can vectorise have calls for."""
    loops = [stmt for stmt in ir.statements(block) if vectorisable(stmt, env)]
    found = (e for loop in loops for s in ir.statements(loop.body) for x in ir.expressions(s) for e in ir.walk(x))
    return frozenset(_vector_helper(e, env) for e in found if isinstance(e, ir.Call)) - {None}


def _vector_helper(expr: ir.Call, env: types.Env) -> str | None:
    """The helper that vectorises for a call of a function of libm's."""
    module, _, name = expr.func.rpartition(".")
    if module not in ("np", "math", "scipy.special") or name not in VECTORISED:
        return None
    return f"helper.{name}" if _is_double(expr.args[0], env) else None


def _spelled(expr, env: types.Env, chosen: frozenset):
    if not isinstance(expr, ir.Call):
        return expr
    helper = _vector_helper(expr, env)
    if helper in chosen:
        return replace(expr, func=helper)
    if expr.func.startswith("scipy.special."):
        return _special(expr, env)
    module, _, name = expr.func.partition(".")
    name = RENAMED.get(expr.func, name if name in SAME else "")
    if module == "np" and hasattr(math, name) and name not in ("floor", "ceil"):
        return replace(expr, func=f"math.{name}")
    return expr


def _special(expr: ir.Call, env: types.Env):
    """A function of `scipy.special`, its result of the type that it has there."""
    name = expr.func.rpartition(".")[2]
    if name in SPECIAL:
        return replace(expr, func=SPECIAL[name])
    call = replace(expr, func=f"helper.{name}")
    return ir.Call("np.float32", (call,), loc=expr.loc) if _is_single(expr, env) else call


def _is_single(expr, env: types.Env) -> bool:
    """Whether every float in `expr` is of single precision."""
    floats = [env[n] for n in ir.names(expr) if n in env and types.is_float(env[n])]
    wide = any(isinstance(e, ir.Const) and isinstance(e.value, float) and not e.dtype for e in ir.walk(expr))
    return bool(floats) and all(types.dtype_of(t) == types.types.float32 for t in floats) and not wide


def _is_double(expr, env: types.Env) -> bool:
    """Whether every float in `expr` is of double precision."""
    found = [env[n] for n in ir.names(expr) if n in env and not isinstance(env[n], types.types.BaseTuple)]
    floats = [types.dtype_of(t) for t in found if types.is_float(t)]
    narrow = any(
        (isinstance(e, ir.Const) and e.dtype == "float32") or (isinstance(e, ir.Call) and e.func == "np.float32")
        for e in ir.walk(expr)
    )
    return bool(floats) and all(t == types.types.float64 for t in floats) and not narrow
