"""Functions left to a library: NumPy's values, and derivatives as differences have them."""

import re

import numpy as np
import pytest
from ir_python import define
from test_definitions import ARGS, NAMES, moved
from uncompiled import check_compiled, derivative

import adtrans
from adtrans.errors import UnsupportedError
from adtrans.library import declarations

CALLS = [call for found in declarations() for call in found.at]
rng = np.random.default_rng(5)
S = rng.normal(size=(3, 3)) + np.diag([2.0, 3.0, 4.0])
B = rng.normal(size=(5, 3))
X = rng.normal(size=3)


def program(call: str):
    """A function whose result depends on each element that `call` computes in a way of its own."""
    body = ["r = np.zeros(1) + (", f"    {call}", ")", "w = np.sin(np.arange(r.size) + 1.0)"]
    body += ["return np.sum(np.reshape(w, r.shape) * r * r) + np.sum(r)"]
    return define("\n".join([f"import numpy as np\ndef f({', '.join(NAMES)}):", *(f"    {line}" for line in body), ""]))


@pytest.mark.parametrize("call", CALLS)
def test_values_are_numpys_and_derivatives_are_those_of_differences(call):
    fn, argnums = program(call), tuple(range(len(ARGS)))
    value, gradient = derivative(fn, ARGS, argnums, "value_and_grad")(*(np.copy(arg) for arg in ARGS[:-1]), ARGS[-1])
    assert value == pytest.approx(fn(*ARGS), rel=1e-12)
    for seed in range(3):
        directions = np.random.default_rng(seed)
        direction = tuple(directions.standard_normal(np.shape(arg)) for arg in ARGS)
        slope = (fn(*moved(1e-6, direction)) - fn(*moved(-1e-6, direction))) / 2e-6
        found = sum(np.sum(g * d) for g, d in zip(gradient, direction, strict=True))
        assert found == pytest.approx(slope, rel=1e-6, abs=1e-6)


@pytest.mark.parametrize("found", declarations(), ids=lambda found: found.func)
def test_numba_compiles_all_calls(found):
    different = {re.sub(r"\b[abs]\b", "m", call): call for call in found.at}  # a, b and s are of one type
    terms = " + ".join(f"np.sum(np.ones(1) * {call} * t)" for call in different.values())
    check_compiled(program(terms), ARGS, (0, 2, 3, 4))


@pytest.mark.parametrize("found", declarations(), ids=lambda found: found.func)
def test_every_operation_says_what_it_does(found):
    assert found.summary.endswith(".")


def all_of_them(s, b, x):
    sign, logdet = np.linalg.slogdet(s)
    w, v = np.linalg.eigh(s)
    u, d, vh = np.linalg.svd(b, full_matrices=False)
    q, r = np.linalg.qr(b)
    z, _, rank, _ = np.linalg.lstsq(b, np.sin(b[:, 0]))
    lower = np.linalg.cholesky(s @ s.T)
    total = sign * logdet + np.sum(w * x) + np.sum(v * v * v) + np.sum(u[0] * d) + np.sum(vh[1] * x) + rank
    return total + np.sum(q[1] * x) + np.sum(r * r * r) + np.sum(z * x) + np.sum(lower * np.linalg.inv(s))


def solved_again_and_again(s, b, x):
    a = s.copy()
    total = 0.0
    for k in range(4):
        x = np.linalg.solve(a, x)
        total += np.sum(x * x) * np.linalg.det(a)
        a[k % 3] += 0.1 * x
    return total


def decomposed_until_small(s, b, x):
    a = s @ s.T
    total = 0.0
    steps = 0
    while np.linalg.eigvalsh(a)[-1] > 1.0:
        w, v = np.linalg.eigh(a)
        if steps % 2 == 0:
            total += np.sum(w * np.abs(v[:, 0]))
        a = 0.5 * a + 0.01 * np.outer(np.sqrt(w), np.sqrt(w))
        a[0, 0] *= 0.9
        steps += 1
    return total


def of_a_result_written_over(s, b, x):
    y = np.linalg.inv(s)
    total = np.sum(y * y)
    y[0] = x
    y[1, 1] *= 2.0
    return total + np.sum(np.linalg.inv(y) * s)


def of_an_argument_written_over(s, b, x):
    a = s.copy()
    y = np.linalg.solve(a, x)
    for i in range(3):
        a[i, i] = y[i] * x[i]
    return np.sum(a * a) + np.sum(y)


def of_views(s, b, x):
    left = np.linalg.solve(s[1:, 1:], x[::2])
    right = np.linalg.solve(s.T[:2, :2], b[1:3, :2])
    return np.sum(left * x[1:]) + np.sum(right * right) + np.linalg.det(b[::2, :])


def of_one_array_twice(s, b, x):
    return np.sum(np.linalg.solve(s, s @ s) * s)


def of_the_iteration_before(s, b, x):
    total = 0.0
    for i in range(3):
        if i > 0:
            total += h[0] * w[1]  # noqa: F821
        h = np.linalg.solve(s, x * (i + 1.0))
        w = np.linalg.eigvalsh(s * (1.0 + h[0] * h[0]))  # noqa: F841
    return total


