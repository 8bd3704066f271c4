"""Slices whose bounds only the run time knows."""

import numpy as np
import pytest
from transforms.test_distribute import check_each, text_of, values


def as_long_as(x, w):
    n = x.shape[0]
    y = w[:n] * w[0:n]
    return np.sum(y) + np.sum(w[1:n] * w[1:n] * x[0])


def up_to(x, k):
    return np.sum(x[0:k] * x[0:k]) + np.sum(x[:k])


def down_from(x, k):
    return np.sum(x[k::-1] * x[k::-1]) + np.sum(x[:k:-1])


def test_a_length_as_a_bound_is_cut_at_the_end_of_the_axis():
    check_each(as_long_as, *((values(size), values(4)) for size in (1, 2, 4, 5, 7)))


@pytest.mark.parametrize("function", [up_to, down_from])
def test_bounds_of_any_size_are_put_in_range(function):
    check_each(function, *((values(5), k) for k in (-9, -5, -4, -1, 0, 2, 4, 5, 9)))


def test_a_bound_that_is_never_negative_is_the_least_of_two_lengths():
    text = text_of(as_long_as, values(5), values(4))
    assert "min(n, w.shape[0])" in text
    assert "_slice_bound" not in text
    assert "max(stop, 0)" not in text
