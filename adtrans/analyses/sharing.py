"""Which names may share memory, judged from the text alone: no types, no shapes."""

from __future__ import annotations

from adtrans import ir
from adtrans.callees import callee_of

# These may return a view of an argument, or the argument; any other library function returns new memory.
_VIEWS = frozenset(
    f"np.{name}"
    for name in (
        *("transpose", "reshape", "ravel", "asarray", "ascontiguousarray", "squeeze", "expand_dims", "swapaxes"),
        *("broadcast_to", "atleast_1d", "atleast_2d", "atleast_3d", "flip", "flipud", "fliplr", "rot90", "moveaxis"),
        *("diagonal", "diag", "real", "imag", "split", "array_split", "hsplit", "vsplit"),
    )
) | {"stop_gradient"}


def may_view(func: str) -> bool:
    """Whether a library function may return the memory of an argument."""
    return func in _VIEWS


def sharing(block: tuple) -> dict[str, str]:
    """Each name that `block` assigns to the representative of its group; names of one group may share memory.

    Two parameters are in different groups unless `block` brings them together.
    """
    groups: dict[str, str] = {}

    def find(name: str) -> str:
        while groups.setdefault(name, name) != name:
            name = groups[name]
        return name

    for stmt in ir.statements(block):
        match stmt:
            case ir.Assign(target, value):
                targets = {target}
            case ir.Unpack(targets, value):
                targets = set().union(*(ir.names(t) for t in targets))
            case _:
                continue
        first = find(min(targets))
        for name in targets | viewed(value):
            groups[find(name)] = first
    return {name: find(name) for name in groups}


def sources(block: tuple) -> dict[str, frozenset]:
    """For each name that `block` assigns the names whose memory it may stand for, its own among them."""
    found: dict[str, set[str]] = {}
    for stmt in ir.statements(block):
        match stmt:
            case ir.Assign(target, value):
                found.setdefault(target, {target}).update(viewed(value))
            case ir.Unpack(targets, value):
                for target in set().union(*(ir.names(t) for t in targets)):
                    found.setdefault(target, {target}).update(viewed(value))
    while True:
        grown = {name: there.union(*(found.get(n, ()) for n in there)) for name, there in found.items()}
        if grown == found:
            return {name: frozenset(there) for name, there in found.items()}
        found = grown


def viewed(value) -> set[str]:
    """The names whose memory the value of an expression may share."""
    match value:
        case ir.Name(name):
            return {name}
        case ir.Index(base):
            return viewed(base)
        case ir.Attr(base, name) if name not in ("shape", "size", "ndim", "dtype"):
            return viewed(base)
        case ir.IfExp(_, body, orelse):
            return viewed(body) | viewed(orelse)
        case ir.Op("and" | "or", args) | ir.Tuple(args) | ir.UserCall(args=args):
            return set().union(*map(viewed, args))
        case ir.Call(func, args) if may_view(func):
            return set().union(*map(viewed, args))
        case ir.Call(func, args) if callee := callee_of(func):
            return set().union(*(viewed(args[k]) for k in callee.shares))
    return set()


def written(stmt) -> set[str]:
    """The names of the arrays and lists that `stmt` may write to in place; `a += b` may, and a call that stays one."""
    calls = (e for x in ir.expressions(stmt) for e in ir.walk(x) if isinstance(e, ir.Call) and callee_of(e.func))
    found = set().union(*(viewed(arg) for call in calls for arg in call.args))
    match stmt:
        case ir.Effect(ir.Call(func, (target, *_))) | ir.Assign(value=ir.Call(func, (target, *_))) if func.startswith(
            "list."
        ):
            found |= {name} if (name := root(target)) else set()
        case ir.Store(target) | ir.AugAssign(target):
            found |= {name} if (name := root(target)) else set()
    return found


def root(target) -> str | None:
    """The name at the bottom of `a[i][j]` or `p.a[i]`, if it is one."""
    while isinstance(target, (ir.Index, ir.Attr)):
        target = target.base
    return target.id if isinstance(target, ir.Name) else None


def writes_outside(body: tuple, outside: set[str]) -> bool:
    """Whether `body` may write to an array of which a name `outside` of it may stand for the memory, or calls what has
    another effect, such as drawing random numbers."""
    if any(ir.has_effect(e) for stmt in ir.statements(body) for e in ir.expressions(stmt)):
        return True
    groups = sharing(body)
    there = {groups.get(name, name) for name in outside}
    return any(groups.get(name, name) in there for stmt in ir.statements(body) for name in written(stmt))
