"""Running extremes as a search for an element, and one read of it.

A loop with `m = max(m, x[i])`, or `if x[i] > m: m = x[i]`, leaves in `m` one element of `x`, or what `m` was before:
the cotangent of `m` goes there alone. So the loop becomes a search in variables without derivatives, and nothing has
to be recorded for its iterations:

    best, at = m, -1
    for i in range(n):
        if x[i] > best:
            best, at = x[i], i
    if at >= 0:
        m = x[at]

The test is the user's, on the same values in the same order: of ties, with NaN, and where the value before the loop is
the extreme, the search finds what the loop found.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from adtrans import ir, types
from adtrans.analyses.liveness import definitions
from adtrans.analyses.signs import Signs
from adtrans.names import fresh
from adtrans.passes import optimising
from adtrans.transforms.flatten import written
from adtrans.transforms.scalarise import Scalarised
from adtrans.transforms.search import search

NOWHERE = ir.Const(-1)


@dataclass(frozen=True)
class _Update:
    """`stmt` gives `name` the value of `element` where `test` holds; None where the statements around it test."""

    stmt: ir.Assign
    name: str
    element: ir.Index
    test: ir.Op | None
    variables: tuple  # of the loops around, the outermost first, that the index reads


@dataclass
class _Scope:
    active: frozenset
    known: Signs
    program: Scalarised
    taken: set

    def fresh(self, base: str, t) -> str:
        name = fresh(base, self.taken)
        self.program.env[name] = t
        return name


@optimising
def extremes(program: Scalarised, active: frozenset, known: Signs) -> Scalarised:
    """`program` with the running extremes among the `active` scalars found by a search."""
    scope = _Scope(active, known, program, set(program.env))
    body = _block(program.function.body, scope, outermost=True)
    return replace(program, function=replace(program.function, body=body))


def _block(block: tuple, scope: _Scope, outermost: bool = False) -> tuple:
    return tuple(new for stmt in block for new in _statement(stmt, scope, outermost))


def _statement(stmt, scope: _Scope, outermost: bool) -> list:
    if isinstance(stmt, ir.Custom):
        return [stmt]
    before: list = []
    after: list = []
    if isinstance(stmt, ir.For):
        while (update := next(_updates(stmt, scope), None)) is not None:
            start, stmt, read = _searched(stmt, update, scope)
            before += start
            after.append(read)
    inside = outermost and not isinstance(stmt, (ir.For, ir.While))
    stmt = ir.with_blocks(stmt, *(_block(b, scope, inside) for b in ir.blocks(stmt)))
    if after and outermost and not scope.active & written(ir.statements((stmt,)), scope.program.roots):
        stmt = search(stmt, scope.fresh)
    return [*before, stmt, *after]


# -- what is a running extreme ---------------------------------------------------------------------------------


def _updates(loop: ir.For, scope: _Scope):
    """The updates in `loop` of scalars that it uses for nothing else but tests."""
    changed = written(ir.statements(loop.body), scope.program.roots)
    for stmt, variables in _with_variables(loop.body, (loop.var,)):
        update = _update(stmt, variables)
        if update is None or update.name not in scope.active:
            continue
        if _is_fixed(update, changed, scope) and _is_only_compared(loop, update):
            yield update


def _with_variables(block: tuple, variables: tuple):
    for stmt in block:
        yield stmt, variables
        for inner in () if isinstance(stmt, ir.Custom) else ir.blocks(stmt):
            yield from _with_variables(inner, (*variables, stmt.var) if isinstance(stmt, ir.For) else variables)


def _update(stmt, variables: tuple) -> _Update | None:
    match stmt:
        case ir.Assign(name, ir.Index(ir.Name()) as element):
            test = None
        case ir.Assign(name, ir.Call("max" | "min" as func, (a, b))) if ir.Name(name) in (a, b):
            test = ir.Op(">" if func == "max" else "<", (b, a), stmt.loc)  # max(a, b) is b if b > a else a
            element = b
            if b == ir.Name(name):
                test, element = _not(test), a
        case ir.Assign(name, ir.IfExp(test, element, other)) if other == ir.Name(name):
            pass
        case ir.Assign(name, ir.IfExp(test, other, element)) if other == ir.Name(name):
            test = _not(test)
        case _:
            return None
    if not isinstance(element, ir.Index) or not isinstance(element.base, ir.Name):
        return None
    read = set().union(*map(ir.names, element.index))
    return _Update(stmt, name, element, test, tuple(v for v in variables if v in read))


def _not(test) -> ir.Op:
    return ir.Op("not", (test,))


def _is_fixed(update: _Update, changed: set, scope: _Scope) -> bool:
    """Whether the element can be read after the loop as well, at the index at which it was found."""
    roots, first = scope.program.roots, update.variables[:1]
    others = ir.names(update.element) - set(update.variables)
    if changed & (others | {roots.get(n, n) for n in others}):
        return False
    return any(scope.known.is_nonnegative(ir.Name(v)) for v in first)


def _is_only_compared(loop: ir.For, update: _Update) -> bool:
    """Whether `loop` reads the scalar to decide on the update, or on another statement, and for nothing else."""
    compared = update.test is not None
    for stmt in ir.statements(loop.body):
        if stmt is update.stmt:
            continue
        if update.name in definitions(stmt):
            return False
        if any(update.name in ir.names(e) for e in ir.expressions(stmt)):
            if not isinstance(stmt, ir.If):
                return False
            compared = True
    return compared


# -- the search ------------------------------------------------------------------------------------------------


def _searched(loop: ir.For, update: _Update, scope: _Scope) -> tuple:
    """What comes before the loop, the loop, and the read after it."""
    loc = update.stmt.loc
    best = scope.fresh("best", scope.program.env[update.name])
    at = {v: scope.fresh("at", types.types.int64) for v in update.variables}
    start = [
        ir.Assign(best, ir.Name(update.name), loc),
        *(ir.Assign(name, NOWHERE, loc) for name in at.values()),
    ]
    keep = (
        ir.Assign(best, update.element, loc),
        *(ir.Assign(name, ir.Name(v), loc) for v, name in at.items()),
    )
    if update.test is not None:
        keep = (ir.If(update.test, keep, (), loc, update.stmt.comments),)
    found = ir.Op(">=", (ir.Name(at[update.variables[0]]), ir.Const(0)))
    element = replace(update.element, index=tuple(ir.rename(e, at) for e in update.element.index))
    read = ir.If(found, (ir.Assign(update.name, element, loc),), (), loc)
    body = tuple(s for stmt in loop.body for s in _replaced(stmt, update.stmt, keep))
    return start, replace(loop, body=tuple(ir.rename_statement(s, {update.name: best}) for s in body)), read


def _replaced(stmt, old, new: tuple) -> tuple:
    if stmt is old:
        return new
    return (ir.with_blocks(stmt, *(tuple(n for s in b for n in _replaced(s, old, new)) for b in ir.blocks(stmt))),)
