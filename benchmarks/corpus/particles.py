"""Particles: forces, energies and motion."""

import numpy as np
from numba import njit, prange

from corpus import arrays, by_jax, loops, rng


def bodies(n):
    """(positions, velocities, masses, h, steps)"""
    r = rng()
    return r.standard_normal((n, 3)), 0.1 * r.standard_normal((n, 3)), r.random(n) + 0.5, 0.01, 3 if n < 9 else 10


def lattice(n):
    """Positions near a cubic grid of n^3 cells in a periodic box, and the length of the box."""
    r = rng()
    cells = np.stack(np.meshgrid(np.arange(n), np.arange(n), np.arange(n)), -1).reshape(-1, 3)
    return 1.2 * cells + 0.1 * r.standard_normal(cells.shape), 1.2 * n


@loops(bodies, small=4, large=40, argnums=(0, 1, 2))
def nbody_leapfrog(x, v, m, h, steps):
    """Gravity by the leapfrog method; Aarseth, Gravitational N-Body Simulations, chapters 1 and 2."""
    n = len(m)
    a = np.zeros((n, 3))
    for t in range(steps + 1):
        for i in range(n):
            for d in range(3):
                a[i, d] = 0.0
            for j in range(n):
                if i == j:
                    continue
                r2 = 0.01
                for d in range(3):
                    r2 += (x[j, d] - x[i, d]) ** 2
                w = m[j] / (r2 * np.sqrt(r2))
                for d in range(3):
                    a[i, d] += w * (x[j, d] - x[i, d])
        kick = 0.5 * h if t == 0 or t == steps else h
        for i in range(n):
            for d in range(3):
                v[i, d] += kick * a[i, d]
                if t < steps:
                    x[i, d] += h * v[i, d]
    return x, v


@by_jax(nbody_leapfrog)
def _(jax, x, v, m, h, steps):
    jnp = jax.numpy

    def acceleration(x):
        d = x[None] - x[:, None]
        r2 = 0.01 + jnp.sum(d * d, -1)
        return jnp.sum((m / (r2 * jnp.sqrt(r2)))[:, :, None] * d, 1)

    def step(_, state):
        x, v = state
        x = x + h * v
        return x, v + h * acceleration(x)

    x, v = jax.lax.fori_loop(0, steps, step, (x, v + 0.5 * h * acceleration(x)))
    return x, v - 0.5 * h * acceleration(x)


@arrays(bodies, small=4, large=40, argnums=(0, 1, 2), jax=True)
def nbody_arrays(x, v, m, h, steps):
    """Gravity with all pairs at once, by the symplectic Euler method; Aarseth, chapter 1."""
    for _ in range(steps):
        dx = x[:, 0] - x[:, 0:1]
        dy = x[:, 1] - x[:, 1:2]
        dz = x[:, 2] - x[:, 2:3]
        inverse = (dx**2 + dy**2 + dz**2 + 0.01) ** (-1.5)
        v = v + h * np.stack(((dx * inverse) @ m, (dy * inverse) @ m, (dz * inverse) @ m), axis=1)
        x = x + h * v
    return 0.5 * np.sum(m * np.sum(v**2, axis=1))


@loops(lattice, small=2, large=5)
def lennard_jones(x, box):
    """The energy in a periodic box with a cutoff; Allen and Tildesley, Computer Simulation of Liquids, 1.3 and 1.6."""
    n = x.shape[0]
    energy = 0.0
    for i in range(n):
        for j in range(i + 1, n):
            r2 = 0.0
            for d in range(3):
                delta = x[i, d] - x[j, d]
                delta -= box * np.round(delta / box)
                r2 += delta * delta
            if r2 > 2.5**2:
                continue
            inverse = 1.0 / (r2 * r2 * r2)
            energy += 4.0 * inverse * (inverse - 1.0)
    return energy


