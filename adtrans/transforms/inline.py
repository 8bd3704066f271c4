"""The bodies of a user's helper functions in place of their calls."""

from __future__ import annotations

from dataclasses import dataclass, replace

from adtrans import ir
from adtrans.analyses.sharing import sharing, written
from adtrans.errors import Loc, SourceError, UnsupportedError
from adtrans.names import RESERVED, fresh, used
from adtrans.parse import parse, plain
from adtrans.transforms.binding import bind, fold, paste
from adtrans.transforms.jumps import jumps


def inline(function: ir.Function) -> ir.Function:
    """`function` without `UserCall` and `Effect`; its jumps are gone as well (`jumps`).

    Locals of a helper `h` are called `h_x`. Arrays are passed by reference, as Python does; what was evaluated
    before a call that writes to an array still is.

    Raises: UnsupportedError for recursion, and where the result of a helper that returns none is used;
    ArgumentError at a call whose arguments do not fit.
    """
    hiding = sorted(RESERVED.intersection(function.params))
    if hiding:
        loc = Loc(function.file, function.line, 1, function.line, 1)
        raise UnsupportedError(
            f"the parameter {hiding[0]} hides a name that generated code uses", loc, "Give it another name."
        )
    return _Inliner(function, (), {}).run()


@dataclass(frozen=True)
class _Hoisted:
    """Statements to run first, and what is left: an expression, or several, without calls of user functions."""

    before: tuple
    expr: object
    writes: bool = False  # whether the statements may write to an array that is not theirs, or draw random numbers


