"""How long lists are: known before the program runs where each iteration of a loop appends as much as any other."""

from __future__ import annotations

from dataclasses import dataclass, field

from adtrans import ir, types
from adtrans.analyses.liveness import Liveness
from adtrans.analyses.signs import Signs
from adtrans.errors import UnsupportedError
from adtrans.names import assigned, assigned_in, reads
from adtrans.transforms.folding import folded
from adtrans.transforms.lazy import ONE, ZERO, add, multiply, subtract


@dataclass(frozen=True)
class Growing:
    """A list that changes its length. `room` is how many items it comes to have at most, where that is known at the
    statement `place` (an `id`), before which it is made; `lengths` are its lengths before statements (by `id`),
    where every one is known: it comes to have as many items as there is room for then."""

    place: int | None = None
    room: object = None
    lengths: dict = field(default_factory=dict)


class _Unknown(Exception):
    """How much a list grows is not known."""


def lengths(function: ir.Function, env: types.Env, live: Liveness, known: Signs) -> dict[str, Growing]:
    """The lists of `function` that change their lengths.

    Raises: UnsupportedError where such a list has two names at a time.
    """
    body = function.body
    changed = {name for stmt in ir.statements(body) if (name := resized(stmt, env))}
    _check_names(body, env, live, _together(changed, _classes(ir.statements(body), env)))
    swapped = _classes([stmt for stmt in ir.statements(body) if isinstance(stmt, ir.Unpack)], env)
    growing = _together(changed, swapped)
    return {name: _Growth(name, known, env).of(body) or Growing() for name in sorted(growing)}


def _together(names: set[str], classes: dict[str, set]) -> set[str]:
    """`names`, and those that are in a class with one of them."""
    return set().union(names, *(classes.get(name, ()) for name in names))


def resized(stmt, env: types.Env) -> str | None:
    """The list of which `stmt` itself may change the length."""
    match stmt:
        case ir.Effect(ir.Call(func, (ir.Name(name), *_))) | ir.Assign(_, ir.Call(func, (ir.Name(name), *_))):
            return name if func.startswith("list.") and func != "list.reverse" else None
        case ir.AugAssign(ir.Name(name)) if isinstance(env.get(name), types.List):
            return name
    return None


# -- names -----------------------------------------------------------------------------------------------------


def _classes(statements, env: types.Env) -> dict[str, set]:
    """For each list with another name: the names that `statements` may give it."""
    found: dict[str, set] = {}
    for stmt in statements:
        for a, b in _pairs(stmt, env):
            both = found.get(a, {a}) | found.get(b, {b})
            found |= dict.fromkeys(both, both)
    return found


def with_other_names(function: ir.Function, env: types.Env) -> set[str]:
    """The lists that an assignment gives another name, or that have one from it."""
    return set(_classes(ir.statements(function.body), env))


def _pairs(stmt, env: types.Env) -> list:
    """The lists that `stmt` gives another name, each after that."""
    match stmt:
        case ir.Assign(target, value) if isinstance(env.get(target), types.List):
            return [(target, name) for name in types.passed_on(value)]
        case ir.Unpack(targets, ir.Tuple(items)):
            pairs = zip(targets, items, strict=True)
            return [(t.id, v.id) for t, v in pairs if isinstance(env.get(t.id), types.List)]
    return []


def _check_names(block: tuple, env: types.Env, live: Liveness, growing: set[str]) -> None:
    """A list that grows, which may be one of `growing`, has one name at a time."""
    for stmt in ir.statements(block):
        for target, source in _pairs(stmt, env):
            moves = isinstance(stmt, ir.Unpack) or source not in live.after[id(stmt)]
            if source in growing and not moves:
                raise UnsupportedError(
                    f"{target} would be a second name for the list {source}, of which the length changes",
                    stmt.loc,
                    "Write .copy() for a list of its own.",
                )


# -- growth ----------------------------------------------------------------------------------------------------


