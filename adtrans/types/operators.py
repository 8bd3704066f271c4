"""Operators and functions by what Numba is asked for their types."""

from __future__ import annotations

import builtins
import operator

import numpy as np

OPERATORS = {
    "+": operator.add, "-": operator.sub, "*": operator.mul, "/": operator.truediv, "//": operator.floordiv,
    "%": operator.mod, "**": operator.pow, "<": operator.lt, "<=": operator.le, ">": operator.gt,
    ">=": operator.ge, "==": operator.eq, "!=": operator.ne, "&": operator.and_, "|": operator.or_,
    "^": operator.xor, "<<": operator.lshift, ">>": operator.rshift, "neg": operator.neg, "pos": operator.pos,
    "~": operator.invert,
}  # fmt: skip


# By the number of arguments, functions with the types of those of `scipy.special`, which Numba does not know.
STAND_INS = {1: np.exp, 2: np.arctan2}
OF_PARTS = ("np.real", "np.imag")
COMPLEX = ("complex", "np.conj", "np.angle")  # functions of complex numbers, that of real ones take these as such
ORDERED = frozenset(
    (
        *(operator.lt, operator.le, operator.gt, operator.ge, np.less, np.less_equal, np.greater, np.greater_equal),
        *(np.maximum, np.minimum, np.fmax, np.fmin, builtins.max, builtins.min),
    )
)
