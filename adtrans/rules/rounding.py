"""Rounding: constant between jumps, so its derivatives are zero; neighbours among the numbers that there are."""

from __future__ import annotations

from adtrans.rules.registry import partials

partials("np.floor(x), math.floor(x)", "0")
partials("np.ceil(x), math.ceil(x)", "0")
partials("np.trunc(x), math.trunc(x)", "0")
partials("np.rint(x)", "0")
partials("np.round(x), np.around(x), round(x)", "0", note="with a number of digits too")
partials("np.spacing(x)", "0")
partials("np.nextafter(a, b)", "1", "0")
partials("a // b, np.floor_divide(a, b)", "0", "0")
