"""From an array function to the text of a module that runs it, or its gradient, on a GPU."""

from __future__ import annotations

from adtrans import emit, ir, types
from adtrans.analyses.independence import unshared
from adtrans.errors import ArgumentError, Loc, UnsupportedError
from adtrans.names import RESERVED, used
from adtrans.pipeline import allowed, differentiate_program, lower, place_of, tidied_text, type_text
from adtrans.targets import host_helpers
from adtrans.targets.begin import begin
from adtrans.targets.collect import collect
from adtrans.targets.host import Hosted, host
from adtrans.targets.kernel import Module, head
from adtrans.targets.kernels import Kernel
from adtrans.targets.upfront import upfront
from adtrans.targets.upwards import upwards
from adtrans.transforms.coalesce import coalesce
from adtrans.transforms.dead import needed
from adtrans.transforms.fuse import fuse
from adtrans.transforms.rename import rename
from adtrans.transforms.scalarise import Scalarised
from adtrans.transforms.simplify import opened, simplify
from adtrans.transforms.spent import spent

OTHER = 'Use target="cpu".'


def generate(fn, argtypes: tuple, argnums: tuple, mode: str, *, single: bool, fastmath) -> Module:
    """The module for `fn` on arguments of types `argtypes`; `mode` is `primal`, `grad`, `value_and_grad` or `vjp`.

    Raises: UnsupportedError at the user's line, for what cannot be differentiated, or not be run on a GPU.
    """
    program = lower(fn, argtypes)
    function = program.function
    _check(function, argtypes)
    if mode == "primal":
        name, params, env = function.name, tuple(p for p, _ in program.inputs), dict(program.env)
        body, values, doc = opened(function.body), program.values, f"The function of {place_of(function)}"
    else:
        made = differentiate_program(program, argnums, mode, single)
        name, params, env, values = f"{function.name}_{mode}", made.params, made.env, made.program.values
        body, doc = simplify(made.body, made.ours), f"The {mode} of {function.name}"
        _add_types(body, env)
        if mode == "vjp":
            env[params[-1]] = _cotangent_type(body[-1], env)
        if "reassoc" in allowed(fastmath):
            body = fuse(begin(body), env, values, made.tapes.tops)
        body = spent(body, env, values, unshared(body))
    _add_types(body, env)
    body = upwards(upfront(body), env, values)
    body = coalesce(needed(collect(body, env, values)), env)
    hosted = host(rename(body, params), env, values, name, {*RESERVED, *host_helpers.NAMES, name})
    typed = ", ".join(f"{p}: {type_text(t)}" for p, t in zip(function.params, argtypes, strict=True))
    text = _text(function, program, name, params, env, hosted, f"{doc}, on a GPU.", fastmath)
    return Module(tidied_text("\n".join([*_head(place_of(function), typed, text), text])), name, name)


def _check(function: ir.Function, argtypes: tuple) -> None:
    """Raises: ArgumentError and UnsupportedError for arguments that GPUs do not get."""
    loc = Loc(function.file, function.line, 1, function.line, 2)
    if function.name in RESERVED:
        raise UnsupportedError(f"generated code has a {function.name} of its own", loc, "Rename the function.")
    for own in sorted(used(function) & host_helpers.NAMES):
        raise UnsupportedError(f"with target='cuda' generated code has a {own} of its own", loc, f"Rename {own}.")
    if function.constants:
        name = next(iter(function.constants))
        raise UnsupportedError(f"it reads the array {name!r} from outside", loc, "Pass it as an argument.")
    for name, t in zip(function.params, argtypes, strict=True):
        if isinstance(t, types.types.BaseTuple) or types.is_complex(t) or t is types.types.none:
            raise ArgumentError(f"with target='cuda' {name!r} cannot be {types.describe(t)}", loc, OTHER)


def _add_types(block: tuple, env: types.Env) -> None:
    """Gives `env` the types of the numbers in `block` that it lacks."""
    for stmt in ir.statements(block):
        if isinstance(stmt, ir.Assign) and stmt.target not in env and ir.names(stmt.value) <= env.keys():
            env[stmt.target] = types.type_of(stmt.value, env)


def _cotangent_type(end: ir.Return, env: types.Env):
    """The type of the cotangent of the result, which is the first that a vjp returns."""
    result = end.value.items[0]
    if isinstance(result, ir.Tuple):
        raise UnsupportedError("the vjp of several results is not supported with target='cuda'", end.loc, OTHER)
    return types.type_of(result, env)


def _head(place: str, typed: str, text: str) -> list[str]:
    lines = head(place, typed)
    if "SimpleNamespace(" in text:
        lines.insert(lines.index("import math") + 1, "from types import SimpleNamespace")
    lines.insert(lines.index("import numpy as np"), "import numba")
    return lines


def _text(function, program: Scalarised, name, params, env, hosted: Hosted, doc: str, fastmath) -> str:
    decorator = "@cuda.jit(fastmath=True)" if fastmath is True else "@cuda.jit"
    kernels = [_kernel(k, decorator, function.file) for k in hosted.kernels]
    body = [*_arguments(params, env), *hosted.body]
    lines = ['@np.errstate(all="ignore")', f"def {name}({', '.join(params)}, stream=0):", f'    """{doc}"""']
    lines += emit.block(tuple(body), function.file)
    blocks = (*body, *(s for k in hosted.kernels for s in k.body))
    return "\n\n\n".join([*host_helpers.texts(blocks), *kernels, "\n".join(lines)])


def _kernel(kernel: Kernel, decorator: str, file: str) -> str:
    lines = [decorator, f"def {kernel.name}({', '.join(kernel.params)}):", f'    """{kernel.doc}"""']
    return "\n".join([*lines, *emit.block(kernel.body, file)])


def _arguments(params: tuple, env: types.Env) -> list:
    """What brings the arguments to the GPU, and gives numbers their types."""
    arrays = [p for p in params if types.is_array(env[p])]
    where = ir.Call("helper.are_on_host", tuple(map(ir.Name, arrays)))
    out: list = [ir.Assign("on_host", where)]
    for p in params:
        t = env[p]
        if types.is_array(t):
            out.append(ir.Assign(p, ir.Call("helper.on_gpu", (ir.Name(p), ir.Name("stream")))))
        elif types.is_float(t):
            out.append(ir.Assign(p, ir.Call(f"np.{types.dtype_name(t)}", (ir.Name(p),))))
    return out
