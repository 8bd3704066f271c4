"""`adtrans verify`: a gradient against finite differences."""

from __future__ import annotations

import argparse
import inspect
import math
import re
import sys
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from adtrans.api import differentiate, vjp
from adtrans.cli.failure import FAILED, OK, Failure
from adtrans.cli.options import add_argnums, add_types, annotated, argnums, argument_types
from adtrans.cli.program import program
from adtrans.request import check_types, primal_function, type_of, types_of
from adtrans.testing import (
    DIRECTIONS,
    STEP,
    Tolerance,
    affordable,
    check_grads,
    comparisons,
    complete,
    coordinate_count,
    copies,
    doubles,
    flat,
    random_cotangent,
)

LENGTH = 3  # of every axis of a random array, where nothing else is asked for


@dataclass(frozen=True)
class Result:
    """How the gradient by one argument compares: `error` is its largest, relative to the largest derivative."""

    argument: str
    error: float
    holds: bool


def add(commands) -> argparse.ArgumentParser:
    """The parser of the command."""
    parser = commands.add_parser(
        "verify",
        help="check a gradient numerically",
        description="Compares the gradient with finite differences of the plain function, at the given arguments or at "
        "small random ones. It exits with 1 where they differ.",
    )
    parser.add_argument("target", metavar="FILE.py:FUNC", help="the function")
    add_argnums(parser)
    add_types(parser)
    parser.add_argument("--args", metavar="VALUES", help='as in "np.ones(3), 2.0"; with np, math, rng (a NumPy '
                        "Generator) and the names in FILE.py")  # fmt: skip
    parser.add_argument("--shape", nargs="+", action="extend", default=[], metavar="NAME=N,M",
                        help=f"shapes of random arrays, as in x=3,4; default: {LENGTH} along each axis")  # fmt: skip
    parser.add_argument("--seed", type=int, default=0, help="of everything random; default: %(default)s")
    parser.set_defaults(run=run)
    return parser


def run(args) -> int:
    if args.args is not None and (args.types or args.shape):
        raise Failure("--args gives the values; --types and --shape are for random ones")
    with program(args.target, Path()) as target:
        chosen = argnums(args.argnums)
        values = given(target, args) if args.args is not None else drawn(target, args)
        request = vjp(target, chosen).request
        check_types(replace(request, mode="value_and_grad"), tuple(map(type_of, values)))
        if problem := trouble(target, values):
            raise Failure(f"{problem} at these arguments", FAILED)
        said = disagreement(target, values, chosen, args.seed)
        results = compared(target, values, request.argnums, args.seed)
    print(table(results))
    if said:
        print(said, file=sys.stderr)
    return FAILED if said or not all(result.holds for result in results) else OK


def disagreement(target, values: tuple, chosen, seed: int) -> str:
    """What `check_grads` finds wrong: also of values, shapes and arguments that change. Empty for nothing."""
    try:
        check_grads(target, values, chosen, seed=seed)
    except AssertionError as error:
        return str(error)
    return ""


def given(target, args) -> tuple:
    """The values of `--args`. Raises: Failure."""
    names = {**primal_function(target).__globals__, "np": np, "math": math, "rng": np.random.default_rng(args.seed)}
    try:
        return complete(target, eval(f"({args.args},)" if args.args.strip() else "()", names))
    except Exception as error:
        raise Failure(f"--args {args.args!r}: {type(error).__name__}: {error}") from error


def drawn(target, args) -> tuple:
    """Random values at which the function is finite: normally distributed, or else between 0.1 and 0.9."""
    shapes = dict(map(shape, args.shape))
    params = inspect.signature(target).parameters
    for name in shapes.keys() - params.keys():
        raise Failure(f"--shape: the function has no parameter {name!r}; it has {', '.join(params)}")
    kinds = argument_kinds(target, args.types, shapes)
    problem = ""
    for positive in (False, True):
        values = random_values(np.random.default_rng(args.seed), kinds, positive)
        problem = trouble(target, values)
        if not problem:
            return values
    raise Failure(f"{problem} at random arguments; give --args, or --shape", FAILED)


