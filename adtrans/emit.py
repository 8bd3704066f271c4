"""Readable Python source from IR."""

from __future__ import annotations

import math

import numpy as np

from adtrans import ir

PRECEDENCE = {
    "or": 1, "and": 2, "not": 3, "<": 4, "<=": 4, ">": 4, ">=": 4, "==": 4, "!=": 4, "|": 5, "^": 6, "&": 7,
    "<<": 8, ">>": 8, "+": 9, "-": 9, "*": 10, "/": 10, "//": 10, "%": 10, "@": 10, "neg": 11, "pos": 11, "~": 11,
    "**": 12,
}  # fmt: skip
PREFIX = {"neg": "-", "pos": "+", "~": "~", "not": "not "}
ATOM = 20


def expression(expr) -> str:
    """The source text of an expression."""
    return _text(expr)[0]


def _text(expr) -> tuple[str, int]:
    """The source text and how tightly it binds."""
    match expr:
        case ir.Const():
            return _constant(expr)
        case ir.Name(name):
            return name, ATOM
        case ir.Op(op, args):
            return _operation(op, args)
        case ir.IfExp(test, body, orelse):
            return f"{_wrap(body, 1)} if {_wrap(test, 1)} else {_wrap(orelse, 0)}", 0
        case ir.Call():
            return _call(expr), ATOM
        case ir.Index(base, (ir.Tuple(()),)):
            return f"{_wrap(base, ATOM)}[()]", ATOM
        case ir.Index(base, index):
            return f"{_wrap(base, ATOM)}[{', '.join(_index_item(i) for i in index)}]", ATOM
        case ir.Attr(base, name):
            return f"{_wrap(base, ATOM)}.{name}", ATOM
        case ir.Tuple(items, record=record):
            inner = ", ".join(expression(i) for i in items)
            if record:
                return f"{record.name}({inner})", ATOM
            return f"({inner},)" if len(items) == 1 else f"({inner})", ATOM
        case ir.DType(name):
            return f"np.{name}", ATOM
    raise AssertionError(f"no source for {expr}")


def _wrap(expr, least: int) -> str:
    text, tightness = _text(expr)
    return text if tightness >= least else f"({text})"


def _constant(expr: ir.Const) -> tuple[str, int]:
    value = expr.value
    if isinstance(value, float) and not math.isfinite(value):
        text = "np.nan" if math.isnan(value) else "np.inf" if value > 0 else "-np.inf"
    elif isinstance(value, (str, bytes)) and not set(repr(value)) & set('"\\'):
        text = repr(value).replace("'", '"')
    else:
        text = repr(value)
    if expr.dtype and expr.dtype != "float64":
        return f"np.{expr.dtype}({text})", ATOM
    return text, PRECEDENCE["neg"] if text.startswith("-") else ATOM


def _operation(op: str, args: tuple) -> tuple[str, int]:
    own = PRECEDENCE[op]
    if len(args) == 1:
        return PREFIX[op] + _wrap(args[0], own), own
    a, b = args
    if op == "**":
        return f"{_wrap(a, own + 1)} ** {_wrap(b, PRECEDENCE['neg'])}", own
    if op == "+" and isinstance(b, ir.Op) and b.op == "neg":
        return f"{_wrap(a, own)} - {_wrap(b.args[0], own + 1)}", own
    comparison = own == PRECEDENCE["<"]  # a chain would mean something else
    return f"{_wrap(a, own + comparison)} {op} {_wrap(b, own + 1)}", own


def _call(expr: ir.Call) -> str:
    func, args = expr.func, expr.args
    if func == "np.transpose":
        return f"{_wrap(args[0], ATOM)}.T"
    if func in ("np.real", "np.imag"):
        return f"{_wrap(args[0], ATOM)}.{func[3:]}"
    if func == "np.reshape":
        return f"{_wrap(args[0], ATOM)}.reshape({expression(args[1])})"
    if func == "np.copy":
        return f"{_wrap(args[0], ATOM)}.copy()"
    func = "complex" if func == "helper.complex" else func.replace("helper.", "_")
    given = [expression(a) for a in args] + [f"{k}={expression(v)}" for k, v in expr.keywords]
    return f"{func}({', '.join(given)})"


def _index_item(item) -> str:
    match item:
        case ir.Slice(start, stop, step):
            text = ":".join("" if part is None else expression(part) for part in (start, stop))
            return text if step is None else f"{text}:{expression(step)}"
        case ir.NewAxis():
            return "None"
        case ir.Dots():
            return "..."
    return expression(item)


class _Lines:
    """Lines of source; remembers the last line number that was noted beside one."""

    def __init__(self, file: str):
        self.file = file
        self.noted: tuple[str, int] | None = None
        self.lines: list[str] = []

    def add(self, depth: int, text: str, stmt) -> None:
        self.lines.append("    " * depth + text + self._note(stmt))

    def _note(self, stmt) -> str:
        loc = getattr(stmt, "loc", None)
        if loc is None or (loc.file, loc.line) == self.noted:
            return ""
        self.noted = (loc.file, loc.line)
        place = f"line {loc.line}" if loc.file == self.file else f"{loc.file.rsplit('/')[-1]}:{loc.line}"
        return f"  # {place}"


