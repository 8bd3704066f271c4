"""Work arrays that are added to and cleared in each iteration: assigned, where that is the same."""

import re

import numba
import numpy as np
import pytest
from uncompiled import names_of

from adtrans.pipeline import generate


def added_and_cleared(x, steps):
    w, s = np.zeros(x.shape[0]), 0.0
    for t in range(steps):
        for i in range(x.shape[0]):
            w[i] += x[i] * t
        for i in range(x.shape[0]):
            s = s * 0.9 + w[i] * w[i]
            w[i] = 0.0
    return s


def shifted(x, steps):
    """To the last element nothing is added."""
    w, s = np.zeros(x.shape[0]), 0.0
    for t in range(steps):
        for i in range(1, x.shape[0]):
            w[i - 1] += x[i] * t
        for i in range(x.shape[0]):
            s = s * 0.9 + w[i] * w[i] + t
            w[i] = 0.0
    return s


def inside(x, steps):
    w, s = np.zeros((x.shape[0], 3)), 0.0
    for t in range(steps):
        for i in range(2, x.shape[0] - 1):
            for j in range(3):
                w[i, j] += x[i] * t + j
        for i in range(x.shape[0] - 1, -1, -1):
            for j in range(3):
                s = s * 0.9 + w[i, j] * (i + 1)
                w[i, j] = 0.0
    return s


def cleared_in_parts(x, steps):
    w, s = np.zeros(x.shape[0]), 0.0
    for t in range(steps):
        for i in range(x.shape[0]):
            w[i] += x[i] * t
        for i in range(1, x.shape[0]):
            w[i] += x[i - 1]
        for i in range(1, x.shape[0]):
            s = s * 0.9 + w[i] * w[i]
            w[i] = 0.0
        s += w[0]
        w[0] = 0.0
    return s


def twice_in_an_iteration(x, steps):
    w, s = np.zeros(x.shape[0]), 0.0
    for t in range(steps):
        for k in range(x.shape[0]):
            w[k] += x[k] * t
        for i in range(x.shape[0]):
            s = s * 0.9 + w[i]
            w[i] = 0.0
        for k in range(x.shape[0] - 1):
            w[k] += x[k] * s
        for i in range(x.shape[0]):
            s = s * 0.9 + w[i] * w[i]
            w[i] = 0.0
    return s


ASSIGNED = [added_and_cleared, shifted, inside, cleared_in_parts, twice_in_an_iteration]


def read_after_it_is_cleared(x, steps):
    w, s = np.zeros(x.shape[0]), 0.0
    for t in range(steps):
        for i in range(x.shape[0]):
            w[i] += x[i] * t
        for i in range(x.shape[0]):
            s = s * 0.9 + w[i] * w[i]
            w[i] = 0.0
        s += w[t % x.shape[0]]
    return s


def cleared_but_for_the_first(x, steps):
    w, s = np.zeros(x.shape[0]), 0.0
    for t in range(steps):
        for i in range(x.shape[0]):
            w[i] += x[i] * t
        for i in range(1, x.shape[0]):
            s = s * 0.9 + w[i] * w[i - 1]
            w[i] = 0.0
    return s


def cleared_sometimes(x, steps):
    w, s = np.zeros(x.shape[0]), 0.0
    for t in range(steps):
        for i in range(x.shape[0]):
            w[i] += x[i] * t
        for i in range(x.shape[0]):
            s = s * 0.9 + w[i] * w[i]
            if x[i] > 1.5:
                w[i] = 0.0
    return s


def added_sometimes(x, steps):
    w, s = np.zeros(x.shape[0]), 0.0
    for t in range(steps):
        for i in range(x.shape[0]):
            if x[i] > 1.5:
                w[i] += x[i] * t
        for i in range(x.shape[0]):
            s = s * 0.9 + w[i] * w[i]
            w[i] = 0.0
    return s


def added_in_every_round(x, steps):
    w, s = np.zeros(x.shape[0]), 0.0
    for t in range(steps):
        for k in range(3):
            for i in range(x.shape[0]):
                w[i] += x[i] * t * k
        for i in range(x.shape[0]):
            s = s * 0.9 + w[i] * w[i]
            w[i] = 0.0
    return s


def read_after_the_loop(x, steps):
    w, s = np.zeros(x.shape[0]), 0.0
    for t in range(steps):
        for i in range(x.shape[0]):
            w[i] += x[i] * t
        for i in range(x.shape[0]):
            s = s * 0.9 + w[i] * w[i]
            w[i] = 0.0
    return s + w[0]


def added_to_the_element_before(x, steps):
    """Of the first that is the last."""
    w, s = np.zeros(x.shape[0]), 0.0
    for t in range(steps):
        for i in range(-1, x.shape[0] - 1):
            w[i] += x[i] * t
            s = s * 0.9 + t
        for i in range(-1, x.shape[0] - 1):
            s = s * 0.9 + w[i] * w[i]
            w[i] = 0.0
    return s


def read_while_it_is_cleared(x, steps):
    w, s = np.zeros(x.shape[0]), 0.0
    for t in range(steps):
        for i in range(x.shape[0]):
            w[i] += x[i] * t
        for i in range(x.shape[0]):
            s = s * 0.9 + w[i] * w[(i + 1) % x.shape[0]]
            w[i] = 0.0
    return s


def cleared_by_a_bound_that_grows(x, steps):
    """But for one element."""
    w, s, m = np.zeros(x.shape[0]), 0.0, 0
    for t in range(steps):
        for i in range(x.shape[0]):
            w[i] += x[i] * t
        for i in range(x.shape[0]):
            s = s * 0.9 + w[i] * w[i]
        for i in range(m):
            w[i] = 0.0
        if s > 2.0 and m < x.shape[0]:
            m += 1
        for i in range(m, x.shape[0]):
            w[i] = 0.0
    return s


KEPT = [
    read_after_it_is_cleared, cleared_but_for_the_first, cleared_sometimes, added_sometimes, added_in_every_round,
    read_after_the_loop, added_to_the_element_before, read_while_it_is_cleared, cleared_by_a_bound_that_grows,
]  # fmt: skip


def primal_of(f):
    module = generate(f, (numba.float64[::1], numba.int64), (0,), "primal")
    return names_of(module.text)[module.primal], module.text


@pytest.mark.parametrize("f", ASSIGNED + KEPT)
def test_value_is_right(f):
    new, _ = primal_of(f)
    for n in (1, 2, 5):
        for steps in (0, 1, 4):
            x = np.arange(1.0, n + 1)
            np.testing.assert_allclose(new(x, steps), f(x, steps), rtol=1e-14)


@pytest.mark.parametrize("f", ASSIGNED)
def test_first_contribution_is_assigned(f):
    _, text = primal_of(f)
    assert "w = np.empty(" in text
    assert not re.search(r"s = .*\n\s+w\[.*\] = 0.0", text)


@pytest.mark.parametrize("f", KEPT)
def test_array_that_may_be_read_before_stays_zero(f):
    assert "w = np.zeros(" in primal_of(f)[1]


def test_array_without_elements_is_left_alone():
    for f in ASSIGNED[:-2]:
        assert primal_of(f)[0](np.zeros(0), 3) == f(np.zeros(0), 3)