def shape(text: str) -> tuple[str, tuple[int, ...]]:
    """`x=3,4` as `("x", (3, 4))`. Raises: Failure."""
    if not re.fullmatch(r"\w+=\d+(,\d+)*", text):
        raise Failure(f"--shape {text!r} is not like x=3,4")
    name, _, lengths = text.partition("=")
    return name, tuple(map(int, lengths.split(",")))


def argument_kinds(target, text: str | None, shapes: dict) -> list[tuple[np.dtype, tuple[int, ...]]]:
    """Element type and shape of each argument. Where shapes are given, what has no type is of float64.

    Raises: Failure.
    """
    params = inspect.signature(target).parameters
    if text is None:
        fn = primal_function(target)
        bare = types_of(("float64",))[0]
        free = [n for n, p in params.items() if shapes and p.annotation is p.default is p.empty]
        found = [bare if name in free else annotated(p, fn) for name, p in params.items()]
    else:
        found = list(argument_types(target, text))
    return [kind(name, t, shapes.get(name)) for name, t in zip(params, found, strict=True)]


def kind(name: str, t, lengths: tuple[int, ...] | None) -> tuple[np.dtype, tuple[int, ...]]:
    ndim = getattr(t, "ndim", 0)
    if lengths is not None and ndim not in (0, len(lengths)):
        raise Failure(f"--shape: {name!r} has {ndim} axes, not {len(lengths)}")
    dtype = str(getattr(t, "dtype", t)).replace("boolean", "bool")
    return np.dtype(dtype), lengths if lengths is not None else (LENGTH,) * ndim


def random_values(rng, kinds: list, positive: bool) -> tuple:
    """A value of each kind. Integers are valid indices of every axis; those that are alone are the last such."""
    length = min([n for _, lengths in kinds for n in lengths], default=LENGTH)

    def value(dtype, lengths):
        if dtype.kind == "f":
            drawn = rng.uniform(0.1, 0.9, lengths) if positive else rng.standard_normal(lengths)
        elif dtype.kind == "b":
            drawn = rng.random(lengths) < 0.5
        else:
            drawn = rng.integers(0, max(length, 1), lengths) if lengths else max(length - 1, 0)
        return np.asarray(drawn, dtype) if lengths else dtype.type(drawn).item()

    return tuple(value(dtype, lengths) for dtype, lengths in kinds)


def trouble(target, values: tuple) -> str:
    """What is wrong with the function's value there; empty for a finite one."""
    try:
        with np.errstate(all="ignore"):
            y = flat(primal_function(target)(*copies(values)))
    except Exception as error:  # the user's
        return f"the function raises {type(error).__name__}: {error}"
    return "" if np.isfinite(y).all() else "the function is not finite"


def compared(target, values: tuple, active: tuple, seed: int) -> list[Result]:
    """A result for each of the arguments at the positions `active`."""
    rng = np.random.default_rng(seed)
    names = tuple(inspect.signature(target).parameters)
    checks = sum(DIRECTIONS + coordinate_count(values, (k,)) for k in active)
    primal = affordable(primal_function(target), differentiate(primal_function(target)), values, checks)
    y = primal(*doubles(values))
    y_bar = random_cotangent(rng, differentiate(target)(*copies(values)))
    _, cotangents = vjp(target, active)(*copies(values), y_bar)
    tolerance = Tolerance.of(values)
    results = []
    for k, x_bar in zip(active, cotangents, strict=True):
        rows = comparisons(primal, values, (k,), y, y_bar, (x_bar,), rng, names, STEP, tolerance)
        size = max(max(abs(row.analytic), abs(row.numeric)) for row in rows)
        error = max(abs(row.analytic - row.numeric) for row in rows) / (size or 1.0)
        results.append(Result(names[k], error, all(row.holds() for row in rows)))
    return results


def table(results: list[Result]) -> str:
    cells = [("argument", "max relative error", "ok")]
    cells += [(r.argument, f"{r.error:.1e}", "yes" if r.holds else "NO") for r in results]
    width = max(len(name) for name, _, _ in cells)
    return "\n".join(f"{name.ljust(width)}  {error.rjust(18)}  {ok}" for name, error, ok in cells)
