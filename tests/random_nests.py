"""Random loop nests, as numerical code has them, made from a seed.

A program computes over points: an outer loop of `n` iterations, at times inside a loop of time steps, around loops of
`d` iterations that fill work arrays, update them in place, reduce them, and add to what lasts longer. All lengths are
small, so that tests are fast; whoever runs the programs makes the blocks and segments of the generated code small too.
"""

from __future__ import annotations

import random
from dataclasses import dataclass, field, replace

import numpy as np
from random_programs import Program

OFFSETS = (0, 0, 0, 0, 0, 0, -1, 1, -1, 1, -2, 2)
POINTS = (0, 1, 1, 2, 3, 4, 5, 6, 7, 8, 9, 11)
UNARY = (
    *("np.sin({0})", "np.tanh({0})", "np.exp(-{0} * {0})", "np.cos({0})", "math.exp(0.5 * {0})", "abs({0})"),
    *("np.sqrt(1.0 + {0} * {0})", "np.log(1.5 + {0} * {0})", "1.0 / (1.0 + {0} * {0})", "(-{0})", "{0} ** 2"),
)
BINARY = (
    *("{0} + {1}", "{0} - {1}", "{0} * {1}", "{0} * {1}", "{0} * {1}", "{0} / (1.5 + {1} * {1})"),
    *("max({0}, {1})", "min({0}, {1})", "np.maximum({0}, {1})", "({0} if {0} > {1} else {1})"),
)
# What is written in a loop over points, and how often.
ITEMS = {
    **{"scalar": 3, "augment": 3, "reduce": 4, "horner": 4, "fill": 8, "triangle": 5, "along": 3, "extreme": 4},
    **{"log_sum_exp": 2.5, "scatter": 4, "store": 4, "branch": 2, "counter": 1.5, "flag": 1, "jump": 1, "view": 1.2},
    **{"swap": 0.8, "copy": 1, "inner_array": 1.2, "element": 2, "sweep": 1.5, "search": 1.5, "pair": 1},
    **{"whole": 1.5, "permute": 0.5},
}
# What is written where each point fills its own work arrays first, and shares nothing but sums.
OWN_ITEMS = {
    **{"triangle": 8, "along": 2, "reduce": 4, "horner": 4, "gather": 3, "store": 2, "augment": 2, "extreme": 2},
    **{"log_sum_exp": 2, "fill": 3, "branch": 1, "scalar": 2, "counter": 0.5, "view": 0.2, "sweep": 0.4, "jump": 0.3},
    **{"whole": 0.7, "permute": 0.3},
}


@dataclass(frozen=True)
class Index:
    """An integer of which `low <= value <= length of kind + high` holds."""

    name: str
    kind: str
    low: int = 0
    high: int = -1


@dataclass(frozen=True)
class Array:
    """An array whose axes have the length of a kind and some more; `ready` when all of it has a value."""

    name: str
    axes: tuple
    ready: bool = True
    mine: bool = True  # made by the function, and written to
    owner: str = ""


def random_nest(seed: int) -> Program:
    """The program of `seed`; always the same one."""
    return _Writer(random.Random(seed)).program(seed)


