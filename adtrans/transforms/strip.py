"""A loop over independent iterations, each of which runs a recurrence, as a loop over blocks of iterations that run
the recurrence side by side: it vectorises.

    for i in range(n):                      for i_start in range(0, n, 256):
        p = 0.0                                 lanes = min(256, n - i_start)
        for k in range(d):                      x_part = x[i_start:i_start + lanes]
            p = p * x[i] + c[k]                 for lane in range(lanes):
        total += p                                  p_lanes[lane] = 0.0
                                                for k in range(d):
                                                    for lane in range(lanes):
                                                        p_lanes[lane] = p_lanes[lane] * x_part[lane] + c[k]
                                                for lane in range(lanes):
                                                    total += p_lanes[lane]

(Strip-mining, scalar expansion, distribution and interchange: Allen and Kennedy 2001, chapter 5.)
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field, replace

from adtrans import ir, types
from adtrans.analyses.facts import Facts, facts
from adtrans.analyses.iterations import ONE, ZERO, sums
from adtrans.analyses.liveness import definitions, live_in
from adtrans.analyses.memory import READ
from adtrans.analyses.strips import is_independent
from adtrans.transforms.flatten import is_costly
from adtrans.transforms.lazy import add

LANES = 256  # iterations in a block: a few arrays of so many numbers stay in the first-level cache


def strip(block: tuple, env: types.Env, values: dict) -> tuple:
    """`block` with each independent loop around a recurrence strip-mined. Sums change their order. `env` gets the types
    of new names."""
    known = facts(block, env, values)
    return _block(block, known)


def _block(block: tuple, known: Facts) -> tuple:
    out: list = []
    for stmt in block:
        if isinstance(stmt, ir.For) and _gains(stmt, known) and is_independent(stmt, known):
            out += _Strip(stmt, known).statements()
        else:
            out.append(ir.with_blocks(stmt, *(_block(b, known) for b in ir.blocks(stmt))))
    return tuple(out)


def _gains(loop: ir.For, known: Facts) -> bool:
    """Whether an inner loop hands a number from one iteration to the next, other than by a sum, and would vectorise
    over the iterations of `loop`."""
    inner = [s for s in ir.statements(loop.body) if isinstance(s, ir.For)]
    innermost = [s for s in inner if not any(isinstance(x, ir.For) for x in ir.statements(s.body))]
    return any(_is_recurrence(s, known) for s in innermost) and all(_vectorises(s, loop.var) for s in inner)


def _is_recurrence(loop: ir.For, known: Facts) -> bool:
    carried = known.bindings(*loop.body) & live_in(loop.body) - sums(loop.body)
    return any(types.is_float(known.env[n]) for n in carried if n in known.env)


def _vectorises(inner: ir.For, var: str) -> bool:
    """Whether the body of an inner loop is arithmetic on elements that lie side by side for successive `var`."""
    for stmt in ir.statements(inner.body):
        if not isinstance(stmt, (ir.Assign, ir.Store, ir.AugAssign, ir.For)):
            return False
        places = [stmt.target] if isinstance(stmt, ir.Store) else []
        for expr in (e for x in (*ir.expressions(stmt), *places) for e in ir.walk(x)):
            if is_costly(expr) or (isinstance(expr, ir.Op) and expr.op in ("//", "%")):
                return False
            if isinstance(expr, ir.Index) and any(var in ir.names(item) for item in expr.index[:-1]):
                return False
            if isinstance(expr, ir.Index) and var in ir.names(expr.index[-1]) and expr.index[-1] != ir.Name(var):
                return False
    return True


@dataclass
class _Strip:
    loop: ir.For
    known: Facts
    before: list = field(default_factory=list)  # what goes before the loop
    parts: dict[str, str] = field(default_factory=dict)  # array -> name of its part for the block
    lanes_of: dict[str, str] = field(default_factory=dict)  # scalar -> the array that it becomes

    def __post_init__(self):
        self.start = self.fresh(f"{self.loop.var}_start")
        self.lane, self.lanes = self.fresh("lane"), self.fresh("lanes")
        self.inner = {s.var for s in ir.statements(self.loop.body) if isinstance(s, ir.For)}
        self.own = self.known.bindings(*self.loop.body) - self.inner - sums(self.loop.body)
        owner, accesses = self.known.memory.owner, self.known.memory.accesses(self.loop.body)
        changed = {owner[a.name] for a in accesses if a.kind != READ}
        self.written = {name for name in owner if owner[name] in changed}

    def fresh(self, base: str, t=types.types.int64) -> str:
        return self.known.fresh(base, t)

    def statements(self) -> list:
        """The blocked loop, after the arrays that it needs."""
        for name in _crossing(self.loop.body, self.own):
            self.expand(name)
        body = self.block(self.loop.body)
        start, stop = self.loop.start, self.loop.stop
        if self.loop.step != ONE:
            start, stop = add(stop, ONE), add(start, ONE)
        rest = ir.Op("-", (stop, ir.Name(self.start)))
        head = [ir.Assign(self.lanes, ir.Call("min", (ir.Const(LANES), rest)), self.loop.loc), *self.views()]
        new = replace(self.loop, var=self.start, start=start, stop=stop, step=ir.Const(LANES), body=(*head, *body))
        return [*self.before, new]

    def expand(self, name: str) -> None:
        """Makes an array for a scalar that each iteration hands from one inner loop to another."""
        t = self.known.env[name]
        self.lanes_of[name] = self.fresh(f"{name}_lanes", types.array_type(t, 1))
        self.before.append(ir.Alloc(self.lanes_of[name], (ir.Const(LANES),), types.dtype_name(t), loc=self.loop.loc))

    def views(self) -> list:
        end = ir.Op("+", (ir.Name(self.start), ir.Name(self.lanes)))
        cut = ir.Slice(ir.Name(self.start), end)
        return [ir.View(part, ir.Index(ir.Name(name), (cut,)), self.loop.loc) for name, part in self.parts.items()]

    def block(self, block: tuple) -> tuple:
        """`block` for all iterations of the block of them: inner loops outermost."""
        out: list = []
        for group in _groups(block):
            if isinstance(group, ir.For):
                out.append(replace(group, body=self.block(group.body)))
            else:
                out += self.side_by_side(group)
        return tuple(out)

    def side_by_side(self, group: tuple) -> list:
        hoisted: dict = {}
        body = tuple(self.statement(s, hoisted) for s in group)
        before = [ir.Assign(name, place, place.loc) for place, name in hoisted.items()]
        return [*before, ir.For(self.lane, ZERO, ir.Name(self.lanes), ONE, body, loc=group[0].loc)]

    def statement(self, stmt, hoisted: dict | None):
        """`stmt` for one lane; elements that it always reads, and that are the same in all lanes, are `hoisted`."""
        stmt = ir.with_blocks(stmt, *(tuple(self.statement(s, None) for s in b) for b in ir.blocks(stmt)))
        target = getattr(stmt, "target", None)
        value = stmt.test if isinstance(stmt, ir.If) else stmt.value
        if hoisted is not None:
            value = self.hoist(value, hoisted)
        value = ir.rewrite(self.expression, value)
        if isinstance(stmt, ir.If):
            return replace(stmt, test=value)
        if not isinstance(target, str):
            return replace(stmt, target=ir.rewrite(self.expression, target), value=value)
        if target in self.lanes_of:
            return ir.Store(self.lane_of(target), value, stmt.loc, stmt.comments)
        return replace(stmt, value=value)

    def lane_of(self, name: str) -> ir.Index:
        return ir.Index(ir.Name(self.lanes_of[name]), (ir.Name(self.lane),))

    def expression(self, expr):
        """An expression whose parts are those of one lane already."""
        iteration = ir.Op("+", (ir.Name(self.start), ir.Name(self.lane)))
        match expr:
            case ir.Name(name) if name in self.lanes_of:
                return self.lane_of(name)
            case ir.Name(name) if name == self.loop.var:
                return iteration
            case ir.Index(ir.Name(name), (first, *rest)) if first == iteration:
                return ir.Index(ir.Name(self.part(name)), (ir.Name(self.lane), *rest), expr.loc)
            case ir.Index(ir.Name(), index):  # the loop variable is never negative
                marked = (ir.Call("np.uint64", (i,)) if i == iteration else i for i in index)
                return replace(expr, index=tuple(marked))
        return expr

    def part(self, name: str) -> str:
        """The name for the elements of `name` that belong to the block."""
        if name not in self.parts:
            self.parts[name] = self.fresh(f"{name}_part", self.known.env[name])
        return self.parts[name]

    def hoist(self, expr, hoisted: dict):
        match expr:
            case ir.IfExp(test):
                return replace(expr, test=self.hoist(test, hoisted))
            case ir.Op("and" | "or", (first, second)):
                return replace(expr, args=(self.hoist(first, hoisted), second))
            case ir.Index(ir.Name(name), index) if name not in self.written and self.is_same(index):
                if expr not in hoisted:
                    hoisted[expr] = self.fresh(f"{name}_item", types.dtype_of(self.known.env[name]))
                return ir.Name(hoisted[expr])
        return ir.map_children(lambda e: self.hoist(e, hoisted), expr)

    def is_same(self, index: tuple) -> bool:
        """Whether an index is the same in all lanes."""
        found = set().union(*map(ir.names, index))
        arrays = any(isinstance(e, ir.Index) for item in index for e in ir.walk(item))
        return not arrays and not found & (self.own | {self.loop.var} | self.known.memory.arrays)


def _groups(block: tuple) -> list:
    """The loops of `block`, and the runs of other statements between them as tuples."""
    out: list = []
    for stmt in block:
        if isinstance(stmt, ir.For):
            out.append(stmt)
        elif out and isinstance(out[-1], tuple):
            out[-1] = (*out[-1], stmt)
        else:
            out.append((stmt,))
    return out


def _all_groups(block: tuple):
    for group in _groups(block):
        if isinstance(group, ir.For):
            yield from _all_groups(group.body)
        else:
            yield group


def _crossing(block: tuple, own: frozenset) -> list[str]:
    """The scalars that are used in more than one group, or handed from one run of a group to the next."""
    count: Counter = Counter()
    carried: set = set()
    for group in _all_groups(block):
        stmts = list(ir.statements(group))
        read = (ir.names(e) for s in stmts for e in ir.expressions(s))
        count.update(set().union(*map(definitions, stmts), *read))
        carried |= live_in(group)
    return sorted(n for n in own if count[n] > 1 or n in carried)
