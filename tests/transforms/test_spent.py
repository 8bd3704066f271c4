"""Stores to elements that nothing reads any more: gone, where that is so."""

import numba
import numpy as np
import pytest
from uncompiled import names_of

from adtrans.pipeline import generate


def cleared(x):
    t = x * 2.0
    s = 0.0
    for i in range(t.shape[0]):
        s += t[i] * t[i]
        t[i] = 0.0
    return s


def cleared_in_rows(x):
    t = np.empty((x.shape[0], 2))
    s = 0.0
    for i in range(x.shape[0]):
        for j in range(2):
            t[i, j] = x[i] * j
    for i in range(x.shape[0]):
        for j in range(2):
            s += t[i, j]
            t[i, j] = 7.0
    return s


GONE = [cleared, cleared_in_rows]


def read_by_the_next(x):
    t = x * 2.0
    s = 0.0
    for i in range(1, t.shape[0]):
        s += t[i - 1]
        t[i] = 0.5
    return s


def read_after(x):
    t = x * 2.0
    s = 0.0
    for i in range(t.shape[0]):
        s += t[i] * t[i]
        t[i] = 0.5
    return s + t[0]


def read_in_the_next_round(x):
    t = x * 2.0
    s = 0.0
    for k in range(2):
        for i in range(t.shape[0]):
            s += t[i] * k
            t[i] = 0.5
    return s


def read_from_the_end(x):
    t = x * 2.0
    s = 0.0
    for i in range(t.shape[0]):
        s += t[i - 1]
        t[i - 1] = s
    for i in range(-1, t.shape[0] - 1):
        s += t[i]
        t[i] = 0.5
    return s


def the_same_element(x):
    t = x * 2.0
    s = 0.0
    for i in range(t.shape[0]):
        for _ in range(2):
            s += t[i]
            t[i] = 0.5
    return s


def an_argument(x):
    s = 0.0
    for i in range(x.shape[0]):
        s += x[i]
        x[i] = 0.5
    return s


KEPT = [read_by_the_next, read_after, read_in_the_next_round, read_from_the_end, the_same_element, an_argument]


def primal_of(f):
    module = generate(f, (numba.float64[::1],), (0,), "primal")
    return names_of(module.text)[module.primal], module.text


@pytest.mark.parametrize("f", GONE + KEPT)
@pytest.mark.parametrize("n", [1, 2, 5])
def test_value_is_right(f, n):
    x, y = np.arange(1.0, n + 1), np.arange(1.0, n + 1)
    assert primal_of(f)[0](x) == f(y)
    np.testing.assert_array_equal(x, y)


@pytest.mark.parametrize("f", GONE)
def test_store_that_nothing_reads_is_gone(f):
    assert not any(last in primal_of(f)[1] for last in ("] = 0.0", "] = 7.0"))


@pytest.mark.parametrize("f", KEPT)
def test_store_that_something_reads_stays(f):
    assert "] = 0.5" in primal_of(f)[1]
