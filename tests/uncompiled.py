"""Generated modules run by Python itself: no compiler, so tests are fast and errors have tracebacks."""

import linecache
import re

import numba
import numpy as np

import adtrans
from adtrans.pipeline import generate
from adtrans.structure import leaves
from adtrans.testing import copies

IMPORT = re.compile("from numba import njit(, objmode)?(, prange)?\n")
IDENTITY = "from numba import objmode; prange = range; njit = lambda *a, **k: a[0] if a else (lambda f: f)\n"


def plain(text: str) -> str:
    """The text of a generated module, `njit` being the identity."""
    text, count = IMPORT.subn(IDENTITY, text)
    assert count == 1
    return text


def without_helpers(text: str) -> str:
    """The text of a generated module before its helpers."""
    return re.split(r"\n\n\n(?:@njit.*\n)?def _", text)[0]


def names_of(text: str) -> dict:
    """The names that a generated module defines, `njit` being the identity."""
    text = plain(text)
    file = f"<generated {hash(text)}>"
    linecache.cache[file] = (len(text), None, text.splitlines(keepends=True), file)
    names: dict = {}
    exec(compile(text, file, "exec"), names)
    return names


def derivative(fn, args, argnums: tuple, mode: str):
    """The function that is generated for `fn` and the types of `args`; its gradient is always a tuple."""
    module = generate(fn, tuple(map(numba.typeof, args)), argnums, mode, single=False)
    return names_of(module.text)[module.adjoint]


def check_compiled(fn, args, argnums: tuple) -> None:
    """Nothing, where the compiled value and gradient of a scalar function are those that Python computes.

    Whether these are right is shown elsewhere; one function is compiled.
    """
    value, gradient = adtrans.value_and_grad(fn, argnums)(*copies(args))
    expected, expected_gradient = derivative(fn, args, argnums, "value_and_grad")(*copies(args))
    np.testing.assert_allclose(value, expected, rtol=1e-9)
    for one, two in zip(leaves(gradient), leaves(expected_gradient), strict=True):
        np.testing.assert_allclose(one, two, rtol=1e-9, atol=1e-12 * np.max(np.abs(two), initial=1.0))
