import math

import numpy as np
import pytest


@pytest.mark.parametrize("name", ["np.sqrt", "np.cbrt"])
def test_roots_are_vertical_at_zero(derivative, name):
    assert derivative(name, 0.0) == (math.inf,)


def test_logarithm_is_vertical_at_zero(derivative):
    assert derivative("np.log", 0.0) == (math.inf,)


@pytest.mark.parametrize("name", ["np.logaddexp", "np.logaddexp2"])
@pytest.mark.parametrize(
    ("a", "b", "expected"),
    [
        (1000.0, -1000.0, (1.0, 0.0)),
        (-math.inf, 1.5, (0.0, 1.0)),
        (math.inf, 1.5, (1.0, 0.0)),
        (-math.inf, -math.inf, (0.5, 0.5)),
        (1e8, 1e8, (0.5, 0.5)),
    ],
)
def test_shares_of_a_sum_of_exponentials(derivative, name, a, b, expected):
    assert derivative(name, a, b) == expected


def test_shares_keep_their_digits_where_the_arguments_are_large(derivative):
    share = 1 / (1 + math.exp(-0.25))
    assert derivative("np.logaddexp", 1e9 + 0.25, 1e9) == pytest.approx((share, 1 - share), rel=1e-15)


def test_saturated_functions_have_no_nan(derivative):
    assert derivative("np.tanh", 1000.0) == (0.0,)
    assert derivative("math.erf", 1e200) == (0.0,)
    assert derivative("np.exp", -np.inf) == (0.0,)
