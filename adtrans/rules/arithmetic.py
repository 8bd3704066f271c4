"""Operators, powers and remainders."""

from __future__ import annotations

from adtrans.rules.registry import POSITIVE, partials

partials("a + b, np.add(a, b)", "1", "1")
partials("a - b, np.subtract(a, b)", "1", "-1")
partials("a * b, np.multiply(a, b)", "b", "a")
partials("a / b, np.divide(a, b), np.true_divide(a, b)", "1 / b", "-y / b")
partials("-x, np.negative(x)", "-1")
partials("+x, np.positive(x)", "1")
partials("np.reciprocal(x)", "-(y * y)")
partials("np.square(x)", "2 * x")

# x ** 0 is 1 everywhere, so its slope is 0 at x = 0 too, where 0 * x ** -1 would be NaN.
# 0 ** b is 0 for every b > 0; at b = 0 it jumps, and 0 is the convention (JAX has it too).
partials(
    "a ** b, np.power(a, b), np.pow(a, b), np.float_power(a, b), math.pow(a, b), pow(a, b)",
    "0 if b == 0 else b * a ** (b - 1)",
    "0 if a == 0 and b >= 0 else y * np.log(a)",
    at=POSITIVE,
    note="by b: a >= 0",
)

# a % b = a - q * b with the whole number q = floor(a / b), or trunc(a / b) for fmod: both derivatives are exact
# between the jumps. q comes from y, for a / b can round up to a whole number that y knows nothing of.
partials("a % b, np.mod(a, b), np.remainder(a, b)", "1", "np.rint((y - a) / b)")
partials("np.fmod(a, b)", "1", "np.rint((y - a) / b)")
