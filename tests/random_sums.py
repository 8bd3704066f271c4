"""Random programs of functions that scale and add up what their calls return, made from a seed.

Most are such that the cotangent of a call's result is known before the call; in the others something is in the way:
a factor that changes, a result that is used twice, or in a product of two, or after the sum has been read.
"""

from __future__ import annotations

import random
from dataclasses import dataclass, field

import numpy as np
from random_programs import Program

NAMES = ("g", "h")
ENDS = ("n <= 0", "n < 1 or k[0] > 5", "n <= 0 or s > 1.3", "n <= 0 or v[0] * s > 0.9")
LEAVES = ("s", "s * s", "v[k[0] % 3]", "np.sin(s) * v[1]", "1.0", "v[n % 3] * s - 0.2")
FLOATS = (
    "s",
    "t",
    "c",
    "v[0]",
    "v[k[1] % 3]",
    "v[n % 3]",
    "0.5",
    "sign",
    "s * 0.7",
    "np.sin(t)",
    "v[1] * c",
    "t / 3.0",
)
CHANGES = (
    *("t = {0} * {1}", "t = {0} + {1}", "c = {0} * 0.5", "s = s * 0.9 + {0} * 0.1", "sign = -sign", "n -= 1"),
    *("k[0] += 1", "k[1] = n", "k[n % 2] -= 1", "t += {0}", "t *= {0}", "c = np.cos({0})", "total += {0} * {1}"),
    *("total -= {0}", "if {0} > 0.1:\n    t = {1}", "if {0} > 0.1:\n    total += {1}", "s = t"),
)
PLAIN_FLOATS = ("s", "v[0]", "v[k[1] % 3]", "v[n % 3]", "0.5", "sign", "s * 0.7", "np.sin(s)", "v[1] * s", "v[2]")
PLAIN_CHANGES = (
    *("k[0] += 1", "k[1] = n", "k[n % 2] -= 1", "sign = -sign", "n -= 1", "total += {0} * {1}", "total -= np.cos({0})"),
    *("if {0} > 0.1:\n    total += {1} * s", "y = {0} * s\ntotal += y * {1}", "z = np.exp({0} * s)\ntotal -= z"),
)
SUMS = (
    *(
        "total += {1} * {0}",
        "total += {0}",
        "total -= {1} * {0}",
        "total += {0} * {1} * {2}",
        "total = total + {0} / 4",
    ),
    *("r = {0}\ntotal += r * {1}", "r = {0}\nk[0] += 1\ntotal += {1} * r", "q = {0} * {1}\ntotal += q - {2}"),
    *("r = {0}\ntotal += r * {1} + r", "r = {0}\nq = r * {1}\ntotal += q * {2}", "if n % 2:\n    total += {1} * {0}"),
    *("if n % 2:\n    r = {0}\nelse:\n    r = {1}\ntotal += r * {2}", "for j in range(2):\n    total += {1} * {0}"),
)
HARD = (
    *("r = {0}\ntotal += r * r", "s = {0}", "total = {0} * total", "t = {0}", "total = {0}", "total += np.sin({0})"),
    *("r = {0}\nc = c * {1}\ntotal += c * r", "total += {0}\nif total > 0.5:\n    total += {1}"),
    *("r = {0}\ntotal += {1} * r\nt = r", "r = {0}\nfor j in range(2):\n    total += r * {1}"),
    *("total += {0}\ns = total", "c = {0}\ntotal += c * {1}\nc = {2}"),
)
RETURNS = ("total", "total", "total * {0}", "total + {0}", "{0} * total - s", "np.tanh(total)")


def random_sums(seed: int) -> Program:
    """The program of `seed`; always the same one."""
    return _Writer(random.Random(seed)).program(seed)


@dataclass
class _Writer:
    rng: random.Random
    lines: list = field(default_factory=list)
    depth: int = 1
    hard: float = 0.0  # how often something is in the way

    def program(self, seed: int) -> Program:
        self.hard = self.rng.choice((0.0, 0.0, 0.1, 0.3))
        for name in NAMES:
            self.function(name)
        self.lines += ["def f(v, s, n):"]
        self.emit("k = np.zeros(2, dtype=np.int64)")
        self.emit("total, t, c, sign = 0.0, s * 0.3, v[0], 1.0")
        for _ in range(self.rng.choice((1, 1, 2))):
            self.sum(self.rng.choice(NAMES), "n")
        self.emit("return " + self.rng.choice(RETURNS).format(self.float()))
        text = "\n".join(self.lines)
        numbers = np.random.default_rng(seed)
        args = (numbers.normal(size=3) * 0.6, float(numbers.normal() * 0.5), self.rng.choice((1, 2, 3)))
        return Program(seed, f"import numpy as np\n\n\n{text}\n", args, self.rng.choice(((0, 1), (0,), (1,))))

    def chance(self, p: float) -> bool:
        return self.rng.random() < p

    def emit(self, text: str) -> None:
        self.lines += ["    " * self.depth + line for line in text.split("\n")]

    def float(self) -> str:
        return self.rng.choice(FLOATS if self.hard else PLAIN_FLOATS)

    def function(self, name: str) -> None:
        self.lines += [f"def {name}(v, k, s, n):"]
        self.emit(f"if {self.rng.choice(ENDS)}:")
        self.emit("    return " + self.rng.choice(LEAVES))
        self.emit("t, c, sign = s * v[0], v[1], 1.0")
        self.emit("total = " + self.rng.choice(("0.0", "0.0", "s * v[2]", self.float())))
        for _ in range(self.rng.randint(0, 2)):
            self.change()
        for _ in range(self.rng.choice((1, 1, 2))):
            self.call(self.rng.choice((name, *NAMES)))
        if self.chance(0.4):
            self.change()
        self.emit("return " + self.rng.choice(RETURNS[: 5 if self.hard < 0.1 else 6]).format(self.float()))
        self.lines += ["", ""]

    def change(self) -> None:
        self.emit(self.rng.choice(CHANGES if self.hard else PLAIN_CHANGES).format(self.float(), self.float()))

    def call(self, name: str) -> None:
        """A call, in a loop, in a branch or neither."""
        kind = self.rng.random()
        if kind < 0.4:
            self.emit(self.rng.choice(("for i in range(n):", "for i in range(2):", "for i in range(n - 1, -1, -1):")))
        elif kind < 0.6:
            self.emit(self.rng.choice(("if v[0] > s:", "if n % 2 == 1:", "if s < 0.4:")))
        counts = ["n - 1", "n - 1", "n - 2", "n // 2", "i" if "in range(n" in self.lines[-1] else "n - 3"]
        self.depth += kind < 0.6
        if self.chance(0.5):
            self.change()
        self.sum(name, self.rng.choice(counts))
        if self.chance(0.5):
            self.change()
        if kind < 0.4 and self.chance(0.1):
            self.emit("if s > 0.4:\n    break")
        self.depth -= kind < 0.6

    def sum(self, name: str, count: str) -> None:
        call = f"{name}(v, k, {self.float()}, {count})"
        form = self.rng.choice(HARD if self.chance(self.hard) else SUMS)
        self.emit(form.format(call, self.float(), self.float()))
