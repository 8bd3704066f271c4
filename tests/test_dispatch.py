"""Objects of adtrans as Numba dispatchers: in Python, in `@njit` code, in threads, in other processes."""

import concurrent.futures
import copy
import inspect
import multiprocessing
import pickle
import subprocess
import sys
import threading

import numpy as np
import pytest
from numba import njit, types

import adtrans
from adtrans.errors import ArgumentError, UnsupportedError

SCALE = 3.0


@adtrans.differentiate
def loss(x, s=2.0):
    total = 0.0
    for i in range(x.shape[0]):
        total += x[i] * x[i] * s * SCALE
    return total


def square(x):
    return x * x


def product(a, b):
    return a * b


def ending_in_y_bar(x, y_bar):
    return x * y_bar


def area(x):
    total = 0.0
    for i in range(x.shape[0]):
        for j in range(x.shape[1]):
            total += x[i, j] * x[i, j]
    return total


square_grad = adtrans.grad(square)
X = np.array([1.0, -2.0, 0.5])


def test_call_is_the_primal():
    assert loss(X) == pytest.approx(6.0 * np.sum(X * X))
    assert loss(X) == loss.py_func(X)


def test_grad_has_the_shape_of_its_argument():
    np.testing.assert_allclose(loss.grad(X), 12.0 * X, rtol=1e-6)


def test_keywords_and_defaults_are_those_of_the_function():
    np.testing.assert_allclose(loss.grad(s=1.0, x=X), 6.0 * X, rtol=1e-6)
    value, gradient = loss.value_and_grad(X, s=4.0)
    assert value == pytest.approx(12.0 * np.sum(X * X))
    np.testing.assert_allclose(gradient, 24.0 * X, rtol=1e-6)


def test_vjp_takes_the_cotangent_last_and_by_name_after_defaults():
    for value, gradient in (loss.vjp(X, 2.0, 0.5), loss.vjp(X, y_bar=0.5)):
        assert value == pytest.approx(loss(X))
        np.testing.assert_allclose(gradient, 6.0 * X, rtol=1e-6)
    with pytest.raises(ArgumentError, match="y_bar"):
        loss.vjp(X)


def test_name_of_the_cotangent_is_fresh():
    derivative = adtrans.vjp(ending_in_y_bar)
    assert list(inspect.signature(derivative).parameters) == ["x", "y_bar", "y_bar_"]


def test_njit_code_calls_it_as_a_global():
    @njit
    def step(x):
        value, gradient = loss.value_and_grad(x)
        return x - 0.01 * gradient, loss(x) - value + square_grad(3.0)

    moved, six = step(X)
    np.testing.assert_allclose(moved, X - 0.12 * X, rtol=1e-6)
    assert six == pytest.approx(6.0)


def test_njit_code_calls_it_as_a_closure_variable_with_keywords():
    gradient, part = adtrans.grad(loss), loss.grad

    @njit
    def both(x):
        return gradient(x, s=1.0) + part(s=2.0, x=x)

    np.testing.assert_allclose(both(X), 18.0 * X, rtol=1e-6)


def test_njit_code_takes_it_as_an_argument():
    @njit
    def apply(f, x):
        return f(x)

    @njit
    def outer(f, x):
        return apply(f, x) + apply(f.grad, x)

    assert apply(square_grad, 3.0) == pytest.approx(6.0)
    assert apply(adtrans.grad(loss), X) == pytest.approx(12.0 * X)
    assert outer(adtrans.differentiate(square), 3.0) == pytest.approx(15.0)


def test_njit_loop_trains_without_python():
    @njit
    def train(x, steps):
        for _ in range(steps):
            x = x - 0.05 * loss.grad(x)
        return x

    np.testing.assert_allclose(train(X, 50), 0.0, atol=1e-6)


@pytest.mark.parametrize("layout", ["C", "F", "A"])
def test_every_layout_has_its_own_signature(layout):
    data = np.arange(6.0).reshape(2, 3)
    x = {"C": data, "F": np.asfortranarray(data), "A": np.repeat(data, 2, axis=1)[:, ::2]}[layout]
    gradient = adtrans.grad(area)
    np.testing.assert_allclose(gradient(x), 2.0 * data, rtol=1e-6, atol=1e-9)
    assert gradient.signatures[0][0].layout == layout


