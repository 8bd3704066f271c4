"""Stencils: each cell of a grid from its neighbours, many times."""

import numpy as np
from numba import njit, prange

from corpus import arrays, by_jax, loops, rng


def line(n):
    return rng().random(n), 3 if n < 20 else 50


def field(n):
    return rng().random((n, n)), 3 if n < 20 else 20


def field_and_rate(n):
    return rng().random((n, n)), 0.15, 3 if n < 20 else 20


@loops(line, small=9, large=1000)
def jacobi_1d(u, steps):
    """Jacobi's iteration for the Laplace equation on an interval; Press et al., Numerical Recipes, section 20.5."""
    a = u.copy()
    b = u.copy()
    for _ in range(steps):
        for i in range(1, len(a) - 1):
            b[i] = (a[i - 1] + a[i] + a[i + 1]) / 3.0
        a, b = b, a
    return np.sum(a * a)


@by_jax(jacobi_1d)
def _(jax, u, steps):
    def step(_, a):
        return a.at[1:-1].set((a[:-2] + a[1:-1] + a[2:]) / 3.0)

    a = jax.lax.fori_loop(0, steps, step, u)
    return jax.numpy.sum(a * a)


@arrays(field, small=7, large=100)
def jacobi_2d(u, steps):
    """Jacobi's iteration with the average of five cells; Press et al., Numerical Recipes, section 20.5."""
    a = u.copy()
    for _ in range(steps):
        a[1:-1, 1:-1] = 0.2 * (a[1:-1, 1:-1] + a[:-2, 1:-1] + a[2:, 1:-1] + a[1:-1, :-2] + a[1:-1, 2:])
    return a


@by_jax(jacobi_2d)
def _(jax, u, steps):
    def step(_, a):
        return a.at[1:-1, 1:-1].set(0.2 * (a[1:-1, 1:-1] + a[:-2, 1:-1] + a[2:, 1:-1] + a[1:-1, :-2] + a[1:-1, 2:]))

    return jax.lax.fori_loop(0, steps, step, u)


