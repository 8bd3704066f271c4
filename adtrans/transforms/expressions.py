"""Expressions of the user's program as scalar expressions and lazy arrays; what needs loops or a library call of
its own (reductions, matrix products) is emitted as statements on the way."""

from __future__ import annotations

import functools
from dataclasses import replace

from adtrans import ir, types
from adtrans.errors import UnsupportedError
from adtrans.transforms import lazy, slices
from adtrans.transforms.calls import emit, is_known
from adtrans.transforms.choose import choose
from adtrans.transforms.context import Context, length_of
from adtrans.transforms.either import chosen, needs_statements, truth
from adtrans.transforms.joining import concatenation, stack, written_out
from adtrans.transforms.lazy import Lazy
from adtrans.transforms.library import formula
from adtrans.transforms.products import matrix_product
from adtrans.transforms.reductions import contraction, reduction
from adtrans.transforms.views import filled_in, held, layout, part_of, view_expression, view_of


def scalar_of(ctx: Context, expr):
    """The scalar `expr` over scalars, elements of named arrays and their lengths."""
    expr = in_place_of(ctx, expr)
    match expr:
        case ir.Const() | ir.Name():
            return expr
        case ir.IfExp():
            return _conditional(ctx, expr)
        case ir.Op("and" | "or", (a, b)):
            if needs_statements(b, ctx.env) or types.type_of(expr, ctx.env) != types.types.boolean:
                first = ctx.scalar("left", scalar_of(ctx, a)) if needs_statements(a, ctx.env) else a
                return _conditional(ctx, chosen(expr, first))
            return replace(expr, args=(scalar_of(ctx, a), scalar_of(ctx, b)))
        case ir.Op("not", (a,)):
            return replace(expr, args=(condition(ctx, a),))
        case ir.Index(ir.Attr(base, "shape"), (position,)):
            return _length(ctx, base, position, expr.loc)
        case ir.Index(ir.Tuple(items), (ir.Const(k),)):
            return scalar_of(ctx, items[k])
        case ir.Index():
            return _element(ctx, expr)
        case ir.Attr(base, "ndim"):
            return ir.Const(types.ndim_of(types.type_of(base, ctx.env)))
        case ir.Attr(base, "size"):
            return lazy.product(lazy_of(ctx, base).dims)
        case ir.Call():
            return _scalar_call(ctx, expr)
        case ir.Op():
            if expr.op == "@":
                return _inner_product(ctx, expr)
            return replace(expr, args=tuple(scalar_of(ctx, a) for a in expr.args))
    raise UnsupportedError("this value cannot be used here", expr.loc, "Use a number or an array.")


def condition(ctx: Context, expr):
    """The scalar `expr` where only its truth counts."""
    return scalar_of(ctx, truth(expr, ctx.env))


def _conditional(ctx: Context, expr: ir.IfExp):
    """A conditional expression, or a statement where a branch needs statements of its own."""
    test = condition(ctx, expr.test)
    if not needs_statements(expr.body, ctx.env) and not needs_statements(expr.orelse, ctx.env):
        body, orelse = scalar_of(ctx, expr.body), scalar_of(ctx, expr.orelse)
        return replace(expr, test=test, body=body, orelse=orelse)
    name = ctx.fresh("choice")
    ctx.env[name] = types.type_of(expr, ctx.env)
    ctx.definitions[name] += 2
    branches = []
    for value in (expr.body, expr.orelse):
        with ctx.block() as inner:
            ctx.emit(ir.Assign(name, scalar_of(ctx, value), expr.loc))
        branches.append(tuple(inner))
    ctx.emit(ir.If(test, *branches, loc=expr.loc))
    return ir.Name(name, expr.loc)


