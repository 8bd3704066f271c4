"""The elements of arrays repeated, shifted, and continued at the ends."""

from __future__ import annotations

from typing import Any

from adtrans import types
from adtrans.library.axes import axis_in, shape
from adtrans.library.registry import Array, defines
from adtrans.library.text import NAMES, along, formula, function


@defines("np.repeat", "np.repeat(x, 2)", "np.repeat(a, 2, axis=1)", "a.repeat(3)",
         "np.repeat(x, np.array([1, 0, 2, 1]))", "np.repeat(t, 3)", static=("axis",))  # fmt: skip
def repeat(a, repeats, axis=None):
    """Each element several times."""
    if not types.ndim_of(a):
        return formula("a, repeats", "np.full(repeats, a)")
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
    return along(
        "roll(a, shift)",
        ("first = shift % max({n}, 1)", f"out = np.empty({{shape:{{n}}}}, dtype=np.{types.dtype_name(a)})"),
        (
            "for k in range({n} - first):",
            "    out[@k + first] = a[@k]",
            "for k in range(first):",
            "    out[@k] = a[@k + {n} - first]",
        ),
        ("return out",),
        a.ndim,
        axis_in(0 if axis is None else axis, a.ndim),
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
def pad(array: Array, pad_width, mode="constant", *, constant_values=0):
    """The array with elements added at the ends of its axes."""
    if mode != "constant" and mode not in _SOURCES:
        raise ValueError(f"mode must be 'constant' or one of {', '.join(map(repr, _SOURCES))}")
    names, widths = _widths(array.ndim, pad_width)
    lengths = ", ".join(f"{before} + array.shape[{k}] + {after}" for k, (before, after) in enumerate(widths))
    dtype = types.dtype_name(array)
    loops = NAMES[: array.ndim]
    if mode == "constant":
        lines = [f"def pad(array, {', '.join(names)}, constant_values):"]
        lines += [f"    out = np.full(({lengths},), constant_values, dtype=np.{dtype})"]
        lines += [f"{'    ' * (k + 1)}for {var} in range(array.shape[{k}]):" for k, var in enumerate(loops)]
        place = ", ".join(f"{var} + {before}" for var, (before, _) in zip(loops, widths, strict=True))
        lines += [f"{'    ' * (len(loops) + 1)}out[{place}] = array[{', '.join(loops)}]", "    return out"]
        return function("\n".join(lines) + "\n")
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


def _widths(ndim: int, pad_width: Any) -> tuple[list[str], list[tuple[str, str]]]:
    """The parameters that the widths are, and for each axis those before and after it."""
    if not hasattr(pad_width, "types"):
        return ["pad_width"], [("pad_width", "pad_width")] * ndim
    lengths = [len(t) if isinstance(t, types.types.BaseTuple) else 0 for t in pad_width.types]
    if lengths in ([0], [0, 0]):
        names = [f"pad_width_{k}" for k in range(len(lengths))]
        return names, [(names[0], names[-1])] * ndim
    if lengths in ([2], [2] * ndim):
        pairs = [(f"pad_width_{k}_0", f"pad_width_{k}_1") for k in range(len(lengths))]
        return [name for pair in pairs for name in pair], pairs if len(pairs) == ndim else pairs * ndim
    raise ValueError("pad_width must be a number, (before, after), or such a pair for each axis")
