"""Calls of NumPy functions that are defined in the language: the definition in place of the call."""

from __future__ import annotations

import functools
import re
from dataclasses import replace

from adtrans import ir, types
from adtrans.analyses import liveness
from adtrans.errors import UnsupportedError
from adtrans.library import Definition, Formula, Opaque, constant, definitions, lookup
from adtrans.parse import parse
from adtrans.transforms import lazy, stages
from adtrans.transforms.context import Context, length_of
from adtrans.types.calls import HELP, RESULT_TYPES, is_axis, keywords_of, require

LOOP = re.compile(r"[ijkl](_\d+)*")  # the variables of loops, which have no meaning to keep


def is_defined(expr) -> bool:
    """Whether `expr` is a call of a function that has a definition in the library."""
    return isinstance(expr, ir.Call) and lookup(expr.func) is not None


def _result_type(expr: ir.Call, env: types.Env):
    """The type of a call's result."""
    chosen, given = _chosen(expr, env)
    match chosen:
        case Formula(fn):
            return types.type_of(_filled(fn, given, expr.loc), env)
        case Opaque(ndim=ndim):
            return types.array_type(types.types.int64, ndim)
    argtypes = tuple(_general(types.type_of(given[name], env)) for name in _parameters(chosen))
    program = _lowered(chosen, argtypes, expr)
    value = program.function.body[-1].value
    if isinstance(value, ir.Tuple):
        return types.types.Tuple([program.env[item.id] for item in value.items])
    return program.env[value.id]


RESULT_TYPES.update((found.func, _result_type) for found in definitions())


def formula(expr, env: types.Env):
    """`expr`, or the formula that takes its place."""
    while is_defined(expr):
        chosen, given = _chosen(expr, env)
        if not isinstance(chosen, Formula):
            break
        expr = _filled(chosen.fn, given, expr.loc)
    return expr


def _chosen(expr: ir.Call, env: types.Env) -> tuple:
    """The definition for the types of a call's arguments, and the expression for each of its parameters."""
    found = lookup(expr.func)
    given = _given(expr, found, env)
    values = {name: _value(found, name, given[name], env, expr) for name in found.params if name in given}
    absent = {name: found.default(name) for name in found.params if name not in given}
    try:
        chosen = found.choose(**values, **absent)
    except ValueError as error:
        raise UnsupportedError(f"{expr.func}: {error}", expr.loc, HELP) from error
    except (AttributeError, KeyError, TypeError) as error:  # a number where a definition expects a tuple, say
        got = ", ".join(f"{name}: {_described(value)}" for name, value in values.items())
        raise UnsupportedError(f"{expr.func} does not take these: {got}", expr.loc, HELP) from error
    items = {f"{name}_{k}": item for name, value in given.items() for k, item in enumerate(_items(value, values[name]))}
    items |= {f"{name}_{k}": item for name, value in items.items() if isinstance(value, ir.Tuple)
              for k, item in enumerate(value.items)}  # fmt: skip
    return chosen, {name: ir.Const(value) for name, value in absent.items()} | given | items


def _given(expr: ir.Call, found: Definition, env: types.Env) -> dict:
    """The arguments of a call by name."""
    if found.rest:
        first = found.params.index(found.rest)
        expr = replace(expr, args=(*expr.args[:first], ir.Tuple(expr.args[first:], expr.loc)))
    given = keywords_of(expr, found.params, found.by_name)
    given = {k: v for k, v in given.items() if v != ir.Const(None) or k in found.static}
    require(expr, given, found.required)
    for name in found.arrays:
        if isinstance(given.get(name), ir.Tuple):
            given[name] = ir.Call("np.array", (given[name],), loc=given[name].loc)
        if name not in found.arrays_only or name not in given:
            continue
        if not types.is_array(t := types.type_of(given[name], env)):
            raise UnsupportedError(f"{expr.func} needs an array as {name!r}, got {types.describe(t)}", expr.loc, HELP)
    return given


def _value(found: Definition, name: str, value, env: types.Env, expr: ir.Call):
    """What `choose` is given for an argument: its type, or its value where that has to be known."""
    if (name == "dtype" and value != ir.Const(None)) or isinstance(value, ir.DType):
        return types.dtype_name(types.dtype_argument(value, env, None))
    if name not in found.static and not (name in found.known and isinstance(value, ir.Const)):
        return types.type_of(value, env)
    try:
        found = constant(value)
        if (
            name == "axis"
            and found is not None
            and not all(map(is_axis, found if isinstance(found, tuple) else (found,)))
        ):
            raise ValueError("must be an integer")
    except ValueError as error:
        raise UnsupportedError(f"{expr.func}: {name} {error}", expr.loc, "Write the value itself.") from error
    return found


def _described(value) -> str:
    """The type, or the value, that a definition is given for an argument."""
    return types.describe(value) if isinstance(value, types.types.Type) else repr(value)


def _items(value, t) -> tuple:
    """The items of an argument that is a tuple."""
    if isinstance(value, ir.Tuple):
        return value.items
    if isinstance(t, types.types.BaseTuple):
        return tuple(ir.Index(value, (ir.Const(k),), value.loc) for k in range(len(t)))
    return ()


def _parameters(chosen) -> tuple[str, ...]:
    if isinstance(chosen, Opaque):
        return chosen.params
    return chosen.__code__.co_varnames[: chosen.__code__.co_argcount]


def _filled(fn, given: dict, loc):
    """The formula `fn` of the arguments, as of the line of the call."""

    def fill(e):
        return given[e.id] if isinstance(e, ir.Name) else replace(e, loc=loc)

    return ir.rewrite(fill, _formula(fn))


