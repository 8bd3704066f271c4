"""Complex expressions as pairs of real ones, and real expressions of complex operands as such of their parts."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from adtrans import ir, types
from adtrans.errors import UnsupportedError
from adtrans.library.parts import FORMULAS, SIGNED, exp, power, power_of_integer, power_of_real, turn
from adtrans.transforms import pairs
from adtrans.transforms.library import locals_of, lowered
from adtrans.transforms.pairs import Pairs, is_zero

CASTS = ("np.complex128", "np.complex64")
ABS = ("abs", "np.abs")
_OPERATORS = {
    "np.add": "+", "np.subtract": "-", "np.multiply": "*", "np.divide": "/", "np.true_divide": "/", "np.power": "**",
    "np.pow": "**", "np.float_power": "**", "pow": "**", "np.negative": "neg", "np.positive": "pos", "np.equal": "==",
    "np.not_equal": "!=",
}  # fmt: skip
_ARITHMETIC = {"+": pairs.add, "-": pairs.subtract, "*": pairs.multiply, "/": pairs.divide}
LARGEST = 100  # the power up to which there are products, as in NumPy


def is_complex(expr, env: types.Env) -> bool:
    return types.is_complex(types.type_of(expr, env))


def computes(expr, env: types.Env) -> bool:
    """Whether complex numbers, not only lengths of arrays of them, are somewhere in `expr`."""
    match expr:
        case ir.Attr():
            return False
        case ir.Name(name):
            return types.is_complex(env[name]) if name in env else False
        case ir.Const(value):
            return isinstance(value, complex)
        case ir.Call(func) if func in CASTS or is_of_complex(func):
            return True
    return any(computes(child, env) for child in ir.children(expr))


def is_of_complex(func: str) -> bool:
    """Whether a function takes real numbers as complex ones."""
    return func in types.COMPLEX or func.startswith("cmath.")


def asks_sides(expr, env: types.Env) -> bool:
    """Whether `expr` has a function of complex numbers with a branch cut."""
    for e in ir.walk(_spelled(expr)):
        match _spelled(e):
            case ir.Call(func, args) if func in SIGNED and any(computes(a, env) for a in args):
                return True
            case ir.Call(func) if func in SIGNED and is_of_complex(func):
                return True
            case ir.Op("**", (a, b)) if (computes(a, env) or computes(b, env)) and _small(b) is None:
                return True
    return False


# -- complex expressions -----------------------------------------------------------------------------------------------


def pair(p: Pairs, expr) -> tuple:
    """The real and the imaginary part of `expr`."""
    expr, t = _spelled(expr), types.type_of(expr, p.before)
    if not types.is_complex(t):
        return real(p, expr), types.typed(0, t if types.is_float(t) else types.types.float64)
    part = types.part_type(t)
    match expr:
        case ir.Const(value):
            return types.typed(value.real, part), types.typed(value.imag, part)
        case ir.Name(name):
            re, im = p.parts[name]
            return replace(expr, id=re), replace(expr, id=im)
        case ir.Index(ir.Name(name), index):
            re, im = p.parts[name]
            index = tuple(p.atom(real(p, i), "k") if isinstance(i, ir.Call) else real(p, i) for i in index)
            return ir.Index(ir.Name(re), index, expr.loc), ir.Index(ir.Name(im), index, expr.loc)
        case ir.IfExp():
            return _choice(p, expr, part)
        case ir.Op("neg", (a,)):
            return pairs.negate(pair(p, a))
        case ir.Op("pos", (a,)):
            return pair(p, a)
        case ir.Op("**", (a, b)):
            return _power(p, a, b, part)
        case ir.Op(op, (a, b)) if op in _ARITHMETIC:
            return _ARITHMETIC[op](p, pair(p, a), pair(p, b))
        case ir.Call():
            return _called(p, expr, part)
    raise UnsupportedError("this operation on complex numbers is not supported", expr.loc, "Use the parts.")


def _called(p: Pairs, expr: ir.Call, part) -> tuple:
    func, args = expr.func, expr.args
    if func in CASTS:
        return tuple(types.cast(x, part, p.env) for x in pair(p, args[0]))
    if func == "complex":
        return tuple(types.cast(real(p, a), part, p.env) for a in args)
    if func == "np.conj":
        return pairs.conjugate(pair(p, args[0]))
    if func == "stop_gradient":
        return tuple(ir.Call(func, (x,), (), expr.loc) for x in pair(p, args[0]))
    if func == "np.square":
        return pairs.square(p, pair(p, args[0]))
    if func == "np.reciprocal":
        one = types.typed(1, part), types.typed(0, part)
        return pairs.divide(p, one, pair(p, args[0]))
    if func == "cmath.log" and len(args) == 2:
        a, b = (_formula(p, func, _arguments(p, (a,)), part) for a in args)
        return pairs.divide(p, a, b)
    if func == "cmath.rect":
        return _formula(p, func, [p.atom(real(p, a), "polar") for a in args], part)
    return _formula(p, func, _arguments(p, args), part, expr.loc)


def _spelled(expr):
    """A function that is an operator, as that operator."""
    match expr:
        case ir.Call(func, args) if func in _OPERATORS:
            return ir.Op(_OPERATORS[func], args, expr.loc)
    return expr


def _choice(p: Pairs, expr: ir.IfExp, part) -> tuple:
    """Two conditional expressions; or a statement where a branch needs statements of its own."""
    with p.block() as body:
        chosen = pair(p, expr.body)
    with p.block() as orelse:
        other = pair(p, expr.orelse)
    test = truth(p, expr.test)
    if not body and not orelse:
        test = test if _is_simple(test) else p.named("test", test)
        return tuple(replace(expr, test=test, body=a, orelse=b) for a, b in zip(chosen, other, strict=True))
    names = tuple(p.declared(f"choice_{label}", part) for label in ("re", "im"))
    for block, values in ((body, chosen), (orelse, other)):
        block += [ir.Assign(n, types.cast(v, part, p.env), expr.loc) for n, v in zip(names, values, strict=True)]
    p.emit(ir.If(test, tuple(body), tuple(orelse), expr.loc))
    return tuple(ir.Name(n, expr.loc) for n in names)


def _is_simple(test) -> bool:
    return sum(isinstance(e, (ir.Op, ir.Call)) for e in ir.walk(test)) <= 1


# -- powers and functions ---------------------------------------------------------------------------------------------


def _power(p: Pairs, a, b, part) -> tuple:
    n, t = _small(b), types.type_of(b, p.before)
    if n is not None:
        return pairs.integer_power(p, pair(p, a), n, (types.typed(1, part), types.typed(0, part)))
    if types.is_complex(t):
        return _pasted(p, power, _arguments(p, (a, b)), part)
    f = power_of_real if types.is_float(t) else power_of_integer
    return _pasted(p, f, [*_arguments(p, (a,)), p.atom(real(p, b), "exponent")], part)


def _small(exponent) -> int | None:
    """The exponent, where it is a whole number and small."""
    match exponent:
        case ir.Op("neg", (inner,)) if (n := _small(inner)) is not None:
            return -n
        case ir.Const(int() | float() as value) if value == int(value) and abs(value) <= LARGEST:
            return int(value)
    return None


def _arguments(p: Pairs, args: tuple) -> list:
    return [part for a in args for part in p.atoms(pair(p, a), "argument")]


def _formula(p: Pairs, func: str, args: list, part, loc=None):
    if func not in FORMULAS:
        hint = "Use the real and the imaginary part, or write a function of them."
        raise UnsupportedError(f"{func} of complex numbers is not supported", loc, hint)
    return _pasted(p, FORMULAS[func], args, part)


def _pasted(p: Pairs, formula: Callable, args: list, part):
    """The result of `formula`, of type `part` or a pair of such, its statements emitted before."""
    if formula is exp and is_zero(args[0]):
        formula, args = turn, args[1:]
    program = lowered(formula, tuple(types.type_of(a, p.env) for a in args))
    given = dict(zip(program.function.params, args, strict=True))
    new = {name: p.declared(f"{formula.__name__}_{name}", program.env[name]) for name in locals_of(program)}
    *body, end = (ir.at_line(ir.rename_statement(s, new), p.loc) for s in program.function.body)

    def filled(e):
        return given.get(e.id, e) if isinstance(e, ir.Name) else e

    body = [_rewritten(s, filled) for s in body]
    items = end.value.items if isinstance(end.value, ir.Tuple) else (end.value,)
    values = {}
    while body and isinstance(body[-1], ir.Assign) and body[-1].target in {item.id for item in items}:
        last = body.pop()
        values[last.target] = last.value
    p.out += body
    found = tuple(types.cast(values.get(item.id, item), part, p.env) for item in items)
    return found if isinstance(end.value, ir.Tuple) else found[0]


def _rewritten(stmt, f: Callable):
    stmt = ir.map_expressions(lambda e: ir.rewrite(f, e), stmt)
    return ir.with_blocks(stmt, *(tuple(_rewritten(s, f) for s in block) for block in ir.blocks(stmt)))


# -- real expressions -------------------------------------------------------------------------------------------------


def real(p: Pairs, expr):
    """The real expression `expr` in terms of the parts of what is complex in it."""
    if not computes(expr, p.before):
        return lengths(p, expr)
    expr, t = _spelled(expr), types.type_of(expr, p.before)
    if types.is_complex(t):
        raise types.not_real(t, expr.loc or p.loc)
    match expr:
        case ir.Op("==" | "!=" as op, (a, b)) if is_complex(a, p.before) or is_complex(b, p.before):
            return _equal(p, op, pair(p, a), pair(p, b))
        case ir.Op("and" | "or", _):
            return _both(p, expr)
        case ir.Op("not", (a,)):
            return replace(expr, args=(truth(p, a),))
        case ir.Op("**", (ir.Call(func, (z,)), b)) if func in ABS and _small(b) == 2 and is_complex(z, p.before):
            return pairs.squared_size(p, pair(p, z))
        case ir.IfExp():
            return _real_choice(p, expr, t)
        case ir.Call("np.conj", (x,)):
            return real(p, x)
        case ir.Call(func, (z,)) if func in types.OF_PARTS:
            return pair(p, z)[types.OF_PARTS.index(func)]
        case ir.Call(func, (z,)) if func in ABS and is_complex(z, p.before):
            return types.cast(ir.Call("math.hypot", pair(p, z), (), expr.loc), t, p.env)
        case ir.Call(func, args) if any(is_complex(a, p.before) for a in args) or is_of_complex(func):
            return _formula(p, func, _arguments(p, args), t, expr.loc)
    return ir.map_children(lambda e: real(p, e), expr)


def truth(p: Pairs, test):
    """`test`, of which the truth is asked."""
    if not computes(test, p.before) or not is_complex(test, p.before):
        return real(p, test)
    zero = types.typed(0, types.part_type(types.type_of(test, p.before)))
    return _equal(p, "!=", pair(p, test), (zero, zero))


def _equal(p: Pairs, op: str, a: tuple, b: tuple):
    tests = tuple(ir.Op(op, both, p.loc) for both in zip(a, b, strict=True))
    return ir.Op("and" if op == "==" else "or", tests, p.loc)


def _both(p: Pairs, expr: ir.Op):
    """`a and b`, `a or b`: what `b` needs is evaluated only where Python evaluates it."""
    first = truth(p, expr.args[0])
    with p.block() as block:
        second = truth(p, expr.args[1])
    if not block:
        return replace(expr, args=(first, second))
    name = p.declared("test", types.types.boolean)
    block.append(ir.Assign(name, second, p.loc))
    known = (ir.Assign(name, ir.Const(expr.op == "or"), p.loc),)
    p.emit(ir.If(first, *((tuple(block), known) if expr.op == "and" else (known, tuple(block))), loc=p.loc))
    return ir.Name(name, p.loc)


def _real_choice(p: Pairs, expr: ir.IfExp, t):
    with p.block() as body:
        chosen = real(p, expr.body)
    with p.block() as orelse:
        other = real(p, expr.orelse)
    test = truth(p, expr.test)
    if not body and not orelse:
        return replace(expr, test=test, body=chosen, orelse=other)
    name = p.declared("choice", t)
    body.append(ir.Assign(name, chosen, p.loc))
    orelse.append(ir.Assign(name, other, p.loc))
    p.emit(ir.If(test, tuple(body), tuple(orelse), p.loc))
    return ir.Name(name, p.loc)


def lengths(p: Pairs, expr):
    """`expr`, in which only the lengths of complex arrays stand, with those of their real parts."""

    def renamed(e):
        match e:
            case ir.Attr(ir.Name(name) as base) if name in p.parts:
                return replace(e, base=replace(base, id=p.parts[name][0]))
        return e

    return ir.rewrite(renamed, expr)
