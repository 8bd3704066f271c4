"""Integers and truth values found in arrays: places, counts. They have no derivatives."""

from __future__ import annotations

from adtrans import types
from adtrans.library.axes import axis_in
from adtrans.library.registry import Array, Opaque, defines
from adtrans.library.text import along, formula, function


@defines("np.any", "np.any(x > 1.0) * t", "np.any(a > 1.7, axis=0) * x", "np.any(x - x)", static=("axis", "keepdims"))
def any_(a: Array, axis=None, *, keepdims=False):
    """Whether an element is not zero."""
    return formula("a", f"np.sum({_nonzero(a)}, axis={axis}, keepdims={keepdims}) > 0")


@defines("np.all", "np.all(x > 0.1) * t", "np.all(a > 0.4, axis=1)", static=("axis", "keepdims"))
def all_(a: Array, axis=None, *, keepdims=False):
    """Whether no element is zero."""
    return formula("a", f"np.sum(a == 0, axis={axis}, keepdims={keepdims}) == 0")


@defines("np.count_nonzero", "np.count_nonzero(x > 1.0) * t", "np.count_nonzero(a > 1.0, axis=0)",
         static=("axis", "keepdims"))  # fmt: skip
def count_nonzero(a: Array, axis=None, *, keepdims=False):
    """How many elements are not zero."""
    return formula("a", f"np.sum({_nonzero(a)}, axis={axis}, keepdims={keepdims})")


def _nonzero(a) -> str:
    return "a" if isinstance(a.dtype, types.types.Boolean) else "a != 0"


@defines("np.argmax", "x[np.argmax(x)]", "np.argmax(a, axis=0) * x", "np.argmax(a)", static=("axis",))
def argmax(a: Array, axis=None):
    """The place of the greatest element, the first of several; in C order where no axis is given."""
    return _place("argmax", a, axis, ">")


@defines("np.argmin", "x[np.argmin(x)]", "np.argmin(a, axis=-1)", static=("axis",))
def argmin(a: Array, axis=None):
    """The place of the least element, the first of several; in C order where no axis is given."""
    return _place("argmin", a, axis, "<")


def _place(name: str, a, axis, better: str):
    if axis is None and a.ndim > 1:
        return formula("a", f"np.{name}(np.ravel(a))")
    nan = " or (a[@k] != a[@k] and a[@place] == a[@place])" if types.is_float(a) else ""
    rest = a.ndim > 1
    return along(
        f"{name}(a)",
        (
            "if {n} == 0:",
            f"    raise ValueError('attempt to get {name} of an empty sequence')",
            *(("out = np.empty({rest}, dtype=np.int64)",) if rest else ()),
        ),
        (
            "place = 0",
            "for k in range(1, {n}):",
            f"    if a[@k] {better} a[@place]{nan}:",
            "        place = k",
            *(("out[@] = place",) if rest else ()),
        ),
        ("return out" if rest else "return place",),
        a.ndim,
        axis_in(0 if axis is None else axis, a.ndim),
    )


@defines("np.flatnonzero", "np.flatnonzero(x > 1.0)", "np.flatnonzero(a)")
def flatnonzero(a: Array):
    """The places, in C order, of the elements that are not zero."""
    return Opaque("np.flatnonzero", ("a",))


@defines("np.nonzero", "np.nonzero(x > 1.0)[0]", "np.nonzero(a > 1.0)[1]", "np.where(b > 0.0)[0]")
def nonzero(a: Array):
    """The places of the elements that are not zero, those along each axis."""
    if a.ndim > 2:
        raise ValueError("one or two axes are supported")
    if a.ndim == 1:
        return function("def nonzero(a):\n    places = np.flatnonzero(a)\n    return (places,)\n")
    return function(
        "def nonzero(a):\n    places = np.flatnonzero(a)\n    return places // a.shape[1], places % a.shape[1]\n"
    )


@defines("np.searchsorted", "np.searchsorted(np.cumsum(x), t)", "np.searchsorted(np.arange(3.0), a)",
         "np.searchsorted(np.arange(3), np.arange(2), side='right')", static=("side",))  # fmt: skip
