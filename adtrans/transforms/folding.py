"""Expressions of constants and of tuples that are written out, computed now."""

from __future__ import annotations

import functools
import operator
from dataclasses import replace

from adtrans import ir
from adtrans.errors import UnsupportedError

_COMPARE = {
    "<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge, "==": operator.eq, "!=": operator.ne,
    "is": operator.is_, "is not": operator.is_not,
}  # fmt: skip
_INTEGER = {"+": operator.add, "-": operator.sub, "*": operator.mul, "//": operator.floordiv, "%": operator.mod}


def folded(expr):
    """`expr`, its sub-expressions folded before, as a constant or an item of a tuple where it is one."""
    match expr:
        case ir.Index(ir.Tuple(items), (ir.Const(int(position)),)) if -len(items) <= position < len(items):
            return items[position] if _droppable(items) else expr
        case ir.Index(base, (ir.Tuple(items),)) if not isinstance(base, ir.Tuple):
            return replace(expr, index=items)
        case ir.Call("len", (ir.Tuple(items),)) if _droppable(items):
            return ir.Const(len(items), None, expr.loc)
        case ir.Call("min" | "max" | "sum", args) if not any(map(effects, args)):
            return _gathered(expr)
        case ir.IfExp(ir.Const(test), body, orelse):
            return body if test else orelse
        case ir.Op("and" | "or" as op, (ir.Const(left), right)):
            return right if bool(left) == (op == "and") else expr.args[0]
        case ir.Op("not", (ir.Const(value),)):
            return ir.Const(not value, None, expr.loc)
        case ir.Op("is" | "is not" as op, (a, b)):
            return _same(op, a, b, expr)
        case ir.Op(op, (ir.Const() as a, ir.Const() as b)):
            return _computed(op, a, b, expr)
    return expr


def effects(expr) -> bool:
    """Whether evaluating `expr` calls a user's function, assigns a name or changes a list."""
    return any(isinstance(e, (ir.UserCall, ir.Apply, ir.Walrus)) or is_pop(e) for e in ir.walk(expr))


def is_pop(expr) -> bool:
    return isinstance(expr, ir.Call) and expr.func == "list.pop"


def _droppable(items: tuple) -> bool:
    return not any(map(effects, items)) and not any(isinstance(item, ir.Star) for item in items)


def _same(op: str, a, b, expr):
    """`a is None`: None is known as such wherever it is; what is not known to be None is something else."""
    if effects(a) or effects(b):
        return expr
    both = ir.Const(None) == a and ir.Const(None) == b
    return ir.Const(both == (op == "is"), None, expr.loc)


def _computed(op: str, a: ir.Const, b: ir.Const, expr):
    """An operation on two constants: a comparison, or arithmetic of integers that stays in range."""
    plain = a.dtype is None and b.dtype is None
    if op in _COMPARE and (op in ("==", "!=") or not {type(a.value), type(b.value)} & {str, complex, type(None)}):
        return ir.Const(_COMPARE[op](a.value, b.value), None, expr.loc)
    if op in _INTEGER and plain and type(a.value) is type(b.value) is int and not (op in ("//", "%") and not b.value):
        value = _INTEGER[op](a.value, b.value)
        if abs(value) < 2**62:
            return ir.Const(value, None, expr.loc)
    return expr


def _gathered(expr: ir.Call):
    """`min`, `max` and `sum` of several values as operations on two; `sum` of an array as NumPy's."""
    return _sum(expr) if expr.func == "sum" else _extreme(expr)


def _sum(expr: ir.Call):
    start = (*expr.args[1:], *(value for key, value in expr.keywords if key == "start"))
    if not expr.args or len(start) != len(expr.args) + len(expr.keywords) - 1:
        return expr
    iterable = expr.args[0]
    if not isinstance(iterable, ir.Tuple):
        total = ir.Call("np.sum", (iterable,), (("axis", ir.Const(0, None, expr.loc)),), expr.loc)
        return ir.Op("+", (*start, total), expr.loc) if start else total
    items = (*start, *iterable.items) or (ir.Const(0, None, expr.loc),)
    return functools.reduce(lambda a, b: ir.Op("+", (a, b), expr.loc), items)


def _extreme(expr: ir.Call):
    func, args = expr.func, expr.args
    if len(args) == 1 and isinstance(args[0], ir.Tuple):
        args = args[0].items
        if len(args) == 1:
            return args[0]
    if expr.keywords or not args:
        raise UnsupportedError(f"{func} of nothing, or with options, is not supported", expr.loc, "Write a loop.")
    if len(args) == 1:
        return ir.Call(f"np.{func}", args, (("axis", ir.Const(0, None, expr.loc)),), expr.loc)
    return functools.reduce(lambda a, b: ir.Call(func, (a, b), (), expr.loc), args)
