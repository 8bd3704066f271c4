"""The elements of arrays in another order or shape: axes reversed, exchanged, added, removed."""

from __future__ import annotations

from adtrans import types
from adtrans.library.axes import axes_in, axis_in, placed
from adtrans.library.registry import Array, ArrayOrNumber, defines
from adtrans.library.text import formula, function


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


@defines("np.asarray", "np.asarray(x)", "np.asarray((t, t * t))", "np.asarray(a, dtype=np.float64)",
         "np.asarray(t)", static=("dtype",))  # fmt: skip
def asarray(a: ArrayOrNumber, dtype=None):
    """The array itself where it has the type; of a number, the number."""
    if dtype in (None, types.dtype_name(a)):
        return formula("a", "a[:]" if types.ndim_of(a) else "a")
    return formula("a", f"a.astype(np.{dtype})" if types.ndim_of(a) else f"np.{dtype}(a)")


@defines("np.ascontiguousarray", "np.ascontiguousarray(a.T)", static=("dtype",))
def ascontiguousarray(a: Array, dtype=None):
    """A copy of the array."""
    return formula("a", f"a.astype(np.{dtype or types.dtype_name(a)})")


@defines("np.asfortranarray", "np.asfortranarray(a)")
def asfortranarray(a: Array):
    """A copy of the array."""
    return formula("a", "a.copy()")


@defines("np.matrix_transpose", "np.matrix_transpose(c)")
def matrix_transpose(x: Array):
    """The array with its last two axes exchanged."""
    return formula("x", "np.swapaxes(x, -1, -2)")


@defines("np.item", "x[:1].item()", "a.item(5)", "x[1].item()")
def item(a, args=None):
    """One element, its place counted in C order; that of an array of one element; a number itself."""
    if not types.ndim_of(a):
        return formula("a", "+a")
    if args is not None:
        return formula("a, args", "np.ravel(a)[args]")
    test = "a.size != 1"
    return function(
        f"def item(a):\n    if {test}:\n"
        "        raise ValueError('can only convert an array of size 1 to a Python scalar')\n"
        f"    return a[{', '.join(['0'] * a.ndim)}]\n"
    )