def searchsorted(a: Array, v, side="left"):
    """Where values belong in a sorted array: before those that are equal, or after them."""
    if a.ndim != 1 or side not in ("left", "right"):
        raise ValueError("one sorted axis is supported, and side 'left' or 'right'")
    return Opaque("np.searchsorted", ("a", "v"), (("side", side),), types.ndim_of(v), "v" if types.ndim_of(v) else None)


@defines("np.digitize", "np.digitize(x, np.arange(3.0))", "np.digitize(t, np.arange(3.0))",
         "np.digitize(x, np.arange(3.0)[::-1], right=True)", static=("right",))  # fmt: skip
def digitize(x, bins: Array, right=False):
    """The intervals that values are in."""
    if types.ndim_of(x) == 0:
        return formula("x, bins", f"np.digitize(np.array((x,)), bins, right={right})[0]")
    return Opaque("np.digitize", ("x", "bins"), (("right", right),), types.ndim_of(x), "x")


@defines("np.bincount", "np.bincount(np.array([1, 0, 3, 1]))", "np.bincount(np.array([1, 0, 3, 1]), weights=x)",
         "np.bincount(np.array([2]), minlength=4)")  # fmt: skip
def bincount(x: Array, weights=None, minlength=0):
    """How often each integer is there, or the sums of their weights."""
    if x.ndim != 1 or not isinstance(x.dtype, types.types.Integer):
        raise ValueError("integers along one axis are needed")
    lines = [f"def bincount(x{'' if weights is None else ', weights'}, minlength):"]
    if weights is not None:
        lines += ["    if weights.shape[0] != x.shape[0]:"]
        lines += ["        raise ValueError('The weights and list don\\'t have the same length.')"]
    lines += ["    n = minlength", "    for i in range(x.shape[0]):", "        if x[i] < 0:"]
    lines += ["            raise ValueError('\\'list\\' argument must have no negative elements')"]
    lines += ["        n = max(n, x[i] + 1)"]
    lines += [f"    out = np.zeros(n{', dtype=np.int64' if weights is None else ''})"]
    lines += ["    for i in range(x.shape[0]):", f"        out[x[i]] += {'1' if weights is None else 'weights[i]'}"]
    return function("\n".join([*lines, "    return out"]) + "\n")


@defines("np.histogram", "np.histogram(x, 3)[0]", "np.histogram(a, 4)[1]", "np.histogram(x, 2, range=(0.0, 1.0))[0]",
         "np.histogram(x, np.array([0.2, 1.0, 1.5]))[0]")  # fmt: skip
def histogram(a: Array, bins=10, range=None):
    """How many elements are in each interval, and the ends of the intervals."""
    values = "a" if a.ndim == 1 else "np.ravel(a)"
    if types.ndim_of(bins):
        return function(
            "def histogram(a, bins):\n"
            f"    values = {values}\n"
            "    counts = np.zeros(bins.shape[0] - 1, dtype=np.int64)\n"
            "    after = np.searchsorted(bins, values, side='right')\n"
            "    for i in range(values.shape[0]):\n"
            "        k = after[i] - 1 if values[i] == bins[bins.shape[0] - 1] else after[i]\n"
            "        if k > 0 and k < bins.shape[0]:\n"
            "            counts[k - 1] += 1\n"
            "    return counts, bins[:]\n"
        )
    if range is not None and not isinstance(range, types.types.BaseTuple):
        raise ValueError("range must be the two ends")
    ends = "np.min(values), np.max(values)" if range is None else "range_0, range_1"
    return function(
        f"def histogram(a, bins{'' if range is None else ', range_0, range_1'}):\n"
        f"    values = {values}\n"
        f"    low, high = {ends}\n"
        "    around = 0.5 if low == high else 0.0\n"
        "    edges = np.linspace(low - around, high + around, bins + 1)\n"
        "    counts = np.zeros(bins, dtype=np.int64)\n"
        "    after = np.searchsorted(edges, values, side='right')\n"
        "    for i in range(values.shape[0]):\n"
        "        k = after[i] - 1 if values[i] == edges[bins] else after[i]\n"
        "        if k > 0 and k <= bins:\n"
        "            counts[k - 1] += 1\n"
        "    return counts, edges\n"
    )
