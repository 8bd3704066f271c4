"""Functions with a rule: their bodies are not read, their pullbacks give the derivatives."""

import ctypes
import ctypes.util
import os
import pickle
import subprocess
import sys
import textwrap
from pathlib import Path

import numpy as np
import pytest
from ir_python import define
from numba import njit, objmode
from uncompiled import derivative

import adtrans
from adtrans import vjp_rule
from adtrans.cli import main
from adtrans.errors import ArgumentError, UnsupportedError
from adtrans.testing import check_grads

X = np.array([0.5, -1.5, 2.0])
erf = ctypes.CDLL(ctypes.util.find_library("m")).erf
erf.restype, erf.argtypes = ctypes.c_double, [ctypes.c_double]


@vjp_rule
def root(a):
    """By Newton's method: its derivative is that of the equation x * x = a."""
    x = 1.0
    while abs(x * x - a) > 1e-14 * a:
        x = 0.5 * (x + a / x)
    return x


@root.pullback
def _(a, x, x_bar):
    return x_bar / (2.0 * x)


@vjp_rule
def scaled(x, factor, n):
    """Of an array, a number and an integer; the integer has no cotangent."""
    return np.sort(x) * factor**n


@scaled.pullback
def _(x, factor, n, y, y_bar):
    x_bar = np.empty_like(x)
    x_bar[np.argsort(x)] = y_bar * factor**n
    return x_bar, np.sum(y * y_bar) * n / factor, None


@vjp_rule
def polar(x, y):
    """Two results."""
    return np.hypot(x, y), np.arctan2(y, x)


@polar.pullback
def _(x, y, result, bars):
    r, _ = result
    r_bar, t_bar = bars
    return r_bar * x / r - t_bar * y / (r * r), r_bar * y / r + t_bar * x / (r * r)


@vjp_rule
def parts(x):
    """An array of two axes, and an array of integers."""
    return np.outer(x, x).T, np.arange(len(x))


@parts.pullback
def _(x, result, bars):
    return (bars[0] + bars[0].T) @ x


@vjp_rule
def in_python(x):
    with objmode(y="float64"):
        y = float(sum(x.tolist()) ** 2)
    return y


@in_python.pullback
def _(x, y, y_bar):
    return np.full_like(x, 2.0 * y_bar * np.sum(x))


@vjp_rule
def error_function(x):
    return erf(x)


@error_function.pullback
def _(x, y, y_bar):
    return y_bar * 2.0 / np.sqrt(np.pi) * np.exp(-x * x)


def of_scalars(x):
    total = 0.0
    for i in range(len(x)):
        total += root(x[i] * x[i] + 1.0) * root(a=2.0 + np.sin(x[i]))
    return total


def of_arrays(x):
    y = scaled(x * x, np.exp(x[0]), 3)
    y[0] *= 2.0
    z = scaled(y[::2], 0.5, len(x))
    return np.sum(y * x) + z[1] * z[0]


def of_tuples(x):
    r, t = polar(x[0], x[1])
    s = 0.0
    for k in range(3):
        r, t = polar(r + x[k], t)
        s += r * t
    return s + polar(x[1], x[2])[0]


def of_matrices(x):
    a, order = parts(np.sin(x))
    a[0, 1] = x[2]
    return np.sum(a * a) + x[order[1]]


def of_python(x):
    return in_python(x * x)


def of_c(x):
    return error_function(x[0]) * error_function(x[1] * x[2])


def until_converged(x):
    y = x.copy()
    while np.sum(y * y) > 0.1:
        y = scaled(y, 0.5, 1) + 0.01 * x
    return np.sum(y * np.arange(3))


PROGRAMS = (of_scalars, of_arrays, of_tuples, of_matrices, of_python, of_c, until_converged)


@pytest.mark.parametrize("f", PROGRAMS, ids=lambda f: f.__name__)
def test_generated_source_has_the_value_and_the_gradient(f):
    value, (gradient,) = derivative(f, (X,), (0,), "value_and_grad")(X.copy())
    assert value == pytest.approx(f(X.copy()), rel=1e-12)
    direction = np.array([0.3, -0.7, 0.5])
    slope = (f(X + 1e-6 * direction) - f(X - 1e-6 * direction)) / 2e-6
    assert gradient @ direction == pytest.approx(slope, rel=1e-6, abs=1e-7)


@pytest.mark.parametrize("f", PROGRAMS, ids=lambda f: f.__name__)
@pytest.mark.filterwarnings("ignore:Cannot cache compiled function")
def test_compiled_program_has_the_gradient_of_differences(f):
    check_grads(f, (X,))


def test_python_and_njit_code_call_the_function():
    assert root(4.0) == pytest.approx(2.0)
    assert njit(lambda a: root(a))(9.0) == pytest.approx(3.0)


def test_function_in_another_function_is_given_to_the_generated_module():
    factors = (2.0, 5.0)

    def make(factor):
        @vjp_rule
        def times(x):
            return factor * x

        @times.pullback
        def _(x, y, y_bar):
            return factor * y_bar

        return times

    for factor, times in zip(factors, map(make, factors), strict=True):

        def f(x, times=times):
            return times(x) * x

        fn = define("def f(x):\n    return times(x) * x\n", times=times)
        assert adtrans.grad(fn)(3.0) == 6.0 * factor
        assert f(3.0) == 9.0 * factor


