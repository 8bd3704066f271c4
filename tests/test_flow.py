"""Loops over things, exceptions, and what is known before the program runs: as Python does, to the last detail."""

import functools
import math

import numba
import numpy as np
import pytest
from ir_python import define
from numba import njit, prange
from uncompiled import names_of

import adtrans
from adtrans.errors import ArgumentError, UnsupportedError
from adtrans.pipeline import generate

X = np.array([0.5, -1.5, 2.0, 0.7])
M = np.arange(6.0).reshape(2, 3) + 0.5
E = np.zeros(0)
HELPERS = """
def outer(k):
    def inner(v):
        return v * k
    return inner

def compose(f, g):
    return lambda v: f(g(v))

def maybe(v, w=None, *, mode="sum", check=True):
    if check and v < -100.0:
        raise ValueError("small")
    if w is None:
        return v
    if mode == "sum":
        return v + w
    return v * w

def fib(n):
    if n < 2:
        return n
    return fib(n - 1) + fib(n - 2)

def horner(x, c, *rest):
    if len(rest) == 0:
        return c
    return c + x * horner(x, *rest)

def same(*values):
    return values

"""
OUTSIDE = {
    "numba": numba,
    "prange": prange,
    "functools": functools,
    "PAIRS": ((1, 2.0), (3, 0.5)),
    "MODE": "mean",
    "NOTHING": None,
    "ADD": functools.partial(math.pow, 2.0),
}
# Bodies of functions of x (4 numbers), m (2 by 3), e (nothing) and n.
BODIES = [
    # loop variables afterwards, empty loops
    "for v in e: pass\nelse: v = 7.0\nreturn v",
    "i = 9\nfor i in range(n, 2): pass\nreturn i",
    "i = 9\nfor i, v in enumerate(e): pass\nreturn i",
    "i = 9\nfor i, v in enumerate(x, n): i += 10\nreturn i * v",
    "s = i = j = 0\nfor i, j in np.ndindex(n, 2):\n    s += i * 2 - j\nreturn s + 10 * i + 100 * j",
    "i = j = 5\nfor i, j in np.ndindex(n, 0):\n    i = 1\nreturn i + j",
    "s = 0\nfor (i, j), v in np.ndenumerate(m):\n    if v > 3: break\n    s += v * i\nelse:\n    s = -1\n"
    "return s + i + j + v",
    "s = 0\nfor i, j, k in np.ndindex((2, n, 2)):\n    if j == 1: continue\n    s = s * 2 + i - j + k\nreturn s",
    "v = 3.0\nfor v in x[n:]: pass\nreturn v",
    "a = b = 1.0\nfor a, b in zip(x, e): pass\nreturn a + b",
    "s = 0.0\nfor a, b in zip(e, x): s += 1.0\nelse: s -= 1.0\nreturn s",
    "s = 0\nfor a, b in zip(range(10, 0, -3), range(n, 7, 2)): s = s * 10 + a - b\nreturn s + a",
    "s = 0\nfor a, b, c in zip(range(n), x, range(5, 1, -1)): s += a * b - c\nreturn s",
    "s = 0\nfor i in reversed(range(n, 9, 4)): s = s * 10 + i\nreturn s",
    "s = 0\nfor i in reversed(range(9, n, -4)): s = s * 10 + i\nreturn s",
    "s = 0\nfor i in reversed(range(3, n)): s = s * 10 + i + 1\nreturn s",
    "s = 0\nfor i, k in enumerate(reversed(range(0, n + 3, 2))): s = s * 10 + i - k\nreturn s",
    "s = 0\nfor i, k in enumerate(range(n, -2, -1), start=n): s = s * 10 + i * k\nreturn s",
    "s = 0.0\nfor a, (i, v) in zip(reversed(x), enumerate(x)): s = s * 2 + a * i + v\nreturn s",
    "return same(*m.shape, *(1,))[1] + len(same(*x.shape)) + sum(same(*m.shape))",
    # values are read when they are reached, iterables are evaluated once
    "y = x.copy()\nfor v in y:\n    y[3] = v\n    y[2] += 1.0\nreturn y[3]",
    "y = x\ns = 0.0\nfor v in y:\n    y = x * 2.0\n    s += v + y[0]\nreturn s",
    "s = 0.0\nk = n\nfor v in x[k:]:\n    k = 0\n    s = s * 2 + v\nreturn s",
    "s = 0.0\nk = n\nfor i, v in zip(range(k), x):\n    k = 0\n    s = s * 2 + v * i\nreturn s",
    "y = x\ns = 0.0\nfor v in y: y = x + v\nreturn y[0] * v",
    "a = x[0]\ns = 0.0\nfor v in (a, a * 2.0, x[1]):\n    a = v + 1.0\n    s = s * 2 + a\nreturn s",
    "a = b = x[0]\nfor v in (a, b):\n    b = v * 3.0\nreturn b",
    "y = x.copy()\ns = 0.0\nfor v in (y[0], y[1]):\n    y[1] = 10.0\n    s += v\nreturn s",
    "s = 0.0\nfor row in m:\n    for v in row[::-1]: s = s * 0.5 + v\nreturn s",
    "s = 0.0\nfor a, b, c in m: s = s * 0.5 + a * b - c\nreturn s",
    "s = 0.0\nfor col in m.T:\n    a, b = col\n    s = s * 0.5 + a * b\nreturn s",
    # what is written out
    "s = 0.0\nfor k, w in PAIRS: s = s * 2 + x[k] * w\nreturn s + k",
    "s = 0.0\nfor i, (k, w) in enumerate(PAIRS, 1): s = s * 2 + x[k] * w * i\nreturn s + k",
    "s = 0.0\nfor (k, w), c in zip(PAIRS, (2.0, 3.0, 4.0)): s = s * 2 + x[k] * w * c\nreturn s + c",
    "s = 0.0\nfor k in reversed((0, 1, 2)):\n    if x[k] < 0: continue\n    s = s * 2 + x[k]\n"
    "    if s > 100: return s\nreturn s",
    "s = 0.0\nfor k in (0, 1):\n    for i in range(3):\n        if i == k: break\n        s = s * 2 + i\n"
    "    else: s += 100\nreturn s",
    "for k in (): pass\nelse: k = 4\nreturn k",
    "s = 0\nfor k in (1, 2):\n    k = k * 10\n    s += k\nreturn s + k",
    "s = 0.0\nfor f in (math.sin, np.cos, outer(2.0), lambda v: v * n): s = s * 2 + f(x[0])\nreturn s",
    "s = 0.0\nfor axis in (0, 1): s = s * 2 + m.sum(axis=axis)[0]\nreturn s",
    # else
    "while n > 1:\n    n -= 1\n    if n == 2: break\nelse: n = 50\nreturn n",
    "while True:\n    n += 1\n    if n > 5: break\nelse: n = 50\nreturn n",
    "for i in range(n):\n    for j in range(n):\n        if i * j == 2: break\n    else: continue\n"
    "    break\nelse: i = -1\nreturn i",
    "for i in range(n):\n    if i == 2: return 10\n    if i == 3: break\nelse: return 20\nreturn 30",
    # := and order of evaluation
    "a = n\nreturn a + (a := 10) + a",
    "a = n\na += (a := 10)\nreturn a",
    "y = x.copy()\ni = 0\ny[i] += (i := 1)\nreturn y[0] * 10 + y[1] + i",
    "y = x.copy()\ni = 0\ny[(i := 1)] = i + (i := 2)\nreturn y.sum() + i",
    "a = 0\nif n > 1 and (a := n * 2) > 4 or (a := a + 1) > 1: a += 100\nreturn a",
    "a = 5\nb = (a := 1) if n > 1 else a\nreturn a * 10 + b",
    "s = 0\nwhile (k := s + 1) < 5 and (s := s + n + 1): pass\nreturn s * 10 + k",
    "s = 0\nwhile (k := s * 2) < 7:\n    s += 1\n    if s == 2: continue\n    if s > n: break\n"
    "else: s = 100\nreturn s * 100 + k",
    "return (a := 3) * (1 < (a := a + 1) < 5 < (b := n + 5)) + a",
    "def g(v): return v * 2\nreturn g(y := n + 1) + y",
    # functions inside of the function
    "k = 1\ng = lambda v: v + k\nk = 10\na = g(n)\nk = 100\nreturn a + g(n)",
    "k = 1\ng = lambda v, k=k: v + k\nk = 10\nreturn g(n) + g(n, 5)",
    "s = 0\nfor i in range(n):\n    def g(v): return v * i\n    s += g(i) + g(2)\nreturn s",
    "def g(v):\n    if v > 2: return v\n    for i in range(3):\n        if i == v: return i * 10\n"
    "    return -1\nreturn g(n) + g(0) + g(7)",
    "def g(v):\n    def h(w): return w * v + n\n    return h(v) + h(1)\nreturn g(n) - g(2)",
    "def g(n, x): return n + x\nreturn g(1, 2) + n + g(x=n, n=5)",
    "def total(v):\n    s = 0.0\n    for w in v: s += w\n    return s\ns = 1.0\nreturn total(x) + s + total(m[0])",
    "return compose(outer(2.0), outer(x[0]))(n) + compose(math.sin, lambda v: v * n)(0.5)",
    "f = outer(n)\ng = f\nreturn g(2) + (lambda h: h(3))(f)",
    "def g(v): return v\ng = outer(3) if MODE == 'mean' else g\nreturn g(n)",
    "def fill(v):\n    y[0] = v\n    return v\ny = x.copy()\nreturn y[0] + fill(3.0) * y[0]",
    "f = functools.partial(maybe, w=n)\nn = 7\nreturn f(1) + f(2, w=5) + ADD(3.0)",
    # arguments, None, text
    "return maybe(1) + maybe(2, 3) + maybe(2, 3, mode='times') + maybe(2, w=None, check=False)",
    "w = None\nif n > 100: pass\nif w is None: w = 3.0\nreturn maybe(w, w)",
    "return fib(7) + fib(1)",
    "return horner(x[0], 1.0, x[1], n, 2.0)",
    "a, b = same(n, x[1])\nreturn a * b + same(1, 2)[1] + len(same(*same(1, n), 3))",
    "a = None\nreturn 1.0 if a is None and NOTHING is None and x is not None else 2.0",
    "if MODE == 'mean' and NOTHING is None: return x.mean()\nelif MODE: return x + 'text'\nreturn NOTHING * 2",
    "s = 0\nif n in (1, 2): s += 1\nif n + 1 not in [1, x.size]: s += 2\nreturn s + (n in ())",
    "if MODE not in ('sum', 'mean'): return x + 'text'\nreturn 1.0 if MODE in ('mean',) else x[0, 0]",
    "debug = False\nif debug: return x[0, 0, 0]\nreturn 1.0",
    "return 1 if x.ndim == 1 and len(m.shape) == 2 else x[0, 0]",
    # names
    "a = b = c = n\nb += 1\nreturn a * 100 + b * 10 + c",
    "a = n\ndel a\na = 3\ndel (x, m)\nreturn a",
    "q, r = divmod(-n - 1, 3)\nreturn q * 10 + r + divmod(x[1], 0.4)[0]",
    "return max(n, 1.5, x[2]) * min(x[0], n, 7, 0.1) + sum(x) + sum((1, n, 2.0)) + sum(x, n)",
]


