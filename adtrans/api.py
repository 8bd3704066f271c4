"""The public face: `differentiate`, `grad`, `value_and_grad`, `vjp`. Names and defaults are JAX's."""

from __future__ import annotations

import functools

from adtrans.dispatch import Derivative, Differentiable
from adtrans.request import is_kernel, make_kernel_request, make_request
from adtrans.targets.arrays import ArrayFunction, DifferentiableArrayFunction
from adtrans.targets.device_function import device_function
from adtrans.targets.launch import KernelVjp


def differentiate(fn=None, **options):
    """`fn` compiled, with its derivatives: `fn.grad`, `fn.value_and_grad`, `fn.vjp`, and `fn.source`.

    A decorator, bare or with options; `fn` is a Python function or an `@njit` function.

        @differentiate(argnums=("w", "b"))
        def loss(w, b, x, y): ...

        loss(w, b, x, y)                      # the value
        w_bar, b_bar = loss.grad(w, b, x, y)  # each shaped like its argument

    All of it can be called from `@njit` code too. Options, the same for `grad`, `value_and_grad` and `vjp`:

    - `argnums=0`: the parameters to differentiate by, as positions or names; one, or a sequence of them.
      For one the gradient is a bare value, for a sequence it is a tuple. Negative positions count from the end.
    - `fastmath={"reassoc", "contract", "arcp", "nsz", "afn"}`: LLVM's flags, or True for all, False for none.
    - `parallel=False`: run independent iterations on several threads; True where `fn` is `@njit(parallel=True)`.
    - `cache=True`: keep generated source and machine code on disk for the next process.
    - `target="cpu"`, or `"cuda"` for a GPU: then it is called from Python alone, as `ArrayFunction` says.

    Raises: ArgumentError at once where `argnums` or an option does not fit `fn`; SourceError and UnsupportedError at
    the first call with arguments of new types.
    """
    if fn is None:
        return functools.partial(differentiate, **options)
    request = make_request(fn, "primal", options)
    return Differentiable(request) if request.target == "cpu" else DifferentiableArrayFunction(request)


def grad(fn, argnums=None, **options):
    """The gradient of `fn`, whose result is one float: `grad(fn)(*args)` is shaped like the argument in `argnums`.

    `argnums` is 0 if not given, or that of `fn` where `fn` comes from `differentiate`. With `target="cuda"` and the
    option `types` it is a device function that kernels call, by numbers, for arguments of these types:
    `grad(f, target="cuda", types="float64, float64")`.
    Options, and raises: as `differentiate`.
    """
    return _derivative(fn, "grad", {"argnums": argnums, **options})


def value_and_grad(fn, argnums=None, **options):
    """The value of `fn` and its gradient at once: `value_and_grad(fn)(*args) -> (value, gradient)`.

    Options, and raises: as `grad`.
    """
    return _derivative(fn, "value_and_grad", {"argnums": argnums, **options})


def vjp(fn, argnums=None, **options):
    """The vector-Jacobian product of `fn`, whose result may be an array: `y, x_bar = vjp(fn)(*args, y_bar)`.

    `y_bar` is shaped like the result `y`, and `x_bar` like the argument in `argnums`. Where `fn` has defaults that
    are left out, pass `y_bar` by name. Options, and raises: as `grad`.

    Of a `@cuda.jit` kernel, or with `target="cuda"` of a Python function written as one, it is the adjoint kernel:
    `vjp(kernel)[blocks, threads](*args, *cotangents)`, of which `KernelVjp` says more. There `argnums` are all arrays
    of floating-point numbers if not given, and the options are `fastmath`, `cache` and `records=1024`: how many values
    a thread can record where that is not known before the launch; a launch that needs more raises MemoryError.
    """
    if "types" not in options and (is_kernel(fn) or options.get("target") == "cuda"):
        return KernelVjp(make_kernel_request(fn, argnums, options))
    return _derivative(fn, "vjp", {"argnums": argnums, **options})


def _derivative(fn, mode: str, options: dict):
    if options.get("target") == "cuda" and "types" in options:
        return device_function(fn, mode, options)
    request = make_request(fn, mode, options)
    return Derivative(request) if request.target == "cpu" else ArrayFunction(request)
