"""Tuples as arguments, as gradients and as results, and the variables that take their place."""

from collections import namedtuple

import numba
import numpy as np
import pytest
from uncompiled import derivative

import adtrans
from adtrans.errors import ArgumentError, UnsupportedError
from adtrans.pipeline import generate
from adtrans.testing import check_grads, check_pullback

Layer = namedtuple("Layer", "w b")
X = np.array([0.3, -0.2, 0.5])
LAYERS = (Layer(np.arange(6.0).reshape(2, 3) / 7, np.array([0.1, 0.2])), Layer(np.array([[0.5, -0.4]]), np.zeros(1)))


def network(layers, x):
    h = np.tanh(layers[0].w @ x + layers[0].b)
    return np.sum((layers[1].w @ h + layers[1].b) ** 2)


def weighted(p, k):
    s = 0.0
    for i in range(k[0]):
        s += p[0] * p[1][0][i] ** 2
    return s + p[1][1] * k[1].sum()


def two_results(p, scale):
    return Layer(p.w * scale, (p.b, p.b * p.b[0])), p.w[::-1]


CASES = [
    (network, (LAYERS, X), (0, 1)),
    (weighted, ((2.0, (X, 0.7)), (3, np.array([1, 2]))), (0,)),
    (two_results, (Layer(X, X + 1.0), 0.5), (0, 1)),
]


@pytest.mark.parametrize(("f", "args", "argnums"), CASES, ids=[f.__name__ for f, _, _ in CASES])
def test_gradients_by_tuples_have_their_structure(f, args, argnums):
    check_pullback(f, derivative(f, args, argnums, "vjp"), args, argnums)


@pytest.mark.parametrize(("f", "args", "argnums"), CASES[:1] + CASES[2:])
def test_compiled_gradients_by_tuples_agree_with_differences(f, args, argnums):
    check_grads(f, args, argnums)


NODES = ((0.1, 2.0), (0.4, -1.0), (0.7, 0.5))


def quadrature(x):
    s = 0.0
    for k in range(3):
        place, weight = NODES[k]
        s += weight * np.sin(x[k] * place) * NODES[-1 - k][1]
    return s


def chosen_of_two_that_change(x, n):
    pair, s = (x[0], x[1]), 0.0
    for i in range(n):
        s += pair[i % 2] * x[i % 3]
        pair = pair[1], s
    return s


def shapes_joined(x):
    stack = np.ones((2,) + x.shape[:1])  # noqa: RUF005 - Numba has no stars there
    stack[1] = x * x
    return np.sum(stack) * max(stack.shape) * min(stack.shape)


def shapes_compared(a, b):
    if a.shape != b.shape or a.shape == (1, 3):
        raise ValueError("shapes differ")
    ends = (a[0, 0], b[-1, 0])
    return np.sum(a * b) * (2.0 if ends == (b[0, 0], 1.0) else 3.0)


def array_of_a_tuple(x):
    ends = (x[0], x[-1], 2.0)
    return np.array(ends) @ x * max(ends) + sum(ends)


A = np.array([[0.4, 1.0, 0.5], [1.0, -2.0, 0.3]])
OPERATIONS = [
    (quadrature, (X,), (0,)),
    (chosen_of_two_that_change, (X, 5), (0,)),
    (shapes_joined, (X,), (0,)),
    (shapes_compared, (A, A + 0.1), (0, 1)),
    (array_of_a_tuple, (X,), (0,)),
]


@pytest.mark.parametrize(("f", "args", "argnums"), OPERATIONS, ids=[f.__name__ for f, _, _ in OPERATIONS])
def test_operations_on_tuples_have_their_derivatives(f, args, argnums):
    check_pullback(f, derivative(f, args, argnums, "vjp"), args, argnums)


def test_compiled_choice_of_an_item_has_its_derivative():
    check_grads(quadrature, (X,))


def test_constant_tuple_that_is_indexed_is_an_array_of_the_module():
    text = generate(quadrature, (numba.typeof(X),), (0,), "grad").text
    assert " = np.array([0.1, 0.4, 0.7])\n" in text
    assert text.count("np.array(") == 2


