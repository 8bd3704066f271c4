"""Which of the arrays that a function is given it writes to, where calls of it stay calls."""

from __future__ import annotations

from adtrans import ir, types
from adtrans.analyses.sharing import root, sources, viewed
from adtrans.callees import callee_of

_settled: dict[tuple, frozenset] = {}


def changed_arguments(func: str, args: tuple) -> frozenset[int]:
    """The positions of the arrays that the function named `func` writes to, given arguments of types `args`."""
    key = (func, args)
    if key not in _settled:
        found: dict[tuple, frozenset] = {key: frozenset()}
        before: dict = {}
        while before != found:
            before = dict(found)
            for called, types_of in before:
                found[called, types_of] = _positions(called, types_of, found)
        _settled.update(found)
    return _settled[key]


def changed_by_calls(stmt, env: types.Env, known: dict | None = None) -> set[str]:
    """The names of the arrays that calls in `stmt` write to. `known` is what is found so far, to which functions that
    it has not seen are added; without it all is looked up."""
    found: set[str] = set()
    for call in (e for x in ir.expressions(stmt) for e in ir.walk(x)):
        if isinstance(call, ir.Call) and callee_of(call.func):
            args = tuple(types.type_of(arg, env) for arg in call.args)
            if known is None:
                places = changed_arguments(call.func, args)
            else:
                places = _settled.get((call.func, args)) or known.setdefault((call.func, args), frozenset())
            found |= set().union(*(viewed(call.args[k]) for k in places))
    return found


def _positions(func: str, args: tuple, found: dict) -> frozenset[int]:
    function = types.called_program(func, args)
    env, memory = types.infer(function, args), sources(function.body)
    stored: set[str] = set()
    for stmt in ir.statements(function.body):
        if isinstance(stmt, (ir.Store, ir.AugAssign)):
            stored |= {name} if (name := root(stmt.target)) else set()
        stored |= changed_by_calls(stmt, env, found)
    arrays = {name for name in stored if isinstance(env.get(name), types.types.Array)}
    changed = set().union(*(memory.get(name, {name}) for name in arrays))
    return frozenset(k for k, param in enumerate(function.params) if param in changed)
