"""The gradient of the Gaussian mixture's log posterior by hand, for Numba: see `mixture`."""

import math

import numpy as np

from problems import fast_njit

BLOCK = 64  # points


@fast_njit
def adjoint(alphas, means, icf, x, gamma, m):
    """(alphas_bar, means_bar, icf_bar). The inner loops go over a block of points, so that they vectorise.

    `means_bar` needs no product for each point: it is -Q' times the sum over the points of Q (x - mean)'s cotangents.
    """
    n, d = x.shape
    components = len(alphas)
    diagonals, log_dets = np.exp(icf[:, :d]), np.sum(icf[:, :d], axis=1)
    points = np.empty((d, BLOCK))
    centred = np.empty((d, BLOCK))
    whitened = np.empty((components, d, BLOCK))
    terms = np.empty((components, BLOCK))
    alphas_bar, icf_bar = np.zeros_like(alphas), np.zeros_like(icf)
    whitened_bar_sums = np.zeros((components, d))
    for start in range(0, n, BLOCK):
        size = min(BLOCK, n - start)
        points[:] = 0.0
        points[:, :size] = x[start : start + size].T
        for k in range(components):
            center(points, means[k], centred)
            whiten(diagonals[k], icf[k, d:], centred, whitened[k])
            squares(whitened[k], terms[k])
            terms[k] = alphas[k] + log_dets[k] - 0.5 * terms[k]
        block_softmax(terms)
        terms[:, size:] = 0.0
        for k in range(components):
            alphas_bar[k] += np.sum(terms[k])
            center(points, means[k], centred)
            for j in range(d):
                whitened[k, j] *= -terms[k]
                whitened_bar_sums[k, j] += np.sum(whitened[k, j])
            whiten_adjoint(centred, whitened[k], icf_bar[k, :d], icf_bar[k, d:])
    means_bar = np.zeros_like(means)
    for k in range(components):
        means_bar[k] -= diagonals[k] * whitened_bar_sums[k]
        multiply_transposed(icf[k, d:], whitened_bar_sums[k], means_bar[k])
    finish(alphas, icf, n, gamma, m, diagonals, alphas_bar, icf_bar)
    return alphas_bar, means_bar, icf_bar


@fast_njit
def center(points, mean, centred):
    """Write the points minus the mean."""
    for j in range(len(mean)):
        p, c, mu = points[j], centred[j], mean[j]
        for i in range(BLOCK):
            c[i] = p[i] - mu


@fast_njit
def whiten(diagonal, below, centred, whitened):
    """Write Q times the centred points."""
    for j in range(len(diagonal)):
        c, w, q = centred[j], whitened[j], diagonal[j]
        for i in range(BLOCK):
            w[i] = q * c[i]
    at = 0
    for j in range(len(diagonal)):
        c = centred[j]
        for r in range(j + 1, len(diagonal)):
            w, q = whitened[r], below[at]
            for i in range(BLOCK):
                w[i] += q * c[i]
            at += 1


@fast_njit
def squares(whitened, out):
    """Write each point's sum of squares."""
    out[:] = 0.0
    for j in range(len(whitened)):
        w = whitened[j]
        for i in range(BLOCK):
            out[i] += w[i] * w[i]


@fast_njit
def block_softmax(terms):
    """Each point's softmax over the components, in place."""
    for i in range(BLOCK):
        highest = np.max(terms[:, i])
        total = 0.0
        for k in range(len(terms)):
            terms[k, i] = math.exp(terms[k, i] - highest)
            total += terms[k, i]
        for k in range(len(terms)):
            terms[k, i] /= total


@fast_njit
def whiten_adjoint(centred, whitened_bar, diagonal_bar, below_bar):
    """Add the outer product's diagonal to diagonal_bar, and what is below to below_bar."""
    at = 0
    for j in range(len(centred)):
        c = centred[j]
        diagonal_bar[j] += dot(c, whitened_bar[j])
        for r in range(j + 1, len(centred)):
            below_bar[at] += dot(c, whitened_bar[r])
            at += 1


@fast_njit
def dot(a, b):
    """The sum of products over a block."""
    total = 0.0
    for i in range(BLOCK):
        total += a[i] * b[i]
    return total


@fast_njit
def multiply_transposed(below, w_bar, mean_bar):
    """Take from mean_bar the transpose of the strictly lower triangular matrix, packed by columns, times w_bar."""
    at = 0
    for j in range(len(w_bar)):
        for r in range(j + 1, len(w_bar)):
            mean_bar[j] -= below[at] * w_bar[r]
            at += 1


@fast_njit
def finish(alphas, icf, n, gamma, m, diagonals, alphas_bar, icf_bar):
    """Go from Q's diagonal to its logarithm in icf_bar; add what does not depend on the points."""
    prior = -gamma * gamma
    for k in range(len(alphas)):
        d = diagonals.shape[1]
        for j in range(d):
            q = diagonals[k, j]
            icf_bar[k, j] = (icf_bar[k, j] + prior * q) * q + alphas_bar[k] + m
        for at in range(d, icf.shape[1]):
            icf_bar[k, at] += prior * icf[k, at]
    weights = alphas.copy()
    softmax(weights)
    alphas_bar -= n * weights


@fast_njit
def plain_adjoint(alphas, means, icf, x, gamma, m):
    """(alphas_bar, means_bar, icf_bar), point by point; the rows of icf as slices, whose indices are not negative."""
    n, d = x.shape
    components = len(alphas)
    diagonals, log_dets = np.exp(icf[:, :d]), np.sum(icf[:, :d], axis=1)
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
            terms[k] = alphas[k] + log_dets[k] - 0.5 * sum_of_squares(w)
        softmax(terms)
        for k in range(components):
            c, w_bar = centred[k], whitened[k]
            alphas_bar[k] += terms[k]
            for j in range(d):
                w_bar[j] *= -terms[k]
                means_bar[k, j] -= diagonals[k, j] * w_bar[j]
                icf_bar[k, j] += c[j] * w_bar[j]
            multiply_adjoint(icf[k, d:], c, w_bar, icf_bar[k, d:], means_bar[k])
    finish(alphas, icf, n, gamma, m, diagonals, alphas_bar, icf_bar)
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
def sum_of_squares(w):
    """The squared length of w."""
    total = 0.0
    for j in range(len(w)):
        total += w[j] * w[j]
    return total


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
