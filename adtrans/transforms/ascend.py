"""Loops of the reverse sweep run upwards where their order does not matter: the compiler vectorises them without
reversing vectors, and checks once before a nest, not in each row, whether arrays overlap."""

from __future__ import annotations

from dataclasses import replace

from adtrans import ir, types
from adtrans.analyses.independence import is_orderless
from adtrans.analyses.liveness import Liveness, liveness
from adtrans.analyses.signs import Signs
from adtrans.passes import optimising
from adtrans.transforms.lazy import ONE, add

DOWN = ir.Const(-1)


@optimising
def ascend(block: tuple, env: types.Env, owned: frozenset, known: Signs) -> tuple:
    """`block` with each loop of step -1 whose iterations are independent but for sums turned round.
    `owned` are arrays that share no memory with another."""
    return _block(block, env, owned, known, liveness(block))


def _block(block: tuple, env: types.Env, owned: frozenset, known: Signs, live: Liveness) -> tuple:
    return tuple(_statement(stmt, env, owned, known, live) for stmt in block)


def _statement(stmt, env: types.Env, owned: frozenset, known: Signs, live: Liveness):
    turns = isinstance(stmt, ir.For) and stmt.step == DOWN and is_orderless(stmt, env, owned, known, live)
    stmt = ir.with_blocks(stmt, *(_block(b, env, owned, known, live) for b in ir.blocks(stmt)))
    if not turns:
        return stmt
    return replace(stmt, start=add(stmt.stop, ONE), stop=add(stmt.start, ONE), step=ONE)
