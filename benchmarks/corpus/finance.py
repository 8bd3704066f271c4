"""Prices of options, bonds and portfolios."""

import math

import numpy as np
from numba import njit

from corpus import arrays, by_jax, loops, rng


@njit
def normal_cdf(x):
    return 0.5 * (1.0 + math.erf(x / math.sqrt(2.0)))


def options(n):
    r = rng()
    return 80 + 40 * r.random(n), 80 + 40 * r.random(n), 0.5 + r.random(n), 0.03, 0.1 + 0.3 * r.random(n)


@loops(options, small=4, large=2000, argnums=(0, 3, 4))
def black_scholes(spots, strikes, times, rate, volatilities):
    """The prices of calls; Black and Scholes, J. Political Economy 81 (1973), equation 13."""
    prices = np.empty(len(spots))
    for i in range(len(spots)):
        s, k, t, sigma = spots[i], strikes[i], times[i], volatilities[i]
        d1 = (math.log(s / k) + (rate + 0.5 * sigma**2) * t) / (sigma * math.sqrt(t))
        d2 = d1 - sigma * math.sqrt(t)
        prices[i] = s * normal_cdf(d1) - k * math.exp(-rate * t) * normal_cdf(d2)
    return prices


@by_jax(black_scholes)
def _(jax, s, k, t, rate, sigma):
    jnp, cdf = jax.numpy, jax.scipy.stats.norm.cdf
    d1 = (jnp.log(s / k) + (rate + 0.5 * sigma**2) * t) / (sigma * jnp.sqrt(t))
    return s * cdf(d1) - k * jnp.exp(-rate * t) * cdf(d1 - sigma * jnp.sqrt(t))


def paths(n):
    return 100.0, 100.0, 0.02, 0.25, 1.0, rng().standard_normal((n, 4 if n < 20 else 32))


@loops(paths, small=6, large=1000, argnums=(0, 2, 3))
def asian_option(spot, strike, rate, volatility, maturity, noise):
    """An arithmetic Asian call by simulation; Glasserman, Monte Carlo Methods in Financial Engineering, 1.1.3."""
    n_paths, n_steps = noise.shape
    dt = maturity / n_steps
    payoff = 0.0
    for p in range(n_paths):
        s = spot
        average = 0.0
        for t in range(n_steps):
            s *= math.exp((rate - 0.5 * volatility**2) * dt + volatility * math.sqrt(dt) * noise[p, t])
            average += s / n_steps
        payoff += max(average - strike, 0.0)
    return math.exp(-rate * maturity) * payoff / n_paths


@by_jax(asian_option)
def _(jax, spot, strike, rate, volatility, maturity, noise):
    jnp = jax.numpy
    dt = maturity / noise.shape[1]
    logs = jnp.cumsum((rate - 0.5 * volatility**2) * dt + volatility * jnp.sqrt(dt) * noise, 1)
    return jnp.exp(-rate * maturity) * jnp.mean(jnp.maximum(jnp.mean(spot * jnp.exp(logs), 1) - strike, 0.0))


@arrays(paths, small=6, large=1000, argnums=(0, 2, 3), jax=True)
def lookback_option(spot, strike, rate, volatility, maturity, noise):
    """A lookback call with a fixed strike by simulation; Glasserman, section 6.4."""
    dt = maturity / noise.shape[1]
    logs = np.cumsum((rate - 0.5 * volatility**2) * dt + volatility * np.sqrt(dt) * noise, axis=1)
    highest = spot * np.exp(np.max(logs, axis=1))
    return np.exp(-rate * maturity) * np.mean(np.maximum(highest - strike, 0.0))


