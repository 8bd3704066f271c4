"""Random programs of time steps on grids, made from a seed.

A step computes new values of a line or a plane of cells from each cell and its neighbours, sets the ends, and makes the
new values the old ones: by a copy, a swap, a new name or a new array. What else happens stands between these at random,
as do steps that are left early, work arrays of each step, sums and records of what passed.
"""

from __future__ import annotations

import random
from dataclasses import dataclass

from random_programs import Program
from random_states import Writer

LINES, PLANES = ("u", "v"), ("m", "p")
NUMBERS = ("s", "t", "0.4", "u[{i}]", "v[{j}]", "x[{i}]", "m[{i}, {j}]", "a[{j}, {i}]", "np.sum(u) * 0.3", "k * 0.2",
           "np.sin(v[{i}])", "u[{i}] * v[{j}]", "np.max(u)", "h[0]", "np.sum(p)")  # fmt: skip
# One cell from others; the braces are indices, at which all arrays are read.
CELLS = (
    *("{0}[q] + 0.3 * ({0}[q - 1] - 2.0 * {0}[q] + {0}[q + 1])", "0.5 * ({0}[q - 1] + {0}[q + 1])", "{0}[q] * t"),
    *("{0}[q] - s * {0}[q] * ({0}[q] - {0}[q - 1])", "np.sin({0}[q + 1]) * {0}[q]", "{0}[q - 1] + x[q] * 0.3"),
    *("0.3 * ({0}[q - 1] + {0}[q] + {0}[q + 1])", "x[q] * ({0}[q + 1] - {0}[q - 1]) + {1}[q]", "{0}[q] * {0}[q + 1]"),
    *("max({0}[q], {0}[q - 1])", "s * {0}[q]", "{0}[q] * {e}", "2.0 * {0}[q] - {1}[q] + 0.2 * {0}[q - 1]", "{e}"),
    *("({0}[q] if {0}[q] > t else {0}[q + 1] * s)", "a[q, q] * {0}[q - 1] * {0}[q + 1]", "h[q] * {0}[q] + {0}[q - 1]"),
)
PLANE_CELLS = (
    "0.25 * ({0}[q - 1, e] + {0}[q + 1, e] + {0}[q, e - 1] + {0}[q, e + 1])",
    "{0}[q, e] + s * ({0}[q - 1, e] + {0}[q + 1, e] - 2.0 * {0}[q, e]) + 0.2 * {0}[q, e + 1]",
    *("{0}[q, e] * a[q, e] + 0.3 * {0}[q, e - 1]", "{0}[q, e] * {0}[q - 1, e]", "np.tanh({0}[q, e + 1]) * t"),
    *("{0}[q, e] + 0.1 * {1}[q, e]", "0.3 * ({0}[q - 1, e - 1] + {0}[q, e] + {0}[q + 1, e + 1])", "{0}[q, e] * {e}"),
    *("x[q] * {0}[q, e] + u[e] * {0}[q - 1, e]", "a[e, q] * ({0}[q + 1, e] - {0}[q - 1, e])", "u[q] * v[e]"),
)
ENDS = (
    *("{0}[0] = 0.0\n{0}[d - 1] = 0.0",) * 4,
    *("{0}[0] = 0.0", "{0}[d - 1] = 0.0", "{0}[0] = {0}[d - 1]", "{0}[-1] = {e}"),
    *(
        "{0}[0] = s\n{0}[-1] = t",
        "{0}[d - 1] = {0}[d // 2] * 0.5",
        "{0}[:1] = {e}",
        "{0}[0] = {0}[1 % d]",
        "{0}[0] *= 0.5",
    ),
    *("for q in range(d // 2, d):\n    {0}[q] = 0.0", "{0}[1:] *= 0.9", "{0}[0], {0}[-1] = {0}[-1] * 0.5, {0}[0]"),
)
PLANE_ENDS = (
    *("{0}[0] = 0.0\n{0}[d - 1] = 0.0", "{0}[:, 0] = 0.0\n{0}[:, -1] = 0.0", "{0}[0, :] = x", "{0}[:, 0] = {0}[:, -1]"),
    *("{0}[-1] = {0}[0] * 0.7", "for q in range(d):\n    {0}[q, 0] = 0.0\n    {0}[q, d - 1] = 0.0", "{0}[0, 0] = {e}"),
    "for q in range(d):\n    {0}[0, q] = {0}[q, 0] = {0}[d - 1, q] = {0}[q, d - 1] = 0.0",
)
# The new values, of the name {1}, become the old ones, of the name {0}.
MOVES = (
    *("{0}[:] = {1}", "{0}[:] = {1}", "{0}, {1} = {1}, {0}", "{0}, {1} = {1}, {0}", "{0} = {1}.copy()", "{0} = {1}"),
    *(
        "{0} = {1} * 1.0",
        "{0} = {1} * s",
        "{0}[1:-1] = {1}[1:-1]",
        "{0}[...] = {1} * 0.5 + {0}",
        "{0} += {1}",
        "{1}[:] = {0}",
    ),
)
LINE_MOVES = (
    *("for q in range(d):\n    {0}[q] = {1}[q]", "for q in range(1, d - 1):\n    {0}[q] = {1}[q]"),
    *(
        "for q in range(d):\n    {0}[q] = {1}[q]\n    s += {1}[q] * 0.1",
        "for q in range(d):\n    {0}[q] += 0.2 * {1}[q]",
    ),
    "for q in range(1, d):\n    {0}[q] = {1}[q]\n{0}[0] = {e}",
)
MADE = (
    "np.empty(d)",
    "np.zeros(d)",
    "np.zeros(d)",
    "np.empty_like(x)",
    "u * 0.5",
    "u.copy()",
    "np.ones(d) * s",
    "x * t",
)
PLANE_MADE = ("np.empty((d, d))", "np.zeros((d, d))", "np.zeros((d, d))", "m.copy()", "np.zeros_like(a)", "a * s")
BETWEEN = {
    "s = np.tanh({e})": 2,
    "s += 0.2 * {e}": 2,
    "t = {e}": 1,
    "k += 1": 1,
    "u[{i}] += {e}": 1,
    "v[{j}] = {e}": 1,
    "m[{i}, {j}] *= {e}": 1,
    "p[{i}] = 0.0": 1,
    "h[k % d] += {e}": 2,
    "h[:] = u": 1,
    "h = u * v": 1,
    "w = rate(u, s)\nu = u + 0.3 * w": 1,
    "w = rate(u, t)\ny = rate(u + 0.5 * w, t)\nv = u + 0.2 * (w + y)": 1,
    "w = np.zeros(d)\nfor q in range(1, d):\n    w[q] = w[q - 1] * 0.5 + u[q]\ns += np.sum(w) * 0.2": 1,
    "for q in range(1, d):\n    u[q] = u[q] - 0.5 * u[q - 1] * x[q]": 1,
    "for q in range(d - 2, -1, -1):\n    v[q] = v[q] * s + 0.4 * v[q + 1]": 1,
    "for q in range(d):\n    s = s * 0.8 + u[q] * h[q]\n    v[q] = s": 1,
    "for q in range(d):\n    for e in range(d):\n        m[q, e] += 0.2 * u[q] * v[e]": 1,
    "for q in range(d):\n    t = 0.0\n    for e in range(d):\n        t += m[q, e] * u[e]\n    v[q] = t": 1,
    "u = np.concatenate((u[1:], u[:1]))": 0.5,
    "w = u\nu = v\nv = w": 1,
    "v = u - h": 1,
    "m = p * 1.0": 0.5,
    "if {c}:\n    u[:] = v": 1,
    "if {c}:\n    u = v * 0.5": 1,
    "if {c}:\n    u, v = v, u": 1,
}
TESTS = ("s > 0.2", "u[{i}] > v[{j}]", "k % 2 == 0", "np.sum(u) > t", "k < 2", "m[{i}, {j}] < 0.3", "abs(t) > 0.4")
LOOPS = ("range(n)", "range(n)", "range(n)", "range(1, n)", "range(n - 1, -1, -1)", "range(3)", "range(d)")
RESULTS = ("s", "s + np.sum(u * u)", "np.sum(u * v) + t", "u * s + v", "s, u * 1.0", "m * s", "np.sum(m * p) + s",
           "np.sum(h * u) + np.sum(m * m) * t", "u[d // 2] * s + v[-1]", "np.sum(m) + p[0, -1]",
           "h * 1.0, p * t")  # fmt: skip
