"""Functions that call derivatives: each against the same function with those derivatives written out by hand."""

import numpy as np
import pytest
from uncompiled import check_compiled, derivative

import adtrans
from adtrans import check_grads, differentiate, grad, value_and_grad, vjp
from adtrans.errors import AdtransError, UnsupportedError
from adtrans.testing import check_pullback, copies

X = np.array([0.4, -1.1, 0.8])
POINTS, TARGETS = np.array([[1.0, 2.0], [3.0, -1.0]]), np.array([0.5, -0.5])


def cubes(x):
    return np.sum(x**3)


def waves(x):
    return np.sin(x) * x


@differentiate
def wave(x):
    return np.sin(x) * x


@differentiate(argnums=("w", "b"))
def loss(w, b, x, y):
    error = 0.0
    for i in range(len(y)):
        error += (x[i] @ w + b - y[i]) ** 2
    return error


def same(x):
    return x


def nested_sines(x, n):
    return x if n == 0 else x * np.sin(nested_sines(x, n - 1))


def scaled(x, scale=None):
    return x * x if scale is None else scale * x * x


cubes_grad, waves_vjp, same_vjp = grad(cubes), vjp(waves), vjp(same)


def named_outside(x):
    return np.sum(cubes_grad(x) * np.sin(x))


def named_outside_by_hand(x):
    return np.sum(3.0 * x**2 * np.sin(x))


def made_in_an_expression(x):
    return np.sum(value_and_grad(cubes)(x)[1] * x) + adtrans.grad(cubes, argnums=[0])(x)[0][1]


def made_in_an_expression_by_hand(x):
    return np.sum(3.0 * x**3) + 3.0 * x[1] ** 2


def named_inside(x):
    slope = wave.grad
    for _ in range(3):
        x -= 0.1 * slope(x)
    return x


def named_inside_by_hand(x):
    for _ in range(3):
        x -= 0.1 * (np.cos(x) * x + np.sin(x))
    return x


def applied(f, x):
    return f(x) ** 2


def given_to_a_function(x):
    return applied(wave.grad, x) + applied(grad(wave), 2.0 * x)


def given_to_a_function_by_hand(x):
    return (np.cos(x) * x + np.sin(x)) ** 2 + (np.cos(2 * x) * 2 * x + np.sin(2 * x)) ** 2


def with_pullback(x, v):
    y, x_bar = waves_vjp(x, v)
    return np.sum(y * x_bar)


def with_pullback_by_hand(x, v):
    return np.sum(np.sin(x) * x * v * (np.cos(x) * x + np.sin(x)))


def trained(w, b, rate):
    for _ in range(4):
        _, (w_bar, b_bar) = loss.value_and_grad(w, b, POINTS, TARGETS)
        w = w - rate * w_bar
        b -= rate * b_bar
    return loss(w, b, y=TARGETS, x=POINTS)


def trained_by_hand(w, b, rate):
    for _ in range(4):
        error = POINTS @ w + b - TARGETS
        w = w - rate * 2.0 * (POINTS.T @ error)
        b -= rate * 2.0 * np.sum(error)
    return np.sum((POINTS @ w + b - TARGETS) ** 2)


def written_through_a_result(x):
    z = x * 1.0
    y, x_bar = same_vjp(z, x)
    y[0] = 5.0 * x[1]
    return np.sum(z * z) + np.sum(x_bar * y)


def written_through_a_result_by_hand(x):
    y = x * 1.0  # results are arrays of their own
    y[0] = 5.0 * x[1]
    return np.sum(x * x) + np.sum(x * y)


def until_it_is_flat(x):
    k = 0
    while abs(wave.grad(x)) > 0.05 and k < 20:
        x -= 0.2 * wave.grad(x)
        k += 1
    return x


def until_it_is_flat_by_hand(x):
    k = 0
    while abs(np.cos(x) * x + np.sin(x)) > 0.05 and k < 20:
        x -= 0.2 * (np.cos(x) * x + np.sin(x))
        k += 1
    return x


def of_several_types(x):
    return np.sum(twice(np.array([x]))) + np.sum(twice(np.array([[x, 2.0 * x]])))


def twice(x):
    return grad(total)(x) * 2.0


def total(x):
    return np.sum(x * x * x)


def of_several_types_by_hand(x):
    return 6.0 * x**2 + 6.0 * x**2 + 24.0 * x**2


def in_a_recursion(x, n):
    return x if n == 0 else in_a_recursion(wave.grad(x), n - 1)


def in_a_recursion_by_hand(x, n):
    for _ in range(n):
        x = np.cos(x) * x + np.sin(x)
    return x


def with_an_argument_left_out(x):
    return grad(scaled)(x) * grad(scaled)(x, 3.0) + grad(scaled)(x, scale=x)


def with_an_argument_left_out_by_hand(x):
    return 2.0 * x * 6.0 * x + 2.0 * x * x


def every_other(x, start, stop):
    s = 0.3
    for i in range(start, stop, 2):
        s = np.sin(s) * x[i]
    for i in range(stop - 1, start, -3):
        s = np.sin(s) + x[i]
    return s


def of_every_other(x, start, stop):
    return np.sum(grad(every_other)(x, start, stop) * x)


def of_every_other_by_hand(x, start, stop):
    at = [*range(start, stop, 2), *range(stop - 1, start, -3)]
    values, s = [], 0.3
    for k, i in enumerate(at):
        values.append(s)
        s = np.sin(s) * x[i] if k < len(range(start, stop, 2)) else np.sin(s) + x[i]
    s_bar, total = 1.0, 0.0
    for k in range(len(at) - 1, -1, -1):
        if k < len(range(start, stop, 2)):
            total += s_bar * np.sin(values[k]) * x[at[k]]
            s_bar *= np.cos(values[k]) * x[at[k]]
        else:
            total += s_bar * x[at[k]]
            s_bar *= np.cos(values[k])
    return total


