"""Values for the reverse sweep kept in the arrays of the cotangents that it computes from them.

Where a reverse loop stores the cotangent of an element, and no one uses the cotangent's place in memory before, the
forward loop can leave a value there: one that would have a tape of its own, or one that is costly to compute again.

    for i in range(n):                      for i in range(n):
        e = exp(x[i])                           e = exp(x[i])
        total += e                              x_bar[i] = e
                                                total += e
    for i in range(n):                      for i in range(n):
        e = exp(x[i])                           e = x_bar[i]
        x_bar[i] = total_bar * e                x_bar[i] = total_bar * e

The arithmetic stays what it was: infinities and NaN, and sums, come out the same.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from adtrans import ir, types
from adtrans.analyses.facts import Facts, facts
from adtrans.analyses.iterations import own_axis
from adtrans.analyses.liveness import definitions, mentions
from adtrans.analyses.memory import OUTSIDE, READ, Access
from adtrans.passes import optimising
from adtrans.transforms.dead import dead
from adtrans.transforms.flatten import EXPONENTIALS, is_costly
from adtrans.transforms.fuse import is_mirrored


@dataclass(frozen=True)
class _Pair:
    """The loop at `earlier` in `block`, and its reverse at `later`."""

    block: tuple
    earlier: int
    later: int

    @property
    def forward(self) -> ir.For:
        return self.block[self.earlier]

    @property
    def backward(self) -> ir.For:
        return self.block[self.later]


@dataclass(frozen=True)
class _Place:
    """`element`, one for each iteration of a reverse loop, of which it makes nothing else before `body[position]`."""

    element: ir.Index
    position: int


@dataclass(frozen=True)
class _Value:
    """What the forward loop makes in `body[made]` and the reverse loop gets by `body[wanted]`."""

    made: int
    wanted: int


@optimising
def borrow(block: tuple, env: types.Env, values: dict) -> tuple:
    """The body of a gradient function with values kept in cotangents' places; the tapes that they had are gone."""
    while True:
        kept = _kept_once(block, facts(block, env, values))
        if kept is None:
            return block
        block = dead(kept)


def _kept_once(block: tuple, known: Facts) -> tuple | None:
    """`block` with one value kept so; None if there is none."""
    for pair in _pairs(block, known):
        for place in _places(pair, known):
            value = _value(pair, place, known)
            if value is not None:
                return _kept(pair, place, value)
    for k, stmt in enumerate(block):
        inner = ir.blocks(stmt)
        for number, body in enumerate(inner):
            kept = _kept_once(body, known)
            if kept is not None:
                new = ir.with_blocks(stmt, *inner[:number], kept, *inner[number + 1 :])
                return (*block[:k], new, *block[k + 1 :])
    return None


def _pairs(block: tuple, known: Facts) -> Iterator[_Pair]:
    for later in range(1, len(block)):
        for earlier in range(later):
            if is_mirrored(block[earlier], block[later], known):
                yield _Pair(block, earlier, later)


# -- places ----------------------------------------------------------------------------------------------------


def _places(pair: _Pair, known: Facts) -> Iterator[_Place]:
    """The elements that the reverse loop first stores, or adds to while they are zero."""
    seen: set = set()
    for position, stmt in enumerate(pair.backward.body):
        used = known.memory.accesses((stmt,))
        match stmt:
            case ir.Store(element) | ir.AugAssign(ir.Index() as element, "+") if element.base.id not in seen:
                if _is_free(pair, stmt, element, known):
                    yield _Place(element, position)
        seen |= {a.name for a in used}


def _is_free(pair: _Pair, stmt, element: ir.Index, known: Facts) -> bool:
    """Whether `stmt` is the first to need the element's memory: each iteration uses one element of its own."""
    name, loop = element.base.id, pair.backward
    owner, alloc = known.memory.owner.get(name, OUTSIDE), known.allocations.get(name)
    if owner == OUTSIDE or known.memory.members(owner) != {name} or alloc is None:
        return False
    inside = known.memory.uses(loop.body, name)
    if any(a.index != element.index for a in inside) or not _is_one_for_each(element, loop, pair, known):
        return False
    if name in ir.names(stmt.value) or not _is_ready(pair, alloc, known):
        return False
    if any(mentions(s, name) for s in pair.block[pair.earlier : pair.later] if s is not alloc):
        return False
    return isinstance(stmt, ir.Store) or _is_zero_before(loop, name, alloc, known.block, known)


def _is_one_for_each(element: ir.Index, loop: ir.For, pair: _Pair, known: Facts) -> bool:
    """Whether `element` is another one in each iteration, and the same one in the iteration's reverse."""
    if own_axis([Access(element.base.id, READ, element.index)], loop, known.bindings(loop)) is None:
        return False
    made = known.bindings(*pair.block[pair.earlier : pair.later])
    others = [ir.rewrite(lambda e: ir.Const(0) if e == ir.Name(loop.var) else e, item) for item in element.index]
    return all(known.is_fixed(item) and not ir.names(item) & made for item in others)


