"""Indices that are not negative, written so that LLVM sees it and vectorises."""

import numba
import numpy as np
import pytest

from adtrans.pipeline import generate


def text_of(f, *args) -> str:
    """The generated primal."""
    return generate(f, tuple(map(numba.typeof, args)), (0,), "primal").text


def from_one(x):
    s = 0.0
    for i in range(1, x.shape[0]):
        s += x[i - 1] * x[i]
    return s


def from_two(x):
    s = 0.0
    for i in range(2, x.shape[0]):
        s += x[i - 2] * x[i]
    return s


def downwards(x):
    s = 0.0
    for i in range(x.shape[0] - 1, -1, -1):
        s = s * 0.5 + x[i]
    return s


def every_second(x):
    s = 0.0
    for i in range(1, x.shape[0], 2):
        s += x[i]
    return s


def round_the_end(x):
    s = 0.0
    for i in range(2, x.shape[0]):
        s += x[i - 3]
    return s


@pytest.mark.parametrize(
    ("f", "read"),
    [
        (from_one, "x[i - 1] * x[i]"),
        (from_two, "x[np.uint64(i - 2)] * x[np.uint64(i)]"),
        (downwards, "x[np.uint64(i)]"),
        (every_second, "x[np.uint64(i)]"),
    ],
)
def test_index_is_cast_where_the_compiler_does_not_see_its_sign(f, read):
    assert read in text_of(f, np.ones(5))


def test_index_that_may_be_negative_wraps_round():
    assert "x[i - 3]" in text_of(round_the_end, np.ones(5))


def element_of_a_short_type(x):
    s, places = 0.0, np.zeros(3, dtype=np.int8)
    for i in range(3):
        places[i] = 126 + i
        s += x[places[i]]
    return s


def test_integer_that_its_array_cannot_hold_may_be_negative():
    assert "x[places[i]]" in text_of(element_of_a_short_type, np.ones(128))
