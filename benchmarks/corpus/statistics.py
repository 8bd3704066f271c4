"""Likelihoods and other statistics."""

import math

import numpy as np
from numba import njit

from corpus import arrays, by_jax, loops, rng


def labelled(n):
    """(weights, bias, data, labels of 0 and 1)"""
    r = rng()
    return r.standard_normal(4), 0.3, r.standard_normal((n, 4)), (r.random(n) < 0.5).astype(np.float64)


def classes(n):
    """(weights, data, labels of 0, 1, 2)"""
    r = rng()
    return r.standard_normal((4, 3)), r.standard_normal((n, 4)), r.integers(0, 3, n)


def series(n):
    return np.array([0.1, 0.15, 0.7]), rng().standard_normal(n)


@loops(labelled, small=5, large=2000, argnums=(0, 1))
def logistic_loops(w, b, x, y):
    """The cross-entropy of logistic regression; Hastie, Tibshirani and Friedman, Statistical Learning, 4.4."""
    total = 0.0
    for i in range(x.shape[0]):
        z = b
        for j in range(x.shape[1]):
            z += w[j] * x[i, j]
        total += math.log1p(math.exp(-abs(z))) + max(z, 0.0) - y[i] * z
    return total / x.shape[0]


@arrays(labelled, small=5, large=2000, argnums=(0, 1), jax=True)
def logistic_arrays(w, b, x, y):
    """The cross-entropy of logistic regression; Hastie, Tibshirani and Friedman, Statistical Learning, 4.4."""
    z = x @ w + b
    return np.mean(np.logaddexp(0.0, z) - y * z)


@arrays(classes, small=5, large=1000, argnums=(0,), jax=True)
def softmax_regression(w, x, labels):
    """The mean log-likelihood of classes; Bishop, Pattern Recognition and Machine Learning, 4.3.4."""
    scores = x @ w
    shifted = scores - np.max(scores, axis=1, keepdims=True)
    logs = shifted - np.log(np.sum(np.exp(shifted), axis=1, keepdims=True))
    return np.mean(logs[np.arange(len(labels)), labels])


@loops(lambda n: (rng().standard_normal(n), np.linspace(-2, 2, n), 0.4), small=5, large=200, argnums=(0, 2))
def kernel_density(data, at, width):
    """The log of a kernel density estimate; Silverman, Density Estimation, 2.4."""
    out = np.empty(len(at))
    for i in range(len(at)):
        total = 0.0
        for x in data:
            total += math.exp(-0.5 * ((at[i] - x) / width) ** 2)
        out[i] = math.log(total / (len(data) * width * math.sqrt(2.0 * math.pi)))
    return out


@by_jax(kernel_density)
def _(jax, data, at, width):
    jnp = jax.numpy
    terms = jnp.exp(-0.5 * ((at[:, None] - data) / width) ** 2)
    return jnp.log(jnp.sum(terms, 1) / (len(data) * width * math.sqrt(2.0 * math.pi)))


@arrays(
    lambda n: (np.array([0.3, -0.5, -1.0]), 3 * rng().random((n, 2)), rng().standard_normal(n)),
    small=4,
    large=60,
    jax=True,
)
def gaussian_process(logs, x, y):
    """A Gaussian process's marginal likelihood; Rasmussen and Williams, Gaussian Processes, algorithm 2.1."""
    amplitude, width, noise = np.exp(logs[0]), np.exp(logs[1]), np.exp(logs[2])
    squares = np.sum((x[:, None, :] - x[None, :, :]) ** 2, axis=2)
    k = amplitude**2 * np.exp(-0.5 * squares / width**2) + noise**2 * np.eye(len(y))
    lower = np.linalg.cholesky(k)
    alpha = np.linalg.solve(lower, y)
    return -0.5 * np.sum(alpha**2) - np.sum(np.log(np.diag(lower))) - 0.5 * len(y) * np.log(2 * np.pi)


def markov(n):
    """(log start, log transitions, log emissions, observations) of three states and four symbols"""
    r = rng()
    a, b, c = r.random(3), r.random((3, 3)), r.random((3, 4))
    rows = [np.log(p / p.sum(-1, keepdims=True)) for p in (a, b, c)]
    return *rows, r.integers(0, 4, n)


@njit
def log_sum_exp(values):
    top = values.max()
    if top == -np.inf:
        return -np.inf
    total = 0.0
    for v in values:
        total += np.exp(v - top)
    return top + np.log(total)


@loops(markov, small=4, large=500, argnums=(0, 1, 2))
def hmm_forward(log_start, log_transitions, log_emissions, observations):
    """A hidden Markov model's likelihood, in logarithms; Rabiner, Proc. IEEE 77 (1989), III.A."""
    states = len(log_start)
    alpha = log_start + log_emissions[:, observations[0]]
    for t in range(1, len(observations)):
        new = np.empty(states)
        for j in range(states):
            new[j] = log_sum_exp(alpha + log_transitions[:, j]) + log_emissions[j, observations[t]]
        alpha = new
    return log_sum_exp(alpha)


@by_jax(hmm_forward)
def _(jax, log_start, log_transitions, log_emissions, observations):
    def step(alpha, symbol):
        return jax.nn.logsumexp(alpha[:, None] + log_transitions, 0) + log_emissions[:, symbol], None

    alpha = jax.lax.scan(step, log_start + log_emissions[:, observations[0]], observations[1:])[0]
    return jax.nn.logsumexp(alpha)


