"""Sums in an element that a loop uses for nothing else: recorded once, and only there."""

import re

import numpy as np
import pytest
from transforms.test_distribute import check_each, text_of, values


def products(a, x):
    x = x.copy()
    for i in range(x.shape[0]):
        for j in range(i):
            for k in range(j):
                a[i, j] -= a[i, k] * a[j, k] * x[i]
            x[j] *= a[i, j]
    return np.sum(x) + np.sum(a * a)


def of_another_array(a, x):
    s = np.zeros(x.shape[0])
    for i in range(x.shape[0]):
        for j in range(x.shape[0]):
            s[i] += a[i, j] * x[j]
        x[i] = s[i] * s[i] * x[i]
    return np.sum(x)


def where_it_is_above(a, x):
    for i in range(x.shape[0]):
        for j in range(i + 1, x.shape[0]):
            if x[j] > 0.0:
                a[i, i] += 0.0
            x[i] += a[i, j] * x[j]
        a[i, 0] *= x[i]
    return np.sum(x * x) + np.sum(a)


def no_iteration_and_no_element(a, x):
    for i in range(x.shape[0] + 2):
        for j in range(i, x.shape[0]):
            x[i] -= a[i, j] * np.sin(a[j, i])
        if i < x.shape[0]:
            a[0, i] = x[i] * x[i]
    return np.sum(x * x) + np.sum(a)


def reads_it_later(a, x):
    for i in range(x.shape[0]):
        for j in range(x.shape[0]):
            x[i] += a[i, j] * x[j]
    return np.sum(x * x)


def reads_it_in_the_sum(a, x):
    for i in range(x.shape[0]):
        for j in range(i):
            x[i] += a[i, j] * x[i]
    return np.sum(x * x)


def reads_what_may_be_it(a, x, m):
    for i in range(x.shape[0]):
        for j in range(i):
            x[i] += a[i, j] * x[j + m]
    return np.sum(x * x)


def reads_it_from_the_end(a, x):
    for i in range(x.shape[0]):
        for j in range(i):
            x[i] += a[i, j] * x[j - i]
    return np.sum(x * x)


def stores_it_too(a, x):
    for i in range(x.shape[0]):
        for j in range(x.shape[0]):
            x[i] += a[i, j]
            x[i] = x[i] * a[j, i]
    return np.sum(x * x)


def reads_it_under_another_name(a, x):
    y = x[:]
    for i in range(x.shape[0]):
        for j in range(i):
            x[i] += a[i, j] * y[j] * y[i]
    return np.sum(x * x)


def index_that_moves(a, x):
    for i in range(x.shape[0]):
        k = i
        for j in range(i):
            x[k] += a[i, j] * a[j, i]
            k = j
        a[i, 0] = x[i] * x[k]
    return np.sum(x * x) + np.sum(a)


ONCE = [products, of_another_array, where_it_is_above, no_iteration_and_no_element]
EACH = [reads_it_later, reads_it_in_the_sum, reads_it_from_the_end, stores_it_too, reads_it_under_another_name]


@pytest.mark.parametrize("f", [*ONCE, *EACH, index_that_moves], ids=lambda f: f.__name__)
def test_restored_elements_give_the_gradient(f):
    check_each(f, *((values(n, n), values(n)) for n in (4, 1, 0)))


def test_element_that_a_parameter_may_point_at_is_restored_in_each_iteration():
    check_each(reads_what_may_be_it, *((values(4, 4), values(4), m) for m in (0, 1, -1)))


def records_before_a_loop(f) -> bool:
    return re.search(r"if \S+ > \S+:.*\n\s+\w+_tape(_\d)?\[.*\] = ", text_of(f, values(4, 4), values(4))) is not None


@pytest.mark.parametrize("f", ONCE, ids=lambda f: f.__name__)
def test_element_is_recorded_before_the_loop(f):
    assert records_before_a_loop(f)


@pytest.mark.parametrize("f", EACH, ids=lambda f: f.__name__)
def test_element_that_the_loop_uses_is_recorded_in_each_iteration(f):
    assert not records_before_a_loop(f)
