"""log(sum(exp(x))) in two loops, the highest x taken out of the exponentials."""

import math

import numpy as np
from numba import njit

from problems import fast_njit

TITLE = "(b) log-sum-exp of 1,000,000, by x"
ARGNUMS = (0,)
STATIC = ()


def make_inputs():
    """(x,)"""
    return (np.random.default_rng(0).standard_normal(1_000_000),)


def primal(x):
    """log(sum(exp(x)))"""
    highest = x[0]
    for i in range(len(x)):
        highest = max(highest, x[i])
    total = 0.0
    for i in range(len(x)):
        total += math.exp(x[i] - highest)
    return highest + math.log(total)


@fast_njit
def adjoint(x):
    """(softmax(x),): what comes through the highest x adds up to zero."""
    highest = x[0]
    for i in range(len(x)):
        highest = max(highest, x[i])
    x_bar = np.empty_like(x)
    total = 0.0
    for i in range(len(x)):
        x_bar[i] = exp(x[i] - highest)
        total += x_bar[i]
    scale = 1 / total
    for i in range(len(x)):
        x_bar[i] *= scale
    return (x_bar,)


@fast_njit
def plain_adjoint(x):
    """`adjoint` with the exp of the C library, which LLVM cannot vectorise."""
    highest = x[0]
    for i in range(len(x)):
        highest = max(highest, x[i])
    x_bar = np.empty_like(x)
    total = 0.0
    for i in range(len(x)):
        x_bar[i] = math.exp(x[i] - highest)
        total += x_bar[i]
    scale = 1 / total
    for i in range(len(x)):
        x_bar[i] *= scale
    return (x_bar,)


LOG2_E = 1 / math.log(2)
LN2_HIGH, LN2_LOW = 6.93147180369123816490e-01, 1.90821492927058770002e-10  # their sum is ln(2) to 100 bits
ROUND = 1.5 * 2.0**52  # added to a small float64, leaves it rounded, and the integer in the low bits
C2, C3, C4, C5, C6, C7, C8, C9, C10, C11, C12, C13 = (1 / math.factorial(n) for n in range(2, 14))


@njit(fastmath={"contract"})  # with "reassoc" LLVM would cancel ROUND
def exp(x):
    """e**x for x <= 709, within 1 ulp, in arithmetic that vectorises; below -708 it is 0.

    exp(x) = 2**k * exp(r), r = x - k ln(2), |r| <= ln(2) / 2: the Taylor series to r**13, grouped after Estrin.
    """
    shifted = x * LOG2_E + ROUND
    k = shifted - ROUND
    r = (x - k * LN2_HIGH) - k * LN2_LOW
    r2 = r * r
    r4 = r2 * r2
    low = (C2 + C3 * r) + (C4 + C5 * r) * r2
    middle = (C6 + C7 * r) + (C8 + C9 * r) * r2
    high = (C10 + C11 * r) + (C12 + C13 * r) * r2
    power_of_2 = np.int64((np.float64(shifted).view(np.int64) + 1023) << 52).view(np.float64)
    y = (1.0 + (r + r2 * (low + r4 * (middle + r4 * high)))) * power_of_2
    return 0.0 if x < -708.0 else y


def jax_primal():
    """The primal for JAX."""
    from jax.nn import logsumexp

    return logsumexp


def torch_primal():
    """The primal for PyTorch."""
    import torch

    return lambda x: torch.logsumexp(x, 0)
