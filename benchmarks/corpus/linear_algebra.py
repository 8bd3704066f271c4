"""Dense and sparse linear algebra."""

import numpy as np
from numba import njit

from corpus import arrays, by_jax, loops, rng


def matrices(n):
    r = rng()
    return r.standard_normal((n, n + 1)), r.standard_normal((n + 1, n)), r.standard_normal((n, n)), 1.5, 1.2


def positive(n):
    """(a, b): a symmetric, positive definite matrix and a vector."""
    r = rng()
    a = r.standard_normal((n, n))
    return a @ a.T + n * np.eye(n), r.standard_normal(n)


def rectangle(n):
    r = rng()
    return r.standard_normal((n + 3, n)), r.standard_normal(n)


def bands(n):
    r = rng()
    return r.random(n), 3 + r.random(n), r.random(n), r.random(n)


def sparse(n):
    """(values, columns, row_starts, x) of a matrix with about four entries in a row."""
    r = rng()
    starts = np.concatenate(([0], np.cumsum(r.integers(1, 8, n))))
    return r.random(starts[-1]), r.integers(0, n, starts[-1]), starts, r.random(n)


@loops(matrices, small=3, large=64, argnums=(0, 1, 2, 3, 4))
def gemm_loops(a, b, c, alpha, beta):
    """C := alpha A B + beta C; Golub and Van Loan, Matrix Computations, 1.1."""
    for i in range(c.shape[0]):
        for j in range(c.shape[1]):
            c[i, j] *= beta
        for k in range(a.shape[1]):
            for j in range(c.shape[1]):
                c[i, j] += alpha * a[i, k] * b[k, j]
    return c


@arrays(matrices, small=3, large=128, argnums=(0, 1, 2, 3, 4), jax=True)
def gemm(a, b, c, alpha, beta):
    """C := alpha A B + beta C; Golub and Van Loan, Matrix Computations, 1.1."""
    return alpha * a @ b + beta * c


@arrays(rectangle, small=3, large=200, argnums=(0, 1), jax=True)
def normal_product(a, x):
    """A' A x; Golub and Van Loan, Matrix Computations, 5.3."""
    return a.T @ (a @ x)


@loops(positive, small=4, large=80)
def cholesky_log_det(a, b):
    """The logarithm of the determinant by Cholesky's factors; Golub and Van Loan, Matrix Computations, 4.2."""
    n = a.shape[0]
    for i in range(n):
        for j in range(i):
            for k in range(j):
                a[i, j] -= a[i, k] * a[j, k]
            a[i, j] /= a[j, j]
        for k in range(i):
            a[i, i] -= a[i, k] * a[i, k]
        a[i, i] = np.sqrt(a[i, i])
    total = 0.0
    for i in range(n):
        total += 2.0 * np.log(a[i, i])
    return total


@by_jax(cholesky_log_det)
def _(jax, a, b):
    jnp = jax.numpy
    lower = jnp.linalg.cholesky(jnp.tril(a) + jnp.tril(a, -1).T, symmetrize_input=False)
    return 2 * jnp.sum(jnp.log(jnp.diag(lower)))


@njit
def swap_rows(a, i, j):
    for k in range(a.shape[1]):
        a[i, k], a[j, k] = a[j, k], a[i, k]


@loops(positive, small=4, large=60, argnums=(0, 1))
def lu_solve(a, b):
    """Gauss's elimination with partial pivoting; Golub and Van Loan, Matrix Computations, 3.4."""
    n = len(b)
    a = a.copy()
    x = b.copy()
    for k in range(n):
        pivot = k
        for i in range(k + 1, n):
            if abs(a[i, k]) > abs(a[pivot, k]):
                pivot = i
        if pivot != k:
            swap_rows(a, k, pivot)
            x[k], x[pivot] = x[pivot], x[k]
        if a[k, k] == 0.0:
            raise ValueError("the matrix is singular")
        for i in range(k + 1, n):
            factor = a[i, k] / a[k, k]
            for j in range(k, n):
                a[i, j] -= factor * a[k, j]
            x[i] -= factor * x[k]
    for i in range(n - 1, -1, -1):
        for j in range(i + 1, n):
            x[i] -= a[i, j] * x[j]
        x[i] /= a[i, i]
    return x


@loops(bands, small=5, large=2000, argnums=(0, 1, 2, 3))
def thomas(lower, diagonal, upper, rhs):
    """A tridiagonal system; Press et al., Numerical Recipes, 2.4."""
    n = len(rhs)
    c = np.zeros(n)
    d = np.zeros(n)
    c[0] = upper[0] / diagonal[0]
    d[0] = rhs[0] / diagonal[0]
    for i in range(1, n):
        m = diagonal[i] - lower[i] * c[i - 1]
        c[i] = upper[i] / m
        d[i] = (rhs[i] - lower[i] * d[i - 1]) / m
    for i in range(n - 2, -1, -1):
        d[i] -= c[i] * d[i + 1]
    return d


@by_jax(thomas)
def _(jax, lower, diagonal, upper, rhs):
    jnp = jax.numpy

    def down(before, row):
        c, d = before
        low, dia, up, b = row
        m = dia - low * c
        now = up / m, (b - low * d) / m
        return now, now

    def up(after, row):
        x = row[1] - row[0] * after
        return x, x

    rows = (lower.at[0].set(0.0), diagonal, upper.at[-1].set(0.0), rhs)
    _, factors = jax.lax.scan(down, (jnp.zeros(()), jnp.zeros(())), rows)
    return jax.lax.scan(up, jnp.zeros(()), factors, reverse=True)[1]


