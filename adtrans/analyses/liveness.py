"""Which names are read later: the backward live-variable analysis over structured control flow."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

from adtrans import ir, names

WORLD = "<world>"  # the name of a variable that each call that is run once reads and changes: they stay in order


@dataclass(frozen=True)
class Liveness:
    """By the `id` of a statement: `after`, the names that may be read after it before they are defined anew;
    `head`, for a loop, those that may be read at the start of an iteration or after the loop; `exposed`, for each
    nested block (by the `id` of its statement, and its number), those read in it before they are defined in it."""

    after: dict[int, frozenset] = field(default_factory=dict)
    head: dict[int, frozenset] = field(default_factory=dict)
    exposed: dict[tuple[int, int], frozenset] = field(default_factory=dict)


def liveness(block: tuple, live: frozenset = frozenset()) -> Liveness:
    """The live names of every statement in `block`, of which `live` are read after it."""
    found = Liveness()
    _record(block, live, found)
    for stmt in ir.statements(block):
        for k, inner in enumerate(ir.blocks(stmt)):
            found.exposed[id(stmt), k] = _flow_of(inner).before(_at_end(stmt))
    return found


def live_in(block: tuple) -> frozenset:
    """The names that `block` may read before it gives them a value."""
    return _flow_of(block).read


def varying(block: tuple) -> frozenset:
    """The names that have no one value where `block` reads them: all that it defines, but for those that it defines
    once, outside of its loops and branches, and does not read before."""
    counts = Counter(name for s in ir.statements(block) for name in definitions(s))
    first = {name for s in block if not ir.blocks(s) for name in definitions(s)} - live_in(block)
    return frozenset(name for name, count in counts.items() if count > 1 or name not in first)


def _at_end(stmt) -> frozenset:
    """What a loop reads at the end of an iteration."""
    flag = {stmt.exit} if isinstance(stmt, (ir.For, ir.While)) and stmt.exit else set()
    return frozenset(flag | ir.names(stmt.test) if isinstance(stmt, ir.While) else flag)


def _record(block: tuple, live: frozenset, found: Liveness) -> None:
    for stmt in reversed(block):
        found.after[id(stmt)] = found.after.get(id(stmt), frozenset()) | live
        before = _flow(stmt).before(live)
        if isinstance(stmt, (ir.For, ir.While)):
            found.head[id(stmt)] = before
            _record(stmt.body, before, found)
        elif isinstance(stmt, ir.If):
            _record(stmt.body, live, found)
            _record(stmt.orelse, live, found)
        live = before


@dataclass(frozen=True)
class _Flow:
    """Of a statement or a block: the names `read` in it before they are `defined` in it, and those that it always
    defines. Live before it is `read`, and what is live after it and not `defined`, whatever that is: so a loop needs no
    iteration to a fixed point."""

    read: frozenset
    defined: frozenset

    def before(self, live: frozenset) -> frozenset:
        """What is live before, `live` being so after."""
        return self.read | (live - self.defined)


def _flow_of(block: tuple) -> _Flow:
    read: frozenset = frozenset()
    defined: frozenset = frozenset()
    for stmt in reversed(block):
        flow = _flow(stmt)
        read, defined = flow.before(read), defined | flow.defined
    return _Flow(read, defined)


@ir.memo
def _flow(stmt) -> _Flow:
    match stmt:
        case ir.If(test, body, orelse):
            one, other = _flow_of(body), _flow_of(orelse)
            return _Flow(one.read | other.read | ir.names(test), one.defined & other.defined)
        case ir.For():
            return _Flow(reads(stmt) | (_flow_of(stmt.body).read - {stmt.var}), frozenset())
        case ir.While():
            return _Flow(reads(stmt) | _flow_of(stmt.body).read, frozenset())
        case ir.Custom(targets):
            inner = _flow_of(stmt.forward)
            return _Flow(inner.read, inner.defined.union(targets))
    return _Flow(reads(stmt), frozenset(definitions(stmt)))


def reads(stmt) -> frozenset:
    """The names that `stmt` itself reads; storing to an element counts as reading the array's name."""
    return names.reads(stmt) | {WORLD} if runs_once(stmt) else names.reads(stmt)


@ir.memo
def mentioned(stmt) -> frozenset:
    """The names that `stmt` itself reads, or gives a value or a cotangent."""
    adjoints = stmt.adjoints if isinstance(stmt, ir.Custom) else ()
    return reads(stmt).union(definitions(stmt), *(p.inputs for p in adjoints))


def mentions(stmt, name: str) -> bool:
    """Whether `stmt`, or a statement in it, uses `name` in any way."""
    return name in _mentioned_in(stmt)


@ir.memo
def _mentioned_in(stmt) -> frozenset:
    return mentioned(stmt).union(*(_mentioned_in(s) for block in ir.blocks(stmt) for s in block))


def runs_once(stmt) -> bool:
    """Whether `stmt` itself is a call that has to be run once, in its turn."""
    return isinstance(stmt, ir.Opaque) and stmt.once


@ir.memo
def definitions(stmt) -> tuple[str, ...]:
    """The names that `stmt` itself gives a new value (stores to elements are not definitions)."""
    match stmt:
        case ir.Assign() | ir.Alloc() | ir.View() | ir.Rebind():
            return (stmt.target,)
        case ir.Custom(targets):
            return targets
        case ir.Opaque(targets):
            return (*targets, WORLD) if stmt.once else targets
        case ir.AugAssign(ir.Name(id=target)):
            return (target,)
        case ir.Unpack():
            return tuple(t.id for t in stmt.targets)
        case ir.For():
            return (stmt.var,)
    return ()
