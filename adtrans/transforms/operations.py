"""Calls that are left to a library, with their pullbacks as adjoints."""

from __future__ import annotations

import functools
from collections.abc import Callable
from dataclasses import replace

from adtrans import ir, types
from adtrans.errors import UnsupportedError
from adtrans.ir import bar
from adtrans.library import Operation, constant, declarations, declared
from adtrans.transforms import stages
from adtrans.transforms.context import Context, length_of
from adtrans.transforms.library import declare, locals_of
from adtrans.transforms.simplify import opened
from adtrans.types.calls import HELP, RESULT_TYPES, keywords_of, require


def is_operation(expr) -> bool:
    """Whether `expr` is a call of a function that is left to a library."""
    return isinstance(expr, ir.Call) and declared(expr.func) is not None


def _result_type(expr: ir.Call, env: types.Env):
    """The type of a call's result."""
    found = [result.type for result in _chosen(expr, env)[0].results]
    return found[0] if len(found) == 1 else types.types.Tuple(found)


RESULT_TYPES.update((found.func, _result_type) for found in declarations())


def _chosen(expr: ir.Call, env: types.Env) -> tuple[Operation, dict]:
    """The operation for the types of a call's arguments, and these by name."""
    found = declared(expr.func)
    given = keywords_of(expr, found.params, found.by_name)
    require(expr, given, found.required)
    try:
        values = {
            name: constant(arg) if name in found.static else types.type_of(arg, env) for name, arg in given.items()
        }
        return found.choose(**values), given
    except ValueError as error:
        raise UnsupportedError(f"{expr.func}: {error}", expr.loc, HELP) from error


def operate(ctx: Context, expr: ir.Call, argument: Callable) -> tuple[str, ...]:
    """Emits a call and its pullbacks; the names of its results. `argument` gives the name of an argument."""
    operation, given = _chosen(expr, ctx.env)
    names = {name: argument(given[name], name) for name in operation.args}
    options = tuple((name, value) for name, value in given.items() if name not in operation.args)
    call = ir.Call(expr.func, tuple(_written(ctx, name) for name in names.values()), options, expr.loc)
    names |= _declared_results(ctx, expr.func, operation, names)
    targets = tuple(names[result.name] for result in operation.results)
    wanted = () if ctx.in_pullback else operation.pullbacks
    adjoints = tuple(_pullback(ctx, operation, name, names, expr.loc) for name in wanted)
    matrices = [name for name in targets if types.ndim_of(ctx.env[name]) > 1]
    ctx.emit(
        ir.Custom(
            targets, contiguous_results(ctx, ir.Opaque(targets, call, loc=expr.loc), matrices), adjoints, expr.loc
        )
    )
    return targets


def _written(ctx: Context, name: str):
    """An argument in a call. In a pullback, where it needs no name, a transposed array is written so."""
    match ctx.out[-1:]:
        case [ir.View(target, ir.Call("np.transpose", (ir.Name(),)) as view)] if ctx.in_pullback and target == name:
            del ctx.out[-1]
            return view
    return ir.Name(name)


def _declared_results(ctx: Context, func: str, operation: Operation, args: dict[str, str]) -> dict[str, str]:
    """New names for the results, known to `ctx`."""
    prefix, several = func.rpartition(".")[2], len(operation.results) > 1
    names = {r.name: ctx.fresh(f"{prefix}_{r.name}" if several else prefix) for r in operation.results}
    for result in operation.results:
        name = names[result.name]
        ctx.definitions[name] += 1
        if not result.lengths:
            ctx.env[name] = result.type
            continue
        lengths = (_length(ctx, *place, args, names) for place in result.lengths)
        ctx.declare(name, result.type, tuple(lengths))
    return names


def _length(ctx: Context, array: str, axis: int, args: dict[str, str], results: dict[str, str]):
    return ctx.stable(ctx.dims_of(args[array])[axis]) if array in args else length_of(results[array], axis)


