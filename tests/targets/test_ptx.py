"""Generated kernels compiled for GPUs of two generations; this takes no GPU, but the CUDA toolkit's wheels."""

import importlib.util
import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest
from targets.grid import given
from targets.kernels import PROGRAMS, price

import adtrans

HERE = importlib.util.find_spec("numba_cuda") is not None
pytestmark = pytest.mark.skipif(not HERE, reason='PTX is not compiled: pip install "adtrans[cuda]"')

GENERATIONS = [(8, 0), (9, 0)]
# The kernels have no other constants than whole numbers, and functions that are computed in single precision.
SINGLE = ["stencil", "heat_in_space", "dot", "in_place", "in_place_each_step", "naive_matmul", "row_by_block"]


def arguments(name, dtype) -> tuple:
    """The program's arguments with floating-point numbers of this type, and cotangents."""
    program = PROGRAMS[name]
    floats = (float, np.float64)
    args = [a.astype(dtype) if getattr(a, "dtype", None) in floats else a for a in program.args]
    args = [dtype(a) if isinstance(a, float) else a for a in args]
    chosen = program.argnums or [k for k, a in enumerate(args) if np.ndim(a) and a.dtype == dtype]
    names = adtrans.vjp(program.kernel, target="cuda").request.parameters()
    places = [names.index(k) if isinstance(k, str) else k for k in chosen]
    return args, [np.zeros(np.shape(args[k]) or (1,), dtype) for k in places]


def ptx(name, dtype, generation) -> str:
    from numba import cuda, typeof

    program = PROGRAMS[name]
    args, bars = arguments(name, dtype)
    text = adtrans.vjp(program.kernel, program.argnums, target="cuda").source(*args)
    kernel, values = given(text, program.blocks, program.threads, (*args, *bars))
    kernel.__globals__["cuda"] = cuda
    types = tuple(typeof(np.asarray(v) if isinstance(v, np.ndarray) else v) for v in values)
    return cuda.compile(kernel, types, cc=generation, output="ptx", abi="numba", device=False)[0]


@pytest.mark.parametrize("name", PROGRAMS)
def test_adjoint_compiles(name):
    assert ".target sm_90" in ptx(name, np.float64, (9, 0))


@pytest.mark.parametrize("name", SINGLE)
def test_single_precision_stays_single(name):
    assert ".f32" in ptx(name, np.float32, (9, 0))
    assert ".f64" not in ptx(name, np.float32, (9, 0))


def test_device_function_compiles():
    from numba import cuda, float64

    slopes = adtrans.grad(price, ("s", "v"), target="cuda", types="float64, float64, float64")
    assert ".f64" in cuda.compile(slopes.py_func, (float64,) * 3, cc=(9, 0), output="ptx", device=True, abi="numba")[0]


def assembler() -> str | None:
    """The program that makes machine code from PTX: on the path, or in the wheel of nvcc."""
    import nvidia

    found = [str(p) for place in nvidia.__path__ for p in Path(place).rglob("ptxas")]
    return shutil.which("ptxas") or (found[0] if found else None)


@pytest.mark.parametrize("generation", GENERATIONS)
@pytest.mark.parametrize("name", ["dot", "newton", "tiled_matmul"])
def test_adjoint_is_assembled(name, generation, tmp_path):
    program = assembler()
    if program is None:
        pytest.skip("machine code is not made: pip install nvidia-cuda-nvcc")
    source = tmp_path / "kernel.ptx"
    source.write_text(ptx(name, np.float64, generation))
    arch = f"-arch=sm_{generation[0]}{generation[1]}"
    subprocess.run([program, arch, str(source), "-o", str(tmp_path / "kernel.cubin")], check=True)
