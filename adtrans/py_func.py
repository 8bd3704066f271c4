"""The Python function behind what Numba, or adtrans, has compiled."""

from __future__ import annotations

from types import FunctionType


def py_func(obj):
    """The Python function that `obj` is compiled from; `obj` itself where it is compiled from none.

    A function that `functools.wraps` made of a compiled one has its attributes, `py_func` among them, but a body of
    its own.
    """
    return obj if isinstance(obj, FunctionType) else getattr(obj, "py_func", obj)