def _length(ctx: Context, base, axis, loc):
    match base, axis:
        case _, ir.Op("neg", (ir.Const(k),)):
            axis = ir.Const(-k)
    ndim = types.ndim_of(types.type_of(base, ctx.env))
    if not isinstance(axis, ir.Const) or not -ndim <= axis.value < ndim:
        raise UnsupportedError(f"a shape of length {ndim} has no such item", loc, "Index it with a constant in range.")
    axis = axis.value % ndim
    if isinstance(base, ir.Name):
        return ctx.dims_of(base.id)[axis]
    return lazy_of(ctx, base).dims[axis]


def _element(ctx: Context, expr: ir.Index):
    if isinstance(expr.base, ir.Name):
        dims = tuple(length_of(expr.base.id, axis) for axis in range(types.ndim_of(ctx.env[expr.base.id])))
        index = tuple(i for i in expr.index if not isinstance(i, ir.Dots))
        index = tuple(slices.position(ctx, scalar_of(ctx, item), dim) for item, dim in zip(index, dims, strict=True))
        return replace(expr, index=index)
    return _indexed(ctx, expr).at(())


def _scalar_call(ctx: Context, expr: ir.Call):
    func = expr.func
    if func in types.CASTS:
        value, t = expr.args[0], types.scalar_type(types.CASTS[func])
        return types.cast(scalar_of(ctx, value), t, ctx.env)
    if func == "len":
        base = expr.args[0]
        if isinstance(base, ir.Tuple) or not ctx.is_array(base):
            return ir.Const(len(types.type_of(base, ctx.env)))
        return _length(ctx, base, ir.Const(0), expr.loc)
    if func == "np.dot":
        return _inner_product(ctx, expr)
    if func in ("np.where", "np.clip", "np.copy", "np.astype", *types.OF_PARTS, *types.REDUCTIONS):
        return _array_call(ctx, expr, types.type_of(expr, ctx.env)).at(())
    if func in types.PARAMETERS:
        raise UnsupportedError(f"{func} needs an array here", expr.loc, "Use the value itself.")
    if is_known(expr):
        (name,) = results(ctx, expr)
        return ir.Name(name, expr.loc)
    return replace(expr, args=tuple(scalar_of(ctx, a) for a in expr.args))


def _inner_product(ctx: Context, expr):
    """A product of two 1-d arrays, or of scalars written `np.dot`."""
    a, b = types.arguments(expr).values() if isinstance(expr, ir.Call) else expr.args
    if not ctx.is_array(a) or not ctx.is_array(b):
        return ir.Op("*", (scalar_of(ctx, a), scalar_of(ctx, b)), expr.loc)
    return contraction(ctx, lazy_of(ctx, a), lazy_of(ctx, b), expr.loc)


def lazy_of(ctx: Context, expr) -> Lazy:
    """The array (or scalar) `expr` as a lazy array; nothing is emitted for elementwise operations."""
    expr = in_place_of(ctx, expr)
    t = types.type_of(expr, ctx.env)
    if not types.is_array(t):
        return lazy.scalar(scalar_of(ctx, expr), t)
    match expr:
        case ir.Name(name):
            return lazy.named(ctx, name)
        case ir.Op("@", (a, b)):
            return _product(ctx, a, b, expr.loc)
        case ir.Op() | ir.IfExp():
            return _elementwise(ctx, expr, t)
        case ir.Index():
            return _indexed(ctx, expr)
        case ir.Call():
            return _array_call(ctx, expr, t)
    raise UnsupportedError("this array expression is not supported", expr.loc, "Write it as a loop.")


def items_of(ctx: Context, expr) -> tuple | None:
    """The items of a tuple that has been given a name, or of the results of a call; None for another expression."""
    match expr:
        case ir.Name(name) if name in ctx.tuples:
            return ctx.tuples[name]
        case ir.Call() if is_known(expr):
            return tuple(map(ir.Name, results(ctx, expr)))
    return None


