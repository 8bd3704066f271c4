"""`check_grads`: gradients against finite differences and the dot-product test.

With cotangent `y_bar` of the result and tangent `v` of the arguments, `<y_bar, J v>` comes from differences of the
primal and `<J^T y_bar, v>` from the adjoint; they are equal for every `v` exactly if the adjoint is right.
"""

from __future__ import annotations

import inspect
import time
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from adtrans import structure
from adtrans.api import differentiate, value_and_grad, vjp
from adtrans.py_func import py_func
from adtrans.real_parts import of_parts, split
from adtrans.structure import copy, leaves, mapped

DIRECTIONS = 3  # random tangents
COORDINATES = 64  # up to so many numbers in the arguments, each is checked by itself
STEP = 2.0**-5  # the largest step of the differences, each next one is a quarter of the last
LEVELS = 14
BUDGET = 20.0  # seconds for the uncompiled primal in all differences together
INTERPRETED = 100.0  # how much slower than compiled an uncompiled loop is, about
ROWS = 20  # of the table in the error


def check_grads(f, args, argnums=None, *, eps=None, rtol=None, atol=None, seed=0) -> None:
    """Nothing, where the gradients of `f` at `args` agree with finite differences.

    `f` and `argnums` are as in `adtrans.vjp`; the result of `f` is a number, an array or a tuple of these. The
    differences are of the plain Python function in float64, whatever the arguments' types, so they share nothing
    with what is checked; only where that would be slow they are of the compiled one. The arguments stay as they are.

    - `eps`: the largest step of the differences, by default 1/32; smaller ones follow until they settle.
    - `rtol`, `atol`: by default 1e-6, or 1e-3 where a float32 is involved, and an `atol` that is small
      against the gradient.
    - `seed`: of the random directions and the random cotangent of the result.

    Raises: AssertionError with a table of what disagrees, and where an argument was changed, or a gradient's shape
    or dtype or the value is not as it should be.
    """
    pullback = vjp(f, argnums)
    args = complete(f, args)
    rule = Tolerance.of(args, rtol, atol)
    active, single = pullback.request.argnums, pullback.request.single
    compiled, python = (differentiate(f), f) if py_func(f) is f else (f, py_func(f))
    y = compiled(*copies(args))
    primal = affordable(python, compiled, args, checks=DIRECTIONS + coordinate_count(args, active))

    def vjp_tuple(*args_and_y_bar):
        y, cotangents = pullback(*args_and_y_bar)
        return y, (cotangents,) if single else cotangents

    def scaled_gradient(*args_and_y_bar):
        *args, y_bar = args_and_y_bar
        y, gradient = value_and_grad(f, argnums)(*args)
        return y, mapped(lambda g: scaled(y_bar, g), (gradient,) if single else gradient)

    names = tuple(inspect.signature(f).parameters)
    for adjoint in (vjp_tuple, scaled_gradient) if is_float_scalar(y) else (vjp_tuple,):
        check_pullback(primal, adjoint, args, active, y, names=names, eps=eps, tolerance=rule, seed=seed)


@dataclass(frozen=True, slots=True)
class Tolerance:
    """How far a derivative may be from the numeric one: `atol + rtol * max(|analytic|, |numeric|)`."""

    rtol: float
    atol: float | None  # None: `rounding` times the gradient's size, and what differences cannot resolve
    rounding: float

    @classmethod
    def of(cls, args, rtol=None, atol=None) -> Tolerance:
        """The given or default tolerances; looser where an argument is float32."""
        single = any(getattr(x, "dtype", None) in (np.float32, np.complex64) for x in leaves(args))
        default, rounding = (1e-3, 1e-5) if single else (1e-6, 1e-10)
        return cls(default if rtol is None else rtol, atol, rounding)

    def allowed(self, analytic, numeric, size, noise) -> float:
        atol = self.rounding * size + noise if self.atol is None else self.atol
        return atol + self.rtol * max(abs(analytic), abs(numeric))


@dataclass(frozen=True, slots=True)
class Comparison:
    """One derivative, by one coordinate or along one direction."""

    argument: str
    index: str
    analytic: float
    numeric: float
    uncertainty: float  # of `numeric`
    allowed: float

    def holds(self) -> bool:
        return abs(self.analytic - self.numeric) <= self.allowed  # False for NaN

    def relative_error(self) -> float:
        return abs(self.analytic - self.numeric) / (max(abs(self.analytic), abs(self.numeric)) or 1.0)


