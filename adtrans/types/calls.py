"""The array functions: their parameters, and the arguments of a call by name."""

from __future__ import annotations

from collections.abc import Callable

from numba.core import types

from adtrans import ir
from adtrans.errors import UnsupportedError

REDUCTIONS = ("np.sum", "np.mean", "np.prod", "np.max", "np.min")
CREATION = (
    "np.zeros",
    "np.ones",
    "np.empty",
    "np.full",
    "np.zeros_like",
    "np.ones_like",
    "np.empty_like",
    "np.full_like",
)
STRUCTURAL = (
    "np.transpose",
    "np.reshape",
    "np.ravel",
    "np.copy",
    "np.astype",
    "np.dot",
    "np.where",
    "np.arange",
    "np.array",
    "np.concatenate",
    "np.stack",
)
CASTS = {
    "float": "float64", "int": "int64", "bool": "bool", "np.float64": "float64", "np.float32": "float32",
    "np.int64": "int64", "np.int32": "int32", "np.int16": "int16", "np.int8": "int8", "np.uint8": "uint8",
    "np.uint16": "uint16", "np.uint32": "uint32", "np.uint64": "uint64", "np.bool": "bool", "np.bool_": "bool",
    "np.intp": "int64", "np.complex128": "complex128", "np.complex64": "complex64",
}  # fmt: skip
PARAMETERS = {
    "np.zeros": ("shape", "dtype"), "np.ones": ("shape", "dtype"), "np.empty": ("shape", "dtype"),
    "np.full": ("shape", "fill_value", "dtype"), "np.zeros_like": ("a", "dtype"), "np.ones_like": ("a", "dtype"),
    "np.empty_like": ("a", "dtype"), "np.full_like": ("a", "fill_value", "dtype"),
    "np.transpose": ("a", "axes"), "np.reshape": ("a", "shape"), "np.ravel": ("a",), "np.copy": ("a",),
    "np.astype": ("a", "dtype"), "np.dot": ("a", "b"), "np.where": ("condition", "x", "y"),
    "np.arange": ("start", "stop", "step", "dtype"),
    "np.array": ("object", "dtype"), "np.concatenate": ("arrays", "axis"), "np.stack": ("arrays", "axis"),
    **dict.fromkeys(REDUCTIONS, ("a", "axis", "keepdims")),
}  # fmt: skip
BY_NAME = dict.fromkeys(REDUCTIONS, ("keepdims",))  # what NumPy has other parameters before
REQUIRED = {"np.full": 2, "np.full_like": 2, "np.reshape": 2, "np.astype": 2, "np.dot": 2, "np.where": 3}
# Functions that are defined elsewhere: what gives the type of a call's result, of the call and the types of names.
RESULT_TYPES: dict[str, Callable] = dict.fromkeys(("helper.item", "helper.slice_bound"), lambda expr, env: types.int64)
HELP = "See `adtrans rules` for what is supported; adtrans.rules.partials adds a rule for an elementwise function."


def keywords_of(expr: ir.Call, names: tuple[str, ...], by_name: tuple[str, ...] = ()) -> dict:
    """The arguments of `expr` by name, `names` being its parameters in order, the last of which are given `by_name`
    only; absent ones are left out."""
    most = len(names) - len(by_name)
    if len(expr.args) > most:
        hint = f"Give the others by name: {', '.join(by_name)}." if by_name else HELP
        raise UnsupportedError(f"{expr.func} takes at most {most} arguments without a name here", expr.loc, hint)
    given = dict(zip(names, expr.args, strict=False))
    for key, value in expr.keywords:
        if key not in names or key in given:
            raise UnsupportedError(
                f"{expr.func} has no option {key!r} here", expr.loc, f"Supported: {', '.join(names)}."
            )
        given[key] = value
    return given


def arguments(expr: ir.Call) -> dict:
    """The arguments of a call of one of `PARAMETERS` by name."""
    given = keywords_of(expr, PARAMETERS[expr.func], BY_NAME.get(expr.func, ()))
    require(expr, given, PARAMETERS[expr.func][: REQUIRED.get(expr.func, 1)])
    return given


def require(expr: ir.Call, given: dict, names: tuple[str, ...]) -> None:
    """Raises UnsupportedError unless the parameters of these names are given."""
    for name in names:
        if name not in given:
            raise UnsupportedError(f"{expr.func} needs {name!r}", expr.loc, HELP)


def shape_items(expr) -> tuple:
    """The integer expressions of a shape argument, one for each axis that can be told from its form."""
    return expr.items if isinstance(expr, ir.Tuple) else (expr,)


def reduced_axes(given: dict, ndim: int, loc) -> tuple[tuple[int, ...], bool]:
    """The axes (non-negative, sorted) that a reduction removes, and whether it keeps them with size one."""
    keep = _constant(given.get("keepdims", ir.Const(False)), "keepdims")
    axis = given.get("axis", ir.Const(None))
    items = axis.items if isinstance(axis, ir.Tuple) else (axis,)
    axes = [_constant(item, "axis") for item in items]
    if axes == [None]:
        return tuple(range(ndim)), bool(keep)
    if not all(is_axis(a) and -ndim <= a < ndim for a in axes):
        raise UnsupportedError(f"axis is out of bounds for a {ndim}-d array", loc, "Axes count from 0.")
    if len({a % ndim for a in axes}) < len(axes):
        raise UnsupportedError("an axis is given twice", loc, "Give each axis once.")
    return tuple(sorted({a % ndim for a in axes})), bool(keep)


def is_axis(value) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def axis_of(given: dict, ndim: int, loc) -> int:
    """The `axis` of a call among `ndim`, counted from 0; the first where none is given."""
    axis = _constant(given.get("axis", ir.Const(0)), "axis")
    if not is_axis(axis) or not -ndim <= axis < ndim:
        raise UnsupportedError(f"axis {axis} is out of bounds for a {ndim}-d array", loc, "Axes count from 0.")
    return axis % ndim


def permutation(given: dict, ndim: int, loc) -> tuple[int, ...]:
    """The axes of a transposed array, in terms of those that the array has."""
    axes = given.get("axes", ir.Const(None))
    if axes == ir.Const(None):
        return tuple(range(ndim))[::-1]
    found = [_constant(item, "axes") for item in shape_items(axes)]
    if not all(map(is_axis, found)) or sorted(a % ndim for a in found if -ndim <= a < ndim) != list(range(ndim)):
        raise UnsupportedError(f"axes must name each of {ndim} axes once", loc, "Axes count from 0.")
    return tuple(a % ndim for a in found)


def leaves(expr, loc) -> list[tuple[tuple, object]]:
    """The items of nested tuples, each with its place along the axes that the tuples make."""
    if not isinstance(expr, ir.Tuple):
        return [((), expr)]
    inner = [leaves(item, loc) for item in expr.items]
    if not inner or len({tuple(place for place, _ in found) for found in inner}) > 1:
        raise UnsupportedError("an array needs rows of one length", loc, "Give each row as many items.")
    return [((k, *place), leaf) for k, found in enumerate(inner) for place, leaf in found]


def _constant(expr, what: str):
    match expr:
        case ir.Const(value):
            return value
        case ir.Op("neg", (ir.Const(value),)):
            return -value
    raise UnsupportedError(f"{what} must be a constant", expr.loc, "Write the number itself.")
