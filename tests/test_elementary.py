"""The functions that vectorise, against exact values: of decimal arithmetic with 60 digits."""

import decimal
import math
import re
from decimal import Decimal

import numpy as np
import pytest
from numba import njit
from uncompiled import names_of

from adtrans import elementary, helpers

decimal.getcontext().prec = 60
inf, nan = math.inf, math.nan
TINY = Decimal("1e-25")  # of which the square does not matter
HALF_PI = Decimal("1.57079632679489661923132169163975144209858469968755291048747229615390820314")


def sine(x: Decimal, quarters: int = 0) -> Decimal:
    """sin(x + quarters pi / 2) by its series, after the multiples of pi / 2 in x."""
    n = (x / HALF_PI).to_integral_value()
    r = x - n * HALF_PI
    even = (int(n) + quarters) % 2
    term, value, k = (Decimal(1), Decimal(1), 0) if even else (r, r, 1)
    while abs(term) > Decimal("1e-55") * abs(value):
        term *= -r * r / ((k + 1) * (k + 2))
        value, k = value + term, k + 2
    return value if (int(n) + quarters) % 4 < 2 else -value


EXACT = {
    "exp": Decimal.exp,
    "expm1": lambda x: x if abs(x) < TINY else x.exp() - 1,
    "log": Decimal.ln,
    "log1p": lambda x: x if abs(x) < TINY else (1 + x).ln(),
    "tanh": lambda x: x if abs(x) < TINY else ((2 * x).exp() - 1) / ((2 * x).exp() + 1),
    "sin": sine,
    "cos": lambda x: sine(x, 1),
    "near_sin": sine,
    "near_cos": lambda x: sine(x, 1),
}
BOUNDS = {"exp": 1.1, "expm1": 1.5, "log": 1.0, "log1p": 1.5, "tanh": 1.5}
BOUNDS |= {"sin": 1.0, "cos": 1.0, "near_sin": 1.0, "near_cos": 1.0}  # units in the last place
RANGES = {
    "exp": (-745.0, 709.0),
    "expm1": (-45.0, 9.0),
    "log": (0.0, 9.0),
    "log1p": (-1.0, 9.0),
    "tanh": (-22.0, 22.0),
    "sin": (-1.1 * elementary.REACH, 1.1 * elementary.REACH),
    "cos": (-1.1 * elementary.REACH, 1.1 * elementary.REACH),
    "near_sin": (-elementary.REACH, elementary.REACH),
    "near_cos": (-elementary.REACH, elementary.REACH),
}
SPECIAL = (0.0, -0.0, 1.0, -1.0, inf, -inf, nan, 5e-324, -5e-324, 2.2250738585072014e-308, 1e-310, 1e300, -1e300,
           -745.2, -746.5, 709.782712893384, 709.7827128933841, -708.5)  # fmt: skip
TEXT = "import math\nimport numpy as np\nfrom numba import njit\n" + "".join(map(helpers.text, elementary.SOURCE))
PLAIN = names_of(TEXT)


def samples(name: str, count: int = 800) -> np.ndarray:
    """Arguments all over the range, near 0 and near 1, and of every magnitude."""
    rng = np.random.default_rng(len(name))
    low, high = RANGES[name]
    tiny = rng.uniform(-1, 1, count // 3) * 10.0 ** rng.integers(-300, 1, count // 3)
    found = np.concatenate((rng.uniform(low, high, count), rng.uniform(-1.5, 2.5, count), tiny))
    return found[(low < found) & (found < high)]


def ulps(got: float, exact: Decimal) -> float:
    return float(abs(Decimal(float(got)) - exact) / Decimal(math.ulp(float(exact))))


@pytest.mark.parametrize("name", EXACT)
def test_values_are_within_the_bound(name):
    worst = max((ulps(PLAIN[f"_{name}"](x), EXACT[name](Decimal(float(x)))), x) for x in samples(name))
    assert worst[0] <= BOUNDS[name], worst
    assert f"within {BOUNDS[name]:.2g} ulp" in PLAIN[f"_{name}"].__doc__


@pytest.mark.parametrize("name", ["near_sin", "near_cos"])
def test_values_close_to_multiples_of_half_pi_are_within_the_bound(name):
    whole = np.random.default_rng(1).integers(-636000, 636000, 400)
    for x in (*(whole * (math.pi / 2)), *(whole * (math.pi / 4)), 3.0 * math.pi / 4):
        assert ulps(PLAIN[f"_{name}"](x), EXACT[name](Decimal(float(x)))) <= BOUNDS[name], x


def test_beyond_their_reach_sine_and_cosine_are_those_of_libm():
    for x in (1000000.5, -(2.0**31), 1e22, 6381956970095103 * 2.0**797):
        assert PLAIN["_sin"](x) == np.sin(x)
        assert PLAIN["_cos"](x) == np.cos(x)


@pytest.mark.parametrize("name", [name for name in EXACT if not name.startswith("near_")])
@pytest.mark.filterwarnings("ignore:overflow:RuntimeWarning", "ignore:invalid:RuntimeWarning")
def test_special_arguments_have_the_values_of_numpy(name):
    for x in map(np.float64, SPECIAL):
        with np.errstate(all="ignore"):
            expected, found = getattr(np, name)(x), PLAIN[f"_{name}"](x)
        np.testing.assert_allclose(found, expected, rtol=3e-16, atol=0, err_msg=f"{name}({x})")
        if expected == 0:
            assert np.signbit(found) == np.signbit(expected), x


def test_tanh_is_odd_and_at_most_one():
    tanh = PLAIN["_tanh"]
    for x in samples("tanh"):
        assert tanh(-x) == -tanh(x)
        assert abs(tanh(x)) <= 1.0


def test_compiled_they_vectorise_and_are_within_the_bounds():
    scope: dict = {}
    exec(TEXT, scope)
    names = ("exp", "log", "tanh", "near_sin", "near_cos")
    exp, log, tanh, sin, cos = (scope[f"_{name}"] for name in names)

    @njit(error_model="numpy")
    def run(x, out):
        for k in range(x.shape[1]):
            out[0, k] = exp(x[0, k])
            out[1, k] = log(x[1, k])
            out[2, k] = tanh(x[2, k])
            out[3, k] = sin(x[3, k])
            out[4, k] = cos(x[4, k])

    x = np.stack([samples(name, 200)[:200] for name in names])
    out = np.empty(x.shape)
    run(x, out)
    for name, arguments, row in zip(names, x, out, strict=True):
        errors = (ulps(y, EXACT[name](Decimal(a))) for a, y in zip(arguments, row, strict=True))
        assert max(errors) <= BOUNDS[name], name
    (text,) = run.inspect_llvm().values()
    assert len(re.findall(r"fmul [a-z ]*<\d+ x double>", text)) > 60
