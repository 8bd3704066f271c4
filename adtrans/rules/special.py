"""The special functions: SciPy's, and those that `math` has of them."""

from __future__ import annotations

from adtrans.rules.registry import INSIDE_UNIT, POSITIVE, partials

LEFT_OF_ZERO = (-2.3, -0.6, 0.4, 1.3)  # between poles, and right of them

partials("math.erf(x), scipy.special.erf(x)", "1.1283791670955126 * np.exp(-x * x)")  # 2 / sqrt(pi)
partials("math.erfc(x), scipy.special.erfc(x)", "-1.1283791670955126 * np.exp(-x * x)")
partials("scipy.special.ndtr(x)", "0.3989422804014327 * np.exp(-0.5 * x * x)")  # 1 / sqrt(2 pi)

# NaN at the poles, where the slope has no limit.
partials("math.lgamma(x), scipy.special.gammaln(x)", "scipy.special.psi(x)", at=LEFT_OF_ZERO)
partials("math.gamma(x), scipy.special.gamma(x)", "y * scipy.special.psi(x)", at=LEFT_OF_ZERO)
partials("scipy.special.psi(x)", "helper.trigamma(x)", at=LEFT_OF_ZERO)

# 1 - y would lose its digits where y is close to 1.
partials("scipy.special.expit(x)", "y * scipy.special.expit(-x)")
partials("scipy.special.log_expit(x)", "scipy.special.expit(-x)")
partials("scipy.special.logit(x)", "1 / (x * (1 - x))", at=INSIDE_UNIT)

# By a and at 0 the limits: -inf where the logarithm is.
partials("scipy.special.xlogy(a, b)", "np.log(b)", "0 if a == 0 else a / b", at=POSITIVE)
partials("scipy.special.xlog1py(a, b)", "np.log1p(b)", "0 if a == 0 else a / (1 + b)", at=POSITIVE)
partials("scipy.special.entr(x)", "-np.log(x) - 1", at=POSITIVE)
partials("scipy.special.rel_entr(a, b)", "np.log(a / b) + 1", "-a / b", at=POSITIVE)
partials("scipy.special.kl_div(a, b)", "np.log(a / b)", "1 - a / b", at=POSITIVE)

partials("scipy.special.exp10(x)", "2.302585092994046 * y")  # ln 10
