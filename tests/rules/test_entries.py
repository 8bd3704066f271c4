"""Every entry of the registry, by being in it: its derivatives, that Numba compiles it, that it is closed."""

import itertools

import numpy as np
import pytest
from numba import njit

from adtrans import ir
from adtrans.rules import lookup, registry

ENTRIES = sorted(set(registry.entries.values()), key=lambda entry: entry.key)
NAMES = sorted(registry.entries)
OURS = ("helper.trigamma",)  # the derivative of a derivative, which has none in turn
SYMBOLS = {"neg": "-", "pos": "+", "not": "not ", "~": "~"}


def complex_step(f, point, i):
    """The derivative by argument i, exact to rounding; None where `f` is not analytic as NumPy has it."""
    stepped = [complex(x, 1e-20 * (i == k)) for k, x in enumerate(point)]
    try:
        y = f(*stepped)
    except TypeError:
        return None
    return y.imag / 1e-20 if np.iscomplexobj(y) else None


def richardson(f, point, i):
    """The derivative by argument i from central differences, its error of order h^6."""

    def difference(h):
        left, right = ([x + s * h * (i == k) for k, x in enumerate(point)] for s in (-1, 1))
        return (float(f(*right)) - float(f(*left))) / (2 * h)

    d = [difference(h) for h in (4e-3, 2e-3, 1e-3)]
    r = [(4 * fine - coarse) / 3 for coarse, fine in itertools.pairwise(d)]
    return (16 * r[1] - r[0]) / 15


def expected(entry, f, point, i):
    """Derivative and its tolerance."""
    exact = None if entry.partials[i] is None or "if" in entry.texts[i] else complex_step(f, point, i)
    return (richardson(f, point, i), 1e-9) if exact is None else (exact, 1e-13)


@pytest.mark.parametrize("entry", ENTRIES, ids=lambda entry: entry.key)
def test_derivatives_agree_with_differences(entry, derivative, call):
    f = call(entry.names[0])
    for point in entry.at:
        if isinstance(point[0], int):  # integers have no neighbours
            continue
        for i, got in enumerate(derivative(entry.names[0], *point)):
            value, tolerance = expected(entry, f, [np.float64(x) for x in point], i)
            assert got == pytest.approx(value, rel=tolerance, abs=tolerance), (point, entry.params[i])


@pytest.mark.parametrize("name", NAMES)
def test_spellings_mean_the_same(name, call):
    entry = lookup(name)
    for point in entry.at:
        assert call(name)(*point) == pytest.approx(call(entry.names[0])(*point), rel=1e-13)


@pytest.mark.parametrize("entry", ENTRIES, ids=lambda entry: entry.key)
def test_numba_compiles_every_spelling_for_scalars(entry, call):
    point = entry.at[-1]
    names = [name for name in entry.names if not name.startswith("scipy.")]  # those become others
    expected = [call(name)(*point) for name in names]
    assert not names or compiled(names, entry.params)(*point) == pytest.approx(expected, rel=1e-13)


@pytest.mark.parametrize("entry", ENTRIES, ids=lambda entry: entry.key)
def test_numba_compiles_numpys_spellings_for_arrays(entry, call):
    names = [name for name in entry.names if name.startswith("np.")]
    columns = [np.array(column) for column in zip(*entry.at, strict=True)]
    if names:
        for name, got in zip(names, compiled(names, entry.params)(*columns), strict=True):
            np.testing.assert_allclose(got, call(name)(*columns), rtol=1e-13)


def compiled(names, params):
    """The tuple of a function's spellings, written as source and compiled by Numba."""
    texts = ", ".join(spelled(name, params) for name in names)
    scope = {}
    exec(f"import math\nimport numpy as np\ndef f({', '.join(params)}): return ({texts},)", scope)
    return njit(scope["f"])


def spelled(name, params):
    if name in SYMBOLS:
        return SYMBOLS[name] + params[0]
    if name[0].isalpha():
        return f"{name}({', '.join(params)})"
    return f" {name} ".join(params)


@pytest.mark.parametrize("entry", ENTRIES, ids=lambda entry: entry.key)
def test_derivatives_can_be_differentiated_again(entry):
    for part in filter(None, entry.partials):
        for node in ir.walk(part):
            name = node.func if isinstance(node, ir.Call) else node.op if isinstance(node, ir.Op) else "+"
            assert lookup(name) or name in ("and", "or", *OURS)
