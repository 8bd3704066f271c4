"""Which names are read later: the backward live-variable analysis over structured control flow."""

from __future__ import annotations

from dataclasses import dataclass, field

from adtrans import ir

WORLD = "<world>"  # the name of a variable that each call that is run once reads and changes: they stay in order


@dataclass(frozen=True)
class Liveness:
    """By the `id` of a statement: `after`, the names that may be read after it before they are defined anew;
    `head`, for a loop, those that may be read at the start of an iteration or after the loop; `exposed`, for each
    nested block (by the `id` of its statement, and its number), those read in it before they are defined in it."""

    after: dict[int, frozenset] = field(default_factory=dict)
    head: dict[int, frozenset] = field(default_factory=dict)
    exposed: dict[tuple[int, int], frozenset] = field(default_factory=dict)
    read: dict[int, frozenset] = field(default_factory=dict)  # `reads`, which loops ask for again and again

    def reads(self, stmt) -> frozenset:
        """The names that `stmt` itself reads."""
        if id(stmt) not in self.read:
            self.read[id(stmt)] = reads(stmt)
        return self.read[id(stmt)]


def liveness(block: tuple, live: frozenset = frozenset()) -> Liveness:
    """The live names of every statement in `block`, of which `live` are read after it."""
    found = Liveness()
    _block(block, live, found)
    for stmt in ir.statements(block):
        for k, inner in enumerate(ir.blocks(stmt)):
            found.exposed[id(stmt), k] = _exposed(stmt, inner, Liveness(read=found.read))
    return found


def live_in(block: tuple) -> frozenset:
    """The names that `block` may read before it gives them a value."""
    return _block(block, frozenset(), Liveness())


def _exposed(stmt, block: tuple, found: Liveness) -> frozenset:
    at_end: frozenset = frozenset()
    if isinstance(stmt, (ir.For, ir.While)):
        at_end |= {stmt.exit} if stmt.exit else set()
        at_end |= ir.names(stmt.test) if isinstance(stmt, ir.While) else set()
    while True:
        start = _block(block, at_end, found)
        if not isinstance(stmt, (ir.For, ir.While)) or start <= at_end:
            return start
        at_end |= start


def _block(block: tuple, live: frozenset, found: Liveness) -> frozenset:
    for stmt in reversed(block):
        found.after[id(stmt)] = found.after.get(id(stmt), frozenset()) | live
        live = _before(stmt, live, found)
    return live


def _before(stmt, live: frozenset, found: Liveness) -> frozenset:
    match stmt:
        case ir.If(_, body, orelse):
            return _block(body, live, found) | _block(orelse, live, found) | found.reads(stmt)
        case ir.For() | ir.While():
            return _loop(stmt, live, found)
        case ir.Custom(targets):
            return _block(stmt.forward, live - set(targets), Liveness(read=found.read))
    return (live - set(definitions(stmt))) | found.reads(stmt)


def _loop(stmt, live: frozenset, found: Liveness) -> frozenset:
    head = live | found.reads(stmt)
    if stmt.exit:
        head |= {stmt.exit}
    var = {stmt.var} if isinstance(stmt, ir.For) else set()
    while True:
        new = head | (_block(stmt.body, head, found) - var)
        if new == head:
            found.head[id(stmt)] = head
            return head
        head = new


def reads(stmt) -> frozenset:
    """The names that `stmt` itself reads; storing to an element counts as reading the array's name."""
    found = frozenset().union(*map(ir.names, ir.expressions(stmt)))
    if isinstance(stmt, ir.Store):
        found |= ir.names(stmt.target.base)
    return found | {WORLD} if runs_once(stmt) else found


def runs_once(stmt) -> bool:
    """Whether `stmt` itself is a call that has to be run once, in its turn."""
    return isinstance(stmt, ir.Opaque) and stmt.once


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
        case ir.Unpack(targets):
            return tuple(t.id for t in targets)
        case ir.For():
            return (stmt.var,)
    return ()
