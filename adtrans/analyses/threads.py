"""Which loops several threads can run, each a chunk of the iterations, and what a chunk needs for itself."""

from __future__ import annotations

from dataclasses import dataclass

from adtrans import helpers, ir, types
from adtrans.analyses.extrema import Extremum, extrema
from adtrans.analyses.facts import Facts
from adtrans.analyses.iterations import is_own, only_adds, sums
from adtrans.analyses.liveness import definitions, live_in
from adtrans.analyses.memory import OUTSIDE, READ, Access
from adtrans.analyses.work import first_stores, is_used_only_in, stays_zero
from adtrans.rules.registry import lookup

# Beside those with a rule: helpers that write to no array and raise no error, which a thread could not hand on.
PURE = frozenset(
    (*(f"helper.{name}" for name in (*helpers.ELEMENTWISE, "slice_bound", "slice_bound_down")),
     "len", "np.copy", "np.transpose", "np.isnan", "np.isinf", "np.isfinite", "math.isnan", "math.isinf")
)  # fmt: skip


@dataclass(frozen=True)
class Chunked:
    """`sums`: scalars that iterations add to; `extrema`: the running extrema that they look for; `added`: arrays to
    whose elements they add; `work`: the arrays that each iteration fills, or finds and leaves zero."""

    sums: tuple[str, ...]
    extrema: tuple[Extremum, ...]
    added: tuple[str, ...]
    work: tuple[str, ...]


def chunked(loop: ir.For, known: Facts) -> Chunked | str:
    """What chunks of the iterations of `loop` need for themselves; why they cannot run side by side, where that is not
    known: they depend on one another only by sums and by extrema, and do nothing but compute."""
    reason = _not_plain(loop)
    if reason or not (_is_positive(loop.step, known) or _is_negative(loop.step)):
        return reason or "it is not known which way it runs"
    changed = known.bindings(*loop.body) | {loop.var}
    carried = (changed & live_in(loop.body)) - {loop.var}
    added = carried & sums(loop.body)
    found = [e for e in extrema(loop) if e.names[0] in carried]
    lasting = added.union(*(e.names for e in found))
    for name in sorted(carried | (changed & known.after(loop) - {loop.var})):
        if name not in lasting or not _is_number(name, known):
            return f"an iteration hands {name} to the next, or to what follows"
    arrays = _arrays(loop, changed, known)
    return arrays if isinstance(arrays, str) else Chunked(tuple(sorted(added)), tuple(found), *arrays)


def _is_number(name: str, known: Facts) -> bool:
    t = known.env.get(name)
    return t is not None and not isinstance(t, (types.types.Array, types.types.BaseTuple))


# -- what a thread may do ----------------------------------------------------------------------------------------


def _not_plain(loop: ir.For) -> str:
    """Why a thread cannot run the statements of a loop; empty where it can."""
    if loop.exit:
        return "it can end early"
    for stmt in ir.statements(loop.body):
        match stmt:
            case ir.Effect():
                return "it may raise an error"
            case ir.Opaque() | ir.Rebind() | ir.Unpack() | ir.AugAssign(ir.Name()):
                return "it does more than compute numbers and elements"
        for expr in (e for x in ir.expressions(stmt) for e in ir.walk(x)):
            if isinstance(expr, ir.Call) and not _is_pure(expr.func):
                return f"it calls {expr.func.removeprefix('helper.')}"
    return ""


def _is_pure(func: str) -> bool:
    """Whether a function does nothing but compute numbers, by one thread, whatever its arguments are."""
    return func in PURE or func in types.CASTS or lookup(func) is not None


# -- arrays ------------------------------------------------------------------------------------------------------


def _arrays(loop: ir.For, changed: frozenset, known: Facts) -> tuple[tuple, tuple] | str:
    """The arrays that iterations add to, and their work arrays; why they share more than these."""
    added, work = [], []
    for owner, accesses in known.memory.by_owner(loop.body).items():
        members = known.memory.members(owner)
        if all(a.kind == READ for a in accesses) or (members <= changed and not members & known.after(loop)):
            continue
        names = sorted({a.name for a in accesses})
        if owner == OUTSIDE or not all(types.is_array(known.env.get(name)) for name in names):
            return f"other arrays may share memory with {names[0]}, to which it writes"
        if _is_own_memory(accesses, loop, changed, known):
            continue
        (name, *others) = names
        if not others and only_adds(accesses) and all(a.index is not None for a in accesses) and name not in changed:
            added.append(name)
        elif not others and _is_work_array(name, loop, known):
            work.append(name)
        else:
            return f"an iteration may use elements of {name} that another writes"
    return tuple(sorted(added)), tuple(sorted(work))


