"""One variable for each item of a tuple: `p_0`, `p_1`, and `p_x`, `p_y` of a named tuple with these fields.

A parameter that is an array without axes, or an item of one that is, becomes a number: what is here called a tuple of
variables has `np.array(x)` in the place of `x` then. That of a complex number has a call of `JOINED`, with the
variables of the parts.
"""

from __future__ import annotations

import functools
from collections.abc import Iterator
from dataclasses import dataclass, field, replace

import numpy as np

from adtrans import ir, types
from adtrans.errors import UnsupportedError
from adtrans.names import fresh, reads, used
from adtrans.transforms.unpacking import unpacking

JOINED = ("helper.complex", "helper.complex64", "helper.complex128")  # a number, and arrays, of two parts


@dataclass(frozen=True)
class Split:
    """A function without tuples but for its result: `inputs` are the user's parameters, each with the variable in its
    place, or a tuple of variables; `argtypes` are the types of these."""

    function: ir.Function
    inputs: tuple
    argtypes: tuple


def tuples(function: ir.Function, env: types.Env, argtypes: tuple) -> Split:
    """`function`, whose names have the types `env`, with a variable for each item of a tuple; `argtypes` are the types
    of its arguments, which in `env` are `without_axisless` arrays.

    Only the results of a library function are left under one name, items of which are read. Expects `webs`.

    Raises: UnsupportedError where an item is assigned to.
    """
    read = set().union(*map(reads, ir.statements(function.body)))
    splitter = _Splitter(env, used(function) | set(env), _called(function, env), read)
    inputs = tuple((p, splitter.parameter(p, t)) for p, t in zip(function.params, argtypes, strict=True))
    body = tuple(new for stmt in function.body for new in splitter.statement(stmt))
    variables = tuple(leaf for name, where in inputs for leaf in leaves(where))
    argtypes = tuple(t for name, _ in inputs for t in _leaf_types(env[name]))
    params = tuple(v.id for v in variables)
    constants = function.constants | splitter.constants
    return Split(unpacking(replace(function, params=params, body=body, constants=constants)), inputs, argtypes)


def without_axisless(t):
    """The type `t`, with numbers in the place of arrays without axes."""
    if isinstance(t, types.types.BaseTuple):
        return types.types.BaseTuple.from_types(tuple(map(without_axisless, t)), getattr(t, "instance_class", None))
    return types.array_type(t.dtype, t.ndim, t.layout) if types.is_array(t) else t


def leaves(expr) -> tuple:
    """What is in a tuple and in the tuples inside of it, in order; the expression itself if it is none."""
    if _is_axisless(expr) or is_joined(expr):
        return tuple(leaf for arg in expr.args for leaf in leaves(arg))
    if not isinstance(expr, ir.Tuple):
        return (expr,)
    return tuple(leaf for item in expr.items for leaf in leaves(item))


def rebuilt(expr, f):
    """A tuple, or what else `expr` is, with `f` applied to each of its `leaves`."""
    if _is_axisless(expr) or is_joined(expr):
        return replace(expr, args=tuple(rebuilt(arg, f) for arg in expr.args))
    if not isinstance(expr, ir.Tuple):
        return f(expr)
    return replace(expr, items=tuple(rebuilt(item, f) for item in expr.items))


def _is_axisless(expr) -> bool:
    if not isinstance(expr, ir.Call) or expr.func != "np.array":
        return False
    return isinstance(expr.args[0], ir.Name) or is_joined(expr.args[0])


def is_joined(expr) -> bool:
    """Whether `expr` is a complex number of two variables."""
    return isinstance(expr, ir.Call) and expr.func in JOINED


def taken_apart(inputs: tuple) -> Iterator[tuple]:
    """Each variable that stands for an item of a parameter, with the expression that reads the item."""
    for name, where in inputs:
        if not isinstance(where, ir.Name):
            yield from _items(ir.Name(name), where)


def _items(expr, where) -> Iterator[tuple]:
    if _is_axisless(where):
        yield from _items(ir.Index(expr, (ir.Tuple(()),)), where.args[0])
        return
    if is_joined(where):
        yield from zip(where.args, (ir.Call(func, (expr,)) for func in types.OF_PARTS), strict=True)
        return
    if not isinstance(where, ir.Tuple):
        yield where, expr
        return
    for k, item in enumerate(where.items):
        part = ir.Attr(expr, where.record.fields[k]) if where.record else ir.Index(expr, (ir.Const(k),))
        yield from _items(part, item)


def _with_axisless(where, t):
    if isinstance(t, types.types.BaseTuple):
        return replace(where, items=tuple(_with_axisless(w, item) for w, item in zip(where.items, t, strict=True)))
    is_axisless = types.is_array(t) and not t.ndim
    return ir.Call("np.array", (where,)) if is_axisless else where


def _leaf_types(t) -> tuple:
    return tuple(leaf for item in t for leaf in _leaf_types(item)) if isinstance(t, types.types.BaseTuple) else (t,)


