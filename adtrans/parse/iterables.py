"""What loops go through, and what they assign: of statements and of comprehensions."""

from __future__ import annotations

from collections.abc import Callable

import libcst as cst

from adtrans import ir
from adtrans.errors import UnsupportedError
from adtrans.parse.calls import ITERABLES, bounds
from adtrans.parse.canonical import function_name
from adtrans.parse.scope import MISSING, Scope, dotted
from adtrans.parse.unsupported import unsupported


def read_target(scope: Scope, node, read: Callable):
    """What is assigned to: a `Name`, an `Index`, or a `Tuple` of such; `read(scope, node)` is the IR of an
    expression."""
    match node:
        case cst.Name(value=name):
            return ir.Name(scope.local(name), scope.loc(node))
        case cst.Subscript():
            target = read(scope, node)
            if isinstance(target.base, ir.Call) and target.base.func in ("np.real", "np.imag"):
                hint = "Write z[i] = complex(x, y)."
                raise UnsupportedError("the real and the imaginary part cannot be assigned to", target.loc, hint)
            return target
        case cst.Tuple(elements=elements) | cst.List(elements=elements):
            for element in elements:
                if isinstance(element, cst.StarredElement):
                    raise unsupported(element, scope.loc(element))
            return ir.Tuple(tuple(read_target(scope, e.value, read) for e in elements), scope.loc(node))
    raise UnsupportedError(
        f"assignment to {dotted(node)} is not supported", scope.loc(node), "Assign to names and array elements."
    )


def iterable(scope: Scope, node, read: Callable):
    """What a loop goes through; `prange` is a range whose iterations may run in any order."""
    loc = scope.loc(node)
    target = scope.lookup(node.func) if isinstance(node, cst.Call) else MISSING
    name = "range" if getattr(target, "__name__", "") == "prange" else function_name(target)
    if name not in ITERABLES:
        return read(scope, node)
    if any(arg.star for arg in node.args) and not (name == "np.ndindex" and len(node.args) == 1):
        raise UnsupportedError("a star argument is not supported", loc, "Write out each argument.")
    args = tuple(iterable(scope, arg.value, read) for arg in node.args if arg.keyword is None)
    keywords = tuple((a.keyword.value, read(scope, a.value)) for a in node.args if a.keyword is not None)
    if name == "range" and (keywords or not 1 <= len(args) <= 3):
        raise UnsupportedError("range takes one to three positional arguments", loc, "Write range(start, stop, step).")
    return ir.Call(name, args, keywords, loc)


def loop_over(target, items, body: tuple, loc):
    """`for target in items: body`."""
    match target, items:
        case ir.Name(var), ir.Call("range", args):
            start, stop, step = bounds(args, items.loc)
            return ir.For(var, start, stop, step, body, None, loc)
        case ir.Index(), _:
            raise UnsupportedError("a loop over an element is not supported", target.loc, "Loop over a name.")
    return ir.ForEach(target, items, body, None, loc)


def trip_count(scope: Scope, node: cst.Call, read: Callable):
    """The number that `len(range(...))` is; None where `node`, a call of `len`, is of anything else."""
    inner = node.args[0].value if len(node.args) == 1 else None
    if not isinstance(inner, cst.Call) or function_name(scope.lookup(inner.func)) != "range":
        return None
    loc = scope.loc(node)
    start, stop, step = bounds(iterable(scope, inner, read).args, loc)
    by = step.value if isinstance(step, ir.Const) else -step.args[0].value if _is_negated(step) else 0
    if not by:
        raise UnsupportedError("this step is not known before the program runs", loc, "Write the number itself.")
    low, high, by = (start, stop, by) if by > 0 else (stop, start, -by)
    up = ir.Op("+", (ir.Op("-", (high, low), loc), ir.Const(by - 1, None, loc)), loc)
    return ir.Call("max", (ir.Op("//", (up, ir.Const(by, None, loc)), loc), ir.Const(0, None, loc)), (), loc)


def _is_negated(expr) -> bool:
    return isinstance(expr, ir.Op) and expr.op == "neg" and isinstance(expr.args[0], ir.Const)