@dataclass
class _Writer:
    rng: random.Random
    lines: list = field(default_factory=list)
    floats: list = field(default_factory=list)
    arrays: list = field(default_factory=list)
    loops: list = field(default_factory=list)  # the loop variables in scope, outermost first
    counters: list = field(default_factory=list)
    pointers: dict = field(default_factory=dict)  # integer array -> (its axis, kind of the axis that it indexes)
    lengths: dict = field(default_factory=dict)
    taken: dict = field(default_factory=dict)
    depth: int = 1
    scopes: list = field(default_factory=list)
    plain: bool = False  # arithmetic alone
    own: frozenset = frozenset()  # the arrays that may be read and written in a loop over independent points; or none

    # -- the whole -----------------------------------------------------------------------------------------------

    def program(self, seed: int) -> Program:
        self.lengths = {"n": self.rng.choice(POINTS), "d": self.rng.choice((1, 2, 3, 3, 4, 5))}
        self.lengths["t"] = self.rng.choice((0, 1, 2, 3, 4, 5, 7))
        params, args, argnums = self.parameters()
        self.emit("n = x.shape[0]")
        self.emit(self.rng.choice(("d = len(c)", "d = c.shape[0]")))
        self.emit(f"total = {self.rng.choice(('0.0', '0.0', '1.0'))}")
        self.floats.append("total")
        for _ in range(self.rng.choice((0, 1, 1, 2))):
            self.emit(f"{self.new_float()} = {self.constant()}")
        if self.chance(0.3):
            self.counters.append(self.fresh("k"))
            self.emit(f"{self.counters[-1]} = {self.rng.choice('0012')}")
        for _ in range(self.rng.choice((1, 2, 2, 3))):
            self.allocate()
        kind = self.rng.random()
        self.steps() if kind < 0.2 else self.rounds() if kind < 0.45 else self.points()
        if self.chance(0.3):
            self.points()
        self.emit(f"return {self.result()}")
        text = "\n".join(self.lines)
        source = f"import math\n\nimport numpy as np\n\n\ndef f({', '.join(params)}):\n{text}\n"
        return Program(seed, source, args, argnums)

    def parameters(self) -> tuple[list, tuple, tuple]:
        numbers = np.random.default_rng(self.rng.randrange(10**9))
        single = self.chance(0.06)
        shapes = {"x": ("n",), "c": ("d",), "y": ("n",), "a": ("n", "d"), "h": ("d", "d"), "b": ("d", "n")}
        shapes["s"] = ()
        chosen = ["x", "c", *sorted(self.rng.sample(["y", "a", "h", "b", "s"], self.rng.choice((1, 2, 2, 3))))]
        values: dict = {}
        for name in chosen:
            axes = tuple((kind, 0) for kind in shapes[name])
            value = numbers.uniform(-0.9, 0.9, size=tuple(self.lengths[k] for k in shapes[name]))
            values[name] = self.laid_out(value.astype(np.float32) if single else value)
            if axes:
                self.arrays.append(Array(name, axes, mine=False, owner=name))
            else:
                self.floats.append(name)
        if "y" in values and self.chance(0.15):
            values["y"] = values["x"]
        elif "y" in values and "a" in values and self.chance(0.1):
            values["y"] = values["a"][:, 0]
        floats = [k for k, name in enumerate(values)]
        if self.chance(0.35):
            target = self.rng.choice(("n", "d"))
            if self.lengths[target]:
                values["at"] = numbers.integers(-1 if self.chance(0.3) else 0, self.lengths[target], self.lengths["n"])
                self.pointers["at"] = (("n", 0), target)
        values["rounds"] = self.lengths["t"]
        argnums = sorted(self.rng.sample(floats, self.rng.randint(1, len(floats))))
        return list(values), tuple(values.values()), tuple(argnums)

    def laid_out(self, value):
        """`value`, at times with strides of its own."""
        if value.ndim == 0:
            return float(value) if value.dtype == np.float64 else value[()]
        if self.chance(0.08):
            return np.repeat(value, 2, axis=0)[::2]
        return np.asfortranarray(value) if self.chance(0.15) else value

    def result(self) -> str:
        """Sums over everything that is known, or arrays."""
        arrays = [a for a in self.arrays if a.mine and a.ready]
        if arrays and self.chance(0.12):
            a = self.rng.choice(arrays)
            return self.rng.choice((a.name, f"{a.name} * total", f"total, {a.name}", f"{a.name}.copy(), total"))
        terms = [self.weight(v) for v in self.floats if v == "total" or self.chance(0.5)]
        known = [a.name for a in self.arrays if a.mine and (a.ready or self.chance(0.1)) and self.chance(0.7)]
        terms += [self.rng.choice(("np.sum({0} * {0})", "np.sum({0})", "{0}.sum()")).format(name) for name in known]
        return " + ".join(terms)

    def weight(self, name: str) -> str:
        return name if self.chance(0.6) else f"{name} * {self.constant()}"

    # -- small parts ---------------------------------------------------------------------------------------------

    def chance(self, p: float) -> bool:
        return self.rng.random() < p

    def emit(self, text: str) -> None:
        self.lines.append("    " * self.depth + text)

    def fresh(self, base: str) -> str:
        self.taken[base] = self.taken.get(base, 0) + 1
        return f"{base}{self.taken[base]}"

    def constant(self) -> str:
        return f"{self.rng.choice((0.0, 1.0, 0.5, -0.5, 0.3, -0.7, 1.2))}"

    def new_float(self) -> str:
        self.floats.append(self.fresh("s"))
        return self.floats[-1]

    def extent(self, axis: tuple) -> str:
        """Text for the length of an axis."""
        kind, extra = axis
        texts = [kind if kind != "t" else "rounds"] * 6
        texts += [f"{a.name}.shape[{k}]" for a in self.arrays for k, x in enumerate(a.axes) if x == (kind, 0)]
        text = self.rng.choice(texts)
        return f"{text} {'+' if extra > 0 else '-'} {abs(extra)}" if extra else text

    def index(self, axis: tuple) -> str | None:
        """An index into an axis; None where none is sure to be inside."""
        kind, extra = axis
        texts, length = [], self.lengths[kind] + extra
        direct = [v.name for v in self.loops if v.kind == kind and v.low >= 0 and v.high < extra]
        if self.own and direct and self.chance(0.85):
            return self.rng.choice((*direct, *direct[-1:]))
        for v in self.loops:
            if v.kind == kind:
                inside = [m for m in OFFSETS if v.low + m >= 0 and v.high + m < extra]
                texts += [f"{v.name} {'+' if m > 0 else '-'} {abs(m)}" if m else v.name for m in inside]
                if v.low >= 0 and v.high < extra and self.chance(0.25):
                    texts += [f"{self.extent(axis)} - 1 - {v.name}", f"-1 - {v.name}"]
            elif length > 0 and self.chance(0.1 if self.own else 0.3):
                texts.append(f"{v.name} % {self.paren(axis)}")
        for name, (own, target) in self.pointers.items():
            place = self.loop_index(own) if target == kind and extra == 0 else None
            texts += [f"{name}[{place}]"] * 3 if place else []
        for name in self.counters:
            if length > 0 and self.chance(0.1 if self.own else 0.5):
                texts.append(f"{name} % {self.paren(axis)}")
        if length > 0 and (not texts or self.chance(0.3)):
            texts += [str(self.rng.randrange(length)), "-1"]
        return self.rng.choice(texts) if texts else None

    def paren(self, axis: tuple) -> str:
        text = self.extent(axis)
        return f"({text})" if " " in text else text

    def loop_index(self, axis: tuple) -> str | None:
        found = [v.name for v in self.loops if v.kind == axis[0] and v.low >= 0 and v.high < axis[1]]
        return self.rng.choice(found) if found else None

    def place(self, a: Array) -> str | None:
        items = [self.index(axis) for axis in a.axes]
        return None if None in items else f"{a.name}[{', '.join(items)}]"

    # -- expressions ---------------------------------------------------------------------------------------------

    def leaf(self) -> str:
        kind = self.rng.random()
        ready = [a for a in self.arrays if a.ready or self.chance(0.03)]
        ready = [a for a in ready if not self.own or a.owner in self.own or self.chance(0.02)]
        if self.plain and self.chance(0.9):  # what lies side by side for successive points
            ready = [a for a in ready if all(k == "d" for k, _ in a.axes[:-1])]
        if (kind < 0.65 or not self.floats) and ready:
            inner = [a for a in ready if a.mine]
            place = self.place(self.rng.choice(inner if inner and self.chance(0.5) else ready))
            if place:
                return place
        if kind < 0.92:
            found = [v for v in self.floats if v != "total" or self.chance(0.08)]
            if found:
                return self.rng.choice(found)
        if kind < 0.96 and self.loops:
            return f"{self.rng.choice(self.loops).name} * 0.1"
        return self.constant()

    def expr(self, depth: int = 2) -> str:
        kind = self.rng.random()
        if depth == 0 or kind < 0.3:
            return self.leaf()
        if kind < 0.5 and not self.plain:
            return self.rng.choice(UNARY).format(self.inner(depth - 1))
        return self.rng.choice(BINARY if self.chance(0.2) else BINARY[:6]).format(
            self.inner(depth - 1), self.inner(depth - 1)
        )

    def inner(self, depth: int) -> str:
        text = self.expr(depth)
        return f"({text})" if (" " in text and not text.endswith("]")) or text.startswith("-") else text

    def small(self, depth: int = 2) -> str:
        """An expression that lets sums over many iterations stay small."""
        return f"{self.rng.choice(('0.3', '0.2', '0.5'))} * {self.inner(depth)}"

    def condition(self) -> str:
        kind = self.rng.random()
        if kind < 0.3 and self.loops:
            v = self.rng.choice(self.loops).name
            return self.rng.choice((f"{v} % 2 == 0", f"{v} > 1", f"{v} != 2", f"{v} % 3 == 1", f"{v} < 3"))
        if kind < 0.4 and self.counters:
            return f"{self.rng.choice(self.counters)} % 2 == 1"
        bound = self.rng.choice(("0.0", "0.1", "-0.4", "0.6", self.leaf()))
        return f"{self.leaf()} {self.rng.choice('<>')} {bound}"

    # -- loops ---------------------------------------------------------------------------------------------------

    def loop(self, kind: str, base: str, plain: float = 0.5) -> Index:
        """The head of a loop over an axis, entered: `close` ends it."""
        name, e = self.fresh(base), self.extent((kind, 0))
        choices = [(f"{e}", 0, -1)] * 3
        if not self.chance(max(plain, 0.9) if self.own and kind == "d" else plain):
            choices = [(f"{e} - 1, -1, -1", 0, -1)] * 3 + [(f"1, {e}", 1, -1), (f"{e} - 1", 0, -2)]
            choices += [(f"1, {e} - 1", 1, -2), (f"0, {e}, 2", 0, -1), (f"{e} - 2, 0, -1", 1, -2)]
            choices += [(f"{e} - 1, -1, -2", 0, -1), (f"2, {e}", 2, -1), (f"1, {e}, 3", 1, -1)]
            same = [v for v in self.loops if v.kind == kind]
            for v in same if kind == "d" else ():
                choices += [(v.name, 0, v.high - 1), (f"{v.name} + 1, {e}", v.low + 1, -1)] * 2
                choices += [(f"{v.name} - 1, -1, -1", 0, v.high - 1), (f"{v.name} + 1", 0, v.high)]
                choices += [(f"{e} - 1, {v.name}, -1", v.low + 1, -1), (f"{v.name}, {e}", v.low, -1)]
        text, low, high = self.rng.choice(choices)
        self.emit(f"for {name} in range({text}):")
        var = Index(name, kind, low, high)
        self.open(var)
        return var

    def open(self, *loops: Index) -> None:
        self.scopes = [*self.scopes, (self.floats[:], self.arrays[:], self.counters[:], self.loops[:], self.pointers)]
        self.loops = [*self.loops, *loops]
        self.depth += 1

    def close(self) -> None:
        if self.lines[-1].endswith(":"):
            self.emit("total += 0.1")
        self.depth -= 1
        floats, arrays, counters, self.loops, self.pointers = self.scopes.pop()
        leaked = [v for v in self.floats if v not in floats and self.chance(0.04)]
        known = {a.name for a in arrays}
        ready = {a.name: a for a in self.arrays if a.name in known and a.ready and self.chance(0.95)}
        self.floats = floats + leaked
        self.arrays = [replace(a, ready=a.ready or a.name in ready) for a in arrays]
        self.counters = counters

    def rounds(self) -> None:
        """Steps of time."""
        self.loop("t", "step", 0.9)
        if self.chance(0.3):
            self.item()
        self.points()
        if self.chance(0.4):
            self.item()
        self.close()

    def steps(self) -> None:
        """Steps of time from one array to another, which then takes its place."""
        axes = self.rng.choice(
            ((("n", 0),), (("n", 0),), (("d", 0),), (("n", 1),), (("n", 0), ("d", 0)), (("d", 0),) * 2)
        )
        old = self.made(axes)
        if not old.ready or self.chance(0.5):
            self.fill_nest(old)
            self.is_ready(old)
        inside = self.chance(0.2)
        new = None if inside else self.made(axes)
        edges = self.chance(0.5)
        if new and not new.ready and not edges:
            self.emit(f"{new.name}[:] = {old.name}" if self.chance(0.6) else f"{new.name}[:] = 0.3")
        self.loop("t", "step", 0.9)
        if self.chance(0.2):
            self.item()
        new = new or self.made(axes)
        known = self.arrays
        self.arrays = [a for a in known if a.name != new.name or self.chance(0.04)]
        if inside and not new.ready and not edges:
            self.emit(f"{new.name}[:] = {old.name}")
        self.stencil(old, new, all_of_it=self.chance(0.25))
        if edges:
            self.edges(old, new)
        if self.chance(0.15):
            self.stencil(old, new, all_of_it=False)
        self.arrays = known
        self.is_ready(new)
        if self.chance(0.25):
            self.item()
        self.hand_over(old, new, inside)
        if self.chance(0.3):
            self.item()
        if self.chance(0.4):
            self.emit(f"total += {self.small()}")
        self.close()
        if self.chance(0.7):
            self.arrays = [a for a in self.arrays if a.name != new.name]

    def stencil(self, old: Array, new: Array, all_of_it: bool) -> None:
        """Elements of `new` from neighbours in `old`: all, or those that have neighbours on both sides."""
        index = []
        for k, (kind, extra) in enumerate(old.axes):
            e, v = self.paren((kind, extra)), self.fresh("ijk"[k])
            texts = [e, f"{e} - 1, -1, -1"] if all_of_it else [f"1, {e} - 1", f"1, {e} - 1", f"{e} - 2, 0, -1"]
            self.emit(f"for {v} in range({self.rng.choice(texts)}):")
            self.open(Index(v, kind, 0, extra - 1) if all_of_it else Index(v, kind, 1, extra - 2))
            index.append(v)
        here = ", ".join(index)
        terms = [f"{self.rng.choice(('0.4 *', '0.6 *', f'{self.inner(1)} *'))} {old.name}[{here}]"]
        for k, v in enumerate(index):
            e = self.paren(old.axes[k])
            sides = [f"({v} + 1) % {e}", f"{v} - 1"] if all_of_it else [f"{v} - 1", f"{v} + 1"]
            places = [", ".join((*index[:k], side, *index[k + 1 :])) for side in sides if self.chance(0.7)]
            terms += [f"0.2 * {old.name}[{place}]" for place in places]
        if self.chance(0.4):
            terms.append(f"{self.small(2)} * {old.name}[{here}]")
        if self.chance(0.3):
            terms.append(self.small(2))
        self.emit(f"{new.name}[{here}] = {' + '.join(terms)}")
        if self.chance(0.15):
            self.emit(f"total += 0.1 * {new.name}[{here}]")
        for _ in index:
            self.close()

    def edges(self, old: Array, new: Array) -> None:
        kind, extra = old.axes[0]
        length = self.lengths[kind] + extra
        if length == 0:
            return
        if len(old.axes) == 2 and self.chance(0.6):
            v, e = self.fresh("k"), self.extent(old.axes[1])
            self.emit(f"for {v} in range({e}):")
            self.emit(f"    {new.name}[0, {v}] = {old.name}[0, {v}]")
            self.emit(f"    {new.name}[-1, {v}] = {self.rng.choice((f'{old.name}[-1, {v}]', '0.5'))}")
            v, e = self.fresh("k"), self.extent(old.axes[0])
            self.emit(f"for {v} in range({e}):")
            self.emit(f"    {new.name}[{v}, 0] = {self.rng.choice((f'{old.name}[{v}, 0]', '0.0'))}")
            self.emit(f"    {new.name}[{v}, -1] = {old.name}[{v}, 0]")
            return
        for side in ("0", self.rng.choice(("-1", f"{self.extent(old.axes[0])} - 1"))):
            value = self.rng.choice((f"{old.name}[{side}]", f"{old.name}[{side}]", "0.0", "0.7"))
            self.emit(f"{new.name}[{side}] = {value}")

    def hand_over(self, old: Array, new: Array, inside: bool) -> None:
        a, b = old.name, new.name
        texts = [f"{a}[:] = {b}"] * 3 + [f"{a} = {b}.copy()", f"{a} = {b} * 1.0", f"{a}[:] = {b} * {self.constant()}"]
        texts += [f"{a}, {b} = {b}, {a}"] * 2 if not inside else [f"{a} = {b}"] * 3
        texts += [f"{a}[:, :] = {b}"] * 2 if len(old.axes) == 2 else [f"{a}[1:-1] = {b}[1:-1]"]
        if self.chance(0.2):
            v = [self.fresh("j") for _ in old.axes]
            for k, axis in enumerate(old.axes):
                self.emit(f"{'    ' * k}for {v[k]} in range({self.extent(axis)}):")
            self.emit(f"{'    ' * len(v)}{a}[{', '.join(v)}] = {b}[{', '.join(v)}]")
            return
        self.emit(self.rng.choice(texts))

    def points(self) -> None:
        kind = self.rng.random()
        if kind < 0.55:
            return self.own_points()
        if kind < 0.68:
            return self.flat()
        if kind < 0.76:
            return self.soft()
        self.loop("n", "i", 0.65)
        for _ in range(self.rng.choice((1, 2, 2, 3, 3, 4))):
            self.item()
        self.emit(f"total {self.rng.choice(('+=', '+=', '+=', '-='))} {self.small()}")
        self.close()

        return None

    def flat(self) -> None:
        """A loop of elements, sums and recurrences alone."""
        found = [a for a in self.arrays if a.mine and any(k == "n" for k, _ in a.axes)]
        while len(found) < 2:
            found.append(self.made(self.rng.choice(((("n", 0),), (("n", 0),), (("n", 1),), (("d", 0), ("n", 0))))))
        self.loop("n", "i", 0.7)
        for _ in range(self.rng.choice((2, 3, 3, 4, 5))):
            kind, a = self.rng.random(), self.rng.choice(found)
            place = self.place(a)
            if kind < 0.55 and place:
                self.emit(f"{place} {self.rng.choice(('=', '=', '+=', '-='))} {self.expr(2)}")
            elif kind < 0.75:
                self.scalar()
            elif kind < 0.85:
                self.scatter()
            else:
                self.augment()
        self.close()
        for a in found:
            self.is_ready(a)

    def soft(self) -> None:
        """The extreme of all points, and what is computed from it."""
        found = [a for a in self.arrays if a.axes == (("n", 0),) and a.ready]
        a, m = self.rng.choice(found), self.fresh("m")
        self.emit(f"{m} = {self.rng.choice(('-np.inf', '0.1', f'{a.name}[0]' if self.lengths['n'] else '0.0'))}")
        sign, func = self.rng.choice(((">", "max"), ("<", "min"), (">", "max")))
        i = self.loop("n", "i", 0.8)
        value = f"{a.name}[{self.index(('n', 0)) or i.name}]" if self.chance(0.9) else self.leaf()
        self.emit(self.rng.choice((
            f"{m} = {func}({m}, {value})", f"{m} = {func}({value}, {m})",
            f"if {value} {sign} {m}:\n{'    ' * (self.depth + 1)}{m} = {value}",
            f"if {m} {sign}= {value}:\n{'    ' * (self.depth + 1)}{m} = {value}",
        )))  # fmt: skip
        if self.chance(0.15):
            self.item()
        self.close()
        if self.chance(0.2):
            self.floats.append(m)
            return
        s, u = self.fresh("s"), self.made((("n", 0),))
        self.emit(f"{s} = {self.rng.choice(('0.0', '1.0'))}")
        i = self.loop("n", "i", 0.9)
        self.emit(f"{u.name}[{i.name}] = np.exp(0.5 * ({a.name}[{i.name}] - {m}))")
        self.emit(f"{s} += {u.name}[{i.name}]{self.rng.choice(('', f' * {self.leaf()}'))}")
        self.close()
        if self.chance(0.7):
            i = self.loop("n", "i", 0.9)
            self.emit(f"{u.name}[{i.name}] = {u.name}[{i.name}] * {self.rng.choice((s, f'({s} + {m})'))}")
            self.emit(f"total += {u.name}[{i.name}] * {self.leaf()}")
            self.close()
        else:
            self.emit(f"total += {s} * {m}")
        self.is_ready(u)

    def own_points(self) -> None:
        """A loop over points that each have work arrays for themselves."""
        shapes = ((("d", 0),), (("d", 0),), (("d", 0), ("d", 0)), (("d", 1),))
        found = [a for a in self.arrays if a.mine and all(k == "d" for k, _ in a.axes)]
        work = self.rng.sample(found, min(len(found), self.rng.choice((1, 1, 2))))
        inside = self.chance(0.15)
        work = work if inside or work else [self.made(self.rng.choice(shapes))]
        self.loop("n", "i", 0.65)
        work = [self.made(self.rng.choice(shapes))] if inside else work
        self.plain = self.chance(0.6)
        outside = self.floats
        sums = [v for v in outside if v != "s"]
        self.floats = [v for v in outside if v == "s"]
        self.own = frozenset(a.owner for a in (*work, *(a for a in self.arrays if not a.mine)))
        again = self.chance(0.15)
        if again:
            self.loop("d", "m", 0.8)
        if self.chance(0.2):
            self.item()
        for a in work:
            if self.chance(0.97):
                self.fill(a)
        for _ in range(self.rng.choice((1, 2, 2, 3, 3, 4))):
            self.item()
        self.emit(f"{self.rng.choice(sums)} {self.rng.choice(('+=', '+=', '+=', '-='))} {self.small()}")
        if again:
            self.close()
        self.own, self.plain = frozenset(), False
        self.floats = outside + self.floats
        self.close()
        if self.chance(0.85):  # not used again
            self.arrays = [a for a in self.arrays if a not in work and a.owner not in {b.name for b in work}]

    def gather(self) -> None:
        """Into a sum, or an array of sums."""
        found = [a for a in self.arrays if a.mine and a.ready and a.owner not in self.own]
        self.loop("d", "j", 0.8)
        place = self.place(self.rng.choice(found)) if found and self.chance(0.5) else "total"
        self.emit(f"{place or 'total'} {self.rng.choice(('+=', '-='))} {self.small()}")
        self.close()

    def item(self) -> None:
        items = OWN_ITEMS if self.own else ITEMS
        getattr(self, self.rng.choices(list(items), list(items.values()))[0])()

    # -- arrays --------------------------------------------------------------------------------------------------

    def allocate(self) -> Array:
        axes = self.rng.choice(((("d", 0),), (("d", 0),), (("d", 0),), (("d", 0), ("d", 0)), (("n", 0),),
                                (("n", 0), ("d", 0)), (("n", 1),), (("d", 1),), (("d", 0), ("n", 0))))  # fmt: skip
        return self.made(axes)

    def made(self, axes: tuple) -> Array:
        name = self.fresh("u" if axes[0][0] == "n" else "w")
        how = self.rng.choice(("empty", "empty", "zeros", "zeros", "ones"))
        shape = ", ".join(self.extent(axis) for axis in axes)
        same = [a for a in self.arrays if a.axes == axes and a.ready]
        if same and self.chance(0.1):
            self.emit(f"{name} = {self.rng.choice(same).name}.copy()")
        else:
            self.emit(f"{name} = np.{how}({f'({shape})' if len(axes) > 1 else shape})")
        a = Array(name, axes, how != "empty", owner=name)
        self.arrays.append(a)
        return a

    def inner_array(self) -> None:
        a = self.made(((("d", 0),), (("d", 0),), (("d", 0), ("d", 0)))[self.rng.randrange(3)])
        if not a.ready:
            self.fill(a)

    def work(self, ndim: int | None = None, ready: bool = True) -> Array | None:
        found = [a for a in self.arrays if a.mine and all(k == "d" for k, _ in a.axes) and (a.ready or not ready)]
        found = [a for a in found if ndim in (None, len(a.axes)) and (not self.own or a.owner in self.own)]
        return self.rng.choice(found) if found else None

    def is_ready(self, a: Array) -> None:
        self.arrays = [replace(b, ready=True) if b.owner == a.owner else b for b in self.arrays]

    def fill(self, a: Array | None = None) -> None:
        """Every element of a work array, or nearly."""
        a = a or self.work(ready=False)
        if a is None:
            return
        kind = self.rng.random()
        kind = 0.5 + kind / 2 if self.own and self.chance(0.6) else kind
        if self.chance(0.2):
            self.sums(a)
        elif len(a.axes) == 1 and kind < 0.07:
            self.emit(f"{a.name}[:] = {self.vector(a)}")
        elif len(a.axes) == 1 and kind < 0.17 and self.lengths["d"] + a.axes[0][1] > 0:
            self.from_neighbour(a)
        elif kind < 0.25:
            self.emit(f"if {self.condition()}:")
            self.open()
            self.fill_nest(a)
            self.close()
            if self.chance(0.7):
                self.emit("else:")
                self.open()
                self.fill_nest(a)
                self.close()
        else:
            self.fill_nest(a)
        self.is_ready(a)

    def sums(self, a: Array) -> None:
        """Zeros, and what is added to them."""
        e, v = self.extent(a.axes[0]), self.fresh("j")
        nested = len(a.axes) == 1 and self.chance(0.6)
        if not nested:
            self.emit(f"{a.name}[:] = 0.0")
        self.emit(f"for {v} in range({e}):")
        self.open(Index(v, a.axes[0][0], 0, a.axes[0][1] - 1))
        if nested:
            self.emit(f"{a.name}[{v}] = {self.rng.choice(('0.0', '1.0', self.leaf()))}")
        self.loop("d", "r")
        before = self.arrays
        self.arrays = [b for b in before if b.owner != a.owner]
        place = self.place(a) if not nested else f"{a.name}[{v}]"
        self.emit(f"{place} {self.rng.choice(('+=', '+=', '-='))} {self.small(1)}" if place else "total += 0.1")
        self.arrays = before
        self.close()
        self.close()

    def whole(self) -> None:
        """A statement of all elements of an array."""
        found = [a for a in self.arrays if a.mine and a.ready and (not self.own or a.owner in self.own)]
        if found:
            a = self.rng.choice(found)
            same = [b.name for b in self.arrays if b.axes == a.axes and b.ready]
            texts = [f"{a.name} {self.rng.choice(('*=', '+=', '-='))} {self.small(1)}"]
            texts += [f"{a.name}[:] = {self.small(1)}", f"total += np.sum({a.name} * {self.rng.choice(same)})"]
            texts += [f"total += 0.1 * {a.name}.{self.rng.choice(('sum', 'max', 'min'))}()"]
            if len(a.axes) == 1:
                texts += [f"total += 0.2 * np.dot({a.name}, {self.rng.choice(same)})"]
            self.emit(self.rng.choice(texts))

    def permute(self) -> None:
        """A work array of integers, and elements at them."""
        found = [a for a in self.arrays if a.ready and a.axes == (("d", 0),) and (not self.own or a.owner in self.own)]
        name, v = self.fresh("p"), self.fresh("j")
        self.emit(f"{name} = np.{self.rng.choice(('empty', 'zeros'))}(d, dtype=np.int64)")
        self.emit(f"for {v} in range(d):")
        self.open(Index(v, "d"))
        self.emit(f"{name}[{v}] = {self.rng.choice((v, f'd - 1 - {v}', f'({v} + {self.loops[0].name}) % d'))}")
        self.close()
        a = self.rng.choice(found)
        self.emit(f"for {v} in range(1, d):")
        self.emit(f"    if {a.name}[{name}[{v}]] < {a.name}[{name}[{v} - 1]]:")
        self.emit(f"        {name}[{v}], {name}[{v} - 1] = {name}[{v} - 1], {name}[{v}]")
        self.pointers = {**self.pointers, name: (("d", 0), "d")}
        self.emit(f"for {v} in range(d):")
        self.open(Index(v, "d"))
        self.emit(f"total += {a.name}[{name}[{v}]] * {self.rng.choice((f'c[{v}]', f'{v}', self.leaf()))}")
        self.close()
        if self.chance(0.7):
            self.pointers = {k: p for k, p in self.pointers.items() if k != name}

    def vector(self, a: Array) -> str:
        same = [b.name for b in self.arrays if b.axes == a.axes and b.ready]
        if same and self.chance(0.8):
            return f"{self.rng.choice(same)} * {self.leaf()}"
        return self.expr(1)

    def fill_nest(self, a: Array) -> None:
        partly = self.chance(0.05)
        index = []
        for k, (kind, extra) in enumerate(a.axes):
            e, v = self.extent((kind, extra)), self.fresh("jkr"[min(k, 2)])
            text = self.rng.choice((e, e, e, e, f"{self.paren((kind, extra))} - 1, -1, -1"))
            text = f"{e} - 1" if partly else text
            self.emit(f"for {v} in range({text}):")
            self.open(Index(v, kind, 0, extra - 1 - partly))
            index.append(v)
        before = self.arrays
        self.arrays = [b for b in before if b.owner != a.owner or (a.ready and self.chance(0.3))]
        self.emit(f"{a.name}[{', '.join(index)}] = {self.expr(2)}")
        self.arrays = before
        if self.chance(0.2):
            self.emit(f"{a.name}[{', '.join(index)}] {self.rng.choice(('+=', '*=', '-='))} {self.small(1)}")
        for _ in a.axes:
            self.close()

    def from_neighbour(self, a: Array) -> None:
        """A recurrence along an array."""
        e, v = self.extent(a.axes[0]), self.fresh("j")
        self.emit(f"{a.name}[0] = {self.expr(1)}")
        self.emit(f"for {v} in range(1, {e}):")
        self.open(Index(v, "d", 1, a.axes[0][1] - 1))
        self.emit(f"    {a.name}[{v}] = {a.name}[{v} - 1] * {self.inner(1)} + {self.small(1)}".removeprefix("    "))
        self.close()

    # -- items ---------------------------------------------------------------------------------------------------

    def scalar(self) -> None:
        value = self.expr(3)
        known = self.floats[1:] if self.chance(0.3) else []
        self.emit(f"{self.rng.choice(known) if known else self.new_float()} = {value}")

    def augment(self) -> None:
        name = self.rng.choice(self.floats or ["total"])
        if name == "s":
            return
        how = self.rng.random()
        if how < 0.7:
            self.emit(f"{name} {self.rng.choice(('+=', '-='))} {self.small(3)}")
        else:
            self.emit(
                f"{name} = {name} * {self.inner(1)} + {self.small(1)}" if how < 0.9 else f"{name} *= {self.leaf()}"
            )

    def pair(self) -> None:
        values = f"{self.leaf()} * 0.5, {self.expr(2)}"
        self.emit(f"{self.rng.choice(self.floats or ['total'])}, {self.new_float()} = {values}")

    def reduce(self) -> None:
        value, how = self.new_float(), self.rng.choice(("sum", "sum", "sum", "product", "both"))
        self.emit(f"{value} = {'1.0' if how == 'product' else '0.0'}")
        other = self.new_float() if how == "both" else ""
        if other:
            self.emit(f"{other} = 1.0")
        self.loop(self.rng.choice("dddn") if self.lengths["n"] < 8 else "d", "j")
        if how != "product":
            self.emit(f"{value} += {self.small()}")
        if how != "sum":
            self.emit(f"{other or value} *= {self.inner(1)}")
        if self.chance(0.2):
            self.item()
        self.close()

    def horner(self) -> None:
        start, other = self.rng.choice(("0.0", "1.0", self.leaf())), self.leaf()
        p = self.new_float()
        self.emit(f"{p} = {start}")
        second = self.chance(0.25) and self.new_float()
        if second:
            self.emit(f"{second} = {other}")
        factor = self.leaf() if self.chance(0.5) else ""
        self.loop("d", "j", 0.7)
        if second:
            kept = self.fresh("t")
            self.emit(f"{kept} = {p}")
            self.emit(f"{p} = {p} * {factor or self.leaf()} + {second}")
            self.emit(f"{second} = {kept} * {self.leaf()}")
        else:
            self.emit(f"{p} = {p} * {factor or self.inner(1)} + {self.leaf()}")
        self.close()

    def triangle(self) -> None:
        """Updates in place, at times with a counter along a packed triangle."""
        a = self.work(ndim=1)
        if a is None or a.axes != (("d", 0),):
            return self.fill()
        at = self.fresh("p") if self.chance(0.4) else ""
        packed = next((b for b in self.arrays if b.axes == (("d", 0), ("d", 0)) and b.ready), None)
        if at:
            self.emit(f"{at} = 0")
            self.counters.append(at)
        j = self.loop("d", "j", 0.8)
        value = self.leaf()
        r, e = self.fresh("r"), self.extent(("d", 0))
        texts = [(f"{j.name} + 1, {e}", j.low + 1, -1), (j.name, 0, j.high - 1), (f"{j.name}", 0, j.high - 1)]
        texts += [(f"{e} - 1, {j.name}, -1", j.low + 1, -1), (e, 0, -1)]
        text, low, high = self.rng.choice(texts)
        self.emit(f"for {r} in range({text}):")
        self.open(Index(r, "d", low, high))
        where = packed and f"{packed.name}[{r}, {j.name}]"
        factor = self.rng.choice([f"c[{at} % d]" if at else "c[0]", where or value, self.leaf()])
        target, source = self.rng.choice(((r, j.name), (r, j.name), (j.name, r)))
        self.emit(f"{a.name}[{target}] {self.rng.choice(('+=', '-='))} 0.4 * {factor} * {a.name}[{source}]")
        if at:
            self.emit(f"{at} += 1")
        self.close()
        if self.chance(0.2):
            self.emit(f"{a.name}[{j.name}] *= {self.small(1)}")
        if self.chance(0.2):
            self.item()
        self.close()
        return None

    def along(self) -> None:
        """An array updated in place by its neighbours."""
        a = self.work(ndim=1) if self.chance(0.7) else None
        found = [b for b in self.arrays if b.mine and b.ready and len(b.axes) == 1]
        a = a or (self.rng.choice(found) if found else None)
        if a is None:
            return self.fill()
        kind, extra = a.axes[0]
        v, e, o = self.fresh("j"), self.paren(a.axes[0]), self.rng.choice((1, 1, 2))
        text, place = self.rng.choice(
            ((f"{o}, {e}", f"{v} - {o}"), (f"{e} - {o}", f"{v} + {o}"), (f"{e} - {1 + o}, -1, -1", f"{v} + {o}"))
        )
        low, high = (o, extra - 1) if text.startswith(f"{o},") else (0, extra - 1 - o)
        self.emit(f"for {v} in range({text}):")
        self.open(Index(v, kind, low, high))
        old = f"{a.name}[{v}] * " if self.chance(0.4) else f"0.5 * {a.name}[{v}] + 0.3 * "
        self.emit(f"{a.name}[{v}] = {old}{a.name}[{place}]{self.rng.choice(('', f' * {self.inner(1)}'))}")
        self.close()
        return None

    def sweep(self) -> None:
        """A stencil from one array to another, which then takes its place."""
        found = [b for b in self.arrays if b.mine and b.ready and b.owner == b.name and b.name[0] in "uw"]
        viewed = {b.owner for b in self.arrays if b.owner != b.name}
        found = [b for b in found if b.name not in viewed and len(b.axes) == 1]
        if not found:
            return
        a = self.rng.choice(found)
        others = [b for b in found if b.axes == a.axes and b != a]
        new = self.rng.choice(others) if others and self.chance(0.8) else self.made(a.axes)
        kind, extra = a.axes[0]
        v, e = self.fresh("j"), self.paren(a.axes[0])
        self.emit(f"for {v} in range({self.rng.choice((f'1, {e} - 1', f'{e} - 2, 0, -1'))}):")
        self.open(Index(v, kind, 1, extra - 2))
        self.emit(f"{new.name}[{v}] = 0.3 * {a.name}[{v} - 1] + 0.4 * {a.name}[{v}] + {self.small(1)}"
                  f"{self.rng.choice(('', f' - 0.2 * {a.name}[{v} + 1]'))}")  # fmt: skip
        self.close()
        if self.lengths[kind] + extra > 0 and self.chance(0.6):
            self.emit(f"{new.name}[0] = {self.leaf()}")
            self.emit(f"{new.name}[-1] = {a.name}[-1]")
        inside = any(b.name == new.name for b in others)
        texts = [f"{a.name}[:] = {new.name}", f"{a.name}[1:-1] = {new.name}[1:-1]"]
        if inside:
            texts += [f"{a.name}, {new.name} = {new.name}, {a.name}"] * 2
        self.emit(self.rng.choice(texts))
        self.is_ready(new)

    def extreme(self) -> None:
        """The largest or smallest so far, in one of the ways to write it."""
        start = self.rng.choice(("0.1", "-10.0", "-np.inf", self.leaf()))
        sign, func = self.rng.choice(((">", "max"), ("<", "min"), (">", "max")))
        start = start.replace("-np.inf", "np.inf") if sign == "<" else start
        known = [v for v in self.floats if v not in ("total", "s")]
        if known and self.chance(0.3):
            m = self.rng.choice(known)
        else:
            m = self.new_float()
            self.emit(f"{m} = {start}")
        loop = self.chance(0.7)
        if loop:
            self.loop("d", "j", 0.8)
        value = self.leaf() if self.chance(0.5) else self.expr(2)
        if self.chance(0.35) and not value.startswith("-"):
            self.emit(f"v = {value}")
            value = "v"
        way = self.rng.random()
        if way < 0.35:
            self.emit(f"{m} = {self.rng.choice((func, func, f'np.{func}imum'))}({m}, {value})")
        elif way < 0.5:
            self.emit(f"{m} = {func}({value}, {m})")
        elif way < 0.85:
            self.emit(f"if {value} {sign}{self.rng.choice(('', '='))} {m}:")
            self.emit(f"    {m} = {value}")
        else:
            self.emit(f"{m} = {value} if {value} {sign} {m} else {m}")
        if loop:
            self.close()
        if "inf" in start and m in self.floats:
            self.emit(f"total += {m if self.lengths['d'] > 1 else 0.0} * 0.1")

    def search(self) -> None:
        """The place of the largest element, and what stands there."""
        a = self.work(ndim=1)
        if a is None:
            return
        m, best = self.new_float(), self.fresh("b")
        self.emit(f"{m}, {best} = {a.name}[0], 0")
        v = self.fresh("j")
        self.emit(f"for {v} in range(1, {self.extent(a.axes[0])}):")
        self.emit(f"    if {a.name}[{v}] > {m}:")
        self.emit(f"        {m} = {a.name}[{v}]")
        self.emit(f"        {best} = {v}")
        self.emit(f"total += {a.name}[{best}] * {self.leaf()}")
        self.loops = [*self.loops, Index(best, "d", 0, a.axes[0][1] - 1)]
        if self.chance(0.5):
            self.emit(f"{a.name}[{best}] = {self.expr(1)}")

    def log_sum_exp(self) -> None:
        a = self.work(ndim=1, ready=False) if self.chance(0.7) else None
        m, s = self.new_float(), self.fresh("s")
        self.emit(f"{m} = {self.rng.choice(('-np.inf', '-1e300', '-5.0'))}")
        v, e = self.fresh("j"), self.extent(a.axes[0] if a else ("d", 0))
        extra = a.axes[0][1] if a else 0
        self.emit(f"for {v} in range({e}):")
        self.open(Index(v, "d", 0, extra - 1))
        self.floats.remove(m)
        value = self.leaf() if self.chance(0.5) else self.expr(2)
        if a:
            self.emit(f"{a.name}[{v}] = {value}")
            value = f"{a.name}[{v}]"
        self.emit(
            self.rng.choice(
                (f"{m} = max({m}, {value})", f"if {value} > {m}:\n{'    ' * (self.depth + 1)}{m} = {value}")
            )
        )
        self.floats.append(m)
        self.close()
        self.emit(f"{s} = 0.0")
        self.emit(f"for {v} in range({e}):")
        self.open(Index(v, "d", 0, extra - 1))
        if a and self.chance(0.4):
            self.emit(f"{value} = np.exp({value} - {m})")
            self.emit(f"{s} += {value}")
        else:
            self.emit(f"{s} += np.exp({value} - {m})")
        self.close()
        if a:
            self.is_ready(a)
        if a and self.chance(0.4):
            self.emit(f"for {v} in range({e}):")
            self.open(Index(v, "d", 0, extra - 1))
            self.emit(f"{value} {self.rng.choice(('/=', '*='))} {s}")
            self.close()
        self.floats.append(s)
        self.emit(f"total {self.rng.choice(('+=', '-='))} {m} + np.log({s})")

    def scatter(self) -> None:
        found = [a for a in self.arrays if a.mine and a.ready]
        if not found:
            return
        inner = self.chance(0.6) and bool(self.scopes[1:])
        if inner:
            self.loop("d", "j")
        place = self.place(self.rng.choice(found))
        if place:
            self.emit(f"{place} {self.rng.choice(('+=', '+=', '-=', '*='))} {self.small()}")
        else:
            self.emit(f"total += {self.small(1)}")
        if inner:
            self.close()

    def element(self) -> None:
        found = [a for a in self.arrays if a.mine and a.ready]
        place = self.place(self.rng.choice(found)) if found else None
        if place:
            self.emit(f"{place} = {self.expr(2)}")

    def store(self) -> None:
        """An element for each point."""
        i = next((v for v in reversed(self.loops) if v.kind == "n"), None)
        found = [a for a in self.arrays if a.mine and a.axes[0][0] == "n"]
        if i is None or not found:
            return self.scatter()
        a = self.rng.choice(found)
        if len(a.axes) == 1:
            self.emit(f"{a.name}[{i.name}] {self.rng.choice(('=', '=', '+=')) if a.ready else '='} {self.expr(2)}")
        elif self.chance(0.3):
            self.emit(f"{a.name}[{i.name}] {self.rng.choice(('=', '+=')) if a.ready else '='} {self.leaf()}")
        else:
            v = self.fresh("j")
            self.emit(f"for {v} in range({self.extent(a.axes[1])}):")
            self.open(Index(v, a.axes[1][0], 0, a.axes[1][1] - 1))
            self.emit(f"{a.name}[{i.name}, {v}] = {self.expr(2)}")
            self.close()
        if i.low == 0 and i.high == -1 and self.chance(0.5):
            self.is_ready(a)
        return None

    def branch(self) -> None:
        self.emit(f"if {self.condition()}:")
        for other in (False, True):
            if other and self.chance(0.5):
                return
            if other:
                self.emit("else:")
            self.open()
            if self.chance(0.6):
                self.item()
            found = [v for v in self.floats if v != "s"] or ["total"]
            self.emit(f"{self.rng.choice(found)} += {self.small(1)}")
            self.close()

    def counter(self) -> None:
        if not self.counters or self.chance(0.3):
            self.counters.append(self.fresh("k"))
            self.emit(f"{self.counters[-1]} = {self.rng.choice(('0', '1', 'd', 'len(x)'))}")
            return
        name = self.rng.choice(self.counters)
        self.emit(f"{name} = ({name} + 1) % {self.rng.choice('23')}" if self.chance(0.3) else f"{name} += 1")

    def flag(self) -> None:
        name = self.fresh("flag")
        self.emit(f"{name} = {self.rng.choice(('False', 'True'))}")
        self.loop("d", "j", 0.8)
        self.emit(f"if {self.condition()}:")
        self.emit(f"    {name} = {self.rng.choice((f'not {name}', 'True'))}")
        self.close()
        self.emit(f"if {name}:")
        self.emit(f"    total += {self.expr(1)}")

    def jump(self) -> None:
        if not self.loops:
            return
        loop = self.chance(0.6)
        if loop:
            self.loop("d", "j", 0.8)
        self.emit(f"if {self.condition()}:")
        self.emit(f"    {self.rng.choice(('break', 'continue'))}")
        self.item() if self.chance(0.4) and not loop else self.emit(f"total += {self.small(1)}")
        if loop:
            self.close()

    def view(self) -> None:
        ready = [a for a in self.arrays if a.ready]
        a = self.rng.choice(ready)
        name = self.fresh("v")
        if len(a.axes) == 2:
            first = self.index(a.axes[0])
            if first is None:
                return
            self.emit(f"{name} = {a.name}[{first}]")
            self.arrays.append(Array(name, a.axes[1:], True, a.mine, a.owner))
        elif self.chance(0.4):
            self.emit(f"{name} = {a.name}")
            self.arrays.append(replace(a, name=name))
        elif self.lengths[a.axes[0][0]] + a.axes[0][1] > 1:
            kind, extra = a.axes[0]
            self.emit(f"{name} = {a.name}[{self.rng.choice(('1:', ':-1'))}]")
            self.arrays.append(Array(name, ((kind, extra - 1),), True, a.mine, a.owner))

    def swap(self) -> None:
        viewed = {b.owner for b in self.arrays if b.owner != b.name}
        own = [b for b in self.arrays if b.mine and b.owner == b.name and b.name not in viewed and b.ready]
        pairs = [(a, b) for a in own for b in own if a.name < b.name and a.axes == b.axes]
        if pairs:
            a, b = self.rng.choice(pairs)
            self.emit(f"{a.name}, {b.name} = {b.name}, {a.name}")

    def copy(self) -> None:
        own = [b for b in self.arrays if b.mine]
        pairs = [(a, b) for a in own for b in self.arrays if a.name != b.name and a.axes == b.axes and b.ready]
        if pairs:
            a, b = self.rng.choice(pairs)
            self.emit(f"{a.name}[:] = {b.name}")
            self.is_ready(a)
