"""What the transforms leave behind tidied: known zeros, values used once, code that nothing needs."""

from __future__ import annotations

from dataclasses import replace

from adtrans import ir
from adtrans.transforms.dead import dead
from adtrans.transforms.first import first
from adtrans.transforms.propagate import propagate
from adtrans.transforms.substitute import substitute


def simplify(block: tuple, ours: frozenset) -> tuple:
    """The body of a gradient function, shorter. `ours` are the scalars that adtrans named: cotangents and seeds."""
    block = opened(block)
    while True:
        before = block
        block = dead(propagate(block, ours))
        block = first(block)
        block = dead(substitute(block, ours))
        if block == before:
            return block


def opened(block: tuple, comments: bool = False) -> tuple:
    """`Custom` operations replaced by what they compute, constants of the derivative by their values; the user's
    `comments` dropped but in the primal."""
    out: list = []
    for stmt in block:
        if isinstance(stmt, ir.Custom):
            first, *rest = opened(stmt.forward, comments)
            out += [replace(first, comments=stmt.comments) if comments else first, *rest]
            continue
        stmt = ir.with_blocks(stmt, *(opened(b, comments) for b in ir.blocks(stmt)))
        stmt = ir.map_expressions(lambda e: ir.rewrite(_without_mark, e), stmt)
        out.append(stmt if comments or not getattr(stmt, "comments", ()) else replace(stmt, comments=()))
    return tuple(out)


def _without_mark(expr):
    match expr:
        case ir.Call("stop_gradient", (value,)):
            return value
    return expr
