"""Array functions on Numba's simulator, in a process of its own: it prints a line for each check that fails."""

import sys
from types import SimpleNamespace

import numpy as np
from numba import cuda
from targets.array_programs import PROGRAMS
from uncompiled import derivative

import adtrans
from adtrans.structure import leaves

HOLDS = []
BY_NAME = {f.__name__: (f, args, argnums) for f, args, argnums in PROGRAMS}


def check(name: str, holds) -> None:
    HOLDS.append(name)
    if not holds:
        print(f"FAILED {name}")


def close(got, wanted) -> bool:
    pairs = list(zip(leaves(got), leaves(wanted), strict=True))
    return all(np.shape(a) == np.shape(b) and np.allclose(a, b, 1e-5, 1e-6) for a, b in pairs)


def same_as_on_the_cpu(name: str) -> None:
    f, args, argnums = BY_NAME[name]
    got = adtrans.differentiate(f, argnums=argnums, target="cuda").value_and_grad(*args)
    check(name, close(got, derivative(f, args, argnums, "value_and_grad")(*args)))


def results_stay_on_the_gpu() -> None:
    f, args, argnums = BY_NAME["elementwise"]
    x, y, a = args
    function = adtrans.differentiate(f, argnums=argnums, target="cuda")
    value, (x_bar, *_) = function.value_and_grad(cuda.to_device(x), cuda.to_device(y), a)
    check("arrays stay", not isinstance(x_bar, np.ndarray))
    check("numbers stay", value.shape == (1,) and not isinstance(value, np.ndarray))
    check("they are right", np.allclose(value.copy_to_host()[0], f(*args)))


def product_of_tiles() -> None:
    def product(a, b):
        return a @ b

    rng = np.random.default_rng(0)
    a, b = rng.normal(size=(70, 20)), rng.normal(size=(20, 66))
    got = adtrans.differentiate(product, target="cuda", cache=False)(a, b)
    check("tiles", np.allclose(got, a @ b))


if __name__ == "__main__":
    results_stay_on_the_gpu()
    product_of_tiles()
    for each in sys.argv[1:]:
        same_as_on_the_cpu(each)
    print(SimpleNamespace(checks=len(HOLDS)))