def test_read_only_array_is_an_argument_like_any_other():
    frozen = X.copy()
    frozen.flags.writeable = False
    np.testing.assert_allclose(loss.grad(frozen), 12.0 * X, rtol=1e-6)
    assert loss.value_and_grad(frozen)[0] == loss(X)


@pytest.mark.parametrize("bad", [[1.0], "text", {"a": 1}, None, np.ones(2, np.clongdouble), object()])
def test_type_that_cannot_be_an_argument_names_parameter_and_type(bad):
    with pytest.raises(ArgumentError, match=r"'x' is of type .*(list|str|dict|None|array|object).*float64"):
        loss.grad(bad)


class WithUnits(np.ndarray):
    def __array_ufunc__(self, *args, **kwargs):
        raise AssertionError("an operation of its own")


@pytest.mark.parametrize("first", [False, True])
def test_array_that_means_something_else_in_python_is_refused(first):
    gradient = adtrans.grad(area if first else loss)
    if first:  # Numba has compiled for plain arrays then
        gradient(np.ones((2, 3)))
    for bad in (np.ones((2, 3)).view(np.matrix), np.ma.masked_array(np.ones((2, 3)), np.eye(2, 3))):
        with pytest.raises(ArgumentError, match=rf"'x' is of type {type(bad).__name__}; .*\n.*\n.*\n.*asarray"):
            gradient(bad)
    if not first:
        with pytest.raises(ArgumentError, match="'x' is of type WithUnits"):
            gradient(np.ones(3).view(WithUnits))


def product_of_items(pair, scale=1.0):
    first, second = pair
    return np.sum(first * second) * scale


@pytest.mark.parametrize("first", [False, True])
def test_item_that_means_something_else_in_python_is_refused(first):
    gradient = adtrans.grad(product_of_items)
    if first:  # Numba has compiled for plain arrays then
        gradient((np.ones(3), np.ones(3)), scale=2.0)
    bad = np.ones(3), np.ma.masked_array(np.ones(3), np.eye(3)[0])
    for call in (lambda: gradient(bad), lambda: gradient(bad, scale=2.0), lambda: gradient(pair=bad)):
        with pytest.raises(ArgumentError, match="'pair' is of type tuple with MaskedArray;"):
            call()


def test_gradient_that_has_taken_tuples_pickles():
    gradient = adtrans.grad(product_of_items)
    pair = np.ones(3), np.ones(3)
    assert np.array_equal(gradient(pair)[0], pickle.loads(pickle.dumps(gradient))(pair)[0])


@pytest.mark.parametrize(("bad", "hint"), [(np.arange(3), r"x\.astype\(float\)"), (3, r"float\(x\)")])
def test_differentiated_integer_is_refused_with_a_hint(bad, hint):
    with pytest.raises(ArgumentError, match=hint):
        adtrans.grad(square)(bad)


def test_integer_that_is_not_differentiated_is_accepted():
    assert adtrans.grad(product)(2.0, 3) == pytest.approx(3.0)


@pytest.mark.parametrize("args", [(), (X, 1.0, 2.0)])
def test_wrong_number_of_arguments_is_a_type_error(args):
    with pytest.raises(TypeError, match="argument"):
        loss.grad(*args)


def unsupported(x):
    return np.linalg.eigvals(x * np.ones((2, 2)))[0]


def test_error_about_the_program_reaches_python_as_it_is():
    with pytest.raises(UnsupportedError) as caught:
        adtrans.grad(unsupported)(1.0)
    assert f"{__file__}:" in str(caught.value)


def test_error_about_the_program_is_shown_in_full_through_njit():
    bad = adtrans.grad(unsupported)

    @njit
    def caller(x):
        return bad(x)

    with pytest.raises(UnsupportedError) as direct:
        bad(1.0)
    with pytest.raises(Exception) as caught:  # ours, or Numba's with our text
        caller(1.0)
    assert str(direct.value) in str(caught.value)


