"""Scalar functions as they compile best: `math.sin` for `np.sin`, helpers that vectorise where loops can, and SciPy's
functions as those of `math` and helpers."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import replace

from adtrans import elementary_single, ir, types
from adtrans.analyses.vectorisable import vectorisable
from adtrans.elementary import NEAR
from adtrans.passes import optimising

RENAMED = {"np.arcsin": "asin", "np.arccos": "acos", "np.arctan": "atan", "np.arctan2": "atan2",
           "np.arcsinh": "asinh", "np.arccosh": "acosh", "np.arctanh": "atanh"}  # fmt: skip
SPECIAL = {"gammaln": "math.lgamma", "gamma": "math.gamma", "erf": "math.erf", "erfc": "math.erfc",
           "expm1": "math.expm1", "log1p": "math.log1p", "exp2": "np.exp2", "cbrt": "np.cbrt"}  # fmt: skip
VECTORISED = NEAR | {"exp", "expm1", "log", "log1p", "tanh"}  # helpers in place of functions of libm's
FLOATS = (types.types.float32, types.types.float64)
SAME = frozenset(("sin", "cos", "tan", "sinh", "cosh", "tanh", "exp", "expm1", "log", "log2", "log10", "log1p", "sqrt",
                  "hypot", "floor", "ceil"))  # fmt: skip


@optimising
def spell(block: tuple, env: types.Env, approximate: bool) -> tuple:
    """`block`, whose calls of elementwise functions take scalars, with each function in its best form. Where
    `approximate`, functions that a loop needs to vectorise are helpers; then they are so everywhere in `block`: a
    function has one value for one argument."""
    chosen = _in_vectorisable_loops(block, env) | _beside_versions(block) if approximate else frozenset()
    return tuple(_statement(stmt, env, chosen) for stmt in block)


def _in_vectorisable_loops(block: tuple, env: types.Env) -> frozenset:
    """The functions that loops in `block` call which can vectorise, and the types of their results."""
    loops = [stmt for stmt in ir.statements(block) if vectorisable(stmt, env)]
    found = (approximated(e, env) for loop in loops for e in _expressions(loop.body))
    return frozenset(f for f in found if f and f[0] not in NEAR)


def _beside_versions(block: tuple) -> frozenset:
    """The functions of which `near` has made versions, and the types of their results."""
    called = {e.func for e in _expressions(block) if isinstance(e, ir.Call)}
    ends = {types.types.float64: "", types.types.float32: "_single"}
    return frozenset((name, t) for name in NEAR for t in FLOATS if f"helper.near_{name}{ends[t]}" in called)


def _expressions(block: tuple) -> Iterator:
    return (e for s in ir.statements(block) for x in ir.expressions(s) for e in ir.walk(x))


def approximated(expr, env: types.Env) -> tuple | None:
    """The name of a function that has a helper which vectorises, and the type of what this call of it returns."""
    module, _, name = getattr(expr, "func", "").rpartition(".")
    if module not in ("np", "math", "scipy.special") or name not in VECTORISED:
        return None
    t = types.type_of(expr.args[0], env)
    return (name, t) if t in FLOATS else None


def _statement(stmt, env: types.Env, chosen: frozenset):
    stmt = ir.with_blocks(stmt, *(tuple(_statement(s, env, chosen) for s in b) for b in ir.blocks(stmt)))
    return ir.map_expressions(lambda e: _expression(e, env, chosen), stmt)


def _expression(expr, env: types.Env, chosen: frozenset):
    """`expr` spelled from the root down, as its parts have types before they are helpers."""
    new = ir.map_children(lambda e: _expression(e, env, chosen), expr)
    if not isinstance(expr, ir.Call):
        return new
    found = approximated(expr, env) if chosen else None
    return by_helper(new, *found) if found in chosen else _spelled(new, env)


def by_helper(expr: ir.Call, name: str, t):
    """A call of the helper `name` for a float of type `t`: where it has none for float32, by way of float64."""
    if t == types.types.float64:
        return replace(expr, func=f"helper.{name}")
    if f"{name}_single" in elementary_single.SOURCE:
        return replace(expr, func=f"helper.{name}_single")
    wide = ir.Call("np.float64", expr.args, loc=expr.loc)
    return ir.Call("np.float32", (ir.Call(f"helper.{name}", (wide,), loc=expr.loc),), loc=expr.loc)


def _spelled(expr: ir.Call, env: types.Env):
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
