"""Statements: concrete syntax to IR, with the comments that stand above or beside them."""

from __future__ import annotations

from dataclasses import replace

import libcst as cst

from adtrans import ir
from adtrans.errors import UnsupportedError
from adtrans.parse.expressions import BINARY, dotted, expression
from adtrans.parse.scope import MISSING, Scope
from adtrans.parse.unsupported import unsupported

_AUGMENTED = {getattr(cst, f"{kind.__name__}Assign"): op for kind, op in BINARY.items() if op not in ("and", "or")}
_RANGE_HINT = "Loop over indices: for i in range(len(x)), and read x[i]."


def block(scope: Scope, node, pending: tuple = ()) -> tuple:
    """The statements of a suite. Comments without a statement of their own (`pending` is one such) go to the next
    statement, or to the last."""
    if isinstance(node, cst.SimpleStatementSuite):
        return _with_comments(_line(scope, node), pending)
    result: list = []
    for line in node.body:
        comments = pending + _comments(line)
        stmts = _line(scope, line)
        pending = () if stmts else comments
        result += _with_comments(stmts, comments)
    pending += _above(node.footer)
    if result and pending:
        result[-1] = replace(result[-1], comments=result[-1].comments + pending)
    return tuple(result)


def _with_comments(stmts, comments: tuple) -> tuple:
    if not stmts or not comments:
        return tuple(stmts)
    return (replace(stmts[0], comments=comments + stmts[0].comments), *stmts[1:])


def _comments(line) -> tuple:
    """The comments above a line and beside it; beside a compound statement's header, for one."""
    header = line if isinstance(line, cst.SimpleStatementLine) else getattr(line, "body", None)
    space = getattr(header, "trailing_whitespace", None) or getattr(header, "header", None)
    beside = () if space is None or space.comment is None else (_text(space.comment),)
    return _above(line.leading_lines) + beside


def _above(lines) -> tuple:
    return tuple(_text(line.comment) for line in lines if line.comment is not None)


def _text(comment: cst.Comment) -> str:
    return comment.value.removeprefix("#").strip()


def _line(scope: Scope, line) -> tuple:
    """The IR of a line of simple statements, or of one compound statement."""
    match line:
        case cst.SimpleStatementLine(body=body) | cst.SimpleStatementSuite(body=body):
            return tuple(stmt for small in body for stmt in _simple(scope, small))
        case cst.If():
            return (_if(scope, line),)
        case cst.For():
            return (_for(scope, line),)
        case cst.While():
            return (_while(scope, line),)
    raise unsupported(line, _head(scope, line))


def _head(scope: Scope, line):
    """The place of a compound statement without its body: up to the end of its first line."""
    loc = scope.loc(line)
    return replace(loc, end_line=loc.line, end_column=len(loc.source_line()) + 1) if loc.end_line > loc.line else loc


def _simple(scope: Scope, node) -> tuple:
    loc = scope.loc(node)
    match node:
        case cst.Pass():
            return ()
        case cst.Break():
            return (ir.Break(loc),)
        case cst.Continue():
            return (ir.Continue(loc),)
        case cst.Return(value=value):
            empty = value is None or scope.lookup(value) is None
            return (ir.Return(None if empty else expression(scope, value), loc),)
        case cst.Expr(value=value):
            return _effect(scope, value, loc)
        case cst.Assign(targets=targets, value=value):
            return _assign(scope, [t.target for t in targets], expression(scope, value), loc)
        case cst.AnnAssign(target=target, value=value):
            return () if value is None else _assign(scope, [target], expression(scope, value), loc)
        case cst.AugAssign(target=target, operator=operator, value=value):
            op = _AUGMENTED[type(operator)]
            return (ir.AugAssign(_aug_target(scope, target), op, expression(scope, value), loc),)
    raise unsupported(node, loc)


def _effect(scope: Scope, node, loc) -> tuple:
    """An expression that stands alone: a docstring, a call that fills an array, or a mistake."""
    if isinstance(node, (cst.SimpleString, cst.ConcatenatedString, cst.Ellipsis)):
        return ()
    value = expression(scope, node)
    match value:
        case ir.UserCall():
            return (ir.Effect(value, loc),)
        case ir.Call(func) if func.startswith("np.random.") and func != "np.random.shuffle":
            return (ir.Effect(value, loc),)
        case ir.Call("np.fill", (array, item)):
            return (ir.Store(ir.Index(array, (ir.Slice(loc=loc),), loc), item, loc),)
    raise UnsupportedError("the value of this expression is not used", loc, "Remove it, or assign it to a name.")


