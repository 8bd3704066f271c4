"""Expressions: concrete syntax to IR."""

from __future__ import annotations

import libcst as cst
import numpy as np

from adtrans import ir
from adtrans.errors import UnsupportedError
from adtrans.parse.calls import call_method, call_object, call_ufunc_method
from adtrans.parse.canonical import function_name
from adtrans.parse.scope import MISSING, Scope
from adtrans.parse.unsupported import unsupported

BINARY = {
    cst.Add: "+",
    cst.Subtract: "-",
    cst.Multiply: "*",
    cst.Divide: "/",
    cst.FloorDivide: "//",
    cst.Modulo: "%",
    cst.Power: "**",
    cst.MatrixMultiply: "@",
    cst.BitAnd: "&",
    cst.BitOr: "|",
    cst.BitXor: "^",
    cst.LeftShift: "<<",
    cst.RightShift: ">>",
    cst.And: "and",
    cst.Or: "or",
}
_COMPARE = {
    cst.LessThan: "<",
    cst.LessThanEqual: "<=",
    cst.GreaterThan: ">",
    cst.GreaterThanEqual: ">=",
    cst.Equal: "==",
    cst.NotEqual: "!=",
}
_UNARY = {cst.Minus: "neg", cst.Plus: "pos", cst.Not: "not", cst.BitInvert: "~"}


def expression(scope: Scope, node):
    """The IR of `node`. Raises: UnsupportedError at the innermost construct that has none."""
    loc = scope.loc(node)
    match node:
        case cst.Name():
            return _name(scope, node)
        case cst.Integer() | cst.Float():
            return ir.Const(node.evaluated_value, None, loc)
        case cst.BinaryOperation() | cst.BooleanOperation():
            return ir.Op(
                BINARY[type(node.operator)], (expression(scope, node.left), expression(scope, node.right)), loc
            )
        case cst.UnaryOperation(operator=op, expression=operand):
            return _unary(_UNARY[type(op)], expression(scope, operand), loc)
        case cst.Comparison():
            return _comparison(scope, node)
        case cst.IfExp(test=test, body=body, orelse=orelse):
            return ir.IfExp(expression(scope, test), expression(scope, body), expression(scope, orelse), loc)
        case cst.Attribute():
            return _attribute(scope, node)
        case cst.Subscript():
            return ir.Index(expression(scope, node.value), _index(scope, node), loc)
        case cst.Tuple(elements=elements):
            return ir.Tuple(tuple(expression(scope, _element(scope, e)) for e in elements), loc)
        case cst.Call():
            return _call(scope, node)
    raise unsupported(node, loc)


def _name(scope: Scope, node: cst.Name):
    obj = scope.lookup(node)
    if obj is MISSING:
        return ir.Name(scope.local(node.value), scope.loc(node))
    return scope.value(obj, node, node.value)


def _unary(op: str, operand, loc):
    """`-2` is one constant, so that a range's step or an axis is seen as a number."""
    match operand:
        case ir.Const(value, None) if op == "neg" and not isinstance(value, bool):
            return ir.Const(-value, None, loc)
    return ir.Op(op, (operand,), loc)


def _comparison(scope: Scope, node: cst.Comparison):
    """`a < b < c` is `a < b and b < c`; `b` is then written twice, so it must cost nothing to evaluate."""
    left, result = expression(scope, node.left), None
    for position, target in enumerate(node.comparisons):
        if type(target.operator) not in _COMPARE:
            raise unsupported(target.operator, scope.loc(node))
        right = expression(scope, target.comparator)
        if position < len(node.comparisons) - 1 and any(isinstance(e, (ir.Call, ir.UserCall)) for e in ir.walk(right)):
            raise UnsupportedError(
                "a call in the middle of a chained comparison is not supported",
                right.loc,
                "Give its result a name first.",
            )
        step = ir.Op(_COMPARE[type(target.operator)], (left, right), scope.loc(node))
        result = step if result is None else ir.Op("and", (result, step), scope.loc(node))
        left = right
    return result


def _attribute(scope: Scope, node: cst.Attribute):
    obj, attr, loc = scope.lookup(node), node.attr.value, scope.loc(node)
    if obj is not MISSING:
        return scope.value(obj, node, dotted(node))
    base = expression(scope, node.value)
    return ir.Attr(base, attr, loc)


