"""Whole programs: value and gradient of the generated source, run by Python and compiled."""

import numpy as np
import pytest
from collected import named
from flow_programs import PROGRAMS as FLOW
from numba import njit
from programs import M34, V5, X3
from programs import PROGRAMS as BASIC
from uncompiled import derivative

import adtrans
from adtrans.testing import check_grads, check_pullback, copies, scaled

pytestmark = pytest.mark.usefixtures("quiet")

PROGRAMS = BASIC + FLOW
NAMES = [f.__name__ for f, _, _ in PROGRAMS]
COMPILED = PROGRAMS[::3]  # each takes seconds
STEP = 2.0**-8  # the largest of the differences: larger ones cross kinks
CALLED_FROM_NJIT = [p for p in PROGRAMS if p[0].__name__ in ("newton", "heat_by_swapping", "two_layers")]


def seeded(value_and_grad):
    """`value_and_grad` as a pullback: with the cotangent of its scalar result."""

    def pullback(*args_and_y_bar):
        *args, y_bar = args_and_y_bar
        y, gradient = value_and_grad(*args)
        return y, tuple(scaled(y_bar, g) for g in gradient)

    return pullback


def test_programs_have_names_of_their_own():
    assert len(set(NAMES)) == len(NAMES)


@named(PROGRAMS)
def test_generated_source_has_the_value_and_the_gradient(f, args, argnums):
    check_pullback(
        f, seeded(derivative(f, args, argnums, "value_and_grad")), args, argnums, like=f(*copies(args)), eps=STEP
    )


@named(PROGRAMS)
def test_generated_pullback_is_linear_in_the_cotangent(f, args, argnums):
    pullback, gradient = derivative(f, args, argnums, "vjp"), derivative(f, args, argnums, "grad")
    y = f(*copies(args))
    _, twice = pullback(*copies(args), 2 * y / y)  # 2, of the type of y
    for one, two in zip(gradient(*copies(args)), twice, strict=True):
        np.testing.assert_allclose(two, 2 * one, rtol=1e-5 if np.asarray(two).dtype == np.float32 else 1e-12)


@named(COMPILED)
def test_compiled_program_has_the_value_and_the_gradient_twice(f, args, argnums):
    gradient = adtrans.value_and_grad(f, argnums)
    check_pullback(f, seeded(gradient), args, argnums, like=f(*copies(args)), eps=STEP)
    first, second = gradient(*copies(args)), gradient(*copies(args))
    assert first[0] == second[0]
    for one, two in zip(first[1], second[1], strict=True):
        np.testing.assert_array_equal(one, two)


@named(COMPILED[::4])
def test_compiled_primal_has_the_value_of_the_function(f, args, argnums):
    assert adtrans.differentiate(f)(*copies(args)) == pytest.approx(f(*copies(args)), rel=1e-12)


@named(CALLED_FROM_NJIT)
def test_gradient_inside_of_njit_is_the_one_outside(f, args, argnums):
    gradient = adtrans.value_and_grad(f, argnums)

    @njit
    def inside(*args):
        return gradient(*args)

    (y, inner), (value, outer) = inside(*copies(args)), gradient(*copies(args))
    assert y == value
    for one, two in zip(inner, outer, strict=True):
        np.testing.assert_array_equal(one, two)


def outer_product(x, y):
    out = np.empty((x.shape[0], y.shape[0]))
    for i in range(x.shape[0]):
        for j in range(y.shape[0]):
            out[i, j] = x[i] * np.sin(y[j])
    return out


def running_products(x):
    y = x.copy()
    for i in range(1, y.shape[0]):
        y[i] *= y[i - 1]
    return y


def row_norms(a):
    return np.sqrt(np.sum(a * a, axis=1)) * a[0, 0]


ARRAYS = [(outer_product, (X3, V5), (0, 1)), (running_products, (V5,), (0,)), (row_norms, (M34,), (0,))]


@named(ARRAYS)
def test_pullback_of_an_array_result_passes_the_dot_product_test(f, args, argnums):
    check_pullback(f, derivative(f, args, argnums, "vjp"), args, argnums)


@named(ARRAYS[:1])
def test_compiled_pullback_of_an_array_result_passes_the_dot_product_test(f, args, argnums):
    check_grads(f, args, argnums)
