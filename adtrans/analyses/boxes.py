"""Boxes of elements of an array: a range of indices for each axis, compared by what is known before a program runs."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import permutations

from adtrans import ir
from adtrans.analyses.affine import difference
from adtrans.analyses.facts import Facts
from adtrans.transforms.lazy import ONE, add

Range = tuple  # the first index and the one after the last; empty where that is not greater
Box = tuple  # of a Range for each axis


def box_of(index: tuple) -> Box:
    """The box of one element."""
    return tuple((item, add(item, ONE)) for item in index)


def widened(box: Box, loop: ir.For, values: dict) -> Box | None:
    """The box that all iterations of `loop` have together, of which one has `box`; None where that is no box."""
    axis = axis_of(box, loop, values)
    out = list(box)
    if axis is not None:
        low, high = _ends(loop)
        offset = _offset(box[axis], loop, values)
        out[axis] = add(low, offset), add(high, offset)
    return None if any(loop.var in ir.names(e) for bounds in out for e in bounds) else tuple(out)


def axis_of(box: Box, loop: ir.For, values: dict) -> int | None:
    """The axis on which the range is one index, the variable of the loop plus a number; None where there is none, or
    where the loop leaves some indices out."""
    if loop.step not in (ONE, ir.Const(-1)):
        return None
    return next((k for k, bounds in enumerate(box) if _is_own(bounds, loop, values)), None)


def _is_own(bounds: Range, loop: ir.For, values: dict) -> bool:
    low, high = bounds
    return difference(high, low, values) == 1 and difference(low, ir.Name(loop.var), values, is_index=True) is not None


def _ends(loop: ir.For) -> Range:
    """The least value of the loop variable, and the greatest plus 1."""
    return (loop.start, loop.stop) if loop.step == ONE else (add(loop.stop, ONE), add(loop.start, ONE))


def _offset(bounds: Range, loop: ir.For, values: dict) -> ir.Const:
    return ir.Const(difference(bounds[0], ir.Name(loop.var), values, is_index=True))


def first_of(box: Box, other: Box, axis: int, loop: ir.For, values: dict) -> Range | None:
    """The range of those indices on the axis that the iterations have in `box` before one has them in `other`; None
    where that is not so: both have one index, the loop variable plus a number."""
    if axis_of(other, loop, values) != axis:
        return None
    low, high = _ends(loop)
    one, two = (_offset(b[axis], loop, values) for b in (box, other))
    if loop.step == ONE:
        return (add(low, one), add(low, two)) if one.value < two.value else None
    return (add(high, two), add(high, one)) if one.value > two.value else None


def are_apart(a: Box, b: Box, dims: tuple, known: Facts) -> bool:
    """Whether no element is in both boxes. No index may count from the end."""
    return any(
        is_plain(x[0], length, known) and is_plain(y[0], length, known) and _are_apart(x, y, known.values)
        for x, y, length in zip(a, b, dims, strict=True)
    )


def _are_apart(x: Range, y: Range, values: dict) -> bool:
    return _is_up_to(x[1], y[0], values) or _is_up_to(y[1], x[0], values)


def _is_up_to(a, b, values: dict) -> bool:
    gap = difference(b, a, values)
    return gap is not None and gap >= 0


def is_plain(low, length, known: Facts) -> bool:
    """Whether an index does not count from the end: the last one does not, of an array that has elements."""
    return difference(low, length, known.values) == -1 or known.signs.is_nonnegative(low)


def contains(box: Box, other: Box, dims: tuple, known: Facts) -> bool:
    """Whether every element of `other` is known to be in `box`."""
    return all(
        is_whole(x, length, known.values) or (_is_within(y, x, known.values) and is_plain(y[0], length, known))
        for x, y, length in zip(box, other, dims, strict=True)
    )


def _is_within(inner: Range, outer: Range, values: dict) -> bool:
    return _is_up_to(outer[0], inner[0], values) and _is_up_to(inner[1], outer[1], values)


def is_whole(bounds: Range, length, values: dict) -> bool:
    """Whether a range is all of an axis."""
    return difference(bounds[0], ir.Const(0), values) == 0 and difference(bounds[1], length, values) == 0


def is_all(box: Box, dims: tuple, values: dict) -> bool:
    """Whether a box is a whole array."""
    return all(is_whole(bounds, length, values) for bounds, length in zip(box, dims, strict=True))


def merged(boxes: Iterable[Box], values: dict) -> tuple[Box, ...]:
    """`boxes`, and those that they make where one goes on along an axis where another ends."""
    found = list(dict.fromkeys(boxes))
    grown = True
    while grown:
        pairs = [_joined(a, b, values) for a, b in permutations(found, 2)]
        new = [box for box in dict.fromkeys(pairs) if box is not None and not _is_among(box, found, values)]
        found += new[:1]
        grown = bool(new)
    return tuple(found)


def _joined(a: Box, b: Box, values: dict) -> Box | None:
    """The box of two that differ in one axis, on which `b` begins where `a` ends and goes further."""
    axes = [k for k, (x, y) in enumerate(zip(a, b, strict=True)) if not is_same(x, y, values)]
    if len(axes) != 1:
        return None
    (axis,) = axes
    (low, end), (start, high) = a[axis], b[axis]
    return (*a[:axis], (low, high), *a[axis + 1 :]) if difference(start, end, values) == 0 else None


def _is_among(box: Box, boxes: list, values: dict) -> bool:
    return any(all(is_same(x, y, values) for x, y in zip(box, other, strict=True)) for other in boxes)


def is_same(x: Range, y: Range, values: dict) -> bool:
    return all(difference(a, b, values) == 0 for a, b in zip(x, y, strict=True))
