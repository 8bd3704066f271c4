"""Arrays that mean something else in Python than to Numba."""

from __future__ import annotations

import numpy as np


def has_own_arithmetic(cls: type) -> bool:
    """Whether values of `cls` are arrays to Numba, but mean something else in Python: matrices, masked arrays, arrays
    with units."""
    if cls is np.ndarray or not issubclass(cls, np.ndarray):
        return False
    return any(getattr(cls, name) is not getattr(np.ndarray, name) for name in ("__array_ufunc__", "__mul__"))


def look_at_subclasses() -> None:
    """From now on Numba asks for the types of NumPy's own such arrays: else it takes them for plain ones, once it has
    compiled for these."""
    for cls in (np.matrix, np.ma.MaskedArray):
        cls.__numba_array_subtype_dispatch__ = True  # type: ignore[union-attr]