@dataclass
class _Growth:
    """What is found out about a list that grows."""

    name: str
    known: Signs
    env: types.Env
    lengths: dict = field(default_factory=dict)

    def of(self, body: tuple) -> Growing | None:
        """The growth of a list that is made in one place and used in the block after that; else None."""
        definitions = [s for s in ir.statements(body) if self.name in assigned(s) and not isinstance(s, ir.AugAssign)]
        if len(definitions) != 1 or not isinstance(definitions[0], ir.Assign):
            return None
        block = _block_of(body, definitions[0])
        made = next(k for k, s in enumerate(block) if s is definitions[0])
        if _uses((block[made:],), self.name) < _uses((body,), self.name):
            return None
        first = initial_length(definitions[0].value)
        if first is None:
            return None
        place = self._place(block, made)
        rest = block[made + 1 :] if place == made else block[place:]
        return self._counted(first, rest, block[place]) or self._bounded(first, rest, block[place])

    def _place(self, block: tuple, made: int) -> int:
        """The last statement before which the list can be made: its first use, where that changes nothing."""
        first = next((k for k in range(made + 1, len(block)) if _uses((block[k : k + 1],), self.name)), made)
        items = block[made].value.args
        constant = all(isinstance(e, (ir.Const, ir.Tuple)) for item in items for e in ir.walk(item))
        return first if constant else made

    def _counted(self, first, rest: tuple, place) -> Growing | None:
        try:
            room = self._walk(rest, first)
        except _Unknown:
            return None
        return Growing(id(place), room, self.lengths) if self._is_fixed(room, rest) else None

    def _bounded(self, first, rest: tuple, place) -> Growing | None:
        try:
            room = _total(first, self._most(rest))
        except _Unknown:
            return None
        return Growing(id(place), room) if self._is_fixed(room, rest) else None

    def _is_fixed(self, room, rest: tuple) -> bool:
        """Whether nothing in `rest` changes the value of the expression `room`."""
        changed = assigned_in(rest) | {n for s in ir.statements(rest) if (n := resized(s, self.env))}
        return not ir.names(room) & changed and all(map(_is_plain, ir.walk(room)))

    def _walk(self, block: tuple, length):
        """The length after `block`, with those before its statements noted; `length` is the one before it."""
        for stmt in block:
            self.lengths[id(stmt)] = length
            length = self._after(stmt, length)
        return length

    def _after(self, stmt, length):
        match stmt:
            case ir.For() if stmt.exit is None and isinstance(stmt.step, ir.Const) and stmt.step.value:
                step = self._walk(stmt.body, ZERO)
                if stmt.var in ir.names(step) or not self._is_fixed(step, stmt.body):
                    raise _Unknown
                if step == ZERO:
                    return self._walk(stmt.body, length)
                self._walk(stmt.body, _total(length, multiply(step, _iteration(stmt))))
                return _total(length, multiply(step, trips(stmt, self.known)))
            case ir.If(_, body, orelse):
                one, other = self._walk(body, length), self._walk(orelse, length)
                if one != other:
                    raise _Unknown
                return one
            case ir.For() | ir.While():
                if self._walk(stmt.body, length) != length:
                    raise _Unknown
                return length
        return _total(length, self._added(stmt))

    def _added(self, stmt):
        """How many items a simple statement adds."""
        if resized(stmt, self.env) != self.name:
            return ZERO
        match stmt:
            case ir.Effect(ir.Call("list.append" | "list.insert")):
                return ONE
            case ir.Effect(ir.Call("list.extend", (_, items))) | ir.AugAssign(_, "+", items):
                count = initial_length(items)
                if count is not None:
                    return count
        raise _Unknown

    def _most(self, block: tuple, inside: bool = False):
        """How many items `block` adds at most; a number where it is `inside` of a loop, as room for every pair of two
        loops' iterations may be far too much."""
        most = ZERO
        for stmt in block:
            match stmt:
                case ir.If(_, body, orelse):
                    added = _greater(self._most(body, inside), self._most(orelse, inside))
                case ir.For():
                    each = self._most(stmt.body, True)
                    added = ZERO if each == ZERO else multiply(each, trips(stmt, self.known))
                case ir.While():
                    added = self._most(stmt.body, True)
                case _ if _shrinks(stmt):
                    added = ZERO
                case _:
                    added = self._added(stmt)
            if added != ZERO and (isinstance(stmt, ir.While) or (inside and not isinstance(added, ir.Const))):
                raise _Unknown
            most = _total(most, added)
        return most


def _shrinks(stmt) -> bool:
    match stmt:
        case ir.Effect(ir.Call("list.pop" | "list.clear")) | ir.Assign(_, ir.Call("list.pop")):
            return True
    return False


def initial_length(value):
    """The length of a list that is written out, also as `[a] * n`; None for any other."""
    match value:
        case ir.Call("list", ()):
            return ZERO
        case ir.Call("list", (ir.Tuple(items),)):
            return ir.Const(len(items))
    return None


def trips(loop: ir.For, known: Signs):
    """How often the body of `loop` runs, which is not left early."""
    step = loop.step.value if isinstance(loop.step, ir.Const) else 0
    if not step:
        raise _Unknown
    span = subtract(loop.stop, loop.start) if step > 0 else subtract(loop.start, loop.stop)
    if abs(step) > 1:
        span = folded(ir.Op("//", (add(span, ir.Const(abs(step) - 1)), ir.Const(abs(step)))))
    if isinstance(span, ir.Const):
        return ir.Const(max(span.value, 0))
    return span if known.is_nonnegative(span) else ir.Call("max", (span, ZERO))


def _iteration(loop: ir.For):
    """The number of an iteration, from 0 on."""
    step = loop.step.value
    var = ir.Name(loop.var)
    done = subtract(var, loop.start) if step > 0 else subtract(loop.start, var)
    return done if abs(step) == 1 else ir.Op("//", (done, ir.Const(abs(step))))


def _total(a, b):
    return add(b, a) if isinstance(a, ir.Const) else add(a, b)


def _greater(a, b):
    if isinstance(a, ir.Const) and isinstance(b, ir.Const):
        return max(a, b, key=lambda c: c.value)
    return a if a == b else add(a, b)


def _is_plain(expr) -> bool:
    """Whether `expr` is a part of an expression of numbers and lengths."""
    match expr:
        case ir.Index(base):
            return isinstance(base, ir.Attr)
        case ir.Call(func):
            return func in ("len", "min", "max", "abs")
    return isinstance(expr, (ir.Const, ir.Name, ir.Op, ir.Attr))


def _block_of(block: tuple, stmt) -> tuple:
    """The block in `block` of which `stmt` is a statement."""
    if any(s is stmt for s in block):
        return block
    inner = (found for s in block for b in ir.blocks(s) if (found := _block_of(b, stmt)))
    return next(inner, ())


def _uses(blocks: tuple, name: str) -> int:
    return sum(name in reads(s) | assigned(s) for block in blocks for s in ir.statements(block))