def function(text: str):
    lines = "".join(f"    {line}\n" for line in text.splitlines())
    return define(f"{HELPERS}def f(x, m, e, n):\n{lines}", **OUTSIDE)


def generated(fn, *args):
    module = generate(fn, tuple(map(numba.typeof, args)), (), "primal")
    return names_of(module.text)[module.primal]


@pytest.mark.parametrize("text", BODIES)
def test_value_is_that_of_python(text):
    f = function(text)
    for n in range(4):
        args = X.copy(), M.copy(), E, n
        np.testing.assert_allclose(generated(f, *args)(*args), f(X.copy(), M.copy(), E, n), err_msg=f"n = {n}")


def guarded(x, n):
    assert n < 5, "n is small"
    s = 0.0
    for v in x:
        if v < 0.0:
            raise ValueError("negative")
        s = s * np.sqrt(v) + v
    if not s < 100.0:
        raise OverflowError
    return s * x[n]


@pytest.mark.parametrize("mode", [adtrans.grad, adtrans.differentiate])
@pytest.mark.parametrize(
    ("x", "n", "error", "message"),
    [
        ([1.0, 2.0], 7, AssertionError, "n is small"),
        ([1.0, -2.0], 1, ValueError, "negative"),
        ([1.0, 200.0], 1, OverflowError, ""),
    ],
)
def test_exceptions_are_those_of_the_function(mode, x, n, error, message):
    with pytest.raises(error, match=message):
        mode(guarded)(np.array(x), n)
    assert adtrans.grad(guarded)(np.array([1.0, 2.0]), 1).shape == (2,)


