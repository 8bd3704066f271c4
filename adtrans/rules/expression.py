"""A derivative's text, such as `1 - y * y`, as an IR expression."""

from __future__ import annotations

import ast
import math
from functools import reduce

from adtrans import ir
from adtrans.errors import ArgumentError

BINARY = {
    ast.Add: "+",
    ast.Sub: "-",
    ast.Mult: "*",
    ast.Div: "/",
    ast.FloorDiv: "//",
    ast.Mod: "%",
    ast.Pow: "**",
    ast.BitAnd: "&",
    ast.BitOr: "|",
    ast.BitXor: "^",
    ast.LShift: "<<",
    ast.RShift: ">>",
}
UNARY = {ast.USub: "neg", ast.UAdd: "pos", ast.Not: "not", ast.Invert: "~"}
COMPARISON = {ast.Lt: "<", ast.LtE: "<=", ast.Gt: ">", ast.GtE: ">=", ast.Eq: "==", ast.NotEq: "!="}
BOOLEAN = {ast.And: "and", ast.Or: "or"}
MODULES = ("np.", "math.", "scipy.special.", "helper.")  # the last are those that generated modules define
CONSTANTS = {"np.pi": math.pi, "math.pi": math.pi}


def expression(text: str):
    """The IR of `text`: names, numbers, operators, comparisons, conditional expressions, calls of np.* and math.*.

    Raises: `ArgumentError` for anything else.
    """
    return convert(tree(text), text)


def tree(text: str) -> ast.expr:
    """The syntax tree of `text`, one Python expression."""
    try:
        return ast.parse(text.strip(), mode="eval").body
    except SyntaxError as error:
        raise ArgumentError(f"{text!r} is not a Python expression: {error.msg}") from None


def convert(node: ast.expr, text: str):
    """The IR of `node`, a part of `text`."""

    def part(node):
        return convert(node, text)

    match node:
        case ast.Constant(value) if isinstance(value, (bool, int, float)):
            return ir.Const(value)
        case ast.Name(name):
            return ir.Name(name)
        case ast.Attribute() if (constant := CONSTANTS.get(dotted(node))) is not None:
            return ir.Const(constant)
        case ast.UnaryOp(ast.USub(), ast.Constant(int() | float() as value)):
            return ir.Const(-value)
        case ast.UnaryOp(op, operand):
            return ir.Op(UNARY[type(op)], (part(operand),))
        case ast.BinOp(left, op, right) if type(op) in BINARY:
            return ir.Op(BINARY[type(op)], (part(left), part(right)))
        case ast.BoolOp(op, values):
            return joined(BOOLEAN[type(op)], map(part, values))
        case ast.Compare(left, ops, rights) if all(type(op) in COMPARISON for op in ops):
            terms = [part(left), *map(part, rights)]
            pairs = [ir.Op(COMPARISON[type(op)], (terms[i], terms[i + 1])) for i, op in enumerate(ops)]
            return joined("and", pairs)
        case ast.IfExp(test, body, orelse):
            return ir.IfExp(part(test), part(body), part(orelse))
        case ast.Call(func, args, keywords=[]) if dotted(func).startswith(MODULES):
            return ir.Call(dotted(func), tuple(map(part, args)))
    hint = "Use names, numbers, operators, comparisons, conditional expressions and calls of np.* and math.*."
    raise ArgumentError(f"{ast.unparse(node)!r} cannot be part of a derivative: {text!r}", hint=hint)


def joined(op: str, terms):
    """`a op b op c` as operators of two, from the left."""
    return reduce(lambda a, b: ir.Op(op, (a, b)), terms)


def dotted(node: ast.expr) -> str:
    """`np.linalg.norm` of a chain of attributes of a name; "" of anything else."""
    match node:
        case ast.Name(name):
            return name
        case ast.Attribute(value, attribute) if base := dotted(value):
            return f"{base}.{attribute}"
    return ""
