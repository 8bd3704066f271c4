"""A forward loop and its reverse as one loop, in which each iteration is reversed as soon as it has run.

Where the iterations of the reverse loop do not depend on one another but for sums, they may run in any order, and
at any time after what they read is there. So `reverse` of iteration i runs right after iteration i, in which all
that it would take from the tape still stands (Tapenade's II-loop; Hascoet, Fidanova and Held 2001).

That a reversed iteration reads the primal's variables as the iteration left them is what `reverse` guarantees:
it has them restored. In the merged loop they are there; what the reversed iteration restores, it restores in
variables of its own, so that the next iteration finds what the one before has left. From a stack it takes what the
iteration has just put there, and leaves it as it was.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from adtrans import ir, types
from adtrans.analyses.affine import affine
from adtrans.analyses.facts import Facts, facts
from adtrans.analyses.iterations import ONE, ZERO, fills, only_adds, own_axis, sums
from adtrans.analyses.liveness import definitions, live_in, mentioned
from adtrans.analyses.memory import READ, Access
from adtrans.analyses.work import stays_zero
from adtrans.passes import optimising
from adtrans.transforms.contract import contract
from adtrans.transforms.dead import dead
from adtrans.transforms.tapes import reversed_loop


@optimising
def fuse(block: tuple, env: dict, values: dict, stacks: dict[str, str]) -> tuple:
    """The body of a gradient function with forward and reverse loops merged where that is possible, and without the
    tapes that this makes superfluous. Sums change their order. `env` gets the types of new names; `stacks` are the
    tapes that grow, by the names of their tops."""
    while True:
        merged = _merged_once(block, facts(block, env, values), stacks)
        if merged is None:
            return block
        block = dead(contract(merged, env, values))


def _merged_once(block: tuple, known: Facts, stacks: dict[str, str]) -> tuple | None:
    """`block` with one pair of loops merged; None if there is none."""
    for later in range(1, len(block)):
        for earlier in reversed(range(later)):
            if is_mirrored(block[earlier], block[later], known):
                merged = _merge(block[earlier], block[earlier + 1 : later], block[later], known, stacks)
                if merged is not None:
                    return (*block[:earlier], *merged, *block[later + 1 :])
    for k, stmt in enumerate(block):
        inner = ir.blocks(stmt)
        for number, body in enumerate(inner):
            merged = _merged_once(body, known, stacks)
            if merged is not None:
                new = ir.with_blocks(stmt, *inner[:number], merged, *inner[number + 1 :])
                return (*block[:k], new, *block[k + 1 :])
    return None


def is_mirrored(forward, backward, known: Facts) -> bool:
    """Whether `backward` is the reverse of the loop `forward`: the only one of the same place in the program."""
    if not isinstance(forward, ir.For) or not isinstance(backward, ir.For) or forward.exit or backward.exit:
        return False
    if forward.var != backward.var or forward.loc != backward.loc or not isinstance(forward.step, ir.Const):
        return False
    if sum(isinstance(s, ir.For) and s.var == forward.var for s in ir.statements(known.block)) != 2:
        return False
    bounds = (forward.start, forward.stop, backward.start, backward.stop)
    if forward.step == ZERO or not all(map(known.is_fixed, bounds)):
        return False
    expected = reversed_loop(forward, known.values)
    found = (backward.start, backward.stop, backward.step)
    return all(affine(a, known.values) == affine(b, known.values) for a, b in zip(expected, found, strict=True))


def _merge(forward: ir.For, between: tuple, backward: ir.For, known: Facts, stacks: dict) -> tuple | None:
    own = _own_state(forward, backward, known, _stacked(forward, backward, known, stacks))
    if own is None:
        return None
    effects = _Effects.of(forward, known), _Effects.of(backward, known).but(own.renamed, known)
    order = _parted(between, *effects, known)
    if order is None:
        return _given_up(own, known)
    early, late = order
    body = tuple(ir.rename_statement(s, own.renamed) for s in backward.body)
    return (*early, *own.allocations, replace(forward, body=(*forward.body, *own.copies, *body)), *late)


@dataclass
class _OwnState:
    """The variables that the reversed iteration restores, under names of their own: `copies` gives them the
    values that the iteration has left."""

    renamed: dict[str, str]
    allocations: list
    copies: list


def _stacked(forward: ir.For, backward: ir.For, known: Facts, stacks: dict[str, str]) -> frozenset:
    """The names of the stacks that only the two loops use, and their tops."""
    found: set[str] = set()
    for top, tape in stacks.items():
        inside = {id(s) for loop in (forward, backward) for s in ir.statements((loop,))}
        users = [s for s in ir.statements(known.block) if {top, tape} & mentioned(s) and id(s) not in inside]
        if all(_is_start(s, top, tape) for s in users):
            found |= {top, tape}
    return frozenset(found)


def _is_start(stmt, top: str, tape: str) -> bool:
    """Whether `stmt` makes the empty stack."""
    match stmt:
        case ir.Alloc(target) | ir.Assign(target, ir.Const(0)):
            return target in (top, tape)
    return False


def _own_state(forward: ir.For, backward: ir.For, known: Facts, stacked: frozenset) -> _OwnState | None:
    """None where the reversed iterations may depend on their order, or on more than their own iteration."""
    own = _OwnState({}, [], [])
    changed = known.bindings(forward) - stacked, known.bindings(backward) - stacked
    if not _separate_scalars(forward, backward, *changed, own, known):
        return _given_up(own, known)
    there, back = (known.memory.by_owner(loop.body) for loop in (forward, backward))
    for owner, accesses in back.items():
        if {a.name for a in accesses} <= stacked:
            continue
        if not _separate_array(owner, there.get(owner, []), accesses, forward, backward, own, known):
            return _given_up(own, known)
    return own


def _given_up(own: _OwnState, known: Facts) -> None:
    """Nothing; the names that were made are free again."""
    for name in own.renamed.values():
        known.taken.discard(name)
        known.env.pop(name, None)


def _separate_scalars(
    forward: ir.For, backward: ir.For, changed: frozenset, changed_back: frozenset, own: _OwnState, known: Facts
) -> bool:
    carried, carried_back = live_in(forward.body), live_in(backward.body)
    after, arrays, added = known.after(backward), known.memory.arrays, sums(backward.body)
    mentioned = changed.union(*(ir.names(e) for s in ir.statements(forward.body) for e in ir.expressions(s)))
    if (carried_back & changed) - changed_back - {forward.var}:
        return False  # the reverse loop reads what the forward loop ends with
    for name in sorted(changed_back - {backward.var}):
        if name in carried_back and name in added and name not in mentioned:
            continue
        if name in after or (name in carried_back and name not in changed):
            return False
        if name in carried or name in carried_back:
            if name in arrays or name not in known.env:
                return False
            own.renamed[name] = known.fresh(f"{name}_back", known.env[name])
            own.copies += [ir.Assign(own.renamed[name], ir.Name(name))] if name in carried_back else []
    return True


def _separate_array(owner: str, there: list, back: list, forward, backward, own: _OwnState, known: Facts) -> bool:
    """Whether the reversed iterations may use this memory in any order, each right after the iteration it reverses."""
    written, written_back = (any(a.kind != READ for a in accesses) for accesses in (there, back))
    if not written and not written_back:
        return True
    changed = known.bindings(forward, backward)
    if own_axis(there + back, forward, changed) is not None:
        return True
    if not there:
        return only_adds(back) or _is_local(owner, backward, known) or _stays_zero(owner, backward, known)
    return written and written_back and _copied(owner, there + back, forward, backward, own, known)


def _is_local(owner: str, loop: ir.For, known: Facts) -> bool:
    """Whether each iteration makes this memory anew and is the last to use it."""
    members, made = known.memory.members(owner), known.bindings(*loop.body)
    return members <= made and not members & (live_in(loop.body) | known.after(loop))


def _stays_zero(owner: str, loop: ir.For, known: Facts) -> bool:
    (name, *others) = known.memory.members(owner)
    return not others and name in known.allocations and stays_zero(loop, name, known)


def _copied(owner: str, accesses: list[Access], forward, backward, own: _OwnState, known: Facts) -> bool:
    """Whether the reversed iteration can have a copy of an array that the iteration fills: the copy costs no more."""
    name = accesses[0].name
    alloc = known.allocations.get(name)
    if known.memory.members(owner) != {name} or alloc is None or name in known.after(backward):
        return False
    if name in known.bindings(forward, backward) or not all(map(known.is_fixed, alloc.shape)):
        return False
    if not any(fills(s, name, alloc.shape, known.values) for s in ir.statements(forward.body)):
        return False
    copy = known.fresh(f"{name}_back", known.env[name])
    own.renamed[name] = copy
    own.allocations.append(replace(alloc, target=copy, fill="empty", comments=()))
    own.copies.append(_copy_nest(copy, name, alloc.shape, (), known))
    return True


def _copy_nest(target: str, source: str, dims: tuple, index: tuple, known: Facts):
    if not dims:
        return ir.Store(ir.Index(ir.Name(target), index), ir.Index(ir.Name(source), index))
    var = known.fresh("l", types.types.int64)
    inner = _copy_nest(target, source, dims[1:], (*index, ir.Name(var)), known)
    return ir.For(var, ZERO, dims[0], ONE, (inner,))


_RAISED = "<raised>"  # as if every `raise` read and wrote one variable: they keep their order


def _raises(stmt) -> bool:
    return isinstance(stmt, ir.Effect) and isinstance(stmt.value, ir.Call) and stmt.value.func.startswith("raise ")


def _named_anew(stmt, known: Facts) -> set[str]:
    """The owners of the arrays that get another name in `stmt`: what is stored before is read under that one."""
    moves = (s for s in ir.statements((stmt,)) if isinstance(s, (ir.Rebind, ir.Unpack)))
    return {known.memory.owner[name] for s in moves for name in definitions(s) if name in known.memory.owner}


@dataclass(frozen=True)
class _Effects:
    """`reads`: names read that the statement has not given a value; `writes`: names given one; `lasting`: those
    of them read after it; `arrays`: kinds of access by owner of the memory."""

    reads: frozenset
    writes: frozenset
    lasting: frozenset
    arrays: dict[str, frozenset]

    @staticmethod
    def of(stmt, known: Facts) -> _Effects:
        writes = known.bindings(stmt)
        by_owner = known.memory.by_owner((stmt,)).items()
        kinds = {owner: frozenset(a.kind for a in accesses) for owner, accesses in by_owner}
        for owner in _named_anew(stmt, known):
            kinds[owner] = kinds.get(owner, frozenset()) | {READ}
        raised = frozenset({_RAISED} if any(map(_raises, ir.statements((stmt,)))) else ())
        return _Effects(live_in((stmt,)) | raised, writes | raised, writes & known.after(stmt), kinds)

    def but(self, renamed: dict[str, str], known: Facts) -> _Effects:
        """Without the variables that were given other names."""
        owners = {known.memory.owner.get(name) for name in renamed}
        arrays = {owner: kinds if owner not in owners else frozenset({READ}) for owner, kinds in self.arrays.items()}
        return _Effects(self.reads, self.writes - renamed.keys(), self.lasting, arrays)

    def meets(self, other: _Effects) -> bool:
        """Whether the order of the two matters."""
        if self.writes & (other.reads | other.lasting) or other.writes & (self.reads | self.lasting):
            return True
        shared = self.arrays.keys() & other.arrays.keys()
        return any(len(kinds := self.arrays[o] | other.arrays[o]) > 1 or kinds - {READ, "add"} for o in shared)


def _parted(between: tuple, forward: _Effects, backward: _Effects, known: Facts) -> tuple[list, list] | None:
    """The statements that can run before the merged loop, and those that have to wait for the forward loop; None where
    the reverse loop depends on these."""
    early, late, waiting = [], [], [forward]
    for stmt in between:
        effects = _Effects.of(stmt, known)
        if any(effects.meets(other) for other in waiting):
            if effects.meets(backward):
                return None
            waiting.append(effects)
            late.append(stmt)
        else:
            early.append(stmt)
    return early, late
