import numpy as np
import pytest
from ir_python import define, run, unparse

from adtrans.parse import parse
from adtrans.transforms.loops import loops


def owned(*lines: str) -> str:
    fn = define("def f(x, n, p):\n    s = 0.0\n" + "".join(f"    {line}\n" for line in lines))
    function = loops(parse(fn))
    for n in range(1, 4):
        x, p = np.arange(1.0, 7.0), np.array([0, 2, 4, 5])
        (got, args), expected = run(function, x, n, p), fn(x, n, p)
        assert got == expected
        np.testing.assert_array_equal(args[0], x)
    return unparse(function)


def test_plain_loop_is_kept():
    text = owned("for i in range(n):", "    s += x[i]", "for i in range(n):", "    s += x[i]", "return s")
    assert text.count("for i in range(0, n, 1):") == 2


def test_loop_in_a_loop_is_kept():
    lines = ("for k in range(2):", "    for i in range(k, n):", "        s += x[i] * k", "return s")
    assert "for i in range(k, n, 1):" in owned(*lines)


@pytest.mark.parametrize(
    "lines",
    [
        ("for i in range(n):", "    s += x[i]", "return s + i"),
        ("for i in range(n):", "    i = i + 1", "    s += x[i]", "return s"),
        ("for i in range(n):", "    for i in range(2):", "        s += x[i]", "    s *= i", "return s"),
        ("i = 0", "for k in range(n):", "    s += x[i]", "    for i in range(2):", "        s += 1", "return s"),
    ],
)
def test_variable_that_is_used_otherwise_gets_a_loop_variable_of_its_own(lines):
    text = owned(*lines)
    assert "for i_1 in" in text
    assert "        i = i_1\n" in text


@pytest.mark.parametrize(
    ("lines", "bound"),
    [
        (("for i in range(n):", "    n = n - 1", "    s += x[i]", "return s + n"), "i_stop = n"),
        (("i = 1", "for i in range(i, n):", "    s += x[i]", "return s"), "i_start = i"),
        (("for i in range(p[2]):", "    p[2] = 1", "    s += x[i]", "return s"), "i_stop = p[2]"),
        (("q = p[1:]", "for i in range(p[2]):", "    q[1] = 1", "    s += x[i]", "return s"), "i_stop = p[2]"),
        (("for i in range(np.sum(p[:2])):", "    p[1] = 1", "    s += x[i]", "return s"), "i_stop = np.sum(p[:2])"),
    ],
)
def test_bounds_that_the_body_changes_are_kept_in_a_variable(lines, bound):
    assert bound in owned(*lines)


@pytest.mark.parametrize(
    ("lines", "header"),
    [
        (("for i in range(p[1], p[2]):", "    x[i] = s", "    s += x[i]", "return s"), "range(p[1], p[2], 1)"),
        (("for i in range(x.shape[0]):", "    x[i] = s", "return s"), "range(0, x.shape[0], 1)"),
        (("for i in range(len(x)):", "    x[i] += s", "return s"), "range(0, len(x), 1)"),
        (("for i in range(min(n, 2)):", "    x[i] += s", "return s"), "range(0, min(n, 2), 1)"),
    ],
)
def test_bounds_that_stay_are_not_copied(lines, header):
    assert header in owned(*lines)
