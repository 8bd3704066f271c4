"""Arrays of which each iteration of a loop uses elements of its own alone, without the axis of these elements."""

from __future__ import annotations

from dataclasses import replace

from adtrans import ir, types
from adtrans.analyses.facts import Facts, facts
from adtrans.analyses.iterations import own_axis
from adtrans.analyses.liveness import definitions, mentions
from adtrans.analyses.work import reads_whole
from adtrans.passes import optimising
from adtrans.transforms.context import length_of


@optimising
def contract(block: tuple, env: dict, values: dict) -> tuple:
    """`block` with each array that only one loop uses, of which each iteration writes and reads elements of its own,
    smaller by an axis: at last a scalar. `env` gets their new types, `values` loses their lengths."""
    while True:
        new = _contracted_once(block, facts(block, env, values))
        if new is None:
            return block
        block = new


def _contracted_once(block: tuple, known: Facts) -> tuple | None:
    for name, alloc in known.allocations.items():
        if alloc.fill != "empty" or known.memory.members(known.memory.owner[name]) != {name}:
            continue
        found = _loop_of(block, name, alloc, known)
        if found is not None:
            return _without_axis(block, name, *found, known)
    return None


def _loop_of(block: tuple, name: str, alloc: ir.Alloc, known: Facts) -> tuple | None:
    """The loop and the axis, None if there is no such loop."""
    uses = known.memory.uses(block, name)
    if not uses or reads_whole(block, name):
        return None
    for home in ir.all_blocks(block):
        for loop in home:
            if not isinstance(loop, ir.For) or loop.exit or any(s is alloc for s in ir.statements(loop.body)):
                continue
            inside = known.memory.uses(loop.body, name)
            if len(inside) + 1 != len(uses) or any(a.index is None for a in inside):
                continue
            if any(len(a.index) != len(alloc.shape) for a in inside):
                continue
            axis = own_axis(inside, loop, known.bindings(*loop.body) | {loop.var})
            if axis is not None and (any(s is alloc for s in home) or _is_stored_first(loop, name, alloc)):
                return loop, axis
    return None


def _is_stored_first(loop: ir.For, name: str, alloc: ir.Alloc) -> bool:
    """Whether each iteration begins with storing its one element."""
    for stmt in loop.body:
        if isinstance(stmt, ir.Store) and stmt.target.base == ir.Name(name):
            return len(alloc.shape) == 1 and not any(name in ir.names(e) for e in ir.expressions(stmt))
        if mentions(stmt, name):
            return False
    return False


def _without_axis(block: tuple, name: str, loop: ir.For, axis: int, known: Facts) -> tuple:
    t = known.env[name]
    for k in range(t.ndim):
        known.values.pop(length_of(name, k), None)
    known.env[name] = types.array_type(types.dtype_of(t), t.ndim - 1)
    scalar = t.ndim == 1

    def shorter(expr):
        if isinstance(expr, ir.Index) and expr.base == ir.Name(name):
            return expr.base if scalar else replace(expr, index=expr.index[:axis] + expr.index[axis + 1 :])
        return expr

    def statement(stmt) -> list:
        if isinstance(stmt, ir.Alloc) and stmt.target == name:
            return [] if scalar else [replace(stmt, shape=stmt.shape[:axis] + stmt.shape[axis + 1 :])]
        if ir.blocks(stmt):
            stmt = ir.with_blocks(stmt, *(tuple(n for s in b for n in statement(s)) for b in ir.blocks(stmt)))
        new = ir.map_expressions(lambda e: ir.rewrite(shorter, e), stmt)
        if scalar and isinstance(new, (ir.Store, ir.AugAssign)) and new.target == ir.Name(name):
            value = new.value if isinstance(new, ir.Store) else ir.Op(new.op, (new.target, new.value))
            return [ir.Assign(name, value, new.loc, new.comments)]
        return [new]

    out = tuple(n for s in block for n in statement(s))
    return _as_variable(out, name) if scalar else out


def _as_variable(block: tuple, name: str) -> tuple:
    """`block` without the scalar `name` where it is a copy of a variable that has the value still."""
    source = _always_equal(block, name)
    if source is not None:
        return _without_copies(block, name, source)
    shorter = _with_forwarding(block, name)
    return block if any(mentions(s, name) for s in shorter) else shorter


def _always_equal(block: tuple, name: str) -> str | None:
    """The variable of which `name` is a copy made wherever that gets a value, other than from the copy itself."""
    made = [s for s in ir.statements(block) if name in definitions(s)]
    if len(made) != 1 or not isinstance(made[0], ir.Assign) or not isinstance(made[0].value, ir.Name):
        return None
    source = made[0].value.id
    given = [s for s in ir.statements(block) if source in definitions(s) and s != ir.Assign(source, ir.Name(name))]
    home = next(b for b in ir.all_blocks(block) if any(s is made[0] for s in b))
    if len(given) != 1 or not isinstance(given[0], ir.Assign) or not any(s is given[0] for s in home):
        return None
    first, last = (next(k for k, s in enumerate(home) if s is x) for x in (given[0], made[0]))
    return source if first < last and not any(mentions(s, name) for s in home[first:last]) else None


def _without_copies(block: tuple, name: str, source: str) -> tuple:
    copies = (ir.Assign(name, ir.Name(source)), ir.Assign(source, ir.Name(name)))
    kept = (s for s in block if s not in copies)
    inner = (ir.with_blocks(s, *(_without_copies(b, name, source) for b in ir.blocks(s))) for s in kept)
    return tuple(_substituted(s, name, source) for s in inner)


def _with_forwarding(block: tuple, name: str) -> tuple:
    block = tuple(ir.with_blocks(s, *(_with_forwarding(b, name) for b in ir.blocks(s))) for s in block)
    for k, stmt in enumerate(block):
        match stmt:
            case ir.Assign(target, ir.Name(source)) if target == name:
                return block[:k] + _forwarded(block[k + 1 :], name, source)
    return block


def _forwarded(rest: tuple, name: str, source: str) -> tuple:
    """The statements with `source` for `name` as long as `source` has not changed."""
    out: list = []
    for k, stmt in enumerate(rest):
        changes = any(source in definitions(s) for s in ir.statements((stmt,)))
        if stmt == ir.Assign(source, ir.Name(name)):
            continue
        if changes and ir.blocks(stmt):
            return (*out, *rest[k:])
        out.append(_substituted(stmt, name, source))
        if changes:
            return (*out, *rest[k + 1 :])
    return tuple(out)


def _substituted(stmt, name: str, source: str):
    return ir.rewrite_statement(lambda e: replace(e, id=source) if e == ir.Name(name) else e, stmt)