@loops(field, small=6, large=100)
def seidel_2d(u, steps):
    """Gauss and Seidel's iteration in place: each cell sees new neighbours; Saad, Iterative Methods, 4.1."""
    u = u.copy()
    n, m = u.shape
    for _ in range(steps):
        for i in range(1, n - 1):
            for j in range(1, m - 1):
                u[i, j] = 0.25 * (u[i - 1, j] + u[i + 1, j] + u[i, j - 1] + u[i, j + 1])
    return u[n // 2, m // 2] + u.mean()


@arrays(lambda n: (rng().random((n, n, n)), 0.1, 2 if n < 9 else 10), small=5, large=24, argnums=(0, 1))
def heat_3d(u, alpha, steps):
    """Explicit steps of the heat equation in a box; Strikwerda, Finite Difference Schemes, chapter 6."""
    for _ in range(steps):
        laplacian = -6.0 * u[1:-1, 1:-1, 1:-1]
        laplacian += u[2:, 1:-1, 1:-1] + u[:-2, 1:-1, 1:-1]
        laplacian += u[1:-1, 2:, 1:-1] + u[1:-1, :-2, 1:-1]
        laplacian += u[1:-1, 1:-1, 2:] + u[1:-1, 1:-1, :-2]
        u[1:-1, 1:-1, 1:-1] += alpha * laplacian
    return np.sum(u**2)


def cavity(n):
    r = rng()
    return r.random((n, n)), r.random((n, n)), r.random((n, n)), 3 if n < 20 else 20


@loops(cavity, small=6, large=80, argnums=(0, 1, 2))
def fdtd_2d(ex, ey, hz, steps):
    """Maxwell's equations on Yee's staggered grid; Taflove and Hagness, Computational Electrodynamics, 3.6."""
    nx, ny = hz.shape
    for t in range(steps):
        for j in range(ny):
            ey[0, j] = np.sin(0.3 * t)
        for i in range(1, nx):
            for j in range(ny):
                ey[i, j] -= 0.5 * (hz[i, j] - hz[i - 1, j])
        for i in range(nx):
            for j in range(1, ny):
                ex[i, j] -= 0.5 * (hz[i, j] - hz[i, j - 1])
        for i in range(nx - 1):
            for j in range(ny - 1):
                hz[i, j] -= 0.7 * (ex[i, j + 1] - ex[i, j] + ey[i + 1, j] - ey[i, j])
    energy = 0.0
    for i in range(nx):
        for j in range(ny):
            energy += ex[i, j] ** 2 + ey[i, j] ** 2 + hz[i, j] ** 2
    return energy


@by_jax(fdtd_2d)
def _(jax, ex, ey, hz, steps):
    jnp = jax.numpy

    def step(t, fields):
        ex, ey, hz = fields
        ey = ey.at[0].set(jnp.sin(0.3 * t)).at[1:].add(-0.5 * (hz[1:] - hz[:-1]))
        ex = ex.at[:, 1:].add(-0.5 * (hz[:, 1:] - hz[:, :-1]))
        curl = ex[:-1, 1:] - ex[:-1, :-1] + ey[1:, :-1] - ey[:-1, :-1]
        return ex, ey, hz.at[:-1, :-1].add(-0.7 * curl)

    return sum(jnp.sum(f**2) for f in jax.lax.fori_loop(0, steps, step, (ex, ey, hz)))


@loops(lambda n: (*cavity(n)[:2], 0.04, 0.06, 2 if n < 20 else 20), small=5, large=64, argnums=(0, 1, 2, 3))
def gray_scott(u, v, feed, kill, steps):
    """Reaction and diffusion on a torus; Pearson, Complex patterns in a simple system, Science 261 (1993)."""
    n, m = u.shape
    for _ in range(steps):
        new_u = np.empty_like(u)
        new_v = np.empty_like(v)
        for i in range(n):
            for j in range(m):
                up, down, left, right = (i - 1) % n, (i + 1) % n, (j - 1) % m, (j + 1) % m
                lap_u = u[up, j] + u[down, j] + u[i, left] + u[i, right] - 4 * u[i, j]
                lap_v = v[up, j] + v[down, j] + v[i, left] + v[i, right] - 4 * v[i, j]
                reaction = u[i, j] * v[i, j] ** 2
                new_u[i, j] = u[i, j] + 0.16 * lap_u - reaction + feed * (1 - u[i, j])
                new_v[i, j] = v[i, j] + 0.08 * lap_v + reaction - (feed + kill) * v[i, j]
        u, v = new_u, new_v
    return v


@by_jax(gray_scott)
def _(jax, u, v, feed, kill, steps):
    jnp = jax.numpy

    def laplacian(a):
        return jnp.roll(a, 1, 0) + jnp.roll(a, -1, 0) + jnp.roll(a, 1, 1) + jnp.roll(a, -1, 1) - 4 * a

    def step(_, state):
        u, v = state
        reaction = u * v**2
        new_u = u + 0.16 * laplacian(u) - reaction + feed * (1 - u)
        return new_u, v + 0.08 * laplacian(v) + reaction - (feed + kill) * v

    return jax.lax.fori_loop(0, steps, step, (u, v))[1]


@arrays(lambda n: (np.sin(np.linspace(0, 6, n)) + 2, 0.3, 3 if n < 20 else 50), small=9, large=1000, argnums=(0, 1))
def advection_by_roll(u, courant, steps):
    """Lax and Wendroff's scheme on a circle; LeVeque, Finite Volume Methods, section 4.7."""
    for _ in range(steps):
        right, left = np.roll(u, -1), np.roll(u, 1)
        u = u - 0.5 * courant * (right - left) + 0.5 * courant**2 * (right - 2 * u + left)
    return np.mean(u**3)


@by_jax(advection_by_roll)
def _(jax, u, courant, steps):
    jnp = jax.numpy

    def step(_, u):
        right, left = jnp.roll(u, -1), jnp.roll(u, 1)
        return u - 0.5 * courant * (right - left) + 0.5 * courant**2 * (right - 2 * u + left)

    return jnp.mean(jax.lax.fori_loop(0, steps, step, u) ** 3)


@njit
def minmod(a, b):
    if a * b <= 0.0:
        return 0.0
    return a if abs(a) < abs(b) else b


@loops(lambda n: (rng().random(n), 0.4, 2 if n < 20 else 40), small=9, large=500, argnums=(0, 1))
def burgers_limited(u, ratio, steps):
    """Burgers' equation by a second-order scheme with a minmod limiter; LeVeque, Finite Volume Methods, 6.9 and 11."""
    n = len(u)
    u = u.copy()
    flux = np.zeros(n + 1)
    for _ in range(steps):
        for i in range(2, n - 1):
            left = u[i - 1] + 0.5 * minmod(u[i - 1] - u[i - 2], u[i] - u[i - 1])
            right = u[i] - 0.5 * minmod(u[i] - u[i - 1], u[i + 1] - u[i])
            speed = max(abs(left), abs(right))
            flux[i] = 0.25 * (left * left + right * right) - 0.5 * speed * (right - left)
        for i in range(2, n - 2):
            u[i] -= ratio * (flux[i + 1] - flux[i])
    return np.dot(u, u)


@loops(field, small=7, large=120)
def horizontal_diffusion(u, steps):
    """Fourth-order diffusion whose fluxes only act down the gradient; Xue, Monthly Weather Review 128 (2000)."""
    n, m = u.shape
    out = u.copy()
    lap = np.zeros((n, m))
    for _ in range(steps):
        for i in prange(1, n - 1):
            for j in range(1, m - 1):
                lap[i, j] = 4.0 * out[i, j] - out[i + 1, j] - out[i - 1, j] - out[i, j + 1] - out[i, j - 1]
        flux_x = np.zeros((n, m))
        flux_y = np.zeros((n, m))
        for i in prange(1, n - 2):
            for j in range(1, m - 2):
                f = lap[i + 1, j] - lap[i, j]
                flux_x[i, j] = 0.0 if f * (out[i + 1, j] - out[i, j]) > 0 else f
                f = lap[i, j + 1] - lap[i, j]
                flux_y[i, j] = 0.0 if f * (out[i, j + 1] - out[i, j]) > 0 else f
        for i in prange(2, n - 2):
            for j in range(2, m - 2):
                out[i, j] -= 0.05 * (flux_x[i, j] - flux_x[i - 1, j] + flux_y[i, j] - flux_y[i, j - 1])
    return (out**2).sum()


@arrays(field_and_rate, small=6, large=64, argnums=(0, 1))
def shallow_water(h, ratio, steps):
    """Lax and Friedrichs' scheme for shallow water on a torus; LeVeque, Finite Volume Methods, 4.6 and 13."""
    h = 1.0 + 0.1 * h
    qx, qy = np.zeros_like(h), np.zeros_like(h)
    for _ in range(steps):
        f = np.stack((qx, qx**2 / h + 0.5 * h**2, qx * qy / h))
        g = np.stack((qy, qx * qy / h, qy**2 / h + 0.5 * h**2))
        q = np.stack((h, qx, qy))
        mean = 0.25 * (np.roll(q, 1, 1) + np.roll(q, -1, 1) + np.roll(q, 1, 2) + np.roll(q, -1, 2))
        q = mean - 0.5 * ratio * (np.roll(f, -1, 1) - np.roll(f, 1, 1) + np.roll(g, -1, 2) - np.roll(g, 1, 2))
        h, qx, qy = q[0], q[1], q[2]
    return 0.5 * np.sum((qx**2 + qy**2) / h + h**2)


@arrays(lambda n: (rng().random((n, n)), rng().random((n, n)), 3 if n < 20 else 20), small=6, large=80, argnums=(0, 1))
def pressure_poisson(p, b, steps):
    """Pressure in a driven cavity, zero slope on three walls; Barba and Forsyth, CFD Python, Journal of Open Source
    Education 2 (2018), step 11."""
    for _ in range(steps):
        old = p.copy()
        p[1:-1, 1:-1] = 0.25 * (old[1:-1, 2:] + old[1:-1, :-2] + old[2:, 1:-1] + old[:-2, 1:-1] - b[1:-1, 1:-1])
        p[:, -1] = p[:, -2]
        p[0, :] = p[1, :]
        p[:, 0] = p[:, 1]
        p[-1, :] = 0
    return p


@loops(lambda n: (rng().random((n, n)), rng().random((n, n)), 3 if n < 20 else 20), small=5, large=60, argnums=(0, 1))
def wave_2d(u, speed, steps):
    """Leapfrog steps of the wave equation in a medium, ends held; Fichtner, Full Seismic Waveform Modelling, 2.1."""
    n, m = u.shape
    before, now, after = u.copy(), u.copy(), np.zeros((n, m))
    receiver = np.empty(steps)
    for t in range(steps):
        for i in range(1, n - 1):
            for j in range(1, m - 1):
                laplacian = now[i + 1, j] + now[i - 1, j] + now[i, j + 1] + now[i, j - 1] - 4.0 * now[i, j]
                after[i, j] = 2.0 * now[i, j] - before[i, j] + (0.5 * speed[i, j]) ** 2 * laplacian
        receiver[t] = after[1, m // 2]
        before, now, after = now, after, before
    return receiver
