"""What definitions share about axes."""

from __future__ import annotations


def axis_in(axis, ndim: int) -> int:
    """`axis`, counted from 0. Raises: ValueError where an array of `ndim` axes has none such."""
    if isinstance(axis, bool) or not isinstance(axis, int) or not -ndim <= axis < ndim:
        raise ValueError(f"axis {axis} is out of bounds for a {ndim}-d array")
    return axis % ndim
