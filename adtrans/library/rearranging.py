"""The elements of arrays in another order or shape: reversed, shifted, repeated, padded, joined, split."""

from __future__ import annotations

from adtrans import types
from adtrans.library.axes import axes_in, axis_in, common, placed, shape
from adtrans.library.registry import Array, defines
from adtrans.library.text import NAMES, along, formula, function


@defines("np.flip", "np.flip(x)", "np.flip(a, 1)", "np.flip(c)", "np.flip(c, axis=(0, -1))", static=("axis",))
def flip(m: Array, axis=None):
    """The elements in reverse order."""
    return formula("m", f"m[{placed(m.ndim, dict.fromkeys(axes_in(axis, m.ndim), '::-1'))}]")


@defines("np.flipud", "np.flipud(x)", "np.flipud(a)")
def flipud(m: Array):
    """The elements in reverse order along the first axis."""
    return formula("m", "m[::-1]")


@defines("np.fliplr", "np.fliplr(a)")
def fliplr(m: Array):
    """The elements in reverse order along the second axis."""
    if m.ndim < 2:
        raise ValueError("at least two axes are needed")
    return formula("m", "m[:, ::-1]")


@defines("np.rot90", "np.rot90(a)", "np.rot90(a, 2)", "np.rot90(a, k=-1)", "np.rot90(a, 4)", static=("k",))
def rot90(m: Array, k=1):
    """A matrix turned by multiples of 90 degrees, from the first axis to the second."""
    if m.ndim != 2:
        raise ValueError("two axes are supported")
    return formula("m", ("m[:]", "m[:, ::-1].T", "m[::-1, ::-1]", "m[::-1].T")[k % 4])


@defines("np.swapaxes", "np.swapaxes(a, 0, 1)", "c.swapaxes(0, -1)", static=("axis1", "axis2"))
def swapaxes(a: Array, axis1, axis2):
    """The array with two axes exchanged."""
    order = list(range(a.ndim))
    first, second = axis_in(axis1, a.ndim), axis_in(axis2, a.ndim)
    order[first], order[second] = second, first
    return formula("a", f"np.transpose(a, {tuple(order)})")


@defines("np.moveaxis", "np.moveaxis(c, 0, -1)", "np.moveaxis(c, (0, 1), (1, 2))", "np.moveaxis(a, 0, 1)",
         static=("source", "destination"))  # fmt: skip
def moveaxis(a: Array, source, destination):
    """The array with axes at other places."""
    sources, places = axes_in(source, a.ndim), axes_in(destination, a.ndim)
    if len(sources) != len(places):
        raise ValueError("source and destination must have as many axes")
    order = [axis for axis in range(a.ndim) if axis not in sources]
    for place, axis in sorted(zip(places, sources, strict=True)):
        order.insert(place, axis)
    return formula("a", f"np.transpose(a, {tuple(order)})")


@defines("np.expand_dims", "np.expand_dims(x, 0)", "np.expand_dims(a, (0, -1))", static=("axis",))
def expand_dims(a: Array, axis):
    """The array with new axes of one element."""
    rank = a.ndim + (len(axis) if isinstance(axis, tuple) else 1)
    return formula("a", f"a[{placed(rank, dict.fromkeys(axes_in(axis, rank), 'np.newaxis'))}]")


@defines("np.squeeze", "np.squeeze(a[:, :1], axis=1)", "np.squeeze(a[:1, :, np.newaxis], axis=(0, 2))",
         static=("axis",))  # fmt: skip
def squeeze(a: Array, axis=None):
    """The array without axes of one element."""
    if axis is None:
        raise ValueError("axis= must say which axes have one element")
    axes = axes_in(axis, a.ndim)
    test = " or ".join(f"a.shape[{k}] != 1" for k in axes)
    return function(
        "def squeeze(a):\n"
        f"    if {test}:\n"
        "        raise ValueError('cannot select an axis to squeeze out which has size not equal to one')\n"
        f"    return a[{placed(a.ndim, dict.fromkeys(axes, '0'))}]\n"
    )


@defines("np.atleast_1d", "np.atleast_1d(x)", "np.atleast_1d(t)")
def atleast_1d(arys):
    """The array; of a number, that of one axis."""
    return formula("arys", "arys[:]" if types.ndim_of(arys) else "np.array((arys,))")


