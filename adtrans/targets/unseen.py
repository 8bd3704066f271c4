"""Stores of a thread that nothing sees: it overwrites the element before anything reads it, or stores what is there.

Where an iteration is reversed as soon as it has run, what it stores to an array of all threads is put back at once:
`old = y[i]; y[i] = f(y[i]); y[i] = old`. No other thread may use the element, so it need not be written at all.
"""

from __future__ import annotations

from adtrans import ir
from adtrans.analyses.liveness import definitions
from adtrans.transforms.dead import dead
from adtrans.transforms.views import base_name


def unseen(block: tuple, arrays: tuple) -> tuple:
    """`block`, which ends in a `Return`, without such stores to elements of `arrays`."""
    viewed = {base_name(s.value) for s in ir.statements(block) if isinstance(s, ir.View)}
    while True:
        new = dead(_block(block, frozenset(arrays) - viewed))
        if new == block:
            return block
        block = new


def _block(block: tuple, arrays: frozenset) -> tuple:
    block = tuple(ir.with_blocks(s, *(_block(b, arrays) for b in ir.blocks(s))) for s in block)
    for k, stmt in enumerate(block):
        if isinstance(stmt, ir.Store) and stmt.target.base.id in arrays and _is_unseen(stmt, block[:k], block[k + 1 :]):
            return _block((*block[:k], *block[k + 1 :]), arrays)
    return block


def _is_unseen(stmt: ir.Store, before: tuple, after: tuple) -> bool:
    return _is_overwritten(stmt.target, after) or _is_there(stmt, before)


def _is_overwritten(place: ir.Index, after: tuple) -> bool:
    """Whether the next statement that uses the array stores to `place`."""
    needed = frozenset().union(*map(ir.names, place.index))
    for stmt in after:
        if isinstance(stmt, ir.Store) and stmt.target == place and not _uses(stmt.value, place.base.id):
            return True
        if not _passes(stmt, place, needed, _touches):
            return False
    return False


def _is_there(store: ir.Store, before: tuple) -> bool:
    """Whether the value of `store` is a name for what the element holds."""
    place, value = store.target, store.value
    needed = ir.names(value).union(*map(ir.names, place.index))
    for stmt in reversed(before) if isinstance(value, ir.Name) else ():
        if isinstance(stmt, ir.Assign) and stmt.target == value.id:
            return stmt.value == place
        if not _passes(stmt, place, needed, _changes):
            return False
    return False


def _passes(stmt, place: ir.Index, needed: frozenset, uses) -> bool:
    """Whether the names `needed` mean the same on both sides of `stmt`, which does not use the array of `place`."""
    inner = list(ir.statements((stmt,)))
    return not any(needed & set(definitions(s)) or uses(s, place.base.id) for s in inner)


def _touches(stmt, array: str) -> bool:
    return _changes(stmt, array) or any(_uses(e, array) for e in ir.expressions(stmt))


def _changes(stmt, array: str) -> bool:
    """Whether `stmt` itself may store to the array, or end the thread or wait for others."""
    match stmt:
        case ir.Store(target) | ir.AugAssign(target):
            return array in ir.names(target.base if isinstance(target, ir.Index) else target)
    return isinstance(stmt, (ir.Opaque, ir.Effect, ir.Return))


def _uses(expr, array: str) -> bool:
    """Whether elements of the array are read, not its lengths alone."""
    if isinstance(expr, ir.Attr):
        return False
    return expr == ir.Name(array) or any(_uses(e, array) for e in ir.children(expr))
