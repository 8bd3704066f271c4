"""Linear algebra, left to LAPACK.

G. is M. Giles, "Collected matrix derivative results for forward and reverse mode algorithmic differentiation" (2008).
NumPy reads of a symmetric matrix only the lower triangle, so the derivative by an element above the diagonal is zero,
and that by an element below is the sum of the two of a symmetric matrix.
"""

from __future__ import annotations

import numpy as np

from adtrans import types
from adtrans.library.operations import Operation, Result, array, operation

ROWS, COLUMNS = ("a", 0), ("a", 1)
VALUES = ("s", 0)
MATRIX, SQUARE = {"a": (ROWS, COLUMNS)}, {"a": (ROWS, ROWS)}


def _matrix(a) -> None:
    """Raises: ValueError where `a` is not the type of a matrix that LAPACK takes."""
    if types.ndim_of(a) != 2 or not types.is_float(a):
        raise ValueError(f"needs a 2-d array of floats, got {types.describe(a)}")


def _right_side(a, b) -> None:
    _matrix(a)
    if types.ndim_of(b) not in (1, 2) or not types.is_array(b):
        raise ValueError(f"needs a right-hand side of 1 or 2 axes, got {types.describe(b)}")
    if a.dtype != b.dtype:
        raise ValueError(f"needs one float type, got {types.describe(a)} and {types.describe(b)}")


# -- linear systems ----------------------------------------------------------------------------------------------


@operation("np.linalg.solve", "np.linalg.solve(s, x[:3])", "np.linalg.solve(s, a)", "np.linalg.solve(s.T, a.T[1:].T)")
def solve(a, b):
    """The x of a x = b."""
    _right_side(a, b)
    lengths = (ROWS, *(("b", k) for k in range(1, b.ndim)))
    return Operation(
        SQUARE | {"b": lengths},
        (array("x", b, *lengths),),
        {"x": _solve_vector_pullback if b.ndim == 1 else _solve_matrix_pullback},
    )


def _solve_vector_pullback(a, x, x_bar):
    """G. section 2.3.1."""
    b_bar = np.linalg.solve(a.T, x_bar)
    return -b_bar[:, np.newaxis] * x, b_bar


def _solve_matrix_pullback(a, x, x_bar):
    """G. section 2.3.1."""
    b_bar = np.linalg.solve(a.T, x_bar)
    return -(b_bar @ x.T), b_bar


@operation("np.linalg.inv", "np.linalg.inv(s)")
def inv(a):
    """The inverse."""
    _matrix(a)
    return Operation(SQUARE, (array("y", a, ROWS, ROWS),), {"y": _inv_pullback})


def _inv_pullback(y, y_bar):
    """G. section 2.2.3."""
    return -(y.T @ y_bar @ y.T)


@operation("np.linalg.det", "np.linalg.det(s)")
def det(a):
    """The determinant."""
    _matrix(a)
    return Operation(SQUARE, (Result("y", a.dtype),), {"y": _det_pullback})


def _det_pullback(a, y_bar):
    """G. section 2.2.4, with the cofactors by a singular value decomposition: they exist where the inverse does not."""
    u, s, vh = np.linalg.svd(a, full_matrices=False)
    others = np.full(s.shape[0], y_bar * np.linalg.det(u) * np.linalg.det(vh))
    for i in range(s.shape[0]):
        for j in range(s.shape[0]):
            if j != i:
                others[i] *= s[j]
    return (u * others) @ vh


@operation("np.linalg.slogdet", "np.linalg.slogdet(s)[0]", "np.linalg.slogdet(s)[1]")
def slogdet(a):
    """The sign of the determinant and the logarithm of its size."""
    _matrix(a)
    return Operation(SQUARE, (Result("sign", a.dtype), Result("logdet", a.dtype)), {"logdet": _logdet_pullback})


def _logdet_pullback(a, logdet_bar):
    """G. section 2.2.4."""
    return logdet_bar * np.linalg.inv(a).T


# -- least squares -----------------------------------------------------------------------------------------------


@operation("np.linalg.pinv", "np.linalg.pinv(a)", "np.linalg.pinv(b)", "np.linalg.pinv(s)")
def pinv(a):
    """The pseudoinverse of Moore and Penrose."""
    _matrix(a)
    return Operation(MATRIX, (array("p", a, COLUMNS, ROWS),), {"p": _pinv_pullback})


def _pinv_pullback(a, p, p_bar):
    """Golub and Pereyra, "The differentiation of pseudo-inverses and nonlinear least squares problems whose variables
    separate" (1973), equation 4.12: for matrices of one rank."""
    left, right = p_bar.T @ p @ p.T, p.T @ p @ p_bar.T
    return left - a @ (p @ left) + right - (right @ p) @ a - p.T @ p_bar @ p.T


