"""The kernels of an array function: a nest with a thread for each element, and numbers that one thread computes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from adtrans import ir, types
from adtrans.analyses.liveness import definitions, live_in
from adtrans.errors import UnsupportedError
from adtrans.targets.loops import line_of, trips
from adtrans.targets.memory import Tape, memory
from adtrans.targets.nest import Nest
from adtrans.targets.spelling import spelling
from adtrans.transforms.lazy import ONE, ZERO, add, multiply

INT = types.types.int64


@dataclass(frozen=True)
class Kernel:
    """A kernel as it is emitted. It is given the values `given` under the names `params`, the arrays for the parts of
    the numbers `sums`, and those of its threads, `tapes`; `lengths` are those of its grid, none for one thread."""

    name: str
    params: tuple
    given: tuple
    body: tuple
    doc: str
    lengths: tuple
    sums: tuple = ()
    tapes: tuple[Tape, ...] = ()


@dataclass
class Naming:
    """The types of all names of a function, the definitions of lengths, and how new names are made."""

    env: types.Env
    values: dict
    fresh: Callable[[str], str]

    def new(self, base: str, t) -> str:
        name = self.fresh(base)
        self.env[name] = t
        return name


def of_nest(name: str, nest: Nest, cells: frozenset, naming: Naming) -> Kernel:
    """The kernel whose threads run a nest; `cells` are the numbers that lie in the GPU's memory."""
    stored = _with_memory(nest, naming)
    before, loops = _strided(nest.loops, stored.body, naming)
    zeros = (ir.Assign(s, types.typed(0, naming.env[s])) for s in nest.sums)
    body = (*stored.before, *before, *zeros, loops)
    read = live_in(body)
    loads, given, params = _given(read - {t.name for t in stored.tapes}, cells, naming)
    parts = {s: naming.new(f"{s}_parts", types.array_type(naming.env[s], 1)) for s in nest.sums}
    last = (_block_sum(s, parts[s], naming.env) for s in nest.sums)
    body = (*loads, *spelling(body, naming.env), *last)
    params = (*params, *parts.values(), *(t.name for t in stored.tapes))
    doc = f"The loop of {_place(nest.loops[0])}, a thread for each iteration."
    return Kernel(name, params, given, body, doc, tuple(map(trips, nest.loops)), nest.sums, stored.tapes)


def of_numbers(name: str, block: tuple, cells: frozenset, kept: frozenset, naming: Naming) -> Kernel:
    """The kernel of one thread that runs `block`; the numbers `kept` are read later."""
    changed = frozenset(d for s in ir.statements(block) for d in definitions(s))
    always = frozenset(d for s in block for d in definitions(s))
    stored = sorted(changed & kept)
    read = live_in(block) | (frozenset(stored) - always)
    loads, given, params = _given(read, cells, naming)
    held = dict(zip(given, params, strict=True))
    for s in stored:
        if s not in held:
            held[s] = naming.new(f"{s}_cell", types.array_type(naming.env[s], 1))
    stores = (ir.Store(ir.Index(ir.Name(held[s]), (ZERO,)), ir.Name(s)) for s in stored)
    body = (*loads, *spelling(block, naming.env), *stores)
    return Kernel(name, tuple(held.values()), tuple(held), body, f"The numbers of {_place(block[0])}.", ())


def _given(read: frozenset, cells: frozenset, naming: Naming) -> tuple[list, tuple, tuple]:
    """What reads numbers from the GPU's memory; what a kernel that reads these names is given, under which names."""
    given = tuple(sorted(read))
    held = {s: naming.new(f"{s}_cell", types.array_type(naming.env[s], 1)) for s in given if s in cells}
    loads = [ir.Assign(s, ir.Index(ir.Name(cell), (ZERO,))) for s, cell in held.items()]
    return loads, given, tuple(held.get(s, s) for s in given)


def _place(stmt) -> str:
    loc = line_of(stmt)
    return f"line {loc.line}" if loc else "no line of its own"


def _block_sum(name: str, parts: str, env: types.Env) -> ir.Effect:
    call = ir.Call(f"helper.block_sum_{types.dtype_name(env[name])}", (ir.Name(name), ir.Name(parts)))
    return ir.Effect(call)


def _strided(loops: tuple, body: tuple, naming: Naming) -> tuple[tuple, ir.For]:
    """The loops, of which each thread takes every so manyth iteration, and what is computed for them before."""
    number, count = (ir.Call(f"cuda.{name}", (ir.Const(len(loops)),)) for name in ("grid", "gridsize"))
    before: tuple = ()
    firsts: list = [number]
    strides: list = [count]
    if len(loops) > 1:
        own = [[naming.new(f"{loop.var}_{what}", INT) for loop in loops] for what in ("first", "stride")]
        # The innermost loop goes along x, so that neighbours in memory are neighbours in the grid.
        before = tuple(ir.Opaque(tuple(reversed(names)), c) for names, c in zip(own, (number, count), strict=True))
        firsts, strides = ([ir.Name(n) for n in names] for names in own)
    for loop, first, stride in reversed(list(zip(loops, firsts, strides, strict=True))):
        start, step = add(loop.start, multiply(first, loop.step)), multiply(stride, loop.step)
        body = (replace(loop, start=start, step=step, body=body),)
    return before, body[0]


@dataclass(frozen=True)
class _Stored:
    body: tuple
    before: tuple
    tapes: tuple


def _with_memory(nest: Nest, naming: Naming) -> _Stored:
    """The body of a nest over memory that threads have.

    Raises: UnsupportedError where an iteration needs more memory than is known before it.
    """
    made = [s for s in ir.statements(nest.body) if isinstance(s, ir.Alloc)]
    if not made and not nest.work:
        return _Stored(nest.body, (), ())
    body = (*nest.work, *nest.body)
    thread = naming.new("thread", INT)
    params = tuple(live_in((replace(nest.loops[-1], body=body),)))
    stored = memory(body, naming.env, naming.values, params, ir.Name(thread), naming.fresh)
    if stored.full or any(None in tape.lengths for tape in stored.tapes):
        hint = "Give the array a length that is known before the loop."
        raise UnsupportedError("a thread needs an array whose length it computes", line_of(nest.loops[0]), hint)
    count = ir.Assign(thread, ir.Call("cuda.grid", (ONE,)))
    return _Stored(stored.body, (count,) if stored.tapes else (), stored.tapes)
