"""`for target in items` as loops over ranges, or, where the items are written out, as one copy of the body for each."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from adtrans import ir
from adtrans.analyses.sharing import root, written
from adtrans.errors import UnsupportedError
from adtrans.names import assigned, assigned_in, fresh
from adtrans.parse.calls import ITERABLES, bounds
from adtrans.transforms.binding import substituted
from adtrans.transforms.folding import effects, folded

LONGEST = 100  # copies of a body
_ZERO, _ONE = ir.Const(0), ir.Const(1)


@dataclass(frozen=True)
class _Items:
    """What a loop goes through, by a position that runs over `range(start, stop, step)`: `at(position)`."""

    start: object
    stop: object
    step: object
    at: Callable
    count: int | None = None  # where the items are written out

    @property
    def plain(self) -> bool:
        return (self.start, self.step) == (_ZERO, _ONE)


def iteration(stmt: ir.ForEach, taken: set[str], items_of: Callable) -> tuple:
    """The statements that `stmt` stands for. An iterable is evaluated once, its elements are read when they are
    reached. `items_of(expr)` are the items of a tuple, or None where `expr` is not known to be one.

    Raises: UnsupportedError for what cannot be looped over.
    """
    before: list = []
    iterable = _Fixing(stmt, taken, before, items_of).iterable(stmt.items)
    if isinstance(iterable, ir.Call) and iterable.func in ("np.ndindex", "np.ndenumerate"):
        return (*before, *_over_indices(stmt, iterable, taken, items_of))
    items = _items(iterable)
    if items.count is not None:
        return (*before, *_copies(stmt, items))
    var, target = _counter(stmt.target, items, taken)
    first = _assignments(target, items.at(ir.Name(var, stmt.loc)), stmt.loc)
    loop = ir.For(var, items.start, items.stop, items.step, (*first, *stmt.body), stmt.exit, stmt.loc, stmt.comments)
    return (*before, loop)


# -- what is looped over ---------------------------------------------------------------------------------------


class _Fixing:
    """Parts of an iterable that the body may change, under names that are assigned `before` the loop."""

    def __init__(self, stmt: ir.ForEach, taken: set[str], before: list, items_of: Callable):
        self.taken, self.before, self.items_of = taken, before, items_of
        self.rebound = assigned(stmt) | assigned_in(stmt.body)
        self.writes = any(map(_may_write, ir.statements(stmt.body)))

    def iterable(self, expr):
        match expr:
            case ir.Call("range" | "np.ndindex"):
                return ir.map_children(self.number, expr)
            case ir.Call("enumerate", (first, *others)):
                start = tuple((k, self.number(v)) for k, v in expr.keywords)
                return replace(expr, args=(self.iterable(first), *map(self.number, others)), keywords=start)
            case ir.Call("zip" | "reversed" | "np.ndenumerate"):
                return ir.map_children(self.iterable, expr)
        if (items := self.items_of(expr)) is not None:
            return ir.Tuple(tuple(map(self.item, items)), expr.loc)
        return expr if self.is_view(expr) else self.named(expr)

    def number(self, expr):
        if isinstance(expr, ir.Tuple):
            return ir.map_children(self.number, expr)
        return expr if self.is_number(expr) else self.named(expr)

    def item(self, expr):
        match expr:
            case ir.Tuple():
                return ir.map_children(self.item, expr)
            case ir.FunctionValue():
                return expr
            case ir.Index(ir.Name(name), index) if not self.writes and name not in self.rebound:
                return expr if all(map(self.is_number, index)) else self.named(expr)
        return self.number(expr)

    def named(self, expr):
        base = "item" if isinstance(expr, ir.Index) and self.is_number(ir.Tuple(expr.index)) else "items"
        name = fresh(f"{root(expr)}_{base}" if root(expr) else base, self.taken)
        self.before.append(ir.Assign(name, expr, expr.loc))
        return ir.Name(name, expr.loc)

    def is_view(self, expr) -> bool:
        """Whether the body cannot change which elements `expr` is a view of."""
        match expr:
            case ir.Name(name):
                return name not in self.rebound
            case ir.Index(base, index):
                parts = (p for i in index for p in (ir.children(i) if isinstance(i, ir.Slice) else (i,)))
                return self.is_view(base) and all(map(self.is_number, parts))
            case ir.Call("np.transpose", (base,)) | ir.Attr(base, "T"):
                return self.is_view(base)
        return False

    def is_number(self, expr) -> bool:
        """Whether `expr` is an expression of lengths and names that the body cannot change."""
        match expr:
            case ir.Const() | ir.NewAxis() | ir.Dots():
                return True
            case ir.Name(name) | ir.Attr(ir.Name(name)) | ir.Call("len", (ir.Name(name),)):
                return name not in self.rebound
            case ir.Index(ir.Attr() as shape, (ir.Const(),)):
                return self.is_number(shape)
            case ir.Op(_, args):
                return all(map(self.is_number, args))
        return False


def _may_write(stmt) -> bool:
    return any(map(effects, ir.expressions(stmt))) or bool(written(stmt))


def _items(expr) -> _Items:
    match expr:
        case ir.Tuple(items):
            return _Items(_ZERO, ir.Const(len(items)), _ONE, lambda k: items[k.value], len(items))
        case ir.Call("range", args):
            start, stop, step = bounds(args, expr.loc)
            return _Items(start, stop, step, lambda k: k)
        case ir.Call("enumerate", (inner,), (("start", start),)) | ir.Call("enumerate", (inner, start), ()):
            return _enumerated(expr, inner, start)
        case ir.Call("enumerate", (inner,), ()):
            return _enumerated(expr, inner, _ZERO)
        case ir.Call("zip", args, ()) if args:
            return _zipped(expr, args)
        case ir.Call("reversed", (inner,), ()):
            return _reversed(expr, inner)
        case ir.Call(func) if func in ITERABLES:
            raise UnsupportedError(f"{func} is not supported like this", expr.loc, "Loop over indices with range.")
    return _Items(_ZERO, _length(expr), _ONE, lambda k: ir.Index(expr, (k,), expr.loc))


def _length(expr):
    shape = ir.Attr(expr, "shape", expr.loc)
    return ir.Index(shape, (ir.Const(0, None, expr.loc),), expr.loc)


def _enumerated(expr: ir.Call, iterable, start) -> _Items:
    items = _counted(_items(iterable), expr)
    return replace(items, at=lambda k: ir.Tuple((_plus(k, start), items.at(k)), expr.loc))


def _zipped(expr: ir.Call, args: tuple) -> _Items:
    """The shortest one ends the loop."""
    parts = [_counted(_items(arg), expr) for arg in args]
    counts = [part.count for part in parts if part.count is not None]
    if counts and len(counts) < len(parts):
        raise UnsupportedError(
            "zip of a tuple and of something else is not supported", expr.loc, "Make the tuple an array."
        )
    stop = ir.Const(min(counts)) if counts else parts[0].stop
    for part in parts[1:] if not counts else ():
        if part.stop != stop:
            stop = ir.Call("min", (stop, part.stop), (), expr.loc)
    at = lambda k: ir.Tuple(tuple(part.at(k) for part in parts), expr.loc)  # noqa: E731
    return _Items(_ZERO, stop, _ONE, at, min(counts) if counts else None)


def _reversed(expr: ir.Call, inner) -> _Items:
    if isinstance(inner, ir.Call) and inner.func in ITERABLES and inner.func != "range":
        raise UnsupportedError(f"{inner.func}(...) cannot be reversed", expr.loc, "Loop over reversed indices.")
    items = _items(inner)
    if items.count is not None:
        last = items.count - 1
        return replace(items, at=lambda k: items.at(ir.Const(last - k.value)))
    if items.step == _ONE:
        below = _minus(items.start, _ONE)
        return replace(items, start=_minus(items.stop, _ONE), stop=below, step=ir.Const(-1))
    counted = _counted(items, expr)
    return replace(counted, start=_minus(counted.stop, _ONE), stop=ir.Const(-1), step=ir.Const(-1))


def _counted(items: _Items, expr) -> _Items:
    """`items` by a position from 0 on."""
    if items.plain:
        return items
    if not isinstance(items.step, ir.Const) or not items.step.value:
        raise UnsupportedError("the step of this range must be a constant", expr.loc, "Loop over indices with range.")
    step = items.step.value
    span = _minus(items.stop, items.start) if step > 0 else _minus(items.start, items.stop)
    size = ir.Const(abs(step))
    stop = span if abs(step) == 1 else folded(ir.Op("//", (_plus(span, ir.Const(abs(step) - 1)), size), expr.loc))
    at = lambda k: items.at(_plus(_times(k, items.step), items.start))  # noqa: E731
    return _Items(_ZERO, stop, _ONE, at, items.count)


def _plus(a, b):
    if isinstance(b, ir.Const) and type(b.value) is int and b.value < 0:
        return _minus(a, ir.Const(-b.value, None, b.loc))
    return a if b == _ZERO else folded(ir.Op("+", (a, b), a.loc))


def _minus(a, b):
    if isinstance(b, ir.Const) and type(b.value) is int and b.value < 0:
        return _plus(a, ir.Const(-b.value, None, b.loc))
    return a if b == _ZERO else folded(ir.Op("-", (a, b), a.loc))


def _times(a, b):
    if b == ir.Const(-1):
        return ir.Op("neg", (a,), a.loc)
    return a if b == _ONE else folded(ir.Op("*", (a, b), a.loc))


# -- the loop --------------------------------------------------------------------------------------------------


def _counter(target, items: _Items, taken: set[str]) -> tuple:
    """The loop's variable, and the target that is left to assign: a name that is to have the position is the
    variable itself."""
    var = ir.Name("<position>")
    value = items.at(var)
    match target, value:
        case ir.Name(name), _ if value == var:
            return name, None
        case ir.Tuple((ir.Name(name), *others)), ir.Tuple((first, *_)) if first == var:
            if name not in {t.id for other in others for t in ir.targets(other) if isinstance(t, ir.Name)}:
                return name, target
    return fresh("i", taken), target


def _assignments(target, value, loc) -> tuple:
    """`target = value`, a tuple that is written out item by item."""
    match target, value:
        case None, _:
            return ()
        case ir.Name(name), _:
            return () if value == target else (ir.Assign(name, value, loc),)
        case ir.Tuple(targets), ir.Tuple(values) if len(targets) == len(values):
            pairs = [(inner, item) for inner, item in zip(targets, values, strict=True) if inner != item]
            if any(isinstance(inner, ir.Index) for inner in ir.targets(target)):  # a store may change later items
                inner, items = zip(*pairs, strict=True)
                return (ir.Unpack(inner, ir.Tuple(items, loc), loc),)
            return tuple(stmt for inner, item in pairs for stmt in _assignments(inner, item, loc))
        case ir.Index(), _:
            return (ir.Store(target, value, loc),)
    return (ir.Unpack(target.items, value, loc),)


def _copies(stmt: ir.ForEach, items: _Items) -> tuple:
    """The body once for each item, unless the loop has been left."""
    if items.count > LONGEST:
        raise UnsupportedError(
            f"a loop over {items.count} items that are written out is not supported", stmt.loc, "Make them an array."
        )
    out: list = []
    for position in range(items.count):
        first = _assignments(stmt.target, items.at(ir.Const(position)), stmt.loc)
        copy = (*first, *_with_constants(stmt.body, first))
        if stmt.exit and position:
            copy = (ir.If(ir.Op("not", (ir.Name(stmt.exit, stmt.loc),), stmt.loc), copy, (), stmt.loc),)
        out += copy
    return (replace(out[0], comments=stmt.comments + out[0].comments), *out[1:]) if out else ()


def _with_constants(body: tuple, first: tuple) -> tuple:
    """`body` with the constants that the assignments `first` give names; not where a function that `body` defines may
    read them later."""
    values = (x for s in ir.statements(body) for x in ir.expressions(s))
    if any(isinstance(e, ir.FunctionValue) for x in values for e in ir.walk(x)):
        return body
    mapping = {s.target: s.value for s in first if isinstance(s, ir.Assign) and isinstance(s.value, ir.Const)}
    kept = mapping.keys() - assigned_in(body)
    return tuple(substituted(stmt, {name: mapping[name] for name in kept}) for stmt in body)


def _over_indices(stmt: ir.ForEach, iterable: ir.Call, taken: set[str], items_of: Callable) -> tuple:
    """A loop for each axis, the last one innermost."""
    index, item = _index_target(stmt.target, iterable)
    lengths = _lengths(iterable, index, stmt, items_of)
    if not lengths:
        raise UnsupportedError("a loop over no axes is not supported", stmt.loc, "Write its body once.")
    positions = tuple(ir.Name(fresh("i", taken), stmt.loc) for _ in lengths)
    if isinstance(index, ir.Name):
        stmt, first = _with_index(stmt, index, positions), ()
    else:
        first = _assignments(index, ir.Tuple(positions, stmt.loc), stmt.loc)
    if item is not None:
        named = isinstance(index, ir.Tuple) and len({t for t in index.items if isinstance(t, ir.Name)}) == len(
            positions
        )
        place = ir.Index(iterable.args[0], index.items if named else positions, stmt.loc)
        first += _assignments(item, place, stmt.loc)
    block = (*first, *stmt.body)
    for position, length in zip(reversed(positions), reversed(lengths), strict=True):
        block = (ir.For(position.id, _ZERO, length, _ONE, block, stmt.exit, stmt.loc),)
    return (replace(block[0], comments=stmt.comments),)


def _index_target(target, iterable: ir.Call) -> tuple:
    """The targets of the index, and of the element if there is one."""
    if iterable.func == "np.ndindex":
        return target, None
    if not isinstance(target, ir.Tuple) or len(target.items) != 2:
        raise UnsupportedError("np.ndenumerate gives an index and a value", target.loc, "Write for (i, j), v in ...")
    return target.items


def _with_index(stmt: ir.ForEach, index: ir.Name, positions: tuple) -> ir.ForEach:
    """`stmt` with the tuple of `positions` for the name `index`."""
    if index.id in assigned_in(stmt.body):
        raise UnsupportedError(f"{index.id} cannot be assigned in this loop", index.loc, "Use another name.")
    mapping = {index.id: ir.Tuple(positions, index.loc)}
    return replace(stmt, body=tuple(substituted(s, mapping) for s in stmt.body))


def _lengths(iterable: ir.Call, index, stmt: ir.ForEach, items_of: Callable) -> tuple:
    """The length of each axis; how many there are is seen from the arguments, or from the index's targets."""
    args = iterable.args
    if not args or iterable.keywords or (iterable.func == "np.ndenumerate" and len(args) > 1):
        raise UnsupportedError(f"{iterable.func} is not supported like this", stmt.loc, "Loop over indices with range.")
    if iterable.func == "np.ndindex":
        if len(args) > 1 or isinstance(args[0], ir.Tuple):
            return args if len(args) > 1 else args[0].items
        shape = args[0]
    else:
        shape = ir.Attr(args[0], "shape", iterable.loc)
    found = items_of(shape)
    if found is None and isinstance(index, ir.Tuple):
        found = tuple(ir.Index(shape, (ir.Const(k),), stmt.loc) for k in range(len(index.items)))
    if found is None:
        raise UnsupportedError(
            f"{iterable.func} needs a variable for each axis here", stmt.loc, "Write for i, j in np.ndindex(n, m)."
        )
    return found