@defines("np.atleast_2d", "np.atleast_2d(x)", "np.atleast_2d(a)", "np.atleast_2d(t)")
def atleast_2d(arys):
    """The array, with a new first axis where it has one only; of a number, that of two axes."""
    rank = types.ndim_of(arys)
    return formula("arys", ("np.array(((arys,),))", "arys[np.newaxis]", "arys[:]")[min(rank, 2)])


@defines("np.asarray", "np.asarray(x)", "np.asarray((t, t * t))", "np.asarray(a, dtype=np.float64)", static=("dtype",))
def asarray(a: Array, dtype=None):
    """The array itself where it has the type."""
    return formula("a", "a[:]" if dtype in (None, types.dtype_name(a)) else f"a.astype(np.{dtype})")


@defines("np.ascontiguousarray", "np.ascontiguousarray(a.T)", static=("dtype",))
def ascontiguousarray(a: Array, dtype=None):
    """A copy of the array."""
    return formula("a", f"a.astype(np.{dtype or types.dtype_name(a)})")


@defines("np.real", "np.real(x)", "a.real")
def real(val):
    """The array itself: its elements are real."""
    return formula("val", "val[:]" if types.ndim_of(val) else "+val")


@defines("np.imag", "np.imag(x) * x", "a.imag")
def imag(val):
    """Zeros: the elements are real."""
    return formula("val", "np.zeros_like(val)" if types.ndim_of(val) else "0 * val")


@defines("np.item", "x[:1].item()", "a.item(5)")
def item(a: Array, args=None):
    """One element, its place counted in C order; that of an array of one element."""
    if args is not None:
        return formula("a, args", "np.ravel(a)[args]")
    test = "a.size != 1"
    return function(
        f"def item(a):\n    if {test}:\n"
        "        raise ValueError('can only convert an array of size 1 to a Python scalar')\n"
        f"    return a[{', '.join(['0'] * a.ndim)}]\n"
    )


# -- repeated and shifted --------------------------------------------------------------------------------------


@defines("np.repeat", "np.repeat(x, 2)", "np.repeat(a, 2, axis=1)", "a.repeat(3)",
         "np.repeat(x, np.array([1, 0, 2, 1]))", static=("axis",))  # fmt: skip
def repeat(a: Array, repeats, axis=None):
    """Each element several times."""
    if axis is None and a.ndim > 1:
        return formula("a, repeats", "np.repeat(np.ravel(a), repeats)")
    axis, dtype = axis_in(0 if axis is None else axis, a.ndim), types.dtype_name(a)
    if types.ndim_of(repeats):
        if a.ndim != 1 or types.ndim_of(repeats) != 1:
            raise ValueError("an array of repeats is supported for one axis")
        return function(
            "def repeat(a, repeats):\n"
            "    if repeats.shape[0] != a.shape[0]:\n"
            "        raise ValueError('operands could not be broadcast together')\n"
            f"    out = np.empty(np.sum(repeats), dtype=np.{dtype})\n"
            "    place = 0\n"
            "    for i in range(a.shape[0]):\n"
            "        for j in range(repeats[i]):\n"
            "            out[place + j] = a[i]\n"
            "        place += repeats[i]\n"
            "    return out\n"
        )
    return along(
        "repeat(a, repeats)",
        (f"out = np.empty({{shape:{{n}} * repeats}}, dtype=np.{dtype})",),
        ("for k in range({n}):", "    for copy in range(repeats):", "        out[@k * repeats + copy] = a[@k]"),
        ("return out",),
        a.ndim,
        axis,
    )


@defines("np.tile", "np.tile(x, 2)", "np.tile(a, (2, 1))", "np.tile(x, (2, 2))", "np.tile(a, 3)")
def tile(A: Array, reps):
    """The array several times, along each axis."""
    counts = [f"reps_{k}" for k in range(len(reps))] if isinstance(reps, types.types.BaseTuple) else ["reps"]
    rank = max(A.ndim, len(counts))
    lengths = ["1"] * (rank - A.ndim) + [f"A.shape[{k}]" for k in range(A.ndim)]
    times = ["1"] * (rank - len(counts)) + counts
    index = ["np.newaxis", "np.newaxis"] * (rank - A.ndim) + ["np.newaxis", ":"] * A.ndim
    pairs = ", ".join(f"{r}, {n}" for r, n in zip(times, lengths, strict=True))
    result = ", ".join(f"{r} * {n}" for r, n in zip(times, lengths, strict=True))
    return function(
        f"def tile(A, {', '.join(counts)}):\n"
        f"    out = np.empty(({pairs}), dtype=np.{types.dtype_name(A)})\n"
        f"    out[:] = A[{', '.join(index)}]\n"
        f"    return np.reshape(out, ({result},))\n"
    )


