"""The type of every variable and expression, each operation's asked of Numba itself."""

from __future__ import annotations

import builtins
import functools
import math
import operator
from dataclasses import replace

import numpy as np
from numba.core import types
from numba.core.errors import NumbaError
from numba.core.registry import cpu_target

from adtrans import ir, rules
from adtrans.errors import UnsupportedError

OPERATORS = {
    "+": operator.add, "-": operator.sub, "*": operator.mul, "/": operator.truediv, "//": operator.floordiv,
    "%": operator.mod, "**": operator.pow, "<": operator.lt, "<=": operator.le, ">": operator.gt,
    ">=": operator.ge, "==": operator.eq, "!=": operator.ne, "&": operator.and_, "|": operator.or_,
    "^": operator.xor, "<<": operator.lshift, ">>": operator.rshift, "neg": operator.neg, "pos": operator.pos,
    "~": operator.invert,
}  # fmt: skip

REDUCTIONS = ("np.sum", "np.mean", "np.prod", "np.max", "np.min")
CREATION = ("np.zeros", "np.ones", "np.empty", "np.full", "np.zeros_like", "np.ones_like", "np.empty_like", "np.full_like")
STRUCTURAL = ("np.transpose", "np.reshape", "np.ravel", "np.copy", "np.astype", "np.dot", "np.where", "np.arange", "np.clip")
CASTS = {
    "float": "float64", "int": "int64", "bool": "bool", "np.float64": "float64", "np.float32": "float32",
    "np.int64": "int64", "np.int32": "int32", "np.int16": "int16", "np.int8": "int8", "np.uint8": "uint8",
    "np.uint16": "uint16", "np.uint32": "uint32", "np.uint64": "uint64", "np.bool": "bool", "np.intp": "int64",
}  # fmt: skip
HELP = "See `adtrans rules` for what is supported; adtrans.partials adds a rule for an elementwise function."

Env = dict[str, types.Type]


def dtype_of(t: types.Type) -> types.Type:
    """The element type of an array type, a scalar type itself."""
    return t.dtype if isinstance(t, types.Array) else t


def ndim_of(t: types.Type) -> int:
    return t.ndim if isinstance(t, types.Array) else 0


def is_float(t: types.Type) -> bool:
    return isinstance(dtype_of(t), types.Float)


def dtype_name(t: types.Type) -> str:
    """The NumPy name of a scalar type, or of an array's elements: `float64`, `int64`, `bool`."""
    t = dtype_of(t)
    return "bool" if isinstance(t, types.Boolean) else str(types.unliteral(t))


def scalar_type(name: str) -> types.Type:
    return types.boolean if name == "bool" else getattr(types, name)


def array_type(dtype: types.Type, ndim: int, layout: str = "C") -> types.Type:
    return types.Array(dtype, ndim, layout) if ndim else dtype


@functools.cache
def _context():
    context = cpu_target.typing_context
    context.refresh()
    return context


@functools.lru_cache(maxsize=4096)
def _resolve(function, args: tuple) -> types.Type | None:
    """The type that Numba gives `function(*args)`, or None where it refuses."""
    try:
        signature = _context().resolve_function_type(function, args, {})
    except NumbaError:
        return None
    return None if signature is None else types.unliteral(signature.return_type)


def unify(a: types.Type, b: types.Type) -> types.Type | None:
    if isinstance(a, types.Array) and isinstance(b, types.Array):
        if a.ndim != b.ndim or a.dtype != b.dtype:
            return None
        return a if a.layout == b.layout else types.Array(a.dtype, a.ndim, "A")
    return _context().unify_types(a, b)


def python_object(name: str):
    """The function that a canonical name such as `np.sin`, `math.exp` or `abs` stands for."""
    module, _, attribute = name.rpartition(".")
    home = {"np": np, "math": math, "": builtins}.get(module)
    return getattr(home, attribute, None) if home is not None else None


def infer(function: ir.Function, argtypes: tuple) -> Env:
    """The type of every name in `function`.

    Raises:
        UnsupportedError: at the user's expression, where an operation has no type or a name has two.
    """
    env: Env = dict(zip(function.params, argtypes, strict=True))
    for name, value in function.constants.items():
        env[name] = array_type(scalar_type(str(value.dtype)), value.ndim)
    while True:
        before = dict(env)
        _infer_block(function.body, env, final=False)
        if env == before:
            break
    _infer_block(function.body, env, final=True)
    return env


