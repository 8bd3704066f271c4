"""Branches of the forward and of the reverse sweep with one test, as one branch."""

from __future__ import annotations

from dataclasses import replace

from adtrans import ir
from adtrans.analyses.liveness import definitions, mentions


def join(block: tuple) -> tuple:
    """`block` with each branch merged into one before it that has the same test, where only constants are assigned in
    between and the first changes nothing of which the test is made."""
    out: list = []
    for stmt in block:
        place = _first(out, stmt) if isinstance(stmt, ir.If) else None
        if place is None:
            out.append(stmt)
            continue
        first = out[place]
        both = replace(first, body=(*first.body, *stmt.body), orelse=(*first.orelse, *stmt.orelse))
        out[place:] = [*out[place + 1 :], both]
    return tuple(ir.with_blocks(s, *map(join, ir.blocks(s))) for s in out)


def _first(before: list, stmt: ir.If) -> int | None:
    """The position of the branch that `stmt` can be merged into."""
    moved: list = []
    for place in reversed(range(len(before))):
        first = before[place]
        if isinstance(first, ir.If):
            return place if first.test == stmt.test and _stays(first, moved) else None
        if not isinstance(first, ir.Assign) or not isinstance(first.value, ir.Const):
            return None
        moved.append(first.target)
    return None


def _stays(stmt: ir.If, moved: list) -> bool:
    reads_elements = any(isinstance(e, ir.Index) and isinstance(e.base, ir.Name) for e in ir.walk(stmt.test))
    changed = {d for s in ir.statements((stmt,)) for d in definitions(s)}
    return not reads_elements and not changed & ir.names(stmt.test) and not any(mentions(stmt, n) for n in moved)
