"""Adjoint kernels on Numba's simulator, in a process of its own: it prints a line for each check that fails."""

import sys
from types import SimpleNamespace

import numpy as np
from numba import cuda
from targets.kernels import PROGRAMS, price
from targets.test_kernel import adjoint, copies, of

import adtrans

HOLDS = []


def check(name: str, holds: bool) -> None:
    HOLDS.append(name)
    if not holds:
        print(f"FAILED {name}")


def raises(error, call, *args) -> str:
    """What the error says; empty where there is none."""
    try:
        call(*args)
    except error as found:
        return str(found)
    return ""


def same_as_on_the_grid(name: str) -> None:
    program = PROGRAMS[name]
    weights, expected, *_ = adjoint(program)
    bars, args = [w.copy() for w in weights.values()], copies(program.args)
    of(program)[0][program.blocks, program.threads](*args, *bars)
    for bar, wanted in zip(bars, expected.values(), strict=True):
        check(name, np.allclose(bar, wanted, rtol=1e-12))
    for before, after in zip(program.args, args, strict=True):
        check(f"{name} leaves its arguments", np.array_equal(before, after))


def misuse() -> None:
    program = PROGRAMS["newton"]
    a, r = program.args
    made = adtrans.vjp(program.kernel, target="cuda")
    launch, bars = made[2, 4], (np.zeros(7), np.ones(7))
    check("a grid is asked for", "needs a grid" in raises(TypeError, made, a, r, *bars))
    check("cotangents are counted", "1 cotangents" in raises(TypeError, launch, a, r, bars[0]))
    check("their shapes are compared", "shape (7,)" in raises(TypeError, launch, a, r, np.zeros(6), bars[1]))
    single = np.zeros(7, np.float32)
    check("and their types", "array of float64" in raises(TypeError, launch, a, r, single, bars[1]))
    check("memory is not shared", "share memory" in raises(TypeError, launch, a, r, bars[0], bars[0]))
    check("nor with what is stored", "share memory" in raises(TypeError, launch, a, a, *bars))
    short = adtrans.vjp(program.kernel, target="cuda", records=2)[2, 4]
    check("tapes are long enough", "more than 2 values" in raises(MemoryError, short, a, r, *bars))
    wide = adtrans.vjp(PROGRAMS["dot"].kernel)[(1, 2), 2]
    twice = (*copies(PROGRAMS["dot"].args), *copies(PROGRAMS["dot"].args))
    check("the grid fits", "does not tell all" in raises(ValueError, wide, *twice))


slopes = adtrans.grad(price, ("s", "v"), target="cuda", types="float64, float64, float64")


@cuda.jit
def with_slopes(x, out):
    i = cuda.grid(1)
    if i < x.size:
        ds, dv = slopes(x[i], 0.9, 0.3)
        out[i] = ds + 2.0 * dv


def device_function() -> None:
    x, out = np.array([0.5, 1.2, 2.0]), np.zeros(3)
    with_slopes[2, 2](x, out)
    differences = [price(s + 1e-6, 0.9, 0.3 + 2e-6) - price(s - 1e-6, 0.9, 0.3 - 2e-6) for s in x]
    check("kernels call device functions", np.allclose(out, np.array(differences) / 2e-6, rtol=1e-6))


if __name__ == "__main__":
    device_function()
    for each in sys.argv[1:]:
        same_as_on_the_grid(each)
    misuse()
    print(SimpleNamespace(checks=len(HOLDS)))
