"""Statements: concrete syntax to IR, with the comments that stand above or beside them."""

from __future__ import annotations

import builtins
import math
from dataclasses import replace

import libcst as cst
import numpy as np

from adtrans import ir
from adtrans.errors import UnsupportedError
from adtrans.parse.calls import LIST_METHODS
from adtrans.parse.expressions import BINARY, argument, expression
from adtrans.parse.functions import def_value
from adtrans.parse.iterables import iterable, loop_over, read_target
from adtrans.parse.lists import in_order
from adtrans.parse.scope import Scope
from adtrans.parse.unsupported import unsupported

_AUGMENTED = {getattr(cst, f"{kind.__name__}Assign"): op for kind, op in BINARY.items() if op not in ("and", "or")}
_MESSAGE_HINT = 'Write one constant text, as in ValueError("negative").'


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
        case cst.FunctionDef():
            value = def_value(scope, line, block, expression)
            return (ir.Assign(scope.local(line.name.value), value, _head(scope, line)),)
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
        case cst.Assert(test=test, msg=msg):
            failed = ir.Op("not", (expression(scope, test),), loc)
            return (ir.If(failed, (_raise("AssertionError", _text_of(scope, msg), loc),), (), loc),)
        case cst.Raise(exc=exc, cause=None) if exc is not None:
            return (_raised(scope, exc, loc),)
        case cst.Del(target=target):
            return tuple(_deletion(t, loc) for t in ir.targets(read_target(scope, target, argument)))
    raise unsupported(node, loc)


def _count_before_result(func: str) -> float:
    """How many arguments a function of NumPy has before the array that it may be given for its result."""
    ufunc = getattr(np, func.removeprefix("np."), None) if func.startswith("np.") else None
    return 2 if func == "np.dot" else getattr(ufunc, "nin", math.inf)


def _effect(scope: Scope, node, loc) -> tuple:
    """An expression that stands alone: a docstring, a call that fills an array, or a mistake."""
    if isinstance(node, (cst.SimpleString, cst.ConcatenatedString, cst.Ellipsis)):
        return ()
    value = expression(scope, node)
    match value:
        case ir.UserCall() | ir.Apply():
            return (ir.Effect(value, loc),)
        case ir.Call("helper.afford" | "helper.apart"):
            return (ir.Effect(value, loc),)
        case ir.Call(func) if func.startswith("np.random.") and func != "np.random.shuffle":
            return (ir.Effect(value, loc),)
        case ir.Call("cuda.atomic.add" | "cuda.syncthreads"):
            return (ir.Effect(value, loc),)
        case ir.Call("np.fill" | "np.copyto", (array, item)):
            return (ir.Store(ir.Index(array, (ir.Slice(loc=loc),), loc), item, loc),)
        case ir.Call("np.fill_diagonal", (array, item)):
            lengths = (ir.Index(ir.Attr(array, "shape", loc), (ir.Const(k, None, loc),), loc) for k in (0, 1))
            places = ir.Call("np.arange", (ir.Call("min", tuple(lengths), (), loc),), (), loc)
            return (ir.Store(ir.Index(array, (places, places), loc), item, loc),)
        case ir.Call(func, args, ()) if len(args) == _count_before_result(func) + 1:
            return (ir.Store(ir.Index(args[-1], (ir.Slice(loc=loc),), loc), replace(value, args=args[:-1]), loc),)
        case ir.Call(args=args, keywords=keywords) if "out" in dict(keywords) and args:
            array = dict(keywords)["out"]
            result = replace(value, keywords=tuple((k, v) for k, v in keywords if k != "out"))
            return (ir.Store(ir.Index(array, (ir.Slice(loc=loc),), loc), result, loc),)
        case ir.Call("np.add.at" | "np.subtract.at" as func, (array, index, item)):
            place = ir.Index(array, index.items if isinstance(index, ir.Tuple) else (index,), loc)
            return (ir.AugAssign(place, "+" if func == "np.add.at" else "-", item, loc, each=True),)
        case ir.Call("np.ndarray.sort", (array, *_)):
            return (ir.Store(ir.Index(array, (ir.Slice(loc=loc),), loc), in_order(value), loc),)
        case ir.Call(func) if func in LIST_METHODS:
            return (ir.Effect(value, loc),)
    if isinstance(value, ir.Call):
        hint = "Assign its result to a name; to write to an array, assign to its elements or to a slice."
        raise UnsupportedError(f"{value.func} as a statement is not supported", loc, hint)
    raise UnsupportedError("the value of this expression is not used", loc, "Remove it, or assign it to a name.")


