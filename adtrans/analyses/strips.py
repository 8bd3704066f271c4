"""Which loops may run many iterations side by side, statement by statement, and what differs between these."""

from __future__ import annotations

from dataclasses import dataclass

from adtrans import ir, types
from adtrans.analyses.facts import Facts
from adtrans.analyses.iterations import least, only_adds, own_axis, sums
from adtrans.analyses.liveness import definitions, live_in
from adtrans.analyses.memory import OUTSIDE, READ
from adtrans.analyses.work import first_stores, is_used_only_in, stays_zero


@dataclass(frozen=True)
class SideBySide:
    """`work`: the arrays that each iteration needs for itself; `varying`: the names that may stand for different values
    in different iterations, arrays with such elements among them, and all that lasts longer than an iteration.

    `summed`: work arrays of which only the sum over the iterations matters, so that these can add to one together;
    `once`: the statements (by `id`) that hand on such sums."""

    work: frozenset
    varying: frozenset
    summed: frozenset = frozenset()
    once: frozenset = frozenset()

    def varies(self, *exprs) -> bool:
        """Whether one of the expressions may have different values in different iterations."""
        return any(ir.names(e) & self.varying for e in exprs)

    def is_same(self, stmt) -> bool:
        """Whether `stmt`, with what is in it, is to be done once for all iterations."""
        return all(map(self._is_done_once, ir.statements((stmt,))))

    def _is_done_once(self, stmt) -> bool:
        if id(stmt) in self.once:
            return True
        target = _target(stmt)
        if target in self.varying or (target in self.summed and isinstance(stmt, ir.AugAssign)):
            return False
        return not self.varies(*ir.expressions(stmt))


def side_by_side(loop: ir.For, known: Facts) -> SideBySide | None:
    """How the iterations of `loop` can run side by side: they depend on one another only by sums, run through the same
    inner loops, and do nothing but compute scalars and elements. None where they cannot."""
    low = least(loop)
    if loop.exit or loop.step not in (ir.Const(1), ir.Const(-1)) or low is None or low < 0:
        return None
    changed = known.bindings(*loop.body) | {loop.var}
    if not _is_simple(loop.body, known) or _reads_elements(loop):
        return None
    work = _work_arrays(loop, changed, known)
    if work is None or not _scalars_are_own(loop, changed - {loop.var}, known):
        return None
    found = SideBySide(work, _varying(loop, work))
    inner = (s for s in ir.statements(loop.body) if isinstance(s, ir.For))
    if any(found.varies(s.start, s.stop, s.step) for s in inner):
        return None
    return _with_sums(SideBySide(work & found.varying, found.varying), loop, known)


def _is_simple(block: tuple, known: Facts) -> bool:
    """Whether `block` is assignments of scalars and elements, branches of them, and loops."""
    for stmt in block:
        match stmt:
            case ir.Assign(target) if target not in known.memory.arrays:
                pass
            case ir.Store(ir.Index(ir.Name())) | ir.AugAssign(ir.Index(ir.Name()), "+" | "-"):
                pass
            case ir.If(_, body, orelse) if not any(isinstance(s, ir.For) for s in ir.statements((stmt,))):
                if not _is_simple(body, known) or not _is_simple(orelse, known):
                    return False
            case ir.For(var, exit=None) if not _reads_elements(stmt):
                if not _is_simple(stmt.body, known) or not _is_only_a_counter(var, block):
                    return False
            case _:
                return False
        if any(_is_opaque(e) for x in ir.expressions(stmt) for e in ir.walk(x)):
            return False
    return True


def _is_only_a_counter(var: str, block: tuple) -> bool:
    """Whether nothing but loops gives `var` a value."""
    return not any(getattr(s, "target", None) in (var, ir.Name(var)) for s in ir.statements(block))


def _reads_elements(loop: ir.For) -> bool:
    """Whether the bounds of a loop read elements of arrays."""
    found = (e for x in ir.expressions(loop) for e in ir.walk(x))
    return any(isinstance(e, ir.Index) and not isinstance(e.base, ir.Attr) for e in found)


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


def _work_arrays(loop: ir.For, changed: frozenset, known: Facts) -> frozenset | None:
    """The arrays that each iteration fills before it reads them, or finds and leaves zero; None where iterations share
    the elements of another array otherwise than by reading them and adding to them."""
    found = set()
    for owner, accesses in known.memory.by_owner(loop.body).items():
        if any(a.index is None or not types.is_array(known.env.get(a.name)) for a in accesses):
            return None
        if all(a.kind == READ for a in accesses):
            continue
        if owner == OUTSIDE:
            return None
        if only_adds(accesses) or own_axis(accesses, loop, changed) is not None:
            continue
        (name, *others) = {a.name for a in accesses}
        if others or not _is_work_array(name, loop, known):
            return None
        found.add(name)
    return frozenset(found)


