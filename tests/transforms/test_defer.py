"""Values computed after a call that stays one, where it cannot change them: with the right gradients."""

import numpy as np
import pytest
from numba import typeof
from uncompiled import derivative

from adtrans.pipeline import generate
from adtrans.testing import check_pullback, copies

A = np.array([[0.7, -0.4, 1.1], [0.9, 0.3, -0.8], [0.2, 1.3, 0.6]])


def minor(a, row, after):
    """The determinant of the rows from `row` on, in the columns of a linked list, which the calls write to."""
    n = len(a)
    column = after[n]
    if row == n - 1:
        return a[row, column]
    total, sign, before = 0.0, 1.0, n
    for _ in range(n - row):
        after[before] = after[column]
        total += sign * a[row, column] * minor(a, row + 1, after)
        after[before] = column
        before, column, sign = column, after[column], -sign
    return total


def determinant(a):
    after = np.arange(1, len(a) + 2)
    after[len(a)] = 0
    return minor(a, 0, after)


def grown(a, n):
    """Writes to the array, so that what is read of it before a call is not what is there after."""
    if n == 0:
        return a[0, 0] * a[0, 1]
    a[0, 0] = a[0, 0] * 1.1 + 0.1 * a[0, 1]
    total = 0.0
    for i in range(2):
        scale = a[0, 0] * a[1, i]
        total += scale * grown(a, n - 1)
    return total + a[0, 0] * grown(a, n - 1)


def written(a):
    return grown(a.copy(), 2)


def looped(a, n):
    """A value that is used in the test of a loop, and one that a nested statement uses."""
    if n == 0:
        return a[0, 0]
    limit = 1.5 + n
    inner = a[n - 1, 0] * a[n - 1, 1]
    total = looped(a, n - 1)
    while total * total < limit:
        total = 1.5 * total + 0.3
        limit = limit * 0.9
    if total > 0.0:
        total += inner
    return total * a[1, 1]


def in_loops(a):
    return looped(a, 3)


@pytest.mark.parametrize("f", [determinant, written, in_loops])
def test_values_after_a_call_are_what_they_were_before(f):
    check_pullback(f, derivative(f, (A,), (0,), "vjp"), (A,), (0,), like=f(*copies((A,))))


def text_of(f) -> str:
    return generate(f, (typeof(A),), (0,), "grad").text


def test_arithmetic_on_what_a_call_does_not_change_does_not_wait_for_it():
    assert "kept" not in text_of(determinant)


def test_arithmetic_on_what_a_call_changes_is_done_before():
    assert "kept" in text_of(written)
