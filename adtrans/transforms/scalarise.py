"""Array statements as loops over scalars, allocations, views and library calls.

Input: the normalised language. Output: `Assign` of scalars, `Store` and `AugAssign` of elements, `Alloc`, `View`,
`Rebind`, `Custom`, `For`, `While`, `If`, a swap of array names (`Unpack`), and one `Return` of names at the end.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from adtrans import ir, types
from adtrans.analyses.liveness import Liveness, liveness
from adtrans.errors import UnsupportedError, located
from adtrans.transforms import lazy
from adtrans.transforms.calls import is_known
from adtrans.transforms.context import Context, context_for, memory_of, moved_array, require_unwritten
from adtrans.transforms.expressions import condition, lazy_of, reference, results, scalar_of
from adtrans.transforms.lazy import Lazy
from adtrans.transforms.library import formula
from adtrans.transforms.products import matrix_product
from adtrans.transforms.results import gives_name, name_items
from adtrans.transforms.tuples import rebuilt
from adtrans.transforms.views import base_name, view_of
from adtrans.transforms.writes import augment, store


@dataclass(frozen=True)
class Scalarised:
    """The function over scalars, with the types of its names and, for each array, the array whose memory it is."""

    function: ir.Function
    env: types.Env
    roots: dict[str, str]
    values: dict
    inputs: tuple = ()  # the user's parameters, each with its variable or a tuple of variables
    signed: bool = False  # whether the sign of a zero says on which side of a branch cut a number is
    nonnegative: frozenset = frozenset()  # the parameters that are never negative, or have no negative element


def own_copy(program: Scalarised) -> Scalarised:
    """`program` with dictionaries of its own: its reversal adds to them."""
    return replace(program, env=dict(program.env), roots=dict(program.roots), values=dict(program.values))


def scalarise(function: ir.Function, env: types.Env, lengths: dict[str, tuple] | None = None) -> Scalarised:
    """`function` over scalars, elements and loops. For a pullback, whose operations need no pullbacks of their own,
    `lengths` are those of its parameters.

    Raises:
        UnsupportedError: where two names would share memory that is written, or a shape cannot be known.
    """
    live, varying = liveness(function.body), frozenset()
    while True:
        ctx = context_for(function, dict(env), live, varying)
        names = (*function.params, *function.constants)
        ctx.roots |= {name: name for name in names if types.is_array(ctx.env.get(name))}
        ctx.in_pullback = lengths is not None
        for name, dims in (lengths or {}).items():
            ctx.set_dims(name, dims)
        _block(ctx, function.body, live)
        if ctx.varying == varying:
            return Scalarised(replace(function, body=tuple(ctx.out)), ctx.env, ctx.roots, ctx.values)
        varying = ctx.varying  # a name was taken to keep its shape, and does not


def _block(ctx: Context, block: tuple, live: Liveness) -> None:
    for stmt in block:
        ctx.loc = stmt.loc
        first = len(ctx.out)
        with located(stmt.loc):
            _statement(ctx, stmt, live)
        if stmt.comments and len(ctx.out) > first:
            ctx.out[first] = replace(ctx.out[first], comments=stmt.comments)


def _nested(ctx: Context, block: tuple, live: Liveness, is_loop: bool = False) -> tuple:
    with ctx.block(is_loop) as out:
        _block(ctx, block, live)
    return tuple(out)


def _statement(ctx: Context, stmt, live: Liveness) -> None:
    match stmt:
        case ir.Assign(target, value):
            if types.is_array(ctx.env.get(target)):
                if gives_name(ctx, target, value):
                    return
                _assign_array(ctx, target, value, moved_array(stmt, ctx, live))
            elif isinstance(ctx.env.get(target), types.types.BaseTuple):
                name_items(ctx, target, value)
            else:
                ctx.emit(ir.Assign(target, scalar_of(ctx, value), stmt.loc))
        case ir.Store(target, value):
            store(ctx, target, value)
        case ir.AugAssign():
            augment(ctx, stmt)
        case ir.Unpack():
            _swap(ctx, stmt)
        case ir.For():
            start, stop, step = (scalar_of(ctx, e) for e in (stmt.start, stmt.stop, stmt.step))
            body = _nested(ctx, stmt.body, live, is_loop=True)
            ctx.emit(replace(stmt, start=start, stop=stop, step=step, body=body, comments=()))
        case ir.While():
            _while(ctx, stmt, live)
        case ir.If():
            test = condition(ctx, stmt.test)
            body, orelse = _nested(ctx, stmt.body, live), _nested(ctx, stmt.orelse, live)
            ctx.emit(replace(stmt, test=test, body=body, orelse=orelse, comments=()))
        case ir.Return():
            _return(ctx, stmt)
        case ir.Effect(ir.Call("helper.items", (value, count))):
            _check_items(ctx, value, count)
        case ir.Effect(ir.Call() as call) if is_known(call):
            results(ctx, call)
        case ir.Effect():
            ctx.emit(replace(stmt, comments=()))
        case _:
            raise AssertionError(f"not normalised: {stmt}")


def _check_items(ctx: Context, value, count: ir.Const) -> None:
    """An array has as many items as it is unpacked into."""
    t = types.type_of(value, ctx.env)
    if types.is_array(t):
        ctx.emit(ir.Effect(ir.Call("helper.equal", (lazy_of(ctx, value).dims[0], count)), ctx.loc))
    elif not isinstance(t, types.types.BaseTuple):
        raise UnsupportedError(
            f"{types.describe(t)} cannot be unpacked into {count.value} targets", ctx.loc, "Write as many targets."
        )


def _while(ctx: Context, stmt: ir.While, live: Liveness) -> None:
    """The test, where it needs statements of its own, becomes a flag computed before the loop and at its end."""
    with ctx.block() as before:
        test = condition(ctx, stmt.test)
    if not before:
        ctx.emit(replace(stmt, test=test, body=_nested(ctx, stmt.body, live, is_loop=True), comments=()))
        return
    flag = ctx.fresh("go_on")
    ctx.env[flag] = types.types.boolean
    ctx.definitions[flag] += 2
    for inner in (*before, ir.Assign(flag, test, stmt.loc)):
        ctx.emit(inner)
    with ctx.block(is_loop=True) as body:
        _block(ctx, stmt.body, live)
        ctx.emit(ir.Assign(flag, condition(ctx, stmt.test), stmt.loc))
    ctx.emit(replace(stmt, test=ir.Name(flag), body=tuple(body), comments=()))


# -- arrays ----------------------------------------------------------------------------------------------------


def _assign_array(ctx: Context, target: str, value, moved: str | None) -> None:
    """`target = value`; `moved` is the name whose array the target takes over, if it does."""
    sources, value = memory_of(value, ctx.env), formula(types.of_more_axes(value, ctx.env), ctx.env)
    if ctx.definitions[target] > 1:
        _redefine(ctx, target, value, sources, moved)
        return
    product = _as_product(value, ctx)
    if product:
        matrix_product(ctx, *product, target, ctx.loc)
        return
    first, known = len(ctx.out), set(ctx.env)
    array = lazy_of(ctx, value)
    if sources and (array.view is None or ctx.root(base_name(array.view)) not in known):
        require_unwritten(ctx, target, sources)  # NumPy has a view here, of which there is only a copy
    if array.view is None:
        _new_array(ctx, target, value, array)
    elif _is_new(ctx, array, known):
        _take_over(ctx, array.view.id, target, first)
    elif not _is_copy(value):
        if ctx.definitions[base_name(array.view)] > 1:
            _copy_if_safe(ctx, target, array)
        else:
            view_of(ctx, array.view, ctx.loc, target)
    else:
        lazy.materialise(ctx, array, target)


def _take_over(ctx: Context, name: str, target: str, first: int) -> None:
    """The array that the statements from `first` on made for this assignment gets the name `target`."""
    ctx.out[first:] = [ir.rename_statement(stmt, {name: target}) for stmt in ctx.out[first:]]
    ctx.rename(name, target)


def _is_copy(value) -> bool:
    return isinstance(value, ir.Call) and value.func in ("np.copy", "np.astype", "np.array")


def _as_product(value, ctx: Context):
    """The two references of a matrix product of rank 1 or more, or None."""
    match value:
        case ir.Op("@", (a, b)) | ir.Call("np.dot", (a, b)):
            if ctx.is_array(a) and ctx.is_array(b):
                return reference(ctx, a), reference(ctx, b)
    return None


def _new_array(ctx: Context, target: str, value, array: Lazy) -> None:
    match value:
        case ir.Call("np.zeros" | "np.empty" | "np.zeros_like" | "np.empty_like" as func):
            dims = tuple(ctx.stable(d) for d in array.dims)
            ctx.declare(target, array.dtype, dims)
            fill = "zeros" if "zeros" in func else "empty"
            ctx.emit(ir.Alloc(target, dims, types.dtype_name(array.dtype), fill, ctx.loc))
        case _:
            lazy.materialise(ctx, array, target)


def _redefine(ctx: Context, target: str, value, sources: set, moved: str | None) -> None:
    """An array name with several definitions moves from one array to the next."""
    if moved:
        _move(ctx, target, moved)
        return
    product, name = _as_product(value, ctx), ctx.fresh(target)
    if product:
        ctx.definitions[name] += 1
        ctx.env[name] = ctx.env[target]
        matrix_product(ctx, *product, name, ctx.loc)
        _move(ctx, target, name)
        return
    known = set(ctx.env)
    array = lazy_of(ctx, value)
    if sources:
        require_unwritten(ctx, target, sources)
    if _is_new(ctx, array, known):
        _move(ctx, target, array.view.id)
        return
    ctx.definitions[name] += 1
    ctx.env[name] = ctx.env[target]
    if array.view is not None and not _is_copy(value):
        _copy_if_safe(ctx, name, array)
    else:
        _new_array(ctx, name, value, array)
    _move(ctx, target, name)


def _is_new(ctx: Context, array: Lazy, known: set) -> bool:
    """Whether `array` is one made since its names were those `known`."""
    name = array.view.id if isinstance(array.view, ir.Name) else None
    return name is not None and name not in known and ctx.root(name) == name


def _move(ctx: Context, target: str, source: str) -> None:
    ctx.roots[target] = target
    ctx.emit(ir.Rebind(target, source, _keeps_shape(ctx, target, ctx.dims_of(source)), ctx.loc))


def _keeps_shape(ctx: Context, target: str, dims: tuple) -> bool:
    """Whether an array of shape `dims` has the shape that `target` had before, as every name is taken to at first."""
    if target in ctx.varying:
        return False
    first = target not in ctx.dims and target not in ctx.parameters
    lasting = tuple(map(ctx.lasting, dims if first else ctx.dims_of(target)))
    if first and None not in lasting:
        ctx.set_dims(target, lasting)
        return True
    same = None not in lasting and all(map(ctx.same, lasting, dims))
    if not same:
        ctx.varying |= {target}
    return same


def _copy_if_safe(ctx: Context, target: str, array: Lazy) -> None:
    """A copy instead of a second name for the same memory: the same thing while neither is written."""
    require_unwritten(ctx, target, {base_name(array.view)})
    lazy.materialise(ctx, array, target)


def _swap(ctx: Context, stmt: ir.Unpack) -> None:
    """A permutation of names: arrays move, scalars are assigned through temporaries."""
    names = [t.id for t in stmt.targets]
    if all(types.is_array(ctx.env[n]) for n in names):
        shared = [n for n in names if any(r == n and m != n for m, r in ctx.roots.items())]
        if shared or any(ctx.root(n) != n for n in names):
            raise UnsupportedError(
                "arrays of which there are views cannot be swapped", stmt.loc, "Copy the view first."
            )
        for target, item in zip(names, stmt.value.items, strict=True):
            _keeps_shape(ctx, target, ctx.dims_of(item.id))
        ctx.emit(stmt)
        return
    values = [ctx.scalar(item.id, item, ctx.env[item.id]) for item in stmt.value.items]
    for name, value in zip(names, values, strict=True):
        ctx.emit(ir.Assign(name, value, stmt.loc))


# -- results ---------------------------------------------------------------------------------------------------


def _return(ctx: Context, stmt: ir.Return) -> None:
    """The results get names."""
    if stmt.value is None:
        hint = "Return the value to differentiate."
        raise UnsupportedError(f"{ctx.name} returns nothing", ctx.loc or ctx.place, hint)
    ctx.emit(ir.Return(rebuilt(stmt.value, lambda item: _result(ctx, item)), stmt.loc))


def _result(ctx: Context, item) -> ir.Name:
    if isinstance(item, ir.Name):
        return item
    if not ctx.is_array(item):
        return ctx.scalar("result", scalar_of(ctx, item), types.type_of(item, ctx.env))
    name = ctx.fresh("result")
    ctx.definitions[name] += 1
    _assign_array(ctx, name, item, None)
    return ir.Name(name)
