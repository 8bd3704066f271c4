"""Windows: weights that fall off towards the ends. They depend on a length alone."""

from __future__ import annotations

from adtrans.library.registry import defines
from adtrans.library.text import function


def _window(name: str, weight: str):
    return function(
        f"def {name}(M):\n"
        "    out = np.ones(max(M, 0))\n"
        "    if M > 1:\n"
        "        for i in range(M):\n"
        f"            out[i] = {weight}\n"
        "    return out\n"
    )


@defines("np.bartlett", "np.bartlett(5) * t", "np.bartlett(1) * t")
def bartlett(M):
    """The triangle, with zeros at the ends."""
    return _window("bartlett", "1.0 - abs(2.0 * i - (M - 1)) / (M - 1)")


@defines("np.hanning", "np.hanning(5) * t")
def hanning(M):
    """A raised cosine, with zeros at the ends."""
    return _window("hanning", "0.5 - 0.5 * np.cos(2.0 * np.pi * i / (M - 1))")


@defines("np.hamming", "np.hamming(5) * t")
def hamming(M):
    """A raised cosine, a little above zero at the ends."""
    return _window("hamming", "0.54 - 0.46 * np.cos(2.0 * np.pi * i / (M - 1))")


@defines("np.blackman", "np.blackman(5) * t")
def blackman(M):
    """A sum of two cosines, with zeros at the ends."""
    angle = "np.pi * i / (M - 1))"
    return _window("blackman", f"0.42 - 0.5 * np.cos(2.0 * {angle} + 0.08 * np.cos(4.0 * {angle}")
