"""Ordinary differential equations, maps and iterations."""

import math
from collections import namedtuple

import numpy as np
from numba import njit

from corpus import arrays, by_jax, loops, rng


def start(steps):
    return np.array([1.0, 0.7, 12.0]), np.array([10.0, 28.0, 8.0 / 3.0]), 0.01, steps


@njit
def lorenz_field(s, p):
    return np.array([p[0] * (s[1] - s[0]), s[0] * (p[1] - s[2]) - s[1], s[0] * s[1] - p[2] * s[2]])


@loops(start, small=6, large=500, argnums=(0, 1))
def lorenz_rk4(s, p, h, steps):
    """Lorenz's system (J. Atmos. Sci. 20, 1963) by Runge and Kutta's method of order four."""
    for _ in range(steps):
        k1 = lorenz_field(s, p)
        k2 = lorenz_field(s + 0.5 * h * k1, p)
        k3 = lorenz_field(s + 0.5 * h * k2, p)
        k4 = lorenz_field(s + h * k3, p)
        s = s + h / 6.0 * (k1 + 2.0 * k2 + 2.0 * k3 + k4)
    return s


@by_jax(lorenz_rk4)
def _(jax, s, p, h, steps):
    jnp = jax.numpy

    def field(s):
        return jnp.array([p[0] * (s[1] - s[0]), s[0] * (p[1] - s[2]) - s[1], s[0] * s[1] - p[2] * s[2]])

    def step(_, s):
        k1 = field(s)
        k2 = field(s + 0.5 * h * k1)
        k3 = field(s + 0.5 * h * k2)
        k4 = field(s + h * k3)
        return s + h / 6.0 * (k1 + 2.0 * k2 + 2.0 * k3 + k4)

    return jax.lax.fori_loop(0, steps, step, s)


@loops(lambda n: (0.8, 0.1, 9.81, 1.3, 0.01, n), small=8, large=2000, argnums=(0, 1, 2, 3))
def pendulum_symplectic(angle, momentum, g, length, h, steps):
    """A pendulum by the symplectic Euler method; Hairer, Lubich and Wanner, Geometric Numerical Integration, I.1."""
    for _ in range(steps):
        momentum -= h * g / length * math.sin(angle)
        angle += h * momentum
    return 0.5 * momentum**2 + g / length * (1.0 - math.cos(angle))


@by_jax(pendulum_symplectic)
def _(jax, angle, momentum, g, length, h, steps):
    def step(_, state):
        angle, momentum = state
        momentum = momentum - h * g / length * jax.numpy.sin(angle)
        return angle + h * momentum, momentum

    angle, momentum = jax.lax.fori_loop(0, steps, step, (angle, momentum))
    return 0.5 * momentum**2 + g / length * (1.0 - jax.numpy.cos(angle))


@loops(lambda n: (1.2, 0.4, 1.5, 1e-4, float(n)), small=1, large=20, argnums=(0, 1, 2))
def van_der_pol_adaptive(x, v, mu, tolerance, end):
    """The van der Pol oscillator by Heun's method with steps by its error; Hairer, Norsett and Wanner, II.4."""
    t, h = 0.0, 0.05
    while t < end:
        if t + h > end:
            h = end - t
        ax = v
        av = mu * (1.0 - x * x) * v - x
        x_euler, v_euler = x + h * ax, v + h * av
        bx = v_euler
        bv = mu * (1.0 - x_euler * x_euler) * v_euler - x_euler
        error = 0.5 * h * math.sqrt((bx - ax) ** 2 + (bv - av) ** 2)
        if error <= tolerance:
            t += h
            x += 0.5 * h * (ax + bx)
            v += 0.5 * h * (av + bv)
        h *= min(2.0, max(0.3, 0.9 * math.sqrt(tolerance / (error + 1e-12))))
    return x


@loops(lambda n: (np.array([1.1, 0.4, 0.1, 0.4]), 10.0, 5.0, 0.02, n), small=8, large=2000, argnums=(0, 1, 2))
def lotka_volterra(rates, prey, predators, h, steps):
    """Prey and predators by Euler's method, recorded; Murray, Mathematical Biology I, 3.1."""
    alpha, beta, delta, gamma = rates
    path = np.empty((steps, 2))
    for t in range(steps):
        prey, predators = (
            prey + h * (alpha * prey - beta * prey * predators),
            predators + h * (delta * prey * predators - gamma * predators),
        )
        path[t, 0] = prey
        path[t, 1] = predators
    return path


@by_jax(lotka_volterra)
def _(jax, rates, prey, predators, h, steps):
    alpha, beta, delta, gamma = rates

    def step(state, _):
        prey, predators = state
        state = (
            prey + h * (alpha * prey - beta * prey * predators),
            predators + h * (delta * prey * predators - gamma * predators),
        )
        return state, jax.numpy.stack(state)

    return jax.lax.scan(step, (prey, predators), length=steps)[1]


@loops(lambda n: (3.0 + rng().random(n), rng().random(n)), small=4, large=2000, argnums=(0, 1))
def kepler_newton(mean_anomaly, eccentricity):
    """Kepler's equation by Newton's iteration for many orbits; Murray and Dermott, Solar System Dynamics, 2.4."""
    out = np.empty_like(mean_anomaly)
    for i, (m, e) in enumerate(zip(mean_anomaly, eccentricity)):  # noqa: B905, Numba has no strict
        x = m + e * math.sin(m)
        for _ in range(50):
            step = (x - e * math.sin(x) - m) / (1.0 - e * math.cos(x))
            x -= step
            if abs(step) < 1e-13:
                break
        out[i] = x
    return out


