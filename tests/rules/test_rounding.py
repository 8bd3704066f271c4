import pytest

from adtrans.rules import lookup


@pytest.mark.parametrize("name", ["np.floor", "math.ceil", "np.trunc", "np.rint", "np.round", "round", "//"])
def test_rounding_has_no_derivative_to_compute(name):
    assert not any(lookup(name).partials)
