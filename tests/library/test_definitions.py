"""Every definition of the library: NumPy's values, and derivatives as differences have them, at its calls."""

import numpy as np
import pytest
from ir_python import define
from uncompiled import check_compiled, derivative

from adtrans.library import definitions

rng = np.random.default_rng(3)
NAMES = ("x", "y", "a", "b", "s", "c", "t")
ARGS = (
    rng.uniform(0.2, 1.8, 4),
    rng.uniform(-1.5, 1.5, 4),
    rng.uniform(0.2, 1.8, (3, 4)),
    rng.uniform(-1.5, 1.5, (4, 2)),
    rng.uniform(-0.4, 0.4, (3, 3)) + np.diag([2.0, 3.0, 4.0]),
    rng.uniform(-1.5, 1.5, (2, 3, 4)),
    0.7,
)
CALLS = [call for found in definitions() for call in found.at]


def program(result: str):
    return define(f"import numpy as np\nimport scipy.special\ndef f({', '.join(NAMES)}):\n    return {result}\n")


def moved(h: float, direction: tuple) -> list:
    return [arg + h * d for arg, d in zip(ARGS, direction, strict=True)]


@pytest.mark.parametrize("call", CALLS)
def test_values_are_numpys_and_derivatives_are_those_of_differences(call):
    fn = program(call)
    expected = np.asarray(fn(*ARGS))
    if expected.dtype != np.float64:
        fn = program(f"{call} * t")
        expected = fn(*ARGS)
    y_bar = np.sin(np.arange(expected.size) + 1.0).reshape(expected.shape)
    args = (*(np.copy(arg) for arg in ARGS[:-1]), ARGS[-1], y_bar if expected.ndim else float(y_bar))
    value, gradient = derivative(fn, ARGS, tuple(range(len(ARGS))), "vjp")(*args)
    assert np.shape(value) == expected.shape
    np.testing.assert_allclose(value, expected, rtol=1e-12, atol=1e-14)
    for seed in range(3):
        directions = np.random.default_rng(seed)
        direction = tuple(directions.standard_normal(np.shape(arg)) for arg in ARGS)
        slope = np.sum(y_bar * (fn(*moved(1e-6, direction)) - fn(*moved(-1e-6, direction)))) / 2e-6
        found = sum(np.sum(g * d) for g, d in zip(gradient, direction, strict=True))
        assert found == pytest.approx(slope, rel=1e-6, abs=1e-6)


@pytest.mark.parametrize("module", sorted({found.choose.__module__ for found in definitions()}))
def test_numba_compiles_the_first_calls_of_a_module(module):
    calls = [found.at[0] for found in definitions() if found.choose.__module__ == module]
    terms = " + ".join(f"np.sum(np.ones(1) * {call} * t)" for call in calls[:2])
    check_compiled(program(terms), ARGS, (0, 2, 6))


@pytest.mark.parametrize("found", definitions(), ids=lambda found: found.func)
def test_every_definition_says_what_it_does(found):
    assert found.summary.endswith(".")
