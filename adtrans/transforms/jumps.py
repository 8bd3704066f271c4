"""`break`, `continue`, early `return` and `else` after loops as branches, and flags where branches are not enough.

What follows a branch that always jumps moves into the other branch. What follows one that may jump is guarded by
a flag. A loop that may be left early sets its `exit` flag.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from adtrans import ir
from adtrans.errors import UnsupportedError
from adtrans.names import fresh, used
from adtrans.transforms.folding import effects

_JUMPS = (ir.Break, ir.Continue, ir.Return)
_LOOPS = (ir.For, ir.ForEach, ir.While)


def jumps(function: ir.Function) -> ir.Function:
    """`function` without `Break`, `Continue` and `Otherwise`, and with one `Return`, its last statement.

    Raises: UnsupportedError if it returns a value on some paths only.
    """
    body = function.body
    returns = [stmt for stmt in ir.statements(body) if isinstance(stmt, ir.Return)]
    _check_returns(function, returns)
    taken = used(function)
    if len(returns) == 1 and body[-1] is returns[0]:
        return replace(function, body=(*_Lowering(None, taken).block(body[:-1], _Region()), body[-1]))
    results = _Results(returns, taken)
    return replace(function, body=(*_Lowering(results, taken).block(body, _Region()), results.final))


def _check_returns(function: ir.Function, returns: list):
    bare = [stmt for stmt in returns if stmt.value is None]
    if len(bare) == len(returns) or not (bare or _completes(function.body, raises=True)):
        return
    raise UnsupportedError(
        f"not every path through {function.name} returns a value",
        (bare or function.body[-1:])[0].loc,
        "End each path with a return of a value.",
    )


class _Results:
    """Where the value of each return is kept until the function ends: one variable, or one an item if all return
    tuples of one length. A name that every return gives needs none, for nothing runs after the jump.
    """

    def __init__(self, returns: list, taken: set[str]):
        values = [stmt.value for stmt in returns if stmt.value is not None]
        lengths = {len(value.items) if isinstance(value, ir.Tuple) and not value.record else None for value in values}
        self.joined = len(lengths) == 1 and None not in lengths
        rows = [value.items if self.joined else (value,) for value in values]
        self.targets = []  # a name to assign, or None where the item is the same everywhere
        items = []
        for position, column in enumerate(zip(*rows, strict=True)):
            shared = isinstance(column[0], ir.Name) and all(item == column[0] for item in column)
            name = None if shared else fresh(f"result_{position}" if self.joined else "result", taken)
            self.targets.append(name)
            items.append(column[0] if shared else ir.Name(name, column[0].loc))
        self.final = _return(items, self.joined, returns)

    def assign(self, stmt: ir.Return) -> Iterator:
        values = stmt.value.items if self.joined else (stmt.value,)
        for target, value in zip(self.targets, values, strict=False):
            if target is not None:
                yield ir.Assign(target, value, stmt.loc)


def _return(items: list, joined: bool, returns: list) -> ir.Return:
    """The one return that is left; it stands at the last of the old ones."""
    loc = returns[-1].loc if returns else None
    if joined:
        return ir.Return(ir.Tuple(tuple(items), loc), loc)
    return ir.Return(items[0] if items else None, loc)


class _Left(ir.Return):
    """A return out of an inner loop, its value and its flag already set there."""

    __slots__ = ()


@dataclass(frozen=True)
class _Region:
    """What a jump ends: the function, or an iteration of a loop. It sets these flags, and nothing after it runs."""

    on_break: tuple = ()
    on_continue: tuple = ()
    on_return: tuple = ()
    loop: bool = False

    def flags(self, kind: type) -> tuple:
        return {ir.Break: self.on_break, ir.Continue: self.on_continue}.get(kind, self.on_return)

    def setting(self, flag: str) -> _Region:
        """The region whose jumps set `flag` as well."""
        groups = (self.on_break, self.on_continue, self.on_return)
        return _Region(*(g if flag in g else (*g, flag) for g in groups), self.loop)


class _Lowering:
    def __init__(self, results: _Results | None, taken: set[str]):
        self.results, self.taken = results, taken
        self._done = None

    @property
    def done(self) -> str:
        """The flag that says that the function has returned."""
        self._done = self._done or fresh("done", self.taken)
        return self._done

    def block(self, stmts: tuple, region: _Region) -> tuple:
        """`stmts` so that control reaches the end of the region, flags set, wherever they jumped."""
        out = []
        for position, stmt in enumerate(stmts):
            rest = stmts[position + 1 :]
            if isinstance(stmt, _JUMPS):
                return (*out, *self._jump(stmt, region))
            if isinstance(stmt, ir.If):
                return (*out, *self._branch(stmt, rest, region))
            if isinstance(stmt, (*_LOOPS, ir.Otherwise)):
                loop = _loop_of(stmt)
                out += self._loop(loop, region)
                after = _unless_left(stmt, out[-1].exit) if loop is not stmt else ()
                if _kinds((loop,)):
                    left = _Left(None, stmt.loc)
                    leave = ir.If(ir.Name(self.done, stmt.loc), (left,), (), stmt.loc) if _completes((loop,)) else left
                    after = (leave, *after)
                if after:
                    return (*out, *self.block((*after, *rest), region))
            else:
                out.append(stmt)
        return tuple(out)

    def _jump(self, stmt, region: _Region) -> tuple:
        out, flags = [], region.flags(type(stmt))
        if isinstance(stmt, _Left):
            flags = tuple(f for f in flags if f != self.done)
        elif isinstance(stmt, ir.Return):
            out += self.results.assign(stmt)
        out += [_set(flag, True, stmt.loc) for flag in flags]
        if out and stmt.comments:
            out[0] = replace(out[0], comments=stmt.comments)
        return tuple(out)

    def _branch(self, stmt: ir.If, rest: tuple, region: _Region) -> tuple:
        """An `If` and what follows it."""
        body, orelse = stmt.body, stmt.orelse
        if not _completes(body):
            orelse, rest = (*orelse, *rest), ()
        elif not _completes(orelse):
            body, rest = (*body, *rest), ()
        elif rest and _kinds((stmt,)):
            return self._guarded(stmt, rest, region)
        new = _tidy(stmt, self.block(body, region), self.block(orelse, region))
        return (*new, *self.block(rest, region))

    def _guarded(self, stmt: ir.If, rest: tuple, region: _Region) -> tuple:
        """An `If` that may jump on either side, and what runs if it does not."""
        common = set.intersection(*(set(region.flags(kind)) for kind in _kinds((stmt,))))
        flag = next((f for f in region.on_return + region.on_break if f in common), None)
        start = ()
        if flag is None:
            flag = fresh("skip", self.taken) if region.loop else self.done
            start = (_set(flag, False, stmt.loc),)
        inner = region.setting(flag)
        branches = _tidy(stmt, self.block(stmt.body, inner), self.block(stmt.orelse, inner))
        unless = ir.Op("not", (ir.Name(flag, stmt.loc),), stmt.loc)
        return (*start, *branches, ir.If(unless, self.block(rest, region), (), stmt.loc))

    def _loop(self, stmt, region: _Region) -> tuple:
        kinds = _kinds(stmt.body)
        stop = (fresh("stop", self.taken),) if ir.Break in kinds else ()
        done = (self.done,) if ir.Return in kinds else ()
        body = self.block(stmt.body, _Region(stop, (), done + stop, True))
        flags = stop + done
        start = (_set(flag, False, stmt.loc) for flag in flags)
        return (*start, replace(stmt, body=body, exit=flags[0] if flags else stmt.exit))


def _loop_of(stmt):
    """The loop that `stmt` is, or to which it adds an `else`."""
    return replace(stmt.loop, comments=stmt.comments + stmt.loop.comments) if isinstance(stmt, ir.Otherwise) else stmt


def _unless_left(stmt: ir.Otherwise, flag: str | None) -> tuple:
    """The `else` of a loop that sets `flag` where it is left by `break`."""
    if ir.Break not in _kinds(stmt.loop.body):
        return stmt.orelse
    stays = ir.Op("not", (ir.Name(flag, stmt.loc),), stmt.loc)
    return (ir.If(stays, stmt.orelse, (), stmt.loc),)


def _set(flag: str, value: bool, loc) -> ir.Assign:
    return ir.Assign(flag, ir.Const(value, None, loc), loc)


def _tidy(stmt: ir.If, body: tuple, orelse: tuple) -> tuple:
    """`stmt` with these branches, not with an empty first one alone; the comments of a jump that vanished go to it."""
    comments = stmt.comments
    for old, new in ((stmt.body, body), (stmt.orelse, orelse)):
        if old and not new:
            comments += sum((s.comments for s in old), ())
    if body or not orelse or effects(stmt.test):
        return (replace(stmt, body=body, orelse=orelse, comments=comments),)
    return (replace(stmt, test=_not(stmt.test), body=orelse, orelse=(), comments=comments),)


def _not(test):
    match test:
        case ir.Op("not", (inner,)):
            return inner
        case ir.Op("==" | "!=" as op, args, loc):
            return ir.Op("!=" if op == "==" else "==", args, loc)
    return ir.Op("not", (test,), test.loc)


def _kinds(block: tuple) -> set:
    """The jumps that leave `block`: `Break` and `Continue` of a loop around it, and `Return`."""
    found = set()
    for stmt in block:
        if isinstance(stmt, _JUMPS):
            found.add(ir.Return if isinstance(stmt, ir.Return) else type(stmt))
        for inner in ir.blocks(stmt):
            kinds = _kinds(inner)
            found |= kinds if isinstance(stmt, (ir.If, ir.Otherwise)) else kinds & {ir.Return}
    return found


def _completes(block: tuple, raises: bool = False) -> bool:
    """Whether control may reach the end of `block`; `raises` where a `raise` counts as an end of its own."""
    for stmt in block:
        match stmt:
            case ir.Break() | ir.Continue() | ir.Return():
                return False
            case ir.Effect(ir.Call(func)) if raises and func.startswith("raise "):
                return False
            case ir.If(_, body, orelse):
                if not _completes(body, raises) and not _completes(orelse, raises):
                    return False
            case ir.Otherwise(loop, orelse):
                if not _completes((loop,), raises):
                    return False
                if ir.Break not in _kinds(loop.body) and not _completes(orelse, raises):
                    return False
            case ir.While(ir.Const(test), body, None):
                if test and ir.Break not in _kinds(body):
                    return False
    return True
