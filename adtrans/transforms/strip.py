"""A loop over independent iterations that do not vectorise inside as a loop over blocks of iterations side by side.

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

A work array, which each iteration fills for itself, gets an axis for the iterations of a block; what is the same in all
of them is done once. (Strip-mining, scalar and array expansion, distribution and interchange: Allen and Kennedy 2001,
chapter 5.)
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import reduce

from adtrans import ir, types
from adtrans.analyses.facts import Facts, facts
from adtrans.analyses.iterations import ONE, ZERO, sums
from adtrans.analyses.liveness import live_in
from adtrans.analyses.strips import SideBySide, side_by_side
from adtrans.passes import optimising
from adtrans.transforms.flatten import is_costly
from adtrans.transforms.lazy import add, product

LANES = 256  # iterations in a block: a few arrays of so many numbers stay in the first-level cache


@optimising
def strip(block: tuple, env: types.Env, values: dict) -> tuple:
    """`block` with each independent loop strip-mined that does not vectorise inside. Sums change their order.
    `env` gets the types of new names."""
    known = facts(block, env, values)
    widened: set[int] = set()
    return _without(_block(block, known, widened), widened)


def _block(block: tuple, known: Facts, widened: set[int]) -> tuple:
    """`block` with loops strip-mined; `widened` gets the allocations (by `id`) of the work arrays that they had."""
    out: list = []
    for stmt in block:
        found = side_by_side(stmt, known) if isinstance(stmt, ir.For) and _may_gain(stmt, known) else None
        if found is not None and _vectorises(stmt, found):
            out += _Strip(stmt, known, found).statements()
            widened |= {id(known.allocations[name]) for name in found.work}
        else:
            out.append(ir.with_blocks(stmt, *(_block(b, known, widened) for b in ir.blocks(stmt))))
    return tuple(out)


def _without(block: tuple, dropped: set[int]) -> tuple:
    kept = (s for s in block if id(s) not in dropped)
    return tuple(ir.with_blocks(s, *(_without(b, dropped) for b in ir.blocks(s))) for s in kept)


def _may_gain(loop: ir.For, known: Facts) -> bool:
    """Whether an innermost loop vectorises badly by itself: it hands a number from one iteration to the next, other
    than by a sum, or it is often short, as its length differs from one iteration of a loop around it to the next."""
    inner = [s for s in ir.statements(loop.body) if isinstance(s, ir.For)]
    counters = {s.var for s in inner}
    return any(_is_recurrence(s, known) or _varies_with(s, counters) for s in inner if _depth(s) == 0)


def _depth(loop: ir.For) -> int:
    """How many loops are nested in `loop`."""
    inner = [s for b in _nested_blocks(loop) for s in b if isinstance(s, ir.For)]
    return max((1 + _depth(s) for s in inner), default=0)


def _nested_blocks(stmt):
    """The blocks in `stmt`, but for those of loops in it."""
    for block in ir.blocks(stmt):
        yield block
        for s in block:
            if not isinstance(s, ir.For):
                yield from _nested_blocks(s)


def _is_recurrence(loop: ir.For, known: Facts) -> bool:
    carried = known.bindings(*loop.body) & live_in(loop.body) - sums(loop.body)
    return any(types.is_float(known.env[n]) for n in carried if n in known.env)


def _varies_with(loop: ir.For, names: set) -> bool:
    return any(ir.names(e) & names for e in ir.expressions(loop))


def _vectorises(loop: ir.For, found: SideBySide) -> bool:
    """Whether the most deeply nested loops are arithmetic on elements that lie side by side for successive iterations
    of `loop`, or are the same for all."""
    depth = _depth(loop)
    return all(_is_lane_arithmetic(s, loop.var, found) for s in _at_depth(loop, depth)) if depth else False


def _at_depth(loop: ir.For, depth: int) -> list:
    """The loops that `depth` loops, `loop` the outermost of them, are nested around."""
    if depth == 0:
        return [loop]
    inner = (s for b in _nested_blocks(loop) for s in b if isinstance(s, ir.For))
    return [x for s in inner for x in _at_depth(s, depth - 1)]


def _is_lane_arithmetic(inner: ir.For, var: str, found: SideBySide) -> bool:
    for stmt in ir.statements(inner.body):
        if not isinstance(stmt, (ir.Assign, ir.Store, ir.AugAssign)):
            return False
        places = [stmt.target] if isinstance(stmt, ir.Store) else []
        for expr in (e for x in (*ir.expressions(stmt), *places) for e in ir.walk(x)):
            if is_costly(expr) or (isinstance(expr, ir.Op) and expr.op in ("//", "%")):
                return False
            if isinstance(expr, ir.Index) and isinstance(expr.base, ir.Name) and not _lies_well(expr, var, found):
                return False
    return True


def _lies_well(place: ir.Index, var: str, found: SideBySide) -> bool:
    """Whether successive iterations have the same element, or neighbours in memory."""
    if place.base.id in found.work:
        return not found.varies(*place.index)
    *others, last = place.index
    return not found.varies(*others) and (last == ir.Name(var) or not found.varies(last))


@dataclass
class _Strip:
    loop: ir.For
    known: Facts
    found: SideBySide
    before: list = field(default_factory=list)  # what goes before the loop
    parts: dict[str, str] = field(default_factory=dict)  # array -> name of its part for the block
    lanes_of: dict[str, str] = field(default_factory=dict)  # scalar -> the array that it becomes

    def __post_init__(self):
        self.start = self.fresh(f"{self.loop.var}_start")
        self.lane, self.lanes = self.fresh("lane"), self.fresh("lanes")
        self.own = (self.known.bindings(*self.loop.body) & self.found.varying) - sums(self.loop.body)
        self.written = self.known.written(self.loop.body)

    def fresh(self, base: str, t=types.types.int64) -> str:
        return self.known.fresh(base, t)

    def statements(self) -> list:
        """The blocked loop, after the arrays that it needs."""
        width = self.widen() if self.found.work else ir.Const(LANES)
        for name in self.crossing():
            self.expand(name, width)
        body = self.block(self.loop.body)
        start, stop = self.loop.start, self.loop.stop
        if self.loop.step != ONE:
            start, stop = add(stop, ONE), add(start, ONE)
        rest = ir.Op("-", (stop, ir.Name(self.start)))
        head = [ir.Assign(self.lanes, ir.Call("min", (width, rest)), self.loop.loc), *self.views()]
        new = replace(self.loop, var=self.start, start=start, stop=stop, step=width, body=(*head, *body))
        return [*self.before, new]

    def widen(self) -> ir.Name:
        """Makes the work arrays with a last axis for the iterations of a block; gives their number."""
        width = self.fresh("width")
        allocations = [self.known.allocations[name] for name in sorted(self.found.work)]
        elements = reduce(add, (product(alloc.shape) for alloc in allocations))
        self.before.append(ir.Assign(width, ir.Call("helper.lanes", (elements,)), self.loop.loc))
        for alloc in allocations:
            t = self.known.env[alloc.target]
            self.known.env[alloc.target] = types.array_type(types.dtype_of(t), t.ndim + 1)
            self.before.append(replace(alloc, shape=(*alloc.shape, ir.Name(width))))
        return ir.Name(width)

    def crossing(self) -> list[str]:
        """The scalars that are handed from one group to another, or from one run of a group to the next."""
        return sorted(self.own & frozenset().union(*map(live_in, self.all_groups(self.loop.body))))

    def expand(self, name: str, width) -> None:
        """Makes an array for a scalar that each iteration hands from one inner loop to another."""
        t = self.known.env[name]
        self.lanes_of[name] = self.fresh(f"{name}_lanes", types.array_type(t, 1))
        self.before.append(ir.Alloc(self.lanes_of[name], (width,), types.dtype_name(t), loc=self.loop.loc))

    def views(self) -> list:
        end = ir.Op("+", (ir.Name(self.start), ir.Name(self.lanes)))
        cut = ir.Slice(ir.Name(self.start), end)
        return [ir.View(part, ir.Index(ir.Name(name), (cut,)), self.loop.loc) for name, part in self.parts.items()]

    def block(self, block: tuple) -> tuple:
        """`block` for all iterations of the block of them: inner loops outermost."""
        out: list = []
        for group in self.groups(block):
            if isinstance(group, tuple):
                out += self.side_by_side(group)
            elif self.found.is_same(group):
                out.append(group)
            else:
                out.append(replace(group, body=self.block(group.body)))
        return tuple(out)

    def groups(self, block: tuple) -> list:
        """The loops of `block`, the statements that do the same in all lanes, and the runs of others as tuples."""
        out: list = []
        for stmt in block:
            if isinstance(stmt, ir.For) or self.found.is_same(stmt):
                out.append(stmt)
            elif out and isinstance(out[-1], tuple):
                out[-1] = (*out[-1], stmt)
            else:
                out.append((stmt,))
        return out

    def all_groups(self, block: tuple):
        """The runs of statements that differ between lanes, nested ones too."""
        for group in self.groups(block):
            if isinstance(group, tuple):
                yield group
            elif isinstance(group, ir.For):
                yield from self.all_groups(group.body)

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
            case ir.Index(ir.Name(name), index) if name in self.found.work:
                return replace(expr, index=(*index, ir.Name(self.lane)))
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
        arrays = any(isinstance(e, ir.Index) for item in index for e in ir.walk(item))
        return not arrays and not self.found.varies(*index)