def check_pullback(
    primal: Callable, pullback: Callable, args, argnums, like=None, *, names=None, eps=None, tolerance=None, seed=0
) -> None:
    """Nothing, where `pullback(*args, y_bar) -> (y, cotangents)` is the vjp of `primal` by the positions `argnums`.

    `primal` takes float64 in place of every float argument; `like` is the result for the arguments as they are,
    where its types differ from those of `primal`. Raises: AssertionError as `check_grads`.
    """
    rng = np.random.default_rng(seed)
    names = names or tuple(f"argument {i}" for i in range(len(args)))
    tolerance = tolerance or Tolerance.of(args)
    primal, pullback = of_parts(primal, pullback, args)
    args = split(tuple(args))
    if any(isinstance(x, tuple) for x in args):
        primal, pullback, argnums, names = taken_apart(primal, pullback, args, argnums, names)
        args = leaves(tuple(args))
    y = primal(*doubles(args))
    y_bar = random_cotangent(rng, y if like is None else split(like))
    given, given_bar = copies(args), mapped(copy, y_bar)
    value, cotangents = pullback(*given, given_bar)

    check_unchanged((*args, *leaves(y_bar)), (*given, *leaves(given_bar)), (*names, *["y_bar"] * len(leaves(y))))
    check_form(args, argnums, cotangents, names)
    check_value(y, value, flat(y_bar) != 0, tolerance)
    rows = comparisons(primal, args, argnums, y, y_bar, cotangents, rng, names, eps or STEP, tolerance)
    failed = [row for row in rows if not row.holds()]
    if failed:
        raise AssertionError(report(failed, len(rows)))


def taken_apart(primal, pullback, args, argnums, names) -> tuple:
    """`primal`, `pullback`, `argnums` and `names` for the leaves of `args` in place of tuples."""
    args = tuple(args)
    counts = [len(leaves(x)) for x in args]
    positions = [range(sum(counts[:i]), sum(counts[: i + 1])) for i in range(len(args))]

    def flat_pullback(*items_and_y_bar):
        *items, y_bar = items_and_y_bar
        y, cotangents = pullback(*structure.rebuilt(args, items), y_bar)
        expected = tuple(structure.form(args[i]) for i in argnums)
        if not isinstance(cotangents, tuple) or tuple(map(structure.form, cotangents)) != expected:
            raise AssertionError(f"the cotangents {cotangents!r} have not the structure of the arguments")
        return y, leaves(cotangents)

    return (
        lambda *items: primal(*structure.rebuilt(args, items)),
        flat_pullback,
        tuple(k for i in argnums for k in positions[i]),
        tuple(label for name, x in zip(names, args, strict=True) for label in structure.labels(x, name)),
    )


def comparisons(primal, args, argnums, y, y_bar, cotangents, rng, names, eps, tolerance) -> list[Comparison]:
    """The derivative along random directions, and by each coordinate where there are few."""
    weights = flat(y_bar)
    resolution = 1e-10 * float(np.abs(weights) @ np.nan_to_num(np.abs(flat(y)), nan=0.0, posinf=0.0))
    every = {i: np.asarray(c, np.float64) for i, c in zip(argnums, cotangents, strict=True)}

    def compare(label, index, v):
        # Only where v is not 0: an infinite cotangent is wrong there, and no NaN elsewhere.
        terms = np.concatenate([every[i][v[i] != 0] * v[i][v[i] != 0] for i in v])
        with np.errstate(invalid="ignore"):
            analytic = float(terms.sum())
        numeric, uncertainty = numeric_product(primal, args, v, weights, eps)
        size = max(float(np.abs(terms).sum()), max((np.abs(every[i]).max(initial=0.0) for i in v), default=0.0))
        noise = min(uncertainty, 1e-10) + resolution
        allowed = tolerance.allowed(analytic, numeric, size, noise)
        return Comparison(label, index, analytic, numeric, uncertainty, allowed)

    along = [{i: np.asarray(rng.standard_normal(np.shape(args[i]))) for i in argnums} for _ in range(DIRECTIONS)]
    rows = [compare(", ".join(names[i] for i in argnums), f"direction {k}", v) for k, v in enumerate(along)]
    if coordinate_count(args, argnums):
        rows += [
            compare(names[i], ", ".join(map(str, index)), {i: unit(np.shape(args[i]), index)})
            for i in argnums
            for index in np.ndindex(np.shape(args[i]))
        ]
    return rows