def in_place_of(ctx: Context, expr):
    """`expr`; or the formula that takes the place of a call, the name of the item that it is of several results."""
    expr = formula(types.of_more_axes(expr, ctx.env), ctx.env)
    match expr:
        case ir.Index(base, (ir.Const(int(k)),)) if isinstance(types.type_of(base, ctx.env), types.types.BaseTuple):
            items = items_of(ctx, base)
            return expr if items is None else items[k]
    return expr


def _reduction(ctx: Context, expr: ir.Call) -> Lazy:
    given = types.arguments(expr)
    source = lazy_of(ctx, given["a"])
    axes, keep = types.reduced_axes(given, len(source.dims), expr.loc)
    t = types.dtype_of(types.type_of(expr, ctx.env))
    return reduction(ctx, expr.func.removeprefix("np."), source, axes, keep, t, expr.loc)


def _product(ctx: Context, a, b, loc) -> Lazy:
    return lazy.named(ctx, matrix_product(ctx, reference(ctx, a), reference(ctx, b), None, loc))


def _elementwise(ctx: Context, expr, t) -> Lazy:
    """An operator or function applied element by element, the operands broadcast."""
    if isinstance(expr, ir.IfExp):
        raise UnsupportedError(
            "a conditional expression with arrays is not supported", expr.loc, "Use an if statement."
        )
    parts = [lazy_of(ctx, a) for a in expr.args]
    dims, selectors = lazy.broadcast(ctx, parts)

    def at(index):
        args = tuple(p.at(s(index)) if p.dims else p.at(()) for p, s in zip(parts, selectors, strict=True))
        return _narrowed(ctx, replace(expr, args=args), t)

    return Lazy(dims, types.dtype_of(t), at)


def _narrowed(ctx: Context, element, t):
    """The element expression with the array operation's own precision: a scalar operand widens nothing."""
    if not types.is_float(types.part_type(t)):
        return element
    if types.dtype_of(types.type_of(element, ctx.env)) == types.dtype_of(t):
        return element
    return replace(element, args=tuple(types.operand(a, t, ctx.env) for a in element.args))


def _indexed(ctx: Context, expr: ir.Index) -> Lazy:
    base = lazy_of(ctx, expr.base)
    if types.has_index_arrays(expr, ctx.env):
        return choose(ctx, held(ctx, base, "t", expr.loc), chosen_by(ctx, expr), expr.loc)
    parts = [item for item in expr.index if isinstance(item, ir.Slice)]
    if all(slices.is_simple_slice(item) or slices.is_run_time_slice(item) for item in parts):
        index = tuple(ir.map_children(lambda e: scalar_of(ctx, e), i) if isinstance(i, (ir.Slice, ir.NewAxis, ir.Dots))
                      else scalar_of(ctx, i) for i in expr.index)  # fmt: skip
        return slices.indexed(ctx, base, index, expr.loc)
    return lazy.named(ctx, view_of(ctx, _general_view(ctx, base, expr), expr.loc))


def chosen_by(ctx: Context, expr: ir.Index) -> tuple:
    """The items of an index as `choose` takes them."""
    for item in expr.index:
        if isinstance(item, ir.Slice) and not slices.is_simple_slice(item) and not slices.is_run_time_slice(item):
            raise UnsupportedError("a slice beside an index array needs a constant step", expr.loc, "Slice it first.")
    return tuple(ir.map_children(lambda e: scalar_of(ctx, e), i) if isinstance(i, (ir.Slice, ir.NewAxis, ir.Dots))
                 else lazy_of(ctx, i) for i in expr.index)  # fmt: skip


def _general_view(ctx: Context, base: Lazy, expr: ir.Index):
    """The NumPy expression of an index with slices whose bounds only the run time knows."""

    def part(item):
        if isinstance(item, (ir.NewAxis, ir.Dots)):
            return item
        if isinstance(item, ir.Slice):
            parts = {k: getattr(item, k) for k in ("start", "stop", "step")}
            return replace(item, **{k: ctx.stable(scalar_of(ctx, v), k) for k, v in parts.items() if v is not None})
        return ctx.stable(scalar_of(ctx, item), "k")

    return ir.Index(view_expression(ctx, base), tuple(part(i) for i in expr.index), expr.loc)


