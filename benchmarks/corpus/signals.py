"""Signals: filters, transforms, resampling."""

import math

import numpy as np
from numba import njit

from corpus import arrays, by_jax, loops, rng


def signal(n):
    return (rng().standard_normal(n),)


def signal_and_taps(n):
    return rng().standard_normal(n), rng().standard_normal(4)


@loops(lambda n: (np.array([0.2, 0.3, 0.2]), np.array([-0.5, 0.3]), *signal(n)), small=6, large=4000, argnums=(0, 1, 2))
def biquad(b, a, x):
    """A recursive filter of order two; Oppenheim and Schafer, Discrete-Time Signal Processing, 6.3."""
    y = np.zeros_like(x)
    s1 = s2 = 0.0
    for n in range(len(x)):
        y[n] = b[0] * x[n] + s1
        s1 = b[1] * x[n] - a[0] * y[n] + s2
        s2 = b[2] * x[n] - a[1] * y[n]
    return y


@by_jax(biquad)
def _(jax, b, a, x):
    def step(state, x):
        s1, s2 = state
        y = b[0] * x + s1
        return (b[1] * x - a[0] * y + s2, b[2] * x - a[1] * y), y

    return jax.lax.scan(step, (0.0, 0.0), x)[1]


@loops(signal_and_taps, small=7, large=4000, argnums=(0, 1))
def fir_filter(x, taps):
    """A finite filter, zeros before the start; Oppenheim and Schafer, Discrete-Time Signal Processing, 2.4."""
    y = np.zeros(x.shape)
    for n in range(x.shape[0]):
        for k in range(taps.shape[0]):
            if n >= k:
                y[n] += taps[k] * x[n - k]
    return y


@arrays(signal_and_taps, small=7, large=4000, argnums=(0, 1), jax=True)
def convolved_power(x, taps):
    """The power of a filtered signal; Oppenheim and Schafer, Discrete-Time Signal Processing, 2.4."""
    return np.mean(np.convolve(x, taps) ** 2)


