"""Both sweeps of a function in one, where the cotangents of what its calls return are known before the calls."""

import math

import numba
import pytest
from recursive_programs import PROGRAMS
from uncompiled import without_helpers

from adtrans.pipeline import generate

JOINED = ("quadrature", "by_lists_of_rows", "by_linked_lists", "sums_of_calls", "sums_that_end")
APART = ("factors_that_change", "places_that_change", "fibonacci", "tree_walk", "by_minors")


def text(f, args, argnums=(0,), **options):
    return without_helpers(generate(f, tuple(map(numba.typeof, args)), argnums, "grad", single=False, **options).text)


def program(name: str) -> tuple:
    return next(p for p in PROGRAMS if p[0].__name__ == name)


@pytest.mark.parametrize("name", JOINED)
def test_calls_that_are_scaled_and_added_up_record_nothing(name):
    found = text(*program(name))
    assert "_vjp(" in found
    assert "_forward" not in found and "tape" not in found


@pytest.mark.parametrize("name", APART)
def test_sweeps_stay_apart_where_a_cotangent_is_known_only_later(name):
    found = text(*program(name))
    assert "_forward" in found and "_vjp" not in found


def path(x, n):
    return x * x if n == 0 else 2.0 * path(math.sin(x) * x, n - 1)


def test_what_a_call_is_given_is_reversed_behind_the_call():
    _, _, sweep = text(path, (0.7, 3)).partition("def path_vjp")
    call = sweep.index("path_vjp(")
    assert sweep.index("math.sin") < call < sweep.index("_share *")


def test_sweeps_stay_apart_without_the_pass(monkeypatch):
    monkeypatch.setenv("ADTRANS_DISABLE", "joint")
    assert "_vjp" not in text(*program("by_linked_lists"))


def test_sweeps_stay_apart_where_sums_keep_their_order():
    assert "_vjp" not in text(*program("by_linked_lists"), fastmath=False)
