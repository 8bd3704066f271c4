"""Values kept where cotangents will be: the gradient stays right, and nothing is kept where a cotangent is already."""

import math
import re

import numba
import numpy as np
import pytest
from ir_python import define
from uncompiled import names_of, without_helpers

from adtrans.pipeline import generate

SIZES = (2, 3, 5)
KEPT_VALUE = re.compile(r"^ *[xy]_bar\[.*\] = (exp_value|sin_slope|sin_value)(_\d)?$", re.MULTILINE)


def arguments(n: int) -> tuple:
    rng = np.random.default_rng(n)
    return rng.uniform(0.2, 0.9, n), rng.uniform(0.2, 0.9, n), 0.7


def program(*body: str, before: tuple = (), after: tuple = (), loop: str = "for i in range(n):") -> str:
    lines = [
        "n = len(x)",
        "total = 0.3",
        *before,
        loop,
        *(f"    {line}" for line in body),
        "s = math.log(total)",
        *after,
    ]
    return "\n".join(["def f(x, y, c):", *(f"    {line}" for line in (*lines, "return s")), ""])


EXP = "total += math.exp(c * x[i])"
KEPT = {
    "an exponential": program(EXP),
    "a derivative that has a tape": program("total += math.sin(c * x[i]) + 1.0"),
    "two values, in two arrays": program("total += math.sin(x[i] * y[i]) * math.sin(y[i]) + 1.0"),
    "downwards": program(EXP, loop="for i in range(n - 1, -1, -1):"),
    "some of the elements": program(EXP, loop="for i in range(1, n, 2):"),
    "elements moved by one": program("total += math.exp(x[i + 1])", loop="for i in range(n - 1):"),
    "an element used twice": program(EXP, "total += x[i]"),
    "an array that is read before": program(EXP, before=("total += x[0] * x[n - 1]",)),
    "another value by the loop": program("e = math.exp(c * x[i])", "total += e * e"),
    "sums": program(EXP, "more += c * x[i] * x[i]", before=("more = 1.0",), after=("s = s * more",)),
    "one loop of two": program(EXP, after=("for i in range(n):", "    s += x[i] * y[i]")).replace("x[i] * y", "c * y"),
}

LEFT = {
    "an array that is overwritten later": program(EXP, after=("x[0] = 3.0", "x[0] = s")),
    "an array that is read after": program(EXP, after=("s += x[0] * x[n - 1]",)),
    "an array that is read between": program(EXP, after=("for i in range(n):", "    s += x[i] * x[i] * s")),
    "neighbours": program("total += math.exp(x[i] * x[i - 1])", loop="for i in range(1, n):"),
    "an element that is not another each time": program("total += math.exp(x[i // 2])"),
    "elements from minus one": program("total += math.exp(x[i])", loop="for i in range(-1, n - 1):"),
    "elements that a branch chooses": program("if x[i] > 0.5:", f"    {EXP}"),
    "a view": program("total += math.exp(v[i])", before=("v = x[1:]",), loop="for i in range(n - 1):"),
    "a view of it elsewhere": program(EXP, after=("v = x[1:]", "s += v[n - 2] * v[n - 2]")),
    "a sum alone": program("total += math.exp(c)"),
    "what is cheap": program("total += c * x[i] * x[i]"),
    "a loop that ends early": program(EXP, "if total > 2.0:", "    break"),
}


def assert_right(source: str, **options) -> str:
    """The text of the gradient function, after its results are found to agree with finite differences."""
    fn = define(source, math=math)
    module = generate(fn, tuple(map(numba.typeof, arguments(3))), (0, 1, 2), "value_and_grad", single=False, **options)
    adjoint = names_of(module.text)[module.adjoint]
    for n in SIZES:
        args = arguments(n)
        value, gradient = adjoint(*args)
        assert value == pytest.approx(fn(*map(np.copy, args)), rel=1e-12)
        for k, found in enumerate(gradient):
            np.testing.assert_allclose(found, differences(fn, args, k), rtol=1e-6, atol=1e-8)
    return module.text.split(f"def {module.adjoint}")[1]


def differences(fn, args: tuple, k: int):
    def at(e) -> float:
        moved = list(map(np.copy, args))
        moved[k] = moved[k] + e
        return fn(*moved)

    steps = 1e-6 * np.eye(args[k].size) if np.ndim(args[k]) else np.array([1e-6])
    found = [(at(e) - at(-e)) / 2e-6 for e in steps]
    return found if np.ndim(args[k]) else found[0]


@pytest.mark.parametrize("source", KEPT.values(), ids=KEPT)
def test_value_is_kept_in_the_place_of_the_cotangent(source):
    assert KEPT_VALUE.search(assert_right(source))


@pytest.mark.parametrize("source", LEFT.values(), ids=LEFT)
def test_place_that_is_in_use_is_left_alone(source):
    assert not KEPT_VALUE.search(assert_right(source))


def test_order_of_sums_does_not_matter_for_it():
    assert KEPT_VALUE.search(assert_right(KEPT["an exponential"], fastmath=False))


def test_exponential_is_computed_once_and_has_no_tape():
    text = without_helpers(assert_right(KEPT["an exponential"]))
    assert text.count("exp(") == 1 and "tape" not in text


ROWS = """
def f(a, p):
    s = 0.0
    for r in range(a.shape[0]):
        total = 0.1
        for k in range(a.shape[1]):
            total += math.exp(a[ROW, k])
        s += math.log(total)
    return s
"""


@pytest.mark.parametrize(("row", "kept"), [("r", True), ("p[r]", False), ("0", False)])
def test_zeros_are_in_use_where_another_iteration_of_a_loop_around_may_have_added_to_them(row, kept):
    module = generate(define(ROWS.replace("ROW", row)), (numba.float64[:, ::1], numba.int64[::1]), (0,), "grad")
    a, p = np.random.default_rng(0).uniform(0.2, 0.9, (3, 4)), np.array([1, 1, 0])
    rows = {"r": [0, 1, 2], "p[r]": p, "0": [0, 0, 0]}[row]
    expected = np.zeros_like(a)
    for r in rows:
        expected[r] += np.exp(a[r]) / (np.exp(a[r]).sum() + 0.1)
    np.testing.assert_allclose(names_of(module.text)[module.adjoint](a, p), expected, rtol=1e-12)
    assert ("a_bar[r, k] = exp_value" in module.text) == kept


@pytest.mark.parametrize("c", [math.inf, -math.inf, math.nan])
def test_what_is_not_finite_is_what_it_was(c):
    """The first element has no part in the sum, whatever the cotangent of that."""
    source = program("total += math.exp(x[i]) if i > 0 else 0.0", after=("s = s * c",))
    module = generate(define(source, math=math), tuple(map(numba.typeof, arguments(3))), (0,), "grad")
    found = names_of(module.text)[module.adjoint](np.zeros(3), np.zeros(3), c)
    np.testing.assert_array_equal(found, [0.0, c, c])
