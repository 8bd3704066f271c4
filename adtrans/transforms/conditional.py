"""A choice between arrays, `a if test else b`, as a branch that gives one of them a name."""

from __future__ import annotations

from dataclasses import replace

from adtrans import ir, types
from adtrans.callees import callee_of
from adtrans.names import fresh, used


def conditional(function: ir.Function, env: types.Env) -> ir.Function:
    """`function`, whose names have the types `env`, with branches for the conditional expressions that are arrays.

    Those stay that are evaluated conditionally themselves, again and again in the test of a `while`, beside a call
    that may change what they read, or where elements of them are stored.
    """
    return replace(function, body=_block(function.body, env, used(function) | set(env)))


def _block(block: tuple, env: types.Env, taken: set[str]) -> tuple:
    return tuple(new for stmt in block for new in _statement(stmt, env, taken))


def _statement(stmt, env: types.Env, taken: set[str]) -> tuple:
    stmt = ir.with_blocks(stmt, *(_block(b, env, taken) for b in ir.blocks(stmt)))
    if isinstance(stmt, ir.While) or any(map(_is_call, ir.expressions(stmt))) or _is_into_choice(stmt):
        return (stmt,)
    before: list = []

    def branch(target: str, expr: ir.IfExp) -> ir.If:
        body, orelse = (_statement(ir.Assign(target, side, expr.loc), env, taken) for side in (expr.body, expr.orelse))
        return ir.If(named(expr.test), body, orelse, expr.loc)

    def named(expr):
        if _is_choice(expr, env):
            name = fresh("chosen", taken)
            before.append(branch(name, expr))
            return ir.Name(name, expr.loc)
        if isinstance(expr, ir.IfExp) or (isinstance(expr, ir.Op) and expr.op in ("and", "or")):
            return expr
        return ir.map_children(named, expr)

    match stmt:
        case ir.Assign(target, value) if _is_choice(value, env):
            chosen = replace(branch(target, value), loc=stmt.loc, comments=stmt.comments)
            return (*before, chosen)
    stmt = ir.map_expressions(named, stmt)
    return (*before, stmt)


def _is_choice(expr, env: types.Env) -> bool:
    return isinstance(expr, ir.IfExp) and types.is_array(types.type_of(expr, env))


def _is_into_choice(stmt) -> bool:
    """Whether elements of anything but a variable are stored: under a name of its own that may be a copy."""
    target = getattr(stmt, "target", None)
    return isinstance(target, ir.Index) and not isinstance(target.base, ir.Name)


def _is_call(expr) -> bool:
    """Whether a function that stays a call, or one that changes a list, is called in `expr`."""
    calls = (e for e in ir.walk(expr) if isinstance(e, ir.Call))
    return any(callee_of(e.func) is not None or e.func.startswith("list.") for e in calls)
