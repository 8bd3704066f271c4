"""Values that are constants of the derivative."""

from __future__ import annotations

from numba.extending import register_jitable


@register_jitable
def stop_gradient(x):
    """`x`, as a constant: in a function that is differentiated nothing is handed on to what `x` was computed from.

    `x` is a scalar, an array or a tuple of such. In plain Python and in `@njit` code this returns `x` itself.
    """
    return x
