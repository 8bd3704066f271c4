"""Variances, averages, and what leaves out NaN."""

from __future__ import annotations

from adtrans import types
from adtrans.library.axes import as_type, axes_in, axis_in, real_float
from adtrans.library.registry import Array, defines
from adtrans.library.text import formula, function, size


@defines(
    "np.var", "np.var(x)", "np.var(a, axis=0, ddof=1)", "np.var(a, axis=1, keepdims=True)", "np.var(c, axis=(0, 2))",
    static=("axis", "ddof", "keepdims"),
)  # fmt: skip
def var(a: Array, axis=None, *, ddof=0, keepdims=False):
    """The variance, of all elements or along an axis."""
    return function(_var("var", a, axis, ddof, keepdims, "variance"))


@defines(
    "np.std",
    "np.std(x)",
    "np.std(a, axis=1)",
    "np.std(a[:1], axis=0) + x",
    "np.std(x[:1]) + t",
    static=("axis", "ddof", "keepdims"),
)
def std(a: Array, axis=None, *, ddof=0, keepdims=False):
    """The standard deviation, of all elements or along an axis."""
    return function(_var("std", a, axis, ddof, keepdims, _deviation(a, axis, keepdims)))


def _var(name: str, a, axis, ddof, keepdims: bool, result: str) -> str:
    count = " * ".join(f"a.shape[{k}]" for k in axes_in(axis, a.ndim))
    count = f"max({count} - {ddof}, 0)" if ddof else count
    value = f"np.sum({_square(a)}, axis={axis}, keepdims={keepdims}) / {_number(a, count)}"
    return (
        f"def {name}(a):\n"
        f"    centred = a - np.mean(a, axis={axis}, keepdims=True)\n"
        f"    variance = {value}\n"
        f"    return {result}\n"
    )


def _deviation(a, axis, keepdims: bool) -> str:
    """The standard deviation, of the variance."""
    return size("variance", len(axes_in(axis, a.ndim)) == a.ndim and not keepdims)


def _square(a) -> str:
    """The square of the size of the differences from the mean."""
    return "np.abs(centred) ** 2" if types.is_complex(a) else "centred * centred"


def _has_nan(a) -> bool:
    """Whether elements of this type can be NaN."""
    return types.is_float(types.part_type(a))


def _number(a, text: str) -> str:
    """A count in the type of means of `a`, so that float32 stays what it is."""
    return f"np.{real_float(a)}({text})"


@defines("np.ptp", "np.ptp(x)", "np.ptp(a, axis=0)", static=("axis", "keepdims"))
def ptp(a: Array, axis=None, *, keepdims=False):
    """The greatest element minus the least."""
    options = f"axis={axis}, keepdims={keepdims}"
    return function(f"def ptp(a):\n    return np.max(a, {options}) - np.min(a, {options})\n")


@defines(
    "np.average", "np.average(a, weights=a * a)", "np.average(a, axis=0)", "np.average(a, axis=1, weights=np.exp(y))",
    "np.average(x, weights=np.arange(4))", static=("axis", "keepdims"),
)  # fmt: skip
def average(a: Array, axis=None, weights=None, *, keepdims=False):
    """The mean, of elements with weights if they are given."""
    options = f"axis={axis}, keepdims={keepdims}"
    if weights is None:
        return formula("a", f"np.mean(a, {options})")
    if types.ndim_of(weights) == a.ndim:
        checks = [(f"weights.shape[{k}]", f"a.shape[{k}]") for k in range(a.ndim)]
        index = "weights"
    elif types.ndim_of(weights) == 1 and isinstance(axis, int):
        place = axis_in(axis, a.ndim)
        checks = [("weights.shape[0]", f"a.shape[{place}]")]
        index = f"weights[{', '.join(':' if k == place else 'np.newaxis' for k in range(a.ndim))}]"
    else:
        raise ValueError("weights need the shape of a, or one axis and axis= to say which")
    total = f"np.sum(weights, {options})" if index == "weights" else "np.sum(weights)"
    return function(
        "def average(a, weights):\n"
        + "".join(
            f"    if {x} != {y}:\n        raise ValueError('the shapes of weights and a do not match')\n"
            for x, y in checks
        )
        + f"    return np.sum(a * {index}, {options}) / {total}\n"
    )


