"""Running extremes: the gradient goes to the very element that the loop leaves, whatever the data, without a tape.

The functions return one of the numbers that they were given. Which one tells its identity, when Python runs them on
objects: that element's derivative is 1, all others are 0.
"""

import itertools
import math

import numba
import numpy as np
import pytest
from ir_python import define
from uncompiled import names_of

from adtrans.pipeline import generate

NAN, INF = math.nan, math.inf
DATA = [*itertools.product((1.0, 2.0, NAN), repeat=3), (), (2.0,), (-INF, -INF), (3.0, 1.0, 3.0, 2.0, 3.0), (INF, NAN)]
STARTS = (0.0, 2.0, 9.0, NAN, -INF)


def program(*body: str, before: tuple = (), after: tuple = (), loop: str = "for i in range(len(x)):") -> str:
    lines = ["m = start", *before, loop, *(f"    {line}" for line in body), *after, "return m"]
    return "\n".join(["def f(x, start, n):", *(f"    {line}" for line in lines), ""])


FOUND = {
    "max": program("m = max(m, x[i])"),
    "max, the element first": program("m = max(x[i], m)"),
    "min": program("m = min(m, x[i])"),
    "min, the element first": program("m = min(x[i], m)"),
    "if above": program("if x[i] > m:", "    m = x[i]"),
    "if not below": program("if m <= x[i]:", "    m = x[i]"),
    "if below, with the index": program("if x[i] < m:", "    m = x[i]", "    k = i", before=("k = -1",)),
    "if above and more": program("if x[i] > m and i != 1:", "    m = x[i]"),
    "if not nested": program("if i != 1:", "    if x[i] > m:", "        m = x[i]"),
    "a choice": program("m = x[i] if x[i] > m else m"),
    "the other choice": program("m = m if x[i] > m else x[i]"),
    "downwards": program("m = max(m, x[i])", loop="for i in range(len(x) - 1, -1, -1):"),
    "every other": program("m = max(m, x[i])", loop="for i in range(1, len(x), 2):"),
    "backwards through the elements": program("m = max(m, x[len(x) - 1 - i])"),
    "neighbours": program("m = max(m, x[i + 1])", loop="for i in range(len(x) - 1):"),
    "several times": program("for i in range(len(x)):", "    m = max(m, x[i])", loop="for r in range(n):"),
    "a square of indices": program("m = max(m, x[(i + k) % len(x)])", loop="for i in range(len(x)):").replace(
        "        m", "        for k in range(n):\n            m"
    ),
    "one after the other": program("m = max(m, x[i])", after=("for i in range(len(x)):", "    m = min(m, x[i])")),
    "until a flag says so": program("if i > 1:", "    break", "m = max(m, x[i])"),
}
PASSED_OVER = ("max", "if above", "min, the element first", "a choice")

LEFT = {
    "an element that the loop writes": program("y[i] = 2 * x[i]", "m = max(m, y[i])", before=("y = np.zeros(len(x))",)),
    "a view of it": program("y[i] = 2 * x[i]", "m = max(m, v[i])", before=("y = np.zeros(len(x))", "v = y[:]")),
    "a value computed": program("m = max(m, x[i] * x[i])"),
    "the extreme so far used": program("m = max(m, x[i])", "s += m", before=("s = 0.0",), after=("m = s",)),
    "another definition": program("m = max(m, x[i])", "m = m * 0.5"),
    "the last element": program("m = x[i]"),
    "an index that the loop steps": program("k = (2 * k + 1) % n", "m = max(m, x[k])", before=("k = 1",)),
    "an index that may be negative": program("m = max(m, x[i])", loop="for i in range(n - 5, len(x)):"),
    "while": program("m = max(m, x[i])", "i += 1", before=("i = 0",), loop="while i < len(x):"),
}


def generated(source: str, dtype=np.float64, argnums=(0, 1)):
    module = generate(define(source), (numba.typeof(np.zeros(3, dtype)), numba.typeof(dtype(1)), numba.int64), argnums,
                      "value_and_grad", single=False)  # fmt: skip
    return names_of(module.text)[module.adjoint], module.text.split(f"def {module.adjoint}")[1]


class Number(float):
    """A float that can be told from another of the same value."""


def expected(source: str, x, start: float):
    """The value, and the derivatives by `x` and by `start`."""
    numbers, first = [Number(v) for v in x], Number(start)
    result = define(source)(numbers, first, 2)
    return result, [float(v is result) for v in numbers], float(first is result)


def assert_finds(source: str, x, start: float, f):
    value, gradient, by_start = expected(source, x, start)
    found, (x_bar, start_bar) = f(np.array(x, dtype=float), start, 2)
    np.testing.assert_array_equal(found, value)
    np.testing.assert_array_equal(x_bar, gradient, err_msg=f"{x}, from {start}")
    assert start_bar == by_start, (x, start)


