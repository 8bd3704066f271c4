"""Integer expressions in a normal form: equal forms are equal numbers."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable

from adtrans import ir

Form = frozenset  # of (atom, coefficient); the atom "" is the constant


def atoms(expr, values: dict, is_index: bool = False) -> dict:
    """The expression behind each atom of `affine(expr, values, is_index)`."""
    found: dict = {}
    _of(is_index)(expr, values, found)
    return found


def affine(expr, values: dict, is_index: bool = False) -> Form:
    """`expr` as a sum of atoms with coefficients; `values` maps a name that never changes to its definition.

    A length `max(e, 0)` counts as `e`: where they are no index, forms are compared as lengths and bounds of ranges, and
    a negative one is an empty one. So does `max(e, 0) - 1`, but not `max(e, 0) + 1`.
    """
    return _form(_of(is_index)(expr, values, {}))


def _of(is_index: bool) -> Callable:
    return _terms if is_index else _bound


def _form(terms: dict) -> Form:
    return frozenset((atom, n) for atom, n in terms.items() if n)


def constant(form: Form) -> int | None:
    """The number that a form is, or None."""
    items = dict(form)
    return items.get("", 0) if set(items) <= {""} else None


def difference(a, b, values: dict, is_index: bool = False) -> int | None:
    """`a - b` where that is a known number."""
    terms = Counter(_of(is_index)(a, values, {}))
    terms.subtract(_of(is_index)(b, values, {}))
    return constant(_form(terms))


def _bound(expr, values: dict, found: dict) -> dict:
    """The terms of a length or a bound."""
    parts: dict = {}
    terms = dict(_form(_terms(expr, values, parts)))
    shift = terms.get("", 0)
    match [(parts[atom], n) for atom, n in terms.items() if atom]:
        case [(ir.Call("max", (a, ir.Const(value=0))), 1)] if shift <= 0:
            return _bound(ir.Op("+", (a, ir.Const(shift))), values, found)
    found.update(parts)
    return terms


def _terms(expr, values: dict, found: dict) -> dict:
    match expr:
        case ir.Const(value=int(number)):
            return {"": int(number)}
        case ir.Op("+" | "-" as op, (a, b)):
            total = Counter(_terms(a, values, found))
            other = _terms(b, values, found)
            total.update(other) if op == "+" else total.subtract(other)
            return dict(total)
        case ir.Op("neg", (a,)):
            return {atom: -n for atom, n in _terms(a, values, found).items()}
        case ir.Op("*", (a, b)):
            return _product(expr, _terms(a, values, found), _terms(b, values, found), values, found)
        case ir.Call("len", (ir.Name() as array,)):
            return _terms(ir.Index(ir.Attr(array, "shape"), (ir.Const(0),)), values, found)
        case ir.Name(name) if name in values:
            return _terms(values[name], values, found)
        case ir.Index(ir.Attr(ir.Name(), "shape"), _) if expr in values:
            return _terms(values[expr], values, found)
    return _atom(expr, values, found)


def _product(expr, a: dict, b: dict, values: dict, found: dict) -> dict:
    for scale, other in ((a, b), (b, a)):
        if set(scale) <= {""}:
            return {atom: n * scale.get("", 0) for atom, n in other.items()}
    return _atom(expr, values, found)


def _atom(expr, values: dict, found: dict) -> dict:
    key = _key(expr, values)
    found[key] = expr
    return {key: 1}


def _key(expr, values: dict) -> str:
    """One text for an atom, its parts in normal form."""
    if isinstance(expr, ir.Op) and expr.args:
        parts = [str(sorted(_form(_terms(a, values, {})))) for a in expr.args]
        return f"{expr.op}({', '.join(sorted(parts) if expr.op == '*' else parts)})"
    match expr:
        case ir.Call("max", (a, ir.Const(value=0))):
            return f"max({sorted(affine(a, values))}, 0)"
    return repr(expr)
