"""What the iterations of a loop have for themselves: elements, sums, work arrays that each fills or leaves zero."""

from __future__ import annotations

from adtrans import ir
from adtrans.analyses.affine import affine
from adtrans.analyses.liveness import definitions
from adtrans.analyses.memory import ADD, READ, Access, Memory

ZERO, ONE = ir.Const(0), ir.Const(1)


def bindings(block: tuple, memory: Memory) -> frozenset:
    """The names that `block` gives a new value or, arrays, new memory."""
    return frozenset(name for s in ir.statements(block) for name in own_bindings(s, memory))


def own_bindings(stmt, memory: Memory) -> frozenset:
    """Those of `stmt` itself, without the statements in it."""
    made = definitions(stmt)
    return frozenset(made) - memory.arrays if isinstance(stmt, ir.AugAssign) else frozenset(made)


def summed(stmt) -> str | None:
    """The scalar (or array) that `stmt` adds to, or takes from, and reads for nothing else."""
    match stmt:
        case ir.Assign(target, value) if isinstance(value, ir.Op):
            term, rest = value, []
            while isinstance(term, ir.Op) and term.op in "+-" and len(term.args) == 2:
                rest.append(term.args[1])
                term = term.args[0]
            if term == ir.Name(target) and not any(target in ir.names(e) for e in rest):
                return target
        case ir.AugAssign(ir.Name(name), "+" | "-", value) if name not in ir.names(value):
            return name
    return None


def sums(block: tuple) -> frozenset:
    """The scalars with which `block` does nothing but add to them."""
    found, other = set(), set()
    for stmt in ir.statements(block):
        name = summed(stmt)
        flag = {stmt.exit} if getattr(stmt, "exit", None) else set()
        read = flag.union(*map(ir.names, ir.expressions(stmt)))
        if name is None:
            other |= read | set(definitions(stmt))
        else:
            found.add(name)
            other |= read - {name}
    return frozenset(found - other)


def own_axis(accesses: list[Access], loop: ir.For, changed: frozenset) -> int | None:
    """The axis of an array at which all of these accesses have one index, different in each iteration of `loop`:
    no iteration touches what another does. `changed` are the names that the loop changes."""
    indices = [a.index for a in accesses if a.index is not None and a.name not in changed]
    if len(indices) < len(accesses) or len({a.name for a in accesses}) != 1:
        return None
    for axis in range(min(map(len, indices))):
        items = [index[axis] for index in indices]
        if all(item == items[0] for item in items) and is_own(items[0], loop, changed):
            return axis
    return None


def is_own(item, loop: ir.For, changed: frozenset) -> bool:
    """Whether `item` is the loop variable plus a constant, never negative (it would wrap around), or the number of the
    iteration."""
    if any(isinstance(e, ir.Index) and not isinstance(e.base, ir.Attr) for e in ir.walk(item)):
        return False
    if (ir.names(item) - {loop.var}) & changed:
        return False
    if item == number(loop) and loop.step != ZERO:
        return True
    terms = dict(affine(item, {}, is_index=True))
    offset, low = terms.pop("", 0), least(loop)
    return terms == {repr(ir.Name(loop.var)): 1} and low is not None and low + offset >= 0


def number(loop: ir.For):
    """Which iteration it is, counted from 0, as an expression."""
    offset = ir.Name(loop.var) if loop.start == ZERO else ir.Op("-", (ir.Name(loop.var), loop.start))
    return offset if loop.step == ONE else ir.Op("//", (offset, loop.step))


def least(loop: ir.For) -> int | None:
    """The least value of the loop variable, where it is a known number."""
    match loop:
        case ir.For(start=ir.Const(start), step=ir.Const(step)) if step > 0:
            return start
        case ir.For(stop=ir.Const(stop), step=ir.Const(step)) if step < 0:
            return stop + 1
    return None


def runs_through(loop, length, values: dict) -> bool:
    """Whether a loop runs once through every index of an axis, in either direction."""
    if not isinstance(loop, ir.For) or loop.exit:
        return False
    if loop.step == ONE:
        return loop.start == ZERO and affine(loop.stop, values) == affine(length, values)
    last = ir.Op("-", (length, ONE))
    return (loop.step, loop.stop) == (ir.Const(-1), ir.Const(-1)) and affine(loop.start, values) == affine(last, values)


def fills(stmt, name: str, dims: tuple, values: dict, index: tuple = ()) -> bool:
    """Whether a loop nest stores every element of the array."""
    if len(index) == len(dims) or not runs_through(stmt, dims[len(index)], values):
        return False
    index = (*index, ir.Name(stmt.var))
    if len(index) == len(dims):
        return any(isinstance(s, ir.Store) and s.target == ir.Index(ir.Name(name), index) for s in stmt.body)
    return any(fills(s, name, dims, values, index) for s in stmt.body)


def keeps_zero(block: tuple, name: str, dims: tuple, memory: Memory, values: dict) -> bool:
    """Whether an array that is zero before `block` is zero after it, whatever happens between."""
    dirty = False
    for stmt in block:
        kinds = {a.kind for a in memory.uses((stmt,), name)}
        if _clears(stmt, name, dims, memory, values):
            dirty = False
        elif kinds - {READ}:
            inner = ir.blocks(stmt)
            dirty |= not inner or not all(keeps_zero(b, name, dims, memory, values) for b in inner)
    return not dirty


def _clears(stmt, name: str, dims: tuple, memory: Memory, values: dict, index: tuple = ()) -> bool:
    """Whether a loop nest leaves every element zero: each iteration touches only its own, and last zeroes it."""
    if len(index) == len(dims) or not runs_through(stmt, dims[len(index)], values):
        return False
    index = (*index, ir.Name(stmt.var))
    if stmt.var in {d for s in ir.statements(stmt.body) for d in definitions(s)}:
        return False
    if any(a.index is None or a.index[: len(index)] != index for a in memory.uses(stmt.body, name)):
        return False
    clean = False
    for s in stmt.body:
        if len(index) == len(dims) and isinstance(s, ir.Store) and s.target == ir.Index(ir.Name(name), index):
            clean = isinstance(s.value, ir.Const) and s.value.value == 0
        elif len(index) < len(dims) and _clears(s, name, dims, memory, values, index):
            clean = True
        elif any(a.kind != READ for a in memory.uses((s,), name)):
            clean = False
    return clean


def only_adds(accesses: list[Access]) -> bool:
    return all(a.kind == ADD for a in accesses)
