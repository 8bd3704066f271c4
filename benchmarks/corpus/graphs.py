"""Graphs, sequences and dynamic programmes."""

import numpy as np

from corpus import arrays, by_jax, loops, rng


def lengths(n):
    return (0.1 + rng().random((n, n)),)


def edges(n):
    """(lengths, from, to, n)"""
    r = rng()
    return 0.1 + r.random(4 * n), r.integers(0, n, 4 * n), np.append(np.arange(1, n), r.integers(0, n, 3 * n + 1)), n


def sequences(n):
    r = rng()
    return r.standard_normal(n), r.standard_normal(n + 2)


@loops(lengths, small=5, large=50)
def floyd_warshall(d):
    """The mean of all shortest paths; Cormen et al., Introduction to Algorithms, 23.2."""
    n = d.shape[0]
    d = d.copy()
    for k in range(n):
        for i in range(n):
            for j in range(n):
                d[i, j] = min(d[i, j], d[i, k] + d[k, j])
    return d.mean()


@by_jax(floyd_warshall)
def _(jax, d):
    def step(k, d):
        return jax.numpy.minimum(d, d[:, k, None] + d[k])

    return jax.numpy.mean(jax.lax.fori_loop(0, d.shape[0], step, d))


@loops(edges, small=5, large=2000)
def bellman_ford(weights, sources, targets, n):
    """Shortest paths from one vertex until nothing changes; Cormen et al., Introduction to Algorithms, 22.1."""
    distance = np.full(n, np.inf)
    distance[0] = 0.0
    for _ in range(n - 1):
        changed = False
        for e in range(len(weights)):
            candidate = distance[sources[e]] + weights[e]
            if candidate < distance[targets[e]]:
                distance[targets[e]] = candidate
                changed = True
        if not changed:
            break
    total = 0.0
    for v in range(n):
        if np.isfinite(distance[v]):
            total += distance[v]
    return total


@arrays(lambda n: (rng().random((n, n)), 0.85, 4 if n < 9 else 30), small=5, large=100, argnums=(0, 1), jax=True)
def pagerank(links, damping, steps):
    """The stationary distribution of a walk with restarts; Page, Brin, Motwani and Winograd (1999)."""
    n = links.shape[0]
    m = links / links.sum(axis=0)
    rank = np.ones(n) / n
    for _ in range(steps):
        rank = damping * (m @ rank) + (1 - damping) / n
    return np.sum(rank**2)


@loops(sequences, small=4, large=100, argnums=(0, 1))
def time_warping(a, b):
    """Dynamic time warping; Sakoe and Chiba, IEEE Trans. Acoustics, Speech, and Signal Processing 26 (1978)."""
    n, m = len(a), len(b)
    cost = np.full((n + 1, m + 1), np.inf)
    cost[0, 0] = 0.0
    for i in range(1, n + 1):
        for j in range(1, m + 1):
            d = (a[i - 1] - b[j - 1]) ** 2
            cost[i, j] = d + min(cost[i - 1, j], cost[i, j - 1], cost[i - 1, j - 1])
    return cost[n, m]


@loops(sequences, small=4, large=100, argnums=(0, 1))
def soft_time_warping(a, b):
    """Dynamic time warping with a soft minimum; Cuturi and Blondel, ICML 2017, algorithm 1."""
    n, m = len(a), len(b)
    r = np.full((n + 1, m + 1), 1e10)
    r[0, 0] = 0.0
    for i in range(1, n + 1):
        for j in range(1, m + 1):
            low = min(r[i - 1, j - 1], min(r[i - 1, j], r[i, j - 1]))
            total = np.exp(low - r[i - 1, j - 1]) + np.exp(low - r[i - 1, j]) + np.exp(low - r[i, j - 1])
            r[i, j] = (a[i - 1] - b[j - 1]) ** 2 + low - np.log(total)
    return r[-1, -1]


@loops(lambda n: (rng().random((n, 3)), rng().random((3, 3))), small=5, large=2000, argnums=(0, 1))
def viterbi(emissions, transitions):
    """The score of the best path through states; Viterbi, IEEE Trans. Inf. Theory 13 (1967)."""
    n, states = emissions.shape
    back = np.zeros((n, states), dtype=np.int64)
    score = emissions[0].copy()
    for t in range(1, n):
        new = np.empty(states)
        for j in range(states):
            back[t, j] = np.argmax(score + transitions[:, j])
            new[j] = score[back[t, j]] + transitions[back[t, j], j] + emissions[t, j]
        score = new
    state = score.argmax()
    total = emissions[n - 1, state]
    for t in range(n - 1, 0, -1):
        total += transitions[back[t, state], state] + emissions[t - 1, back[t, state]]
        state = back[t, state]
    return total


@loops(lambda n: (rng().random(4 * n), *edges(n)[:3], n), small=4, large=1000, argnums=(0, 1))
def diffusion_on_graph(values, weights, sources, targets, n):
    """A step of heat along edges, and its roughness; Chung, Spectral Graph Theory, 1.2 and 10.1."""
    x = values[:n].copy()
    change = np.zeros(n)
    for s, t, w in zip(sources, targets, weights):  # noqa: B905, Numba has no strict
        change[s] += w * (x[t] - x[s])
        change[t] += w * (x[s] - x[t])
    x += 0.1 * change
    roughness = 0.0
    for e in range(len(weights)):
        roughness += weights[e] * (x[sources[e]] - x[targets[e]]) ** 2
    return roughness


def neurons(n):
    r = rng()
    return r.standard_normal((n, 3)), r.standard_normal((3, 3)), *edges(n)[1:3]


@arrays(neurons, small=4, large=500, argnums=(0, 1))
def message_passing(h, w, sources, targets):
    """A layer of a graph network; Gilmer et al., Neural Message Passing, ICML 2017, equations 1 and 2."""
    messages = np.tanh(h[sources] @ w)
    out = h.copy()
    for e in range(len(targets)):
        out[targets[e]] += messages[e]
    return np.sum(np.tanh(out) ** 2)


@by_jax(message_passing)
def _(jax, h, w, sources, targets):
    out = h.at[targets].add(jax.numpy.tanh(h[sources] @ w))
    return jax.numpy.sum(jax.numpy.tanh(out) ** 2)


@loops(lambda n: (rng().random((n, n)), rng().standard_normal((n, n, 4)), 2), small=4, large=30, argnums=(0, 1))
def belief_propagation(couplings, fields, sweeps):
    """Mean fields of a Potts model on a grid, in sweeps; Koller and Friedman, Probabilistic Graphical Models, 11.5."""
    n, m, states = fields.shape
    belief = np.full((n, m, states), 1.0 / states)
    for _ in range(sweeps):
        for i in range(n):
            for j in range(m):
                total = 0.0
                for s in range(states):
                    support = fields[i, j, s]
                    for di, dj in ((0, 1), (1, 0), (0, -1), (-1, 0)):
                        a, b = i + di, j + dj
                        if a >= 0 and a < n and b >= 0 and b < m:
                            support += couplings[i, j] * belief[a, b, s]
                    belief[i, j, s] = np.exp(support)
                    total += belief[i, j, s]
                belief[i, j] /= total
    return belief
