import math

import pytest

nan, inf = math.nan, math.inf


@pytest.mark.parametrize("name", ["abs", "np.abs", "math.fabs"])
@pytest.mark.parametrize(("x", "slope"), [(0.0, 0.0), (-0.0, 0.0), (-2.0, -1.0), (inf, 1.0), (nan, nan)])
def test_absolute_value(derivative, name, x, slope):
    assert derivative(name, x) == pytest.approx((slope,), nan_ok=True)


@pytest.mark.parametrize("name", ["np.maximum", "np.minimum", "np.fmax", "np.fmin"])
@pytest.mark.parametrize("x", [0.0, 1.5, inf, -inf])
def test_equal_arguments_have_half_each(derivative, name, x):
    assert derivative(name, x, x) == (0.5, 0.5)


@pytest.mark.parametrize("name", ["np.maximum", "np.minimum"])
@pytest.mark.parametrize("point", [(nan, 1.0), (1.0, nan), (nan, nan)])
def test_maximum_and_minimum_of_nan_move_with_neither(derivative, name, point):
    assert derivative(name, *point) == (0.0, 0.0)


@pytest.mark.parametrize("name", ["np.fmax", "np.fmin"])
def test_fmax_and_fmin_pass_over_nan(derivative, name):
    assert derivative(name, nan, 1.0) == (0.0, 1.0)
    assert derivative(name, 1.0, nan) == (1.0, 0.0)


@pytest.mark.parametrize("name", ["max", "min"])
@pytest.mark.parametrize("point", [(1.0, 1.0), (nan, 1.0), (1.0, nan)])
def test_the_builtins_return_the_first_argument_in_doubt(derivative, name, point):
    assert derivative(name, *point) == (1.0, 0.0)


@pytest.mark.parametrize(
    ("a", "b", "by_a"), [(2.0, -1.0, -1.0), (-2.0, -1.0, 1.0), (-2.0, 0.0, -1.0), (0.0, 1.0, 0.0), (2.0, -0.0, -1.0)]
)
def test_copysign(derivative, a, b, by_a):
    assert derivative("np.copysign", a, b) == (by_a, 0.0)


def test_a_replaced_nan_or_infinity_does_not_move(derivative):
    assert derivative("np.nan_to_num", nan) == derivative("np.nan_to_num", inf) == (0.0,)
