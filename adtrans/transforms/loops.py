"""Loops whose variable and bounds are theirs alone: the reverse sweep then runs the same iterations backwards."""

from __future__ import annotations

from dataclasses import replace

from adtrans import ir
from adtrans.analyses.sharing import sharing, written
from adtrans.names import assigned, assigned_in, fresh, reads, used


def loops(function: ir.Function) -> ir.Function:
    """`function` with each `For.var` neither assigned in the body nor read after the loop, and with bounds that
    the body does not change. Expects no jumps."""
    return replace(function, body=_Owning(function).block(function.body, set())[0])


class _Owning:
    """Rewrites blocks from their end, with the names that are read later."""

    def __init__(self, function: ir.Function):
        self.taken, self.shares = used(function), sharing(function.body)

    def block(self, block: tuple, live: set[str]) -> tuple[tuple, set[str]]:
        """`block` rewritten, and the names that it may read before it assigns them; `live` are those read after it."""
        out = []
        for stmt in reversed(block):
            new, live = self._statement(stmt, live)
            out = [*new, *out]
        return tuple(out), live

    def _statement(self, stmt, live: set[str]) -> tuple[tuple, set[str]]:
        match stmt:
            case ir.If():
                body, live_body = self.block(stmt.body, live)
                orelse, live_orelse = self.block(stmt.orelse, live)
                return (replace(stmt, body=body, orelse=orelse),), live_body | live_orelse | reads(stmt)
            case ir.For() | ir.While():
                around = live | reads(stmt) | _live_in(stmt.body, live | reads(stmt), stmt)
                stmt = replace(stmt, body=self.block(stmt.body, around)[0])
                return self._own(_known_as(stmt, around), live) if isinstance(stmt, ir.For) else (stmt,), around
        return (stmt,), live - assigned(stmt) | reads(stmt)

    def _own(self, stmt: ir.For, live: set[str]) -> tuple:
        """`stmt` with a variable of its own where the program uses it otherwise, and with fixed bounds."""
        changed, before, bounds = assigned_in(stmt.body), [], {}
        for part in ("start", "stop", "step"):
            bound = getattr(stmt, part)
            if ir.names(bound) & (changed | {stmt.var}) or self._rewritten(bound, stmt.body):
                name = fresh(f"{stmt.var}_{part}", self.taken)
                before.append(ir.Assign(name, bound, stmt.loc))
                bounds[part] = ir.Name(name, bound.loc)
        stmt = replace(stmt, **bounds)
        if stmt.var in changed | live:
            own = fresh(stmt.var, self.taken)
            stmt = replace(stmt, var=own, body=(ir.Assign(stmt.var, ir.Name(own, stmt.loc), stmt.loc), *stmt.body))
        return (*before, stmt)

    def _rewritten(self, bound, body: tuple) -> bool:
        """Whether a store in `body` may change an array element that `bound` reads, or a method a list's length."""
        groups = {self.shares.get(name, name) for name in _arrays_read(bound)}
        lengths = {self.shares.get(name, name) for e in ir.walk(bound) if _is_length(e) for name in ir.names(e)}
        for stmt in ir.statements(body):
            known = groups if isinstance(stmt, (ir.Store, ir.AugAssign)) else groups | lengths
            if any(self.shares.get(name, name) in known for name in written(stmt)):
                return True
        return False


def _known_as(stmt: ir.For, around: set[str]) -> ir.For:
    """`stmt` under the name that its body gives its variable, if that is the name's only use."""
    inside = [s for s in ir.statements(stmt.body) if stmt.var in reads(s) or stmt.var in assigned(s)]
    match inside:
        case [ir.Assign(name, ir.Name(id=var)) as copy] if (
            var == stmt.var and name not in around and _assignments(stmt.body, name) == 1
        ):
            return replace(stmt, var=name, body=_without(stmt.body, copy))
    return stmt


def _assignments(body: tuple, name: str) -> int:
    return sum(name in assigned(stmt) for stmt in ir.statements(body))


def _without(block: tuple, dropped) -> tuple:
    kept = (stmt for stmt in block if stmt is not dropped)
    return tuple(ir.with_blocks(stmt, *(_without(inner, dropped) for inner in ir.blocks(stmt))) for stmt in kept)


def _live_in(block: tuple, live: set[str], loop) -> set[str]:
    """What an iteration may read from before it, if `live` and what the next iteration reads is read after it."""
    before = None
    found: set[str] = set()
    while found != before:
        before = found
        found = _live(block, live | found) - assigned(loop)
    return found


def _live(block: tuple, live: set[str]) -> set[str]:
    """The names live before `block`, those in `live` being live after it."""
    for stmt in reversed(block):
        match stmt:
            case ir.If():
                live = _live(stmt.body, live) | _live(stmt.orelse, live) | reads(stmt)
            case ir.For() | ir.While():
                live = live | reads(stmt)
                live = live | _live_in(stmt.body, live, stmt)
            case _:
                live = live - assigned(stmt) | reads(stmt)
    return live


def _is_length(expr) -> bool:
    return isinstance(expr, ir.Call) and expr.func == "len"


def _arrays_read(expr) -> set[str]:
    """The names whose elements `expr` depends on, rather than on their shape alone."""
    match expr:
        case ir.Attr() | ir.Call("len"):
            return set()
    return set().union(ir.names(expr) if isinstance(expr, ir.Name) else (), *map(_arrays_read, ir.children(expr)))
