"""Random programs of integers that count and point into arrays, made from a seed.

Several counters move in one loop, up and down, in branches, before and after what reads them. Bounds of loops hang on
them; arrays of integers change while they are indices. An index is brought into range by `%`, by `min` and `max`, or by
a condition around it.
"""

from __future__ import annotations

import random
from dataclasses import dataclass, field

import numpy as np
from random_programs import Program

STEPS = ("{0} += 1", "{0} -= 1", "{0} += 2", "{0} = {0} + 3", "{0} = {0} - 2", "{0} += n", "{0} = 1 + {0}")
MOVES = (
    *(
        "{0} = {1}",
        "{0} = {1} + 1",
        "{0}, {1} = {1}, {0}",
        "{0} = ({0} * 2 + 1) % 5",
        "{0} = {0} // -2",
        "{0} = -{1} % 3",
    ),
    *("{0} = {1} // 2", "{0} = max({0}, {1}) - 1", "{0} = min({0}, {1} + 2)", "{0} = abs({0}) % -4", "{0} = k[{2}]"),
    *(
        "k[{2}] = {0} % 4",
        "k[{2}] += 1",
        "{0} = int(x[{2}] * 3.0)",
        "{0} += {1} > 1",
        "{0} = {0} ^ 1",
        "{0} = {1} << 1",
    ),
    *("{0} = len(y) - {1}", "{0} = {0} if {1} > 2 else {1} - 1", "k[{2}], k[{3}] = k[{3}], k[{2}]"),
)
FLOATS = (
    *(
        "s = s * 0.5 + x[{2}] * x[{3}]",
        "y[{2}] += s * x[{3}]",
        "y[{2}] = x[{3}] * y[{2}] + 0.1",
        "s += 0.1 * {0} * x[{2}]",
    ),
    *(
        "y[{2}] *= 0.5 + x[{3}]",
        "y[{2}] -= np.sin(y[{3}])",
        "y[{2}] = s",
        "s = np.tanh(s + y[{2}])",
        "s -= y[{2}] * y[{3}]",
    ),
    *(
        "y[{2}], y[{3}] = y[{3}], y[{2}]",
        "s += a[{2}, {3}]",
        "a[{2}, {3}] += s * 0.5",
        "a[{2}, {3}] = y[{2}] * a[{3}, {2}]",
    ),
    *("y[{2}:] *= 0.9", "s += np.sum(x[:{2}])", "s *= 1.0 + 0.1 * (k[{2}] - {0} % 3)"),
)
TESTS = (
    "{0} % 2 == 1",
    "{0} > {1}",
    "s > 0.3",
    "y[{2}] < x[{3}]",
    "k[{2}] != {0}",
    "{0} % 3 and {1} > 0",
    "not {0} % 2",
)
RANGES = (
    *(
        "range(3)",
        "range(n)",
        "range(1, n)",
        "range(n - 1, -1, -1)",
        "range(0, 2 * n, 3)",
        "range({0} % 4)",
        "range(4, 0, -2)",
    ),
    *(
        "range({0} % 3, {1} % 5)",
        "range(n, {0} % 3, -1)",
        "range(k[{2}] % 4)",
        "range(0, 3, n)",
        "range(-2, 1)",
        "range(len(y))",
    ),
)


def random_counters(seed: int) -> Program:
    """The program of `seed`; always the same one."""
    return _Writer(random.Random(seed)).program(seed)


