"""Array functions for a GPU: each with arguments, and the parameters to differentiate by."""

import math

import numpy as np
from collected import into

rng = np.random.default_rng(11)
PROGRAMS = []
program = into(PROGRAMS)
X, Y = rng.normal(size=(2, 37))
A, B = rng.normal(size=(2, 6, 5))
LABELS = rng.integers(0, 3, 6)


@program(X, Y, 1.5, argnums=(0, 1, 2))
def elementwise(x, y, a):
    return np.sum(np.sin(x) * y + a * np.exp(-x * x))


@program(X, Y[:1], argnums=(0, 1))
def stretched(x, y):
    return np.sum(x * y) + np.sum(np.maximum(x, 0.5))


@program(A, B[:, :1], B[0], argnums=(0, 1, 2))
def broadcast_to_rows_and_columns(a, column, row):
    return np.tanh(a + column) * row - column


@program(A)
def softmax(x):
    e = np.exp(x - np.max(x, axis=1).reshape(-1, 1))
    return e / np.sum(e, axis=1).reshape(-1, 1)


@program(A, B.T.copy(), X[:5], argnums=(0, 1, 2))
def products(a, b, v):
    return np.sum((a @ b) ** 2) + np.sum(a.T @ (a @ v)) + np.sum(b @ a)


@program(A.astype(np.float32), X[:5].astype(np.float32), B.T[:, :3].astype(np.float32), LABELS, argnums=(0, 1, 2))
def cross_entropy(x, b, w, labels):
    logits = np.maximum(x + b, 0) @ w
    total = 0.0
    for i in range(len(labels)):
        highest = np.max(logits[i])
        log_norm = highest + np.log(np.sum(np.exp(logits[i] - highest)))
        total += log_norm - logits[i, labels[i]]
    return total / len(labels)


@program(A, 3, 0.1, argnums=(0, 2))
def heat(u, steps, c):
    for _ in range(steps):
        v = np.zeros_like(u)
        for i in range(1, u.shape[0] - 1):
            for j in range(1, u.shape[1] - 1):
                v[i, j] = u[i, j] + c * (u[i + 1, j] + u[i - 1, j] + u[i, j + 1] + u[i, j - 1] - 4 * u[i, j])
        u = v
    return np.sum(u * u)


@program(rng.normal(size=(4, 5, 6)))
def heat_in_space(u):
    v = np.zeros_like(u)
    for i in range(1, u.shape[0] - 1):
        for j in range(1, u.shape[1] - 1):
            for k in range(1, u.shape[2] - 1):
                v[i, j, k] = u[i, j, k] ** 2 - u[i + 1, j, k] * u[i - 1, j, k] + u[i, j + 1, k] - u[i, j, k - 1]
    return v


@program(A, X[:5], argnums=(0, 1))
def matrix_times_vector_by_loops(a, x):
    total = 0.0
    for i in range(a.shape[0]):
        s = 0.0
        for j in range(a.shape[1]):
            s += a[i, j] * x[j]
        total += math.tanh(s)
    return total


@program(X, rng.integers(0, 37, 50))
def gathered_by_an_index(x, chosen):
    s = 0.0
    for k in range(len(chosen)):
        s += x[chosen[k]] ** 3
    return s


@program(A[:, :3])
def pairs_of_bodies(x):
    energy = 0.0
    for i in range(x.shape[0]):
        for j in range(x.shape[0]):
            if i != j:
                d = 0.01
                for k in range(3):
                    d += (x[i, k] - x[j, k]) ** 2
                energy += 0.5 / math.sqrt(d)
    return energy


@program(0.2, 0.3, A, argnums=(0, 1))
def paths(mu, sigma, z):
    payoff = 0.0
    for p in range(z.shape[0]):
        s = 1.0
        for t in range(z.shape[1]):
            s *= 1.0 + 0.1 * mu + sigma * 0.3 * z[p, t]
        if s > 0.9:
            payoff += s - 0.9
    return payoff / z.shape[0]


@program(X, 0.1, argnums=(0, 1))
def steps_that_are_recorded(x, c):
    u, v = x.copy(), np.empty_like(x)
    for _ in range(4):
        for i in range(len(x)):
            v[i] = u[i] + c * u[i] * u[i - 1]
        for i in range(len(x)):
            u[i] = v[i]
    return np.sum(u * u)


@program(X)
def numbers_between_kernels(x):
    mean = np.sum(x) / len(x)
    spread = np.sqrt(np.sum((x - mean) ** 2) / len(x))
    if spread > 0.5:
        spread = 0.5 * spread
    return np.sum(((x - mean) / spread) ** 3)


@program(np.zeros((0, 3)))
def nothing(x):
    return np.sum(x * x) + 1.0


@program(X[:0], X[:4], np.zeros(0), argnums=(0, 1, 2))
def elements_that_empty_arrays_lack(x, w, y):
    total = 0.0
    for i in range(len(x)):
        for j in range(len(w)):
            total += x[i] * y[0] * y[j] * w[j]
    return total


@program(A, X[:6], argnums=(0, 1))
def view_with_axes_exchanged(x, w):
    t = x.T
    return np.sum((t @ w) ** 2)


@program(A)
def transposed_view_is_written_to(x):
    y = x * 2.0
    t = y.T
    for i in range(t.shape[0]):
        t[i, 1] = x[1, i] ** 2
    return y


@program(A)
def memory_of_a_transposed_view_is_written_to(x):
    y = x * 2.0
    t = y.T
    for i in range(y.shape[0]):
        y[i, 1] = x[i, 1] ** 2
    s = 0.0
    for i in range(t.shape[0]):
        s += t[i, 1] ** 2
    return s


@program(A.T.copy().T, A[:, ::2], X[:5], argnums=(0, 1, 2))
def products_of_columns(a, b, w):
    return a[:, 1] @ b + (b.T @ a)[:, 0] * np.sum(a @ w)


@program(X[:24].reshape(2, 2, 3, 2))
def four_axes(u):
    return np.sin(u) * np.sum(u)


@program(A)
def part_of_the_argument(x):
    return x[1:, 2]


@program(A, np.array([1, -2, -2, 5]))
def rows_by_an_array_of_indices(x, chosen):
    return np.sum(np.sin(x[chosen]), axis=0)


@program(A, rng.integers(0, 5, (2, 6)).T[:, 0])
def elements_by_an_array_of_indices(x, chosen):
    return x[0][chosen] ** 2