def reference(ctx: Context, expr):
    """A NumPy expression (a name, or a transposed name) that a library call can take for the array `expr`."""
    value = lazy_of(ctx, expr)
    match value.view:
        case ir.Name() | ir.Call("np.transpose", (ir.Name(),)):
            return value.view
        case ir.Call("np.transpose", (inner,)):
            return ir.Call("np.transpose", (ir.Name(view_of(ctx, inner, expr.loc)),))
        case None:
            return view_expression(ctx, value)
    return ir.Name(view_of(ctx, value.view, expr.loc))


def _array_call(ctx: Context, expr: ir.Call, t) -> Lazy:
    func = expr.func
    if func in types.OF_PARTS:
        return part_of(lazy_of(ctx, expr.args[0]), expr, t)
    if func in types.REDUCTIONS:
        return _reduction(ctx, expr)
    if func in types.CASTS:
        base = lazy_of(ctx, expr.args[0])
        return Lazy(base.dims, types.dtype_of(t), lambda index: types.cast(base.at(index), t, ctx.env))
    if is_known(expr):
        (name,) = results(ctx, expr)
        return lazy.named(ctx, name)
    if func not in types.PARAMETERS:
        return _elementwise(ctx, expr, t)
    given = types.arguments(expr)
    match func:
        case "np.dot":
            if not (ctx.is_array(given["a"]) and ctx.is_array(given["b"])):
                return _elementwise(ctx, ir.Op("*", (given["a"], given["b"]), expr.loc), t)
            return _product(ctx, given["a"], given["b"], expr.loc)
        case "np.transpose":
            base = lazy_of(ctx, given["a"])
            return lazy.permuted(base, types.permutation(given, len(base.dims), expr.loc))
        case "np.reshape" | "np.ravel":
            return _reshaped(ctx, expr, given)
        case "np.where":
            return _where(ctx, expr, given, t)
        case "np.clip":
            inner = ir.Call("np.maximum", (given["a"], given["a_min"]), loc=expr.loc)
            return lazy_of(ctx, ir.Call("np.minimum", (inner, given["a_max"]), loc=expr.loc))
        case "np.copy" | "np.astype":
            base = lazy_of(ctx, given["a"])
            return Lazy(base.dims, types.dtype_of(t), lambda index: types.cast(base.at(index), t, ctx.env))
        case "np.array" | "np.concatenate" | "np.stack":
            return _joined(ctx, func, given, t, expr.loc)
        case "np.arange":
            return _arange(ctx, given, t)
    return _created(ctx, func, given, t)


def results(ctx: Context, expr: ir.Call) -> tuple[str, ...]:
    """Emits the statements of a call that `is_known`; the names of its results."""
    return emit(ctx, expr, *(functools.partial(f, ctx) for f in (_argument, _drawn_from, shape_of)))


def _drawn_from(ctx: Context, expr):
    """The expression of an argument of a draw."""
    return ir.Name(_argument(ctx, expr, "a")) if ctx.is_array(expr) else scalar_of(ctx, expr)


def _argument(ctx: Context, expr, name: str) -> str:
    """The name of an argument of a function that is pasted: of an array, or of a scalar that is evaluated now."""
    if not ctx.is_array(expr):
        return ctx.scalar(name, scalar_of(ctx, expr), types.type_of(expr, ctx.env)).id
    value = reference(ctx, expr)
    return value.id if isinstance(value, ir.Name) else view_of(ctx, value, expr.loc)


