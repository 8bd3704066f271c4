"""Array expressions as functions from an index to a scalar expression: nothing is computed until it is stored."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from adtrans import ir, types
from adtrans.analyses.affine import affine, constant
from adtrans.errors import UnsupportedError
from adtrans.transforms.context import Context

ZERO, ONE = ir.Const(0), ir.Const(1)


@dataclass(frozen=True)
class Lazy:
    """An array of shape `dims` whose element at `index` is `at(index)`; `view` is the NumPy expression for it
    where it is memory of a named array."""

    dims: tuple
    dtype: types.types.Type
    at: Callable[[tuple], object]
    view: object = None


def named(ctx: Context, name: str) -> Lazy:
    return Lazy(
        ctx.dims_of(name),
        types.dtype_of(ctx.env[name]),
        lambda index: ir.Index(ir.Name(name), index, ctx.loc),
        ir.Name(name),
    )


def scalar(value, t) -> Lazy:
    return Lazy((), types.dtype_of(t), lambda index: value)


def add(a, b):
    """`a + b` with constants folded."""
    match a, b:
        case ir.Const(x), ir.Const(y):
            return ir.Const(x + y)
        case ir.Const(0), _:
            return b
        case _, ir.Const(0):
            return a
        case ir.Op("+" | "-" as op, (inner, ir.Const(x))), ir.Const(y):
            return add(inner, ir.Const((x if op == "+" else -x) + y))
        case _, ir.Const(y) if y < 0:
            return ir.Op("-", (a, ir.Const(-y)))
    return ir.Op("+", (a, b))


def subtract(a, b):
    """`a - b` with constants folded."""
    match a, b:
        case ir.Const(x), ir.Const(y):
            return ir.Const(x - y)
        case _, ir.Const(y):
            return add(a, ir.Const(-y))
    return ir.Op("-", (a, b))


def multiply(a, b):
    match a, b:
        case ir.Const(x), ir.Const(y):
            return ir.Const(x * y)
        case ir.Const(1), _:
            return b
        case _, ir.Const(1):
            return a
    return ir.Op("*", (a, b))


def product(dims: tuple):
    total = ONE
    for dim in dims:
        total = multiply(total, dim)
    return total


# -- broadcasting ----------------------------------------------------------------------------------------------


def broadcast(ctx: Context, parts: list[Lazy]) -> tuple[tuple, list[Callable]]:
    """The common shape of `parts`, and for each of them the map from its index to the part's own."""
    rank = max(len(p.dims) for p in parts)
    padded = [(None,) * (rank - len(p.dims)) + p.dims for p in parts]
    dims, columns = [], []
    for axis in range(rank):
        dim, maps = _broadcast_axis(ctx, [p[axis] for p in padded])
        dims.append(dim)
        columns.append(maps)
    selectors = [_selector([column[k] for column in columns]) for k in range(len(parts))]
    return tuple(dims), selectors


def _selector(maps: list) -> Callable:
    return lambda index: tuple(m(i) for m, i in zip(maps, index, strict=True) if m is not None)


def _identity(i):
    return i


def _first(i):
    return ZERO


def _broadcast_axis(ctx: Context, lengths: list) -> tuple[object, list]:
    """The length that `lengths` broadcast to, and a map of the index for each (None where the axis is absent)."""
    wide = [d for d in lengths if d is not None and not is_one(ctx, d)]
    if not wide:
        return ONE, [None if d is None else _first for d in lengths]
    distinct: list = []
    for dim in wide:
        if not any(ctx.same(dim, other) for other in distinct):
            distinct.append(dim)
    total = distinct[0]
    for dim in distinct[1:]:
        total = _checked(ctx, "helper.broadcast", total, dim)
    run_time = len(distinct) > 1
    return total, [_axis_map(ctx, d, run_time) for d in lengths]


def _axis_map(ctx: Context, dim, run_time: bool) -> Callable | None:
    if dim is None:
        return None
    if is_one(ctx, dim):
        return _first
    return _clamp(dim) if run_time and constant(affine(dim, ctx.values)) is None else _identity


def _clamp(dim) -> Callable:
    """Index 0 along an axis that the run time finds to have one element."""
    return lambda i: ir.IfExp(ir.Op("!=", (dim, ONE)), i, ZERO, total=True)


def is_one(ctx: Context, dim) -> bool:
    return constant(affine(dim, ctx.values)) == 1


def _checked(ctx: Context, helper: str, a, b):
    key = (helper, affine(a, ctx.values), affine(b, ctx.values))
    known = ctx.known_broadcast(key)
    if known is None:
        known = ctx.scalar("n", ir.Call(helper, (a, b), loc=ctx.loc), types.types.int64)
        ctx.broadcasts[-1][key] = known
    return known


