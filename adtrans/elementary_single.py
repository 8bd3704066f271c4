"""Source of elementary functions in single precision, which vectorises with twice the lanes.

As those of `elementary`, in arithmetic of float32 throughout: a bare constant would make float64 of it.
"""

from __future__ import annotations

REACH = 10000.0  # the largest argument of `near_sin_single` and `near_cos_single`

SOURCE = {
    "exp_single": '''
def exp_single(x):
    """e**x within 1.1 ulp: 2**n e**r for whole n and |r| < 0.35, by a polynomial."""
    high, low = np.float32(89.0), np.float32(-104.0)
    z = low if x < low else high if x > high else x
    shifted = z * np.float32(1.442695) + np.float32(12582912.0)  # 1 / ln 2; 1.5 * 2**23 rounds to whole numbers
    n = shifted - np.float32(12582912.0)
    r = (z - n * np.float32(0.693115234375)) - n * np.float32(3.1946185e-05)  # ln 2 in two parts
    p = np.float32(0.008368986) + r * np.float32(0.0013814044)
    p = np.float32(0.16666518) + r * (np.float32(0.041668415) + r * p)
    p = np.float32(0.49999994) + r * p
    k = np.int32(np.float32(shifted).view(np.int32) - 1262485504)  # n
    half = np.int32(k >> 1)  # 2**n in two factors, each in range
    y = (np.float32(1.0) + (r + r * r * p)) * np.int32(half + 127 << 23).view(np.float32)
    return y * np.int32(k - half + 127 << 23).view(np.float32)
''',
    "log_single": '''
def log_single(x):
    """log(x) within 1 ulp, as in double precision."""
    small = x < np.float32(1.1754944e-38)  # subnormal
    k = np.int32(np.float32(x * np.float32(16777216.0) if small else x).view(np.int32) + 4913933)  # 2**24; 1 - 0.5**0.5
    f = np.int32((k & 8388607) + 1060439283).view(np.float32) - np.float32(1.0)
    n = np.float32(np.int32((k >> 23) - 127)) - np.float32(24.0 if small else 0.0)
    s = f / (np.float32(2.0) + f)
    w = s * s
    p = np.float32(0.6666678) + w * (np.float32(0.3997745) + w * np.float32(0.29874378))
    half = np.float32(0.5) * f * f
    y = s * (half + w * p) + n * np.float32(3.1946185e-05)
    y = y - half + f + n * np.float32(0.693115234375)  # ln 2 in two parts
    zero, infinite = np.float32(0.0), np.float32(np.inf)
    return (y if x < infinite else x) if x > zero else -infinite if x == zero else np.float32(np.nan)
''',
    "quarters_single": '''
def quarters_single(x):
    """sin(r), cos(r) and n for x = n pi / 2 + r, |r| < 0.79, from x to 2**13 in size, as in double precision."""
    shifted = x * np.float32(0.63661977) + np.float32(12582912.0)  # 2 / pi; 1.5 * 2**23 rounds to whole numbers
    n = shifted - np.float32(12582912.0)
    a, b = x - n * np.float32(1.5703125), n * np.float32(0.0004837513)
    t = a - b
    d = (a - t) - b - n * np.float32(7.5495336e-08)
    r = t + d
    e = (t - r) + d - n * np.float32(2.5633442e-12)
    w = r * r
    p = np.float32(0.0083321562) - w * np.float32(0.00019514645)
    p = w * p - np.float32(0.16666655)
    q = w * np.float32(2.4432436e-05) - np.float32(0.001388731)
    q = np.float32(0.041666646) + w * q
    half = np.float32(0.5) * w
    h = np.float32(1.0) - half
    cosine = h + ((np.float32(1.0) - h) - half + (w * w * q - r * e))
    return r + (r * (w * p) + e * h), cosine, np.float32(shifted).view(np.int32)
''',
    "near_sin_single": '''
def near_sin_single(x):
    """sin(x) within 1 ulp, where |x| <= 10000."""
    s, c, n = _quarters_single(x)
    y = np.int32(np.float32(c if n & 1 else s).view(np.int32) ^ (n & 2) << 30)
    return np.int32(y).view(np.float32) if x != np.float32(0.0) else x
''',
    "near_cos_single": '''
def near_cos_single(x):
    """cos(x) within 1 ulp, where |x| <= 10000."""
    s, c, n = _quarters_single(x)
    y = np.int32(np.float32(s if n & 1 else c).view(np.int32) ^ (n + 1 & 2) << 30)
    return np.int32(y).view(np.float32)
''',
    "sin_single": '''
def sin_single(x):
    """sin(x) within 1 ulp, by a call where |x| is large."""
    return _near_sin_single(x) if abs(x) <= np.float32(10000.0) else np.float32(np.sin(np.float64(x)))
''',
    "cos_single": '''
def cos_single(x):
    """cos(x) within 1 ulp, by a call where |x| is large."""
    return _near_cos_single(x) if abs(x) <= np.float32(10000.0) else np.float32(np.cos(np.float64(x)))
''',
}
