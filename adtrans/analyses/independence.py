"""Which iterations of a loop are independent but for sums, and which of its statements must stay in order."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from adtrans import ir, types
from adtrans.analyses.affine import affine, atoms, difference
from adtrans.analyses.liveness import Liveness, definitions, live_in
from adtrans.analyses.memory import NEW, copied_first
from adtrans.analyses.signs import Signs


@dataclass(frozen=True)
class Sink:
    """A statement of a loop for whose effect the loop is run: it writes `place`, an element or a scalar, or adds to it
    (`is_sum`). `needs` are the positions in the body of the statement and of those that compute scalars for it."""

    place: ir.Index | ir.Name
    position: int
    is_sum: bool
    needs: frozenset


@dataclass(frozen=True)
class _Access:
    array: str
    index: tuple
    time: tuple  # position in the body, and 1 for a write, which comes after the reads
    kind: str  # read, sum, write


def sinks(loop: ir.For, env: types.Env, live: Liveness) -> list[Sink] | None:
    """The sinks of an innermost loop of assignments; None where an iteration hands a scalar to the next or to the
    code after the loop, other than by a sum, or where statements do more than read and write elements."""
    if loop.exit or not isinstance(loop.step, ir.Const) or not all(_is_plain(s, env) for s in loop.body):
        return None
    after = live.after[id(loop)]
    assigned = {d for s in loop.body for d in definitions(s)}
    found = []
    for k, stmt in enumerate(loop.body):
        place = _sum_place(stmt)
        if isinstance(stmt, ir.Assign) and stmt.target not in after and not (place and _is_carried(loop, stmt.target)):
            continue
        if isinstance(stmt, ir.Assign) and not (place and _only_summed(loop.body, stmt.target)):
            return None
        sink_place = place or stmt.target
        needs = _needs(loop, k, assigned, isinstance(stmt, ir.Assign))
        if needs is None:
            return None
        found.append(Sink(sink_place, k, place is not None, needs))
    return found


def _is_plain(stmt, env: types.Env) -> bool:
    """Whether `stmt` assigns a scalar or an element what it computes from scalars and elements."""
    if not isinstance(stmt, (ir.Assign, ir.Store, ir.AugAssign)) or isinstance(stmt.target, ir.Name):
        return False
    if isinstance(stmt, ir.Assign) and types.is_array(env.get(stmt.target)):
        return False
    places = (stmt.target,) if isinstance(stmt, ir.Store) else ()
    return all(_is_scalar(e, env) for e in (*ir.expressions(stmt), *places))


def _is_scalar(expr, env: types.Env) -> bool:
    match expr:
        case ir.Name(name):
            return name in env and not isinstance(env[name], (types.types.Array, types.types.BaseTuple))
        case ir.Attr(ir.Name(), "shape" | "size"):
            return True
        case ir.Index(ir.Attr(ir.Name(), "shape"), (ir.Const(),)):
            return True
        case ir.Index(ir.Name(name), index):
            return name in env and len(index) == types.ndim_of(env[name]) and all(_is_scalar(i, env) for i in index)
        case ir.Const():
            return True
        case ir.Op() | ir.Call() | ir.IfExp():
            return all(_is_scalar(e, env) for e in ir.children(expr))
    return False


def _sum_place(stmt):
    """What `stmt` adds to; None where it is not a sum."""
    match stmt:
        case ir.AugAssign(ir.Index() as place, "+"):
            return place
        case ir.Assign(target, ir.Op("+", (ir.Name(name), value))) if name == target and name not in ir.names(value):
            return ir.Name(target)
        case ir.Assign(target, ir.Op("-", (ir.Name(name), value))) if name == target and name not in ir.names(value):
            return ir.Name(target)
    return None


def _is_carried(loop: ir.For, name: str) -> bool:
    """Whether the first statement that mentions `name` reads it."""
    for stmt in loop.body:
        if any(name in ir.names(e) for e in ir.expressions(stmt)):
            return True
        if name in definitions(stmt):
            return False
    return False


def _only_summed(stmts, name: str) -> bool:
    """Whether `stmts` do nothing with `name` but add to it."""
    users = [s for s in stmts if name in definitions(s) or any(name in ir.names(e) for e in ir.expressions(s))]
    return all(_sum_place(s) == ir.Name(name) for s in users)


def _needs(loop: ir.For, position: int, assigned: set, is_scalar_sum: bool) -> frozenset | None:
    """The positions of the statement and of those before it that compute its scalars; None where one of these comes
    from the iteration before."""
    stmt = loop.body[position]
    wanted = set().union(*map(ir.names, ir.expressions(stmt)))
    wanted -= {stmt.target} if is_scalar_sum else set()
    kept = {position}
    for k in range(position - 1, -1, -1):
        found = loop.body[k]
        if isinstance(found, ir.Assign) and found.target in wanted:
            kept.add(k)
            wanted = (wanted - {found.target}).union(*map(ir.names, ir.expressions(found)))
    return None if wanted & assigned else frozenset(kept)


def dependences(loop: ir.For, found: list[Sink], owned: frozenset, known: Signs) -> set[tuple[int, int]] | None:
    """The pairs of sinks (by number) of which the first must run before the second in each iteration; None where an
    iteration may depend on another, other than by sums. `owned` are arrays that share no memory with another."""
    arrays = {s.place.base.id for s in found if isinstance(s.place, ir.Index)}
    if not arrays <= owned or arrays & set().union(*map(ir.names, ir.expressions(loop))):
        return None
    edges = set()
    accesses = [list(_accesses(loop, s)) for s in found]
    for a, of_a in enumerate(accesses):
        for b, of_b in enumerate(accesses[a:], a):
            for x, y in ((x, y) for x in of_a for y in of_b if _conflict(x, y)):
                distances = _distances(loop, x.index, y.index, known)
                if distances == "any":
                    return None
                if distances == "none" or a == b:
                    continue
                edges.add((a, b) if x.time < y.time else (b, a))
    return edges


def is_orderless(loop: ir.For, env: types.Env, owned: frozenset, known: Signs, live: Liveness) -> bool:
    """Whether the iterations of a loop, with loops inside, may run in any order, but that sums then change theirs."""
    inner = list(ir.statements(loop.body))
    plain = (_is_plain(s, env) if not isinstance(s, ir.For) else not s.exit for s in inner)
    if loop.exit or not isinstance(loop.step, ir.Const) or not all(plain):
        return False
    scalars = {s.target for s in inner if isinstance(s, ir.Assign)}
    lasting = scalars & (live.after[id(loop)] | live_in(loop.body))
    if not all(_only_summed(inner, name) for name in lasting):
        return False
    accesses = [a for s in inner for a in _all_accesses(s)]
    if any(a.kind != "read" and a.array not in owned for a in accesses):
        return False
    pairs = ((x, y) for k, x in enumerate(accesses) for y in accesses[: k + 1] if _conflict(x, y))
    return all(_distances(loop, x.index, y.index, known) != "any" for x, y in pairs)


def _all_accesses(stmt) -> Iterator[_Access]:
    for expr in (e for x in _values(stmt) for e in ir.walk(x)):
        if isinstance(expr, ir.Index) and isinstance(expr.base, ir.Name):
            yield _Access(expr.base.id, expr.index, (), "read")
    if isinstance(stmt, (ir.Store, ir.AugAssign)):
        yield _Access(stmt.target.base.id, stmt.target.index, (), "write" if _sum_place(stmt) is None else "sum")


def unshared(block: tuple) -> frozenset:
    """The arrays of which no other array shares memory while they have their names: those that are always new ones,
    or moved from one such name to another."""
    shared = set(live_in(block) - copied_first(block))
    named: set = set()
    moves = []
    for stmt in ir.statements(block):
        match stmt:
            case ir.Alloc(target):
                named.add(target)
            case ir.Assign(target, ir.Call(func)) if func in NEW:
                named.add(target)
            case ir.Rebind(target, source):
                moves.append({target, source})
            case ir.Unpack(_, value):
                moves.append(set(definitions(stmt)) | ir.names(value))
            case ir.View(target, value):
                shared |= {target} | ir.names(value)
            case _:
                shared |= set(definitions(stmt))
    while joined := next((m for m in moves if m & shared and not m <= shared), None):
        shared |= joined
    return frozenset(named.union(*moves) - shared)


def _accesses(loop: ir.For, sink: Sink) -> Iterator[_Access]:
    for k in sink.needs:
        for expr in (e for x in _values(loop.body[k]) for e in ir.walk(x)):
            if isinstance(expr, ir.Index) and isinstance(expr.base, ir.Name):
                yield _Access(expr.base.id, expr.index, (k, 0), "read")
    if isinstance(sink.place, ir.Index):
        yield _Access(sink.place.base.id, sink.place.index, (sink.position, 1), "sum" if sink.is_sum else "write")


def _values(stmt) -> tuple:
    """What `stmt` reads, but for what it adds to."""
    return (*stmt.target.index, stmt.value) if isinstance(stmt, ir.AugAssign) else ir.expressions(stmt)


def _conflict(x: _Access, y: _Access) -> bool:
    return x.array == y.array and {x.kind, y.kind} not in ({"read"}, {"sum"})


def _distances(loop: ir.For, a: tuple, b: tuple, known: Signs) -> str:
    """How far apart the iterations are that use the same element by `a` and by `b`: `none` do, `zero`, or `any`."""
    found = "any"
    for x, y, gap in zip(a, b, gaps(loop, a, b, known), strict=True):
        factor = _factor(loop.var, x, known.values)
        if gap is None or not known.is_nonnegative(x) or not known.is_nonnegative(y):
            continue
        if gap == 0 and factor:
            found = "zero"
        elif gap and (not factor or gap % factor):
            return "none"
    return found


def gaps(loop: ir.For, a: tuple, b: tuple, known: Signs) -> list[int | None]:
    """For each axis the number that the index `a` is above `b` in every iteration; None where it is not a number."""
    inner = list(ir.statements(loop.body))
    changed = {d for s in inner for d in definitions(s)}
    changed |= {s.target.base.id for s in inner if isinstance(s, (ir.Store, ir.AugAssign))}
    return [_gap(loop.var, x, y, changed, known.values) for x, y in zip(a, b, strict=True)]


def _gap(var: str, x, y, changed: set, values: dict) -> int | None:
    parts = atoms(x, values, is_index=True) | atoms(y, values, is_index=True)
    if any(ir.names(part) & (changed | {var}) for part in parts.values() if part != ir.Name(var)):
        return None
    return difference(x, y, values, is_index=True)


def _factor(var: str, x, values: dict) -> int:
    """The coefficient of the loop variable."""
    key = next((k for k, part in atoms(x, values, is_index=True).items() if part == ir.Name(var)), None)
    return dict(affine(x, values, is_index=True)).get(key, 0)
