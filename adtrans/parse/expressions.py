"""Expressions: concrete syntax to IR."""

from __future__ import annotations

import cmath
import functools
from dataclasses import replace

import libcst as cst
import numpy as np

from adtrans import ir
from adtrans.errors import UnsupportedError
from adtrans.parse.calls import call_method, call_object, call_ufunc_method
from adtrans.parse.canonical import function_name, is_of_generated_module
from adtrans.parse.derivatives import derivative, makes_derivative
from adtrans.parse.device import Device, device_call, device_value
from adtrans.parse.functions import lambda_value
from adtrans.parse.iterables import trip_count
from adtrans.parse.lists import (
    GATHERING,
    comprehension,
    display,
    gathered,
    is_generated,
    matrix,
    membership,
)
from adtrans.parse.scope import MISSING, Scope, dotted
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
    cst.Is: "is",
    cst.IsNot: "is not",
}
_UNARY = {cst.Minus: "neg", cst.Plus: "pos", cst.Not: "not", cst.BitInvert: "~"}


def expression(scope: Scope, node):
    """The IR of `node`. Raises: UnsupportedError at the innermost construct that has none."""
    loc = scope.loc(node)
    match node:
        case cst.Name():
            return _name(scope, node)
        case cst.Integer() | cst.Float() | cst.Imaginary():
            return ir.Const(node.evaluated_value, None, loc)
        case cst.SimpleString(evaluated_value=str(text)):
            return ir.Const(text, None, loc)
        case cst.SimpleString(evaluated_value=bytes(text)) if is_of_generated_module(scope.source.fn):
            return ir.Const(text, None, loc)
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
        case cst.List():
            return display(scope, node, expression)
        case cst.ListComp():
            return comprehension(scope, node, argument)
        case cst.Call():
            return _call(scope, node)
        case cst.Lambda():
            return lambda_value(scope, node, expression)
        case cst.NamedExpr(target=cst.Name(value=name), value=value):
            return ir.Walrus(scope.local(name), expression(scope, value), loc)
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
    """`a < b < c` is `a < b and b < c`; a `b` that costs something gets a name when it is first evaluated."""
    left, result = expression(scope, node.left), None
    if len(node.comparisons) == 1 and isinstance(node.comparisons[0].operator, (cst.In, cst.NotIn)):
        return _membership(scope, node, left)
    for position, target in enumerate(node.comparisons):
        if type(target.operator) not in _COMPARE:
            raise unsupported(target.operator, scope.loc(node))
        right, again = expression(scope, target.comparator), None
        if position < len(node.comparisons) - 1:
            right, again = _twice(scope, right)
        step = _compared(_COMPARE[type(target.operator)], left, right, scope.loc(node))
        result = step if result is None else ir.Op("and", (result, step), scope.loc(node))
        left = again
    return result


def _membership(scope: Scope, node: cst.Comparison, left):
    """`a in (b, c)` is `a == b or a == c`; other items are searched."""
    loc, operator = scope.loc(node), node.comparisons[0].operator
    right = argument(scope, node.comparisons[0].comparator)
    calls = (ir.UserCall, ir.Apply, ir.Walrus)
    found: ir.Op | ir.Const | ir.Apply
    if isinstance(right, ir.Tuple) and not any(isinstance(e, calls) for e in ir.walk(right)):
        first, again = _twice(scope, left) if len(right.items) > 1 else (left, left)
        tests = [ir.Op("==", (again if k else first, item), loc) for k, item in enumerate(right.items)]
        found = functools.reduce(lambda a, b: ir.Op("or", (a, b), loc), tests) if tests else ir.Const(False, None, loc)
    else:
        found = membership(scope, node, left, right)
    return found if isinstance(operator, cst.In) else ir.Op("not", (found,), loc)


def _twice(scope: Scope, expr) -> tuple:
    """Two expressions: the first evaluates `expr`, the second has its value without doing so again."""
    calls = (ir.Call, ir.UserCall, ir.Apply, ir.Walrus)
    if not any(isinstance(e, calls) for e in ir.walk(expr)):
        return expr, expr
    name = scope.fresh("value")
    return ir.Walrus(name, expr, expr.loc), ir.Name(name, expr.loc)


def _compared(op: str, left, right, loc):
    if op in ("is", "is not") and ir.Const(None) not in (left, right):
        raise unsupported(cst.Is() if op == "is" else cst.IsNot(), loc)
    return ir.Op(op, (left, right), loc)


