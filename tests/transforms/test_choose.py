"""Index arrays and masks: what is refused when the program runs, and the code that they become."""

import numba
import numpy as np
import pytest
from uncompiled import names_of

import adtrans
from adtrans.pipeline import generate

X = np.array([1.0, 2.0, 3.0])
M = np.arange(12.0).reshape(3, 4)


def chosen(x, order):
    return np.sum(x[order])


def chosen_columns(a, order):
    return np.sum(a[1:, order])


def stored(x, order):
    y = x.copy()
    y[order] = 1.0
    return np.sum(y * x)


def added(x, order):
    y = x.copy()
    np.add.at(y, order, x[0])
    return np.sum(y * x)


OUT_OF_RANGE = [
    (chosen, (X, np.array([0, 3]))),
    (chosen, (X, np.array([-4, 0], dtype=np.int8))),
    (chosen, (X, np.array([2**63], dtype=np.uint64))),
    (chosen, (X, np.array([True, False]))),
    (chosen_columns, (M, np.array([0, 4]))),
    (chosen_columns, (M, np.ones(3, dtype=bool))),
    (stored, (X, np.array([3]))),
    (added, (X, np.array([-4]))),
]


@pytest.mark.parametrize(("f", "args"), OUT_OF_RANGE)
def test_index_out_of_range_raises_in_the_primal_and_in_the_gradient(f, args):
    with pytest.raises(IndexError):
        f(*args)
    module = generate(f, tuple(map(numba.typeof, args)), (0,), "value_and_grad")
    names = names_of(module.text)
    for name in (module.primal, module.adjoint):
        with pytest.raises(IndexError, match="index"):
            names[name](*args)


@pytest.mark.parametrize(("f", "args"), OUT_OF_RANGE[:1] + OUT_OF_RANGE[2:4])
def test_index_out_of_range_raises_in_compiled_code(f, args):
    with pytest.raises(IndexError):
        adtrans.differentiate(f)(*args)
    with pytest.raises(IndexError):
        adtrans.grad(f)(*args)


@pytest.mark.parametrize(
    "index", [np.array([-1, 0]), np.array([[0, -3], [1, 1]], dtype=np.int16), np.array([], dtype=np.int64), X > 1.5]
)
def test_compiled_gradient_counts_how_often_an_element_is_chosen(index):
    count = np.zeros(3)
    np.add.at(count, index, 1.0)
    value, gradient = adtrans.value_and_grad(chosen)(X, index)
    assert value == X[index].sum()
    np.testing.assert_array_equal(gradient, count)


def test_lengths_that_do_not_fit_raise_as_numpy_does():
    def f(x, order):
        y = x.copy()
        y[order] = x[:2]
        return np.sum(y)

    args = X, np.array([0, 1, 2])
    with pytest.raises(ValueError):
        f(*args)
    with pytest.raises(ValueError):
        adtrans.grad(f)(*args)
