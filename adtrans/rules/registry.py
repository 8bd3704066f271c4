"""The derivative rules of elementwise functions: how an entry is written, kept and found.

    partials("np.tanh(x), math.tanh(x)", "1 - y * y")
    partials("np.arctan2(a, b)", "b / (a * a + b * b)", "-a / (a * a + b * b)", at=[(0.4, -1.1)])

An entry names the function's spellings and, for each parameter, the partial derivative of the result `y`.
Numbers in a derivative have the type of the result, so `2 * x` keeps float32 what it is. A division by zero
in a derivative has its IEEE value (`0.5 / y` is infinite at 0), as in code compiled with `error_model="numpy"`.
"""

from __future__ import annotations

import ast
import itertools
import sys
from collections.abc import Iterator
from dataclasses import dataclass

from adtrans import ir
from adtrans.errors import ArgumentError
from adtrans.rules.expression import BINARY, COMPARISON, UNARY, dotted, expression, tree

# Where an entry is tested. A bare number stands for a value of any parameter; functions of more
# parameters are tested at every choice of different ones.
ANYWHERE = (-1.9, -0.6, 0.4, 1.3)
POSITIVE = (0.2, 0.7, 1.6, 3.1)
INSIDE_ONE = (-0.8, -0.3, 0.4, 0.9)
INSIDE_UNIT = (0.1, 0.45, 0.6, 0.95)
INTEGERS = (1, 2, 5)


@dataclass(frozen=True, slots=True)
class Elementwise:
    """The derivatives of one elementwise function, whatever its spelling.

    `partials[i]` is the derivative of the result `y` by `params[i]`: an expression of the parameters and `y`, or
    None where it is zero everywhere. `texts` are the derivatives as written.
    """

    key: str  # the first spelling, as written: "np.sin(x)", "a * b"
    names: tuple[str, ...]  # as in `ir.Call` and `ir.Op`: "np.sin", "math.sin", "*"
    params: tuple[str, ...]
    partials: tuple
    texts: tuple[str, ...]
    at: tuple[tuple, ...]
    note: str = ""


entries: dict[str, Elementwise] = {}
owners: dict[str, str] = {}  # name -> the module that registered it


def partials(spellings: str, *derivatives: str | None, at=ANYWHERE, note: str = "") -> Elementwise:
    """The registered entry of the function with these `spellings`, separated by commas: `"np.sin(x), math.sin(x)"`.

    `derivatives` has a text for each parameter; `"0"` or None where the derivative is zero everywhere.
    `at` lists the points at which tests compare it with differences, `note` says where it holds.

    Raises: `ArgumentError` for a text that is not a derivative of that function, or a function that has a rule.
    """
    signatures = [signature(node, spellings) for node in alternatives(tree(spellings))]
    names = tuple(name for name, _ in signatures)
    params = signatures[0][1]
    check(spellings, signatures, derivatives)
    texts = tuple("0" if text is None else text for text in derivatives)
    parts = tuple(derivative(text, (*params, "y")) for text in texts)
    key = ast.unparse(alternatives(tree(spellings))[0])
    entry = Elementwise(key, names, params, parts, texts, points(at, len(params)), note)
    register(entry, sys._getframe(1).f_globals.get("__name__", ""))
    return entry


def lookup(name: str) -> Elementwise | None:
    """The entry of a call's name (`np.sin`) or of an operator as in `ir.Op` (`+`, `neg`), if there is one."""
    return entries.get(name)


def table() -> Iterator[tuple[str, str, str]]:
    """Rows of text in the order of registration: function, its other spellings, the derivative by each parameter."""
    for entry in dict.fromkeys(entries.values()):
        yield entry.key, ", ".join(entry.names[1:]), "; ".join(entry.texts)


def alternatives(node: ast.expr) -> list[ast.expr]:
    return node.elts if isinstance(node, ast.Tuple) else [node]


def signature(node: ast.expr, text: str) -> tuple[str, tuple[str, ...]]:
    """Name and parameters of a spelling: `("np.sin", ("x",))`, `("*", ("a", "b"))`."""
    match node:
        case ast.Call(func, args, keywords=[]) if dotted(func):
            name = dotted(func)
        case ast.BinOp(left, op, right) if type(op) in BINARY:
            name, args = BINARY[type(op)], [left, right]
        case ast.UnaryOp(op, operand):
            name, args = UNARY[type(op)], [operand]
        case ast.Compare(left, [op], [right]) if type(op) in COMPARISON:
            name, args = COMPARISON[type(op)], [left, right]
        case _:
            raise ArgumentError(f"{ast.unparse(node)!r} is neither a call nor an operator: {text!r}")
    params = tuple(arg.id for arg in args if isinstance(arg, ast.Name))
    if len(params) != len(args) or "y" in params:
        raise ArgumentError(f"the parameters of {text!r} must be names, and not `y`, which names the result")
    return name, params


def check(spellings: str, signatures, derivatives) -> None:
    params = signatures[0][1]
    if any(other != params for _, other in signatures):
        raise ArgumentError(f"the spellings {spellings!r} must have the same parameters")
    if len(derivatives) != len(params):
        raise ArgumentError(f"{spellings!r} has {len(params)} parameters but {len(derivatives)} derivatives")


def derivative(text: str, known: tuple[str, ...]):
    """The expression of `text`, or None for `"0"`."""
    expr = expression(text)
    if unknown := sorted(ir.names(expr) - set(known)):
        raise ArgumentError(f"{unknown[0]!r} in the derivative {text!r} is none of {', '.join(known)}")
    return None if expr == ir.Const(0) else expr


def points(at, arity: int) -> tuple[tuple, ...]:
    """The points of `at` as tuples of `arity` numbers."""
    if all(isinstance(point, tuple) for point in at):
        return tuple(at)
    return tuple(itertools.permutations(at, arity))


def register(entry: Elementwise, owner: str) -> None:
    """Raises: `ArgumentError` where another module has registered one of the names."""
    for name in entry.names:
        if owners.get(name, owner) != owner:
            raise ArgumentError(f"{name} has a derivative rule already, from {owners[name]}")
    for name in entry.names:
        entries[name], owners[name] = entry, owner
