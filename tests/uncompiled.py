"""Generated modules run by Python itself: no compiler, so tests are fast and errors have tracebacks."""

import linecache

import numba

from adtrans.pipeline import generate

IMPORT = "from numba import njit\n"
IDENTITY = "njit = lambda *a, **k: a[0] if a else (lambda f: f)\n"


def names_of(text: str) -> dict:
    """The names that a generated module defines, `njit` being the identity."""
    assert IMPORT in text
    text = text.replace(IMPORT, IDENTITY)
    file = f"<generated {hash(text)}>"
    linecache.cache[file] = (len(text), None, text.splitlines(keepends=True), file)
    names: dict = {}
    exec(compile(text, file, "exec"), names)
    return names


def derivative(fn, args, argnums: tuple, mode: str):
    """The function that is generated for `fn` and the types of `args`; its gradient is always a tuple."""
    module = generate(fn, tuple(map(numba.typeof, args)), argnums, mode, single=False)
    return names_of(module.text)[module.adjoint]
