"""Running sums and products, differences, integrals."""

from __future__ import annotations

from adtrans import types
from adtrans.library.axes import axis_in
from adtrans.library.registry import defines
from adtrans.library.text import along


@defines("np.cumsum", "np.cumsum(x)", "np.cumsum(a, axis=0)", "np.cumsum(c, axis=-1)", static=("axis",))
def cumsum(a, axis=None):
    """The running sum of the elements, or along an axis."""
    return _running(a, axis, "cumsum", "0", "+=")


@defines("np.cumprod", "np.cumprod(x)", "np.cumprod(a, axis=1)", static=("axis",))
def cumprod(a, axis=None):
    """The running product of the elements, or along an axis."""
    return _running(a, axis, "cumprod", "1", "*=")


def _running(a, axis, name: str, start: str, operator: str):
    if axis is None and a.ndim > 1:
        raise ValueError(f"np.{name} of a {a.ndim}-d array needs an axis: write np.{name}(np.ravel(a))")
    dtype = types.dtype_name(a) if types.is_float(a) else "int64"
    return along(
        f"{name}(a)",
        (f"out = np.empty({{shape:{{n}}}}, dtype=np.{dtype})",),
        (
            f"total = np.{dtype}({start})",
            "for k in range({n}):",
            f"    total {operator} a[@k]",
            "    out[@k] = total",
        ),
        ("return out",),
        a.ndim,
        axis_in(0 if axis is None else axis, a.ndim),
    )


@defines("np.diff", "np.diff(x)", "np.diff(a, axis=0)", static=("n", "axis"))
def diff(a, n=1, axis=-1):
    """The differences of neighbours along an axis."""
    if n != 1:
        raise ValueError("n must be 1: call np.diff again for higher differences")
    return along(
        "diff(a)",
        (f"out = np.empty({{shape:max({{n}} - 1, 0)}}, dtype=np.{types.dtype_name(a)})",),
        ("for k in range({n} - 1):", "    out[@k] = a[@k + 1] - a[@k]"),
        ("return out",),
        a.ndim,
        axis_in(axis, a.ndim),
    )
