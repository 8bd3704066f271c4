"""Comparisons, tests and logic: the results are not real numbers, so every derivative is zero."""

from __future__ import annotations

from adtrans.rules.registry import INTEGERS, partials

partials("a < b, np.less(a, b)", "0", "0")
partials("a <= b, np.less_equal(a, b)", "0", "0")
partials("a > b, np.greater(a, b)", "0", "0")
partials("a >= b, np.greater_equal(a, b)", "0", "0")
partials("a == b, np.equal(a, b)", "0", "0")
partials("a != b, np.not_equal(a, b)", "0", "0")
partials("np.isclose(a, b)", "0", "0")

partials("np.isnan(x), math.isnan(x)", "0")
partials("np.isinf(x), math.isinf(x)", "0")
partials("np.isfinite(x), math.isfinite(x)", "0")
partials("np.signbit(x)", "0")

partials("not x, np.logical_not(x)", "0")
partials("np.logical_and(a, b)", "0", "0")
partials("np.logical_or(a, b)", "0", "0")
partials("np.logical_xor(a, b)", "0", "0")

partials("~x, np.bitwise_not(x), np.invert(x)", "0", at=INTEGERS)
partials("a & b, np.bitwise_and(a, b)", "0", "0", at=INTEGERS)
partials("a | b, np.bitwise_or(a, b)", "0", "0", at=INTEGERS)
partials("a ^ b, np.bitwise_xor(a, b)", "0", "0", at=INTEGERS)
partials("np.gcd(a, b), math.gcd(a, b)", "0", "0", at=INTEGERS)
partials("np.lcm(a, b)", "0", "0", at=INTEGERS)
partials("a << b, np.left_shift(a, b)", "0", "0", at=INTEGERS)
partials("a >> b, np.right_shift(a, b)", "0", "0", at=INTEGERS)
