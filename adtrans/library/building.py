"""Arrays from numbers and from patterns: grids, identities, products of all pairs."""

from __future__ import annotations

from adtrans import types
from adtrans.library.axes import common, common_float, params, plus, positive, shape
from adtrans.library.registry import Array, defines
from adtrans.library.text import NAMES, formula, function


@defines("np.outer", "np.outer(x, y)", "np.outer(a, x)")
def outer(a: Array, b: Array):
    """The products of all pairs."""
    first, second = (name if t.ndim == 1 else f"np.ravel({name})" for name, t in (("a", a), ("b", b)))
    return function(f"def outer(a, b):\n    return {first}[:, np.newaxis] * {second}\n")


@defines("np.kron", "np.kron(x, y)", "np.kron(a, b)", "np.kron(x, a)")
def kron(a: Array, b: Array):
    """The products of all pairs, in blocks: each element of `a` times all of `b`."""
    rank = max(a.ndim, b.ndim)
    lengths = [[f"{name}.shape[{k - rank + t.ndim}]" if k >= rank - t.ndim else "1" for k in range(rank)]
               for name, t in (("a", a), ("b", b))]  # fmt: skip
    first, second = (_spread(name, t.ndim, rank, k) for k, (name, t) in enumerate((("a", a), ("b", b))))
    result = ", ".join(f"{n} * {m}" if n != "1" else m for n, m in zip(*lengths, strict=True))
    return function(f"def kron(a, b):\n    return np.reshape({first} * {second}, ({result},))\n")


def _spread(name: str, ndim: int, rank: int, place: int) -> str:
    """The array with its axes at `place` of pairs of axes."""
    pairs = [[":" if k >= rank - ndim else "np.newaxis", "np.newaxis"][:: 1 if place == 0 else -1] for k in range(rank)]
    return f"{name}[{', '.join(item for pair in pairs for item in pair)}]"


@defines("np.linspace", "np.linspace(t, x[0], 5)", "np.linspace(0, 1, 4, endpoint=False) * t",
         "np.linspace(t, 2 * t, 1)", "np.linspace(t, 2.0, 0)", static=("endpoint", "dtype"))  # fmt: skip
def linspace(start, stop, num=50, endpoint=True, *, dtype=None):
    """Numbers at equal distances."""
    if types.ndim_of(start) or types.ndim_of(stop):
        raise ValueError("start and stop must be numbers")
    dtype = dtype or common_float(start, stop)
    return function(
        "def linspace(start, stop, num):\n"
        f"    step = (stop - start) / max(num{' - 1' if endpoint else ''}, 1)\n"
        f"    out = np.empty(num, dtype=np.{dtype})\n"
        "    for i in range(num):\n"
        "        out[i] = start + i * step\n"
        + ("    if num > 1:\n        out[num - 1] = stop\n" if endpoint else "")
        + "    return out\n"
    )


@defines("np.logspace", "np.logspace(t, x[0], 5)", "np.logspace(0, t, 4, base=x[1])")
def logspace(start, stop, num=50, *, base=10.0):
    """Powers of a base whose exponents are at equal distances."""
    given = "start, stop" + ("" if num == 50 else ", num") + ("" if base == 10.0 else ", base")
    return formula(
        given, f"{'10.0' if base == 10.0 else 'base'} ** np.linspace(start, stop{'' if num == 50 else ', num'})"
    )


@defines("np.geomspace", "np.geomspace(t, x[0], 5)", "np.geomspace(-t, -2.0, 3)")
def geomspace(start, stop, num=50):
    """Numbers of which each is the same number of times the one before."""
    return function(
        "def geomspace(start, stop, num):\n"
        "    ratio = stop / start\n"
        f"    out = np.empty(num, dtype=np.{common_float(start, stop)})\n"
        "    for i in range(num):\n"
        "        out[i] = start * ratio ** (i / max(num - 1, 1))\n"
        "    if num > 1:\n"
        "        out[num - 1] = stop\n"
        "    return out\n"
    )


@defines("np.eye", "np.eye(3) @ a", "np.eye(3, 4, 1) * a", "np.eye(3, 4, k=-1) * a", "np.eye(4, k=int(t)) @ x",
         static=("dtype",), known=("k",))  # fmt: skip
def eye(N, M=None, k=0, dtype="float64"):
    """Ones on a diagonal, zeros elsewhere."""
    columns = "N" if M is None else "M"
    last = (
        "N"
        if columns == "N" and k == 0
        else f"min(N, {plus(columns, 'k', -k) if isinstance(k, int) else f'{columns} - k'})"
    )
    return function(
        f"def eye({params('N' if M is None else 'N, M', k=k)}):\n"
        f"    out = np.zeros((N, {columns}), dtype=np.{dtype})\n"
        f"    for i in range({positive('k', k, -1)}, {last}):\n"
        f"        out[i, {plus('i', 'k', k)}] = 1\n"
        "    return out\n"
    )


