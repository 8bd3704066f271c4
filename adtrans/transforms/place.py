"""An array that each iteration makes, hands on and has recorded, made where it is recorded.

    for t in range(steps):                      y_tape[0], y = y, y_tape[0]
        y_next = np.empty(n)                    for t in range(steps):
        ...                                         y_next = y_tape[t + 1]
        y_tape[t] = y                               ...
        y = y_next                                  y = y_next
                                                y = np.copy(y)

The tape has one cell more, and nothing is allocated or copied in the loop.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from adtrans import ir, types
from adtrans.analyses.affine import difference
from adtrans.analyses.facts import Facts, facts
from adtrans.analyses.liveness import definitions, mentioned
from adtrans.passes import optimising
from adtrans.transforms.lazy import ONE, ZERO, add
from adtrans.transforms.views import base_name


@optimising
def place(block: tuple, env: types.Env, values: dict) -> tuple:
    """The body of a gradient function with such arrays in the cells of their tapes. `env` gets the types of new
    names."""
    known = facts(block, env, values)
    viewed = {base_name(s.value) for s in ir.statements(block) if isinstance(s, ir.View)}
    longer: dict[str, int] = {}
    block = _block(block, known, viewed, longer)
    return tuple(_with_longer_tapes(s, longer) for s in block)


@dataclass(frozen=True)
class _Handed:
    """What the statements of a loop do: number `made` allocates `new`, number `put` copies `name` into a `cell` of a
    tape, and the next one gives the name to the new array."""

    made: int
    put: int
    new: str
    name: str
    cell: ir.Index


def _block(block: tuple, known: Facts, viewed: set, longer: dict) -> tuple:
    out: list = []
    for stmt in block:
        found = list(_handed(stmt, known, viewed))
        longer |= {each.cell.base.id: len(each.cell.index) - 1 for each in found}
        for each in found:
            out += _start(stmt, each, known)
        inner = _in_place(stmt, found)
        out.append(ir.with_blocks(inner, *(_block(b, known, viewed, longer) for b in ir.blocks(inner))))
        after = [each.name for each in found if each.name in known.after(stmt)]
        out += [ir.Assign(name, ir.Call("np.copy", (ir.Name(name),)), stmt.loc) for name in after]
    return tuple(out)


def _handed(loop, known: Facts, viewed: set) -> Iterator[_Handed]:
    if not isinstance(loop, ir.For) or loop.exit or loop.step != ONE:
        return
    for put, (stmt, move) in enumerate(zip(loop.body, loop.body[1:], strict=False)):
        match stmt, move:
            case ir.Store(ir.Index(ir.Name()) as cell, ir.Name(name)), ir.Rebind(target, new) if name == target:
                made = _allocation(loop.body[:put], new)
                if made is not None and _is_only_handed(loop, name, new, viewed) and _runs_along(cell, loop, known):
                    yield _Handed(made, put, new, name, cell)


def _allocation(before: tuple, new: str) -> int | None:
    found = [k for k, s in enumerate(before) if isinstance(s, ir.Alloc) and s.target == new and s.fill == "empty"]
    return found[0] if len(found) == 1 else None


def _is_only_handed(loop: ir.For, name: str, new: str, viewed: set) -> bool:
    """Whether the two arrays have no other names, and get no other memory in the loop."""
    moves = 0
    for stmt in ir.statements(loop.body):
        both = {name, new} & mentioned(stmt)
        if both and isinstance(stmt, (ir.Rebind, ir.Unpack, ir.View)):
            moves += 1
        elif {name, new} & set(definitions(stmt)) and not isinstance(stmt, (ir.Alloc, ir.AugAssign)):
            return False
    allocations = sum(isinstance(s, ir.Alloc) and s.target in (name, new) for s in ir.statements(loop.body))
    return moves == 1 and allocations == 1 and not {name, new} & viewed


def _runs_along(cell: ir.Index, loop: ir.For, known: Facts) -> bool:
    """Whether the cells of one iteration after another follow each other on a tape that is allocated once."""
    *outer, last = cell.index
    if cell.base.id not in known.allocations or any(loop.var in ir.names(e) for e in outer):
        return False
    following = _at(last, loop.var, ir.Op("+", (ir.Name(loop.var), ONE)))
    changed = known.bindings(*loop.body)
    fixed = not any((ir.names(e) & changed) for e in cell.index)
    return fixed and difference(following, last, known.values) == 1


def _at(expr, var: str, value):
    return ir.rewrite(lambda e: value if e == ir.Name(var) else e, expr)


def _start(loop: ir.For, found: _Handed, known: Facts) -> list:
    """The array that the loop starts with copied into the first cell."""
    *outer, last = found.cell.index
    index = (*outer, _at(last, loop.var, loop.start))
    dims = known.allocations[found.cell.base.id].shape[len(index) :]
    names = tuple(ir.Name(known.fresh("i", types.types.int64)) for _ in dims)
    stmt = ir.Store(replace(found.cell, index=(*index, *names)), ir.Index(ir.Name(found.name), names), loop.loc)
    for var, length in reversed(list(zip(names, dims, strict=True))):
        stmt = ir.For(var.id, ZERO, length, ONE, (stmt,))
    return [stmt, ir.View(found.name, replace(found.cell, index=index), loop.loc)]


def _in_place(loop, found: list[_Handed]):
    if not found:
        return loop
    cells = {each.made: _next_cell(each, loop) for each in found}
    puts = {each.put for each in found}
    return replace(loop, body=tuple(cells.get(k, s) for k, s in enumerate(loop.body) if k not in puts))


def _next_cell(found: _Handed, loop: ir.For) -> ir.View:
    *outer, last = found.cell.index
    return ir.View(found.new, replace(found.cell, index=(*outer, add(last, ONE))), loop.body[found.made].loc)


def _with_longer_tapes(stmt, longer: dict):
    if isinstance(stmt, ir.Alloc) and stmt.target in longer:
        axis = longer[stmt.target]
        shape = (*stmt.shape[:axis], add(stmt.shape[axis], ONE), *stmt.shape[axis + 1 :])
        return replace(stmt, shape=shape)
    return ir.with_blocks(stmt, *(tuple(_with_longer_tapes(s, longer) for s in b) for b in ir.blocks(stmt)))
