"""The body of a generated gradient function: both sweeps, what goes in and what comes out."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from adtrans import ir, types
from adtrans.analyses.activity import activity, results
from adtrans.analyses.facts import facts
from adtrans.analyses.gathered import gathered
from adtrans.analyses.liveness import live_in
from adtrans.analyses.recording import KEEP, Plan, recording
from adtrans.analyses.signs import Signs, signs
from adtrans.analyses.stores import written_once
from adtrans.analyses.work import work_arrays
from adtrans.errors import UnsupportedError
from adtrans.names import fresh
from adtrans.transforms.adjoint import Names, Stacked, adjoint
from adtrans.transforms.extremes import extremes
from adtrans.transforms.flatten import flatten, written
from adtrans.transforms.induction import induction
from adtrans.transforms.joint import joint
from adtrans.transforms.reverse import Sweeps, reverse
from adtrans.transforms.scalarise import Scalarised
from adtrans.transforms.stack import Stack, stack_of
from adtrans.transforms.tapes import Tapes
from adtrans.transforms.tuples import JOINED, is_joined, leaves, rebuilt, taken_apart


@dataclass(frozen=True)
class Gradient:
    """A generated function: parameters and body, and the facts that `explain` prints."""

    params: tuple
    body: tuple
    program: Scalarised
    names: Names
    adjoints: dict  # `id` of a statement of `program` -> Adjoint
    plan: Plan
    tapes: Tapes
    ours: frozenset  # scalars that adtrans named: cotangents and seeds
    env: types.Env  # the type of every name in `body`
    signs: Signs


def gradient(
    program: Scalarised, wrt: tuple[str, ...], mode: str, single: bool, can_join: Callable[[tuple], bool] | None = None
) -> Gradient:
    """The function that computes the derivative of `program` by the user's parameters `wrt`.

    `mode` is `grad`, `value_and_grad` or `vjp`; `single` where one bare gradient is returned instead of a tuple;
    `can_join` as `reversal` has it.

    Raises:
        UnsupportedError: where `grad` is asked of a result that is not one floating-point number.
    """
    _check_result(program, mode)
    inputs = dict(program.inputs)
    by = tuple(inputs.get(name, ir.Name(name)) for name in wrt)
    wrt = tuple(leaf.id for where in by for leaf in leaves(where))
    made = reversal(program, wrt, can_join=can_join)
    program, names = made.program, made.names
    body = _assembled(program, by, mode, single, names, made.sweeps)
    params = (*(inputs or program.function.params), *([seed_name(program, names)] if mode == "vjp" else []))
    return finished_gradient(made, params, body)


@dataclass(frozen=True)
class Reversal:
    """The sweeps of a program, and what was found on the way; `ours` are the names that were made."""

    program: Scalarised
    names: Names
    adjoints: dict
    plan: Plan
    tapes: Tapes
    signs: Signs
    sweeps: Sweeps
    ours: set


def reversal(
    program: Scalarised,
    wrt: tuple,
    outputs: tuple | None = None,
    changed: frozenset | None = None,
    given: frozenset = frozenset(),
    restored: frozenset = frozenset(),
    can_join: Callable[[tuple], bool] | None = None,
) -> Reversal:
    """The sweeps of `program` for the inputs `wrt` and the `outputs`, else all results. With `changed` they are those
    of functions of their own, where the reverse sweep leaves these arrays as they were, as it does those `restored`;
    the cotangents of the arrays `given` are there before it. They are one where that is possible and `can_join`, if
    given, says so of it."""
    program = replace(program, function=replace(program.function, body=induction(program.function.body, program.env)))
    active = activity(program, wrt, outputs)
    program = extremes(program, active, signs(program.function.body, program.env, program.values, program.nonnegative))
    known = signs(program.function.body, program.env, program.values, program.nonnegative)
    program, active, slopes = flatten(program, active)
    made: set[str] = set()
    names, tapes = _naming(program, active, slopes, made, changed is not None)
    names = replace(names, given=given)
    function = program.function
    once = written_once(function, program.roots, known)
    work = work_arrays(function.body, facts(function.body, program.env, program.values))
    tapes.work = {name: found for name, found in work.items() if tapes.can_keep(name, found.loops)}
    adjoints = {id(s): adjoint(s, names, id(s) in once) for s in ir.statements(function.body)}
    if can_join:
        ends = frozenset(results(function) if outputs is None else outputs)
        body = joint(function.body[:-1], ends, names, adjoints)
        if body != function.body[:-1] and can_join(body):
            return Reversal(program, names, adjoints, Plan(), tapes, known, Sweeps(body, (), (), True), made)
    call = None if changed is None else ir.While(ir.Const(True), function.body[:-1])
    plan = recording(function, adjoints, names, once, tapes.work, call, changed or restored)
    in_sums = gathered(function.body, program.roots, known)
    sweeps = reverse(program, names, adjoints, plan, tapes, in_sums, call)
    known.nonnegative |= tapes.tops.keys()
    program = replace(program, values=_lasting_values(program.values, plan))
    return Reversal(program, names, adjoints, plan, tapes, known, sweeps, made)


def finished_gradient(made: Reversal, params: tuple, body: tuple) -> Gradient:
    """What is generated: a function of `params` whose body is `body`."""
    names = made.names
    return Gradient(
        params,
        body,
        made.program,
        names,
        made.adjoints,
        made.plan,
        made.tapes,
        _scalars(names, made.ours),
        _every_type(names, body),
        made.signs,
    )


def _lasting_values(values: dict, plan: Plan) -> dict:
    """The definitions that hold in the sweeps too: work arrays that are kept have another shape there."""
    kept = {name for provides in plan.provides.values() for name, how in provides.items() if how == KEEP}
    return {key: value for key, value in values.items() if not (isinstance(key, ir.Index) and ir.names(key) & kept)}


def _scalars(names: Names, made: set) -> frozenset:
    """The scalars that adtrans named: cotangents and seeds."""
    scalars = {n for n, t in names.env.items() if not isinstance(t, (types.types.Array, types.types.BaseTuple))}
    return frozenset({names.bar(n) for n in names.active & scalars} | (made & scalars))


def _every_type(names: Names, body: tuple) -> types.Env:
    """The types of the primal's names, of their cotangents (the same) and of the arrays that the sweeps make: work
    arrays that are kept have more axes here."""
    env = dict(names.env)
    for name, t in names.env.items():
        if name in names.active:
            env[names.bar(name)] = t
    for stmt in ir.statements(body):
        if isinstance(stmt, ir.Alloc):
            if stmt.target not in env or types.ndim_of(env[stmt.target]) != len(stmt.shape):
                env[stmt.target] = types.array_type(types.scalar_type(stmt.dtype), len(stmt.shape))
        elif isinstance(stmt, ir.For):
            env.setdefault(stmt.var, types.types.int64)
    return env


_HINT = "Return a sum, or use vjp, which takes a cotangent for each result."


def _check_result(program: Scalarised, mode: str) -> None:
    stmt = program.function.body[-1]
    if mode == "vjp":
        return
    name = stmt.value.id if isinstance(stmt.value, ir.Name) else None
    t = program.env.get(name)
    if name is None or types.is_array(t) or not types.is_float(t):
        got = "a complex one" if is_joined(stmt.value) else "a tuple" if name is None else types.describe(t)
        hint = "Return a real number such as abs(z), or use vjp." if is_joined(stmt.value) else _HINT
        raise UnsupportedError(f"grad needs one floating-point number as the result, not {got}", stmt.loc, hint)


def _naming(program: Scalarised, active: frozenset, slopes: dict, made: set, called: bool) -> tuple[Names, Tapes]:
    taken = {*program.env, *program.function.params, *dict(program.inputs)}
    bars: dict[str, str] = {}

    def new(base: str) -> str:
        name = fresh(base, taken)
        made.add(name)
        return name

    def bar(name: str) -> str:
        if name not in bars:
            bars[name] = new(f"{name.split()[0]}_bar")
        return bars[name]

    stack = Stacked(*(fresh(base, taken) for base in ("tape", "tape_top", "tapes")))
    program.env.update({stack.tape: types.array_type(types.types.float64, 1), stack.top: types.types.int64})
    names = Names(
        active,
        slopes,
        program.env,
        program.roots,
        program.values,
        frozenset(program.function.params),
        frozenset(program.function.constants),
        bar,
        new,
        stack,
    )
    tapes = (program.env, program.roots, program.values, new)
    return names, Stack(*tapes, names=stack) if called else Tapes(*tapes)


def seed_name(program: Scalarised, names: Names) -> str:
    """The parameter for the cotangent of the result: `y_bar`, unless that is the cotangent of a variable `y`."""
    taken = program.env.keys() | dict(program.inputs)
    return "y_bar" if not {"y", "y_bar"} & taken else names.bar("result of the function")


def _assembled(program, by: tuple, mode: str, single: bool, names: Names, sweeps: Sweeps) -> tuple:
    wrt = tuple(leaf.id for where in by for leaf in leaves(where))
    function = program.function
    returned = results(function)
    first, again = stack_of(names, sweeps)
    before = (*_copies(program, names, sweeps), *first)
    values, kept = _kept_results(program, names, sweeps) if mode != "grad" else ((), {})
    start = _zero_cotangents(program, names, wrt)
    seeds = _seeds(program, returned, mode, names)
    grads = tuple(rebuilt(where, lambda leaf: returned_cotangent(leaf.id, program.env[leaf.id], names)) for where in by)
    grad = ir.rewrite(_conjugated, grads[0] if single else ir.Tuple(grads))
    result = grad
    if mode != "grad":
        value = ir.rename(function.body[-1].value, kept)
        result = ir.Tuple((value, grad))
    if sweeps.is_joint:
        both = (*start, *seeds, *sweeps.forward, *values)
    else:
        both = (*sweeps.forward, *again, *values, *start, *sweeps.prelude, *seeds, *sweeps.reverse)
    own = frozenset({names.stack.tape, names.stack.top})
    return (*before, *initial_values(both, names, own), *both, ir.Return(result))


def _conjugated(expr):
    """The cotangent by z = x + iy is the derivative by x less i times that by y, as in JAX: a step dz of z changes the
    result by the real part of the cotangent times dz."""
    match expr:
        case ir.Call(func, (re, im)) if func in JOINED:
            return replace(expr, args=(re, ir.Op("neg", (im,))))
        case ir.Call("np.imag"):
            return ir.Op("neg", (expr,))
    return expr


def _copies(program: Scalarised, names: Names, sweeps: Sweeps) -> tuple:
    """Copies of the arguments that the sweeps write to: the caller's arrays stay as they are."""
    changed = {
        names.root(s.target.base.id)
        for s in ir.statements((*sweeps.forward, *sweeps.reverse))
        if isinstance(s, (ir.Store, ir.AugAssign)) and isinstance(s.target, ir.Index)
    }
    calls = (s for s in ir.statements(sweeps.forward) if isinstance(s, ir.Opaque))
    changed |= {names.root(name) for s in calls for name in s.changes}
    arrays = [p for p in program.function.params if types.is_array(names.env[p])]
    joined = [{x.id for x in e.args} for _, where in program.inputs for e in ir.walk(where) if is_joined(e)]
    own = [p for p in arrays if changed & _names_of_memory(p, sweeps.forward, names)]
    checks = tuple(
        ir.Effect(ir.Call("helper.apart", (ir.Name(a), ir.Name(b))))
        for a in own
        for b in arrays
        if a != b and (a < b or b not in own) and {a, b} not in joined
    )
    return (*checks, *(ir.Assign(p, ir.Call("np.copy", (ir.Name(p),))) for p in own))


