"""Values computed where they are used, not before a call that stays one and cannot change them.

    kept = sign * a[i]                          y = f(a, n - 1)
    y = f(a, n - 1)                             total += sign * a[i] * y
    total += kept * y

What is kept while such a call runs would be recorded for each call.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

from adtrans import ir, types
from adtrans.analyses.liveness import definitions
from adtrans.callees import unit_of
from adtrans.passes import optimising
from adtrans.transforms.flatten import is_costly, written
from adtrans.transforms.scalarise import Scalarised


@optimising
def defer(program: Scalarised) -> Scalarised:
    """`program` with arithmetic that is used once, after a call, where it is used."""
    statements = tuple(ir.statements(program.function.body))
    if not any(map(unit_of, statements)):
        return program
    read = Counter(name for stmt in statements for name in _uses(stmt))
    made = Counter(name for stmt in statements for name in definitions(stmt))
    once = {name for name in made if made[name] == read[name] == 1}
    body = _block(program.function.body, once - set(program.function.params), program)
    return replace(program, function=replace(program.function, body=body))


def _uses(stmt) -> list[str]:
    return [e.id for x in ir.expressions(stmt) for e in ir.walk(x) if isinstance(e, ir.Name)]


def _block(block: tuple, once: set[str], program: Scalarised) -> tuple:
    out = [ir.with_blocks(stmt, *(_block(b, once, program) for b in ir.blocks(stmt))) for stmt in block]
    for stmt in reversed(block):
        if isinstance(stmt, ir.Assign) and stmt.target in once and not types.is_array(program.env[stmt.target]):
            _move(out, stmt, program)
    return tuple(out)


def _move(out: list, stmt: ir.Assign, program: Scalarised) -> None:
    """Puts the value of `stmt` into the statement of the block `out` that reads it, where it is the same there."""
    first = out.index(stmt)
    last = next((k for k in range(first + 1, len(out)) if stmt.target in _uses(out[k])), None)
    if last is None or not isinstance(out[last], (ir.Assign, ir.Store)) or any(map(is_costly, ir.walk(stmt.value))):
        return
    between = tuple(ir.statements(out[first + 1 : last]))
    values = {program.roots.get(name, name) for name in ir.names(stmt.value)}
    if any(map(unit_of, between)) and not values & written(between, program.roots):
        moved = ir.rewrite_statement(lambda e: stmt.value if e == ir.Name(stmt.target) else e, out[last])
        out[last] = replace(moved, comments=stmt.comments + moved.comments)
        del out[first]
