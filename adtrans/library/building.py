"""Arrays from others and from numbers."""

from __future__ import annotations

from adtrans.library.registry import defines
from adtrans.library.text import function


@defines("np.outer", "np.outer(x, y)", "np.outer(a, x)")
def outer(a, b):
    """The products of all pairs."""
    first, second = (name if t.ndim == 1 else f"np.ravel({name})" for name, t in (("a", a), ("b", b)))
    return function(f"def outer(a, b):\n    return {first}[:, np.newaxis] * {second}\n")


@defines("np.flip", "np.flip(x)", "np.flip(a, 1)", "np.flip(c)", static=("axis",))
def flip(m, axis=None):
    """The elements in reverse order."""
    axes = range(m.ndim) if axis is None else [axis % m.ndim]
    index = ", ".join("::-1" if k in axes else ":" for k in range(m.ndim))
    return function(f"def flip(m):\n    return m[{index}]\n")
