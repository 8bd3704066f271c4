"""Which integers are never negative, so that an index need not be looked at for wraparound."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from adtrans import ir, types
from adtrans.analyses.affine import affine, atoms
from adtrans.analyses.liveness import definitions, live_in


@dataclass
class Signs:
    """`nonnegative`: names of integers that are never negative, and of integer arrays without negative elements;
    `loops`: the loops by the name of their variable: those of one name run through the same numbers, as those of both
    sweeps do."""

    env: types.Env
    values: dict
    nonnegative: set[str] = field(default_factory=set)
    loops: dict[str, ir.For] = field(default_factory=dict)

    def is_nonnegative(self, expr) -> bool:
        """Whether `expr` is known not to be negative: its least value, loop variables at their bounds, is a sum of
        terms that are not."""
        terms, parts = Counter(dict(affine(expr, self.values))), atoms(expr, self.values)
        for _ in range(16):
            bounded = [k for k, n in terms.items() if n and k and self._bound(parts[k], n) is not None]
            if not bounded:
                break
            key = max(bounded, key=lambda k: self._depth(parts[k]))  # its bounds may read those outside of it
            factor = terms.pop(key)
            bound = self._bound(parts[key], factor)
            parts |= atoms(bound, self.values)
            for atom, n in affine(bound, self.values):
                terms[atom] += factor * n
        return all(n == 0 or (n > 0 and (not k or self._is_value_nonnegative(parts[k]))) for k, n in terms.items())

    def _depth(self, atom) -> int:
        return list(self.loops).index(atom.id)

    def _bound(self, atom, factor: int):
        """The loop variable's least value (for a positive factor) or greatest, as an expression; None where it is not
        known, as the greatest of one that may be negative: a bound `max(e, 0)` counts as `e`."""
        loop = self.loops.get(atom.id) if isinstance(atom, ir.Name) else None
        if loop is None or not isinstance(loop.step, ir.Const) or loop.step.value == 0:
            return None
        if factor < 0 and atom.id not in self.nonnegative:
            return None
        upward = loop.step.value > 0
        if (factor > 0) == upward:
            return loop.start
        return ir.Op("-" if upward else "+", (loop.stop, ir.Const(1)))

    def _is_value_nonnegative(self, expr) -> bool:
        match expr:
            case ir.Const(value):
                return value >= 0
            case ir.Name(name):
                return name in self.nonnegative
            case (
                ir.Index(ir.Attr(_, "shape"))
                | ir.Attr(_, "size")
                | ir.Call("len" | "helper.broadcast" | "helper.fit" | "helper.slice_bound" | "helper.item")
            ):
                return True
            case ir.Index(ir.Name(name)):
                return name in self.nonnegative
            case ir.Call("max", args):
                return any(map(self.is_nonnegative, args))
            case ir.Call("min", args) | ir.Op("*" | "//" | "%", args):
                return all(map(self.is_nonnegative, args))
            case ir.Call("np.uint64" | "np.int64" | "int", (inner,)):
                return self.is_nonnegative(inner)
            case ir.IfExp(_, body, orelse):
                return self.is_nonnegative(body) and self.is_nonnegative(orelse)
        return False


def signs(block: tuple, env: types.Env, values: dict, given: frozenset = frozenset()) -> Signs:
    """What is known of the integers of a program: at first every one is taken to be non-negative, then those are
    dropped of which a definition cannot be shown to be. Of its parameters only those `given` are such to begin with."""
    integers = {n for n, t in env.items() if isinstance(types.dtype_of(t), types.types.Integer)} if env else set()
    defined = _definitions(block, env)
    arrays = {s.target for s in ir.statements(block) if isinstance(s, ir.Alloc)}
    own = {n for n in integers - live_in(block) if n in defined or n in arrays}
    start = own | integers.intersection(given)
    found = Signs(env, values, start, {s.var: s for s in ir.statements(block) if isinstance(s, ir.For)})
    while True:
        kept = {n for n in found.nonnegative if all(_holds(found, d) for d in defined.get(n, ()))}
        if kept == found.nonnegative:
            return found
        found.nonnegative = kept


def _holds(found: Signs, definition) -> bool:
    return definition is not None and found.is_nonnegative(definition)


def _definitions(block: tuple, env: types.Env) -> dict[str, list]:
    """For each name the expressions that it, or its elements, are given; None for what is not known."""
    found: dict[str, list] = {}
    viewed: dict[str, set] = {}
    for stmt in ir.statements(block):
        match stmt:
            case ir.Assign(target, value):
                found.setdefault(target, []).append(value)
            case ir.Store(ir.Index(ir.Name(name)), value):
                for array in _reached(name, viewed):
                    found.setdefault(array, []).append(value if _fits(value, array, env) else None)
            case ir.AugAssign(ir.Index(ir.Name(name)) | ir.Name(name)):
                for array in _reached(name, viewed):
                    found.setdefault(array, []).append(None)
            case ir.For(var, start, stop, step):
                found.setdefault(var, []).append(_least(start, stop, step))
            case ir.Custom((target,), (ir.Assign(_, ir.Call("helper.positions")),)):
                found.setdefault(target, []).append(ir.Const(0))
            case ir.View(target, value):
                found.setdefault(target, []).append(None)
                viewed.setdefault(target, set()).update(ir.names(value))
            case ir.Rebind() | ir.Unpack() | ir.Custom() | ir.Opaque():
                lost = set(getattr(stmt, "changes", ())).difference(getattr(stmt, "keeps", ()))
                changed = set().union(*(_reached(name, viewed) for name in lost))
                for name in changed.union(definitions(stmt)):
                    found.setdefault(name, []).append(None)
    return found


def _fits(value, array: str, env: types.Env) -> bool:
    """Whether an integer that is not negative stays so as an element of `array`: a shorter type may not have it."""
    t = _integer(array, env)
    if t is None or not t.signed or t.bitwidth == 64:
        return True
    match value:
        case ir.Const(int(number)):
            return number < 2 ** (t.bitwidth - 1)
        case ir.Name(name) | ir.Index(ir.Name(name)):
            other = _integer(name, env)
            return other is not None and other.bitwidth < t.bitwidth + other.signed
    return False


def _integer(name: str, env: types.Env) -> Any:
    """The type of the integers that `name` has, None where it has none."""
    t = types.dtype_of(env[name]) if name in env else None
    return t if isinstance(t, types.types.Integer) else None


def _reached(name: str, viewed: dict[str, set]) -> set[str]:
    """The arrays of which a store to elements of `name` may change elements."""
    return {name}.union(*(_reached(other, viewed) for other in viewed.get(name, ())))


def _least(start, stop, step):
    if not isinstance(step, ir.Const):
        return None
    return start if step.value > 0 else ir.Op("+", (stop, ir.Const(1)))