def contiguous_results(ctx: Context, call: ir.Opaque, arrays: list[str]) -> tuple:
    """The statements of a call; those `arrays` among its results that may be in another order, as LAPACK leaves them in
    that of Fortran, in that of C."""
    if len(call.targets) == 1:
        return (replace(call, value=_contiguous(call.value)),) if arrays else (call,)
    raw = {name: ctx.fresh(f"{name}_columns") for name in arrays}
    ctx.env.update({raw[name]: ctx.env[name] for name in arrays})
    ctx.roots.update({name: name for name in raw.values()})
    first = replace(call, targets=tuple(raw.get(name, name) for name in call.targets))
    return (first, *(ir.Opaque((name,), _contiguous(ir.Name(raw[name])), loc=call.loc) for name in arrays))


def _contiguous(expr) -> ir.Call:
    return ir.Call("np.ascontiguousarray", (expr,), loc=expr.loc)


def _pullback(ctx: Context, operation: Operation, result: str, names: dict[str, str], loc) -> ir.Pullback:
    """What the arguments' cotangents get by a result: `names` has the names of both."""
    inputs, found = tuple(names[name] for name in operation.args), operation.pullbacks[result]
    if isinstance(found, str):
        return ir.Pullback(inputs, (names[result],), (), found)
    known = {name: ctx.env[names[name]] for name in names} | {f"{result}_bar": ctx.env[names[result]]}
    program = _lower(found, tuple(operation.args), tuple(known.items()), tuple(_places(operation, result).items()))
    new = names | {f"{result}_bar": bar(names[result])} | {_sum(name): bar(names[name]) for name in operation.args}
    loops = {stmt.var for stmt in ir.statements(program.function.body) if isinstance(stmt, ir.For)}
    for name in locals_of(program):
        new[name] = ctx.fresh("i_1" if name in loops else name.lstrip("_") or "rest")
    declare(ctx, program, new)
    block = tuple(ir.at_line(ir.rename_statement(stmt, new), loc) for stmt in program.function.body)
    return ir.Pullback(inputs, (names[result],), block)


def _sum(name: str) -> str:
    """What a lowered pullback calls the cotangent of an argument, which it adds to."""
    return f"{name}_sum"


def _places(operation: Operation, result: str) -> dict[str, tuple]:
    """The lengths of all arrays, as in `Result`."""
    lengths = operation.args | {r.name: r.lengths for r in operation.results}
    lengths |= {_sum(name): lengths[name] for name in operation.args}
    return lengths | {f"{result}_bar": lengths[result]}


@functools.lru_cache(maxsize=1024)
def _lower(fn, args: tuple[str, ...], known: tuple, places: tuple):
    """A pullback over scalars and loops, which adds what `fn` returns to parameters of its own. `known` are the types
    of all names, `places` their lengths."""
    function = stages.structured(fn)
    *body, end = function.body
    items = end.value.items if isinstance(end.value, ir.Tuple) else (end.value,)
    sums = [ir.AugAssign(ir.Name(_sum(name)), "+", item, end.loc) for name, item in zip(args, items, strict=True)]
    params = (*function.params, *map(_sum, args))
    function = replace(function, params=params, body=(*body, *sums, ir.Return(ir.Const(0.0), end.loc)))
    found = dict(known) | {_sum(name): dict(known)[name] for name in args}
    program = stages.scalarised(function, tuple(found[p] for p in params), _lengths(params, dict(places)))
    return replace(program, function=replace(program.function, body=opened(program.function.body[:-1])))


def _lengths(params: tuple[str, ...], places: dict[str, tuple]) -> dict[str, tuple]:
    """The lengths of each parameter, equal ones written as those of the first that has them."""
    first: dict[tuple, tuple] = {}
    for name in params:
        for axis, place in enumerate(places[name]):
            first.setdefault(place, (name, axis))
    return {name: tuple(length_of(*first[place]) for place in places[name]) for name in params if places[name]}