HELPERS = '''
def rate(b, e):
    """How each cell changes, in a new array."""
    out = np.zeros(len(b))
    for q in range(1, len(b) - 1):
        out[q] = b[q + 1] - 2.0 * b[q] + b[q - 1] * e
    return out
'''
START = """d, k, s, t = len(x), 0, 0.3, x[0] * x[-1]
u = {0}
v = {1}
m = {2}
p = {3}
h = np.ones(d) * 0.5"""


def random_steps(seed: int) -> Program:
    """The program of `seed`; always the same one."""
    rng = random.Random(seed)
    pick = rng.choice
    start = START.format(
        pick(("x * 0.8", "x.copy()", "np.zeros(d)", "np.sin(x)")),
        pick(("np.zeros(d)", "np.ones(d)", "x * 1.0", "u.copy()")),
        pick(("a * 0.6", "a.copy()", "np.outer(x, x)")),
        pick(("np.zeros((d, d))", "m.copy()", "a * 0.3")),
    )
    tables = {"e": NUMBERS, "c": TESTS}
    writer = _Writer(rng, tables, BETWEEN, TESTS, LOOPS, RESULTS, points=["0", "d - 1", "-1", "k % d"])
    writer.share = pick((0.3, 0.3, 0.05, 0.0))
    return writer.program(seed, HELPERS, start, _args)


