import math

import pytest

from adtrans import ir
from adtrans.errors import ArgumentError
from adtrans.ir import Call, Const, IfExp, Name, Op
from adtrans.rules.expression import expression

x, y = Name("x"), Name("y")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("1 - y * y", Op("-", (Const(1), Op("*", (y, y))))),
        ("-x", Op("neg", (x,))),
        ("-0.5", Const(-0.5)),
        ("not x", Op("not", (x,))),
        ("np.exp(-x)", Call("np.exp", (Op("neg", (x,)),))),
        ("math.atan2(x, y)", Call("math.atan2", (x, y))),
        ("np.pi", Const(math.pi)),
        ("0 if x == 0 else y", IfExp(Op("==", (x, Const(0))), Const(0), y)),
        ("0 < x < y", Op("and", (Op("<", (Const(0), x)), Op("<", (x, y))))),
        ("x and y and x", Op("and", (Op("and", (x, y)), x))),
    ],
)
def test_a_text_becomes_ir(text, expected):
    assert expression(text) == expected


def test_an_integer_stays_an_integer():
    assert type(expression("2").value) is int


@pytest.mark.parametrize("text", ["x[0]", "f(x)", "np.sum(x, axis=0)", "lambda: x", "x.T", "'x'", "np.e2", "x is y"])
def test_anything_else_is_refused_by_name(text):
    with pytest.raises(ArgumentError, match="cannot be part of a derivative"):
        expression(text)


def test_a_syntax_error_shows_the_text():
    with pytest.raises(ArgumentError, match=r"'1 \+' is not a Python expression"):
        expression("1 +")


def test_names_of_an_expression_are_those_it_reads():
    assert ir.names(expression("np.sin(x) * y")) == {"x", "y"}