@by_jax(lennard_jones)
def _(jax, x, box):
    jnp = jax.numpy
    i, j = np.triu_indices(len(x), 1)
    delta = x[i] - x[j]
    delta = delta - box * jnp.round(delta / box)
    r2 = jnp.sum(delta * delta, -1)
    inverse = 1.0 / r2**3
    return jnp.sum(jnp.where(r2 > 2.5**2, 0.0, 4.0 * inverse * (inverse - 1.0)))


def springs(n):
    """(positions, stiffness, ends of each edge, rest lengths)"""
    r = rng()
    edges = np.stack((np.arange(n), (np.arange(n) + r.integers(1, n, n)) % n), 1)
    return r.random((n, 2)), r.random(n), edges, 0.2 + r.random(n)


@loops(springs, small=5, large=2000, argnums=(0, 1))
def spring_energy(x, stiffness, edges, rest):
    """The energy of a network of springs; Landau and Lifshitz, Theory of Elasticity, section 1."""
    energy = 0.0
    for e in range(len(edges)):
        i, j = edges[e]
        length = np.sqrt((x[i, 0] - x[j, 0]) ** 2 + (x[i, 1] - x[j, 1]) ** 2)
        energy += 0.5 * stiffness[e] * (length - rest[e]) ** 2
    return energy


@by_jax(spring_energy)
def _(jax, x, stiffness, edges, rest):
    d = x[edges[:, 0]] - x[edges[:, 1]]
    return 0.5 * jax.numpy.sum(stiffness * (jax.numpy.sqrt(jax.numpy.sum(d * d, 1)) - rest) ** 2)


@arrays(springs, small=5, large=2000, argnums=(0, 1))
def spring_forces(x, stiffness, edges, rest):
    """The forces in a network of springs, by arrays of indices; Landau and Lifshitz, Theory of Elasticity, 2."""
    d = x[edges[:, 0]] - x[edges[:, 1]]
    length = np.sqrt(np.sum(d * d, axis=1))
    pull = (stiffness * (length - rest) / length)[:, np.newaxis] * d
    forces = np.zeros_like(x)
    np.add.at(forces, edges[:, 0], -pull)
    np.add.at(forces, edges[:, 1], pull)
    return forces


@njit
def cubic_spline(q):
    if q < 1.0:
        return 1.0 - 1.5 * q * q + 0.75 * q * q * q
    elif q < 2.0:
        return 0.25 * (2.0 - q) ** 3
    return 0.0


@loops(lambda n: (rng().random((n, 2)), 0.5 + rng().random(n), 0.4), small=5, large=100, argnums=(0, 1, 2))
def sph_pressure(x, m, h):
    """Density and pressure of smoothed particles; Monaghan, Annu. Rev. Astron. Astrophys. 30 (1992)."""
    n = len(m)
    norm = 10.0 / (7.0 * np.pi * h * h)
    energy = 0.0
    for i in prange(n):
        density = 0.0
        for j in range(n):
            if i != j:
                dx = x[i, 0] - x[j, 0]
                dy = x[i, 1] - x[j, 1]
                density += m[j] * norm * cubic_spline(np.sqrt(dx * dx + dy * dy) / h)
            else:
                density += m[j] * norm
        energy += m[i] * density**0.4
    return energy


def chain(n):
    """Positions and a list of neighbours: a row for each, ended by -1."""
    r = rng()
    x = np.cumsum(0.8 + 0.1 * r.random((n, 3)), axis=0)
    lists = np.full((n, 6), -1)
    for i in range(n):
        near = [j for j in range(max(0, i - 2), min(n, i + 3)) if j != i]
        lists[i, : len(near)] = near
    return x, lists, 0.7


@loops(chain, small=5, large=1000, argnums=(0, 2))
def yukawa_neighbours(x, lists, screening):
    """Screened charges by lists of neighbours; Frenkel and Smit, Understanding Molecular Simulation, appendix F."""
    energy = 0.0
    for i in range(x.shape[0]):
        k = 0
        while k < lists.shape[1] and lists[i, k] >= 0:
            r = np.linalg.norm(x[i] - x[lists[i, k]])
            energy += 0.5 * np.exp(-screening * r) / r
            k += 1
    return energy
