import re

import numpy as np
import pytest
from ir_python import define
from numba import typeof
from uncompiled import derivative, names_of, without_helpers

from adtrans import grad
from adtrans.passes import FASTMATH
from adtrans.pipeline import generate

LOOP = "def f(x):\n    s = 0.0\n    for i in range(x.shape[0] - 1):\n        {}\n    return s\n"
VERSIONS = ["_near_sin", "_sin"]
X = np.array([0.3, -1e5, 2.5, 1.1, 40.0])
LARGE = np.array([0.3, -1e9, 2.5e22, np.pi * 2**40, 1.0])


def text_of(source: str, mode: str = "primal", dtype=float, fastmath=FASTMATH) -> str:
    module = generate(define(source), (typeof(X.astype(dtype)),), (0,), mode, fastmath=fastmath)
    return without_helpers(module.text)


def functions(source: str, **options) -> list:
    """The sines and cosines that the generated function calls, in the order of its text."""
    return re.findall(r"(?:math\.|_near_|_)(?:sin|cos)(?:_single)?(?=\()", text_of(source, **options))


@pytest.mark.parametrize(
    "line",
    [
        "s += np.sin(x[i])",
        "angle = 2.0 * x[i] + i; s += math.sin(angle)",
        "s += np.sin(np.exp(x[i]) / x[i + 1]) * np.tanh(x[i])",
        "if x[i] > 0.0: s += np.sin(x[i])",
        "s += np.sin(i * 0.1) if x[i] > 0.0 else 1.0",
    ],
)
def test_loops_have_a_version_that_vectorises(line):
    assert functions(LOOP.format(line)) == VERSIONS


@pytest.mark.parametrize(
    "line",
    [
        "s += np.sin(np.sin(x[i]))",  # the search would cost as much
        "s += np.sin(x[i]) * math.atan(x[i])",  # does not vectorise for another reason
        "s = np.sin(s + x[i])",
        "s += np.sin(x[i + 1]) if i > 0 else 0.0",  # the test may guard the element
        "x[i] = 2.0 * x[i]; s += np.sin(x[i])",  # the search comes before all stores
    ],
)
def test_other_loops_call_libm(line):
    assert not {"_near_sin", "_sin"} & set(functions(LOOP.format(line)))


def test_functions_keep_their_exactness_without_the_flag():
    assert functions(LOOP.format("s += np.sin(x[i])"), fastmath=False) == ["math.sin"]


def test_each_argument_is_tested_once_for_each_value():
    text = text_of(LOOP.format("t = x[i]; s += np.sin(t) * np.cos(t); t = t * t; s += np.cos(t)"))
    assert text.count("> 1000000.0") == 2


def test_a_function_has_one_value_for_one_argument():
    source = LOOP.format("s += np.sin(x[i])").replace("return s", "return s + np.sin(x[0]) + np.cos(x[0])")
    assert functions(source) == [*VERSIONS, "_sin", "math.cos"]


@pytest.mark.parametrize("x", [X, LARGE, np.array([1.0, np.nan, 2.0, 1e7])], ids=["near", "far", "nan"])
@pytest.mark.parametrize("line", ["s += x[i] * np.sin(x[i])", "if x[i] < 1.0: s += x[i] * np.sin(x[i])"])
def test_arguments_of_any_size_have_right_derivatives(x, line):
    value, (gradient,) = derivative(define(LOOP.format(line)), (x,), (0,), "value_and_grad")(x)
    there = (x < 1.0 if "if" in line else np.full(x.shape, True)) & (np.arange(len(x)) < len(x) - 1)
    np.testing.assert_allclose(value, np.sum((x * np.sin(x))[there]), rtol=1e-14)
    np.testing.assert_allclose(gradient, np.where(there, np.sin(x) + x * np.cos(x), 0.0), rtol=1e-14)


def test_single_precision_has_versions_of_its_own():
    source = LOOP.format("s += x[i] * np.sin(x[i])")
    assert functions(source, dtype=np.float32) == ["_near_sin_single", "_sin_single"]
    assert "> 10000.0" in text_of(source, dtype=np.float32)
    for x in (np.array([0.3, -9e3, 2.5], np.float32), np.array([0.3, 2e4, 3e30, 1.0], np.float32)):
        value, (gradient,) = derivative(define(source), (x,), (0,), "value_and_grad")(x)
        wide, there = x.astype(float), np.arange(len(x)) < len(x) - 1
        np.testing.assert_allclose(value, np.sum((wide * np.sin(wide))[there]), rtol=1e-6)
        np.testing.assert_allclose(gradient, np.where(there, np.sin(wide) + wide * np.cos(wide), 0), rtol=3e-6)
        assert gradient.dtype == np.float32


def test_versions_become_one_loop_when_they_are_differentiated_again():
    f = define("def f(x):\n    s = 0.0\n    for i in range(5):\n        s += np.sin(x * i)\n    return s\n")
    once, twice = grad(f), grad(grad(f))
    assert without_helpers(once.source(0.5)).count("== 0:") == 2  # in the function and its gradient
    assert without_helpers(twice.source(0.5)).count("== 0:") == 2
    second = names_of(twice.source(0.5))["f_grad_grad"]
    for x in (0.5, 1e7):
        np.testing.assert_allclose(second(x), -np.sum(np.arange(5) ** 2 * np.sin(x * np.arange(5))), rtol=1e-13)
