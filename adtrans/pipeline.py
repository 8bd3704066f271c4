"""From a Python function to the text of a generated module, a stage a line."""

from __future__ import annotations

import functools
from collections.abc import Callable
from dataclasses import dataclass, field, replace

import numpy as np

from adtrans import emit, helpers, ir, types
from adtrans.analyses.arguments import arguments
from adtrans.analyses.axisless import require_unwritten
from adtrans.analyses.references import counts_no_references
from adtrans.analyses.signs import signs
from adtrans.callees import Callee, Unit, callee_of
from adtrans.errors import ArgumentError, Loc, UnsupportedError
from adtrans.names import RESERVED, fresh, reads
from adtrans.outside import given, header, named_outside, with_names
from adtrans.parse import parse
from adtrans.passes import FASTMATH, check_disabled
from adtrans.transforms import stages
from adtrans.transforms.afford import afford
from adtrans.transforms.borrow import borrow
from adtrans.transforms.checkpoint import checkpoint
from adtrans.transforms.conditional import conditional
from adtrans.transforms.defer import defer
from adtrans.transforms.fuse import fuse
from adtrans.transforms.gradient import Gradient, gradient
from adtrans.transforms.inline import inline, inline_called
from adtrans.transforms.jumps import jumps
from adtrans.transforms.lists import lists
from adtrans.transforms.merge import merge
from adtrans.transforms.normalise import normalise
from adtrans.transforms.optimise import optimise
from adtrans.transforms.outline import Outlined
from adtrans.transforms.parts import parts
from adtrans.transforms.place import place
from adtrans.transforms.renew import renew
from adtrans.transforms.reuse import reuse
from adtrans.transforms.scalarise import Scalarised, scalarise
from adtrans.transforms.simplify import opened, simplify
from adtrans.transforms.threads import threads
from adtrans.transforms.tuples import leaves, taken_apart, tuples, without_axisless
from adtrans.transforms.unit import with_own_parameters, with_own_results
from adtrans.transforms.webs import webs
from adtrans.transforms.widen import widen
from adtrans.types import describe, infer, is_float
from adtrans.units import Written, call_of_itself, calls_in_circles, joins, named, units, without_literals


@dataclass(frozen=True)
class Module:
    """A generated module: its text, and the names in it of the primal and of its gradient function.

    `rules` are the functions with a rule that it calls; `given` are the objects that it has to be given, by name, as
    they cannot be imported."""

    text: str
    primal: str
    adjoint: str | None
    rules: tuple = ()
    given: dict = field(default_factory=dict)


def lower(fn, argtypes: tuple) -> Scalarised:
    """The function over real scalars and loops, typed for `argtypes`. Raises: ArgumentError where what is switched
    off is no pass."""
    check_disabled()
    return renew(defer(parts(loops(fn, argtypes))))


def loops(fn, argtypes: tuple) -> Scalarised:
    """The function over scalars and loops, typed for `argtypes`."""
    function = parse(fn)
    if function.star or function.keyword_only:
        raise ArgumentError(
            f"{function.name} has parameters that are not positional", None, "Use plain parameters only."
        )
    if len(argtypes) != len(function.params):
        raise ArgumentError(f"{function.name} takes {len(function.params)} arguments, got {len(argtypes)} types")
    program = normalise(inline(function, argtypes))
    written = _derivatives(program, argtypes)
    if written:
        program = normalise(inline(function, argtypes, written))
    return scalarised(program, argtypes)


def _derivatives(function: ir.Function, argtypes: tuple) -> dict[str, ir.Function]:
    """The functions that are written for the derivatives that a structured program calls, by what it calls these; but
    for those to which it gives arguments of several types."""
    if not any(map(_calls_derivative, ir.statements(function.body))):
        return {}
    function, found = webs(function), dict[str, set]()
    env = infer(function, tuple(map(without_axisless, argtypes)))
    for stmt in ir.statements(function.body):
        for call in filter(_is_derived, (e for x in ir.expressions(stmt) for e in ir.walk(x))):
            found.setdefault(call.func, set()).add(tuple(types.type_of(arg, env) for arg in call.args))
    return {func: derived(callee_of(func), *given).function for func, given in found.items() if len(given) == 1}


def _calls_derivative(stmt) -> bool:
    return any(_is_derived(e) for x in ir.expressions(stmt) for e in ir.walk(x))


