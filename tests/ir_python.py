"""IR as Python source that can be run, to compare a program before and after a transform."""

from __future__ import annotations

import itertools
import linecache
import math
from types import SimpleNamespace

import numpy as np

from adtrans import ir

_UNARY = {"neg": "-", "pos": "+", "not": "not ", "~": "~"}
_METHODS = {"np.astype": "astype", "np.fill": "fill"}
_counter = itertools.count()


def unparse(function: ir.Function) -> str:
    """`function` as a `def`; a loop's `exit` flag is tested at the end of an iteration."""
    params = [p + (f"={text(function.defaults[p])}" if p in function.defaults else "") for p in function.params]
    return "\n".join([f"def {function.name}({', '.join(params)}):", *_suite(function.body)]) + "\n"


def run(function: ir.Function, *args):
    """The result of `function` for copies of `args`, and the copies as it left them."""
    space = {"np": np, "math": math, "helper": HELPERS, **{k: v.copy() for k, v in function.constants.items()}}
    exec(compile(unparse(function), "<ir>", "exec"), space)
    args = [a.copy() if isinstance(a, np.ndarray) else a for a in args]
    return space[function.name](*args), args


def _check_items(value, count):
    assert len(value) == count


HELPERS = SimpleNamespace(items=_check_items)  # the checks that the IR calls


def define(source: str, name: str = "f", **outside):
    """The function `name` that `source` defines; its source can be read, as that of a notebook cell."""
    file = f"<cell {next(_counter)}>"
    linecache.cache[file] = len(source), None, source.splitlines(keepends=True), file
    space = {"np": np, "math": math, **outside}
    exec(compile(source, file, "exec"), space)
    return space[name]


def text(e) -> str:
    match e:
        case ir.Const(value, dtype):
            literal = f"float('{value}')" if isinstance(value, float) and not math.isfinite(value) else repr(value)
            literal = f"({literal})" if literal.startswith("-") else literal
            return f"np.{dtype}({literal})" if dtype else literal
        case ir.Name(name):
            return name
        case ir.Op(op, (a,)):
            return f"({_UNARY[op]}{text(a)})"
        case ir.Op(op, (a, b)):
            return f"({text(a)} {op} {text(b)})"
        case ir.Call(func, args, keywords) if func in _METHODS:
            return f"{text(args[0])}.{_METHODS[func]}({_arguments(args[1:], keywords)})"
        case ir.Call(func, args, keywords) | ir.UserCall(_, func, args, keywords):
            return f"{func}({_arguments(args, keywords)})"
        case ir.IfExp(test, body, orelse):
            return f"({text(body)} if {text(test)} else {text(orelse)})"
        case ir.Slice(start, stop, step):
            parts = (start, stop) if step is None else (start, stop, step)
            return ":".join("" if part is None else text(part) for part in parts)
        case ir.NewAxis():
            return "None"
        case ir.Dots():
            return "..."
        case ir.Index(base, index):
            return f"{text(base)}[{', '.join(map(text, index))}]"
        case ir.Attr(base, name):
            return f"{text(base)}.{name}"
        case ir.Tuple(items):
            return "(" + "".join(text(item) + ", " for item in items) + ")"
        case ir.DType(name):
            return f"np.{name}"
    raise AssertionError(e)


def _arguments(args, keywords) -> str:
    return ", ".join([*map(text, args), *(f"{k}={text(v)}" for k, v in keywords)])


def _suite(block) -> list[str]:
    lines = [line for stmt in block for line in _lines(stmt)] or ["pass"]
    return ["    " + line for line in lines]


def _lines(stmt) -> list[str]:
    match stmt:
        case ir.Assign(target, value):
            return [f"{target} = {text(value)}"]
        case ir.Unpack(targets, value):
            return [f"{text(ir.Tuple(targets))} = {text(value)}"]
        case ir.Store(target, value):
            return [f"{text(target)} = {text(value)}"]
        case ir.AugAssign(target, op, value):
            return [f"{text(target)} {op}= {text(value)}"]
        case ir.For(var, start, stop, step, body, flag):
            return [f"for {var} in range({text(start)}, {text(stop)}, {text(step)}):", *_suite(body), *_leave(flag)]
        case ir.While(test, body, flag):
            return [f"while {text(test)}:", *_suite(body), *_leave(flag)]
        case ir.If(test, body, orelse):
            return [f"if {text(test)}:", *_suite(body), "else:", *_suite(orelse)]
        case ir.Return(value):
            return ["return" if value is None else f"return {text(value)}"]
        case ir.Break():
            return ["break"]
        case ir.Continue():
            return ["continue"]
        case ir.Effect(value):
            return [text(value)]
    raise AssertionError(stmt)


def _leave(flag) -> list[str]:
    return [] if flag is None else [f"    if {flag}:", "        break"]
