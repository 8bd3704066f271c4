"""What a gradient does and why, as text: what is active, recorded, computed again, and how large the tapes are."""

from __future__ import annotations

import ast
import functools
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np

from adtrans import emit, ir, types
from adtrans.analyses.facts import facts as loop_facts
from adtrans.analyses.liveness import definitions
from adtrans.analyses.recording import RECOMPUTE, is_check
from adtrans.analyses.sizes import terms
from adtrans.callees import REVERSE, callee_of
from adtrans.errors import Loc
from adtrans.passes import FASTMATH, Changes, disabled, watched
from adtrans.pipeline import allowed, differentiate_program, finished, lower, lower_called
from adtrans.transforms.adjoint import NOTHING, value_reads
from adtrans.transforms.gradient import Gradient
from adtrans.transforms.tapes import Line
from adtrans.transforms.threads import Verdict, verdicts
from adtrans.units import joins, units

RUNS, ITERATIONS = "runs", "iterations"  # in a formula `runs(12)` is how often line 12 runs
INDEX_BYTES = 8  # of each length of an array that is put on a tape that grows
SEGMENT = (
    "all steps of the loop where the tape then fits in 16 MB, or 128 MB where it takes many functions to make, else "
    "about their square root, with a checkpoint for each"
)
PASSES = "Passes that changed the code, and where it is from"
WIDTH = 60  # of an expression in a table
FEW = 6  # names of arrays in a line


def explain(
    fn, argtypes: tuple, argnums: tuple, mode: str = "value_and_grad", *, single: bool = True, parallel: bool = False
) -> str:
    """Four sections on the gradient of `fn` for arguments of types `argtypes`, and four on each function that stays a
    call; of tapes only those that the generated code has. For `parallel` one on its loops. At the end, which passes
    changed what. Options as in `pipeline.generate`. Raises: as `pipeline.generate`."""
    can_join = functools.partial(joins, lower=lower_called)
    with watched() as changes:
        made = differentiate_program(lower(fn, argtypes), argnums, mode, single, can_join)
        body = finished(made, allowed(FASTMATH))
        found = units([body], lower_called, str, allowed(FASTMATH))
    by = ", ".join(made.program.inputs[k][0] for k in argnums)
    texts = [_about(f"{mode} of {made.program.function.name} by {by}", made, body)]
    texts += ["\n".join(["Threads", _indented(threaded(made, body)), ""])] if parallel else []
    calls = ((w.made, w.body) for func, w in found.items() if w.made and callee_of(func).part != REVERSE)
    texts += [_about(f"calls of {inner.program.function.name}", inner, written) for inner, written in calls]
    texts.append(_section(PASSES, passes(changes, made.program.function.file)) + "\n")
    return "\n".join(texts)


def _about(title: str, made: Gradient, body: tuple) -> str:
    """The four sections on a function."""
    facts = _Facts(made, _kept_lines(made, body), _borrowed(made, body))
    function = made.program.function
    head = f"{title} ({Path(function.file).name}:{function.line})"
    sections = (
        ("Active: these carry a derivative", active(facts)),
        ("Recorded for the reverse sweep", recorded(facts)),
        ("Computed again in the reverse sweep", computed_again(facts)),
        ("Tape", tape(facts)),
    )
    return "\n\n".join([head, *(_section(*section) for section in sections)]) + "\n"


def _kept_lines(made: Gradient, body: tuple) -> list[Line]:
    """The tapes that `body`, the emitted code, has, with the shapes that they have there."""
    defined = {name for s in ir.statements(body) for name in definitions(s)}
    shapes = {s.target: s.shape for s in ir.statements(body) if isinstance(s, ir.Alloc)}
    kept = [line for line in made.tapes.lines if line.tape in defined and not _is_primal(line, shapes, made)]
    return [replace(line, shape=shapes.get(line.tape, line.shape)) if line.shape is not None else line for line in kept]


def _is_primal(line: Line, shapes: dict, made: Gradient) -> bool:
    """Whether a work array has no more axes than it has in the primal."""
    return line.tape in made.tapes.work and len(shapes[line.tape]) == types.ndim_of(made.program.env[line.tape])