def _is_ready(pair: _Pair, alloc: ir.Alloc, known: Facts) -> bool:
    """Whether the array is there before the forward loop, or can be."""
    between = pair.block[pair.earlier : pair.later]
    if not any(s is alloc for s in between):
        return not any(alloc is s for s in ir.statements(pair.block[pair.earlier :]))
    made = known.bindings(*between)
    return all(known.is_fixed(n) and not ir.names(n) & made for n in alloc.shape)


def _is_zero_before(loop: ir.For, name: str, alloc: ir.Alloc, block: tuple, known: Facts, started=False) -> bool:
    """Whether each element that `loop`, somewhere in `block`, uses is zero before it: allocated so, and left alone by
    what comes before, and by other iterations of the loops around."""
    position = next(k for k, s in enumerate(block) if any(inner is loop for inner in ir.statements((s,))))
    first = next((k + 1 for k, s in enumerate(block[:position]) if s is alloc), 0)
    started = started or first > 0
    if started and any(mentions(s, name) for s in block[first:position]):
        return False
    around = block[position]
    if around is loop:
        return started and alloc.fill == "zeros"
    if started and isinstance(around, ir.For):
        inside = known.memory.uses(around.body, name)
        if own_axis(inside, around, known.bindings(around)) is None:
            return False
    elif started and not isinstance(around, ir.If):
        return False
    inner = next(b for b in ir.blocks(around) if any(s is loop for s in ir.statements(b)))
    return _is_zero_before(loop, name, alloc, inner, known, started)


# -- values ----------------------------------------------------------------------------------------------------


def _value(pair: _Pair, place: _Place, known: Facts) -> _Value | None:
    """The value to keep in the place: rather one that has a tape than one that is computed again."""
    t = types.dtype_of(known.env[place.element.base.id])
    wanted = [k for k, s in enumerate(pair.backward.body[: place.position + 1]) if _is_scalar(s, t, known)]
    for find in (_taped, _repeated):
        for k in wanted:
            made = find(pair, k, known)
            if made is not None:
                return _Value(made, k)
    return None


def _is_scalar(stmt, t, known: Facts) -> bool:
    return isinstance(stmt, ir.Assign) and known.env.get(stmt.target) == t


def _taped(pair: _Pair, wanted: int, known: Facts) -> int | None:
    """The position of the statement that puts on a tape what `body[wanted]` of the reverse loop takes from it."""
    stmt = pair.backward.body[wanted]
    match stmt.value:
        case ir.Index(ir.Name(tape)) if tape in known.allocations:
            element = stmt.value
        case _:
            return None
    owner = known.memory.owner[tape]
    uses = known.memory.uses(known.block, tape)
    if owner == OUTSIDE or known.memory.members(owner) != {tape} or len(uses) != 3:  # allocated, put, taken
        return None
    if known.env[stmt.target] != types.dtype_of(known.env[tape]):
        return None
    if not _is_one_for_each(element, pair.forward, pair, known):
        return None
    found = (k for k, s in enumerate(pair.forward.body) if isinstance(s, ir.Store) and s.target == element)
    return next(found, None)


def _repeated(pair: _Pair, wanted: int, known: Facts) -> int | None:
    """The position of the statement that computes in the forward loop what `body[wanted]` computes again."""
    stmt = pair.backward.body[wanted]
    if not any(is_costly(e) or (isinstance(e, ir.Call) and e.func in EXPONENTIALS) for e in ir.walk(stmt.value)):
        return None
    for loop in (pair.forward, pair.backward):
        if sum(stmt.target in definitions(s) for s in ir.statements(loop.body)) != 1:
            return None
    return next((k for k, s in enumerate(pair.forward.body) if s == stmt), None)


# -- the loops -------------------------------------------------------------------------------------------------


def _kept(pair: _Pair, place: _Place, value: _Value) -> tuple:
    """The block of the pair with the value put into the place and taken from there."""
    there, back = list(pair.forward.body), list(pair.backward.body)
    made, wanted, first = there[value.made], back[value.wanted], back[place.position]
    if isinstance(made, ir.Store):
        there[value.made] = replace(made, target=place.element)
    else:
        there.insert(value.made + 1, ir.Store(place.element, ir.Name(made.target), made.loc))
    if isinstance(first, ir.AugAssign):
        back[place.position] = ir.Store(first.target, first.value, first.loc)
    back[value.wanted] = replace(wanted, value=place.element)
    between = pair.block[pair.earlier + 1 : pair.later]
    early = tuple(s for s in between if isinstance(s, ir.Alloc) and s.target == place.element.base.id)
    return (
        *pair.block[: pair.earlier],
        *early,
        replace(pair.forward, body=tuple(there)),
        *(s for s in between if not any(s is e for e in early)),
        replace(pair.backward, body=tuple(back)),
        *pair.block[pair.later + 1 :],
    )