@operation("np.linalg.lstsq", "np.linalg.lstsq(b, x)[0]", "np.linalg.lstsq(a, x[:3])[0]", "np.linalg.lstsq(b, a.T)[0]",
           "np.linalg.lstsq(b, x, rcond=-1)[0]", static=("rcond",))  # fmt: skip
def lstsq(a, b, rcond=-1):
    """The shortest x of those for which a x - b is shortest; its squared length, and rank and singular values of a."""
    _right_side(a, b)
    others = tuple(("b", k) for k in range(1, b.ndim))
    return Operation(
        MATRIX | {"b": (ROWS, *others)},
        (
            array("x", b, COLUMNS, *others),
            array("residuals", b, ("residuals", 0)),
            Result("rank", types.types.int32),
            array("s", a, ("s", 0)),
        ),
        {
            "x": _lstsq_vector_pullback if b.ndim == 1 else _lstsq_matrix_pullback,
            "residuals": "the residuals of np.linalg.lstsq have no derivative here: compute them from x",
            "s": "the singular values of np.linalg.lstsq have no derivative here: use those of np.linalg.svd",
        },
    )


def _lstsq_vector_pullback(a, b, x, x_bar):
    """x = p b, and p as in `_pinv_pullback`."""
    p = np.linalg.pinv(a)
    b_bar = p.T @ x_bar
    rest, other, third = b - a @ x, p.T @ x, x_bar - a.T @ b_bar
    return rest[:, np.newaxis] * (p @ b_bar) + other[:, np.newaxis] * third - b_bar[:, np.newaxis] * x, b_bar


def _lstsq_matrix_pullback(a, b, x, x_bar):
    """x = p b, and p as in `_pinv_pullback`."""
    p = np.linalg.pinv(a)
    b_bar = p.T @ x_bar
    return (b - a @ x) @ (p @ b_bar).T + (p.T @ x) @ (x_bar - a.T @ b_bar).T - b_bar @ x.T, b_bar


# -- decompositions ----------------------------------------------------------------------------------------------


@operation("np.linalg.cholesky", "np.linalg.cholesky(s @ s.T)", "np.linalg.cholesky(s + s.T)")
def cholesky(a):
    """The lower triangular l of l l^T = a, of which the lower triangle is read."""
    _matrix(a)
    return Operation(SQUARE, (array("l", a, ROWS, ROWS),), {"l": _cholesky_pullback})


def _cholesky_pullback(l, l_bar):  # noqa: E741
    """Murray, "Differentiation of the Cholesky decomposition" (2016), equation 10."""
    p = l.T @ _lower(l_bar)
    for i in range(l.shape[0]):
        for j in range(i):
            p[j, i] = p[i, j]
    a_bar = _lower(np.linalg.solve(l.T, np.linalg.solve(l.T, p).T))
    for i in range(l.shape[0]):
        a_bar[i, i] *= 0.5
    return a_bar


def _lower(a):
    """The lower triangle."""
    out = np.zeros_like(a)
    for i in range(a.shape[0]):
        for j in range(i + 1):
            out[i, j] = a[i, j]
    return out


@operation("np.linalg.eigh", "np.linalg.eigh(s)[0]", "np.linalg.eigh(s)[1] ** 2", "np.linalg.eigh(s @ s.T)[0]")
def eigh(a):
    """The eigenvalues, ascending, and eigenvectors of a symmetric matrix, of which the lower triangle is read."""
    _matrix(a)
    results = (array("w", a, ROWS), array("v", a, ROWS, ROWS))
    return Operation(SQUARE, results, {"w": _eigenvalues_pullback, "v": _eigenvectors_pullback})


@operation("np.linalg.eigvalsh", "np.linalg.eigvalsh(s)")
def eigvalsh(a):
    """The eigenvalues of a symmetric matrix, ascending; its lower triangle is read."""
    _matrix(a)
    return Operation(SQUARE, (array("w", a, ROWS),), {"w": _eigvalsh_pullback})


def _eigvalsh_pullback(a, w_bar):
    _, v = np.linalg.eigh(a)
    return _eigenvalues_pullback(v, w_bar)


def _eigenvalues_pullback(v, w_bar):
    """G. section 3.1, with the left eigenvectors v^T."""
    return _by_lower((v * w_bar) @ v.T)


def _eigenvectors_pullback(w, v, v_bar):
    """G. section 3.1, with the left eigenvectors v^T. Infinite where two eigenvalues are equal."""
    return _by_lower(v @ _divided(v.T @ v_bar, w) @ v.T)


