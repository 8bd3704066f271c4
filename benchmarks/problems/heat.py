"""The heat equation on a grid whose edge keeps its temperature, by explicit steps, in place."""

import math

import numpy as np

from problems import fast_njit

TITLE = "(e) heat equation, 500 steps on 200 x 200, by the first field and the diffusivity"
ARGNUMS = (0, 1)
STATIC = (2,)


def make_inputs():
    """(u, diffusivity, steps)"""
    return np.random.default_rng(0).random((200, 200)), 0.2, 500


def primal(u0, diffusivity, steps):
    """The sum of squares of the last field."""
    u = u0.copy()
    new = u0.copy()
    for _ in range(steps):
        for i in range(1, u.shape[0] - 1):
            for j in range(1, u.shape[1] - 1):
                laplacian = u[i - 1, j] + u[i + 1, j] + u[i, j - 1] + u[i, j + 1] - 4.0 * u[i, j]
                new[i, j] = u[i, j] + diffusivity * laplacian
        u[:, :] = new
    return np.sum(u * u)


@fast_njit
def adjoint(u0, diffusivity, steps):
    """(u0_bar, diffusivity_bar).

    A record of every field would be 160 MB, and a new page costs more than the step whose result it holds. So every
    `sqrt(steps)`-th field is kept, and the fields between are computed again, into a buffer that stays in the cache.
    """
    rows, columns = u0.shape
    segment = math.ceil(math.sqrt(steps))
    kept = np.empty((math.ceil(steps / segment), rows, columns))
    fields = np.empty((segment, rows, columns))
    fields[:] = u0  # `step` does not write the edge, which stays as it is
    u, new = u0.copy(), u0.copy()
    for t in range(steps):
        if t % segment == 0:
            kept[t // segment] = u
        step(u, diffusivity, new)
        u, new = new, u

    v = np.zeros_like(u0)  # the cotangent of u in the inner cells, zero on the edge
    v[1:-1, 1:-1] = 2 * u[1:-1, 1:-1]
    v_before = np.zeros_like(u0)
    beside = np.zeros_like(u0)  # for a cell of the edge: the v of its inner neighbour, over all steps
    diffusivity_bar = 0.0
    for s in range(len(kept) - 1, -1, -1):
        length = min(segment, steps - s * segment)
        fields[0] = kept[s]
        for t in range(length - 1):
            step(fields[t], diffusivity, fields[t + 1])
        for t in range(length - 1, -1, -1):
            add_beside_edge(v, beside)
            diffusivity_bar += step_adjoint(fields[t], v, diffusivity, v_before)
            v, v_before = v_before, v
    u0_bar = 2 * u + diffusivity * beside
    u0_bar[1:-1, 1:-1] = v[1:-1, 1:-1]
    return u0_bar, diffusivity_bar + np.sum(u * beside)


@fast_njit
def step(u, diffusivity, new):
    """Write one step from u into the inner cells of new."""
    for i in range(1, u.shape[0] - 1):
        above, here, below, out = u[i - 1], u[i], u[i + 1], new[i]
        for j in range(1, len(here) - 1):
            out[j] = here[j] + diffusivity * (above[j] + below[j] + here[j - 1] + here[j + 1] - 4.0 * here[j])


@fast_njit
def step_adjoint(u, v, diffusivity, v_before):
    """The inner cells' share of diffusivity_bar; into v_before the cotangent of u, given that of `step`'s result, v.

    The step is symmetric, so its adjoint is a step too, and <v, laplacian(u)> = <laplacian(v), u>.
    """
    diffusivity_bar = 0.0
    for i in range(1, len(u) - 1):
        above, here, below, out, values = v[i - 1], v[i], v[i + 1], v_before[i], u[i]
        total = 0.0
        for j in range(1, len(here) - 1):
            laplacian = above[j] + below[j] + here[j - 1] + here[j + 1] - 4.0 * here[j]
            out[j] = here[j] + diffusivity * laplacian
            total += laplacian * values[j]
        diffusivity_bar += total
    return diffusivity_bar


@fast_njit
def add_beside_edge(v, beside):
    """Add to each cell of the edge of `beside` the v next to it."""
    for j in range(1, v.shape[1] - 1):
        beside[0, j] += v[1, j]
        beside[-1, j] += v[-2, j]
    for i in range(1, v.shape[0] - 1):
        beside[i, 0] += v[i, 1]
        beside[i, -1] += v[i, -2]


def jax_primal():
    """The primal for JAX."""
    from jax import lax
    from jax import numpy as jnp

    def heat(u0, diffusivity, steps):
        def step(_, u):
            inner = u[1:-1, 1:-1]
            laplacian = u[:-2, 1:-1] + u[2:, 1:-1] + u[1:-1, :-2] + u[1:-1, 2:] - 4.0 * inner
            return u.at[1:-1, 1:-1].add(diffusivity * laplacian)

        u = lax.fori_loop(0, steps, step, u0)
        return jnp.sum(u * u)

    return heat


def torch_primal():
    """The primal for PyTorch."""
    import torch

    def heat(u, diffusivity, steps):
        for _ in range(steps):
            inner = u[1:-1, 1:-1]
            laplacian = u[:-2, 1:-1] + u[2:, 1:-1] + u[1:-1, :-2] + u[1:-1, 2:] - 4.0 * inner
            u = u + torch.nn.functional.pad(diffusivity * laplacian, (1, 1, 1, 1))
        return torch.sum(u * u)

    return heat
