"""`derivative(name, *point)`: a rule's partial derivatives at a point, as NumPy evaluates the IR."""

from __future__ import annotations

import math
import operator

import numpy as np
import pytest
import scipy.special

from adtrans import helpers, ir
from adtrans.rules import lookup

OPERATORS = {
    "+": operator.add,
    "-": operator.sub,
    "*": operator.mul,
    "/": operator.truediv,
    "//": operator.floordiv,
    "%": operator.mod,
    "**": operator.pow,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
    "==": operator.eq,
    "!=": operator.ne,
    "&": operator.and_,
    "|": operator.or_,
    "^": operator.xor,
    "<<": operator.lshift,
    ">>": operator.rshift,
    "neg": operator.neg,
    "pos": operator.pos,
    "not": operator.not_,
    "~": operator.invert,
    "and": lambda a, b: a and b,
    "or": lambda a, b: a or b,
}


def function(name):
    """The Python function of a call's or an operator's name."""
    if name in OPERATORS:
        return OPERATORS[name]
    if name.startswith("helper."):
        return helper(name.removeprefix("helper."))
    return eval(name, {"np": np, "math": math, "scipy": scipy})


def helper(name, decorate=lambda f: f):
    """The function of numbers that generated modules define under this name."""
    scope = {"np": np, "math": math, "njit": lambda **options: decorate}
    exec("".join(helpers.text(n) for n in helpers.ELEMENTWISE), scope)
    return scope[f"_{name}"]


def evaluate(expr, env):
    match expr:
        case ir.Const(value):
            return value
        case ir.Name(name):
            return env[name]
        case ir.Op("and" | "or" as op, (left, right)):
            first = evaluate(left, env)
            return first if bool(first) == (op == "or") else evaluate(right, env)
        case ir.Op(op, args):
            return OPERATORS[op](*(evaluate(arg, env) for arg in args))
        case ir.Call(func, args):
            return function(func)(*(evaluate(arg, env) for arg in args))
        case ir.IfExp(test, body, orelse):
            return evaluate(body if evaluate(test, env) else orelse, env)
    raise TypeError(expr)


def partial_values(name, *point):
    """The partial derivatives of the function `name` at `point`, as floats."""
    entry = lookup(name)
    point = [np.float64(x) if isinstance(x, float) else x for x in point]
    with np.errstate(all="ignore"):
        env = dict(zip(entry.params, point, strict=True), y=function(name)(*point))
        return tuple(0.0 if part is None else float(evaluate(part, env)) for part in entry.partials)


@pytest.fixture
def derivative():
    return partial_values


@pytest.fixture
def helper_of():
    """`helper_of(name, decorate)`: a helper, `decorate` in place of its decorator."""
    return helper


@pytest.fixture
def call():
    """`call(name)`: the Python function of a call's or an operator's name."""
    return function