@loops(
    lambda n: (np.array([0.04, 1.5, 0.05, 0.3, -0.6]), 100.0, 95.0, 0.02, rng().standard_normal((n, 5 * n, 2))),
    small=3,
    large=50,
    argnums=(0, 1),
)
def heston_call(parameters, spot, strike, rate, noise):
    """A call under stochastic volatility with full truncation; Lord, Koekkoek and van Dijk, Quantitative Finance 10."""
    v0, kappa, theta, xi, rho = parameters
    dt = 1.0 / noise.shape[1]
    total = 0.0
    for p in range(noise.shape[0]):
        x, v = np.log(spot), v0
        for t in range(noise.shape[1]):
            z1 = noise[p, t, 0]
            z2 = rho * z1 + np.sqrt(1.0 - rho**2) * noise[p, t, 1]
            v_plus = max(v, 0.0)
            x += (rate - 0.5 * v_plus) * dt + np.sqrt(v_plus * dt) * z2
            v += kappa * (theta - v_plus) * dt + xi * np.sqrt(v_plus * dt) * z1
        total += max(np.exp(x) - strike, 0.0)
    return np.exp(-rate) * total / noise.shape[0]


@by_jax(heston_call)
def _(jax, parameters, spot, strike, rate, noise):
    jnp = jax.numpy
    v0, kappa, theta, xi, rho = parameters
    dt = 1.0 / noise.shape[1]

    def step(state, z):
        x, v = state
        v_plus = jnp.maximum(v, 0.0)
        z2 = rho * z[:, 0] + jnp.sqrt(1.0 - rho**2) * z[:, 1]
        x = x + (rate - 0.5 * v_plus) * dt + jnp.sqrt(v_plus * dt) * z2
        return (x, v + kappa * (theta - v_plus) * dt + xi * jnp.sqrt(v_plus * dt) * z[:, 0]), None

    start = jnp.full(len(noise), jnp.log(spot)), jnp.full(len(noise), v0)
    (x, _), _ = jax.lax.scan(step, start, noise.transpose(1, 0, 2))
    return jnp.exp(-rate) * jnp.mean(jnp.maximum(jnp.exp(x) - strike, 0.0))


@loops(lambda n: (100.0, 105.0, 0.03, 0.2, 1.0, n), small=5, large=200, argnums=(0, 2, 3))
def american_put(spot, strike, rate, volatility, maturity, steps):
    """An American put on a binomial tree; Cox, Ross and Rubinstein, J. Financial Economics 7 (1979)."""
    dt = maturity / steps
    up = math.exp(volatility * math.sqrt(dt))
    q = (math.exp(rate * dt) - 1.0 / up) / (up - 1.0 / up)
    discount = math.exp(-rate * dt)
    values = np.array([max(strike - spot * up ** (2 * i - steps), 0.0) for i in range(steps + 1)])
    for t in range(steps - 1, -1, -1):
        for i in range(t + 1):
            held = discount * (q * values[i + 1] + (1.0 - q) * values[i])
            values[i] = max(held, strike - spot * up ** (2 * i - t))
    return values[0]


@by_jax(american_put)
def _(jax, spot, strike, rate, volatility, maturity, steps):
    jnp = jax.numpy
    dt = maturity / steps
    up = jnp.exp(volatility * jnp.sqrt(dt))
    q = (jnp.exp(rate * dt) - 1.0 / up) / (up - 1.0 / up)
    i = jnp.arange(steps + 1)

    def step(values, t):
        held = jnp.exp(-rate * dt) * (q * jnp.roll(values, -1) + (1.0 - q) * values)
        return jnp.maximum(held, strike - spot * up ** (2.0 * i - t)), None

    last = jnp.maximum(strike - spot * up ** (2.0 * i - steps), 0.0)
    return jax.lax.scan(step, last, jnp.arange(steps - 1.0, -1.0, -1.0))[0][0]


@loops(lambda n: (rng().standard_normal(n), 100.0, 90.0, 50.0, 0.3, 0.001), small=8, large=2000, argnums=(1, 4))
def barrier_option(noise, spot, strike, barrier, volatility, dt):
    """The payoff of a down-and-out call along a path; Glasserman, section 6.4."""
    s = spot
    alive = True
    for z in noise:
        s *= np.exp(-0.5 * volatility**2 * dt + volatility * np.sqrt(dt) * z)
        if s <= barrier:
            alive = False
            break
    if not alive:
        return 0.0
    return np.log1p(np.exp(s - strike))