def _is_work_array(name: str, loop: ir.For, known: Facts) -> bool:
    if name not in known.allocations or not is_used_only_in(loop, name, known):
        return False
    return first_stores(loop.body, name, known.allocations[name].shape, known) is not None or stays_zero(
        loop, name, known
    )


def _with_sums(found: SideBySide, loop: ir.For, known: Facts) -> SideBySide:
    """`found` with the work arrays that are zero before and after each iteration and that only sums read."""
    for name in sorted(found.work):
        if stays_zero(loop, name, known):
            handed = _hands_on(loop.body, name, found)
            if handed is not None:
                kept = found.work - {name}, found.varying - {name}, found.summed | {name}, found.once | handed
                found = SideBySide(*kept)
    return found


def _hands_on(block: tuple, name: str, found: SideBySide) -> frozenset | None:
    """The statements (by `id`) of `block` that add multiples of elements of the array to what lasts longer than an
    iteration; None where `block` does more with the array than this, adding to it and setting it to zero."""
    handed: set = set()
    for stmt in block:
        inner = [_hands_on(b, name, found) for b in ir.blocks(stmt)]
        if None in inner or (isinstance(stmt, ir.If) and not _only_adds_to(stmt, name)):
            return None
        handed = handed.union(*(i for i in inner if i is not None))
        used = any(name in ir.names(e) for e in ir.expressions(stmt))
        match stmt:
            case ir.AugAssign(ir.Index(ir.Name(target), index), _, value) if target == name:
                if name in ir.names(value) or found.varies(*index):
                    return None
            case ir.Store(ir.Index(ir.Name(target), index), value) if target == name:
                if value not in (ir.Const(0.0), ir.Const(0)) or found.varies(*index):
                    return None
            case _ if used:
                if not _adds_multiples(stmt, name, found):
                    return None
                handed.add(id(stmt))
    return frozenset(handed)


def _only_adds_to(branch: ir.If, name: str) -> bool:
    """Whether a branch, which other iterations may not take, does nothing with the array but add to it."""
    if any(isinstance(s, ir.Store) and _target(s) == name for s in ir.statements((branch,))):
        return False
    reads = (e for s in ir.statements((branch,)) for e in ir.expressions(s) if name in ir.names(e))
    return all(any(e is s.target for s in ir.statements((branch,)) if isinstance(s, ir.AugAssign)) for e in reads)


def _adds_multiples(stmt, name: str, found: SideBySide) -> bool:
    """Whether `stmt` adds a multiple of elements of the array, the same in all iterations, to a lasting sum."""
    match stmt:
        case ir.AugAssign(ir.Index(ir.Name(target), index), "+" | "-", value):
            return (
                target not in found.work | found.summed and not found.varies(*index) and _is_linear(value, name, found)
            )
    return False


def _is_linear(expr, name: str, found: SideBySide) -> bool:
    """Whether `expr` is a sum of multiples of elements of the array, the factors the same in all iterations."""
    match expr:
        case ir.Index(ir.Name(base), index) if base == name:
            return not found.varies(*index) and not any(name in ir.names(i) for i in index)
        case ir.Op("neg", (a,)):
            return _is_linear(a, name, found)
        case ir.Op("+" | "-", (a, b)):
            return _is_linear(a, name, found) and _is_linear(b, name, found)
        case ir.Op("*", (a, b)):
            return any(_is_linear(x, name, found) and _is_factor(y, name, found) for x, y in ((a, b), (b, a)))
        case ir.Op("/", (a, b)):
            return _is_linear(a, name, found) and _is_factor(b, name, found)
    return False


def _is_factor(expr, name: str, found: SideBySide) -> bool:
    return not found.varies(expr) and name not in ir.names(expr)


def _varying(loop: ir.For, work: frozenset) -> frozenset:
    """The names that may stand for different values in different iterations of `loop`."""
    lasting = {_target(s) for s in ir.statements(loop.body) if isinstance(s, (ir.Store, ir.AugAssign))} - work
    found = {loop.var} | lasting | sums(loop.body)
    while True:
        new = found | _touched(loop.body, found)
        if new == found:
            return frozenset(found)
        found = new


def _touched(block: tuple, varying: set) -> set:
    """The names to which `block` gives values that depend on `varying`. A branch is run for each iteration unless all
    in it is the same."""
    out: set = set()
    for stmt in block:
        inner = list(ir.statements((stmt,)))
        reads = set().union(*(ir.names(e) for s in inner for e in ir.expressions(s)))
        if isinstance(stmt, ir.For):
            out |= _touched(stmt.body, varying)
        elif (reads | {_target(s) for s in inner}) & varying:
            out |= {_target(s) for s in inner} - {None}
    return out


def _target(stmt) -> str | None:
    """The scalar, or the array of the element, to which `stmt` gives a value."""
    match stmt:
        case ir.Store(ir.Index(ir.Name(name))) | ir.AugAssign(ir.Index(ir.Name(name)) | ir.Name(name)):
            return name
    return next(iter(definitions(stmt)), None)
