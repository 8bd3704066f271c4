"""Costly active operations get a name, tests that their own branches change become flags, loops of unknown length
are counted: so that the reverse sweep can record each of these as it records any variable."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from adtrans import ir, rules, types
from adtrans.analyses.liveness import definitions
from adtrans.names import fresh
from adtrans.transforms.pull import instantiate, is_active, uses_result
from adtrans.transforms.scalarise import Scalarised

EXPONENTIALS = frozenset(("np.exp", "math.exp"))  # that vectorise, and then cost less than to store and load the value
CHEAP = EXPONENTIALS | frozenset(
    ("abs", "min", "max", "np.abs", "np.absolute", "np.fabs", "math.fabs", "np.maximum", "np.minimum", "np.sign",
     "np.square", "np.negative", "np.positive", "np.sqrt", "math.sqrt", "np.reciprocal", "np.floor", "np.ceil",
     "stop_gradient")
)  # fmt: skip


@dataclass
class _Names:
    active: set
    env: types.Env
    taken: set
    roots: dict
    slopes: dict = field(default_factory=dict)  # (name of an operation's value, operand) -> name of its derivative

    def fresh(self, base: str, t, active: bool = False) -> str:
        name = fresh(base, self.taken)
        self.taken.add(name)
        self.env[name] = t
        if active:
            self.active.add(name)
        return name


def flatten(program: Scalarised, active: frozenset) -> tuple[Scalarised, frozenset, dict]:
    """The program with costly operations, changing tests and trip counts in variables of their own; the active names
    with the new ones among them; and the names of derivatives that are computed beside a value, by the value's
    name and the number of the operand."""
    names = _Names(set(active), program.env, set(program.env), program.roots)
    body = _block(program.function.body, names)
    return replace(program, function=replace(program.function, body=body)), frozenset(names.active), names.slopes


def _block(block: tuple, names: _Names) -> tuple:
    return tuple(new for stmt in block for new in _statement(stmt, names))


def _statement(stmt, names: _Names) -> list:
    match stmt:
        case ir.Assign() | ir.Store() | ir.AugAssign():
            return _split(stmt, names)
        case ir.If():
            return _fixed_test(replace(stmt, body=_block(stmt.body, names), orelse=_block(stmt.orelse, names)), names)
        case ir.For() | ir.While():
            return _counted(replace(stmt, body=_block(stmt.body, names)), names)
    return [stmt]


def is_costly(expr) -> bool:
    """Whether recording the value of this operation is cheaper than computing it again."""
    if isinstance(expr, ir.Call):
        return expr.func not in CHEAP and expr.func not in types.CASTS
    if isinstance(expr, ir.Op) and expr.op == "**":
        exponent = expr.args[1]
        return not (isinstance(exponent, ir.Const) and isinstance(exponent.value, int) and abs(exponent.value) <= 4)
    return False


def _split(stmt, names: _Names) -> list:
    """`stmt` with its costly active operations in statements before it."""
    if _is_running_extreme(stmt):
        return _as_choice(stmt, names)
    before: list = []
    keep_root = not isinstance(stmt, ir.AugAssign) and not _needs_old_and_new(stmt, names)
    value = stmt.value
    if not is_active(value, frozenset(names.active)):
        return [stmt]
    t = types.type_of(value, names.env)
    if (
        keep_root
        and isinstance(value, (ir.Call, ir.Op))
        and is_costly(value)
        and not _costly_slopes(value, value, t, names)
    ):
        value = ir.map_children(lambda e: _named(e, before, names, stmt.loc), value)
        value = _operands_named(value, before, names, stmt.loc)
    else:
        value = _named(value, before, names, stmt.loc)
    return [*before, replace(stmt, value=value)]


def _is_running_extreme(stmt) -> bool:
    """Whether `stmt` is `m = max(m, e)` or the like, as Python has it: `e if e > m else m`."""
    match stmt:
        case ir.Assign(target, ir.Call("max" | "min", (a, b))):
            return ir.Name(target) in (a, b)
    return False


def _as_choice(stmt: ir.Assign, names: _Names) -> list:
    """A choice by a flag: the flag is all that the adjoint needs to know, not the values compared."""
    if stmt.target not in names.active:
        return [stmt]
    a, b = stmt.value.args
    flag = names.fresh("taken", types.types.boolean)
    test = ir.Op(">" if stmt.value.func == "max" else "<", (b, a), stmt.loc)
    choice = replace(stmt, value=ir.IfExp(ir.Name(flag), b, a, stmt.loc))
    return [ir.Assign(flag, test, stmt.loc), *_split(choice, names)]


def _needs_old_and_new(stmt, names: _Names) -> bool:
    """Whether the adjoint would read the target both before and after the statement."""
    target = stmt.target if isinstance(stmt, ir.Assign) else stmt.target.base.id
    root = names.roots.get(target, target)
    return uses_result(stmt.value, frozenset(names.active)) and any(
        names.roots.get(n, n) == root for n in ir.names(stmt.value)
    )


def _named(expr, before: list, names: _Names, loc):
    """`expr` with each costly active operation in it replaced by a name that is assigned in `before`."""
    if not is_active(expr, frozenset(names.active)):
        return expr
    if isinstance(expr, ir.IfExp):
        return _choice(expr, before, names, loc)
    if isinstance(expr, ir.Index):
        return expr
    expr = ir.map_children(lambda e: _named(e, before, names, loc), expr)
    expr = _operands_named(expr, before, names, loc)
    if not is_costly(expr) and not _is_reused(expr, names):
        return expr
    t = types.type_of(expr, names.env)
    name = names.fresh(_base_name(expr), t, active=True)
    for k, slope in _costly_slopes(expr, expr, t, names).items():
        names.slopes[name, k] = names.fresh(f"{name.removesuffix('_value')}_slope", t)
        before.append(ir.Assign(names.slopes[name, k], slope, loc))
    before.append(ir.Assign(name, expr, loc))
    return ir.Name(name, loc)


def _costly_slopes(expr, y, t, names: _Names) -> dict:
    """The derivatives of a costly operation that take another one themselves: computed beside it (of `sin` and `cos`
    the compiler makes one call) and recorded in place of the operand."""
    rule, active = _rule(expr), frozenset(names.active)
    if rule is None or not is_costly(expr):
        return {}
    parts = {k: instantiate(rule, k, expr.args, y, t) for k, p in enumerate(rule.partials)
             if p is not None and is_active(expr.args[k], active)}  # fmt: skip
    return {k: part for k, part in parts.items() if any(is_costly(e) for e in ir.walk(part) if e != y)}


def _is_reused(expr, names: _Names) -> bool:
    """Whether a derivative of the operation reuses its value."""
    return uses_result(expr, frozenset(names.active))


def _operands_named(expr, before: list, names: _Names, loc):
    """`expr` with a name for each compound operand that its derivatives read several times."""
    rule = _rule(expr)
    if rule is None:
        return expr
    reads = [e.id for a, p in zip(expr.args, rule.partials, strict=True) if p and is_active(a, frozenset(names.active))
             for e in ir.walk(p) if isinstance(e, ir.Name)]  # fmt: skip
    args = []
    for param, arg in zip(rule.params, expr.args, strict=True):
        if reads.count(param) > 1 and isinstance(arg, (ir.Op, ir.Call, ir.IfExp)):
            name = names.fresh("t", types.type_of(arg, names.env), is_active(arg, frozenset(names.active)))
            before.append(ir.Assign(name, arg, loc))
            arg = ir.Name(name, loc)
        args.append(arg)
    return replace(expr, args=tuple(args))


def _rule(expr):
    if not isinstance(expr, (ir.Op, ir.Call)) or (isinstance(expr, ir.Call) and expr.func in types.CASTS):
        return None
    return rules.lookup(expr.op if isinstance(expr, ir.Op) else expr.func)


def _base_name(expr) -> str:
    if isinstance(expr, ir.Call):
        return expr.func.rpartition(".")[2] + "_value"
    return {"/": "quotient", "**": "power"}.get(expr.op, "value")


def _choice(expr: ir.IfExp, before: list, names: _Names, loc):
    """A conditional expression with costly branches becomes a statement: only the branch taken is computed."""
    branches = []
    for value in (expr.body, expr.orelse):
        inner: list = []
        branches.append((_named(value, inner, names, loc), inner))
    if not any(inner for _, inner in branches):
        return expr
    name = names.fresh("choice", types.type_of(expr, names.env), active=True)
    blocks = [(*inner, ir.Assign(name, value, loc)) for value, inner in branches]
    before.extend(_fixed_test(ir.If(expr.test, *blocks, loc=loc), names))
    return ir.Name(name, loc)


def _fixed_test(stmt: ir.If, names: _Names) -> list:
    """The test in a flag, where the branches change what it reads."""
    changed = written(ir.statements((*stmt.body, *stmt.orelse)), names.roots)
    if not changed & {names.roots.get(n, n) for n in ir.names(stmt.test)}:
        return [stmt]
    flag = names.fresh("taken", types.types.boolean)
    return [ir.Assign(flag, stmt.test, stmt.loc), replace(stmt, test=ir.Name(flag))]


def _counted(stmt, names: _Names) -> list:
    """A count of the iterations, where the bounds do not tell it."""
    if isinstance(stmt, ir.For) and stmt.exit is None:
        return [stmt]
    count = names.fresh("trips", types.types.int64)
    step = ir.Assign(count, ir.Op("+", (ir.Name(count), ir.Const(1))), stmt.loc)
    return [ir.Assign(count, ir.Const(0), stmt.loc), replace(stmt, body=(step, *stmt.body))]


def written(statements, roots: dict) -> set[str]:
    """The names that `statements` define, and the owners of the arrays that they write."""
    found = set()
    for stmt in statements:
        found |= {roots.get(n, n) for n in definitions(stmt)} | set(definitions(stmt))
        if isinstance(stmt, (ir.Store, ir.AugAssign)) and isinstance(stmt.target, ir.Index):
            found.add(roots.get(stmt.target.base.id, stmt.target.base.id))
        if isinstance(stmt, ir.Opaque):
            found |= {roots.get(n, n) for n in stmt.changes}
    return found


def counter(loop) -> str:
    """The name of the count that `flatten` gave to a loop."""
    return loop.body[0].target
