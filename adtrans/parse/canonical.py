"""One name for each library function, however it was imported or spelled."""

from __future__ import annotations

import builtins
import cmath
import functools
import math
import sys
from types import FunctionType

import numpy as np

# NumPy has these under two names; ours is the one that people write.
_USUAL = {
    "absolute": "abs",
    "amax": "max",
    "amin": "min",
    "around": "round",
    "conjugate": "conj",
    "remainder": "mod",
    "row_stack": "vstack",
}
_DTYPES = (
    *("bool", "int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64"),
    *("float32", "float64", "complex64", "complex128"),
)
_BUILTINS = (
    *("abs", "min", "max", "len", "float", "int", "bool", "complex", "round", "pow", "sum"),
    *("list", "any", "all", "sorted"),
    *("range", "enumerate", "zip", "reversed"),
)


def function_name(obj) -> str | None:
    """`np.sin`, `math.exp`, `np.linalg.solve`, `abs`... for a function of NumPy, math, `scipy.special` or the builtins;
    `stop_gradient` for our own."""
    name = getattr(obj, "__name__", "")
    if getattr(sys.modules.get("scipy.special"), name, None) is obj and obj is not None:
        return f"scipy.special.{name}"
    entry = _table().get(id(obj))
    if isinstance(obj, FunctionType) and obj.__module__ == "adtrans.stop":
        return obj.__name__
    return entry[1] if entry else None


@functools.cache
def _table() -> dict:
    """id -> (object, name); the object is held so that the id stays its own."""
    table = {}
    for name in _BUILTINS:
        obj = getattr(builtins, name)
        table[id(obj)] = obj, name
    table |= {id(obj): (obj, f"np.{obj.__name__}") for obj in (np.ndindex, np.ndenumerate)}
    modules = {"math": math, "cmath": cmath, "np": np, "np.linalg": np.linalg, "np.random": np.random}
    for prefix, module in modules.items():
        for key, obj in vars(module).items():
            if callable(obj) and not isinstance(obj, type) and not key.startswith("_"):
                table.setdefault(id(obj), (obj, f"{prefix}.{_one_name(module, key, obj)}"))
    return table


def _one_name(module, key: str, obj) -> str:
    own = getattr(obj, "__name__", key)
    name = own if vars(module).get(own) is obj else key
    return _USUAL.get(name, name) if module is np else name


def dtype_name(obj) -> str | None:
    """`float32` for `np.float32`, `numba.float32` or `np.dtype("float32")`; `float64` for `float`."""
    if type(obj).__module__.startswith("numba.core.types"):
        obj = getattr(np, getattr(obj, "name", ""), None)
    if isinstance(obj, type) and (obj in (float, int, bool, complex) or issubclass(obj, np.generic)):
        try:
            obj = np.dtype(obj)
        except TypeError:  # np.floating and other classes of scalar types
            return None
    return obj.name if isinstance(obj, np.dtype) and obj.name in _DTYPES else None
