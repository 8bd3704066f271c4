"""Options of the public functions, and what they say when those do not fit."""

import inspect
import subprocess
import sys

import numpy as np
import pytest
from numba import njit, types

import adtrans
from adtrans.errors import ArgumentError


def energy(w, b, x):
    """Docstring of energy."""
    total = 0.0
    for i in range(x.shape[0]):
        total += w * x[i] * x[i] + b
    return total


X = np.array([1.0, 2.0])


@pytest.mark.parametrize(
    ("argnums", "expected"),
    [
        (0, 5.0),
        ("b", 2.0),
        (-2, 2.0),
        ((1, 0), (2.0, 5.0)),
        (["w"], (5.0,)),
        (("b", 0), (2.0, 5.0)),
        (np.int64(1), 2.0),
    ],
)
def test_argnums_are_positions_or_names_one_or_several(argnums, expected):
    found = adtrans.grad(energy, argnums)(3.0, 4.0, X)
    assert isinstance(found, tuple) == isinstance(expected, tuple)
    assert found == pytest.approx(expected, rel=1e-6)


@pytest.mark.parametrize("argnums", [3, -4, "z", (0, 0), ("w", -3), (), 1.5, True, [None], None.__class__])
def test_argnums_that_do_not_fit_are_refused_at_the_function_line(argnums):
    line = inspect.getsourcelines(energy)[1]
    with pytest.raises(ArgumentError, match=f"{__file__}:{line}:.*argnums"):
        adtrans.differentiate(energy, argnums=argnums)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"fast_math": True}, "fast_math"),
        ({"fastmath": {"speedy"}}, "speedy"),
        ({"fastmath": "fast"}, "fastmath"),
        ({"target": "tpu"}, "tpu"),
        ({"parallel": 1}, "parallel"),
        ({"cache": "yes"}, "cache"),
    ],
)
def test_option_that_does_not_fit_is_refused_at_the_function_line(options, message):
    for function in (adtrans.differentiate, adtrans.grad, adtrans.value_and_grad, adtrans.vjp):
        with pytest.raises(ArgumentError, match=f"{__file__}:.*{message}"):
            function(energy, **options)


@pytest.mark.parametrize("fastmath", [True, False, {"contract"}])
def test_fastmath_is_a_bool_or_a_set(fastmath):
    assert adtrans.grad(energy, fastmath=fastmath)(3.0, 4.0, X) == pytest.approx(5.0, rel=1e-6)


def test_decorator_with_and_without_options():
    bare, chosen = adtrans.differentiate(energy), adtrans.differentiate(argnums=("w", "b"), cache=False)(energy)
    assert bare.grad(3.0, 4.0, X) == pytest.approx(5.0)
    assert chosen.grad(3.0, 4.0, X) == pytest.approx((5.0, 2.0))


def test_function_keeps_its_name_docstring_and_signature():
    f = adtrans.differentiate(energy)
    assert (f.__name__, f.__doc__, f.__wrapped__, f.py_func) == ("energy", "Docstring of energy.", energy, energy)
    assert list(inspect.signature(f.vjp).parameters) == ["w", "b", "x", "y_bar"]
    assert list(inspect.signature(f.grad).parameters) == ["w", "b", "x"]


def test_njit_functions_and_differentiate_functions_are_accepted():
    f = adtrans.differentiate(energy, argnums="b")
    for given, expected in ((njit(energy), 5.0), (f, 2.0), (f.py_func, 5.0)):
        assert adtrans.grad(given)(3.0, 4.0, X) == pytest.approx(expected)
    assert adtrans.grad(f, argnums=0)(3.0, 4.0, X) == pytest.approx(5.0)


@pytest.mark.parametrize("given", [3, "f", np.sin, max, None])
def test_what_is_not_a_function_is_refused(given):
    with pytest.raises(ArgumentError, match="cannot differentiate"):
        adtrans.grad(given)


def test_parameters_must_be_plain():
    with pytest.raises(ArgumentError, match=r"\*xs"):
        adtrans.grad(lambda x, *xs: x)
    with pytest.raises(ArgumentError, match="no parameters"):
        adtrans.grad(lambda: 1.0)


def test_source_accepts_types_a_string_and_examples():
    f = adtrans.differentiate(energy)
    by_type = f.source(types.float64, types.float64, types.float64[::1])
    assert by_type == f.source("float64, float64, float64[::1]") == f.source(3.0, "float64", X)
    assert by_type == adtrans.value_and_grad(energy).source(3.0, 4.0, X)
    assert by_type != f.source(3.0, 4.0, X, mode="grad")
    assert "def energy" in f.source(3.0, 4.0, X, mode="primal")
    compile(by_type, "generated", "exec")


def test_source_refuses_what_a_call_refuses():
    f = adtrans.differentiate(energy)
    for args, message in (((3.0,), "3 arguments"), ((3, 4.0, X), r"float\(w\)"), ((3.0, 4.0, [1.0]), "'x'")):
        with pytest.raises(ArgumentError, match=message):
            f.source(*args)
    with pytest.raises(ArgumentError, match="flot64"):
        f.source("float64, flot64")
    with pytest.raises(ArgumentError, match="mode"):
        f.source(3.0, 4.0, X, mode="hessian")


def test_import_is_light():
    heavy = "('libcst', 'adtrans.pipeline', 'adtrans.testing')"
    code = f"import sys, adtrans; sys.exit(any(m in sys.modules for m in {heavy}))"
    subprocess.run([sys.executable, "-c", code], check=True)
