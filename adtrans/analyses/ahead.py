"""Which cotangents are known before the values that they belong to.

Of `total += c * v` the cotangent of `v` is that of `total` times `c`, and that of `total` is the same before and after
the sum: where no more becomes of `v`, and `c` has its value by then, the cotangent of `v` is known before `v` is
computed. So it is from the result of a function up, as far as values are only scaled and added up. What computes `v`
can then be reversed as soon as it has run (joint reversal; Griewank and Walther 2008, section 12.2), and nothing that
it reads need be recorded. The cotangents of other variables wait until the end of the block that these belong to.
"""

from __future__ import annotations

import functools
from dataclasses import dataclass, field

from adtrans import ir, types
from adtrans.analyses.liveness import definitions, live_in, mentioned, mentions
from adtrans.transforms.adjoint import NOTHING, Adjoint, Names
from adtrans.transforms.flatten import written


@dataclass(frozen=True)
class Ahead:
    """`known`: the scalars whose cotangents are known ahead; `starts`: the assignments of these, by the `id` of the
    block and the position in it where they stand; `late`: the other active scalars, by the `id` of the block at whose
    end they are reversed."""

    known: frozenset
    starts: dict[tuple[int, int], list]
    late: dict[int, frozenset]


def ahead(block: tuple, outputs: frozenset, names: Names, adjoints: dict[int, Adjoint]) -> Ahead | None:
    """For the body of a function with these `outputs`, given the adjoint of each statement by `id`. None where the
    adjoint of a statement could run neither next to it nor at the end of its block."""
    finder = _Finder(block, outputs, names, adjoints)
    known = finder.known()
    finder.widen(finder.scalars - known)
    late: dict[int, set] = {}
    for name in finder.scalars - known:
        late.setdefault(id(finder.homes[name]), set()).add(name)
    if not all(finder.can_wait(name) for name in finder.scalars - known):
        return None
    blocks = {id(b): b for b in ir.all_blocks(block)}
    if not all(_keeps(blocks[home], frozenset(), frozenset(found), finder) for home, found in late.items()):
        return None
    return Ahead(known, finder.starts(known), {home: frozenset(found) for home, found in late.items()})


