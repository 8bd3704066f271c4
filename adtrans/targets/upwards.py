"""Loops that threads run, upwards: their order does not matter, and neighbours in memory are neighbouring threads."""

from __future__ import annotations

from dataclasses import replace

from adtrans import ir, types
from adtrans.analyses.facts import Facts
from adtrans.analyses.threads import Chunked, chunked
from adtrans.targets.anew import facts_of, places
from adtrans.transforms.lazy import ONE, add


def upwards(block: tuple, env: types.Env, values: dict) -> tuple:
    """`block` with the loops upwards whose iterations are independent."""
    return _block(block, facts_of(block, env, values))


def _block(block: tuple, known: Facts) -> tuple:
    return tuple(_statement(stmt, here) for stmt, here in places(block, known))


def _statement(stmt, known: Facts):
    new = ir.with_blocks(stmt, *(_block(b, known) for b in ir.blocks(stmt)))
    if isinstance(stmt, ir.For) and stmt.step == ir.Const(-1) and isinstance(chunked(stmt, known), Chunked):
        return replace(new, start=add(stmt.stop, ONE), stop=add(stmt.start, ONE), step=ONE)
    return new
