"""The options that say which derivative is wanted, and for which types of arguments."""

from __future__ import annotations

import argparse
import difflib
import inspect
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from types import FunctionType

import numpy as np

from adtrans.cli.failure import Failure
from adtrans.errors import ArgumentError
from adtrans.modes import MODES
from adtrans.request import (
    Request,
    check_types,
    make_kernel_request,
    make_request,
    primal_function,
    type_of,
    types_of,
)
from adtrans.targets.launch import KernelVjp

SCALARS = ("float64", "float32", "int64", "int32", "int16", "int8", "uint8", "uint16", "uint32", "uint64", "boolean")
PYTHON = {"float": "float64", "int": "int64", "bool": "boolean"}  # what Python's names mean as types
EXAMPLE = 'Write for example "float64[:, :], float64, int64".'


@dataclass(frozen=True)
class Asked:
    """What a command line asks for: the derivative `request` of `fn` for arguments of types `argtypes`."""

    fn: FunctionType
    request: Request
    argtypes: tuple

    def options(self) -> dict:
        """The arguments of `pipeline.generate`."""
        r = self.request
        return {
            "argnums": r.argnums, "mode": r.mode, "single": r.single, "fastmath": r.fastmath, "parallel": r.parallel
        }  # fmt: skip


def add_argnums(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--argnums", metavar="NAMES", help="by which parameters: names or positions, as in W,b or 0,1; "
        "one gives a bare gradient, several (or one with a comma after it) a tuple; default 0",
    )  # fmt: skip


def add_types(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--types", metavar="TYPES", help='of the arguments, as in "float64[:,:], float64, int64"; '
        "default: the function's annotations",
    )  # fmt: skip


def add_derivative(parser: argparse.ArgumentParser) -> None:
    """`--argnums`, `--types`, `--mode`, `--fastmath` and `--parallel`."""
    add_argnums(parser)
    add_types(parser)
    parser.add_argument("--mode", choices=MODES, default="value_and_grad", help="default: %(default)s")
    parser.add_argument("--fastmath", metavar="FLAGS", help="true, false or LLVM's flags, as in reassoc,contract")
    parser.add_argument("--parallel", action="store_true", default=None, help="run independent iterations in threads")


def ask(target, args) -> Asked:
    """What is asked of the function `target`. Raises: Failure, ArgumentError."""
    options = {"argnums": argnums(args.argnums), "fastmath": fastmath(args.fastmath), "parallel": args.parallel}
    request = make_request(target, args.mode, options)
    argtypes = argument_types(target, args.types)
    # A vjp's last argument, the cotangent, has the result's type.
    check_types(replace(request, mode="value_and_grad"), argtypes)
    return Asked(primal_function(target), request, argtypes)


def ask_kernel(target, args) -> tuple[KernelVjp, tuple]:
    """The adjoint of the kernel `target` that is asked for, and the types of its arguments. Raises: Failure,
    ArgumentError."""
    if args.mode == "grad":
        raise Failure("a kernel returns nothing: it has a vjp, not a gradient")
    options = {"fastmath": fastmath(args.fastmath), "target": args.target}
    if args.parallel:
        options["parallel"] = True
    made = KernelVjp(make_kernel_request(target, argnums(args.argnums), options))
    return made, argument_types(made.primal, args.types)


def argnums(text: str | None):
    """`"W,0"` as `("W", 0)`, `"W"` as `"W"`, `"W,"` as `("W",)`."""
    if text is None:
        return None
    parts = [part.strip() for part in text.split(",")]
    found = tuple(int(part) if re.fullmatch(r"-?\d+", part) else part for part in parts if part)
    return found[0] if found and len(parts) == 1 else found


def fastmath(text: str | None):
    if text is None:
        return None
    known = {"true": True, "false": False}
    return known[text.lower()] if text.lower() in known else {part.strip() for part in text.split(",")}


