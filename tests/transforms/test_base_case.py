"""Calls of a function of itself, of which the base case is decided before the call."""

import pytest
from ir_python import define
from numba import float64, int64

from adtrans import ir, types
from adtrans.callees import callee_of
from adtrans.parse import parse
from adtrans.transforms.inline import inline, inline_called

ARRAY = types.array_type(float64, 1)


def depths(source: str, argtypes: tuple) -> list[int]:
    """In how many branches each call of the function stands that is left in it."""
    program = inline(parse(define(source)))
    func = next(e.func for s in ir.statements(program.body) for e in called(s))
    return list(below(inline_called(callee_of(func), argtypes).body, 0))


def called(stmt) -> list:
    found = (e for x in ir.expressions(stmt) for e in ir.walk(x))
    return [e for e in found if isinstance(e, ir.Call) and callee_of(e.func)]


def below(block: tuple, depth: int):
    for stmt in block:
        yield from (depth for _ in called(stmt))
        for inner in ir.blocks(stmt):
            yield from below(inner, depth + isinstance(stmt, ir.If))


@pytest.mark.parametrize(
    "body",
    [
        "return x if n < 2 else f(x, n - 1) + f(x * 2.0, n - 2)",
        "if n < 2:\n        return x * x\n    return f(x, n - 1) + f(x * 2.0, n - 2)",
        "m = n - 1\n    if m > 0:\n        return f(x, m) * x + f(x * 2.0, m)\n    return 1.0",
    ],
)
def test_each_call_of_several_is_guarded_by_its_base_case(body):
    assert depths(f"def f(x, n):\n    {body}\n", (float64, int64)) == [2, 2]


@pytest.mark.parametrize(
    ("source", "argtypes"),
    [
        ("def f(x, n):\n    return x if n == 0 else f(x * x, n - 1)\n", (float64, int64)),  # a chain
        ("def f(x, n):\n    return x if n == 0 else f(x[1:], n - 1)[0] * f(x, n - 1)\n", (ARRAY, int64)),
        (
            "def f(x, n):\n    y = sum(i * x for i in range(n))\n"
            "    return y if n == 0 else f(y, n - 1) + f(x, n - 1)\n",
            (float64, int64),
        ),
    ],
)
def test_calls_stay_where_the_base_case_is_rare_or_long_or_an_array(source, argtypes):
    assert set(depths(source, argtypes)) == {1}
