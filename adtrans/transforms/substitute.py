"""Cotangents that are used once, put where they are used."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

from adtrans import ir
from adtrans.analyses.liveness import definitions, liveness
from adtrans.transforms.algebra import multiply

LARGEST = 12  # nodes of an expression that is still readable with another one put into it


def substitute(block: tuple, ours: frozenset) -> tuple:
    """`block` with each scalar of `ours` that one statement alone reads, in the same block and before anything
    that its value depends on changes, replaced by its value there."""
    live = liveness(block)
    return _block(block, ours, live)


def _block(block: tuple, ours: frozenset, live) -> tuple:
    out = list(block)
    k = 0
    while k < len(out):
        stmt = out[k]
        match stmt:
            case ir.Assign(target, value) if target in ours and target not in ir.names(value):
                place = _only_use(out, k, target, value, live)
                if place is not None:
                    new = _put(out[place], target, value)
                    live.after[id(new)] = live.after.get(id(out[place]), frozenset())
                    out[place] = new
                    del out[k]
                    continue
        k += 1
    return tuple(_nested(stmt, ours, live) for stmt in out)


def _nested(stmt, ours: frozenset, live):
    inner = ir.blocks(stmt)
    if not inner:
        return stmt
    new = ir.with_blocks(stmt, *(_block(b, ours, live) for b in inner))
    live.after[id(new)] = live.after.get(id(stmt), frozenset())
    return new


def _only_use(out: list, k: int, target: str, value, live) -> int | None:
    """The position of the one statement that reads `target` after position `k`."""
    needed = ir.names(value)
    arrays = {e.base.id for e in ir.walk(value) if isinstance(e, ir.Index) and isinstance(e.base, ir.Name)}
    for place in range(k + 1, len(out)):
        stmt = out[place]
        uses = _uses(stmt)[target]
        if uses:
            simple = not ir.blocks(stmt) and (uses == 1 or _is_simple(value))
            last = target not in live.after.get(id(stmt), frozenset({target})) or target in definitions(stmt)
            size = len(list(ir.walk(value))) + sum(len(list(ir.walk(e))) for e in ir.expressions(stmt))
            return place if simple and last and size <= LARGEST + 8 else None
        if any(name in needed or name == target for s in ir.statements((stmt,)) for name in definitions(s)):
            return None
        if any(_stores(s) & arrays for s in ir.statements((stmt,))) or (arrays and ir.blocks(stmt)):
            return None
    return None


def _uses(stmt) -> Counter:
    count: Counter = Counter()
    for inner in ir.statements((stmt,)):
        for expr in ir.expressions(inner):
            count.update(e.id for e in ir.walk(expr) if isinstance(e, ir.Name))
    return count


def _is_simple(value) -> bool:
    return isinstance(value, (ir.Name, ir.Const))


def _stores(stmt) -> set[str]:
    if isinstance(stmt, (ir.Store, ir.AugAssign)):
        return ir.names(stmt.target.base if isinstance(stmt.target, ir.Index) else stmt.target)
    return set()


def _put(stmt, target: str, value):
    def filled(e):
        match e:
            case ir.Name(name) if name == target:
                return value
            case ir.Op("*", (a, b)) if a is value:
                return multiply(a, b)
        return e

    if isinstance(stmt, ir.Assign):
        return replace(stmt, value=ir.rewrite(filled, stmt.value))
    return ir.map_expressions(lambda e: ir.rewrite(filled, e), stmt)
