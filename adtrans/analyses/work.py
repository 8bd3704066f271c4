"""Work arrays: each iteration of a loop gives every element a value before it reads it, and nothing else uses them."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from adtrans import ir
from adtrans.analyses.facts import Facts
from adtrans.analyses.filling import filling
from adtrans.analyses.iterations import keeps_zero
from adtrans.analyses.liveness import mentions


@dataclass(frozen=True)
class Work:
    """`alloc`: where a work array is made; `loops`: the loop that it is a work array of, after those around it,
    outermost first; `stores`: the stores (by `id`) that give an element its first value in an iteration."""

    alloc: ir.Alloc
    loops: tuple
    stores: frozenset


def work_arrays(block: tuple, known: Facts) -> dict[str, Work]:
    """The arrays allocated in `block` itself that are work arrays of a loop."""
    found = {}
    for name, alloc in known.allocations.items():
        if any(s is alloc for s in block) and is_used_by_elements(name, known):
            work = _home(block, alloc, known)
            if work is not None:
                found[name] = work
    return found


def is_used_only_in(loop: ir.For, name: str, known: Facts) -> bool:
    """Whether nothing but `loop` uses the array, and it nothing but single elements."""
    if not is_used_by_elements(name, known):
        return False
    return len(known.memory.uses(known.block, name)) == 1 + len(known.memory.uses(loop.body, name))


def is_filled_first(loop: ir.For, name: str, known: Facts) -> bool:
    """Whether no iteration reads an element to which it has not stored before, of an array used by its elements."""
    if not is_used_by_elements(name, known):
        return False
    return first_stores(loop.body, name, known.allocations[name].shape, known) is not None


def stays_zero(loop: ir.For, name: str, known: Facts, dims: tuple | None = None) -> bool:
    """Whether each iteration finds an array of zeros, whatever their order: allocated so and left so by each, and used
    by no other statement; `dims` are the lengths of its axes, as far as they are used."""
    alloc = known.allocations[name]
    if alloc.fill != "zeros" or not is_used_only_in(loop, name, known):
        return False
    return keeps_zero(loop.body, name, dims or alloc.shape, known.memory, known.values)


def is_used_by_elements(name: str, known: Facts) -> bool:
    """Whether the array shares its memory with no other name, and nothing but its elements is used."""
    alloc = known.allocations[name]
    if known.memory.members(known.memory.owner[name]) != {name} or not all(map(known.is_fixed, alloc.shape)):
        return False
    accesses = known.memory.uses(known.block, name)
    if sum(a.index is None for a in accesses) > 1 or any(len(a.index) != len(alloc.shape) for a in accesses if a.index):
        return False
    return not reads_whole(known.block, name)


def reads_whole(block: tuple, name: str) -> bool:
    """Whether `block` uses an array otherwise than by its elements: for its shape, or under another name."""
    return any(name in _whole(s) for s in ir.statements(block))


@ir.memo
def _whole(stmt) -> frozenset:
    """The names that `stmt` itself uses otherwise than as the arrays of elements."""
    found = {name for p in stmt.adjoints for name in p.inputs} if isinstance(stmt, ir.Custom) else set()
    for expr in ir.expressions(stmt):
        parts = ir.walk(expr)
        elements = Counter(e.base for e in parts if isinstance(e, ir.Index) and isinstance(e.base, ir.Name))
        found |= {e.id for e in Counter(e for e in parts if isinstance(e, ir.Name)) - elements}
    return frozenset(found)


def _home(block: tuple, alloc: ir.Alloc, known: Facts) -> Work | None:
    """The innermost loop around all uses of the array of which it is a work array."""
    name, found = alloc.target, None
    loops: tuple = ()
    while True:
        users = [s for s in block if mentions(s, name) and not isinstance(s, ir.Alloc)]
        if len(users) != 1 or not isinstance(users[0], (ir.For, ir.If)):
            return found
        stmt = users[0]
        inner = [b for b in ir.blocks(stmt) if any(mentions(s, name) for s in b)]
        if len(inner) != 1 or any(name in ir.names(e) for e in ir.expressions(stmt)):
            return found
        (block,) = inner
        if isinstance(stmt, ir.For):
            loops = (*loops, stmt)
            stores = first_stores(block, name, alloc.shape, known)
            found = found if stores is None else Work(alloc, loops, stores)


def first_stores(block: tuple, name: str, dims: tuple, known: Facts) -> frozenset | None:
    """The stores (by `id`) that give the elements of the array their first values in `block`; None where it may read an
    element before."""
    found = filling(block, name, dims, known)
    return None if found.needs else found.first
