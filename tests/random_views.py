"""Random programs in which memory has several names, made from a seed.

Rows, columns, slices, transposed, reshaped and flat views of arrays live on while their arrays are written, get other
values or other names; they are written themselves, handed to helpers beside their arrays, and returned from them.
"""

from __future__ import annotations

import random

from random_programs import Program
from random_states import Writer

NUMBERS = (
    *("s", "t", "0.6", "u[{i}]", "v[{j}]", "m[{i}, {j}]", "a[{j}, {i}]", "r[{i}]", "c[{j}]", "w[{i}]", "h[{i}, {j}]"),
    *("f[{i}]", "f[-1 - k % (d * d)]", "r[{j}] * c[{i}]", "np.sin(w[{j}])", "np.sum(r)", "np.sum(h * m)", "x[{i}] * s"),
    *("b[-1]", "np.sum(b)", "u[{i}] * w[{j}]", "part(m, {i})[{j}]", "r @ u", "np.max(f)", "np.tanh(t)"),
)
ARRAYS = (
    *("u", "v", "w", "r", "c", "m[{i}]", "m[:, {j}]", "f[:d]", "f[-d:]", "f[:: d + 1]", "m @ r", "c * u", "np.sin(w)"),
    *("h[{i}]", "h.T[{j}]", "u[::-1]", "r[::-1]", "r + s", "np.cumsum(w) * 0.3", "np.diag(m)", "u[g]", "m.T @ c"),
    *("part(m, {i})", "np.ravel(m)[d * d - d :]", "np.where(r > c, r, s * u)", "a[{i}]", "x * t"),
)
STATEMENTS = {
    "s = np.tanh({e})": 2,
    "s += 0.3 * {e}": 3,
    "t = {e}": 2,
    "t += s * {e}": 1,
    "k += 1": 1,
    # other views
    "r = m[{i}]": 3,
    "r = part(m, {i})": 2,
    "r = h[{i}]": 1,
    "r = a[{i}]": 1,
    "c = m[:, {j}]": 3,
    "c = m.T[{j}]": 1,
    "c = f[:: d + 1]": 1,
    "c = f[{i} * d : {i} * d + d]": 0.4,
    "w = u": 2,
    "w = u[:]": 1,
    "w = v[::-1]": 2,
    "w = whole(u)": 1,
    "h = m.T": 1,
    "h = m[::-1]": 1,
    "h = m[:, ::-1].T": 1,
    "f = m.ravel()": 2,
    "f = m.reshape(d * d)": 1,
    "f = m.reshape(-1)": 0.5,
    "b = u[1:]": 1,
    "b = u[{i} :]": 1,
    "b = r[: 1 + k % d]": 1,
    "r, c = c, r": 0.5,
    "r = m[{i}] if {c} else m[{j}]": 0.5,
    "if {c}:\n    r = m[{i}]": 0.5,
    "r = m[{i}]\nc = r[::-1]": 1,
    # other memory
    "u = {v} * 0.7": 2,
    "u = u.copy()": 1,
    "v = np.tanh({v})": 2,
    "m = m * 0.9": 1,
    "m = m.T.copy()": 1,
    "m = np.outer(u, v) * 0.4": 1,
    "u, v = v, u": 1,
    "u, v = v * 1.0, u": 1,
    # writes
    "u[{i}] = {e}": 3,
    "v[{j}] += {e} * {e}": 2,
    "m[{i}, {j}] = {e}": 3,
    "m[{i}, {j}] *= {e}": 2,
    "m[{i}] = {v} * 0.9": 2,
    "m[:, {j}] += {v} * 0.2": 2,
    "m *= 0.8": 1,
    "r[{i}] = {e}": 4,
    "r[{i}] += {e} * r[{j}]": 3,
    "r *= {e}": 2,
    "r[:] = {v} * 0.9": 2,
    "r += {v} * 0.3": 1,
    "r[1:] *= {e}": 2,
    "r[1:] = r[:-1] * 0.7": 1,
    "c[{j}] = {e}": 3,
    "c[:] = {v} * 0.9": 2,
    "c -= {v} * 0.2": 2,
    "c[::2] *= 0.5": 1,
    "r[:] = r[::-1]": 1,
    "m[{i}] = m[{j}]": 1,
    "c[1:] = c[:-1]": 1,
    "f[{i}] = {e}": 2,
    "f[k % (d * d)] *= {e}": 2,
    "f[1:] += f[:-1] * 0.3": 1,
    "f[:: d + 1] = {v} * 0.9": 2,
    "h[{i}, {j}] = {e}": 2,
    "h[{i}] *= {e}": 1,
    "h[:, {j}] = {v} * 0.9": 1,
    "h += m * 0.1": 1,
    "w[{i}] = {e}": 3,
    "w[:] = {v} * 0.9": 1,
    "w *= 0.9": 1,
    "w[{i}] += u[{j}] * v[{i}]": 2,
    "b[0] = {e}": 0.3,
    "b *= {e}": 1,
    "m.T[{i}, {j}] += {e}": 1,
    "m[{i}][{j}] = {e}": 1,
    "m[::-1][{i}] *= {e}": 1,
    "r[g[{i}]] += {e}": 1,
    "r[g] = {v}": 0.7,
    "r[r > s] *= 0.5": 1,
    "m[{i}, {j} :] = {e}": 1,
    "m[{i}], m[{j}] = m[{j}] * 0.5, m[{i}] * 0.7": 1,
    "r[{i}], c[{j}] = c[{j}], r[{i}]": 1,
    # calls
    "stirred(u, v)": 1,
    "stirred(r, u)": 1,
    "s = stirred(u, u) * 0.3": 1,
    "stirred(m[{i}], m[{j}])": 1,
    "s = stirred(u[1:], u[:-1]) * 0.5 if d > 1 else s": 0.5,
    "stirred(w, u)": 1,
    "spread(m, r)": 1,
    "spread(h, u)": 1,
    "part(m, {i})[{j}] = {e}": 0.5,
    "part(m, {i})[:] = {v} * 0.9": 0.5,
    "y = part(m, {i})\ny[{j}] *= {e}\ns += np.sum(y * r) * 0.2": 1,
    # loops
    "for q in range(d):\n    r[q] = {at}": 2,
    "for q in range(d):\n    y = m[q]\n    y[{j}] += {at}": 2,
    "for q in range(d):\n    y = m[:, q]\n    y *= {at}\n    s += np.sum(y) * 0.1": 2,
    "for q in range(d):\n    r = m[q]\n    r[{i}] = r[{j}] * s": 1,
    "for q in range(1, d):\n    c[q] += c[q - 1] * {at}": 2,
    "for y in m:\n    s += y[{i}] * y[{j}] * 0.3\n    y[{i}] = s": 1,
    "for q in range(d * d):\n    f[q] = np.tanh(f[q] + f[q - 1] * s)": 1,
    "for q in range(d - 1):\n    y = m[q]\n    z = m[q + 1]\n    z[:] = y * 0.5 + z * {at}": 2,
    "for q in range(d):\n    if {at} > 0.2:\n        y = m[q]\n    else:\n        y = m[-1]\n    y[{i}] *= 0.7": 0.3,
}
AT = ("u[q]", "v[q]", "w[q]", "r[q]", "c[q] * s", "m[{i}, q]", "m[q, {j}]", "h[q, {i}]", "f[q]", "f[q * d]",
      "u[q] * r[q]", "np.sin(c[q])", "r[q - 1]", "u[g[q]]", "a[q, q]")  # fmt: skip