def _names_of_memory(param: str, forward: tuple, names: Names) -> set[str]:
    """The arrays under whose names the memory of an argument may stand, moved there by the forward sweep."""
    moves: list[tuple[str, str]] = []
    for stmt in ir.statements(forward):
        match stmt:
            case ir.Rebind(target, source):
                moves.append((target, source))
            case ir.Unpack(targets, ir.Tuple(values)):
                moves += [(t.id, v.id) for t, v in zip(targets, values, strict=True)]
    found = {param}
    while more := {names.root(t) for t, source in moves if names.root(source) in found} - found:
        found |= more
    return found


def initial_values(block: tuple, names: Names, given: frozenset = frozenset()) -> tuple:
    """Zeros, or empty arrays, for the names of the primal that are read before they have a value; `given` have one."""
    unset = sorted((live_in(block) - names.params - given) & names.env.keys() - names.constants)
    return tuple(_initial_value(n, names) for n in unset if not isinstance(names.env[n], types.types.BaseTuple))


def _initial_value(name: str, names: Names):
    t = names.env[name]
    if not types.is_array(t):
        return ir.Assign(name, types.typed(0, t))
    dims = names.dims(name)
    known = all(ir.names(dim) <= names.params for dim in dims)
    return ir.Alloc(name, dims if known else (ir.Const(0),) * t.ndim, types.dtype_name(t))


