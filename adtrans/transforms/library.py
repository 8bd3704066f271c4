"""Calls of NumPy functions that are defined in the language: their statements in place of the call."""

from __future__ import annotations

import functools
import re
from collections.abc import Callable
from dataclasses import fields, replace

from adtrans import ir, types
from adtrans.analyses import liveness
from adtrans.errors import UnsupportedError
from adtrans.library import Declaration, Definition, constant, definitions, lookup
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
    fn, given = choose(found, expr, env)
    names = fn.__code__.co_varnames[: fn.__code__.co_argcount]
    args = tuple(given[name] if name in given else ir.Const(found.default(name)) for name in names)
    return _lowered(fn, tuple(_general(types.type_of(a, env)) for a in args), expr.func, expr.loc), args


def choose(found: Definition | Declaration, expr: ir.Call, env: types.Env) -> tuple:
    """What `found` chooses for a call, and the arguments that it is given by name."""
    given = keywords_of(expr, found.params)
    missing = [name for name in found.required if name not in given]
    if missing:
        raise UnsupportedError(f"{expr.func} needs {missing[0]!r}", expr.loc, HELP)
    try:
        values = {
            name: constant(arg) if name in found.static else types.type_of(arg, env) for name, arg in given.items()
        }
        return found.choose(**values), given
    except ValueError as error:
        raise UnsupportedError(f"{expr.func}: {error}", expr.loc, HELP) from error


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
    for name in locals_of(program):
        new[name] = ctx.fresh(name[0] if LOOP.fullmatch(name) else f"{prefix}_{name}")
    declare(ctx, program, new)
    for stmt in function.body[:-1]:
        ctx.emit(at_line(ir.rename_statement(stmt, new), expr.loc))
    value = function.body[-1].value
    items = value.items if isinstance(value, ir.Tuple) else (value,)
    return tuple(new.get(item.id, item.id) for item in items)


def locals_of(program) -> list[str]:
    """The names that a program gives values, its parameters left out."""
    found = dict.fromkeys(name for s in _every_statement(program.function.body) for name in liveness.definitions(s))
    return [name for name in found if name in program.env and name not in program.function.params]


def _every_statement(block: tuple):
    """The statements of a block, and of pullbacks in it."""
    for stmt in ir.statements(block):
        yield stmt
        for pullback in getattr(stmt, "adjoints", ()):
            yield from _every_statement(pullback.block)


def declare(ctx: Context, program, new: dict[str, str]) -> None:
    """Makes known to `ctx` what is known of the names of `program`, which get those of `new`."""
    for stmt in _every_statement(program.function.body):
        ctx.definitions.update(new[name] for name in liveness.definitions(stmt) if name in new)
    for name in locals_of(program):
        ctx.env[new[name]] = program.env[name]
        if isinstance(program.env[name], types.types.Array):
            ctx.roots[new[name]] = ctx.root(new.get(program.roots[name], program.roots[name]))
    for key, value in program.values.items():
        if isinstance(key, str):
            if key in new:
                ctx.values[new[key]] = ir.rename(value, new)
        elif key.base.base.id not in program.function.params:
            ctx.values[ir.rename(key, new)] = ir.rename(value, new)
    for name in locals_of(program):
        if name in program.roots:
            lengths = [length_of(name, k) for k in range(types.ndim_of(program.env[name]))]
            ctx.dims[new[name]] = tuple(ir.rename(program.values.get(e, e), new) for e in lengths)


def at_line(stmt, loc):
    """`stmt`, and all in it, as of the line of the call."""
    stmt = ir.with_blocks(stmt, *(tuple(at_line(s, loc) for s in b) for b in ir.blocks(stmt)))
    changes = {"comments": ()} if any(f.name == "comments" for f in fields(stmt)) else {}
    return replace(stmt, loc=loc, **changes)
