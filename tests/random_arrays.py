"""Random programs of array functions, made from a seed: axes, broadcasting, views, chosen elements, lengths 0 and 1.

Each expression is written for a shape that is known while the program is written; which lengths are 0 or 1, and how the
arguments lie in memory, is drawn.
"""

from __future__ import annotations

import random
from dataclasses import dataclass, field

import numpy as np
from random_programs import Program

UNARY = (
    *("np.sin({0})", "np.tanh({0})", "np.abs({0})", "np.exp(-{0} ** 2)", "np.sqrt({0} * {0} + 1.0)", "(-{0})"),
    *("({0} * 0.5)", "{0} ** 2", "np.clip({0}, -0.6, 0.8)", "np.flip({0})", "np.copy({0})", "np.sort({0})"),
    "np.where({0} > 0.1, {0}, {0} * {0})",
)
BINARY = (
    *("({0} + {1})", "({0} - {1})", "{0} * {1}", "{0} * {1}", "{0} / (2.0 + np.cos({1}))", "np.maximum({0}, {1})"),
    *("np.where({0} > {1}, {0} * {1}, {1})", "np.arctan2({0}, 1.5 + {1} ** 2)"),
)
ALONG = ("np.cumsum({0}, axis={1})", "np.cumprod({0}, axis={1})", "np.flip({0}, axis={1})", "np.sort({0}, axis={1})",
         "np.roll({0}, 1, axis={1})", "np.roll({0}, -2)")  # fmt: skip
REDUCED = ("np.sum({0}, {1})", "np.prod({0}, {1})", "{0}.sum({1})", "np.mean({0}, {1})", "np.max({0}, {1})",
           "{0}.min({1})", "np.std({0} * 0.7, {1})", "np.var({0}, {1})", "np.ptp({0}, {1})", "np.median({0}, {1})",
           "np.quantile({0}, 0.3, {1})", "np.linalg.norm({0} + 2.5, {1})")  # fmt: skip
OF_EMPTY = 3  # so many of them take what is empty
SCALARS = (
    "np.sum({0})",
    "np.sum({0} * {0})",
    "np.prod({0} * 0.5 + 1.0)",
    "np.sum(np.cumsum({0}))",
    "np.sum({0}, axis=None)",
)
OF_SOME = ("np.max({0})", "np.mean({0})", "np.std({0} * 0.7)", "{0}.min()", "np.ptp({0})", "{0}.ravel()[-1]",
           "np.ravel({0})[np.argmax({0})]", "np.median({0})")  # fmt: skip
HELPERS = '''
def bump(v, t):
    """Writes to its argument."""
    v *= t
    v += np.sum(v) * 0.1
    return v


def first(v, w):
    """Two arguments, of which one is written to."""
    v[...] = w * v
    return np.sum(v)
'''


@dataclass(frozen=True)
class Array:
    name: str
    shape: tuple


def random_arrays(seed: int) -> Program:
    """The program of `seed`; always the same one."""
    return _Writer(random.Random(seed)).program(seed)


