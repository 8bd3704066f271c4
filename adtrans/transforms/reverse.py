"""The adjoint program: a forward sweep that records, and a reverse sweep that adds up cotangents.

Output: statements as `scalarise` leaves them, with the cotangent of each active `x` in `x_bar`, set to zero where
the reverse sweep begins. `simplify` removes what turns out not to be needed.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from adtrans import ir, types
from adtrans.analyses.liveness import definitions, mentions, reads
from adtrans.analyses.recording import KEEP, RECOMPUTE, Plan, is_step
from adtrans.transforms.adjoint import NOTHING, Adjoint, Names, forward_call, is_recorded
from adtrans.transforms.flatten import counter
from adtrans.transforms.lazy import ONE, ZERO, renamed_view, subtract
from adtrans.transforms.scalarise import Scalarised
from adtrans.transforms.tapes import Tape, Tapes, iteration, reversed_loop


@dataclass(frozen=True)
class Sweeps:
    """`forward` computes the results and records, `prelude` makes the cotangents of arrays, and `reverse` turns the
    cotangents of the results into those of the inputs. Where they are one, `forward` does all of that."""

    forward: tuple
    prelude: tuple
    reverse: tuple
    is_joint: bool = False


def reverse(
    program: Scalarised,
    names: Names,
    adjoints: dict[int, Adjoint],
    plan: Plan,
    tapes: Tapes,
    once: frozenset[int],
    call: ir.While | None = None,
) -> Sweeps:
    """The two sweeps of `program`; the cotangents of the results have to be seeded between `prelude` and `reverse`.
    What the statements of `once` overwrite is recorded once for all iterations of the innermost loop. `call` as in
    `recording`."""
    body = program.function.body[:-1] if call is None else call.body
    own = scopes(body, names, plan, ir.names(program.function.body[-1].value))
    maker = _Reverser(program, names, adjoints, plan, tapes, once, own)
    loops = () if call is None else (call,)
    gets, puts = maker.provided(call, 0, loops) if call else ({}, ())
    forward, backward = maker.block(body, loops)
    sweeps = ([*forward, *puts], maker.prelude(body, gets, loops), backward)
    return Sweeps(*(_by_iteration(sweep, maker.kept) for sweep in sweeps))


def _by_iteration(block: list, kept: dict[str, tuple]) -> tuple:
    """`block` with the number of the iteration, for each array of `kept`, before the other indices of its elements."""

    def longer(expr):
        if isinstance(expr, ir.Index) and isinstance(expr.base, ir.Name) and expr.base.id in kept:
            return replace(expr, index=(*kept[expr.base.id], *expr.index))
        return expr

    return tuple(ir.rewrite_statement(longer, s) for s in block)


@dataclass
class _Reverser:
    program: Scalarised
    names: Names
    adjoints: dict[int, Adjoint]
    plan: Plan
    tapes: Tapes
    once: frozenset[int]
    scopes: dict[int, list[str]]
    allocations: list = field(default_factory=list)  # of tapes, for the outermost loop being reversed
    recorded: list = field(default_factory=lambda: [[]])  # the tapes of each loop being reversed, outermost first
    kept: dict[str, tuple] = field(init=False)  # work array -> the number of the iteration, by loop

    def __post_init__(self):
        kept = {name for provides in self.plan.provides.values() for name, how in provides.items() if how == KEEP}
        self.kept = {name: tuple(map(iteration, self.tapes.work[name].loops)) for name in kept}

    # -- blocks and control flow -------------------------------------------------------------------------------

    def block(self, block: tuple, loops: tuple) -> tuple[list, list]:
        forward, backward = [], []
        for stmt in block:
            there, back = self.statement(stmt, loops)
            forward += there
            backward = [*back, *backward]
        return forward, backward

    def statement(self, stmt, loops: tuple) -> tuple[list, list]:
        match stmt:
            case ir.For() | ir.While():
                return self._loop(stmt, loops)
            case ir.If():
                return self._if(stmt, loops)
            case ir.Rebind():
                return self._rebind(stmt, loops)
            case ir.Unpack():
                return [stmt], self._swap_back(stmt)
            case ir.Alloc(target) if target in self.kept:
                return [], []
            case ir.View() | ir.Alloc() | ir.Effect():
                return [stmt], []
            case ir.Opaque(value=ir.Call("cuda.syncthreads")):
                return [stmt], [self._barrier(stmt)]
            case ir.Opaque() if is_recorded(stmt, self.names.active):
                return [forward_call(stmt, self.names)], list(self.adjoints[id(stmt)].block)
        return self._write(stmt, loops)

    def _barrier(self, stmt: ir.Opaque) -> ir.Opaque:
        """A barrier between threads, which may change cotangents too."""
        bars = tuple(self.names.bar(name) for name in sorted(self.names.given))
        call = replace(stmt.value, args=(*stmt.value.args, *map(ir.Name, bars)))
        return replace(stmt, value=call, changes=(*stmt.changes, *bars), comments=())

    def _if(self, stmt: ir.If, loops: tuple) -> tuple[list, list]:
        there, back = zip(*(self._nested(stmt, k, loops) for k in (0, 1)), strict=True)
        return [replace(stmt, body=there[0], orelse=there[1])], choice(stmt, *back)

    def _nested(self, stmt, k: int, loops: tuple) -> tuple[tuple, tuple]:
        """A nested block and its reverse, each with what its own variables need."""
        block = ir.blocks(stmt)[k]
        gets, puts = self.provided(stmt, k, loops)
        forward, backward = self.block(block, loops)
        if not backward:
            return tuple(forward), ()
        return (*forward, *puts), (*self.prelude(block, gets, loops), *backward)

    def provided(self, stmt, k: int, loops: tuple) -> tuple[dict[str, list], list]:
        """How the reverse of a nested block gets each of its own variables, and what the block does for them at its
        end: what is got first is put last."""
        block = ir.blocks(stmt)[k]
        provides = self.plan.provides.get((id(stmt), k), {})
        found = {name: self._provided(block, name, how, loops) for name, how in provides.items()}
        puts = [s for name in reversed(_in_order(block, provides)) for s in found[name][1]]
        return {name: get for name, (get, _) in found.items()}, puts

    def _loop(self, stmt, loops: tuple) -> tuple[list, list]:
        self.recorded.append([])
        forward, backward = self._nested(stmt, 0, (*loops, stmt))
        tapes = self.recorded.pop()
        before: list = []
        if not loops:
            before, self.allocations = self.allocations, []
        enter, leave = ([s for t in tapes for s in getattr(t, part)] for part in ("enter", "leave"))
        there = [*before, *enter, replace(stmt, body=forward), *leave]
        if not backward:  # an element that is recorded once is there again without the loop
            return there, [s for t in tapes if not t.put for s in t.back]
        return there, [*(s for t in tapes for s in t.back), *self._reversed(stmt, backward)]

    def _provided(self, block: tuple, name: str, how: str, loops: tuple) -> tuple[list, tuple]:
        """How the reversed block gets the value of `name`, and what the forward one does for it at its end."""
        if how == KEEP:
            self.allocations.append(self.tapes.work_array(name, first_store(block, name).loc))
            return [], ()
        found = next(s for s in ir.statements(block) if name in definitions(s))
        if how == RECOMPUTE:
            return [replace(found, comments=())], ()
        if name in self.names.roots:
            tape = self.tapes.array(name, loops, found.loc)
        else:
            tape = self.tapes.scalar(name, ir.Name(name), loops, found.loc)
        self._keep(tape)
        return list(tape.get), tape.put

    def _keep(self, tape: Tape) -> None:
        self.allocations += tape.allocate
        self.recorded[-1].append(tape)

    def prelude(self, block: tuple, gets: dict[str, list], loops: tuple) -> list:
        """What the reverse of `block` starts with, in the order of the block: the variables of the iteration, the
        views, and zero cotangents for the arrays that the block makes, as soon as their lengths are there."""
        out: list = []
        waiting: list = []
        for stmt in block:
            for name in [n for n in gets if n in _defined((stmt,))]:
                out += gets.pop(name)
            match stmt:
                case ir.View(target, value):
                    out += [replace(stmt, comments=())] if loops else []
                    out += self._view_of_cotangent(target, value, stmt.loc)
                case ir.Alloc() | ir.Custom() | ir.Opaque():
                    active = (self.names.active & self.names.roots.keys()) - self.names.given
                    waiting += [self.zeros(name, stmt.loc) for name in definitions(stmt) if name in active]
            ready = [alloc for alloc in waiting if not gets.keys() & reads(alloc)]
            out += ready
            waiting = [alloc for alloc in waiting if alloc not in ready]
        return out + [self.zeros(name, None) for name in self.scopes.get(id(block), ())]

    def _view_of_cotangent(self, target: str, value, loc) -> list:
        if target not in self.names.active:
            return []
        return [ir.View(self.names.bar(target), renamed_view(value, self.names.bar), loc)]

    def zeros(self, name: str, loc) -> ir.Alloc:
        """A zero cotangent for the array `name`."""
        return ir.Alloc(
            self.names.bar(name), self.names.dims(name), types.dtype_name(self.names.env[name]), "zeros", loc
        )

    def _reversed(self, stmt, body: tuple) -> list:
        if isinstance(stmt, ir.While):
            var = self.names.fresh("trip")
            bound = ir.Name(counter(stmt))
            return [ir.For(var, ZERO, bound, ONE, body, loc=stmt.loc)]
        if stmt.exit:
            trip = subtract(ir.Name(counter(stmt)), ONE)
            last = trip if stmt.step == ONE else ir.Op("*", (trip, stmt.step))
            start = last if stmt.start == ZERO else ir.Op("+", (stmt.start, last))
            _, stop, step = reversed_loop(stmt, self.program.values)
        else:
            start, stop, step = reversed_loop(stmt, self.program.values)
        return [ir.For(stmt.var, start, stop, step, body, loc=stmt.loc)]

    # -- single statements -------------------------------------------------------------------------------------

    def _write(self, stmt, loops: tuple) -> tuple[list, list]:
        found = self.adjoints.get(id(stmt), NOTHING)
        if id(stmt) not in self.plan.saves:
            return [stmt], list(found.block)
        if isinstance(stmt, ir.Assign) and is_step(stmt, self.names.env):
            return [stmt], [_step_back(stmt), *found.block]
        if id(stmt) in self.plan.copies:
            restored = ir.Assign(stmt.target, ir.Name(self.plan.copies[id(stmt)]), stmt.loc)
            return [stmt], [*found.block, restored] if found.after else [restored, *found.block]
        place = ir.Name(stmt.target) if isinstance(stmt, ir.Assign) else stmt.target
        name = place.id if isinstance(place, ir.Name) else place.base.id
        if id(stmt) in self.once and len(loops) > 1 and not found.after:
            self._keep_once(name, place, loops, stmt.loc)
            return [stmt], list(found.block)
        tape = self.tapes.scalar(name, place, loops, stmt.loc)
        self._keep(tape)
        back = [*found.block, *tape.get] if found.after else [*tape.get, *found.block]
        return [*tape.put, stmt], back

    def _keep_once(self, name: str, place: ir.Index, loops: tuple, loc) -> None:
        """Records an element before the innermost loop. Where that has no iteration there may be no such element."""
        *_, inner = loops
        runs = ir.Op(">", (inner.stop, inner.start))
        tape = self.tapes.scalar(name, place, loops[:-1], loc)
        put, get = (ir.If(runs, stmts, (), loc) for stmts in (tape.put, tape.get))
        self.allocations += tape.allocate
        self.recorded[-1].append(Tape((), (), (), enter=(put,), back=(get,)))
        self.recorded[-2].append(tape)

    def _rebind(self, stmt: ir.Rebind, loops: tuple) -> tuple[list, list]:
        """The cotangent moves with the array; the array that the name had before gets a new one."""
        target, source, active = stmt.target, stmt.source, stmt.target in self.names.active
        back: list = [ir.Rebind(source, target, loc=stmt.loc)]
        put: tuple = ()
        if active:
            back.append(ir.Rebind(self.names.bar(source), self.names.bar(target), loc=stmt.loc))
        if id(stmt) in self.plan.saves:
            tape = self.tapes.array(target, loops, stmt.loc)
            self._keep(tape)
            put = tape.put
            back += tape.get
        if active and target not in self.names.given:
            back.append(self.zeros(target, stmt.loc))
        return [*put, stmt], back

    def _swap_back(self, stmt: ir.Unpack) -> list:
        """The inverse permutation, of the arrays and of their cotangents."""
        targets, values = stmt.targets, stmt.value.items
        back = [replace(stmt, targets=tuple(values), value=ir.Tuple(tuple(targets)), comments=())]
        # All names that one memory gets in turn are active, or none of them.
        after, before = (self._cotangents(side) for side in (values, targets))
        if after:
            back.append(ir.Unpack(after, ir.Tuple(before), stmt.loc))
        return back

    def _cotangents(self, names: tuple) -> tuple[ir.Name, ...]:
        return tuple(ir.Name(self.names.bar(n.id)) for n in names if n.id in self.names.active)


def _defined(block: tuple) -> set[str]:
    return {d for s in ir.statements(block) for d in definitions(s)}


def _in_order(block: tuple, names: dict) -> list[str]:
    """`names` as `block` gives them a value first, a statement after the other."""
    order: dict[str, None] = {}
    for stmt in block:
        order |= dict.fromkeys(name for name in names if name in _defined((stmt,)))
    return list(order)


def first_store(block: tuple, name: str) -> ir.Store:
    """The first statement of `block`, or nested in it, that stores an element of the array."""
    return next(s for s in ir.statements(block) if isinstance(s, ir.Store) and s.target.base == ir.Name(name))


def choice(stmt: ir.If, body: tuple, orelse: tuple) -> list:
    """The reverse of a branch, whose blocks have these reverses."""
    if not body and not orelse:
        return []
    if not body:
        return [ir.If(ir.Op("not", (stmt.test,)), orelse, (), stmt.loc)]
    return [ir.If(stmt.test, body, orelse, stmt.loc)]


def _step_back(stmt: ir.Assign) -> ir.Assign:
    back = {"+": "-", "-": "+", "neg": "neg"}
    return replace(stmt, value=replace(stmt.value, op=back[stmt.value.op]), comments=())


def scopes(block: tuple, names: Names, plan: Plan, returned: frozenset) -> dict[int, list[str]]:
    """For each block (by `id`) the active array names that move between arrays and have to be given a zero cotangent
    where the reverse of the block starts: the smallest blocks that contain every use and are not entered with a
    value. The cotangents of what is `returned` are given before."""
    found: dict[int, list[str]] = {}
    moved = {d for s in ir.statements(block) if isinstance(s, (ir.Rebind, ir.Unpack)) for d in definitions(s)}
    for name in sorted(moved & names.active - names.params - names.given):
        for scope in (block,) if name in returned else _scopes(block, name, plan):
            found.setdefault(id(scope), []).append(name)
    return found


def _scopes(block: tuple, name: str, plan: Plan) -> Iterator[tuple]:
    users = [s for s in block if mentions(s, name)]
    if len(users) > 1 or not _is_entered_without(users[0], name, plan):
        yield block
        return
    for inner in ir.blocks(users[0]):
        if any(mentions(s, name) for s in inner):
            yield from _scopes(inner, name, plan)


def _is_entered_without(stmt, name: str, plan: Plan) -> bool:
    """Whether the blocks of a branch or a loop give `name` a value before they read it, and nothing else in it does."""
    if not isinstance(stmt, (ir.If, ir.For, ir.While)) or any(name in ir.names(e) for e in ir.expressions(stmt)):
        return False
    return isinstance(stmt, ir.If) or name not in plan.heads[id(stmt)]
