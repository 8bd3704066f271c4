"""Indices that are known not to be negative, written so that Numba does not look for wraparound."""

from __future__ import annotations

from dataclasses import dataclass, replace

from adtrans import ir, types
from adtrans.analyses.signs import Signs
from adtrans.passes import optimising


@dataclass(frozen=True)
class _Marker:
    signs: Signs
    plain: frozenset  # loop variables of which the compiler sees by itself that they are not negative
    env: types.Env


@optimising
def unsigned(block: tuple, known: Signs, env: types.Env) -> tuple:
    """`block` with the indices that `known` shows not to be negative cast to `np.uint64`, where the compiler would
    not see it: a variable of a range that starts elsewhere or runs downwards, a counter, a sum."""
    loops = [s for s in ir.statements(block) if isinstance(s, ir.For)]
    plain = frozenset(s.var for s in loops if _is_plain(s))
    marker = _Marker(known, plain, env)
    return tuple(ir.rewrite_statement(lambda e: _marked(e, marker), stmt) for stmt in block)


def _is_plain(loop: ir.For) -> bool:
    """Whether the loop runs upwards by one from 0 or 1: of no other does LLVM see that the variable is not negative."""
    return loop.step == ir.Const(1) and loop.start in (ir.Const(0), ir.Const(1))


def _marked(expr, marker: _Marker):
    if not isinstance(expr, ir.Index) or not isinstance(expr.base, ir.Name):
        return expr
    if any(isinstance(i, (ir.Slice, ir.NewAxis, ir.Dots)) for i in expr.index):
        return expr
    return replace(expr, index=tuple(_index(i, marker) for i in expr.index))


def _index(item, marker: _Marker):
    if _is_seen(item, marker) or not marker.signs.is_nonnegative(item):
        return item
    return ir.Call("np.uint64", (item,))


def _is_seen(item, marker: _Marker) -> bool:
    """Whether the compiler needs no help: a constant, or a variable of a plain range with a constant added."""
    match item:
        case ir.Const() | ir.Call("np.uint64"):
            return True
        case ir.Name(name):
            return name in marker.plain
        case ir.Op("+" | "-", (ir.Name(name), ir.Const())):
            return name in marker.plain
        case ir.IfExp(_, body, orelse):
            return _is_seen(body, marker) and _is_seen(orelse, marker)
    return False