def _is_own_memory(accesses: list[Access], loop: ir.For, changed: frozenset, known: Facts) -> bool:
    """Whether an iteration touches no element that another does: along one axis of the array, each has its own."""
    places = [place for a in accesses if (place := _place(a, loop, changed)) is not None]
    if len(places) < len(accesses) or len({base for base, _ in places}) != 1:
        return False
    return any(
        all(item == items[0] for item in items) and _is_own_item(items[0], loop, changed, known)
        for items in zip(*(index for _, index in places), strict=False)
    )


def _place(access: Access, loop: ir.For, changed: frozenset) -> tuple | None:
    """The array and the index of an access; of one through a view that the iteration makes, those of the view."""
    base, index = access.name, access.index
    if base in changed:
        made = [s for s in ir.statements(loop.body) if access.name in definitions(s)]
        match made:
            case [ir.View(value=ir.Index(ir.Name(viewed), part))] if any(s is made[0] for s in loop.body):
                base, index = viewed, part
            case _:
                return None
    if index is None or base in changed or any(isinstance(i, (ir.NewAxis, ir.Dots)) for i in index):
        return None
    return base, index


def _is_own_item(item, loop: ir.For, changed: frozenset, known: Facts) -> bool:
    """Whether an index, or a slice, of an axis has nothing in common with that of another iteration."""
    match item:
        case ir.Slice(start, ir.Op("+", (first, length)), None) if start == first == ir.Name(loop.var):
            return _is_within_step(length, loop, known)
        case ir.Slice():
            return False
        case ir.Call("np.uint64", (inner,)):
            return is_own(inner, loop, changed)
    return is_own(item, loop, changed)


def _is_within_step(length, loop: ir.For, known: Facts) -> bool:
    """Whether a slice of that length, from the loop variable on, ends before the next iteration's begins: the loop runs
    upwards from 0, or a number above it."""
    given = [s for s in loop.body if isinstance(length, ir.Name) and length.id in definitions(s)]
    start = isinstance(loop.start, ir.Const) and loop.start.value >= 0
    if not start or len(given) != 1 or not known.is_fixed(length) or not _is_positive(loop.step, known):
        return False
    match given[0]:
        case ir.Assign(value=ir.Call("min", args)):
            return loop.step in args
    return False


def _is_positive(step, known: Facts) -> bool:
    if isinstance(step, ir.Name) and known.is_fixed(step):
        match [s for s in ir.statements(known.block) if step.id in definitions(s)]:
            case [ir.Assign(value=ir.Call("helper.lanes"))]:
                return True
    return isinstance(step, ir.Const) and step.value > 0


def _is_negative(step) -> bool:
    return isinstance(step, ir.Const) and step.value < 0


def _is_work_array(name: str, loop: ir.For, known: Facts) -> bool:
    """Whether each iteration fills the array before it reads it, or finds and leaves it zero."""
    if name not in known.allocations or not is_used_only_in(loop, name, known):
        return False
    used = _used_lengths(name, loop, known)
    return first_stores(loop.body, name, used, known) is not None or stays_zero(loop, name, known, used)


def _used_lengths(name: str, loop: ir.For, known: Facts) -> tuple:
    """The lengths of the array's axes, shorter where an iteration goes through a first part of an axis alone."""
    indices = [a.index for a in known.memory.uses(loop.body, name)]
    columns = zip(*indices, strict=True)
    shape = known.allocations[name].shape
    return tuple(_first_part(column, loop, known) or length for column, length in zip(columns, shape, strict=True))


def _first_part(column: tuple, loop: ir.For, known: Facts):
    """The end of the range from 0 that all loops have whose variables are these indices of an axis; None where these
    are others, or where the end is not the same all through an iteration."""
    names = {item.id for item in column if isinstance(item, ir.Name)}
    own = all(isinstance(item, ir.Name) for item in column)
    loops = [s for s in ir.statements(loop.body) if names & set(definitions(s))]
    if not own or not loops or not all(isinstance(s, ir.For) and not s.exit for s in loops):
        return None
    ends = {s.stop for s in loops if (s.start, s.step) == (ir.Const(0), ir.Const(1))}
    end = next(iter(ends), None)
    whole = len(ends) == 1 and all((s.start, s.step) == (ir.Const(0), ir.Const(1)) for s in loops)
    return end if whole and names <= {s.var for s in loops} and _is_same_throughout(end, loop, known) else None


def _is_same_throughout(expr, loop: ir.For, known: Facts) -> bool:
    """Whether `expr` has one value in all of an iteration, once it has one."""
    inner = {d for s in loop.body for b in ir.blocks(s) for x in ir.statements(b) for d in definitions(x)}
    inner |= {s.var for s in loop.body if isinstance(s, ir.For)}
    return known.is_fixed(expr) and not ir.names(expr) & inner
