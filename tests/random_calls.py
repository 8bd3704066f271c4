"""Random programs of functions that call themselves and each other, made from a seed.

Depths are known or hang on the data; arguments are arrays, views of them and numbers. Functions write to what they
are given, and return a number, an array, both, or nothing.
"""

from __future__ import annotations

import random
from dataclasses import dataclass, field

import numpy as np
from random_programs import Program

NAMES = ("g", "h")
ENDS = ("n <= 0", "n < 1 or len(v) < 2", "n <= 0 or s > 1.3", "n <= 0 or v[0] * v[-1] > 0.9")
NUMBERS = ("s", "s * 0.5", "np.sin(s)", "v[n % len(v)]", "w[0] * s", "w[-1] + 0.1", "np.sum(w) * 0.2", "s * v[0] - 0.1")
PASSED = ("v", "v", "w", "w", "v * 0.7", "w[1 - 1 // len(w) :]", "v[::-1]", "w.copy()", "np.sin(v) * s")
LOCALS = ("w = v * 0.5 + s", "w = v", "w = v.copy()", "w = np.ones(len(v)) * s", "w = np.sin(v)")
CHANGES = (
    *(
        "w[n % len(w)] *= {0}",
        "v[0] = v[0] * 0.5 + {0}",
        "w[-1] += v[0] * s",
        "s = np.tanh(s + {0})",
        "s *= 0.5 + v[-1]",
    ),
    *("w *= 0.9", "v[:] = w * 0.6", "s -= w[0] * v[n % len(v)]", "n -= 1", "v[len(v) // 2] = s", "w = w * {0}"),
)
# What a function returns, at its end and where it starts to return, and what a call becomes.
RETURNS = {
    "number": (("return {0}", "return s * {0} + w[0]"), ("return s * s", "return v[0] * s", "return 1.0")),
    "array": (("return w * {0}", "return v + s"), ("return v * s", "return np.ones(len(v))", "return v.copy()")),
    "pair": (("return {0}, w * s", "return s, v * 1.0"), ("return s, v * s", "return 0.5, v.copy()")),
    "nothing": (("v[0] += {0}", "v *= 0.8"), ("return",)),
}
USES = {
    "number": ("s += {0} * 0.5", "s = {0}", "v[0] = {0} * s", "w[n % len(w)] -= {0}", "s = s * {0} + {1}"),
    "array": ("s += np.sum({0}) * 0.3", "s = {0}[0] * s", "s -= np.max({0})"),
    "pair": ("s, r = {0}\n    s += r[0]", "q, r = {0}\n    s += q * np.sum(r) * 0.2", "s *= {0}[0]"),
    "nothing": ("{0}",),
}


def random_calls(seed: int) -> Program:
    """The program of `seed`; always the same one."""
    return _Writer(random.Random(seed)).program(seed)


@dataclass
class _Writer:
    rng: random.Random
    lines: list = field(default_factory=list)
    kinds: dict = field(default_factory=dict)
    depth: int = 1

    def program(self, seed: int) -> Program:
        self.kinds = {name: self.rng.choice(list(RETURNS)) for name in NAMES}
        for name in NAMES:
            self.function(name)
        self.lines += ["def f(x, s, n):"]
        self.emit("v = x * 1.0" if self.chance(0.7) else "v = x")
        self.emit("w = v * 2.0")
        for name in self.rng.choice((("g",), ("g", "h"), ("h", "g", "g"))):
            self.use(name, "n")
        self.emit(self.rng.choice(("return s * np.sum(v) + w[0]", "return v * s + w", "return s")))
        text = "\n".join(self.lines)
        numbers = np.random.default_rng(seed)
        args = (numbers.normal(size=self.rng.choice((1, 2, 3, 4))) * 0.6, float(numbers.normal() * 0.5))
        source = f"import numpy as np\n\n\n{text}\n"
        return Program(seed, source, (*args, self.rng.choice((0, 1, 2, 3))), self.rng.choice(((0, 1), (0,), (1,))))

    def chance(self, p: float) -> bool:
        return self.rng.random() < p

    def emit(self, text: str) -> None:
        self.lines += ["    " * self.depth + line for line in text.replace("\n    ", "\n").split("\n")]

    def number(self) -> str:
        return self.rng.choice(NUMBERS)

    def function(self, name: str) -> None:
        ends, starts = RETURNS[self.kinds[name]]
        self.lines += [f"def {name}(v, s, n):"]
        self.emit(f"if {self.rng.choice(ENDS)}:")
        self.emit("    " + self.rng.choice(starts))
        self.emit(self.rng.choice(LOCALS))
        for _ in range(self.rng.randint(0, 2)):
            self.change()
        for _ in range(self.rng.choice((1, 1, 2))):
            self.call(self.rng.choice((name, *NAMES)))
        if self.chance(0.6):
            self.change()
        self.emit(self.rng.choice(ends).format(self.number()))
        self.lines += ["", ""]

    def change(self) -> None:
        self.emit(self.rng.choice(CHANGES).format(self.number()))

    def call(self, name: str) -> None:
        """A call, in a loop, in a branch or neither."""
        kind = self.rng.random()
        if kind < 0.25:
            self.emit(self.rng.choice(("for i in range(n):", "for i in range(2):", "for i in range(n - 1, -1, -1):")))
        elif kind < 0.5:
            self.emit(self.rng.choice(("if v[0] > s:", "if n % 2 == 1:", "if s < 0.4:")))
        counts = ["n - 1", "n - 1", "n - 2", "n // 2", "i" if "in range(n" in self.lines[-1] else "n - 3"]
        self.depth += kind < 0.5
        self.use(name, self.rng.choice(counts))
        if kind < 0.5 and self.chance(0.5):
            self.change()
        self.depth -= kind < 0.5

    def use(self, name: str, count: str) -> None:
        call = f"{name}({self.rng.choice(PASSED)}, {self.number()}, {count})"
        if self.chance(0.15):
            call = f"{name}(n={count}, v={self.rng.choice(PASSED)}, s={self.number()})"
        self.emit(self.rng.choice(USES[self.kinds[name]]).format(call, self.number()))
