"""Complex numbers: gradients by both parts, JAX's convention, values on branch cuts and at the ends of the range."""

import cmath

import numba
import numpy as np
import pytest
from collected import named
from complex_programs import PROGRAMS, RESULTS, W4, X4, Z4
from uncompiled import derivative, names_of

import adtrans
from adtrans.errors import UnsupportedError
from adtrans.pipeline import generate
from adtrans.testing import check_grads, check_pullback

pytestmark = pytest.mark.usefixtures("quiet")

COMPILED = [p for p in PROGRAMS if p[0].__name__ in ("arithmetic", "in_place_on_arguments")]


def primal(f, *args):
    """The value of the generated primal, uncompiled."""
    module = generate(f, tuple(map(numba.typeof, args)), (), "primal")
    return names_of(module.text)[module.primal](*args)


@named(PROGRAMS + RESULTS)
def test_generated_pullback_agrees_with_differences_by_both_parts(f, args, argnums):
    check_pullback(f, derivative(f, args, argnums, "vjp"), args, argnums)


@named(COMPILED + RESULTS[1:])
def test_compiled_gradient_agrees_with_differences_by_both_parts(f, args, argnums):
    check_grads(f, args, argnums)


# -- JAX's convention -------------------------------------------------------------------------------------------------


def weighted_parts(z):
    return 3 * z.real + 5 * z.imag


def cube(z):
    return z * z * z


def total(z, w):
    return np.sum(z * w)


def test_gradient_is_the_derivative_by_x_less_i_times_that_by_y():
    assert derivative(weighted_parts, (1 + 2j,), (0,), "grad")(1 + 2j) == (3 - 5j,)


def test_pullback_of_an_analytic_function_multiplies_by_its_derivative():
    value, (z_bar,) = derivative(cube, (1 + 2j,), (0,), "vjp")(1 + 2j, 0.5 - 2j)
    assert value == (1 + 2j) ** 3
    assert z_bar == pytest.approx((0.5 - 2j) * 3 * (1 + 2j) ** 2)


def test_pullback_of_a_linear_function_of_arrays_multiplies_by_its_coefficients():
    value, (z_bar, w_bar) = derivative(total, (Z4, W4), (0, 1), "vjp")(Z4, W4, 2j)
    assert value == pytest.approx(np.sum(Z4 * W4))
    np.testing.assert_allclose(z_bar, 2j * W4)
    np.testing.assert_allclose(w_bar, 2j * Z4)


def test_cotangent_has_the_precision_of_its_argument():
    z = Z4.astype(np.complex64)
    _, (z_bar, w_bar) = derivative(total, (z, W4), (0, 1), "vjp")(z, W4, 1 + 0j)
    assert (z_bar.dtype, w_bar.dtype) == (np.complex64, np.complex128)


def test_complex_result_under_grad_is_refused_with_a_way_out():
    with pytest.raises(UnsupportedError, match=r"not a complex one\n.*\n.*\nReturn a real number such as abs\(z\)"):
        generate(cube, (numba.complex128,), (0,), "grad")


def test_compiled_code_takes_and_gives_complex_numbers():
    gradient = adtrans.grad(weighted_parts)

    @numba.njit
    def step(z):
        return z - 0.1 * np.conj(gradient(z))

    assert step(1 + 2j) == pytest.approx(0.7 + 1.5j)
    assert step(np.complex64(1 + 2j)) == pytest.approx(0.7 + 1.5j)


# -- values -----------------------------------------------------------------------------------------------------------


def evanescent(z, n):
    return np.sqrt(n**2 - z**2), np.log(-1.0 * z), np.sqrt(z.conjugate() * n), (2.0 - z) ** 0.5, np.angle(-z / n)


AXES = [complex(x, y) for x in (2.0, -2.0) for y in (0.0, -0.0)]


@pytest.mark.parametrize("z", AXES)
def test_sign_of_zero_chooses_the_side_of_a_branch_cut_as_in_numpy(z):
    expected = evanescent(np.complex128(z), 1.0)
    np.testing.assert_allclose(primal(evanescent, z, 1.0), expected, rtol=1e-15)


def test_compiled_code_keeps_the_sign_of_zero_where_there_are_branch_cuts():
    f = adtrans.differentiate(evanescent)
    assert "nsz" not in f.source("complex128, float64", mode="primal")
    for z in AXES:
        np.testing.assert_allclose(f(z, 1.0), evanescent(np.complex128(z), 1.0), rtol=1e-15)


def test_code_without_branch_cuts_need_not_keep_the_sign_of_zero():
    assert '"nsz"' in generate(cube, (numba.complex128,), (), "primal").text


def quotient(z, w):
    return z / w


LARGE, SMALL = 1e300 - 2e300j, 3e-310 + 1e-310j


@pytest.mark.parametrize(("z", "w"), [(1 + 1j, LARGE), (LARGE, LARGE), (SMALL, 2 + 1j), (1 + 2j, 1e-200j), (2j, 4.0)])
def test_quotient_neither_overflows_nor_vanishes_on_the_way(z, w):
    assert primal(quotient, z, w) == pytest.approx(z / w, rel=1e-13)


@pytest.mark.parametrize("w", [0j, complex(np.inf, 0), complex(np.nan, 1)])
def test_quotient_by_what_is_no_number_is_none(w):
    f = names_of(generate(quotient, (numba.complex128, numba.complex128), (), "primal").text)["quotient"]
    value = f(np.complex128(1 + 2j), np.complex128(w))
    assert cmath.isnan(value) or value == 0 == (1 + 2j) / w


def sizes(z):
    return abs(z) ** 2, abs(z), z.real


def test_size_at_zero_has_the_middle_of_its_subgradients():
    _, (z_bar,) = derivative(sizes, (0j,), (0,), "vjp")(0j, (1.0, 1.0, 2.0))
    assert z_bar == 2.0


def root(z):
    return np.sqrt(z).imag


def test_derivative_of_a_root_at_zero_is_no_ordinary_number():
    with np.errstate(all="ignore"):
        (z_bar,) = derivative(root, (0j,), (0,), "grad")(np.complex128(0))
    assert not np.isfinite(z_bar)


# -- the generated code -----------------------------------------------------------------------------------------------


def orbit(x, c):
    z = 0j
    for v in x:
        z = z * z * v + c
    return abs(z) ** 2


def test_code_is_that_of_the_parts_without_zeros_and_ones():
    text = generate(orbit, (numba.float64[::1], numba.float64), (0,), "primal").text
    assert "(z_re * z_re - z_im * z_im) * v + c" in text
    assert "z_re * z_re + z_im * z_im" in text


def spectrum(x):
    out = np.empty(len(x))
    for k in range(len(x)):
        out[k] = abs(np.sum(x * np.exp(-2j * np.pi * k * np.arange(len(x)) / len(x)))) ** 2
    return out


def test_exponential_of_an_imaginary_number_is_a_cosine_and_a_sine():
    text = generate(spectrum, (numba.float64[::1],), (), "primal").text
    assert "exp(" not in text
    np.testing.assert_allclose(primal(spectrum, X4), np.abs(np.fft.fft(X4)) ** 2)