def argument_types(target, text: str | None) -> tuple:
    """The types in `text`, else those of the annotations and defaults of `target`; arrays are C-contiguous unless
    they are said to be otherwise. Raises: Failure."""
    params = tuple(inspect.signature(target).parameters.values())
    if text is None:
        return tuple(annotated(p, primal_function(target)) for p in params)
    found = tuple(parsed(piece, text, start, k) for k, (start, piece) in enumerate(pieces(text)))
    if len(found) != len(params):
        names = ", ".join(p.name for p in params)
        raise Failure(f"--types has {len(found)} types, but the function takes {len(params)} arguments: {names}")
    return found


def pieces(text: str) -> Iterator[tuple[int, str]]:
    """The types in `text` and where each starts; commas inside brackets do not part them."""
    for match in re.finditer(r"(?:[^,\[\]()]|\[[^\]]*\]|\([^)]*\)|[\[\]()])+", text):
        piece = match.group()
        if piece.strip():
            yield match.start() + len(piece) - len(piece.lstrip()), piece.strip()


def parsed(piece: str, text: str, start: int, k: int):
    """The type that `piece`, the `k`th in `text`, names. Raises: Failure that points at it."""
    found = named_type(piece)
    if found is None:
        scalar = re.split(r"\W", piece)[0]
        near = difflib.get_close_matches(scalar, SCALARS, n=1)
        hint = f"Did you mean {near[0]}?" if near and scalar not in SCALARS else EXAMPLE
        pointer = f"    {text}\n    {' ' * start}{'^' * len(piece)}"
        raise Failure(f"--types: {piece!r}, number {k + 1}, is not a type\n{pointer}\n{hint}")
    return found


def named_type(text: str):
    """The type that `text` names, with Python's names for scalars too; None where it names none."""
    text = re.sub(r"\b(?:numba|nb|np|types)\.", "", text)
    text = re.sub(r"\b(float|int|bool)\b", lambda match: PYTHON[match.group()], text)
    try:
        found = types_of((text,))
    except ArgumentError:
        return None
    return contiguous(found[0]) if len(found) == 1 else None


def contiguous(t):
    """`float64[:, :]` as a C-contiguous array; other layouts as they are."""
    return t.copy(layout="C") if getattr(t, "layout", "") == "A" else t


def annotated(param: inspect.Parameter, fn: FunctionType):
    """The type of a parameter from its annotation, else from its default. Raises: Failure."""
    note = param.annotation
    if note is param.empty:
        if param.default is not param.empty:
            return type_of(param.default)
        raise Failure(f"{fn.__name__}: {param.name!r} has no annotation to take its type from; give --types. {EXAMPLE}")
    found = type_of_annotation(note, fn)
    if found is None:
        shown = note if isinstance(note, str) else getattr(note, "__name__", repr(note))
        why = "says neither element type nor rank" if "rray" in shown else "names no type"
        hint = 'Annotate it with a text such as "float64[:, :]", or give --types.'
        raise Failure(f"{fn.__name__}: the annotation {shown} of {param.name!r} {why}\n{hint}")
    return found


def type_of_annotation(note, fn: FunctionType):
    """The type that an annotation means: a text, a scalar type of Python or NumPy, a Numba type; None for others."""
    if isinstance(note, str):
        note = note.strip("'\"")  # a text under `from __future__ import annotations`
        return named_type(note) or type_of_annotation(global_value(note, fn), fn)
    if isinstance(note, type) and issubclass(note, (bool, int, float, np.number, np.bool_)):
        return type_of(note(0))
    is_numba = type(note).__module__.startswith("numba.")
    return contiguous(types_of((note,))[0]) if is_numba else None


def global_value(name: str, fn: FunctionType):
    """What a dotted name stands for where `fn` is defined; None for anything else."""
    first, *rest = name.split(".")
    value = fn.__globals__.get(first)
    for attribute in rest:
        value = getattr(value, attribute, None)
    return value
