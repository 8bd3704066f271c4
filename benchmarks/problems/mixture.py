"""The log posterior of a Gaussian mixture, as in GradBench and ADBench, without its additive constants.

Each of the K components has a mean and an inverse covariance Q'Q, Q lower triangular. A row of `icf` holds the
logarithms of Q's diagonal (d), then its entries below the diagonal, column by column (d (d - 1) / 2).
"""

import math

import numpy as np
from numba import njit

from problems import mixture_by_hand

TITLE = "(d) Gaussian mixture, n=1000, d=64, K=25, by alphas, means and icf"
ARGNUMS = (0, 1, 2)
STATIC = ()

adjoint = mixture_by_hand.adjoint
plain_adjoint = mixture_by_hand.plain_adjoint


def make_inputs():
    """(alphas, means, icf, x, gamma, m)"""
    n, d, components = 1000, 64, 25
    rng = np.random.default_rng(0)
    alphas = rng.standard_normal(components)
    means = rng.random((components, d))
    icf = 0.1 * rng.standard_normal((components, d * (d + 1) // 2))
    return alphas, means, icf, rng.standard_normal((n, d)), 1.0, 0


def primal(alphas, means, icf, x, gamma, m):
    """The log-likelihood of the points x under the mixture, plus the log of the Wishart prior (gamma, m)."""
    n, d = x.shape
    components = len(alphas)
    diagonals = np.exp(icf[:, :d])
    log_dets = np.sum(icf[:, :d], axis=1)
    centred = np.empty(d)
    whitened = np.empty(d)
    terms = np.empty(components)
    total = 0.0
    for i in range(n):
        for k in range(components):
            for j in range(d):
                centred[j] = x[i, j] - means[k, j]
                whitened[j] = diagonals[k, j] * centred[j]
            at = d
            for j in range(d):
                for r in range(j + 1, d):
                    whitened[r] += icf[k, at] * centred[j]
                    at += 1
            square = 0.0
            for j in range(d):
                square += whitened[j] * whitened[j]
            terms[k] = alphas[k] + log_dets[k] - 0.5 * square
        total += log_sum_exp(terms)
    total -= n * log_sum_exp(alphas)
    for k in range(components):
        frobenius = 0.0
        for j in range(d):
            frobenius += diagonals[k, j] * diagonals[k, j]
        for at in range(d, icf.shape[1]):
            frobenius += icf[k, at] * icf[k, at]
        total += m * log_dets[k] - 0.5 * gamma * gamma * frobenius
    return total


@njit
def log_sum_exp(values):
    """log(sum(exp(values))), without overflow."""
    highest = values[0]
    for k in range(len(values)):
        highest = max(highest, values[k])
    total = 0.0
    for k in range(len(values)):
        total += math.exp(values[k] - highest)
    return highest + math.log(total)


def jax_primal():
    """The primal for JAX: whole arrays, each Q spread out as a matrix."""
    import jax
    from jax import numpy as jnp

    def log_posterior(alphas, means, icf, x, gamma, m):
        d = x.shape[1]
        columns, rows = np.triu_indices(d, 1)  # of Q's packed entries
        diagonals = jnp.exp(icf[:, :d])
        log_dets = jnp.sum(icf[:, :d], axis=1)
        below = jnp.zeros((len(alphas), d, d)).at[:, rows, columns].set(icf[:, d:])
        centred = x[:, None, :] - means
        whitened = diagonals * centred + jnp.einsum("krj,nkj->nkr", below, centred)
        terms = alphas + log_dets - 0.5 * jnp.sum(whitened**2, axis=2)
        likelihood = jnp.sum(jax.nn.logsumexp(terms, axis=1)) - len(x) * jax.nn.logsumexp(alphas)
        frobenius = jnp.sum(diagonals**2) + jnp.sum(icf[:, d:] ** 2)
        return likelihood + m * jnp.sum(log_dets) - 0.5 * gamma * gamma * frobenius

    return log_posterior


def torch_primal():
    """The primal for PyTorch: whole arrays, each Q spread out as a matrix."""
    import torch

    def log_posterior(alphas, means, icf, x, gamma, m):
        d = x.shape[1]
        columns, rows = np.triu_indices(d, 1)  # of Q's packed entries
        diagonals = torch.exp(icf[:, :d])
        log_dets = torch.sum(icf[:, :d], 1)
        below = torch.zeros(len(alphas), d, d, dtype=icf.dtype)
        below[:, rows, columns] = icf[:, d:]
        centred = x[:, None, :] - means
        whitened = diagonals * centred + torch.einsum("krj,nkj->nkr", below, centred)
        terms = alphas + log_dets - 0.5 * torch.sum(whitened**2, 2)
        likelihood = torch.sum(torch.logsumexp(terms, 1)) - len(x) * torch.logsumexp(alphas, 0)
        frobenius = torch.sum(diagonals**2) + torch.sum(icf[:, d:] ** 2)
        return likelihood + m * torch.sum(log_dets) - 0.5 * gamma * gamma * frobenius

    return log_posterior
