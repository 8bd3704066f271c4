"""Lengths that a loop checks, and computes, in each iteration anew: once before it, as threads raise no errors.

for i in range(n):                          if n > 0:
    _nonempty(m)                                _nonempty(m)
    ...                                     for i in range(n):
                                                ...
"""

from __future__ import annotations

from collections.abc import Iterator

from adtrans import helpers, ir, types
from adtrans.analyses.liveness import definitions
from adtrans.targets.loops import trips

OF_LENGTHS = frozenset(f"helper.{name}" for name in helpers.SOURCE.keys() - set(helpers.ELEMENTWISE))
ZERO = ir.Const(0)


def upfront(block: tuple, env: types.Env) -> tuple:
    """`block` with what loops say of lengths, which they do not change, before them."""
    out: list = []
    for stmt in block:
        stmt = ir.with_blocks(stmt, *(upfront(b, env) for b in ir.blocks(stmt)))
        if isinstance(stmt, ir.For):
            found = list(_of_lengths(stmt, env))
            out += (_if_it_runs(stmt, s) for s in found)
            stmt = ir.with_blocks(stmt, tuple(s for s in stmt.body if not any(s is f for f in found)))
        out.append(stmt)
    return tuple(out)


def _of_lengths(loop: ir.For, env: types.Env) -> Iterator:
    """The statements right in the body of `loop` that are the same in every iteration."""
    bound = [d for s in ir.statements((loop,)) for d in definitions(s)]
    for stmt in loop.body:
        own = frozenset(definitions(stmt))
        if _is_of_lengths(stmt) and not any(bound.count(n) > (n in own) for n in _needs(stmt)):
            yield stmt


def _needs(stmt) -> frozenset:
    """The names on which what `stmt` does depends, and those that it defines."""
    return frozenset(definitions(stmt)).union(*map(_names_of, (stmt,)))


def _names_of(stmt) -> frozenset:
    match stmt:
        case ir.If(test, body, orelse):
            return ir.names(test).union(*map(_needs, (*body, *orelse)))
    return frozenset().union(*map(ir.names, ir.expressions(stmt)))


def _is_of_lengths(stmt) -> bool:
    """Whether `stmt` checks or computes whole numbers that are no elements."""
    match stmt:
        case ir.Effect(ir.Call(func) as value) | ir.Assign(_, ir.Call(func) as value):
            return func in OF_LENGTHS and _reads_no_elements(value)
        case ir.If(test, body, orelse):
            return _reads_no_elements(test) and all(map(_is_of_lengths_or_zero, (*body, *orelse)))
    return False


def _is_of_lengths_or_zero(stmt) -> bool:
    return _is_of_lengths(stmt) or (isinstance(stmt, ir.Assign) and stmt.value == ZERO)


def _reads_no_elements(expr) -> bool:
    return not any(isinstance(e, ir.Index) and not isinstance(e.base, ir.Attr) for e in ir.walk(expr))


def _if_it_runs(loop: ir.For, stmt) -> ir.If:
    """`stmt` where `loop` has iterations; else nothing reads what it defines."""
    names = {d for s in ir.statements((stmt,)) for d in definitions(s)}
    zeros = tuple(ir.Assign(name, ZERO) for name in sorted(names))
    return ir.If(ir.Op(">", (trips(loop), ZERO)), (stmt,), zeros, stmt.loc)
