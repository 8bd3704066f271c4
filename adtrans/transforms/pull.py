"""The cotangents of an expression's operands, from the cotangent of its value."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from adtrans import ir, rules, types
from adtrans.transforms.algebra import fold, multiply, negate

RESULT = ir.Name("<result>")  # the value of the expression itself, in a derivative that reuses it


@dataclass
class Pull:
    """Collects `contributions` for the active operands of an expression whose value has
    type `t`; `temporaries` are scalars to be assigned before."""

    active: frozenset
    env: types.Env
    t: types.types.Type
    fresh: Callable[[str], str]
    slopes: dict  # derivatives of the whole expression by its operands that have a name already
    contributions: list = field(default_factory=list)  # (operand, expression, tests under which it is added)
    temporaries: list = field(default_factory=list)

    def __call__(self, expr, seed) -> None:
        self._pull(expr, seed, RESULT, ())

    def _pull(self, expr, seed, y, guards: tuple) -> None:
        if not is_active(expr, self.active):
            return
        match expr:
            case ir.Name() | ir.Index():
                self._contribute(expr, seed, guards)
            case ir.IfExp(test, body, orelse):
                seed = self._named(seed, expr)
                self._pull(body, seed, body, (*guards, (test, expr.total)))
                self._pull(orelse, seed, orelse, (*guards, (ir.Op("not", (test,)), expr.total)))
            case ir.Call(func, (inner,)) if func in types.CASTS:
                if types.CASTS[func].startswith("float"):
                    self._pull(inner, seed, inner, guards)
            case ir.Op(args=args) | ir.Call(args=args):
                self._apply_rule(expr, args, seed, expr if y is not RESULT else y, guards)

    def _apply_rule(self, expr, args: tuple, seed, y, guards: tuple) -> None:
        rule = rules.lookup(expr.op if isinstance(expr, ir.Op) else expr.func)
        operands = [k for k, a in enumerate(args) if is_active(a, self.active) and rule.partials[k] is not None]
        if len(operands) > 1:
            seed = self._named(seed, expr)
        for k in operands:
            named = y is RESULT and k in self.slopes
            partial = ir.Name(self.slopes[k]) if named else instantiate(rule, k, args, y, self.t)
            self._pull(args[k], multiply(seed, partial), args[k], guards)

    def _named(self, seed, expr):
        """`seed`, under a name of its own if it is more than a name or an element."""
        inner = seed.args[0] if isinstance(seed, ir.Op) and seed.op == "neg" else seed
        if isinstance(inner, (ir.Name, ir.Const, ir.Index)):
            return seed
        name = self.fresh("seed")
        self.env[name] = self.t
        self.temporaries.append(ir.Assign(name, seed, expr.loc))
        return ir.Name(name)

    def _contribute(self, operand, value, guards: tuple) -> None:
        """An element is touched only where the tests hold: its index may be out of range elsewhere."""
        zero = types.typed(0, self.t)
        kept = ()
        for test, total in reversed(guards):
            if total or isinstance(operand, ir.Name):
                value = _choose(test, value, zero)
            else:
                kept = (test, *kept)
        for k, (other, part, tests) in enumerate(self.contributions):
            if other == operand and tests == kept:
                self.contributions[k] = (operand, self._sum(part, value), kept)
                return
        self.contributions.append((operand, value, kept))

    def _sum(self, a, b):
        return multiply(types.typed(2, self.t), a) if a == b else ir.Op("+", (a, b))


def _choose(test, value, zero):
    if isinstance(test, ir.Op) and test.op == "not":
        return ir.IfExp(test.args[0], zero, value)
    return ir.IfExp(test, value, zero)


def is_active(expr, active: frozenset) -> bool:
    """Whether the value of `expr` has a cotangent to hand on."""
    match expr:
        case ir.Name(name):
            return name in active
        case ir.Index(ir.Name(name)):
            return name in active
        case ir.IfExp(_, body, orelse):
            return is_active(body, active) or is_active(orelse, active)
        case ir.Call(func, args) if func in types.CASTS:
            return types.CASTS[func].startswith("float") and is_active(args[0], active)
        case ir.Op() | ir.Call():
            rule = rules.lookup(expr.op if isinstance(expr, ir.Op) else expr.func)
            return rule is not None and any(
                is_active(a, active) for a, p in zip(expr.args, rule.partials, strict=True) if p is not None
            )
    return False


def instantiate(rule, k: int, args: tuple, y, t: types.types.Type):
    """The rule's derivative by its parameter `k` for the operands `args`; numbers take the type `t`."""
    values = dict(zip(rule.params, args, strict=True)) | {"y": y}

    def fill(e):
        if isinstance(e, ir.Const):
            return _typed(e, t)
        if isinstance(e, ir.Name):
            value = values[e.id]
            return _typed(value, t) if isinstance(value, ir.Const) else value
        return ir.map_children(fill, e)

    return fold(_negated(fill(rule.partials[k])))


def _typed(constant: ir.Const, t) -> ir.Const:
    return constant if isinstance(constant.value, bool) else types.typed(constant.value, t)


def _negated(expr):
    return negate(expr.args[0]) if isinstance(expr, ir.Op) and expr.op == "neg" else expr


def uses_result(expr, active: frozenset) -> bool:
    """Whether a derivative of the outermost operation of `expr` reuses the operation's value."""
    if not isinstance(expr, (ir.Op, ir.Call)) or (isinstance(expr, ir.Call) and expr.func in types.CASTS):
        return False
    rule = rules.lookup(expr.op if isinstance(expr, ir.Op) else expr.func)
    if rule is None:
        return False
    parts = [p for a, p in zip(expr.args, rule.partials, strict=True) if p is not None and is_active(a, active)]
    return any("y" in ir.names(p) for p in parts)