@loops(signal, small=5, large=128)
def fourier_by_sums(x):
    """The power spectrum by the definition of the transform; Press et al., Numerical Recipes, 12.1."""
    n = len(x)
    power = np.zeros(n // 2 + 1)
    for k in range(n // 2 + 1):
        re, im = 0.0, 0.0
        for t in range(n):
            angle = 2.0 * math.pi * k * t / n
            re += x[t] * math.cos(angle)
            im -= x[t] * math.sin(angle)
        power[k] = (re * re + im * im) / n
    return power


@by_jax(fourier_by_sums)
def _(jax, x):
    return jax.numpy.abs(jax.numpy.fft.rfft(x)) ** 2 / len(x)


@loops(lambda n: (rng().standard_normal(n), 0.7), small=5, large=4000, argnums=(0, 1))
def resonator(x, frequency):
    """The power at one frequency, in complex numbers; Goertzel, Am. Math. Monthly 65 (1958)."""
    rotation = complex(math.cos(frequency), math.sin(frequency))
    z = 0j
    for v in x:
        z = 0.999 * rotation * z + v
    return z.real**2 + z.imag**2


@njit
def transformed(x, sign):
    """The Fourier transform of 2**k numbers; Cooley and Tukey, Math. Comput. 19 (1965)."""
    n = len(x)
    y = np.empty(n, np.complex128)
    for i in range(n):
        reverse, rest, length = 0, i, n
        while length > 1:
            reverse, rest, length = 2 * reverse + rest % 2, rest // 2, length // 2
        y[reverse] = x[i]
    half = 1
    while half < n:
        turn = np.exp(sign * 1j * np.pi * np.arange(half) / half)
        for start in range(0, n, 2 * half):
            for k in range(half):
                a, b = y[start + k], turn[k] * y[start + k + half]
                y[start + k] = a + b
                y[start + k + half] = a - b
        half *= 2
    return y


@loops(lambda n: (rng().standard_normal(n), rng().random(n // 2 + 1)), small=8, large=1024, argnums=(0, 1))
def spectral_filter(x, gains):
    """A filter in the frequency domain; Press et al., Numerical Recipes, 13.3."""
    n = len(x)
    spectrum = transformed(x, -1)
    for k in range(n):
        spectrum[k] *= gains[min(k, n - k)]
    return transformed(spectrum, 1).real / n


@by_jax(spectral_filter)
def _(jax, x, gains):
    return jax.numpy.fft.irfft(gains * jax.numpy.fft.rfft(x), len(x))


@loops(lambda n: (rng().standard_normal(2**n),), small=3, large=12)
def haar_wavelets(x):
    """The transform by Haar's wavelets, and a soft threshold; Mallat, A Wavelet Tour of Signal Processing, 7.3."""
    out = x.copy()
    buffer = np.empty_like(x)
    n = len(x)
    while n > 1:
        half = n // 2
        for i in range(half):
            buffer[i] = (out[2 * i] + out[2 * i + 1]) / np.sqrt(2.0)
            buffer[half + i] = (out[2 * i] - out[2 * i + 1]) / np.sqrt(2.0)
        out[:n] = buffer[:n]
        n = half
    total = 0.0
    for i in range(1, out.size):
        total += max(abs(out[i]) - 0.5, 0.0)
    return total


@loops(
    lambda n: (rng().standard_normal(n), np.sort(rng().random(n)) * (n - 1), 1.02), small=6, large=4000, argnums=(0, 1)
)
def resample(x, times, stretch):
    """Linear interpolation at given times, ends held; Press et al., Numerical Recipes, 3.2."""
    out = np.empty(len(times))
    for k in range(len(times)):
        t = min(max(times[k] * stretch, 0.0), len(x) - 1.001)
        i = int(t)
        out[k] = x[i] + (t - i) * (x[i + 1] - x[i])
    return out


@loops(lambda n: (rng().standard_normal(n), rng().standard_normal(n + 2), 0.05), small=6, large=2000, argnums=(0, 2))
def adaptive_filter(desired, x, rate):
    """The error of a filter that learns by least mean squares; Haykin, Adaptive Filter Theory, chapter 6."""
    taps = 3
    w = np.zeros(taps)
    total = 0.0
    for n in range(len(desired)):
        window = x[n : n + taps]
        e = desired[n] - np.dot(w, window)
        w += rate * e * window
        total += e * e
    return total / len(desired)


@loops(lambda n: (rng().standard_normal(n), 0.3, 0.1), small=6, large=4000, argnums=(0, 1, 2))
def holt_forecast(x, alpha, beta):
    """The squared errors of Holt's exponential smoothing; Hyndman and Athanasopoulos, Forecasting, 8.2."""
    level, trend = x[0], x[1] - x[0]
    sse = 0.0
    for value in x[1:]:
        forecast = level + trend
        sse += (value - forecast) ** 2
        new_level = alpha * value + (1 - alpha) * forecast
        trend = beta * (new_level - level) + (1 - beta) * trend
        level = new_level
    return sse


@by_jax(holt_forecast)
def _(jax, x, alpha, beta):
    def step(state, value):
        level, trend = state
        forecast = level + trend
        new = alpha * value + (1 - alpha) * forecast
        return (new, beta * (new - level) + (1 - beta) * trend), (value - forecast) ** 2

    return jax.numpy.sum(jax.lax.scan(step, (x[0], x[1] - x[0]), x[1:])[1])


@arrays(lambda n: (rng().standard_normal(4 * n), np.hanning(8)), small=4, large=500, argnums=(0, 1), jax=True)
def frame_energies(x, window):
    """The logarithmic energies of overlapping frames; Rabiner and Schafer, Digital Speech Processing, 6.3."""
    starts = np.arange(0, len(x) - len(window) + 1, 4)
    frames = x[starts[:, None] + np.arange(len(window))]
    return np.log(np.sum((frames * window) ** 2, axis=1) + 1e-3)
