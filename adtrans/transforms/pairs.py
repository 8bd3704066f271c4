"""Arithmetic on pairs of expressions, the real and the imaginary part of a complex number."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass, field

from adtrans import ir, types
from adtrans.names import fresh


@dataclass
class Pairs:
    """What is known on the way: the types `before`, and those of all names after; the `parts` of each complex name;
    what is written. `signed` where a zero's sign says on which side of a branch cut a number is: then a real operand
    is a complex one, with its imaginary part 0.0, in all that is computed."""

    before: types.Env
    env: types.Env
    parts: dict[str, tuple[str, str]]
    taken: set[str]
    signed: bool
    out: list = field(default_factory=list)
    loc: object = None

    def emit(self, stmt) -> None:
        self.out.append(stmt)

    @contextmanager
    def block(self):
        """A new block; what is emitted inside goes to the list that it yields."""
        outer, self.out = self.out, []
        try:
            yield self.out
        finally:
            self.out = outer

    def declared(self, base: str, t) -> str:
        """A fresh name of type `t`."""
        name = fresh(base, self.taken)
        self.env[name] = t
        return name

    def named(self, base: str, value) -> ir.Name:
        """A fresh name for `value`."""
        name = self.declared(base, types.type_of(value, self.env))
        self.emit(ir.Assign(name, value, self.loc))
        return ir.Name(name, self.loc)

    def atom(self, value, base: str):
        """`value` where it can be written several times, else a name for it."""
        match value:
            case ir.Const() | ir.Name():
                return value
            case ir.Index(_, index) if not any(isinstance(e, ir.Call) for i in index for e in ir.walk(i)):
                return value
        return self.named(base, value)

    def atoms(self, pair: tuple, base: str) -> tuple:
        """The pair with each part an `atom`."""
        re, im = pair
        return self.atom(re, f"{base}_re"), self.atom(im, f"{base}_im")


def add(p: Pairs, a: tuple, b: tuple) -> tuple:
    return _sum(p, a[0], b[0]), _sum(p, a[1], b[1])


def subtract(p: Pairs, a: tuple, b: tuple) -> tuple:
    return _difference(p, a[0], b[0]), _difference(p, a[1], b[1])


def negate(a: tuple) -> tuple:
    return _negative(a[0]), _negative(a[1])


def conjugate(a: tuple) -> tuple:
    return a[0], _negative(a[1])


def multiply(p: Pairs, a: tuple, b: tuple) -> tuple:
    if a == b:
        return square(p, a)
    if not p.signed and any(map(is_zero, (*a, *b))):
        return _multiply_by_one_part(p, a, b)
    (x, y), (u, v) = p.atoms(a, "factor"), p.atoms(b, "factor")
    re = _difference(p, _product(p, x, u), _product(p, y, v))
    return re, _sum(p, _product(p, x, v), _product(p, y, u))


def _multiply_by_one_part(p: Pairs, a: tuple, b: tuple) -> tuple:
    """The product where one factor is real or imaginary: each part of the other is needed once."""
    if not any(map(is_zero, b)):
        return _multiply_by_one_part(p, b, a)
    if is_zero(b[1]):
        u = p.atom(b[0], "factor")
        return _product(p, a[0], u), _product(p, a[1], u)
    v = p.atom(b[1], "factor")
    return _negative(_product(p, a[1], v)), _product(p, a[0], v)


def square(p: Pairs, a: tuple) -> tuple:
    x, y = p.atoms(a, "factor")
    twice = types.typed(2, types.type_of(x, p.env))
    return _difference(p, _product(p, x, x), _product(p, y, y)), _product(p, _product(p, twice, x), y)


def squared_size(p: Pairs, a: tuple):
    """|z|**2."""
    x, y = p.atoms(a, "term")
    return _sum(p, _product(p, x, x), _product(p, y, y))


def divide(p: Pairs, a: tuple, b: tuple) -> tuple:
    """By the divisor over its larger part, so that no square overflows or vanishes; the quotient does not depend on
    this scale, which is a constant of the derivative."""
    c, d = p.atoms(b, "divisor")
    if is_zero(d) and not p.signed:
        return _quotient(p, a[0], c), _quotient(p, a[1], c)
    if is_zero(c) and not p.signed:
        return _quotient(p, a[1], d), _negative(_quotient(p, a[0], d))
    x, y = p.atoms(a, "dividend")
    larger = ir.Call("max", (ir.Call("abs", (c,)), ir.Call("abs", (d,))))
    scale = p.named("scale", ir.Call("stop_gradient", (larger,)))
    u, v = p.named("u", ir.Op("/", (c, scale))), p.named("v", ir.Op("/", (d, scale)))
    size = p.named("size", ir.Op("*", (scale, squared_size(p, (u, v)))))
    re = _sum(p, _product(p, x, u), _product(p, y, v))
    im = _difference(p, _product(p, y, u), _product(p, x, v))
    return _quotient(p, re, size), _quotient(p, im, size)


def integer_power(p: Pairs, a: tuple, n: int, one: tuple) -> tuple:
    """`a**n` by repeated squaring; `one` is the pair of 1."""
    if n < 0:
        return divide(p, one, integer_power(p, a, -n, one))
    result, factor = one, a
    while n:
        if n % 2:
            result = factor if result == one else multiply(p, result, factor)
        n //= 2
        factor = p.atoms(square(p, factor), "power") if n else factor
    return result


# -- parts, with zeros and ones folded --------------------------------------------------------------------------------


def is_zero(expr) -> bool:
    return _is(expr, 0)


def _is(expr, value: float) -> bool:
    return isinstance(expr, ir.Const) and expr.value == value


def _sum(p: Pairs, a, b):
    match a, b:
        case _, ir.Op("neg", (inner,)):
            return _difference(p, a, inner)
        case ir.Const(x, dtype), ir.Const(y, other) if dtype == other:
            return ir.Const(x + y, dtype)
    if not p.signed and (is_zero(a) or is_zero(b)):
        return b if is_zero(a) else a
    return ir.Op("+", (a, b), p.loc)


def _difference(p: Pairs, a, b):
    match a, b:
        case _, ir.Op("neg", (inner,)):
            return _sum(p, a, inner)
        case ir.Const(x, dtype), ir.Const(y, other) if dtype == other:
            return ir.Const(x - y, dtype)
    if not p.signed and (is_zero(a) or is_zero(b)):
        return _negative(b) if is_zero(a) else a
    return ir.Op("-", (a, b), p.loc)


def _product(p: Pairs, a, b):
    match a, b:
        case ir.Const(x, dtype), ir.Const(y, other) if dtype == other:
            return ir.Const(x * y, dtype)
    if not p.signed and (is_zero(a) or is_zero(b)):
        return a if is_zero(a) else b
    if _is(a, 1) or _is(b, 1):
        return b if _is(a, 1) else a
    if _is(a, -1) or _is(b, -1):
        return _negative(b if _is(a, -1) else a)
    return ir.Op("*", (a, b), p.loc)


def _quotient(p: Pairs, a, b):
    return a if is_zero(a) and not p.signed else ir.Op("/", (a, b), p.loc)


def _negative(a):
    match a:
        case ir.Const(value, dtype):
            return ir.Const(-value, dtype)
        case ir.Op("neg", (inner,)):
            return inner
    return ir.Op("neg", (a,), a.loc)
