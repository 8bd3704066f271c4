"""The state of a loop: what has to be put back so that its iterations can be run again later."""

from __future__ import annotations

from dataclasses import dataclass

from adtrans import ir, types
from adtrans.analyses.affine import affine
from adtrans.analyses.facts import Facts
from adtrans.analyses.liveness import definitions, live_in, runs_once
from adtrans.analyses.memory import copied_first
from adtrans.analyses.work import is_filled_first


@dataclass(frozen=True)
class State:
    """`names`: scalars and arrays that an iteration reads and that have changed by the time it is run again, arrays
    by the name that owns their memory; `moved`: those of them that then name other memory than before; `results`: what
    is read last as the loop has left it, by the result or by what waits for the reverse loop."""

    names: tuple[str, ...]
    moved: frozenset
    results: tuple[str, ...]


def carried_state(block: tuple, first: int, last: int, tapes: set[str], known: Facts) -> State | None:
    """The state, without the `tapes`, of the loop `block[first]`, for iterations that are run again before the loop
    `block[last]`; None where it is not known to be in variables defined before the loop, in arrays of fixed shape, and
    smaller than a record of the loop."""
    loop, arrays = block[first], known.memory.arrays
    if any(isinstance(s, ir.Effect) or runs_once(s) for s in ir.statements(loop.body)):
        return None
    changed = _changed(block[first : last + 1], known)
    wanted = (live_in(loop.body) - {loop.var} - tapes) & changed
    wanted -= {n for n in wanted & known.allocations.keys() if is_filled_first(loop, n, known)}
    if any(_has_place_for_each(loop, n, known) for n in wanted & arrays):
        return None
    views = _views((*block[:first], *block[first + 1 : last], *block[last + 1 :]))
    names = {views.get(n, n) for n in wanted}
    moved = _moved(block[first : last + 1]) & (names | wanted)
    callers = live_in(block) & arrays - copied_first(block)
    if None in names or names & callers or wanted & _view_targets(loop) or moved & (views.keys() | set(views.values())):
        return None
    if not names <= _surely_defined(block[:first], block) or not all(_is_kept_whole(n, loop, known) for n in names):
        return None
    moved &= names & arrays
    if not _leave_their_memory(block[first : last + 1], moved):
        moved = set()
    if any(known.env[n].layout != "C" for n in moved):
        return None
    lasting = live_in(block[last + 1 :]) - _changed((block[last],), known)
    results = (ir.names(block[-1].value) | lasting) & _changed((loop,), known)
    if results & _changed(block[last:], known):
        return None
    return State(tuple(sorted(names)), frozenset(moved), tuple(sorted(results)))


def _has_place_for_each(loop: ir.For, name: str, known: Facts) -> bool:
    """Whether the iterations use elements of the array by their number: the state is then as large as a record."""
    used = (a.index for a in known.memory.uses(loop.body, name) if a.index is not None)
    return any(loop.var in ir.names(item) for index in used for item in index)


def _changed(stmts: tuple, known: Facts) -> frozenset:
    """The names that `stmts` define, and the arrays that may share memory with what they write."""
    return known.written(stmts).union(*(definitions(s) for s in ir.statements(stmts)))


def _views(block: tuple) -> dict:
    """For each name of nothing but views the array of which it is one; None where that is not one array."""
    found: dict = {}
    other = set()
    for stmt in ir.statements(block):
        if isinstance(stmt, ir.View):
            source = next(iter(ir.names(_base(stmt.value))))
            found[stmt.target] = source if found.get(stmt.target, source) == source else None
        else:
            other |= set(definitions(stmt))
    found = {name: source for name, source in found.items() if name not in other}
    return {name: _last(name, found) for name in found}


def _base(view):
    while not isinstance(view, ir.Name):
        view = view.base if isinstance(view, ir.Index) else view.args[0]
    return view


def _last(name, found: dict):
    for _ in range(len(found)):
        name = found.get(name, name)
    return name


def _view_targets(loop: ir.For) -> set[str]:
    return {s.target for s in ir.statements(loop.body) if isinstance(s, ir.View)}


def _moved(stmts: tuple) -> set[str]:
    return {d for s in ir.statements(stmts) for d in definitions(s) if not isinstance(s, ir.For)}


def _surely_defined(before: tuple, block: tuple) -> set[str]:
    return set(live_in(block)).union(*(definitions(s) for s in before if not ir.blocks(s)))


def _is_kept_whole(name: str, loop: ir.For, known: Facts) -> bool:
    """Whether `name` is a scalar, or an array that no iteration gives another shape."""
    t = known.env.get(name)
    if not types.is_array(t):
        return t is not None and not isinstance(t, types.types.BaseTuple)
    return all(not (name in definitions(stmt) and not _keeps_shape(stmt, known)) for stmt in ir.statements(loop.body))


def _keeps_shape(stmt, known: Facts) -> bool:
    match stmt:
        case ir.Rebind():
            return stmt.same_shape
        case ir.Unpack(targets):
            return len({_shape(t.id, known) for t in targets}) == 1
    return False


def _shape(name: str, known: Facts) -> tuple:
    lengths = (ir.Index(ir.Attr(ir.Name(name), "shape"), (ir.Const(k),)) for k in range(types.ndim_of(known.env[name])))
    return tuple(affine(length, known.values) for length in lengths)


def _leave_their_memory(stmts: tuple, moved: set) -> bool:
    """Whether some of `moved` do more than change places with one another: they may then name a cell of a tape."""
    return any(set(definitions(s)) & moved and not isinstance(s, ir.Unpack) for s in ir.statements(stmts))