def tracking(n):
    """(f, q, h, r, measurements): constant velocity in the plane, positions measured"""
    f = np.eye(4) + 0.1 * np.eye(4, k=2)
    return f, 0.01 * np.eye(4), np.eye(2, 4), 0.3 * np.eye(2), rng().standard_normal((n, 2))


@arrays(tracking, small=4, large=30, argnums=(0, 1, 2, 3), jax=True)
def kalman_filter(f, q, h, r, measurements):
    """The likelihood of measurements by Kalman's filter; Sarkka, Bayesian Filtering and Smoothing, 4.3."""
    x = np.zeros(f.shape[0])
    p = np.eye(f.shape[0])
    total = 0.0
    for t in range(measurements.shape[0]):
        x = f @ x
        p = f @ p @ f.T + q
        residual = measurements[t] - h @ x
        s = h @ p @ h.T + r
        gain = p @ h.T @ np.linalg.inv(s)
        x = x + gain @ residual
        p = (np.eye(f.shape[0]) - gain @ h) @ p
        total -= 0.5 * (np.log(np.linalg.det(s)) + residual @ np.linalg.solve(s, residual))
    return total


@arrays(lambda n: (rng().random((3, 2)), rng().random((n, 2))), small=6, large=2000, jax=True)
def kmeans_objective(centres, points):
    """The sum of squares to the nearest centre; Lloyd, IEEE Trans. Inf. Theory 28 (1982)."""
    squares = ((points[:, np.newaxis, :] - centres) ** 2).sum(axis=2)
    nearest = np.argmin(squares, axis=1)
    return np.sum((points - centres[nearest]) ** 2)


@loops(lambda n: (1.5, 0.4, 3.0, rng().standard_normal(n)), small=5, large=2000, argnums=(0, 1, 2))
def student_t(location, log_scale, freedom, data):
    """The log-likelihood of Student's distribution; Lange, Little and Taylor, J. Am. Stat. Assoc. 84 (1989)."""
    total = 0.0
    norm = math.lgamma(0.5 * (freedom + 1.0)) - math.lgamma(0.5 * freedom) - 0.5 * math.log(freedom * math.pi)
    for x in data:
        z = (x - location) / math.exp(log_scale)
        total += norm - log_scale - 0.5 * (freedom + 1.0) * math.log1p(z * z / freedom)
    return total


@loops(series, small=6, large=2000, argnums=(0, 1))
def garch(parameters, returns):
    """The log-likelihood of a GARCH(1, 1) series; Bollerslev, J. Econometrics 31 (1986)."""
    omega, alpha, beta = parameters
    variance = returns.var()
    total = 0.0
    for t in range(returns.size):
        total -= 0.5 * (np.log(2 * np.pi * variance) + returns[t] ** 2 / variance)
        variance = omega + alpha * returns[t] ** 2 + beta * variance
    return total


@by_jax(garch)
def _(jax, parameters, returns):
    jnp = jax.numpy
    omega, alpha, beta = parameters

    def step(variance, r):
        return omega + alpha * r**2 + beta * variance, 0.5 * (jnp.log(2 * jnp.pi * variance) + r**2 / variance)

    return -jnp.sum(jax.lax.scan(step, jnp.var(returns), returns)[1])


def survival(n):
    """(weights, covariates, times, whether the event was seen)"""
    r = rng()
    return r.standard_normal(3), r.standard_normal((n, 3)), r.random(n), r.random(n) < 0.7


@arrays(survival, small=6, large=500, jax=True)
def cox_likelihood(w, x, times, seen):
    """The partial likelihood of proportional hazards; Cox, J. R. Stat. Soc. B 34 (1972), equation 12."""
    order = np.argsort(-times)
    risk = (x @ w)[order]
    at_risk = np.log(np.cumsum(np.exp(risk)))
    return np.sum(np.where(seen[order], risk - at_risk, 0.0))


@arrays(lambda n: (rng().standard_normal((n, 5)),), small=6, large=1000, jax=True)
def correlation(data):
    """The matrix of correlations; Anderson, Multivariate Statistical Analysis, 2.3."""
    centred = data - data.mean(axis=0)
    scaled = centred / (np.sqrt(len(data)) * data.std(axis=0))
    return scaled.T @ scaled


@arrays(lambda n: (rng().standard_normal(n), 0.2), small=7, large=2000, jax=True)
def trimmed_mean(data, share):
    """The mean without the least and the greatest values; Huber and Ronchetti, Robust Statistics, 1.3."""
    k = int(share * len(data))
    return np.mean(np.sort(data)[k : len(data) - k])


@loops(lambda n: (0.4, rng().standard_normal(n), rng().standard_normal(n)), small=6, large=3000, argnums=(1, 2))
def huber_regression(delta, x, y):
    """Huber's loss around the least-squares line; Huber and Ronchetti, Robust Statistics, 7.3."""
    slope = np.sum((x - x.mean()) * (y - y.mean())) / np.sum((x - x.mean()) ** 2)
    intercept = y.mean() - slope * x.mean()
    loss = 0.0
    for xi, yi in zip(x, y):  # noqa: B905, Numba has no strict
        r = abs(yi - slope * xi - intercept)
        loss += 0.5 * r**2 if r <= delta else delta * (r - 0.5 * delta)
    return loss
