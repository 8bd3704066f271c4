"""Gradients of functions of numbers, as device functions."""

import inspect
import math

import pytest
from numba import cuda
from targets.grid import on_the_grid
from targets.kernels import price

import adtrans
from adtrans.errors import ArgumentError, UnsupportedError

THREE = "float64, float64, float64"
POINT = (1.3, 0.9, 0.2)


def slope(k: int, step=1e-6) -> float:
    ends = [[x + sign * step * (n == k) for n, x in enumerate(POINT)] for sign in (1, -1)]
    return (price(*ends[0]) - price(*ends[1])) / (2 * step)


@pytest.mark.parametrize("device", [False, True])
def test_gradient_is_that_of_differences(device):
    made = adtrans.grad(cuda.jit(price, device=True) if device else price, (0, 2), target="cuda", types=THREE)
    assert on_the_grid(made)(*POINT) == pytest.approx((slope(0), slope(2)), rel=1e-6)


def test_value_comes_with_the_gradient():
    made = adtrans.value_and_grad(price, "v", target="cuda", types=THREE)
    assert on_the_grid(made)(*POINT) == pytest.approx((price(*POINT), slope(2)), rel=1e-6)


def test_single_precision_is_kept():
    made = adtrans.grad(price, target="cuda", types="float32, float32, float32")
    text = inspect.getsource(made.py_func)
    assert "np.float32(0.5)" in text
    assert "np.float64" not in text


def power(x, n):
    for _ in range(n):
        x = x * math.sin(x)
    return x


def first(x, k):
    return x[k] * x[k]


@pytest.mark.parametrize(
    ("function", "argnums", "types", "error", "message"),
    [
        (power, 0, "float64, int64", UnsupportedError, "records more than a known number of values"),
        (power, 0, None, ArgumentError, "is made for given types"),
        (power, 1, "float64, int64", ArgumentError, "cannot differentiate by 'n'"),
        (first, 0, "float64[:], int64", ArgumentError, "not differentiated by array"),
    ],
)
def test_what_a_thread_cannot_do_is_refused(function, argnums, types, error, message):
    with pytest.raises(error, match=message):
        adtrans.grad(function, argnums, target="cuda", types=types)
