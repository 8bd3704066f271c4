"""Programs with loops over things, exceptions, and functions as values: each with arguments, as in `programs`."""

# ruff: noqa: B905 - zip stops at the shortest, and Numba's has no `strict`

import functools
import math

import numba
import numba as nb
import numpy as np
from collected import into
from numba import njit, prange

PROGRAMS = []
program = into(PROGRAMS)
X = np.array([0.5, 1.5, 0.8, 1.2])
Y = np.array([1.1, 0.4, 0.9])
A = np.linspace(0.3, 1.7, 12).reshape(3, 4)
NONE = np.zeros(0)
OFFSETS = ((0, 1), (1, 0), (2, 1))
WEIGHTS = (0.5, 1.5, 2.0)
METHOD = "midpoint"
VERBOSE = None


# -- loops over things -----------------------------------------------------------------------------------------


@program(X)
def elements(x):
    s = 0.0
    for v in x:
        s = s * 0.5 + v * v
    return s * v


@program(X, NONE, argnums=(0, 1))
def elements_of_nothing(x, nothing):
    v = x[0]
    for v in nothing:
        v = v * 3.0
    else:
        v = v * v
    return v


@program(A)
def rows(a):
    s = 0.0
    for row in a:
        s = s * row[0] + row[1] * np.sum(row)
    return s


@program(A)
def rows_written(a):
    b = a.copy()
    for row in b:
        row *= row[1]
        row[0] = row[2] * row[3]
    return np.sum(b * b)


@program(X)
def array_changed_while_it_is_read(x):
    y = x.copy()
    s = 1.0
    for v in y:
        y[2] = v * s
        y[3] += s
        s = s * v + y[1]
    return s


@program(X)
def array_renamed_while_it_is_read(x):
    y = x * 2.0
    s = 0.0
    for v in y:
        y = y * v
        s += v * y[0]
    return s


@program(X)
def expression_is_evaluated_once(x):
    s = 1.0
    for v in np.sin(x * s):
        s = s * v + v
    return s


@program(X)
def slice_of_an_array(x):
    s = 0.0
    for v in x[1:]:
        for w in x[::-1]:
            s += v * w * s + v
    return s


@program(X)
def enumerated(x):
    s = 0.0
    for i, v in enumerate(x):
        s += v * v * i + x[i - 1] * s
    return s * i


@program(X)
def enumerated_from(x):
    s = 0.0
    for i, v in enumerate(x, 2):
        s += v**i
    for i, v in enumerate(x[1:], start=1):
        s += x[i] * v * i
    return s * v


@program(X, Y, argnums=(0, 1))
def zipped_to_the_shortest(x, y):
    s = 0.0
    for a, b in zip(x, y):
        s += a * b * s + a
    for i, a, b in zip(range(1, 9, 3), x, y):
        s += a * b * i
    return s * a


@program(X, Y, argnums=(0, 1))
def zipped_and_enumerated(x, y):
    s = 0.0
    for i, (a, b) in enumerate(zip(x, y)):
        s += a * b**i
    for (i, a), b in zip(enumerate(x), y[::-1]):
        s += i * a * b
    for a, b in zip(x[:-1], x[1:]):  # noqa: RUF007
        s += (b - a) ** 2
    return s


@program(X)
def reversed_things(x):
    s = 0.0
    for i in reversed(range(len(x))):
        s = s * 0.5 + x[i]
    for i in reversed(range(3, -1, -2)):
        s = s * x[i] + i
    for v in reversed(x):
        s = s * v + v
    for i, v in enumerate(reversed(x[1:])):
        s = s * v + i
    return s


@program(A)
def indices_of_an_array(a):
    s = 0.0
    for i, j in np.ndindex(a.shape):
        s += a[i, j] ** 2 * s + a[i, j] * i
    for i, j in np.ndindex(2, 3):
        s += a[i, j] * j
    for i, j in np.ndindex((2, 0)):
        s += a[i, j] * 100.0
    return s


@program(A)
def indices_left_early(a):
    s = 0.0
    i = j = 3
    for i, j in np.ndindex(a.shape):
        if a[i, j] > 0.5 and i == 1:
            break
        if j == 2:
            continue
        s += a[i, j] * s + a[i, j]
    return s * a[i, j]


@program(A)
def enumerated_elements(a):
    s = 0.0
    for (i, j), v in np.ndenumerate(a):
        s += v**2 * (i - j) * s + v
    return s


@program(X)
def written_out(x):
    s = 0.0
    for k in (1, 2, 3):
        s += x[k] * k * s + x[k]
    return s * x[k]


