"""Derivatives that a function makes itself: `grad(f)` of a function `f` from outside of it."""

from __future__ import annotations

import ast
import functools
from collections.abc import Callable
from types import FunctionType

import libcst as cst

from adtrans import ir
from adtrans.errors import AdtransError, UnsupportedError
from adtrans.modes import MODES
from adtrans.parse.scope import MISSING, Scope, dotted


def makes_derivative(target) -> bool:
    """Whether `target` is `adtrans.grad`, `value_and_grad` or `vjp`."""
    return isinstance(target, FunctionType) and target.__module__ == "adtrans.api" and target.__name__ in MODES


def derivative(scope: Scope, node: cst.Call, maker: Callable) -> ir.FunctionValue:
    """What the call `node` of `maker` gives, as a value.

    Raises: UnsupportedError for anything but a function from outside, with options that are written out;
    ArgumentError where these do not fit.
    """
    loc, label = scope.loc(node), dotted(node.func)
    first, *others = node.args or (None,)
    fn = MISSING if first is None or first.star or first.keyword else scope.lookup(first.value)
    if fn is MISSING:
        message = f"{label} is only supported of a function that is defined outside of this one"
        raise UnsupportedError(message, loc, f"Define the function outside, and pass it to {label} by its name.")
    options = tuple((arg.keyword.value if arg.keyword else "argnums", _written(scope, arg)) for arg in others)
    text = scope.source.module.code_for_node(node)
    try:
        return ir.FunctionValue(_made(maker, fn, options), text, loc=loc)
    except AdtransError as error:
        raise UnsupportedError(f"{text}: {error.message}", loc, error.hint) from error


def _written(scope: Scope, arg: cst.Arg):
    """The value of an option, which can be kept as a key."""
    try:
        value = ast.literal_eval(scope.source.module.code_for_node(arg.value))
    except ValueError:
        message, hint = "an option of a derivative has to be written out", "Write the value itself, such as argnums=0."
        raise UnsupportedError(message, scope.loc(arg), hint) from None
    return tuple(value) if isinstance(value, list) else frozenset(value) if isinstance(value, set) else value


@functools.lru_cache(maxsize=1024)
def _made(maker: Callable, fn, options: tuple):
    """One object for all calls that say the same."""
    return maker(fn, **dict(options))