def scaled_in_place(x, y):
    for i in range(len(x)):
        x[i] *= y[i]
    return np.sum(x * x)


def of_one_that_writes(x, y):
    return np.sum(grad(scaled_in_place)(x, y) * y) + np.sum(x)


def of_one_that_writes_by_hand(x, y):
    return np.sum(2.0 * x * y**3) + np.sum(x)


PROGRAMS = [
    (of_every_other, of_every_other_by_hand, (np.linspace(0.5, 2.0, 8), 1, 8), (0,)),
    (of_one_that_writes, of_one_that_writes_by_hand, (X, X + 2.0), (0, 1)),
    (named_outside, named_outside_by_hand, (X,), (0,)),
    (made_in_an_expression, made_in_an_expression_by_hand, (X,), (0,)),
    (named_inside, named_inside_by_hand, (0.7,), (0,)),
    (given_to_a_function, given_to_a_function_by_hand, (0.7,), (0,)),
    (with_pullback, with_pullback_by_hand, (X, X + 1.0), (0, 1)),
    (trained, trained_by_hand, (np.array([0.1, -0.2]), 0.3, 0.01), (0, 1, 2)),
    (written_through_a_result, written_through_a_result_by_hand, (X,), (0,)),
    (until_it_is_flat, until_it_is_flat_by_hand, (1.3,), (0,)),
    (of_several_types, of_several_types_by_hand, (0.7,), (0,)),
    (in_a_recursion, in_a_recursion_by_hand, (0.7, 2), (0,)),
    (with_an_argument_left_out, with_an_argument_left_out_by_hand, (1.2,), (0,)),
]


def by_name(programs):
    return pytest.mark.parametrize(("f", "by_hand", "args", "argnums"), programs, ids=[p[0].__name__ for p in programs])


@by_name(PROGRAMS)
def test_gradient_is_that_of_the_function_with_its_derivatives_by_hand(f, by_hand, args, argnums):
    pullback = derivative(f, args, argnums, "vjp")
    check_pullback(by_hand, pullback, args, argnums, like=by_hand(*copies(args)))


@by_name([p for p in PROGRAMS if p[0] in (trained, in_a_recursion)])
def test_compiled_value_and_gradient_are_those_that_python_computes(f, by_hand, args, argnums):
    check_compiled(f, args, argnums)
    assert adtrans.value_and_grad(f)(*args)[0] == pytest.approx(by_hand(*copies(args)), rel=1e-9)


def force_on(q):
    return -energy.grad(q)


@differentiate
def energy(q):
    return np.sum(np.cos(q)) + 0.5 * np.sum(q[1:] * q[:-1])


def test_python_calls_derivatives_inside_as_it_calls_any_function():
    check_grads(squares_of_forces, (X,))


def squares_of_forces(q):
    return np.sum(force_on(q) ** 2)


def given_an_integer(x):
    return x * grad(wave)(2)


def given_another_rank(x):
    return vjp(wave)(x, np.ones(3))[1][0]


def of_an_inner_function(x):
    def inner(z):
        return z * z

    return grad(inner)(x)


def of_no_function(x):
    return grad(np.sin)(x)


def with_an_option_that_varies(x):
    return grad(wave, argnums=x)(x)


def of_a_recursion(x):
    return grad(nested_sines)(x, 3)


def of_itself(x):
    return grad(of_itself)(x)


def of_a_parameter(x):
    return slope_of(wave, x)


def slope_of(f, x):
    return f.grad(x)


@pytest.mark.parametrize(
    ("f", "text", "message"),
    [
        (given_an_integer, "grad(wave)(2)", "wave_grad: cannot differentiate by 'x': it is int64"),
        (given_another_rank, "vjp(wave)(x, np.ones(3))", "the cotangent 'y_bar' is array(float64, 1d, C)"),
        (of_an_inner_function, "grad(inner)(x)", "grad is only supported of a function that is defined outside"),
        (of_no_function, "grad(np.sin)(x)", "grad(np.sin): cannot differentiate"),
        (with_an_option_that_varies, "argnums=x", "an option of a derivative has to be written out"),
        (
            of_a_recursion,
            "grad(nested_sines)(x, 3)",
            "nested_sines_grad: a derivative whose records grow by several values",
        ),
        (of_itself, "grad(of_itself)(x)", "of_itself is differentiated inside itself"),
        (of_a_parameter, "f.grad(x)", "grad of what has a name only in this function is not supported"),
    ],
)
def test_what_is_not_supported_is_refused_at_the_call(f, text, message):
    with pytest.raises(AdtransError) as caught:
        grad(f).source("float64")
    loc = caught.value.loc
    assert loc.source_line()[loc.column - 1 :].startswith(text[: loc.end_column - loc.column])
    assert message in str(caught.value)
    assert caught.value.hint and isinstance(caught.value, UnsupportedError)


def slope_times(factor):
    slope = grad(times(factor))

    def f(x):
        return slope(x) * x

    return f


def times(factor):
    def f(x):
        return factor * x * x

    return f


def test_derivatives_of_other_functions_are_not_taken_for_one_another():
    assert [grad(slope_times(factor))(1.0) for factor in (2.0, 3.0)] == pytest.approx([8.0, 12.0])