def _attribute(scope: Scope, node: cst.Attribute):
    obj, attr, loc = scope.lookup(node), node.attr.value, scope.loc(node)
    if isinstance(obj, Device):
        return device_value(obj, loc)
    if obj is not MISSING:
        return scope.value(obj, node, dotted(node))
    if isinstance(node.value, cst.Call) and scope.lookup(node.value.func) in (np.finfo, np.iinfo):
        return scope.value(getattr(_limits(scope, node.value), attr, None), node, attr)
    base = expression(scope, node.value)
    if attr in ("real", "imag"):
        return ir.Call(f"np.{attr}", (base,), (), loc)
    if attr == "flat":
        return ir.Call("np.ravel", (base,), (), loc)
    return ir.Attr(base, attr, loc)


def _limits(scope: Scope, node: cst.Call):
    """What `np.finfo(np.float64)` is: the limits of a type."""
    match _arguments(scope, node, expression):
        case (ir.DType(name),), ():
            return scope.lookup(node.func)(name)
    raise UnsupportedError("this dtype is not known before the program runs", scope.loc(node), "Write np.float64.")


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
    loc, label = scope.loc(node), dotted(node.func)
    target = scope.lookup(node.func)
    if target is not MISSING and not isinstance(target, functools.partial):
        return _known_call(scope, node, target, label, loc)
    if isinstance(node.func, cst.Attribute) and target is MISSING:
        return _method(scope, node, node.func, loc)
    args, keywords = _arguments(scope, node, expression, star=True)
    called = expression(scope, node.func)
    label = called.label if isinstance(called, ir.FunctionValue) else label
    return ir.Apply(called, label, args, keywords, loc)


def _method(scope: Scope, node: cst.Call, called: cst.Attribute, loc):
    ufunc, method = scope.lookup(called.value), called.attr.value
    if isinstance(ufunc, np.ufunc):
        args, keywords = _arguments(scope, node, _index_argument)
        return call_ufunc_method(ufunc, method, args, keywords, loc)
    base = expression(scope, called.value)
    args, keywords = _arguments(scope, node, argument)
    return call_method(base, method, args, keywords, loc)


def _known_call(scope: Scope, node: cst.Call, target, label: str, loc):
    """The call of an object from outside of the function."""
    if isinstance(target, Device):
        args, keywords = _arguments(scope, node, argument)
        return device_call(target, args, keywords, loc)
    if makes_derivative(target):
        return derivative(scope, node, target)
    library = function_name(target)
    if library in GATHERING and node.args and (library != "sum" or is_generated(scope, node.args[0].value)):
        return gathered(scope, node, library, argument)
    if library == "np.array" and node.args and (made := matrix(scope, node.args[0].value, argument)):
        keywords = _arguments(scope, node, argument)[1]
        return call_object(target, label, (made,), keywords, loc) if keywords else made
    if library == "len" and (trips := trip_count(scope, node, argument)):
        return trips
    args, keywords = _arguments(scope, node, argument if library else expression, star=not library)
    if target is functools.partial:
        return _partial(args, keywords, loc)
    if target is divmod and len(args) == 2 and not keywords:
        (a, a_again), (b, b_again) = (_twice(scope, arg) for arg in args)
        return ir.Tuple((ir.Op("//", (a, b), loc), ir.Op("%", (a_again, b_again), loc)), loc)
    if target is cmath.polar and len(args) == 1 and not keywords:
        z, again = _twice(scope, args[0])
        return ir.Tuple((ir.Call("abs", (z,), (), loc), ir.Call("cmath.phase", (again,), (), loc)), loc)
    return call_object(target, label, args, keywords, loc)


def _partial(args: tuple, keywords: tuple, loc):
    if not args or not isinstance(args[0], ir.FunctionValue) or args[0].args or args[0].keywords:
        raise UnsupportedError(
            "partial is only supported of a function", loc, "Write functools.partial(f, ...) with f a function's name."
        )
    return replace(args[0], args=args[1:], keywords=keywords, loc=loc)


def _arguments(scope: Scope, node: cst.Call, read, star: bool = False) -> tuple:
    """Positional expressions, and (name, expression) pairs."""
    args, keywords = [], []
    for arg in node.args:
        if arg.star == "**" or (arg.star and not star):
            raise UnsupportedError("a star argument is not supported", scope.loc(arg), "Write out each argument.")
        value = read(scope, arg.value)
        if arg.keyword is not None:
            keywords.append((arg.keyword.value, value))
        else:
            args.append(ir.Star(value, scope.loc(arg)) if arg.star else value)
    return tuple(args), tuple(keywords)


def argument(scope: Scope, node):
    """An argument of a library function: there a list is as good as a tuple."""
    loc = scope.loc(node)
    match node:
        case cst.List(elements=elements) | cst.Tuple(elements=elements):
            return ir.Tuple(tuple(argument(scope, _element(scope, e)) for e in elements), loc)
        case cst.SimpleString():
            return ir.Const(node.evaluated_value, None, loc)
        case cst.SimpleString(evaluated_value=str(text)):
            return ir.Const(text, None, loc)
    return expression(scope, node)
