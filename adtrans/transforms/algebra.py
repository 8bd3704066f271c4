"""Products and sums of derivative expressions, with the trivial ones simplified."""

from __future__ import annotations

from adtrans import ir


def multiply(seed, factor):
    """`seed * factor`; a choice between factors becomes a choice between products, so that 0 times infinity
    cannot arise from a branch not taken."""
    match factor:
        case ir.Const(value=0):
            return factor
        case ir.Const(value=1):
            return seed
        case ir.Const(value=-1):
            return negate(seed)
        case ir.Op("neg", (inner,)):
            return negate(multiply(seed, inner))
        case ir.Op("/", (ir.Const(value=1), b)):
            return ir.Op("/", (seed, b))
        case ir.Op("/", (ir.Op("neg", (a,)), b)):
            return negate(ir.Op("/", (multiply(seed, a), b)))
        case ir.Op("/", (a, b)):
            return ir.Op("/", (multiply(seed, a), b))
        case ir.IfExp(test, body, orelse):
            return ir.IfExp(test, multiply(seed, body), multiply(seed, orelse))
    match seed:
        case ir.Const(value=1):
            return factor
        case ir.Op("neg", (inner,)):
            return negate(multiply(inner, factor))
    return ir.Op("*", (seed, factor))


def negate(expr):
    match expr:
        case ir.Op("neg", (inner,)):
            return inner
        case ir.Const(value):
            return ir.Const(-value, expr.dtype)
    return ir.Op("neg", (expr,))


def fold(expr):
    """`expr` with constants folded and neutral operands dropped."""
    return ir.rewrite(_fold, expr)


def _fold(expr):
    match expr:
        case ir.IfExp(ir.Const(test), body, orelse):
            return body if test else orelse
        case ir.Op("==" | "<" | ">" | ">=" | "<=" | "!=" as op, (ir.Const(a), ir.Const(b))):
            return ir.Const(_compare(op, a, b))
        case ir.Op("and", (ir.Const(a), b)):
            return b if a else ir.Const(False)
        case ir.Op("and", (a, ir.Const(b))):
            return a if b else ir.Const(False)
        case ir.Op("or", (ir.Const(a), b)):
            return ir.Const(True) if a else b
        case ir.Op("+" | "-" | "*" as op, (ir.Const(a), ir.Const(b))):
            value = a + b if op == "+" else a - b if op == "-" else a * b
            return ir.Const(value, expr.args[0].dtype or expr.args[1].dtype)
        case ir.Op("**", (a, ir.Const(value=float(b)))) if b.is_integer() and abs(b) <= 64:
            return _fold(ir.Op("**", (a, ir.Const(int(b)))))
        case ir.Op("**", (a, ir.Const(value=1))):
            return a
        case ir.Op("**", (a, ir.Const(value=0))):
            return ir.Const(1.0)
        case ir.Op("*", (ir.Const(value=1), a)) | ir.Op("*", (a, ir.Const(value=1))):
            return a
        case ir.Op("neg", (ir.Const(value),)):
            return ir.Const(-value, expr.args[0].dtype)
    return expr


def _compare(op: str, a, b) -> bool:
    return {"==": a == b, "!=": a != b, "<": a < b, "<=": a <= b, ">": a > b, ">=": a >= b}[op]
