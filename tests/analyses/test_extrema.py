"""Running extrema of which chunks can each find their own, and what only looks like one."""

import numpy as np
import pytest
from threaded import parallel_module, recorded

X = np.array([0.3, -1.0, 2.0, 0.5, 2.0, np.nan, -1.0, 1.9])


def highest(x):
    m = x[0]
    for i in range(len(x)):
        m = max(m, x[i])
    return m


def lowest_and_its_place(x):
    m, at = x[0], 0
    for i in range(len(x)):
        if x[i] < m:
            m = x[i]
            at = i
    return m + at


def highest_of_two_loops(x):
    m = x[0]
    for i in range(len(x)):
        for k in range(2):
            if m < x[i] * k:
                m = x[i] * k
    return m


def last_of_the_highest(x):
    m, at = x[0], 0
    for i in range(len(x)):
        if x[i] >= m:
            m = x[i]
            at = i
    return m + at


def records_counted(x):
    m, s = x[0], 0.0
    for i in range(len(x)):
        if x[i] > m:
            m = x[i]
            s += 1.0
    return m + s


def records_noted(x):
    m, noted = x[0], np.zeros(len(x))
    for i in range(len(x)):
        taken = x[i] > m
        if taken:
            m = x[i]
        noted[i] = float(taken)
    return m + np.sum(noted)


def bounded_by_the_one_before(x):
    m = x[0]
    for i in range(len(x)):
        if x[i] > m:
            m = x[i] + 0.5
    return m


def not_above(x):
    m = x[0]
    for i in range(len(x)):
        m = max(x[i], m)
    return m


@pytest.mark.parametrize(
    ("f", "in_chunks"),
    [(highest, True), (lowest_and_its_place, True), (highest_of_two_loops, True)]
    + [(f, False) for f in (last_of_the_highest, records_counted, records_noted, bounded_by_the_one_before, not_above)],
)
def test_extremum_is_looked_for_in_chunks_where_it_is_nothing_more(f, in_chunks):
    module = parallel_module(f, (X,), (0,), "value_and_grad")
    primal = module.text.split(f"def {f.__name__}_value_and_grad")[0]
    assert ("m_parts" in primal) == in_chunks
    for chunks in (1, 2, 3, 8):
        for x in (X, X[::-1].copy(), X[2:3]):
            np.testing.assert_array_equal(recorded(module.text, module.primal, chunks)[0](x), f(x))
