"""Absolute value, signs, and functions that return one of their arguments."""

from __future__ import annotations

from adtrans.rules.registry import partials

# 0 at x = 0, the middle of the subgradients.
partials("abs(x), np.abs(x), np.absolute(x), np.fabs(x), math.fabs(x)", "np.sign(x)")
partials("np.sign(x)", "0")
partials("np.copysign(a, b), math.copysign(a, b)", "np.sign(a) * np.copysign(1, b)", "0")

# Half to each of two equal arguments, the middle of the subgradients.
partials("np.maximum(a, b)", "1 if a > b else 0.5 if a == b else 0", "1 if b > a else 0.5 if a == b else 0")
partials("np.minimum(a, b)", "1 if a < b else 0.5 if a == b else 0", "1 if b < a else 0.5 if a == b else 0")
# fmax and fmin pass over a NaN.
partials(
    "np.fmax(a, b)",
    "0.5 if a == b else 1 if a > b or np.isnan(b) else 0",
    "0.5 if a == b else 0 if a > b or np.isnan(b) else 1",
)
partials(
    "np.fmin(a, b)",
    "0.5 if a == b else 1 if a < b or np.isnan(b) else 0",
    "0.5 if a == b else 0 if a < b or np.isnan(b) else 1",
)
# Python's are a branch, `b if b > a else a`, and so is their derivative: all of it to the one returned.
partials("max(a, b)", "0 if b > a else 1", "1 if b > a else 0")
partials("min(a, b)", "0 if b < a else 1", "1 if b < a else 0")

# The large numbers that stand for infinities, and the 0 for NaN, do not move with x.
partials("np.nan_to_num(x)", "1 if np.isfinite(x) else 0")
