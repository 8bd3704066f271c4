"""Trigonometric functions, their inverses, angles and the length of a plane vector."""

from __future__ import annotations

from adtrans.rules.registry import INSIDE_ONE, partials

partials("np.sin(x), math.sin(x)", "np.cos(x)")
partials("np.cos(x), math.cos(x)", "-np.sin(x)")
partials("np.tan(x), math.tan(x)", "1 + y * y")

# (1 - x) * (1 + x) keeps the digits that 1 - x * x loses near x = 1.
partials("np.arcsin(x), np.asin(x), math.asin(x)", "1 / np.sqrt((1 - x) * (1 + x))", at=INSIDE_ONE)
partials("np.arccos(x), np.acos(x), math.acos(x)", "-1 / np.sqrt((1 - x) * (1 + x))", at=INSIDE_ONE)
partials("np.arctan(x), np.atan(x), math.atan(x)", "1 / (1 + x * x)")
# NaN at (0, 0), where the slope depends on the direction and has no bound.
partials("np.arctan2(a, b), np.atan2(a, b), math.atan2(a, b)", "b / (a * a + b * b)", "-a / (a * a + b * b)")

# At (0, 0) the length has a cone's tip; 0 is its subgradient of least norm, as for abs.
partials("np.hypot(a, b), math.hypot(a, b)", "0 if y == 0 else a / y", "0 if y == 0 else b / y")

partials("np.deg2rad(x), np.radians(x), math.radians(x)", "0.017453292519943295")  # pi / 180
partials("np.rad2deg(x), np.degrees(x), math.degrees(x)", "57.29577951308232")  # 180 / pi

# sinc(x) = sin(pi x) / (pi x). Near 0 the difference cancels: there the first terms of its series,
# sum of (-1)^n 2n pi^(2n) x^(2n-1) / (2n+1)!, which leave out less than 1e-14 of it.
partials(
    "np.sinc(x)",
    "(np.cos(np.pi * x) - y) / x if x * x > 0.0009 else x * (-3.289868133696453 + x * x * "
    "(3.246969701133414 + x * x * (-1.144510944732505 + x * x * 0.20918278254123832)))",
    at=[(-1.4,), (-0.02,), (0.0,), (0.029,), (0.031,), (0.7,)],
)