@loops(lambda n: (3.7, 0.3, n), small=9, large=5000, argnums=(0, 1))
def logistic_lyapunov(r, x, steps):
    """The Lyapunov exponent of the logistic map; Strogatz, Nonlinear Dynamics and Chaos, 10.5."""
    total = 0.0
    for _ in range(steps):
        total += np.log(np.abs(r * (1.0 - 2.0 * x)))
        x = r * x * (1.0 - x)
    return total / steps


Membrane = namedtuple("Membrane", "v m h n")


@njit
def gate(alpha, beta, x):
    return alpha * (1.0 - x) - beta * x


@njit
def membrane_step(s, current, dt):
    """One Euler step of Hodgkin and Huxley's equations, voltages from rest at -65 mV."""
    a_m = 0.1 * (s.v + 40.0) / (1.0 - math.exp(-(s.v + 40.0) / 10.0))
    b_m = 4.0 * math.exp(-(s.v + 65.0) / 18.0)
    a_h = 0.07 * math.exp(-(s.v + 65.0) / 20.0)
    b_h = 1.0 / (1.0 + math.exp(-(s.v + 35.0) / 10.0))
    a_n = 0.01 * (s.v + 55.0) / (1.0 - math.exp(-(s.v + 55.0) / 10.0))
    b_n = 0.125 * math.exp(-(s.v + 65.0) / 80.0)
    ionic = 120.0 * s.m**3 * s.h * (s.v - 50.0) + 36.0 * s.n**4 * (s.v + 77.0) + 0.3 * (s.v + 54.4)
    return Membrane(
        s.v + dt * (current - ionic),
        s.m + dt * gate(a_m, b_m, s.m),
        s.h + dt * gate(a_h, b_h, s.h),
        s.n + dt * gate(a_n, b_n, s.n),
    )


@loops(lambda n: (10.0 + rng().random(n), 0.01), small=5, large=2000, argnums=(0,))
def hodgkin_huxley(currents, dt):
    """The mean voltage of an axon under a current; Hodgkin and Huxley, J. Physiol. 117 (1952)."""
    state = Membrane(-65.0, 0.05, 0.6, 0.32)
    total = 0.0
    for current in currents:
        state = membrane_step(state, current, dt)
        total += state.v
    return total / len(currents)


@arrays(lambda n: (0.4, 0.1, np.array([0.99, 0.01, 0.0]), 0.1, n), small=6, large=300, argnums=(0, 1, 2))
def sir_epidemic(beta, gamma, y, h, steps):
    """The peak of an epidemic; Kermack and McKendrick, Proc. R. Soc. A 115 (1927)."""
    infected = np.zeros(steps)
    for t in range(steps):
        s, i, _ = y
        infections = beta * s * i
        recoveries = gamma * i
        y = y + h * np.array([-infections, infections - recoveries, recoveries])
        infected[t] = y[1]
    return infected.max()


@by_jax(sir_epidemic)
def _(jax, beta, gamma, y, h, steps):
    jnp = jax.numpy

    def step(y, _):
        infections, recoveries = beta * y[0] * y[1], gamma * y[1]
        y = y + h * jnp.stack([-infections, infections - recoveries, recoveries])
        return y, y[1]

    return jnp.max(jax.lax.scan(step, y, length=steps)[1])


@arrays(
    lambda n: (6 * rng().random(n), rng().standard_normal(n), 1.5, 4 if n < 9 else 30),
    small=4,
    large=64,
    argnums=(0, 1, 2),
    jax=True,
)
def kuramoto(phases, frequencies, coupling, steps):
    """The order of coupled oscillators; Acebron et al., Rev. Mod. Phys. 77 (2005), equation 1."""
    n = phases.shape[0]
    for _ in range(steps):
        differences = phases[np.newaxis, :] - phases[:, np.newaxis]
        phases = phases + 0.05 * (frequencies + coupling / n * np.sin(differences).sum(axis=1))
    return np.sqrt(np.mean(np.cos(phases)) ** 2 + np.mean(np.sin(phases)) ** 2)


@loops(lambda n: (np.array([0.3, 0.2, 0.0, 0.1]), 1.2, 0.01, n), small=5, large=1000, argnums=(0, 1))
def double_pendulum(state, ratio, h, steps):
    """Two pendulums on one another by the midpoint method; Landau and Lifshitz, Mechanics, section 5, problem 1."""

    def acceleration(s):
        d = s[0] - s[1]
        common = 1.0 + ratio * np.sin(d) ** 2
        a = ratio * np.sin(s[1]) * np.cos(d) - ratio * s[3] ** 2 * np.sin(d)
        a -= ratio * s[2] ** 2 * np.sin(d) * np.cos(d) + (1.0 + ratio) * np.sin(s[0])
        b = (1.0 + ratio) * (np.sin(s[0]) * np.cos(d) - np.sin(s[1]) + s[2] ** 2 * np.sin(d))
        b += ratio * s[3] ** 2 * np.sin(d) * np.cos(d)
        return np.array([s[2], s[3], a / common, b / common])

    for _ in range(steps):
        middle = state + 0.5 * h * acceleration(state)
        state = state + h * acceleration(middle)
    return state
