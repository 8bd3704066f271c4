"""What the loop transformations know of a whole function."""

from __future__ import annotations

import functools
from collections import Counter
from dataclasses import dataclass

from adtrans import ir, types
from adtrans.analyses.affine import affine
from adtrans.analyses.iterations import bindings, own_bindings
from adtrans.analyses.liveness import Liveness, definitions, live_in, liveness
from adtrans.analyses.memory import READ, Memory, copied_first, memory
from adtrans.analyses.signs import Signs, signs
from adtrans.names import fresh


@dataclass(frozen=True)
class Facts:
    """`entry`: what the function reads before it defines it; `counts`: how often each name is given a value;
    `taken`: every name; `allocations`: by name, where a name is allocated in one place."""

    block: tuple
    env: types.Env
    values: dict
    memory: Memory
    live: Liveness
    entry: frozenset
    counts: Counter
    taken: set
    allocations: dict[str, ir.Alloc]

    @functools.cached_property
    def signs(self) -> Signs:
        """The signs of the integers."""
        return signs(self.block, self.env, self.values)

    def after(self, stmt) -> frozenset:
        """What may be read after `stmt`."""
        return self.live.after[id(stmt)]

    def bindings(self, *stmts) -> frozenset:
        return bindings(stmts, self.memory)

    def written(self, block: tuple) -> frozenset:
        """The arrays that may share memory with what `block` writes; arrays made since share none with them."""
        owners = {self.memory.owner.get(a.name) for a in self.memory.accesses(block) if a.kind != READ}
        return frozenset(name for name, owner in self.memory.owner.items() if owner in owners)

    def is_fixed(self, expr) -> bool:
        """Whether `expr` has one value wherever it is defined: it reads no elements, and names that never change."""
        if any(isinstance(e, ir.Index) and not isinstance(e.base, ir.Attr) for e in ir.walk(expr)):
            return False
        return all(self.counts[n] == (0 if n in self.entry else 1) for n in ir.names(expr))

    def shape(self, name: str) -> tuple | None:
        """The lengths of the array `name`, where all arrays that it may stand for are made here with the same."""
        names = self.memory.members(self.memory.owner[name])
        shapes = []
        for stmt in ir.statements(self.block):
            if isinstance(stmt, ir.Alloc) and stmt.target in names:
                shapes.append(stmt.shape)
            elif names & set(definitions(stmt)) and not isinstance(stmt, (ir.Rebind, ir.Unpack)):
                return None
        forms = {tuple(affine(length, self.values) for length in shape) for shape in shapes}
        fixed = all(self.is_fixed(length) for shape in shapes for length in shape)
        return shapes[0] if len(forms) == 1 and fixed else None

    def has_shape(self, name: str, shape: tuple) -> bool:
        """Whether that is known to be the shape of every array that `name` may stand for."""
        own = self.shape(name)
        if own is None:
            return False
        return all(affine(a, self.values) == affine(b, self.values) for a, b in zip(own, shape, strict=True))

    def fresh(self, base: str, t) -> str:
        """A new name of type `t`."""
        name = fresh(base, self.taken)
        self.env[name] = t
        return name


def facts(block: tuple, env: types.Env, values: dict) -> Facts:
    """The facts of a function whose body is `block`; `env` gets the types of the names that are made."""
    found = memory(block, env)
    counts: Counter = Counter()
    taken = set(env)
    allocs: dict[str, list] = {}
    copied = copied_first(block)
    for stmt in ir.statements(block):
        counts.update(own_bindings(stmt, found))
        taken.update(own_bindings(stmt, found), *map(ir.names, ir.expressions(stmt)))
        if isinstance(stmt, ir.Alloc):
            allocs.setdefault(stmt.target, []).append(stmt)
    counts.subtract(copied)
    once = {name: made[0] for name, made in allocs.items() if len(made) == counts[name] == 1}
    return Facts(block, env, values, found, liveness(block), live_in(block), counts, taken, once)
