"""A real parameter of which a complex number takes the name: that of another variable from the start."""

from __future__ import annotations

from dataclasses import replace

from adtrans import ir, types
from adtrans.names import fresh, used


def widen(function: ir.Function, env: types.Env, argtypes: tuple) -> ir.Function:
    """`function`, whose names have the types `env`, with parameters that are complex only where arguments are."""
    taken, body = used(function) | set(env), function.body
    for name, t in zip(function.params, argtypes, strict=True):
        if types.is_complex(env[name]) and not types.is_complex(t):
            new = fresh(name, taken)
            body = tuple(ir.rename_statement(stmt, {name: new}) for stmt in body)
            body = (ir.Assign(new, ir.Name(name)), *body)
    return replace(function, body=body)