def _kept_results(program: Scalarised, names: Names, sweeps: Sweeps) -> tuple[tuple, dict]:
    """Copies of the results that the reverse sweep restores to earlier values, or that are the caller's arrays."""
    restored = written(ir.statements(sweeps.reverse), names.roots)
    copies, kept = [], {}
    for name in results(program.function):
        if name in kept:
            continue
        root = names.root(name)
        is_array = types.is_array(program.env[name])
        if root in restored or (is_array and root in program.function.params):
            kept[name] = names.fresh(f"{name}_value")
            value = ir.Call("np.copy", (ir.Name(name),)) if is_array else ir.Name(name)
            copies.append(ir.Assign(kept[name], value))
    return tuple(copies), kept


def _zero_cotangents(program: Scalarised, names: Names, wrt: tuple) -> tuple:
    env, wanted = program.env, names.active | set(wrt)
    arrays = {name for name in wanted if types.is_array(env.get(name))}
    scalars = sorted((wanted - arrays) & env.keys())
    inputs = [name for name in program.function.params if name in arrays]
    return (
        *(ir.Assign(names.bar(name), types.typed(0, env[name])) for name in scalars),
        *(ir.Alloc(names.bar(n), names.dims(n), types.dtype_name(env[n]), "zeros") for n in inputs),
    )


