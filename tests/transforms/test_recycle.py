"""Two arrays in turn for those that iterations make: with the same values, and only where the old one is free."""

import re

import numba
import numpy as np
import pytest
from transforms.test_distribute import check_each
from uncompiled import names_of

from adtrans.pipeline import generate

SWAP = r"y, (\w+) = \1, y\b"


def primal_of(f, *args):
    module = generate(f, tuple(map(numba.typeof, args)), (0,), "primal")
    return names_of(module.text)[module.primal], module.text


def rebound(y0, c):
    y = y0.copy()
    for _ in range(3):
        y = y + c * y * y
    return y


def made_by_hand(y0, c):
    y = y0.copy()
    for t in range(4):
        z = np.empty(y.shape[0])
        for i in range(y.shape[0]):
            z[i] = y[i - 1] * c + t
        y = z
    return y


def until_small(y0, c):
    y, bound = y0.copy(), 1.0
    while bound > 0.2:
        y = y[::-1] * c + y
        bound = bound * 0.5
    return y


def the_old_one_is_kept(y0, c):
    y, z = y0.copy(), y0 * c
    for _ in range(3):
        w = y * z + c
        z = y
        y = w
    return y * z


def argument(y, c):
    for _ in range(3):
        y = y * c + y[0]
    return y


def made_in_the_loop_alone(x, c):
    for _ in range(3):
        a = (x[[0]] * c + 0.3) * 1.0
        if c > 7.0:
            return np.sum(x) * c
        c = c + 0.1
    if c > 1.5:
        a[[-1, 0]] -= x[:2]
        a += a
    return np.sum(a * a) + c


@pytest.mark.parametrize("f", [rebound, made_by_hand, until_small, the_old_one_is_kept, argument])
@pytest.mark.parametrize("n", [1, 2, 5])
def test_value_is_right(f, n):
    y0 = np.random.default_rng(n).normal(size=n)
    before = y0.copy()
    np.testing.assert_allclose(primal_of(f, y0, 0.3)[0](y0, 0.3), f(y0.copy(), 0.3))
    np.testing.assert_array_equal(y0, before)


@pytest.mark.parametrize("f", [rebound, made_by_hand, until_small])
def test_two_arrays_change_places(f):
    loop = re.split(r"\n    (?:for _|for t|while) ", primal_of(f, np.ones(3), 0.3)[1])[-1]
    assert re.search(SWAP, loop) and "np.empty" not in loop


def test_name_that_a_loop_alone_gives_an_array_is_right():
    check_each(made_in_the_loop_alone, (np.ones(3), 0.3), (np.ones(2), 2.0))


def test_argument_is_not_written_to():
    assert not re.search(SWAP, primal_of(argument, np.ones(3), 0.3)[1])