def fit(ctx: Context, part: Lazy, dims: tuple) -> Callable:
    """The map from an index of an array of shape `dims` to the index of `part` broadcast to it."""
    if len(part.dims) > len(dims):
        message = f"a {len(part.dims)}-d value does not fit into {len(dims)} dimensions"
        raise UnsupportedError(message, ctx.loc, "Index it, or reshape it.")
    maps: list = [None] * (len(dims) - len(part.dims))
    for own, dim in zip(part.dims, dims[len(maps) :], strict=True):
        if ctx.same(own, dim):
            maps.append(_identity)
        elif is_one(ctx, own):
            maps.append(_first)
        else:
            _checked(ctx, "helper.fit", own, dim)
            maps.append(_clamp(own))
    return _selector(maps)


def marked(ctx: Context, rank: int) -> tuple:
    """An index that can be told from all others, to see what an array's element is made from."""
    marks = tuple(ir.Name(f"<index {k}>") for k in range(rank))
    ctx.env.update({name.id: types.types.int64 for name in marks})
    return marks


def clamp_length(length):
    if isinstance(length, ir.Const):
        return ir.Const(max(0, length.value))
    return ir.Call("max", (length, ZERO))


# -- views ------------------------------------------------------------------------------------------------------------


def transposed(base: Lazy) -> Lazy:
    view = None if base.view is None else transpose_view(base.view)
    return Lazy(base.dims[::-1], base.dtype, lambda index: base.at(index[::-1]), view)


def permuted(base: Lazy, axes: tuple[int, ...]) -> Lazy:
    """The array with its `axes` in this order; memory of `base` where they are reversed, or as they were."""
    if axes == tuple(range(len(axes))):
        return base
    if axes == tuple(range(len(axes)))[::-1]:
        return transposed(base)
    dims = tuple(base.dims[a] for a in axes)
    return Lazy(dims, base.dtype, lambda index: base.at(tuple(index[axes.index(k)] for k in range(len(axes)))))


def transpose_view(view):
    match view:
        case ir.Call("np.transpose", (inner,)):
            return inner
    return ir.Call("np.transpose", (view,))


# -- loops -----------------------------------------------------------------------------------------------------


def nest(ctx: Context, dims: tuple, body: Callable[[tuple], None]) -> None:
    """Emits one loop for each of `dims` around what `body(index)` emits; `index` is the loop variables."""
    _nest(ctx, dims, (), body)


def _nest(ctx: Context, dims: tuple, index: tuple, body: Callable) -> None:
    if not dims:
        body(index)
        return
    var = loop_variable(ctx)
    with ctx.block() as inner:
        _nest(ctx, dims[1:], (*index, ir.Name(var)), body)
    ctx.emit(ir.For(var, ZERO, loop_bound(dims[0]), ONE, tuple(inner), loc=ctx.loc))


def loop_bound(dim):
    """The bound of a loop over an axis: an empty range needs no clamp."""
    match dim:
        case ir.Call("max", (inner, ir.Const(value=0))):
            return inner
    return dim


def loop_variable(ctx: Context) -> str:
    var = next((v for v in ("i", "j", "k", "l") if v not in ctx.taken), None) or ctx.fresh("i")
    ctx.taken.add(var)
    ctx.env[var] = types.types.int64
    ctx.definitions[var] += 1
    return var


def materialise(ctx: Context, value: Lazy, target: str) -> None:
    """Emits the allocation of `target` and the loops that fill it with `value`."""
    dims = tuple(ctx.stable(dim) for dim in value.dims)
    ctx.declare(target, value.dtype, dims)
    ctx.emit(ir.Alloc(target, dims, types.dtype_name(value.dtype), loc=ctx.loc))
    nest(ctx, dims, lambda index: ctx.emit(store(target, index, value.at(index), ctx.loc)))


def store(target: str, index: tuple, value, loc) -> ir.Store:
    return ir.Store(ir.Index(ir.Name(target), index, loc), value, loc)


def renamed_view(view, f: Callable[[str], str]):
    """A view expression with the name of its array replaced by `f(name)`."""
    match view:
        case ir.Name(name):
            return ir.Name(f(name))
        case ir.Index(base):
            return replace(view, base=renamed_view(base, f))
        case ir.Call("np.transpose" | "np.reshape" | "np.real" | "np.imag", (base, *rest)):
            return replace(view, args=(renamed_view(base, f), *rest))
    raise AssertionError(f"not a view: {view}")
