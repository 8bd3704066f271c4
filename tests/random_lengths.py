"""Random programs of arrays whose lengths change, made from a seed: cut, joined, chosen, made anew in a branch.

Lengths differ between branches and from one iteration to the next, and hang on counters, on data or on each other; two
arrays meet in the part that both have. An index is brought into range by the length of its array.
"""

from __future__ import annotations

import random

from random_programs import Program
from random_states import Writer

NUMBERS = (
    *(
        "s",
        "t",
        "0.4",
        "x[{k} % d]",
        "u[{k} % len(u)]",
        "v[0]",
        "v[-1]",
        "s * u[-1]",
        "np.sum(u)",
        "np.max(v)",
        "np.sin(t)",
    ),
    *("(s - u[0])", "0.1 * len(u)", "m[-1, 0]", "np.sum(m[0])", "v[{k} % len(v)] * x[0]", "total(u)", "np.tanh(s + t)"),
)
COUNTS = ("k", "k", "j", "len(u)", "len(v)", "2", "(j + 1)", "m.shape[0]")
ARRAYS = (
    *("x", "u", "v * {e}", "x[: 1 + {k} % d]", "np.sin(u)", "u[::-1]", "u[::2]", "x[{k} % d :]", "m[0]", "m[:, -1]"),
    *("np.concatenate((u, v))[:5]", "np.append(v, {e})[-4:]", "np.ones(1 + {k} % 3)", "u[u > {e}]", "grown(v, t)"),
    *("np.cumsum(u)", "u[: len(v)] * v[: len(u)]", "m @ m[0]", "np.zeros(1 + {k} % 3)", "x[g[: 1 + {k} % d]]", "u + s"),
    "np.repeat(v, 2)[:5]",
)
STATEMENTS = {
    "s = np.tanh({e})": 2,
    "s += 0.3 * {e} * {e}": 3,
    "t = s * {e}": 2,
    "s, t = t, s * 0.5 + {e}": 1,
    "k += 1": 3,
    "k = len(u)": 1,
    "j = {k} % 4": 2,
    "j = int(t * 2.0)": 1,
    "u = {v} * 0.8": 5,
    "v = {v} + 0.1 * {e}": 4,
    "w = {v} * 1.0\nw[-1] *= {e}\nu = np.tanh(w)": 2,
    "n1 = 1 + {k} % 3\nu = np.ones(n1) * {e}\nu[0] *= t": 3,
    "u, v = v, u": 2,
    "u, v = v * s, u": 1,
    "u *= {e}": 2,
    "u[{k} % len(u)] = {e}": 2,
    "v[{k} % len(v)] += {e} * s": 2,
    "u[: len(v)] += v[: len(u)] * 0.5": 2,
    "q = min(len(u), len(v))\nu[:q] *= v[:q]": 2,
    "r = u[{k} % len(u) :]\nr[0] *= {e}\ns += np.sum(r)": 2,
    "if len(u) > 2:\n    u = u[1:] * {e}": 2,
    "if len(u) < 4:\n    u = np.append(u, {e})": 2,
    "if {c}:\n    u = {v} * 1.0\nelse:\n    u = {v} * 0.5": 3,
    "if {c}:\n    q = 1 + {k} % 3\n    v = np.ones(q) * {e}\n    v[0] += s": 2,
    "m = np.outer(u, v) * 0.5": 2,
    "m = m[:, ::-1] * {e}": 1,
    "m[0] *= {e}": 1,
    "m = m.T * 0.9": 1,
    "w = np.zeros(len(u))\nfor q in range(len(u)):\n    w[q] = u[q] * u[q - 1]\nu = w": 2,
    "w = np.empty(len(v))\nfor q in range(len(v)):\n    w[q] = v[q] * s\n    s = np.tanh(s + w[q])\nv = w * 1.0": 2,
    "for q in range(1, len(u)):\n    u[q] += u[q - 1] * 0.5": 2,
    "for q in range(min(len(u), len(v))):\n    s += u[q] * v[q] * 0.2": 2,
    "for q in range(m.shape[0]):\n    m[q] *= s\n    t += m[q, -1]": 1,
    "for e in u:\n    s += e * e * 0.2": 1,
    "h = [e * s for e in u]\nh.append(t)\nv = np.array(h)[:4]": 1,
    "clipped(u, s)": 1,
}
TESTS = (
    *("s > 0.2", "len(u) > 2", "k % 2 == 0", "u[0] > v[-1]", "len(u) < len(v)", "np.sum(u) > t", "t < {e}", "j > 1"),
    *("m.shape[0] > 1", "k > 2 and s < 0.9", "not u[-1] > 0.3"),
)
LOOPS = ("range(n)", "range(n)", "range(n)", "range(d)", "range(len(u))", "range(3)", "range(1, 4)", "range(3, 0, -1)",
         "range(k % 4)", "range(n // 2)")  # fmt: skip
RESULTS = ("s", "s + np.sum(u * u) + t", "u * s", "s, u", "v * t + s", "m * s", "np.sum(m) + s, u * u, v * 1.0",
           "np.concatenate((u, v)) * s")  # fmt: skip
HELPERS = '''
def total(b):
    """A number of an array of any length."""
    c = 0.0
    for e in b:
        if e > 1.2:
            break
        c += e * e
    return c


def grown(b, e):
    """An array that is longer, or not."""
    if len(b) > 3:
        return b[1:] * e
    out = np.zeros(len(b) + 1)
    out[1:] = b
    out[0] = e
    return out


def clipped(b, e):
    """Writes to its argument."""
    for q in range(len(b)):
        if b[q] > e:
            b[q] = e * b[0]
'''


def random_lengths(seed: int) -> Program:
    """The program of `seed`; always the same one."""
    return Writer(random.Random(seed), _TABLES, STATEMENTS, TESTS, LOOPS, RESULTS).program(seed, HELPERS, _START, _args)


_TABLES = {"e": NUMBERS, "k": COUNTS, "v": ARRAYS, "c": TESTS}
_START = """d, j, k, s, t = len(x), 2, 1, 0.3, x[0] * x[-1]
u = x * 0.8
v = np.sin(x[: 1 + g[0]])
m = np.outer(v, u)"""


def _args(rng: random.Random, numbers) -> tuple:
    d = rng.choice((1, 2, 3, 3, 4))
    x, g = numbers.normal(size=d) * 0.7, numbers.integers(0, d, size=d)
    return x, float(numbers.normal()), g, rng.choice((0, 1, 2, 3, 4, 5, 7))
