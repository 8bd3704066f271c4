import math

import numpy as np
import pytest
import scipy.special
from ir_python import define
from numba import njit
from uncompiled import check_compiled
from uncompiled import derivative as generated

from adtrans import helpers
from adtrans.errors import UnsupportedError
from adtrans.rules import lookup
from adtrans.testing import check_pullback

inf, nan = math.inf, math.nan
NAMES = [name for name in helpers.ELEMENTWISE if hasattr(scipy.special, name)]
POINTS = (-30.25, -2.5, -0.3, 0.0, 1e-9, 0.3, 0.5, 0.7, 1.0, 9.5, 40.0, inf, nan)
X = np.array([0.2, 0.7, 0.9])
FUNCTIONS = sorted({name.rpartition(".")[2] for name in map(str, __import__("adtrans").rules.registry.entries)
                    if name.startswith("scipy.")})  # fmt: skip


@pytest.mark.parametrize("name", NAMES)
def test_helpers_have_the_values_of_scipy(helper_of, name):
    ours, theirs = helper_of(name), getattr(scipy.special, name)
    others = (0.0, 0.4, 2.0, -1.0, nan) if len(lookup(f"scipy.special.{name}").params) == 2 else (None,)
    with np.errstate(all="ignore"):
        for point in ((a, b) if b is not None else (a,) for a in POINTS for b in others):
            point = tuple(map(np.float64, point))
            np.testing.assert_allclose(ours(*point), theirs(*point), rtol=3e-14, atol=1e-300, err_msg=str(point))


@pytest.mark.parametrize("name", ["psi", "trigamma", "rel_entr", "kl_div"])  # the others are one expression
def test_numba_compiles_helpers(helper_of, name):
    compiled, plain = helper_of(name, njit(error_model="numpy")), helper_of(name)
    for x in (-2.5, 0.0, 0.4, 12.0):
        point = (x, 2.0) if name in ("rel_entr", "kl_div") else (x,)
        np.testing.assert_allclose(compiled(*point), plain(*point), rtol=1e-13)


def test_compiled_gradient_calls_the_helpers():
    f = define("from scipy.special import expit, gammaln\ndef f(x):\n    return expit(x) * gammaln(x)\n")
    check_compiled(f, (0.7,), (0,))


@pytest.mark.parametrize("name", FUNCTIONS)
def test_functions_of_scipy_are_differentiated_elementwise(name):
    args = "x, y" if len(lookup(f"scipy.special.{name}").params) == 2 else "x"
    f = define(f"from scipy.special import {name}\ndef f(x, y):\n    return {name}({args}) * y\n")
    args = X, np.array([1.5, 0.4, 2.0])
    check_pullback(f, generated(f, args, (0, 1), "vjp"), args, (0, 1))


def test_functions_of_scipy_keep_single_precision():
    f = define("from scipy.special import expit, gammaln\ndef f(x):\n    return expit(x) * gammaln(x + 1)\n")
    x = X.astype(np.float32)
    value, (gradient,) = generated(f, (x,), (0,), "vjp")(x, np.ones(3, np.float32))
    assert value.dtype == gradient.dtype == np.float32
    np.testing.assert_allclose(value, f(x), rtol=1e-5)


def test_other_functions_of_scipy_are_refused_by_their_names():
    f = define("from scipy.special import jv\ndef f(x):\n    return jv(0.0, x[0])\n")
    with pytest.raises(UnsupportedError, match=r"scipy\.special\.jv has no derivative rule"):
        generated(f, (X,), (0,), "grad")


@pytest.mark.parametrize(("x", "slope"), [(0.0, -inf), (-1.0, nan), (-2.0, nan), (inf, inf), (1e17, math.log(1e17))])
def test_digamma_at_poles_and_far_out(derivative, x, slope):
    if x > 0:
        assert derivative("scipy.special.gammaln", x) == pytest.approx((slope,))
    assert derivative("math.lgamma", x) == (slope,) if x > 1e16 else True