def block(body: tuple, file: str, depth: int = 1) -> list[str]:
    """The source lines of a block."""
    lines = _Lines(file)
    _block(body, depth, lines)
    return lines.lines


def _block(body: tuple, depth: int, lines: _Lines) -> None:
    if not body:
        lines.add(depth, "pass", None)
    for stmt in body:
        for comment in getattr(stmt, "comments", ()):
            lines.add(depth, f"# {comment}", None)
        _statement(stmt, depth, lines)


def _statement(stmt, depth: int, lines: _Lines) -> None:
    match stmt:
        case ir.For() | ir.While():
            _loop(stmt, depth, lines)
        case ir.If(test, body, orelse):
            _if("if", test, body, orelse, depth, lines, stmt)
        case ir.Custom(forward=forward):
            _block(forward, depth, lines)
        case _:
            lines.add(depth, simple(stmt), stmt)


def _loop(stmt, depth: int, lines: _Lines) -> None:
    is_for = isinstance(stmt, ir.For)
    lines.add(depth, f"for {stmt.var} in {range_text(stmt)}:" if is_for else f"while {expression(stmt.test)}:", stmt)
    _block(stmt.body, depth + 1, lines)
    if stmt.exit:
        lines.add(depth + 1, f"if {stmt.exit}:", None)
        lines.add(depth + 2, "break", None)


def _if(word: str, test, body: tuple, orelse: tuple, depth: int, lines: _Lines, stmt) -> None:
    lines.add(depth, f"{word} {expression(test)}:", stmt)
    _block(body, depth + 1, lines)
    match orelse:
        case ():
            return
        case (ir.If(inner, then, other, comments=()),):
            _if("elif", inner, then, other, depth, lines, orelse[0])
        case _:
            lines.add(depth, "else:", None)
            _block(orelse, depth + 1, lines)


def range_text(stmt: ir.For) -> str:
    """`range(...)`, or `prange(...)`, with as few arguments as it needs."""
    parts = [stmt.start, stmt.stop, stmt.step]
    if stmt.step == ir.Const(1):
        parts = [stmt.stop] if stmt.start == ir.Const(0) else parts[:2]
    return f"{'prange' if stmt.parallel else 'range'}({', '.join(map(expression, parts))})"


def simple(stmt) -> str:
    """The source text of a statement without a block."""
    match stmt:
        case ir.Assign(target, ir.Op("+" | "-" | "*" | "/" as op, (ir.Name(first), value))) if first == target:
            return _update(target, op, value)
        case ir.Store(target, ir.Op("+" | "-" | "*" | "/" as op, (first, value))) if first == target:
            return _update(expression(target), op, value)
        case ir.AugAssign(target, op, value):
            return _update(expression(target), op, value)
        case ir.Assign(target, value) | ir.View(target, value):
            return f"{target} = {expression(value)}"
        case ir.Store(target, value):
            return f"{expression(target)} = {expression(value)}"
        case ir.Alloc(target, shape, dtype, fill):
            return f"{target} = {allocation(shape, dtype, fill)}"
        case ir.Rebind(target, source):
            return f"{target} = {source}"
        case ir.Unpack(targets, value):
            return f"{', '.join(expression(t) for t in targets)} = {', '.join(expression(v) for v in value.items)}"
        case ir.Opaque(targets, value):
            return f"{', '.join(targets)} = {expression(value)}" if targets else expression(value)
        case ir.Effect(value):
            return expression(value)
        case ir.Return(None):
            return "return"
        case ir.Return(value):
            several = isinstance(value, ir.Tuple) and len(value.items) > 1 and not value.record
            items = value.items if several else (value,)
            return f"return {', '.join(map(expression, items))}"
    raise AssertionError(f"no source for {stmt}")


def _update(target: str, op: str, value) -> str:
    if op == "+" and isinstance(value, ir.Op) and value.op == "neg":
        return f"{target} -= {_wrap(value.args[0], PRECEDENCE['+'] + 1)}"
    return f"{target} {op}= {expression(value)}"


def allocation(shape: tuple, dtype: str, fill: str) -> str:
    """`np.empty(n)`, `np.zeros((n, m), dtype=np.float32)`."""
    lengths = expression(shape[0]) if len(shape) == 1 else expression(ir.Tuple(shape))
    return f"np.{fill}({lengths})" if dtype == "float64" else f"np.{fill}({lengths}, dtype=np.{dtype})"


def records(body: tuple) -> set[ir.Record]:
    """The classes of named tuples that a block makes."""
    found = (e for s in ir.statements(body) for x in ir.expressions(s) for e in ir.walk(x))
    return {e.record for e in found if isinstance(e, ir.Tuple) and e.record}


def constant_array(value: np.ndarray) -> str:
    """Source text of an array; reading it gives the same bits."""
    dtype = "" if str(value.dtype) == "float64" else f", dtype=np.{value.dtype}"
    items = repr(value.tolist()).replace("inf", "np.inf").replace("nan", "np.nan")
    return f"np.array({items}{dtype})"
