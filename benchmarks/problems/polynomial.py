"""Least squares: how far a polynomial is from points."""

import numpy as np

from problems import fast_njit

TITLE = "(c) least squares, polynomial of degree 32 at 100,000 points, by the coefficients"
ARGNUMS = (0,)
STATIC = ()
BLOCK = 256  # points


def make_inputs():
    """(coefficients, x, y)"""
    rng = np.random.default_rng(0)
    return rng.standard_normal(33), rng.uniform(-1, 1, 100_000), rng.standard_normal(100_000)


def primal(coefficients, x, y):
    """The mean squared residual; Horner's rule."""
    total = 0.0
    for i in range(len(x)):
        value = 0.0
        for k in range(len(coefficients) - 1, -1, -1):
            value = value * x[i] + coefficients[k]
        total += (value - y[i]) ** 2
    return total / len(x)


@fast_njit
def adjoint(coefficients, x, y):
    """(coefficients_bar,). The inner loops go over a block of points: they vectorise, Horner's rule itself cannot."""
    coefficients_bar = np.zeros_like(coefficients)
    buffer = np.empty(BLOCK)
    for start in range(0, len(x), BLOCK):
        x_block, y_block = x[start : start + BLOCK], y[start : start + BLOCK]
        value = buffer[: len(x_block)]
        value[:] = 0.0
        for k in range(len(coefficients) - 1, -1, -1):
            c = coefficients[k]
            for i in range(len(value)):
                value[i] = value[i] * x_block[i] + c
        for i in range(len(value)):
            value[i] = 2 * (value[i] - y_block[i]) / len(x)  # from here on it is value's cotangent
        for k in range(len(coefficients)):
            c_bar = 0.0
            for i in range(len(value)):
                c_bar += value[i]
                value[i] *= x_block[i]
            coefficients_bar[k] += c_bar
    return (coefficients_bar,)


@fast_njit
def plain_adjoint(coefficients, x, y):
    """(coefficients_bar,), point by point."""
    coefficients_bar = np.zeros_like(coefficients)
    reversed_coefficients = coefficients[::-1].copy()
    for i in range(len(x)):
        value = 0.0
        for k in range(len(coefficients)):
            value = value * x[i] + reversed_coefficients[k]
        value_bar = 2 * (value - y[i]) / len(x)
        for k in range(len(coefficients)):
            coefficients_bar[k] += value_bar
            value_bar *= x[i]
    return (coefficients_bar,)


def jax_primal():
    """The primal for JAX."""
    from jax import numpy as jnp

    return lambda coefficients, x, y: jnp.mean((jnp.polyval(coefficients[::-1], x) - y) ** 2)


def torch_primal():
    """The primal for PyTorch."""
    import torch

    def least_squares(coefficients, x, y):
        value = torch.zeros_like(x)
        for c in coefficients.flip(0):
            value = value * x + c
        return torch.mean((value - y) ** 2)

    return least_squares
