"""Barriers as statements at which other threads of the block may have changed what they share.

Between two barriers no element that one thread stores is used by another. So the reverse sweep of a thread undoes its
own stores and passes on its own cotangents, between the same barriers in reverse order.
"""

from __future__ import annotations

from dataclasses import replace

from adtrans import ir
from adtrans.errors import UnsupportedError
from adtrans.targets.races import of_thread_alone
from adtrans.targets.threads import WAIT, Threads
from adtrans.transforms.adjoint import value_reads
from adtrans.transforms.scalarise import Scalarised


def barriers(program: Scalarised, of_thread: Threads) -> Scalarised:
    """`program` with each barrier a call that may change the arrays through which threads pass values.

    Raises: UnsupportedError for a barrier that not all threads reach.
    """
    body = program.function.body
    _require_all(body, False, of_thread_alone(body, of_thread))
    passed = (*of_thread.shared, *sorted(_exchanged(body, program) - of_thread.shared.keys()))
    new = tuple(_with_barriers(s, passed) for s in body)
    return replace(program, function=replace(program.function, body=new))


def bare(block: tuple) -> tuple:
    """`block` with barriers as they are written."""

    def plain(expr):
        is_barrier = isinstance(expr, ir.Call) and expr.func == "cuda.syncthreads"
        return replace(expr, args=()) if is_barrier else expr

    return tuple(ir.rewrite_statement(plain, s) for s in block)


def _is_barrier(stmt) -> bool:
    return isinstance(stmt, ir.Effect) and stmt.value == WAIT


def _with_barriers(stmt, arrays: tuple):
    if _is_barrier(stmt):
        call = ir.Call("cuda.syncthreads", tuple(map(ir.Name, arrays)), (), stmt.loc)
        return ir.Opaque((), call, True, arrays, stmt.loc, stmt.comments)
    return ir.with_blocks(stmt, *(tuple(_with_barriers(s, arrays) for s in b) for b in ir.blocks(stmt)))


def _require_all(block: tuple, inside: bool, own: set[str]) -> None:
    """Raises: UnsupportedError for a barrier in a branch or a loop on which threads may differ."""
    for stmt in block:
        if _is_barrier(stmt) and inside:
            hint = "Guard what is loaded and stored, and let all threads come to the barrier."
            raise UnsupportedError("not all threads come to this barrier", stmt.loc, hint)
        differs = inside or any(ir.names(e) & own for e in ir.expressions(stmt)) or getattr(stmt, "exit", None) in own
        for inner in ir.blocks(stmt):
            _require_all(inner, differs, own)


def _exchanged(block: tuple, program: Scalarised) -> set[str]:
    """The arrays of all threads that a thread stores to, and reads."""
    stored, read = set(), set()
    for stmt in ir.statements(block):
        target = stmt.target if isinstance(stmt, (ir.Store, ir.AugAssign)) else None
        if isinstance(target, ir.Index):
            stored.add(program.roots.get(target.base.id, target.base.id))
        values = (stmt.value, *target.index) if isinstance(target, ir.Index) else ir.expressions(stmt)
        read |= {program.roots.get(name, name) for e in values for name in value_reads(e)}
    return stored & read & set(program.function.params)
