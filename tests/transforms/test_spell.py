import re

import numpy as np
import pytest
from ir_python import define
from numba import typeof
from uncompiled import derivative, without_helpers

from adtrans.passes import FASTMATH
from adtrans.pipeline import generate
from adtrans.testing import check_pullback


def values(n: int) -> np.ndarray:
    return np.linspace(0.3, 1.4, n)


LOOP = "def f(x):\n    s = 0.0\n    for i in range(x.shape[0]):\n        {}\n    return s\n"
APPROXIMATED = ("exp", "expm1", "log", "log1p", "tanh")


def functions(source: str, mode: str = "value_and_grad", fastmath=FASTMATH, dtype=float) -> set:
    """The names of exponentials and the like that the generated functions call."""
    module = generate(define(source), (typeof(values(3).astype(dtype)),), (0,), mode, fastmath=fastmath)
    called = r"(?<![\w.])(?:math\.\w+|_(?:exp|expm1|log|log1p|tanh))(?=\()"
    return set(re.findall(called, without_helpers(module.text)))


@pytest.mark.parametrize("name", APPROXIMATED)
def test_loops_that_can_vectorise_do(name):
    assert functions(LOOP.format(f"s += np.{name}(x[i])"), "primal") == {f"_{name}"}


@pytest.mark.parametrize("name", APPROXIMATED)
def test_functions_keep_their_exactness_without_the_flag(name):
    for flags in (False, {"reassoc", "contract"}):
        assert functions(LOOP.format(f"s += math.{name}(x[i])"), "primal", flags) == {f"math.{name}"}


def test_all_of_fast_allows_approximations():
    for flags in (True, {"fast"}):
        assert functions(LOOP.format("s += np.exp(x[i])"), "primal", flags) == {"_exp"}


@pytest.mark.parametrize(
    "line", ["s = np.tanh(s + x[i])", "x[i] = np.tanh(x[i - 1]); s += x[i]", "for _ in range(3): s = np.tanh(s)"]
)
def test_recurrences_call_libm(line):
    assert functions(LOOP.format(line), "primal") == {"math.tanh"}


def test_scalars_outside_of_loops_call_libm():
    assert functions("def f(x):\n    return np.exp(x[0]) + math.log(x[1])\n") == {"math.exp", "math.log"}


def test_a_function_has_one_value_for_one_argument():
    source = "def f(x):\n    m = np.exp(x[1])\n    s = 0.0\n    for i in range(x.shape[0]):\n        "
    source += "if np.exp(x[i]) == m:\n            s += x[i] * x[i]\n    return s\n"
    assert functions(source) == {"_exp"}
    assert list(derivative(define(source), (values(3),), (0,), "grad")(values(3))[0]) == [0.0, 2 * values(3)[1], 0.0]


def test_gradients_of_approximated_functions_are_right():
    f = define("def f(x):\n    return np.sum(np.log1p(np.exp(x)) * np.tanh(x) + np.log(x) * np.expm1(x))\n")
    x = values(7)
    check_pullback(f, derivative(f, (x,), (0,), "vjp"), (x,), (0,))
    assert functions("def f(x):\n    return np.sum(np.log1p(np.exp(x)) * np.tanh(x))\n") == {"_log1p", "_exp", "_tanh"}


def test_single_precision_has_helpers_or_takes_the_way_by_double():
    f = define(LOOP.format("s += np.exp(x[i]) * np.tanh(np.log(x[i]))"))
    x = values(3).astype(np.float32)
    text = generate(f, (typeof(x),), (0,), "grad").text
    assert "_exp_single(x[i])" in text
    assert "np.float32(_tanh(np.float64(" in text
    (gradient,) = derivative(f, (x,), (0,), "grad")(x)
    assert gradient.dtype == np.float32
    np.testing.assert_allclose(
        gradient, np.exp(x) * (np.tanh(np.log(x)) + (1 - np.tanh(np.log(x)) ** 2) / x), rtol=3e-6
    )


def test_single_precision_with_integers_is_double():
    source = "def f(x):\n    s = 0.0\n    for i in range(x.shape[0]):\n        s += np.exp(x[i] * i)\n    return s\n"
    text = generate(define(source), (typeof(values(3).astype(np.float32)),), (0,), "primal").text
    assert " _exp(x[i] * i)" in text
