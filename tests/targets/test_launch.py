"""Launching adjoint kernels: on Numba's simulator in a process of its own, and refused where there is no GPU."""

import os
import pickle
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from targets.kernels import PROGRAMS, dot, in_place

import adtrans
from adtrans.errors import ArgumentError

TESTS = Path(__file__).parents[1]
# Each shows something that the others do not: atomics, a two-dimensional grid, tapes of both kinds, barriers.
SIMULATED = ["saxpy", "heat", "dot", "newton", "paths", "n_body", "local_array", "tree_product", "tiled_matmul"]


def test_simulator_agrees():
    env = os.environ | {"NUMBA_ENABLE_CUDASIM": "1", "PYTHONPATH": os.pathsep.join([str(TESTS.parent), str(TESTS)])}
    command = [sys.executable, "-m", "targets.simulated", *SIMULATED]
    done = subprocess.run(command, env=env, cwd=TESTS, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert "FAILED" not in done.stdout, done.stdout
    assert "checks=" in done.stdout


def test_without_a_gpu_a_launch_says_what_to_install():
    with pytest.raises(ArgumentError, match=r'(?s)in_place cannot run here.*pip install "adtrans\[cuda\]"'):
        adtrans.vjp(in_place, target="cuda")[1, 3](*PROGRAMS["in_place"].args, np.zeros(7), np.ones(7))


def test_import_does_not_import_cuda():
    code = "import adtrans, sys; sys.exit('numba.cuda' in sys.modules)"
    assert (
        subprocess.run([sys.executable, "-c", code], env=os.environ | {"PYTHONPATH": str(TESTS.parent)}).returncode == 0
    )


@pytest.mark.parametrize("function", [adtrans.grad, adtrans.value_and_grad, adtrans.differentiate])
def test_kernel_has_a_vjp_only(function):
    with pytest.raises(ArgumentError, match="dot is a kernel, which returns nothing"):
        function(dot)


@pytest.mark.parametrize("options", [{"parallel": True}, {"records": 0}, {"target": "cpu"}, {"fastmath": "fast"}])
def test_option_that_does_not_fit_a_kernel_is_refused(options):
    with pytest.raises(ArgumentError, match=f"{next(iter(options))}"):
        adtrans.vjp(dot, **options)


def test_options_of_kernels():
    x = np.ones(3)
    assert "@cuda.jit(fastmath=True)" in adtrans.vjp(dot, fastmath=True).source(x, x, x)
    assert "x_tape" not in adtrans.vjp(dot, "s").source(x, x, x)


def test_adjoint_of_a_kernel_is_pickled():
    made = pickle.loads(pickle.dumps(adtrans.vjp(in_place, target="cuda")))
    assert made.request.kernel is in_place
