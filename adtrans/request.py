"""What is asked of a function: which derivative, by which parameters, for which argument types. Checked here."""

from __future__ import annotations

import dis
import inspect
import itertools
import linecache
import operator
import re
from dataclasses import dataclass
from types import FunctionType
from typing import Any

from numba.core import errors, sigutils, types
from numba.core.typing.typeof import Purpose, typeof

from adtrans.errors import ArgumentError, Loc
from adtrans.passes import FASTMATH
from adtrans.py_func import py_func
from adtrans.subclasses import has_own_arithmetic
from adtrans.users import is_users

_DEFAULTS = {"argnums": 0, "fastmath": FASTMATH, "parallel": False, "cache": True, "target": "cpu"}
_FLAGS = FASTMATH | {"nnan", "ninf", "fast"}
_ALLOWED = "float32, float64, complex64, complex128, integers, booleans, arrays of them, tuples of these, and None"


@dataclass(frozen=True)
class Request:
    """What is asked of a function, apart from the argument types. `wrapped` is what the user passed: a function,
    an `@njit` function or a `Derivative`; `single` says that `argnums` was one value, not a sequence."""

    wrapped: Any
    mode: str  # "primal", "grad", "value_and_grad" or "vjp"
    argnums: tuple
    single: bool
    fastmath: bool | frozenset[str]  # of LLVM's flags
    parallel: bool
    cache: bool
    target: str

    def options(self) -> tuple:
        flags = self.fastmath if isinstance(self.fastmath, bool) else tuple(sorted(self.fastmath))
        return (self.mode, self.argnums, self.single, flags, self.parallel, self.target)

    def parameters(self) -> tuple:
        """The parameters of what is asked for, an `inspect.Parameter` each; a vjp's last is the result's cotangent."""
        params = tuple(inspect.signature(self.wrapped).parameters.values())
        return (*params, _cotangent_parameter(params)) if self.mode == "vjp" else params

    def is_persistent(self) -> bool:
        """Whether results are kept on disk: all of a derivative of a derivative, or nothing of it."""
        inner = request_of(self.wrapped)
        return self.cache and (inner is None or inner.is_persistent())


def make_request(wrapped, mode: str, options: dict) -> Request:
    """The checked request; an option that is missing or None is that of `wrapped` where that has options, else the
    default.

    Raises: ArgumentError.
    """
    fn = _function(wrapped)
    loc = function_loc(fn)
    for name in options.keys() - _DEFAULTS.keys():
        raise ArgumentError(f"there is no option {name!r}", loc, f"Options are {', '.join(_DEFAULTS)}.")
    inherited = _options_of(wrapped)
    chosen = {**_DEFAULTS, **inherited, **{k: v for k, v in options.items() if v is not None}}
    if is_kernel(wrapped):
        raise ArgumentError(f"{fn.__name__} is a kernel, which returns nothing", loc, "Use adtrans.vjp.")
    if chosen["target"] not in ("cpu", "cuda"):
        raise ArgumentError(f"target {chosen['target']!r} is not supported", loc, 'Use target="cpu" or target="cuda".')
    for name in ("parallel", "cache"):
        if not isinstance(chosen[name], bool):
            raise ArgumentError(f"option {name!r} is {chosen[name]!r}; it is True or False", loc)
    names = _parameter_names(wrapped, loc)
    argnums, single = _argnums(chosen.pop("argnums"), names, loc)
    chosen["fastmath"] = _fastmath(chosen["fastmath"], loc)
    return Request(wrapped, mode, argnums, single, **chosen)


@dataclass(frozen=True)
class KernelRequest:
    """What is asked of a kernel, a Python function; `argnums` None for all arrays of floating-point numbers. `records`
    is how many values a thread can record where that is not known before the launch."""

    kernel: FunctionType
    argnums: tuple | None
    fastmath: bool | frozenset[str]
    cache: bool
    records: int

    def parameters(self) -> tuple:
        return tuple(inspect.signature(self.kernel).parameters)

    def options(self) -> tuple:
        return tuple(sorted(self.generated().items()))

    def generated(self) -> dict:
        """The options that the generated text depends on."""
        reorder = self.fastmath if isinstance(self.fastmath, bool) else "reassoc" in self.fastmath
        return {"reorder": reorder, "fast": self.fastmath is True}


