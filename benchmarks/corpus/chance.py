"""Simulations with given noise."""

import numpy as np
from numba import njit

from corpus import arrays, by_jax, loops, rng


@loops(lambda n: (1.0, 0.5, 0.3, 0.01, rng().standard_normal(n)), small=6, large=4000, argnums=(0, 1, 2))
def ornstein_uhlenbeck(x, theta, sigma, dt, noise):
    """The variance along a path of Euler and Maruyama's method; Kloeden and Platen, 9.1 and 10.2."""
    path = np.empty(noise.shape[0] + 1)
    path[0] = x
    for t in range(noise.shape[0]):
        path[t + 1] = path[t] - theta * path[t] * dt + sigma * np.sqrt(dt) * noise[t]
    return np.var(path)


@by_jax(ornstein_uhlenbeck)
def _(jax, x, theta, sigma, dt, noise):
    jnp = jax.numpy

    def step(x, z):
        x = x - theta * x * dt + sigma * jnp.sqrt(dt) * z
        return x, x

    return jnp.var(jnp.append(x, jax.lax.scan(step, x, noise)[1]))


@loops(lambda n: (rng().exponential(1.0, n), rng().exponential(1.0, n), 0.8), small=7, large=4000, argnums=(0, 1, 2))
def queue_waiting(services, gaps, load):
    """The mean waiting time in a queue; Lindley, Math. Proc. Cambridge 48 (1952), equation 1."""
    wait = 0.0
    total = 0.0
    for k in range(1, len(services)):
        wait = max(0.0, wait + load * services[k - 1] - gaps[k])
        total += wait
    return total / len(services)


@by_jax(queue_waiting)
def _(jax, services, gaps, load):
    def step(wait, u):
        wait = jax.numpy.maximum(0.0, wait + u)
        return wait, wait

    waits = jax.lax.scan(step, 0.0, load * services[:-1] - gaps[1:])[1]
    return jax.numpy.sum(waits) / len(services)


@njit
def log_density(x, scale):
    """A distribution shaped like a banana; Haario, Saksman and Tamminen, Bernoulli 7 (2001)."""
    return -0.5 * (x[0] / scale) ** 2 - 0.5 * (x[1] + 0.1 * x[0] ** 2 - 1.0) ** 2


@njit
def log_density_gradient(x, scale):
    bend = x[1] + 0.1 * x[0] ** 2 - 1.0
    return np.array([-x[0] / scale**2 - 0.2 * x[0] * bend, -bend])


@loops(lambda n: (0.1, 2.0, np.array([0.3, 0.2]), rng().standard_normal((n, 2))), small=4, large=100, argnums=(0, 1, 2))
def hamiltonian_chain(step, scale, x, noise):
    """The mean of a Hamiltonian Monte Carlo chain that accepts all; Neal, Handbook of MCMC, 5.3."""
    total = 0.0
    for k in range(noise.shape[0]):
        p = noise[k].copy()
        p += 0.5 * step * log_density_gradient(x, scale)
        for i in range(5):
            x = x + step * p
            if i < 4:
                p += step * log_density_gradient(x, scale)
        p += 0.5 * step * log_density_gradient(x, scale)
        total += log_density(x, scale) - 0.5 * np.sum(p**2)
    return total / noise.shape[0]


@loops(lambda n: (0.4, 0.7, 0.2, rng().random((n, 8))), small=6, large=2000, argnums=(0, 1, 2))
def photon_slab(absorption, scattering, anisotropy, uniform):
    """The weight of photons that pass a slab, with absorption as weight; Wang, Jacques and Zheng, MCML (1995)."""
    passed = 0.0
    for k in range(uniform.shape[0]):
        depth, cosine, weight = 0.0, 1.0, 1.0
        for c in range(0, uniform.shape[1], 2):
            free = -np.log(1.0 - uniform[k, c]) / (absorption + scattering)
            depth += cosine * free
            if depth > 1.0:
                passed += weight
                break
            elif depth < 0.0:
                break
            weight *= scattering / (absorption + scattering)
            g = anisotropy
            bracket = (1.0 - g * g) / (1.0 - g + 2.0 * g * uniform[k, c + 1])
            turn = (1.0 + g * g - bracket * bracket) / (2.0 * g)
            cosine = cosine * turn + np.sqrt(1.0 - turn * turn) * np.sqrt(max(1.0 - cosine * cosine, 1e-12)) * 0.5
    return passed / uniform.shape[0]


def classified(n):
    """(mean, logarithm of the scale, covariates, labels, noise)"""
    r = rng()
    mean, log_scale = r.standard_normal(2), 0.1 * r.standard_normal(2)
    return mean, log_scale, r.standard_normal((n, 2)), (r.random(n) < 0.5).astype(float), r.standard_normal((5, 2))


@arrays(classified, small=4, large=300, argnums=(0, 1), jax=True)
def evidence_bound(mean, log_scale, x, y, noise):
    """The evidence lower bound with reparametrised noise; Kingma and Welling, ICLR 2014."""
    w = mean + np.exp(log_scale) * noise
    z = w @ x.T
    likelihood = np.sum(y * z - np.log1p(np.exp(-np.abs(z))) - np.maximum(z, 0.0), axis=1)
    divergence = 0.5 * np.sum(np.exp(2 * log_scale) + mean**2 - 1 - 2 * log_scale)
    return np.mean(likelihood) - divergence


@arrays(lambda n: (1.5, 0.4, rng().standard_normal((n, 16))), small=4, large=1000, argnums=(0, 1), jax=True)
def importance_sampling(shift, scale, noise):
    """A rare event's probability under a shifted law, smoothed; Robert and Casella, Monte Carlo Methods, 3.3."""
    x = shift + scale * noise
    log_weights = np.sum(-0.5 * x**2 + 0.5 * noise**2 + np.log(scale), axis=1)
    weights = np.exp(log_weights - np.max(log_weights))
    hits = 1.0 / (1.0 + np.exp(-5.0 * (np.mean(x, axis=1) - 1.0)))
    return np.dot(weights, hits) / np.sum(weights)


@loops(lambda n: (np.linspace(-1, 1, n), rng().standard_normal((n // 2, n)), 0.5), small=6, large=200, argnums=(0, 2))
def particle_filter_soft(particles, noise, spread):
    """The likelihood of data 0, 0.1, ... by weighted particles; Doucet and Johansen, Tutorial on particle filtering."""
    x = particles.copy()
    log_weights = np.zeros(len(x))
    total = 0.0
    for t in range(noise.shape[0]):
        highest = -np.inf
        for i in range(len(x)):
            x[i] = 0.9 * x[i] + spread * noise[t, i]
            log_weights[i] -= 0.5 * (x[i] - 0.1 * t) ** 2
            if log_weights[i] > highest:
                highest = log_weights[i]
        weights = np.exp(log_weights - highest)
        total += highest + np.log(weights.mean())
        log_weights -= highest
    return total
