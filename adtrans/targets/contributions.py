"""What each iteration of a loop nest adds to an array, with all that it takes to compute it.

for i in range(n):                              the loops over i and j, and in them
    s = y_bar[i]                                    s = y_bar[i]
    for j in range(m):                              x_bar[j] += s * A[i, j]
        x_bar[j] += s * A[i, j]
        z[i, j] = ...
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from adtrans import ir
from adtrans.analyses.facts import Facts
from adtrans.analyses.iterations import only_adds
from adtrans.analyses.liveness import definitions
from adtrans.analyses.memory import READ
from adtrans.targets.loops import bound_in, own_axes, uniform


@dataclass(frozen=True)
class Contribution:
    """`stmt`, a sum into an element, in the nest of `loops`, outermost first; `steps` are the statements that compute
    what it needs and the tests under which it is run, in order."""

    stmt: ir.AugAssign
    loops: tuple
    steps: tuple

    @property
    def array(self) -> str:
        return self.stmt.target.base.id

    def own(self) -> dict[str, int]:
        """The axis of the array, for each loop of whose iterations every one adds to other elements."""
        return own_axes(stretched(self.stmt.target.index, self.loops)[0], self.loops)

    def body(self, last) -> tuple:
        """The steps, then `last` under the tests."""
        block: tuple = (last,)
        for step in reversed(self.steps):
            block = (step, *block) if isinstance(step, (ir.Assign, ir.View)) else (ir.If(step, block),)
        return block


def stretched(index: tuple, loops: tuple) -> tuple[tuple, tuple]:
    """`index` where no axis of length 1 is stretched, and the tests that say so: `i if n != 1 else 0` as `i`, and
    `n != 1`."""
    bound = frozenset().union(*map(bound_in, loops))
    tests: dict = {}

    def strip(item):
        while isinstance(item, ir.IfExp) and item.orelse == ir.Const(0) and uniform(item.test, bound):
            tests.setdefault(item.test)
            item = item.body
        return item

    return tuple(map(strip, index)), tuple(tests)


def contributions(root: ir.For, array: str, known: Facts) -> list[Contribution] | None:
    """What the nest `root` adds to `array`; None where it cannot be computed by itself, or the nest does more with the
    array."""
    accesses = known.memory.by_owner(root.body)[known.memory.owner[array]]
    if not only_adds(accesses) or any(a.name != array or a.index is None for a in accesses):
        return None
    found: list = []
    for path in _paths((root,), array):
        contribution = _contribution(path, root, known)
        if contribution is None:
            return None
        found.append(contribution)
    return found


def _paths(block: tuple, array: str) -> Iterator[tuple]:
    """The ways to the statements that add to `array`: blocks, each with the position of the statement in it."""
    for k, stmt in enumerate(block):
        match stmt:
            case ir.AugAssign(ir.Index(ir.Name(name)), "+" | "-") if name == array:
                yield ((block, k),)
        for inner in ir.blocks(stmt):
            for rest in _paths(inner, array):
                yield ((block, k), *rest)


def _contribution(path: tuple, root: ir.For, known: Facts) -> Contribution | None:
    block, k = path[-1]
    stmt = block[k]
    needed = frozenset().union(*map(ir.names, ir.expressions(stmt))) - {stmt.target.base.id}
    steps: list = []
    loops: list = []
    for depth in range(len(path) - 1, -1, -1):
        block, k = path[depth]
        if depth < len(path) - 1:
            match block[k]:
                case ir.For(exit=None) as loop:
                    loops.insert(0, loop)
                    if needed & bound_in(loop) - {loop.var}:
                        return None  # handed from iteration to iteration
                    needed -= {loop.var}
                case ir.If(test, body):
                    inside = path[depth + 1][0] is body
                    steps.insert(0, test if inside else ir.Op("not", (test,)))
                    needed |= ir.names(test)
                case _:
                    return None
        if depth == 0:
            break
        taken = _steps(block[:k], needed, known)
        if taken is None:
            return None
        steps, needed = [*taken[0], *steps], taken[1]
    made = Contribution(stmt, tuple(loops), tuple(steps))
    return made if _stands_alone(made, root, known) else None


def _steps(before: tuple, needed: frozenset, known: Facts) -> tuple | None:
    """The statements of `before` that compute what is `needed`, and what these need; None where loops or branches
    do."""
    steps: list = []
    for stmt in reversed(before):
        if not needed & bound_in(stmt):
            continue
        if not isinstance(stmt, (ir.Assign, ir.View)) or (isinstance(stmt, ir.Assign) and _is_array(stmt, known)):
            return None
        needed = (needed - {stmt.target}) | ir.names(stmt.value)
        steps.insert(0, stmt)
    return steps, needed


def _is_array(stmt: ir.Assign, known: Facts) -> bool:
    return stmt.target in known.memory.arrays


def _stands_alone(made: Contribution, root: ir.For, known: Facts) -> bool:
    """Whether the nest writes to nothing that the contribution reads, and the bounds of its loops are the same for all
    of its iterations."""
    bound = bound_in(root)
    bounds = (e for loop in made.loops for e in (loop.start, loop.stop, loop.step))
    if not all(uniform(e, bound) for e in bounds) or made.array in bound:
        return False
    owner = known.memory.owner
    written = {owner[a.name] for a in known.memory.accesses(root.body) if a.kind != READ}
    index = tuple(made.stmt.target.index)
    steps = (*(s.value if isinstance(s, (ir.Assign, ir.View)) else s for s in made.steps), made.stmt.value, *index)
    read = frozenset().union(*map(ir.names, steps)) & known.memory.arrays
    return not any(owner[name] in written for name in read)


def without(block: tuple, dropped: set[int]) -> tuple:
    """`block` without the statements with these `id`s, and without the loops and branches that this leaves empty."""
    out: list = []
    for stmt in block:
        if id(stmt) in dropped:
            continue
        inner = tuple(without(b, dropped) for b in ir.blocks(stmt))
        if ir.blocks(stmt) and not any(inner):
            continue
        out.append(ir.with_blocks(stmt, *inner))
    return tuple(out)


def without_unused(loop: ir.For, after: frozenset) -> ir.For | None:
    """`loop` without the assignments that nothing in it reads, nor what is read `after` it; None where nothing is
    left."""
    while True:
        read = after.union(*map(_read, ir.statements((loop,))))
        unused = {
            id(s)
            for s in ir.statements(loop.body)
            if isinstance(s, (ir.Assign, ir.View)) and not read & set(definitions(s))
        }
        left = without((loop,), unused)
        if not left or not unused:
            return left[0] if left else None
        loop = left[0]


def _read(stmt) -> frozenset:
    target = stmt.target if isinstance(stmt, (ir.Store, ir.AugAssign)) else None
    own = ir.names(target) if target is not None else frozenset()
    flag = frozenset({stmt.exit} if getattr(stmt, "exit", None) else ())
    return own.union(flag, *map(ir.names, ir.expressions(stmt)))
