"""Copies of scalars in generated functions: gone where two names always have one value, and only there."""

import pytest
from ir_python import define
from uncompiled import names_of

import adtrans.types as types
from adtrans.pipeline import generate

GONE = {
    "a maximum": ("highest = np.max(x)", "return highest * highest"),
    "read after the copy": ("m = np.max(x)", "return m * x[0] + m"),
    "in a loop": ("s = 0.0", "for i in range(3):", "    m = np.max(x[i:])", "    s += m * m", "return s"),
}
KEPT = {
    "the copy changes": ("m = x[0] * 2.0", "t = m", "t += x[1]", "return t * m"),
    "the source changes": ("m = x[0] * 2.0", "t = m", "m += x[1]", "return t * m"),
    "a value of the iteration before": (
        "s = 0.0",
        "t = 1.0",
        "for i in range(3):",
        "    m = x[i] * t",
        "    s += t",
        "    t = m",
        "return s * t",
    ),
    "a copy in a branch": ("m = x[0] * 2.0", "t = 1.0", "if x[1] > 0.0:", "    t = m", "return t * m"),
    "a swap by hand": ("a = x[0] * 1.0", "b = x[1] * 1.0", "t = a", "a = b", "b = t", "return a - 2.0 * b"),
    "the target is read in between": ("t = x[2] * 1.0", "m = x[0] * 2.0", "m = m * t", "t = m", "return t"),
}
POINTS = ([1.0, 2.0, 3.0], [0.5, -2.0, 0.25])


def module(body: tuple):
    fn = define("\n".join(["import numpy as np", "def f(x):", *(f"    {line}" for line in body), ""]))
    return fn, generate(fn, (types.array_type(types.types.float64, 1),), (0,), "value_and_grad")


def assert_right(body: tuple) -> str:
    import numpy as np

    fn, made = module(body)
    names = names_of(made.text)
    for point in POINTS:
        x = np.array(point)
        value, gradient = names[made.adjoint](x)
        assert names[made.primal](x) == value == pytest.approx(fn(x))
        moved = [fn(x + 1e-6 * e) - fn(x - 1e-6 * e) for e in np.eye(3)]
        np.testing.assert_allclose(gradient, np.array(moved) / 2e-6, rtol=1e-7, atol=1e-8)
    return made.text


@pytest.mark.parametrize("body", GONE.values(), ids=GONE)
def test_result_of_a_reduction_has_the_users_name_from_the_start(body):
    text = assert_right(body)
    assert "max_1" not in text and "_max = " not in text


@pytest.mark.parametrize("body", KEPT.values(), ids=KEPT)
def test_names_whose_values_part_stay_two(body):
    assert_right(body)


def test_comment_of_a_copy_stays():
    fn = define("import numpy as np\ndef f(x):\n    # the highest\n    m = np.max(x)\n    return m * m\n")
    made = generate(fn, (types.array_type(types.types.float64, 1),), (0,), "grad")
    assert "# the highest" in made.text
