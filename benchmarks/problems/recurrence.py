"""A scalar recurrence: each step needs the one before."""

import math

import numpy as np

from problems import fast_njit

TITLE = "(a) 10,000 steps of s = sin(s) + x, by x and the first s"
ARGNUMS = (0, 1)
STATIC = (2,)


def make_inputs():
    """(x, s, steps); with an x this small the gradient does not die out on the way."""
    return 1e-6, 0.5, 10_000


def primal(x, s, steps):
    """The last s."""
    for _ in range(steps):
        s = math.sin(s) + x
    return s


@fast_njit
def adjoint(x, s, steps):
    """(x_bar, s_bar). Each step waits for the sine of the step before: its cosine is computed in that time."""
    cosines = np.empty(steps)
    for i in range(steps):
        cosines[i] = math.cos(s)
        s = math.sin(s) + x
    x_bar, s_bar = 0.0, 1.0
    for i in range(steps - 1, -1, -1):
        x_bar += s_bar
        s_bar *= cosines[i]
    return x_bar, s_bar


def jax_primal():
    """The primal for JAX."""
    from jax import lax
    from jax import numpy as jnp

    return lambda x, s, steps: lax.fori_loop(0, steps, lambda _, s: jnp.sin(s) + x, s)


def torch_primal():
    """The primal for PyTorch."""
    import torch

    def recurrence(x, s, steps):
        for _ in range(steps):
            s = torch.sin(s) + x
        return s

    return recurrence