def _infer_block(block: tuple, env: Env, final: bool) -> None:
    for stmt in block:
        _infer_statement(stmt, env, final)
        for inner in ir.blocks(stmt):
            _infer_block(inner, env, final)


def _infer_statement(stmt, env: Env, final: bool) -> None:
    match stmt:
        case ir.Assign(target, value):
            _define(target, type_of(value, env, final), env, stmt)
        case ir.Unpack(targets, ir.Tuple(items)):
            for target, item in zip(targets, items, strict=True):
                _define(target.id, type_of(item, env, final), env, stmt)
        case ir.AugAssign(ir.Name(id=target), op, value):
            old, new = type_of(stmt.target, env, final), type_of(value, env, final)
            if not isinstance(old, types.Array):
                _define(target, type_of(ir.Op(op, (stmt.target, value), stmt.loc), env, final), env, stmt)
            elif final and ndim_of(new) > old.ndim:
                raise UnsupportedError(f"a {new.ndim}-d array does not fit into a {old.ndim}-d one", stmt.loc)
        case ir.For():
            _define(stmt.var, types.int64, env, stmt)
            for bound in ir.expressions(stmt):
                if final and not isinstance(type_of(bound, env, final), types.Integer):
                    raise UnsupportedError("a range's bounds must be integers", bound.loc, "Use int(...).")
        case _ if final:
            read = (stmt.target, stmt.value) if isinstance(stmt, ir.Store) else ir.expressions(stmt)
            for expr in read:
                type_of(expr, env, final)


def _define(name: str, t: types.Type | None, env: Env, stmt) -> None:
    if t is None:
        return
    t = types.unliteral(t)
    if name in env:
        both = unify(env[name], t)
        if both is None:
            raise UnsupportedError(
                f"{name!r} is {describe(env[name])} on one path and {describe(t)} on another", stmt.loc, "Use two names."
            )
        t = both
    env[name] = t


def describe(t: types.Type) -> str:
    """A type in a user's words: `a 2-d float64 array`, `a float64`."""
    if isinstance(t, types.Array):
        return f"a {t.ndim}-d {dtype_name(t)} array"
    if isinstance(t, types.BaseTuple):
        return "a tuple"
    return f"a {dtype_name(t)}"


class _Unknown(Exception):
    """A name's type is not known yet: the loop that defines it is still being read."""


def type_of(expr, env: Env, final: bool = True) -> types.Type | None:
    """The type of `expr`; None where it hangs on a name whose type is not known yet (only if not `final`)."""
    try:
        return _type(expr, env)
    except _Unknown as unknown:
        if final:
            raise UnsupportedError(f"{unknown.args[0]!r} has no value here", expr.loc, "Assign it first.") from None
        return None


def _type(expr, env: Env) -> types.Type:
    match expr:
        case ir.Const(value, dtype):
            if dtype:
                return scalar_type(dtype)
            return types.boolean if isinstance(value, bool) else types.int64 if isinstance(value, int) else types.float64
        case ir.Name(name):
            if name not in env:
                raise _Unknown(name)
            return env[name]
        case ir.Op():
            return _type_of_op(expr, env)
        case ir.IfExp(_, body, orelse):
            t = unify(_type(body, env), _type(orelse, env))
            if t is None:
                raise UnsupportedError("the two branches have different types", expr.loc)
            return t
        case ir.Index(base):
            return _type_of_index(expr, _type(base, env), env)
        case ir.Attr(base, name):
            return _type_of_attribute(expr, _type(base, env), name)
        case ir.Tuple(items):
            return types.Tuple([_type(item, env) for item in items])
        case ir.Call():
            return _type_of_call(expr, env)
        case ir.DType():
            raise UnsupportedError("a dtype is not a value here", expr.loc, "Call it: np.float64(x).")
    raise AssertionError(f"no type for {expr}")


def _type_of_op(expr: ir.Op, env: Env) -> types.Type:
    args = tuple(_type(a, env) for a in expr.args)
    if expr.op == "@":
        return _type_of_matmul(expr, args)
    if expr.op in ("and", "or", "not"):
        if any(isinstance(t, types.Array) for t in args):
            raise UnsupportedError("the truth value of an array is not defined", expr.loc, "Use & and |, or loop.")
        return types.boolean
    return _numba_type(expr, OPERATORS[expr.op], args)


