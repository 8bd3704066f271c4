"""An array that each iteration copies between zeros kept between zeros all along.

    for ...:                                        padded[1:-1], other = u_bar, zeros
        u_bar[0] = u_bar[n - 1] = 0.0               for ...:
        for i in range(1, n - 1):                       padded[1] = padded[n] = 0.0
            terms[i + 1] = u_bar[i]                     for i in range(n):
        for i in range(n):                                  other[i + 1] = padded[i + 2] + padded[i]
            u_bar[i] = terms[i + 2] + terms[i]          padded, other = other, padded
                                                    u_bar = padded[1:-1]

What is not copied has to be zero where the copy is made: the elements are stored as zeros before. The new elements go
to a second array, so that the old ones are there until the last neighbour has read them.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from adtrans import ir, types
from adtrans.analyses.affine import difference
from adtrans.analyses.facts import Facts, facts
from adtrans.analyses.liveness import definitions, live_in, mentioned, mentions
from adtrans.analyses.signs import Signs
from adtrans.analyses.stencils import Nest, ends, nest_of
from adtrans.passes import optimising
from adtrans.transforms.dead import dead
from adtrans.transforms.lazy import ONE, ZERO, add

Box = tuple  # for each axis the least index and the one after the greatest


@optimising
def pad(block: tuple, env: types.Env, values: dict, owned: frozenset, known: Signs) -> tuple:
    """`block`, which ends in a `Return`, with such arrays padded in its outermost loops. `owned` are arrays that share
    no memory with another. `env` and `known` get new names."""
    maker = _Padder(facts(block, env, values), owned, known)
    done: set[str] = set()
    out: list = []
    for stmt in block:
        found = maker.copy_in(stmt) if isinstance(stmt, (ir.For, ir.While)) else None
        out += [stmt] if found is None else maker.padded(stmt, found)
        done |= set() if found is None else {found.terms}
    return dead(tuple(s for s in out if not (isinstance(s, ir.Alloc) and s.target in done))) if done else block


@dataclass(frozen=True)
class _Copy:
    """In an iteration, `giving` copies elements of an array between zeros, into `terms`, and `getting` makes the
    array's new elements of these. `names` are the array's in the loop, `name` before and after. An element of `terms`
    is `shift` after that of the array; `before` and `after` are the zeros needed on both sides of it."""

    giving: ir.For
    getting: ir.For
    terms: str
    name: str
    names: frozenset
    dims: tuple
    shift: tuple[int, ...]
    before: tuple[int, ...]
    after: tuple[int, ...]


@dataclass
class _Padder:
    facts: Facts
    owned: frozenset
    signs: Signs

    # -- what there is ------------------------------------------------------------------------------------------

    def copy_in(self, loop) -> _Copy | None:
        for block in ir.all_blocks((loop,)):
            for place, stmt in enumerate(block):
                found = self.copy(loop, block, place) if isinstance(stmt, ir.For) else None
                if found is not None:
                    return found
        return None

    def copy(self, loop, block: tuple, place: int) -> _Copy | None:
        giving = nest_of(block[place], self.facts)
        for k, stmt in enumerate(giving.body if giving else ()):
            match stmt:
                case ir.Store(ir.Index(ir.Name(terms), index), value):
                    users = tuple(s for s in block[place:] if mentions(s, terms))
                    own = giving.expanded(value, k)
                    if len(users) == 2 and _is_cell(own, self.owned) and self.is_kept_for(terms, users):
                        found = self.of(loop, block, giving, users[1], terms, own.base.id)
                        return found and self.measured(found, giving, block, place, (index, own.index))
        return None

    def is_kept_for(self, terms: str, users: tuple) -> bool:
        """Whether `terms` is an array of zeros made before all loops, that `users` alone use."""
        made = self.facts.allocations.get(terms)
        if made is None or made.fill != "zeros" or not any(made is s for s in self.facts.block):
            return False
        inside = {id(s) for s in ir.statements((made, *users))}
        return all(id(s) in inside for s in ir.statements(self.facts.block) if terms in mentioned(s))

    def of(self, loop, block: tuple, giving: Nest, getting, terms: str, array: str) -> _Copy | None:
        names = self.names(loop, array)
        entry = live_in((loop,)) & names
        by_element = all(self.is_used_by_element(s, names) for s in ir.statements((loop,)))
        if len(entry) != 1 or not self.facts.after(loop) & names <= entry or not by_element:
            return None
        (name,) = entry
        dims = self.facts.shape(name)
        if dims is None or not isinstance(getting, ir.For) or any(_changes(s, names) for s in giving.body):
            return None
        allocations = [s for s in ir.statements((loop,)) if isinstance(s, ir.Alloc) and s.target in names]
        if not all(self.is_for_new_elements(s, giving.loops[0], getting, block, names) for s in allocations):
            return None
        return _Copy(giving.loops[0], getting, terms, name, frozenset(names), dims, (), (), ())

    def is_for_new_elements(self, made: ir.Alloc, giving, getting, block: tuple, names: set[str]) -> bool:
        """Whether the memory is not used before `getting`, and the old not after `giving`."""
        places = [k for k, s in enumerate(block) if s is made or s is getting]
        if len(places) != 2 or block[places[1]] is not getting or self.facts.after(giving) & names - {made.target}:
            return False
        return not any(mentions(s, made.target) for s in block[places[0] + 1 : places[1]])

    def names(self, loop, array: str) -> set[str]:
        """The names that the array gets in the loop."""
        names = {array}
        moves = [{s.target, s.source} for s in ir.statements((loop,)) if isinstance(s, ir.Rebind)]
        while joined := next((m for m in moves if m & names and not m <= names), None):
            names |= joined
        return names

    def is_used_by_element(self, stmt, names: set[str]) -> bool:
        """Whether `stmt` without its nested statements reads and writes elements alone, by indices that are not
        negative, or says what a name of the array stands for."""
        if isinstance(stmt, (ir.Rebind, ir.Alloc)):
            return True
        if names & set(definitions(stmt)) or isinstance(stmt, (ir.Custom, ir.Opaque)):
            return not names & mentioned(stmt)
        places = (stmt.target,) if isinstance(stmt, ir.Store) else ()
        every = [e for x in (*ir.expressions(stmt), *places) for e in ir.walk(x)]
        uses = [e for e in every if isinstance(e, ir.Name) and e.id in names]
        cells = [e for e in every if _is_cell(e, names)]
        lengths = [e for e in every if isinstance(e, ir.Attr) and isinstance(e.base, ir.Name) and e.base.id in names]
        return len(uses) == len(cells) + len(lengths) and all(map(self.is_element, cells))

    def is_element(self, cell: ir.Index) -> bool:
        whole = len(cell.index) == types.ndim_of(self.facts.env[cell.base.id])
        return whole and all(not isinstance(i, ir.Slice) and self.signs.is_nonnegative(i) for i in cell.index)

    def measured(self, copy: _Copy, giving: Nest, block: tuple, place: int, indices: tuple) -> _Copy | None:
        """The copy with its padding, where all that is not copied is zero, and all elements are made anew."""
        nest, values = nest_of(copy.getting, self.facts), self.facts.values
        between = block[place + 1 : [s is copy.getting for s in block].index(True)]
        shift = [difference(a, b, values, is_index=True) for a, b in zip(*indices, strict=True)]
        if nest is None or None in shift or giving.offsets(indices[1], values) != (0,) * len(shift):
            return None
        cells = [e for s in nest.body for x in ir.expressions(s) for e in ir.walk(x) if _is_cell(e, {copy.terms})]
        offsets = [nest.offsets(e.index, values) for e in cells]
        if None in offsets or not all(_is_idle(s, copy.names) for s in between) or not self.is_made_anew(copy, nest):
            return None
        if not self.is_zero_elsewhere(copy, giving, block[:place]):
            return None
        moved = [[o - s for o, s in zip(offset, shift, strict=True)] for offset in offsets]
        before = tuple(max(0, -min(axis)) for axis in zip(*moved, strict=True))
        after = tuple(max(0, *axis) for axis in zip(*moved, strict=True))
        return replace(copy, shift=tuple(shift), before=before, after=after)

    def is_made_anew(self, copy: _Copy, nest: Nest) -> bool:
        """Whether the nest stores every element of the array, once, and reads none."""
        variables = tuple(ir.Name(loop.var) for loop in nest.loops)
        match [s for s in nest.body if any(mentions(s, n) for n in copy.names)]:
            case [ir.Store(target, value)] if _is_cell(target, copy.names) and target.index == variables:
                own = not copy.names & ir.names(value)
            case _:
                return False
        return own and all(
            difference(low, ZERO, self.facts.values) == 0 and difference(high, dim, self.facts.values) == 0
            for low, high, dim in zip(nest.lows, nest.highs, copy.dims, strict=True)
        )

    def is_zero_elsewhere(self, copy: _Copy, giving: Nest, earlier: tuple) -> bool:
        """Whether the last statements before the copy store zeros in all elements that are not copied."""
        boxes: list[Box] = [tuple(zip(giving.lows, giving.highs, strict=True))]
        for stmt in reversed(earlier):
            found = list(_zeros(stmt, copy.names, {}))
            if None in found:
                break
            boxes += [box for box in found if box is not None]
        boxes = [box for box in boxes if all(self.facts.is_fixed(end) for ends in box for end in ends)]
        return _covers(boxes, copy.dims, self.facts.values)

    # -- the new form -------------------------------------------------------------------------------------------

    def padded(self, loop, copy: _Copy) -> list:
        t = self.facts.env[copy.name]
        padded, other = (self.facts.fresh(f"{copy.name}_{word}", t) for word in ("padded", "next"))
        lengths = zip(copy.dims, copy.before, copy.after, strict=True)
        shape = tuple(add(dim, ir.Const(low + high)) for dim, low, high in lengths)
        made = [ir.Alloc(name, shape, types.dtype_name(t), "zeros", loop.loc) for name in (padded, other)]
        inside = _Renamer(copy, padded, other).statement(loop)
        back = [self.copied(copy, padded, back=True)] if copy.name in self.facts.after(loop) else []
        return [*made, self.copied(copy, padded, back=False), *inside, *back]

    def copied(self, copy: _Copy, padded: str, back: bool) -> ir.For:
        names = [self.facts.fresh("i", types.types.int64) for _ in copy.dims]
        own = ir.Index(ir.Name(copy.name), tuple(map(ir.Name, names)))
        inner = ir.Index(ir.Name(padded), _moved(own.index, copy.before))
        target, value = (own, inner) if back else (inner, own)
        body: tuple = (ir.Store(target, value, copy.giving.loc),)
        for name, dim in reversed(list(zip(names, copy.dims, strict=True))):
            nest = self.signs.loops[name] = ir.For(name, ZERO, dim, ONE, body, loc=copy.giving.loc)
            body = (nest,)
        return nest


@dataclass(frozen=True)
class _Renamer:
    copy: _Copy
    padded: str
    other: str

    def statement(self, stmt) -> list:
        if isinstance(stmt, (ir.Rebind, ir.Alloc)) and stmt.target in self.copy.names:
            return []
        if isinstance(stmt, ir.Store) and _is_cell(stmt.target, {self.copy.terms}):
            return []
        if stmt is self.copy.getting:
            both = ir.Name(self.padded), ir.Name(self.other)
            new = _stored_to(self.other, self.padded, self.mapped(stmt))
            return [new, ir.Unpack(both, ir.Tuple(both[::-1]), stmt.loc)]
        return [self.mapped(stmt)]

    def mapped(self, stmt):
        inner = (tuple(n for s in b for n in self.statement(s)) for b in ir.blocks(stmt))
        return ir.map_expressions(lambda e: ir.rewrite(self.cell, e), ir.with_blocks(stmt, *inner))

    def cell(self, e):
        """A copied element, or one of the array, as an element of the padded array."""
        if _is_cell(e, {self.copy.terms}):
            shifts = [low - shift for low, shift in zip(self.copy.before, self.copy.shift, strict=True)]
            return replace(e, base=ir.Name(self.padded), index=_moved(e.index, shifts))
        if _is_cell(e, self.copy.names):
            return replace(e, base=ir.Name(self.padded), index=_moved(e.index, self.copy.before))
        return e


def _stored_to(name: str, old: str, stmt):
    """`stmt` with the stores to the array `old` as stores to `name`."""
    inner = (tuple(_stored_to(name, old, s) for s in b) for b in ir.blocks(stmt))
    stmt = ir.with_blocks(stmt, *inner)
    if isinstance(stmt, ir.Store) and stmt.target.base == ir.Name(old):
        return replace(stmt, target=replace(stmt.target, base=ir.Name(name)))
    return stmt


def _moved(index: tuple, shifts) -> tuple:
    return tuple(add(i, ir.Const(n)) for i, n in zip(index, shifts, strict=True))


def _is_cell(e, names) -> bool:
    return isinstance(e, ir.Index) and isinstance(e.base, ir.Name) and e.base.id in names


def _zeros(stmt, names: frozenset, ranges: dict) -> Iterator[Box | None]:
    """The boxes of elements in which `stmt` stores zeros; None for any other change of the array. `ranges` has those
    of the loops' variables around it."""
    match stmt:
        case ir.For() if ends(stmt):
            for inner in stmt.body:
                yield from _zeros(inner, names, ranges | {stmt.var: ends(stmt)})
        case ir.Store(target, ir.Const(value=0)) if _is_cell(target, names) and _is_box(target.index, ranges):
            yield tuple(ranges[i.id] for i in target.index)
        case _:
            if any(_changes(s, names) for s in ir.statements((stmt,))):
                yield None


