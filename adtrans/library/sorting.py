"""Elements in order, and taken by place. The order is a constant of the run: derivatives go with the elements."""

from __future__ import annotations

from adtrans import types
from adtrans.library.axes import axis_in, common_float, placed, shape
from adtrans.library.registry import Array, Opaque, defines
from adtrans.library.text import NAMES, along, formula, function


@defines("np.argsort", "x[np.argsort(x)[0]]", "np.argsort(a, axis=0)", "np.argsort(a, axis=None)", "x.argsort()",
         static=("axis", "kind"))  # fmt: skip
def argsort(a: Array, axis=-1, kind=None):
    """The places of the elements in ascending order, equal ones in the order that they have, NaN last."""
    if a.ndim == 1:
        axis_in(-1 if axis is None else axis, 1)
        return Opaque("np.argsort", ("a",), (("kind", "mergesort"),), like="a")
    if axis is None:
        return formula("a", "np.argsort(np.ravel(a))")
    return along(
        "argsort(a)",
        ("out = np.empty({shape:{n}}, dtype=np.int64)",),
        ("out[@:] = np.argsort(a[@:])",),
        ("return out",),
        a.ndim,
        axis_in(axis, a.ndim),
    )


@defines("np.sort", "np.sort(x)", "np.sort(a, axis=0)", "np.sort(c)", "np.sort(a, axis=None)", static=("axis", "kind"))
def sort(a: Array, axis=-1, kind=None):
    """The elements in ascending order, NaN last."""
    if axis is None:
        return formula("a", "np.sort(np.ravel(a))")
    return along(
        "sort(a)",
        (f"out = np.empty({{shape:{{n}}}}, dtype=np.{types.dtype_name(a)})",),
        ("order = np.argsort(a[@:])", "for k in range({n}):", "    source = order[k]", "    out[@k] = a[@source]"),
        ("return out",),
        a.ndim,
        axis_in(axis, a.ndim),
    )


@defines("np.partition", "np.partition(x, 2)[2]", "np.partition(a, 1, axis=0)[1]", static=("axis",))
def partition(a: Array, kth, axis=-1):
    """The elements with that at `kth` where it is in ascending order; so are all others here."""
    return formula("a", f"np.sort(a, axis={axis})")


@defines("np.argpartition", "x[np.argpartition(x, 2)[2]]", static=("axis",))
def argpartition(a: Array, kth, axis=-1):
    """The places of the elements, that of the element at `kth` in ascending order there; so are all others here."""
    return formula("a", f"np.argsort(a, axis={axis})")


@defines("np.unique", "np.unique(x)", "np.unique(np.round(a))")
def unique(ar: Array):
    """The different elements in ascending order."""
    if ar.ndim > 1:
        return formula("ar", "np.unique(np.ravel(ar))")
    same = "ar[order[i]] == ar[order[i - 1]]"
    if types.is_float(ar):
        same += " or ar[order[i - 1]] != ar[order[i - 1]]"
    return function(
        "def unique(ar):\n"
        "    order = np.argsort(ar)\n"
        "    count = 0\n"
        "    first = np.empty(ar.shape[0], dtype=np.int64)\n"
        "    for i in range(ar.shape[0]):\n"
        f"        if i == 0 or not ({same}):\n"
        "            first[count] = order[i]\n"
        "            count += 1\n"
        f"    out = np.empty(count, dtype=np.{types.dtype_name(ar)})\n"
        "    for i in range(count):\n"
        "        out[i] = ar[first[i]]\n"
        "    return out\n"
    )


@defines("np.take", "np.take(x, [0, 2, 2])", "np.take(a, 1, axis=0)", "np.take(a, np.array([3, 0]), axis=1)",
         "np.take(a, 5)", "x.take(np.array([[0, 1], [-1, 2]]))", static=("axis",))  # fmt: skip
def take(a: Array, indices, axis=None):
    """The elements at places; in C order where no axis is given."""
    if isinstance(indices, types.types.BaseTuple):
        items = ", ".join(f"indices_{k}" for k in range(len(indices)))
        return formula(f"a, {items}", f"np.take(a, np.array(({items},)), axis={axis})")
    if axis is None and a.ndim > 1:
        return formula("a, indices", "np.take(np.ravel(a), indices)")
    axis, rank = axis_in(0 if axis is None else axis, a.ndim), types.ndim_of(indices)
    if not isinstance(types.dtype_of(indices), types.types.Integer):
        raise ValueError("indices must be integers")
    if rank == 0:
        return formula("a, indices", f"a[{placed(a.ndim, {axis: 'indices'})}]")
    before, after, inner = NAMES[:axis], NAMES[axis : a.ndim - 1], [f"k{m}" for m in range(rank)] if rank > 1 else ["k"]
    lengths = [f"a.shape[{n}]" for n in range(axis)] + [f"indices.shape[{m}]" for m in range(rank)]
    lengths += [f"a.shape[{n}]" for n in range(axis + 1, a.ndim)]
    loops = [*before, *inner, *after]
    lines = ["def take(a, indices):", f"    out = np.empty(({', '.join(lengths)},), dtype=np.{types.dtype_name(a)})"]
    lines += [f"{'    ' * (d + 1)}for {v} in range({n}):" for d, (v, n) in enumerate(zip(loops, lengths, strict=True))]
    source = ", ".join([*before, f"indices[{', '.join(inner)}]", *after])
    lines += [f"{'    ' * (len(loops) + 1)}out[{', '.join(loops)}] = a[{source}]", "    return out"]
    return function("\n".join(lines) + "\n")


