"""What has to be recorded (TBR: to be recorded; Hascoet, Naumann and Pascual 2005).

The reverse sweep undoes the forward sweep statement by statement, and at each point finds the variables that it
reads as they were at that point. A value that it reads later and that a statement overwrites is saved before
(`saves`). Inside a loop a variable that every iteration computes anew is instead handed to the reversed
iteration as it was at the iteration's end (`provides`): computed again where that is cheap, else recorded; of a
work array each iteration has one of its own, kept as it leaves it.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from adtrans import ir, types
from adtrans.analyses.liveness import Liveness, definitions, liveness
from adtrans.analyses.stores import fully_written
from adtrans.analyses.work import Work
from adtrans.callees import unit_of
from adtrans.transforms.adjoint import NOTHING, Adjoint, Names, primal_reads, value_reads
from adtrans.transforms.flatten import counter, is_costly, written

RECOMPUTE, RECORD, KEEP = "computed again", "recorded", "kept"


@dataclass
class Plan:
    """`saves`: statements (by `id`) whose target's old value is recorded. `provides`: for each nested block
    (by the `id` of its statement, and its number) the variables of its own that the reversed block starts with, and
    how. `heads`: for each loop what is live at its head. `copies`: for assignments (by `id`) to a variable whose old
    value need not be recorded, as another one still has it, that one."""

    saves: set[int] = field(default_factory=set)
    copies: dict[int, str] = field(default_factory=dict)
    provides: dict[tuple[int, int], dict[str, str]] = field(default_factory=dict)
    heads: dict[int, frozenset] = field(default_factory=dict)


def recording(
    function: ir.Function,
    adjoints: dict[int, Adjoint],
    names: Names,
    once: set[int],
    work: dict[str, Work],
    call: ir.While | None = None,
    changed: frozenset = frozenset(),
) -> Plan:
    """What the reverse sweep of `function` needs recorded, given the adjoint of each statement by `id`, the stores
    that overwrite nothing, and the work arrays that can be kept. Where the sweeps are functions of their own, `call`
    is a loop of which each iteration is a call. The reverse sweep leaves the arrays `changed` as they were."""
    own: dict[int, frozenset] = {}
    for name, found in work.items():
        loop = id(found.loops[-1])
        own[loop] = own.get(loop, frozenset()) | {name}
    once = once.union(*(found.stores for found in work.values()))
    walker = _Walker(adjoints, names, liveness(function.body), once, own)
    walker.plan.heads = walker.live.head
    if call is None:
        walker.block(function.body, changed)
    else:
        walker.called(call, changed)
    return walker.plan


@dataclass
class _Walker:
    adjoints: dict[int, Adjoint]
    names: Names
    live: Liveness
    once: set[int]  # stores that never overwrite a value
    work: dict[int, frozenset]  # the work arrays of a loop
    depth: int = 0  # of loops
    plan: Plan = field(default_factory=Plan)

    def block(self, block: tuple, need: frozenset) -> frozenset:
        """The variables whose values the reverse sweep reads after `block`, given those before it."""
        self.plan.copies |= copies(block, self.names.env)
        for stmt in block:
            need = self.statement(stmt, need)
        for stmt in block:
            if isinstance(stmt, ir.View):
                need |= primal_reads(value_reads(stmt.value), self.names) - {self.names.root(stmt.target)}
            elif isinstance(stmt, (ir.Alloc, ir.Custom, ir.Rebind)) or unit_of(stmt):
                for name in (self.names.active & self.names.roots.keys() & set(definitions(stmt))) - self.names.given:
                    need |= primal_reads(frozenset().union(*map(value_reads, self.names.dims(name))), self.names)
        return need

    def called(self, call: ir.While, changed: frozenset) -> None:
        """The sweeps have nothing in common but the arguments: what the function gives a value is handed on."""
        self.depth = 1
        end = self.block(call.body, changed)
        local = frozenset(d for s in ir.statements(call.body) for d in definitions(s)) - self.names.params
        self.plan.provides[id(call), 0] = self._provide(call.body, end, local)

    def statement(self, stmt, need: frozenset) -> frozenset:
        match stmt:
            case ir.For() | ir.While():
                self.depth += 1
                need = self._loop(stmt, need)
                self.depth -= 1
                return need
            case ir.If() if is_check(stmt):
                return need
            case ir.If(test):
                after = frozenset().union(*(self._branch(stmt, k, need) for k in (0, 1)))
                return after | primal_reads(value_reads(test), self.names)
            case ir.Rebind():
                return self._rebind(stmt, need)
            case ir.Unpack(targets, value):
                moved = {v.id: t.id for t, v in zip(targets, value.items, strict=True)}
                return frozenset(moved.get(n, n) for n in need)
            case ir.Alloc(target):
                return need - {target}
            case ir.View() | ir.Effect() | ir.Return():
                return need
        return self._write(stmt, need)

    def _write(self, stmt, need: frozenset) -> frozenset:
        found = self.adjoints.get(id(stmt), NOTHING)
        need |= found.before
        if isinstance(stmt, (ir.Custom, ir.Opaque)):
            return (need - set(stmt.targets)) | found.after
        if isinstance(stmt, ir.Assign):
            if stmt.target not in need:
                return (need - {stmt.target}) | found.after
            self.plan.saves.add(id(stmt))
            undone: frozenset = frozenset()
            if is_step(stmt, self.names.env):  # from the new value
                undone = primal_reads(value_reads(stmt.value), self.names)
            elif id(stmt) in self.plan.copies:
                undone = frozenset({self.plan.copies[id(stmt)]})
            return (need - {stmt.target}) | found.after | undone
        if self.names.root(stmt.target.base.id) in need and id(stmt) not in self.once:
            self.plan.saves.add(id(stmt))
            need |= primal_reads(frozenset().union(*map(value_reads, stmt.target.index)), self.names)
        return need | found.after

    def _rebind(self, stmt: ir.Rebind, need: frozenset) -> frozenset:
        target, source = stmt.target, stmt.source
        if target in need or (f"{target}.shape" in need and not stmt.same_shape):
            self.plan.saves.add(id(stmt))
        rest = need - {target, source, f"{target}.shape", f"{source}.shape"}
        if source in need:
            rest |= {target}
        if target in self.names.active - self.names.given or f"{source}.shape" in need:
            rest |= {f"{target}.shape"}
        return rest

    def _loop(self, stmt, need: frozenset) -> frozenset:
        work = self.work.get(id(stmt), frozenset())
        local = self._locals(stmt, 0) - need
        head = need
        while True:
            end = self.block(stmt.body, head)
            provides = self._provide(stmt.body, end - work, local)
            provides |= dict.fromkeys(sorted(end & work), KEEP)
            end |= self._operands(stmt.body, provides)
            end = self._without(end, local) - work
            if end <= head:
                break
            head |= end
        self.plan.provides[id(stmt), 0] = provides
        bounds = frozenset().union(*map(value_reads, ir.expressions(stmt))) if isinstance(stmt, ir.For) else frozenset()
        if isinstance(stmt, ir.While) or stmt.exit:
            bounds |= {counter(stmt)}
        bounds = primal_reads(bounds, self.names)
        after = self._without(head | end | bounds, local) - work
        if isinstance(stmt, ir.For):
            after -= {stmt.var}  # the reversed loop counts itself
        filled = fully_written(stmt, self.names) - bounds
        restored = filled - self._read_in(stmt, filled, need, local) if filled else filled
        return (after - restored) | {f"{name}.shape" for name in restored if not self._has_known_shape(name)}

    def _has_known_shape(self, name: str) -> bool:
        """Whether every array that has this name has the lengths that the parameters give it."""
        return all(ir.names(dim) <= self.names.params for dim in self.names.dims(name))

    def _read_in(self, loop, filled: frozenset, need: frozenset, local: frozenset) -> frozenset:
        """Those of the arrays `filled` by a loop that its reverse reads, `need` being what the rest of it reads."""
        walker, head = replace(self, plan=Plan()), need - filled
        while True:
            end = walker.block(loop.body, head)
            new = self._without(end, local)
            if new <= head:
                return end & filled
            head |= new

    def _branch(self, stmt: ir.If, k: int, need: frozenset) -> frozenset:
        """A branch inside a loop has variables of its own too; outside of loops they keep their values."""
        block = ir.blocks(stmt)[k]
        end = self.block(block, need)
        if not self.depth:
            return end
        local = self._locals(stmt, k) - self.live.after[id(stmt)] - need
        provides = self._provide(block, end, local)
        self.plan.provides[id(stmt), k] = provides
        return self._without(end | self._operands(block, provides), local)

    def _wanted(self, end: frozenset, local: frozenset) -> frozenset:
        """The local variables of which the value, or a shape that changes, is read at the end of a block."""
        shapes = {n for n in local if f"{n}.shape" in end and n in self.names.roots}
        return (end & local) | {n for n in shapes if self.names.root(n) == n}

    def _without(self, need: frozenset, local: frozenset) -> frozenset:
        return need - local - {f"{n}.shape" for n in local}

    def _locals(self, stmt, k: int) -> frozenset:
        """What the nested block defines before it reads it, and always where it is read after."""
        block = ir.blocks(stmt)[k]
        assigned = {d for s in ir.statements(block) for d in definitions(s)}
        assigned -= {stmt.var} if isinstance(stmt, ir.For) else set()
        assigned -= self.live.after[id(stmt)] - _always_assigned(block)
        return frozenset(assigned - self.live.exposed[id(stmt), k])

    def _provide(self, block: tuple, end: frozenset, local: frozenset) -> dict[str, str]:
        """How each variable of the block's own that is read at its `end` (and what computing it again reads) comes to
        the start of the reversed iteration."""
        provides: dict[str, str] = {}
        changed = written(ir.statements(block), self.names.roots)
        filled = end & self.names.roots.keys()  # of other arrays only the memory is used
        pending = set(self._wanted(end, local))
        while pending:
            name = min(pending)
            pending.discard(name)
            value = None if name in filled else _only_value(block, name)
            provides[name] = (
                RECOMPUTE if value is not None and self._is_cheap(value, changed, name, block, local) else RECORD
            )
            if provides[name] == RECOMPUTE:
                pending |= (primal_reads(value_reads(value), self.names) & changed) - set(provides)
        return provides

    def _is_cheap(self, value, changed: set, name: str, block: tuple, local: frozenset) -> bool:
        """Whether `value` is arithmetic on what the iteration does not change, or changes once and can provide."""
        if any(is_costly(e) for e in ir.walk(value)):
            return False
        for e in ir.walk(value):
            if isinstance(e, ir.Index) and isinstance(e.base, ir.Name) and self.names.root(e.base.id) in changed:
                return False
        reads = primal_reads(value_reads(value), self.names)
        if any(n.endswith(".shape") and not keeps_shape(n.removesuffix(".shape"), block) for n in reads):
            return False
        inside = reads & changed
        return name not in inside and all(n in local and _definition_count(block, n) == 1 for n in inside)

    def _operands(self, block: tuple, provides: dict) -> frozenset:
        values = [_only_value(block, name) for name, how in provides.items() if how == RECOMPUTE]
        return primal_reads(frozenset().union(*map(value_reads, values)), self.names) if values else frozenset()


def _only_value(block: tuple, name: str):
    """The expression of the one definition of `name` in the block, an unconditional one; of a new array its lengths;
    else None."""
    found = [s for s in ir.statements(block) if name in definitions(s)]
    if len(found) != 1 or all(s is not found[0] for s in block):
        return None
    match found[0]:
        case ir.Assign(_, value):
            return value
        case ir.Alloc(_, lengths):
            return ir.Tuple(lengths)
    return None


def _always_assigned(block: tuple) -> set[str]:
    """The names that every way through the block gives a value."""
    found: set[str] = set()
    for stmt in block:
        if isinstance(stmt, ir.If):
            found |= _always_assigned(stmt.body) & _always_assigned(stmt.orelse)
        elif not isinstance(stmt, (ir.For, ir.While)):
            found |= set(definitions(stmt))
    return found


def keeps_shape(name: str, block: tuple) -> bool:
    """Whether every new array that the block gives `name` has the shape of the old."""
    found = [s for s in ir.statements(block) if name in definitions(s)]
    return all(isinstance(s, ir.Rebind) and s.same_shape for s in found)


def _definition_count(block: tuple, name: str) -> int:
    return sum(name in definitions(s) for s in ir.statements(block))


def copies(block: tuple, env: types.Env) -> dict[int, str]:
    """For assignments in `block` (by `id`) to a variable of which another one has the old value there, that one."""
    held: dict[str, str] = {}
    found = {}
    for stmt in block:
        changed = {d for s in ir.statements((stmt,)) for d in definitions(s)}
        if isinstance(stmt, ir.Assign) and stmt.target in held:
            found[id(stmt)] = held[stmt.target]
        held = {name: holder for name, holder in held.items() if not changed.intersection((name, holder))}
        match stmt:
            case ir.Assign(holder, ir.Name(name)) if holder != name and env[holder] == env[name]:
                held[name] = holder
    return found


def is_step(stmt: ir.Assign, env: types.Env) -> bool:
    """Whether `stmt` changes the sign of a number, or adds something that does not depend on it to an integer: undone
    without a record."""
    match stmt.value:
        case ir.Op("neg", (ir.Name(name),)):
            return name == stmt.target
        case ir.Op("+" | "-", (ir.Name(name), step)):
            integer = isinstance(env[name], types.types.Integer) and not any(
                isinstance(e, (ir.Call, ir.Index)) and not _is_length(e) for e in ir.walk(step)
            )
            return name == stmt.target and integer and name not in ir.names(step)
    return False


def _is_length(expr) -> bool:
    return isinstance(expr, ir.Index) or expr.func in ("max", "min", "len")


def is_check(stmt: ir.If) -> bool:
    """Whether `stmt` does nothing but perhaps raise: the reverse sweep leaves it out."""
    return all(isinstance(s, (ir.Effect, ir.If)) for block in ir.blocks(stmt) for s in ir.statements(block))
