"""Stacks of recorded values: with the right gradients, and room made once for a run of the innermost loop."""

import numpy as np
import pytest
from transforms.test_distribute import check_each, text_of, values


def triangle(a, x):
    x = x.copy()
    for i in range(x.shape[0]):
        for j in range(i):
            x[j] *= 1.0 + a[i, j] * x[i]
    return np.sum(x)


def runs_of_no_iteration(a, x):
    x = x.copy()
    for i in range(x.shape[0]):
        for j in range(2, i):
            x[j] *= 1.0 + a[i, j] * x[i]
        for j in range(i, 1):
            x[j] *= x[i] - a[i, j]
    return np.sum(x)


def downwards(a, x):
    x = x.copy()
    for i in range(x.shape[0]):
        for j in range(i, -1, -1):
            x[j] *= 1.0 + a[i, j] * x[i]
        for j in range(x.shape[0] - 1, i, -2):
            x[i] *= 1.0 + a[j, i] * x[j]
    return np.sum(x)


def in_strides(a, x):
    x = x.copy()
    for i in range(x.shape[0]):
        for j in range(1, i, 2):
            x[j] *= 1.0 + a[i, j] * x[i]
        for j in range(i, x.shape[0], i + 1):
            x[j] *= 1.0 + a[j, i] * x[i]
    return np.sum(x)


def in_some_iterations(a, x):
    x = x.copy()
    for i in range(x.shape[0]):
        for j in range(i):
            if a[i, j] > 0.0:
                x[j] *= 1.0 + a[i, j] * x[i]
    return np.sum(x)


def in_a_while(a, x):
    x = x.copy()
    i = 0
    while i < x.shape[0] and x[i] < 9.0:
        for j in range(x.shape[0]):
            x[j] *= 1.0 + a[i, j] * x[i]
        i += 1
    return np.sum(x)


def left_early(a, x):
    x = x.copy()
    for i in range(x.shape[0]):
        for j in range(i):
            x[j] *= 1.0 + a[i, j] * x[i]
            if x[j] > 1.5:
                break
    return np.sum(x)


def three_deep(a, x):
    x = x.copy()
    for i in range(x.shape[0]):
        for j in range(i):
            x[i] *= 1.0 + x[j]
            for k in range(j, i):
                x[k] *= 1.0 + a[i, j] * x[i]
            x[j] *= a[j, i]
    return np.sum(x)


IN_RUNS = [triangle, runs_of_no_iteration, downwards, in_strides, in_some_iterations, in_a_while, three_deep]
CASES = [(values(n, n), values(n)) for n in (5, 1, 0)]


@pytest.mark.parametrize("f", [*IN_RUNS, left_early], ids=lambda f: f.__name__)
def test_what_a_stack_holds_gives_the_gradient(f):
    check_each(f, *CASES)


@pytest.mark.parametrize("f", IN_RUNS, ids=lambda f: f.__name__)
def test_room_is_made_for_a_run_of_the_innermost_loop(f):
    text = text_of(f, *CASES[0])
    assert "_reserve(" in text
    assert "_grow(" not in text


def test_elements_are_counted_one_by_one_where_a_loop_is_left_early():
    assert "_grow(" in text_of(left_early, *CASES[0])