def _borrowed(made: Gradient, body: tuple) -> dict[str, str]:
    """The variables that the reverse sweep takes from the arrays of cotangents, and these."""
    cotangents = {made.names.bar(name) for name in made.names.active}
    values = made.names.env.keys() - made.ours
    found: dict[str, str] = {}
    for stmt in ir.statements(body):
        match stmt:
            case ir.Assign(target, ir.Index(ir.Name(array))) if array in cotangents and target in values:
                found[target] = array
    return found


@dataclass
class _Facts:
    """A gradient with the lines of its tapes, the values kept in cotangents' places, and what is looked up often."""

    made: Gradient
    lines: list[Line]
    borrowed: dict[str, str]
    written: set = field(init=False)  # the names in the user's source
    statements: list = field(init=False)

    def __post_init__(self):
        function = self.made.program.function
        nodes = list(ast.walk(ast.parse(function.source)))
        self.written = {n.id for n in nodes if isinstance(n, ast.Name)}
        self.written |= {n.arg for n in nodes if isinstance(n, ast.arg)}
        self.statements = list(ir.statements(function.body))

    def meaning(self, name: str) -> str:
        """The expression of the only assignment to a name of ours; empty for the user's names."""
        found = [s for s in self.statements if name in definitions(s)]
        known = name not in self.written and len(found) == 1 and isinstance(found[0], (ir.Assign, ir.View))
        return emit.expression(found[0].value) if known else ""

    def places(self, locs) -> str:
        """`line 3`, `lines 3 and 5`, with the file's name where it is another than the function's."""
        return _places(locs, self.made.program.function.file)


def _places(locs, own: str) -> str:
    found = sorted({(loc.file != own, loc.file, loc.line) for loc in locs if loc})
    if not found:
        return ""
    texts = [f"{Path(file).name}:{line}" if other else str(line) for other, file, line in found]
    return ("lines " if len(texts) > 1 else "line ") + _listed(texts)


def passes(changes: Changes, own: str) -> list[str]:
    """A row for each pass that changed something, with the lines of the user's that this is from, and one of those
    that are switched off; `own` is the file whose name goes without saying."""
    rows = [(name, _places(locs, own) or "code of no line") for name, locs in changes.items()]
    off = [f"switched off: {', '.join(sorted(disabled()))}"] if disabled() else []
    return _table(rows) + off


def active(facts: _Facts) -> list[str]:
    """A row for each active variable, and one of the user's that are not."""
    program, names = facts.made.program, facts.made.names
    order = dict.fromkeys([*program.function.params, *(d for s in facts.statements for d in definitions(s))])
    found = [name for name in order if name in names.active]
    rows = [(name, types.describe(program.env[name]).removeprefix("a "), _origin(name, facts)) for name in found]
    others = [name for name in order if name not in names.active and name in facts.written]
    return _table(rows) + ([f"not active: {', '.join(others)}"] if others else [])


def _origin(name: str, facts: _Facts) -> str:
    """Where a variable gets its values."""
    root = facts.made.names.root
    locs = [s.loc for s in facts.statements if (name in definitions(s) or _stored(s) == name)]
    if name in facts.made.program.function.params:
        return "parameter" + (f", changed in {facts.places(locs)}" if locs else "")
    if facts.meaning(name):
        return f"{_short(facts.meaning(name))}, {facts.places(locs)}"
    views = f", shares memory with {root(name)}" if root(name) != name else ""
    return (facts.places(locs) if locs else "") + views


def _stored(stmt) -> str | None:
    """The array of which `stmt` writes an element."""
    is_element = isinstance(stmt, (ir.Store, ir.AugAssign)) and isinstance(stmt.target, ir.Index)
    return stmt.target.base.id if is_element else None


def recorded(facts: _Facts) -> list[str]:
    """A row for each tape, and each value in a cotangent's place: what is recorded, when, and what reads it."""
    rows = [(emit.expression(line.place), _occasion(line, facts), readers(line.name, facts)) for line in facts.lines]
    borrowed = [(n, _occasion_of_value(n, facts), readers(n, facts)) for n in facts.borrowed]
    return _table(rows + borrowed)


def _occasion_of_value(name: str, facts: _Facts) -> str:
    lines = [line for line in facts.made.tapes.lines if line.name == name]
    locs = [s.loc for s in facts.statements if name in definitions(s)]
    found = _occasion(lines[0], facts) if lines else _set_anew(name, locs, facts)
    return f"{found}, kept in {facts.borrowed[name]} until that is computed"