def _numba_type(expr, function, args: tuple) -> types.Type:
    if any(isinstance(t, types.BaseTuple) for t in args):
        raise UnsupportedError("arithmetic on tuples is not supported", expr.loc, "Use the items one by one.")
    t = _resolve(function, tuple(array_type(t.dtype, t.ndim) if isinstance(t, types.Array) else t for t in args))
    if t is None:
        got = " and ".join(map(describe, args))
        raise UnsupportedError(f"this operation is not defined for {got}", expr.loc, "Convert the operands first.")
    return t


def _type_of_index(expr: ir.Index, base: types.Type, env: Env) -> types.Type:
    if isinstance(base, types.BaseTuple):
        match expr.index:
            case (ir.Const(value=int(position)),) if -len(base) <= position < len(base):
                return base.types[position]
        raise UnsupportedError("a tuple's index must be a constant", expr.loc, "Use an array, or a constant index.")
    if not isinstance(base, types.Array):
        raise UnsupportedError(f"{describe(base)} has no elements", expr.loc)
    consumed = sum(not isinstance(i, (ir.NewAxis, ir.Dots)) for i in expr.index)
    if consumed > base.ndim or sum(isinstance(i, ir.Dots) for i in expr.index) > 1:
        raise UnsupportedError(f"too many indices for {describe(base)}", expr.loc)
    ndim = base.ndim
    for item in expr.index:
        ndim += isinstance(item, ir.NewAxis)
        if isinstance(item, (ir.NewAxis, ir.Dots)):
            continue
        if isinstance(item, ir.Slice):
            for part in ir.children(item):
                _require_integer(part, env, "a slice's bounds")
            continue
        _require_integer(item, env, "an index")
        ndim -= 1
    return array_type(base.dtype, ndim, "A" if base.layout != "C" else "C")


def _require_integer(expr, env: Env, what: str) -> None:
    t = _type(expr, env)
    if isinstance(t, types.Array):
        raise UnsupportedError(f"{what} must be an integer, not an array", expr.loc, "Loop over the elements.")
    if isinstance(t, types.Boolean) or not isinstance(t, types.Integer):
        raise UnsupportedError(f"{what} must be an integer, not {describe(t)}", expr.loc, "Use int(...).")


def _type_of_attribute(expr: ir.Attr, base: types.Type, name: str) -> types.Type:
    if not isinstance(base, types.Array):
        raise UnsupportedError(f"{describe(base)} has no {name}", expr.loc)
    if name == "shape":
        return types.UniTuple(types.int64, base.ndim)
    if name == "dtype":
        raise UnsupportedError("a dtype is not a value here", expr.loc, "Use it as np.zeros(n, a.dtype).")
    return types.int64


def _type_of_matmul(expr, args: tuple) -> types.Type:
    a, b = args
    if not (isinstance(a, types.Array) and isinstance(b, types.Array) and a.ndim <= 2 and b.ndim <= 2):
        got = " and ".join(map(describe, args))
        raise UnsupportedError(f"a matrix product of {got} is not supported", expr.loc, "Ranks 1 and 2 are.")
    if a.dtype != b.dtype or not is_float(a):
        got = " and ".join(map(describe, args))
        raise UnsupportedError(f"a matrix product needs one float type, got {got}", expr.loc, "Use .astype(np.float64).")
    return array_type(a.dtype, a.ndim + b.ndim - 2)


def keywords_of(expr: ir.Call, names: tuple[str, ...]) -> dict:
    """The arguments of `expr` by name, `names` being its parameters in order; absent ones are left out."""
    if len(expr.args) > len(names):
        raise UnsupportedError(f"{expr.func} takes at most {len(names)} arguments here", expr.loc, HELP)
    given = dict(zip(names, expr.args, strict=False))
    for key, value in expr.keywords:
        if key not in names or key in given:
            raise UnsupportedError(f"{expr.func} has no option {key!r} here", expr.loc, f"Supported: {', '.join(names)}.")
        given[key] = value
    return given


