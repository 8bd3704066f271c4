"""Calls of functions with a definition: what takes their place, wherever they stand."""

import numba
import numpy as np
import pytest
from differences import differences
from ir_python import define
from uncompiled import derivative

from adtrans.errors import UnsupportedError
from adtrans.pipeline import generate

ARGS = np.array([1.5, 0.5, 2.0, 0.7]), np.arange(12.0).reshape(3, 4) / 7 + 0.3


def program(*lines: str):
    return define("\n".join(["def f(x, a):", *(f"    {line}" for line in lines), ""]))


PROGRAMS = {
    "several results": ("u, v = np.meshgrid(x, x * x)", "return np.sum(u * v * v)"),
    "one of several results": ("return np.sum(np.split(x, 2)[1] ** 2)",),
    "integers of a length that the data says": (
        "t = 0.0", "i, j = np.nonzero(a > 1.0)", "for k in range(len(i)):", "    t += a[i[k], j[k]] ** 2", "return t",
    ),
    "an order that every iteration has for itself": (
        "y, t = x.copy(), 0.0", "for k in range(3):", "    o = np.argsort(y)", "    t += y[o[0]] * y[o[1]] * k",
        "    y[o[0]] = y[o[0]] * 2.7", "return t",
    ),
    "an array that grows": (
        "y = x.copy()", "for k in range(2):", "    y = np.concatenate((y, y[:1] * y[1:2]))", "return np.sum(y * y)",
    ),
    "in the test of a loop": ("t = x[0]", "while np.any(x * t < 10.0):", "    t = t * 1.5", "return t * t"),
    "in a branch that is not taken": ("return np.sort(x)[3] if x[0] < 0.0 else np.max(x) ** 2",),
    "sorted in place": ("y = a.copy()", "y[1].sort()", "y.T.sort()", "return np.sum(y[0] * y[1])"),
    "written through a view": (
        "y = x.copy()", "u, v = np.split(y, 2)", "u[0] = x[1]", "v *= 2.0", "return np.sum(y * y)",
    ),
    "a view, and what it views written": (
        "y = x.copy()", "z = np.flip(y)", "y[0] = x[1] * 4", "return np.sum(z * z * x)",
    ),
    "the array itself": ("y = x.copy()", "z = np.asarray(y)", "z[0] = x[2] * x[2]", "return np.sum(y * y)"),
    "an element by its place": ("return a.flat[5] ** 2 + x.item(2) * a[:1, :1].item()",),
    "a list as an array": ("return np.cumsum([x[0], 2.0, x[1] * x[1]])[2]",),
    "written by place": ("y = a.copy()", "y.flat[3] = x[0]", "return np.sum(y * y)"),
}  # fmt: skip


@pytest.mark.parametrize("lines", PROGRAMS.values(), ids=PROGRAMS)
def test_value_and_gradient_are_those_of_numpys_function(lines):
    f = program(*lines)
    value, gradient = derivative(f, ARGS, (0, 1), "value_and_grad")(*map(np.copy, ARGS))
    assert value == pytest.approx(f(*map(np.copy, ARGS)), rel=1e-13)
    for k in (0, 1):
        np.testing.assert_allclose(gradient[k], differences(f, ARGS, k), rtol=1e-7, atol=1e-7)


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("s = np.cumsum(x[0])[0]", "np.cumsum needs an array as 'a', got a float64"),
        ("s = np.sum(np.flip(x, 1))", "np.flip: axis 1 is out of bounds for a 1-d array"),
        ("s = np.sum(np.flip(x, len(x)))", "np.flip: axis must be a constant"),
        ("s = np.trace()", "np.trace needs 'a'"),
        ("s = np.sum(np.squeeze(x))", "np.squeeze: axis= must say which axes have one element"),
        ("s = np.sum(np.einsum('i...', x))", "np.einsum: subscripts are letters"),
        ("s = np.sum(np.einsum('ij', x))", "np.einsum: the subscripts 'ij' do not fit an array of 1 axes"),
        (
            "s = np.sum(np.vdot(x, np.arange(4) > 1) * np.cross(x, x[0]))",
            "np.cross needs an array as 'b', got a float64",
        ),
    ],
)
def test_refusal_names_the_users_line(line, message):
    with pytest.raises(UnsupportedError) as caught:
        derivative(program("y = x * x", line, "return s"), ARGS, (0,), "grad")
    assert caught.value.loc.line == 3
    assert message in str(caught.value)


@pytest.mark.parametrize("view", ["np.diagonal(y)", "np.diag(y)", "np.ascontiguousarray(y)"])
def test_name_for_memory_of_which_there_is_only_a_copy_is_refused_where_it_is_written(view):
    f = program("y = a[:, :3].copy()", f"z = {view}", "y[0, 0] = x[0]", "return np.sum(z * z)")
    with pytest.raises(UnsupportedError, match="a second name for an array of which elements are written"):
        derivative(f, ARGS, (0,), "grad")


def source(*lines: str) -> str:
    return generate(program(*lines), tuple(map(numba.typeof, ARGS)), (0,), "primal").text


def test_formula_of_elementwise_arguments_makes_no_array():
    assert "np.empty" not in source("return np.any(x * x > 2.0) * np.sum(np.flip(a)) + np.count_nonzero(a > x)")


@pytest.mark.parametrize("product", ["'ij,kj->ik', a, a", "'ji,kj', a, a.T", "'ij,jk,kl->il', a, a.T, a"])
def test_sum_that_is_a_matrix_product_is_left_to_blas(product):
    text = source(f"return np.sum(np.einsum({product}))")
    assert "np.dot(" in text
    assert "einsum_" not in text
