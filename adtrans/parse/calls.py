"""Calls in their canonical form: one spelling for each library call, whether function or method."""

from __future__ import annotations

import inspect
from dataclasses import is_dataclass, replace
from types import FunctionType

import numpy as np

from adtrans import ir
from adtrans.errors import Loc, SourceError, UnsupportedError
from adtrans.modes import MODES, is_derivative
from adtrans.parse.canonical import dtype_name, function_name, is_of_stack
from adtrans.parse.scope import NUMBERS, record
from adtrans.parse.source import plain
from adtrans.users import is_users, users_name

# function: (arguments that stay positional, its parameters); the others become keywords, None is left out.
_FORMS = {
    **dict.fromkeys(("np.sum", "np.prod", "np.mean", "np.std", "np.var"), (1, ("a", "axis", "dtype"))),
    **dict.fromkeys(("np.max", "np.min", "np.argmax", "np.argmin", "np.any", "np.all"), (1, ("a", "axis"))),
    **dict.fromkeys(("np.cumsum", "np.cumprod"), (1, ("a", "axis", "dtype"))),
    **dict.fromkeys(("np.zeros", "np.ones", "np.empty"), (1, ("shape", "dtype"))),
    **dict.fromkeys(("np.zeros_like", "np.ones_like", "np.empty_like"), (1, ("a", "dtype"))),
    "complex": (2, ("real", "imag")),
    "np.full": (2, ("shape", "fill_value", "dtype")),
    "np.full_like": (2, ("a", "fill_value", "dtype")),
    "np.array": (1, ("object", "dtype")),
    "np.asarray": (1, ("a", "dtype")),
    "np.reshape": (2, ("a", "shape")),
    "np.astype": (2, ("x", "dtype")),
    "np.clip": (1, ("a", "a_min", "a_max")),
    "np.transpose": (1, ("a", "axes")),
    "np.concatenate": (1, ("arrays", "axis")),
    "np.stack": (1, ("arrays", "axis")),
}
# Their elements are converted before they are summed.
_REDUCED = ("np.sum", "np.prod", "np.mean", "np.std", "np.var", "np.cumsum", "np.cumprod")
ITERABLES = ("range", "enumerate", "zip", "reversed", "np.ndindex", "np.ndenumerate")
# The methods of lists that change them, each with how many arguments it takes.
LIST_METHODS = {
    "list.append": (1,),
    "list.extend": (1,),
    "list.insert": (2,),
    "list.pop": (0, 1),
    "list.clear": (0,),
    "list.reverse": (0,),
}
_METHODS = (
    *("sum", "prod", "mean", "std", "var", "max", "min", "argmax", "argmin", "any", "all", "cumsum", "cumprod"),
    *("copy", "dot", "astype", "fill", "reshape", "transpose", "ravel", "clip", "repeat", "trace", "item", "round"),
    *("diagonal", "swapaxes", "squeeze", "take", "sort", "argsort", "searchsorted", "nonzero", "conj"),
)


def call_object(target, label: str, args: tuple, keywords: tuple, loc: Loc):
    """The call of the outside object `target`, written as `label`."""
    func = function_name(target)
    if is_of_stack(target):
        message = "a derivative whose records grow by several values at a time cannot be differentiated again"
        raise UnsupportedError(message, loc, "Let loops have trip counts that are known before them, and no recursion.")
    if func in ITERABLES:
        raise UnsupportedError(f"{func} is only supported in a for loop", loc, f"Write for i in {func}(...).")
    if func:
        return known_call(func, args, keywords, loc)
    if target in (float, int, bool):
        return ir.Call(target.__name__, args, keywords, loc)
    if dtype := dtype_name(target):
        return ir.Call(f"np.{dtype}", args, keywords, loc)
    if is_users(target):
        return _users_call(target, args, keywords, loc)
    if isinstance(target, type) and (fields := record(target)):
        return _named_tuple(fields, vars(target)["_field_defaults"], label, args, keywords, loc)
    if isinstance(target, FunctionType) and (target.__module__ or "").partition(".")[0] == "numpy":
        hint = "See `adtrans rules` for what is supported, or write it out."
        raise UnsupportedError(f"the function {label} is not supported", loc, hint)
    if not hasattr(target, "py_func") and not hasattr(target, "__code__"):
        raise _not_callable(target, label, loc)
    if is_derivative(target) and not hasattr(target, "generated"):
        message = f"{label} is a derivative for the GPU; it cannot be called in a function"
        raise UnsupportedError(message, loc, "Call the derivative for the CPU: leave out its option target.")
    try:
        plain(target)
    except SourceError as error:
        raise UnsupportedError(f"{label} cannot be followed: {error.message}", loc, error.hint) from error
    return ir.UserCall(target, label.rpartition(".")[2], args, keywords, loc)


