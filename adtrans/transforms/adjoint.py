"""The adjoint of one statement: what it adds to the cotangents of its operands."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from adtrans import ir, types
from adtrans.analyses.liveness import definitions
from adtrans.callees import JOINT, REVERSE, Sweep, callee_name, callee_of, unit_of
from adtrans.errors import UnsupportedError
from adtrans.ir import bar
from adtrans.transforms.context import length_of
from adtrans.transforms.dead import needed
from adtrans.transforms.pull import RESULT, Pull, is_active
from adtrans.transforms.simplify import opened

DRAWN = "Scale and shift a draw from a fixed distribution, or mark its parameters with adtrans.stop_gradient."
NO_DERIVATIVE = "Mark the value constant with adtrans.stop_gradient, or give the function a rule with adtrans.vjp_rule."


@dataclass(frozen=True)
class Stacked:
    """The names of the stack for the records of what is called: of the array, of its top, and of the list that has the
    array as its only item, so that a function that is called can put a larger one there."""

    tape: str
    top: str
    tapes: str


@dataclass(frozen=True)
class Names:
    """How the adjoint names things: `bar(x)` is the cotangent of `x`, `fresh(base)` a new name."""

    active: frozenset
    slopes: dict
    env: types.Env
    roots: dict
    values: dict
    params: frozenset
    constants: frozenset
    bar: Callable[[str], str]
    fresh: Callable[[str], str]
    stack: Stacked
    given: frozenset = frozenset()  # the arrays whose cotangents are there before the reverse sweep

    def root(self, name: str) -> str:
        return self.roots.get(name, name)

    def dims(self, name: str) -> tuple:
        """The lengths of the array `name`, from what never changes where that is known."""
        lengths = (length_of(name, axis) for axis in range(types.ndim_of(self.env[name])))
        return tuple(self.values.get(length, length) for length in lengths)


@dataclass(frozen=True)
class Adjoint:
    """`block` reads `before` as it was before the statement and `after` as it is after it. A name `x.shape` in
    these sets stands for the shape of `x` alone."""

    block: tuple
    before: frozenset
    after: frozenset


NOTHING = Adjoint((), frozenset(), frozenset())


def adjoint(stmt, names: Names, once: bool = False) -> Adjoint:
    """The adjoint of an assignment, a store, an accumulation or a `Custom`; `NOTHING` where it is not active.
    `once` says of a store that its element had no value before.

    Raises: UnsupportedError for random numbers of a distribution that is active, and for pullbacks that are refused.
    """
    match stmt:
        case ir.Assign(target) if target in names.active:
            return _of_assign(stmt, names)
        case ir.Store(ir.Index(ir.Name(id=target))) if target in names.active:
            return _of_store(stmt, names, once)
        case ir.AugAssign(ir.Index(ir.Name(id=target))) if target in names.active:
            return _of_accumulation(stmt, names)
        case ir.Opaque(targets, value) if types.is_draw(value.func) and names.active.intersection(targets):
            raise UnsupportedError(f"{value.func} draws from what depends on a differentiated input", stmt.loc, DRAWN)
        case ir.Opaque() if is_recorded(stmt, names.active):
            return _of_call(stmt, names)
        case ir.Custom(targets) if names.active.intersection(targets):
            return _of_custom(stmt, names)
    return NOTHING


def is_recorded(stmt, active: frozenset) -> bool:
    """Whether `stmt` is the call of a function with sweeps of its own, which the reverse sweep has to undo."""
    return unit_of(stmt) is not None and bool(stmt.changes or active.intersection(stmt.targets))


def _pull(stmt, value, seed, names: Names) -> Pull:
    target = stmt.target if isinstance(stmt, ir.Assign) else stmt.target.base.id
    slopes = {k: name for (value, k), name in names.slopes.items() if isinstance(stmt, ir.Assign) and value == target}
    pull = Pull(names.active, names.env, types.dtype_of(names.env[target]), names.fresh, slopes)
    pull(value, seed)
    return pull


def _add(operand, value, tests: tuple, names: Names, loc):
    """`operand_bar += value`, where the tests hold."""
    if isinstance(operand, ir.Name):
        cotangent = ir.Name(names.bar(operand.id))
        return ir.Assign(cotangent.id, ir.Op("+", (cotangent, value)), loc)
    stmt = ir.AugAssign(ir.Index(ir.Name(names.bar(operand.base.id)), operand.index), "+", value, loc)
    for test in reversed(tests):
        stmt = ir.If(test, (stmt,), (), loc)
    return stmt


def _finish(temporaries, contributions, last, target, target_root: str, loc, names: Names) -> Adjoint:
    """The statements, with the value of the statement itself put where a derivative reuses it."""
    block = (*temporaries, *(_add(o, v, g, names, loc) for o, v, g in contributions), *last)
    reuses = any(RESULT.id in ir.names(e) for s in ir.statements(block) for e in ir.expressions(s))
    before = frozenset().union(*(reads(s) for s in ir.statements(block))) - {RESULT.id}
    block = tuple(ir.rewrite_statement(lambda e: target if e == RESULT else e, s) for s in block)
    made = {s.target for s in temporaries if isinstance(s, ir.Assign)}
    after = frozenset({target_root}) if reuses else frozenset()
    return Adjoint(block, primal_reads(before - made, names), after)


def primal_reads(found, names: Names) -> frozenset:
    """The variables of the primal among the names `found`, arrays by their owner."""
    shapes = {n for n in found if n.endswith(".shape")}
    return frozenset(shapes | {names.root(n) for n in found - shapes if n in names.env})


def _of_assign(stmt: ir.Assign, names: Names) -> Adjoint:
    x_bar = ir.Name(names.bar(stmt.target))
    pull = _pull(stmt, stmt.value, x_bar, names)
    zero = types.typed(0, names.env[stmt.target])
    own = [c[1] for c in pull.contributions if c[0] == ir.Name(stmt.target)]
    others = [c for c in pull.contributions if c[0] != ir.Name(stmt.target)]
    last = () if own == [x_bar] else (ir.Assign(x_bar.id, own[0] if own else zero, stmt.loc),)
    return _finish(pull.temporaries, others, last, ir.Name(stmt.target), stmt.target, stmt.loc, names)


def _of_store(stmt: ir.Store, names: Names, once: bool) -> Adjoint:
    """The cotangent of the element is used up, then zero: the old value of the element does not reach the result.
    (Where there was no old value nothing reads the zero.)"""
    place = _cotangent_of(stmt.target, names)
    zero = types.typed(0, types.dtype_of(names.env[stmt.target.base.id]))
    root = names.root(stmt.target.base.id)
    clear = () if once else (ir.Store(place, zero, stmt.loc),)
    if _reads_own_array(stmt, names):
        seed = _seed(stmt, names)
        pull = _pull(stmt, stmt.value, ir.Name(seed), names)
        first = (ir.Assign(seed, place, stmt.loc), *clear, *pull.temporaries)
        return _finish(first, pull.contributions, (), stmt.target, root, stmt.loc, names)
    pull = _pull(stmt, stmt.value, place, names)
    if len(pull.contributions) > 1:
        seed = _seed(stmt, names)
        pull = _pull(stmt, stmt.value, ir.Name(seed), names)
        pull.temporaries.insert(0, ir.Assign(seed, place, stmt.loc))
    return _finish(pull.temporaries, pull.contributions, clear, stmt.target, root, stmt.loc, names)


def _of_accumulation(stmt: ir.AugAssign, names: Names) -> Adjoint:
    place = _cotangent_of(stmt.target, names)
    root = names.root(stmt.target.base.id)
    pull = _pull(stmt, stmt.value, place, names)
    if len(pull.contributions) > 1 or _reads_own_array(stmt, names):
        seed = _seed(stmt, names)
        pull = _pull(stmt, stmt.value, ir.Name(seed), names)
        pull.temporaries.insert(0, ir.Assign(seed, place, stmt.loc))
    return _finish(pull.temporaries, pull.contributions, (), stmt.target, root, stmt.loc, names)


def _seed(stmt, names: Names) -> str:
    name = names.fresh("seed")
    names.env[name] = types.dtype_of(names.env[stmt.target.base.id])
    return name


def _cotangent_of(place: ir.Index, names: Names) -> ir.Index:
    return ir.Index(ir.Name(names.bar(place.base.id)), place.index)


def _reads_own_array(stmt, names: Names) -> bool:
    root = names.root(stmt.target.base.id)
    return any(
        isinstance(e, ir.Index) and isinstance(e.base, ir.Name) and names.root(e.base.id) == root
        for e in ir.walk(stmt.value)
        if is_active(e, names.active)
    )


def forward_call(stmt: ir.Opaque, names: Names) -> ir.Opaque:
    """The call of the forward sweep in place of a call of the function."""
    stack = (ir.Name(names.stack.tapes), ir.Name(names.stack.top))
    call = ir.Call(callee_name(_sweep(stmt, names)), (*stmt.value.args, *stack), loc=stmt.loc)
    return replace(stmt, targets=(*stmt.targets, names.stack.top), value=call)


def joint_call(stmt: ir.Opaque, reverse_call: ir.Opaque) -> ir.Opaque:
    """The call of both sweeps in one, in place of a call of the function and of that of its reverse sweep."""
    *args, _, _ = reverse_call.value.args
    *shares, _ = reverse_call.targets
    func = callee_name(replace(callee_of(reverse_call.value.func), part=JOINT))
    call = replace(reverse_call.value, func=func, args=tuple(args))
    return replace(reverse_call, targets=(*stmt.targets, *shares), value=call)


def _sweep(stmt: ir.Opaque, names: Names) -> Sweep:
    args = tuple(isinstance(arg, ir.Name) and arg.id in names.active for arg in stmt.value.args)
    return Sweep(stmt.value.func, args, tuple(name in names.active for name in stmt.targets))


def _of_call(stmt: ir.Opaque, names: Names) -> Adjoint:
    """The call of the reverse sweep: it adds to the cotangents of arrays, returns those of numbers, and leaves the
    arrays that the call has changed as they were before."""
    env, loc = names.env, stmt.loc
    inputs = [arg.id for arg in stmt.value.args if isinstance(arg, ir.Name) and arg.id in names.active]
    results = [name for name in stmt.targets if name in names.active]
    arrays = tuple(names.bar(name) for name in inputs if types.is_array(env[name]))
    numbers = [(name, names.fresh(f"{name}_share")) for name in inputs if not types.is_array(env[name])]
    env.update({share: env[name] for name, share in numbers})
    bars = (*map(names.bar, results), *arrays, names.stack.tape, names.stack.top)
    func = callee_name(replace(_sweep(stmt, names), part=REVERSE))
    call = ir.Call(func, (*stmt.value.args, *map(ir.Name, bars)), loc=loc)
    shares = tuple(share for _, share in numbers)
    changes = tuple(dict.fromkeys((*arrays, *stmt.changes)))
    block: list = [ir.Opaque((*shares, names.stack.top), call, once=True, changes=changes, loc=loc)]
    used_up = [name for name in results if not types.is_array(env[name])]
    block += [ir.Assign(names.bar(name), types.typed(0, env[name]), loc) for name in used_up]
    block += [_add(ir.Name(name), ir.Name(share), (), names, loc) for name, share in numbers]
    known = primal_reads(value_reads(stmt.value), names)
    changed = known & {names.root(name) for name in stmt.changes}
    return Adjoint(tuple(block), known - changed, changed)


def _of_custom(stmt: ir.Custom, names: Names) -> Adjoint:
    """The pullbacks of the active results, one after the other.

    Raises: UnsupportedError where one of them is not known.
    """
    active = names.active
    pullbacks = [p for p in stmt.adjoints if active.intersection(p.results) and active.intersection(p.inputs)]
    for pullback in pullbacks:
        if pullback.refused:
            raise UnsupportedError(pullback.refused, stmt.loc, NO_DERIVATIVE)
    block = tuple(s for p in pullbacks for s in _with_bars((*_zeros(p, names), *_needed(p, names)), p, names))
    everything = frozenset().union(*(reads(s) for s in ir.statements(block)))
    own = {d for s in ir.statements(block) for d in definitions(s)}
    known = primal_reads(everything - own, names)
    scalars = (name for name in stmt.targets if name in names.active and name not in names.roots)
    block += tuple(ir.Assign(names.bar(name), types.typed(0, names.env[name]), stmt.loc) for name in scalars)
    return Adjoint(block, known - set(stmt.targets), known.intersection(stmt.targets))


def _zeros(pullback: ir.Pullback, names: Names) -> list:
    """The cotangents of those results that have none because nothing depends on them."""
    out: list = []
    for name in pullback.results:
        t = names.env[name]
        if name in names.active:
            continue
        if types.is_array(t):
            out.append(ir.Alloc(bar(name), names.dims(name), types.dtype_name(t), "zeros"))
        else:
            names.env[names.bar(name)] = t
            out.append(ir.Assign(bar(name), types.typed(0, t)))
    return out


def _needed(pullback: ir.Pullback, names: Names) -> tuple:
    """The statements of the block that the cotangents of active inputs come from."""
    bars = tuple(ir.Name(bar(name)) for name in pullback.inputs if name in names.active)
    return needed((*opened(pullback.block), ir.Return(ir.Tuple(bars))))[:-1]


def _with_bars(block: tuple, pullback: ir.Pullback, names: Names) -> tuple:
    """The statements of a pullback with the placeholders of cotangents replaced by their names."""
    inputs = (name for name in pullback.inputs if name in names.active)
    mapping = {bar(name): names.bar(name) for name in (*inputs, *pullback.results)}
    return tuple(ir.rename_statement(s, mapping) for s in block)


def reads(stmt) -> frozenset:
    """The names that `stmt` itself reads; one of which only the shape is read is named `x.shape`."""
    expressions = ir.expressions(stmt)
    if isinstance(stmt, ir.AugAssign):
        expressions = (*stmt.target.index, stmt.value) if isinstance(stmt.target, ir.Index) else (stmt.value,)
    return frozenset().union(*map(value_reads, expressions))


def value_reads(expr) -> frozenset:
    match expr:
        case ir.Name(name):
            return frozenset({name})
        case ir.Attr(ir.Name(name), "shape"):
            return frozenset({f"{name}.shape"})
    return frozenset().union(*map(value_reads, ir.children(expr)))
