"""Searches that pass over what cannot hold what they look for."""

from __future__ import annotations

from dataclasses import replace

from adtrans import ir, types
from adtrans.passes import optimising
from adtrans.transforms.lazy import ONE

LENGTH = 256  # of the parts: a run of them that hold nothing is fast, and one that does is soon looked through again


@optimising
def search(loop: ir.For, fresh) -> ir.For:
    """`loop` in parts, where its body is an `if` that only notes what is found: a part in which the test holds nowhere
    is passed over.

    Until the test holds for the first time nothing changes, so that a part can be tested as a whole, by a loop that
    vectorises. In data without order a running extreme changes in few of the parts. `fresh(base, t)` makes a name.
    """
    match loop:
        case ir.For(body=(ir.If(test, body, ()),), step=step, exit=None) if step == ONE and _only_notes(body, test):
            pass
        case _:
            return loop
    part, held = fresh("part", types.types.int64), fresh("held", types.types.boolean)
    var = fresh(loop.var, types.types.int64)
    stop = ir.Call("min", (ir.Op("+", (ir.Name(part), ir.Const(LENGTH))), loop.stop))
    inner = replace(loop, start=ir.Name(part), stop=stop, comments=())
    holds = ir.IfExp(ir.rename(test, {loop.var: var}), ir.Const(True), ir.Name(held), total=True)
    body = (
        ir.Assign(held, ir.Const(False), loop.loc),
        replace(inner, var=var, body=(ir.Assign(held, holds, loop.loc),)),
        ir.If(ir.Name(held), (inner,), (), loop.loc),
    )
    return replace(loop, var=part, step=ir.Const(LENGTH), body=body)


def _only_notes(body: tuple, test) -> bool:
    """Whether `body` gives names values, none of them one by which `test` finds an element."""
    indices = [i for e in ir.walk(test) if isinstance(e, ir.Index) for i in e.index]
    read = set().union(*map(ir.names, indices))
    return all(isinstance(s, ir.Assign) and s.target not in read for s in body)