@defines("np.identity", "np.identity(3) @ a", static=("dtype",))
def identity(n, dtype="float64"):
    """Ones on the diagonal, zeros elsewhere."""
    return formula("n", f"np.eye(n, dtype=np.{dtype})")


@defines("np.diag", "np.diag(x)", "np.diag(a)", "np.diag(x, 1)", "np.diag(x, k=-2)", "np.diag(a, -1)", "np.diag(b, -2)",
         "np.diag(x, int(t))", known=("k",))  # fmt: skip
def diag(v: Array, k=0):
    """A matrix with these elements on a diagonal; of a matrix, its diagonal."""
    if v.ndim == 2:
        return formula(params("v", k=k), f"np.diagonal(v, {k if isinstance(k, int) else 'k'})")
    if v.ndim != 1:
        raise ValueError("one or two axes are supported")
    size = plus("v.shape[0]", "abs(k)", abs(k) if isinstance(k, int) else k)
    row, column = (_beside("i", positive("k", k, sign)) for sign in (-1, 1))
    return function(
        f"def diag({params('v', k=k)}):\n"
        f"    out = np.zeros(({size}, {size}), dtype=np.{types.dtype_name(v)})\n"
        "    for i in range(v.shape[0]):\n"
        f"        out[{row}, {column}] = v[i]\n"
        "    return out\n"
    )


def _beside(text: str, distance: str) -> str:
    return text if distance == "0" else f"{text} + {distance}"


@defines("np.diagonal", "np.diagonal(a)", "a.diagonal(1)", "np.diagonal(s, offset=-2)", "np.diagonal(a, 9)",
         "np.diagonal(a, -int(t))", known=("offset",))  # fmt: skip
def diagonal(a: Array, offset=0):
    """The elements on a diagonal of a matrix."""
    if a.ndim != 2:
        raise ValueError("two axes are supported")
    down, right = positive("offset", offset, -1), positive("offset", offset)
    lengths = [f"a.shape[{k}]" if d == "0" else f"a.shape[{k}] - {d}" for k, d in enumerate((down, right))]
    length = f"min({', '.join(lengths)})"
    return function(
        f"def diagonal({params('a', offset=offset)}):\n"
        f"    out = np.empty({length if offset == 0 else f'max({length}, 0)'}, dtype=np.{types.dtype_name(a)})\n"
        "    for i in range(out.shape[0]):\n"
        f"        out[i] = a[{_beside('i', down)}, {_beside('i', right)}]\n"
        "    return out\n"
    )


@defines("np.trace", "np.trace(a)", "s.trace()", "np.trace(a, 1)", "np.trace(a, int(t))", known=("offset",))
def trace(a: Array, offset=0):
    """The sum of the elements on a diagonal of a matrix."""
    value = offset if isinstance(offset, int) else "offset"
    return formula(params("a", offset=offset), f"np.sum(np.diagonal(a, {value}))")


@defines("np.tri", "np.tri(3, 4) * a", "np.tri(3, k=-1) @ a", static=("dtype",), known=("k",))
def tri(N, M=None, k=0, dtype="float64"):
    """Ones on and below a diagonal, zeros above."""
    columns = "N" if M is None else "M"
    return function(
        f"def tri({params('N' if M is None else 'N, M', k=k)}):\n"
        f"    out = np.zeros((N, {columns}), dtype=np.{dtype})\n"
        "    for i in range(N):\n"
        f"        for j in range({_up_to('i', k, columns)}):\n"
        "            out[i, j] = 1\n"
        "    return out\n"
    )


def _up_to(row: str, k, columns: str) -> str:
    """The text of how many elements of a row are on and below the diagonal `k`."""
    count = plus(row, "k + 1", k + 1 if isinstance(k, int) else k)
    return f"min({count if isinstance(k, int) and k >= -1 else f'max({count}, 0)'}, {columns})"


@defines("np.tril", "np.tril(a)", "np.tril(c, 1)", "np.tril(s, k=-1)", "np.tril(s, k=int(-3 * t))", known=("k",))
def tril(m: Array, k=0):
    """The elements on and below a diagonal, zeros above."""
    return _triangle("tril", m, k, "{0}", k)


