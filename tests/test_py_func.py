"""Functions behind compiled ones, and those that only look like them."""

import functools

import numba

import adtrans
from adtrans.py_func import py_func


@numba.njit
def cube(x):
    return x * x * x


def twice(f):
    @functools.wraps(f)
    def wrapped(x):
        return 2.0 * f(x)

    return wrapped


twice_cube = twice(cube)
twice_gradient = twice(adtrans.grad(cube))


def calls_it(x):
    return twice_cube(x) + cube(x)


def test_function_behind_a_compiled_one_is_what_was_compiled():
    assert py_func(cube) is cube.py_func
    assert py_func(calls_it) is calls_it


def test_wrapper_of_a_compiled_function_is_differentiated_with_its_own_body():
    assert py_func(twice_cube) is twice_cube
    assert adtrans.value_and_grad(twice_cube)(3.0) == (54.0, 54.0)
    assert adtrans.value_and_grad(calls_it)(3.0) == (81.0, 81.0)


def test_wrapper_of_a_gradient_is_differentiated_with_its_own_body():
    assert adtrans.grad(twice_gradient)(3.0) == 36.0
