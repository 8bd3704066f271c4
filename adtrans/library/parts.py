"""Functions of complex numbers by the real and the imaginary parts, in the language itself.

Each takes a real number for each part of its arguments, and returns the two parts of its result, or one real number.
The formulas overflow only where the result does, or nearly, and lose no digits by cancellation that NumPy keeps. On
a branch cut the sign of a zero says on which side: `SIGNED` has the functions that ask.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np


def exp(x, y):
    size = math.exp(x)
    return size * math.cos(y), size * math.sin(y)


def turn(y):
    """exp(iy)."""
    return math.cos(y), math.sin(y)


def exp2(x, y):
    return exp(0.6931471805599453 * x, 0.6931471805599453 * y)  # ln 2


def expm1(x, y):
    half = math.sin(0.5 * y)
    return math.expm1(x) * math.cos(y) - 2.0 * half * half, math.exp(x) * math.sin(y)


def log(x, y):
    return math.log(math.hypot(x, y)), math.atan2(y, x)


def log2(x, y):
    return 1.4426950408889634 * math.log(math.hypot(x, y)), 1.4426950408889634 * math.atan2(y, x)  # 1 / ln 2


def log10(x, y):
    return 0.4342944819032518 * math.log(math.hypot(x, y)), 0.4342944819032518 * math.atan2(y, x)  # 1 / ln 10


def log1p(x, y):
    """|1 + z|**2 - 1 = x (2 + x) + y**2 has all its digits where z is small."""
    if abs(x) < 0.5 and abs(y) < 0.5:
        size = 0.5 * math.log1p(x * (2.0 + x) + y * y)
    else:
        size = math.log(math.hypot(1.0 + x, y))
    return size, math.atan2(y, 1.0 + x)


def angle(x, y):
    return math.atan2(y, x)


def rect(size, angle):
    return size * math.cos(angle), size * math.sin(angle)


def sqrt(x, y):
    """The larger part is the root of (|z| + |x|) / 2, the other is y / 2 by the larger."""
    root = math.sqrt(0.5 * math.hypot(x, y) + 0.5 * abs(x))
    if root == 0.0:
        re, im = root, math.copysign(root, y)  # not y, of which the derivative is not infinite
    elif x >= 0.0:
        re, im = root, 0.5 * y / root
    else:
        re, im = 0.5 * abs(y) / root, math.copysign(root, y)
    return re, im


def power_of_integer(x, y, n):
    """In polar form. Near z = 0 that has no derivative, where z**n has one."""
    if n == 1:
        re, im = x, y
    elif x == 0.0 and y == 0.0 and n >= 0:
        re, im = 1.0 if n == 0 else 0.0, 0.0
    else:
        re, im = rect(math.hypot(x, y) ** n, n * math.atan2(y, x))
    return re, im


def power_of_real(x, y, p):
    if p == 1.0 and x == 0.0 and y == 0.0:
        re, im = x, y
    elif p > 1.0 and x == 0.0 and y == 0.0:
        re, im = 0.0, 0.0
    else:
        re, im = rect(math.hypot(x, y) ** p, p * math.atan2(y, x))
    return re, im


def power(x, y, u, v):
    """exp((u + iv) log z)."""
    size = math.hypot(x, y)
    if size == 0.0 and u == 1.0 and v == 0.0:
        re, im = x, y
    elif size == 0.0 and u > 1.0:
        re, im = 0.0, 0.0
    elif size == 0.0:
        re, im = size**u if u > 0.0 or v == 0.0 else math.nan, 0.0
    else:
        turn = math.atan2(y, x)
        re, im = rect(size**u * math.exp(-v * turn), u * turn + v * math.log(size))
    return re, im


def sin(x, y):
    return math.sin(x) * math.cosh(y), math.cos(x) * math.sinh(y)


def cos(x, y):
    return math.cos(x) * math.cosh(y), -math.sin(x) * math.sinh(y)


def sinh(x, y):
    return math.sinh(x) * math.cos(y), math.cosh(x) * math.sin(y)


def cosh(x, y):
    return math.cosh(x) * math.cos(y), math.sinh(x) * math.sin(y)


def tanh(x, y):
    """sinh x cosh x + i sin y cos y, by sinh**2 x + cos**2 y; the first terms by exp(-2 |x|) where |x| is large."""
    if abs(x) > 20.0:
        rest = 2.0 * math.exp(-2.0 * abs(x))
        re, im = math.copysign(1.0, x) * (1.0 - rest * math.cos(2.0 * y)), rest * math.sin(2.0 * y)
    else:
        a, b = math.sinh(x), math.cos(y)
        square = a * a + b * b
        re, im = a * math.cosh(x) / square, math.sin(y) * b / square
    return re, im


def tan(x, y):
    """-i tanh(iz)."""
    re, im = tanh(-y, x)
    return im, -re


def arcsinh(x, y):
    """i arcsin(-iz)."""
    re, im = arcsin(y, -x)
    return -im, re


def arcsin(x, y):
    """W. Kahan, Branch cuts for complex elementary functions (1987), by the roots of 1 - z and 1 + z."""
    a, b = sqrt(1.0 - x, -y)
    c, d = sqrt(1.0 + x, y)
    return math.atan2(x, a * c - b * d), math.asinh(a * d - b * c)


def arccos(x, y):
    a, b = sqrt(1.0 - x, -y)
    c, d = sqrt(1.0 + x, y)
    return 2.0 * math.atan2(a, c), math.asinh(c * b - d * a)


def arccosh(x, y):
    a, b = sqrt(x - 1.0, y)
    c, d = sqrt(x + 1.0, y)
    return math.asinh(a * c + b * d), 2.0 * math.atan2(b, c)


def arctanh(x, y):
    """The argument of (1 + z) / (1 - z); the first term by 1 / z where z is large."""
    if abs(x) > 1e8 or abs(y) > 1e8:
        size = math.hypot(x, y)
        re, im = x / size / size, math.copysign(1.5707963267948966, y) - y / size / size
    else:
        u = 1.0 - abs(x)
        re = math.copysign(0.25, x) * math.log1p(4.0 * abs(x) / (u * u + y * y))
        im = 0.5 * math.atan2(2.0 * y, u * (1.0 + abs(x)) - y * y)
    return re, im


def arctan(x, y):
    """-i arctanh(iz)."""
    re, im = arctanh(-y, x)
    return im, -re


def isnan(x, y):
    return np.isnan(x) | np.isnan(y)  # whose result has a `~`, as that of math has not


def isinf(x, y):
    return np.isinf(x) | np.isinf(y)


def isfinite(x, y):
    return np.isfinite(x) & np.isfinite(y)


_BOTH = (exp, log, log10, sqrt, sin, cos, tan, sinh, cosh, tanh, isnan, isinf, isfinite)
_INVERSES = (arcsin, arccos, arctan, arcsinh, arccosh, arctanh)
FORMULAS: dict[str, Callable] = {
    **{f"{module}.{f.__name__}": f for f in _BOTH for module in ("np", "cmath")},
    **{f"np.{f.__name__}": f for f in (*_INVERSES, exp2, expm1, log2, log1p, angle)},
    **{f"{module}.{f.__name__.replace('arc', 'a')}": f for f in _INVERSES for module in ("np", "cmath")},
    "cmath.phase": angle,
    "cmath.rect": rect,
}
CUT = {log, log2, log10, log1p, sqrt, angle, *_INVERSES, power_of_real, power}
SIGNED = frozenset(name for name, f in FORMULAS.items() if f in CUT)