def _args(rng: random.Random, numbers) -> tuple:
    d = rng.choice((1, 2, 3, 4, 4, 5, 6))
    x, a = numbers.normal(size=d) * 0.7, numbers.normal(size=(d, d)) * 0.7
    return x, a, numbers.integers(0, d, size=d), rng.choice((0, 1, 2, 3, 4, 7))


@dataclass
class _Writer(Writer):
    """Most loops are over steps; `share` is how many other statements there are."""

    share: float = 0.3

    def loop(self) -> None:
        if self.depth > 1 or self.chance(0.1):
            super().loop()
            return
        self.count += 1
        name, form = f"c{self.count}", self.rng.choice(self.loops)
        if self.chance(0.2):
            self.emit(
                f"{name} = 0\nwhile {name} < n and ({self.filled(self.rng.choice(self.tests))}):\n    {name} += 1"
            )
        else:
            self.emit(f"for {name} in {form}:")
        before = self.points
        self.points = [*before, f"{name} % d"]
        self.depth, self.inside = self.depth + 1, self.inside + 1
        for _ in range(self.rng.choice((1, 1, 2))):
            self.step()
        self.depth, self.inside, self.points = self.depth - 1, self.inside - 1, before

    def step(self) -> None:
        """New values, ends, and a move, other statements between them."""
        plane = self.chance(0.35)
        old, new = self.rng.sample(PLANES if plane else LINES, 2)
        if self.chance(0.2):
            self.emit(f"{new} = {self.rng.choice(PLANE_MADE if plane else MADE)}")
        self.at_times()
        if self.chance(0.3):
            self.emit(self.named(PLANE_ENDS if plane else ENDS, old, new))
        self.cells(plane, old, new)
        self.at_times()
        for _ in range(self.rng.choice((0, 1, 1, 2))):
            self.emit(self.named(PLANE_ENDS if plane else ENDS, self.rng.choice((new, new, old)), old))
        self.at_times()
        if self.chance(0.1):
            self.jump()
        if self.chance(0.9):
            self.emit(self.named(MOVES if plane else MOVES + LINE_MOVES, old, new))
        self.at_times()

    def at_times(self) -> None:
        if self.chance(self.share):
            self.statement()

    def named(self, forms: tuple, old: str, new: str) -> str:
        return self.filled(self.rng.choice(forms).replace("{0}", old).replace("{1}", new))

    def cells(self, plane: bool, old: str, new: str) -> None:
        """A nest over cells whose neighbours are cells as well; at times of a part of them, or backwards."""
        text = self.named(PLANE_CELLS if plane else CELLS, old, new)
        names = ("q", "e") if plane else ("q",)
        target, form = f"{new}[{', '.join(names)}]", self.rng.choice(("=", "=", "=", "=", "+="))
        if self.chance(0.1):
            target = target.replace("q", "q - 1", 1)
        if self.chance(0.06):
            target = target.replace(new, old)
        lines = []
        for axis, name in enumerate(names):
            low, high = (int(f"{name} {sign} 1" in text + target) for sign in "-+")
            low, high = (n + (self.chance(0.15)) for n in (low, high))
            ends = f"{low}, d - {high}" if low else f"d - {high}" if high else "d"
            trips = f"range({ends})"
            if self.chance(0.08):
                trips = f"range(d - {high + 1}, {low - 1}, -1)"
            elif self.chance(0.05):
                trips = f"range({low}, d - {high}, 2)"
            lines.append("    " * axis + f"for {name} in {trips}:")
        inner = "\n" + "    " * len(names)
        lines[-1] += inner + f"{target} {form} {text}"
        if self.chance(0.2):
            lines[-1] += inner + self.rng.choice((f"s += {target} * 0.1", f"t = t * 0.5 + {target}", f"{target} *= s"))
        self.emit("\n".join(lines))
