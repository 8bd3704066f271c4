"""The first contribution to an array of zeros assigned instead of added."""

from __future__ import annotations

from dataclasses import replace

from adtrans import ir
from adtrans.analyses.affine import affine
from adtrans.analyses.liveness import mentions
from adtrans.passes import optimising


@optimising
def first(block: tuple) -> tuple:
    """`block` with `a = zeros; a += e` as `a = e`, and zeros that a loop nest adds to, all of them once, as a nest
    that stores into an empty array."""
    out = [ir.with_blocks(s, *map(first, ir.blocks(s))) for s in block]
    k = 0
    while k < len(out):
        if isinstance(out[k], ir.Alloc) and out[k].fill == "zeros":
            _improve(out, k)
        k += 1
    return tuple(s for s in out if s is not None)


def _improve(out: list, k: int) -> None:
    alloc = out[k]
    for place in range(k + 1, len(out)):
        stmt = out[place]
        if stmt is None or not mentions(stmt, alloc.target):
            continue
        match stmt:
            case ir.AugAssign(ir.Name(), "+", ir.Call("np.dot") as value) if alloc.target not in ir.names(value):
                out[place], out[k] = ir.Assign(alloc.target, value, stmt.loc), None
            case ir.AugAssign(ir.Name(), "+", ir.Name() as value) if alloc.target != value.id:
                out[place], out[k] = ir.Assign(alloc.target, ir.Call("np.copy", (value,)), stmt.loc), None
            case ir.For():
                stored = _stored(stmt, alloc, ())
                if stored is not None:
                    out[place], out[k] = stored, replace(alloc, fill="empty")
        return


def _stored(loop: ir.For, alloc: ir.Alloc, index: tuple):
    """The nest with its one accumulation into every element of the array as a store; None if it is not such a nest."""
    axis = len(index)
    if axis == len(alloc.shape) or not _covers(loop, alloc.shape[axis]):
        return None
    index = (*index, ir.Name(loop.var))
    users = [k for k, s in enumerate(loop.body) if mentions(s, alloc.target)]
    if len(users) != 1:
        return None
    stmt = loop.body[users[0]]
    place = ir.Index(ir.Name(alloc.target), index)
    new = None
    match stmt:
        case ir.For():
            new = _stored(stmt, alloc, index)
        case ir.AugAssign(target, "+", value) if target == place and len(index) == len(alloc.shape):
            if alloc.target not in ir.names(value):
                new = ir.Store(target, value, stmt.loc)
    if new is None:
        return None
    return replace(loop, body=(*loop.body[: users[0]], new, *loop.body[users[0] + 1 :]))


def _covers(loop: ir.For, length) -> bool:
    """Whether the loop runs once through every index of an axis, in either direction."""
    up = (loop.start, loop.stop, loop.step) == (ir.Const(0), loop.stop, ir.Const(1))
    if up and not loop.exit:
        return affine(loop.stop, {}) == affine(length, {})
    down = loop.stop == ir.Const(-1) and loop.step == ir.Const(-1)
    return down and not loop.exit and affine(loop.start, {}) == affine(ir.Op("-", (length, ir.Const(1))), {})
