"""Known values of cotangents put in their place: `x_bar = 0.0; x_bar += e` becomes `x_bar = e`."""

from __future__ import annotations

from dataclasses import replace

from adtrans import ir
from adtrans.analyses.liveness import definitions
from adtrans.passes import optimising
from adtrans.transforms.algebra import multiply

State = dict[str, ir.Const]


@optimising
def propagate(block: tuple, ours: frozenset) -> tuple:
    """`block` with the constants of the scalars `ours` (cotangents and seeds) propagated and folded."""
    return _block(block, {}, ours)[0]


def _block(block: tuple, state: State, ours: frozenset) -> tuple[tuple, State]:
    out = []
    for stmt in block:
        new, state = _statement(stmt, state, ours)
        if new is not None:
            out.append(new)
    return tuple(out), state


def _statement(stmt, state: State, ours: frozenset) -> tuple:
    match stmt:
        case ir.If():
            test = _known(stmt.test, state)
            body, after = _block(stmt.body, state, ours)
            orelse, after_else = _block(stmt.orelse, state, ours)
            return replace(stmt, test=test, body=body, orelse=orelse), _meet(after, after_else)
        case ir.For() | ir.While():
            return _loop(stmt, state, ours)
        case ir.Assign(target, value) if target in ours:
            value = _known(value, state)
            rest = {k: v for k, v in state.items() if k != target}
            if value == ir.Name(target):
                return None, state
            if isinstance(value, ir.Const):
                rest[target] = value
            return replace(stmt, value=value), rest
        case ir.AugAssign(target, "+"):
            value = _known(stmt.value, state)
            if isinstance(value, ir.Const) and value.value == 0:
                return None, state
            return replace(stmt, value=value), state
    new = ir.map_expressions(lambda e: _known(e, state), stmt) if isinstance(stmt, (ir.Store, ir.Assign)) else stmt
    return new, {k: v for k, v in state.items() if k not in definitions(stmt)}


def _loop(stmt, state: State, ours: frozenset) -> tuple:
    """At the head of the loop is known what is known before it and again at the end of the body."""
    head = state
    while True:
        body, end = _block(stmt.body, head, ours)
        met = _meet(head, end)
        if met == head:
            return replace(stmt, body=body), head
        head = met


def _meet(a: State, b: State) -> State:
    return {k: v for k, v in a.items() if b.get(k) == v and b[k].dtype == v.dtype}


def _known(expr, state: State):
    """`expr` with the known cotangents in it filled in and folded; other arithmetic stays as it was written."""
    if not state.keys() & ir.names(expr):
        return expr
    return ir.rewrite(lambda e: _folded(e, state), expr)


def _folded(expr, state: State):
    match expr:
        case ir.Name(name) if name in state:
            return state[name]
        case ir.Op("+", (ir.Const(value=float(0.0)), b)):
            return b
        case ir.Op("*", (ir.Const(value=float(a)) as seed, b)) if a in (0.0, 1.0, -1.0):
            return seed if a == 0.0 else multiply(seed, b) if a == 1.0 else ir.Op("neg", (b,))
        case ir.Op("neg", (ir.Const(value=float(a)) as seed,)):
            return ir.Const(-a, seed.dtype)
        case ir.Op("/", (ir.Const(value=float(0.0)) as seed, _)):
            return seed
        case ir.IfExp(_, ir.Const(value=float(0.0)) as zero, ir.Const(value=float(0.0))):
            return zero
    return expr
