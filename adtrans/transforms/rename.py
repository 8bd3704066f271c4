"""Loop variables that adtrans named called `i`, `j`, `k` again wherever that cannot be mistaken."""

from __future__ import annotations

import re
from dataclasses import replace

from adtrans import ir
from adtrans.analyses.liveness import definitions
from adtrans.transforms.context import mentions

OURS = re.compile(r"l|[ijkl](_\d+)+")
NAMES = ("i", "j", "k")


def rename(block: tuple, params: tuple) -> tuple:
    """`block` with the numbered variables of its loops renamed, so that a nest reads as a person would write it."""
    other = set(params)
    for stmt in ir.statements(block):
        other |= set() if isinstance(stmt, ir.For) else set(definitions(stmt))
    return _block(block, frozenset(other))


def _block(block: tuple, taken: frozenset) -> tuple:
    """`taken` are the names that mean something else, here or around."""
    return tuple(_statement(stmt, taken) for stmt in block)


def _statement(stmt, taken: frozenset):
    if isinstance(stmt, ir.For):
        if OURS.fullmatch(stmt.var):
            stmt = _renamed(stmt, taken | mentions(stmt.body).keys())
        taken |= {stmt.var}
    return ir.with_blocks(stmt, *(_block(b, taken) for b in ir.blocks(stmt)))


def _renamed(loop: ir.For, taken: frozenset) -> ir.For:
    name = next((n for n in NAMES if n not in taken), None)
    if name is None:
        return loop
    body = tuple(ir.rename_statement(s, {loop.var: name}) for s in loop.body)
    return replace(loop, var=name, body=body)