def _divided(g, w):
    """g[i, j] / (w[j] - w[i]), and zeros on the diagonal."""
    out = np.zeros_like(g)
    for i in range(w.shape[0]):
        for j in range(w.shape[0]):
            if i != j:
                out[i, j] = g[i, j] / (w[j] - w[i])
    return out


def _by_lower(g):
    """The derivative by a lower triangle from that by all elements of the symmetric matrix that it stands for."""
    out = np.zeros_like(g)
    for i in range(g.shape[0]):
        for j in range(i):
            out[i, j] = g[i, j] + g[j, i]
        out[i, i] = g[i, i]
    return out


@operation("np.linalg.svd", "np.linalg.svd(a)[1]", "np.linalg.svd(b, full_matrices=False)[1]",
           "np.linalg.svd(a, full_matrices=False)[0] ** 2", "np.linalg.svd(b, full_matrices=False)[0] ** 2",
           "np.linalg.svd(a, False)[2] ** 2", "np.linalg.svd(b, False)[2] ** 2",
           static=("full_matrices",))  # fmt: skip
def svd(a, full_matrices=True):
    """The singular values, descending, and the vectors of a = u s vh."""
    _matrix(a)
    if full_matrices:
        reason = "the singular vectors of np.linalg.svd have a derivative only with full_matrices=False"
        results = (array("u", a, ROWS, ROWS), array("s", a, VALUES), array("vh", a, COLUMNS, COLUMNS))
        return Operation(MATRIX, results, {"s": _singular_values_pullback, "u": reason, "vh": reason})
    results = (array("u", a, ROWS, VALUES), array("s", a, VALUES), array("vh", a, VALUES, COLUMNS))
    pullbacks = {"s": _singular_values_pullback, "u": _left_vectors_pullback, "vh": _right_vectors_pullback}
    return Operation(MATRIX, results, pullbacks)


def _singular_values_pullback(u, s, vh, s_bar):
    """G. section 3.2."""
    return (u[:, : s.shape[0]] * s_bar) @ vh[: s.shape[0]]


def _left_vectors_pullback(u, s, vh, u_bar):
    """Townsend, "Differentiating the singular value decomposition" (2016), section 1.1. Infinite where two singular
    values are equal, or one is zero."""
    g = u.T @ u_bar
    f = _divided(g, s * s)
    return (u @ ((f + f.T) * s) + (u_bar - u @ g) / s) @ vh


def _right_vectors_pullback(u, s, vh, vh_bar):
    """As `_left_vectors_pullback`."""
    g = vh @ vh_bar.T
    f = _divided(g, s * s)
    return (u * s) @ ((f + f.T) @ vh) + (u / s) @ (vh_bar - g.T @ vh)


@operation("np.linalg.qr", "np.linalg.qr(b)[0]", "np.linalg.qr(b)[1]", "np.linalg.qr(s)[0]", "np.linalg.qr(a)[0]",
           "np.linalg.qr(a)[1]")  # fmt: skip
def qr(a):
    """The orthonormal q and the upper triangular r of q r = a."""
    _matrix(a)
    results = (array("q", a, ROWS, ("q", 1)), array("r", a, ("q", 1), COLUMNS))
    return Operation(MATRIX, results, {"q": _q_pullback, "r": _r_pullback})


def _q_pullback(a, q, r, q_bar):
    """As `_r_pullback`."""
    count = q.shape[1]
    a_bar = np.zeros_like(a)
    a_bar[:, :count] = _of_square_r(q, r[:, :count], q_bar, np.zeros((count, count), a.dtype))
    return a_bar


def _r_pullback(a, q, r, r_bar):
    """Roberts and Roberts, "QR and LQ decomposition matrix backpropagation algorithms" (2020), section 4: the columns
    beyond those that make r square are q times those of r."""
    count = q.shape[1]
    a_bar = np.zeros_like(a)
    a_bar[:, count:] = q @ r_bar[:, count:]
    q_bar = a[:, count:] @ r_bar[:, count:].T
    m = r[:, :count] @ _lower(r_bar[:, :count].T)
    a_bar[:, :count] = _of_square_r(q, r[:, :count], q_bar, m)
    return a_bar


def _of_square_r(q, r, q_bar, m):
    """(q_bar + q sym(m - q_bar^T q)) r^-T, where sym copies the lower triangle."""
    n = m - q_bar.T @ q
    for i in range(n.shape[0]):
        for j in range(i):
            n[j, i] = n[i, j]
    return np.linalg.solve(r, (q_bar + q @ n).T).T
