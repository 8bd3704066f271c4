"""Lists as arrays: of as many items as a list has, or with room for more and the number of those that there are.

    squares = []                            squares = np.empty(n)
    for i in range(n):                      for i in range(n):
        squares.append(x[i] ** 2)               squares[i] = x[i] ** 2

A list of tuples becomes an array for each number in them.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import replace

from adtrans import ir, types
from adtrans.analyses.lengths import initial_length, lengths, resized, with_other_names
from adtrans.analyses.liveness import Liveness, definitions, liveness
from adtrans.analyses.signs import signs
from adtrans.errors import UnsupportedError
from adtrans.names import assigned, fresh, used
from adtrans.transforms.aliases import aliases
from adtrans.transforms.lazy import multiply
from adtrans.transforms.list_changes import changed, empty, popped, put
from adtrans.transforms.list_values import ListValues, leaf_types, shape


def lists(function: ir.Function, env: types.Env) -> ir.Function:
    """`function`, whose names have the types `env`, with arrays in place of lists, and a number for the length of
    each that grows by what only the run time knows. Expects `webs`.

    Raises: UnsupportedError for a list as a result, with two names while it grows, or that grows while it is looped
    over.
    """
    if not any(isinstance(t, types.List) for t in env.values()) and not any(map(_makes_list, _expressions(function))):
        return function
    function = _with_shapes(aliases(function, {name for name, t in env.items() if isinstance(t, types.List)}), env)
    live, known = liveness(function.body), signs(function.body, env, _values(function, env))
    values = ListValues(env, lengths(function, env, live, known), known, used(function) | set(env))
    rewriting = _Lists(function, values, live)
    return aliases(replace(function, body=rewriting.block(function.body)), rewriting.arrays)


def _expressions(function: ir.Function):
    return (e for s in ir.statements(function.body) for x in ir.expressions(s) for e in ir.walk(x))


def _makes_list(expr) -> bool:
    return isinstance(expr, ir.Call) and expr.func == "list"


def _with_shapes(function: ir.Function, env: types.Env) -> ir.Function:
    """`function` with one word for the length of an array, so that lengths can be compared."""

    def shaped(e):
        match e:
            case ir.Call("len", (ir.Name(name) as array,)) if type(env.get(name)) is types.types.Array:
                return replace(shape(array), loc=e.loc)
        return e

    def statement(stmt):
        nested = (tuple(map(statement, block)) for block in ir.blocks(stmt))
        return ir.with_blocks(ir.map_expressions(lambda e: ir.rewrite(shaped, e), stmt), *nested)

    return replace(function, body=tuple(map(statement, function.body)))


def _values(function: ir.Function, env: types.Env) -> dict:
    """The definitions of integers that never change, of such and of lengths of arrays that never change."""
    count = Counter(function.params)
    for stmt in ir.statements(function.body):
        count.update(definitions(stmt))

    def is_stable(e) -> bool:
        match e:
            case ir.Name(name):
                return count[name] <= 1 and not isinstance(env.get(name), types.List)
            case ir.Index(base) if not isinstance(base, ir.Attr):
                return False
        return isinstance(e, (ir.Const, ir.Op, ir.Call, ir.Attr, ir.Index)) and all(map(is_stable, ir.children(e)))

    found = {}
    for stmt in function.body:
        match stmt:
            case ir.Assign(target, value) if count[target] == 1 and env.get(target) == types.types.int64:
                if is_stable(value):
                    found[target] = value
    return found


class _Lists:
    """The statements of a function rewritten."""

    def __init__(self, function: ir.Function, values: ListValues, live: Liveness):
        self.values, self.live, self.env = values, live, values.env
        self.arrays: set[str] = set()  # that a list becomes with its last use
        self.definitions = {s.target: s for s in ir.statements(function.body) if isinstance(s, ir.Assign)}
        self.made_at: dict[int, list] = {}  # statement before which lists are made -> the names of these
        for name, growing in values.growing.items():
            if growing.place is not None:
                self.made_at.setdefault(growing.place, []).append(name)
        self.shared = with_other_names(function, self.env)
        self.many = Counter(n for s in ir.statements(function.body) for n in assigned(s))

    def block(self, block: tuple) -> tuple:
        out: list = []
        for stmt in block:
            self.values.at, self.values.last = id(stmt), self._last(stmt)
            first = len(out)
            for name in self.made_at.get(id(stmt), ()):
                definition = self.definitions[name]
                made, *rest = self._made(definition)
                comments = () if definition is stmt else definition.comments
                out += [replace(made, comments=comments), *rest]
            out += self._statement(stmt)
            if stmt.comments and len(out) > first:
                out[first] = replace(out[first], comments=stmt.comments + out[first].comments)
        return tuple(out)

    def _statement(self, stmt) -> list:
        match stmt:
            case ir.Assign(target, ir.Call("list.pop") as call):
                return popped(self.values, call, target)
            case ir.Assign(target) if isinstance(self.env.get(target), types.List):
                return self._assign(stmt)
            case ir.Assign(target, ir.Call("np.array", (ir.Name(source),), ())) if source in self.values.last:
                self.arrays.add(target)
            case ir.Effect(ir.Call(func) as call) if func.startswith("list."):
                return changed(self.values, call)
            case ir.AugAssign(ir.Name(name), op, value) if isinstance(self.env.get(name), types.List):
                if op != "+":
                    raise UnsupportedError(f"{op}= of a list is not supported", stmt.loc, f"Write a = a {op} b.")
                if type(types.type_of(value, self.env)) is types.types.Array:  # NumPy would add up
                    raise UnsupportedError("+= of a list and an array is not supported", stmt.loc, "Write a.extend(b).")
                return changed(self.values, ir.Call("list.extend", (stmt.target, value), (), stmt.loc))
            case ir.Store(ir.Index(base, index)) if self.values.is_list(base):
                return self._store(stmt, base, index)
            case ir.Unpack(targets, ir.Tuple()) if any(isinstance(self.env.get(t.id), types.List) for t in targets):
                return self._swapped(stmt)
            case ir.Return(value) if value is not None:
                self._check_result(value)
            case ir.For():
                self._check_loop(stmt)
        new = self._with_values(stmt)
        return [*self._checks(stmt, new), new]

    def _checks(self, stmt, new) -> list:
        """The checks of positions in a value that nothing reads: the value itself will be removed."""
        if not isinstance(new, ir.Assign) or stmt.target in self.live.after[id(stmt)]:
            return []
        checks = dict.fromkeys(e for e in _always_evaluated(new.value) if isinstance(e, ir.Call))
        return [ir.Effect(check, stmt.loc) for check in checks if check.func == "helper.item"]

    def _with_values(self, stmt):
        """`stmt` with what it reads in terms of arrays."""
        if isinstance(stmt, (ir.If, ir.While)):
            new = replace(stmt, test=self.values.truth(stmt.test))
        else:
            new = ir.map_expressions(self.values.value, stmt)
        if isinstance(new, ir.For):
            self.values.known.loops[new.var] = new  # its bounds are compared with lengths
        return ir.with_blocks(replace(new, comments=()), *map(self.block, ir.blocks(stmt)))

    # -- new lists ---------------------------------------------------------------------------------------------

    def _assign(self, stmt: ir.Assign) -> list:
        growing = self.values.growing.get(stmt.target)
        match stmt.value:
            case ir.Name() as source:
                return self._moved(stmt, source)
            case ir.IfExp(test, body, orelse):
                branches = (tuple(self._assign(replace(stmt, value=v, comments=()))) for v in (body, orelse))
                return [ir.If(self.values.truth(test), *branches, stmt.loc)]
        if growing is None:
            return self._fixed(stmt)
        return self._made(stmt) if growing.place is None else []

    def _moved(self, stmt: ir.Assign, source: ir.Name) -> list:
        """The list goes on under another name: its arrays too, unless one of them is larger and keeps that room, or
        is one of several."""
        growing = self.values.growing
        parts = self.values.whole(source)
        if stmt.target in growing and source.id in growing and growing[source.id].place is not None:
            parts = self.values.arrays_of(source.id)
        parts = [p if isinstance(p, ir.Name) else ir.Call("np.copy", (p,), (), stmt.loc) for p in parts]
        if source.id in growing and growing[source.id].place is None:
            parts = [ir.Call("np.copy", (p,), (), stmt.loc) if isinstance(p, ir.Name) else p for p in parts]
        out: list = []
        for array, part in zip(self.values.arrays_of(stmt.target), parts, strict=True):
            out.append(ir.Assign(array.id, part, stmt.loc))
        if stmt.target in growing:
            out.append(ir.Assign(self.values.counter(stmt.target).id, self.values.length(source), stmt.loc))
        return out

    def _fixed(self, stmt: ir.Assign) -> list:
        """A list that keeps its length."""
        parts = self.values.own(stmt.value, self.env[stmt.target])
        arrays = self.values.arrays_of(stmt.target)
        if self.many[stmt.target] == 1 and (count := initial_length(stmt.value)) is not None:
            self.values.known.values[shape(arrays[0])] = count
        return [ir.Assign(array.id, part, stmt.loc) for array, part in zip(arrays, parts, strict=True)]

    def _made(self, stmt: ir.Assign) -> list:
        """A list that grows: arrays with room, and the first items in them."""
        name, growing, loc = stmt.target, self.values.growing[stmt.target], stmt.loc
        items, kept = _written_out(stmt), []
        start = [] if items is not None else self._start(stmt, kept)
        count = ir.Const(len(items)) if items is not None else shape(ir.Name(start[0]))
        room = self.values.value(growing.room) if growing.room is not None else _at_first(count)
        arrays = self.values.arrays_of(name)
        for array, t in zip(arrays, leaf_types(self.env[name].dtype), strict=True):
            kept.append(ir.Assign(array.id, empty(room, t, loc), loc))
        for k, item in enumerate(items or ()):
            kept += put(self.values, name, ir.Const(k), item, loc)
        for array, part in zip(arrays, start, strict=False):
            index = ir.Index(array, (ir.Slice(None, count, None, loc),), loc)
            kept.append(ir.Store(index, ir.Name(part), loc))
        if not self.values.is_counted(name):
            kept.append(ir.Assign(self.values.counter(name).id, count, loc))
        return kept

    def _start(self, stmt: ir.Assign, out: list) -> list[str]:
        """The names of arrays with the first items."""
        names = [fresh(f"{array.id}_start", self.values.taken) for array in self.values.arrays_of(stmt.target)]
        parts = self.values.own(stmt.value, self.env[stmt.target])
        out += [ir.Assign(name, part, stmt.loc) for name, part in zip(names, parts, strict=True)]
        return names

    # -- other statements --------------------------------------------------------------------------------------

    def _store(self, stmt: ir.Store, base, index: tuple) -> list:
        """`items[k] = item`, or the items put into another order."""
        t = types.type_of(base, self.env)
        if not isinstance(base, ir.Name):
            raise UnsupportedError("a store into a list without a name is not supported", stmt.loc, "Give it a name.")
        if isinstance(index[0], ir.Slice):
            if index[0] != ir.Slice() or not _rearranges(stmt.value, base):
                hint = "Assign to its items one by one."
                raise UnsupportedError("a store to a slice of a list is not supported", stmt.loc, hint)
            whole, value = self.values.array_of(self.values.whole(base), base), self.values.value(stmt.value)
            return [replace(stmt, target=ir.Index(whole, index, stmt.loc), value=value, comments=())]
        new = types.type_of(stmt.value, self.env)
        if types.unify(t.dtype, types.types.unliteral(new)) != t.dtype:
            raise UnsupportedError(
                f"{types.describe(new)} is stored in a list of {t.dtype} items",
                stmt.loc,
                "Make the list one of such items at first: [0.0] rather than [0].",
            )
        place = self.values.position(self.values.value(index[0]), base)
        return put(self.values, base.id, place, stmt.value, stmt.loc)

    def _swapped(self, stmt: ir.Unpack) -> list:
        """Lists change their names: their arrays do, and the numbers of their items."""
        arrays, others = [], []
        for target, source in zip(stmt.targets, stmt.value.items, strict=True):
            if not isinstance(self.env.get(target.id), types.List):
                others.append((target, source))
                continue
            arrays += zip(self.values.arrays_of(target.id), self.values.arrays_of(source.id), strict=True)
            if target.id in self.values.growing:
                others.append((self.values.counter(target.id), self.values.counter(source.id)))
        swaps = (zip(*pairs, strict=True) for pairs in (arrays, others) if pairs)
        return [replace(stmt, targets=t, value=ir.Tuple(i, stmt.loc), comments=()) for t, i in swaps]

    def _last(self, stmt) -> set[str]:
        """The lists that `stmt` reads once, as the last one to do so."""
        if ir.blocks(stmt):
            return set()
        count = Counter(e.id for x in ir.expressions(stmt) for e in ir.walk(x) if isinstance(e, ir.Name))
        found = {n for n, times in count.items() if times == 1 and isinstance(self.env.get(n), types.List)}
        return {name for name in found - self.live.after[id(stmt)] - self.shared if self.many[name] == 1}

    def _check_result(self, value) -> None:
        for e in value.items if isinstance(value, ir.Tuple) else (value,):
            if self.values.is_list(e):
                raise UnsupportedError("a list as a result is not supported", e.loc, "Return np.array(...) of it.")

    def _check_loop(self, stmt: ir.For) -> None:
        """A list that grows is not looped over while it does."""
        over = {
            e.base.id
            for bound in (stmt.start, stmt.stop)
            for e in ir.walk(bound)
            if isinstance(e, ir.Attr) and isinstance(e.base, ir.Name) and e.base.id in self.values.growing
        }
        for inner in ir.statements(stmt.body):
            name = resized(inner, self.env)
            if name in over:
                raise UnsupportedError(
                    f"the list {name} changes its length while it is looped over",
                    inner.loc,
                    f"Loop over indices, or over {name}.copy().",
                )


def _always_evaluated(expr) -> Iterator:
    """`expr` and the expressions in it, without those that are evaluated only if another says so."""
    yield expr
    conditional = isinstance(expr, ir.IfExp) or (isinstance(expr, ir.Op) and expr.op in ("and", "or"))
    for child in (next(iter(ir.children(expr))),) if conditional else ir.children(expr):
        yield from _always_evaluated(child)


def _written_out(stmt: ir.Assign) -> tuple | None:
    """The items of a new list, where they are written out and do not read the list that had its name."""
    match stmt.value:
        case ir.Call("list", ()):
            return ()
        case ir.Call("list", (ir.Tuple(items),)) if stmt.target not in ir.names(stmt.value):
            return items
    return None


ROOM = 8  # items that there is room for at first, where nothing is known


def _at_first(count):
    """Room for twice as many items as there are, which are at least some."""
    if isinstance(count, ir.Const):
        return ir.Const(max(2 * count.value, ROOM))
    return ir.Call("max", (multiply(ir.Const(2), count), ir.Const(ROOM)))


def _rearranges(value, name: ir.Name) -> bool:
    """Whether `value` has the items of the list `name`, in some order."""
    match value:
        case ir.Call("np.sort", (items,)) | ir.Index(items, (ir.Slice(None, None, ir.Const(-1)),)):
            return _rearranges(items, name)
    return value == name
