"""The log posterior of a Gaussian mixture under a Wishart prior: GradBench, evals/gmm.

Component k has the precision matrix Q'Q, Q lower triangular: exp(q[k]) is its diagonal, below[k] is what is under that,
column by column.
"""

import math

import numpy as np

from adtrans import differentiate
from evals import Task

BY = ("alpha", "mu", "q", "below")
GIVEN = ("alpha", "mu", "q", "l")


@differentiate(argnums=BY)
def log_posterior(alpha, mu, q, below, x, m, gamma):
    n, d = x.shape
    components = len(alpha)
    diagonals = np.exp(q)
    log_dets = np.empty(components)
    for k in range(components):
        log_dets[k] = 0.0
        for j in range(d):
            log_dets[k] += q[k, j]
    centred = np.empty(d)
    whitened = np.empty(d)
    terms = np.empty(components)
    total = 0.0
    for i in range(n):
        for k in range(components):
            for j in range(d):
                centred[j] = x[i, j] - mu[k, j]
                whitened[j] = diagonals[k, j] * centred[j]
            at = 0
            for j in range(d):
                for r in range(j + 1, d):
                    whitened[r] += below[k, at] * centred[j]
                    at += 1
            square = 0.0
            for j in range(d):
                square += whitened[j] * whitened[j]
            terms[k] = alpha[k] + log_dets[k] - 0.5 * square
        total += log_sum_exp(terms)
    total -= n * (0.5 * d * math.log(2.0 * math.pi) + log_sum_exp(alpha))
    frobenius = 0.0
    for k in range(components):
        for j in range(d):
            frobenius += diagonals[k, j] * diagonals[k, j]
        for at in range(below.shape[1]):
            frobenius += below[k, at] * below[k, at]
        total += m * log_dets[k]
    return total - 0.5 * gamma * gamma * frobenius + components * log_wishart_constant(d, m, gamma)


def log_sum_exp(values):
    """log(sum(exp(values))), without overflow."""
    highest = values[0]
    for k in range(1, len(values)):
        highest = max(highest, values[k])
    total = 0.0
    for k in range(len(values)):
        total += math.exp(values[k] - highest)
    return highest + math.log(total)


def log_wishart_constant(d, m, gamma):
    """The part of the log density of the Wishart distribution that does not depend on the precision matrix."""
    freedom = d + m + 1
    log_gammas = 0.25 * d * (d - 1) * math.log(math.pi)  # of d variables
    for j in range(d):
        log_gammas += math.lgamma(0.5 * (freedom - j))
    return freedom * d * (math.log(gamma) - 0.5 * math.log(2.0)) - log_gammas


def prepare(given):
    arrays = (np.array(given[name], dtype=float) for name in (*GIVEN, "x"))
    return *arrays, given["m"], float(given["gamma"])


def answer(bars):
    return {name: bar.tolist() for name, bar in zip(GIVEN, bars, strict=True)}


TASKS = {"objective": Task(prepare, log_posterior, float), "jacobian": Task(prepare, log_posterior.grad, answer)}