def _is_box(index: tuple, ranges: dict) -> bool:
    """Whether the loops around an element go through all elements of a box; another loop might not run."""
    return len(index) == len(ranges) and {i.id for i in index if isinstance(i, ir.Name)} == set(ranges)


def _is_idle(stmt, names: frozenset) -> bool:
    """Whether `stmt` leaves the elements alone."""
    return isinstance(stmt, (ir.Rebind, ir.Alloc)) or not any(mentions(stmt, n) for n in names)


def _changes(stmt, names: frozenset) -> bool:
    target = getattr(stmt, "target", None)
    return _is_cell(target, names) or (not isinstance(stmt, ir.Rebind) and bool(names & set(definitions(stmt))))


def _covers(boxes: list[Box], dims: tuple, values: dict) -> bool:
    """Whether each element of an array is in a box: along the first axis, the ranges of groups of boxes that cover the
    other axes follow one another from the first element to the last."""
    if not dims:
        return bool(boxes)
    groups: dict[tuple, list] = {}
    for box in boxes:
        groups.setdefault(box[0], []).append(box[1:])
    ranges = [r for r, group in groups.items() if _covers(group, dims[1:], values)]
    reached: list = [ZERO]  # all before the greatest of these
    while following := [r for r in ranges if all(_is_reached(e, reached, values) for e in _parts("max", r[0]))]:
        ranges = [r for r in ranges if r not in following]
        reached += [_clipped(high, dims[0], values) for _, high in following]
    return _is_reached(dims[0], reached, values)


def _is_reached(expr, reached: list, values: dict) -> bool:
    gaps = [difference(expr, end, values) for end in reached]
    return any(gap is not None and gap <= 0 for gap in gaps)


def _clipped(high, dim, values: dict):
    """What `high` is, if it is less than `dim`."""
    parts = [e for e in _parts("min", high) if difference(e, dim, values) != 0]
    return dim if not parts else parts[0] if len(parts) == 1 else high


def _parts(func: str, expr) -> tuple:
    return expr.args if isinstance(expr, ir.Call) and expr.func == func else (expr,)