@defines("np.cov", "np.cov(a)", "np.cov(x, y)", "np.cov(x)", "np.cov(b, rowvar=False, bias=True)", "np.cov(a, ddof=0)",
         static=("rowvar", "bias", "ddof"))  # fmt: skip
def cov(m: Array, y=None, rowvar=True, bias=False, ddof=None):
    """The covariances of variables: of the rows, or of the columns where `rowvar` is false."""
    ddof = ddof if ddof is not None else 0 if bias else 1
    return _covariance("cov", m, y, rowvar, ddof, ())


@defines("np.corrcoef", "np.corrcoef(a)", "np.corrcoef(x, y)", static=("rowvar",))
def corrcoef(x: Array, y=None, rowvar=True):
    """The correlations of variables: of the rows, or of the columns where `rowvar` is false."""
    if x.ndim == 1 and y is None:
        return function("def corrcoef(x):\n    variance = np.var(x)\n    return variance / variance\n")
    lines = ("scale = np.sqrt(np.diag(result))", "result = result / scale[:, np.newaxis] / scale")
    return _covariance("corrcoef", x, y, rowvar, 1, lines)


def _covariance(name: str, x, y, rowvar: bool, ddof: int, after: tuple):
    first = "m" if name == "cov" else "x"
    if x.ndim > 2 or types.ndim_of(y) > 2:
        raise ValueError("at most two axes are supported")
    rows = [_rows(first, x, rowvar), *([] if y is None else [_rows("y", y, rowvar)])]
    observations = rows[0] if len(rows) == 1 else f"np.concatenate(({rows[0]}, {rows[1]}))"
    lines = [f"def {name}({first}{'' if y is None else ', y'}):", f"    rows = {observations}"]
    lines += ["    centred = rows - np.mean(rows, axis=1, keepdims=True)"]
    count = f"max(rows.shape[1] - {ddof}, 0)"
    if x.ndim == 1 and y is None:
        lines += [f"    return np.sum(centred * centred) / {count}"]
    else:
        lines += [
            f"    result = centred @ centred.T / {count}",
            *(f"    {line}" for line in after),
            "    return result",
        ]
    return function("\n".join(lines) + "\n")


def _rows(name: str, t, rowvar: bool) -> str:
    """The variables as rows of float64, as NumPy has them."""
    value = as_type(name, t, "float64")
    return f"{value}[np.newaxis]" if t.ndim == 1 else value if rowvar else f"{value}.T"


# -- without NaN -----------------------------------------------------------------------------------------------

NAN_AT = "np.where(x > 1.0, x, np.nan)"  # in tests


@defines(
    "np.nansum", f"np.nansum({NAN_AT})", "np.nansum(np.where(b > 0, b, np.nan), axis=0)", static=("axis", "keepdims")
)
def nansum(a: Array, axis=None, *, keepdims=False):
    """The sum of the elements that are not NaN."""
    return _without("nansum", a, f"np.sum(kept, axis={axis}, keepdims={keepdims})", "0")


@defines("np.nanprod", f"np.nanprod({NAN_AT})", static=("axis", "keepdims"))
def nanprod(a: Array, axis=None, *, keepdims=False):
    """The product of the elements that are not NaN."""
    return _without("nanprod", a, f"np.prod(kept, axis={axis}, keepdims={keepdims})", "1")


@defines(
    "np.nanmean",
    f"np.nanmean({NAN_AT})",
    "np.nanmean(np.where(a < 1.3, a, np.nan), axis=1)",
    static=("axis", "keepdims"),
)
def nanmean(a: Array, axis=None, *, keepdims=False):
    """The mean of the elements that are not NaN."""
    options = f"axis={axis}, keepdims={keepdims}"
    if not _has_nan(a):
        return formula("a", f"np.mean(a, {options})")
    return _without("nanmean", a, f"np.sum(kept, {options}) / {_number(a, f'np.sum(~np.isnan(a), {options})')}", "0")


@defines(
    "np.nanmax", f"np.nanmax({NAN_AT})", "np.nanmax(np.where(a < 1.3, a, np.nan), axis=0)", static=("axis", "keepdims")
)
def nanmax(a: Array, axis=None, *, keepdims=False):
    """The greatest of the elements that are not NaN."""
    return _nan_extreme("max", a, axis, keepdims, "-np.inf")