@loops(lambda n: (np.full(n, 4.0), 98.0, 100.0), small=5, large=100, argnums=(0, 1))
def yield_to_maturity(coupons, price, face):
    """The yield of a bond by Newton's method; Hull, Options, Futures and Other Derivatives, 4.4."""
    y = 0.05
    for _ in range(100):
        value, slope, discount = -price, 0.0, 1.0
        for k, coupon in enumerate(coupons, 1):
            discount /= 1.0 + y
            payment = coupon + face if k == len(coupons) else coupon
            value += payment * discount
            slope -= k * payment * discount / (1.0 + y)
        step = value / slope
        y -= step
        if abs(step) < 1e-12:
            return y
    return np.nan


@arrays(lambda n: (0.01 + 0.01 * rng().random(6), 10 * rng().random(n)), small=5, large=2000, jax=True)
def swap_curve(rates, times):
    """The value of payments discounted by interpolated rates; Hull, Options, Futures and Other Derivatives, 4.7."""
    knots = np.array([0.5, 1.0, 2.0, 4.0, 7.0, 10.0])
    r = np.interp(times, knots, rates)
    return np.sum(np.exp(-r * times))


@arrays(
    lambda n: (0.1 + rng().random(4), 0.2 * np.eye(4) + 0.1, 90 + 20 * rng().random(4), rng().standard_normal((n, 4))),
    small=5,
    large=2000,
    argnums=(0, 1, 2),
)
def basket_option(weights, covariance, spots, noise):
    """A call on a basket of correlated assets, smoothed; Glasserman, section 2.3 for the normal vectors."""
    lower = np.linalg.cholesky(covariance)
    logs = noise @ lower.T - 0.5 * np.diag(covariance)
    values = (spots * np.exp(logs)) @ (weights / weights.sum())
    return np.mean(np.log1p(np.exp(-np.abs(values - 100.0))) + np.maximum(values - 100.0, 0.0))


@by_jax(basket_option)
def _(jax, weights, covariance, spots, noise):
    jnp = jax.numpy
    lower = jnp.linalg.cholesky(jnp.tril(covariance) + jnp.tril(covariance, -1).T)  # NumPy reads the lower triangle
    logs = noise @ lower.T - 0.5 * jnp.diag(covariance)
    values = (spots * jnp.exp(logs)) @ (weights / weights.sum())
    return jnp.mean(jnp.log1p(jnp.exp(-jnp.abs(values - 100.0))) + jnp.maximum(values - 100.0, 0.0))


def forwards(n):
    """(forward rates, volatilities, noise for steps and paths)"""
    r = rng()
    return 0.05 + 0.01 * r.random(2 * n), 0.2 + 0.01 * r.random(2 * n), r.standard_normal((n, 4 if n < 9 else 40))


@loops(forwards, small=3, large=12, argnums=(0, 1))
def libor_caplets(rates, volatilities, noise):
    """Forward rates in the LIBOR market model; Giles and Glasserman, Smoking adjoints, Risk 19 (2006)."""
    delta = 0.25
    n, steps, n_paths = len(rates), noise.shape[0], noise.shape[1]
    total = 0.0
    for p in range(n_paths):
        f = rates.copy()
        for t in range(steps):
            drift = 0.0
            for i in range(t + 1, n):
                v = volatilities[i - t - 1]
                drift += delta * f[i] * v / (1.0 + delta * f[i])
                f[i] *= math.exp(drift * v * delta + v * (math.sqrt(delta) * noise[t, p] - 0.5 * v * delta))
        discount = 1.0
        for i in range(steps, n):
            discount /= 1.0 + delta * f[i]
            total += discount * delta * max(f[i] - 0.05, 0.0)
    return total / n_paths
