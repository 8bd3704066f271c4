"""The numeric core of `check_grads`, against adjoints written by hand."""

import math
from types import SimpleNamespace

import numpy as np
import pytest

from adtrans import testing
from adtrans.structure import copy
from adtrans.testing import Tolerance, affordable, check_grads, check_pullback, extrapolated, numeric_jvp

X = np.array([0.3, -1.2, 2.0])


def product(x, n):
    p = 1.0
    for i in range(n):
        p = p * x[i]
    return p


def product_vjp(x, n, y_bar):
    return product(x, n), (np.array([y_bar * np.prod(np.delete(x, i)) for i in range(n)], x.dtype),)


def check(primal, pullback, *args, argnums=(0,), **options):
    check_pullback(primal, pullback, args, argnums, **options)


def failure(primal, pullback, *args, argnums=(0,), **options):
    with pytest.raises(AssertionError) as caught:
        check(primal, pullback, *args, argnums=argnums, **options)
    return str(caught.value)


def test_a_right_adjoint_passes():
    check(product, product_vjp, X, 3)


def test_a_wrong_coordinate_is_in_the_table():
    def wrong(x, n, y_bar):
        y, (x_bar,) = product_vjp(x, n, y_bar)
        x_bar[1] *= 1.001
        return y, (x_bar,)

    lines = failure(product, wrong, X, 3, names=("x", "n")).splitlines()
    assert "of 6 derivatives disagree" in lines[0]
    assert lines[1].split() == ["argument", "index", "analytic", "numeric", "relative", "error"]
    assert [line.split()[:2] for line in lines if " direction" not in line][2:] == [["x", "1"]]
    assert lines[-1].split()[-1] == "1.0e-03"


@pytest.mark.parametrize("wrong", [0.0, math.nan, math.inf])
def test_zero_nan_and_infinity_do_not_pass(wrong):
    failure(product, lambda x, n, y_bar: (product(x, n), (np.full(3, wrong),)), X, 3)


@pytest.mark.parametrize("scale", [1e-12, 1.0, 1e12])
def test_a_small_error_is_found_at_every_scale(scale):
    def pullback(x, y_bar, factor=1.0):
        return scale * float(np.sin(x).sum()), (factor * y_bar * scale * np.cos(x),)

    def primal(x):
        return scale * float(np.sin(x).sum())

    check(primal, pullback, X)
    failure(primal, lambda x, y_bar: pullback(x, y_bar, 1.00001), X)


def test_one_wrong_coordinate_of_many_is_found():
    x = np.random.default_rng(1).uniform(1.0, 2.0, 10_000)

    def pullback(x, y_bar, wrong=0.0):
        x_bar = 2 * x * y_bar
        x_bar[4321] += wrong
        return float(x @ x), (x_bar,)

    check(lambda x: float(x @ x), pullback, x)
    assert "direction" in failure(lambda x: float(x @ x), lambda x, y_bar: pullback(x, y_bar, 0.1), x)


def test_array_results_and_several_arguments():
    a, b = np.arange(6.0).reshape(2, 3) - 2.0, np.arange(12.0).reshape(3, 4)

    def pullback(a, b, s, y_bar):
        return s * (a @ b), (s * (y_bar @ b.T), s * (a.T @ y_bar), float((y_bar * (a @ b)).sum()))

    check(lambda a, b, s: s * (a @ b), pullback, a, b, 0.7, argnums=(0, 1, 2))


def test_a_tuple_of_results_with_an_integer_that_jumps():
    def primal(x):
        return x * x, int(x > 0.4), np.array([x, 3 * x])

    def pullback(x, y_bar):
        assert type(y_bar[1]) is int
        assert y_bar[1] == 0
        return primal(x), (2 * x * y_bar[0] + y_bar[2][0] + 3 * y_bar[2][1],)

    check(primal, pullback, 0.4)


def test_float32_has_its_own_tolerance():
    check(product, product_vjp, X.astype(np.float32), 3)
    failure(product, lambda x, n, y_bar: (product(x, n), (product_vjp(x, n, y_bar)[1][0] * np.float32(1.01),)),
            X.astype(np.float32), 3)  # fmt: skip


def test_a_changed_argument_is_reported():
    def pullback(x, y_bar):
        x *= 2.0
        return float(x.sum()), (np.full(x.shape, 2 * y_bar),)

    def primal(x):
        x *= 2.0
        return float(x.sum())

    x = X.copy()
    assert "x was changed" in failure(primal, pullback, x, names=("x",))
    np.testing.assert_array_equal(x, X)


def test_a_changed_cotangent_is_reported():
    def pullback(x, y_bar):
        y_bar *= 2.0
        return 2 * x, (y_bar,)

    assert "y_bar was changed" in failure(lambda x: 2 * x, pullback, X)


