"""One of two values: what `and` and `or` are, and when a choice needs a branch."""

from __future__ import annotations

from dataclasses import replace

from adtrans import ir, types
from adtrans.transforms.calls import is_known


def chosen(expr: ir.Op, first) -> ir.IfExp:
    """The operand that `expr` is, `first` being the value of its first: `b if a else a` for `a and b`."""
    second = expr.args[1]
    return ir.IfExp(first, *((second, first) if expr.op == "and" else (first, second)), loc=expr.loc)


def truth(expr, env: types.Env):
    """`expr` with booleans for what `and` and `or` join in it."""
    match expr:
        case ir.Op("and" | "or", args):
            return replace(expr, args=tuple(_boolean(truth(arg, env), env) for arg in args))
    return expr


def _boolean(expr, env: types.Env):
    is_boolean = types.type_of(expr, env) == types.types.boolean
    return expr if is_boolean else ir.Op("!=", (expr, ir.Const(0)), expr.loc)


def needs_statements(expr, env: types.Env) -> bool:
    """Whether evaluating `expr` emits statements, or reads an array that a test may have to guard."""

    def needs(e) -> bool:
        if isinstance(e, ir.Call):
            return e.func in types.PARAMETERS or is_known(e)
        return types.has_index_arrays(e, env) if isinstance(e, ir.Index) else isinstance(e, ir.Op) and e.op == "@"

    return any(map(needs, ir.walk(expr)))
