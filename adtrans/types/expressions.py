"""The type of an expression, each operation's asked of Numba itself."""

from __future__ import annotations

import functools
import operator
from dataclasses import replace
from typing import Any

import numpy as np
from numba.core import types

from adtrans import ir, rules
from adtrans.callees import callee_of
from adtrans.errors import UnsupportedError
from adtrans.types.callees import Unknown, called_type
from adtrans.types.calls import (
    CASTS,
    CREATION,
    HELP,
    PARAMETERS,
    REDUCTIONS,
    RESULT_TYPES,
    arguments,
    axis_of,
    leaves,
    permutation,
    reduced_axes,
)
from adtrans.types.draws import draw_type, is_draw, positional
from adtrans.types.indexing import indexed_rank, is_index_array, require_index, require_integer
from adtrans.types.kinds import (
    Env,
    List,
    array_type,
    describe,
    dtype_of,
    either,
    fields_of,
    is_complex,
    is_float,
    items_of,
    named_tuple,
    ndim_of,
    no_truth_value,
    part_type,
    python_object,
    require_truth_value,
    resolve,
    scalar_type,
    unify,
)
from adtrans.types.lists import OF_LISTS, call_type, index_type, operator_type, require_method
from adtrans.types.operators import COMPLEX, OF_PARTS, OPERATORS, ORDERED, STAND_INS
from adtrans.types.tuples import item_type, operation_type
from adtrans.types.users import users_type
from adtrans.users import users_rule


def type_of(expr, env: Env, final: bool = True) -> Any:
    """The type of `expr`; None where it hangs on a name whose type is not known yet (only if not `final`)."""
    try:
        return _type(expr, env)
    except Unknown as unknown:
        if final:
            raise UnsupportedError(f"{unknown.args[0]!r} has no value here", expr.loc, "Assign it first.") from None
        return None


def _type(expr, env: Env) -> types.Type:
    match expr:
        case ir.Const():
            return _type_of_constant(expr)
        case ir.Name(name):
            if name not in env:
                raise Unknown(name)
            return env[name]
        case ir.Op():
            return _type_of_op(expr, env)
        case ir.IfExp(test, body, orelse):
            require_truth_value(test, _type(test, env))
            return either(expr, (_type(body, env), _type(orelse, env)), "branches")
        case ir.Index(base):
            return _type_of_index(expr, _type(base, env), env)
        case ir.Attr(base, name):
            return _type_of_attribute(expr, _type(base, env), name)
        case ir.Tuple(items):
            found = tuple(_type(item, env) for item in items)
            record = expr.record and named_tuple(expr.record.name, expr.record.fields)
            return types.BaseTuple.from_types(found, record)
        case ir.Call():
            require_method(expr, lambda e: _type(e, env))
            t = call_type(expr, lambda e: _type(e, env)) or _type_of_call(expr, env)
            return t if expr.func in OF_LISTS or not isinstance(t, List) else array_type(t.dtype, 1)
        case ir.DType():
            raise UnsupportedError("a dtype is not a value here", expr.loc, "Call it: np.float64(x).")
        case ir.FunctionValue():
            hint = "Call it here by its name."
            raise UnsupportedError(f"the function {expr.label} is used as a value", expr.loc, hint)
    raise AssertionError(f"no type for {expr}")


def _type_of_constant(expr: ir.Const) -> types.Type:
    value = expr.value
    if value is None:
        raise UnsupportedError("None is not supported as a value", expr.loc, "Use a number, or a separate flag.")
    if isinstance(value, str):
        raise UnsupportedError("text is not supported", expr.loc, "Use a number or a bool to choose.")
    if expr.dtype:
        return scalar_type(expr.dtype)
    if isinstance(value, int) and not -(2**63) <= value < 2**63:
        raise UnsupportedError("this integer has more than 64 bits", expr.loc, "Write it as a float.")
    if isinstance(value, complex):
        return types.complex128
    return types.boolean if isinstance(value, bool) else types.int64 if isinstance(value, int) else types.float64