@pytest.mark.parametrize("cotangent", [np.ones((3, 1)), np.ones(3, np.float32), 1.0])
def test_shape_and_dtype_of_a_cotangent_are_the_arguments(cotangent):
    assert "the cotangent of x is" in failure(
        lambda x: float(x.sum()), lambda x, y_bar: (float(x.sum()), (cotangent,)), X, names=("x",)
    )


def test_a_wrong_value_is_reported():
    assert "the value is" in failure(product, lambda x, n, y_bar: (1.0, product_vjp(x, n, y_bar)[1]), X, 3)


def test_points_near_the_edge_of_the_domain_are_fine():
    def primal(x):
        return math.log(x) + math.sqrt(x)

    check(primal, lambda x, y_bar: (primal(x), (y_bar * (1 / x + 0.5 / math.sqrt(x)),)), 1e-6)


def test_a_kink_near_by_is_no_obstacle():
    check(lambda x: abs(x), lambda x, y_bar: (abs(x), (y_bar,)), 1e-3)


def test_rounding_noise_is_no_slope():
    def primal(x):
        return math.sin(x) ** 2 + math.cos(x) ** 2 - 1.0

    check(primal, lambda x, y_bar: (primal(x), (0.0,)), 0.7)


def test_a_jump_at_the_point_is_named():
    def primal(x):
        return float(x >= 1.0)

    assert "do not settle" in failure(primal, lambda x, y_bar: (primal(x), (0.0,)), 1.0)


def test_numeric_jvp_of_a_matrix_product():
    a, v = np.arange(6.0).reshape(2, 3), np.ones((2, 3))
    jvp, error = numeric_jvp(lambda a: a @ a.T, [a], {0: v})
    np.testing.assert_allclose(jvp, (v @ a.T + a @ v.T).ravel(), rtol=1e-12)
    assert error.max() < 1e-10


def test_extrapolation_reaches_ten_digits():
    best, error = extrapolated(lambda h: np.array([np.exp(1 + h) - np.exp(1 - h)]) / (2 * h), 2.0**-5)
    assert best == pytest.approx(math.e, rel=1e-11)
    assert error < 1e-9


@pytest.mark.parametrize("x", [np.arange(12.0)[::2], np.arange(6.0).reshape(2, 3).T, np.ones((2, 2))])
def test_a_copy_has_the_layout_of_the_original(x):
    new = copy(x)
    assert new.flags.c_contiguous == x.flags.c_contiguous
    assert new.flags.f_contiguous == x.flags.f_contiguous
    assert not np.shares_memory(new, x)
    np.testing.assert_array_equal(new, x)


def test_a_slow_primal_is_compiled():
    def python(x): ...

    def quick(x): ...

    def slow(x):
        return sum(range(10**6))

    assert affordable(python, quick, [1.0], checks=3) is python
    assert affordable(slow, slow, [1.0], checks=60) is slow
    assert affordable(python, lambda x: slow(x), [1.0], checks=60) is python  # timed: not slow after all


def test_tolerances_can_be_given():
    loose = Tolerance.of([X], rtol=0.1)
    check(product, lambda x, n, y_bar: (product(x, n), (product_vjp(x, n, y_bar)[1][0] * 1.01,)), X, 3, tolerance=loose)


def weighted(x, s=2.0):
    return s * float(x @ x)


@pytest.fixture
def adjoint(monkeypatch):
    """Puts an adjoint of `weighted` by (x, s) in place of the one that adtrans makes; returns what was asked of it."""
    asked = []

    def by_x_and_s(x, s, y_bar=1.0):
        return s * float(x @ x), ((2 * s * y_bar * x).astype(x.dtype), y_bar * float(x @ x))

    def vjp(f, argnums):
        def pullback(*args):
            asked.append(args)
            y, cotangents = by_x_and_s(*args)
            return (y, cotangents[0]) if argnums is None else (y, tuple(cotangents[i] for i in argnums))

        pullback.request = SimpleNamespace(argnums=(0,) if argnums is None else argnums, single=argnums is None)
        return pullback

    monkeypatch.setattr(testing, "vjp", vjp)
    monkeypatch.setattr(testing, "value_and_grad", vjp)
    monkeypatch.setattr(testing, "differentiate", lambda f: f)
    return asked


def test_check_grads_by_one_argument(adjoint):
    check_grads(weighted, (X,))
    assert [args[1] for args in adjoint] == [2.0, 2.0]  # the default is filled in


def test_check_grads_by_several_arguments(adjoint):
    check_grads(weighted, (X, 0.5), (1, 0))


def test_check_grads_of_float32(adjoint):
    check_grads(weighted, (X.astype(np.float32), 0.5), (0, 1))
    assert adjoint[0][0].dtype == np.float32


def test_check_grads_names_the_argument(adjoint):
    def other(x, s=2.0):
        return s * float(x @ x) + s * s - s * 2.0

    with pytest.raises(AssertionError, match=r"\n +s +0\.695"):
        check_grads(other, (X,), (0, 1))
