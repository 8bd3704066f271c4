"""Which names are read later: the backward live-variable analysis over structured control flow."""

from __future__ import annotations

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
    _block(block, live, found)
    for stmt in ir.statements(block):
        for k, inner in enumerate(ir.blocks(stmt)):
            found.exposed[id(stmt), k] = _exposed(stmt, inner)
    return found


def live_in(block: tuple) -> frozenset:
    """The names that `block` may read before it gives them a value."""
    return _block(block, frozenset(), Liveness())


def _exposed(stmt, block: tuple) -> frozenset:
    at_end: frozenset = frozenset()
    if isinstance(stmt, (ir.For, ir.While)):
        at_end |= {stmt.exit} if stmt.exit else set()
        at_end |= ir.names(stmt.test) if isinstance(stmt, ir.While) else set()
    while True:
        start = _block(block, at_end, Liveness())
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
        case ir.If(test, body, orelse):
            return _block(body, live, found) | _block(orelse, live, found) | ir.names(test)
        case ir.For() | ir.While():
            return _loop(stmt, live, found)
        case ir.Custom(targets):
            return _block(stmt.forward, live - set(targets), Liveness())
    return (live - set(definitions(stmt))) | reads(stmt)


def _loop(stmt, live: frozenset, found: Liveness) -> frozenset:
    head = live | frozenset().union(*map(ir.names, ir.expressions(stmt)))
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
    found = frozenset(names.reads(stmt))
    return found | {WORLD} if runs_once(stmt) else found


def mentioned(stmt) -> frozenset:
    """The names that `stmt` itself reads, or gives a value or a cotangent."""
    adjoints = stmt.adjoints if isinstance(stmt, ir.Custom) else ()
    return reads(stmt).union(definitions(stmt), *(p.inputs for p in adjoints))


def mentions(stmt, name: str) -> bool:
    """Whether `stmt`, or a statement in it, uses `name` in any way."""
    return any(name in mentioned(s) for s in ir.statements((stmt,)))


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
