"""Lists: what is written out, comprehensions, and what gathers the items of a generator.

A comprehension is a call of a function inside of this one, as Python has it: its variables are its own.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from dataclasses import dataclass, replace

import libcst as cst

from adtrans import ir
from adtrans.errors import Loc, UnsupportedError
from adtrans.parse.calls import ITERABLES, bounds
from adtrans.parse.canonical import function_name
from adtrans.parse.functions import target_names
from adtrans.parse.iterables import iterable, loop_over, read_target
from adtrans.parse.scope import MISSING, Scope

GATHERING = ("sum", "min", "max", "any", "all", "list", "sorted")
_GENERATED = (cst.GeneratorExp, cst.ListComp)


def display(scope: Scope, node: cst.List, read: Callable):
    """`[a, *b, c]`; `read(scope, node)` is the IR of an expression."""
    loc = scope.loc(node)
    parts: list = []
    items: list = []
    for element in node.elements:
        if isinstance(element, cst.StarredElement):
            parts += [_list(tuple(items), loc), _listed(scope, element.value, read)]
            items = []
        else:
            items.append(read(scope, element.value))
    parts.append(_list(tuple(items), loc))
    parts = [part for part in parts if part != _list((), loc)] or parts[:1]
    return functools.reduce(lambda a, b: ir.Op("+", (a, b), loc), parts)


def _list(items: tuple, loc) -> ir.Call:
    return ir.Call("list", (ir.Tuple(items, loc),) if items else (), (), loc)


def _listed(scope: Scope, node, read: Callable):
    """`list(node)`."""
    if is_generated(scope, node):
        return comprehension(scope, node, read)
    items = read(scope, node)
    return ir.Call("list", () if items == ir.Tuple(()) else (items,), (), scope.loc(node))


def comprehension(scope: Scope, node, read: Callable) -> ir.Apply:
    """The list of a comprehension, or of the items of something else."""
    source = _source(scope, node, read)
    items = ir.Name(source.inner.fresh("items"), source.loc)
    each = lambda value: ir.Effect(ir.Call("list.append", (items, value), (), value.loc), value.loc)  # noqa: E731
    body = (ir.Assign(items.id, _list((), items.loc), items.loc), source.loop(each), ir.Return(items, items.loc))
    return _applied(source, body)


# -- functions of iterables ------------------------------------------------------------------------------------


def is_generated(scope: Scope, node) -> bool:
    """Whether the items that `node` stands for are computed one by one: of a generator, a comprehension, a `range`."""
    target = scope.lookup(node.func) if isinstance(node, cst.Call) else MISSING
    return isinstance(node, _GENERATED) or function_name(target) in ITERABLES


def gathered(scope: Scope, node: cst.Call, func: str, read: Callable):
    """The call of `sum`, `min`, `max`, `any`, `all`, `list` or `sorted`."""
    loc, source = scope.loc(node), node.args[0].value
    given = {arg.keyword.value if arg.keyword else k: read(scope, arg.value) for k, arg in enumerate(node.args) if k}
    if node.args[0].star or node.args[0].keyword or any(arg.star for arg in node.args):
        raise UnsupportedError("a star argument is not supported", loc, "Write out each argument.")
    if func in ("any", "all") and not given:
        return _searched(scope, source, func == "any", read)
    if func == "sum" and given.keys() <= {1, "start"}:
        return _total(scope, source, next(iter(given.values()), ir.Const(0, None, loc)), read)
    if func == "list" and not given:
        return _listed(scope, source, read)
    items = comprehension(scope, source, read) if is_generated(scope, source) else read(scope, source)
    if func == "sorted" and given.keys() <= {"reverse"}:
        return ir.Call("list", (in_order(ir.Call("np.sort", (items,), tuple(given.items()), loc)),), (), loc)
    if func in ("min", "max") and all(isinstance(k, int) for k in given):
        return ir.Call(func, (items, *given.values()), (), loc)
    raise UnsupportedError(f"{func} takes none of these options here", loc, "Write a loop.")


def in_order(call: ir.Call):
    """The call of a sort as `np.sort`, `reverse=True` from the end."""
    options = dict(call.keywords)
    backwards = options.pop("reverse", ir.Const(False))
    if not isinstance(backwards, ir.Const):
        raise UnsupportedError("reverse must be True or False here", call.loc, "Write an if statement.")
    value = replace(call, func="np.sort", keywords=tuple(options.items()))
    down = ir.Slice(None, None, ir.Const(-1), call.loc)
    return ir.Index(value, (down,), call.loc) if backwards.value else value


def _total(scope: Scope, node, start, read: Callable) -> ir.Apply:
    source = _source(scope, node, read)
    total = ir.Name(source.inner.fresh("total"), source.loc)
    each = lambda value: ir.AugAssign(total, "+", value, value.loc)  # noqa: E731
    body = (ir.Assign(total.id, start, source.loc), source.loop(each), ir.Return(total, source.loc))
    return _applied(source, body)


def _searched(scope: Scope, node, wanted: bool, read: Callable) -> ir.Apply:
    """`any(items)` if `wanted`, else `all(items)`."""
    source = _source(scope, node, read)

    def each(value):
        test = value if wanted else ir.Op("not", (value,), value.loc)
        return ir.If(test, (ir.Return(ir.Const(wanted, None, value.loc), value.loc),), (), value.loc)

    return _applied(source, (source.loop(each), ir.Return(ir.Const(not wanted, None, source.loc), source.loc)))


def membership(scope: Scope, node: cst.Comparison, left, right) -> ir.Apply:
    """`left in right`."""
    loc, inner = scope.loc(node), scope.nested("in", set())
    value, items, item = (ir.Name(inner.fresh(name), loc) for name in ("value", "items", "item"))
    found = ir.If(ir.Op("==", (item, value), loc), (ir.Return(ir.Const(True, None, loc), loc),), (), loc)
    body = (ir.ForEach(item, items, (found,), None, loc), ir.Return(ir.Const(False, None, loc), loc))
    source = _Source(inner, node, loc, lambda each: found)
    return replace(_applied(source, body, (value.id, items.id)), args=(left, right))


def matrix(scope: Scope, node, read: Callable):
    """The array of `[[e for j in ...] for i in ...]`; None where `node` is something else.

    The lengths of its rows must not differ: what the inner loop goes through has to be the same for all of them.
    """
    if not isinstance(node, cst.ListComp) or not isinstance(node.elt, cst.ListComp):
        return None
    loc, inner = scope.loc(node), _nested(scope, node)
    row = inner.shadowed(_own(node.elt))
    outer, columns = iterable(scope, node.for_in.iter, read), iterable(inner, node.elt.for_in.iter, read)
    own = {inner.local(name) for name in _own(node)}
    for clause in (node.for_in, node.elt.for_in):
        if clause.ifs or clause.inner_for_in:
            raise _ragged(scope.loc(clause))
    if ir.names(columns) & own:
        raise _ragged(columns.loc)
    items = ir.Name(inner.fresh("items"), loc)
    value = read(row, node.elt.elt)
    append = ir.Effect(ir.Call("list.append", (items, value), (), value.loc), value.loc)
    loop = loop_over(read_target(row, node.elt.for_in.target, read), columns, (append,), columns.loc)
    loop = loop_over(read_target(inner, node.for_in.target, read), outer, (loop,), outer.loc)
    shape = ir.Tuple((_length(outer), _length(columns)), loc)
    array = ir.Call("np.reshape", (ir.Call("np.array", (items,), (), loc), shape), (), loc)
    body = (ir.Assign(items.id, _list((), loc), loc), loop, ir.Return(array, loc))
    return _applied(_Source(inner, node, loc, lambda each: loop), body)


def _ragged(loc) -> UnsupportedError:
    return UnsupportedError(
        "a nested comprehension needs rows of one length, which do not hang on the outer loop",
        loc,
        "Write loops that fill np.empty((n, m)).",
    )


def _length(items):
    """How many items a loop goes through."""
    match items:
        case ir.Call("range", args):
            start, stop, step = bounds(args, items.loc)
            if step == ir.Const(1):
                count = stop if start == ir.Const(0) else ir.Op("-", (stop, start), items.loc)
                return ir.Call("max", (count, ir.Const(0, None, items.loc)), (), items.loc)
        case ir.Call("enumerate" | "reversed", (inner, *_)):
            return _length(inner)
        case ir.Name() | ir.Call("len") | ir.Index() | ir.Tuple():
            return ir.Call("len", (items,), (), items.loc)
    raise UnsupportedError("a loop over this is not supported here", items.loc, "Loop over range(n) or a name.")


# -- where items come from -------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Source:
    """Items of a comprehension, written at `node`: `loop(each)` is the loop in which `each(value)` is a statement."""

    inner: Scope
    node: cst.CSTNode
    loc: Loc
    loop: Callable


def _source(scope: Scope, node, read: Callable) -> _Source:
    loc = scope.loc(node)
    if isinstance(node, _GENERATED):
        inner = _nested(scope, node)
        return _Source(inner, node, loc, lambda each: _clauses(scope, inner, node, each, read))
    inner = scope.nested("comprehension", set())
    item = ir.Name(inner.fresh("item"), loc)
    return _Source(inner, node, loc, lambda each: loop_over(item, iterable(scope, node, read), (each(item),), loc))


def _nested(scope: Scope, node) -> Scope:
    """The scope of a comprehension: its targets are its own."""
    own = _own(node)
    scope.taken.update(own)
    return scope.nested("comprehension", own)


def _own(node) -> set[str]:
    found, clause = set(), node.for_in
    while clause is not None:
        found |= target_names(clause.target)
        clause = clause.inner_for_in
    return found


def _clauses(scope: Scope, inner: Scope, node, each: Callable, read: Callable):
    """The loops and tests of a comprehension around `each(value)`; the first iterable is one of the outer scope."""

    def clause(part: cst.CompFor, items):
        rest = part.inner_for_in
        stmt = each(read(inner, node.elt)) if rest is None else clause(rest, iterable(inner, rest.iter, read))
        for test in reversed(part.ifs):
            condition = read(inner, test.test)
            stmt = ir.If(condition, (stmt,), (), condition.loc)
        return loop_over(read_target(inner, part.target, read), items, (stmt,), items.loc)

    return clause(node.for_in, iterable(scope, node.for_in.iter, read))


def _applied(source: _Source, body: tuple, params: tuple = ()) -> ir.Apply:
    """The call of a function without a name of its own."""
    text, loc = source.inner.source.module.code_for_node(source.node), source.loc
    function = ir.Function("", params, body, loc.file, loc.line, text, prefix=source.inner.prefix)
    label = "a comprehension"
    return ir.Apply(ir.FunctionValue(function, label, kept=True, loc=loc), label, (), (), loc)