def _type_of_op(expr: ir.Op, env: Env) -> types.Type:
    args = tuple(_type(a, env) for a in expr.args)
    if any(isinstance(t, List) for t in args):
        return operator_type(expr, args)
    if expr.op == "@":
        general = of_more_axes(expr, env)
        return _type_of_matmul(expr, args) if general is expr else _type(general, env)
    if expr.op in ("and", "or", "not"):
        if any(isinstance(t, types.Array) for t in args):
            raise no_truth_value(expr)
        return types.boolean if expr.op == "not" else either(expr, args, "operands")
    if any(isinstance(t, types.BaseTuple) for t in args):
        return operation_type(expr, args)
    return _numba_type(expr, OPERATORS[expr.op], args)


def _numba_type(expr, function, args: tuple) -> types.Type:
    if any(isinstance(t, types.BaseTuple) for t in args):
        raise UnsupportedError("arithmetic on tuples is not supported", expr.loc, "Use the items one by one.")
    if function in ORDERED and any(map(is_complex, args)):
        hint = "Compare abs(z), z.real or z.imag."
        raise UnsupportedError("complex numbers have no order", expr.loc, hint)
    t = resolve(function, tuple(array_type(t.dtype, t.ndim) if isinstance(t, types.Array) else t for t in args))
    if t is None:
        got = " and ".join(map(describe, args))
        raise UnsupportedError(f"this operation is not defined for {got}", expr.loc, "Convert the operands first.")
    return t


def _type_of_index(expr: ir.Index, base: Any, env: Env) -> types.Type:
    if isinstance(base, types.BaseTuple):
        return item_type(expr, base, lambda e: _type(e, env))
    if not expr.index:
        return base
    if not isinstance(base, types.Array):
        raise UnsupportedError(f"{describe(base)} has no elements", expr.loc, "Use it without an index.")
    if isinstance(base, List) and base.dtype == types.undefined:
        raise Unknown(expr.base.id if isinstance(expr.base, ir.Name) else "the list")
    parts = [None if isinstance(i, (ir.Slice, ir.NewAxis, ir.Dots)) else _type(i, env) for i in expr.index]
    if len(parts) == 1 and isinstance(parts[0], types.BaseTuple):
        items = tuple(ir.Index(expr.index[0], (ir.Const(k),), expr.index[0].loc) for k in range(len(parts[0])))
        return _type_of_index(replace(expr, index=items), base, env)
    for item, part in zip(expr.index, parts, strict=True):
        for bound in ir.children(item) if isinstance(item, ir.Slice) else ():
            require_integer(_type(bound, env), bound.loc, "a slice's bounds")
        if part is not None:
            require_index(part, item.loc)
    if isinstance(base, List):
        return index_type(expr, base, parts)
    layout = "C" if base.layout == "C" or any(map(is_index_array, parts)) else "A"
    return array_type(base.dtype, indexed_rank(expr, base, parts), layout)


def has_index_arrays(expr: ir.Index, env: Env) -> bool:
    """Whether the index chooses elements by arrays: the result is then an array of its own, not a view."""
    items = (i for i in expr.index if not isinstance(i, (ir.Slice, ir.NewAxis, ir.Dots)))
    found = (getattr(t, "types", (t,)) for t in (_type(item, env) for item in items))
    return any(is_index_array(t) for each in found for t in each)


