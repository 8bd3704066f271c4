"""Gradients by finite differences, of functions of arrays and floats."""

import numpy as np


def argnums_of(args) -> tuple:
    return tuple(k for k, a in enumerate(args) if isinstance(a, float | np.ndarray))


def differences(f, args, k: int):
    """The gradient by argument `k`, by central differences of fourth order."""

    def at(e, h):
        moved = [np.copy(a) if isinstance(a, np.ndarray) else a for a in args]
        moved[k] = args[k] + h * e if isinstance(args[k], np.ndarray) else args[k] + h
        return f(*moved)

    def slope(e, h=1e-4):
        return (8 * (at(e, h) - at(e, -h)) - (at(e, 2 * h) - at(e, -2 * h))) / (12 * h)

    if not isinstance(args[k], np.ndarray):
        return slope(1.0)
    basis = np.eye(args[k].size).reshape(args[k].size, *args[k].shape)
    return np.array([slope(e) for e in basis]).reshape(args[k].shape)
