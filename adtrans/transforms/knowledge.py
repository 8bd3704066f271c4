"""What names stand for before the program runs: functions, None, text, constants; and what is known of types."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from adtrans import ir, types
from adtrans.errors import UnsupportedError
from adtrans.names import assigned
from adtrans.transforms.folding import effects, folded

_MIXED = object()  # one of several things, none of which a variable can hold


class Knowledge:
    """The constant, function or tuple of such that a name has now, and the type that it has now, as far as they are
    known."""

    def __init__(self, values: dict, env: types.Env):
        self.values, self.env = dict(values), dict(env)

    def copy(self) -> Knowledge:
        return Knowledge(self.values, self.env)

    def assign(self, name: str, value) -> bool:
        """Notes `name = value`; true where no variable can hold that, so that the assignment is left out."""
        number = self._number(value)
        self.values.pop(name, None)
        if _is_constant(value) or only_known(value):
            self.values[name] = value
        elif number is not None:
            self.values[name] = number
        t = self.type_of(value)
        if t is None:
            self.env.pop(name, None)
        else:
            self.env[name] = t
        return only_known(value)

    def change(self, stmt) -> None:
        """Notes what `stmt`, which is no assignment of one value to one name, does to the names that it assigns."""
        numbers = self._numbers(stmt)
        self.forget(assigned(stmt), isinstance(stmt, ir.AugAssign))
        for name, number in numbers.items():
            self.assign(name, number)

    def _numbers(self, stmt) -> dict[str, ir.Const]:
        """The names to which `stmt` gives a number that is known."""
        match stmt:
            case ir.AugAssign(ir.Name(name), op, value):
                found = {name: self._number(ir.Op(op, (stmt.target, value), stmt.loc))}
            case ir.Unpack(targets, ir.Tuple(values)) if not any(isinstance(e, ir.Star) for e in (*targets, *values)):
                pairs = zip(targets, values, strict=False)  # a mismatch is refused later
                found = {t.id: self._number(value) for t, value in pairs if isinstance(t, ir.Name)}
            case _:
                return {}
        return {name: number for name, number in found.items() if number is not None}

    def _number(self, value) -> ir.Const | None:
        """`value`, which may be arithmetic, as a number, if it is known which one."""
        if not isinstance(value, (ir.Const, ir.Name, ir.Op)):
            return None
        number = self.constant(value)
        return number if isinstance(number, ir.Const) and not only_known(number) else None

    def type_of(self, expr):
        """The type of `expr`, if that is known; of a tuple the length at least."""
        if isinstance(expr, ir.Tuple):
            return types.types.Tuple([self.type_of(item) or types.types.undefined for item in expr.items])
        if effects(expr) or isinstance(expr, ir.Unset) or only_known(expr):
            return None
        try:
            return types.type_of(expr, self.env, final=False)
        except UnsupportedError:  # `infer` says so, unless this is never reached
            return None

    def count(self, loop: ir.For) -> None:
        """Notes what the variable of the loop is."""
        kinds = {self.type_of(bound) for bound in (loop.start, loop.stop, loop.step)}
        if all(isinstance(t, types.types.Integer) and t.signed for t in kinds):
            self.env[loop.var] = types.types.int64

    def is_number(self, name: str) -> bool:
        """Whether `name` is known to be a number."""
        return isinstance(self.env.get(name), (types.types.Number, types.types.Boolean))

    def items(self, expr) -> tuple | None:
        """The items of the tuple `expr`, which may be a shape; None where it is none, or is not known to be one."""
        if isinstance(expr, ir.Tuple):
            return expr.items
        t = self.type_of(expr)
        if not isinstance(t, types.types.BaseTuple):
            return None
        return tuple(ir.Index(expr, (ir.Const(k, None, expr.loc),), expr.loc) for k in range(len(t)))

    def with_items(self, expr):
        """`expr`, a tuple that it gathers written out, where that is known to be one."""
        match expr:
            case ir.Call("min" | "max" | "sum" | "np.array" | "np.asarray", (iterable, *rest)):
                items = None if isinstance(iterable, ir.Tuple) else self.items(iterable)
                if items is not None:
                    return replace(expr, args=(ir.Tuple(items, iterable.loc), *rest))
        return expr

    def forget(self, names: Iterable[str], augmented: bool = False) -> None:
        """Notes that `names` have got other values; `augmented` by `+=` or the like: an array stays one."""
        for name in names:
            if not augmented or not types.is_array(self.env.get(name)):
                self.env.pop(name, None)
            if name in self.values:
                if only_known(self.values[name]):
                    self.values[name] = _MIXED
                else:
                    del self.values[name]

    def join(self, other: Knowledge) -> None:
        """Keeps what is known here and in `other` as well, the states at the ends of two branches."""
        self.env = {name: t for name, t in self.env.items() if other.env.get(name) == t}
        for name in self.values.keys() | other.values.keys():
            a, b = self.values.get(name), other.values.get(name)
            if a != b:
                self.values.pop(name, None)
                if any(v is _MIXED or only_known(v) for v in (a, b)):
                    self.values[name] = _MIXED

    def mixed(self) -> set[str]:
        """The names that may be one of several things that no variable can hold."""
        return {name for name, value in self.values.items() if value is _MIXED}

    def with_mixed(self, names: set[str]) -> Knowledge:
        return Knowledge(self.values | dict.fromkeys(names, _MIXED), self.env)

    def constant(self, expr):
        """`expr` with every constant put in, also those that variables hold."""
        return self._replaced(expr, variables=True)

    def decided(self, test) -> bool | None:
        """Whether `test` holds, if that is known."""
        test = ir.rewrite(lambda e: folded(self._counted(e)), self.constant(test))
        return bool(test.value) if isinstance(test, ir.Const) else None

    def _counted(self, expr):
        """The number of axes, as `expr` asks for it, where it is known."""
        match expr:
            case ir.Attr(array, "ndim"):
                found = self.items(ir.Attr(array, "shape", expr.loc))
            case ir.Call("len", (iterable,)):
                found = self.items(iterable)
            case _:
                return expr
        return expr if found is None else ir.Const(len(found), None, expr.loc)

    def put_into(self, expr):
        """`expr` with names for what no variable can hold replaced by that."""
        return self._replaced(expr, variables=False)

    def _replaced(self, expr, variables: bool):
        known = self.copy()
        known.forget(e.target for e in ir.walk(expr) if isinstance(e, ir.Walrus))

        def put(e):
            if isinstance(e, ir.IfExp) and (taken := known.decided(e.test)) is not None:
                return e.body if taken else e.orelse
            e = known.with_items(e)
            return known.of(e, variables) if isinstance(e, ir.Name) else folded(e)

        return ir.rewrite(put, expr)

    def of(self, name: ir.Name, variables: bool):
        """What is known of `name`, else `name`; `variables` where that may be what a variable holds as well."""
        value = self.values.get(name.id, name)
        if value is _MIXED:
            raise UnsupportedError(
                f"what {name.id} is here, only the run of the program can tell", name.loc, "Use two names, or a number."
            )
        is_put_in = variables or only_known(value) or isinstance(value, ir.Tuple)
        return replace(value, loc=name.loc) if is_put_in else name

    def require_variable(self, name: ir.Name) -> None:
        if name.id in self.values and (self.values[name.id] is _MIXED or only_known(self.values[name.id])):
            raise UnsupportedError(f"{name.id} is not a number or an array here", name.loc, "Use another name.")


def only_known(value) -> bool:
    """Whether `value` is nothing that a variable of a compiled program can hold: a function, None, text."""
    match value:
        case ir.Const(inner):
            return inner is None or isinstance(inner, str)
        case ir.Tuple(items):
            return any(map(only_known, items)) and all(_is_constant(i) or only_known(i) for i in items)
    return isinstance(value, ir.FunctionValue)


def _is_constant(value) -> bool:
    return isinstance(value, ir.Const) or (isinstance(value, ir.Tuple) and all(map(_is_constant, value.items)))