def _type_of_attribute(expr: ir.Attr, base: Any, name: str) -> types.Type:
    if name in (fields_of(base) or ()):
        return list(base)[base.fields.index(name)]
    if isinstance(base, List) and (name != "shape" or expr.loc != expr.base.loc):  # loops ask, and write none
        raise UnsupportedError(f"a list has no {name}", expr.loc, "Write np.array(...) of it.")
    if name not in ("shape", "size", "ndim", "dtype", "T"):
        fields = ", ".join(fields_of(base) or ("shape", "size", "ndim", "dtype", "T"))
        raise UnsupportedError(f"attribute {name} is not supported", expr.loc, f"Known are {fields}.")
    if not isinstance(base, types.Array if name in ("T", "dtype") else (types.Array, types.Number)):
        raise UnsupportedError(f"{describe(base)} has no {name}", expr.loc, "Only arrays have.")
    if name == "shape":
        return types.UniTuple(types.int64, ndim_of(base))
    if name == "T":
        return array_type(dtype_of(base), ndim_of(base), "A")
    if name == "dtype":
        raise UnsupportedError("a dtype is not a value here", expr.loc, "Use it as np.zeros(n, a.dtype).")
    return types.int64


def _type_of_matmul(expr, args: tuple) -> types.Type:
    a, b = args
    if not (isinstance(a, types.Array) and isinstance(b, types.Array)):
        got = " and ".join(map(describe, args))
        raise UnsupportedError(f"a matrix product of {got} is not supported", expr.loc, "Use * for scalars.")
    if a.dtype != b.dtype or not (is_float(a) or is_complex(a)):
        got = " and ".join(map(describe, args))
        hint = f"Use .astype(np.{'complex128' if is_complex(a) or is_complex(b) else 'float64'})."
        raise UnsupportedError(f"a matrix product needs one float type, got {got}", expr.loc, hint)
    return array_type(a.dtype, a.ndim + b.ndim - 2)


def of_more_axes(expr, env: Env):
    """`expr`; a product `a @ b` or `np.dot(a, b)` of arrays of more than two axes as the call that defines it."""
    match expr:
        case ir.Op("@", args):
            ranks = [ndim_of(_type(a, env)) for a in args]
            return ir.Call("np.matmul", args, loc=expr.loc) if max(ranks) > 2 and min(ranks) else expr
        case ir.Call("np.dot"):
            args = tuple(arguments(expr).values())
            first, second = (ndim_of(_type(a, env)) for a in args)
            if max(first, second) > 2 and min(first, second):
                axes = ir.Tuple((ir.Const(first - 1), ir.Const(max(second - 2, 0))))
                return ir.Call("np.tensordot", (*args, axes), loc=expr.loc)
    return expr


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


def shape_length(expr, env: Env) -> int:
    t: Any = _type(expr, env)
    lengths = tuple(t) if hasattr(t, "types") else (t,)
    for length in lengths:
        require_integer(length, expr.loc, "a length")
    return len(lengths)


def _type_of_call(expr: ir.Call, env: Env) -> types.Type:
    func = expr.func
    if func in CASTS:
        return _type_of_cast(expr, env)
    if func in PARAMETERS:
        return _type_of_array_call(expr, arguments(expr), env)
    if func in RESULT_TYPES:
        for name in sorted(ir.names(expr) - env.keys()):
            raise Unknown(name)
        return RESULT_TYPES[func](expr, env)
    if users_rule(func):
        return users_type(users_rule(func), tuple(_type(a, env) for a in expr.args), expr.loc)
    if callee_of(func):
        return called_type(func, tuple(_type(a, env) for a in expr.args), expr.loc)
    if is_draw(func):
        return draw_type(expr, tuple(_type(a, env) for a in positional(expr)))
    args = tuple(_type(a, env) for a in expr.args)
    if func == "stop_gradient":
        return _type_of_stopped(expr, args)
    if func in OF_PARTS and len(args) == 1 and not expr.keywords:
        return part_type(args[0])
    if func == "len":
        if not isinstance(args[0], (types.Array, types.BaseTuple)):
            raise UnsupportedError(f"{describe(args[0])} has no len()", expr.loc, "Only arrays and tuples have.")
        return types.int64
    if "." not in func and any(isinstance(t, List) for t in args):  # but NumPy's functions take them
        raise UnsupportedError(f"{func} of a list is not supported", expr.loc, "Write np.array(...) of it.")
    if expr.keywords:
        raise UnsupportedError(f"{func} takes no options here", expr.loc, HELP)
    rule, function = rules.lookup(func), python_object(func)
    if rule and func.startswith("scipy.special."):
        function = STAND_INS[len(rule.params)]
    if function is not None and (func in COMPLEX or func.startswith("cmath.") or any(map(is_complex, args))):
        return _numba_type(expr, np.abs if func == "abs" else function, args)
    if rule is None or function is None:
        raise UnsupportedError(f"{func} has no derivative rule", expr.loc, HELP)
    if len(args) != len(rule.params):
        count = f"{len(rule.params)} argument{'s' if len(rule.params) > 1 else ''}"
        raise UnsupportedError(f"{func} takes {count} here, got {len(args)}", expr.loc, HELP)
    if func.startswith("math.") and any(isinstance(t, types.Array) for t in args):
        raise UnsupportedError(f"{func} does not take arrays", expr.loc, f"Use np.{func[5:]}.")
    if func == "abs" and isinstance(args[0], types.Array):
        function = np.abs
    return _numba_type(expr, function, args)


