"""Every definition of the library: NumPy's values, and derivatives as differences have them, at its calls."""

import numpy as np
import pytest
from ir_python import define
from uncompiled import derivative

from adtrans.library import definitions
from adtrans.testing import check_grads

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


def program(call: str):
    """A function whose result depends on each element that `call` computes in a way of its own."""
    body = ["r = np.zeros(1) + (", f"    {call}", ")", "w = np.sin(np.arange(r.size) + 1.0)"]
    body += ["return np.sum(np.reshape(w, r.shape) * r * r) + np.sum(r)"]
    return define("\n".join([f"import numpy as np\ndef f({', '.join(NAMES)}):", *(f"    {line}" for line in body), ""]))


def moved(h: float, direction: tuple) -> list:
    return [arg + h * d for arg, d in zip(ARGS, direction, strict=True)]


@pytest.mark.parametrize("call", CALLS)
def test_values_are_numpys_and_derivatives_are_those_of_differences(call):
    fn, argnums = program(call), tuple(range(len(ARGS)))
    value, gradient = derivative(fn, ARGS, argnums, "value_and_grad")(*(np.copy(arg) for arg in ARGS[:-1]), ARGS[-1])
    assert value == pytest.approx(fn(*ARGS), rel=1e-12)
    for seed in range(3):
        directions = np.random.default_rng(seed)
        direction = tuple(directions.standard_normal(np.shape(arg)) for arg in ARGS)
        slope = (fn(*moved(1e-6, direction)) - fn(*moved(-1e-6, direction))) / 2e-6
        found = sum(np.sum(g * d) for g, d in zip(gradient, direction, strict=True))
        assert found == pytest.approx(slope, rel=1e-6, abs=1e-6)


@pytest.mark.parametrize("module", sorted({found.choose.__module__ for found in definitions()}))
def test_numba_compiles_the_first_call_of_each_definition_of_a_module(module):
    calls = [found.at[0] for found in definitions() if found.choose.__module__ == module]
    check_grads(program(" + ".join(f"np.sum(np.ones(1) * {call} * t)" for call in calls)), ARGS, argnums=(0, 2, 4, 5))


@pytest.mark.parametrize("found", definitions(), ids=lambda found: found.func)
def test_every_definition_says_what_it_does(found):
    assert found.summary.endswith(".")
