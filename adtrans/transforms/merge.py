"""Loops that stand in a function more than once, for other numbers of iterations, as one function.

    for part in range(parts):                               for part in range(parts):
        for step in range(min(segment, trips - ...)):           f_grad_line_7(min(segment, trips - ...), s, x_tape)
            ...                                             ...
    ...                                                     if part < parts - 1:
    if part < parts - 1:                                        f_grad_line_7(segment, s, x_tape)
        for step in range(segment):
            ...

Numba and LLVM take about 30 ms to compile a loop, wherever it stands, and a loop that is recorded in parts is run in
two places. A call costs less than the iterations that it is for.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from adtrans import ir, types
from adtrans.analyses.liveness import WORLD, definitions, live_in, liveness, mentions
from adtrans.names import fresh
from adtrans.passes import optimising
from adtrans.transforms.outline import Outlined, typed_bound

# What statements and loops take to compile, and what a function does, in statements.
LOOP = 5
LEAST = 30


@optimising
def merge(
    block: tuple, env: types.Env, name: str, taken: set[str], given: frozenset, functions: list[Outlined]
) -> tuple:
    """The body of the function `name`, in which loops of the same iterations are calls of a function that is added to
    `functions`. `env` gets the types of new names; `taken` are names of the module, `given` those that every function
    in it can read."""
    calls: dict[int, ir.Opaque] = {}
    for same in _repeated(block):
        results = _results(block, same)
        if results is not None:
            made = _function(same[0], results, env, name, taken, given)
            functions.append(made)
            calls |= {id(loop): _call(made, loop, results) for loop in same}
    return _with_calls(block, calls) if calls else block


def _repeated(block: tuple) -> list[list]:
    """The loops that stand in more than one place, but for those inside of such."""
    groups: dict[tuple, list] = {}
    for loop in _loops(block):
        if not loop.exit and _weight(loop) >= LEAST and not mentions(loop, WORLD):
            groups.setdefault((loop.var, loop.start, loop.step, loop.body, loop.parallel), []).append(loop)
    found: list[list] = []
    inside: set[int] = set()
    for same in groups.values():
        if len(same) > 1 and not any(id(loop) in inside for loop in same):
            found.append(same)
            inside.update(id(s) for loop in same for s in ir.statements(loop.body))
    return found


def _loops(block: tuple) -> Iterator[ir.For]:
    """The loops, those around others before these."""
    return (s for s in ir.statements(block) if isinstance(s, ir.For))


def _weight(loop: ir.For) -> int:
    return sum(LOOP if isinstance(s, ir.For) else 1 for s in ir.statements((loop,)))


def _results(block: tuple, same: list) -> tuple | None:
    """The names that the loops hand on; None where one of these may have no value yet where a loop begins."""
    live = liveness(block)
    assigned = {name for s in ir.statements(same[0].body) for name in definitions(s)}
    after = [live.after[id(loop)] & assigned for loop in same]
    results = frozenset().union(*after)
    first = next(k for k, stmt in enumerate(block) if any(s is same[0] for s in ir.statements((stmt,))))
    there = live_in(block[first:])
    return tuple(sorted(results)) if all(results - own <= there for own in after) else None


def _function(loop: ir.For, results: tuple, env: types.Env, name: str, taken: set[str], given: frozenset) -> Outlined:
    """The iterations from the first to a bound, which it is given; it returns the names that these hand on."""
    stop = fresh("stop", {*env, *given})
    env[stop] = env[loop.var]
    body: tuple = (replace(loop, stop=ir.Name(stop), comments=()),)
    if results:
        items = tuple(map(ir.Name, results))
        body = (*body, ir.Return(items[0] if len(items) == 1 else ir.Tuple(items)))
    line = next((s.loc.line for s in ir.statements((loop,)) if s.loc), 0)
    others = sorted(live_in(body) - {stop} - given)
    doc = f"Iterations of the loop of line {line}, which are run in more than one place."
    return Outlined(fresh(f"{name}_line_{line}", taken), (stop, *others), body, doc)


def _call(made: Outlined, loop: ir.For, results: tuple) -> ir.Opaque:
    args = (typed_bound(loop.stop), *map(ir.Name, made.params[1:]))
    return ir.Opaque(results, ir.Call(made.name, args), loc=loop.loc, comments=loop.comments)


def _with_calls(block: tuple, calls: dict[int, ir.Opaque]) -> tuple:
    return tuple(
        calls[id(s)] if id(s) in calls else ir.with_blocks(s, *(_with_calls(b, calls) for b in ir.blocks(s)))
        for s in block
    )
