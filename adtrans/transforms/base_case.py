"""Where a function that calls itself ends without a call, decided before the call.

    y = f(a, n - 1)             if n - 1 == 0:
                                    y = a[0]
                                else:
                                    y = f(a, n - 1)

A function that calls itself more than once ends in most of its calls.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from adtrans import ir, rules
from adtrans.names import fresh, used
from adtrans.transforms.flatten import is_costly

LONGEST, MOST = 4, 4  # statements before the branch that ends, or in it; calls


@dataclass(frozen=True)
class BaseCase:
    """`function` returns a name, and its last statement before that is a branch: `is_body` says of which block that
    this ends the recursion; the other one is empty."""

    function: ir.Function
    is_body: bool


def base_case(function: ir.Function) -> BaseCase | None:
    """That of a function without jumps that may call itself more than once; None where it has none that is short."""
    *before, choice, end = _with_branch(function)
    if not isinstance(choice, ir.If) or not isinstance(end.value, ir.Name) or function.prefix:
        return None
    calls = [_calls(block, function.name) for block in ir.blocks(choice)]
    if sorted(map(bool, calls)) != [False, True] or not 2 <= max(calls) <= 2 * MOST:
        return None
    is_body = not calls[0]
    leaf = ir.blocks(choice)[not is_body]
    if not _is_short(tuple(before), False) or not _is_short(leaf, True) or not _is_cheap(choice.test, False):
        return None
    if not leaf or leaf[-1].target != end.value.id:
        return None
    alone = replace(choice, body=leaf if is_body else (), orelse=() if is_body else leaf)
    return BaseCase(replace(function, body=(*before, alone, end)), is_body)


def _with_branch(function: ir.Function) -> tuple:
    """The body, a conditional expression that is returned as a branch; something before its end at least."""
    match function.body:
        case (*before, ir.Return(ir.IfExp(test, body, orelse), loc)):
            name = fresh("result", used(function))
            blocks = ((ir.Assign(name, value, loc),) for value in (body, orelse))
            return (*before, ir.If(test, *blocks, loc), ir.Return(ir.Name(name, loc), loc))
        case (_, _, *_):
            return function.body
    return (None, *function.body)


def _calls(block: tuple, name: str) -> int:
    """How often the block calls the function, a call in a loop counted twice."""
    count = 0
    for stmt in block:
        factor = 2 if isinstance(stmt, (ir.For, ir.ForEach, ir.While)) else 1
        count += factor * sum(_calls(b, name) for b in ir.blocks(stmt))
        found = (e for x in ir.expressions(stmt) for e in ir.walk(x))
        count += sum(isinstance(e, ir.UserCall) and e.name == name for e in found)
    return count


def _is_short(block: tuple, may_cost: bool) -> bool:
    if len(block) > LONGEST:
        return False
    return all(isinstance(s, ir.Assign) and _is_cheap(s.value, may_cost) for s in block)


def _is_cheap(expr, may_cost: bool) -> bool:
    """Whether `expr` is made of names, elements and arithmetic; of functions of numbers too where it `may_cost`."""
    for e in ir.walk(expr):
        if not isinstance(e, (ir.Name, ir.Const, ir.Index, ir.Attr, ir.Op, ir.IfExp, ir.Call)):
            return False
        if is_costly(e) and not (_is_len(e) or (may_cost and _is_of_numbers(e))):
            return False
    return True


def _is_len(expr) -> bool:
    return isinstance(expr, ir.Call) and expr.func == "len"


def _is_of_numbers(expr) -> bool:
    return isinstance(expr, ir.Op) or rules.lookup(expr.func) is not None
