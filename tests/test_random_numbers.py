"""Random numbers are drawn once, in the order of the program, and are constants of the derivative."""

import numpy as np
import pytest
from ir_python import define
from numba import njit
from uncompiled import derivative

import adtrans
from adtrans.errors import UnsupportedError

X = np.array([0.5, -1.5, 2.0])


@njit
def _seed(n):
    np.random.seed(n)


def seeded(f, *args, compiled=False):
    """What `f` returns after the generator that it uses was seeded, and the next number of that generator."""
    if compiled:
        _seed(3)
        return f(*args), _next()
    np.random.seed(3)
    return f(*args), np.random.random()


@njit
def _next():
    return np.random.random()


def scalars(x):
    a = np.random.normal()
    b = np.random.uniform(-1.0, 1.0) * x[0]
    return a * x[1] * x[1] - np.random.standard_normal() * b + np.random.random()


def arrays(x):
    noise = np.random.normal(0.0, 0.5, x.shape)
    other = np.random.rand(3, 2)
    y = x * noise + other[:, 1] * np.random.standard_normal(3)
    return np.sum(y * y) + np.sum(np.random.randn(len(x)) * np.sin(x))


def recurrence(x):
    s = x[0]
    for i in range(50):
        step = np.random.normal()
        s = s + 0.1 * np.sin(s) * step + x[i % 3] * np.random.uniform(0.0, 0.1)
    return s * s


def independent(x):
    total = 0.0
    for i in range(len(x)):
        kept = np.random.uniform(0.0, 1.0) < 0.5
        if kept:
            total += np.exp(x[i]) * np.random.normal()
    return total + np.random.normal() * x[0]


def nested(x):
    total = 0.0
    for i in range(len(x)):
        for j in range(np.random.randint(1, 4)):
            total += x[i] * x[j % 3] * np.random.exponential()
    return total


def until_small(x):
    s = x[0] * 10.0
    while np.abs(s) > np.random.uniform(0.5, 1.0):
        s = s * np.random.uniform(0.5, 0.9) * np.cos(0.01 * x[1])
    return s


def unused(x):
    np.random.random()
    _ = np.random.normal()
    if x[0] > 100.0:
        x = x * np.random.normal()
    _ = np.random.normal(size=1, loc=0.0, scale=1.0)
    for _ in range(3):
        _ = np.random.normal()
    return np.sum(x * x) * np.random.normal()


def seeding(x):
    np.random.seed(11)
    return x[0] * np.random.normal()


def of_helpers(x):
    return noisy(x[0]) - np.random.normal() * noisy(x[1])


def noisy(t):
    return t * np.random.normal() + np.random.uniform(0.0, 1.0)


def left_to_right(x):
    a = np.zeros(2)
    a[0], b = np.random.normal(), np.random.normal() * a[0]
    return x[0] * a[0] + x[1] * np.random.normal() * (noisy(x[0]) + b)


def choices(x):
    k = np.random.choice(3)
    order = np.random.permutation(3)
    some = np.random.choice(np.arange(5), 2)
    c = np.random.choice(3, size=2, replace=False)
    return x[k] * order[0] + x[order[1]] * some[1] * x[c[0]]


def drawn_around_a_value(x):
    return x[0] * np.random.normal(adtrans.stop_gradient(x[1]), 1.0)


def long_walk(x):
    s, path = x[0], np.zeros(3000)
    for i in range(3000):
        s = 0.999 * s + 0.01 * np.sin(s) * np.random.normal()
        path[i] = s
    return np.sum(path * path)


def long_field(x):
    u = np.outer(x, x)
    for _ in range(300):
        u = u + 0.01 * np.sin(u) * np.random.normal()
    return np.sum(u)


PROGRAMS = (scalars, arrays, recurrence, independent, nested, until_small, unused, seeding, of_helpers, left_to_right,
            choices, drawn_around_a_value, long_walk, long_field)  # fmt: skip


def slope(f, direction):
    """The derivative along `direction` with the same random numbers."""
    plus, minus = (seeded(f, X + h * direction)[0] for h in (1e-6, -1e-6))
    return (plus - minus) / 2e-6


@pytest.mark.parametrize("f", PROGRAMS, ids=lambda f: f.__name__)
def test_value_draws_and_gradient_are_those_of_the_function(f):
    (value, (gradient,)), after = seeded(derivative(f, (X,), (0,), "value_and_grad"), X.copy())
    expected, expected_after = seeded(f, X.copy())
    assert value == pytest.approx(expected, rel=1e-12)
    assert after == expected_after
    direction = np.array([0.3, -0.7, 0.5])
    if f is not drawn_around_a_value:
        assert gradient @ direction == pytest.approx(slope(f, direction), rel=1e-5, abs=1e-7)
    (only,), after = seeded(derivative(f, (X,), (0,), "grad"), X.copy())
    np.testing.assert_allclose(only, gradient, rtol=1e-12)
    assert after == expected_after


@pytest.mark.parametrize("f", [scalars, arrays, until_small, choices], ids=lambda f: f.__name__)
def test_compiled_function_and_gradient_draw_the_same(f):
    expected, expected_after = seeded(njit(f), X.copy(), compiled=True)
    (value, _), after = seeded(adtrans.value_and_grad(f), X.copy(), compiled=True)
    assert value == pytest.approx(expected, rel=1e-12)
    assert after == expected_after
    assert seeded(adtrans.differentiate(f), X.copy(), compiled=True) == (pytest.approx(expected), after)
    assert seeded(adtrans.grad(f), X.copy(), compiled=True)[1] == expected_after


def test_parameters_that_are_stopped_are_constants():
    (gradient,), _ = seeded(derivative(drawn_around_a_value, (X,), (0,), "grad"), X)
    np.random.seed(3)
    np.testing.assert_allclose(gradient, [np.random.normal(X[1], 1.0), 0.0, 0.0])


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ("return np.random.normal(x[0], 1.0)", "np.random.normal draws from what depends on a differentiated input"),
        ("return np.random.choice(x)", "np.random.choice draws from what depends on a differentiated input"),
        ("return x[0] * np.random.beta(1.0)", "np.random.beta needs 'b'"),
        ("return x[0] * np.random.normal(1.0, 1.0, 1.5)", "np.random.normal is not defined for a float64, a float64"),
        ("return x[0] * np.random.rand(size=3)", "np.random.rand takes no options here"),
        ("np.random.shuffle(x)\n    return x[0]", "the value of this expression is not used"),
    ],
)
def test_what_is_not_supported_is_refused(body, message):
    with pytest.raises(UnsupportedError, match=message):
        derivative(define(f"def f(x):\n    {body}\n"), (X,), (0,), "grad")
