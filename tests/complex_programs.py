"""Programs with complex numbers: each with arguments, and the parameters to differentiate by."""

import cmath
import math

import numpy as np
from collected import into
from numba import njit

rng = np.random.default_rng(31)
X4 = rng.normal(size=4)
Z4 = rng.normal(size=4) + 1j * rng.normal(size=4)
W4 = rng.normal(size=4) + 1j * rng.normal(size=4)
A34 = rng.normal(size=(3, 4)) + 1j * rng.normal(size=(3, 4))
B42 = rng.normal(size=(4, 2)) + 1j * rng.normal(size=(4, 2))
MIXED = np.array([[1 + 1j, 2 - 1j], [0.5j, 3 + 0j]])
PROGRAMS = []
program = into(PROGRAMS)


# -- scalars ----------------------------------------------------------------------------------------------------------


@program(0.3 + 0.7j, -0.4 + 0.2j, 1.3, argnums=(0, 1, 2))
def arithmetic(z, w, t):
    u = (z + 2) * w - t / z + (t - z) / (w * 1j) - 3j
    u = -u / 2 + u * 1.5 + +w - 1
    u += z
    u *= w
    u -= t
    u /= 1 + z
    return u.real * u.imag + u.real


@program(0.3 + 0.7j, 1.3, 3, argnums=(0, 1))
def powers(z, t, n):
    u = z**2 + z**3 - z**-1 + z**5 + z**n + z**0 + z**1
    return (u * z**t * t**z * z**0.5 * z ** (z + 1j)).real + abs(u) ** 2 + abs(z) ** 3


@program(0.3 + 0.7j)
def exponentials(z):
    u = cmath.exp(z) * cmath.log(z) + cmath.sqrt(z) + cmath.log10(z) + cmath.log(z, 2 + 1j)
    u += np.exp(z) * np.log(z) - np.sqrt(-z) + np.log10(z) + np.log2(z) + np.exp2(z) + np.expm1(z) + np.log1p(z)
    return u.real + 2 * u.imag


@program(-0.8 - 0.2j)
def circular_and_hyperbolic_functions(z):
    u = cmath.sin(z) * cmath.cos(z) / cmath.tan(z) + np.sinh(z) * np.cosh(z) * np.tanh(z) + np.tanh(30 * z)
    return u.real + 2 * u.imag


@program(0.3 - 0.7j)
def inverse_functions(z):
    u = cmath.asin(z) * np.arccos(z) + cmath.atan(z) * np.arcsinh(z)
    return u.real + 2 * u.imag


@program(-1.3 + 0.2j)
def inverse_hyperbolic_functions(z):
    u = np.arccosh(z) * cmath.atanh(z) + np.arctan(1e9 * z)
    return u.real + 2 * u.imag


@program(0.3 + 0.7j)
def operators_by_name(z):
    u = np.square(z) + np.reciprocal(z) + np.negative(z) + np.multiply(z, 2j) - np.power(z, 2) + np.divide(z, 3)
    return np.real(u) + 2 * np.imag(u)


@program(0.3 + 0.7j, 1.1, argnums=(0, 1))
def polar_form(z, t):
    size, angle = cmath.polar(z)
    w = cmath.rect(size * t, angle + t)
    return abs(w - z) + cmath.phase(w) * np.angle(z) + w.conjugate().imag * np.conj(z).real + np.abs(w)


@program(0.3 + 0.7j)
def real_functions_of_parts(z):
    return np.sin(z.real) * np.exp(z.imag) + np.sqrt(abs(z)) + np.conj(z.real) + np.angle(z.imag) + np.isnan(z.real)


@program(0.4, -1.2, argnums=(0, 1))
def made_of_reals(x, y):
    z = complex(x, y) + complex(y) * complex(1, 2) + 1j * x
    w = np.complex128(x) / z
    return (z * w * z.conjugate()).imag + abs(np.exp(1j * x) - 1)


