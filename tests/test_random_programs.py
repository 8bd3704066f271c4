"""Random programs: the generated gradient against finite differences, the value against plain Python's.

`ADTRANS_RANDOM_PROGRAMS` is how many programs to run (60), `ADTRANS_RANDOM_SEED` the first seed; with
`ADTRANS_RANDOM_COMPILED=1` Numba compiles the generated code (some seconds a program).
"""

from __future__ import annotations

import os
import warnings
from functools import cache

import numba
import numpy as np
from random_programs import Program, random_program

from adtrans.errors import UnsupportedError
from adtrans.pipeline import generate

FIRST = int(os.environ.get("ADTRANS_RANDOM_SEED", "1000"))
COUNT = int(os.environ.get("ADTRANS_RANDOM_PROGRAMS", "60"))
COMPILED = os.environ.get("ADTRANS_RANDOM_COMPILED", "0") == "1"
ONCE_WRONG: tuple[int, ...] = ()  # seeds that have failed: always run
DIRECTIONS = 2


class NotSmooth(Exception):
    """The program says nothing here: it has a kink, grows beyond bounds, or reads what is not defined."""


def load(text: str, compiled: bool = False) -> dict:
    """The names of a generated module; `njit` is the identity unless `compiled`."""
    if not compiled:
        text = text.replace("from numba import njit", "njit = lambda *a, **k: a[0] if a else (lambda f: f)")
    namespace: dict = {}
    exec(compile(text.replace(", cache=True", ""), "<generated>", "exec"), namespace)
    return namespace


def copied(args) -> list:
    return [a.copy() if isinstance(a, np.ndarray) else a for a in args]


def parts(value) -> tuple:
    """The results, each as an array of float64."""
    return tuple(np.asarray(v) + 0.0 for v in (value if isinstance(value, tuple) else (value,)))


def value_of(f, args) -> tuple:
    """The results of plain Python. Raises: NotSmooth where it fails or the values are not reasonable."""
    try:
        with np.errstate(over="raise", invalid="raise", divide="raise"):
            found = parts(f(*copied(args)))
    except (UnboundLocalError, ArithmeticError) as error:
        raise NotSmooth(str(error)) from error
    if any(np.iscomplexobj(v) for v in found) or not all(np.all(np.abs(v) < 1e4) for v in found):
        raise NotSmooth("large values")
    return found


def directional(f, args, argnums, weights, direction) -> float:
    """The derivative of the weighted results along `direction`. Raises: NotSmooth."""
    base = [np.array(a, dtype=np.float64, order="K") if k in argnums else a for k, a in enumerate(args)]

    def at(h):
        moved = list(base)
        for k, d in zip(argnums, direction, strict=True):
            moved[k] = base[k] + h * d if np.ndim(base[k]) else float(base[k] + h * d)
        return sum(np.sum(w * v) for w, v in zip(weights, value_of(f, moved), strict=True))

    slopes = [(8 * (at(h) - at(-h)) - (at(2 * h) - at(-2 * h))) / (12 * h) for h in (1e-4, 3e-5)]
    middle, tiny = at(0.0), 1e-6
    slopes += [(at(tiny) - middle) / tiny, (middle - at(-tiny)) / tiny]
    scale = 1 + abs(slopes[0])
    if abs(slopes[0] - slopes[1]) > 1e-6 * scale or max(slopes) - min(slopes) > 1e-3 * scale:
        raise NotSmooth("a kink")
    return slopes[1]


@cache
def random_direction(seed: int, shapes: tuple) -> tuple:
    rng = np.random.default_rng(seed)
    return tuple(rng.normal(size=shape) for shape in shapes)


def check(program: Program, compiled: bool = False) -> None:
    """Raises: AssertionError where value or gradient are wrong, NotSmooth, UnsupportedError."""
    f, exact = program.function(), program.function(double=True)
    args, argnums = program.args, program.argnums
    tolerance = 2e-3 if any(getattr(a, "dtype", None) == np.float32 for a in args) else 1e-6
    expected = value_of(f, args)
    shapes = tuple(np.shape(args[k]) for k in argnums)
    directions = [random_direction(17 + k, shapes) for k in range(DIRECTIONS)]
    weights = random_direction(5, tuple(v.shape for v in expected))
    slopes = [directional(exact, args, argnums, weights, d) for d in directions]
    value, gradient = run(f, args, argnums, weights, compiled)
    for ours, theirs in zip(parts(value), expected, strict=True):
        assert ours.shape == theirs.shape, f"value of shape {ours.shape}, expected {theirs.shape}"
        np.testing.assert_allclose(ours, theirs, rtol=tolerance, atol=tolerance, err_msg="value")
    for k, g in zip(argnums, gradient, strict=True):
        assert np.shape(g) == np.shape(args[k]), f"gradient by {k} of shape {np.shape(g)}"
    for d, slope in zip(directions, slopes, strict=True):
        ours = sum(np.sum(v * g) for v, g in zip(d, gradient, strict=True))
        scale = 1 + sum(np.sum(np.abs(v * g)) for v, g in zip(d, gradient, strict=True))
        assert abs(ours - slope) <= tolerance * 10 * scale, f"gradient: {ours}, expected {slope}"


def run(f, args, argnums, weights, compiled: bool) -> tuple:
    """The value and the gradient of the weighted results from the generated code; arguments must stay as they are."""
    types = tuple(numba.typeof(a) for a in args)
    several = isinstance(f(*copied(args)), tuple)
    scalar = not several and weights[0].ndim == 0
    module = generate(f, types, argnums, "value_and_grad" if scalar else "vjp", single=False)
    ours = copied(args)
    seeds = [] if scalar else [cotangents(f(*copied(args)), weights)]
    value, gradient = load(module.text, compiled)[module.adjoint](*ours, *seeds)
    for before, after in zip(args, ours, strict=True):
        np.testing.assert_array_equal(before, after, err_msg="an argument changed")
    if scalar:
        gradient = tuple(g * weights[0] for g in gradient)
    return value, gradient


def cotangents(value, weights):
    """The weights as cotangents of `value`, of its types."""
    if isinstance(value, tuple):
        return tuple(cotangents(v, (w,)) for v, w in zip(value, weights, strict=True))
    weight = weights[0]
    return weight.astype(value.dtype) if isinstance(value, np.ndarray) else type(value)(weight)


def outcome(seed: int) -> str:
    """What became of the program of `seed`: "checked", "refused" with an error at its line, or "skipped"."""
    program = random_program(seed)
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        try:
            check(program, COMPILED)
        except NotSmooth:
            return "skipped"
        except UnsupportedError as error:
            assert error.loc is not None, f"an error without a place: {error}"
            return "refused"
        except Exception as error:
            error.add_note(f"random_program({seed}), by {program.argnums}:\n{program.source}")
            raise
    return "checked"


def test_random_programs_have_right_gradients_or_clear_errors():
    found = [outcome(seed) for seed in (*ONCE_WRONG, *range(FIRST, FIRST + COUNT))]
    assert found.count("checked") > 0.5 * COUNT, f"too few programs were checked: {found}"