def _is_derived(expr) -> bool:
    return isinstance(expr, ir.Call) and getattr(callee_of(expr.func), "derivative", None) is not None


def structured(fn) -> ir.Function:
    """The function as a structured program, whatever its arguments."""
    return normalise(inline(parse(fn)))


def scalarised(function: ir.Function, argtypes: tuple, lengths: dict[str, tuple] | None = None) -> Scalarised:
    """A structured program over scalars and loops; `lengths` as `scalarise` has them."""
    function, given = webs(function), tuple(map(without_axisless, argtypes))
    env = infer(function, given)
    require_unwritten(function, env, argtypes)
    listless = lists(function, env)
    if listless != function:
        function, env = listless, infer(listless, given)
    branching = conditional(function, env)
    if branching != function:
        function, env = branching, infer(branching, given)
    wide = widen(function, env, given)
    if wide != function:
        function, env = wide, infer(wide, given)
    split = tuples(function, env, argtypes)
    if split.function != function:
        env = infer(split.function, split.argtypes)
    return replace(scalarise(split.function, env, lengths), inputs=split.inputs)


@functools.lru_cache(maxsize=1024)
def called_program(func: str, argtypes: tuple) -> ir.Function:
    """The structured program of a function that stays a call."""
    callee = callee_of(func)
    if callee.derivative is not None:
        return _derived_program(callee, argtypes)
    return _called_program(callee, argtypes)


def _called_program(callee: Callee, argtypes: tuple) -> ir.Function:
    return webs(with_own_parameters(normalise(inline_called(callee, argtypes))))


def _derived_program(callee: Callee, argtypes: tuple) -> ir.Function:
    """The structured program of a derivative, whose cotangent, if it takes one, has been checked."""
    function = _called_program(derived(callee, argtypes), argtypes)
    callee.derivative.check_result(argtypes, types.returned_type(function, argtypes))
    return function


def derived(callee: Callee, argtypes: tuple) -> Callee:
    """The function that is written for a derivative and arguments of types `argtypes`."""
    passed = dict(zip(callee.params, argtypes, strict=True))
    every = tuple(passed.get(param, types.types.none) for param in callee.function.params)
    with types.apart():
        function = jumps(parse(callee.derivative.generated(every)))
    known = tuple(
        (param, ir.Const(None)) for param, t in zip(function.params, every, strict=True) if t == types.types.none
    )
    return Callee(function, known)


def lower_called(unit: Unit) -> Scalarised:
    """The function over real scalars and loops that is generated for a call that stays one."""
    function = called_program(unit.callee, unit.types)
    *body, end = function.body
    value = ir.Tuple((), end.loc) if end.value is None else end.value
    program = scalarised(replace(function, body=(*body, replace(end, value=value))), unit.types)
    return with_own_results(renew(defer(parts(program))))


stages.make_known(loops, structured, scalarised)
types.read_with(called_program, types.returned_type)


def differentiate_program(
    program: Scalarised, argnums: tuple, mode: str, single: bool, can_join: Callable[[tuple], bool] | None = None
) -> Gradient:
    """The gradient of `program` by the parameters at `argnums`; `can_join` as `reversal` has it.

    Raises:
        ArgumentError: for a parameter that is not floating-point.
    """
    for name, where in (program.inputs[k] for k in argnums):
        for t in (program.env[leaf.id] for leaf in leaves(where)):
            if not is_float(t):
                what = "is" if isinstance(where, ir.Name) else "has"
                raise ArgumentError(
                    f"{program.function.name} cannot be differentiated by {name!r}, which {what} {describe(t)}",
                    None,
                    "Pass a floating-point value, such as x.astype(float), or choose other argnums.",
                )
    return gradient(program, tuple(program.inputs[k][0] for k in argnums), mode, single, can_join)


