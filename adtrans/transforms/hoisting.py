"""Expressions without the calls and assignments in them, which become statements, in Python's order."""

from __future__ import annotations

from dataclasses import dataclass, replace

from adtrans import ir
from adtrans.errors import UnsupportedError
from adtrans.names import assigned_in, fresh
from adtrans.transforms.folding import effects, folded
from adtrans.transforms.knowledge import Knowledge, only_known


@dataclass(frozen=True)
class Hoisted:
    """Statements to run first, and what is left: an expression, or several, without calls of user functions."""

    before: tuple
    expr: object
    writes: bool = False  # whether the statements may write to an array that is not theirs


def hoisted(value: Hoisted) -> tuple:
    return value.before, value.expr


class Hoisting:
    """Subclassed by what knows how to replace a call (`_call`); `taken` are the names in use."""

    taken: set[str]
    known: Knowledge

    def _call(self, call, for_effect: bool = False) -> Hoisted:
        raise NotImplementedError

    def _rewritten(self, stmt) -> tuple:
        """A statement without nested ones, after the statements that its calls become."""
        if not any(map(to_hoist, evaluated(stmt))):
            return (stmt,)
        match stmt:
            case ir.AugAssign(ir.Index()):
                return self._accumulate(stmt)
            case ir.Assign(_, ir.Call("list.pop") as call) | ir.Effect(ir.Call("list.pop") as call):
                args = self._all(call.args)
                return (*args.before, replace(stmt, value=replace(call, args=args.expr)))
            case ir.AugAssign(ir.Name() as target, op, value) if target.id in _assigned(value):
                stmt = ir.Assign(target.id, ir.Op(op, (target, value), stmt.loc), stmt.loc)
            case ir.Unpack(targets) if any(map(to_hoist, targets)):
                raise UnsupportedError(
                    "a call in a target of an unpacking is not supported", stmt.loc, "Give its result a name first."
                )
        values = self._all(evaluated(stmt))
        return (*values.before, with_evaluated(stmt, values.expr))

    def _accumulate(self, stmt: ir.AugAssign) -> tuple:
        """`a[i] += f(a)` reads `a[i]` before the call; `np.add.at(a, i, f(a))` after it."""
        place, value = self._all((stmt.target.base, *stmt.target.index)), self._hoist(stmt.value)
        before = list(place.before)
        parts = self._kept(place.expr, value, before)
        target = replace(stmt.target, base=parts[0], index=tuple(parts[1:]))
        if not value.writes or stmt.each:
            return (*before, *value.before, replace(stmt, target=target, value=value.expr))
        old = fresh("kept", self.taken)
        before.append(ir.Assign(old, target, stmt.loc))
        total = ir.Op(stmt.op, (ir.Name(old, stmt.loc), value.expr), stmt.loc)
        return (*before, *value.before, ir.Store(target, total, stmt.loc))

    def _hoist(self, expr) -> Hoisted:
        """`expr` without its calls."""
        if not to_hoist(expr):
            return Hoisted((), expr)
        match expr:
            case ir.UserCall() | ir.Apply():
                return self._call(expr)
            case ir.Call("list.pop"):
                return self._popped(expr)
            case ir.Walrus(target, value):
                return self._assigned(target, self._hoist(value), expr.loc)
            case ir.FunctionValue():
                return self._function(expr)
            case ir.Op("and" | "or" as op, (left, right)) if to_hoist(right):
                name = fresh("test", self.taken)
                test = ir.Name(name, expr.loc)
                test = test if op == "and" else ir.Op("not", (test,), expr.loc)
                return self._branches(name, self._hoist(left), test, (right, None), expr.loc)
            case ir.IfExp(test, body, orelse) if to_hoist(body) or to_hoist(orelse):
                name, test = fresh("chosen", self.taken), self._hoist(test)
                return self._branches(name, replace(test, expr=None), test.expr, (body, orelse), expr.loc)
        parts = self._all(tuple(ir.children(expr)))
        new = iter(parts.expr)
        return replace(parts, expr=folded(ir.map_children(lambda _: next(new), expr)))

    def _popped(self, expr: ir.Call) -> Hoisted:
        """The item that leaves a list, under a name."""
        args, name = self._all(expr.args), ir.Name(fresh("popped", self.taken), expr.loc)
        pop = ir.Assign(name.id, replace(expr, args=args.expr), expr.loc)
        return Hoisted((*args.before, pop), name, True)

    def _assigned(self, target: str, value: Hoisted, loc) -> Hoisted:
        if only_known(value.expr):
            raise UnsupportedError(":= of this value is not supported", loc, "Assign it on a line of its own.")
        self.known.forget((target,))
        return replace(value, before=(*value.before, ir.Assign(target, value.expr, loc)), expr=ir.Name(target, loc))

    def _function(self, expr: ir.FunctionValue) -> Hoisted:
        """A function value; its defaults and arguments are evaluated now, and kept."""
        values = self._all(tuple(ir.children(expr)))
        before = list(values.before)
        new = iter([item if _is_constant(item) else self._named(item, before) for item in values.expr])
        kept = replace(ir.map_children(lambda _: next(new), expr), kept=True)
        return replace(values, before=tuple(before), expr=kept)

    def _branches(self, name: str, start: Hoisted, test, sides: tuple, loc) -> Hoisted:
        """`name` assigned from `start`, if that has a value, and then from the side of `test` that is taken."""
        before, writes = list(start.before), start.writes
        if start.expr is not None:
            before.append(ir.Assign(name, start.expr, loc))
        blocks = []
        for side in sides:
            value = Hoisted((), None) if side is None else self._hoist(side)
            assign = () if side is None else (ir.Assign(name, value.expr, loc),)
            blocks.append((*value.before, *assign))
            writes = writes or value.writes
        before.append(ir.If(test, *blocks, loc))
        return Hoisted(tuple(before), ir.Name(name, loc), writes)

    def _all(self, exprs: tuple) -> Hoisted:
        """`exprs`, evaluated from left to right."""
        before, done, writes = [], [], False
        for expr in exprs:
            value = self._hoist(expr)
            done = self._kept(done, value, before)
            before += value.before
            done.append(value.expr)
            writes = writes or value.writes
        return Hoisted(tuple(before), tuple(done), writes)

    def _kept(self, exprs, later: Hoisted, before: list) -> list:
        """`exprs`, evaluated now where the statements of `later` would change them."""
        rebound = assigned_in(later.before)
        return [self._keep(e, later.writes, rebound, before) if later.before else e for e in exprs]

    def _keep(self, expr, writes: bool, rebound: set[str], before: list):
        """`expr` evaluated now: assigned to a temporary, unless what comes cannot change it. (An array is the same
        array after it is written to.)"""
        if not ir.names(expr) & rebound:
            match expr:
                case ir.Name() | ir.Const() | ir.DType() | ir.NewAxis() | ir.Dots() | ir.Attr(ir.Name()):
                    return expr
            if not writes:
                return expr
        match expr:
            case ir.Slice() | ir.Tuple():
                return ir.map_children(lambda e: self._keep(e, writes, rebound, before), expr)
            case ir.FunctionValue():
                return expr
        return self._named(expr, before)

    def _named(self, expr, before: list) -> ir.Name:
        name = fresh("kept", self.taken)
        before.append(ir.Assign(name, expr, expr.loc))
        return ir.Name(name, expr.loc)


