"""Arrays as sets of their elements."""

from __future__ import annotations

from adtrans.library.registry import Array, defines
from adtrans.library.text import NAMES, formula, function

MIXED = "np.array([1, 3, 1, 7])"  # in tests


@defines("np.isin", f"np.isin({MIXED}, [1, 7])", "np.isin(np.round(a), np.round(x), invert=True)", static=("invert",))
def isin(element: Array, test_elements: Array, *, invert=False):
    """Which elements are among others."""
    axes = NAMES[: element.ndim]
    at, others = ", ".join(axes), "test_elements" if test_elements.ndim == 1 else "np.ravel(test_elements)"
    lengths = ", ".join(f"element.shape[{k}]" for k in range(element.ndim))
    inside = "    " * (element.ndim + 1)
    lines = ["def isin(element, test_elements):", f"    others = {others}"]
    lines += [f"    out = np.full(({lengths},), {invert})"]
    lines += [f"{'    ' * (k + 1)}for {var} in range(element.shape[{k}]):" for k, var in enumerate(axes)]
    lines += [f"{inside}for other in others:", f"{inside}    if element[{at}] == other:"]
    lines += [f"{inside}        out[{at}] = {not invert}", "    return out"]
    return function("\n".join(lines) + "\n")


@defines("np.union1d", "np.union1d(np.round(x), y)", "np.union1d(a, x)")
def union1d(ar1: Array, ar2: Array):
    """The different elements of two arrays in ascending order."""
    return formula("ar1, ar2", "np.unique(np.append(ar1, ar2))")


@defines("np.intersect1d", "np.intersect1d(np.append(x, t), x)")
def intersect1d(ar1: Array, ar2: Array):
    """The different elements that two arrays have in common, in ascending order."""
    return _among(ar1, "intersect1d", "False")


@defines("np.setdiff1d", "np.setdiff1d(np.append(x, y), x)")
def setdiff1d(ar1: Array, ar2: Array):
    """The different elements that the first array has alone, in ascending order."""
    return _among(ar1, "setdiff1d", "True")


@defines("np.setxor1d", "np.setxor1d(np.append(x, t), x)", "np.setxor1d(x, y)")
def setxor1d(ar1: Array, ar2: Array):
    """The different elements that one of two arrays has alone, in ascending order."""
    return function(
        "def setxor1d(ar1, ar2):\n    return np.sort(np.append(np.setdiff1d(ar1, ar2), np.setdiff1d(ar2, ar1)))\n"
    )


def _among(ar1, name: str, invert: str):
    return function(
        f"def {name}(ar1, ar2):\n    found = np.unique(ar1)\n    return found[np.isin(found, ar2, invert={invert})]\n"
    )


@defines("np.trim_zeros", "np.trim_zeros(np.where(x > 1.0, x, 0.0))", "np.trim_zeros(x - x)",
         "np.trim_zeros(np.where(x < 1.0, x, 0.0), 'b')", static=("trim",))  # fmt: skip
def trim_zeros(filt: Array, trim="fb"):
    """The array without zeros at its ends."""
    if filt.ndim != 1 or set(trim.lower()) - set("fb"):
        raise ValueError("one axis is supported, and trim of 'f' and 'b'")
    lines = ["def trim_zeros(filt):", "    first, last = 0, filt.shape[0]"]
    if "f" in trim.lower():
        lines += ["    while first < last and filt[first] == 0:", "        first += 1"]
    if "b" in trim.lower():
        lines += ["    while last > first and filt[last - 1] == 0:", "        last -= 1"]
    return function("\n".join([*lines, "    return filt[first:last]"]) + "\n")
