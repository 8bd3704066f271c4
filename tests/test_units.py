"""Functions that call themselves: value and gradient of the generated source, run by Python and compiled."""

import subprocess
import sys

import numpy as np
import pytest
from recursive_programs import PROGRAMS, determinant, index_determinant, power
from uncompiled import derivative

import adtrans
from adtrans.testing import check_grads, check_pullback, copies

COMPILED = ("mutual", "by_minors", "fourier_transform", "indices_sorted_in_between")


def named(programs):
    return pytest.mark.parametrize(("f", "args", "argnums"), programs, ids=[f.__name__ for f, _, _ in programs])


@named(PROGRAMS)
def test_generated_pullback_of_a_recursive_function_passes_the_dot_product_test(f, args, argnums):
    check_pullback(f, derivative(f, args, argnums, "vjp"), args, argnums, like=f(*copies(args)))


@named([p for p in PROGRAMS if p[0].__name__ in COMPILED])
def test_compiled_pullback_of_a_recursive_function_passes_the_dot_product_test(f, args, argnums):
    check_grads(f, args, argnums)
    assert adtrans.differentiate(f)(*copies(args)) == pytest.approx(f(*copies(args)), rel=1e-12)