def numeric_product(primal, args, v: dict, weights, eps=STEP) -> tuple[float, float]:
    """`<weights, J v>` and its uncertainty; `weights` is flat, over all results."""
    jvp, error = numeric_jvp(primal, args, v, eps)
    used = weights != 0  # results that are not floats jump: their differences mean nothing
    return float(weights[used] @ jvp[used]), float(np.abs(weights[used]) @ error[used])


def numeric_jvp(primal, args, v: dict, eps=STEP) -> tuple[np.ndarray, np.ndarray]:
    """`J v` and an estimate of its error, both flat over all results, from central differences of `primal`.

    `v` maps positions in `args` to tangents. NaN where `primal` fails or is NaN at every step.
    """

    def shifted(h):
        moved = doubles(args)
        for i, tangent in v.items():
            step = moved[i] + h * tangent
            moved[i] = np.asarray(step) if isinstance(args[i], np.ndarray) else step
        return attempt(primal, moved)

    def difference(h):
        left, right = shifted(-h), shifted(h)
        return (right - left) / (2 * h) if left.shape == right.shape else np.array(np.nan)

    y = attempt(primal, doubles(args))
    rounding = np.finfo(np.float64).eps * np.nan_to_num(np.abs(y), nan=0.0, posinf=0.0)
    return extrapolated(lambda h: np.broadcast_to(difference(h), y.shape), eps, rounding)


def extrapolated(difference: Callable, eps: float, rounding=0.0) -> tuple[np.ndarray, np.ndarray]:
    """The limit of `difference(h)` for h to 0, elementwise, and an estimate of its error.

    Neville's table in h^2 for steps that shrink by 4; of all its entries the one that agrees best with its two
    neighbours (Ridders 1982; Press et al., Numerical Recipes, section 5.7). So a step that leaves
    the domain or crosses a kink spoils only its own column, and rounding only the smallest steps. `rounding` is
    that of the values: differences of a few units in the last place can agree by chance.
    """
    row = [difference(eps)]
    best, error = np.full(row[0].shape, np.nan), np.full(row[0].shape, np.inf)
    for level in range(1, LEVELS):
        last, row = row, [difference(eps / 4**level)]
        for k, coarse in enumerate(last, start=1):
            row.append(row[-1] + (row[-1] - coarse) / (16.0**k - 1))
            estimate = np.maximum(np.abs(row[k] - row[k - 1]), np.abs(row[k] - coarse)) + rounding * 4**level / eps
            better = estimate < error
            best, error = np.where(better, row[k], best), np.where(better, estimate, error)
        if level >= 3 and error.max(initial=0.0) <= 1e-11 * np.abs(best).max(initial=0.0):
            break
    return best, error


def attempt(primal, args) -> np.ndarray:
    """The results of `primal`, flat; one NaN where `args` are out of its domain."""
    try:
        with np.errstate(all="ignore"):
            return flat(primal(*args))
    except (ArithmeticError, ValueError):
        return np.array([np.nan])


def affordable(python, compiled, args, checks: int) -> Callable:
    """The uncompiled primal, or the compiled one where `checks` derivatives of it would take longer than BUDGET."""
    evaluations = 12 * checks  # two for each step, of which six are usual
    compiled(*copies(args))
    seconds = timed(compiled, copies(args)) * INTERPRETED
    if seconds * evaluations > BUDGET and seconds < BUDGET:
        seconds = timed(python, doubles(args))  # NumPy code is hardly slower uncompiled
    return python if seconds * evaluations <= BUDGET else compiled


def timed(f, args) -> float:
    """Seconds of one call."""
    start = time.perf_counter()
    f(*args)
    return time.perf_counter() - start


def check_unchanged(before, after, names) -> None:
    for name, old, new in zip(names, before, after, strict=True):
        if not np.array_equal(old, new, equal_nan=np.asarray(old).dtype.kind == "f"):
            raise AssertionError(f"{name} was changed by the call:\nbefore {old}\nafter  {new}")


