"""The derivatives that a function has."""

from __future__ import annotations

MODES = ("grad", "value_and_grad", "vjp")


def is_derivative(obj) -> bool:
    """Whether `obj` is what `grad`, `value_and_grad` or `vjp` makes of a function."""
    return getattr(getattr(obj, "request", None), "mode", "primal") in MODES