@program(A)
def module_constants_written_out(a):
    s = 0.0
    for di, dj in OFFSETS:
        for i in range(1):
            s += a[i + di, i + dj] * a[di, dj] * s + a[di, dj]
    for w, (di, dj) in zip(WEIGHTS, OFFSETS):
        s += w * a[di, dj]
    for k, w in enumerate(WEIGHTS):
        s += w * a[0, k] * k
    return s


@program(X)
def values_written_out(x):
    s = 0.0
    a = x[0]
    for v in (a, x[1], a * x[2]):
        a = v * 2.0
        s += v * v * a
        if s > 50.0:
            break
    else:
        s *= 2.0
    return s * a


@program(X)
def written_out_left_early(x):
    s = 0.0
    for k in (0, 1, 2, 3):
        if k == 1:
            continue
        s += x[k] ** 2
        if s > 0.5:
            break
        s += x[k]
    return s * x[k]


@program(X, 1.0)
def left_or_not(x, bound):
    s = 0.0
    for v in x:
        if v > bound:
            break
        s += v * v
    else:
        s *= 10.0
    for v in x:
        if v > 10.0:
            break
        s += v
    else:
        s *= x[0]
    return s


@program(X, 2.8)
def while_left_or_not(x, bound):
    s = 0.0
    i = 0
    while i < 4:
        s += x[i] * x[i]
        if s > bound:
            break
        i += 1
    else:
        s = s * s
    while i > 10:
        i -= 1
    else:
        s *= x[1]
    return s


@program(X, 0.7)
def returned_or_broken_or_ended(x, bound):
    for i in range(4):
        for v in x[i:]:
            if v > 5.0:
                return v
            if v < bound:
                break
        else:
            continue
        return v * x[i]
    else:
        return x[0] * 3.0


@program(X)
def parallel_ranges(x):
    s = 0.0
    for i in prange(len(x)):
        s += x[i] ** 2
    for i in nb.prange(1, len(x)):
        s += x[i] * x[i - 1]
    for i in numba.prange(2):
        s += x[i]
    return s


# -- exceptions, names -----------------------------------------------------------------------------------------


@program(X)
def checked(x):
    assert x.shape[0] > 0
    assert x[0] > 0, "positive"
    s = 1.0
    for v in x:
        if v < 0:
            raise ValueError("negative")
        s = s * v + math.log(v)
    if s > 100.0:
        raise OverflowError
    return s


@program(X, 1)
def every_path_returns_or_raises(x, n):
    if n == 0:
        return x[0]
    elif n == 1:
        return x[1] * x[2]
    raise ValueError("n is 0 or 1")


@program(X)
def deleted(x):
    y = x[0] * 2
    pass
    z = y * y
    del y, x
    y = z * z
    return y


@program(X)
def assigned_in_expressions(x):
    s = 0.0
    if (y := x[0] * 2) > 0.5:
        s += y * y
    i = 0
    while (v := x[i] * x[i]) < 2.0 and (i := i + 1) < 4:
        s += v * i
    s += (s := s * 2.0) + (t := s * x[1]) * s
    return s + t if s < 3.0 or (w := x[2] * t) > 0.0 else s * w


@program(X)
def bound_once_in_comparisons(x):
    s = 0.0
    for v in x:
        if 0.4 < math.sin(v) < 0.9 < np.exp(v):
            s += v * v
    a = b = c = x[0] * x[1]
    a *= 2.0
    return s * a + b * c


# -- functions -------------------------------------------------------------------------------------------------


@program(X)
def function_inside(x):
    c = x[2]

    def g(a, b=2.0):
        """Reads c as it is at the time of the call."""
        t = a * a * c
        if t > 1.0:
            return t * b
        return t

    s = g(x[0])
    c = c * s + 0.1
    return s + g(x[1], x[0]) + g(b=x[3], a=0.3)


@program(X)
def lambdas(x):
    k = 2.0
    square = lambda a: a * a * k  # noqa: E731
    kept = lambda a, k=k: a * k  # noqa: E731
    k = x[1]
    return square(x[0]) + kept(x[2]) + (lambda v: v * v)(x[3])


def make_scaled(factor):
    def scaled(a):
        return a * factor

    return scaled


@program(X)
def function_from_a_function(x):
    double = make_scaled(2.0 * x[0])
    triple = make_scaled(x[1])
    return double(triple(x[2]))


def square(a):
    return a * a


def cube(a):
    return a * a * a


def apply(f, a, times=1):
    for _ in range(times):
        a = f(a)
    return a


