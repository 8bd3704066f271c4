"""An array that each iteration makes and hands on, made of the memory of the one before the last.

    for ...:                                y_next = np.empty(n)
        y_next = np.empty(n)                for ...:
        ...                                     ...
        y = y_next                              y, y_next = y_next, y

New memory costs more than what is done in it, where the array is large.
"""

from __future__ import annotations

from dataclasses import replace

from adtrans import ir, types
from adtrans.analyses.facts import Facts, facts
from adtrans.analyses.independence import unshared
from adtrans.analyses.liveness import definitions
from adtrans.passes import optimising


@optimising
def recycle(block: tuple, env: types.Env, values: dict) -> tuple:
    """`block` with two arrays in turn in place of a new one in each iteration, of arrays whose shape does not change
    and which share no memory with others."""
    return _block(block, facts(block, env, values), unshared(block), frozenset())


def _block(block: tuple, known: Facts, owned: frozenset, bound: frozenset) -> tuple:
    """`bound` are the names that have a value before the block, whichever way leads there."""
    out: list = []
    for stmt in block:
        stmt = ir.with_blocks(stmt, *(_block(b, known, owned, bound) for b in ir.blocks(stmt)))
        bound |= set() if isinstance(stmt, ir.For) else set(definitions(stmt))
        if isinstance(stmt, (ir.For, ir.While)):
            for move in [s for s in stmt.body if isinstance(s, ir.Rebind)]:
                made = _made_for(move, stmt, known, owned)
                if made is not None and move.target in bound:
                    out.append(made)
                    stmt = replace(stmt, body=tuple(_turned(s, made, move) for s in stmt.body if s is not made))
        out.append(stmt)
    return tuple(out)


def _made_for(move: ir.Rebind, loop, known: Facts, owned: frozenset) -> ir.Alloc | None:
    """The allocation, in the loop, of the array that `move` hands on."""
    both = {move.target, move.source}
    made = [s for s in loop.body if isinstance(s, ir.Alloc) and s.target == move.source]
    if len(made) != 1 or made[0].fill != "empty" or not move.same_shape or not both <= owned:
        return None
    if sum(bool(both & set(definitions(s))) for s in ir.statements(loop.body)) != 2 or _moves_on(loop, move, both):
        return None
    lengths = set().union(*map(ir.names, made[0].shape))
    if lengths & known.bindings(loop) or not all(map(known.is_fixed, made[0].shape)):
        return None
    return made[0] if known.has_shape(move.target, made[0].shape) else None


def _moves_on(loop, move: ir.Rebind, both: set) -> bool:
    """Whether one of the two arrays gets another name as well."""
    moves = (s for s in ir.statements(loop.body) if isinstance(s, (ir.Rebind, ir.Unpack, ir.View)) and s is not move)
    return any(both & ir.names(e) for s in moves for e in ir.expressions(s))


def _turned(stmt, made: ir.Alloc, move: ir.Rebind):
    if stmt is not move:
        return stmt
    a, b = ir.Name(made.target), ir.Name(move.target)
    return ir.Unpack((b, a), ir.Tuple((a, b)), move.loc)