TESTS = ("s > 0.2", "u[{i}] > r[{j}]", "k % 2 == 0", "t < {e}", "np.sum(c) > 0.5", "{i} > {j}", "m[{i}, {j}] < 0.3")
LOOPS = ("range(n)", "range(n)", "range(d)", "range(d)", "range(d)", "range(d - 1, -1, -1)", "range(1, d)", "range(3)",
         "range(k % 3)", "range(0, n, 2)")  # fmt: skip
RESULTS = ("s", "s + np.sum(m * m)", "s + np.sum(u * v)", "u * s + w", "s, u * 1.0", "m * s", "np.sum(h * m) + s * t",
           "np.sum(f) * s + np.sum(r * c)", "r * t, c * s")  # fmt: skip
HELPERS = '''
def part(b, q):
    """A view of its argument."""
    return b[q]


def whole(b):
    """Its argument."""
    return b


def stirred(b, e):
    """Writes to its first argument, which may be the second."""
    for q in range(1, len(b)):
        b[q] = b[q] * 0.7 + b[q - 1] * e[q] * 0.5
    return b[0] * e[-1]


def spread(b, e):
    """Writes to a matrix, of which the other argument may be a row."""
    for q in range(len(b)):
        b[q, 0] = b[q, 0] * 0.6 + e[q] * 0.3
'''
START = """d, k, s, t = len(x), 1, 0.3, x[0] * x[-1]
u = x * 0.8
v = np.sin(x)
m = {0}
r = {1}
c = {2}
f = {3}
h = {4}
w = {5}
b = u[1:] if d > 1 else u[:]"""


def random_views(seed: int) -> Program:
    """The program of `seed`; always the same one."""
    rng = random.Random(seed)
    pick = rng.choice
    start = START.format(
        pick(("a * 0.6", "a.copy()", "np.outer(x, x * 0.8)", "a")),
        pick(("m[0]", "m[-1]", "x.copy()", "v")),
        pick(("m[:, 0]", "m[0]", "m.T[d - 1]", "u[::-1]")),
        pick(("m.ravel()", "np.ravel(m)", "m.reshape(d * d)")),
        pick(("m.T", "m[::-1]", "m[:, ::-1]", "m")),
        pick(("u", "v[::-1]", "x * x", "u[:]")),
    )
    start = start.replace("u[1:] if d > 1 else u[:]", pick(("u[:1]", "u[d // 2 :]", "m[0]", "m[0][d // 2 :]")))
    tables = {"at": AT, "e": NUMBERS, "v": ARRAYS, "c": TESTS}
    writer = Writer(rng, tables, STATEMENTS, TESTS, LOOPS, RESULTS, points=["0", "d - 1", "-1", "k % d"])
    return writer.program(seed, HELPERS, start, _args)


def _args(rng: random.Random, numbers) -> tuple:
    d = rng.choice((1, 2, 2, 3, 3, 4))
    x, a = numbers.normal(size=d) * 0.7, numbers.normal(size=(d, d)) * 0.7
    return x, a, numbers.integers(0, d, size=d), rng.choice((0, 1, 2, 3, 5))