def _type_of_stopped(expr: ir.Call, args: tuple) -> types.Type:
    if len(args) != 1 or expr.keywords:
        raise UnsupportedError("stop_gradient takes one value", expr.loc, "Give it a scalar, an array or a tuple.")
    return args[0]


def _type_of_cast(expr: ir.Call, env: Env) -> types.Type:
    if len(expr.args) != 1 or expr.keywords:
        raise UnsupportedError(f"{expr.func} takes one value here", expr.loc, "Write the conversion of one value.")
    t = _type(expr.args[0], env)
    if is_complex(t) and not CASTS[expr.func].startswith("complex"):
        raise not_real(t, expr.loc)
    if isinstance(t, types.BaseTuple) or (isinstance(t, types.Array) and not expr.func.startswith("np.")):
        raise UnsupportedError(f"{expr.func} does not take {describe(t)}", expr.loc, "Use .astype.")
    return array_type(scalar_type(CASTS[expr.func]), ndim_of(t))


def not_real(t: types.Type, loc) -> UnsupportedError:
    """The error for a complex number where a real one has to be."""
    return UnsupportedError(f"{describe(t)} is no real number", loc, "Take z.real, z.imag or abs(z).")


def _type_of_array_call(expr: ir.Call, given: dict, env: Env) -> types.Type:
    func = expr.func
    if func == "np.dot":
        return _type_of_dot(expr, given, env)
    if func == "np.where":
        condition, x, y = (_type(given[k], env) for k in ("condition", "x", "y"))
        both = unify(dtype_of(x), dtype_of(y))
        return array_type(both, max(map(ndim_of, (condition, x, y))))
    if func == "np.arange":
        parts = [_number(expr, given[k], k, env) for k in ("start", "stop", "step") if k in given]
        return array_type(dtype_argument(given.get("dtype"), env, functools.reduce(unify, parts)), 1)
    if func in ("np.zeros", "np.ones", "np.empty", "np.full"):
        default = _number(expr, given["fill_value"], "fill_value", env) if func == "np.full" else types.float64
        return array_type(dtype_argument(given.get("dtype"), env, default), shape_length(given["shape"], env))
    if func in ("np.concatenate", "np.stack", "np.array"):
        return _type_of_joined(func, given, env, expr.loc)
    a = _type(given["a"], env)
    if isinstance(a, types.BaseTuple):
        raise UnsupportedError(f"{func} does not take a tuple", expr.loc, "Use an array.")
    if func in ("np.reshape", "np.ravel") and not isinstance(a, types.Array):
        raise UnsupportedError(f"{func} needs an array, got {describe(a)}", expr.loc, "Write np.array((x,)).")
    if func in REDUCTIONS:
        return _type_of_reduction(func, given, a, expr.loc)
    if func == "np.astype" and is_complex(a) and not is_complex(dtype_argument(given["dtype"], env, a)):
        raise not_real(a, expr.loc)
    if func == "np.transpose":
        permutation(given, ndim_of(a), expr.loc)
    if func == "np.reshape":
        return array_type(dtype_of(a), shape_length(given["shape"], env))
    if func == "np.full_like":
        _number(expr, given["fill_value"], "fill_value", env)
    if func in ("np.astype", *CREATION):
        return array_type(dtype_argument(given.get("dtype"), env, dtype_of(a)), ndim_of(a))
    return array_type(dtype_of(a), 1) if func == "np.ravel" else array_type(dtype_of(a), ndim_of(a))