@program(0.4 + 0.1j, -0.5 + 0.5j, argnums=(0, 1))
def escaping_orbit(z, c):
    n = 0
    while abs(z * z + c) < 4 and n < 50:
        z = z * z + c + 0.3
        n += 1
    return abs(z) / (n + 1)


@program(0.7, argnums=(0,))
def orbit_from_a_real_start(x):
    z = 0.0
    for _ in range(3):
        z = z * z + x * (1 + 1j)
    return z.real + z.imag


@program(0.7, True)
def real_argument_that_becomes_complex(x, turned):
    for _ in range(3):
        x = x * (1 + 1j)
    if turned:
        x *= 1j
    return abs(x) + x.real


@program(np.array(0.3 + 1j))
def array_without_axes(z):
    return abs(z * z) + z.real


@program(0.2 + 0.4j, 1 + 0.3j, argnums=(0, 1))
def newton_for_a_root(z, c):
    for _ in range(20):
        step = (z * z * z - c) / (3 * z * z)
        z = z - step
        if abs(step) < 1e-14:
            break
    return z.real - z.imag


@program(0.3 + 0.7j, 0.3 + 0.7j)
def comparisons(z, w):
    s = 0.0
    if w == 0.3 + 0.7j:
        s += z.real
    if z != 2 * w and z * 2 != -w:
        s += abs(z)
    if z and w - 0.3 - 0.7j == 0:
        s += z.imag
    return s + (abs(z) if z == w * 1j else (z * w).real)


@program(0.0, 0.3 + 0.7j, argnums=(1,))
def branch_not_taken(x, z):
    w = z / x if x != 0 else z * z
    return w.real + abs(w)


def rotated(z, angle):
    return z * np.exp(1j * angle)


@njit
def halves(z):
    return z.real / 2, complex(z.imag, 1.0)


@program(0.3 + 0.7j, 1.1, argnums=(0, 1))
def helpers_and_tuples(z, t):
    pair = (rotated(z, t), z * 2)
    a, b = pair
    a, b = b, a
    x, c = halves(a)
    nested = ((a, x), b)
    return (nested[0][0] * nested[1] * c).real * nested[0][1]


@program((0.3 + 0.7j, Z4), 1.1, argnums=(0, 1))
def tuple_of_complex_arguments(p, t):
    w, z = p
    return t * abs(w * z[1]) + z[0].real


# -- arrays -----------------------------------------------------------------------------------------------------------


@program(Z4, W4, X4, argnums=(0, 1, 2))
def array_arithmetic(z, w, x):
    u = z * w + x * 1j - w / (z + 2) + z.conj() * x[0] - 2 * z.conjugate()
    return np.sum(np.abs(u)) + np.sum(u.real * x) + np.mean(u.imag**2) + np.prod(u).real


@program(A34, W4, argnums=(0, 1))
def broadcasting(a, w):
    u = a * w + w[np.newaxis, :] - a[:, :1] * 1j
    v = np.where(u.real > 0, u, 0.5)
    return np.sum(np.abs(v) ** 2) + np.sum(u, axis=0)[1].imag + np.sum(np.mean(v, axis=1) * u[:, 0]).real


@program(Z4, 1.3, argnums=(0, 1))
def made_and_filled(z, t):
    n = len(z)
    a = np.zeros(n, np.complex128)
    b = np.empty((2, n), dtype=complex)
    c = np.full(n, 1j) + np.ones_like(z) + np.zeros_like(z)
    for k in range(n):
        a[k] = z[k] * t
        a[k] += 1
        a[k] *= z[n - 1 - k]
        b[0, k] = a[k] / (k + 1)
        b[1, k] = t
    b[1, 1:] -= z[:-1]
    b[:, 0] = b[0, 0] * 2
    a[::2] = b[1, ::2]
    return np.sum(a * c * b[0]).real + abs(b[1, 2])


@program(Z4, X4, argnums=(0, 1))
def in_place_on_arguments(z, x):
    z *= x
    z[1] = z[0] * z[2] + x[0]
    z[2:] = z[2:] * 1j + z[:2]
    return np.sum(z * z).imag


