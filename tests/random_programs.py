"""Random programs in the supported language, made from a seed.

A program is source text with arguments. Arrays have lengths from 1 to 4, all known while the program is written, so
that indices stay in bounds; the text itself asks for `x.shape[0]`, counts at run time, or has the number. Values stay
small: functions are used inside their domains, and programs whose values grow are thrown away by whoever runs them.
"""

from __future__ import annotations

import itertools
import linecache
import math
import random
from dataclasses import dataclass, field

import numpy as np
from random_lists import LIST_HELPERS, Lists

HELPERS = '''
def clamp(a, b=0.5):
    """A branch with early returns."""
    if a > b:
        return a * b
    if a < -b:
        return np.sin(a)
    return a + b * a


def until(v, bound):
    """A loop that is left early."""
    s = 0.0
    for i in range(v.shape[0]):
        s += v[i] * v[i]
        if s > bound:
            break
    return s


def scale_first(v, s):
    """Writes to its argument."""
    v[0] = v[0] * s + v[-1]
    return v[0] * 0.5


def pair(a, b):
    """Two results."""
    return a * b, a - 0.5 * b


def turned(z, x):
    """A complex number."""
    if z.real > x:
        return z * np.exp(1j * x)
    return z


def bend(v):
    """An array result."""
    return np.sin(v) * v


def total(*values, scale=1.0):
    """Any number of arguments."""
    s = 0.0
    for v in values:
        s += np.sin(v) * v
    return s * scale / len(values) if len(values) else 0.3


def twice(f, a, times=2):
    """A function as an argument."""
    for _ in range(times):
        a = f(a)
    return a


def power(a, n):
    """A recursion that ends."""
    return 1.0 if n == 0 else power(a, n - 1) * np.sin(a)


def fill(out, v):
    """Writes to its argument, no result."""
    for i in range(out.shape[0]):
        out[i] = out[i] * 0.5 + v[i % v.shape[0]]
'''

HELPERS += LIST_HELPERS

# Functions of one and of two operands, kept inside their domains; the first are for arrays as well.
UNARY = (
    *("np.sin({0})", "np.cos({0})", "np.tanh({0})", "np.arctan({0})", "np.abs({0})", "np.exp(np.sin({0}))"),
    *("np.sqrt({0} * {0} + 1.0)", "np.log({0} * {0} + 1.5)", "1.0 / ({0} * {0} + 1.0)", "np.exp(-{0} ** 2)"),
    *("(-{0})", "{0} ** 2", "0.5 * {0}", "({0} + 0.3)", "np.cosh(np.tanh({0}))", "(2.0 - {0}) ** 3 * 0.1"),
)
SCALAR_UNARY = (
    *("abs({0})", "math.sin({0})", "math.exp(-abs({0}))", "math.sqrt({0} * {0} + 0.5)", "math.atan({0})"),
    *(
        "clamp({0})",
        "twice(np.sin, {0})",
        "twice(clamp, {0}, times=1)",
        "(lambda v: v * v * 0.5)({0})",
        "power({0}, 3)",
    ),
    "total(*(0.5, {0}))",
)
BINARY = (
    *("({0} + {1})", "({0} - {1})", "{0} * {1}", "{0} * {1}", "{0} / (2.0 + np.sin({1}))", "np.maximum({0}, {1})"),
    *("np.minimum({0}, {1})", "np.arctan2({0}, {1} * {1} + 0.5)", "np.where({0} > {1}, {0} * {1}, {0})"),
)
SCALAR_BINARY = (
    *("max({0}, {1})", "min({0}, {1})", "math.atan2({0}, 1.5 + {1} ** 2)", "(1.5 + {0} ** 2) ** {1}"),
    *("max({0}, {1}, 0.3)", "min(0.7, {1}, {0})", "total({0}, {1})", "total({0}, scale={1})", "sum(({0}, {1}))"),
    *("clamp({0}, {1} ** 2 + 0.1)", "clamp({0}, b={1} ** 2 + 0.2)", "({0} if {0} > {1} else {1} * {0})"),
)
# Complex numbers of reals, of complex numbers, and both, kept small; and reals of them.
COMPLEX_LEAVES = ("complex({x}, {y})", "({x} + 1j * {y})", "np.exp(1j * {x})", "(0.4 - 0.7j)", "np.complex128({x})")
COMPLEX = (
    *("{z} * {w}", "({z} + {w})", "({z} - {w})", "{z} * {x}", "({x} - {z})", "-{z}", "np.conj({z})", "{z}.conjugate()"),
    *("{z} / (2.5 + np.exp(1j * {x}))", "{z} / (1.0 + {w} * np.conj({w}))", "{x} / (abs({z}) + 1.5j)", "{z} ** 2"),
    *("np.exp({z} / (1.0 + abs({z})))", "np.sqrt({z} * np.conj({z}) + 0.5 + 0.2j)", "np.tanh(0.3 * {z})", "{z} ** n"),
    *(
        "({z} if {x} > 0.1 else {w})",
        "turned({z}, {x})",
        "np.log({z} * np.conj({z}) + 1.5 - 0.1j)",
        "np.sin(0.5 * {z})",
    ),
)
REALS_OF_COMPLEX = ("{0}.real", "{0}.imag", "abs({0} + 0.1)", "np.real({0} * {0})", "np.angle({0} * np.conj({0}) + 1j)")
# Statements, and how often each is written.
SIMPLE = {
    **{"set_float": 5, "augment_float": 4, "new_array": 3, "write_element": 6, "write_slice": 3, "augment_array": 2},
    **{"rebind": 2.5, "swap": 1, "new_view": 2, "unpack": 1, "call": 1.5, "counter": 1, "extreme": 1.5, "gather": 1.5},
    **{"write_chosen": 2, "write_masked": 1.5, "new_tuple": 1.5, "change_order": 0.6},
    **{"check": 0.5, "closure": 1, "set_complex": 1, "augment_complex": 0.7, "complex_array": 0.7},
    **{"new_list": 1.5, "change_list": 2},
}
NESTED = {"for_loop": 5, "each_loop": 5, "while_loop": 1.5, "branch": 3}


