"""The types of lists, of the operations on them, and of their items."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

from numba.core import types

from adtrans import ir
from adtrans.errors import UnsupportedError
from adtrans.types.kinds import List, describe, items_of, unify

OF_LISTS = ("list", "list.pop", "np.copy")  # the functions of which a list can be the result, or an item of one
_HINT = "Use lists of numbers, or of tuples of numbers; fill an array for anything else."


def passed_on(value) -> set[str]:
    """The names of lists of which the value of an expression is one."""
    match value:
        case ir.Name(name):
            return {name}
        case ir.IfExp(_, body, orelse):
            return passed_on(body) | passed_on(orelse)
    return set()


def call_type(expr: ir.Call, type_of: Callable) -> Any:
    """The type of a call of which a list is the result, or an item of one; None for any other."""
    match expr.func, expr.args:
        case "list", _:
            return list_type(expr, type_of)
        case "list.pop", (items, *index):
            return type_of(ir.Index(items, tuple(index) or (ir.Const(-1),), expr.loc))
        case "np.copy", (items, *_):
            t = type_of(items)
            return t if isinstance(t, List) else None
    return None


def require_method(expr: ir.Call, type_of: Callable) -> None:
    """Raises: UnsupportedError where a method that only arrays have is called of a list."""
    if not expr.is_method or expr.func == "np.copy":
        return
    base = expr.args[0]
    may_be_list = not isinstance(base, ir.Call) or base.func in OF_LISTS
    if may_be_list and isinstance(type_of(base), List):
        message = f"a list has no {expr.func.removeprefix('np.')}"
        raise UnsupportedError(message, expr.loc, "Write np.array(...) of it.")


def list_type(expr: ir.Call, type_of: Callable) -> List:
    """The type of `list(...)`, which stands for a list that is written out as well."""
    if not expr.args:
        return List(types.undefined)
    t = type_of(expr.args[0])
    if isinstance(t, types.BaseTuple):
        return List(item_type(expr.loc, *items_of(t)))
    if isinstance(t, types.Array) and t.ndim == 1:
        return List(t.dtype)
    raise UnsupportedError(f"a list of {describe(t)} is not supported", expr.loc, _HINT)


def item_type(loc, *found: types.Type) -> types.Type:
    """The type of a list's items, `found` being those that are put into it."""
    known = [types.unliteral(t) for t in found if t != types.undefined]
    for t in known:
        if not _may_be_item(t):
            raise UnsupportedError(f"{describe(t)} as an item of a list is not supported", loc, _HINT)
    if not known:
        return types.undefined
    both = functools.reduce(lambda a, b: a and unify(a, b), known)
    if both is None:
        got = " and ".join(dict.fromkeys(map(describe, known)))
        raise UnsupportedError(f"a list of {got} is not supported", loc, "Use items of one type.")
    return both


def _may_be_item(t: types.Type) -> bool:
    if isinstance(t, types.BaseTuple):
        return len(t) > 0 and all(map(_may_be_item, items_of(t)))
    return isinstance(t, (types.Number, types.Boolean))


def operator_type(expr: ir.Op, args: tuple) -> types.Type:
    """The type of an operation of which an operand is a list: `a + b`, `a * n`, `not a`."""
    match expr.op, args:
        case "+", (List(), List()):
            both = unify(*args)
            if both is not None:
                return both
        case "*", (List() as t, types.Integer()) | (types.Integer(), List() as t):
            return t
        case "and" | "or" | "not", _:
            return types.boolean
    raise UnsupportedError(
        f"{expr.op} of {' and '.join(map(describe, args))} is not supported",
        expr.loc,
        "Write np.array(...) of the list.",
    )


def index_type(expr: ir.Index, base: List, parts: list) -> types.Type:
    """The type of an item of a list, or of a slice of it."""
    if len(parts) == 1 and isinstance(expr.index[0], ir.Slice):
        return base
    if len(parts) == 1 and isinstance(parts[0], types.Integer):
        return base.dtype
    raise UnsupportedError("a list has one integer or a slice as its index", expr.loc, "Write np.array(...) of it.")


def changed_type(call: ir.Call, type_of: Callable) -> List | None:
    """The type that a list has after `call`, one of its methods; None where that hangs on types not known yet."""
    t = type_of(call.args[0])
    if t is None:
        return None
    if not isinstance(t, List):
        hint = "Only lists have, and del of an item. Copy the part of an array that stays."
        raise UnsupportedError(f"{describe(t)} has no {call.func.removeprefix('list.')}", call.loc, hint)
    match call.func, call.args[1:]:
        case "list.append", (item,):
            added = type_of(item)
        case "list.insert", (_, item):
            added = type_of(item)
        case "list.extend", (items,):
            found = type_of(items)
            added = found and list_type(ir.Call("list", (items,), (), call.loc), type_of).dtype
        case _:
            return t
    return None if added is None else List(item_type(call.loc, t.dtype, added))