def test_check_guards_what_follows_it():
    def f(x, n):
        s = 0.0
        for i in range(n):
            assert i < x.shape[0], "too far"
            s += x[i] * x[i]
        return s

    with pytest.raises(AssertionError, match="too far"):
        adtrans.grad(f)(X, 5)
    np.testing.assert_allclose(adtrans.grad(f)(X, 4), 2 * X)


def weighted(x, w=None):
    if w is None:
        return np.sum(x * x)
    return np.sum(x * w)


def test_parameter_may_be_none_or_left_out():
    gradient = adtrans.grad(weighted)
    np.testing.assert_allclose(gradient(X), 2 * X)
    np.testing.assert_allclose(gradient(X, None), 2 * X)
    np.testing.assert_allclose(gradient(X, X), X)

    @njit
    def inside(x):
        return gradient(x), gradient(x, None), gradient(x, x)

    np.testing.assert_allclose(inside(X), [2 * X, 2 * X, X])
    with pytest.raises(ArgumentError, match="cannot differentiate by 'w': it is none"):
        adtrans.grad(weighted, (0, 1))(X)


@pytest.mark.parametrize(
    "lines",
    [
        "s = 0.0\nfor v in x[n:]:\n    s += v\nelse:\n    s = None\nreturn s",
        "g = None\nif n > 1: g = lambda v: v\nreturn g(1.0)",
        "g = math.sin\nfor i in range(n):\n    s = g(x[0])\n    g = math.cos\nreturn s",
        "w = None\nfor i in range(n):\n    if w is None: w = x[0]\n    w = w * 2\nreturn w",
        "def g(v): return g(v * 0.5)\nreturn g(x[0])",
    ],
)
def test_what_only_the_run_can_tell_is_refused(lines):
    with pytest.raises(UnsupportedError) as caught:
        generated(function(lines), X, M, E, 2)
    assert caught.value.loc is not None


def test_nothing_is_recorded_for_a_check():
    def f(x, c):
        s = 0.0
        for i in range(x.shape[0]):
            s += x[i] * c
            assert np.sin(s) < 2.0, "large"
        return s

    text = generate(f, tuple(map(numba.typeof, (X, 2.0))), (0,), "grad").text
    _, gradient = text.split("def f_grad")
    assert "tape" not in gradient
    assert gradient.count("raise AssertionError") == 1