def make_kernel_request(wrapped, argnums, options: dict) -> KernelRequest:
    """The checked request for the adjoint of a kernel: a `@cuda.jit` function, or a Python function written as one.

    Raises: ArgumentError.
    """
    fn = _function(wrapped)
    loc = function_loc(fn)
    defaults = {"fastmath": FASTMATH, "cache": True, "target": "cuda", "records": 1024}
    for name in options.keys() - defaults.keys():
        raise ArgumentError(f"there is no option {name!r} for kernels", loc, f"Options are {', '.join(defaults)}.")
    chosen = defaults | {k: v for k, v in options.items() if v is not None}
    if chosen.pop("target") != "cuda":
        message = f"target {options['target']!r} does not fit the kernel {fn.__name__}"
        raise ArgumentError(message, loc, 'Leave it out, or write target="cuda".')
    if not isinstance(chosen["records"], int) or chosen["records"] < 1:
        raise ArgumentError(
            f"option 'records' is {chosen['records']!r}", loc, "It is how many values a thread records."
        )
    names = _parameter_names(fn, loc)
    found = None if argnums is None else _argnums(argnums, names, loc)[0]
    chosen["fastmath"] = _fastmath(chosen["fastmath"], loc)
    return KernelRequest(fn, found, **chosen)


def is_kernel(wrapped) -> bool:
    """Whether `wrapped` is a `@cuda.jit` function; `numba.cuda` is not imported to find out."""
    return type(wrapped).__module__.startswith("numba.cuda.")


def is_written_as_kernel(wrapped) -> bool:
    """Whether `wrapped` is a kernel, or a Python function that uses `numba.cuda`, or returns nothing, as kernels do."""
    fn = _function(wrapped)
    code = [i for i in dis.get_instructions(fn) if i.opname not in ("CACHE", "NOP")]
    values = [i.argval for i in code if i.opname == "RETURN_CONST"]
    ends = ((a, b) for a, b in itertools.pairwise(code) if b.opname == "RETURN_VALUE")
    values += [a.argval if a.opname == "LOAD_CONST" else a for a, _ in ends]
    used = (getattr(fn.__globals__.get(name), "__name__", "") for name in fn.__code__.co_names)
    return is_kernel(wrapped) or "numba.cuda" in used or all(value is None for value in values)


def request_of(wrapped) -> Request | None:
    """The request behind an object of ours; None for the user's functions."""
    request = None if isinstance(wrapped, FunctionType) else getattr(wrapped, "request", None)
    return request if isinstance(request, Request) else None


def primal_function(wrapped):
    """The Python function behind a function, an `@njit` function or an object of ours."""
    request = request_of(wrapped)
    return py_func(wrapped) if request is None else primal_function(request.wrapped)


def _options_of(wrapped) -> dict:
    """The options that what is asked of `wrapped` starts from: those of an object of ours, and whether an `@njit`
    function is parallel."""
    request = request_of(wrapped)
    if request is None:
        return {"parallel": True} if getattr(wrapped, "targetoptions", {}).get("parallel") else {}
    options = {name: getattr(request, name) for name in ("fastmath", "parallel", "cache", "target")}
    if request.mode == "primal":
        options["argnums"] = request.argnums[0] if request.single else request.argnums
    return options


def _function(wrapped):
    fn = primal_function(wrapped)
    if is_users(wrapped):
        raise ArgumentError(
            f"{fn.__name__} has a rule of its own", function_loc(fn), "Differentiate a function that calls it."
        )
    if not isinstance(fn, FunctionType):
        message = f"cannot differentiate {fn!r}"
        raise ArgumentError(message, None, "Pass a Python function, an @njit function, or a function of adtrans.")
    return fn


def _parameter_names(wrapped, loc) -> list:
    params = inspect.signature(wrapped).parameters.values()
    for param in params:
        if param.kind is not param.POSITIONAL_OR_KEYWORD:
            raise ArgumentError(f"parameter {str(param)!r} is not supported", loc, "Use plain parameters only.")
    if not params:
        raise ArgumentError("the function has no parameters to differentiate by", loc)
    return [param.name for param in params]