def _users_call(rule, args: tuple, keywords: tuple, loc: Loc) -> ir.Call:
    """The call of a function with a rule, all arguments by position."""
    if rule.rule is None:
        raise UnsupportedError(f"{rule.label} has no pullback", loc, f"Define it with @{rule.label}.pullback.")
    try:
        bound = inspect.signature(rule.py_func).bind(*args, **dict(keywords))
    except TypeError as error:
        raise UnsupportedError(f"{rule.label}: {error}", loc, "Pass the arguments that it has.") from error
    bound.apply_defaults()
    given = (a if is_dataclass(a) else ir.Const(a, None, loc) for a in bound.arguments.values())
    return ir.Call(users_name(rule), tuple(given), (), loc)


def bounds(args: tuple, loc: Loc | None) -> tuple:
    """start, stop, step of `range(*args)`."""
    start, stop = args[:2] if len(args) > 1 else (ir.Const(0, None, loc), *args)
    return start, stop, args[2] if len(args) == 3 else ir.Const(1, None, loc)


def _named_tuple(made: ir.Record, defaults: dict, label: str, args: tuple, keywords: tuple, loc: Loc) -> ir.Tuple:
    given = dict(zip(made.fields, args, strict=False)) | dict(keywords)
    if len(given) != len(args) + len(keywords) or given.keys() - set(made.fields):
        raise UnsupportedError(f"{label} has the fields {', '.join(made.fields)}", loc, "Give each of them once.")
    for name in made.fields:
        if name not in given and not isinstance(defaults.get(name), (int, float)):
            raise UnsupportedError(f"{label} needs the field {name}", loc, "Give each field a value.")
    return ir.Tuple(tuple(given.get(n, ir.Const(defaults.get(n), None, loc)) for n in made.fields), loc, made)


def _not_callable(target, label: str, loc: Loc) -> UnsupportedError:
    hint = "Call functions of NumPy or math, or Python functions whose source can be read; others need a vjp_rule."
    if label == "print":
        hint = "Remove it: generated code does not print."
    if (getattr(target, "__module__", None) or "").startswith("numpy.fft"):
        hint = "Numba has no np.fft either: write the transform as loops over complex numbers."
    if (getattr(target, "__module__", None) or "").startswith("numba.typed"):
        return UnsupportedError(f"{label} is not supported", loc, "Write a list, as [], or use arrays.")
    if isinstance(target, type) and issubclass(target, np.generic):
        return UnsupportedError(f"the type {label} is not supported", loc, NUMBERS)
    if isinstance(target, type) and (target.__module__ != "builtins" or issubclass(target, BaseException)):
        message = f"{label} is a class; making objects is not supported"
        return UnsupportedError(message, loc, "Pass its numbers instead.")
    if callable(target):
        return UnsupportedError(f"the function {label} is not supported", loc, hint)
    return UnsupportedError(f"{label} is not a function", loc, hint)


def call_method(base, method: str, args: tuple, keywords: tuple, loc: Loc):
    """`base.method(*args)` as the call of a NumPy function."""
    if method == "flatten":
        return ir.Call("np.copy", (call_method(base, "ravel", args, keywords, loc),), (), loc)
    if f"list.{method}" in LIST_METHODS:
        return _list_method(f"list.{method}", base, args, keywords, loc)
    method = "conj" if method == "conjugate" else method
    if method in MODES:
        message = f"{method} of what has a name only in this function is not supported"
        raise UnsupportedError(message, loc, f"Call f.{method} of a function f from outside, or pass the derivative.")
    if method not in _METHODS:
        hint = "Use the NumPy function instead, if there is one."
        raise UnsupportedError(f"method {method} is not supported", loc, hint)
    if method in ("reshape", "transpose") and len(args) > 1:
        args = (ir.Tuple(args, loc),)
    if method == "sort":  # in place; np.sort is a copy
        return ir.Call("np.ndarray.sort", (base, *args), keywords, loc)
    found = known_call(f"np.{method}", (base, *args), keywords, loc)
    return replace(found, is_method=True) if isinstance(found, ir.Call) else found


def _list_method(func: str, base, args: tuple, keywords: tuple, loc: Loc) -> ir.Call:
    name = func.removeprefix("list.")
    if not isinstance(base, ir.Name):
        raise UnsupportedError(f"{name} of what has no name is not supported", loc, "Give the list a name first.")
    if keywords or len(args) not in LIST_METHODS[func]:
        raise UnsupportedError(f"{name} does not take these arguments", loc, "Call it as Python's lists have it.")
    return ir.Call(func, (base, *args), (), loc)


def call_ufunc_method(ufunc: np.ufunc, method: str, args: tuple, keywords: tuple, loc: Loc) -> ir.Call:
    """The call of `np.add.at` or `np.subtract.at`."""
    if ufunc not in (np.add, np.subtract) or method != "at":
        hint = "Write a for loop, or a function such as np.sum."
        raise UnsupportedError(f"np.{ufunc.__name__}.{method} is not supported", loc, hint)
    if len(args) != 3 or keywords:
        raise UnsupportedError(f"np.{ufunc.__name__}.at takes an array, an index and a value", loc, "Pass three.")
    return ir.Call(f"np.{ufunc.__name__}.at", args, (), loc)


