"""Which loops gain from running many iterations side by side, and may."""

from __future__ import annotations

from adtrans import ir, types
from adtrans.analyses.facts import Facts
from adtrans.analyses.iterations import least, only_adds, own_axis, sums
from adtrans.analyses.liveness import live_in
from adtrans.analyses.memory import OUTSIDE, READ


def is_independent(loop: ir.For, known: Facts) -> bool:
    """Whether the iterations of `loop` may run side by side, statement by statement: they depend on one another only
    by sums, run through the same inner loops, and do nothing but compute scalars and elements."""
    low = least(loop)
    if loop.exit or loop.step not in (ir.Const(1), ir.Const(-1)) or low is None or low < 0:
        return False
    changed = known.bindings(*loop.body) | {loop.var}
    if not _is_simple(loop.body, changed, known) or _varies(loop, changed - {loop.var}):
        return False
    return _scalars_are_own(loop, changed - {loop.var}, known) and _elements_are_own(loop, changed, known)


def _is_simple(block: tuple, changed: frozenset, known: Facts) -> bool:
    """Whether `block` is assignments of scalars and elements, branches of them, and loops whose bounds are the same in
    each iteration."""
    for stmt in block:
        match stmt:
            case ir.Assign(target) if target not in known.memory.arrays:
                pass
            case ir.Store(ir.Index(ir.Name())) | ir.AugAssign(ir.Index(ir.Name()), "+" | "-"):
                pass
            case ir.If(_, body, orelse) if not any(isinstance(s, ir.For) for s in ir.statements((stmt,))):
                if not _is_simple(body, changed, known) or not _is_simple(orelse, changed, known):
                    return False
            case ir.For(var, exit=None) if not _varies(stmt, changed):
                if not _is_simple(stmt.body, changed - {var}, known) or not _is_only_a_counter(var, block):
                    return False
            case _:
                return False
        if any(_is_opaque(e) for x in ir.expressions(stmt) for e in ir.walk(x)):
            return False
    return True


def _is_only_a_counter(var: str, block: tuple) -> bool:
    """Whether nothing but loops gives `var` a value."""
    return not any(getattr(s, "target", None) in (var, ir.Name(var)) for s in ir.statements(block))


def _varies(loop: ir.For, changed: frozenset) -> bool:
    """Whether the bounds of a loop may change with `changed`, or read elements."""
    found = [e for x in ir.expressions(loop) for e in ir.walk(x)]
    if any(isinstance(e, ir.Index) and not isinstance(e.base, ir.Attr) for e in found):
        return True
    return any(isinstance(e, ir.Name) and e.id in changed for e in found)


def _is_opaque(expr) -> bool:
    """Whether an expression is more than scalars and elements."""
    match expr:
        case ir.Slice() | ir.NewAxis() | ir.Dots() | ir.Tuple() | ir.UserCall() | ir.DType():
            return True
        case ir.Call(func):
            return func.startswith("helper.")
        case ir.Index(base):
            return not isinstance(base, (ir.Name, ir.Attr))
    return False


def _scalars_are_own(loop: ir.For, changed: frozenset, known: Facts) -> bool:
    carried, after, added = live_in(loop.body), known.after(loop), sums(loop.body)
    for name in changed:
        t = known.env.get(name)
        if t is None or isinstance(t, (types.types.Array, types.types.BaseTuple)):
            return False
        if (name not in added) if name in carried else (name in after):
            return False
    return True


def _elements_are_own(loop: ir.For, changed: frozenset, known: Facts) -> bool:
    for owner, accesses in known.memory.by_owner(loop.body).items():
        if any(a.index is None or not isinstance(known.env.get(a.name), types.types.Array) for a in accesses):
            return False
        if all(a.kind == READ for a in accesses):
            continue
        if owner == OUTSIDE or not (only_adds(accesses) or own_axis(accesses, loop, changed) is not None):
            return False
    return True
