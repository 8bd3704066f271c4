"""Array functions on a GPU: values and gradients by Python and on the simulator; what they are made of; refusals."""

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from collected import named
from targets import array_programs
from targets.array_programs import PROGRAMS, A, X
from targets.blocks import on_blocks
from uncompiled import derivative

import adtrans
from adtrans.errors import ArgumentError, UnsupportedError
from adtrans.structure import leaves
from adtrans.testing import copies

TESTS = Path(__file__).parents[1]
# Each shows something that the others do not: sums of blocks, tiles of products, atomics, stencils, rows, tapes, views.
SIMULATED = [
    "elementwise",
    "cross_entropy",
    "heat",
    "gathered_by_an_index",
    "memory_of_a_transposed_view_is_written_to",
]


def mode_of(f, args):
    """The mode that gives all there is of a program, and the arguments for it."""
    result = f(*copies(args))
    if np.ndim(result) == 0:
        return "value_and_grad", args
    return "vjp", (*args, np.random.default_rng(3).normal(size=result.shape))


def same(got, wanted, single):
    for a, b in zip(leaves(got), leaves(wanted), strict=True):
        assert np.shape(a) == np.shape(b)
        np.testing.assert_allclose(a, b, *((1e-5, 1e-6) if single else (1e-11, 1e-13)))


@named(PROGRAMS)
def test_gradient_is_that_of_the_cpu(f, args, argnums):
    mode, given = mode_of(f, args)
    function, cuda = on_blocks(f, given, argnums, mode)
    before = copies(given)
    value, gradient = function(*given)
    wanted = derivative(f, args, argnums, mode)(*copies(given))
    gradient = gradient if isinstance(gradient, tuple) else (gradient,)
    same((value, *gradient), (wanted[0], *wanted[1]), args[0].__class__ is np.ndarray and args[0].dtype == np.float32)
    for a, b in zip(before, given, strict=True):
        np.testing.assert_array_equal(a, b)
    assert cuda.launches


def test_simulator_agrees():
    env = os.environ | {"NUMBA_ENABLE_CUDASIM": "1", "PYTHONPATH": os.pathsep.join([str(TESTS.parent), str(TESTS)])}
    command = [sys.executable, "-m", "targets.simulated_arrays", *SIMULATED]
    done = subprocess.run(command, env=env, cwd=TESTS, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert "FAILED" not in done.stdout, done.stdout
    assert "checks=" in done.stdout


def source(f, args, argnums=0, mode="value_and_grad"):
    return adtrans.differentiate(f, argnums=argnums, target="cuda", cache=False).source(*args, mode=mode)


def test_stencil_takes_from_its_neighbours():
    text = source(array_programs.heat, (A, 3, 0.1), mode="grad")
    assert "atomic" not in text
    assert text.count("u_bar[i, j] += u_bar_sum") == 1


def test_sum_to_a_row_is_collected_in_parts():
    text = source(array_programs.broadcast_to_rows_and_columns, (A, A[:, :1], A[0], A), (2,), "vjp")
    assert "row_bar_sums[part, j] = row_bar_sum" in text
    assert "atomic" not in text[: text.index("row_bar_sums[part, j]")]


def test_only_what_data_name_is_added_to_at_once():
    text = source(array_programs.gathered_by_an_index, (X, np.arange(3)))
    assert "cuda.atomic.add(x_bar, chosen[k]" in text
    assert "_block_sum_float64(s, s_parts)" in text


def test_index_that_an_axis_lacks_raises_an_error():
    chosen = np.array([0, 6])
    function, _ = on_blocks(array_programs.rows_by_an_array_of_indices, (A, chosen, A[0]), (0,), "vjp")
    with pytest.raises(IndexError, match="index is out of bounds"):
        function(A, chosen, A[0])


def test_module_needs_no_adtrans():
    text = source(array_programs.softmax, (A, A), mode="vjp")
    assert "import adtrans" not in text
    assert "from adtrans" not in text


def test_gradient_of_an_object_is_its_attribute():
    f = adtrans.differentiate(array_programs.heat, target="cuda")
    assert f.source(A, 3, 0.1, mode="grad") == adtrans.grad(array_programs.heat, target="cuda").source(A, 3, 0.1)


def test_without_a_gpu_a_call_says_what_to_install():
    f = adtrans.differentiate(array_programs.elementwise, target="cuda")
    for call in (f, f.grad, f.value_and_grad):
        with pytest.raises(ArgumentError, match=r'(?s)elementwise cannot run here.*pip install "adtrans\[cuda\]"'):
            call(X, X, 1.0)


def run_benchmark(*argv, **variables):
    """What benchmarks/cuda.py prints, and writes to stderr."""
    env = os.environ | {"PYTHONPATH": str(TESTS.parent)} | variables
    command = [sys.executable, str(TESTS.parent / "benchmarks" / "cuda.py"), *argv]
    done = subprocess.run(command, env=env, capture_output=True, text=True)
    return done.stdout, done.stderr


def test_benchmark_runs_on_the_simulator():
    out, err = run_benchmark("--tiny", "--only", "Black", NUMBA_ENABLE_CUDASIM="1")
    assert "Black-Scholes" in out, err
    assert "no GPU, but Numba's simulator" in out


def test_benchmark_says_that_there_is_no_gpu():
    assert "There is no GPU here" in run_benchmark("--tiny")[1]


# -- refusals ----------------------------------------------------------------------------------------------------


def running_product(x):
    p = 1.0
    for i in range(len(x)):
        p = p * x[i]
    return p


def until_it_is_small(x):
    s = x[0]
    while s > 0.1:
        s = s * s
    return s


def sorted_sum(x):
    return np.sum(np.sort(x) * x)


def changes_its_argument(x):
    for i in range(len(x)):
        x[i] = 2.0 * x[i]
    return np.sum(x)


def of_the_highest(x):
    best = x[0]
    for i in range(len(x)):
        best = max(best, x[i])
    return best


def has_a_stream(x, stream):
    return np.sum(x * stream)


TABLE = np.arange(3.0)


def reads_from_outside(x):
    return np.sum(x * TABLE)


@pytest.mark.parametrize(
    ("f", "line", "message"),
    [
        (running_product, 2, "one thread would run this loop: an iteration hands p to the next"),
        (until_it_is_small, 2, "one thread would run this loop: it is a while loop"),
        (sorted_sum, 1, "sort"),
        (of_the_highest, 2, "one thread would run this loop"),
        (reads_from_outside, 0, "it reads the array 'TABLE' from outside"),
    ],
)
def test_what_gpus_lack_is_refused_at_its_line(f, line, message):
    with pytest.raises(UnsupportedError, match=message) as found:
        source(f, (X,))
    assert found.value.loc.line == f.__code__.co_firstlineno + line


def test_name_that_the_module_needs_is_refused():
    with pytest.raises(UnsupportedError, match="has a stream of its own"):
        source(has_a_stream, (X, 1.0))


def test_gradient_of_a_gradient_is_refused():
    with pytest.raises(ArgumentError, match="the grad of a grad is not supported with target='cuda'"):
        adtrans.grad(adtrans.grad(array_programs.elementwise), target="cuda")


def test_argument_that_is_written_to_is_refused():
    with pytest.raises(UnsupportedError, match="'x', which may be memory of an argument, cannot be written to"):
        source(changes_its_argument, (X,), mode="primal")
