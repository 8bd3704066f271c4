import math

import pytest


@pytest.mark.parametrize(
    ("a", "b", "by_a", "by_b"),
    [
        (0.0, 2.0, 0.0, 0.0),
        (0.0, 1.0, 1.0, 0.0),
        (0.0, 0.0, 0.0, 0.0),
        (0.0, 0.5, math.inf, 0.0),
        (2.0, 0.0, 0.0, math.log(2.0)),
        (-2.0, 3.0, 12.0, math.nan),
        (-2.0, 2.0, -4.0, math.nan),
        (1e-200, 2.0, 2e-200, 0.0),  # y underflows, the derivative does not
    ],
)
def test_power(derivative, a, b, by_a, by_b):
    assert derivative("**", a, b) == pytest.approx((by_a, by_b), nan_ok=True)


@pytest.mark.parametrize(
    ("name", "a", "b", "by_b"),
    [
        ("%", 7.5, 2.0, -3.0),
        ("%", -7.5, 2.0, 4.0),
        ("%", 7.5, -2.0, 4.0),
        ("%", 1.0, math.inf, 0.0),
        ("np.fmod", -7.5, 2.0, 3.0),
        ("np.fmod", 7.5, -2.0, 3.0),
    ],
)
def test_remainder(derivative, name, a, b, by_b):
    assert derivative(name, a, b) == (1.0, by_b)


def test_remainder_just_below_a_jump_belongs_to_the_step_below(derivative):
    a = math.nextafter(0.3, 0.0)  # a / 0.1 rounds up to 3
    assert derivative("%", a, 0.1) == (1.0, -2.0)


def test_division_by_zero_is_infinite(derivative):
    assert derivative("/", 1.0, 0.0) == (math.inf, -math.inf)
