import pytest

from adtrans.rules import lookup


@pytest.mark.parametrize("name", ["<", "==", "np.isnan", "not", "np.logical_and", "&", "np.invert"])
def test_results_that_are_no_real_numbers_have_no_derivative_to_compute(name):
    assert not any(lookup(name).partials)
