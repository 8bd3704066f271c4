"""Which names carry derivatives: they depend on a differentiated input and reach the result."""

from __future__ import annotations

from collections.abc import Iterator

from adtrans import ir, types
from adtrans.callees import callee_of
from adtrans.transforms.scalarise import Scalarised


def activity(program: Scalarised, wrt: tuple[str, ...], outputs: tuple[str, ...] | None = None) -> frozenset[str]:
    """The names of scalars and arrays that have a cotangent, for the inputs `wrt` and the `outputs`, else all
    results."""
    edges = {e for stmt in ir.statements(program.function.body) for e in _edges(stmt, program)}
    floats = {name for name, t in program.env.items() if not isinstance(t, types.types.BaseTuple) and types.is_float(t)}
    edges = {(a, b) for a, b in edges if a in floats and b in floats}
    varied = _closure(set(wrt), edges)
    returned = {program.roots.get(name, name) for name in (results(program.function) if outputs is None else outputs)}
    useful = _closure(returned, {(b, a) for a, b in edges})
    active = varied & useful
    return frozenset(active | {name for name, root in program.roots.items() if root in active})


def results(function: ir.Function) -> tuple[str, ...]:
    """The names that the function returns, in order."""
    return tuple(e.id for e in ir.walk(function.body[-1].value) if isinstance(e, ir.Name))


def _closure(start: set, edges: set) -> set:
    reached, frontier = set(start), list(start)
    forward: dict = {}
    for a, b in edges:
        forward.setdefault(a, []).append(b)
    while frontier:
        for other in forward.get(frontier.pop(), ()):
            if other not in reached:
                reached.add(other)
                frontier.append(other)
    return reached


def _edges(stmt, program: Scalarised) -> Iterator[tuple[str, str]]:
    """Pairs (a, b): the value of `b` depends on that of `a` differentiably. Memory counts under its owner's name."""

    def root(name):
        return program.roots.get(name, name)

    match stmt:
        case ir.Assign(target, value):
            yield from ((root(name), root(target)) for name in differentiable_names(value))
        case ir.Store(ir.Index(ir.Name(id=target)), value) | ir.AugAssign(ir.Index(ir.Name(id=target)), _, value):
            yield from ((root(name), root(target)) for name in differentiable_names(value))
        case ir.Rebind(target, source):
            yield root(source), target
            yield target, root(source)
        case ir.Unpack(targets, value):
            yield from ((b.id, a.id) for a, b in zip(targets, value.items, strict=True))
        case ir.Opaque(targets, value) if types.is_draw(value.func):
            yield from ((root(name), root(target)) for name in differentiable_names(value) for target in targets)
        case ir.Opaque(targets, value) if callee_of(value.func):
            inputs = [arg.id for arg in value.args if isinstance(arg, ir.Name)]
            yield from ((root(a), root(b)) for a in inputs for b in (*targets, *stmt.changes))
        case ir.Custom(_, _, adjoints):
            yield from ((root(a), root(b)) for p in adjoints for a in p.inputs for b in p.results)


def differentiable_names(expr) -> set[str]:
    """The names of scalars and arrays whose values (not shapes, indices or tests) `expr` is made from."""
    match expr:
        case ir.Name(name):
            return {name}
        case ir.Index(base):
            return differentiable_names(base)
        case ir.IfExp(_, body, orelse):
            return differentiable_names(body) | differentiable_names(orelse)
        case ir.Attr() | ir.Const() | ir.Call("stop_gradient"):
            return set()
        case ir.Op() | ir.Call():
            return set().union(*map(differentiable_names, expr.args))
    return set()