class _Inliner:
    """One function's calls replaced; `callers` are the functions being inlined around it, `known` those done."""

    def __init__(self, function: ir.Function, callers: tuple, known: dict):
        self.function, self.callers, self.known = jumps(function), callers, known
        self.taken = used(self.function)
        self.constants = dict(function.constants)

    def run(self) -> ir.Function:
        return replace(self.function, body=self._block(self.function.body), constants=self.constants)

    def _block(self, block: tuple) -> tuple:
        return tuple(new for stmt in block for new in self._statement(stmt))

    def _statement(self, stmt) -> tuple:
        stmt = ir.with_blocks(stmt, *(self._block(inner) for inner in ir.blocks(stmt)))
        if not any(map(_calls, _evaluated(stmt))):
            return (stmt,)
        first, *rest = self._rewritten(replace(stmt, comments=())) or (None,)
        return (replace(first, comments=stmt.comments + first.comments), *rest) if first else ()

    def _rewritten(self, stmt) -> tuple:
        match stmt:
            case ir.Effect(ir.UserCall() as value):
                return self._call(value, for_effect=True).before
            case ir.While():
                return self._while(stmt)
            case ir.AugAssign(ir.Index()):
                return self._accumulate(stmt)
            case ir.Unpack(targets) if any(map(_calls, targets)):
                raise UnsupportedError(
                    "a call in a target of an unpacking is not supported", stmt.loc, "Give its result a name first."
                )
        values = self._all(_evaluated(stmt))
        return (*values.before, _with_evaluated(stmt, values.expr))

    def _while(self, stmt: ir.While) -> tuple:
        """The test's statements run before the loop, and again after each iteration that does not leave it."""
        test = self._hoist(stmt.test)
        again = test.before
        if stmt.exit:
            stay = ir.Op("not", (ir.Name(stmt.exit, stmt.loc),), stmt.loc)
            again = (ir.If(stay, again, (), stmt.loc),)
        return (*test.before, replace(stmt, test=test.expr, body=(*stmt.body, *again)))

    def _accumulate(self, stmt: ir.AugAssign) -> tuple:
        """`a[i] += f(a)` reads `a[i]` before the call."""
        place, value = self._all((stmt.target.base, *stmt.target.index)), self._hoist(stmt.value)
        before = list(place.before)
        parts = [self._keep(part, before) for part in place.expr] if value.writes else place.expr
        target = replace(stmt.target, base=parts[0], index=tuple(parts[1:]))
        if not value.writes:
            return (*before, *value.before, replace(stmt, target=target, value=value.expr))
        old = fresh("kept", self.taken)
        before.append(ir.Assign(old, target, stmt.loc))
        total = ir.Op(stmt.op, (ir.Name(old, stmt.loc), value.expr), stmt.loc)
        return (*before, *value.before, ir.Store(target, total, stmt.loc))

    def _hoist(self, expr) -> _Hoisted:
        """`expr` without its calls."""
        if not _calls(expr):
            return _Hoisted((), expr)
        match expr:
            case ir.UserCall():
                return self._call(expr)
            case ir.Op("and" | "or" as op, (left, right)) if _calls(right):
                name = fresh("test", self.taken)
                test = ir.Name(name, expr.loc)
                test = test if op == "and" else ir.Op("not", (test,), expr.loc)
                return self._branches(name, self._hoist(left), test, (right, None), expr.loc)
            case ir.IfExp(test, body, orelse) if _calls(body) or _calls(orelse):
                name, test = fresh("chosen", self.taken), self._hoist(test)
                return self._branches(name, replace(test, expr=None), test.expr, (body, orelse), expr.loc)
        parts = self._all(tuple(ir.children(expr)))
        new = iter(parts.expr)
        return replace(parts, expr=fold(ir.map_children(lambda _: next(new), expr)))

    def _branches(self, name: str, start: _Hoisted, test, sides: tuple, loc) -> _Hoisted:
        """`name` assigned from `start`, if that has a value, and then from the side of `test` that is taken."""
        before, writes = list(start.before), start.writes
        if start.expr is not None:
            before.append(ir.Assign(name, start.expr, loc))
        blocks = []
        for side in sides:
            value = _Hoisted((), None) if side is None else self._hoist(side)
            assign = () if side is None else (ir.Assign(name, value.expr, loc),)
            blocks.append((*value.before, *assign))
            writes = writes or value.writes
        before.append(ir.If(test, *blocks, loc))
        return _Hoisted(tuple(before), ir.Name(name, loc), writes)

    def _all(self, exprs: tuple) -> _Hoisted:
        """`exprs`, evaluated from left to right."""
        before, done, writes = [], [], False
        for expr in exprs:
            value = self._hoist(expr)
            if value.writes:
                done = [self._keep(earlier, before) for earlier in done]
            before += value.before
            done.append(value.expr)
            writes = writes or value.writes
        return _Hoisted(tuple(before), tuple(done), writes)

    def _keep(self, expr, before: list):
        """`expr` evaluated now: assigned to a temporary, unless a later call cannot change it. (Nothing can rebind
        a name of ours, and an array is the same array after it is written to.)"""
        match expr:
            case ir.Name() | ir.Const() | ir.DType() | ir.NewAxis() | ir.Dots() | ir.Attr(ir.Name()):
                return expr
            case ir.Slice() | ir.Tuple():
                return ir.map_children(lambda e: self._keep(e, before), expr)
        name = fresh("kept", self.taken)
        before.append(ir.Assign(name, expr, expr.loc))
        return ir.Name(name, expr.loc)

    def _call(self, call: ir.UserCall, for_effect: bool = False) -> _Hoisted:
        callee = self._callee(call)
        values = self._all((*call.args, *(value for _, value in call.keywords)))
        bound = bind(callee, call, values.expr)
        pasted = paste(callee, bound, self.taken, self.constants, call.loc)
        if pasted.result is None and not for_effect:
            raise UnsupportedError(f"{call.name} returns nothing", call.loc, "Call it on a line of its own.")
        return _Hoisted(values.before + pasted.body, pasted.result, values.writes or _writes(callee))

    def _callee(self, call: ir.UserCall) -> ir.Function:
        """The function that is called, its own calls inlined."""
        fn = plain(call.fn)
        if fn in self.callers:
            raise _recursion(self.callers[self.callers.index(fn) :], call)
        if fn not in self.known:
            try:
                parsed = parse(fn)
            except SourceError as error:
                raise UnsupportedError(str(error), call.loc) from error
            self.known[fn] = _Inliner(parsed, (*self.callers, fn), self.known).run()
        return self.known[fn]


def _recursion(cycle: tuple, call: ir.UserCall) -> UnsupportedError:
    through = " and ".join(fn.__name__ for fn in cycle[1:])
    what = f"{call.name} calls itself" + (f" through {through}" if through else "")
    return UnsupportedError(f"{what}; recursion is not supported", call.loc, "Write it as a loop.")


def _calls(expr) -> bool:
    return any(isinstance(e, ir.UserCall) for e in ir.walk(expr))


def _writes(callee: ir.Function) -> bool:
    """Whether `callee` draws random numbers, or may write to an array that it was given, or that lives outside."""
    if any(ir.has_effect(e) for stmt in ir.statements(callee.body) for e in ir.expressions(stmt)):
        return True
    groups = sharing(callee)
    given = {groups.get(name, name) for name in (*callee.params, *callee.constants)}
    targets = {name for stmt in ir.statements(callee.body) if (name := written(stmt)) is not None}
    return any(groups.get(name, name) in given for name in targets)


def _evaluated(stmt) -> tuple:
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


def _with_evaluated(stmt, new: tuple):
    """`stmt` with those expressions replaced."""
    match stmt:
        case ir.Store(target):
            return replace(stmt, value=new[0], target=replace(target, base=new[1], index=new[2:]))
        case ir.For():
            return replace(stmt, start=new[0], stop=new[1], step=new[2])
        case ir.If():
            return replace(stmt, test=new[0])
    return replace(stmt, value=new[0])
