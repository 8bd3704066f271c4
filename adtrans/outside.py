"""What a generated module needs from outside: functions with a rule of their own, and their pullbacks."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from adtrans import ir
from adtrans.names import fresh
from adtrans.users import is_pullback, pullback_name, users_rule


@dataclass(frozen=True)
class Outside:
    """A function with a rule, and the names that it and its pullback have in a module."""

    rule: Any
    name: str
    pullback: str


def named_outside(bodies: list[tuple], taken: set[str]) -> tuple[list[tuple], list[Outside]]:
    """The bodies of a module's functions with the names that such functions have in it, and what these are. `taken` are
    names that mean something else."""
    calls = (e for body in bodies for s in ir.statements(body) for x in ir.expressions(s) for e in ir.walk(x))
    used = dict.fromkeys(e.func for e in calls if isinstance(e, ir.Call) and users_rule(e.func))
    found = [_named(func.removesuffix(".pullback"), taken) for func in dict.fromkeys(map(_function, used))]
    names = {func: item for item, func in zip(found, dict.fromkeys(map(_function, used)), strict=True)}
    local = {func: item.name for func, item in names.items()}
    local |= {pullback_name(func): item.pullback for func, item in names.items()}
    return [with_names(body, local) for body in bodies], found


def _function(func: str) -> str:
    return func.removesuffix(".pullback") if is_pullback(func) else func


def _named(func: str, taken: set[str]) -> Outside:
    rule = users_rule(func)
    return Outside(rule, fresh(rule.label, taken), fresh(f"{rule.label}_pullback", taken))


def with_names(body: tuple, local: dict[str, str]) -> tuple:
    """`body` with the functions that it calls under the names that they have in its module."""

    def named(e):
        return replace(e, func=local[e.func]) if isinstance(e, ir.Call) and e.func in local else e

    return tuple(ir.rewrite_statement(named, s) for s in body)


def header(outside: list[Outside]) -> list[str]:
    """The lines that import them; of those that cannot be imported, what the module is given."""
    lines = []
    for item in outside:
        if item.rule.place is None:
            lines += ["", f"# {item.name} and {item.pullback} are given to this module."]
            continue
        module, name = item.rule.place
        renamed = "" if item.name == name else f" as {item.name}"
        lines += ["", f"from {module} import {name}{renamed}", "", f"{item.pullback} = {item.name}.rule"]
    return lines


def given(outside: list[Outside]) -> dict[str, Any]:
    """The objects that a module has to be given, by name."""
    found: dict[str, Any] = {}
    for item in outside:
        if item.rule.place is None:
            found |= {item.name: item.rule, item.pullback: item.rule.rule}
    return found
