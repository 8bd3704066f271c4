"""The derivatives that a function has."""

from __future__ import annotations

from types import FunctionType

MODES = ("grad", "value_and_grad", "vjp")


def is_derivative(obj) -> bool:
    """Whether `obj` is what `grad`, `value_and_grad` or `vjp` makes of a function.

    A function that `functools.wraps` made of one has its attributes, but a body of its own.
    """
    return not isinstance(obj, FunctionType) and getattr(getattr(obj, "request", None), "mode", "primal") in MODES