def test_threads_compile_once_and_agree():
    gradient = adtrans.grad(lambda_of_two())
    results, barrier = [], threading.Barrier(8)

    def work():
        barrier.wait()
        results.append((gradient(3.0), loss.grad(X)[0]))

    threads = [threading.Thread(target=work) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(results) == 8
    assert len(set(results)) == 1
    assert len(gradient.overloads) == 1


def lambda_of_two():
    factor = 7.0

    def f(x):
        return x * x * factor

    return f


def test_functions_that_differ_only_in_a_closure_value_are_apart():
    def scaled(factor):
        def f(x):
            return factor * x

        return adtrans.grad(f)

    assert [scaled(c)(1.0) for c in (2.0, 5.0)] == pytest.approx([2.0, 5.0])


def test_derivative_of_a_derivative():
    second = adtrans.grad(adtrans.grad(cube))
    assert second(2.0) == pytest.approx(12.0, rel=1e-3)


def cube(x):
    return x * x * x


def test_second_derivative_of_functions_that_vectorise():
    second, h = adtrans.grad(adtrans.grad(decays)), 1e-5
    first = adtrans.grad(decays)
    assert "_exp(" in first.source(0.5, 3) and "_log(" in first.source(0.5, 3)
    assert second(0.5, 3) == pytest.approx((first(0.5 + h, 3) - first(0.5 - h, 3)) / (2 * h), rel=1e-7)


def decays(x, n):
    total = 0.0
    for i in range(n):
        total += np.exp(-i * x) * np.log(x + i)
    return total


@pytest.mark.parametrize("obj", [loss, loss.grad, loss.vjp, square_grad, adtrans.value_and_grad(square, argnums=[0])])
def test_pickle_keeps_what_it_computes(obj):
    again = pickle.loads(pickle.dumps(obj))
    assert again.request.options() == obj.request.options()
    assert repr(again) == repr(obj)


def test_pickle_of_a_decorated_function_is_that_function():
    assert pickle.loads(pickle.dumps(loss)) is loss
    assert pickle.loads(pickle.dumps(loss.grad)) is loss.grad


def test_pickle_of_a_local_function_fails_clearly():
    with pytest.raises((pickle.PicklingError, AttributeError), match="local"):
        pickle.dumps(adtrans.grad(lambda_of_two()))


def test_copies_are_the_object():
    assert copy.copy(loss) is loss
    assert copy.deepcopy({"f": square_grad})["f"] is square_grad


def test_process_pool_runs_gradients():
    context = multiprocessing.get_context("spawn")
    with concurrent.futures.ProcessPoolExecutor(1, mp_context=context) as pool:
        assert pool.submit(square_grad, 3.0).result() == pytest.approx(6.0)
        np.testing.assert_allclose(pool.submit(loss.grad, X).result(), 12.0 * X, rtol=1e-6)


def test_py_func_of_a_derivative_runs_the_generated_source():
    assert square_grad.py_func(3.0) == pytest.approx(6.0)


def test_numba_disable_jit_runs_the_generated_source(tmp_path):
    program = tmp_path / "program.py"
    program.write_text(
        "import adtrans\n\n\n@adtrans.differentiate\ndef f(x, n=2):\n    return x * x * n\n\n\n"
        "assert abs(f.grad(3.0) - 12.0) < 1e-6 and f(3.0) == 18.0\nassert abs(adtrans.grad(f)(3.0) - 12.0) < 1e-6\n"
    )
    subprocess.run([sys.executable, program], check=True, env={**_environment(), "NUMBA_DISABLE_JIT": "1"})


@pytest.mark.parametrize("variables", [{}, {"NUMBA_DISABLE_JIT": "1"}], ids=["compiled", "uncompiled"])
def test_functions_that_numba_overloads_have_types_in_a_new_process(tmp_path, variables):
    program = tmp_path / "program.py"
    program.write_text(
        "import adtrans\nimport numpy as np\n\n\ndef f(x, y):\n    return max(x - y * np.round(x / y), 0.1) * x\n\n\n"
        "assert abs(adtrans.grad(f)(1.2, 0.5) - 1.4) < 1e-9\n"
    )
    subprocess.run([sys.executable, program], check=True, env={**_environment(), **variables})


def _environment():
    import os

    return {**os.environ, "PYTHONPATH": os.pathsep.join(p for p in sys.path if p)}


def test_repr_says_what_it_is():
    assert "adtrans.grad of square(x) at" in repr(square_grad)
    assert "argnums=0" in repr(square_grad)
    assert repr(loss).startswith("<adtrans.differentiate of loss(x, s=2.0)")


def test_nothing_leads_from_a_derivative_to_the_primal_unawares():
    assert inspect.unwrap(square_grad) is square_grad
    assert square_grad.py_func is not square
    assert loss.__wrapped__ is loss.py_func


def test_calling_types_need_no_values():
    gradient = adtrans.grad(area)
    gradient.compile((types.float64[:, ::1],))
    assert gradient.signatures == [(types.float64[:, ::1],)]
