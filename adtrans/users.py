"""Functions of the user's with a pullback of their own: how programs name them."""

from __future__ import annotations

from typing import Any

_PREFIX = "vjp_rule."
_found: list[Any] = []  # objects of `adtrans.vjp_rule`


def users_name(rule) -> str:
    """What calls of the function are named in a program."""
    number = next((k for k, other in enumerate(_found) if other is rule), len(_found))
    if number == len(_found):
        _found.append(rule)
    return f"{_PREFIX}{number}"


def pullback_name(func: str) -> str:
    """What calls of the pullback of the function `func` are named."""
    return f"{func}.pullback"


def users_rule(func: str):
    """The object that `func` names in a program; None where it names none."""
    return _found[int(func.split(".")[1])] if func.startswith(_PREFIX) else None


def is_pullback(func: str) -> bool:
    """Whether `func` names the pullback of such a function."""
    return func.startswith(_PREFIX) and func.endswith(".pullback")


def is_users(obj) -> bool:
    """Whether `obj` is such a function."""
    return getattr(type(obj), "has_vjp_rule", False)
