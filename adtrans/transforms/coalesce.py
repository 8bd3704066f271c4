"""One name for a value: `max_1 = ...; highest = max_1` becomes `highest = ...`, and a view that is there is not made
again."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace

from adtrans import ir, types
from adtrans.analyses.liveness import definitions, live_in, mentioned
from adtrans.passes import optimising


@optimising
def coalesce(block: tuple, env: types.Env, ours: frozenset = frozenset()) -> tuple:
    """`block` without copies of scalars, and without views that are there already. Where two names have one value that
    of the user stays: `ours` are the scalars that adtrans named."""
    while True:
        new = _Coalescing(env, ours, _uses(block), _definitions(block)).block(block)
        if new == block:
            return block
        block = new


@dataclass(frozen=True)
class _Coalescing:
    env: types.Env
    ours: frozenset
    uses: Counter  # in how many statements of the function a name stands
    definitions: Counter

    def block(self, block: tuple) -> tuple:
        block = tuple(ir.with_blocks(s, *map(self.block, ir.blocks(s))) for s in block)
        for k, stmt in enumerate(block):
            match stmt:
                case ir.Assign(target, ir.Name(source)) if self._are_scalars(target, source):
                    start = _start(block, k, target, source)
                    if start is not None and self._is_done_with(source, block[start:], block[k + 1 :], target):
                        first = replace(block[start], comments=(*block[start].comments, *stmt.comments))
                        life = (first, *block[start + 1 : k], *block[k + 1 :])
                        return (*block[:start], *_renamed(life, source, target))
                    if target in self.ours and self._is_fixed_copy(block, k, target, source):
                        return (*block[:k], *_renamed(block[k + 1 :], target, source))
                case ir.View() if _is_there(block[:k], stmt):
                    return (*block[:k], *block[k + 1 :])
        return block

    def _are_scalars(self, target: str, source: str) -> bool:
        t = self.env.get(target)
        same = t is not None and t == self.env.get(source)
        return same and not isinstance(t, (types.types.Array, types.types.BaseTuple))

    def _is_done_with(self, source: str, life: tuple, rest: tuple, target: str) -> bool:
        """Whether all of the life of `source` is in `life`, and in its `rest` it always equals `target`."""
        if _uses(life)[source] != self.uses[source]:
            return False
        return not _uses(rest)[source] or not _definitions(rest).keys() & {source, target}

    def _is_fixed_copy(self, block: tuple, k: int, target: str, source: str) -> bool:
        """Whether `target` always equals `source` where it is read."""
        rest = block[k + 1 :]
        if self.definitions[target] != 1 or self.definitions[source] > 1 or _definitions(rest)[source]:
            return False
        return 1 + _uses(rest)[target] == self.uses[target] and target not in live_in(block)


def _renamed(block: tuple, old: str, new: str) -> tuple:
    return tuple(ir.rename_statement(s, {old: new}) for s in block)


def _start(block: tuple, k: int, target: str, source: str) -> int | None:
    """The position at which `source` gets its first value, where nothing from there to position `k` uses `target`."""
    users = [n for n, s in enumerate(block[:k]) if _uses((s,))[source]]
    if not users or not isinstance(block[users[0]], (ir.Assign, ir.Opaque)):
        return None
    start = users[0]
    if (
        source not in definitions(block[start])
        or source in ir.names(block[start].value)
        or _uses(block[start:k])[target]
    ):
        return None
    return start


def _uses(block: tuple) -> Counter:
    return Counter(name for stmt in ir.statements(block) for name in mentioned(stmt))


def _definitions(block: tuple) -> Counter:
    return Counter(name for stmt in ir.statements(block) for name in definitions(stmt))


def _is_there(before: tuple, view: ir.View) -> bool:
    """Whether the same view has been made before, and neither its name nor what it is of has changed since."""
    needed = {view.target} | ir.names(view.value)
    for stmt in reversed(before):
        if isinstance(stmt, ir.View) and stmt == view:
            return True
        if any(needed & set(definitions(s)) for s in ir.statements((stmt,))):
            return False
    return False