def _assign(scope: Scope, targets: list, value, loc) -> tuple:
    """One statement a target, from left to right; the value is evaluated once."""
    stmts = []
    if len(targets) > 1 and not isinstance(targets[0], cst.Name) and not isinstance(value, ir.Const):
        name = scope.fresh("value")
        stmts, value = [ir.Assign(name, value, loc)], ir.Name(name, loc)
    for node in targets:
        stmts.append(_assign_one(read_target(scope, node, argument), value, loc))
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


def _aug_target(scope: Scope, node):
    target = read_target(scope, node, argument)
    assert not isinstance(target, ir.Tuple), "Python has no augmented assignment to a tuple"
    return target


def _raised(scope: Scope, node, loc) -> ir.Effect:
    """`raise Error` or `raise Error("text")`, of one of Python's own exceptions."""
    called = isinstance(node, cst.Call)
    error = scope.lookup(node.func if called else node)
    if not isinstance(error, type) or not issubclass(error, Exception) or vars(builtins).get(error.__name__) != error:
        raise UnsupportedError("only Python's own exceptions can be raised", loc, 'Write raise ValueError("...").')
    args = node.args if called else ()
    if len(args) > 1 or any(arg.star or arg.keyword for arg in args):
        raise UnsupportedError("an exception has one argument here, its message", loc, _MESSAGE_HINT)
    return _raise(error.__name__, _text_of(scope, args[0].value if args else None), loc)


def _text_of(scope: Scope, node) -> tuple:
    """A message: none, or one constant."""
    match node:
        case None:
            return ()
        case cst.ConcatenatedString(evaluated_value=str(text)):
            return (ir.Const(text),)
    loc = scope.loc(node)
    if isinstance(node, cst.FormattedString) or not isinstance(message := expression(scope, node), ir.Const):
        raise UnsupportedError("a message must be constant text", loc, _MESSAGE_HINT)
    return (message,)


def _raise(error: str, message: tuple, loc) -> ir.Effect:
    return ir.Effect(ir.Call(f"raise {error}", message, (), loc), loc)


def _deletion(target, loc):
    """`del` of a name, or of an item of a list."""
    match target:
        case ir.Name(name):
            return ir.Assign(name, ir.Unset(loc), loc)
        case ir.Index(ir.Name() as items, (index,)) if not isinstance(index, (ir.Slice, ir.NewAxis, ir.Dots)):
            return ir.Effect(ir.Call("list.pop", (items, index), (), loc), loc)
    raise UnsupportedError("del of these elements is not supported", target.loc, "Copy the part that stays.")


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


def _for(scope: Scope, node: cst.For):
    target, items = read_target(scope, node.target, argument), iterable(scope, node.iter, argument)
    return _otherwise(scope, node, loop_over(target, items, block(scope, node.body), scope.loc(node)))


def _otherwise(scope: Scope, node, loop):
    if node.orelse is None:
        return loop
    orelse = block(scope, node.orelse.body, _comments(node.orelse))
    return ir.Otherwise(loop, orelse, loop.loc)


def _while(scope: Scope, node: cst.While):
    loop = ir.While(expression(scope, node.test), block(scope, node.body), None, scope.loc(node))
    return _otherwise(scope, node, loop)
