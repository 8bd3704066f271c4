import math

import pytest


def test_hypot_at_the_origin_is_zero(derivative):
    assert derivative("np.hypot", 0.0, 0.0) == (0.0, 0.0)


def test_hypot_keeps_scale_where_squares_underflow(derivative):
    assert derivative("np.hypot", 3e-200, 4e-200) == pytest.approx((0.6, 0.8))


def test_arctan2_at_the_origin_is_nan(derivative):
    assert all(map(math.isnan, derivative("np.arctan2", 0.0, 0.0)))


@pytest.mark.parametrize("x", [0.0, 1e-12, -1e-8, 1e-5])
def test_sinc_is_a_parabola_near_zero(derivative, x):
    assert derivative("np.sinc", x) == pytest.approx((-(math.pi**2) * x / 3,), rel=1e-8)


def test_arcsin_keeps_its_digits_near_one(derivative):
    # 1 - x is 2^-40 exactly, and arcsin'(x) = 1 / sqrt((1 - x) (2 - (1 - x))).
    gap = 2.0**-40
    assert derivative("np.arcsin", 1 - gap) == pytest.approx((1 / math.sqrt(gap * (2 - gap)),), rel=1e-15)