def _occasion(line: Line, facts: _Facts) -> str:
    if _is_saved(line, facts):
        return f"before {facts.places([line.loc])} overwrites it"
    return _set_anew(line.name, [line.loc], facts)


def _set_anew(name: str, locs: list, facts: _Facts) -> str:
    value = f" to {_short(facts.meaning(name))}" if facts.meaning(name) else ""
    return f"set{value} in {facts.places(locs)}, anew in each iteration"


def _is_saved(line: Line, facts: _Facts) -> bool:
    """Whether the tape holds old values that are overwritten, not the last ones of an iteration."""
    saves = [s for s in facts.statements if id(s) in facts.made.plan.saves and s.loc is line.loc]
    return any(line.name in (*definitions(s), _stored(s)) for s in saves)


def readers(name: str, facts: _Facts) -> str:
    """What in the reverse sweep reads the value of `name`: `read by the derivative of lines 3 and 5`."""
    root = facts.made.names.root(name)
    found: dict[str, list[Loc]] = {}
    for stmt in facts.statements:
        for kind, reads in _reverse_reads(stmt, facts.made):
            if root in {facts.made.names.root(n.removesuffix(".shape")) for n in reads}:
                found.setdefault(kind, []).append(stmt.loc)
    clauses = [f"the {kind} {facts.places(locs)}" for kind, locs in found.items()]
    return f"read by {_listed(clauses)}" if clauses else "read by the reverse sweep"


def _reverse_reads(stmt, made: Gradient):
    """For each thing that the reverse sweep does about `stmt`, its name and the variables that it reads."""
    own = made.adjoints.get(id(stmt), NOTHING)
    yield "derivative of", own.before | own.after
    match stmt:
        case ir.If(test) if not is_check(stmt):
            yield "branch of", value_reads(test)
        case ir.For():
            yield "loop of", frozenset().union(*map(value_reads, ir.expressions(stmt)))
        case ir.While():
            yield "loop of", frozenset(definitions(stmt.body[0]))
        case ir.View(_, value):
            yield "view of", value_reads(value)
        case ir.Store(ir.Index(_, index)) | ir.AugAssign(ir.Index(_, index)) if id(stmt) in made.plan.saves:
            yield "restoring of", frozenset().union(*map(value_reads, index))
    if any(name in definitions(stmt) for name in _again(made)):
        yield "second run of", frozenset().union(*map(value_reads, ir.expressions(stmt)))


def _again(made: Gradient) -> dict[str, None]:
    """The variables that the reverse sweep computes again, in order."""
    provided = made.plan.provides.values()
    return dict.fromkeys(name for block in provided for name, how in block.items() if how == RECOMPUTE)


def computed_again(facts: _Facts) -> list[str]:
    """A row for each variable that is cheap to compute from what is still there."""
    again = _again(facts.made).keys() - facts.borrowed.keys()
    found = [s for s in facts.statements if isinstance(s, ir.Assign) and s.target in again]
    return _table([(_short(emit.simple(s)), facts.places([s.loc]), readers(s.target, facts)) for s in found])


# -- sizes ---------------------------------------------------------------------------------------------------------


def tape(facts: _Facts) -> list[str]:
    """A row for each tape with its elements and bytes, their sum, and what the names in it mean."""
    if not facts.lines:
        return []
    sizes = [(line.tape, *_bytes(line, facts)) for line in facts.lines]
    rows = [(name, dtype, f"{formula([terms])} bytes") for name, dtype, terms in sizes]
    total = f"total: {formula([terms for _, _, terms in sizes])} bytes"
    return [*_table(rows), total, *_legend([terms for _, _, terms in sizes], facts)]


def _bytes(line: Line, facts: _Facts) -> tuple[str, tuple]:
    """The element type of a tape, and the factors of its size in bytes."""
    dtype = types.dtype_name(facts.made.program.env[line.name])
    item = ir.Const(np.dtype(dtype).itemsize)
    if line.shape is not None:
        return dtype, (item, *line.shape)
    if isinstance(line.place, ir.Index) or line.place.id not in facts.made.program.roots:
        return dtype, (item, _runs(line, facts))
    elements = ir.Op("*", (item, ir.Attr(line.place, "size")))
    lengths = ir.Const(INDEX_BYTES * types.ndim_of(facts.made.program.env[line.place.id]))
    return dtype, (_runs(line, facts), ir.Op("+", (elements, lengths)))


