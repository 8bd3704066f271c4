"""Arrays of the elements of others: values as NumPy's, and cotangents to the elements that they are."""

import numpy as np
import pytest
from differences import differences
from ir_python import define
from uncompiled import derivative

from adtrans.errors import UnsupportedError

ARGS = np.array([0.7, -1.2, 0.4]), np.arange(6.0).reshape(2, 3) + 0.5


def program(result: str):
    body = f"r = {result}\n    return np.sum(r * r * np.cos(np.arange(r.size)).reshape(r.shape))\n"
    return define(f"def f(x, a):\n    {body}")


@pytest.mark.parametrize(
    "result",
    [
        "np.concatenate((x, 2.0 * x, a[0]))",
        "np.concatenate([a, a * a], axis=1)",
        "np.stack((x, x * x), axis=1)",
        "np.array([x[0], 1, x[1] * x[2]])",
        "np.array([[x[0], 2.0], [3.0, x[2]]])",
        "np.array([x, a[1], -x])",
        "np.array(a)",
    ],
)
def test_each_element_passes_its_cotangent_to_the_one_it_is(result):
    f = program(result)
    value, gradient = derivative(f, ARGS, (0, 1), "value_and_grad")(*map(np.copy, ARGS))
    assert value == pytest.approx(f(*ARGS), rel=1e-14)
    for k in (0, 1):
        np.testing.assert_allclose(gradient[k], differences(f, ARGS, k), rtol=1e-8, atol=1e-8)


@pytest.mark.parametrize(
    ("result", "message"),
    [
        ("np.concatenate((x, a))", "np.concatenate of a 1-d float64 array and a 2-d float64 array is not supported"),
        ("np.concatenate(x)", "np.concatenate needs the arrays in a tuple"),
        ("np.stack((x, x), axis=3)", "axis 3 is out of bounds for a 2-d array"),
        ("np.array([[x[0]], [x[1], x[2]]])", "an array needs rows of one length"),
    ],
)
def test_what_does_not_fit_together_is_refused(result, message):
    with pytest.raises(UnsupportedError, match=f":2:9: {message}"):
        derivative(program(result), ARGS, (0,), "grad")


def test_lengths_that_differ_are_an_error_of_the_run():
    f = program("np.concatenate((x.reshape(1, 3), a[:, :2]))")
    with pytest.raises(ValueError, match="lengths do not match"):
        derivative(f, ARGS, (0,), "grad")(*ARGS)