def _assign(scope: Scope, targets: list, value, loc) -> tuple:
    """One statement a target, from left to right; the value is evaluated once."""
    stmts = []
    if len(targets) > 1 and not isinstance(targets[0], cst.Name) and not isinstance(value, ir.Const):
        name = scope.fresh("value")
        stmts, value = [ir.Assign(name, value, loc)], ir.Name(name, loc)
    for node in targets:
        stmts.append(_assign_one(_target(scope, node), value, loc))
        if isinstance(node, cst.Name) and not isinstance(value, ir.Const):
            value = ir.Name(stmts[-1].target, loc)
    return tuple(stmts)


def _assign_one(target, value, loc):
    match target:
        case ir.Name(name):
            return ir.Assign(name, value, loc)
        case ir.Index():
            return ir.Store(target, value, loc)
    return ir.Unpack(target.items, value, loc)


def _target(scope: Scope, node):
    """What is assigned to: a `Name`, an `Index`, or a `Tuple` of such."""
    match node:
        case cst.Name(value=name):
            return ir.Name(scope.local(name), scope.loc(node))
        case cst.Subscript():
            return expression(scope, node)
        case cst.Tuple(elements=elements) | cst.List(elements=elements):
            for element in elements:
                if isinstance(element, cst.StarredElement):
                    raise unsupported(element, scope.loc(element))
            return ir.Tuple(tuple(_target(scope, e.value) for e in elements), scope.loc(node))
    raise UnsupportedError(
        f"assignment to {dotted(node)} is not supported", scope.loc(node), "Assign to names and array elements."
    )


def _aug_target(scope: Scope, node):
    target = _target(scope, node)
    assert not isinstance(target, ir.Tuple), "Python has no augmented assignment to a tuple"
    return target


def _if(scope: Scope, node: cst.If) -> ir.If:
    test, body = expression(scope, node.test), block(scope, node.body)
    match node.orelse:
        case cst.If():
            orelse = _with_comments((_if(scope, node.orelse),), _comments(node.orelse))
        case cst.Else():
            orelse = block(scope, node.orelse.body, _comments(node.orelse))
        case _:
            orelse = ()
    return ir.If(test, body, orelse, scope.loc(node))


def _for(scope: Scope, node: cst.For) -> ir.For:
    _no_else(scope, node)
    if not isinstance(node.target, cst.Name):
        raise UnsupportedError("a loop over several variables is not supported", scope.loc(node.target), _RANGE_HINT)
    start, stop, step = _range(scope, node.iter)
    body = block(scope, node.body)
    return ir.For(scope.local(node.target.value), start, stop, step, body, None, scope.loc(node))


def _no_else(scope: Scope, node):
    if node.orelse is not None:
        raise UnsupportedError(
            "else after a loop is not supported", _head(scope, node.orelse), "Set a flag in the loop and test it after."
        )


def _range(scope: Scope, node) -> tuple:
    """start, stop, step of a loop's `range(...)`; `prange` is a range whose iterations may run in any order."""
    loc = scope.loc(node)
    target = scope.lookup(node.func) if isinstance(node, cst.Call) else MISSING
    if target is not range and getattr(target, "__name__", "") != "prange":
        raise UnsupportedError("a loop over anything but range(...) is not supported", loc, _RANGE_HINT)
    bad = [arg for arg in node.args if arg.star or arg.keyword]
    if bad or not 1 <= len(node.args) <= 3:
        raise UnsupportedError("range takes one to three positional arguments", loc)
    args = [expression(scope, arg.value) for arg in node.args]
    if len(args) == 1:
        args.insert(0, ir.Const(0, None, loc))
    if len(args) == 2:
        args.append(ir.Const(1, None, loc))
    return tuple(args)


def _while(scope: Scope, node: cst.While) -> ir.While:
    _no_else(scope, node)
    return ir.While(expression(scope, node.test), block(scope, node.body), None, scope.loc(node))
