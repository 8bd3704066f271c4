"""Which loops a compiler can vectorise, as far as their text tells: a matter of speed alone."""

from __future__ import annotations

from adtrans import ir, types
from adtrans.analyses.iterations import sums
from adtrans.analyses.liveness import definitions, live_in

STRAIGHT = (ir.Assign, ir.Store, ir.AugAssign, ir.If)


def vectorisable(loop, env: types.Env) -> bool:
    """Whether `loop` is an innermost loop of which no iteration hands anything to the next, but for sums."""
    if not isinstance(loop, ir.For) or loop.exit or not all(isinstance(s, STRAIGHT) for s in ir.statements(loop.body)):
        return False
    defined = {d for s in ir.statements(loop.body) for d in definitions(s) if not types.is_array(env.get(d))}
    return not (live_in(loop.body) & defined - sums(loop.body)) and not _hands_on_elements(loop.body)


def _hands_on_elements(body: tuple) -> bool:
    """Whether `body` writes an element of an array and reads another one of it."""
    statements = list(ir.statements(body))
    written = {
        s.target for s in statements if isinstance(s, (ir.Store, ir.AugAssign)) and isinstance(s.target, ir.Index)
    }
    bases = {place.base for place in written}
    read = {e for s in statements for x in ir.expressions(s) for e in ir.walk(x) if isinstance(e, ir.Index)}
    return any(e.base in bases and e not in written for e in read)
