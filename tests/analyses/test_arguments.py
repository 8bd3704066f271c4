"""Integers that functions are given whose calls stay calls, and whether they can be negative."""

import numba
import numpy as np
import pytest
from recursive_programs import A4, by_linked_lists
from uncompiled import without_helpers

from adtrans.pipeline import generate


def text(f, *args):
    return without_helpers(generate(f, tuple(map(numba.typeof, args)), (0,), "grad").text)


def along(x, places, k, n):
    """Goes from one element to the next, and writes down where the way leads back."""
    if n == 0:
        return x[k]
    following = places[k]
    places[k] = k
    return x[following] * along(x, places, following, n - 1) + along(x, places, k, n - 1)


def ahead(x, n):
    places = np.arange(len(x))
    return along(x, places, 0, n)


def with_a_negative_place(x, n):
    places = np.arange(len(x))
    places[0] = -1
    return along(x, places, 0, n)


def from_the_end(x, n):
    places = np.arange(len(x))
    return along(x, places, -1, n)


def given(x, n, places):
    return along(x, places.copy(), 0, n)


def test_places_that_no_call_makes_negative_are_written_as_unsigned():
    found = text(ahead, np.ones(4), 3)
    assert "x[np.uint64(k)]" in found and "places[np.uint64(k)]" in found and "x[np.uint64(following)]" in found
    assert "np.uint64(column)" in text(by_linked_lists, A4)


@pytest.mark.parametrize("f", [with_a_negative_place, given])
def test_elements_that_may_be_negative_are_not(f):
    found = text(f, np.ones(4), 3, *([np.arange(4)] if f is given else []))
    assert "x[k]" in found and "x[following]" in found


def test_an_argument_that_one_call_makes_negative_is_not():
    found = text(from_the_end, np.ones(4), 3)
    assert "x[k]" in found and "places[k]" in found


def made_negative(x, places, n):
    """Leaves a negative element behind."""
    if n == 0:
        return x[places[0]]
    y = x[places[1]] * made_negative(x, places, n - 1)
    places[1] = n - 2
    return y + x[places[1]]


def changed_by_a_call(x, n):
    places = np.arange(len(x))
    return made_negative(x, places, n) + x[places[1]]


def test_elements_that_a_call_makes_negative_are_not_taken_for_others_after_it():
    found = text(changed_by_a_call, np.ones(4), 2)
    assert "np.uint64(places" not in found