def _where(ctx: Context, expr: ir.Call, given: dict, t) -> Lazy:
    parts = [lazy_of(ctx, given[k]) for k in ("condition", "x", "y")]
    dims, selectors = lazy.broadcast(ctx, parts)

    def at(index):
        test, x, y = (p.at(s(index)) if p.dims else p.at(()) for p, s in zip(parts, selectors, strict=True))
        return ir.IfExp(test, types.cast(x, t, ctx.env), types.cast(y, t, ctx.env), expr.loc, total=True)

    return Lazy(dims, types.dtype_of(t), at)


def _joined(ctx: Context, func: str, given: dict, t, loc) -> Lazy:
    """`np.array`, `np.concatenate` and `np.stack`."""
    if func == "np.array":
        places = [(place, lazy_of(ctx, leaf)) for place, leaf in types.leaves(given["object"], loc)]
        if places[0][0]:
            return written_out(ctx, places, t, loc)
        return lazy_of(ctx, ir.Call("np.astype", (given["object"], ir.DType(types.dtype_name(t))), loc=loc))
    parts = [lazy_of(ctx, item) for item in given["arrays"].items]
    join = stack if func == "np.stack" else concatenation
    return join(ctx, parts, types.axis_of(given, types.ndim_of(t), loc), t, loc)


def _arange(ctx: Context, given: dict, t) -> Lazy:
    parts = {k: ctx.stable(scalar_of(ctx, given[k]), k) for k in ("start", "stop", "step") if k in given}
    start, stop = (parts["start"], parts["stop"]) if "stop" in parts else (lazy.ZERO, parts["start"])
    step = parts.get("step", lazy.ONE)
    length = lazy.subtract(stop, start)
    if step != lazy.ONE or types.is_float(types.type_of(length, ctx.env)):
        length = ctx.scalar("n", ir.Call("int", (ir.Call("np.ceil", (ir.Op("/", (length, step)),)),)))
    length = lazy.clamp_length(length)
    return Lazy(
        (length,),
        types.dtype_of(t),
        lambda index: types.cast(lazy.add(lazy.multiply(index[0], step), start), t, ctx.env),
    )


def _created(ctx: Context, func: str, given: dict, t) -> Lazy:
    """`zeros`, `ones`, `empty`, `full` and their `_like` forms."""
    dims = shape_of(ctx, given["shape"]) if "shape" in given else lazy_of(ctx, given["a"]).dims
    if "fill_value" in given:
        value = types.cast(scalar_of(ctx, given["fill_value"]), t, ctx.env)
    else:
        value = types.typed(1 if "ones" in func else 0, types.dtype_of(t))
    return Lazy(dims, types.dtype_of(t), lambda index: value)


def shape_of(ctx: Context, expr) -> tuple:
    """The lengths that a shape argument gives."""
    match expr:
        case ir.Tuple(items):
            return tuple(scalar_of(ctx, item) for item in items)
        case ir.Attr(base, "shape"):
            return (
                tuple(length_of(base.id, k) for k in range(types.ndim_of(ctx.env[base.id])))
                if isinstance(base, ir.Name)
                else lazy_of(ctx, base).dims
            )
    t = types.type_of(expr, ctx.env)
    if isinstance(t, types.types.BaseTuple):
        return tuple(ir.Index(expr, (ir.Const(k),)) for k in range(len(t)))
    return (scalar_of(ctx, expr),)


def _reshaped(ctx: Context, expr: ir.Call, given: dict) -> Lazy:
    base = lazy_of(ctx, given["a"])
    source = view_expression(ctx, base)
    if layout(ctx, source) != "C":
        copy = ctx.fresh("t")
        ctx.definitions[copy] += 1
        lazy.materialise(ctx, base, copy)
        source = ir.Name(copy)
    total = lazy.product(base.dims)
    flat = expr.func == "np.ravel"
    dims = (total,) if flat else filled_in(shape_of(ctx, given["shape"]), total, expr.loc)
    dims = tuple(ctx.stable(d) for d in dims)
    return lazy.named(ctx, view_of(ctx, ir.Call("np.reshape", (source, ir.Tuple(dims))), expr.loc))
