"""The functions of a generated module that others in it call: those that stay calls, and their sweeps."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace

from adtrans import ir, types
from adtrans.analyses.activity import results
from adtrans.analyses.called import changed_arguments
from adtrans.analyses.references import counts_no_references
from adtrans.analyses.signs import signs
from adtrans.callees import FORWARD, JOINT, REVERSE, Sweep, Unit, callee_of, unit_of
from adtrans.names import fresh
from adtrans.transforms.afford import afford
from adtrans.transforms.coalesce import coalesce
from adtrans.transforms.gradient import Gradient
from adtrans.transforms.optimise import optimise
from adtrans.transforms.rename import rename
from adtrans.transforms.scalarise import Scalarised
from adtrans.transforms.separate import returning, separate
from adtrans.transforms.simplify import opened, simplify


@dataclass(frozen=True)
class Written:
    """A function ready to be emitted."""

    name: str
    params: tuple
    body: tuple
    doc: str
    env: types.Env
    ours: frozenset = frozenset()  # scalars that adtrans named
    constants: dict = field(default_factory=dict)  # the arrays that it reads from outside
    file: str = ""
    made: Gradient | None = None  # of a sweep
    signed: bool = False  # whether the signs of zeros matter
    has_threads: bool = False
    has_memory: bool = True  # whether Numba has to count there who refers to an array

    def tidied(self) -> Written:
        """The function with names as short and as few as they can be."""
        return replace(self, body=rename(coalesce(self.body, self.env, self.ours), self.params))


def units(
    bodies: list[tuple], lower: Callable[[Unit], Scalarised], place: Callable, flags: frozenset
) -> dict[str, Written]:
    """The functions that `bodies` call, and those that these call, by what programs name them. `lower` gives a unit's
    program, `place` where a function of the user's stands; `flags` as `optimise` has them."""
    found: dict[str, Written] = {}
    pending = [func for body in bodies for func in _called(body)]
    while pending:
        func = pending.pop(0)
        if func not in found:
            obj = callee_of(func)
            write = _written_unit if isinstance(obj, Unit) else _written_sweep
            made = write(obj, lower, place, flags).tidied()
            found[func] = replace(made, has_memory=not counts_no_references(made.body, made.env))
            pending += _called(found[func].body)
    return found


def joins(block: tuple, lower: Callable[[Unit], Scalarised]) -> bool:
    """Whether the sweeps can be one of all functions of which `block`, or one of them, calls that."""
    seen: set[str] = set()
    pending = _called(block)
    while pending:
        func = pending.pop()
        sweep = callee_of(func)
        if func in seen or not isinstance(sweep, Sweep):
            continue
        seen.add(func)
        unit = callee_of(sweep.unit)
        program = lower(unit)
        made = separate(program, sweep, _changed(unit, program))
        if made is None:
            return False
        pending += _called(made.body)
    return True


def named(found: dict[str, Written], taken: set[str], name: str, own: str | None) -> dict[str, str]:
    """What the module calls these functions: `own`, if there is one, is the function `name` itself."""
    names = {func: name if func == own else "" for func in found}
    return {func: names[func] or fresh(found[func].name, taken) for func in found}


def call_of_itself(program: Scalarised) -> str | None:
    """The unit that the program is a call of, and nothing else."""
    match program.function.body:
        case (ir.Opaque(value=ir.Call(func, args)) as call, *rest, ir.Return()) if unit_of(call):
            copies = {s.target: s.value.id for s in rest if isinstance(s, ir.Assign) and isinstance(s.value, ir.Name)}
            plain = all(isinstance(s, ir.Assign) for s in rest)
            returned = tuple(copies.get(name, name) for name in results(program.function))
            own = tuple(ir.Name(p) for p in program.function.params) == args
            return func if plain and own and returned == call.targets else None
    return None


def without_literals(body: tuple) -> tuple:
    """`body` with whole numbers that are written out, where functions of the module are given them, in a type: Numba
    compiles another function for each literal, and cannot keep one on disk that calls itself with others."""
    named = {e.id for e in _arguments(body) if isinstance(e, ir.Name)}
    return tuple(_typed(stmt, named) for stmt in body)


