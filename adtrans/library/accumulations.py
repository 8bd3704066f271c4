"""Running sums and products, differences, integrals, and sums over neighbours."""

from __future__ import annotations

import numpy as np

from adtrans import types
from adtrans.library.axes import axis_in, common, common_float, summed
from adtrans.library.registry import Array, defines
from adtrans.library.text import along, formula, function


@defines("np.cumsum", "np.cumsum(x)", "np.cumsum(a, axis=0)", "np.cumsum(c, axis=-1)", static=("axis",))
def cumsum(a: Array, axis=None):
    """The running sum of the elements, or along an axis."""
    return _running(a, axis, "cumsum", "0", "+=")


@defines("np.cumprod", "np.cumprod(x)", "np.cumprod(a, axis=1)", "np.cumprod(a)", static=("axis",))
def cumprod(a: Array, axis=None):
    """The running product of the elements, or along an axis."""
    return _running(a, axis, "cumprod", "1", "*=")


def _running(a, axis, name: str, start: str, operator: str):
    if axis is None and a.ndim > 1:
        return formula("a", f"np.{name}(np.ravel(a))")
    dtype = summed(a)
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


@defines("np.diff", "np.diff(x)", "np.diff(a, axis=0)", "np.diff(a, 2)", static=("n", "axis"))
def diff(a: Array, n=1, axis=-1):
    """The differences of neighbours along an axis, so many times."""
    if not isinstance(n, int) or n < 1:
        raise ValueError("n must be at least 1")
    if n > 1:
        return formula("a", f"np.diff(np.diff(a, axis={axis}), n={n - 1}, axis={axis})")
    return along(
        "diff(a)",
        (f"out = np.empty({{shape:max({{n}} - 1, 0)}}, dtype=np.{types.dtype_name(a)})",),
        ("for k in range({n} - 1):", "    out[@k] = a[@k + 1] - a[@k]"),
        ("return out",),
        a.ndim,
        axis_in(axis, a.ndim),
    )


@defines("np.ediff1d", "np.ediff1d(x)", "np.ediff1d(a)")
def ediff1d(ary: Array):
    """The differences of neighbours in C order."""
    return formula("ary", "np.diff(ary)" if ary.ndim == 1 else "np.diff(np.ravel(ary))")


def _trapezoid(name: str, y, x, axis):
    axis, dtype = axis_in(axis, y.ndim), common_float(y) if x is None else common_float(y, x)
    if types.ndim_of(x) not in (1, y.ndim) and x is not None:
        raise ValueError("x needs one axis, or those of y")
    width = "dx" if x is None else "(x[@k + 1] - x[@k])" if x.ndim == y.ndim else "(x[k + 1] - x[k])"
    lengths = [] if x is None else [f"x.shape[{axis if x.ndim == y.ndim else 0}] != {{n}}"]
    if x is not None and x.ndim == y.ndim:
        lengths += [f"x.shape[{k}] != y.shape[{k}]" for k in range(y.ndim) if k != axis]
    checks = [f"if {' or '.join(lengths)}:", "    raise ValueError('the shapes of x and y do not match')"]
    return along(
        f"{name}(y, {'dx' if x is None else 'x'})",
        (*(checks if lengths else ()), *((f"out = np.empty({{rest}}, dtype=np.{dtype})",) if y.ndim > 1 else ())),
        (
            f"total = np.{dtype}(0)",
            "for k in range({n} - 1):",
            f"    total += {width} * (y[@k] + y[@k + 1])",
            *(("out[@] = total / 2",) if y.ndim > 1 else ()),
        ),
        ("return out" if y.ndim > 1 else "return total / 2",),
        y.ndim,
        axis,
        array="y",
    )


@defines("np.trapezoid", "np.trapezoid(y)", "np.trapezoid(y, x)", "np.trapezoid(a, dx=t, axis=0)",
         "np.trapezoid(a, x)", "np.trapezoid(a, a * a, axis=0)", static=("axis",))  # fmt: skip
def trapezoid(y: Array, x=None, dx=1.0, axis=-1):
    """The integral of samples by the trapezoidal rule."""
    return _trapezoid("trapezoid", y, x, axis)


if hasattr(np, "trapz"):

    @defines("np.trapz", "np.trapz(y, x)", static=("axis",))
    def trapz(y: Array, x=None, dx=1.0, axis=-1):
        """The integral of samples by the trapezoidal rule."""
        return _trapezoid("trapz", y, x, axis)


@defines("np.gradient", "np.gradient(x)", "np.gradient(x, t)", "np.gradient(y, np.cumsum(x))")
def gradient(f: Array, varargs=None):
    """The slope at each sample, of second order inside; samples at a distance, or at positions."""
    if f.ndim != 1 or types.ndim_of(varargs) > 1:
        raise ValueError("one axis is supported")
    dtype = common_float(f) if varargs is None else common_float(f, varargs)
    head = "def gradient(f):" if varargs is None else "def gradient(f, varargs):"
    lines = [head, "    n = f.shape[0]", "    if n < 2:"]
    lines += ["        raise ValueError('shape of array too small to calculate a numerical gradient')"]
    lines += [f"    out = np.empty(n, dtype=np.{dtype})"]
    if types.ndim_of(varargs):
        lines += ["    if varargs.shape[0] != n:"]
        lines += ["        raise ValueError('distances must match the length of the array')"]
        lines += ["    for i in range(1, n - 1):"]
        lines += ["        before = varargs[i] - varargs[i - 1]", "        after = varargs[i + 1] - varargs[i]"]
        lines += ["        left = (f[i] - f[i - 1]) / before", "        right = (f[i + 1] - f[i]) / after"]
        lines += ["        out[i] = (after * left + before * right) / (before + after)"]
        lines += ["    out[0] = (f[1] - f[0]) / (varargs[1] - varargs[0])"]
        lines += ["    out[n - 1] = (f[n - 1] - f[n - 2]) / (varargs[n - 1] - varargs[n - 2])", "    return out"]
        return function("\n".join(lines) + "\n")
    one, two = ("", f" / np.{dtype}(2)") if varargs is None else (" / varargs", " / (2 * varargs)")
    lines += ["    for i in range(1, n - 1):", f"        out[i] = (f[i + 1] - f[i - 1]){two}"]
    lines += [f"    out[0] = (f[1] - f[0]){one}", f"    out[n - 1] = (f[n - 1] - f[n - 2]){one}", "    return out"]
    return function("\n".join(lines) + "\n")


