"""Sums that an innermost loop adds up in one element, which it uses for nothing else.

    for k in range(j):
        a[i, j] -= a[i, k] * a[j, k]

Between its iterations nothing reads the element, so the reverse sweep needs the value from before the loop alone.
"""

from __future__ import annotations

from collections.abc import Iterator

from adtrans import ir
from adtrans.analyses.liveness import definitions
from adtrans.analyses.signs import Signs


def gathered(body: tuple, roots: dict[str, str], known: Signs) -> frozenset[int]:
    """The accumulations (by `id`) in the bodies of innermost loops whose element is one for all iterations, and none of
    those that the loop uses otherwise. `roots` has for each array name that of its memory."""
    loops = (s for s in ir.statements(body) if isinstance(s, ir.For) and _is_plain(s))
    return frozenset(id(s) for loop in loops for s in loop.body if _is_gathered(s, loop, roots, known))


def _is_plain(loop: ir.For) -> bool:
    """Whether the loop runs upwards by one to its end, and its body is made of plain statements."""
    simple = (ir.Assign, ir.Store, ir.AugAssign, ir.If, ir.Effect)
    return loop.step == ir.Const(1) and not loop.exit and all(isinstance(s, simple) for s in ir.statements(loop.body))


def _is_gathered(stmt, loop: ir.For, roots: dict[str, str], known: Signs) -> bool:
    match stmt:
        case ir.AugAssign(ir.Index(ir.Name(array)) as place, "+" | "-") if _is_fixed(place, loop):
            root = roots.get(array, array)
            names = [e for e in _parts(loop) if isinstance(e, ir.Name) and roots.get(e.id, e.id) == root]
            cells = [e for e in _parts(loop) if isinstance(e, ir.Index) and any(e.base is name for name in names)]
            others = [cell for cell in cells if cell != place]
            once = len(names) == len(cells) == len(others) + 1
            return once and all(_are_apart(place, cell, known) for cell in others)
    return False


def _parts(loop: ir.For) -> Iterator:
    """All expressions in the body of a loop, with the elements that it stores."""
    for stmt in ir.statements(loop.body):
        places = (stmt.target,) if isinstance(stmt, ir.Store) else ()
        for expr in (*ir.expressions(stmt), *places):
            yield from ir.walk(expr)


def _is_fixed(place: ir.Index, loop: ir.For) -> bool:
    """Whether `place` is the same element in all iterations."""
    changed = {loop.var}.union(*(definitions(s) for s in ir.statements(loop.body)))
    parts = [e for item in place.index for e in ir.walk(item)]
    return not ir.names(place) & changed and not any(isinstance(e, (ir.Index, ir.Slice, ir.Call)) for e in parts)


def _are_apart(place: ir.Index, cell: ir.Index, known: Signs) -> bool:
    """Whether two elements of one array are never the same: along an axis one index is always the greater."""
    if place.base != cell.base or len(place.index) != len(cell.index):
        return False
    return any(_is_less(a, b, known) or _is_less(b, a, known) for a, b in zip(place.index, cell.index, strict=True))


def _is_less(a, b, known: Signs) -> bool:
    gap = ir.Op("-", (ir.Op("-", (b, a)), ir.Const(1)))
    return known.is_nonnegative(a) and known.is_nonnegative(gap)