@pytest.mark.parametrize("source", FOUND.values(), ids=FOUND)
def test_gradient_goes_to_the_element_that_the_loop_leaves(source):
    f, text = generated(source)
    assert "tape" not in text and "at >= 0" in text
    for x, start in itertools.product(DATA, STARTS):
        assert_finds(source, x, start, f)


@pytest.mark.parametrize("kind", PASSED_OVER)
def test_parts_of_long_loops_that_cannot_change_the_extreme_are_passed_over(kind):
    f, text = generated(FOUND[kind])
    assert "256)" in text
    rng = np.random.default_rng(0)
    for n in (255, 256, 257, 1000):
        x = rng.integers(0, 40, n).astype(float)
        x[rng.integers(0, n, 5)] = NAN
        for data, start in itertools.product((x, np.sort(x), np.sort(x)[::-1]), (-1.0, 20.0, 50.0)):
            assert_finds(FOUND[kind], data, start, f)


HALF = ("if x[i] > m:", "    m = x[i]", "    s = 0.5 * x[i]")
WITH_INDEX = ("if x[i] > m and x[k] < 9.0:", "    m = x[i]", "    k = i")
IN_ONE = {
    "more than the search": program(*HALF, before=("s = m",), after=("m = s if s == 1e9 else m",)),
    "a test of an element found before": program(*WITH_INDEX, before=("k = 0",)),
    "another loop around": FOUND["several times"],
    "downwards": FOUND["downwards"],
}


@pytest.mark.parametrize("source", IN_ONE.values(), ids=IN_ONE)
def test_loops_that_are_more_than_a_plain_search_stay_in_one(source):
    f, text = generated(source)
    assert "256)" not in text
    for x, start in itertools.product(DATA[-3:], STARTS[:3]):
        assert_finds(source, x, start, f)


@pytest.mark.parametrize("source", LEFT.values(), ids=LEFT)
def test_other_loops_stay_as_they_are(source):
    _, text = generated(source)
    assert "at >= 0" not in text


def test_extreme_of_single_precision_keeps_its_type():
    f, _ = generated(FOUND["max"], np.float32)
    value, (x_bar, _) = f(np.array([1, 3, 3], np.float32), np.float32(2), 2)
    assert value == 3 and x_bar.dtype == np.float32 and list(x_bar) == [0, 1, 0]


def test_start_alone_loses_its_derivative_to_an_element():
    f, _ = generated(FOUND["max"], argnums=(1,))
    assert f(np.array([1.0, 3.0]), 2.0, 2) == (3.0, (0.0,))
    assert f(np.array([1.0, 3.0]), 4.0, 2) == (4.0, (1.0,))


def test_primal_is_as_it_was_written():
    module = generate(define(FOUND["max"]), (numba.typeof(np.zeros(3)), numba.float64, numba.int64), (0,), "primal")
    assert "m = max(m, x[i])" in module.text and "at" not in module.text.split("def f")[1].replace("float", "")


MATRIX = """
def f(a, n):
    lo, hi = a[0, 0], a[0, 0]
    for r in range(a.shape[0]):
        for k in range(a.shape[1]):
            lo = min(lo, a[r, k])
            hi = max(hi, a[r, k])
    return hi * hi - lo
"""


def test_extremes_of_a_matrix_are_found_by_row_and_column():
    module = generate(define(MATRIX), (numba.typeof(np.zeros((2, 2))), numba.int64), (0,), "grad")
    assert "tape" not in module.text
    a = np.array([[3.0, 1.0, 4.0], [1.0, 5.0, 5.0]])
    found = names_of(module.text)[module.adjoint](a, 2)
    np.testing.assert_array_equal(found, [[0, -1, 0], [0, 10, 0]])


ROWS = """
def f(a, n):
    total = 0.0
    for r in range(a.shape[0]):
        m = a[r, 0]
        for k in range(a.shape[1]):
            m = max(m, a[r, k])
        a[r, 0] = 7.0
        total += m * m
    return total
"""


def test_extreme_of_each_row_of_an_array_that_is_overwritten_later():
    module = generate(define(ROWS), (numba.typeof(np.zeros((2, 2))), numba.int64), (0,), "grad")
    assert "taken_tape" not in module.text and "part" not in module.text
    a = np.array([[3.0, 1.0, 2.0], [1.0, 5.0, 5.0]])
    found = names_of(module.text)[module.adjoint](a, 2)
    np.testing.assert_array_equal(found, [[6, 0, 0], [0, 10, 0]])
