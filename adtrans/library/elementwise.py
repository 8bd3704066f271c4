"""Functions of each element that need more than one expression."""

from __future__ import annotations

from adtrans import types
from adtrans.library.axes import common, common_float, shape
from adtrans.library.registry import Array, defines
from adtrans.library.text import NAMES, formula, function


@defines(
    "np.round", "np.round(y, 1) * x", "np.round(y) * x", "np.round(100 * x, -1)", "y.round(2)", static=("decimals",)
)
def round_(a, decimals=0):
    """The number with so many decimals that is nearest."""
    if isinstance(decimals, bool) or not isinstance(decimals, int):
        raise ValueError("decimals must be an integer")
    if types.is_complex(a):
        raise ValueError("complex numbers are not rounded")
    if not types.is_float(a):
        if decimals < 0:
            raise ValueError("integers are not rounded to tens")
        return formula("a", "+a")
    scale = f"np.{types.dtype_name(a)}({10 ** abs(decimals)})"
    if decimals == 0:
        return formula("a", "np.rint(a)")
    return formula("a", f"np.rint(a * {scale}) / {scale}" if decimals > 0 else f"np.rint(a / {scale}) * {scale}")


@defines("np.heaviside", "np.heaviside(y, 0.5) * x", "np.heaviside(x[0] - x[0], t)")
def heaviside(x1, x2):
    """0 for negative, 1 for positive numbers, `x2` for zero."""
    dtype = common_float(x1, x2)
    if types.ndim_of(x1) or types.ndim_of(x2):
        one, zero = f"np.{dtype}(1)", f"np.{dtype}(0)"
        value = f"np.where(x1 > 0, {one}, np.where(x1 < 0, {zero}, np.where(x1 == 0, x2, x1)))"
    else:
        value = (
            f"np.{dtype}(1) if x1 > 0 else np.{dtype}(0) if x1 < 0 else np.{dtype}(x2) if x1 == 0 else np.{dtype}(x1)"
        )
    return function(f"def heaviside(x1, x2):\n    return {value}\n")


@defines("np.polyval", "np.polyval(x, t)", "np.polyval(x, a)", "np.polyval(x, y)")
def polyval(p: Array, x):
    """The value of the polynomial with the coefficients `p`, that of the highest power first."""
    if p.ndim != 1:
        raise ValueError("the coefficients need one axis")
    dtype, axes = common(p, x), NAMES[: types.ndim_of(x)]
    at = f"[{', '.join(axes)}]" if axes else ""
    lines = ["def polyval(p, x):"]
    if axes:
        lines += [f"    out = np.empty({shape('x', len(axes))}, dtype=np.{dtype})"]
    lines += [f"{'    ' * (k + 1)}for {var} in range(x.shape[{k}]):" for k, var in enumerate(axes)]
    inside = "    " * (len(axes) + 1)
    lines += [f"{inside}value = np.{dtype}(0)", f"{inside}for k in range(p.shape[0]):"]
    lines += [f"{inside}    value = value * x{at} + p[k]"]
    lines += [f"{inside}out{at} = value", "    return out"] if axes else ["    return value"]
    return function("\n".join(lines) + "\n")
