"""A random program checked: the generated gradient against finite differences, the values against plain Python's.

Where Python runs the program or the generated code, memory that is left empty has NaN in it: reading it shows.
"""

from __future__ import annotations

import os
import random
import warnings
from functools import cache
from unittest.mock import patch

import numba
import numpy as np
from random_programs import Program
from uncompiled import plain

from adtrans import passes
from adtrans.errors import UnsupportedError
from adtrans.passes import FASTMATH
from adtrans.pipeline import generate

DIRECTIONS = 2
UNWRITTEN = 2**40  # an integer that is no index


class NotSmooth(Exception):
    """The program says nothing here: it has a kink, grows beyond bounds, or reads what is not defined."""


class Poisoned:
    """NumPy, but for empty arrays, which have no number in them."""

    def __getattr__(self, name: str):
        return getattr(np, name)

    def empty(self, shape, dtype=np.float64):
        a = np.empty(shape, dtype)
        if a.dtype.kind != "b":
            a.fill(np.nan if a.dtype.kind in "fc" else UNWRITTEN)
        return a

    def empty_like(self, a):
        return self.empty(a.shape, a.dtype)


class Guarded(np.ndarray):
    """An array of which no element is read that is NaN. Raises: NotSmooth."""

    def __getitem__(self, index):
        item = super().__getitem__(index)
        if isinstance(item, np.inexact) and np.isnan(item):
            raise NotSmooth("an element that was not written")
        return item

    def __array_wrap__(self, array, context=None, return_scalar=False):
        """Numbers as numbers: an array without axes would be added to in place, under all its names."""
        return array[()] if array.ndim == 0 else super().__array_wrap__(array, context, return_scalar)


class PoisonedAndGuarded(Poisoned):
    """NumPy whose new arrays do not let what was not written be read."""

    def empty(self, shape, dtype=np.float64):
        return super().empty(shape, dtype).view(Guarded)

    def zeros(self, shape, dtype=np.float64):
        return np.zeros(shape, dtype).view(Guarded)

    def ones(self, shape, dtype=np.float64):
        return np.ones(shape, dtype).view(Guarded)


def guarded(f):
    """`f`, which must not read what it has not written."""
    f.__globals__["np"] = PoisonedAndGuarded()
    return f


def load(text: str, compiled: bool = False) -> dict:
    """The names of a generated module; `njit` is the identity unless `compiled`."""
    text = text if compiled else plain(text)
    namespace: dict = {}
    exec(compile(text.replace(", cache=True", ""), "<generated>", "exec"), namespace)
    if not compiled:
        namespace["np"] = Poisoned()
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
    except (UnboundLocalError, ArithmeticError, ValueError, IndexError) as error:
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


def check(program: Program, compiled: bool = False, modes: tuple = (FASTMATH,)) -> None:
    """Checks the code for each `fastmath` of `modes`.

    Raises: AssertionError where value or gradient are wrong, NotSmooth, UnsupportedError.
    """
    f, exact = program.function(), guarded(program.function(double=True))
    args, argnums = program.args, program.argnums
    tolerance = 2e-3 if any(getattr(a, "dtype", None) == np.float32 for a in args) else 1e-6
    expected = value_of(guarded(program.function()), args)
    shapes = tuple(np.shape(args[k]) for k in argnums)
    directions = [random_direction(17 + k, shapes) for k in range(DIRECTIONS)]
    weights = random_direction(5, tuple(v.shape for v in expected))
    slopes = [directional(exact, args, argnums, weights, d) for d in directions]
    for fastmath in modes:
        primal, value, gradient = run(f, args, argnums, weights, compiled, fastmath)
        same_values(primal, expected, tolerance, "primal")
        same_values(value, expected, tolerance, "value")
        for k, g in zip(argnums, gradient, strict=True):
            assert np.shape(g) == np.shape(args[k]), f"gradient by {k} of shape {np.shape(g)}"
        for d, slope in zip(directions, slopes, strict=True):
            ours = sum(np.sum(v * g) for v, g in zip(d, gradient, strict=True))
            scale = 1 + sum(np.sum(np.abs(v * g)) for v, g in zip(d, gradient, strict=True))
            assert abs(ours - slope) <= tolerance * 10 * scale, f"gradient: {ours}, expected {slope}"


def same_values(value, expected: tuple, tolerance: float, what: str) -> None:
    for ours, theirs in zip(parts(value), expected, strict=True):
        assert ours.shape == theirs.shape, f"{what} of shape {ours.shape}, expected {theirs.shape}"
        np.testing.assert_allclose(ours, theirs, rtol=tolerance, atol=tolerance, err_msg=what)


def run(f, args, argnums, weights, compiled: bool, fastmath) -> tuple:
    """The primal's value, the value and the gradient of the weighted results from the generated code; arguments must
    stay as they are."""
    types = tuple(numba.typeof(a) for a in args)
    several = isinstance(f(*copied(args)), tuple)
    scalar = not several and weights[0].ndim == 0
    module = generate(f, types, argnums, "value_and_grad" if scalar else "vjp", single=False, fastmath=fastmath)
    names, before = load(module.text, compiled), copied(args)
    seeds = [] if scalar else [cotangents(f(*copied(args)), weights)]
    value, gradient = names[module.adjoint](*args, *seeds)
    for old, new in zip(before, args, strict=True):
        np.testing.assert_array_equal(old, new, err_msg="an argument changed")
    if scalar:
        gradient = tuple(g * weights[0] for g in gradient)
    primal = names[module.primal](*(before if not compiled else map(laid_out_alike, before, args)))
    return primal, value, gradient


def laid_out_alike(values, a):
    """A copy of the array `a`, laid out in memory as it is."""
    if not isinstance(a, np.ndarray):
        return values
    if a.flags.c_contiguous or a.flags.f_contiguous:
        return a.copy(order="K")
    wide = np.empty((2 * a.shape[0], *a.shape[1:]), a.dtype)
    wide[::2] = values
    return wide[::2]


def cotangents(value, weights):
    """The weights as cotangents of `value`, of its types."""
    if isinstance(value, tuple):
        return tuple(cotangents(v, (w,)) for v, w in zip(value, weights, strict=True))
    weight = weights[0]
    return weight.astype(value.dtype) if isinstance(value, np.ndarray) else type(value)(weight)


def switched_off(seed: int) -> str:
    """The passes that a program is generated without: none mostly, else some of them, seldom all. Whether a pass is
    among them does not depend on which others there are."""
    share = random.Random(seed).choice((0.0, 0.0, 0.0, 0.1, 0.5, 1.0))
    return ",".join(name for name in passes.names() if random.Random(f"{seed} {name}").random() < share)


def outcome(program: Program, compiled: bool = False, modes: tuple = (FASTMATH,), off: str | None = None) -> str:
    """What became of a program: "checked", "refused" with an error at its line, or "skipped"; the passes `off` are
    switched off, or else some."""
    off = switched_off(program.seed) if off is None else off
    with warnings.catch_warnings(), np.errstate(all="ignore"), patch.dict(os.environ, {passes.VARIABLE: off}):
        warnings.simplefilter("ignore")
        try:
            check(program, compiled, modes)
        except NotSmooth:
            return "skipped"
        except UnsupportedError as error:
            assert error.loc is not None, f"an error without a place: {error}"
            return "refused"
        except Exception as error:
            how = f"by {program.argnums}" + (f", without {off}" if off else "")
            error.add_note(f"the program of seed {program.seed}, {how}:\n{program.source}")
            raise
    return "checked"