def _number(expr: ir.Call, value, name: str, env: Env) -> types.Type:
    """The type of an argument that has to be one number."""
    t = _type(value, env)
    if not isinstance(t, (types.Number, types.Boolean)):
        message = f"{expr.func} needs a number as {name}, got {describe(t)}"
        raise UnsupportedError(message, value.loc, "Fill it in with a loop, or in an assignment to a slice.")
    return t


def _type_of_joined(func: str, given: dict, env: Env, loc) -> types.Type:
    """The type of an array of the elements of others."""
    if func == "np.array":
        found = leaves(given["object"], loc)
        parts, axes = [_type(leaf, env) for _, leaf in found], len(found[0][0])
        if isinstance(parts[0], List) and isinstance(parts[0].dtype, types.BaseTuple):
            parts = [array_type(t, 2) for t in items_of(parts[0].dtype)]
        if isinstance(given["object"], ir.Tuple) is False and not ndim_of(parts[0]):
            raise UnsupportedError("an array without axes is not supported", loc, "Use the number itself.")
    else:
        if not isinstance(given["arrays"], ir.Tuple) or not given["arrays"].items:
            raise UnsupportedError(f"{func} needs the arrays in a tuple", loc, f"Write {func}((a, b)).")
        parts, axes = [_type(item, env) for item in given["arrays"].items], int(func == "np.stack")
    ranks = {ndim_of(t) for t in parts}
    if len(ranks) > 1 or (func != "np.array" and ranks == {0}) or any(isinstance(t, types.BaseTuple) for t in parts):
        got = " and ".join(dict.fromkeys(map(describe, parts)))
        raise UnsupportedError(f"{func} of {got} is not supported", loc, "Use arrays of as many axes.")
    ndim = ranks.pop() + axes
    if func != "np.array":
        axis_of(given, ndim, loc)
    dtype = functools.reduce(unify, map(dtype_of, parts))
    return array_type(dtype_argument(given.get("dtype"), env, dtype), ndim)


def _type_of_dot(expr: ir.Call, given: dict, env: Env) -> types.Type:
    args = _type(given["a"], env), _type(given["b"], env)
    if 0 in map(ndim_of, args):
        return _numba_type(expr, operator.mul, args)
    general = of_more_axes(expr, env)
    return _type_of_matmul(expr, args) if general is expr else _type(general, env)


def _type_of_reduction(func: str, given: dict, a: types.Type, loc) -> types.Type:
    if not isinstance(a, types.Array):
        raise UnsupportedError(f"{func} needs an array, got {describe(a)}", loc, "Use the value itself.")
    axes, keep = reduced_axes(given, a.ndim, loc)
    dtype = a.dtype
    if func in ("np.max", "np.min") and is_complex(dtype):
        raise UnsupportedError("complex numbers have no order", loc, f"Write {func}(np.abs(z)).")
    if func == "np.mean" and not is_float(dtype) and not is_complex(dtype):
        dtype = types.float64
    elif func in ("np.sum", "np.prod") and not is_float(dtype) and not is_complex(dtype):
        dtype = types.int64
    return array_type(dtype, a.ndim if keep else a.ndim - len(axes))