@program(Z4, X4, argnums=(0, 1))
def conversions(z, x):
    w = x.astype(np.complex128) + np.array([1j, x[0], z[1], 2])
    u = np.concatenate((w, z)) * np.stack((z, w)).ravel()
    v = u[np.array([0, 3, 1])]
    chosen = u[np.abs(u) > 0.5]
    return np.sum(v).real + np.sum(chosen.reshape((-1, 1)).T).imag + np.vstack((w, z))[1, 2].real


@program(A34, B42, W4, argnums=(0, 1, 2))
def matrix_products(a, b, w):
    c = a @ b
    v = a @ w
    u = np.dot(v, c)
    return np.sum(c * c).real + np.dot(w, w).imag + abs(np.vdot(v, v)) + (u[0] * (w @ b)[1]).real + np.sum(a.T.imag)


@program(X4)
def fourier_transform_by_loops(x):
    n = x.shape[0]
    f = np.zeros(n, np.complex128)
    for k in range(n):
        for j in range(n):
            f[k] += x[j] * np.exp(-2j * math.pi * j * k / n)
    f *= np.conj(f)
    re = f.real
    return np.sum(re * np.arange(n)) + np.max(np.abs(f))


@program(Z4, Z4 * 0.5, argnums=(0, 1))
def two_arrays_in_turn(u, v):
    for _ in range(3):
        w = u + 0.1j * v
        v = u * u
        u = w
    u, v = v, u
    return np.sum(np.abs(u - v))


@program(A34, argnums=(0,))
def views(a):
    row = a[1]
    column = a[:, 2]
    t = a.T
    part = a.real
    return (row[0] * column[2] * t[3, 0]).real + part[2, 2] * np.sum(t.imag[1:, :2] ** 2)


@program(Z4, argnums=(0,))
def real_parts_of_what_is_filled(z):
    a = np.zeros(4, np.complex128)
    re, im = a.real, a.imag
    for k in range(4):
        a[k] = z[k] ** 2
    return np.sum(re * im) + re[1]


@program(Z4, argnums=(0,))
def running_products(z):
    w = z.copy()
    for k in range(1, 4):
        w[k] *= w[k - 1] / abs(w[k - 1])
    return np.sum(w).real


TABLE = np.exp(1j * np.arange(4.0))
UNIT = 0.5 + 0.5j


@program(X4)
def constants_from_outside(x):
    return np.sum(np.abs(x + TABLE * UNIT)) + np.sum(x * TABLE).imag


@program(Z4.astype(np.complex64), X4.astype(np.float32), argnums=(0, 1))
def single_precision(z, x):
    w = z * x + np.complex64(1j) * z
    s = np.float32(0)
    for k in range(4):
        u = w[k] * w[k] / z[k]
        s += abs(u) + np.exp(u).real
    return s


@program(MIXED[:, ::-1].T, argnums=(0,))
def array_that_is_not_contiguous(a):
    return np.sum(np.abs(a * a[0]))


@program(Z4, argnums=(0,))
def library_functions(z):
    w = np.roll(np.flip(z), 1) + np.repeat(z[:2], 2) + np.cumsum(z)
    return np.sum(np.outer(w, z)).real + np.trace(np.diag(w)).imag + np.sum(np.take(w, [0, 2]) * 1j).real


@program(Z4, np.array([0, 2, 2]))
def chosen(z, places):
    w = z.copy()
    w[w.real > 0] *= 2j
    w[[0, 1]] += 1j * z[:2]
    np.add.at(w, places, z[:3] * z[0])
    return np.sum(w[np.argsort(np.abs(w))] * np.arange(4)).real + abs(w[-1])


def complex_values(z, w):
    return z * w + np.conj(z), abs(z), z.real


def complex_arrays(z, x):
    out = np.empty((2, len(z)), np.complex128)
    out[0] = z * x
    out[1] = np.exp(1j * x)
    return out, z[0] * x[1]


RESULTS = [
    (complex_values, (0.3 + 0.7j, -0.4 + 0.2j), (0, 1)),
    (complex_arrays, (Z4, X4), (0, 1)),
]
