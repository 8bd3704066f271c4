"""Which integers are never negative that functions are given whose calls stay calls, and which arrays of integers have
no negative elements: what holds in every call of the module."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from adtrans import ir, types
from adtrans.analyses.signs import signs
from adtrans.callees import Unit, callee_of, unit_of
from adtrans.transforms.scalarise import Scalarised, own_copy

Known = dict[str, frozenset]  # the parameters of a unit


def arguments(
    program: Scalarised, lower: Callable[[Unit], Scalarised]
) -> tuple[Scalarised, Callable[[Unit], Scalarised]]:
    """`program`, and in place of `lower` what gives the programs of the units, which say so of their parameters: at
    first it is taken to hold for all, then those are dropped for which a call, or a function, does not keep it."""
    programs = _reached(program, lower)
    known = {func: frozenset(p for p in found.function.params if _is_integer(found.env[p]))
             for func, found in programs.items()}  # fmt: skip
    while True:
        kept = _kept(programs, program, known)
        if kept == known:
            break
        known = kept
    made = {callee_of(func): _marked(found, known[func], programs, known) for func, found in programs.items()}
    return _marked(program, frozenset(), programs, known), lambda unit: own_copy(made[unit])


def _is_integer(t) -> bool:
    return isinstance(types.dtype_of(t), types.types.Integer)


def _reached(program: Scalarised, lower: Callable) -> dict[str, Scalarised]:
    """The programs of the units that are called, by the names of these."""
    found: dict[str, Scalarised] = {}
    pending = [stmt.value.func for stmt in _calls(program)]
    while pending:
        func = pending.pop()
        if func not in found:
            found[func] = lower(callee_of(func))
            pending += [stmt.value.func for stmt in _calls(found[func])]
    return found


def _calls(program: Scalarised) -> list[ir.Opaque]:
    return [stmt for stmt in ir.statements(program.function.body) if unit_of(stmt)]


def _kept(programs: dict[str, Scalarised], program: Scalarised, known: Known) -> Known:
    """What of `known` holds where it is taken to hold."""
    kept = {func: set(params) for func, params in known.items()}
    for func, caller in (("", program), *programs.items()):
        given = known.get(func, frozenset())
        caller = _marked(caller, given, programs, known)
        found = signs(caller.function.body, caller.env, caller.values, given)
        kept.get(func, set()).intersection_update(found.nonnegative)
        for call in _calls(caller):
            params = programs[call.value.func].function.params
            for param, arg in zip(params, call.value.args, strict=True):
                is_array = isinstance(arg, ir.Name) and types.is_array(caller.env[arg.id])
                if not (arg.id in found.nonnegative if is_array else found.is_nonnegative(arg)):
                    kept[call.value.func].discard(param)
    return {func: frozenset(params) for func, params in kept.items()}


def _marked(program: Scalarised, given: frozenset, programs: dict[str, Scalarised], known: Known) -> Scalarised:
    """`program`, whose parameters `given` are never negative, and whose calls say which arrays they keep so."""

    def marked(stmt):
        stmt = ir.with_blocks(stmt, *(tuple(map(marked, block)) for block in ir.blocks(stmt)))
        if not unit_of(stmt):
            return stmt
        func = stmt.value.func
        pairs = zip(programs[func].function.params, stmt.value.args, strict=True)
        keeps = {arg.id for param, arg in pairs if param in known[func] and isinstance(arg, ir.Name)}
        return replace(stmt, keeps=tuple(name for name in stmt.changes if name in keeps))

    function = replace(program.function, body=tuple(map(marked, program.function.body)))
    return replace(program, function=function, nonnegative=given)
