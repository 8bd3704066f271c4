"""Arrays joined from others, with parts put in or left out, and split."""

from __future__ import annotations

from itertools import pairwise

from adtrans import types
from adtrans.library.axes import axis_in, placed, shape
from adtrans.library.registry import Array, defines
from adtrans.library.text import along, formula, function


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


@defines(
    "np.append",
    "np.append(x, t)",
    "np.append(x, [t, 2.0])",
    "np.append(a, x)",
    "np.append(a, s, axis=1)",
    static=("axis",),
)
def append(arr, values, axis=None):
    """The elements of one array, then those of another."""
    if axis is not None:
        return formula("arr, values", f"np.concatenate((arr, values), axis={axis})")
    if isinstance(values, types.types.BaseTuple):
        items = ", ".join(f"values_{k}" for k in range(len(values)))
        return formula(f"arr, {items}", f"np.append(arr, np.array(({items},)))")
    forms = [("np.array(({0},))", "{0}", "np.ravel({0})")[min(types.ndim_of(t), 2)] for t in (arr, values)]
    return formula("arr, values", f"np.concatenate(({forms[0].format('arr')}, {forms[1].format('values')}))")


@defines("np.delete", "np.delete(x, 1)", "np.delete(a, -1, axis=1)", "np.delete(a, 5)", "np.delete(a, [0, 2, 2])",
         "np.delete(a, np.array([0, 2]), axis=1)", static=("axis",))  # fmt: skip
def delete(arr: Array, obj, axis=None):
    """The array without some of its elements, or of its rows."""
    if isinstance(obj, types.types.BaseTuple):
        items = ", ".join(f"obj_{k}" for k in range(len(obj)))
        return formula(f"arr, {items}", f"np.delete(arr, np.array(({items},)), axis={axis})")
    if not isinstance(types.dtype_of(obj), types.types.Integer):
        raise ValueError("obj must be integers")
    if axis is None and arr.ndim > 1:
        return formula("arr, obj", "np.delete(np.ravel(arr), obj)")
    if types.ndim_of(obj):
        place = axis_in(0 if axis is None else axis, arr.ndim)
        return function(
            "def delete(arr, obj):\n"
            f"    kept = np.full(arr.shape[{place}], True)\n"
            "    kept[obj] = False\n"
            f"    return arr[{placed(arr.ndim, {place: 'kept'})}]\n"
        )
    return along(
        "delete(arr, obj)",
        (
            "if obj < -{n} or obj >= {n}:",
            "    raise IndexError('index is out of bounds')",
            "place = obj + {n} if obj < 0 else obj",
            f"out = np.empty({{shape:{{n}} - 1}}, dtype=np.{types.dtype_name(arr)})",
        ),
        (
            "for k in range(place):",
            "    out[@k] = arr[@k]",
            "for k in range(place, {n} - 1):",
            "    out[@k] = arr[@k + 1]",
        ),
        ("return out",),
        arr.ndim,
        axis_in(0 if axis is None else axis, arr.ndim),
        array="arr",
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
    count = "values.shape[0]" if arr.ndim == rank == 1 else "1"
    lines = ["def insert(arr, obj, values):", f"    n = arr.shape[{axis}]", "    if obj < -n or obj > n:"]
    lines += ["        raise IndexError('index is out of bounds')", "    place = obj + n if obj < 0 else obj"]
    lines += [f"    out = np.empty({shape('arr', arr.ndim, {axis: f'n + {count}'})}, dtype=np.{types.dtype_name(arr)})"]
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


@defines("np.dsplit", "np.dsplit(c, 2)[1]", static=("indices_or_sections",))
def dsplit(ary: Array, indices_or_sections):
    """The parts of an array along the third axis."""
    if ary.ndim < 3:
        raise ValueError("at least three axes are needed")
    return _split("dsplit", ary, indices_or_sections, 2, True)


def _split(name: str, ary, sections, axis: int, equal: bool):
    lines = [f"def {name}(ary):", f"    n = ary.shape[{axis}]"]
    if isinstance(sections, tuple):
        bounds = ["", *map(str, sections), ""]
    elif equal:
        lines += [f"    if n % {sections} != 0:"]
        lines += ["        raise ValueError('array split does not result in an equal division')"]
        middle = [f"n // {sections} * {k}" if k > 1 else f"n // {sections}" for k in range(1, sections)]
        bounds = ["", *middle, ""]
    else:
        bounds = ["", *(f"n // {sections} * {k} + min({k}, n % {sections})" for k in range(1, sections)), ""]
    parts = [placed(ary.ndim, {axis: f"{a}:{b}"}) for a, b in pairwise(bounds)]
    lines += [f"    return ({', '.join(f'ary[{part}]' for part in parts)},)"]
    return function("\n".join(lines) + "\n")
