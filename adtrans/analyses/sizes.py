"""Sums of products of integer expressions: how large arrays are together."""

from __future__ import annotations

from adtrans import ir


def terms(products: list[tuple]) -> list[tuple[int, tuple]]:
    """The sum of products, like ones added up: a number and the other factors of each."""
    total: dict[tuple, int] = {}
    for factors in products:
        number, rest = _monomial(factors)
        total[rest] = total.get(rest, 0) + number
    return [(number, factors) for factors, number in total.items() if number]


def _monomial(factors: tuple) -> tuple[int, tuple]:
    """A number and what it is multiplied by."""
    number, rest = 1, []
    for factor in factors:
        if isinstance(factor, ir.Const):
            number *= factor.value
        else:
            rest.append(factor)
    return number, tuple(rest)
