"""Sums to which several threads may add, by `cuda.atomic.add`."""

from __future__ import annotations

from adtrans import ir
from adtrans.targets.ownership import Places, is_own
from adtrans.transforms.views import base_name


def sums(block: tuple, arrays: tuple, known: Places) -> tuple:
    """`block` with the sums into elements of `arrays`, which all threads have, atomic where two threads may meet."""
    shared = {name for name in arrays if not _is_own(block, name, known)}
    for view in (s for s in ir.statements(block) if isinstance(s, ir.View)):  # an array comes before its views
        shared |= {view.target} if base_name(view.value) in shared else set()
    return tuple(_statement(s, shared) for s in block)


def atomic_sum(array: str, index: tuple, value, loc) -> ir.Effect:
    """`cuda.atomic.add(array, index, value)`."""
    place = index[0] if len(index) == 1 else ir.Tuple(index)
    return ir.Effect(ir.Call("cuda.atomic.add", (ir.Name(array), place, value), (), loc), loc)


def _statement(stmt, shared: set):
    match stmt:
        case ir.AugAssign(ir.Index(ir.Name(name), index), op, value) if name in shared:
            return atomic_sum(name, index, value if op == "+" else ir.Op("neg", (value,)), stmt.loc)
    return ir.with_blocks(stmt, *(tuple(_statement(s, shared) for s in b) for b in ir.blocks(stmt)))


def _is_own(block: tuple, array: str, known: Places) -> bool:
    """Whether no two threads reach one element of the array."""
    walked = [e for s in ir.statements(block) for x in _evaluated(s) for e in ir.walk(x)]
    parts = [e for e in walked if isinstance(e, (ir.Index, ir.Attr)) and e.base == ir.Name(array)]
    indices = [e.index for e in parts if isinstance(e, ir.Index)]
    if walked.count(ir.Name(array)) > len(parts) or len(set(map(len, indices))) > 1:
        return False  # all of it is used, or there are views of parts
    return not indices or is_own(indices, known)


def _evaluated(stmt) -> tuple:
    """The expressions of a statement, with the element that it stores to."""
    return (*ir.expressions(stmt), stmt.target) if isinstance(stmt, ir.Store) else ir.expressions(stmt)