def _runs(line: Line, facts: _Facts) -> ir.Call:
    """How often something is put on a tape that grows."""
    if not _is_saved(line, facts):
        for loop in (s for s in facts.statements if isinstance(s, (ir.For, ir.While))):
            provided = facts.made.plan.provides.get((id(loop), 0), {})
            if loop.loc and line.name in provided and any(s.loc is line.loc for s in ir.statements(loop.body)):
                return ir.Call(ITERATIONS, (ir.Const(loop.loc.line),))
    return ir.Call(RUNS, (ir.Const(line.loc.line),))


def formula(products: list[tuple]) -> str:
    """The sum of products of integer expressions, like ones added up: `16 * n + 8 * n * K`."""
    found = terms([tuple(map(_length, factors)) for factors in products])
    return " + ".join(emit.expression(_product(*term)) for term in found) or "0"


def _length(expr):
    """A length without the `max(..., 0)` that only matters to an empty loop."""
    match expr:
        case ir.Call("max", (ir.Const(a), ir.Const(b))):
            return ir.Const(max(a, b))
        case ir.Call("max", (count, ir.Const(value=0))):
            return count
    return expr


def _product(number: int, factors: tuple):
    first, *rest = factors if factors and number == 1 else (ir.Const(number), *factors)
    return functools.reduce(lambda product, factor: ir.Op("*", (product, factor)), rest, first)


def _legend(products: list[tuple], facts: _Facts) -> list[str]:
    """What the names in the formulas mean that are not the user's."""
    exprs = [e for factors in products for factor in factors for e in ir.walk(_length(factor))]
    names = dict.fromkeys(e.id for e in exprs if isinstance(e, ir.Name))
    lines = [f"{name} = {facts.meaning(name)}" for name in names if facts.meaning(name)]
    lines += [f"{name}: {SEGMENT}" for name in names if name.startswith("segment")]
    calls = {e.func for e in exprs if isinstance(e, ir.Call)}
    meanings = {RUNS: "how often line k runs", ITERATIONS: "how many iterations the loop of line k has in all"}
    lines += [f"{name}(k): {meaning}" for name, meaning in meanings.items() if name in calls]
    return [*lines, "a tape of unknown length grows by doubling, up to twice that"] if calls & {*meanings} else lines


# -- threads -------------------------------------------------------------------------------------------------------


def threaded(made: Gradient, body: tuple) -> list[str]:
    """A row for each loop of `body` that threads run, and for each other that is not inside of one such."""
    found = verdicts(body, loop_facts(body, made.env, made.program.values))
    rows = [(f"line {v.loop.loc.line}" if v.loop.loc else "", _loop_text(v)) for v in found]
    return _table(list(dict.fromkeys(rows))) if rows else ["no loops"]


def _loop_text(verdict: Verdict) -> str:
    """What threads have of their own in a loop, or why one thread runs it."""
    how = verdict.how
    if how is None:
        return f"one thread: {verdict.why}"
    extrema = [extremum.names[0] for extremum in how.extrema]
    kinds = (("sums of its own for", [*how.sums, *how.added]), ("extrema for", extrema), ("work arrays for", how.work))
    clauses = [f"{kind} {_listed(_few(names))}" for kind, names in kinds if names]
    return "in chunks" + (f", each with {'; '.join(clauses)}" if clauses else "")


# -- text ----------------------------------------------------------------------------------------------------------


def _section(title: str, lines: list[str]) -> str:
    return f"{title}\n{_indented(lines or ['nothing'])}"


def _indented(lines: list[str]) -> str:
    return "\n".join(f"    {line}".rstrip() for line in lines)


def _table(rows: Sequence[tuple[str, ...]]) -> list[str]:
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows]


def _short(text: str) -> str:
    return text if len(text) <= WIDTH else text[: WIDTH - 3] + "..."


def _few(names: Sequence[str]) -> list[str]:
    """The names; where they are many, the first and how many others there are."""
    return list(names) if len(names) <= FEW else [*names[: FEW - 1], f"{len(names) - FEW + 1} others"]


def _listed(items: list[str]) -> str:
    """`a`, `a and b`, `a, b and c`."""
    return " and ".join(filter(None, [", ".join(items[:-1]), items[-1]]))
