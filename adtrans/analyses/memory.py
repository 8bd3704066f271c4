"""Which statements read, store and add to the elements of which arrays, and which arrays may share memory."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from adtrans import helpers, ir, types
from adtrans.analyses.liveness import definitions, live_in

OUTSIDE = ""  # the memory of the arguments and of constant arrays: any two of them may be one
NEW = frozenset(("np.copy", "np.dot", "helper.positions"))  # functions that return memory of their own
READERS = frozenset(
    f"helper.{name}" for name in (*helpers.ELEMENTWISE, "within", "positions", "returned", "apart", "whole")
)  # helpers that write to no array
READ, STORE, ADD = "read", "store", "add"


@dataclass(frozen=True)
class Access:
    """An access to the element at `index` of the array `name`; `index` is None for (what may be) all of it."""

    name: str
    kind: str
    index: tuple | None


@dataclass(frozen=True)
class Memory:
    """`arrays`: the names of arrays; `owner`: for each of them a name that is the same for two that may overlap."""

    arrays: frozenset
    owner: dict[str, str]

    def accesses(self, block: tuple) -> list[Access]:
        """The accesses of `block`, in no particular order."""
        return [a for s in block for found in _accesses(s).values() for a in found if self._is_array(a)]

    def uses(self, block: tuple, name: str) -> list[Access]:
        """The accesses of `block` to the array `name`."""
        return [a for s in block for a in _accesses(s).get(name, ()) if self._is_array(a)]

    def _is_array(self, access: Access) -> bool:
        return access.name in self.arrays or (access.kind != READ and access.index is not None)

    def by_owner(self, block: tuple) -> dict[str, list[Access]]:
        """The accesses of `block` to each piece of memory."""
        found: dict[str, list[Access]] = {}
        for access in self.accesses(block):
            found.setdefault(self.owner[access.name], []).append(access)
        return found

    def members(self, owner: str) -> frozenset:
        return frozenset(name for name, other in self.owner.items() if other == owner)


@ir.memo
def _accesses(stmt) -> dict[str, tuple]:
    """By name the accesses of `stmt` and the statements in it, of names that are arrays and of others."""
    found: dict[str, tuple] = {}
    for access in _of_statement(stmt):
        found[access.name] = (*found.get(access.name, ()), access)
    for inner in (s for block in ir.blocks(stmt) for s in block):
        for name, accesses in _accesses(inner).items():
            found[name] = found.get(name, ()) + accesses
    return found


def _of_statement(stmt) -> Iterator[Access]:
    match stmt:
        case ir.View() | ir.Rebind() | ir.Unpack():
            return
        case ir.Alloc() | ir.Opaque():
            changed = (*definitions(stmt), *getattr(stmt, "changes", ()))
            yield from (Access(name, STORE, None) for name in changed)
        case ir.Store(ir.Index(ir.Name(name), index)):
            yield Access(name, STORE, index)
        case ir.AugAssign(ir.Index(ir.Name(name), index), op):
            yield Access(name, ADD if op in "+-" else STORE, index)
        case ir.AugAssign(ir.Name(name), op):
            yield Access(name, ADD if op in "+-" else STORE, None)
        case ir.Assign(target):
            yield Access(target, STORE, None)
    for expr in _values(stmt):
        yield from _reads(expr)


def _reads(expr) -> Iterator[Access]:
    match expr:
        case ir.Attr(ir.Name()):
            return
        case ir.Index(ir.Name(name), index):
            yield Access(name, READ, index)
            for item in index:
                yield from _reads(item)
            return
        case ir.Name(name):
            yield Access(name, READ, None)
        case ir.Call(func, args) if func.startswith("helper.") and func not in READERS:
            yield from (Access(a.id, STORE, None) for a in args if isinstance(a, ir.Name))
    for child in ir.children(expr):
        yield from _reads(child)


def _values(stmt) -> tuple:
    """What `stmt` evaluates, without the element that it writes."""
    if isinstance(stmt, ir.AugAssign):
        index = stmt.target.index if isinstance(stmt.target, ir.Index) else ()
        return (*index, stmt.value)
    return ir.expressions(stmt)


def memory(block: tuple, env: types.Env) -> Memory:
    """The arrays of a function whose body is `block`."""
    arrays = _arrays(block, env)
    copied = copied_first(block)
    groups = {name: name for name in arrays}

    def find(name: str) -> str:
        while groups.get(name, name) != name:
            name = groups[name]
        return name

    for name in live_in(block) & arrays - copied:
        groups[find(name)] = OUTSIDE
    for stmt in ir.statements(block):
        for a, b in _shared(stmt, arrays):
            groups[find(a)] = find(b)
    return Memory(arrays, {name: find(name) for name in arrays})


def _arrays(block: tuple, env: types.Env) -> frozenset:
    found = {name for name, t in env.items() if types.is_array(t)}
    for stmt in ir.statements(block):
        match stmt:
            case ir.Alloc(target) | ir.View(target):
                found.add(target)
            case ir.Assign(target, ir.Call(func)) if func in NEW or func in ("helper.grow", "helper.reserve"):
                found.add(target)
            case ir.Rebind(target, source):
                found |= {target, source}
        places = [stmt.target] if isinstance(stmt, ir.Store) else []
        for expr in (e for x in (*ir.expressions(stmt), *places) for e in ir.walk(x)):
            if isinstance(expr, (ir.Index, ir.Attr)) and isinstance(expr.base, ir.Name):
                found.add(expr.base.id)
    while True:
        more = {s.target for s in ir.statements(block)
                if isinstance(s, ir.Assign) and isinstance(s.value, ir.Name) and s.value.id in found}  # fmt: skip
        if more <= found:
            return frozenset(found)
        found |= more


def copied_first(block: tuple) -> frozenset:
    """The parameters that the function replaces by copies before it does anything else."""
    found = set()
    for stmt in block:
        match stmt:
            case ir.Assign(target, ir.Call("np.copy", (ir.Name(source),))) if target == source:
                found.add(target)
            case ir.Effect():
                pass
            case _:
                break
    return frozenset(found)


def _shared(stmt, arrays: frozenset) -> Iterator[tuple[str, str]]:
    """Pairs of names that `stmt` may make share memory."""
    match stmt:
        case ir.View(target, value) | ir.Assign(target, value) if target in arrays:
            if not isinstance(value, ir.Call) or value.func not in NEW:
                yield from ((target, name) for name in ir.names(value) & arrays)
        case ir.Rebind(target, source):
            yield target, source
        case ir.Unpack(targets, value):
            named = [t.id for t in targets] + sorted(ir.names(value))
            yield from ((named[0], n) for n in named if n in arrays and named[0] in arrays)
