"""The types of operations on tuples, and of their items."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from numba.core import types

from adtrans import ir
from adtrans.errors import UnsupportedError
from adtrans.types.indexing import constant_slice
from adtrans.types.kinds import items_of, no_truth_value


def operation_type(expr: ir.Op, args: tuple) -> types.Type:
    """The type of an operation of which an operand is a tuple: tuples are joined by `+`, and compared.

    Raises: UnsupportedError for any other.
    """
    if all(isinstance(t, types.BaseTuple) for t in args):
        if expr.op == "+":
            return types.BaseTuple.from_types(tuple(item for t in args for item in t))
        if expr.op in ("==", "!="):
            _require_comparable(expr, *args)
            return types.boolean
    raise UnsupportedError("arithmetic on tuples is not supported", expr.loc, "Use the items one by one.")


def _require_comparable(expr: ir.Op, a: Any, b: Any) -> None:
    for pair in zip(a, b, strict=False):
        if any(isinstance(t, types.Array) for t in pair):
            raise no_truth_value(expr)
        if all(isinstance(t, types.BaseTuple) for t in pair):
            _require_comparable(expr, *pair)
        elif any(isinstance(t, types.BaseTuple) for t in pair):
            raise UnsupportedError("a tuple is compared with a number", expr.loc, "Compare the items one by one.")


def item_type(expr: ir.Index, base: Any, type_of: Callable) -> types.Type:
    """The type of an item, or of a slice, of a tuple.

    Raises: UnsupportedError where the items have several types, so that what the index chooses has none.
    """
    match expr.index:
        case (ir.Const(value=int(position)),) if -len(base) <= position < len(base):
            return list(base)[position]
        case (ir.Const(value=int(position)),):
            raise UnsupportedError(f"a tuple of {len(base)} has no item {position}", expr.loc, "Items count from 0.")
        case (ir.Slice() as item,) if all(isinstance(part, ir.Const) for part in ir.children(item)):
            return types.Tuple(list(base)[constant_slice(item)])
    places = [i for i in expr.index if not isinstance(i, (ir.Slice, ir.NewAxis, ir.Dots))]
    if len(places) != 1 or not isinstance(type_of(places[0]), types.Integer):
        raise UnsupportedError("a tuple's index must be a constant", expr.loc, "Use an array, or a constant index.")
    first, *others = list(base) or [None]
    if not _is_of_numbers(first) or any(t != first for t in others):
        hint = "Use an array, or a constant index."
        raise UnsupportedError("an index of this tuple must be a constant: its items have no one type", expr.loc, hint)
    return first


def _is_of_numbers(t: Any) -> bool:
    if isinstance(t, types.BaseTuple):
        return len(t) > 0 and all(map(_is_of_numbers, items_of(t)))
    return isinstance(t, (types.Number, types.Boolean))