def test_place_that_a_tuple_does_not_have_is_refused():
    def outside(x, k):
        return x[0] * (1.0, 2.0, 3.0)[k]

    gradient = derivative(outside, (X, 1), (0,), "grad")
    assert gradient(X, -3)[0][0] == 1.0
    with pytest.raises(IndexError, match="index out of range"):
        gradient(X, 3)


def test_gradient_by_a_named_tuple_is_one_with_its_fields():
    layers_bar = adtrans.grad(network)(LAYERS, X)
    assert [type(layer).__name__ for layer in layers_bar] == ["Layer", "Layer"]
    assert layers_bar[0]._fields == ("w", "b")
    assert layers_bar[0].w.shape == (2, 3)


def test_cotangent_of_a_named_tuple_can_be_a_plain_one():
    args = Layer(X, X + 1.0), 0.5
    cotangent = ((np.ones(3), (np.ones(3), np.ones(3))), np.ones(3))
    _, p_bar = adtrans.vjp(two_results)(*args, cotangent)
    np.testing.assert_allclose(p_bar.w, 1.5)


def test_gradient_by_a_tuple_works_in_compiled_code():
    gradient = adtrans.grad(network)

    @numba.njit
    def step(layers, x):
        g = gradient(layers, x)
        return (Layer(layers[0].w - g[0].w, layers[0].b - g[0].b), layers[1])

    np.testing.assert_allclose(step(LAYERS, X)[0].w, LAYERS[0].w - adtrans.grad(network)(LAYERS, X)[0].w)


def test_tuple_with_an_integer_cannot_be_differentiated_by():
    with pytest.raises(ArgumentError, match="cannot differentiate by 'p': an item of it is int64, not floating point"):
        adtrans.grad(weighted)((2.0, (X, 1)), (3, np.array([1, 2])))
    with pytest.raises(ArgumentError, match="'p', which has an int64"):
        generate(weighted, tuple(map(numba.typeof, ((2, (X, 1.0)), (3, np.array([1]))))), (0,), "grad")


def test_tuple_with_a_text_is_refused():
    with pytest.raises(ArgumentError, match="argument 'k' is of type tuple; allowed are"):
        adtrans.grad(weighted)((2.0, (X, 0.7)), (3, "a"))


def test_classes_of_one_name_with_other_fields_are_told_apart():
    def f(p):
        return p[0] * p[1] ** 2

    one, other = namedtuple("P", "a b"), namedtuple("P", "c d")
    gradient = adtrans.grad(f)
    assert gradient(one(2.0, 3.0))._fields == ("a", "b")
    assert gradient(other(2.0, 3.0))._fields == ("c", "d")


def test_items_are_read_once_and_only_those_that_are_used():
    module = generate(weighted, tuple(map(numba.typeof, CASES[1][1])), (0,), "grad")
    assert "    p_0 = p[0]\n    p_1_0 = p[1][0]\n" in module.text
    assert "namedtuple" not in module.text


def powers(x, p, n):
    s = x * p[0] + x[()] ** 2
    for _ in range(n):
        s = s * x
    return s + p[1][0]


AXISLESS = (np.array(2.0), (np.array(0.5, dtype=np.float32), X), np.array(3))


def test_arrays_without_axes_are_numbers_with_gradients_of_their_form():
    check_pullback(powers, derivative(powers, AXISLESS, (0, 1), "vjp"), AXISLESS, (0, 1))
    check_grads(powers, AXISLESS, (0, 1))
    x_bar, (p_bar, _) = adtrans.grad(powers, (0, 1))(*AXISLESS)
    assert (x_bar.shape, p_bar.shape, p_bar.dtype) == ((), (), np.float32)


def test_array_without_axes_cannot_be_written_to():
    def f(x):
        x[()] = 3.0
        return x * x

    with pytest.raises(UnsupportedError, match="an array without axes cannot be written to"):
        adtrans.grad(f)(np.array(2.0))