def check_form(args, argnums, cotangents, names) -> None:
    """Raises: AssertionError where a cotangent has not the shape and dtype of its argument."""
    if not isinstance(cotangents, tuple) or len(cotangents) != len(argnums):
        raise AssertionError(f"a tuple of {len(argnums)} cotangents was expected, got {cotangents!r}")
    for i, x_bar in zip(argnums, cotangents, strict=True):
        expected, got = form(args[i]), form(x_bar)
        if got != expected:
            raise AssertionError(f"the cotangent of {names[i]} is {got}, the argument {expected}")


def check_value(y, value, used, tolerance) -> None:
    """Raises: AssertionError where `value` differs from `y` in form, or in a number that is `used`."""
    same = structure.form(y) == structure.form(value)
    if not same or [np.shape(part) for part in leaves(y)] != [np.shape(part) for part in leaves(value)]:
        raise AssertionError(f"the value {value!r} has another form than that of the function, {y!r}")
    got, expected = flat(value)[used], flat(y)[used]
    size = np.abs(expected).max(initial=0.0, where=np.isfinite(expected))
    if not np.allclose(got, expected, tolerance.rtol, tolerance.rounding * size, equal_nan=True):
        raise AssertionError(f"the value is {value!r}, that of the function {y!r}")


def form(x) -> str:
    """Shape and dtype in words. Numba returns every float scalar as Python's, so their precision is not told."""
    if isinstance(x, np.ndarray):
        return f"an array of shape {x.shape} and dtype {x.dtype}"
    return "a float" if is_float_scalar(x) else f"{x!r}"


def report(failed: list[Comparison], count: int) -> str:
    """The table of the comparisons that do not hold."""
    heads = ("argument", "index", "analytic", "numeric", "relative error")
    cells = [
        (row.argument, row.index, f"{row.analytic:.9g}", f"{row.numeric:.9g}", f"{row.relative_error():.1e}")
        for row in failed[:ROWS]
    ]
    widths = [max(map(len, column)) for column in zip(heads, *cells, strict=True)]
    lines = [f"{len(failed)} of {count} derivatives disagree with finite differences"]
    lines += ["  ".join(cell.rjust(width) for cell, width in zip(row, widths, strict=True)) for row in (heads, *cells)]
    if len(failed) > ROWS:
        lines.append(f"... and {len(failed) - ROWS} more")
    if any(not row.uncertainty <= row.allowed for row in failed):
        lines.append("The differences do not settle: the function is not smooth here. Try other arguments or `eps`.")
    return "\n".join(lines)


def complete(f, args) -> tuple:
    """`args` with the defaults of those left out."""
    bound = inspect.signature(f).bind(*args)
    bound.apply_defaults()
    return bound.args


def coordinate_count(args, argnums) -> int:
    """How many coordinates are checked by themselves: all or none."""
    count = sum(np.size(leaf) for i in argnums for leaf in leaves(args[i]))
    return count if count <= COORDINATES else 0


def unit(shape, index) -> np.ndarray:
    """The tangent that is 1 at `index` and 0 elsewhere."""
    tangent = np.zeros(shape)
    tangent[index] = 1.0
    return tangent


def random_cotangent(rng, y):
    """Like `y`, which `primal` computed in float64; zero for results that are not floats."""
    return mapped(lambda part: random_part(rng, part), y)


def random_part(rng, y):
    if isinstance(y, np.ndarray):
        return rng.standard_normal(y.shape).astype(y.dtype) if y.dtype.kind == "f" else np.zeros_like(y)
    return float(rng.standard_normal()) if is_float_scalar(y) else type(y)(0)


def flat(y) -> np.ndarray:
    """All numbers of all results, as float64."""
    return np.concatenate([np.ravel(np.asarray(part, np.float64)) for part in leaves(y)])


def is_float_scalar(x) -> bool:
    return isinstance(x, (float, np.floating))


def scaled(factor: float, gradient):
    """`factor * gradient` with the gradient's own dtype."""
    return np.asarray(gradient * gradient.dtype.type(factor)) if isinstance(gradient, np.ndarray) else factor * gradient


def copies(args) -> list:
    return [mapped(copy, x) for x in args]


def doubles(args) -> list:
    """Copies of `args` with every float as float64, every complex number as complex128."""
    wide = {"f": np.float64, "c": np.complex128}
    return [mapped(lambda leaf: copy(leaf, wide.get(np.asarray(leaf).dtype.kind)), x) for x in args]
