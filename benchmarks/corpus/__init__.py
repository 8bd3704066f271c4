"""Kernels as scientists write them for Numba, or for NumPy: what of that adtrans differentiates, and how fast.

Each is written from the mathematics that its docstring names, without regard to what adtrans supports. A kernel is a
function with a decorator, `@loops` or `@arrays` by its style, which says how its arguments are made: `make(small)` for
checks, `make(large)` for timing; `argnums`, by which of them it is differentiated, are positions. Where JAX has a
natural way to write the same there is a version with `@by_jax(kernel)` whose first parameter is the module `jax`, or
`jax=True`, where it is the function itself with `jax.numpy` as `np`.
"""

import importlib
from collections.abc import Callable
from dataclasses import dataclass
from types import FunctionType

import numpy as np

TOPICS = (
    "stencils",
    "linear_algebra",
    "dynamics",
    "particles",
    "geometry",
    "statistics",
    "finance",
    "images",
    "graphs",
    "signals",
    "networks",
    "chance",
)
_kernels: dict = {}
_jax_versions: dict = {}


@dataclass(frozen=True)
class Kernel:
    """A function, its arguments and what it is differentiated by; `style` is `loops` or `arrays`."""

    function: Callable
    style: str
    make: Callable
    small: object
    large: object
    argnums: tuple[int, ...]
    jax_alike: bool

    @property
    def name(self) -> str:
        return self.function.__name__

    @property
    def topic(self) -> str:
        return self.function.__module__.rpartition(".")[2]

    def python(self) -> Callable:
        """The function with its helpers uncompiled."""
        return with_globals(self.function)

    def jax_version(self) -> Callable | None:
        """The function for JAX, if there is one. Raises: ImportError where JAX is missing."""
        if self.jax_alike:
            from jax import numpy

            return with_globals(self.function, np=numpy)
        if self.name not in _jax_versions:
            return None
        import jax

        return lambda *args: _jax_versions[self.name](jax, *args)


def loops(make, small, large, argnums=(0,), jax=False):
    """A decorator: a kernel in loops over scalars."""
    return _keeper("loops", make, small, large, argnums, jax)


def arrays(make, small, large, argnums=(0,), jax=False):
    """A decorator: a kernel in operations on whole arrays."""
    return _keeper("arrays", make, small, large, argnums, jax)


def _keeper(style, make, small, large, argnums, jax):
    def keep(function):
        assert function.__name__ not in _kernels, function.__name__
        _kernels[function.__name__] = Kernel(function, style, make, small, large, argnums, jax)
        return function

    return keep


def by_jax(function):
    """A decorator: the version of a kernel for JAX."""

    def keep(version):
        _jax_versions[function.__name__] = version
        return version

    return keep


def kernels() -> dict[str, Kernel]:
    """All kernels by name, topic by topic."""
    for topic in TOPICS:
        importlib.import_module(f"corpus.{topic}")
    return dict(_kernels)


def rng() -> np.random.Generator:
    """The generator of all data."""
    return np.random.default_rng(20)


def with_globals(function: Callable, **names) -> Callable:
    """The function, and all of its module that it calls, uncompiled and with other values of some global names."""
    scope = function.__globals__ | names
    for name, value in function.__globals__.items():
        value = getattr(value, "py_func", value)
        if isinstance(value, FunctionType) and value.__globals__ is function.__globals__:
            scope[name] = FunctionType(value.__code__, scope, name, value.__defaults__, value.__closure__)
    return scope[function.__name__]