@defines("np.roll", "np.roll(x, 1)", "np.roll(a, -5)", "np.roll(a, 2, axis=1)", "np.roll(c, 7, axis=-2)",
         static=("axis",))  # fmt: skip
def roll(a: Array, shift, axis=None):
    """The elements shifted, those that leave at one end back at the other."""
    if types.ndim_of(shift) or isinstance(shift, types.types.BaseTuple) or isinstance(axis, tuple):
        raise ValueError("one shift along one axis is supported: call np.roll again for others")
    if axis is None and a.ndim > 1:
        return function(
            f"def roll(a, shift):\n    return np.reshape(np.roll(np.ravel(a), shift), {shape('a', a.ndim)})\n"
        )
    axis = axis_in(0 if axis is None else axis, a.ndim)

    def part(text: str) -> str:
        return f"[{placed(a.ndim, {axis: text})}]"

    return function(
        "def roll(a, shift):\n"
        f"    n = a.shape[{axis}]\n"
        "    first = shift % max(n, 1)\n"
        f"    out = np.empty({shape('a', a.ndim)}, dtype=np.{types.dtype_name(a)})\n"
        f"    out{part('first:')} = a{part(':n - first')}\n"
        f"    out{part(':first')} = a{part('n - first:')}\n"
        "    return out\n"
    )


_SOURCES = {  # of the element at `{p}` of a padded axis that has `{n}` elements inside
    "edge": "min(max({p}, 0), {n} - 1)",
    "wrap": "({p}) % {n}",
    "reflect": "abs(({p} + {n} - 1) % max(2 * ({n} - 1), 1) - {n} + 1)",
    "symmetric": "min(({p}) % (2 * {n}), 2 * {n} - 1 - ({p}) % (2 * {n}))",
}


@defines(
    "np.pad", "np.pad(x, 2)", "np.pad(a, ((1, 2), (0, 1)), constant_values=t)", "np.pad(x, (3, 4), mode='edge')",
    "np.pad(a, 1, mode='wrap')", "np.pad(x, (7, 8), mode='reflect')", "np.pad(a, (2, 3), mode='symmetric')",
    static=("mode",),
)  # fmt: skip
def pad(array: Array, pad_width, mode="constant", constant_values=0):
    """The array with elements added at the ends of its axes."""
    if mode != "constant" and mode not in _SOURCES:
        raise ValueError(f"mode must be 'constant' or one of {', '.join(map(repr, _SOURCES))}")
    names, widths = _widths(array.ndim, pad_width)
    lengths = ", ".join(f"{before} + array.shape[{k}] + {after}" for k, (before, after) in enumerate(widths))
    dtype = types.dtype_name(array)
    if mode == "constant":
        place = ", ".join(f"{before}:{before} + array.shape[{k}]" for k, (before, _) in enumerate(widths))
        return function(
            f"def pad(array, {', '.join(names)}, constant_values):\n"
            f"    out = np.full(({lengths},), constant_values, dtype=np.{dtype})\n"
            f"    out[{place}] = array\n"
            "    return out\n"
        )
    loops = NAMES[: array.ndim]
    empty = " or ".join(f"array.shape[{k}] == 0" for k in range(array.ndim))
    lines = [f"def pad(array, {', '.join(names)}):", f"    if {empty}:"]
    lines += [f"        raise ValueError('can\\'t extend an empty axis using mode {mode}')"]
    lines += [f"    out = np.empty(({lengths},), dtype=np.{dtype})"]
    source = []
    for k, (var, (before, _)) in enumerate(zip(loops, widths, strict=True)):
        indent = "    " * (k + 1)
        lines += [f"{indent}for {var} in range(out.shape[{k}]):"]
        lines += [f"{indent}    from_{k} = {_SOURCES[mode].format(p=f'{var} - {before}', n=f'array.shape[{k}]')}"]
        source += [f"from_{k}"]
    lines += [f"{'    ' * (len(loops) + 1)}out[{', '.join(loops)}] = array[{', '.join(source)}]", "    return out"]
    return function("\n".join(lines) + "\n")