@defines("np.triu", "np.triu(a)", "np.triu(c, -1)", "np.triu(s, k=1)", "np.triu(s, k=int(3 * t))", known=("k",))
def triu(m: Array, k=0):
    """The elements on and above a diagonal, zeros below."""
    return _triangle("triu", m, k, "{0}, m.shape[{1}]", k - 1 if isinstance(k, int) else k)


def _triangle(name: str, m, k, columns: str, last):
    """The elements of `m` in the `columns`, of {0} up to the diagonal `last` and {1} the last axis, zeros elsewhere."""
    if m.ndim < 2:
        raise ValueError("at least two axes are needed")
    rows, axis = NAMES[: m.ndim - 1], m.ndim - 1
    count = _up_to(rows[-1], last, f"m.shape[{axis}]")
    if name == "triu" and not isinstance(k, int):
        count = f"min(max({rows[-1]} + k, 0), m.shape[{axis}])"
    lines = [f"def {name}({params('m', k=k)}):"]
    lines += [f"    out = np.zeros({shape('m', m.ndim)}, dtype=np.{types.dtype_name(m)})"]
    lines += [f"{'    ' * (d + 1)}for {var} in range(m.shape[{d}]):" for d, var in enumerate(rows)]
    lines += [f"{'    ' * m.ndim}for column in range({columns.format(count, axis)}):"]
    at = ", ".join([*rows, "column"])
    lines += [f"{'    ' * (m.ndim + 1)}out[{at}] = m[{at}]", "    return out"]
    return function("\n".join(lines) + "\n")


@defines("np.vander", "np.vander(x)", "np.vander(x, 3)", "np.vander(x, increasing=True)", "np.vander(x, 0)",
         static=("increasing",))  # fmt: skip
def vander(x: Array, N=None, increasing=False):
    """The powers of the elements, those of each in a row."""
    if x.ndim != 1:
        raise ValueError("one axis is supported")
    count = "x.shape[0]" if N is None else "N"
    place, dtype = "j" if increasing else f"{count} - 1 - j", common(x, types.types.int64)
    return function(
        f"def vander(x{'' if N is None else ', N'}):\n"
        f"    out = np.empty((x.shape[0], {count}), dtype=np.{dtype})\n"
        "    for i in range(x.shape[0]):\n"
        f"        power = np.{dtype}(1)\n"
        f"        for j in range({count}):\n"
        f"            out[i, {place}] = power\n"
        "            power *= x[i]\n"
        "    return out\n"
    )


@defines("np.meshgrid", "np.meshgrid(x, y)[0]", "np.meshgrid(x, y[1:], indexing='ij')[1]",
         "np.meshgrid(x, y[:3], x[:2])[1]", static=("indexing",), rest="xi")  # fmt: skip
def meshgrid(xi, indexing="xy"):
    """The coordinates of the points of a grid, an array for each axis."""
    if indexing not in ("xy", "ij") or not 1 <= len(xi) <= 5 or any(types.ndim_of(t) != 1 for t in xi):
        raise ValueError("up to five arrays of one axis are supported, and indexing 'xy' or 'ij'")
    order = list(range(len(xi)))
    if indexing == "xy" and len(xi) > 1:
        order[:2] = 1, 0
    lengths = ", ".join(f"xi_{k}.shape[0]" for k in order)
    lines = [f"def meshgrid({', '.join(f'xi_{k}' for k in range(len(xi)))}):"]
    for k, t in enumerate(xi):
        index = ", ".join(":" if axis == k else "np.newaxis" for axis in order)
        lines += [
            f"    grid_{k} = np.empty(({lengths},), dtype=np.{types.dtype_name(t)})",
            f"    grid_{k}[:] = xi_{k}[{index}]",
        ]
    lines += [f"    return ({', '.join(f'grid_{k}' for k in range(len(xi)))},)"]
    return function("\n".join(lines) + "\n")


@defines("np.broadcast_to", "np.broadcast_to(x, (3, 4))", "np.broadcast_to(t, 3)", "np.broadcast_to(x, a.shape)")
def broadcast_to(array, shape):
    """The array repeated along axes that it lacks, or has with one element, to a shape."""
    lengths = [f"shape_{k}" for k in range(len(shape))] if isinstance(shape, types.types.BaseTuple) else ["shape"]
    if types.ndim_of(array) > len(lengths):
        raise ValueError(f"an array of {types.ndim_of(array)} axes does not fit into {len(lengths)}")
    return function(
        f"def broadcast_to(array, {', '.join(lengths)}):\n"
        f"    out = np.empty(({', '.join(lengths)},), dtype=np.{types.dtype_name(array)})\n"
        "    out[:] = array\n"
        "    return out\n"
    )