PARAMETERS = {
    "np.zeros": ("shape", "dtype"), "np.ones": ("shape", "dtype"), "np.empty": ("shape", "dtype"),
    "np.full": ("shape", "fill_value", "dtype"), "np.zeros_like": ("a", "dtype"), "np.ones_like": ("a", "dtype"),
    "np.empty_like": ("a", "dtype"), "np.full_like": ("a", "fill_value", "dtype"),
    "np.transpose": ("a",), "np.reshape": ("a", "shape"), "np.ravel": ("a",), "np.copy": ("a",),
    "np.astype": ("a", "dtype"), "np.dot": ("a", "b"), "np.where": ("condition", "x", "y"),
    "np.arange": ("start", "stop", "step", "dtype"), "np.clip": ("a", "a_min", "a_max"),
    **{name: ("a", "axis", "keepdims") for name in REDUCTIONS},
}  # fmt: skip
REQUIRED = {"np.full": 2, "np.full_like": 2, "np.reshape": 2, "np.astype": 2, "np.dot": 2, "np.where": 3, "np.clip": 3}


def arguments(expr: ir.Call) -> dict:
    """The arguments of a call of one of `PARAMETERS` by name."""
    given = keywords_of(expr, PARAMETERS[expr.func])
    for name in PARAMETERS[expr.func][: REQUIRED.get(expr.func, 1)]:
        if name not in given:
            raise UnsupportedError(f"{expr.func} needs {name!r}", expr.loc, HELP)
    return given


def dtype_argument(expr, env: Env, default: types.Type) -> types.Type:
    """The scalar type that a `dtype=` argument names; `default` where there is none."""
    match expr:
        case None:
            return default
        case ir.DType(name):
            return scalar_type(CASTS.get(name, CASTS.get(f"np.{name}", name)))
        case ir.Attr(base, "dtype"):
            return dtype_of(_type(base, env))
    raise UnsupportedError("this dtype is not known before the program runs", expr.loc, "Write np.float64 or a.dtype.")


def shape_items(expr) -> tuple:
    """The integer expressions of a shape argument, one for each axis that can be told from its form."""
    return expr.items if isinstance(expr, ir.Tuple) else (expr,)


def shape_length(expr, env: Env) -> int:
    t = _type(expr, env)
    return len(t) if isinstance(t, types.BaseTuple) else 1


def reduced_axes(given: dict, ndim: int, loc) -> tuple[tuple[int, ...], bool]:
    """The axes (non-negative, sorted) that a reduction removes, and whether it keeps them with size one."""
    keep = _constant(given.get("keepdims", ir.Const(False)), "keepdims")
    axis = given.get("axis", ir.Const(None))
    items = axis.items if isinstance(axis, ir.Tuple) else (axis,)
    axes = [_constant(item, "axis") for item in items]
    if axes == [None]:
        return tuple(range(ndim)), bool(keep)
    if any(a is None or isinstance(a, bool) or not -ndim <= a < ndim for a in axes):
        raise UnsupportedError(f"axis is out of bounds for a {ndim}-d array", loc)
    return tuple(sorted({a % ndim for a in axes})), bool(keep)


def _constant(expr, what: str):
    match expr:
        case ir.Const(value):
            return value
        case ir.Op("neg", (ir.Const(value),)):
            return -value
    raise UnsupportedError(f"{what} must be a constant", expr.loc, "Write the number itself.")


def _type_of_call(expr: ir.Call, env: Env) -> types.Type:
    func = expr.func
    if func in CASTS:
        return _type_of_cast(expr, env)
    if func in PARAMETERS:
        return _type_of_array_call(expr, arguments(expr), env)
    args = tuple(_type(a, env) for a in expr.args)
    if func == "len":
        if not isinstance(args[0], (types.Array, types.BaseTuple)):
            raise UnsupportedError(f"{describe(args[0])} has no len()", expr.loc)
        return types.int64
    if func in ("min", "max", "np.minimum", "np.maximum") and len(args) != 2:
        raise UnsupportedError(f"{func} of {len(args)} values is not supported", expr.loc, "Nest calls of two, or use np.max.")
    if expr.keywords:
        raise UnsupportedError(f"{func} takes no options here", expr.loc, HELP)
    rule, function = rules.lookup(func), python_object(func)
    if rule is None or function is None:
        raise UnsupportedError(f"{func} has no derivative rule", expr.loc, HELP)
    if len(args) != len(rule.params):
        raise UnsupportedError(f"{func} takes {len(rule.params)} arguments, got {len(args)}", expr.loc)
    if func.startswith("math.") and any(isinstance(t, types.Array) for t in args):
        raise UnsupportedError(f"{func} does not take arrays", expr.loc, f"Use np.{func[5:]}.")
    if func == "abs" and isinstance(args[0], types.Array):
        function = np.abs
    return _numba_type(expr, function, args)


