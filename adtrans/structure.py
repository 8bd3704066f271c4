"""Tuples of numbers and arrays, and of such tuples, as flat sequences and back."""

from __future__ import annotations

from collections.abc import Callable, Iterable

import numpy as np


def leaves(value) -> tuple:
    """The numbers and arrays in a tuple and in those inside of it, in order; a number or an array itself."""
    return tuple(leaf for item in value for leaf in leaves(item)) if isinstance(value, tuple) else (value,)


def mapped(f: Callable, value):
    """`value` with `f` applied to each leaf; a named tuple stays one."""
    if not isinstance(value, tuple):
        return f(value)
    items = (mapped(f, item) for item in value)
    return type(value)(*items) if hasattr(value, "_fields") else tuple(items)


def rebuilt(value, items: Iterable):
    """A value of the structure of `value`, its leaves taken from `items`."""
    rest = iter(items)
    return mapped(lambda _: next(rest), value)


def labels(value, name: str) -> tuple[str, ...]:
    """What each leaf is called: `p[0]`, `p.x[1]`."""
    if not isinstance(value, tuple):
        return (name,)
    fields = getattr(value, "_fields", None)
    places = [f".{field}" for field in fields] if fields else [f"[{k}]" for k in range(len(value))]
    return tuple(label for item, place in zip(value, places, strict=True) for label in labels(item, name + place))


def form(value):
    """The nesting and the fields of a value: equal for two of the same structure."""
    if not isinstance(value, tuple):
        return None
    return getattr(value, "_fields", None), tuple(map(form, value))


def copy(x, dtype=None):
    """`x` with its own memory and, unless `dtype` is given, its own type. An array that is not contiguous stays so:
    Numba compiles other code for it."""
    if not isinstance(x, np.ndarray):
        return x if dtype is None else dtype(x)
    if x.flags.forc:
        new = x.astype(dtype or x.dtype, order="K", copy=True)
    else:
        new = np.empty((*x.shape, 2), dtype or x.dtype)[..., 0]
        new[...] = x
    new.flags.writeable = x.flags.writeable
    return new