def _widths(ndim: int, pad_width) -> tuple[list[str], list[tuple[str, str]]]:
    """The parameters that the widths are, and for each axis those before and after it."""
    if not isinstance(pad_width, types.types.BaseTuple):
        return ["pad_width"], [("pad_width", "pad_width")] * ndim
    if not isinstance(pad_width[0], types.types.BaseTuple):
        names = [f"pad_width_{k}" for k in range(len(pad_width))]
        if len(names) == 1:
            return names, [(names[0], names[0])] * ndim
        if len(names) == 2:
            return names, [(names[0], names[1])] * ndim
    elif len(pad_width) in (1, ndim) and all(isinstance(t, types.types.BaseTuple) and len(t) == 2 for t in pad_width):
        pairs = [(f"pad_width_{k}_0", f"pad_width_{k}_1") for k in range(len(pad_width))]
        return [name for pair in pairs for name in pair], pairs if len(pairs) == ndim else pairs * ndim
    raise ValueError("pad_width must be a number, (before, after), or such a pair for each axis")


# -- joined ----------------------------------------------------------------------------------------------------


@defines("np.hstack", "np.hstack((x, y))", "np.hstack((a, a[:, :2]))", "np.hstack([x, t])")
def hstack(tup):
    """The arrays one after the other: along the second axis, or the first where they have one."""
    axis = 0 if max(map(types.ndim_of, tup)) < 2 else 1
    return _joined(tup, axis, ("np.array(({0},))", "{0}", "{0}"))


@defines("np.vstack", "np.vstack((x, y))", "np.vstack((a, x, a[:1]))", "np.vstack((t, t))")
def vstack(tup):
    """The arrays one below the other."""
    return _joined(tup, 0, ("np.array((({0},),))", "{0}[np.newaxis]", "{0}"))


@defines("np.column_stack", "np.column_stack((x, y))", "np.column_stack((a, s, a[:, 0]))")
def column_stack(tup):
    """The arrays beside each other, those of one axis as columns."""
    return _joined(tup, 1, ("np.array((({0},),))", "{0}[:, np.newaxis]", "{0}"))


@defines("np.dstack", "np.dstack((x, y))", "np.dstack((a, a * t))")
def dstack(tup):
    """The arrays behind each other, along the third axis."""
    return _joined(tup, 2, ("np.array(((({0},),),))", "{0}[np.newaxis, :, np.newaxis]", "{0}[:, :, np.newaxis]"))


def _joined(tup, axis: int, forms: tuple[str, ...]):
    """The arrays, each in the form for its rank, along `axis`."""
    names = [f"tup_{k}" for k in range(len(tup))]
    parts = [forms[t.ndim if types.ndim_of(t) and t.ndim < len(forms) else 0].format(name)
             if types.ndim_of(t) < len(forms) else name
             for name, t in zip(names, tup, strict=True)]  # fmt: skip
    return formula(", ".join(names), f"np.concatenate(({', '.join(parts)},), axis={axis})")


@defines("np.append", "np.append(x, t)", "np.append(a, x)", "np.append(a, s, axis=1)", static=("axis",))
def append(arr, values, axis=None):
    """The elements of one array, then those of another."""
    if axis is not None:
        return formula("arr, values", f"np.concatenate((arr, values), axis={axis})")
    forms = [("np.array(({0},))", "{0}", "np.ravel({0})")[min(types.ndim_of(t), 2)] for t in (arr, values)]
    return formula("arr, values", f"np.concatenate(({forms[0].format('arr')}, {forms[1].format('values')}))")


@defines("np.delete", "np.delete(x, 1)", "np.delete(a, -1, axis=1)", "np.delete(a, 5)", static=("axis",))
def delete(arr: Array, obj, axis=None):
    """The array without one of its elements, or of its rows."""
    if types.ndim_of(obj) or not isinstance(obj, types.types.Integer):
        raise ValueError("one integer is supported as obj")
    if axis is None and arr.ndim > 1:
        return formula("arr, obj", "np.delete(np.ravel(arr), obj)")
    axis = axis_in(0 if axis is None else axis, arr.ndim)

    def part(text: str) -> str:
        return f"[{placed(arr.ndim, {axis: text})}]"

    return function(
        "def delete(arr, obj):\n"
        f"    n = arr.shape[{axis}]\n"
        "    if obj < -n or obj >= n:\n"
        "        raise IndexError('index is out of bounds')\n"
        "    place = obj + n if obj < 0 else obj\n"
        f"    return np.concatenate((arr{part(':place')}, arr{part('place + 1:')}), axis={axis})\n"
    )


