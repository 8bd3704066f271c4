"""Lengths that a loop checks, and computes, in each iteration anew: once before it, as threads raise no errors.

for i in range(n):                          if n > 0:
    _nonempty(m)                                _nonempty(m)
    ...                                     for i in range(n):
                                                ...
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from adtrans import ir
from adtrans.analyses.liveness import definitions
from adtrans.targets.loops import trips

OF_LENGTHS = frozenset(
    f"helper.{name}" for name in ("broadcast", "cotangent_length", "equal", "fit", "item", "mask_length", "nonempty",
                                  "slice_bound", "slice_bound_down")
)  # fmt: skip
ZERO = ir.Const(0)


def upfront(block: tuple) -> tuple:
    """`block` with what loops say of lengths, which they do not change, before them."""
    out: list = []
    for stmt in block:
        stmt = ir.with_blocks(stmt, *(upfront(b) for b in ir.blocks(stmt)))
        if isinstance(stmt, ir.For):
            found = list(_of_lengths(stmt))
            out += (_if_it_runs(stmt, s) for s in found)
            stmt = ir.with_blocks(stmt, tuple(s for s in stmt.body if not any(s is f for f in found)))
        out.append(stmt)
    return tuple(out)


def _of_lengths(loop: ir.For) -> Iterator:
    """The statements right in the body of `loop` that are the same in every iteration."""
    bound = _bound((loop,))
    for stmt in loop.body:
        own = _bound((stmt,))
        read = frozenset(n for s in ir.statements((stmt,)) for e in ir.expressions(s) for n in ir.names(e))
        if _is_of_lengths(stmt) and not read & bound.keys() and all(bound[n] == own[n] for n in own):
            yield stmt


def _bound(block: tuple) -> Counter:
    """How often statements in `block` give each name a value."""
    return Counter(d for s in ir.statements(block) for d in definitions(s))


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
