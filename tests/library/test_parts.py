"""The functions of complex numbers, by their parts: NumPy's values, on both sides of branch cuts too."""

import cmath
import itertools
import math

import numba
import numpy as np
import pytest
from test_definitions import ARGS, program
from uncompiled import names_of

from adtrans.errors import UnsupportedError
from adtrans.library import definitions
from adtrans.library.parts import FORMULAS, power, power_of_integer, power_of_real
from adtrans.pipeline import generate

pytestmark = pytest.mark.usefixtures("quiet")

rng = np.random.default_rng(0)
AXIS = (0.0, -0.0, 0.5, -0.5, 1.0, -1.0, 2.0, -2.0, 1e-9, -1e-9, 30.0, -30.0)
POINTS = [complex(x, y) for x, y in itertools.product(AXIS, AXIS)]
POINTS += [*(rng.normal(size=50) + 1j * rng.normal(size=50)), 1e160 + 1e150j, -1e160 + 1e160j, 1e-170 - 1e-171j]


def value_of(formula, *args):
    """The number that a formula gives; NaN where Python's functions raise, as they do at poles and overflows."""
    try:
        found = formula(*args)
    except (ArithmeticError, ValueError):
        return math.nan
    return complex(*found) if isinstance(found, tuple) else found


def agree(found, expected) -> bool:
    """Whether the numbers are equal but for rounding, or neither is finite."""
    if not cmath.isfinite(expected) or cmath.isnan(found):
        return not cmath.isfinite(found)
    return found == expected or abs(found - expected) <= 1e-13 * abs(expected) + 1e-16


@pytest.mark.parametrize("func", [func for func in FORMULAS if func.startswith("np.")])
def test_formula_has_the_values_of_numpy(func):
    function, formula = getattr(np, func[3:]), FORMULAS[func]
    for z in POINTS:
        assert agree(value_of(formula, z.real, z.imag), function(np.complex128(z))), z


@pytest.mark.parametrize("w", [0.5 + 1j, 2 - 1j, 1 + 0j, 0j, -1 + 0.5j])
def test_power_has_the_values_of_numpy(w):
    for z in POINTS:
        assert agree(value_of(power, z.real, z.imag, w.real, w.imag), np.complex128(z) ** w), z


@pytest.mark.parametrize(("formula", "p"), [(power_of_real, 0.5), (power_of_real, 2.5), (power_of_real, 1.0),
                                            (power_of_integer, 0), (power_of_integer, 1), (power_of_integer, 3),
                                            (power_of_integer, -1)])  # fmt: skip
def test_real_power_has_the_values_of_numpy(formula, p):
    for z in POINTS:
        assert agree(value_of(formula, z.real, z.imag, p), np.complex128(z) ** p), z


COMPLEX = tuple(a + 1j * np.sin(3 * a) if np.ndim(a) else a for a in ARGS)


@pytest.mark.parametrize("found", definitions(), ids=lambda found: found.func)
def test_definition_has_the_value_of_numpy_for_complex_numbers_or_is_refused(found):
    fn = program(found.at[0])
    try:
        module = generate(fn, tuple(map(numba.typeof, COMPLEX)), (), "primal")
    except UnsupportedError as error:
        assert error.loc is not None
        return
    value = names_of(module.text)[module.primal](*(np.copy(a) if np.ndim(a) else a for a in COMPLEX))
    np.testing.assert_allclose(value, fn(*COMPLEX), rtol=1e-12, atol=1e-13)