@loops(rectangle, small=3, large=40)
def gram_schmidt(a, x):
    """Q and R by the modified Gram-Schmidt process; Golub and Van Loan, Matrix Computations, 5.2."""
    m, n = a.shape
    q = np.zeros((m, n))
    r = np.zeros((n, n))
    for k in range(n):
        norm = 0.0
        for i in range(m):
            norm += a[i, k] * a[i, k]
        r[k, k] = np.sqrt(norm)
        for i in range(m):
            q[i, k] = a[i, k] / r[k, k]
        for j in range(k + 1, n):
            for i in range(m):
                r[k, j] += q[i, k] * a[i, j]
            for i in range(m):
                a[i, j] -= q[i, k] * r[k, j]
    return q, r


@loops(lambda n: (rng().random(n) / n,), small=5, large=100)
def durbin(r):
    """Yule and Walker's equations by Durbin's recursion; Golub and Van Loan, Matrix Computations, 4.7."""
    n = len(r)
    y = np.zeros(n)
    z = np.zeros(n)
    y[0] = -r[0]
    alpha, beta = -r[0], 1.0
    for k in range(1, n):
        beta *= 1.0 - alpha * alpha
        total = 0.0
        for i in range(k):
            total += r[k - i - 1] * y[i]
        alpha = -(r[k] + total) / beta
        for i in range(k):
            z[i] = y[i] + alpha * y[k - i - 1]
        y[:k] = z[:k]
        y[k] = alpha
    return y


@arrays(lambda n: (*rectangle(n), 1.0), small=4, large=64, argnums=(0, 1, 2))
def conjugate_gradient(f, b, ridge):
    """(F'F + ridge I) x = b by Hestenes and Stiefel's method; Golub and Van Loan, Matrix Computations, 11.3."""
    x = np.zeros_like(b)
    r = b.copy()
    p = b.copy()
    rr = r @ r
    while rr > 1e-20:
        ap = f.T @ (f @ p) + ridge * p
        step = rr / (p @ ap)
        x = x + step * p
        r = r - step * ap
        new = r @ r
        p = r + new / rr * p
        rr = new
    return x


@by_jax(conjugate_gradient)
def _(jax, f, b, ridge):
    return jax.numpy.linalg.solve(f.T @ f + ridge * jax.numpy.eye(len(b)), b)


@arrays(lambda n: (positive(n)[0] / n, np.ones(n), 4 if n < 9 else 30), small=4, large=64, argnums=(0, 1), jax=True)
def power_iteration(a, x, steps):
    """The largest eigenvalue by von Mises's iteration; Golub and Van Loan, Matrix Computations, 7.3."""
    for _ in range(steps):
        x = a @ x
        x = x / np.linalg.norm(x)
    return x @ a @ x


@arrays(positive, small=4, large=64, argnums=(0, 1), jax=True)
def solve_and_log_det(a, b):
    """A Gaussian's quadratic form and normalisation; Petersen and Pedersen, The Matrix Cookbook, 8.1."""
    _, log_det = np.linalg.slogdet(a)
    return -0.5 * b @ np.linalg.solve(a, b) - 0.5 * log_det


@arrays(lambda n: (rng().random((n, n)) / n,), small=3, large=32, jax=True)
def expm_by_squaring(a):
    """The exponential of a matrix by scaling, a series and squaring; Moler and van Loan, Nineteen Dubious Ways."""
    small = a / 16.0
    term = np.eye(a.shape[0])
    result = np.eye(a.shape[0])
    for k in range(1, 9):
        term = term @ small / k
        result = result + term
    for _ in range(4):
        result = result @ result
    return np.trace(result)


@loops(sparse, small=5, large=5000, argnums=(0, 3))
def sparse_product(values, columns, starts, x):
    """The square of a sparse matrix's product, rows compressed; Saad, Iterative Methods, 3.4."""
    y = np.zeros(len(starts) - 1)
    for i in range(len(y)):
        for k in range(starts[i], starts[i + 1]):
            y[i] += values[k] * x[columns[k]]
    return y @ y


@by_jax(sparse_product)
def _(jax, values, columns, starts, x):
    jnp = jax.numpy
    rows = jnp.searchsorted(starts, jnp.arange(len(columns)), side="right") - 1
    y = jax.ops.segment_sum(values * x[columns], rows, len(starts) - 1)
    return y @ y


@arrays(positive, small=4, large=48, argnums=(0, 1))
def rayleigh_ritz(a, b):
    """The sum of the smallest eigenvalue and of the eigenvector's part along b; Parlett, The Symmetric Eigenvalue
    Problem, chapter 11."""
    values, vectors = np.linalg.eigh(a)
    return values[0] + (vectors[:, 0] @ b) ** 2


@by_jax(rayleigh_ritz)
def _(jax, a, b):
    jnp = jax.numpy
    values, vectors = jnp.linalg.eigh(jnp.tril(a) + jnp.tril(a, -1).T)  # NumPy reads the lower triangle
    return values[0] + (vectors[:, 0] @ b) ** 2
