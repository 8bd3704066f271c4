"""What the passes for array functions ask of loops."""

from __future__ import annotations

from adtrans import ir
from adtrans.analyses.iterations import is_own, number
from adtrans.analyses.liveness import definitions
from adtrans.errors import Loc

__all__ = ["bound_in", "line_of", "number", "own_axes", "trips", "uniform"]


def trips(loop: ir.For):
    """How many iterations a loop has, as an expression."""
    if (loop.start, loop.step) == (ir.Const(0), ir.Const(1)):
        return loop.stop
    if loop.step == ir.Const(1) and isinstance(loop.start, ir.Const):
        return ir.Op("-", (loop.stop, loop.start)) if loop.start.value > 0 else _counted(loop)
    return _counted(loop)


def _counted(loop: ir.For) -> ir.Call:
    bounds = (loop.start, loop.stop) if loop.step == ir.Const(1) else (loop.start, loop.stop, loop.step)
    return ir.Call("len", (ir.Call("range", bounds),))


def bound_in(loop: ir.For) -> frozenset:
    """The names that a loop, or a statement in it, gives a value."""
    return frozenset(d for s in ir.statements((loop,)) for d in definitions(s))


def line_of(stmt) -> Loc | None:
    """Where a statement is from, or the first in it that says so."""
    return next((s.loc for s in ir.statements((stmt,)) if s.loc), None)


def uniform(expr, bound: frozenset) -> bool:
    """Whether `expr` is the same for all threads, and known before they start: it reads no elements, and none of the
    names `bound`."""
    reads = any(isinstance(e, ir.Index) and not isinstance(e.base, ir.Attr) for e in ir.walk(expr))
    return not reads and not ir.names(expr) & bound


def own_axes(index: tuple, loops: tuple) -> dict[str, int]:
    """For each variable of `loops` the axis, if there is one, at which `index` is another for each of its values."""
    found: dict[str, int] = {}
    for loop in loops:
        changed = bound_in(loop)
        for axis, item in enumerate(index):
            if not isinstance(item, (ir.Slice, ir.NewAxis, ir.Dots)) and is_own(item, loop, changed):
                found.setdefault(loop.var, axis)
    return found
