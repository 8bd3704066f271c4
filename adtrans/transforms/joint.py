"""Each statement with its adjoint next to it, in one sweep forward.

    y, x_share = f_vjp(x, y_bar)        in place of f_forward and f_reverse: the value, and y_bar times the Jacobian

A function whose calls are all such reverses each call as soon as it has run, and records nothing: the whole tree of
its calls is gone through once.
"""

from __future__ import annotations

from dataclasses import dataclass

from adtrans import ir, types
from adtrans.analyses.ahead import Ahead, ahead
from adtrans.analyses.liveness import definitions
from adtrans.passes import optimising
from adtrans.transforms.adjoint import NOTHING, Adjoint, Names, is_recorded, joint_call
from adtrans.transforms.lazy import renamed_view
from adtrans.transforms.reverse import choice


@optimising
def joint(block: tuple, outputs: frozenset, names: Names, adjoints: dict[int, Adjoint]) -> tuple:
    """The body of a function with these `outputs` and the adjoints of its statements (by `id`) among them, to be run
    when the cotangents of the outputs are there; `block` itself where that is not possible."""
    if not any(is_recorded(s, names.active) for s in ir.statements(block)) or not _only_reads_arrays(block, names):
        return block
    if any(name in names.active and types.is_array(names.env[name]) for name in outputs):
        return block
    found = ahead(block, outputs & names.active, names, adjoints)
    return block if found is None else _Joint(found, names, adjoints).block(block)


def _only_reads_arrays(block: tuple, names: Names) -> bool:
    """Whether the active arrays are parameters that stay as they are, and views of these."""
    arrays = {name for name in names.active if types.is_array(names.env.get(name))}
    if not {names.root(name) for name in arrays} <= names.params:
        return False
    for stmt in ir.statements(block):
        if isinstance(stmt, (ir.Store, ir.AugAssign)) and stmt.target.base.id in arrays:
            return False
        if not isinstance(stmt, ir.View) and arrays.intersection((*definitions(stmt), *getattr(stmt, "changes", ()))):
            return False
        if isinstance(stmt, ir.Custom) and names.active.intersection(stmt.targets):
            return False
    return True


@dataclass(frozen=True)
class _Joint:
    found: Ahead
    names: Names
    adjoints: dict[int, Adjoint]

    def block(self, block: tuple) -> tuple:
        late = self.found.late.get(id(block), frozenset())
        own, env = sorted(late - self.names.params), self.names.env
        out: list = [ir.Assign(self.names.bar(name), types.typed(0, env[name])) for name in own]
        for k, stmt in enumerate(block):
            out += self.found.starts.get((id(block), k), ())
            out += self._statement(stmt)
        return (*out, *self._late(block, late))

    def _statement(self, stmt) -> tuple:
        match stmt:
            case ir.Assign(target) if target in self.found.known:
                return (stmt, *self._at_once(self._adjoint(stmt)))
            case ir.View(target, value, loc) if target in self.names.active:
                return (stmt, ir.View(self.names.bar(target), renamed_view(value, self.names.bar), loc))
            case ir.Opaque(targets) if is_recorded(stmt, self.names.active) and self.names.active.intersection(targets):
                call, *rest = self._adjoint(stmt)
                return (joint_call(stmt, call), *self._at_once(rest))
        return (ir.with_blocks(stmt, *map(self.block, ir.blocks(stmt))),)

    def _adjoint(self, stmt) -> tuple:
        return self.adjoints.get(id(stmt), NOTHING).block

    def _at_once(self, block) -> list:
        """The statements of an adjoint but for what it does to cotangents that are known ahead."""
        bars = set(map(self.names.bar, self.found.known))
        return [s for s in block if not bars.intersection(definitions(s))]

    def _late(self, block: tuple, late: frozenset) -> list:
        """The adjoints of the statements that give `late` values, in reverse."""
        out: list = []
        for stmt in reversed(block):
            if isinstance(stmt, ir.If):
                out += choice(stmt, *(tuple(self._late(b, late)) for b in ir.blocks(stmt)))
            elif late.intersection(definitions(stmt)):
                out += self._adjoint(stmt)
        return out
