"""Cotangents that are used once, put where they are used."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace

from adtrans import ir
from adtrans.analyses.liveness import Liveness, definitions, liveness
from adtrans.passes import optimising
from adtrans.transforms.algebra import multiply
from adtrans.transforms.dead import memory

LARGEST = 20  # nodes of an expression that is still readable with another one put into it


@optimising
def substitute(block: tuple, ours: frozenset) -> tuple:
    """`block` with each scalar of `ours` that one statement alone reads, in the same block and before anything
    that its value depends on changes, replaced by its value there."""
    return _Substitution(ours, liveness(block), memory(block)).block(block)


@dataclass(frozen=True)
class _Substitution:
    ours: frozenset
    live: Liveness
    memory: dict[str, frozenset]  # the names that may stand for the memory of a view

    def block(self, block: tuple) -> tuple:
        out = list(block)
        k = 0
        while k < len(out):
            if not self._put_forward(out, k):
                k += 1
        return tuple(map(self._nested, out))

    def _put_forward(self, out: list, k: int) -> bool:
        """Whether the assignment at position `k` went into the statement that reads it."""
        match out[k]:
            case ir.Assign(target, value) if target in self.ours and target not in ir.names(value):
                place = self._only_use(out, k, target, value)
                if place is None:
                    return False
                self._replace(out, place, _put(out[place], target, value))
                del out[k]
                return True
        return False

    def _replace(self, out: list, place: int, new) -> None:
        self.live.after[id(new)] = self.live.after.get(id(out[place]), frozenset())
        out[place] = new

    def _nested(self, stmt):
        inner = ir.blocks(stmt)
        if not inner:
            return stmt
        new = ir.with_blocks(stmt, *map(self.block, inner))
        self.live.after[id(new)] = self.live.after.get(id(stmt), frozenset())
        return new

    def _only_use(self, out: list, k: int, target: str, value) -> int | None:
        """The position of the one statement that reads `target` after position `k`."""
        needed = ir.names(value)
        elements = [e for e in ir.walk(value) if isinstance(e, ir.Index) and isinstance(e.base, ir.Name)]
        arrays = frozenset().union(*(self._of(e.base.id) for e in elements))
        for place in range(k + 1, len(out)):
            stmt = out[place]
            uses = _uses(stmt)[target]
            if uses:
                return place if self._can_take(stmt, uses, target, value) else None
            if any(name in needed or name == target for s in ir.statements((stmt,)) for name in definitions(s)):
                return None
            if any(self._stores(s) & arrays for s in ir.statements((stmt,))) or (arrays and ir.blocks(stmt)):
                return None
        return None

    def _can_take(self, stmt, uses: int, target: str, value) -> bool:
        simple = not ir.blocks(stmt) and (uses == 1 or _is_simple(value))
        last = target not in self.live.after.get(id(stmt), frozenset({target})) or target in definitions(stmt)
        size = len(list(ir.walk(value))) + sum(len(list(ir.walk(e))) for e in ir.expressions(stmt))
        return simple and last and size <= LARGEST

    def _of(self, name: str) -> frozenset:
        return self.memory.get(name, frozenset({name}))

    def _stores(self, stmt) -> frozenset:
        """The arrays, under all their names, of which `stmt` writes elements."""
        if isinstance(stmt, ir.Opaque):
            return frozenset().union(*map(self._of, stmt.changes))
        if not isinstance(stmt, (ir.Store, ir.AugAssign)):
            return frozenset()
        names = ir.names(stmt.target.base if isinstance(stmt.target, ir.Index) else stmt.target)
        return frozenset().union(*map(self._of, names))


def _uses(stmt) -> Counter:
    count: Counter = Counter()
    for inner in ir.statements((stmt,)):
        for expr in ir.expressions(inner):
            count.update(e.id for e in ir.walk(expr) if isinstance(e, ir.Name))
    return count


def _is_simple(value) -> bool:
    return isinstance(value, (ir.Name, ir.Const))


def _put(stmt, target: str, value):
    def filled(e):
        match e:
            case ir.Name(name) if name == target:
                return value
            case ir.Op("*", (a, b)) if a is value:
                return multiply(a, b)
        return e

    if isinstance(stmt, ir.Assign):
        return replace(stmt, value=ir.rewrite(filled, stmt.value))
    return ir.map_expressions(lambda e: ir.rewrite(filled, e), stmt)