@defines("np.extract", "np.extract(x > 1.0, y)", "np.extract(a > 1.0, a)")
def extract(condition: Array, arr: Array):
    """The elements where a condition holds, in C order."""
    return formula("condition, arr", "np.take(arr, np.flatnonzero(condition))")


@defines("np.select", "np.select([x > 1.0, y > 0.0], [x * y, x], 0.5)", "np.select((a > 1.0,), (a,))")
def select(condlist, choicelist, default=None):
    """The elements of the first of several arrays whose condition holds."""
    if len(condlist) != len(choicelist) or not len(condlist):
        raise ValueError("as many choices as conditions are needed")
    params = [f"{name}_{k}" for k in range(len(condlist)) for name in ("condlist", "choicelist")]
    text = "default"
    if default is None:
        text = f"np.{types.dtype_name(types.dtype_of(choicelist[0]))}(0)"
    for k in reversed(range(len(condlist))):
        text = f"np.where(condlist_{k}, choicelist_{k}, {text})"
    return formula(", ".join([*params, *([] if default is None else ["default"])]), text)


# -- by rank ---------------------------------------------------------------------------------------------------


@defines("np.median", "np.median(x)", "np.median(a, axis=0)", "np.median(a)", "np.median(a, 1, keepdims=True)",
         static=("axis", "keepdims"))  # fmt: skip
def median(a: Array, axis=None, *, keepdims=False):
    """The element in the middle of those in order, or the mean of the two in the middle."""
    return formula("a", f"np.quantile(a, 0.5, axis={axis}, keepdims={keepdims})")


@defines("np.percentile", "np.percentile(x, 30)", "np.percentile(a, 100 * t, axis=1)", static=("axis", "keepdims"))
def percentile(a: Array, q, axis=None, *, keepdims=False):
    """The values below which a percentage of the elements is, lines between the elements in order."""
    number = f"np.{common_float(a)}(100)"
    if isinstance(q, types.types.BaseTuple):
        return _of_tuple("percentile", q, axis)
    return formula("a, q", f"np.quantile(a, q / {number}, axis={axis}, keepdims={keepdims})")


@defines("np.quantile", "np.quantile(x, t)", "np.quantile(a, 0.25, axis=0)", "np.quantile(x, np.array([0.1, 1.0]))",
         "np.quantile(a, 0.9, keepdims=True)", "np.quantile(x, 0.3, axis=0, keepdims=True)",
         static=("axis", "keepdims"))  # fmt: skip
def quantile(a: Array, q, axis=None, *, keepdims=False):
    """The values below which a fraction of the elements is, lines between the elements in order."""
    if isinstance(q, types.types.BaseTuple):
        return _of_tuple("quantile", q, axis)
    if types.ndim_of(q) > 1 or (types.ndim_of(q) and (keepdims or (axis is not None and a.ndim > 1))):
        raise ValueError("several fractions are supported of all elements, and without keepdims")
    of_all = axis is None or a.ndim == 1
    axis, dtype = axis_in(0 if axis is None else axis, a.ndim), common_float(a)
    if of_all and (a.ndim > 1 or keepdims):
        whole = "np.quantile(np.ravel(a), q)"
        return formula("a, q", f"np.full({(1,) * a.ndim}, {whole})" if keepdims else whole)
    if types.ndim_of(q):
        return function(
            "def quantile(a, q):\n"
            f"    out = np.empty(q.shape[0], dtype=np.{common_float(a, q)})\n"
            "    for i in range(q.shape[0]):\n"
            "        out[i] = np.quantile(a, q[i])\n"
            "    return out\n"
        )
    rest, kept = a.ndim > 1, "np.reshape(out, " + shape("a", a.ndim, {axis: "1"}) + ")"
    return along(
        "quantile(a, q)",
        (
            "if {n} == 0:",
            "    raise ValueError('a quantile of no elements')",
            "if not (q >= 0 and q <= 1):",
            "    raise ValueError('Quantiles must be in the range [0, 1]')",
            "place = q * ({n} - 1)",
            "below = min(int(np.floor(place)), {n} - 1)",
            "above = min(below + 1, {n} - 1)",
            *((f"out = np.empty({{rest}}, dtype=np.{dtype})",) if rest else ()),
        ),
        (
            "order = np.argsort(a[@:])",
            "low, high, last = order[below], order[above], order[{n} - 1]",
            f"value = a[@low] + (a[@high] - a[@low]) * np.{dtype}(place - below)",
            f"{'out[@]' if rest else 'result'} = np.{dtype}(a[@last] if a[@last] != a[@last] else value)",
        ),
        (f"return {kept if keepdims else 'out'}" if rest else "return result",),
        a.ndim,
        axis,
    )


def _of_tuple(name: str, q, axis):
    """The quantiles of which the fractions are written out."""
    items = ", ".join(f"q_{k}" for k in range(len(q)))
    return formula(f"a, {items}", f"np.{name}(a, np.array(({items},)), axis={axis})")