@dataclass
class _Finder:
    block: tuple
    outputs: frozenset
    names: Names
    adjoints: dict[int, Adjoint]
    scalars: frozenset = field(init=False)
    homes: dict[str, tuple] = field(init=False)  # the smallest block that has all that uses a scalar

    def __post_init__(self):
        env = self.names.env
        self.scalars = frozenset(n for n in self.names.active if n in env and not types.is_array(env[n]))
        inside = self.scalars - self.outputs - self.names.params
        self.homes = {name: _home(self.block, name) if name in inside else self.block for name in self.scalars}

    def adjoint(self, stmt) -> tuple:
        return self.adjoints.get(id(stmt), NOTHING).block

    def gives(self, name: str) -> list:
        """The positions in the home of `name` of the statements in which it gets a value."""
        return [k for k, s in enumerate(self.homes[name]) if any(name in definitions(i) for i in ir.statements((s,)))]

    def feeds(self, name: str) -> list:
        """The positions in the home of `name` of the statements whose adjoints add to its cotangent."""
        return [k for k, s in enumerate(self.homes[name]) if any(self._feeds(i, name) for i in ir.statements((s,)))]

    def _feeds(self, stmt, name: str) -> bool:
        if name in definitions(stmt):
            return False
        return any(self.names.bar(name) in definitions(s) for s in self.adjoint(stmt))

    def is_sum(self, stmt, name: str) -> bool | None:
        """Whether `stmt`, which defines `name`, adds to it; None where it does neither that nor a new value."""
        bar = self.names.bar(name)
        found = [s for s in self.adjoint(stmt) if bar in definitions(s)]
        if not found:
            return isinstance(stmt, ir.Assign)
        is_new = isinstance(stmt, (ir.Assign, ir.Opaque)) and found == [
            ir.Assign(bar, types.typed(0, self.names.env[name]))
        ]
        return False if is_new else None

    def has_value_after(self, block: tuple, name: str, has: bool) -> bool | None:
        """Whether `name` has a value after `block`, and `has` one before; None where a value that it has had is
        replaced, as the cotangents of the two are not the same."""
        for stmt in (s for s in block if mentions(s, name)):
            inner = [self.has_value_after(b, name, has) for b in ir.blocks(stmt)]
            if None in inner:
                return None
            if isinstance(stmt, (ir.For, ir.While)) and inner != [has]:
                return None
            has = has or any(inner)
            if name in definitions(stmt):
                is_sum = self.is_sum(stmt, name)
                if is_sum is None or is_sum != has:
                    return None
                has = True
        return has

    def is_plain(self, name: str) -> bool:
        """Whether all that gives `name` a value comes before what its cotangent is made of."""
        home = self.homes[name]
        given, fed = self.gives(name), self.feeds(name)
        if name in self.names.params:
            return not given
        if name in live_in(home) or self.has_value_after(home, name, False) is None:
            return False
        return not given or not fed or given[-1] < fed[0]

    def can_wait(self, name: str) -> bool:
        """Whether what gives `name` a value can be reversed at the end of its home."""
        home = self.homes[name]
        loops = [s for s in ir.statements(home) if isinstance(s, (ir.For, ir.While)) and mentions(s, name)]
        calls = [s for s in ir.statements(home) if isinstance(s, ir.Opaque)]
        if any(name in definitions(inner) for s in (*loops, *calls) for inner in ir.statements((s,))):
            return False
        return self.is_plain(name)

    def widen(self, late: frozenset) -> None:
        """Makes the homes of `late` scalars as large as those of what is made of them: their adjoints come after."""
        done = False
        while not done:
            done = True
            for stmt in ir.statements(self.block):
                outer = [self.homes[target] for target in late.intersection(definitions(stmt))]
                for name in (n for n in late if outer and self._feeds(stmt, n)):
                    if any(self.homes[name] is inner for inner in list(ir.all_blocks(outer[0]))[1:]):
                        self.homes[name], done = outer[0], False

    def known(self) -> frozenset:
        """The scalars whose cotangents are known ahead: those are dropped of which it cannot be shown."""
        found = frozenset(n for n in self.scalars if self._is_sent_on(n) and self.is_plain(n))
        while True:
            places = self._places(found)
            kept = frozenset(n for n in found if self._is_known(n, found, places))
            if kept == found:
                return found
            found = kept

    def _is_sent_on(self, name: str) -> bool:
        home, fed = self.homes[name], self.feeds(name)
        if not self.gives(name) or not (fed or name in self.outputs):
            return False
        return all(isinstance(home[k], ir.Assign) for k in fed)

    def _places(self, known: frozenset) -> dict[str, int]:
        """Where in its home the cotangent of each is assigned: before the value, and those that are made of it."""
        places = {name: self.gives(name)[0] for name in known}
        for _ in known:
            for name in known:
                home = self.homes[name]
                for target in (home[k].target for k in self.feeds(name)):
                    if target in known and self.homes[target] is home:
                        places[target] = min(places[target], places[name])
        return places

    def _is_known(self, name: str, known: frozenset, places: dict[str, int]) -> bool:
        """Whether nothing changes between its place and the statements where it is used that its cotangent reads."""
        home = self.homes[name]
        for k in self.feeds(name):
            between = tuple(ir.statements(home[places[name] : k + 1]))
            changed = _changed(between, self.names)
            read = {self.names.root(n.removesuffix(".shape")) for n in ir.names(self.share(home[k], name))}
            if home[k].target not in known or read & changed or any(isinstance(s, ir.Effect) for s in between):
                return False
        return True

    def share(self, stmt, name: str):
        """What `stmt` adds to the cotangent of `name`."""
        values: dict = {}
        for step in self.adjoint(stmt):
            match step:
                case ir.Assign(target, ir.Op("+", (ir.Name(), value))) if target == self.names.bar(name):
                    return _with(values, value)
                case ir.Assign(target, value):
                    values[target] = _with(values, value)
        raise AssertionError(f"{stmt} has no share for {name}")

    def starts(self, known: frozenset) -> dict[tuple[int, int], list]:
        """The assignments of cotangents that are known ahead, after those that they read."""
        places, waiting = self._places(known), sorted(known)
        found: dict[tuple[int, int], list] = {}
        while waiting:
            bars = {self.names.bar(name) for name in waiting}
            made = {name: self._start(name) for name in waiting}
            ready = [n for n in waiting if made[n] is None or not ir.names(made[n]) & (bars - {self.names.bar(n)})]
            for name in ready:
                if made[name] is not None:
                    stmt = ir.Assign(self.names.bar(name), made[name], self.homes[name][places[name]].loc)
                    found.setdefault((id(self.homes[name]), places[name]), []).append(stmt)
            waiting = [name for name in waiting if name not in ready]
        return found

    def _start(self, name: str):
        """The cotangent of `name`; None where it is what the function is given."""
        home = self.homes[name]
        given = [ir.Name(self.names.bar(name))] if name in self.outputs else []
        shares = [self.share(home[k], name) for k in self.feeds(name)]
        return functools.reduce(lambda a, b: ir.Op("+", (a, b)), [*given, *shares]) if shares else None


def _home(block: tuple, name: str) -> tuple:
    users = [s for s in block if mentions(s, name)]
    if len(users) == 1 and name not in mentioned(users[0]):
        inner = [b for b in ir.blocks(users[0]) if any(mentions(s, name) for s in b)]
        if len(inner) == 1:
            return _home(inner[0], name)
    return block


def _changed(statements: tuple, names: Names) -> set[str]:
    """The names that `statements` define, and the owners of the arrays that they write to."""
    views = [s for s in statements if isinstance(s, ir.View)]
    return written((s for s in statements if s not in views), names.roots).union(s.target for s in views)


def _with(values: dict, expr):
    return ir.rewrite(lambda e: values.get(e.id, e) if isinstance(e, ir.Name) else e, expr)


def _keeps(block: tuple, later: frozenset, late: frozenset, finder: _Finder) -> bool:
    """Whether the adjoints of what gives `late` values can run after `block`, and after what changes `later`: nothing
    that they read changes by then."""
    names = finder.names
    for k, stmt in enumerate(block):
        if not any(mentions(stmt, name) for name in late):
            continue
        after = later | _changed(tuple(ir.statements(block[k + 1 :])), names)
        gives = any(name in definitions(s) for s in ir.statements((stmt,)) for name in late)
        if isinstance(stmt, ir.If) and gives:
            changed = after | _changed(tuple(ir.statements((*stmt.body, *stmt.orelse))), names)
            if {names.root(n) for n in ir.names(stmt.test)} & changed:
                return False
            if not all(_keeps(b, frozenset(after), late, finder) for b in ir.blocks(stmt)):
                return False
        elif isinstance(stmt, ir.Assign) and stmt.target in late:
            found = finder.adjoints.get(id(stmt), NOTHING)
            read = {n.removesuffix(".shape") for n in found.before | found.after}
            if read & after or stmt.target in found.before:
                return False
    return True
