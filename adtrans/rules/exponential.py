"""Exponentials, logarithms, roots and hyperbolic functions."""

from __future__ import annotations

from adtrans.rules.registry import INSIDE_ONE, POSITIVE, partials

partials("np.exp(x), math.exp(x)", "y")
partials("np.exp2(x), math.exp2(x), scipy.special.exp2(x)", "0.6931471805599453 * y")  # ln 2
partials("np.expm1(x), math.expm1(x), scipy.special.expm1(x)", "y + 1")
partials("np.log(x), math.log(x)", "1 / x", at=POSITIVE)
partials("np.log2(x), math.log2(x)", "1.4426950408889634 / x", at=POSITIVE)  # 1 / ln 2
partials("np.log10(x), math.log10(x)", "0.4342944819032518 / x", at=POSITIVE)  # 1 / ln 10
partials("np.log1p(x), math.log1p(x), scipy.special.log1p(x)", "1 / (1 + x)", at=[(-0.7,), (0.3,), (2.1,)])

# The share of each argument in the sum. From the difference of the arguments, which is exact where they
# are close, and right where one is infinite; equal ones have equal shares also where both are infinite.
partials(
    "np.logaddexp(a, b)",
    "0.5 if a == b else 1 / (1 + np.exp(b - a))",
    "0.5 if a == b else 1 / (1 + np.exp(a - b))",
)
partials(
    "np.logaddexp2(a, b)",
    "0.5 if a == b else 1 / (1 + np.exp2(b - a))",
    "0.5 if a == b else 1 / (1 + np.exp2(a - b))",
)

# +inf at x = 0, as the limit is.
partials("np.sqrt(x), math.sqrt(x)", "0.5 / y", at=POSITIVE)
partials("np.cbrt(x), scipy.special.cbrt(x)", "1 / (3 * y * y)")

partials("np.sinh(x), math.sinh(x)", "np.cosh(x)")
partials("np.cosh(x), math.cosh(x)", "np.sinh(x)")
partials("np.tanh(x), math.tanh(x)", "1 - y * y")
partials("np.arcsinh(x), np.asinh(x), math.asinh(x)", "1 / np.sqrt(x * x + 1)")
# Products of differences keep the digits that 1 - x * x loses near x = 1.
partials("np.arccosh(x), np.acosh(x), math.acosh(x)", "1 / np.sqrt((x - 1) * (x + 1))", at=[(1.2,), (3.4,)])
partials("np.arctanh(x), np.atanh(x), math.atanh(x)", "1 / ((1 - x) * (1 + x))", at=INSIDE_ONE)
