"""`stop_gradient`: the value as it is, and no derivative by it."""

import numpy as np
import pytest
from ir_python import define
from numba import njit
from uncompiled import derivative

import adtrans
from adtrans import stop_gradient
from adtrans.errors import UnsupportedError

X = np.array([0.5, -1.5, 2.0])


def gradients(fn, *args):
    """The gradient by the first argument: by Python and compiled, which must be equal."""
    plain = derivative(fn, args, (0,), "grad")(*args)[0]
    np.testing.assert_allclose(adtrans.grad(fn)(*args), plain, rtol=1e-14)
    return plain


def scalar(x):
    return x * stop_gradient(x * x)


def array(x):
    return np.sum(x * stop_gradient(np.sin(x)))


def named(x):
    y = stop_gradient(x)
    z = y * 2.0
    return np.sum(x * z * y)


def in_a_loop(x, n):
    s = x
    for _ in range(n):
        s = s * x + stop_gradient(s)
    return s


def of_a_tuple(x):
    a, b = stop_gradient((x[0], x[1]))
    return a * x[0] + b * x[1]


def as_an_index_and_test(x):
    k = stop_gradient(len(x) - 1)
    return x[k] * x[k] if stop_gradient(x[0] > 0.0) else x[0]


def stored(x):
    y = np.zeros(3)
    for i in range(3):
        y[i] = stop_gradient(x[i]) * x[i]
        y[i] += stop_gradient(x[i])
    return np.sum(y)


def test_argument_gets_no_cotangent():
    assert gradients(scalar, 3.0) == 9.0
    np.testing.assert_allclose(gradients(array, X), np.sin(X))
    np.testing.assert_allclose(gradients(named, X), 2.0 * X * X)
    np.testing.assert_allclose(gradients(of_a_tuple, X), [0.5, -1.5, 0.0])
    np.testing.assert_allclose(gradients(as_an_index_and_test, X), [0.0, 0.0, 4.0])
    np.testing.assert_allclose(gradients(stored, X), X)


def test_value_is_the_argument():
    assert adtrans.value_and_grad(scalar)(3.0)[0] == 27.0
    assert adtrans.differentiate(in_a_loop)(2.0, 3) == in_a_loop(2.0, 3)


def test_recurrence_has_the_derivative_without_the_stopped_term():
    x, s, ds = 1.5, 1.5, 1.0
    for _ in range(3):
        s, ds = s * x + s, ds * x + s
    assert gradients(in_a_loop, 1.5, 3) == pytest.approx(ds)


def test_generated_code_does_not_mention_it():
    assert "stop_gradient(" not in adtrans.differentiate(array).source(X)


def test_njit_code_calls_it():
    assert njit(scalar)(3.0) == 27.0
    assert njit(lambda t: stop_gradient(t))((1, 2.0)) == (1, 2.0)


def test_plain_python_gets_the_same_object():
    assert stop_gradient(X) is X


def test_second_name_for_an_array_that_is_written_is_refused():
    source = "def f(x):\n    x = x * 2.0\n    y = g(x)\n    y[0] = 1.0\n    return np.sum(x)\n"
    fn = define(source, g=stop_gradient)
    with pytest.raises(UnsupportedError, match="second name for an array of which elements are written"):
        derivative(fn, (X,), (0,), "grad")


def test_other_than_one_argument_is_refused():
    with pytest.raises(UnsupportedError, match="stop_gradient takes one value"):
        derivative(define("def f(x):\n    return g(x, x)\n", g=stop_gradient), (1.0,), (0,), "grad")