def test_function_pickles_by_name():
    assert pickle.loads(pickle.dumps(root)) is root


MODEL = """
import adtrans


@adtrans.vjp_rule
def f(x):
    return {value}


@f.pullback
def _(x, y, y_bar):
    return {slope}


def g(x: "float64"):
    return f(x) * 3.0
"""


@pytest.fixture
def model(tmp_path):
    def write(value, slope):
        (tmp_path / "model.py").write_text(MODEL.format(value=value, slope=slope))
        return tmp_path

    return write


def in_process(folder, code: str) -> str:
    command = [sys.executable, "-c", textwrap.dedent(code)]
    path = {**os.environ, "PYTHONPATH": str(Path(adtrans.__file__).parents[1])}
    return subprocess.run(command, cwd=folder, check=True, capture_output=True, text=True, env=path).stdout.strip()


def test_changed_pullback_is_not_mistaken_for_the_one_on_disk(model):
    code = "import adtrans, model; print(adtrans.value_and_grad(model.g)(2.0))"
    assert in_process(model("x * x", "2.0 * x * y_bar"), code) == "(12.0, 12.0)"
    assert in_process(model("x * x", "2.0 * x * y_bar"), code) == "(12.0, 12.0)"
    assert in_process(model("x * x", "5.0 * y_bar"), code) == "(12.0, 15.0)"
    assert in_process(model("x + x", "5.0 * y_bar"), code) == "(12.0, 15.0)"


def test_generated_module_imports_the_function(model, monkeypatch, capsys):
    folder = model("x * x", "2.0 * x * y_bar")
    monkeypatch.chdir(folder)
    assert main(["generate", "model.py:g", "-o", "gradient.py"]) == 0, capsys.readouterr().err
    assert main(["generate", "--check"]) == 0
    assert "\nfrom model import f\n\nf_pullback = f.rule\n" in (folder / "gradient.py").read_text()
    assert in_process(folder, "import gradient; print(gradient.g_value_and_grad(2.0))") == "(12.0, 12.0)"


def test_command_line_refuses_what_cannot_be_imported(tmp_path, monkeypatch, capsys):
    local = MODEL.format(value="x", slope="y_bar").partition("def g")[0].strip().replace("\n", "\n    ")
    text = f"def make():\n    {local}\n    return f\n\n\nf = make()\n\n\ndef g(x: 'float64'):\n    return f(x)\n"
    (tmp_path / "model.py").write_text(text)
    monkeypatch.chdir(tmp_path)
    assert main(["generate", "model.py:g"]) == 1
    assert "f has a rule and cannot be imported" in capsys.readouterr().err


@vjp_rule
def without_pullback(x):
    return x


@vjp_rule
def too_few(x, y):
    return x * y


@too_few.pullback
def _(x, y, r, r_bar):
    return r_bar


@vjp_rule
def of_the_wrong_type(x):
    return np.sum(x)


@of_the_wrong_type.pullback
def _(x, r, r_bar):
    return r_bar


@vjp_rule
def not_compiled(x):
    return x.missing


@not_compiled.pullback
def _(x, r, r_bar):
    return r_bar


@vjp_rule
def itself(x):
    return x


@itself.pullback
def _(x, r, r_bar):
    return r_bar


@pytest.mark.parametrize(
    ("call", "message"),
    [
        ("without_pullback(x[0])", "without_pullback has no pullback"),
        ("too_few(x[0], x[1])", "the pullback of too_few returns 1 values for 2 arguments"),
        ("of_the_wrong_type(x)", "returns a float64 for 'x', which is a 1-d float64 array"),
        ("not_compiled(x)", "Numba cannot compile not_compiled for a 1-d float64 array"),
        ("too_few(x[0])", "too_few: missing a required argument: 'y'"),
        ("too_few((x[0], x[1]), 1.0)", "Numba cannot compile too_few|is given a tuple"),
    ],
)
def test_what_does_not_fit_is_refused_at_the_call(call, message):
    name = call.partition("(")[0]
    fn = define(f"def f(x):\n    y = x * 2.0\n    return {call.replace('x', 'y')}\n", **{name: globals()[name]})
    with pytest.raises(UnsupportedError, match=message) as caught:
        derivative(fn, (X,), (0,), "grad")
    assert caught.value.loc.line == 3


def test_result_that_is_an_argument_raises():
    fn = define("def f(x):\n    y = x * 2.0\n    return np.sum(itself(y) * y)\n", itself=itself)
    with pytest.raises(ValueError, match="a function with a rule has returned memory of its argument"):
        adtrans.grad(fn)(X)


def test_wrong_declarations_are_refused():
    with pytest.raises(ArgumentError, match="the pullback of without_pullback takes 3 arguments, this one 2"):
        without_pullback.pullback(lambda x, y: None)
    with pytest.raises(ArgumentError, match="root has a pullback already"):
        root.pullback(lambda a, x, x_bar: x_bar)
    with pytest.raises(ArgumentError, match="vjp_rule does not take"):
        vjp_rule(np.sin)
    with pytest.raises(ArgumentError, match="root has a rule of its own"):
        adtrans.grad(root)
