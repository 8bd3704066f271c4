"""Random programs with complex arrays, made from a seed: written in place, replaced, swapped, summed, taken apart.

The arguments are real, and so is the result; numbers in between are complex, of loops, branches and array functions.
"""

from __future__ import annotations

import random

from random_programs import Program
from random_states import Writer

REALS = (
    *("s", "t", "x[{i}]", "a[{i}, {j}]", "0.4", "u[{i}].real", "u[{j}].imag", "abs(u[{i}] + 0.1)", "z.imag", "w[{j}]"),
    *("np.sum(u).real", "np.real(v[{i}] * u[{j}])", "abs(z - 2.5)", "np.angle(2.5 + z)", "np.vdot(u, v).imag * 0.3"),
    *("m[{i}, {j}].imag", "(u[{i}] * np.conj(u[{i}])).real", "np.sum(np.abs(v) ** 2)", "np.tanh(t)", "s * z.real"),
    *("np.sum(m.imag)", "(z / (2.0 + abs(z))).real", "np.max(u.real)", "np.max(np.imag(v))"),
)
COMPLEX = (
    *("z", "u[{i}]", "v[{j}]", "m[{i}, {j}]", "u[{i}] * v[{j}]", "z * u[{j}]", "np.conj(v[{i}])", "complex({e}, {e})"),
    *("1j * {e}", "np.exp(1j * {e})", "({e} + 0.3j)", "np.sum(v)", "np.sum(m[{i}])", "np.vdot(v, u)", "np.mean(u)"),
    *("z / (1.5 + abs(u[{i}]))", "np.sqrt(2.5 + z * 0.3)", "{e}", "np.dot(u, v)", "(z if t > 0.2 else u[{i}])"),
    *("np.tanh(0.3 * v[{i}])", "turned(z, {e})", "-z.conjugate()", "np.prod(u) * 0.5", "z ** 2"),
)
ARRAYS = (
    *("u", "v", "m[{i}]", "m[:, {j}]", "u * v", "np.conj(u)", "np.exp(1j * x)", "x * {z}", "m @ u", "u @ m", "v + {z}"),
    *("u[::-1]", "np.where(x > {e}, u, v)", "np.cumsum(v) * 0.4", "u[g]", "np.roll(v, 1)", "turns(u, {z})", "v.conj()"),
    *(
        "u / (1.5 + np.abs(v))",
        "u.real * v",
        "1j * w",
        "np.sin(0.4 * u)",
        "m.T @ v",
        "u - u.real",
        "np.diag(m)",
    ),
    *("np.sum(m, axis=0) * 0.4", "np.outer(u, x)[{i}]", "np.full(d, {z})", "np.conj(m[{i}]) * {e}", "v ** 2"),
)
STATEMENTS = {
    "s = np.tanh({e})": 2,
    "s += 0.3 * {e}": 2,
    "t = {e}": 2,
    "k += 1": 1,
    "z = {z}": 3,
    "z = {z} * 0.6 + 0.2": 2,
    "z += {z} * {e}": 2,
    "z *= {z}": 1,
    "z -= {z} * {z}": 1,
    "z = complex({e}, z.real)": 1,
    "z, s = z * s, abs(z + 0.2)": 1,
    "u[{i}] = {z}": 4,
    "v[{j}] += {z} * {z}": 3,
    "u[{i}] *= {z}": 3,
    "v[{i}] = {e}": 1,
    "u[{i}] = v[{j}] * u[{i}] + 0.1j * u[{j}]": 2,
    "u[{i}], u[{j}] = u[{j}], u[{i}] * 1j": 1,
    "m[{i}, {j}] = {z}": 2,
    "m[{i}, {j}] -= {z} * 0.3": 2,
    "m[{i}] *= {z}": 1,
    "m[:, {j}] = {v}": 1,
    "m[{i}] += {v} * 0.3": 1,
    "u[:] = {v}": 2,
    "v[...] = {v} * 0.5": 1,
    "u = {v} * 0.7": 3,
    "v = {v} + 0.1j": 2,
    "u, v = v, u": 1,
    "u, v = v * 1.0, u": 1,
    "u += {v} * 0.3": 2,
    "v *= {z}": 1,
    "u /= 1.5 + {e} ** 2": 1,
    "u[1:] *= {z}": 1,
    "u[1:] += v[:-1] * 0.4": 1,
    "u[g] = {v}": 1,
    "u[x > {e}] *= 0.5 + 0.5j": 1,
    "u[g[{i}]] += {z}": 2,
    "v = np.zeros(d, dtype=np.complex128)": 1,
    "y = {z}\nv = np.empty(d, dtype=np.complex128)\nv[:] = y": 1,
    "w = u.real * {e}": 1,
    "w = np.abs(v + 0.2)": 1,
    "w[{i}] += {e}": 1,
    "w = (u * np.conj(v)).imag": 1,
    "r = m[{i}]\nr[{j}] = r[{i}] * {z}": 1,
    "m = m @ m * 0.3": 1,
    "m = m.T * 0.9j": 1,
    "m = np.outer(u, v) * 0.4": 1,
    "p = (z, {e})\nz = p[0] * p[1]": 1,
    "z = scaled(u, {z})": 1,
    "s = scaled(v, {z}).imag": 1,
    "for q in range(d):\n    u[q] = u[q] * 0.5 + {at}": 2,
    "for q in range(1, d):\n    v[q] = v[q - 1] * {z} * 0.3 + {at}": 2,
    "for q in range(d - 1):\n    u[q] += u[q + 1] * {at} * 0.4": 1,
    "z = 0j\nfor q in range(d):\n    z += {at} * {at}\n    w[q] = z.imag": 1,
    "for q in range(d):\n    if abs({at}) > 0.4:\n        z += {at} * 0.5": 1,
    "for q in range(d):\n    z = z * z * 0.4 + {at}\n    if abs(z) > 1.5:\n        break": 2,
    "for e in u:\n    s += (e * z).imag * 0.3": 1,
    "z = z ** (k % 3)": 1,
}
AT = ("u[q]", "v[q]", "x[q]", "x[q] * z", "m[{i}, q]", "a[q, {j}]", "u[q] * v[q]", "np.exp(1j * x[q])", "np.conj(u[q])",
      "m[q] @ u", "u[(q + 1) % d]", "v[g[q]]", "1j * w[q]")  # fmt: skip
