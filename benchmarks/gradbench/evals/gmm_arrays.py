"""As `gmm`, in operations on whole arrays."""

import math

import numpy as np

from adtrans import differentiate
from evals import Task, gmm
from evals.lse_arrays import log_sum_exp


@differentiate(argnums=gmm.BY)
def log_posterior(alpha, mu, q, below, x, m, gamma):
    n, d = x.shape
    components = len(alpha)
    log_dets = np.sum(q, axis=1)
    columns, rows = np.triu_indices(d, 1)  # below the diagonal, column by column
    terms = np.empty((n, components))
    frobenius = 0.0
    for k in range(components):
        packed = np.zeros(d * d)
        packed[rows * d + columns] = below[k]
        factor = packed.reshape(d, d) + np.diag(np.exp(q[k]))
        whitened = (x - mu[k]) @ factor.T
        terms[:, k] = alpha[k] + log_dets[k] - 0.5 * np.sum(whitened**2, axis=1)
        frobenius += np.sum(factor**2)
    likelihood = np.sum(log_sum_exp_of_rows(terms)) - n * (0.5 * d * math.log(2.0 * math.pi) + log_sum_exp(alpha))
    prior = m * np.sum(log_dets) - 0.5 * gamma * gamma * frobenius
    return likelihood + prior + components * gmm.log_wishart_constant(d, m, gamma)


def log_sum_exp_of_rows(values):
    """log(sum(exp(row))) of each row, without overflow."""
    highest = np.max(values, axis=1)
    return highest + np.log(np.sum(np.exp(values - highest[:, None]), axis=1))


TASKS = {
    "objective": Task(gmm.prepare, log_posterior, float),
    "jacobian": Task(gmm.prepare, log_posterior.grad, gmm.answer),
}