@dataclass
class _Writer:
    rng: random.Random
    lines: list = field(default_factory=list)
    arrays: list = field(default_factory=list)
    counters: list = field(default_factory=list)  # (name, one more than its greatest value)
    depth: int = 1
    count: int = 0

    # -- the whole -----------------------------------------------------------------------------------------------

    def program(self, seed: int) -> Program:
        self.lengths = [self.rng.choice((0, 1, 2, 3, 3, 4)) for _ in range(3)]
        numbers = np.random.default_rng(seed)
        args = []
        for k, ndim in enumerate((1, 1, 2, 2, self.rng.choice((1, 2, 3)))):
            shape = tuple(self.rng.choice((*self.lengths, 1)) for _ in range(ndim))
            self.arrays.append(Array(f"p{k}", shape))
            args.append(self.laid_out(numbers.normal(size=shape) * 0.8))
        args += [float(numbers.normal()), numbers.integers(0, max(self.lengths[0], 1), size=self.lengths[1])]
        if not self.lengths[0]:
            args[-1] = args[-1][:0]
        for _ in range(self.rng.randint(3, 7)):
            self.statement()
        result = self.scalar(1) if self.chance(0.6) else self.array(self.rng.choice(self.arrays).shape, 1)
        self.emit(f"return {result}")
        params = ", ".join((*(f"p{k}" for k in range(5)), "t", "order"))
        text = "\n".join(self.lines)
        source = f"import numpy as np\n\n{HELPERS}\n\ndef f({params}):\n{text}\n"
        return Program(seed, source, tuple(args), tuple(sorted(self.rng.sample(range(6), self.rng.randint(1, 4)))))

    def laid_out(self, value):
        """The array in one of the orders that memory has."""
        kind = self.rng.choice(("C", "C", "F", "A"))
        if kind == "A":
            return np.repeat(value, 2, axis=0)[::2]
        return np.asfortranarray(value) if kind == "F" else value

    def chance(self, p: float) -> bool:
        return self.rng.random() < p

    def emit(self, text: str) -> None:
        self.lines.append("    " * self.depth + text)

    def fresh(self) -> str:
        self.count += 1
        return f"v{self.count}"

    # -- scalars and indices -------------------------------------------------------------------------------------

    def scalar(self, depth: int) -> str:
        shape = self.rng.choice(self.arrays).shape
        kind = self.rng.random()
        if kind < 0.2:
            return self.rng.choice(("t", "0.7", "t * t"))
        if kind < 0.4 and 0 not in shape:
            name = self.rng.choice([a.name for a in self.arrays if a.shape == shape])
            return f"{name}[{', '.join(map(self.index, shape))}]"
        forms = SCALARS + (OF_SOME if 0 not in shape else ())
        return f"{self.rng.choice(forms).format(self.operand(shape, depth))}"

    def index(self, n: int) -> str:
        texts = [str(self.rng.randrange(n)), str(-1 - self.rng.randrange(n))]
        return self.rng.choice(texts + [name for name, most in self.counters if most <= n] * 4)

    def part(self, n: int) -> tuple[str, int | None]:
        """An item of an index, and the length that it leaves of an axis; None for no axis."""
        if n and self.chance(0.3):
            return self.index(n), None
        low, step = self.rng.choice((0, 0, 1, -2)), self.rng.choice((1, 1, 2, -1))
        text = f"{low or ''}:{'' if self.chance(0.7) else max(n - 1, 0)}" + ("" if step == 1 else f":{step}")
        if step < 0:
            text = "::-1"
        return text, len(range(n)[slice(*(int(s) if s else None for s in text.split(":")))])

    def cut(self, array: Array) -> tuple[str, tuple]:
        """A part of an array that can be written to: its text, and its shape."""
        if self.chance(0.15):
            return f"{array.name}[...]", array.shape
        parts = [self.part(n) for n in array.shape]
        if all(n is None for _, n in parts):
            return f"{array.name}[:]", array.shape
        shape = tuple(n for _, n in parts if n is not None)
        return f"{array.name}[{', '.join(text for text, _ in parts)}]", shape

    # -- arrays --------------------------------------------------------------------------------------------------

    def operand(self, shape: tuple, depth: int) -> str:
        """An expression of this shape that binds closely."""
        found = [a.name for a in self.arrays if a.shape == shape]
        if found and (depth == 0 or self.chance(0.3)):
            return self.rng.choice(found)
        return f"({self.array(shape, depth - 1)})"

    def array(self, shape: tuple, depth: int) -> str:
        ways = [self.leaf, self.unary, self.binary, self.binary, self.reduced, self.along, self.moved, self.chosen]
        ways += [self.product, self.joined, self.solved]
        for _ in range(4):
            text = self.rng.choice(ways)(shape, depth) if depth > 0 else None
            if text:
                return text
        return self.leaf(shape, depth)

    def leaf(self, shape: tuple, depth: int) -> str:
        found = [a.name for a in self.arrays if a.shape == shape]
        if found and self.chance(0.9):
            return self.rng.choice(found)
        for a in self.arrays:
            if a.shape == shape[::-1]:
                return f"{a.name}.T"
        return f"np.full({shape}, {self.scalar(0)})"

    def unary(self, shape: tuple, depth: int) -> str:
        return self.rng.choice(UNARY).format(self.operand(shape, depth))

    def binary(self, shape: tuple, depth: int) -> str:
        operands = [self.operand(shape, depth), self.broadcast(shape, depth)]
        self.rng.shuffle(operands)
        return self.rng.choice(BINARY).format(*operands)

    def broadcast(self, shape: tuple, depth: int) -> str:
        """What broadcasts to the shape: a scalar, fewer axes, or some of length 1."""
        kind = self.rng.random()
        if kind < 0.2:
            return f"({self.scalar(0)})"
        if kind < 0.5:
            return self.operand(shape, depth)
        inner = tuple(1 if self.chance(0.3) else n for n in shape)[self.rng.randint(0, len(shape) - 1) :]
        return self.operand(inner, depth)

    def reduced(self, shape: tuple, depth: int) -> str | None:
        n = self.rng.choice((*self.lengths, 1))
        forms = REDUCED if n else REDUCED[:OF_EMPTY]
        ones = [k for k, m in enumerate(shape) if m == 1]
        if ones and self.chance(0.5):
            axis = self.rng.choice(ones)
            inner = (*shape[:axis], n, *shape[axis + 1 :])
            options = f"axis={axis}, keepdims=True"
        else:
            axis = self.rng.randint(0, len(shape))
            inner = (*shape[:axis], n, *shape[axis:])
            options = f"axis={self.rng.choice((axis, axis - len(inner)))}"
        return self.rng.choice(forms).format(self.operand(inner, depth), options) if len(inner) < 4 else None

    def along(self, shape: tuple, depth: int) -> str:
        axis = self.rng.randrange(len(shape))
        return self.rng.choice(ALONG).format(self.operand(shape, depth), axis)

    def moved(self, shape: tuple, depth: int) -> str:
        """The elements of an array of another shape."""
        kind = self.rng.randrange(5)
        if kind == 0:
            return f"{self.operand(shape[::-1], depth)}.T"
        if kind == 1:
            size = int(np.prod(shape))
            return f"np.reshape({self.operand((size,), depth)}, {shape})"
        if kind == 2 and len(shape) == 2:
            return f"{self.operand((shape[0],), depth)}[:, None] * {self.operand((shape[1],), depth)}"
        if kind == 3 and len(shape) == 1:
            return f"np.diff({self.operand((shape[0] + 1,), depth)})"
        inner = tuple(1 if self.chance(0.5) else n for n in shape)
        return f"np.broadcast_to({self.operand(inner, depth)}, {shape}) * 1.0"

    def chosen(self, shape: tuple, depth: int) -> str | None:
        """Elements chosen by indices."""
        n = self.rng.choice(self.lengths) or 1
        if shape[0] == self.lengths[1] and len(shape) == 1 and self.lengths[0] and self.chance(0.6):
            return f"{self.operand((self.lengths[0],), depth)}[order]"
        if len(shape) == 1 and self.chance(0.5):
            return f"{self.operand(shape, depth)}[np.argsort({self.operand(shape, 0)})]"
        picked = [self.rng.randrange(-n, n) for _ in range(shape[0])]
        if not picked:
            return None
        inner = self.operand((n, *shape[1:]), depth)
        return f"{inner}[np.array({picked})]" if self.chance(0.5) else f"np.take({inner}, {picked}, axis=0)"

    def product(self, shape: tuple, depth: int) -> str | None:
        n = self.rng.choice(self.lengths)
        if len(shape) == 2:
            forms = ("{0} @ {1}", "np.dot({0}, {1})", "np.einsum('ij,jk->ik', {0}, {1})", "np.outer({2}, {3})")
            operands = ((shape[0], n), (n, shape[1]), (shape[0],), (shape[1],))
        elif len(shape) == 1:
            forms = ("{0} @ {1}", "{1} @ {2}", "np.einsum('ij,j->i', {0}, {1})", "np.convolve({3}, {4})")
            if not shape[0]:
                forms = forms[:3]
            operands = ((shape[0], n), (n,), (n, shape[0]), (max(shape[0], 1),), (1,))
        else:
            return None
        return self.rng.choice(forms).format(*(self.operand(s, depth - 1) for s in operands))

    def joined(self, shape: tuple, depth: int) -> str:
        axis = self.rng.randrange(len(shape))
        n = self.rng.randint(0, shape[axis])
        parts = ((*shape[:axis], m, *shape[axis + 1 :]) for m in (n, shape[axis] - n))
        return f"np.concatenate(({', '.join(self.operand(p, depth - 1) for p in parts)}), axis={axis})"

    def solved(self, shape: tuple, depth: int) -> str | None:
        n = shape[0]
        if len(shape) > 2 or not n:
            return None
        matrix = f"np.eye({n}) * 3.0 + np.tanh({self.operand((n, n), 0)})"
        return f"np.linalg.solve({matrix}, {self.operand(shape, depth)})"

    # -- statements ----------------------------------------------------------------------------------------------

    def statement(self) -> None:
        kinds = {self.new: 4, self.augment: 2, self.write: 4, self.choose: 2, self.mask: 2, self.view: 2}
        kinds |= {self.rebind: 1.5, self.call: 1.5}
        if self.depth < 3:
            kinds |= {self.loop: 2, self.branch: 1.5}
        self.rng.choices(list(kinds), list(kinds.values()))[0]()

    def new(self) -> None:
        shape = tuple(self.rng.choice((*self.lengths, 1)) for _ in range(self.rng.choice((1, 1, 2, 2, 3))))
        text, name = self.array(shape, 2), self.fresh()
        self.emit(f"{name} = {text} * 1.0")
        if self.depth == 1:
            self.arrays.append(Array(name, shape))

    def augment(self) -> None:
        a = self.rng.choice(self.arrays)
        self.emit(f"{a.name} {self.rng.choice(('+=', '-=', '*=', '/='))} 1.5 + np.sin({self.broadcast(a.shape, 1)})")

    def write(self) -> None:
        target, shape = self.cut(self.rng.choice(self.arrays))
        value = self.array(shape, 2) if self.chance(0.6) else self.broadcast(shape, 1)
        self.emit(f"{target} {self.rng.choice(('=', '=', '+=', '*='))} {value}")

    def choose(self) -> None:
        """Elements written to at indices, some of which may be the same."""
        found = [a for a in self.arrays if a.shape[0] == self.lengths[0] and len(a.shape) == 1]
        if not found or not self.lengths[0]:
            return
        a, value = self.rng.choice(found), self.broadcast((self.lengths[1],), 1)
        forms = ("{0}[order] = {1}", "{0}[order] += {1}", "np.add.at({0}, order, {1})", "{0}[order] *= {1}")
        forms += ("np.subtract.at({0}, order, {1})",)
        self.emit(self.rng.choice(forms).format(a.name, value))

    def mask(self) -> None:
        a = self.rng.choice(self.arrays)
        forms = ("{0}[{0} > 0.2] *= {1}", "{0}[{0} < 0.1] = {1}", "{0}[{0} > 0.3] += np.sin({0}[{0} > 0.3])")
        self.emit(self.rng.choice(forms).format(a.name, self.scalar(0)))

    def view(self) -> None:
        a, name = self.rng.choice(self.arrays), self.fresh()
        if self.depth > 1:
            return
        if self.chance(0.5):
            text, shape = self.cut(a)
        else:
            text, shape = f"{a.name}.T", a.shape[::-1]
        self.emit(f"{name} = {text}")
        self.arrays.append(Array(name, shape))

    def rebind(self) -> None:
        a = self.rng.choice(self.arrays)
        self.emit(f"{a.name} = {self.array(a.shape, 2)} * 0.9")

    def call(self) -> None:
        a = self.rng.choice(self.arrays)
        target, shape = self.cut(a) if self.chance(0.4) else (a.name, a.shape)
        name = self.fresh()
        if self.chance(0.5):
            self.emit(f"{name} = first({target}, {self.broadcast(shape, 1)}) * t")
            self.emit(f"{a.name}[...] = {a.name} + {name} * 0.1")
        else:
            self.emit(f"bump({target}, {self.scalar(0)})")

    def loop(self) -> None:
        n = self.rng.choice((*self.lengths, 2))
        name = self.fresh()
        kind = self.rng.choice((f"range({n})", f"range({n - 1}, -1, -1)", f"range(len(order) * 0 + {n})"))
        self.emit(f"for {name} in {kind}:")
        self.counters.append((name, n))
        self.body(name if n else None)
        self.counters.pop()

    def branch(self) -> None:
        self.emit(f"if {self.scalar(1)} > {self.rng.choice(('0.1', 't', '-0.4'))}:")
        self.body(None)
        if self.chance(0.5):
            self.emit("else:")
            self.body(None)

    def body(self, counter: str | None) -> None:
        self.depth += 1
        before = len(self.lines)
        for _ in range(self.rng.randint(1, 3)):
            self.statement()
        if counter and self.chance(0.2):
            self.emit(f"if {counter} == 1:")
            self.emit(f"    {self.rng.choice(('break', 'continue'))}")
            self.augment()
        if len(self.lines) == before:
            self.augment()
        self.depth -= 1
