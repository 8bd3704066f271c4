"""Variances and the like."""

from __future__ import annotations

from adtrans.library.registry import defines
from adtrans.library.text import function


@defines(
    "np.var", "np.var(x)", "np.var(a, axis=0, ddof=1)", "np.var(a, axis=1, keepdims=True)", "np.var(c, axis=(0, 2))",
    static=("axis", "ddof", "keepdims"),
)  # fmt: skip
def var(a, axis=None, ddof=0, keepdims=False):
    """The variance, of all elements or along an axis."""
    return function(_var("var", a, axis, ddof, keepdims, "{0}"))


@defines("np.std", "np.std(x)", "np.std(a, axis=1)", static=("axis", "ddof", "keepdims"))
def std(a, axis=None, ddof=0, keepdims=False):
    """The standard deviation, of all elements or along an axis."""
    return function(_var("std", a, axis, ddof, keepdims, "np.sqrt({0})"))


def _var(name: str, a, axis, ddof, keepdims: bool, result: str) -> str:
    axes = range(a.ndim) if axis is None else axis if isinstance(axis, tuple) else (axis,)
    count = " * ".join(f"a.shape[{k}]" for k in axes) + (f" - {ddof}" if ddof else "")
    value = f"np.sum(centred * centred, axis={axis}, keepdims={keepdims}) / ({count})"
    return (
        f"def {name}(a):\n    centred = a - np.mean(a, axis={axis}, keepdims=True)\n    return {result.format(value)}\n"
    )


@defines("np.ptp", "np.ptp(x)", "np.ptp(a, axis=0)", static=("axis", "keepdims"))
def ptp(a, axis=None, keepdims=False):
    """The greatest element minus the least."""
    options = f"axis={axis}, keepdims={keepdims}"
    return function(f"def ptp(a):\n    return np.max(a, {options}) - np.min(a, {options})\n")