def of_a_helper(s, b, x):
    return np.sum(gaussian(s @ s.T, x) * x)


def gaussian(a, x):
    lower = np.linalg.cholesky(a)
    z = np.linalg.solve(lower, x)
    return 0.5 * z * z + np.log(lower[0, 0])


PROGRAMS = (all_of_them, solved_again_and_again, decomposed_until_small, of_a_result_written_over,
            of_an_argument_written_over, of_views, of_one_array_twice, of_a_helper)  # fmt: skip
PLAIN = (of_the_iteration_before,)  # Numba refuses them: a name is read in lines above those that give it a value
COMPILED = (solved_again_and_again, of_views)  # each takes many seconds


@pytest.mark.parametrize("fn", PROGRAMS + PLAIN, ids=lambda fn: fn.__name__)
def test_program_has_the_gradient_of_differences(fn):
    value, gradient = derivative(fn, (S, B, X), (0, 1, 2), "value_and_grad")(S.copy(), B.copy(), X.copy())
    assert value == pytest.approx(fn(S.copy(), B.copy(), X.copy()), rel=1e-12)
    directions = [rng.standard_normal(a.shape) for a in (S, B, X)]
    plus, minus = (fn(*(a + h * d for a, d in zip((S, B, X), directions, strict=True))) for h in (1e-6, -1e-6))
    found = sum(np.sum(g * d) for g, d in zip(gradient, directions, strict=True))
    assert found == pytest.approx((plus - minus) / 2e-6, rel=1e-6, abs=1e-7)


@pytest.mark.parametrize("fn", COMPILED, ids=lambda fn: fn.__name__)
def test_compiled_program_has_the_gradient_that_python_computes(fn):
    check_compiled(fn, (S, B, X), (0, 1, 2))


def test_results_of_float32_arguments_are_float32():
    args = tuple(a.astype(np.float32) for a in (S, B, X))
    value, gradient = derivative(of_a_helper, args, (0, 2), "value_and_grad")(*args)
    assert value == pytest.approx(of_a_helper(S, B, X), rel=1e-4)
    expected = derivative(of_a_helper, (S, B, X), (0, 2), "grad")(S, B, X)
    for ours, theirs in zip(gradient, expected, strict=True):
        assert ours.dtype == np.float32
        np.testing.assert_allclose(ours, theirs, rtol=1e-3, atol=1e-3)


def test_compiled_results_of_float32_arguments_are_float32():
    args = tuple(a.astype(np.float32) for a in (S, X))
    gradient = adtrans.grad(solved, (0, 1))(*args)
    assert all(ours.dtype == np.float32 for ours in gradient)


def test_determinant_of_a_singular_matrix_has_a_gradient():
    singular = np.array([[1.0, 2.0], [2.0, 4.0]])
    (gradient,) = derivative(np_det, (singular,), (0,), "grad")(singular)
    np.testing.assert_allclose(gradient, [[4.0, -2.0], [-2.0, 1.0]], atol=1e-12)


def np_det(a):
    return np.linalg.det(a)


def solved(a, b):
    return np.sum(np.linalg.solve(a, b))


@pytest.mark.parametrize("compiled", (False, True))
def test_singular_matrix_raises_as_in_numpy(compiled):
    args = np.zeros((2, 2)), np.ones(2)
    gradient = adtrans.grad(solved, (0, 1)) if compiled else derivative(solved, args, (0, 1), "grad")
    with pytest.raises(np.linalg.LinAlgError):
        gradient(*args)


def test_only_the_results_that_are_used_have_a_cotangent():
    source = define("def f(a):\n    return np.sum(np.linalg.eigh(a)[0])\n")
    text = adtrans.grad(source, cache=False).source(S)
    assert "v_bar" not in text
    assert "eigh_w[" not in text.partition("def f_grad")[2].replace("eigh_w[i]", "", 1)


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ("np.sum(np.linalg.svd(b)[0])", "the singular vectors of np.linalg.svd have a derivative only with full_mat"),
        ("np.sum(np.linalg.lstsq(b, b[:, 0])[1])", "the residuals of np.linalg.lstsq have no derivative here"),
        ("np.sum(np.linalg.inv(x))", "np.linalg.inv: needs a 2-d array of floats, got a 1-d float64 array"),
        ("np.sum(np.linalg.inv(np.arange(4).reshape(2, 2)))", "needs a 2-d array of floats, got a 2-d int"),
        ("np.sum(np.linalg.solve(b, x.astype(np.float32)))", "np.linalg.solve: needs one float type"),
        ("np.linalg.det()", "np.linalg.det needs 'a'"),
        ("np.sum(np.linalg.eigh(b, 'U')[0])", "np.linalg.eigh takes at most 1 arguments without a name"),
    ],
)
def test_what_is_not_supported_is_refused_at_its_line(body, message):
    fn = define(f"def f(b, x):\n    return {body}\n")
    with pytest.raises(UnsupportedError, match=message) as caught:
        derivative(fn, (B, X), (0, 1), "grad")
    assert caught.value.loc.line == 2
