"""From a function of numbers to the text of a module with its gradient as a device function."""

from __future__ import annotations

from adtrans import emit, ir
from adtrans.errors import UnsupportedError
from adtrans.names import fresh
from adtrans.pipeline import allowed, differentiate_program, loops, place_of, tidied_text, type_text
from adtrans.targets.kernel import Module, head
from adtrans.targets.memory import memory
from adtrans.targets.spelling import spelling
from adtrans.transforms.coalesce import coalesce
from adtrans.transforms.fuse import fuse
from adtrans.transforms.gradient import Gradient
from adtrans.transforms.parts import parts
from adtrans.transforms.rename import rename
from adtrans.transforms.simplify import simplify


def generate(fn, argtypes: tuple, argnums: tuple, mode: str, *, single: bool, fastmath) -> Module:
    """The module for `fn` on arguments of types `argtypes`; `mode` is `grad`, `value_and_grad` or `vjp`.

    Raises: UnsupportedError at the user's line, for what cannot be differentiated, or what a thread has no memory for.
    """
    program = parts(loops(fn, argtypes))
    function = program.function
    made = differentiate_program(program, argnums, mode, single)
    body = simplify(made.body, made.ours)
    if "reassoc" in allowed(fastmath):
        body = fuse(body, made.env, made.program.values, made.tapes.tops)
    body = spelling(_in_memory(body, made, function), made.env)
    body = rename(coalesce(body, made.env, made.ours), made.params)
    name = f"{function.name}_{mode}"
    decorator = f"@cuda.jit(device=True{', fastmath=True' if fastmath is True else ''})"
    typed = ", ".join(f"{p}: {type_text(t)}" for p, t in zip(function.params, argtypes, strict=True))
    doc = f'    """The {mode} of {function.name}, for kernels."""'
    lines = [decorator, f"def {name}({', '.join(made.params)}):", doc, *emit.block(body, function.file)]
    return Module(tidied_text("\n".join([*head(place_of(function), typed), *lines])), function.name, name)


def _in_memory(body: tuple, made: Gradient, function: ir.Function) -> tuple:
    """The body with arrays in the thread's own memory."""
    taken = set(made.env)
    stored = memory(body, made.env, made.program.values, (), ir.Const(0), lambda base: fresh(base, taken))
    for stmt in (s for s in ir.statements(body) if isinstance(s, ir.Alloc)):
        if any(tape.name == stmt.target for tape in stored.tapes):
            hint = "Give its loops a constant number of iterations, or take the vjp of the kernel that calls it."
            raise UnsupportedError(f"{function.name} records more than a known number of values", stmt.loc, hint)
    return stored.body