# -- over neighbours -------------------------------------------------------------------------------------------


@defines("np.convolve", "np.convolve(x, y[:3])", "np.convolve(y[:2], x, mode='same')",
         "np.convolve(x, y[1:], mode='valid')", static=("mode",))  # fmt: skip
def convolve(a: Array, v: Array, mode="full"):
    """The products of two polynomials' coefficients; of them, those in the middle where `mode` says so."""
    return _overlap("convolve", a, v, mode, "v[j]", "(shorter - 1) // 2")


@defines("np.correlate", "np.correlate(x, y[:3])", "np.correlate(y[:3], x, mode='same')", "np.correlate(x, y, 'full')",
         "np.correlate(x, y[:2], 'same')", static=("mode",))  # fmt: skip
def correlate(a: Array, v: Array, mode="valid"):
    """The sums of products of two sequences, one of them shifted."""
    same = "(shorter - 1) // 2 if a.shape[0] >= v.shape[0] else shorter // 2"
    factor = "np.conj(v[v.shape[0] - 1 - j])" if types.is_complex(v) else "v[v.shape[0] - 1 - j]"
    return _overlap("correlate", a, v, mode, factor, same)


def _overlap(name: str, a, v, mode: str, factor: str, same: str):
    if a.ndim != 1 or v.ndim != 1 or mode not in ("full", "same", "valid"):
        raise ValueError("one axis is supported, and mode 'full', 'same' or 'valid'")
    lines = [f"def {name}(a, v):", "    if a.shape[0] == 0 or v.shape[0] == 0:"]
    lines += ["        raise ValueError('neither array can be empty')"]
    lines += [f"    out = np.zeros(a.shape[0] + v.shape[0] - 1, dtype=np.{common(a, v)})"]
    lines += ["    for i in range(a.shape[0]):", "        for j in range(v.shape[0]):"]
    lines += [f"            out[i + j] += a[i] * {factor}"]
    if mode != "full":
        lines += ["    shorter = min(a.shape[0], v.shape[0])"]
        lines += [f"    first = {same if mode == 'same' else 'shorter - 1'}"]
        count = "max(a.shape[0], v.shape[0])" + (" - shorter + 1" if mode == "valid" else "")
        lines += [f"    return out[first:first + {count}]"]
    else:
        lines += ["    return out"]
    return function("\n".join(lines) + "\n")


@defines("np.interp", "np.interp(t, np.cumsum(x), y)", "np.interp(a, np.cumsum(x), y)",
         "np.interp(y, np.cumsum(x) - 1.0, x, left=t, right=2.0)")  # fmt: skip
def interp(x, xp: Array, fp: Array, left=None, right=None):
    """The values at `x` of the lines through the points `xp`, `fp`; outside of them, those at the ends."""
    if xp.ndim != 1 or fp.ndim != 1:
        raise ValueError("xp and fp need one axis")
    ends = "".join(f", {name}={name}" for name, t in (("left", left), ("right", right)) if t is not None)
    params = "".join(f", {name}" for name, t in (("left", left), ("right", right)) if t is not None)
    if types.ndim_of(x) == 0:
        return formula(f"x, xp, fp{params}", f"np.interp(np.array((x,)), xp, fp{ends})[0]")
    if types.ndim_of(x) > 1:
        shape = ", ".join(f"x.shape[{k}]" for k in range(x.ndim))
        return function(
            f"def interp(x, xp, fp{params}):\n    return np.reshape(np.interp(np.ravel(x), xp, fp{ends}), ({shape},))\n"
        )
    return function(
        f"def interp(x, xp, fp{params}):\n"
        "    n = xp.shape[0]\n"
        "    if n == 0 or fp.shape[0] != n:\n"
        "        raise ValueError('fp and xp must have one length, and points')\n"
        "    after = np.searchsorted(xp, x, side='right')\n"
        "    out = np.empty(x.shape[0])\n"
        "    for i in range(x.shape[0]):\n"
        "        k = after[i]\n"
        "        if x[i] != x[i]:\n"
        "            out[i] = x[i]\n"
        "        elif k == 0:\n"
        f"            out[i] = {'fp[0]' if left is None else 'left'}\n"
        "        elif k == n:\n"
        f"            out[i] = {'fp[n - 1]' if right is None else 'fp[n - 1] if x[i] == xp[n - 1] else right'}\n"
        "        else:\n"
        "            slope = (fp[k] - fp[k - 1]) / (xp[k] - xp[k - 1])\n"
        "            out[i] = fp[k - 1] + slope * (x[i] - xp[k - 1])\n"
        "    return out\n"
    )
