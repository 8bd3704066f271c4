"""Functions that call themselves: value and gradient of the generated source, run by Python and compiled."""

import sys

import numba
import numpy as np
import pytest
from collected import named
from recursive_programs import A4, PROGRAMS, by_minors, each_calls_both, power, several_results
from uncompiled import derivative

import adtrans
from adtrans.errors import UnsupportedError
from adtrans.pipeline import generate
from adtrans.testing import check_pullback, copies

COMPILED = ("by_minors", "indices_sorted_in_between")
DEEP = 1000


def text(f, *args, mode="grad"):
    return generate(f, tuple(map(numba.typeof, args)), (0,), mode).text


@named(PROGRAMS)
def test_pullback_of_a_recursive_function_passes_the_dot_product_test(f, args, argnums):
    check_pullback(f, derivative(f, args, argnums, "vjp"), args, argnums, like=f(*copies(args)))


@named([p for p in PROGRAMS if p[0].__name__ in COMPILED])
def test_compiled_pullback_of_a_recursive_function_passes_the_dot_product_test(f, args, argnums):
    check_pullback(f, adtrans.vjp(f, argnums), args, argnums, like=f(*copies(args)))


@named([p for p in PROGRAMS if p[0].__name__ in ("own_argument_written", "power", "fibonacci")])
def test_primal_of_a_recursive_function_is_the_function(f, args, argnums):
    names: dict = {}
    exec(text(f, *args, mode="primal").replace("cache=True", ""), names)
    ours, theirs = copies(args), copies(args)
    assert names[f.__name__].py_func(*ours) == pytest.approx(f(*theirs), rel=1e-12)
    for a, b in zip(ours, theirs, strict=True):
        np.testing.assert_allclose(a, b)


def sum_of_sines(x, n):
    return 0.0 if n == 0 else np.sin(x * n) + sum_of_sines(x, n - 1)


def test_compiled_recursion_is_as_deep_as_the_run_asks():
    gradient = adtrans.grad(sum_of_sines)
    for depth in (0, 1, DEEP):
        expected = sum(n * np.cos(0.7 * n) for n in range(1, depth + 1))
        assert gradient(0.7, depth) == pytest.approx(expected, rel=1e-9)


def test_recursion_deeper_than_python_allows_raises_as_in_python():
    depth = sys.getrecursionlimit() + 1
    with pytest.raises(RecursionError):
        derivative(sum_of_sines, (0.7, depth), (0,), "grad")(0.7, depth)


def test_module_of_a_function_that_calls_itself_has_no_second_primal():
    assert text(power, 1.1, 3).count("def power") == 4  # itself, its two sweeps, its gradient


def test_only_arguments_and_results_that_carry_derivatives_have_cotangents():
    found = text(several_results, 0.7, 4)
    assert "def grown_reverse(x, n, result_0_bar, tape, tape_top)" in found
    assert "def determinant_reverse(a, n, y_bar, a_bar, tape, tape_top)" in text(by_minors, A4)


def test_leaf_of_a_recursion_records_nothing():
    forward = text(power, 1.1, 3).partition("def power_forward")[2].partition("def ")[0]
    leaf, _, rest = forward.partition("else:")
    assert "_room" in rest and "_room" not in leaf


def test_functions_that_call_each_other_are_not_kept_on_disk_by_numba():
    assert "cache=True" not in text(each_calls_both, 0.8, 4)
    assert "cache=True" in text(by_minors, A4)


def scaled_by(weights):
    """A function that calls itself, and reads an array from outside by the name that others read another one by."""

    def scaled(x, n):
        return x if n == 0 else again(x * weights[n % 2], n - 1)

    def again(x, n):
        return scaled(x, n)

    return scaled


DOUBLED, HALVED = scaled_by(np.array([2.0, 3.0])), scaled_by(np.array([0.5, 0.25]))


def test_arrays_from_outside_of_one_name_keep_apart():
    def f(x):
        return DOUBLED(x, 3) * HALVED(x, 2)

    assert derivative(f, (1.5,), (0,), "grad")(1.5) == (2 * 1.5 * 18.0 * 0.125,)


def test_a_derivative_of_a_derivative_is_refused_at_the_line():
    gradient = adtrans.grad(power)
    with pytest.raises(UnsupportedError):
        adtrans.grad(gradient).source("float64, int64")


def test_tape_is_as_it_was_after_the_reverse_sweep():
    names: dict = {}
    exec(text(by_minors, A4).replace("cache=True", ""), names)
    tapes = [np.empty(2)]
    y, top = names["determinant_forward"].py_func(A4, 4, tapes, 0)
    a_bar = np.zeros((4, 4))
    assert top > 2
    assert names["determinant_reverse"].py_func(A4, 4, 1.0, a_bar, tapes[0], top) == 0
    np.testing.assert_allclose(a_bar, np.linalg.inv(A4).T * np.linalg.det(A4))
    assert y == pytest.approx(np.linalg.det(A4))


def test_vjp_leaves_its_arguments_as_they_were():
    f, args, argnums = next(p for p in PROGRAMS if p[0].__name__ == "own_argument_written")
    given = copies(args)
    derivative(f, args, argnums, "vjp")(*given, 1.0)
    np.testing.assert_array_equal(given[0], args[0])
