"""Places in matrices: triangles and diagonals; and elements at places along an axis."""

from __future__ import annotations

from adtrans.library.axes import axis_in, params, placed, plus
from adtrans.library.registry import Array, defines
from adtrans.library.text import NAMES, formula, function


@defines("np.tril_indices", "np.tril_indices(3)[0]", "s[np.tril_indices(3)]", "a[np.tril_indices(3, 1, 4)]",
         "s[np.tril_indices(3, -1)]", known=("k",))  # fmt: skip
def tril_indices(n, k=0, m=None):
    """The rows and the columns of the elements on and below a diagonal."""
    return _indices("tril", k, m, "j <= {0}")


@defines("np.triu_indices", "np.triu_indices(3)[1]", "s[np.triu_indices(3, 1)]", "a[np.triu_indices(3, m=4)]",
         known=("k",))  # fmt: skip
def triu_indices(n, k=0, m=None):
    """The rows and the columns of the elements on and above a diagonal."""
    return _indices("triu", k, m, "j >= {0}")


def _indices(name: str, k, m, test: str):
    columns, diagonal = "n" if m is None else "m", plus("i", "k", k)
    return function(
        f"def {name}_indices({params('n' if m is None else 'n, m', k=k)}):\n"
        f"    rows = np.empty(n * {columns}, dtype=np.int64)\n"
        f"    columns = np.empty(n * {columns}, dtype=np.int64)\n"
        "    count = 0\n"
        "    for i in range(n):\n"
        f"        for j in range({columns}):\n"
        f"            if {test.format(diagonal)}:\n"
        "                rows[count] = i\n"
        "                columns[count] = j\n"
        "                count += 1\n"
        "    return rows[:count], columns[:count]\n"
    )


@defines("np.tril_indices_from", "a[np.tril_indices_from(a)]", "np.tril_indices_from(s, -1)[0]")
def tril_indices_from(arr: Array, k=0):
    """The rows and the columns of the elements of a matrix on and below a diagonal."""
    return _indices_from("tril", arr)


@defines("np.triu_indices_from", "a[np.triu_indices_from(a, 1)]")
def triu_indices_from(arr: Array, k=0):
    """The rows and the columns of the elements of a matrix on and above a diagonal."""
    return _indices_from("triu", arr)


def _indices_from(name: str, arr):
    if arr.ndim != 2:
        raise ValueError("two axes are needed")
    return function(
        f"def {name}_indices_from(arr, k):\n"
        f"    rows, columns = np.{name}_indices(arr.shape[0], k, arr.shape[1])\n"
        "    return rows, columns\n"
    )


@defines("np.diag_indices", "s[np.diag_indices(3)]")
def diag_indices(n):
    """The rows and the columns of the elements on the diagonal of a matrix."""
    return function("def diag_indices(n):\n    return np.arange(n), np.arange(n)\n")


@defines("np.argwhere", "np.argwhere(a > 1.0)", "np.argwhere(x)")
def argwhere(a: Array):
    """The places of the elements that are not zero, those of each in a row."""
    if a.ndim == 1:
        return formula("a", "np.flatnonzero(a)[:, np.newaxis]")
    return function(
        "def argwhere(a):\n    rows, columns = np.nonzero(a)\n    return np.stack((rows, columns), axis=1)\n"
    )


@defines("np.take_along_axis", "np.take_along_axis(a, np.argsort(a, axis=1), 1)",
         "np.take_along_axis(a, np.argsort(a, axis=0)[:2], axis=0)", "np.take_along_axis(x, np.argsort(x), axis=0)",
         static=("axis",))  # fmt: skip
def take_along_axis(arr: Array, indices: Array, axis):
    """The elements at places along an axis, others in each row."""
    if arr.ndim != indices.ndim:
        raise ValueError("arr and indices need as many axes")
    axis, axes = axis_in(axis, arr.ndim), NAMES[: arr.ndim]
    lengths = [f"{'indices' if k == axis else 'arr'}.shape[{k}]" for k in range(arr.ndim)]
    lines = ["def take_along_axis(arr, indices):"]
    if others := " or ".join(f"indices.shape[{k}] != arr.shape[{k}]" for k in range(arr.ndim) if k != axis):
        lines += [f"    if {others}:", "        raise ValueError('the shapes of arr and indices do not match')"]
    lines += [f"    out = np.empty(({', '.join(lengths)},), dtype=arr.dtype)"]
    lines += [f"{'    ' * (k + 1)}for {var} in range({lengths[k]}):" for k, var in enumerate(axes)]
    source = placed(arr.ndim, {k: f"indices[{', '.join(axes)}]" if k == axis else var for k, var in enumerate(axes)})
    lines += [f"{'    ' * (arr.ndim + 1)}out[{', '.join(axes)}] = arr[{source}]", "    return out"]
    return function("\n".join(lines) + "\n")
