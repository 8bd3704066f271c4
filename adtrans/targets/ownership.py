"""Which elements only one thread of a grid can reach, by the indices of the accesses alone."""

from __future__ import annotations

from dataclasses import dataclass

from adtrans import ir
from adtrans.analyses.affine import affine

# The places that tell threads apart along an axis, and by how much a loop has to step to stay with its thread.
STEPS = {"grid": "gridsize", "threadIdx": "blockDim", "blockIdx": "gridDim"}
TOLD = {"grid": ("threadIdx", "blockIdx"), "threadIdx": ("threadIdx",), "blockIdx": ("blockIdx",)}


@dataclass(frozen=True)
class Place:
    """An index that is `factor * place + offset`, `place` as in `Threads.places`, or more by multiples of the step with
    which that place repeats."""

    place: str
    factor: int
    offset: int


@dataclass
class Places:
    """What indices say of the thread: `names` are the places by name, `values` the definitions of integers that never
    change, `strides` the loops in which a thread goes on to more elements of its own, `loops` their variables;
    `told` are the numbers by which the kernel tells threads apart, `of_block` where that is in one block only."""

    names: dict[str, str]
    values: dict
    loops: dict[str, Place]
    strides: list[ir.For]
    told: frozenset
    of_block: bool = False

    def place(self, expr) -> Place | None:
        """What `expr` says of the thread, where it is of that form and never negative."""
        terms = self._terms(expr)
        offset = terms.pop("", 0)
        if len(terms) != 1:
            return None
        ((atom, factor),) = terms.items()
        found = next((p for name, p in self._known() if repr(ir.Name(name)) == atom), None)
        if found is None or factor < 1 or factor * found.offset + offset < 0:
            return None
        return Place(found.place, factor * found.factor, factor * found.offset + offset)

    def _known(self):
        yield from ((name, Place(p, 1, 0)) for name, p in self.names.items() if p.partition(".")[0] in STEPS)
        yield from self.loops.items()

    def _terms(self, expr) -> dict:
        """`expr` in normal form, in which `blockIdx.x * blockDim.x + threadIdx.x` is `grid.x`."""
        terms = dict(affine(expr, self.values, is_index=True))
        for axis in "xyz":
            product, thread = self._product(f"blockIdx.{axis}", f"blockDim.{axis}"), self._atom(f"threadIdx.{axis}")
            if product in terms and terms[product] == terms.get(thread):
                whole = self._atom(f"grid.{axis}")
                terms[whole] = terms.get(whole, 0) + terms.pop(product)
                del terms[thread]
        return terms

    def _atom(self, place: str) -> str | None:
        name = next((name for name, p in reversed(self.names.items()) if p == place), None)
        return None if name is None else repr(ir.Name(name))

    def _product(self, first: str, second: str) -> str | None:
        both = [next((ir.Name(n) for n, p in self.names.items() if p == place), None) for place in (first, second)]
        if None in both:
            return None
        ((atom, _),) = affine(ir.Op("*", tuple(both)), self.values)
        return atom

    def is_step(self, expr, place: str) -> bool:
        """Whether `expr` is the number of elements after which the same thread comes again."""
        kind, _, axis = place.partition(".")
        terms = dict(affine(expr, self.values, is_index=True))
        total = self._product(f"gridDim.{axis}", f"blockDim.{axis}")
        whole = {self._atom(f"{STEPS[kind]}.{axis}"), total if kind == "grid" else None} - {None}
        return len(terms) == 1 and set(terms) <= whole and set(terms.values()) == {1}


def places(block: tuple, names: dict[str, str], values: dict) -> Places:
    """What indices in `block` say of the thread, whose places have these `names`."""
    axes = {place[-1] for place in names.values()}
    # That one is known also where the kernel computes it from others.
    known = Places({f"<grid.{axis}>": f"grid.{axis}" for axis in sorted(axes)} | names, values, {}, [], numbers(names))
    others: set[str] = set()
    for loop in (s for s in ir.statements(block) if isinstance(s, ir.For)):
        start = known.place(loop.start)
        own = start is not None and start.factor == 1 and known.is_step(loop.step, start.place)
        if start is None or not own or known.loops.get(loop.var, start) != start:
            others.add(loop.var)
        else:
            known.loops[loop.var] = start
            known.strides.append(loop)
    known.loops = {var: place for var, place in known.loops.items() if var not in others}
    known.strides = [loop for loop in known.strides if loop.var not in others]
    return known


def numbers(names: dict[str, str]) -> frozenset:
    """Which of `threadIdx.x` to `blockIdx.z` a kernel with these places asks for; of others a launch has one alone."""
    return frozenset(f"{number}.{place[-1]}" for place in names.values() for number in TOLD.get(place[:-2], ()))


def is_own(accesses: list[tuple], known: Places) -> bool:
    """Whether no two threads reach one element by indices of which `accesses` has all."""
    told: set[str] = set()
    for items in zip(*accesses, strict=True):
        found = [place for place in map(known.place, items) if place]
        if len(found) < len(items) or len({(p.place, p.factor) for p in found}) > 1:
            continue
        offsets = [p.offset for p in found]
        if max(offsets) - min(offsets) < found[0].factor:
            kind, _, axis = found[0].place.partition(".")
            told |= {f"{place}.{axis}" for place in TOLD[kind]}
    return told >= {number for number in known.told if not known.of_block or number.startswith("threadIdx")}
