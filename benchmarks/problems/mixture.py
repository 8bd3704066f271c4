"""The log posterior of a Gaussian mixture, as in GradBench and ADBench, without its additive constants.

Each of the K components has a mean and an inverse covariance Q'Q, Q lower triangular. A row of `icf` holds the
logarithms of Q's diagonal (d), then its entries below the diagonal, column by column (d (d - 1) / 2).
"""

import math

import numpy as np

from problems import fast_njit, mixture_by_hand

TITLE = "(d) Gaussian mixture, n=1000, d=64, K=25, by alphas, means and icf"
ARGNUMS = (0, 1, 2)
STATIC = ()

adjoint = mixture_by_hand.adjoint


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


def log_sum_exp(values):
    """log(sum(exp(values))), without overflow."""
    highest = values[0]
    for k in range(len(values)):
        highest = max(highest, values[k])
    total = 0.0
    for k in range(len(values)):
        total += math.exp(values[k] - highest)
    return highest + math.log(total)


@fast_njit
def plain_adjoint(alphas, means, icf, x, gamma, m):
    """(alphas_bar, means_bar, icf_bar), point by point; the rows of icf as slices, whose indices are not negative."""
    n, d = x.shape
    components = len(alphas)
    diagonals = np.exp(icf[:, :d])
    log_dets = diagonals_log(icf, d)
    centred, whitened = np.empty((components, d)), np.empty((components, d))
    terms = np.empty(components)
    alphas_bar, means_bar, icf_bar = np.zeros_like(alphas), np.zeros_like(means), np.zeros_like(icf)
    for i in range(n):
        for k in range(components):
            c, w = centred[k], whitened[k]
            for j in range(d):
                c[j] = x[i, j] - means[k, j]
                w[j] = diagonals[k, j] * c[j]
            multiply(icf[k, d:], c, w)
            terms[k] = alphas[k] + log_dets[k] - 0.5 * np.dot(w, w)
        softmax(terms)
        for k in range(components):
            c, w_bar = centred[k], whitened[k]
            alphas_bar[k] += terms[k]
            for j in range(d):
                w_bar[j] *= -terms[k]
                means_bar[k, j] -= diagonals[k, j] * w_bar[j]
                icf_bar[k, j] += c[j] * w_bar[j]
            multiply_adjoint(icf[k, d:], c, w_bar, icf_bar[k, d:], means_bar[k])
    mixture_by_hand.finish(alphas, icf, n, gamma, m, diagonals, alphas_bar, icf_bar)
    return alphas_bar, means_bar, icf_bar


@fast_njit
def multiply(below, c, w):
    """Add to w the strictly lower triangular matrix, packed by columns in `below`, times c."""
    at = 0
    for j in range(len(c)):
        column, out, factor = below[at : at + len(c) - 1 - j], w[j + 1 :], c[j]
        for r in range(len(out)):
            out[r] += column[r] * factor
        at += len(out)


@fast_njit
def multiply_adjoint(below, c, w_bar, below_bar, mean_bar):
    """Add to below_bar, and take the cotangent of c from mean_bar: c is a point minus the mean."""
    at = 0
    for j in range(len(c)):
        size = len(c) - 1 - j
        column, column_bar, out_bar, factor = below[at : at + size], below_bar[at : at + size], w_bar[j + 1 :], c[j]
        total = 0.0
        for r in range(size):
            column_bar[r] += out_bar[r] * factor
            total += out_bar[r] * column[r]
        mean_bar[j] -= total
        at += size


@fast_njit
def softmax(terms):
    """In place."""
    highest = np.max(terms)
    total = 0.0
    for k in range(len(terms)):
        terms[k] = math.exp(terms[k] - highest)
        total += terms[k]
    for k in range(len(terms)):
        terms[k] /= total
