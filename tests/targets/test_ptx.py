"""Generated kernels compiled for GPUs of two generations; this takes no GPU, but the CUDA toolkit's wheels."""

import importlib.util
import shutil
import subprocess
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from collected import named
from targets.array_programs import PROGRAMS as ARRAYS
from targets.blocks import Blocks, OnGpu, on_blocks
from targets.grid import given
from targets.kernels import PROGRAMS, price
from targets.test_arrays import mode_of

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


class Compiling(Blocks):
    """Compiles each kernel that is launched, in place of running it; `texts` has the PTX by the kernel's name."""

    def __init__(self):
        super().__init__()
        self.texts: dict = {}

    def jit(self, fn=None, device=False, **options):
        from numba import cuda

        return cuda.jit(fn, device=True) if device else super().jit(fn, device, **options)

    def device_array(self, shape, dtype=np.float64, stream=0):
        return np.zeros(shape, dtype).view(OnGpu)  # nothing is computed: no index is seen to be outside

    def run(self, fn, blocks, args):
        from numba import cuda, typeof, types

        arrays = (types.Array(typeof(np.asarray(a)).dtype, a.ndim, "A") if np.ndim(a) else typeof(a) for a in args)
        before, fn.__globals__["cuda"] = fn.__globals__["cuda"], cuda
        given = tuple(arrays)
        self.texts[fn.__name__] = cuda.compile(fn, given, cc=(9, 0), output="ptx", abi="numba", device=False)[0]
        fn.__globals__["cuda"] = before


@named(ARRAYS)
def test_kernels_of_an_array_function_compile(f, args, argnums, monkeypatch):
    from numba.cuda import dispatcher

    monkeypatch.setattr(dispatcher, "get_current_device", lambda: SimpleNamespace(compute_capability=(9, 0)))
    mode, given = mode_of(f, args)
    function, cuda = on_blocks(f, given, argnums, mode, Compiling())
    function(*given)
    assert all(".target sm_90" in text for text in cuda.texts.values())
    single = {name: text for name, text in cuda.texts.items() if f.__name__ == "cross_entropy" and "_line_" in name}
    # The sum of the losses, which begins as a Python number, is in double precision, as on the CPU.
    assert [".f64" in text for text in single.values()].count(True) == (2 if single else 0)


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
