"""Calls of NumPy functions that are defined in the language: their statements in place of the call."""

from __future__ import annotations

import functools
import re
from collections.abc import Callable
from dataclasses import fields, replace

from adtrans import ir, types
from adtrans.analyses import liveness
from adtrans.errors import UnsupportedError
from adtrans.library import Definition, constant, definitions, lookup
from adtrans.transforms.context import Context, length_of
from adtrans.types.calls import HELP, RESULT_TYPES, keywords_of

LOOP = re.compile(r"[ijkl](_\d+)*")  # the variables of loops, which have no meaning to keep


def is_defined(func: str) -> bool:
    """Whether the function has a definition in the library."""
    return lookup(func) is not None


def lower_with(lower: Callable) -> None:
    """Makes known how a function of the language is lowered for the types of its arguments, and with that the types of
    the results of all definitions. `pipeline`, which leads here for the calls in a definition, does this."""
    _lower.append(functools.lru_cache(maxsize=1024)(lower))
    RESULT_TYPES.update((found.func, _result_type) for found in definitions())


_lower: list[Callable] = []


def _result_type(expr: ir.Call, env: types.Env):
    """The type of a call's result."""
    program, _ = _chosen(expr, env)
    value = program.function.body[-1].value
    if isinstance(value, ir.Tuple):
        return types.types.Tuple([program.env[item.id] for item in value.items])
    return program.env[value.id]


def _chosen(expr: ir.Call, env: types.Env) -> tuple:
    """The lowered definition of a call, and the arguments for its parameters."""
    found = lookup(expr.func)
    given = _given(expr, found)
    try:
        values = {
            name: constant(given[name]) if name in found.static else types.type_of(given[name], env)
            for name in found.params
            if name in given
        }
        absent = {name: found.default(name) for name in found.params if name not in given}
        fn = found.choose(**values, **absent)
    except ValueError as error:
        raise UnsupportedError(f"{expr.func}: {error}", expr.loc, HELP) from error
    names = fn.__code__.co_varnames[: fn.__code__.co_argcount]
    args = tuple(given.get(name, ir.Const(absent.get(name))) for name in names)
    return _lowered(fn, tuple(_general(types.type_of(a, env)) for a in args), expr.func, expr.loc), args


def _given(expr: ir.Call, found: Definition) -> dict:
    given = keywords_of(expr, found.params)
    missing = [name for name in found.required if name not in given]
    if missing:
        raise UnsupportedError(f"{expr.func} needs {missing[0]!r}", expr.loc, HELP)
    return given


def _general(t):
    """The type without what does not matter to a definition: an array's layout, a literal's value."""
    t = types.types.unliteral(t)
    return types.array_type(t.dtype, t.ndim, "A") if isinstance(t, types.types.Array) else t


def _lowered(fn, argtypes: tuple, func: str, loc):
    try:
        return _lower[-1](fn, argtypes)
    except UnsupportedError as error:
        got = ", ".join(map(types.describe, argtypes))
        raise UnsupportedError(f"{func} of {got} is not supported: {error.message}", loc, HELP) from error


def paste(ctx: Context, expr: ir.Call, argument) -> tuple[str, ...]:
    """Emits the statements of a call; the names of its results. `argument` gives the name, or the scalar expression, of
    an argument."""
    program, args = _chosen(expr, ctx.env)
    function = program.function
    new: dict[str, str] = {}
    for name, arg in zip(function.params, args, strict=True):
        new[name] = argument(arg, name)
    prefix = expr.func.rpartition(".")[2]
    for name in _locals(program):
        new[name] = ctx.fresh(name[0] if LOOP.fullmatch(name) else f"{prefix}_{name}")
    _declare(ctx, program, new)
    for stmt in function.body[:-1]:
        ctx.emit(_at(ir.rename_statement(stmt, new), expr.loc))
    value = function.body[-1].value
    items = value.items if isinstance(value, ir.Tuple) else (value,)
    return tuple(new.get(item.id, item.id) for item in items)


def _locals(program) -> list[str]:
    found = dict.fromkeys(name for s in ir.statements(program.function.body) for name in liveness.definitions(s))
    return [name for name in found if name not in program.function.params]


def _declare(ctx: Context, program, new: dict[str, str]) -> None:
    """Makes known to `ctx` what is known of the definition's names."""
    for stmt in ir.statements(program.function.body):
        ctx.definitions.update(new[name] for name in liveness.definitions(stmt))
    for name in _locals(program):
        ctx.env[new[name]] = program.env[name]
        if isinstance(program.env[name], types.types.Array):
            ctx.roots[new[name]] = ctx.root(new.get(program.roots[name], program.roots[name]))
    for key, value in program.values.items():
        if isinstance(key, str):
            if key in new:
                ctx.values[new[key]] = ir.rename(value, new)
        elif key.base.base.id not in program.function.params:
            ctx.values[ir.rename(key, new)] = ir.rename(value, new)
    for name in _locals(program):
        if name in program.roots:
            lengths = [length_of(name, k) for k in range(types.ndim_of(program.env[name]))]
            ctx.dims[new[name]] = tuple(ir.rename(program.values.get(e, e), new) for e in lengths)


def _at(stmt, loc):
    """`stmt`, and all in it, as of the line of the call."""
    stmt = ir.with_blocks(stmt, *(tuple(_at(s, loc) for s in b) for b in ir.blocks(stmt)))
    changes = {"comments": ()} if any(f.name == "comments" for f in fields(stmt)) else {}
    return replace(stmt, loc=loc, **changes)