def _type_of_cast(expr: ir.Call, env: Env) -> types.Type:
    if len(expr.args) != 1 or expr.keywords:
        raise UnsupportedError(f"{expr.func} takes one value here", expr.loc)
    t = _type(expr.args[0], env)
    if isinstance(t, types.BaseTuple) or (isinstance(t, types.Array) and not expr.func.startswith("np.")):
        raise UnsupportedError(f"{expr.func} does not take {describe(t)}", expr.loc, "Use .astype.")
    return array_type(scalar_type(CASTS[expr.func]), ndim_of(t))


def _type_of_array_call(expr: ir.Call, given: dict, env: Env) -> types.Type:
    func = expr.func
    if func == "np.dot":
        return _type_of_dot(expr, given, env)
    if func == "np.where":
        condition, x, y = (_type(given[k], env) for k in ("condition", "x", "y"))
        both = unify(dtype_of(x), dtype_of(y))
        return array_type(both, max(map(ndim_of, (condition, x, y))))
    if func == "np.clip":
        args = [_type(given[k], env) for k in ("a", "a_min", "a_max")]
        return _numba_type(expr, np.minimum, (_numba_type(expr, np.maximum, tuple(args[:2])), args[2]))
    if func == "np.arange":
        parts = [dtype_of(_type(given[k], env)) for k in ("start", "stop", "step") if k in given]
        return array_type(dtype_argument(given.get("dtype"), env, functools.reduce(unify, parts)), 1)
    if func in ("np.zeros", "np.ones", "np.empty", "np.full"):
        default = dtype_of(_type(given["fill_value"], env)) if func == "np.full" else types.float64
        return array_type(dtype_argument(given.get("dtype"), env, default), shape_length(given["shape"], env))
    a = _type(given["a"], env)
    if isinstance(a, types.BaseTuple):
        raise UnsupportedError(f"{func} does not take a tuple", expr.loc)
    if func in REDUCTIONS:
        return _type_of_reduction(func, given, a, expr.loc)
    if func == "np.reshape":
        return array_type(dtype_of(a), shape_length(given["shape"], env))
    if func in ("np.astype", *CREATION):
        return array_type(dtype_argument(given.get("dtype"), env, dtype_of(a)), ndim_of(a))
    return array_type(dtype_of(a), 1) if func == "np.ravel" else array_type(dtype_of(a), ndim_of(a))


def _type_of_dot(expr: ir.Call, given: dict, env: Env) -> types.Type:
    args = _type(given["a"], env), _type(given["b"], env)
    if 0 in map(ndim_of, args):
        return _numba_type(expr, operator.mul, args)
    return _type_of_matmul(expr, args)


def _type_of_reduction(func: str, given: dict, a: types.Type, loc) -> types.Type:
    if not isinstance(a, types.Array):
        raise UnsupportedError(f"{func} needs an array, got {describe(a)}", loc)
    axes, keep = reduced_axes(given, a.ndim, loc)
    dtype = a.dtype
    if func == "np.mean" and not is_float(dtype):
        dtype = types.float64
    elif func in ("np.sum", "np.prod") and not is_float(dtype):
        dtype = types.int64
    return array_type(dtype, a.ndim if keep else a.ndim - len(axes))


def typed(value, t: types.Type) -> ir.Const:
    """The constant `value` as a scalar of type `t`, written so that it widens nothing."""
    name = dtype_name(t)
    if name == "float64":
        return ir.Const(float(value))
    if name in ("int64", "bool"):
        return ir.Const(int(value) if name == "int64" else bool(value))
    return ir.Const(float(value) if is_float(t) else int(value), name)


def cast(expr, t: types.Type, env: Env):
    """`expr` as a scalar of type `t`."""
    if isinstance(expr, ir.Const) and (is_float(t) or isinstance(expr.value, int)):
        return replace(typed(expr.value, t), loc=expr.loc)
    if dtype_of(type_of(expr, env)) == dtype_of(t):
        return expr
    name = dtype_name(t)
    return ir.Call("np.bool_" if name == "bool" else f"np.{name}", (expr,), loc=expr.loc)
