"""Random programs of loops that carry much from one iteration to the next, made from a seed.

The state is of all kinds at once: numbers, a complex number, a tuple, arrays that are written, replaced, swapped or
shifted into themselves, a matrix and its rows and columns, work arrays, a counter. Loops of many iterations go through
it, in the middle of which they may end; some of their iterations are independent, and may be threads.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
from random_programs import Program

NUMBERS = (
    *("s", "t", "u[{i}]", "v[{j}]", "w[{i}]", "x[{j}]", "m[{i}, {j}]", "a[{j}, {i}]", "z.real", "abs(z)", "p[0]"),
    *("p[1]", "0.5", "s * t", "u[{i}] * v[{j}]", "x[{i}] * u[{j}]", "np.sin(t)", "np.tanh(u[{i}])", "(s - v[{j}])"),
    *("max(s, u[{i}])", "np.exp(-v[{i}] ** 2)", "np.sum(u)", "u @ x", "np.max(v)", "(s if t > 0.1 else u[{i}])"),
    *("np.sum(m[{i}])", "m[:, {j}] @ u", "1.0 / (1.5 + s * s)", "(t + 0.1 * k)", "bent(t)", "np.sum(a * m)"),
)
ARRAYS = (
    *("u", "v", "w", "x", "m[{i}]", "m[:, {j}]", "a[{i}]", "u * v", "np.sin(u)", "u + s", "m @ u", "u @ m", "a.T @ v"),
    *("u[::-1]", "np.where(u > v, u, s * v)", "np.cumsum(v) * 0.3", "u[g]", "x * t", "np.roll(u, 1)", "mixed(u, v)"),
    *("np.maximum(u, w)", "-v", "u / (1.0 + w * w)", "np.sum(m, axis=0) * 0.3", "(u if s > t else v * 1.0)"),
)
STATEMENTS = {
    "s = np.tanh({e})": 2,
    "s += 0.3 * {e}": 3,
    "s -= {e} * {e}": 2,
    "s *= 0.5 + 0.3 * np.cos({e})": 2,
    "t = {e}": 2,
    "t += s * {e}": 2,
    "s, t = t, s * {e}": 2,
    "p = (s, {e})": 1,
    "p = (p[1], p[0] * 0.7 + {e} * 0.1)": 1,
    "z = z * z * 0.5 + complex({e}, s) * 0.3": 1,
    "z *= np.exp(1j * {e})": 1,
    "z = z.conjugate() * {e}": 1,
    "u[{i}] = {e}": 3,
    "v[{i}] += {e} * {e}": 3,
    "u[{i}] *= {e}": 3,
    "w[{i}] = {e}": 3,
    "w[{i}] -= u[{j}] * s": 2,
    "u[{i}] = v[{j}] * u[{i}] + 0.1 * u[{j}]": 2,
    "u[{i}], u[{j}] = u[{j}], u[{i}]": 1,
    "m[{i}, {j}] = {e}": 2,
    "m[{i}, {j}] += {e} * 0.3": 2,
    "m[{i}] *= {e}": 1,
    "m[:, {j}] += {v} * 0.2": 1,
    "m[{i}] = {v}": 1,
    "m[{i}, {j}:] = {e}": 1,
    "u[:] = {v}": 2,
    "v[...] = {v} * 0.5": 1,
    "u = {v} * 0.7": 3,
    "v = np.tanh({v})": 2,
    "w = {v} + 0.1 * u": 2,
    "u, v = v, u": 2,
    "u, v, w = w, u * 1.0, v": 1,
    "u[1:] = u[:-1] * 0.9": 1,
    "u[:-1] += u[1:] * {e}": 1,
    "v[::2] *= 0.8": 1,
    "u += {v} * 0.3": 2,
    "v *= {e}": 2,
    "w = np.zeros(d)": 2,
    "w[:] = 0.0": 1,
    "v = np.ones(d) * s": 1,
    "m = m @ m * 0.3": 1,
    "m = m.T * 0.9": 1,
    "m += 0.1 * np.outer(u, {v})": 1,
    "u[g] = {v}": 1,
    "u[u > s] *= 0.5": 1,
    "u[g[{i}]] += {e}": 2,
    "r = m[{i}]\nr[{j}] = r[{i}] * {e}": 1,
    "r = u[1:]\ns += np.sum(r * r) * 0.2": 1,
    "stirred(u, v)": 1,
    "s = stirred(w, u) * 0.5": 1,
    "k += 1": 2,
    "k = g[k % d]": 1,
    "k = (k * 3 + 1) % 7": 1,
    "t = -1e9\nfor q in range(d):\n    t = max(t, {at})": 1,
    "t = 0.0\nfor q in range(d):\n    t += {at} * {at}\n    w[q] = t": 1,
    "for q in range(d):\n    w[q] = {at}": 3,
    "for q in range(d):\n    v[q] = v[q] * 0.5 + {at}": 2,
    "for q in range(1, d):\n    w[q] = w[q - 1] * 0.5 + {at}": 2,
    "for q in range(d - 2, -1, -1):\n    u[q] -= u[q + 1] * {at}": 2,
    "for q in range(1, d - 1):\n    w[q] = u[q - 1] - 2.0 * u[q] + u[q + 1]": 2,
    "for q in range(d):\n    for e in range(q):\n        w[q] -= m[q, e] * w[e]\n    s += w[q] * w[q]": 1,
    "for q in range(d):\n    if {at} > 0.2:\n        s += {at}": 1,
    "for q in range(d):\n    h = {at}\n    if h < -0.5:\n        break\n    w[q] = h * s": 1,
}
AT = ("u[q]", "v[q]", "w[q]", "x[q] * s", "m[{i}, q]", "a[q, {j}]", "u[q] * v[q]", "np.sin(u[q])", "m[q] @ u",
      "x[q] * x[{i}]", "u[(q + 1) % d]", "v[q - 1]", "u[g[q]]", "np.tanh(s + u[q])")  # fmt: skip
TESTS = (
    *("s > 0.2", "u[{i}] > v[{j}]", "k % 2 == 0", "t < {e}", "abs(z) > 0.8", "np.sum(u) > 0.5", "{i} > {j}"),
    *("s > 0 and u[{i}] < 0.5", "not t > s", "w[{j}] < 0 or k % 3 == 1", "-0.5 < u[{i}] < s"),
)
LOOPS = ("range(n)", "range(n)", "range(n)", "range(d)", "range(d)", "range(d - 1, -1, -1)", "range(1, d)", "range(3)",
         "range(0, n, 2)", "range(n - 1, -1, -2)", "range(k % 3)", "range(n // 2)")  # fmt: skip
RESULTS = (
    "s",
    "s + np.sum(u * v)",
    "u * s + w",
    "s, u",
    "(t, np.sum(m) + abs(z))",
    "m * s",
    "np.sum(m * m) + p[0] * t",
)
# What the iterations of a loop do that have an array `b` and a number `y` for themselves.
OWN_LOOPS = ("range(d)", "range(1, d)", "range(d - 1)")
OWN_FILLED = ("b[q] = a[{0}, q] * x[q]", "b[q] = np.sin(x[q] * y)", "b[q] = x[q] if x[q] > y else a[q, {0}]")
OWN_CHANGES = (
    *("for q in range(1, d):\n    b[q] += b[q - 1] * y", "y = y * np.sum(b)", "b[0] *= y", "b = b * x * y"),
    *("for q in range(d):\n    y = y * 0.5 + b[q]", "if y > 0.1:\n    y = np.tanh(y * b[-1])", "y = max(y, b[d // 2])"),
    "for q in range(d):\n    if b[q] > y:\n        break\n    y += b[q]",
)
OWN_USES = ("s += y * b[-1]", "w[{0}] = y", "m[{0}] = b * y", "u[{0}] += y", "v[{0}] *= y", "m[{0}] += b",
            "t += np.sum(b)", "w[g[{0}]] += y", "m[:, {0}] = b")  # fmt: skip
START = """d, k, s, t = len(x), 1, 0.3, x[0] * x[-1]
u = x * 0.8
v = np.sin(x)
w = np.zeros(d)
m = {0}
z = complex(x[0], t)
p = (0.5, s)"""
TABLES = {"at": AT, "e": NUMBERS, "v": ARRAYS}
HELPERS = '''
def bent(e):
    """A number, from one of two places."""
    if e > 0.3:
        return e * e
    return np.sin(e)


def mixed(b, e):
    """An array, filled with what went before."""
    out = np.empty(len(b))
    c = 0.5
    for q in range(len(b)):
        c = c * b[q] + e[q] * 0.3
        out[q] = c
    return out


def stirred(b, e):
    """Writes to its first argument."""
    for q in range(1, len(b)):
        b[q] = b[q] * 0.7 + b[q - 1] * e[q]
    return b[0] * e[-1]
'''


def random_states(seed: int) -> Program:
    """The program of `seed`; always the same one."""
    rng = random.Random(seed)
    start = START.format(rng.choice(("a * 0.6", "a.copy()", "np.outer(x, x * 0.8)", "np.zeros((d, d))")))
    writer = Writer(rng, TABLES, STATEMENTS, TESTS, LOOPS, RESULTS, points=["0", "d - 1", "-1", "k % d"], alone=True)
    return writer.program(seed, HELPERS, start, _args)


def _args(rng: random.Random, numbers) -> tuple:
    d = rng.choice((1, 2, 3, 3, 4, 5))
    x, a = numbers.normal(size=d) * 0.7, numbers.normal(size=(d, d)) * 0.7
    a = np.asfortranarray(a) if rng.random() < 0.2 else a
    return x, a, numbers.integers(0, d, size=d), rng.choice((0, 1, 2, 3, 5, 7, 9, 12))


@dataclass
class Writer:
    """The text of a program: statements in loops, in branches and alone. `tables` has the texts that a brace with a
    name stands for; `points` are indices of all arrays; `alone` where loops of independent iterations are written."""

    rng: random.Random
    tables: dict
    statements: dict
    tests: tuple
    loops: tuple
    results: tuple
    points: list = field(default_factory=list)
    alone: bool = False
    lines: list = field(default_factory=list)
    depth: int = 1
    inside: int = 0  # how many loops the next statement is in
    count: int = 0

    def program(self, seed: int, helpers: str, start: str, args: Callable) -> Program:
        self.emit(start)
        for _ in range(self.rng.choice((0, 0, 1, 2))):
            self.simple()
        for _ in range(self.rng.choice((1, 1, 1, 2))):
            self.own_loop() if self.alone and self.chance(0.15) else self.loop()
        returned = self.rng.choice(self.results)
        text = "\n".join(self.lines).replace("RETURNED", returned)
        source = f"import numpy as np\n\n{helpers}\n\ndef f(x, a, g, n):\n{text}\n    return {returned}\n"
        values = args(self.rng, np.random.default_rng(seed))
        return Program(seed, source, values, self.rng.choice(((0,), (0, 1), (1,)) if "a" in text else ((0,),)))

    def chance(self, p: float) -> bool:
        return self.rng.random() < p

    def emit(self, text: str) -> None:
        self.lines += ["    " * self.depth + line for line in text.split("\n")]

    def filled(self, form: str) -> str:
        """The text with one of its table in place of each brace, drawn for itself."""
        ways = self.tables | {"i": self.points, "j": self.points}
        while "{" in form:
            for name, texts in ways.items():
                if f"{{{name}}}" in form:
                    form = form.replace(f"{{{name}}}", self.rng.choice(texts), 1)
        return form

    def simple(self) -> None:
        self.emit(self.filled(self.rng.choices(list(self.statements), list(self.statements.values()))[0]))

    def statement(self) -> None:
        kind = self.rng.random()
        if kind < 0.1 and self.depth < 4:
            self.branch()
        elif kind < 0.2 and self.depth < 3:
            self.loop()
        elif kind < 0.23 and self.depth < 3 and self.alone:
            self.own_loop()
        elif kind < 0.3 and self.inside:
            self.jump()
        else:
            self.simple()

    def block(self, most: int, is_loop: bool = False) -> None:
        self.depth, self.inside = self.depth + 1, self.inside + is_loop
        for _ in range(self.rng.randint(1, most)):
            self.statement()
        self.depth, self.inside = self.depth - 1, self.inside - is_loop

    def loop(self) -> None:
        self.count += 1
        name = f"c{self.count}"
        if self.chance(0.2):
            self.emit(f"{name} = 0")
            self.emit(f"while {name} < 6 and ({self.filled(self.rng.choice(self.tests))}):")
            self.emit(f"    {name} += 1")
            new = [f"{name} % d"]
        else:
            form = self.filled(self.rng.choice(self.loops))
            self.emit(f"for {name} in {form}:")
            new = [name] * 4 if "d" in form else [f"{name} % d"] * 2
            new += [f"({name} + 1) % d", f"-1 - {new[0]}"]
        before = self.points, self.tables
        self.points = [*self.points, *new]
        self.tables = {key: (*texts, name, name) if key == "k" else texts for key, texts in self.tables.items()}
        self.block(5, is_loop=True)
        self.points, self.tables = before

    def own_loop(self) -> None:
        """A loop whose iterations are independent but for sums, as far as its body lets them be."""
        self.count += 1
        name, pick = f"c{self.count}", self.rng.choice
        self.emit(f"for {name} in {pick(OWN_LOOPS)}:")
        self.depth += 1
        y = self.filled(pick(AT)).replace("q", name)
        self.emit(
            f"b = np.{pick(('empty', 'zeros'))}(d)\ny = {y}\nfor q in range(d):\n    {pick(OWN_FILLED).format(name)}"
        )
        for _ in range(self.rng.randint(0, 3)):
            self.emit(pick(OWN_CHANGES))
        self.emit(pick(OWN_USES).format(name))
        self.depth -= 1

    def branch(self) -> None:
        self.emit(f"if {self.filled(self.rng.choice(self.tests))}:")
        self.block(2)
        if self.chance(0.5):
            self.emit("else:")
            self.block(2)

    def jump(self) -> None:
        self.emit(f"if {self.filled(self.rng.choice(self.tests))}:")
        self.depth += 1
        if self.chance(0.5):
            self.simple()
        self.emit(self.rng.choice(("break", "continue", "break", "continue", "return RETURNED")))
        self.depth -= 1