def dotted(node) -> str:
    """The text of a name or an attribute chain; "the result" for anything else that is called."""
    match node:
        case cst.Name(value=name):
            return name
        case cst.Attribute(value=base, attr=attr):
            return f"{dotted(base)}.{attr.value}"
    return "the result"


def _element(scope: Scope, element):
    if isinstance(element, cst.StarredElement):
        raise unsupported(element, scope.loc(element))
    return element.value


def _index(scope: Scope, node: cst.Subscript) -> tuple:
    """The items of `node`'s index; `a[(i, j)]` is `a[i, j]`."""
    items = tuple(_index_item(scope, element) for element in node.slice)
    if len(items) == 1 and isinstance(items[0], ir.Tuple) and len(node.slice) == 1:
        return items[0].items
    return items


def _index_item(scope: Scope, element: cst.SubscriptElement):
    loc = scope.loc(element.slice)
    match element.slice:
        case cst.Slice(lower=lower, upper=upper, step=step):
            start, stop, stride = (None if part is None else expression(scope, part) for part in (lower, upper, step))
            return ir.Slice(start, stop, stride, loc)
        case cst.Index(value=cst.Ellipsis()):
            return ir.Dots(loc)
        case cst.Index(star=star, value=value) if not isinstance(star, str):
            if scope.lookup(value) is None:
                return ir.NewAxis(loc)
            return _index_argument(scope, value)
    raise UnsupportedError("a starred index is not supported", loc, "Write out each index.")


def _index_argument(scope: Scope, node):
    """An index: a list is an array there."""
    match node:
        case cst.List():
            return _index_list(scope, node)
        case cst.Tuple(elements=elements):
            items = tuple(_index_argument(scope, _element(scope, e)) for e in elements)
            return ir.Tuple(items, scope.loc(node))
    return expression(scope, node)


def _index_list(scope: Scope, node: cst.List):
    loc, items = scope.loc(node), argument(scope, node)
    if any(not isinstance(e, (ir.Tuple, ir.Const)) for e in ir.walk(items)):
        return ir.Call("np.array", (items,), (), loc)
    try:
        array = np.array(_values(items), dtype=None if items.items else np.int64)
    except ValueError as error:
        raise UnsupportedError("the rows of a list must be of one length", loc, "Write an array.") from error
    return scope.array(array, "chosen", loc)


def _values(expr):
    return [_values(item) for item in expr.items] if isinstance(expr, ir.Tuple) else expr.value


def _call(scope: Scope, node: cst.Call):
    loc = scope.loc(node)
    if not isinstance(node.func, (cst.Name, cst.Attribute)):
        raise UnsupportedError("the call of an expression is not supported", loc, "Call a function by its name.")
    target, label = scope.lookup(node.func), dotted(node.func)
    if target is not MISSING:
        read = argument if function_name(target) else expression
        args, keywords = _arguments(scope, node, read)
        return call_object(target, label, args, keywords, loc)
    if isinstance(node.func, cst.Name):
        raise UnsupportedError(
            f"{label} is a local variable and cannot be called", loc, "Call a function by its own name."
        )
    ufunc = scope.lookup(node.func.value)
    if isinstance(ufunc, np.ufunc):
        args, keywords = _arguments(scope, node, _index_argument)
        return call_ufunc_method(ufunc, node.func.attr.value, args, keywords, loc)
    args, keywords = _arguments(scope, node, argument)
    base = expression(scope, node.func.value)
    return call_method(base, node.func.attr.value, args, keywords, loc)


def _arguments(scope: Scope, node: cst.Call, read) -> tuple:
    """Positional expressions, and (name, expression) pairs."""
    args, keywords = [], []
    for arg in node.args:
        if arg.star:
            raise UnsupportedError("a star argument is not supported", scope.loc(arg), "Write out each argument.")
        value = read(scope, arg.value)
        if arg.keyword is None:
            args.append(value)
        else:
            keywords.append((arg.keyword.value, value))
    return tuple(args), tuple(keywords)


def argument(scope: Scope, node):
    """An argument of a library function: there a list is as good as a tuple, and None and text have a meaning."""
    loc = scope.loc(node)
    match node:
        case cst.List(elements=elements) | cst.Tuple(elements=elements):
            return ir.Tuple(tuple(argument(scope, _element(scope, e)) for e in elements), loc)
        case cst.Name(value="None"):
            return ir.Const(None, None, loc)
        case cst.SimpleString():
            return ir.Const(node.evaluated_value, None, loc)
    return expression(scope, node)