def _argnums(argnums, names: list, loc) -> tuple:
    """`argnums` as a tuple of positions, and whether it was a single one."""
    single = isinstance(argnums, str) or not hasattr(argnums, "__iter__")
    found = tuple(_position(a, names, loc) for a in ((argnums,) if single else argnums))
    if not found:
        raise ArgumentError("argnums is empty", loc)
    repeated = {names[i] for i in found if found.count(i) > 1}
    if repeated:
        raise ArgumentError(f"argnums has {', '.join(sorted(repeated))} more than once", loc)
    return found, single


def _position(argnum, names, loc) -> int:
    if isinstance(argnum, str):
        if argnum not in names:
            raise ArgumentError(f"argnums: there is no parameter {argnum!r}", loc, f"It has {', '.join(names)}.")
        return names.index(argnum)
    try:
        position = operator.index(argnum)
    except TypeError:
        position = None
    if position is None or isinstance(argnum, bool):
        raise ArgumentError(f"argnums has {argnum!r}; it takes positions and names of parameters", loc)
    if not -len(names) <= position < len(names):
        raise ArgumentError(f"argnums has {position}, but the function has {len(names)} parameters", loc)
    return position % len(names)


def _fastmath(fastmath, loc):
    if isinstance(fastmath, bool):
        return fastmath
    if isinstance(fastmath, (set, frozenset, list, tuple)) and _FLAGS.issuperset(fastmath):
        return frozenset(fastmath)
    raise ArgumentError(f"fastmath is {fastmath!r}", loc, f"Use True, False or a set of {', '.join(sorted(_FLAGS))}.")


def _cotangent_parameter(params):
    name = "y_bar"
    while name in {p.name for p in params}:
        name += "_"
    # After parameters with defaults Python wants one here too; None is turned away when the call is compiled.
    default = None if any(p.default is not p.empty for p in params) else inspect.Parameter.empty
    return inspect.Parameter(name, inspect.Parameter.POSITIONAL_OR_KEYWORD, default=default)


def function_loc(fn) -> Loc:
    """Where `fn` is defined: its `def` line, or its first line where it has none or there is no source."""
    file, first = fn.__code__.co_filename, fn.__code__.co_firstlineno
    is_def = re.compile(rf"\s*(async\s+)?def\s+{re.escape(fn.__code__.co_name)}\b").match
    for line in range(first, first + 50):  # past the decorators
        text = linecache.getline(file, line).rstrip()
        if is_def(text):
            return Loc(file, line, len(text) - len(text.lstrip()) + 1, line, len(text) + 1)
    return Loc(file, first, 1, first, 2)


def types_of(args) -> tuple:
    """Numba types from Numba types, from strings of one or several types, or from values.

    Raises: ArgumentError where a string is not of types.
    """
    found = []
    for arg in args:
        if isinstance(arg, types.Type):
            found.append(arg)
        elif isinstance(arg, str):
            found.extend(_parse_types(arg))
        else:
            found.append(type_of(arg))
    return tuple(found)


def _parse_types(text) -> tuple:
    try:
        found = sigutils._parse_signature_string(f"({text},)")
    except (AttributeError, NameError, SyntaxError, TypeError):
        found = (None,)
    if not all(isinstance(ty, types.Type) for ty in found):
        raise ArgumentError(f"{text!r} does not name Numba types", None, 'An example: "float64[:, ::1], int64".')
    return found


def type_of(value):
    """The Numba type of `value` as an argument; `pyobject` where Numba has none."""
    if has_own_arithmetic(type(value)):
        return types.pyobject
    try:
        return typeof(value, Purpose.argument) or types.pyobject
    except (errors.NumbaValueError, ValueError):
        return types.pyobject


