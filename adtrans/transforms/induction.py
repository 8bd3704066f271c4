"""Counters that a loop steps by a constant, written as functions of the loop variable: iterations do not depend on
each other through them."""

from __future__ import annotations

from dataclasses import replace

from adtrans import ir, types
from adtrans.analyses.liveness import definitions
from adtrans.passes import optimising
from adtrans.transforms.lazy import add, multiply, subtract


@optimising
def induction(block: tuple, env: types.Env) -> tuple:
    """`block` with each integer that a loop over `range(a, b)` steps by a constant, once in every iteration, stepped
    after the loop instead: in the loop it is its value on entry plus the step times the number of the iteration."""
    out: list = []
    for stmt in block:
        stmt = ir.with_blocks(stmt, *(induction(b, env) for b in ir.blocks(stmt)))
        if isinstance(stmt, ir.For) and not stmt.exit and stmt.step == ir.Const(1):
            stmt, after = _loop(stmt, env)
            out += [stmt, *after]
        else:
            out.append(stmt)
    return tuple(out)


def _loop(loop: ir.For, env: types.Env) -> tuple:
    after: list = []
    for stmt in loop.body:
        step = _step(stmt, loop, env)
        if step is not None:
            loop = replace(loop, body=_without_counter(loop, stmt, step))
            count = ir.Call("max", (subtract(loop.stop, loop.start), ir.Const(0)))
            total = ir.Op("+", (ir.Name(stmt.target), multiply(count, ir.Const(step))))
            after.append(ir.Assign(stmt.target, total, stmt.loc))
    return loop, after


def _step(stmt, loop: ir.For, env: types.Env) -> int | None:
    """The constant by which `stmt` steps a counter that the loop does not change otherwise."""
    match stmt:
        case ir.Assign(target, ir.Op("+" | "-" as op, (ir.Name(name), ir.Const(value=int(step))))) if name == target:
            counts = [s for s in ir.statements(loop.body) if target in definitions(s)]
            if len(counts) == 1 and isinstance(env.get(target), types.types.Integer):
                return step if op == "+" else -step
    return None


def _without_counter(loop: ir.For, counter: ir.Assign, step: int) -> tuple:
    """The body without the statement that counts, the counter replaced before and after it."""
    trip = subtract(ir.Name(loop.var), loop.start)
    value = add(ir.Name(counter.target), multiply(trip, ir.Const(step)))
    out, passed = [], False
    for stmt in loop.body:
        if counter.target in definitions(stmt):
            passed = True
            continue
        out.append(_replaced(stmt, counter.target, add(value, ir.Const(step)) if passed else value))
    return tuple(out)


def _replaced(stmt, name: str, value):
    return ir.rewrite_statement(lambda e: value if e == ir.Name(name) else e, stmt)
