"""Random programs in which types of numbers mix, made from a seed.

Floats of both precisions, integers, booleans and arrays of them meet in arithmetic, are stored into each other, and
names change from one to another. What an integer stores has no derivative.
"""

from __future__ import annotations

import random

import numpy as np
from random_programs import Program
from random_states import Writer

NUMBERS = (
    *("s", "t", "x[{i}]", "y[{i}]", "u[{i}]", "v[{j}]", "w[{i}]", "m[{i}, {j}]", "h[{i}]", "b[{i}]", "k", "0.5", "2"),
    *("x[{i}] * h[{j}]", "y[{i}] * v[{j}]", "u[{i}] * b[{j}]", "(s if b[{i}] else t)", "h[{i}] / 3", "np.sum(y)"),
    *("np.sum(h)", "np.sum(b)", "np.mean(h) * t", "np.sum(h * x)", "np.sum(y * b)", "np.sum(v)", "np.dot(u, u)"),
    *("float(k)", "np.float32(s)", "np.float64(t)", "int(s * 2.0)", "(s > t)", "(k > 1) * s", "np.sin(h[{i}])"),
    *("np.sqrt(1 + h[{i}] ** 2)", "abs(k - 2) * t", "max(s, h[{i}])", "min(k, t)", "s ** 2", "2 ** (k % 3)", "t / 4"),
    *("np.max(h)", "np.max(y)", "np.exp(-y[{i}])", "round(s * 2.0)", "np.floor(t)", "bool(k) * t", "h[{i}] // 2"),
    *("h[{i}] % 3", "-h[{j}]", "(not b[{i}]) * s", "turned(k, s)", "turned(s, t)"),
)
ARRAYS = (
    *("x", "y", "u", "v", "w", "x * h", "y * b", "u * v", "y + 1", "v * 0.5", "x + y", "h * s", "b * t", "np.sin(y)"),
    *("np.where(b, x, y)", "np.where(b, h, u)", "x[h % d]", "y[g]", "np.sqrt(1 + h * h)", "h / 3", "m[{i}]", "m @ u"),
    *(
        "x * np.float32({e})",
        "y.astype(np.float64)",
        "np.cumsum(h) * s",
        "np.cumsum(y) * 0.4",
        "(x > 0.1) * y",
        "h + b * u",
    ),
    *("np.maximum(h, x)", "np.outer(h, y)[{i}]", "np.concatenate((y, x))[:d]", "-y", "y ** 2", "np.abs(h) * v"),
    *("np.full(d, {e})", "a[{i}] * y", "np.minimum(y, 0.4)", "np.sign(x) * y", "np.floor(x) * y", "h // 2 * x"),
)
STATEMENTS = {
    "s = np.tanh({e})": 2,
    "s += 0.3 * {e}": 3,
    "s -= {e} * {e} * 0.3": 2,
    "s *= 0.5": 1,
    "s = s / (2 + abs({e}))": 1,
    "t = {e} * 0.5": 2,
    "t = {e} * 1.0": 1,
    "t += {e} * s": 2,
    "t = np.float32({e})": 1,
    "t = float({e})": 1,
    "k += 1": 1,
    "k = int({e} * 2.0) % 5": 1,
    "k = h[{i}] % 4": 1,
    "k = k * 2 % 7": 1,
    # a name that changes
    "c = 0\nfor q in range(d):\n    c += {at}\ns += 0.2 * c": 2,
    "c = 1\nfor q in range(d):\n    c *= {at}\nt += 0.2 * c": 2,
    "c = 0\nif {c}:\n    c = {e}\nt = t * 0.5 + c": 2,
    "c = k\nc = c * {e}\ns = np.tanh(s + c)": 1,
    "c = {c}\ns += c * {e} * 0.3": 1,
    "c = x\nc = c * h\ns += np.sum(c) * 0.1": 1,
    "c = h[{i}]\nc *= 2\ns += c * {e} * 0.1": 1,
    # floats of double precision
    "u[{i}] = {e}": 3,
    "u[{i}] += {e} * {e} * 0.5": 2,
    "u[{i}] *= {e}": 2,
    "u[:] = {v}": 2,
    "u = {v} * 1.0": 1,
    "u = {v} * 0.6 + u": 2,
    "u += {v} * 0.3": 2,
    "u[b] *= 0.5": 1,
    "u[h % d] = {v}": 1,
    "m[{i}, {j}] = {e}": 1,
    "m[{i}] += {v} * 0.3": 2,
    "m *= np.float32({e})": 1,
    # of single precision
    "v[{i}] = {e}": 3,
    "v[{i}] += {e} * 0.4": 2,
    "v[{i}] *= {e}": 2,
    "v[:] = {v}": 2,
    "v = v * np.float32(0.7)": 1,
    "v += y * np.float32(0.3)": 1,
    "v *= y": 1,
    "v[1:] += v[:-1] * np.float32(0.5)": 1,
    "v = np.zeros(d, dtype=np.float32)": 1,
    "v = ({v}).astype(np.float32)": 1,
    # integers and booleans
    "w[{i}] = k": 1,
    "w[{i}] = int({e} * 3.0) % 5": 2,
    "w[{i}] += k": 1,
    "w[:] = h": 1,
    "w = h * 2 - w": 1,
    "w[b] = 1": 1,
    "b[{i}] = {c}": 2,
    "b = x > {e}": 1,
    "b = (x > t) & (y < s)": 1,
    "b = ~b": 1,
    "b[:] = h > 1": 1,
    "w = np.arange(d) * k": 1,
    # loops
    "for q in range(d):\n    u[q] = u[q] * 0.5 + {at}": 2,
    "for q in range(1, d):\n    v[q] = v[q - 1] * 0.5 + {at}": 2,
    "for q in range(d):\n    w[q] = w[q] + (u[q] > {at})": 1,
    "for q in range(d):\n    if b[q]:\n        s += {at} * 0.3\n    else:\n        t = t * 0.5": 1,
    "for q in range(d):\n    t = t * 0.5 + {at} * v[q]\n    v[q] = t": 2,
    "for q in range(d):\n    for e in range(w[q] % 3):\n        s = s * 0.5 + {at}": 1,
    "for q in h:\n    s += q * t * 0.1": 1,
    "mixed(u, y)": 1,
    "mixed(v, h)": 1,
    "s = mixed(v, x) * 0.3": 1,
    "t = mixed(u, b) * 0.3": 1,
}
AT = ("u[q]", "v[q]", "w[q]", "x[q]", "y[q] * s", "h[q]", "b[q]", "x[q] * h[q]", "y[q] * u[q]", "q", "q * 0.1",
      "q * t", "m[{i}, q]", "(x[q] if b[q] else h[q])", "np.float32(x[q])", "v[q] * v[q - 1]", "a[q, {j}]",
      "h[q] * y[q]")  # fmt: skip