@functools.lru_cache(maxsize=1024)
def _formula(fn):
    return ir.rewrite(_transposed, parse(fn).body[-1].value)


def _transposed(expr):
    """`a.T` as the call that it is of an array."""
    match expr:
        case ir.Attr(base, "T"):
            return ir.Call("np.transpose", (base,), (), expr.loc)
    return expr


def _general(t):
    """The type without what does not matter to a definition: a literal's value, a layout that is not C's."""
    t = types.types.unliteral(t)
    if types.is_array(t):
        return types.array_type(t.dtype, t.ndim, "C" if t.layout == "C" else "A")
    return t


@functools.lru_cache(maxsize=1024)
def lowered(fn, argtypes: tuple):
    """A function of the language over scalars and loops, for arguments of these types."""
    return stages.loops(fn, tuple(map(_general, argtypes)))


def _lowered(fn, argtypes: tuple, expr: ir.Call):
    try:
        return lowered(fn, argtypes)
    except UnsupportedError as error:
        got = ", ".join(map(types.describe, argtypes))
        message = f"{expr.func} of {got} is not supported: {error.message}"
        raise UnsupportedError(message, expr.loc, HELP) from error


def paste(ctx: Context, expr: ir.Call, argument) -> tuple[str, ...]:
    """Emits the statements of a call; the names of its results. `argument` gives the name of an argument's value."""
    chosen, given = _chosen(expr, ctx.env)
    names = {name: argument(given[name], name) for name in _parameters(chosen)}
    if isinstance(chosen, Opaque):
        return (_opaque(ctx, chosen, names, expr.loc),)
    program = _lowered(chosen, tuple(_general(ctx.env[name]) for name in names.values()), expr)
    return _pasted(ctx, program, names, expr)


def _opaque(ctx: Context, chosen: Opaque, names: dict, loc) -> str:
    """Emits the call; the name of its result."""
    target = ctx.fresh(chosen.func.rpartition(".")[2])
    ctx.definitions[target] += 1
    ctx.env[target] = types.array_type(types.types.int64, chosen.ndim)
    if chosen.ndim:
        ctx.roots[target] = target
        if chosen.like:
            ctx.set_dims(target, tuple(ctx.stable(d) for d in ctx.dims_of(names[chosen.like])))
    keywords = tuple((key, ir.Const(value)) for key, value in chosen.keywords)
    call = ir.Call(chosen.func, tuple(map(ir.Name, names.values())), keywords, loc)
    ctx.emit(ir.Opaque((target,), call, loc=loc))
    return target


def _pasted(ctx: Context, program, names: dict, expr: ir.Call) -> tuple[str, ...]:
    """Emits the statements of a lowered definition for arguments of these names."""
    viewed = {program.roots[name] for name in locals_of(program) if name in program.roots}
    names = {param: _fixed(ctx, name) if param in viewed else name for param, name in names.items()}
    function, new = program.function, dict(names)
    prefix = expr.func.rpartition(".")[2]
    for name in locals_of(program):
        new[name] = ctx.fresh(name[0] if LOOP.fullmatch(name) else f"{prefix}_{name}")
    lengths = _steady_lengths(ctx, names)
    declare(ctx, program, new, lengths)
    for stmt in function.body[:-1]:
        stmt = ir.rewrite_statement(lambda e: lengths.get(e, e), ir.rename_statement(stmt, new))
        ctx.emit(ir.at_line(stmt, expr.loc))
    value = function.body[-1].value
    items = value.items if isinstance(value, ir.Tuple) else (value,)
    return tuple(new.get(item.id, item.id) for item in items)


def _fixed(ctx: Context, name: str) -> str:
    """A name for the array `name` that keeps it: of a copy, where the name moves on to other arrays."""
    if ctx.definitions[name] <= 1:
        return name
    copy = ctx.fresh(f"{name}_copy")
    ctx.definitions[copy] += 1
    lazy.materialise(ctx, lazy.named(ctx, name), copy)
    return copy


def _steady_lengths(ctx: Context, names: dict[str, str]) -> dict:
    """The lengths of arguments whose names move on to arrays of other shapes, each with a name that stays."""
    arrays = [name for name in names.values() if types.is_array(ctx.env[name])]
    lengths = [length_of(name, axis) for name in arrays for axis in range(types.ndim_of(ctx.env[name]))]
    return {length: ctx.stable(length) for length in lengths if not ctx.is_stable(length)}


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


def declare(ctx: Context, program, new: dict[str, str], lengths: dict | None = None) -> None:
    """Makes known to `ctx` what is known of the names of `program`, which get those of `new`; `lengths` of arguments
    get names."""

    def renamed(expr):
        return ir.rewrite(lambda e: (lengths or {}).get(e, e), ir.rename(expr, new))

    for stmt in _every_statement(program.function.body):
        ctx.definitions.update(new[name] for name in liveness.definitions(stmt) if name in new)
    for name in locals_of(program):
        ctx.env[new[name]] = program.env[name]
        if types.is_array(program.env[name]):
            ctx.roots[new[name]] = ctx.root(new.get(program.roots[name], program.roots[name]))
    for key, value in program.values.items():
        if isinstance(key, str):
            if key in new:
                ctx.values[new[key]] = renamed(value)
        elif key.base.base.id not in program.function.params:
            ctx.values[ir.rename(key, new)] = renamed(value)
    for name in locals_of(program):
        if name in program.roots:
            own = [length_of(name, k) for k in range(types.ndim_of(program.env[name]))]
            ctx.dims[new[name]] = tuple(renamed(program.values.get(e, e)) for e in own)
