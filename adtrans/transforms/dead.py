"""Code without effect on the results removed: assignments that nothing reads, stores to arrays that nothing reads."""

from __future__ import annotations

from dataclasses import dataclass

from adtrans import ir
from adtrans.analyses.liveness import definitions, runs_once
from adtrans.passes import optimising
from adtrans.transforms.views import base_name


@optimising
def dead(block: tuple) -> tuple:
    """`block`, which ends in a `Return`, without the statements that its result does not depend on."""
    return needed(block)


def needed(block: tuple) -> tuple:
    """The statements that the result of `block` depends on, also where `dead` is switched off."""
    return _Remover(memory(block)).block(block, frozenset())[0]


def memory(block: tuple) -> dict[str, frozenset]:
    """For each name that is a view somewhere in `block` the names whose memory it may stand for, its own among them."""
    sources: dict[str, set[str]] = {}
    for stmt in ir.statements(block):
        if isinstance(stmt, ir.View):
            sources.setdefault(stmt.target, {stmt.target}).add(base_name(stmt.value))
    while True:
        grown = {name: found.union(*(sources.get(n, ()) for n in found)) for name, found in sources.items()}
        if grown == sources:
            return {name: frozenset(found) for name, found in sources.items()}
        sources = grown


def _check(stmt, live: frozenset) -> tuple:
    """What is left of an assignment that nothing reads: a check of lengths, which may raise."""
    match stmt:
        case ir.Assign(_, ir.Call("helper.broadcast" | "helper.fit" | "helper.equal") as value):
            return ir.Effect(value, stmt.loc), live | ir.names(value)
    return None, live


def _writes_live_array(stmt, live: frozenset) -> bool:
    """Whether `stmt` assigns what a helper returns that writes an array which is read later."""
    match stmt:
        case ir.Assign(_, ir.Call("helper.push" | "helper.pop" | "helper.push_bits" | "helper.pop_bits", args)):
            return bool(live & set().union(*map(ir.names, args)))
    return False


@dataclass(frozen=True)
class _Remover:
    memory: dict[str, frozenset]

    def reads(self, expr) -> frozenset:
        """The names that `expr` reads, and those that may stand for the same memory."""
        return frozenset().union(*(self.of(name) for name in ir.names(expr)))

    def of(self, name: str) -> frozenset:
        return self.memory.get(name, frozenset({name}))

    def block(self, block: tuple, live: frozenset) -> tuple[tuple, frozenset]:
        """What is left of `block`, and the names live before it, given those live after it."""
        kept = []
        for stmt in reversed(block):
            new, live = self.statement(stmt, live)
            if new is not None:
                kept.append(new)
        return tuple(reversed(kept)), live

    def statement(self, stmt, live: frozenset) -> tuple:
        match stmt:
            case ir.If():
                return self._if(stmt, live)
            case ir.For() | ir.While():
                return self._loop(stmt, live)
            case ir.Return() | ir.Effect():
                return stmt, live | self.reads(stmt.value)
            case ir.Store(ir.Index(ir.Name(name))) | ir.AugAssign(ir.Index(ir.Name(name)) | ir.Name(name)):
                return self._write(stmt, name, live)
            case ir.Opaque(targets, value):
                if not stmt.once and not live.intersection(targets):
                    return None, live
                return stmt, (live - set(targets)) | self.reads(value)
            case ir.Unpack(targets, value):
                if not any(t.id in live for t in targets):
                    return None, live
                return stmt, live | self.reads(value)
        target = definitions(stmt)[0]
        if target not in live and not _writes_live_array(stmt, live):
            return _check(stmt, live)
        return stmt, (live - {target}) | frozenset().union(*map(self.reads, ir.expressions(stmt)))

    def _write(self, stmt, name: str, live: frozenset) -> tuple:
        if not self.of(name) & live:
            return None, live
        index = stmt.target.index if isinstance(stmt.target, ir.Index) else ()
        return stmt, live.union(self.reads(stmt.value), self.of(name), *map(self.reads, index))

    def _if(self, stmt: ir.If, live: frozenset) -> tuple:
        body, before = self.block(stmt.body, live)
        orelse, before_else = self.block(stmt.orelse, live)
        if not body and not orelse:
            return None, live
        test = stmt.test
        if not body:
            body, orelse, test = orelse, (), ir.Op("not", (test,))
        new = ir.If(test, body, orelse, stmt.loc, stmt.comments)
        return new, before | before_else | self.reads(test)

    def _loop(self, stmt, live: frozenset) -> tuple:
        if not self._matters(stmt, live):
            return None, live
        control = frozenset().union(*map(self.reads, ir.expressions(stmt)))
        if stmt.exit:
            control |= {stmt.exit}
        head = live | (control if isinstance(stmt, ir.While) or stmt.exit else frozenset())
        var = {stmt.var} if isinstance(stmt, ir.For) else set()
        while True:
            body, before = self.block(stmt.body, head)
            new = head | (before - var)
            if new == head:
                break
            head = new
        return (ir.with_blocks(stmt, body), head | control) if body else (None, live)

    def _matters(self, loop, live: frozenset) -> bool:
        """Whether the loop writes anything that is live after it."""
        for stmt in ir.statements(loop.body):
            if isinstance(stmt, ir.Effect) or runs_once(stmt):
                return True
            if any(name in live for name in definitions(stmt)):
                return True
            if isinstance(stmt, (ir.Store, ir.AugAssign)):
                target = stmt.target.base if isinstance(stmt.target, ir.Index) else stmt.target
                if self.of(target.id) & live:
                    return True
        return False
