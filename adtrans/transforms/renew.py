"""An array into which each iteration copies what it has computed from it, made anew in each iteration instead.

    for _ in range(steps):                      for _ in range(steps):
        for i in range(1, n - 1):                   u_next = np.empty(n)
            new[i] = f(u, i)                        for i in range(1, n - 1):
        u[:] = new                                      u_next[i] = f(u, i)
                                                    u_next[0], u_next[n - 1] = new[0], new[n - 1]
                                                    u = u_next

No iteration copies what it has just computed, only what it has not (in the example: both ends), and what the reverse
sweep reads of `u` can be recorded where it is made.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import repeat

from adtrans import ir, types
from adtrans.analyses.affine import affine, difference
from adtrans.analyses.facts import Facts, facts
from adtrans.analyses.iterations import runs_through
from adtrans.analyses.liveness import definitions, mentions
from adtrans.analyses.signs import Signs, signs
from adtrans.passes import optimising
from adtrans.transforms.context import length_of
from adtrans.transforms.lazy import ONE, ZERO, add
from adtrans.transforms.scalarise import Scalarised


@optimising
def renew(program: Scalarised) -> Scalarised:
    """`program` without the copies of whole arrays, at the end of an iteration, from an array that only this copy
    reads."""
    while True:
        body = program.function.body
        known = facts(body, program.env, program.values)
        found = next(_copies(body, known, signs(body, program.env, program.values)), None)
        if found is None:
            return program
        program = _renewed(program, found, known)


@dataclass(frozen=True)
class _Region:
    """The one store of a loop nest, and the range of its index for each axis."""

    store: ir.Store
    bounds: tuple[tuple, ...]


@dataclass(frozen=True)
class _Copied:
    """In `loop`, of `block`, the statement number `first` computes a `region` of the array `source`, and the statement
    number `last` copies all of `source`, which nothing else reads, to `target`."""

    block: tuple
    loop: ir.For | ir.While
    first: int
    last: int
    region: _Region
    source: str
    target: str


def _copies(block: tuple, known: Facts, found: Signs) -> Iterator[_Copied]:
    for stmt in block:
        for body in ir.blocks(stmt) if isinstance(stmt, (ir.For, ir.While)) else ():
            yield from (c for k in range(len(body)) if (c := _copy(block, stmt, k, known, found)))
        for body in ir.blocks(stmt):
            yield from _copies(body, known, found)


def _copy(block: tuple, loop, last: int, known: Facts, found: Signs) -> _Copied | None:
    names = _copied_names(loop.body[last], known)
    if names is None:
        return None
    target, source = names
    users = [k for k, s in enumerate(loop.body) if mentions(s, source)]
    if len(users) != 2 or users[1] != last or any(source in ir.names(e) for e in ir.expressions(loop)):
        return None
    first = users[0]
    region = _region(loop.body[first], source, known.bindings(loop), found)
    if region is None or _stores(loop.body[first], target):
        return None
    if any(mentions(s, target) for s in loop.body[first + 1 : last]) or not _is_home(block, loop, target, source):
        return None
    return _Copied(block, loop, first, last, region, source, target)


def _copied_names(stmt, known: Facts) -> tuple[str, str] | None:
    """The target and the source, where `stmt` copies a whole array to another like it."""
    loops: list[ir.For] = []
    while isinstance(stmt, ir.For) and len(stmt.body) == 1:
        loops.append(stmt)
        stmt = stmt.body[0]
    index = tuple(ir.Name(loop.var) for loop in loops)
    match stmt:
        case ir.Store(ir.Index(ir.Name(target), place), ir.Index(ir.Name(source), other)) if place == other == index:
            if target == source or not _are_alike(target, source, known):
                return None
            lengths = known.allocations[target].shape
            whole = len(lengths) == len(loops) and all(map(runs_through, loops, lengths, repeat(known.values)))
            return (target, source) if whole else None
    return None


def _are_alike(a: str, b: str, known: Facts) -> bool:
    """Whether two arrays, each allocated once and with no other name, have one type and one shape, that stays."""
    allocs = [known.allocations.get(name) for name in (a, b)]
    if None in allocs or any(known.memory.members(known.memory.owner[name]) != {name} for name in (a, b)):
        return False
    first, second = (alloc.shape for alloc in allocs)
    return (
        known.env[a] == known.env[b]
        and all(map(known.is_fixed, first))
        and all(map(_same, first, second, repeat(known)))
    )


def _same(a, b, known: Facts) -> bool:
    return affine(a, known.values) == affine(b, known.values)


def _region(stmt, name: str, changed: frozenset, found: Signs) -> _Region | None:
    """What a nest of loops stores of the array `name`, in every iteration once, and does not read; None where the
    bounds read what is `changed`, or an index is not that of the axis's loop plus a number, or may be negative."""
    loops: list[ir.For] = []
    while isinstance(stmt, ir.For):
        users = [s for s in stmt.body if mentions(s, name)]
        fixed = all(_is_fixed(e, changed) for e in (stmt.start, stmt.stop))
        if len(users) != 1 or stmt.exit or stmt.step != ONE or not fixed:
            return None
        loops.append(stmt)
        stmt = users[0]
    if not isinstance(stmt, ir.Store) or stmt.target.base != ir.Name(name) or len(stmt.target.index) != len(loops):
        return None
    if any(name in ir.names(e) for e in ir.expressions(stmt)):
        return None
    bounds = [_bounds(item, loop, found.values) for item, loop in zip(stmt.target.index, loops, strict=True)]
    if any(b is None or not found.is_nonnegative(b[0]) for b in bounds):
        return None
    return _Region(stmt, tuple(b for b in bounds if b))