def _called(function: ir.Function, env: types.Env) -> set[str]:
    """The names that only ever stand for the results of one call of a library function."""
    values: dict[str, list] = {}
    for stmt in ir.statements(function.body):
        match stmt:
            case ir.Assign(target, value):
                values.setdefault(target, []).append(value)
            case ir.Unpack(targets):
                for target in targets:
                    values.setdefault(target.id, []).append(None)
    return {n for n, found in values.items() if len(found) == 1 and isinstance(found[0], ir.Call)} - set(
        function.params
    )


@dataclass
class _Splitter:
    env: types.Env
    taken: set[str]
    called: set[str]
    read: set[str]
    variables: dict = field(default_factory=dict)  # name of a tuple -> a tuple of variables
    records: dict = field(default_factory=dict)
    constants: dict = field(default_factory=dict)

    def parameter(self, name: str, t):
        """What takes the place of a parameter of type `t`."""
        if types.is_array(t) and not t.ndim:
            self.variables[name] = ir.Name(fresh(f"{name}_value", self.taken))
        return _with_axisless(self.variable(name), t)

    def variable(self, name: str):
        """The variable called `name`, or a tuple of variables in its place."""
        t = self.env.get(name)
        if name not in self.variables:
            if not isinstance(t, types.types.BaseTuple) or name in self.called:
                return ir.Name(name)
            self.variables[name] = self._variables(name, t)
        return self.variables[name]

    def _variables(self, name: str, t):
        if not isinstance(t, types.types.BaseTuple):
            return ir.Name(fresh(name, self.taken))
        fields = types.fields_of(t)
        labels = fields or tuple(map(str, range(len(t))))
        items = (self._variables(f"{name}_{label}", item) for label, item in zip(labels, t, strict=True))
        return ir.Tuple(tuple(items), None, self._record(t))

    def _record(self, t) -> ir.Record | None:
        """The named tuple's class, under a name that no variable has."""
        fields = types.fields_of(t)
        if fields is None:
            return None
        key = (t.instance_class.__name__, fields)
        if key not in self.records:
            self.records[key] = ir.Record(fresh(key[0], self.taken), fields)
        return self.records[key]

    # -- statements --------------------------------------------------------------------------------------------

    def statement(self, stmt) -> tuple:
        match stmt:
            case ir.Assign(target, value) if self._is_tuple(ir.Name(target)):
                return self._assign(stmt, value)
            case ir.Unpack(targets, ir.Tuple(items)):
                pairs = [(self.value(t), self._items(v)) for t, v in zip(targets, items, strict=True)]
                return (self._unpack(pairs, stmt),)
            case ir.Return(value) if value is not None and not isinstance(value, ir.Call) and self._is_tuple(value):
                return (replace(stmt, value=self._items(value)),)
            case ir.Effect(ir.Call("helper.items", (value, _))) if self._is_tuple(value):
                return ()
            case ir.Store(target) | ir.AugAssign(ir.Index() as target) if self._is_tuple(target.base):
                raise UnsupportedError(
                    "an item of a tuple cannot be assigned to", target.loc, "Make a new tuple, or use an array."
                )
            case ir.Store(ir.Index(base, ())) | ir.AugAssign(ir.Index(base, ())) if not self._rank(base):
                raise UnsupportedError(
                    "an array without axes cannot be written to", stmt.loc, "Use an array of one element."
                )
        nested = (tuple(new for s in block for new in self.statement(s)) for block in ir.blocks(stmt))
        return (ir.with_blocks(ir.map_expressions(self.value, stmt), *nested),)

    def _assign(self, stmt: ir.Assign, value) -> tuple:
        if stmt.target not in self.read and all(isinstance(leaf, ir.Const) for leaf in leaves(value)):
            return ()
        if stmt.target in self.called:
            return (replace(stmt, value=self.value(value)),)
        if not isinstance(value, ir.Call):
            return (self._unpack([(self.variable(stmt.target), self._items(value))], stmt),)
        name = ir.Name(fresh(f"{stmt.target}_items", self.taken), stmt.loc)
        items = self._written_out(name, self.env[stmt.target], stmt.loc)
        first = ir.Assign(name.id, self.value(value), stmt.loc, stmt.comments)
        return (first, self._unpack([(self.variable(stmt.target), items)], replace(stmt, comments=())))

    def _unpack(self, pairs: list, stmt) -> ir.Unpack:
        """The variables of each target are given their values at once."""
        targets = tuple(leaf for target, _ in pairs for leaf in leaves(target))
        values = tuple(leaf for _, value in pairs for leaf in leaves(value))
        return ir.Unpack(targets, ir.Tuple(values), stmt.loc, stmt.comments)

    # -- expressions -------------------------------------------------------------------------------------------

    def _is_tuple(self, expr) -> bool:
        return isinstance(types.type_of(expr, self.env), types.types.BaseTuple)

    def _rank(self, expr) -> int:
        return types.ndim_of(types.type_of(expr, self.env))

    def value(self, expr):
        """`expr` in terms of the variables; a tuple written out, with a call's results read one by one."""
        match expr:
            case ir.Name(name):
                return rebuilt(self.variable(name), lambda leaf: replace(leaf, loc=expr.loc))
            case ir.Index(base, ()) if not self._rank(base):
                return self.value(base)
            case ir.Index(base, index) if self._is_tuple(base):
                return self._item(self.value(base), self.value(index[0]), expr)
            case ir.Index(base, (index,)) if not isinstance(index, _NO_VALUE) and self._is_tuple(index):
                return replace(expr, base=self.value(base), index=leaves(self.value(index)))
            case ir.Attr(base, name) if self._is_tuple(base):
                return self.value(base).items[types.fields_of(types.type_of(base, self.env)).index(name)]
            case ir.Attr(base, "shape" | "size" | "ndim" as name) if not self._rank(base):
                return {"shape": ir.Tuple((), expr.loc), "size": ir.Const(1), "ndim": ir.Const(0)}[name]
            case ir.Attr(base, "T"):
                return ir.Call("np.transpose", (self.value(base),), (), expr.loc)
            case ir.Call("len", (base,)) if self._is_tuple(base):
                return ir.Const(len(types.type_of(base, self.env)), None, expr.loc)
            case ir.Op("+", (a, b)) if self._is_tuple(expr):
                return ir.Tuple((*self._items(a).items, *self._items(b).items), expr.loc)
            case ir.Op("==" | "!=", (a, b)) if self._is_tuple(a):
                return _compared(expr, self._items(a), self._items(b))
            case ir.IfExp(test, body, orelse) if self._is_tuple(expr):
                return self._chosen(self.value(test), self._items(body), self._items(orelse), expr.loc)
            case ir.Tuple():
                record = self._record(types.type_of(expr, self.env)) if expr.record else None
                return replace(expr, items=tuple(map(self.value, expr.items)), record=record)
        return ir.map_children(self.value, expr)

    def _items(self, expr) -> ir.Tuple:
        """The tuple `expr` in terms of the variables, written out."""
        return self._written_out(self.value(expr), types.type_of(expr, self.env), expr.loc)

    def _written_out(self, value, t, loc):
        if not isinstance(t, types.types.BaseTuple) or isinstance(value, ir.Tuple):
            return value
        if isinstance(value, ir.Call):
            raise UnsupportedError("this call gives several results", loc, "Assign them to names first.")
        items = (ir.Index(value, (ir.Const(k, None, loc),), loc) for k in range(len(t)))
        return ir.Tuple(tuple(self._written_out(i, item, loc) for i, item in zip(items, t, strict=True)), loc)

    def _item(self, base, index, expr: ir.Index):
        if not isinstance(index, (ir.Const, ir.Slice)):
            items = self._written_out(base, types.type_of(expr.base, self.env), expr.loc).items
            return self._chosen_item(items, ir.Call("helper.item", (index, ir.Const(len(items))), (), expr.loc))
        if isinstance(index, ir.Slice):
            base = self._written_out(base, types.type_of(expr.base, self.env), expr.loc)
            return ir.Tuple(base.items[types.constant_slice(index)], expr.loc)
        if not isinstance(base, ir.Tuple):  # the results of a call, or a shape
            return replace(expr, base=base)
        return base.items[index.value]

    def _chosen_item(self, items: tuple, place: ir.Call):
        """The item at a place that only the run time knows."""
        if isinstance(items[0], ir.Tuple):
            columns = zip(*(item.items for item in items), strict=True)
            return ir.Tuple(tuple(self._chosen_item(column, place) for column in columns), place.loc)
        return ir.Index(self._array(items, place.loc), (place,), place.loc)

    def _array(self, items: tuple, loc):
        """The items, numbers of one type, as an array: of constants one that is made before the program runs."""
        if not all(isinstance(item, ir.Const) for item in items):
            return ir.Call("np.array", (ir.Tuple(items),), (), loc)
        array = np.array([item.value for item in items], items[0].dtype)
        name = next((name for name, other in self.constants.items() if _is_same(array, other)), None)
        if name is None:
            name = fresh("items", self.taken)
            self.constants[name] = array
        return ir.Name(name, loc)

    def _chosen(self, test, body, orelse, loc):
        if not isinstance(body, ir.Tuple):
            return ir.IfExp(test, body, orelse, loc)
        items = (self._chosen(test, a, b, loc) for a, b in zip(body.items, orelse.items, strict=True))
        return replace(body, items=tuple(items), loc=loc)


def _compared(expr: ir.Op, a: ir.Tuple, b: ir.Tuple):
    """Whether two tuples are equal, or not equal, item by item."""
    if len(a.items) != len(b.items):
        return ir.Const(expr.op == "!=", None, expr.loc)
    each = [
        _compared(expr, x, y) if isinstance(x, ir.Tuple) else replace(expr, args=(x, y))
        for x, y in zip(a.items, b.items, strict=True)
    ] or [ir.Const(expr.op == "==", None, expr.loc)]
    joined = "and" if expr.op == "==" else "or"
    return functools.reduce(lambda one, other: ir.Op(joined, (one, other), expr.loc), each)


def _is_same(a: np.ndarray, b: np.ndarray) -> bool:
    return a.dtype == b.dtype and a.tobytes() == b.tobytes()  # 0.0 is not -0.0


_NO_VALUE = (ir.Slice, ir.NewAxis, ir.Dots)