TESTS = ("s > 0.2", "abs(z) > 0.7", "u[{i}].real > v[{j}].imag", "k % 2 == 0", "t < {e}", "z.imag > 0.1", "{i} > {j}")
LOOPS = (
    "range(n)",
    "range(n)",
    "range(d)",
    "range(d)",
    "range(d - 1, -1, -1)",
    "range(1, d)",
    "range(3)",
    "range(k % 3)",
)
RESULTS = ("s + z.real", "s + np.sum(np.abs(u + 0.1) ** 2)", "np.sum((u * v).imag) + s", "u.real * s + w", "s, v.imag",
           "abs(z + 3.0), np.sum(np.real(m) * w)", "np.sum(m * np.conj(m)).real + t", "(m.imag * s)")  # fmt: skip
HELPERS = '''
def turned(z, e):
    """A complex number, from one of two places."""
    if z.real > e:
        return z * np.exp(1j * e)
    return np.conj(z) + e


def turns(b, z):
    """A complex array."""
    out = np.empty(len(b), dtype=np.complex128)
    for q in range(len(b)):
        z = z * 0.5 + b[q]
        out[q] = z
    return out


def scaled(b, z):
    """Writes to its first argument."""
    for q in range(1, len(b)):
        b[q] = b[q] * z * 0.5 + b[q - 1] * 0.3
    return b[-1] * z
'''
START = """d, k, s, t = len(x), 1, 0.3, x[0] * x[-1]
u = {0}
v = {1}
m = {2}
w = np.zeros(d)
z = complex(x[0], t)"""


def random_complex(seed: int) -> Program:
    """The program of `seed`; always the same one."""
    rng = random.Random(seed)
    start = START.format(
        rng.choice(("x * (0.8 + 0.3j)", "np.exp(1j * x)", "x + 1j * a[0]", "x.astype(np.complex128)")),
        rng.choice(("1j * np.sin(x)", "np.zeros(d, dtype=np.complex128)", "a[:, -1] - 0.5j * x")),
        rng.choice(("a * (0.6 - 0.4j)", "a + 1j * a.T", "np.outer(x, u)", "np.zeros((d, d), dtype=np.complex128)")),
    )
    tables = {"at": AT, "z": COMPLEX, "v": ARRAYS, "e": REALS}
    writer = Writer(rng, tables, STATEMENTS, TESTS, LOOPS, RESULTS, points=["0", "d - 1", "-1", "k % d"])
    return writer.program(seed, HELPERS, start, _args)


def _args(rng: random.Random, numbers) -> tuple:
    d = rng.choice((1, 2, 2, 3, 3, 4))
    x, a = numbers.normal(size=d) * 0.6, numbers.normal(size=(d, d)) * 0.6
    return x, a, numbers.integers(0, d, size=d), rng.choice((0, 1, 2, 3, 5))
