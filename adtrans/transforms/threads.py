"""A loop of which several threads each run a chunk of the iterations, where there are enough of them.

    for i in range(n):                          chunks = _chunks(n, 20 * n * m, h_bar.size)
        ...                                     if chunks == 1:
        total += e                                  total = loss_line_3(0, n, h_bar, total, x)
        h_bar[k] += s                           else:
                                                    total_parts = np.empty(chunks)
                                                    h_bar_parts = np.empty((chunks, h_bar.shape[0]))
                                                    loss_line_3_threads(chunks, n, x, total_parts, h_bar_parts)
                                                    for chunk in range(chunks):
                                                        total += total_parts[chunk]
                                                    _add_chunks(h_bar, h_bar_parts)

The iterations from one number to another become a function. In a chunk it adds to sums of the chunk's own, which are
added up after, one chunk after another: how many chunks there are decides on the result, not which thread is first.
Work arrays, which each iteration fills, are made in the function.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from adtrans import ir, types
from adtrans.analyses.cost import Term, cost, is_part
from adtrans.analyses.facts import Facts, facts
from adtrans.analyses.threads import Chunked, chunked
from adtrans.names import fresh
from adtrans.transforms.outline import Outlined, outline

LEAST = 2**15  # operations in all; fewer are done before a second thread has begun
MINOR = 2  # loops nested by so many less deeply than the deepest nest are short beside it


@dataclass(frozen=True)
class Verdict:
    """What became of a loop: how chunks of it are run, or `why` it is run by one thread."""

    loop: ir.For
    how: Chunked | None
    why: str = ""


def threads(
    block: tuple, env: types.Env, values: dict, name: str, taken: set[str], given: frozenset
) -> tuple[tuple, list[Outlined]]:
    """The body of the function `name` with the loops that threads can run as functions, and these. `env` gets the types
    of new names; `taken` are names of the module, `given` those that every function in it can read."""
    known = facts(block, env, values)
    chosen = {id(v.loop): v.how for v in verdicts(block, known) if v.how is not None}
    outlining = _Outlining(known, chosen, name, taken, given)
    return _without(outlining.block(block), outlining.dropped), outlining.functions


def verdicts(block: tuple, known: Facts) -> list[Verdict]:
    """What becomes of the loops of a function, but for those inside of a loop that threads run."""
    found = list(_candidates(block, (), known))
    costs = {id(v.loop): cost(loops, known.values) for v, loops in found if v.how is not None}
    return [_unless_minor(v, costs, known) for v, _ in found]


def _candidates(block: tuple, around: tuple, known: Facts) -> Iterator[tuple[Verdict, tuple]]:
    for stmt in block:
        loops = (*around, stmt) if isinstance(stmt, ir.For) else around
        how = chunked(stmt, known) if isinstance(stmt, ir.For) else ""
        if isinstance(stmt, ir.For):
            yield (Verdict(stmt, None, how) if isinstance(how, str) else Verdict(stmt, how)), loops
        if isinstance(how, str):
            for inner in ir.blocks(stmt):
                yield from _candidates(inner, loops, known)


def _unless_minor(verdict: Verdict, costs: dict[int, tuple], known: Facts) -> Verdict:
    """`verdict`, but for a loop that is short by itself or beside another."""
    if verdict.how is None:
        return verdict
    own = costs[id(verdict.loop)]
    if not any(term.lengths for term in own) and sum(term.number for term in own) < LEAST:
        return Verdict(verdict.loop, None, "it is short")
    others = [term for terms in costs.values() for term in terms]
    deepest = max(len(term.lengths) for term in others)
    if all(_is_minor(term, others, deepest, known) for term in own):
        return Verdict(verdict.loop, None, "it is short beside another loop")
    return verdict


def _is_minor(term: Term, others: list[Term], deepest: int, known: Facts) -> bool:
    return len(term.lengths) + MINOR <= deepest or any(is_part(term, other, known.values) for other in others)


def _without(block: tuple, dropped: set[int]) -> tuple:
    kept = (s for s in block if id(s) not in dropped)
    return tuple(ir.with_blocks(s, *(_without(b, dropped) for b in ir.blocks(s))) for s in kept)


class _Outlining:
    """`functions`: those that loops have become; `dropped`: allocations (by `id`) of work arrays that these make."""

    def __init__(self, known: Facts, chosen: dict[int, Chunked], name: str, taken: set[str], given: frozenset):
        self.known, self.chosen, self.name, self.taken, self.given = known, chosen, name, taken, given
        self.chunks = known.fresh("chunks", types.types.int64)
        self.functions: list[Outlined] = []
        self.dropped: set[int] = set()

    def block(self, block: tuple) -> tuple:
        out: list = []
        for stmt in block:
            if id(stmt) in self.chosen:
                out += self.loop(stmt, self.chosen[id(stmt)])
            else:
                out.append(ir.with_blocks(stmt, *map(self.block, ir.blocks(stmt))))
        return tuple(out)

    def loop(self, loop: ir.For, how: Chunked) -> list:
        """The statements that run a loop, by one thread or by several."""
        line = next((s.loc.line for s in (loop, *ir.statements(loop.body)) if s.loc), 0)
        name = fresh(f"{self.name}_line_{line}", self.taken)
        names = name, fresh(f"{name}_threads", self.taken)
        outlined = outline(loop, how, names, self.chunks, self.known, self.given)
        self.dropped |= {id(self.known.allocations[array]) for array in how.work}
        self.functions += outlined.functions
        return outlined.statements
