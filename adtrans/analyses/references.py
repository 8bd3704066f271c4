"""Which functions handle no memory: Numba need not count there who refers to an array."""

from __future__ import annotations

from adtrans import ir, types
from adtrans.analyses.liveness import definitions
from adtrans.callees import callee_of


def counts_no_references(body: tuple, env: types.Env) -> bool:
    """Whether the function only computes with numbers, and with elements of the arrays that it is given or of views of
    these: it makes no array, keeps none, and returns none."""
    return all(_is_plain(stmt, env) for stmt in ir.statements(body))


def _is_plain(stmt, env: types.Env) -> bool:
    match stmt:
        case ir.View(_, ir.Index(ir.Name())):
            return all(map(_is_of_numbers, ir.expressions(stmt)))
        case ir.Return(value):
            items = value.items if isinstance(value, ir.Tuple) else (value,)
            return all(isinstance(item, ir.Name) and _is_number(item.id, env) for item in items)
        case ir.Opaque(targets, ir.Call(func, args)):
            return bool(callee_of(func)) and _are_numbers(targets, env) and all(map(_is_of_numbers, args))
        case ir.Assign() | ir.Store() | ir.AugAssign() | ir.If() | ir.For() | ir.While():
            return _are_numbers(definitions(stmt), env) and all(map(_is_of_numbers, ir.expressions(stmt)))
    return False


def _are_numbers(names: tuple, env: types.Env) -> bool:
    return all(_is_number(name, env) for name in names if not name.startswith("<"))


def _is_number(name: str, env: types.Env) -> bool:
    return isinstance(env.get(name), (types.types.Number, types.types.Boolean))


def _is_of_numbers(expr) -> bool:
    """Whether no part of `expr` calls a helper, which may make an array."""
    return not any(isinstance(e, ir.Call) and e.func.startswith("helper.") for e in ir.walk(expr))