@dataclass(frozen=True)
class Program:
    """A function as source text, with arguments that it accepts."""

    seed: int
    source: str
    args: tuple
    argnums: tuple

    def function(self, double: bool = False):
        """The function, its source known to `linecache`; in double precision throughout on request."""
        source = self.source.replace("np.float32", "np.float64") if double else self.source
        file = f"<random program {self.seed}{' double' if double else ''}>"
        linecache.cache[file] = (len(source), None, source.splitlines(keepends=True), file)
        namespace = {"np": np, "math": math}
        exec(compile(source, file, "exec"), namespace)
        return namespace["f"]


@dataclass(frozen=True)
class Var:
    """A variable: a float (shape ()), an array, or an integer whose values lie in `low` .. `high`."""

    name: str
    shape: tuple = ()
    integer: bool = False
    low: int = 0
    high: int = 0
    owner: str = ""  # for an array: whose memory it is
    dtype: str = ""


def random_program(seed: int) -> Program:
    """The program of `seed`; always the same one."""
    return _Writer(random.Random(seed)).program(seed)


@dataclass
class _Writer(Lists):
    rng: random.Random
    lines: list = field(default_factory=list)
    scope: list = field(default_factory=list)
    loops: list = field(default_factory=list)
    depth: int = 1
    count: int = 0
    single: bool = False
    lists: list = field(default_factory=list)
    tuples: list = field(default_factory=list)  # names of tuples of two floats
    numbers: list = field(default_factory=list)  # names of complex numbers
    result: tuple | None = None  # shape of the result; None for a tuple of results

    # -- the whole -----------------------------------------------------------------------------------------------

    def program(self, seed: int) -> Program:
        self.single = self.chance(0.12)
        self.result = self.rng.choice(((), (), (), (), None, (self.length(),)))
        params, args, argnums = self.parameters()
        for _ in range(self.rng.randint(3, 6)):
            self.statement()
        self.emit(f"return {self.returned()}")
        text = "\n".join(self.lines)
        source = f"import math\n\nimport numpy as np\n\n{HELPERS}\n\ndef f({', '.join(params)}):\n{text}\n"
        return Program(seed, source, args, argnums)

    def parameters(self) -> tuple[list, tuple, tuple]:
        numpy_rng = np.random.default_rng(self.rng.randrange(10**9))
        shapes = [(self.length(),), (self.length(), self.length()), ()]
        shapes += self.rng.sample([(1,), (self.length(),), (1, self.length()), (self.length(), 1), ()], 2)
        args, params = [], []
        for k, shape in enumerate(shapes):
            value = numpy_rng.normal(size=shape) * 0.8
            args.append(self.typed_argument(value, shape))
            params.append(f"p{k}")
            self.scope.append(Var(f"p{k}", shape, owner=f"p{k}", dtype=self.dtype()))
        n = self.rng.choice((0, 1, 2, 3, 3, 4))
        self.scope.append(Var("n", integer=True, low=n, high=n))
        chosen = sorted(self.rng.sample(range(len(shapes)), self.rng.randint(1, len(shapes))))
        order = numpy_rng.integers(-1, 1, size=self.length())
        return [*params, "n", "order"], (*args, n, order), tuple(chosen)

    def typed_argument(self, value, shape: tuple):
        dtype = np.float32 if self.single else np.float64
        if shape == ():
            return dtype(value) if self.single else float(value)
        if len(shape) == 2 and self.chance(0.15):
            return np.asfortranarray(value.astype(dtype))
        return value.astype(dtype)

    def dtype(self) -> str:
        return "np.float32" if self.single else ""

    # -- small parts ---------------------------------------------------------------------------------------------

    def chance(self, p: float) -> bool:
        return self.rng.random() < p

    def length(self) -> int:
        return self.rng.choice((1, 2, 3, 3, 4, 4))

    def emit(self, text: str) -> None:
        self.lines.append("    " * self.depth + text)

    def fresh(self, base: str) -> str:
        self.count += 1
        return f"{base}{self.count}"

    def floats(self) -> list[Var]:
        return [v for v in self.scope if v.shape == () and not v.integer]

    def integers(self) -> list[Var]:
        return [v for v in self.scope if v.integer]

    def arrays(self, shape: tuple | None = None, ndim: int | None = None) -> list[Var]:
        found = [v for v in self.scope if v.shape != ()]
        return [v for v in found if shape in (None, v.shape) and ndim in (None, len(v.shape))]

    def define(self, var: Var) -> None:
        self.scope = [v for v in self.scope if v.name != var.name] + [var]

    def extent(self, n: int) -> str:
        """Text for the length `n`: the number, or what has that value at run time."""
        texts = [str(n)] + [v.name for v in self.integers() if v.low == v.high == n]
        texts += [f"{v.name}.shape[{k}]" for v in self.arrays() for k, m in enumerate(v.shape) if m == n]
        texts += [f"len({v.name})" for v in self.arrays() if v.shape[0] == n]
        return self.rng.choice(texts)

    def index(self, n: int) -> str:
        """An index into an axis of length `n`."""
        texts = [str(self.rng.randrange(n)), "-1"]
        for v in self.integers():
            moved = self.rng.randint(-2, 2)
            if v.low + moved >= 0 and v.high + moved < n:
                texts += [f"{v.name} {'+' if moved > 0 else '-'} {abs(moved)}" if moved else v.name] * 4
            if v.low >= 0 and v.high < n:
                texts += [v.name] * 4 + [f"{n - 1} - {v.name}", f"-{v.name} - 1"]
            texts.append(f"({v.name} + {self.rng.randint(0, 3)}) % {self.extent(n)}")
        return self.rng.choice(texts)

    def element(self) -> str:
        v = self.rng.choice(self.arrays())
        if len(v.shape) == 2 and self.chance(0.15):
            return f"{v.name}[{self.index(v.shape[0])}][{self.index(v.shape[1])}]"
        return f"{v.name}[{', '.join(self.index(n) for n in v.shape)}]"

    # -- scalar expressions --------------------------------------------------------------------------------------

    def scalar(self, depth: int = 2) -> str:
        kind = self.rng.choices(("leaf", "unary", "binary", "reduced", "chosen"), (3, 4, 5, 1.5, 1))[0]
        if depth == 0 or kind == "leaf":
            return self.scalar_leaf()
        if kind == "unary":
            return self.rng.choice(UNARY + SCALAR_UNARY).format(self.scalar(depth - 1))
        if kind == "binary":
            template = self.rng.choice(BINARY[:6] * 2 + SCALAR_BINARY)
            return f"({template.format(self.scalar(depth - 1), self.scalar(depth - 1))})"
        if kind == "chosen":
            return self.chosen(depth)
        return self.reduced()

    def scalar_leaf(self) -> str:
        kind = self.rng.random()
        if kind < 0.15:
            return self.rng.choice(("{:.2f}", "(-{:.2f})")).format(self.rng.uniform(0.1, 1.5))
        if kind < 0.25 and self.integers():
            return f"({self.rng.choice(self.integers()).name} * 0.25)"
        if kind < 0.35 and self.tuples:
            return self.item()
        if kind < 0.42 and self.numbers:
            return self.rng.choice(REALS_OF_COMPLEX).format(self.rng.choice(self.numbers))
        if kind < 0.45 and self.lists:
            return self.list_item()
        return self.rng.choice(self.floats()).name if kind < 0.6 else self.element()

    def complex(self, depth: int = 2) -> str:
        """An expression of a complex number."""
        if depth == 0 or self.chance(0.2):
            if self.numbers and self.chance(0.6):
                return self.rng.choice(self.numbers)
            return self.rng.choice(COMPLEX_LEAVES).format(x=self.scalar(0), y=self.scalar(0))
        z, w = (self.complex(depth - 1) for _ in range(2))
        return f"({self.rng.choice(COMPLEX).format(z=f'({z})', w=f'({w})', x=self.scalar(0))})"

    def item(self) -> str:
        """An item of a tuple of two floats."""
        name = self.rng.choice(self.tuples)
        return self.rng.choice((f"{name}[0]", f"{name}[1]", f"{name}[-1]", f"({name}[0] * {name}[1])"))

    def indices(self, n: int, length: int | None = None) -> str:
        """Indices into an axis of length `n` as a list; where any number of them will do, also an array."""
        if length is None and self.chance(0.5):
            return self.rng.choice(("order", "order[::-1]", "order[1:]"))
        found = [str(self.rng.randrange(-n, n)) for _ in range(length or self.rng.choice((1, 2, 3)))]
        return f"[{', '.join(found)}]"

    def chosen(self, depth: int) -> str:
        """A conditional expression; sometimes it guards a read that is out of range on the other side."""
        v = self.rng.choice(self.arrays(ndim=1))
        for k in self.rng.sample(self.integers(), len(self.integers())):
            if k.high - 1 < v.shape[0] and k.low >= 0 and self.chance(0.7):
                return f"({v.name}[{k.name} - 1] if {k.name} > 0 else {self.scalar(depth - 1)})"
            if k.low >= 0 and self.chance(0.7):
                return f"({v.name}[{k.name}] if {k.name} < {self.extent(v.shape[0])} else {self.scalar(depth - 1)})"
        return f"({self.scalar(depth - 1)} if {self.condition()} else {self.scalar(depth - 1)})"

    def reduced(self) -> str:
        v = self.rng.choice(self.arrays())
        value = self.array(v.shape, 1) if self.chance(0.6) else v.name
        texts = [
            f"np.sum({v.name}[{v.name} > {self.rng.uniform(-0.5, 0.5):.3f}] ** 2)",
            f"np.sum({v.name}[{self.indices(v.shape[0])}] * {self.scalar(0)})",
            f"np.sum({value})",
            f"np.mean({value})",
            f"np.max({value})",
            f"np.min({value})",
            f"np.prod({value})",
        ]
        if value == v.name:
            texts += [f"{value}.sum()", f"{value}.mean()", f"{value}.max()"]
        if len(v.shape) == 1:
            texts += [f"np.dot({v.name}, {self.array(v.shape, 1)})", f"until({v.name}, 0.8)", f"sum({v.name})"]
        if math.prod(v.shape) == 1:
            texts.append(f"{v.name}[{', '.join('0' * len(v.shape))}]")
        return self.rng.choice(texts)

    def condition(self) -> str:
        kind = self.rng.random()
        if kind < 0.3 and self.integers():
            k = self.rng.choice(self.integers()).name
            return self.rng.choice((f"{k} % 2 == 0", f"{k} > 1", f"{k} == {self.rng.randint(0, 3)}", f"{k} != 1"))
        bound = f"{self.rng.uniform(-0.8, 0.8):.2f}"
        simple = f"{self.scalar_leaf()} {self.rng.choice('<>')} {self.rng.choice((bound, self.scalar(1)))}"
        if kind < 0.7:
            return simple
        if kind < 0.8:
            return f"not {simple}"
        if kind < 0.85:
            return f"{bound} < {self.scalar_leaf()} < {float(bound) + 0.5:.2f}"
        return f"{simple} {self.rng.choice(('and', 'or'))} {self.condition()}"

    # -- array expressions ---------------------------------------------------------------------------------------

    def array(self, shape: tuple, depth: int = 2) -> str:
        """An expression of exactly this shape."""
        kind = self.rng.choices(("leaf", "unary", "binary", "special"), (2, 3, 4, 2))[0]
        if depth == 0 or kind == "leaf":
            return self.array_leaf(shape)
        if kind == "unary":
            return self.rng.choice(UNARY).format(self.array(shape, depth - 1))
        if kind == "binary":
            operands = [self.array(shape, depth - 1), self.smaller(shape, depth - 1)]
            self.rng.shuffle(operands)
            return f"({self.rng.choice(BINARY).format(*operands)})"
        return self.special(shape, depth)

    def array_leaf(self, shape: tuple) -> str:
        texts = [v.name for v in self.arrays(shape)] * 2
        for v in self.arrays():
            texts += [text for text, s in self.views(v) if s == shape]
        if texts:
            return self.rng.choice(texts)
        if self.chance(0.5):
            return f"np.full({self.shape_text(shape)}, {self.scalar(1)})"
        return f"(np.ones({self.shape_text(shape)}) * {self.scalar(0)})"

    def smaller(self, shape: tuple, depth: int) -> str:
        """An expression that broadcasts to `shape`."""
        kind = self.rng.random()
        if kind < 0.3:
            return self.scalar(1)
        if kind < 0.6:
            shape = tuple(1 if self.chance(0.4) else n for n in shape)
            shape = shape[1:] if len(shape) == 2 and self.chance(0.4) else shape
        return self.array(shape, depth)

    def special(self, shape: tuple, depth: int) -> str:
        texts = []
        if len(shape) == 1:
            texts += [f"bend({self.array(shape, 0)})", f"np.arange({self.extent(shape[0])}) * {self.scalar(0)}"]
            v = self.rng.choice(self.arrays())
            place = ", ".join((*(self.index(n) for n in v.shape[:-1]), self.indices(v.shape[-1], shape[0])))
            texts += [f"{v.name}[{place}]"] * 2
            for m in self.arrays(ndim=2):
                texts += [f"np.{r}({m.name}, axis=0)" for r in ("sum", "max", "prod") if m.shape[1] == shape[0]]
                texts += [f"{m.name}.{r}(axis=1)" for r in ("sum", "min", "mean") if m.shape[0] == shape[0]]
                if m.shape[0] == shape[0]:
                    texts.append(f"({m.name} @ {self.array((m.shape[1],), 0)})")
        else:
            k = self.length()
            texts.append(f"({self.array((shape[0], k), 0)} @ {self.array((k, shape[1]), 0)})")
            for m in self.arrays(ndim=2):
                names = ("sum", "max", "mean", "prod")
                if shape == (1, m.shape[1]):
                    texts += [f"np.{r}({m.name}, axis=0, keepdims=True)" for r in names]
                if shape == (m.shape[0], 1):
                    texts += [f"np.{r}({m.name} * {self.scalar(0)}, axis=1, keepdims=True)" for r in names]
        return self.rng.choice(texts) if texts else self.array(shape, depth - 1)

    def shape_text(self, shape: tuple) -> str:
        if len(shape) == 1:
            return self.rng.choice((self.extent(shape[0]), f"({self.extent(shape[0])},)"))
        return f"({', '.join(self.extent(n) for n in shape)})"

    def views(self, v: Var) -> list[tuple[str, tuple]]:
        """Views of the array, each with its shape."""
        if len(v.shape) == 1:
            return [(f"{v.name}[{text}]", (n,)) for text, n in self.slices(v.shape[0])] + self.reshaped(v)
        n, m = v.shape
        found = [(f"{v.name}[{self.index(n)}]", (m,)), (f"{v.name}[:, {self.index(m)}]", (n,)), (f"{v.name}.T", (m, n))]
        for text, k in self.slices(n):
            found += [(f"{v.name}[{text}]", (k, m)), (f"{v.name}[{text}, {self.index(m)}]", (k,))]
        for text, k in self.slices(m):
            found += [(f"{v.name}[:, {text}]", (n, k)), (f"{v.name}[{self.index(n)}, {text}]", (k,))]
        return found + self.reshaped(v)

    def reshaped(self, v: Var) -> list[tuple[str, tuple]]:
        if len(v.shape) == 1:
            found = [(f"{v.name}[:, None]", (v.shape[0], 1)), (f"{v.name}[np.newaxis, :]", (1, v.shape[0]))]
            if v.owner == v.name and v.shape[0] == 4:
                found.append((f"{v.name}.reshape(2, 2)", (2, 2)))
            return found
        size = math.prod(v.shape)
        if v.owner != v.name or v.name.startswith("p"):
            return []
        return [(f"{v.name}.ravel()", (size,)), (f"{v.name}.reshape({size})", (size,)),
                (f"{v.name}.reshape({v.shape[1]}, {v.shape[0]})", v.shape[::-1])]  # fmt: skip

    def slices(self, n: int) -> list[tuple[str, int]]:
        """Slices of an axis of length `n`, with the lengths that they leave."""
        found = [(":", n), ("1:", n - 1), (":-1", n - 1), ("::2", (n + 1) // 2), ("::-1", n), (":1", 1), ("-1:", 1)]
        for v in self.integers():
            if v.low == v.high and 0 <= v.low < n:
                found += [(f"{v.name}:", n - v.low), (f"{v.name}:{self.extent(n)}", n - v.low)]
            if v.low >= 0 and v.high + 2 <= n:
                found.append((f"{v.name}:{v.name} + 2", 2))
            if v.low >= 0 and v.high < n:
                found.append((f"{v.name}:{v.name} + 1", 1))
        return [(text, k) for text, k in found if k > 0]

    # -- statements ----------------------------------------------------------------------------------------------

    def statement(self) -> None:
        kinds = SIMPLE | (NESTED if self.depth < 4 else {})
        if self.loops and self.depth > 2:
            kinds["jump"] = 1.5
        if self.depth > 1 and self.result is not None:
            kinds["leave"] = 0.4
        getattr(self, self.rng.choices(list(kinds), list(kinds.values()))[0])()

    def set_float(self) -> None:
        name = self.rng.choice(self.floats()).name if self.chance(0.5) else self.fresh("s")
        self.emit(f"{name} = {self.scalar(3)}")
        self.define(Var(name))

    def augment_float(self) -> None:
        name = self.rng.choice(self.floats()).name
        self.emit(self.augmented(name, self.scalar(2)))

    def augmented(self, place: str, value: str) -> str:
        operator = self.rng.choice(("+=", "+=", "-=", "*=", "*=", "/=", "**="))
        if operator == "**=":
            return f"{place} **= {self.rng.choice((2, 2, 3))}"
        return f"{place} {operator} {f'(2.0 + np.sin({value}))' if operator == '/=' else value}"

    def new_array(self) -> None:
        shape = self.rng.choice([v.shape for v in self.arrays()] + [(self.length(),), (self.length(), self.length())])
        name = self.fresh("a")
        dtype = f", dtype={self.dtype()}" if self.single else ""
        text = self.shape_text(shape)
        same = [v.name for v in self.arrays(shape)] or [f"np.ones({text}{dtype})"]
        texts = [f"np.zeros({text}{dtype})", f"np.ones({text}{dtype})", f"{self.rng.choice(same)}.copy()",
                 f"np.zeros_like({self.rng.choice(same)})", f"np.full({text}, {self.scalar(1)})"]  # fmt: skip
        self.emit(f"{name} = {self.rng.choice((*texts, *(self.array(shape, 3) + ' * 1.0' for _ in range(4))))}")
        self.define(Var(name, shape, owner=name))

    def own(self) -> list[Var]:
        """Arrays to write to: rarely those of the caller."""
        return [v for v in self.arrays() if not v.owner.startswith("p") or self.chance(0.25)]

    def written(self) -> Var:
        """An array to write to, made now if there is none."""
        if not self.own():
            self.new_array()
        return self.rng.choice(self.own() or self.arrays())

    def write_element(self) -> None:
        v = self.written()
        place = f"{v.name}[{', '.join(self.index(n) for n in v.shape)}]"
        self.emit(f"{place} = {self.scalar(2)}" if self.chance(0.5) else self.augmented(place, self.scalar(2)))

    def write_chosen(self) -> None:
        """Elements, or rows, chosen by indices, some more than once."""
        v = self.written()
        text = self.indices(v.shape[0]) if self.chance(0.5) else self.indices(v.shape[0], self.length())
        value = self.scalar(2)
        if text.startswith("["):
            value = self.smaller((text.count(",") + 1, *v.shape[1:]), 1)
        kind = self.rng.random()
        if kind < 0.35:
            self.emit(f"np.{self.rng.choice(('add', 'subtract'))}.at({v.name}, {text}, {value})")
        else:
            place = f"{v.name}[{text}]"
            self.emit(f"{place} = {value}" if kind < 0.65 else self.augmented(place, value))

    def write_masked(self) -> None:
        v = self.written()
        mask = f"{v.name} > {self.rng.uniform(-0.5, 0.5):.3f}"
        if len(v.shape) == 2 and self.chance(0.4):
            mask = f"{v.name}[:, {self.index(v.shape[1])}] < {self.rng.uniform(-0.5, 0.5):.3f}"
        other = self.rng.choice(self.arrays(v.shape)).name
        value = self.scalar(2) if self.chance(0.6) else f"{other}[{mask}] * {self.scalar(0)}"
        place = f"{v.name}[{mask}]"
        self.emit(f"{place} = {value}" if self.chance(0.6) else self.augmented(place, value))

    def change_order(self) -> None:
        self.emit(f"order[{self.rng.choice(('0', '-1'))}] = {self.rng.choice(('0', '-1', '-1 - order[0]'))}")

    def new_tuple(self) -> None:
        """A tuple of two floats, or another value for one that there is."""
        known = bool(self.tuples) and self.chance(0.5)
        name = self.rng.choice(self.tuples) if known else self.fresh("t")
        items = [self.item() if known and self.chance(0.5) else self.scalar(2) for _ in range(2)]
        values = [
            f"({', '.join(items)})",
            f"pair({', '.join(items)})",
            f"{name}[::-1]" if known else f"({items[0]}, 0)",
        ]
        self.emit(f"{name} = {self.rng.choice(values)}")
        if not known and self.depth == 1:
            self.tuples.append(name)

    def set_complex(self) -> None:
        """A complex number, or another value for one that there is."""
        known = bool(self.numbers) and self.chance(0.5)
        name = self.rng.choice(self.numbers) if known else self.fresh("z")
        self.emit(f"{name} = {self.complex()}")
        if not known and self.depth == 1:
            self.numbers.append(name)

    def augment_complex(self) -> None:
        if self.numbers:
            operator, value = self.rng.choice(("+=", "-=", "*=", "/=")), self.complex(1)
            divisor = f"(2.5 + np.exp(1j * abs({value})))"
            self.emit(f"{self.rng.choice(self.numbers)} {operator} {divisor if operator == '/=' else value}")

    def complex_array(self) -> None:
        """An array of complex numbers, filled and changed, and the sizes of its elements."""
        v, name, var = self.rng.choice(self.arrays(ndim=1)), self.fresh("q"), self.fresh("i")
        made = (f"{v.name} * (0.5 + 1j)", f"np.exp(1j * {v.name})", f"{v.name}.astype(np.complex128)",
                f"np.zeros(len({v.name}), dtype=np.complex128)")  # fmt: skip
        self.emit(f"{name} = {self.rng.choice(made)}")
        self.emit(f"for {var} in range(len({name})):")
        element = f"{name}[{self.rng.choice((var, var, '0', f'-{var} - 1'))}]"
        for _ in range(self.rng.randint(1, 2)):
            self.emit(f"    {name}[{var}] {self.rng.choice(('=', '+=', '*='))} {element} * ({self.complex(1)})")
        changed = (f"{name}[1:] += {name}[:-1] * 0.5j", f"{name} *= {self.complex(0)}", f"{name} = {name} + {v.name}")
        if self.chance(0.5):
            self.emit(self.rng.choice(changed))
        size = self.rng.choice((f"np.abs({name} + 0.2)", f"np.abs({name}) ** 2", f"{name}.real", f"{name}[::-1].imag"))
        self.emit(f"{self.fresh('a')} = {size} * 1.0")
        self.define(Var(f"a{self.count}", v.shape, owner=f"a{self.count}"))

    def write_slice(self) -> None:
        v = self.written()
        found = [(t, s) for t, s in self.views(v) if t.endswith("]") and "None" not in t and "newaxis" not in t]
        text, shape = self.rng.choice([*found, (f"{v.name}[:]", v.shape)])
        value = self.smaller(shape, 2)
        self.emit(f"{text} = {value}" if self.chance(0.6) else self.augmented(text, value))

    def augment_array(self) -> None:
        v = self.written()
        self.emit(self.augmented(v.name, self.smaller(v.shape, 2)))

    def rebind(self) -> None:
        """`u = u + h * f(u)`, for an array without views."""
        viewed = {v.owner for v in self.arrays() if v.owner != v.name}
        arrays = [v for v in self.arrays() if v.owner == v.name and v.name not in viewed]
        if not arrays:
            return
        v = self.rng.choice(arrays)
        self.emit(f"{v.name} = {v.name} + 0.3 * {self.array(v.shape, 2)}" if self.chance(0.6)
                  else f"{v.name} = {self.array(v.shape, 2)} * 1.0")  # fmt: skip
        self.define(Var(v.name, v.shape, owner=v.name))

    def swap(self) -> None:
        if self.chance(0.4):
            a, b = (self.rng.choice(self.floats()).name for _ in range(2))
            self.emit(f"{a}, {b} = {b}, {a}")
            return
        viewed = {v.owner for v in self.arrays() if v.owner != v.name}
        arrays = [v for v in self.arrays() if v.owner == v.name and v.name not in viewed and v.name[0] == "a"]
        pairs = [(a, b) for a, b in itertools.combinations(arrays, 2) if a.shape == b.shape]
        if pairs:
            a, b = self.rng.choice(pairs)
            self.emit(f"{a.name}, {b.name} = {b.name}, {a.name}")

    def new_view(self) -> None:
        v = self.rng.choice(self.arrays())
        text, shape = self.rng.choice(self.views(v))
        name = self.fresh("v")
        self.emit(f"{name} = {text}")
        self.define(Var(name, shape, owner=v.owner))

    def unpack(self) -> None:
        a = self.fresh("s")
        b = self.rng.choice(self.floats()).name if self.chance(0.6) else self.fresh("s")
        value = self.rng.choice((f"pair({self.scalar(1)}, {self.scalar(1)})", f"{self.scalar(2)}, {self.scalar(2)}"))
        self.emit(f"{a}, {b} = {value}")
        self.define(Var(a))
        self.define(Var(b))

    def call(self) -> None:
        """A helper that writes to its argument."""
        arrays = [v for v in self.own() if len(v.shape) == 1]
        if not arrays:
            return
        v = self.rng.choice(arrays)
        if self.chance(0.5):
            other = self.rng.choice(self.arrays(ndim=1))
            self.emit(f"fill({v.name}, {other.name})")
            return
        name = self.fresh("s")
        self.emit(f"{name} = scale_first({v.name}, {self.scalar(1)}) + {self.scalar(1)}")
        self.define(Var(name))

    def counter(self) -> None:
        known = [v for v in self.integers() if v.name.startswith("c")]
        if known and self.chance(0.6):
            v = self.rng.choice(known)
            self.emit(f"{v.name} += {self.rng.choice((1, 1, 2))}")
            self.define(Var(v.name, integer=True, low=v.low, high=10**6))
            return
        name = self.fresh("c")
        self.emit(f"{name} = {self.rng.choice(('0', '1', 'n', 'n // 2'))}")
        self.define(Var(name, integer=True, low=0, high=10**6))

    def extreme(self) -> None:
        """The largest or the smallest of some elements, by a loop, and of what the variable was before."""
        name = self.rng.choice(self.floats()).name if self.chance(0.5) else self.fresh("s")
        self.emit(f"{name} = {self.scalar(1)}")
        place = self.element_in_a_loop()
        sign, kind = self.rng.choice((("<", "min"), (">", "max")))
        updates = (
            *(f"{name} = {kind}({name}, {place})", f"{name} = {kind}({place}, {name})"),
            *(f"if {place} {sign} {name}: {name} = {place}", f"{name} = {place} if {place} {sign} {name} else {name}"),
        )
        self.emit(f"    {self.rng.choice(updates)}")
        self.define(Var(name))

    def gather(self) -> None:
        """A function of a sum over elements."""
        name = self.fresh("s")
        self.emit(f"{name} = 0.5")
        place = self.element_in_a_loop()
        term = self.rng.choice(
            ("{0} * {0}", "np.exp(np.sin({0}))", "np.sin({0}) ** 2", "np.exp(-{0} * {0}) * {0} ** 2")
        )
        self.emit(f"    {name} += {term.format(place)}")
        self.emit(f"{name} = {self.rng.choice(('np.log({0})', 'np.sqrt({0})', '{0} * 0.1')).format(name)}")
        self.define(Var(name))

    def element_in_a_loop(self) -> str:
        """An element that the loop begun here gives another index each time."""
        v, var = self.rng.choice(self.arrays()), self.fresh("i")
        n = v.shape[0]
        e = self.extent(n)
        self.emit(f"for {var} in range({self.rng.choice((e, e, f'1, {e}', f'{e} - 1, -1, -1', f'0, {e}, 2'))}):")
        return f"{v.name}[{', '.join([var, *(self.index(m) for m in v.shape[1:])])}]"

    def check(self) -> None:
        """Something that stops the program where values have grown."""
        if self.chance(0.4):
            self.emit(f'assert {self.rng.choice(self.arrays()).name}.size > 0, "empty"')
            return
        self.emit(f"if {self.scalar(1)} > 50.0:")
        self.emit('    raise OverflowError("large")')

    def closure(self) -> None:
        """A function of its own, that sees what is around it when it is called."""
        name, outer = self.fresh("g"), self.rng.choice(self.floats()).name
        if self.chance(0.5):
            self.emit(f"{name} = lambda v, w={self.scalar(1)}: v * w + {outer}")
        else:
            self.emit(f"def {name}(v, w=0.5):")
            self.emit(f"    t = v * {outer}")
            self.emit(f"    if t > {self.scalar_leaf()}:")
            self.emit("        return t * w")
            self.emit("    return np.cos(v) + w")
        for _ in range(self.rng.randint(0, 2)):
            self.set_float()
        found = self.fresh("s")
        self.emit(f"{found} = {name}({self.scalar(1)}) + {name}({self.scalar(1)}, {self.scalar(0)})")
        if self.chance(0.3):
            self.emit(f"del {name}")
        self.define(Var(found))

    # -- control flow --------------------------------------------------------------------------------------------

    def suite(self, first: list[Var]) -> None:
        """An indented block that sees the variables `first`; what it defines is seldom read after it."""
        outer = list(self.scope)
        self.depth += 1
        for var in first:
            self.define(var)
        for _ in range(self.rng.randint(1, 3)):
            self.statement()
        self.emit(f"{self.rng.choice(self.floats()).name} += {self.scalar(1)}")
        self.depth -= 1
        known = {v.name for v in outer}
        changed = {v.name: v for v in self.scope if v.name in known}
        leaked = [v for v in self.scope if v.name not in known and not v.integer and self.chance(0.08)]
        self.scope = [changed.get(v.name, v) if v.integer else v for v in outer] + leaked

    def for_loop(self) -> None:
        var = self.fresh("i")
        text, values = self.trips()
        self.emit(f"for {var} in range({text}):")
        self.loops.append("for")
        self.outgrow_counters()
        self.suite([Var(var, integer=True, low=min(values, default=0), high=max(values, default=0))])
        self.loops.pop()
        self.otherwise()

    def each_loop(self) -> None:
        """A loop over elements, rows, indices, or over what is written out."""
        head, variables = self.rng.choice((self.over_elements, self.over_elements, self.over_axes, self.over_items))()
        self.emit(f"for {head}:")
        self.loops.append("for")
        self.outgrow_counters()
        self.suite(variables)
        self.loops.pop()
        self.otherwise()

    def otherwise(self) -> None:
        """Perhaps an `else` after a loop."""
        if self.chance(0.2):
            self.emit("else:")
            self.suite([])

    def over_elements(self) -> tuple[str, list]:
        v = self.rng.choice(self.arrays(ndim=1))
        text, n = self.rng.choice(
            [(v.name, v.shape[0])] * 3 + [(f"{v.name}[{s}]", k) for s, k in self.slices(v.shape[0])]
        )
        u, k = self.rng.choice(self.arrays(ndim=1)), self.rng.randint(0, 2)
        a, b, i = Var(self.fresh("e")), Var(self.fresh("e")), self.fresh("i")
        counted = Var(i, integer=True, high=n - 1)
        both = Var(i, integer=True, high=min(n, u.shape[0]) - 1)
        return self.rng.choice([
            (f"{a.name} in {text}", [a]),
            (f"{a.name} in reversed({text})", [a]),
            (f"{a.name} in {self.array((n,), 1)}", [a]),
            (f"{i}, {a.name} in enumerate({text})", [counted, a]),
            (f"{i}, {a.name} in enumerate({text}, {k})", [Var(i, integer=True, low=k, high=n - 1 + k), a]),
            (f"{a.name}, {b.name} in zip({text}, {u.name})", [a, b]),
            (f"{i}, ({a.name}, {b.name}) in enumerate(zip({text}, {u.name}))", [both, a, b]),
            (f"{i}, {b.name} in zip(range({n}), {u.name})", [both, b]),
            (f"{i} in reversed(range({self.extent(n)}))", [counted]),
        ])  # fmt: skip

    def over_axes(self) -> tuple[str, list]:
        m = self.rng.choice(self.arrays(ndim=2))
        i, j, row, e = self.fresh("i"), self.fresh("i"), self.fresh("v"), self.fresh("e")
        indices = [Var(i, integer=True, high=m.shape[0] - 1), Var(j, integer=True, high=m.shape[1] - 1)]
        return self.rng.choice([
            (f"{row} in {m.name}", [Var(row, m.shape[1:], owner=m.owner)]),
            (f"{i}, {row} in enumerate({m.name})", [indices[0], Var(row, m.shape[1:], owner=m.owner)]),
            (f"{i}, {j} in np.ndindex({m.name}.shape)", indices),
            (f"({i}, {j}), {e} in np.ndenumerate({m.name})", [*indices, Var(e)]),
        ])  # fmt: skip

    def over_items(self) -> tuple[str, list]:
        i, a = self.fresh("i"), self.fresh("e")
        items = [self.scalar(1) for _ in range(self.rng.randint(1, 3))]
        numbers = self.rng.choice(((0,), (0, 2), (1, 0, 2)))
        return self.rng.choice([
            (f"{a} in ({', '.join(items)},)", [Var(a)]),
            (f"{i}, {a} in enumerate(({', '.join(items)},))", [Var(i, integer=True, high=len(items) - 1), Var(a)]),
            (f"{i} in ({', '.join(map(str, numbers))},)", [Var(i, integer=True, high=max(numbers))]),
        ])  # fmt: skip

    def outgrow_counters(self) -> None:
        """Counters may be counted up further down, or in an earlier iteration."""
        for v in self.integers():
            if v.name.startswith("c"):
                self.define(Var(v.name, integer=True, low=v.low, high=10**6))

    def trips(self) -> tuple[str, list]:
        """The text of a range's arguments, and the values that the loop variable takes, or bounds of them."""
        n = self.length()
        e = self.extent(n)
        choices = [(e, range(n)), (e, range(n)), (f"1, {e}", range(1, n)), (f"{e} - 1, -1, -1", range(n))]
        choices += [(f"0, {e}, 2", range(0, n, 2)), (f"{n - 1}, 0, -2", range(1, n)), (f"{e}, 0, -1", range(1, n + 1))]
        choices += [("0", range(1)), ("2, 2", range(2, 3)), ("n", range(4)), ("n, 4", range(4))]
        for v in self.integers():
            if v.name.startswith("i") and v.low >= 0 and v.high < 4:
                choices += [(v.name, range(max(v.high, 1)))] * 2 + [(f"{v.name} + 1", range(v.high + 1))] * 2
                choices += [(f"{v.name}, {v.high + 1}", range(v.low, v.high + 1))]
                choices += [(f"{v.name}, -1, -1", range(v.high + 1)), (f"0, {v.name} + 2, 2", range(v.high + 2))]
        text, values = self.rng.choice(choices)
        return text, list(values)

    def while_loop(self) -> None:
        """A loop with a counter, counted up first (so that `continue` is safe) or last."""
        k, bound, early = self.fresh("w"), self.rng.choice((2, 3, 4)), self.chance(0.5)
        test = f"{k} < {self.rng.choice((str(bound), 'n'))}"
        if self.chance(0.4):
            test += f" and ({self.condition()})"
        elif self.chance(0.3):
            test += f" and ({self.fresh('t')} := {self.scalar(1)}) < 3.0"
        self.emit(f"{k} = 0")
        self.emit(f"while {test}:")
        if early:
            self.emit(f"    {k} += 1")
        self.loops.append("while" if early else "while without continue")
        self.suite([Var(k, integer=True, low=int(early), high=3 + early)])
        self.loops.pop()
        if not early:
            self.emit(f"    {k} += 1")
        self.define(Var(k, integer=True, high=4))

    def branch(self) -> None:
        self.emit(f"if {self.condition()}:")
        self.suite([])
        while self.chance(0.25):
            self.emit(f"elif {self.condition()}:")
            self.suite([])
        if self.chance(0.5):
            self.emit("else:")
            self.suite([])

    def jump(self) -> None:
        allowed = ["break"] if self.loops[-1] == "while without continue" else ["break", "continue"]
        self.emit(f"if {self.condition()}:")
        if self.chance(0.4):
            self.emit(f"    {self.rng.choice(self.floats()).name} *= {self.scalar(1)}")
        self.emit(f"    {self.rng.choice(allowed)}")

    def leave(self) -> None:
        value = self.scalar(2) if self.result == () else self.array(self.result, 2)
        self.emit(f"if {self.condition()}:")
        self.emit(f"    return {value} * 1.0")

    def returned(self) -> str:
        """Everything that is known, in one result."""
        if self.result is None:
            v = self.rng.choice(self.arrays())
            return f"{self.rng.choice(self.floats()).name}, {v.name}, {self.total()}"
        return self.total() if self.result == () else f"{self.array(self.result)} * {self.total()}"

    def total(self) -> str:
        scalars = [v.name for v in self.floats()]
        terms = [*self.rng.sample(scalars, min(3, len(scalars)))] + [f"{name}[1]" for name in self.tuples[-1:]]
        arrays = self.arrays()
        own = [v for v in arrays if not v.name.startswith("p")]
        terms += [f"np.sum({v.name} * {v.name})" for v in {*own[-3:], *self.rng.sample(arrays, 1)}]
        return f"({' + '.join(sorted(terms))})"