@defines("np.nanmin", f"np.nanmin({NAN_AT})", static=("axis", "keepdims"))
def nanmin(a: Array, axis=None, *, keepdims=False):
    """The least of the elements that are not NaN."""
    return _nan_extreme("min", a, axis, keepdims, "np.inf")


def _nan_extreme(kind: str, a, axis, keepdims: bool, fill: str):
    options = f"axis={axis}, keepdims={keepdims}"
    if not _has_nan(a):
        return formula("a", f"np.{kind}(a, {options})")
    dtype = types.dtype_name(a)
    number = f"np.where(np.sum(~np.isnan(a), {options}) > 0, np.{kind}(kept, {options}), np.{dtype}(np.nan))"
    return _without(f"nan{kind}", a, number, fill)


def _without(name: str, a, result: str, fill: str):
    """The `result` of `kept`, which has `fill` for NaN."""
    dtype = types.dtype_name(a)
    kept = f"np.where(np.isnan(a), np.{dtype}({fill}), a)" if _has_nan(a) else "a"
    return function(f"def {name}(a):\n    kept = {kept}\n    return {result}\n")


@defines("np.nanvar", f"np.nanvar({NAN_AT})", "np.nanvar(np.where(b < 1, b, np.nan).T, axis=1, ddof=1)",
         static=("axis", "ddof", "keepdims"))  # fmt: skip
def nanvar(a: Array, axis=None, *, ddof=0, keepdims=False):
    """The variance of the elements that are not NaN."""
    return _nan_var("nanvar", a, axis, ddof, keepdims, "variance")


@defines("np.nanstd", f"np.nanstd({NAN_AT})", static=("axis", "ddof", "keepdims"))
def nanstd(a: Array, axis=None, *, ddof=0, keepdims=False):
    """The standard deviation of the elements that are not NaN."""
    return _nan_var("nanstd", a, axis, ddof, keepdims, _deviation(a, axis, keepdims))


@defines("np.nancumsum", f"np.nancumsum({NAN_AT})", "np.nancumsum(np.where(a < 1.3, a, np.nan), axis=1)",
         static=("axis",))  # fmt: skip
def nancumsum(a: Array, axis=None):
    """The running sum of the elements that are not NaN."""
    return _without("nancumsum", a, f"np.cumsum(kept, axis={axis})", "0")


@defines("np.nancumprod", f"np.nancumprod({NAN_AT})", static=("axis",))
def nancumprod(a: Array, axis=None):
    """The running product of the elements that are not NaN."""
    return _without("nancumprod", a, f"np.cumprod(kept, axis={axis})", "1")


@defines("np.nanquantile", f"np.nanquantile({NAN_AT}, t)", "np.nanquantile(np.where(a < 1.3, a, np.nan), 0.3)")
def nanquantile(a: Array, q):
    """The values below which a fraction of the elements that are not NaN is."""
    return function(
        "def nanquantile(a, q):\n"
        f"    elements = {'a' if a.ndim == 1 else 'np.ravel(a)'}\n"
        "    return np.quantile(elements[~np.isnan(elements)], q)\n"
    )


@defines("np.nanpercentile", f"np.nanpercentile({NAN_AT}, 100 * t)")
def nanpercentile(a: Array, q):
    """The values below which a percentage of the elements that are not NaN is."""
    return formula("a, q", f"np.nanquantile(a, q / np.{real_float(a)}(100))")


@defines("np.nanmedian", f"np.nanmedian({NAN_AT})", "np.nanmedian(a)")
def nanmedian(a: Array):
    """The element in the middle of those that are not NaN in order, or the mean of the two in the middle."""
    return formula("a", "np.nanquantile(a, 0.5)")


def _nan_var(name: str, a, axis, ddof, keepdims: bool, result: str):
    if not _has_nan(a):
        return formula("a", f"np.{name[3:]}(a, axis={axis}, ddof={ddof}, keepdims={keepdims})")
    options = f"axis={axis}, keepdims={keepdims}"
    count = _number(a, f"np.maximum(np.sum(~np.isnan(a), {options}) - {ddof}, 0)")
    value = f"np.sum({_square(a)}, {options}) / {count}"
    return function(
        f"def {name}(a):\n"
        f"    off = a - np.nanmean(a, axis={axis}, keepdims=True)\n"
        f"    centred = np.where(np.isnan(a), np.{types.dtype_name(a)}(0), off)\n"
        f"    variance = {value}\n"
        f"    return {result}\n"
    )