def generate(
    fn,
    argtypes: tuple,
    argnums: tuple,
    mode: str,
    *,
    single: bool = True,
    fastmath=FASTMATH,
    parallel=False,
    target="cpu",
) -> Module:
    """The module for `fn` on arguments of types `argtypes`; `mode` is `primal`, `grad`, `value_and_grad` or `vjp`.

    Raises:
        UnsupportedError: at the user's line, for what cannot be differentiated.
        ArgumentError: for arguments that do not fit.
    """
    program, lower_unit = arguments(lower(fn, argtypes), lower_called)
    function = program.function
    if function.name in RESERVED:
        loc = Loc(function.file, function.line, 1, function.line, 2)
        raise UnsupportedError(f"generated code has a {function.name} of its own", loc, "Rename the function.")
    known = signs(function.body, program.env, program.values)
    may = allowed(fastmath)
    env = dict(program.env)
    body = optimise(opened(function.body, comments=True), env, program.values, known, may)
    params = tuple(name for name, _ in program.inputs)
    doc = f"The function of {place_of(function)}."
    own = call_of_itself(program)
    written = []
    if own is None:
        written += _functions(Written(function.name, params, body, doc, env), program, parallel)
    if mode != "primal":
        can_join = functools.partial(joins, lower=lower_unit) if "reassoc" in may else None  # sums change their order
        made = differentiate_program(program, argnums, mode, single, can_join)
        name = f"{function.name}_{mode}"
        body = finished(made, may)
        purpose = _purpose(function.name, [params[k] for k in argnums], mode)
        gradient_function = Written(name, made.params, body, purpose, made.env, made.ours)
        written += _functions(gradient_function, made.program, parallel)
    written = [replace(w.tidied(), constants=function.constants, file=function.file) for w in written]
    called = [body] if own is None else [(ir.Opaque((), ir.Call(own, ())),)]
    written, outside, circles = _with_called(
        [*called, *(w.body for w in written)], written, function.name, own, may, lower_unit
    )
    flags = _keeping_zeros(fastmath) if program.signed or any(w.signed for w in written) else fastmath
    text = _module_text(function, dict(zip(params, argtypes, strict=True)), written, outside, flags, circles)
    adjoint = None if mode == "primal" else written[-1].name
    return Module(text, function.name, adjoint, tuple(f.rule for f in outside), given(outside))


def _functions(written: Written, program: Scalarised, parallel: bool) -> list[Written]:
    """The function after those that its loops become: which threads run, if it is `parallel`, else which stand in it
    more than once."""
    body, outlined = written.body, list[Outlined]()
    taken = {written.name, *written.env, *program.function.constants}
    given = frozenset(program.function.constants)
    if parallel:
        body, outlined = threads(body, written.env, program.values, written.name, taken, given)
    else:
        body = merge(body, written.env, written.name, taken, given, outlined)
    loops = [
        replace(
            written, name=f.name, params=f.params, body=f.body, doc=f.doc, has_threads=f.has_threads,
            has_memory=f.has_threads or not counts_no_references(f.body, written.env),
        )
        for f in outlined
    ]  # fmt: skip
    return [*loops, replace(written, body=_with_items(body, program.inputs))]


def _with_called(
    bodies: list, written: list[Written], name: str, own: str | None, flags: frozenset, lower_unit: Callable
) -> tuple:
    """All functions of the module, those that others call before them, under their names in it; what it needs from
    outside; and whether two functions call each other. `own` is the unit that the function `name` is a call of;
    `lower_unit` gives the program of a unit."""
    found = units(bodies, lower_unit, place_of, flags)
    every = [*found.values(), *written]
    taken = {name, *(w.name for w in written)}.union(*(w.env for w in every), *(w.constants for w in every))
    local = named(found, taken, name, own)
    renamed = [replace(w, name=local[f], has_memory=w.has_memory or f == own) for f, w in found.items()]
    every = _with_constants([*renamed, *written], taken)
    every = [replace(w, body=with_names(without_literals(w.body), local)) for w in every]
    bodies, outside = named_outside([w.body for w in every], taken)
    every = [replace(w, body=body) for w, body in zip(every, bodies, strict=True)]
    return every, outside, calls_in_circles(every, set(local.values()))


def _with_constants(written: list[Written], taken: set[str]) -> list[Written]:
    """The functions with one name for each array from outside."""
    arrays: dict[str, np.ndarray] = {}
    out = []
    for w in written:
        new = {}
        for name, array in w.constants.items():
            there = arrays.setdefault(name, array)
            if there is not array and not (there.dtype == array.dtype and np.array_equal(there, array)):
                new[name] = fresh(name, taken)
                arrays[new[name]] = array
        body = tuple(ir.rename_statement(stmt, new) for stmt in w.body)
        out.append(replace(w, body=body, constants={new.get(n, n): array for n, array in w.constants.items()}))
    return out