def check_types(request: Request, argtypes: tuple, names: list | None = None):
    """Raises: ArgumentError naming the parameter whose type cannot be an argument or cannot be differentiated by;
    `names` are the Python types of the values, where known."""
    params = request.parameters()
    fn = primal_function(request.wrapped)
    loc = function_loc(fn)
    if len(argtypes) != len(params):
        raise ArgumentError(f"{fn.__name__} takes {len(params)} arguments here, {len(argtypes)} were given", loc)
    for i, (param, ty) in enumerate(zip(params, map(_value_type, argtypes), strict=True)):
        got = names[i] if names and not isinstance(ty, types.Array) else ty
        if request.mode == "vjp" and i == len(params) - 1:
            _check_cotangent(param.name, ty, got, loc)
        elif ty is types.none and (request.mode == "primal" or i not in request.argnums):
            continue  # a parameter that is not given
        elif ty is types.none and isinstance(argtypes[i], types.Omitted):
            raise ArgumentError(*_not_float(param.name, ty, loc))
        elif not all(map(_is_allowed, _leaves(ty))):
            hint = f"Pass np.asarray({param.name}, dtype=float) if that is meant."
            raise ArgumentError(f"argument {param.name!r} is of type {got}; allowed are {_ALLOWED}", loc, hint)
        elif request.mode != "primal" and i in request.argnums and not all(map(_is_float, _leaves(ty))):
            raise ArgumentError(*_not_float(param.name, ty, loc))


def _not_float(name: str, ty, loc) -> tuple:
    if isinstance(ty, types.BaseTuple):
        hint = "Pass what is not floating point as a parameter of its own."
        other = next(leaf for leaf in _leaves(ty) if not _is_float(leaf))
        return f"cannot differentiate by {name!r}: an item of it is {other}, not floating point", loc, hint
    hint = f"Pass {name}.astype(float)." if isinstance(ty, types.Array) else f"Pass float({name})."
    return f"cannot differentiate by {name!r}: it is {ty}, not floating point", loc, hint


def _check_cotangent(name, ty, got, loc):
    if ty is types.none:
        raise ArgumentError(f"the cotangent {name!r} of the result is missing", loc)
    if not all(map(_is_allowed, _leaves(ty))):
        raise ArgumentError(f"the cotangent {name!r} is of type {got}; allowed are {_ALLOWED}", loc)


def check_cotangent(request: Request, argtypes: tuple, result) -> None:
    """Raises: ArgumentError where the cotangent has not the form of the result, a tuple for a tuple and an array for
    an array of as many axes."""
    given = _value_type(argtypes[-1])
    if _form(given) != _form(result):
        name, loc = request.parameters()[-1].name, function_loc(primal_function(request.wrapped))
        message = f"the cotangent {name!r} is {given}, but the result is {result}"
        raise ArgumentError(message, loc, "Give it the shape of the result.")


def _form(t: Any):
    return tuple(map(_form, _items(t))) if isinstance(t, types.BaseTuple) else getattr(t, "ndim", 0)


def plain_types(argtypes) -> tuple:
    """The types that text is generated for: of arrays, only element type, rank and layout matter."""
    return tuple(_plain_type(_value_type(ty)) for ty in argtypes)


def _plain_type(t):
    if isinstance(t, types.BaseTuple):
        return types.BaseTuple.from_types(tuple(map(_plain_type, _items(t))), getattr(t, "instance_class", None))
    return types.Array(t.dtype, t.ndim, t.layout) if isinstance(t, types.Array) else t


def type_key(t: Any) -> str:
    """Text that is the same for types of which the generated text is the same."""
    if not isinstance(t, types.BaseTuple):
        return str(t)
    name = getattr(t, "instance_class", tuple).__name__
    return f"{name}{getattr(t, 'fields', ())}({', '.join(map(type_key, _items(t)))})"


def _leaves(t: Any) -> tuple:
    """The types in a tuple's type and in those inside of it; the type itself of anything else."""
    return tuple(leaf for item in _items(t) for leaf in _leaves(item)) if isinstance(t, types.BaseTuple) else (t,)


def _items(t: Any) -> tuple:
    return tuple(t)


def _value_type(ty):
    """`ty` without what Numba knows about the value: literals and defaults."""
    return type_of(ty.value) if isinstance(ty, types.Omitted) else types.unliteral(ty)


def _scalar(ty):
    return ty.dtype if isinstance(ty, types.Array) else ty


def _is_float(ty):
    return _scalar(ty) in (types.float32, types.float64, types.complex64, types.complex128)


def _is_allowed(ty):
    return _is_float(ty) or isinstance(_scalar(ty), (types.Integer, types.Boolean))
