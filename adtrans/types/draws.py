"""Functions of `np.random`: their parameters, and the types of what they return."""

from __future__ import annotations

import numpy as np
from numba.core import types

from adtrans import ir
from adtrans.errors import UnsupportedError
from adtrans.types.calls import keywords_of
from adtrans.types.kinds import describe, resolve_call

# The parameters before `size`, with their defaults.
_DISTRIBUTIONS = {
    "beta": ("a", "b"), "binomial": ("n", "p"), "chisquare": ("df",), "exponential": ("scale=1.0",),
    "f": ("dfnum", "dfden"), "gamma": ("shape", "scale=1.0"), "geometric": ("p",), "gumbel": ("loc=0.0", "scale=1.0"),
    "hypergeometric": ("ngood", "nbad", "nsample"), "laplace": ("loc=0.0", "scale=1.0"),
    "logistic": ("loc=0.0", "scale=1.0"), "lognormal": ("mean=0.0", "sigma=1.0"), "logseries": ("p",),
    "negative_binomial": ("n", "p"), "normal": ("loc=0.0", "scale=1.0"), "pareto": ("a",), "poisson": ("lam=1.0",),
    "power": ("a",), "random": (), "random_sample": (), "rayleigh": ("scale=1.0",), "standard_cauchy": (),
    "standard_exponential": (), "standard_gamma": ("shape",), "standard_normal": (), "standard_t": ("df",),
    "triangular": ("left", "mode", "right"), "uniform": ("low=0.0", "high=1.0"), "vonmises": ("mu", "kappa"),
    "wald": ("mean", "scale"), "weibull": ("a",), "zipf": ("a",),
}  # fmt: skip
_DRAWS = {name: (*params, "size") for name, params in _DISTRIBUTIONS.items()} | {
    "choice": ("a", "size", "replace=True"), "multinomial": ("n", "pvals", "size"), "permutation": ("x",),
    "randint": ("low", "high", "size"), "seed": ("seed",),
}  # fmt: skip
_SHAPES = ("rand", "randn")  # their arguments are the lengths
FUNCTIONS = _DRAWS | dict.fromkeys(_SHAPES, ("d0", "d1"))  # all, with their parameters
HELP = "See Numba's list of functions of np.random; give the size after all other arguments."


def is_draw(func: str) -> bool:
    """Whether the function, by its canonical name, takes numbers from the random generator, or seeds it."""
    module, _, name = func.rpartition(".")
    return module == "np.random" and (name in _DRAWS or name in _SHAPES)


def positional(expr: ir.Call) -> tuple:
    """The arguments of a draw in their order, as Numba wants them: with the defaults of those left out before others.

    Raises: UnsupportedError where one is missing.
    """
    name = expr.func.rpartition(".")[2]
    if name in _SHAPES:
        if expr.keywords:
            raise UnsupportedError(f"{expr.func} takes no options here", expr.loc, HELP)
        return expr.args
    defaults = dict(p.partition("=")[::2] for p in _DRAWS[name])
    given = {k: v for k, v in keywords_of(expr, tuple(defaults)).items() if v != ir.Const(None)}
    if name == "randint" and "size" in given and "high" not in given:
        given |= {"low": ir.Const(0, None, expr.loc), "high": given["low"]}
    wanted = [p for p, value in defaults.items() if not value and p not in ("size", "high")]
    last = max((k for k, p in enumerate(defaults) if p in given or p in wanted), default=-1)
    items = []
    for p, default in list(defaults.items())[: last + 1]:
        if p not in given and not default:
            raise UnsupportedError(f"{expr.func} needs {p!r}", expr.loc, HELP)
        items.append(
            given[p] if p in given else ir.Const({"True": True}.get(default) or float(default), None, expr.loc)
        )
    return tuple(items)


def size_argument(expr: ir.Call):
    """The argument that has the shape of the result; None where it is not given."""
    name = expr.func.rpartition(".")[2]
    if name in _SHAPES:
        return ir.Tuple(expr.args, expr.loc) if expr.args else None
    names = [p.partition("=")[0] for p in _DRAWS[name]]
    items = positional(expr)
    if name == "permutation":
        return items[0]
    return items[names.index("size")] if "size" in names and len(items) > names.index("size") else None


def draw_type(expr: ir.Call, args: tuple) -> types.Type:
    """What Numba says a draw returns for arguments of these types."""
    function = getattr(np.random, expr.func.rpartition(".")[2])
    found = resolve_call(function, args)
    if found is None:
        got = ", ".join(map(describe, args))
        raise UnsupportedError(f"{expr.func} is not defined for {got or 'no arguments'}", expr.loc, HELP)
    return found