@dataclass
class _Writer:
    rng: random.Random
    lines: list = field(default_factory=list)
    integers: list = field(default_factory=lambda: ["i", "j", "m"])
    inside: list = field(default_factory=list)  # those that are indices as they are
    held: list = field(default_factory=list)  # those that only the loop around changes
    depth: int = 1
    loops: int = 0
    count: int = 0

    def program(self, seed: int) -> Program:
        self.emit("i, j, m, s = 0, n, 1, 0.5")
        self.emit("y = x * 1.0")
        self.emit("a = np.outer(x, x)")
        for _ in range(self.rng.randint(3, 6)):
            self.statement()
        self.emit("for q in range(n):")
        self.emit("    s += y[q] * (q + 1) + a[q, q] * x[q] * (k[q] + i - j)")
        self.emit("return s * (1 + m % 3)" if self.chance(0.7) else "return y * s + a[(i + j) % n]")
        text = "\n".join(self.lines)
        numbers, n = np.random.default_rng(seed), self.rng.choice((1, 2, 3, 4))
        args = (numbers.normal(size=n) * 0.7, numbers.integers(0, n, size=n), n)
        return Program(seed, f"import numpy as np\n\n\ndef f(x, k, n):\n{text}\n", args, (0,))

    def chance(self, p: float) -> bool:
        return self.rng.random() < p

    def emit(self, text: str) -> None:
        self.lines.append("    " * self.depth + text)

    def filled(self, form: str) -> str:
        return form.format(self.integer(), self.integer(), self.index(), self.index())

    def integer(self) -> str:
        return self.rng.choice(self.integers)

    def index(self) -> str:
        if self.inside and self.chance(0.5):
            return self.rng.choice(self.inside)
        forms = ("{0} % n", "{0} % n", "({0} + {1}) % n", "min(max({0}, 0), n - 1)", "-({0} % n) - 1", "({0} - 1) % n")
        return self.rng.choice(forms).format(self.integer(), self.integer())

    def free(self) -> list:
        """The counters that a statement may change here."""
        return [name for name in "ijm" if name not in (*self.inside, *self.held)]

    def statement(self) -> None:
        kinds = {self.step: 4, self.move: 2, self.change: 5}
        if self.depth < 4:
            kinds |= {self.loop: 2, self.march: 2, self.repeat: 1, self.branch: 2, self.guard: 1}
        if self.loops:
            kinds |= {self.jump: 0.7}
        self.rng.choices(list(kinds), list(kinds.values()))[0]()

    def step(self) -> None:
        if self.free():
            self.emit(self.rng.choice(STEPS).format(self.rng.choice(self.free())))

    def move(self) -> None:
        if len(self.free()) > 1:
            first, second = self.rng.sample(self.free(), 2)
            self.emit(self.rng.choice(MOVES).format(first, second, self.index(), self.index()))

    def change(self) -> None:
        self.emit(self.filled(self.rng.choice(FLOATS)))

    def loop(self) -> None:
        self.count += 1
        name, form = f"t{self.count}", self.rng.choice(RANGES)
        self.emit(f"for {name} in {self.filled(form)}:")
        self.integers.append(name)
        points = form in ("range(n)", "range(1, n)", "range(n - 1, -1, -1)", "range(len(y))")
        self.block(True, [name] if points else [])
        self.integers.remove(name)
        self.after_loop()

    def march(self) -> None:
        """A loop in which each iteration steps some counters once."""
        names = self.rng.sample(self.free(), min(self.rng.choice((1, 2, 2, 3)), len(self.free())))
        self.count += 1
        self.emit(f"for t{self.count} in {self.rng.choice(('range(n)', 'range(3)', 'range(1, n)', 'range(i % 3)'))}:")
        self.held += names
        self.depth += 1
        for name in names:
            for _ in range(self.rng.randint(0, 2)):
                self.statement()
            self.emit(f"{name} {self.rng.choice(('+=', '-='))} {self.rng.choice('1123')}")
        self.depth -= 1
        self.block(True, [])
        self.held = [name for name in self.held if name not in names]

    def repeat(self) -> None:
        """A `while`, whose own counter steps first or last."""
        self.count += 1
        name, first = f"w{self.count}", self.chance(0.6)
        self.emit(f"{name} = {self.rng.choice('01')}")
        self.emit(f"while {name} < 4{self.rng.choice(('', ' and s < 2.0', ' and i < 9'))}:")
        self.integers.append(name)
        self.depth += 1
        if first:
            self.emit(f"{name} += 1")
        self.depth -= 1
        self.block(first, [], [] if first else [f"{name} += 1"])
        self.integers.remove(name)
        self.after_loop()

    def after_loop(self) -> None:
        if self.chance(0.15):
            self.emit("else:")
            self.block(False, [])

    def branch(self) -> None:
        self.emit(f"if {self.filled(self.rng.choice(TESTS))}:")
        self.block(None, [])
        if self.chance(0.5):
            self.emit("else:")
            self.block(None, [])

    def guard(self) -> None:
        """A condition that says that an integer is an index."""
        name = self.rng.choice("ijm")
        forms = ("0 <= {0} < n", "{0} >= 0 and n > {0}", "-n <= {0} < n", "-n <= {0} < 0", "not (abs({0}) >= n)")
        self.emit(f"if {self.rng.choice(forms).format(name)}:")
        self.block(None, [name])

    def jump(self) -> None:
        self.emit(f"if {self.filled(self.rng.choice(TESTS))}:")
        self.depth += 1
        if self.chance(0.5):
            self.step()
        self.emit(self.rng.choice(("break", "continue")))
        self.depth -= 1

    def block(self, is_loop: bool | None, inside: list, last: list | tuple = ()) -> None:
        """What is in a loop that jumps may leave, in one that they may not (False), or in a branch (None)."""
        before, was = self.loops, self.inside
        self.loops = before if is_loop is None else int(is_loop)
        self.inside = [*was, *inside]
        self.depth += 1
        for _ in range(self.rng.randint(1, 4)):
            self.statement()
        self.emit("s += 0.1")
        for line in last:
            self.emit(line)
        self.depth -= 1
        self.loops, self.inside = before, was
