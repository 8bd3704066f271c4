"""Numba's types in adtrans's words: element types, ranks, their names, and what Numba makes of an operation."""

from __future__ import annotations

import builtins
import cmath
import collections
import contextlib
import functools
import math
from typing import Any

import numpy as np
from numba.core import config, types
from numba.core.errors import NumbaError
from numba.core.registry import cpu_target

from adtrans.errors import UnsupportedError

# What Numba raises where it has no type; the last two for arguments that it does not expect.
_REFUSALS = (NumbaError, AssertionError, AttributeError)

Env = dict[str, Any]  # a Numba type by name; Numba's own annotations do not tell arrays from scalars


class List(types.Array):
    """The type of a list: that of the array which it becomes. Of an empty list the `dtype` is `undefined`."""

    def __init__(self, dtype: types.Type):
        super().__init__(dtype, 1, "C", name=f"list({dtype})")


def dtype_of(t: types.Type) -> types.Type:
    """The element type of an array type, a scalar type itself."""
    return t.dtype if isinstance(t, types.Array) else t


def ndim_of(t: types.Type) -> int:
    return t.ndim if isinstance(t, types.Array) else 0


def is_array(t: types.Type | None) -> bool:
    return isinstance(t, types.Array)


def is_float(t: types.Type) -> bool:
    return isinstance(dtype_of(t), types.Float)


def is_complex(t: types.Type) -> bool:
    return isinstance(dtype_of(t), types.Complex)


def part_type(t: types.Type) -> types.Type:
    """The type of the real parts of complex numbers; any other type itself."""
    if not is_complex(t):
        return t
    part = types.float32 if dtype_of(t) == types.complex64 else types.float64
    return array_type(part, t.ndim, "A") if isinstance(t, types.Array) else part


def dtype_name(t: types.Type) -> str:
    """The NumPy name of a scalar type, or of an array's elements: `float64`, `int64`, `bool`."""
    t = dtype_of(t)
    return "bool" if isinstance(t, types.Boolean) else str(types.unliteral(t))


def scalar_type(name: str) -> types.Type:
    return types.boolean if name == "bool" else getattr(types, name)


def array_type(dtype: types.Type, ndim: int, layout: Any = "C") -> Any:
    return types.Array(dtype, ndim, layout) if ndim else dtype


def describe(t: types.Type) -> str:
    """A type in a user's words: `a 2-d float64 array`, `a float64`."""
    if isinstance(t, List):
        return "a list"
    if isinstance(t, types.Array):
        return f"a {t.ndim}-d {dtype_name(t)} array"
    if isinstance(t, types.BaseTuple):
        return "a tuple"
    return f"{'an' if dtype_name(t)[0] == 'i' else 'a'} {dtype_name(t)}"


def require_truth_value(expr, t: types.Type) -> None:
    """Raises: UnsupportedError where an array stands as a condition; a list may."""
    if ndim_of(t) and not isinstance(t, List):
        raise no_truth_value(expr)


def no_truth_value(expr) -> UnsupportedError:
    """The error for an array where a condition stands."""
    return UnsupportedError(
        "the truth value of an array is not defined", expr.loc, "Use & and | and np.where, or loop."
    )


@functools.cache
def _context():
    cpu_target.target_context.refresh()  # brings the overloads, in which Numba has most of NumPy
    context = cpu_target.typing_context
    context.refresh()
    return context


@contextlib.contextmanager
def _jit_enabled():
    """Without NUMBA_DISABLE_JIT: Numba types many functions by compiling its own code for them."""
    disabled, config.DISABLE_JIT = config.DISABLE_JIT, 0
    try:
        yield
    finally:
        config.DISABLE_JIT = disabled


@functools.lru_cache(maxsize=4096)
def resolve(function, args: tuple) -> types.Type | None:
    """The type that Numba gives `function(*args)`, or None where it refuses."""
    try:
        with _jit_enabled():
            signature = _context().resolve_function_type(function, args, {})
    except _REFUSALS:
        return None
    return None if signature is None else types.unliteral(signature.return_type)


@functools.cache
def compiling_context():
    """The context with all functions that Numba defines by code of their own; it takes most of a second to load."""
    cpu_target.target_context.refresh()
    context = _context()
    context.refresh()
    return context


@functools.lru_cache(maxsize=4096)
def resolve_call(function, args: tuple) -> types.Type | None:
    """As `resolve`, for functions that are not operators or ufuncs."""
    try:
        signature = compiling_context().resolve_function_type(function, args, {})
    except _REFUSALS:
        return None
    return None if signature is None else types.unliteral(signature.return_type)


def unify(a: types.Type, b: types.Type) -> Any:
    if isinstance(a, List) or isinstance(b, List):
        return _unified_list(a, b) if isinstance(a, List) and isinstance(b, List) else None
    if isinstance(a, types.Array) and isinstance(b, types.Array):
        if a.ndim != b.ndim or a.dtype != b.dtype:
            return None
        return a if a.layout == b.layout else types.Array(a.dtype, a.ndim, "A")
    if isinstance(a, types.BaseTuple) and isinstance(b, types.BaseTuple):
        return _unified_tuple(a, b)
    return _context().unify_types(a, b)


def _unified_list(a: List, b: List) -> Any:
    if types.undefined in (a.dtype, b.dtype):
        return b if a.dtype == types.undefined else a
    dtype = unify(a.dtype, b.dtype)
    return None if dtype is None else List(dtype)


def _unified_tuple(a: Any, b: Any) -> Any:
    if len(a) != len(b) or fields_of(a) != fields_of(b):
        return None
    items = tuple(unify(x, y) for x, y in zip(a, b, strict=True))
    return None if None in items else types.BaseTuple.from_types(items, getattr(a, "instance_class", None))


def either(expr, args: tuple, what: str) -> Any:
    """The type of an expression that has the value of one of its two parts, of the types `args`."""
    t = unify(*args)
    if t is None:
        raise UnsupportedError(f"the two {what} have different types", expr.loc, "Convert one, or use if and else.")
    return t


def items_of(t: Any) -> tuple:
    """The types of the items of a tuple."""
    return tuple(t)


def fields_of(t: Any) -> tuple | None:
    """The fields of a named tuple's type; None for any other."""
    return tuple(getattr(t, "fields", ())) if isinstance(t, types.BaseNamedTuple) else None


@functools.cache
def named_tuple(name: str, fields: tuple) -> type:
    """A class of named tuples."""
    return collections.namedtuple(name, fields)


def python_object(name: str):
    """The function that a canonical name such as `np.sin`, `math.exp` or `abs` stands for."""
    module, _, attribute = name.rpartition(".")
    home = {"np": np, "math": math, "cmath": cmath, "": builtins}.get(module)
    return getattr(home, attribute, None) if home is not None else None
