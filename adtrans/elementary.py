"""Source of elementary functions in arithmetic that vectorises: libm's are calls, which keep a loop from it.

Each is right for all arguments: NaN, infinities, signed zeros, subnormal numbers. The bounds hold with fused
multiply-adds and without. The polynomials are minimax approximations, by Chebyshev interpolation in 200 bits.
"""

from __future__ import annotations

REACH = 1000000.0  # the largest argument of `near_sin` and `near_cos`

SOURCE = {
    "exp": '''
def exp(x):
    """e**x within 1.1 ulp: 2**n e**r for whole n and |r| < 0.35, by a polynomial."""
    z = np.float64(-746.0 if x < -746.0 else 710.0 if x > 710.0 else x)
    shifted = z * 1.4426950408889634 + 6755399441055744.0  # 1 / ln 2; 1.5 * 2**52 rounds to whole numbers
    n = shifted - 6755399441055744.0
    r = (z - n * 0.6931471803691238) - n * 1.9082149292705877e-10  # ln 2 in two parts
    w = r * r
    v = w * w
    p = 0.5 + r * 0.1666666666666667 + w * (0.04166666666666667 + r * 0.008333333333326112)
    q = 0.001388888888888373 + r * 0.0001984126987490126 + w * (2.4801587325605324e-05 + r * 2.7557255297969643e-06)
    q += v * (2.755727357010214e-07 + r * 2.5105259538448494e-08 + w * 2.0914717341716378e-09)
    k = np.float64(shifted).view(np.int64) - 4843621399236966402  # n + 2046
    half = k >> 1  # 2**n in two factors, each in range
    y = (1.0 + (r + w * (p + v * q))) * np.int64(half << 52).view(np.float64)
    return y * np.int64((k - half) << 52).view(np.float64)
''',
    "expm1_parts": '''
def expm1_parts(x, k):
    """t, r, s with 2**k e**x = t (1 + r + s): t a power of two, |r| < 0.35, a polynomial for s = e**r - 1 - r."""
    n = x * 1.4426950408889634 + 6755399441055744.0 - 6755399441055744.0  # 1 / ln 2; 1.5 * 2**52 rounds
    a, b = x - n * 0.6931471803691238, n * 1.9082149292705877e-10  # ln 2 in two parts
    r = a - b
    w = r * r
    v = w * w
    p = 0.5 + r * 0.1666666666666667 + w * (0.04166666666666667 + r * 0.008333333333326112)
    q = 0.001388888888888373 + r * 0.0001984126987490126 + w * (2.4801587325605324e-05 + r * 2.7557255297969643e-06)
    q += v * (2.755727357010214e-07 + r * 2.5105259538448494e-08 + w * 2.0914717341716378e-09)
    bits = np.float64(n + k + 6755399441056767.0).view(np.int64)  # 1.5 * 2**52 + 1023, the exponent's bias
    return np.int64(bits << 52).view(np.float64), r, w * (p + v * q) + (a - r - b)
''',
    "expm1": '''
def expm1(x):
    """e**x - 1 within 1.5 ulp."""
    half, r, s = _expm1_parts(np.float64(-40.0 if x < -40.0 else 710.0 if x > 710.0 else x), -1.0)
    return 2.0 * (half * r + (half - 0.5) + half * s) if abs(x) > 1e-300 else x
''',
    "tanh": '''
def tanh(x):
    """tanh(x) within 1.5 ulp: -e / (2 + e) for e = e**-2|x| - 1, corrected for how e and 2 + e were rounded."""
    z = np.float64(-2.0 * abs(x))
    t, r, s = _expm1_parts(-40.0 if z < -40.0 else z, 0.0)
    a = t * r + (t - 1.0)
    b = t * r - (a - (t - 1.0)) + t * s
    e = a + b
    d = 2.0 + e
    y = -e / d
    left = b - (e - a)
    return math.copysign(y - (left + y * (left + (e - (d - 2.0)))) * (0.5 + 0.5 * y), x)
''',
    "log": '''
def log(x):
    """log(x) within 1 ulp. For x = 2**n (1 + f) with x / 2**n in (0.7, 1.42) and s = f / (2 + f),
    log(1 + f) = f - f**2 / 2 + s (f**2 / 2 + s**2 p(s**2)): fdlibm's e_log.c."""
    small = x < 2.2250738585072014e-308  # subnormal
    k = np.float64(x * 18014398509481984.0 if small else x).view(np.int64) + 2638147582215219  # 2**54; 1 - 0.5**0.5
    f = np.int64((k & 4503599627370495) + 4604544271217802189).view(np.float64) - 1.0
    n = np.int64(k >> 52 & 2047 | 4841369599423283200).view(np.float64)  # 2**52 + 1023 + n
    n -= 4503599627371573.0 if small else 4503599627371519.0
    s = f / (2.0 + f)
    w = s * s
    v = w * w
    p = 0.2857142862600327 + w * 0.22222211130259878
    p += v * (0.18182889455674947 + w * 0.15331710618210773 + v * 0.14616585424888623)
    half = 0.5 * f * f
    y = s * (half + w * (0.666666666666667 + w * 0.39999999999899444 + v * p)) + n * 1.9082149292705877e-10
    y = y - half + f + n * 0.6931471803691238  # ln 2 in two parts
    return (y if x < np.inf else x) if x > 0.0 else -np.inf if x == 0.0 else np.nan
''',
    "log1p": '''
def log1p(x):
    """log(1 + x) within 1.5 ulp: log(y) for y = 1 + x as it is rounded, and what was rounded away, over y."""
    y = np.float64(1.0 + x)
    a = y - x
    left = (x - (y - a) + (1.0 - a)) / y if 0.0 < y < np.inf else 0.0
    return _log(y) + left if x != 0.0 else x
''',
    "quarters": '''
def quarters(x):
    """sin(r), cos(r) and n for x = n pi / 2 + r, |r| < 0.79, from x to 2**20 in size. pi / 2 in four parts: products
    with the first three are exact, and so are the differences, with what was rounded away in e."""
    shifted = x * 0.6366197723675814 + 6755399441055744.0  # 2 / pi; 1.5 * 2**52 rounds to whole numbers
    n = shifted - 6755399441055744.0
    a, b = x - n * 1.5707963267341256, n * 6.077100506303966e-11
    t = a - b
    d = (a - t) - b - n * 2.0222662487111665e-21
    r = t + d
    e = (t - r) + d - n * 8.4784276603689e-32
    w = r * r
    v = w * w
    p = w * 0.008333333333322118 - 0.1666666666666663
    p += v * (w * 2.7557313621182867e-06 - 0.00019841269829588856)
    p += v * v * (w * 1.5896228649542572e-10 - 2.505074773449049e-08)
    q = 0.041666666666666595 - w * 0.0013888888888873056
    q += v * (2.480158728885158e-05 - w * 2.7557314179262763e-07)
    q += v * v * (2.08757008375802e-09 - w * 1.135853629934855e-11)
    half = 0.5 * w
    h = 1.0 - half
    cosine = h + ((1.0 - h) - half + (v * q - r * e))
    return r + (r * (w * p) + e * h), cosine, np.float64(shifted).view(np.int64)
''',
    "near_sin": '''
def near_sin(x):
    """sin(x) within 1 ulp, where |x| <= 1000000."""
    s, c, n = _quarters(x)
    y = np.float64(c if n & 1 else s).view(np.int64) ^ (n & 2) << 62
    return np.int64(y).view(np.float64) if x != 0.0 else x
''',
    "near_cos": '''
def near_cos(x):
    """cos(x) within 1 ulp, where |x| <= 1000000."""
    s, c, n = _quarters(x)
    y = np.float64(s if n & 1 else c).view(np.int64) ^ (n + 1 & 2) << 62
    return np.int64(y).view(np.float64)
''',
    "sin": '''
def sin(x):
    """sin(x) within 1 ulp, by a call where |x| is large."""
    return _near_sin(x) if abs(x) <= 1000000.0 else np.sin(x)
''',
    "cos": '''
def cos(x):
    """cos(x) within 1 ulp, by a call where |x| is large."""
    return _near_cos(x) if abs(x) <= 1000000.0 else np.cos(x)
''',
}
NEAR = frozenset(("sin", "cos"))  # of these there is one that vectorises, `near_sin`, for arguments that are not large