def _is_fixed(expr, changed: frozenset) -> bool:
    elements = (e for e in ir.walk(expr) if isinstance(e, ir.Index) and not isinstance(e.base, ir.Attr))
    return not ir.names(expr) & changed and not any(elements)


def _bounds(item, loop: ir.For, values: dict) -> tuple | None:
    offset = difference(item, ir.Name(loop.var), values, is_index=True)
    if offset is None or loop.var in {d for s in ir.statements(loop.body) for d in definitions(s)}:
        return None
    return add(loop.start, ir.Const(offset)), add(loop.stop, ir.Const(offset))


def _is_home(block: tuple, loop, target: str, source: str) -> bool:
    """Whether both arrays are allocated in `block`, before the loop, and only the target is used after it."""
    place = next(k for k, s in enumerate(block) if s is loop)
    made = {s.target for s in block[:place] if isinstance(s, ir.Alloc)}
    return {target, source} <= made and not any(mentions(s, source) for s in block[place + 1 :])


def _stores(stmt, name: str) -> bool:
    return any(
        isinstance(s, (ir.Store, ir.AugAssign)) and name in ir.names(s.target)
        for s in ir.statements((stmt,))
        if not isinstance(getattr(s, "target", None), str)
    )


# -- the new form ----------------------------------------------------------------------------------------------


def _renewed(program: Scalarised, copied: _Copied, known: Facts) -> Scalarised:
    """The array has a name of its own until the loop; in the loop the name moves from one array to the next."""
    before, made = (_like(copied.target, base, program, known) for base in ("first", "next"))
    place = next(k for k, s in enumerate(copied.block) if s is copied.loop)
    early = tuple(ir.rename_statement(s, {copied.target: before}) for s in copied.block[:place])
    move = ir.Rebind(copied.target, before, True, copied.loop.loc)
    block = (*early, move, _loop(copied, made, known), *copied.block[place + 1 :])
    body = _replaced(program.function.body, copied.block, block)
    return replace(program, function=replace(program.function, body=body))


def _like(name: str, suffix: str, program: Scalarised, known: Facts) -> str:
    """The name of another array of the shape of `name`."""
    new = known.fresh(f"{name}_{suffix}", known.env[name])
    program.roots[new] = new
    for axis, dim in enumerate(known.allocations[name].shape):
        program.values[length_of(new, axis)] = dim
    return new


def _loop(copied: _Copied, made: str, known: Facts):
    body, dims = copied.loop.body, known.allocations[copied.target].shape
    first, last = body[copied.first], body[copied.last]
    alloc = ir.Alloc(made, dims, types.dtype_name(known.env[made]), loc=last.loc)
    nest = ir.rename_statement(first, {copied.source: made})
    rest = _outside(copied, made, dims, (), known)
    move = ir.Rebind(copied.target, made, True, last.loc)
    middle = body[copied.first + 1 : copied.last]
    return replace(
        copied.loop, body=(*body[: copied.first], alloc, nest, *middle, *rest, move, *body[copied.last + 1 :])
    )


def _outside(copied: _Copied, made: str, dims: tuple, index: tuple, known: Facts) -> list:
    """Loops that copy the elements outside of the region: along the next axis those before it, those beside it, and
    those after it."""
    if len(index) == len(dims):
        return []
    (low, high), n = copied.region.bounds[len(index)], dims[len(index)]
    out = [] if low == ZERO else [_strip(copied, made, dims, index, ZERO, ir.Call("min", (low, n)), known)]
    var = known.fresh("i", types.types.int64)
    beside = _outside(copied, made, dims, (*index, ir.Name(var)), known)
    # A loop that stores nothing, as one inside of it does not run, may go beyond the array.
    end = high if _is_up_to(high, n, known) else ir.Call("min", (high, n))
    out += [ir.For(var, low, end, ONE, tuple(beside))] if beside else []
    if not _same(high, n, known):
        out.append(_strip(copied, made, dims, index, ir.Call("max", (low, high)), n, known))
    return out


def _is_up_to(high, n, known: Facts) -> bool:
    """Whether a bound is known not to be greater than a length."""
    gap = difference(high, n, known.values)
    return gap is not None and gap <= 0


def _strip(copied: _Copied, made: str, dims: tuple, index: tuple, low, high, known: Facts) -> ir.For:
    """Loops that copy the elements from `low` to `high` along the next axis, and all along those after it."""
    var = known.fresh("i", types.types.int64)
    index = (*index, ir.Name(var))
    if len(index) == len(dims):
        value = ir.Index(ir.Name(copied.source), index)
        inner = ir.Store(ir.Index(ir.Name(made), index), value, copied.loop.body[copied.last].loc)
    else:
        inner = _strip(copied, made, dims, index, ZERO, dims[len(index)], known)
    return ir.For(var, low, high, ONE, (inner,))


def _replaced(block: tuple, old: tuple, new: tuple) -> tuple:
    """`block` with the nested block `old` replaced."""
    if block is old:
        return new
    return tuple(ir.with_blocks(s, *(_replaced(b, old, new) for b in ir.blocks(s))) for s in block)
