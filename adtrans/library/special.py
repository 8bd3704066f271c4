"""The functions of arrays in `scipy.special`: exponentials relative to the largest, which is a constant."""

from __future__ import annotations

from adtrans import types
from adtrans.library.axes import axes_in, placed
from adtrans.library.registry import Array, defines
from adtrans.library.text import function


@defines("scipy.special.logsumexp", "scipy.special.logsumexp(x)", "scipy.special.logsumexp(a, axis=0)",
         "scipy.special.logsumexp(c, axis=(0, 2), keepdims=True)", "scipy.special.logsumexp(a, 1, b=x)",
         "scipy.special.logsumexp(1000.0 * x)", static=("axis", "keepdims"))  # fmt: skip
def logsumexp(a: Array, axis=None, b=None, keepdims=False):
    """The logarithm of the sum of exponentials, which may have factors."""
    params, terms = ("a", "np.exp(a - highest)") if b is None else ("a, b", "b * np.exp(a - highest)")
    axes = axes_in(axis, a.ndim)
    whole = keepdims or len(axes) == a.ndim
    shift = "highest" if whole else f"highest[{placed(a.ndim, dict.fromkeys(axes, '0'))}]"
    return function(
        f"def logsumexp({params}):\n"
        f"{_highest('a', a, axis)}"
        f"    return np.log(np.sum({terms}, axis={axis}, keepdims={keepdims})) + {shift}\n"
    )


@defines("scipy.special.softmax", "scipy.special.softmax(x)", "scipy.special.softmax(1000.0 * a, axis=-1)",
         "scipy.special.softmax(c, axis=(0, 1))", static=("axis",))  # fmt: skip
def softmax(x: Array, axis=None):
    """The shares of the elements in the sum of their exponentials."""
    return function(
        "def softmax(x):\n"
        f"{_highest('x', x, axis)}"
        "    shares = np.exp(x - highest)\n"
        f"    return shares / np.sum(shares, axis={axis}, keepdims=True)\n"
    )


@defines("scipy.special.log_softmax", "scipy.special.log_softmax(x)", "scipy.special.log_softmax(1000.0 * a, axis=0)",
         static=("axis",))  # fmt: skip
def log_softmax(x: Array, axis=None):
    """The logarithms of the shares of the elements in the sum of their exponentials."""
    return function(
        "def log_softmax(x):\n"
        f"{_highest('x', x, axis)}"
        "    off = x - highest\n"
        f"    return off - np.log(np.sum(np.exp(off), axis={axis}, keepdims=True))\n"
    )


def _highest(name: str, a, axis) -> str:
    """The statements for the largest elements, or 0 where that is infinite: a number, or with the axes of `name`."""
    keep = len(axes_in(axis, a.ndim)) < a.ndim
    return (
        f"    top = stop_gradient(np.max({name}, axis={axis}, keepdims={keep}))\n"
        f"    highest = np.where(np.isfinite(top), top, np.{types.dtype_name(a)}(0))\n"
    )
