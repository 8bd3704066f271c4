"""Arrays without axes: they are numbers here, as nothing may write to one, which its other names would see."""

from __future__ import annotations

from collections.abc import Iterator

from adtrans import ir, types
from adtrans.analyses.sharing import may_view, sources, viewed
from adtrans.callees import callee_of
from adtrans.errors import UnsupportedError
from adtrans.types.kinds import items_of

_COPIES = ("np.array", "np.copy", "np.astype")


def require_unwritten(function: ir.Function, env: types.Env, argtypes: tuple) -> None:
    """`function` has `argtypes`; in `env`, the types of its names, arrays without axes are numbers.

    Raises: UnsupportedError where a statement writes to an array without axes, or a call that stays one may.
    """
    axisless = {p for p, t in zip(function.params, argtypes, strict=True) if _has_axisless(t)}
    memory = sources(function.body)
    assigned = [pair for stmt in ir.statements(function.body) for pair in _assigned(stmt)]
    axisless |= {name for names, value in assigned if _makes_axisless(value, env) for name in names}
    if not axisless:
        return

    def is_of(expr, names: set[str]) -> bool:
        return any(name in names or memory.get(name, frozenset()) & names for name in viewed(expr))

    with_axes = {
        name
        for names, value in assigned
        if any(is_of(arg, axisless) and not types.ndim_of(types.type_of(arg, env)) for arg in _viewed_by(value))
        for name in names
        if types.is_array(env.get(name))
    }
    for stmt in ir.statements(function.body):
        for target in _written(stmt):
            of_array = types.is_array(types.type_of(target, env))
            if is_of(target, with_axes if of_array else axisless):
                raise UnsupportedError(
                    "an array without axes cannot be written to",
                    stmt.loc,
                    "Use an array of one element, or make a new number: y = x + 1.0.",
                )


def _has_axisless(t) -> bool:
    if isinstance(t, types.types.BaseTuple):
        return any(map(_has_axisless, items_of(t)))
    return types.is_array(t) and not t.ndim


def _assigned(stmt) -> Iterator[tuple]:
    match stmt:
        case ir.Assign(target, value):
            yield {target}, value
        case ir.Unpack(targets, value):
            yield set().union(*(ir.names(t) for t in targets)), value


def _makes_axisless(value, env: types.Env) -> bool:
    """Whether the value is, or has in it, an array without axes that a call makes of a number."""
    match value:
        case ir.IfExp(_, body, orelse):
            return _makes_axisless(body, env) or _makes_axisless(orelse, env)
        case ir.Op("and" | "or", args) | ir.Tuple(args):
            return any(_makes_axisless(arg, env) for arg in args)
        case ir.Call(func, args) if func in _COPIES or may_view(func):
            is_number = isinstance(types.type_of(value, env), (types.types.Number, types.types.Boolean))
            return is_number or any(_makes_axisless(arg, env) for arg in args)
    return False


def _viewed_by(value) -> tuple:
    """The arguments of which a call may return a view."""
    return value.args if isinstance(value, ir.Call) and may_view(value.func) else ()


def _written(stmt) -> Iterator:
    """The names and expressions whose memory a statement writes to, or may."""
    match stmt:
        case ir.AugAssign(ir.Name() as target):
            yield target
        case ir.Store(ir.Index(base)) | ir.AugAssign(ir.Index(base)):
            yield base
    for expr in (e for x in ir.expressions(stmt) for e in ir.walk(x)):
        if isinstance(expr, ir.Call) and callee_of(expr.func):
            yield from expr.args