@defines("np.insert", "np.insert(x, 1, t)", "np.insert(x, -1, y)", "np.insert(a, 2, x, axis=0)", static=("axis",))
def insert(arr: Array, obj, values, axis=None):
    """The array with values put in before an element, or a row."""
    if types.ndim_of(obj) or not isinstance(obj, types.types.Integer):
        raise ValueError("one integer is supported as obj")
    if axis is None and arr.ndim > 1:
        return formula("arr, obj, values", "np.insert(np.ravel(arr), obj, values)")
    axis, rank = axis_in(0 if axis is None else axis, arr.ndim), types.ndim_of(values)
    if rank not in (0, max(arr.ndim - 1, 1)):
        raise ValueError("values must be a number, or one row")
    row = "np.empty(1)" if rank == 0 else ""
    dtype = common(arr, values) if common(arr, values) == types.dtype_name(arr) else types.dtype_name(arr)
    count = "values.shape[0]" if arr.ndim == rank == 1 else "1"
    lines = ["def insert(arr, obj, values):", f"    n = arr.shape[{axis}]", "    if obj < -n or obj > n:"]
    lines += ["        raise IndexError('index is out of bounds')", "    place = obj + n if obj < 0 else obj"]
    lines += [f"    out = np.empty({shape('arr', arr.ndim, {axis: f'n + {count}'})}, dtype=np.{dtype})"]
    lines += [f"    out[{placed(arr.ndim, {axis: ':place'})}] = arr[{placed(arr.ndim, {axis: ':place'})}]"]
    middle = "place:place + values.shape[0]" if count != "1" else "place"
    lines += [f"    out[{placed(arr.ndim, {axis: middle})}] = values"]
    after = {axis: f"place + {count}:"}
    lines += [f"    out[{placed(arr.ndim, after)}] = arr[{placed(arr.ndim, {axis: 'place:'})}]", "    return out"]
    return function("\n".join(lines) + "\n")


# -- split -----------------------------------------------------------------------------------------------------


@defines("np.split", "np.split(x, 2)[1]", "np.split(c, (1, 2), axis=1)[1]", "np.split(x, [1])[1]",
         static=("indices_or_sections", "axis"))  # fmt: skip
def split(ary: Array, indices_or_sections, axis=0):
    """The parts of an array, of one length or between positions."""
    return _split("split", ary, indices_or_sections, axis_in(axis, ary.ndim), True)


@defines("np.array_split", "np.array_split(x, 3)[0]", "np.array_split(a, 3, axis=1)[1]",
         static=("indices_or_sections", "axis"))  # fmt: skip
def array_split(ary: Array, indices_or_sections, axis=0):
    """The parts of an array, of lengths that differ by one at most, or between positions."""
    return _split("array_split", ary, indices_or_sections, axis_in(axis, ary.ndim), False)


@defines("np.hsplit", "np.hsplit(x, 2)[1]", "np.hsplit(a, 2)[0]", static=("indices_or_sections",))
def hsplit(ary: Array, indices_or_sections):
    """The parts of an array along the second axis, or the only one."""
    return _split("hsplit", ary, indices_or_sections, min(ary.ndim - 1, 1), True)


@defines("np.vsplit", "np.vsplit(a, 3)[2]", static=("indices_or_sections",))
def vsplit(ary: Array, indices_or_sections):
    """The parts of an array along the first axis."""
    return _split("vsplit", ary, indices_or_sections, 0, True)


def _split(name: str, ary, sections, axis: int, equal: bool):
    lines = [f"def {name}(ary):", f"    n = ary.shape[{axis}]"]
    if isinstance(sections, tuple):
        bounds = ["", *map(str, sections), ""]
    elif equal:
        lines += [f"    if n % {sections} != 0:"]
        lines += ["        raise ValueError('array split does not result in an equal division')"]
        bounds = [f"n // {sections} * {k}" for k in range(sections)] + [""]
    else:
        bounds = [f"n // {sections} * {k} + min({k}, n % {sections})" for k in range(sections)] + [""]
    parts = [placed(ary.ndim, {axis: f"{a}:{b}"}) for a, b in zip(bounds, bounds[1:], strict=False)]
    lines += [f"    return ({', '.join(f'ary[{part}]' for part in parts)},)"]
    return function("\n".join(lines) + "\n")