TESTS = ("s > 0.2", "u[{i}] > v[{j}]", "k % 2 == 0", "t < {e}", "b[{i}]", "not b[{j}]", "h[{i}] > 1", "w[{i}] < k",
         "b[{i}] and s > t", "y[{i}] > h[{j}]", "k")  # fmt: skip
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
RESULTS = ("s + t * 1.0", "s + np.sum(u * v)", "u * s + w", "s * 1.0, v * u", "m * s + t", "np.sum(m) + np.sum(v) * t",
           "np.sum(y * v) * s", "v, t * 1.0", "np.sum(w * u) + s")  # fmt: skip
HELPERS = '''
def turned(c, e):
    """A number of two types."""
    if c > 1:
        return c * 0.3
    return e


def mixed(c, e):
    """Writes to its first argument, in its type."""
    for q in range(1, len(c)):
        c[q] = c[q] * 0.7 + c[q - 1] * e[q] * 0.2
    return c[0] * e[-1]
'''
START = """y = {0}
h = g * 2 - 1
d, k, s, t = len(x), 1, {1}, x[0] * y[-1]
u = x * 0.8
v = {2}
w = g * 1
b = x > 0.0
m = a * {3}"""


def random_types(seed: int) -> Program:
    """The program of `seed`; always the same one."""
    rng = random.Random(seed)
    start = START.format(
        rng.choice(("x.astype(np.float32)", "a[0].astype(np.float32)", "np.sin(x).astype(np.float32)", "a[0]")),
        rng.choice(("0.3", "x[0]", "np.sum(x)", "x[-1] * y[0]")),
        rng.choice(("np.zeros(d, dtype=np.float32)", "y * np.float32(0.5)", "np.ones(d, np.float32)", "y.copy()")),
        rng.choice(("0.5", "g", "y", "(x > 0)")),
    )
    tables = {"at": AT, "e": NUMBERS, "v": ARRAYS, "c": TESTS}
    writer = Writer(rng, tables, STATEMENTS, TESTS, LOOPS, RESULTS, points=["0", "d - 1", "-1", "k % d"])
    return writer.program(seed, HELPERS, start, _args)


def _args(rng: random.Random, numbers) -> tuple:
    d = rng.choice((1, 2, 2, 3, 3, 4))
    x, a = numbers.normal(size=d) * 0.6, numbers.normal(size=(d, d)) * 0.6
    if rng.random() < 0.3:
        x = x.astype(np.float32)
    if rng.random() < 0.2:
        a = a.astype(np.float32)
    return x, a, numbers.integers(0, d, size=d), rng.choice((0, 1, 2, 3, 5))