def calls_in_circles(written: list[Written], names: set[str]) -> bool:
    """Whether two of these functions, which are called `names`, call each other."""
    calls = {w.name: {e.func for e in _calls(w.body)} & names for w in written}
    for start in calls:
        reached, frontier = set(), calls[start] - {start}
        while frontier:
            reached |= frontier
            frontier = set().union(*(calls[name] for name in frontier)) - reached
        if start in reached:
            return True
    return False


def _calls(body: tuple) -> Iterator[ir.Call]:
    for stmt in ir.statements(body):
        for expr in (e for x in ir.expressions(stmt) for e in ir.walk(x)):
            if isinstance(expr, ir.Call):
                yield expr


def _called(body: tuple) -> list[str]:
    return [e.func for e in _calls(body) if isinstance(callee_of(e.func), (Unit, Sweep))]


def _arguments(body: tuple) -> Iterator:
    for call in _calls(body):
        if isinstance(callee_of(call.func), (Unit, Sweep)):
            yield from call.args


def _typed(stmt, names: set[str]):
    stmt = ir.with_blocks(stmt, *(tuple(_typed(s, names) for s in b) for b in ir.blocks(stmt)))
    match stmt:
        case ir.Assign(target, value) if target in names:
            return replace(stmt, value=_in_type(value))
        case ir.Opaque(value=ir.Call(func, args) as call) if isinstance(callee_of(func), (Unit, Sweep)):
            return replace(stmt, value=replace(call, args=tuple(map(_in_type, args))))
    return stmt


def _in_type(expr):
    if isinstance(expr, ir.Const) and isinstance(expr.value, int) and expr.dtype is None:
        return ir.Call("np.bool_" if isinstance(expr.value, bool) else "np.int64", (expr,), (), expr.loc)
    return expr


def _changed(unit: Unit, program: Scalarised) -> frozenset:
    """The parameters that the unit writes to."""
    return frozenset(program.function.params[k] for k in changed_arguments(unit.callee, unit.types))


def _written_unit(unit: Unit, lower: Callable, place: Callable, flags: frozenset) -> Written:
    program = lower(unit)
    function, env, count = program.function, program.env, len(results(program.function))
    left = (ir.Name(p) for p in function.params if p in _changed(unit, program))
    end = ir.Return(ir.Tuple((*map(ir.Name, results(function)), *left)), function.body[-1].loc)
    known = signs(function.body, env, program.values, program.nonnegative)
    body = optimise(opened((*function.body[:-1], end), comments=True), env, program.values, known, flags)
    doc = f"The function of {place(function)}."
    return Written(
        function.name,
        function.params,
        returning(body, count),
        doc,
        env,
        frozenset(),
        function.constants,
        function.file,
        signed=program.signed,
    )


def _written_sweep(sweep: Sweep, lower: Callable, place: Callable, flags: frozenset) -> Written:
    unit = callee_of(sweep.unit)
    program = lower(unit)
    function, count = program.function, len(results(program.function))
    made = separate(program, sweep, _changed(unit, program))
    assert made is not None, f"the sweeps of {function.name} are not one"
    active = zip(function.params, sweep.params, strict=True)
    shares = sum(a and not types.is_array(program.env[p]) for p, a in active)
    count = {FORWARD: count + 1, REVERSE: shares + 1, JOINT: count + shares}[sweep.part]
    body = simplify(made.body, made.ours)
    body = optimise(body, made.env, made.program.values, made.signs, flags)
    body = returning(afford(body, made), count)
    name = f"{function.name}_{sweep.part}"
    return Written(
        name,
        made.params,
        body,
        _purpose(function.name, sweep),
        made.env,
        made.ours,
        function.constants,
        function.file,
        made,
    )


def _purpose(name: str, sweep: Sweep) -> str:
    return {
        FORWARD: f"The forward sweep of {name}: what it returns, and how full the tape is with what it records.",
        REVERSE: f"The reverse sweep of {name}: shares of the cotangents of its arguments, and how full the tape is.",
        JOINT: f"Both sweeps of {name} in one: what it returns, and shares of the cotangents of its arguments.",
    }[sweep.part]