def known_call(func: str, args: tuple, keywords: tuple, loc: Loc) -> ir.Call | ir.Tuple | ir.Attr | ir.Const:
    """The call of a library function, its arguments in canonical form."""
    if func == "stop_gradient" and len(args) == 1 and isinstance(args[0], ir.Tuple):
        return ir.Tuple(tuple(known_call(func, (item,), keywords, loc) for item in args[0].items), loc)
    keywords = tuple((k, v) for k, v in keywords if not _is_default(k, v))
    if func == "np.concatenate" and dict(keywords).get("axis") == ir.Const(None):
        args, keywords = (_flat(args, loc),), ()
    if func in _FORMS:
        args, keywords = _arrange(*_FORMS[func], args, keywords)
    keywords = tuple((k, _dtype(v, loc) if k == "dtype" else v) for k, v in keywords)
    if func in _REDUCED and "dtype" in dict(keywords):
        args = (ir.Call("np.astype", (args[0], dict(keywords)["dtype"]), (), loc), *args[1:])
        keywords = tuple((k, v) for k, v in keywords if k != "dtype")
    if func in ("np.size", "np.ndim", "np.shape") and len(args) == 1 and not keywords:
        return ir.Attr(args[0], func[3:], loc)
    if func == "float" and len(args) == 1 and isinstance(args[0], ir.Const) and isinstance(args[0].value, str):
        return ir.Const(_number_written(args[0].value, loc), None, loc)
    if func == "complex" and len(args) < 2 and not keywords:
        return ir.Call("np.complex128", args, (), loc) if args else ir.Const(0j, None, loc)
    if func == "np.astype":
        args = (*args[:1], *(_dtype(arg, loc) for arg in args[1:]))
    if func == "np.where" and len(args) == 1 and not keywords:
        func = "np.nonzero"
    if func == "np.reshape" and len(args) == 2 and _is_number(args[1]):
        args = (args[0], ir.Tuple((args[1],), args[1].loc))
    return ir.Call(func, args, keywords, loc)


def _number_written(text: str, loc: Loc) -> float:
    try:
        return float(text)
    except ValueError as error:
        raise UnsupportedError(f"{text!r} is not a number", loc, 'Write float("inf") or a number.') from error


def _is_default(key: str, value) -> bool:
    """Whether an option says what holds without it."""
    return (key, value) in (("dtype", ir.Const(None)), ("copy", ir.Const(True)))


def _flat(args: tuple, loc: Loc) -> ir.Tuple:
    """The arrays that are joined without an axis, each with one axis."""
    if len(args) != 1 or not isinstance(args[0], ir.Tuple):
        raise UnsupportedError("np.concatenate needs the arrays in a tuple", loc, "Write np.concatenate((a, b)).")
    return ir.Tuple(tuple(ir.Call("np.ravel", (item,), (), loc) for item in args[0].items), loc)


def _arrange(count: int, params: tuple, args: tuple, keywords: tuple) -> tuple:
    """`args` and `keywords` with the first `count` parameters positional and the others by keyword."""
    if len(args) > len(params):
        return args, keywords
    aliases = {"newshape": "shape", "min": "a_min", "max": "a_max"}
    given = dict(zip(params, args, strict=False)) | {aliases.get(k, k): v for k, v in keywords}
    positional: list = []
    while len(positional) < count and params[len(positional)] in given:
        positional.append(given.pop(params[len(positional)]))
    return tuple(positional), tuple((k, v) for k, v in given.items() if v != ir.Const(None))


def _dtype(expr, loc: Loc):
    """A dtype written as text, as the dtype that it names."""
    match expr:
        case ir.Const(str(text)):
            return ir.DType(_dtype_written(text, expr.loc or loc), expr.loc)
        case ir.Const(None):
            return ir.DType("float64", expr.loc)
    return expr


def _dtype_written(text: str, loc: Loc) -> str:
    try:
        name = dtype_name(np.dtype(text))
    except TypeError as error:
        raise UnsupportedError(f"{text!r} is not a dtype", loc, "Write np.float64 or another type.") from error
    if name is None:
        raise UnsupportedError(f"the type {text!r} is not supported", loc, NUMBERS)
    return name


def _is_number(expr) -> bool:
    """Whether `expr` is an integer for sure; a name may be a tuple as well."""
    match expr:
        case ir.Const(int()):
            return True
        case ir.Op(op):
            return op in ("neg", "-", "//", "%") or all(_is_number(arg) for arg in expr.args)
        case ir.Call(func):
            return func in ("len", "int")
        case ir.Index(ir.Attr(_, "shape"), index):
            return len(index) == 1 and not isinstance(index[0], ir.Slice)
        case ir.Attr(_, name):
            return name in ("size", "ndim")
    return False
