"""Complex numbers as pairs of real ones, and functions of complex numbers as functions of such pairs."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from adtrans.structure import copy, mapped


class Parts(NamedTuple):
    """A complex number, or an array of such."""

    real: Any
    imag: Any


def is_complex(x) -> bool:
    return isinstance(x, (complex, np.complexfloating)) or (isinstance(x, np.ndarray) and x.dtype.kind == "c")


def split(value, sign: int = 1):
    """`value` with `Parts` for each complex number in it, `sign` that of the imaginary ones."""
    return mapped(lambda x: _parts(x, sign) if is_complex(x) else x, value)


def _parts(z, sign: int) -> Parts:
    re, im = np.real(z) + 0.0, sign * np.imag(z)
    return Parts(np.asarray(re), np.asarray(im)) if isinstance(z, np.ndarray) else Parts(re, im)


def joined(value, like=None, sign: int = 1):
    """`value` with a complex number for each `Parts` in it; arrays lie in memory as those of `like` do."""
    if isinstance(value, Parts):
        return _number(value.real, sign * value.imag, like)
    if not isinstance(value, tuple):
        return value
    items = [joined(x, like and like[k], sign) for k, x in enumerate(value)]
    return type(value)(*items) if hasattr(value, "_fields") else tuple(items)


def _number(re, im, like):
    if not isinstance(re, np.ndarray):
        return complex(re, im)
    z = copy(re if like is None else like, np.result_type(re, np.complex64))
    z.flags.writeable = True
    z.real, z.imag = re, im
    z.flags.writeable = like is None or like.flags.writeable
    return z


def of_parts(primal: Callable, pullback: Callable, args: tuple) -> tuple[Callable, Callable]:
    """`primal` and its `pullback` as functions of arguments and cotangents that are `split`.

    The cotangent by z = x + iy is that by x less i times that by y, of a result as of an argument. The new pullback
    raises AssertionError where the other changes a complex argument, or returns a real cotangent for one.
    """

    def pullback_of_parts(*args_and_y_bar):
        *parts, y_bar = args_and_y_bar
        given = joined(tuple(parts), args)
        y, cotangents = pullback(*given, joined(y_bar, None, -1))
        for before, after in zip(parts, split(given), strict=True):
            if isinstance(before, Parts) and not all(map(_same, before, after)):
                raise AssertionError(f"a complex argument was changed by the call:\nbefore {before}\nafter {after}")
        return split(y), split(cotangents, -1)

    return lambda *parts: split(primal(*joined(parts, args))), pullback_of_parts


def _same(before, after) -> bool:
    return np.array_equal(before, after, equal_nan=True)