def _seeds(program: Scalarised, returned: tuple, mode: str, names: Names) -> tuple:
    """The cotangents of the results, one for each place in the result."""
    value = ir.rewrite(
        lambda e: replace(e, record=None) if isinstance(e, ir.Tuple) else e, program.function.body[-1].value
    )
    given = seed_name(program, names)
    seeds = list(taken_apart(((given, value),))) or [(ir.Name(returned[0]), ir.Name(given))]
    if mode != "vjp":
        seeds = [(ir.Name(name), types.typed(1, program.env[name])) for name in returned]
    seeds = [(result.id, seed) for result, seed in seeds if result.id in names.active]
    checks = dict.fromkeys(check for name, seed in seeds for check in _fitting(name, seed, names))
    return (*checks, *(seeded(name, ir.rewrite(_conjugated, seed), names) for name, seed in seeds))


def _fitting(name: str, seed, names: Names):
    """Checks that the cotangent that is given has the shape of the result `name`."""
    while isinstance(seed, ir.Call):  # a part of complex numbers
        (seed,) = seed.args
    for axis in range(types.ndim_of(names.env[name])):
        length = ir.Index(ir.Attr(seed, "shape"), (ir.Const(axis),))
        yield ir.Effect(ir.Call("helper.cotangent_length", (length, names.dims(name)[axis])))


def seeded(name: str, seed, names: Names):
    cotangent = ir.Name(names.bar(name))
    if types.is_array(names.env[name]):
        return ir.AugAssign(cotangent, "+", seed)
    return ir.Assign(cotangent.id, ir.Op("+", (cotangent, seed)))


def returned_cotangent(name: str, t, names: Names):
    cotangent = ir.Name(names.bar(name))
    if types.is_array(t) or types.dtype_name(t) == "float64":
        return cotangent
    return ir.Call(f"np.{types.dtype_name(t)}", (cotangent,))