def to_hoist(expr) -> bool:
    """Whether there is anything in `expr` that has to become a statement."""
    return any(effects(e) or (isinstance(e, ir.FunctionValue) and not e.kept) for e in ir.walk(expr))


def _is_constant(expr) -> bool:
    match expr:
        case ir.Tuple(items):
            return all(map(_is_constant, items))
    return isinstance(expr, (ir.Const, ir.DType, ir.FunctionValue))


def _assigned(expr) -> set[str]:
    return {e.target for e in ir.walk(expr) if isinstance(e, ir.Walrus)}


def evaluated(stmt) -> tuple:
    """The expressions that `stmt` itself evaluates, in Python's order."""
    match stmt:
        case ir.Store(target, value):
            return (value, target.base, *target.index)
        case ir.AugAssign(ir.Index(base, index), _, value):
            return (base, *index, value)
        case ir.AugAssign(_, _, value):
            return (value,)
        case ir.Unpack(targets, value):
            return (value, *targets)
    return ir.expressions(stmt)


def with_evaluated(stmt, new: tuple):
    """`stmt` with those expressions replaced."""
    match stmt:
        case ir.Store(target):
            return replace(stmt, value=new[0], target=replace(target, base=new[1], index=new[2:]))
        case ir.For():
            return replace(stmt, start=new[0], stop=new[1], step=new[2])
    return replace(stmt, value=new[0])
