"""What definitions share about axes, shapes and types."""

from __future__ import annotations

import functools

from adtrans import types


def axis_in(axis, ndim: int) -> int:
    """`axis`, counted from 0. Raises: ValueError where an array of `ndim` axes has none such."""
    if isinstance(axis, bool) or not isinstance(axis, int) or not -ndim <= axis < ndim:
        raise ValueError(f"axis {axis} is out of bounds for a {ndim}-d array")
    return axis % ndim


def axes_in(axis, ndim: int) -> tuple[int, ...]:
    """The axes that `axis` names, one or several, counted from 0; all of them for None."""
    if axis is None:
        return tuple(range(ndim))
    axes = tuple(axis_in(a, ndim) for a in (axis if isinstance(axis, tuple) else (axis,)))
    if len(set(axes)) < len(axes):
        raise ValueError("an axis is given twice")
    return axes


def placed(ndim: int, items: dict[int, str]) -> str:
    """The text of an index with `items` on their axes and all elements on the others."""
    return ", ".join(items.get(k, ":") for k in range(ndim))


def shape(name: str, ndim: int, items: dict[int, str] | None = None) -> str:
    """The text of the shape of the array `name`, with `items` for its lengths on these axes."""
    lengths = [(items or {}).get(k, f"{name}.shape[{k}]") for k in range(ndim)]
    return f"({', '.join(lengths)},)"


def common(*found) -> str:
    """The NumPy name of the element type that arrays and scalars of these types have together."""
    return types.dtype_name(functools.reduce(types.unify, map(types.dtype_of, found)))


def common_float(*found) -> str:
    """That of their floating-point results: float64 where they are integers."""
    name = common(*found)
    return name if name.startswith(("float", "complex")) else "float64"


def real_float(a) -> str:
    """The NumPy name of the type of sizes and counts of the elements, a floating-point one."""
    return types.dtype_name(types.part_type(types.scalar_type(common_float(a))))


def summed(a) -> str:
    """The NumPy name of the type of a sum of elements."""
    return types.dtype_name(a) if types.is_float(types.part_type(a)) else "int64"


def as_type(name: str, t, dtype: str) -> str:
    """The text of the array `name` with elements of type `dtype`."""
    return name if types.dtype_name(t) == dtype else f"{name}.astype(np.{dtype})"


def plus(text: str, name: str, value) -> str:
    """The text of a sum with the parameter `name`: with its `value`, if that is known, an integer."""
    if not isinstance(value, int):
        return f"{text} + {name}"
    return f"{text} + {value}" if value > 0 else f"{text} - {-value}" if value < 0 else text


def positive(name: str, value, sign: int = 1) -> str:
    """The text of the parameter `name`, times `sign`, where that is positive, and of 0 elsewhere."""
    return str(max(sign * value, 0)) if isinstance(value, int) else f"max({'-' if sign < 0 else ''}{name}, 0)"


def params(first: str, **others) -> str:
    """The text of parameters: `first`, and those of `others` of which the value is not known."""
    return ", ".join([first, *(name for name, value in others.items() if not isinstance(value, int))])
