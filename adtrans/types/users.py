"""The types of what a user's function and its pullback return, asked of Numba."""

from __future__ import annotations

import functools
from typing import Any

from numba.core import types
from numba.core.errors import NumbaError

from adtrans.errors import UnsupportedError
from adtrans.types.kinds import array_type, compiling_context, describe, is_complex, is_float

HELP = "The function and its pullback are compiled by Numba as they are; its message says what it does not accept."


def users_type(rule, args: tuple, loc) -> types.Type:
    """What the function returns: a scalar, an array, or a tuple of such."""
    if any(map(is_complex, args)):
        hint = "Give it the real and the imaginary part, as two parameters."
        raise UnsupportedError(f"{rule.label} has a rule, and is given complex numbers", loc, hint)
    t = _returned(rule, tuple(map(_contiguous, args)), rule.label, loc)
    parts = _items(t)
    if len(parts) == 1 and t is not parts[0]:
        raise UnsupportedError(f"{rule.label} returns a tuple of one", loc, "Return the value itself.")
    if not parts or not all(map(_is_value, parts)):
        raise UnsupportedError(
            f"{rule.label} returns {t}", loc, "A function with a rule returns numbers, arrays, or a tuple of them."
        )
    return types.Tuple([_contiguous(p) for p in parts]) if isinstance(t, types.BaseTuple) else _contiguous(t)


def pullback_types(rule, args: tuple, result, loc) -> tuple:
    """The types of the cotangents that the pullback returns, `none` for an argument that has none."""
    t = _returned(rule.rule, (*map(_contiguous, args), result, result), f"the pullback of {rule.label}", loc)
    found = _items(t)
    if len(found) == 1 and t is not found[0]:
        raise UnsupportedError(f"the pullback of {rule.label} returns a tuple of one", loc, "Return the value itself.")
    if len(found) != len(args):
        message = f"the pullback of {rule.label} returns {len(found)} values for {len(args)} arguments"
        raise UnsupportedError(message, loc, "Return a cotangent for each argument, or None for one that has none.")
    for param, arg, cotangent in zip(rule.parameters, args, found, strict=True):
        if cotangent != types.none and not _fits(arg, cotangent):
            message = f"the pullback of {rule.label} returns {_said(cotangent)} for {param!r}, which is {describe(arg)}"
            raise UnsupportedError(message, loc, "Return a cotangent of the argument's type, or None.")
    return found


@functools.lru_cache(maxsize=1024)
def _returned(dispatcher: Any, args: tuple, label: str, loc) -> types.Type:
    try:
        signature = compiling_context().resolve_function_type(types.Dispatcher(dispatcher), args, {})
    except NumbaError as error:
        reason = str(error).strip().splitlines()[0]
        got = ", ".join(map(_said, args))
        raise UnsupportedError(f"Numba cannot compile {label} for {got}: {reason}", loc, HELP) from error
    return types.unliteral(signature.return_type)


def _items(t: Any) -> tuple:
    return tuple(t) if hasattr(t, "types") else (t,)


def _contiguous(t):
    return array_type(t.dtype, t.ndim) if isinstance(t, types.Array) else t


def _is_value(t) -> bool:
    scalar = t.dtype if isinstance(t, types.Array) else t
    return is_float(scalar) or isinstance(scalar, (types.Integer, types.Boolean))


def _fits(arg, cotangent) -> bool:
    """Whether the cotangent can be added to that of the argument."""
    if isinstance(arg, types.Array) or isinstance(cotangent, types.Array):
        return isinstance(cotangent, types.Array) and isinstance(arg, types.Array) and (
            cotangent.ndim == arg.ndim and cotangent.dtype == arg.dtype
        )  # fmt: skip
    return is_float(arg) and isinstance(cotangent, (types.Float, types.Integer))


def _said(t) -> str:
    known = isinstance(t, (types.Array, types.BaseTuple, types.Number, types.Boolean))
    return describe(t) if known else str(t)
