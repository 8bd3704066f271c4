"""The adjoint of the function of one thread, whose arrays other threads have as well.

On entry `y_bar` is the cotangent of the array `y` as the kernel leaves it, at the end that of `y` as the kernel finds
it: what is read is added to, what is overwritten is used up. The arrays themselves are left as they are found.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from adtrans import ir, types
from adtrans.analyses.activity import activity
from adtrans.analyses.facts import facts
from adtrans.analyses.signs import signs
from adtrans.errors import ArgumentError, Loc
from adtrans.targets.barriers import bare
from adtrans.targets.join import join
from adtrans.targets.ownership import Places
from adtrans.targets.strides import fuse_strides
from adtrans.targets.unseen import unseen
from adtrans.transforms.accumulate import accumulate, owned_arrays
from adtrans.transforms.dead import dead
from adtrans.transforms.gradient import Gradient, finished_gradient, initial_values, reversal
from adtrans.transforms.scalarise import Scalarised, own_copy
from adtrans.transforms.simplify import simplify


@dataclass(frozen=True)
class Adjoint:
    """`body` of the adjoint of a thread, without a `return`; `cotangents` are the parameters for those of `wrt`; `sums`
    those of them that are of numbers, with the name of the share that the thread adds; `shared` are the cotangents of
    the arrays of a block, zero at first."""

    body: tuple
    cotangents: tuple
    sums: dict[str, str]
    shared: tuple
    made: Gradient


def adjoint(program: Scalarised, wrt: tuple, shared: tuple, added: frozenset, known: Places, reorder: bool) -> Adjoint:
    """The adjoint of `program`, the function of a thread, by its parameters `wrt`, where the arrays `shared` are
    those of a block, and to those `added` several threads add. `known` is what its indices say of the thread; sums may
    change their order where `reorder` says so.

    Raises: ArgumentError where a derivative passes through an array that is not among `wrt`.
    """
    _require_cotangents(program, wrt, shared)
    # What is overwritten needs to be put back only if the sweeps still write to it.
    own = tuple(name for name in shared if types.is_float(program.env[name]))
    first = _simplified(program, wrt, own, added, frozenset())
    written = {first.names.root(name) for name in _written(first.body)}
    restored = frozenset(written & set(_arrays(program)) - set(shared))
    made = _simplified(program, wrt, own, added, restored) if restored else first
    body = bare(_tightened(made, _arrays(program), (*wrt, *own), known, reorder))
    return Adjoint(body, *_cotangents(made, wrt), tuple(map(made.names.bar, own)), made)


def _arrays(program: Scalarised) -> tuple:
    return tuple(p for p in program.function.params if types.is_array(program.env[p]))


def _written(block: tuple) -> set[str]:
    stores = (s for s in ir.statements(block) if isinstance(s, (ir.Store, ir.AugAssign)))
    return {s.target.base.id for s in stores if isinstance(s.target, ir.Index)}


def written_arrays(program: Scalarised, shared: tuple) -> tuple:
    """The arrays of all threads, not those `shared` by a block, that the thread writes to."""
    written = {program.roots.get(name, name) for name in _written(program.function.body)}
    return tuple(name for name in _arrays(program) if name in written and name not in shared)


def _outputs(program: Scalarised, wrt: tuple) -> tuple:
    return tuple(name for name in written_arrays(program, ()) if name in wrt)


def _require_cotangents(program: Scalarised, wrt: tuple, shared: tuple) -> None:
    function = program.function
    active = activity(program, wrt, _outputs(program, wrt))
    for name in _arrays(program):
        if name in active and name not in (*wrt, *shared):
            loc = Loc(function.file, function.line, 1, function.line, 2)
            raise ArgumentError(
                f"{function.name} passes a derivative through {name!r}, which has no cotangent", loc,
                f"Name {name!r} in argnums as well.",
            )  # fmt: skip


def _simplified(program: Scalarised, wrt: tuple, shared: tuple, added: frozenset, restored: frozenset) -> Gradient:
    """The sweeps one after the other, without what the cotangents and the arrays `restored` do not depend on. There are
    cotangents of the arrays of a block, `shared`, too."""
    outputs, wrt = _outputs(program, wrt), (*wrt, *shared)
    arrays = [p for p in _arrays(program) if p in wrt]
    given = frozenset(arrays)
    made = reversal(own_copy(program), wrt, outputs, None, given, restored)
    names, env = made.names, made.program.env
    env.update({names.bar(p): env[p] for p in wrt})  # those too that get nothing
    numbers = sorted(n for n in names.active | set(wrt) if n in env and not types.is_array(env[n]))
    start = (ir.Assign(names.bar(n), types.typed(0, env[n])) for n in numbers)
    both = (*_without_sums(made.sweeps.forward, added), *start, *made.sweeps.prelude, *made.sweeps.reverse)
    kept = (*(names.bar(p) for p in wrt), *sorted(restored))
    body = (*initial_values(both, names, frozenset(map(names.bar, arrays))), *both, _returning(kept))
    whole = finished_gradient(made, program.function.params, body)
    return replace(whole, body=simplify(whole.body, whole.ours))


def _without_sums(block: tuple, added: frozenset) -> tuple:
    """`block` without the sums of several threads: nothing in the kernel reads them."""
    kept = (
        s
        for s in block
        if not (isinstance(s, ir.AugAssign) and isinstance(s.target, ir.Index) and s.target.base.id in added)
    )
    return tuple(ir.with_blocks(s, *(_without_sums(b, added) for b in ir.blocks(s))) for s in kept)


def _returning(names: tuple) -> ir.Return:
    return ir.Return(ir.Tuple(tuple(map(ir.Name, names))))


def _tightened(made: Gradient, arrays: tuple, wrt: tuple, known: Places, reorder: bool) -> tuple:
    """The body with sweeps fused and sums gathered. No two arrays that are passed share memory, which is checked where
    the kernel is launched: for the passes they are arrays that the thread makes, of unknown contents."""
    env, values = made.env, made.program.values
    passed = (*arrays, *(made.names.bar(p) for p in wrt if p in arrays))
    body = (*(_passed(name, env) for name in passed), *dead(join(made.body)))
    if reorder:
        body = fuse_strides(body, env, values, made.tapes.tops, known)
    body = unseen(body, arrays)
    body = accumulate(body, facts(body, env, values), signs(body, env, values), owned_arrays(body), reorder)
    return tuple(s for s in body[:-1] if not (isinstance(s, ir.Alloc) and s.target in passed))


def _passed(name: str, env: types.Env) -> ir.Alloc:
    lengths = tuple(ir.Name(f"{name}.length") for _ in range(types.ndim_of(env[name])))
    return ir.Alloc(name, lengths, types.dtype_name(env[name]))


def _cotangents(made: Gradient, wrt: tuple) -> tuple[tuple, dict[str, str]]:
    env, bar = made.env, made.names.bar
    numbers = [p for p in wrt if not types.is_array(env[p])]
    return tuple(map(bar, wrt)), {bar(p): made.names.fresh(f"{p}_share") for p in numbers}