def integrate(f, lo, hi, n=4, *, rule="midpoint"):
    """With text that chooses, and functions as arguments."""
    h = (hi - lo) / n
    s = 0.0
    for i in range(n):
        if rule == "midpoint":
            s += f(lo + (i + 0.5) * h)
        else:
            s += 0.5 * (f(lo + i * h) + f(lo + (i + 1) * h))
    return s * h


@program(X)
def functions_as_arguments(x):
    a = x[3]
    s = apply(square, x[0]) + apply(math.sin, x[1], times=3) + apply(lambda v: v * a, x[2], 2)
    return s + integrate(square, 0.0, x[0]) + integrate(np.exp, x[1], x[2], rule="trapezoid")


@program(X)
def functions_chosen_by_constants(x):
    chosen = (square, cube)
    f = square if METHOD == "midpoint" else None
    g = chosen[1]
    s = f(x[0]) + g(x[1]) + chosen[0](x[2])
    for h in (square, cube, math.exp):
        s += h(x[3]) * 0.1
    return s


cube_scaled = functools.partial(apply, cube, times=2)


@program(X)
def partial_functions(x):
    f = functools.partial(apply, square)
    p = functools.partial(pow, 2.0)
    return f(x[0], times=2) + cube_scaled(x[1]) + f(x[2]) + p(x[3])


def total(*values, scale=1.0):
    """Any number of values."""
    s = 0.0
    for v in values:
        s += v * v
    return s * scale * len(values)


def first_and_rest(first, *rest):
    return first * total(*rest, scale=rest[0])


@program(X)
def any_number_of_arguments(x):
    pair = total(x[0], x[1]) + total() + total(*(x[2], x[3]), scale=2.0)
    return pair * first_and_rest(x[0], x[1], x[2] * x[3])


@njit(fastmath=True, inline="always")
def with_options(a, b=1.0):
    return a * b


@njit(["float64(float64)"], error_model="numpy", nogil=True)
def with_signature(a):
    return a * a


@program(X)
def compiled_helpers(x):
    return with_options(x[0], b=x[1]) + with_signature(x[2]) + with_options(x[3])


def power(a, n):
    """A recursion that a constant ends."""
    if n == 0:
        return 1.0
    half = power(a, n // 2)
    return half * half * (a if n % 2 else 1.0)


def even(a, n):
    return a if n == 0 else odd(a * 1.1, n - 1)


def odd(a, n):
    return 1.0 if n == 0 else even(a * a, n - 1)


@program(X)
def constant_recursion(x):
    return power(x[0], 13) + even(x[1], 4)


# -- builtins, None --------------------------------------------------------------------------------------------


@program(X, A, argnums=(0, 1))
def builtins(x, a):
    q, r = divmod(x[1], 0.4)
    s = max(x[0], x[1], x[2]) + min(x[0] * 2.0, x[3], 5.0, x[1]) + q * r * r
    s += sum(x) * sum((x[0], x[1] ** 2)) + sum([x[2], x[3]], 1.0) + np.sum(sum(a) ** 2) + divmod(x[2] * 7.0, 2.0)[1]
    return s + max((x[0], 0.7, x[3]))


def weighted(x, w=None, power=None):
    if power is not None:
        x = x**power
    if w is None:
        return np.sum(x)
    return np.sum(x * w)


@program(X)
def arguments_that_are_none(x):
    s = weighted(x) + weighted(x, x * 2.0) + weighted(x, power=3, w=None)
    if VERBOSE is None and METHOD != "euler":
        s = s * s
    return s


@program(X, None, 2.0)
def parameter_that_is_none(x, w, scale):
    if w is None:
        w = x * scale
    if scale is None:
        return scale.shape[0]
    return np.sum(w * x)


def norm(a):
    """Of an array of any rank, by its rank."""
    if a.ndim == 2:
        return np.sqrt(np.sum(a * a, axis=1))[0]
    if len(a.shape) == 1:
        return a[0] * a[0]
    return a * a


@program(A, X, argnums=(0, 1))
def branches_by_rank(a, x):
    y = x[1:] * 2.0
    return norm(a) + norm(y) * norm(a[1])


@program(A)
def indices_as_tuples(a):
    b = a * a
    s = 0.0
    for idx, v in np.ndenumerate(b):
        _, j = idx
        s += v * a[idx] * (idx[0] - j) * s + b[idx]
        b[idx] = s * v
    for idx in np.ndindex(*a.shape):
        s += b[idx] * idx[1]
    for n in a.shape:
        s *= n
    return s


@program(A)
def rank_of_a_changed_array(a):
    b = a * 2.0
    b += a
    s = 0.0
    for idx, v in np.ndenumerate(b):
        s += v * a[idx] if b.ndim == 2 else b
    return s
