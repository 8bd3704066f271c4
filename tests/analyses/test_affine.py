"""Normal forms of integers: two lengths with one form are the same length."""

import itertools

from adtrans import ir
from adtrans.analyses.affine import affine, difference
from adtrans.transforms.lazy import add, product, subtract

N, M, ZERO = ir.Name("n"), ir.Name("m"), ir.Const(0)


def length(expr):
    return ir.Call("max", (expr, ZERO))


def half(expr):
    return ir.Op("//", (expr, ir.Const(2)))


INSIDE = length(subtract(N, ir.Const(2)))
LENGTHS = [
    N, M, length(N), INSIDE, add(INSIDE, ir.Const(2)), subtract(INSIDE, ir.Const(2)), subtract(N, ir.Const(4)),
    length(subtract(INSIDE, ir.Const(2))), subtract(N, INSIDE), ir.Const(2), add(INSIDE, M),
    subtract(add(N, M), ir.Const(2)), half(N), half(length(N)), product((N, M)), product((length(N), length(M))),
    product((INSIDE, ir.Const(3))),
    length(subtract(product((N, ir.Const(3))), ir.Const(6))),
]  # fmt: skip


def value(expr, n: int, m: int) -> int:
    match expr:
        case ir.Const(number):
            return number
        case ir.Name(name):
            return {"n": n, "m": m}[name]
        case ir.Call("max", args):
            return max(value(a, n, m) for a in args)
        case ir.Op(op, (a, b)):
            return {"+": int.__add__, "-": int.__sub__, "*": int.__mul__, "//": int.__floordiv__}[op](
                value(a, n, m), value(b, n, m)
            )
    raise AssertionError(expr)


def test_lengths_with_one_form_are_the_same():
    for a, b in itertools.combinations(LENGTHS, 2):
        if affine(a, {}) == affine(b, {}):
            for n, m in itertools.product(range(-5, 6), repeat=2):
                assert max(value(a, n, m), 0) == max(value(b, n, m), 0), (a, b, n, m)


def test_length_of_a_slice_of_a_slice_has_the_form_of_one_slice():
    inner, four = length(subtract(INSIDE, ir.Const(2))), ir.Const(4)
    assert affine(inner, {}) == affine(subtract(N, four), {}) == affine(subtract(INSIDE, ir.Const(2)), {})
    assert difference(inner, subtract(N, four), {}) == 0


def test_length_that_is_made_longer_keeps_its_least():
    assert difference(add(INSIDE, ir.Const(2)), N, {}) is None


def test_an_index_of_at_least_zero_is_not_the_index_that_may_be_less():
    clamped, index = ir.Call("max", (ir.Op("-", (ir.Name("i"), ir.Const(1))), ir.Const(0))), ir.Name("i")
    assert difference(clamped, index, {}) == -1
    assert difference(clamped, index, {}, is_index=True) is None
    assert affine(clamped, {}, is_index=True) != affine(clamped, {})