def finished(made: Gradient, flags: frozenset) -> tuple:
    """The body of a gradient function as it is emitted; `flags` as `optimise` has them."""
    body, values = simplify(made.body, made.ours), made.program.values
    if "reassoc" in flags:
        body = fuse(body, made.env, values, made.tapes.tops)
    before = _arrays(body)
    body = checkpoint(body, made.env, values)
    copies = _arrays(body) - before
    body = borrow(body, made.env, values)
    body = optimise(body, made.env, values, made.signs, flags)
    body = reuse(place(body, made.env, values), made.env, values)
    return afford(body, made, copies)


def _arrays(body: tuple) -> frozenset:
    """The arrays that a function makes."""
    return frozenset(s.target for s in ir.statements(body) if isinstance(s, ir.Alloc))


def allowed(fastmath) -> frozenset:
    """LLVM's flags that `fastmath` stands for."""
    flags = {"fast"} if fastmath is True else set(fastmath or ())
    return frozenset(FASTMATH if "fast" in flags else flags)


def _keeping_zeros(fastmath):
    """The flags without the leave to change the sign of a zero."""
    return fastmath if isinstance(fastmath, bool) else tuple(flag for flag in fastmath if flag != "nsz")


def place_of(function: ir.Function) -> str:
    return f"{function.file.replace(chr(92), '/').rsplit('/', 1)[-1]}:{function.line}"


def _with_items(body: tuple, inputs: tuple) -> tuple:
    """`body` after the variables that stand for items of the parameters, as far as it reads them."""
    read = set().union(*map(reads, ir.statements(body)))
    items = [(variable, item) for variable, item in taken_apart(inputs) if variable.id in read]
    return (*(ir.Assign(variable.id, item) for variable, item in items), *body)


def _purpose(name: str, params: list[str], mode: str) -> str:
    by = ", ".join(params)
    what = {
        "grad": f"The gradient of {name} by {by}.",
        "value_and_grad": f"The value of {name} and its gradient by {by}.",
        "vjp": f"The value of {name}, and y_bar times its Jacobian by {by}.",
    }
    return what[mode]


def _module_text(function: ir.Function, params: dict, written: list[Written], outside: list, fastmath, circles) -> str:
    from adtrans import __version__

    types = ", ".join(f"{p}: {type_text(t)}" for p, t in params.items())
    needed = helpers.used(tuple(s for w in written for s in w.body))
    has_threads = any(w.has_threads for w in written)
    head = [
        f'"""Generated by adtrans {__version__} from {place_of(function)} ({types}).', "",
        "Plain NumPy and Numba, without adtrans. Do not edit it; edit the function and generate it again.",
        '"""', "", *helpers.imports(needed, has_threads), *header(outside), "",
    ]  # fmt: skip
    records = sorted(set().union(*(emit.records(w.body) for w in written)), key=lambda record: record.name)
    if records:
        head.insert(head.index("import numpy as np") - 1, "from collections import namedtuple")
    parts = ["\n".join(head)]
    arrays = {name: value for w in written for name, value in w.constants.items()}
    parts += [f"{name} = {emit.constant_array(value)}" for name, value in arrays.items()]
    parts += [f"{r.name} = namedtuple({r.name!r}, {r.fields!r})".replace("'", '"') for r in records]
    # Numba crashes where it reads functions from disk that call each other: numba issue 6061.
    parts += [_function_text(w, _decorator(w, fastmath, not circles)) for w in written]
    # Compiled when they are first called, so they need not stand before the code that people read.
    parts += [helpers.text(name).rstrip("\n") for name in needed]
    return tidied_text("\n".join(parts) + "\n")


def type_text(t) -> str:
    if hasattr(t, "types"):
        return f"({', '.join(map(type_text, t))})"
    return f"{t.dtype}[{', '.join(':' * t.ndim)}]" if hasattr(t, "ndim") else str(t)


def _decorator(w: Written, fastmath, cache: bool) -> str:
    flags = fastmath if isinstance(fastmath, bool) else "{" + ", ".join(f'"{f}"' for f in sorted(fastmath)) + "}"
    extra = (", cache=True" if cache else "") + (", parallel=True" if w.has_threads else "")
    extra += "" if w.has_memory else ", _nrt=False"
    return f'@njit(fastmath={flags}, error_model="numpy"{extra})'


def _function_text(w: Written, decorator: str) -> str:
    lines = ["", "", decorator, f"def {w.name}({', '.join(w.params)}):", f'    """{w.doc}"""']
    return "\n".join(lines + emit.block(w.body, w.file))


def tidied_text(text: str) -> str:
    return text.replace("\n\n\n\n", "\n\n\n").rstrip("\n") + "\n"
