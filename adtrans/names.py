"""Fresh names, and the names that generated source keeps for itself."""

from __future__ import annotations

from adtrans import helpers, ir

# Generated source says `np.exp`, `range(n)`, `abs(x)`: a local of the same name would hide them.
_LIBRARY = (
    *("np", "math", "numba", "cuda", "range", "len", "abs", "min", "max"),
    *("float", "int", "bool", "complex", "round", "pow", "sum", "njit", "prange", "namedtuple", "objmode", "os"),
)
RESERVED = frozenset((*_LIBRARY, *(f"_{name}" for name in helpers.SOURCE)))


def fresh(base: str, taken: set[str]) -> str:
    """`base`, or the first of `base_1`, `base_2`... that is not in `taken`; it is added to `taken`."""
    name, count = base, 0
    while name in taken or name in RESERVED:
        count += 1
        name = f"{base}_{count}"
    taken.add(name)
    return name


def used(function: ir.Function) -> set[str]:
    """Every name in `function`: parameters, constants, locals, flags."""
    found = set(function.params) | set(function.constants)
    for stmt in ir.statements(function.body):
        found |= assigned(stmt) | reads(stmt)
    return found


def assigned(stmt) -> set[str]:
    """The names that `stmt` itself assigns (a store to an element assigns none); not those of nested statements."""
    found = {e.target for x in ir.expressions(stmt) for e in ir.walk(x) if isinstance(e, ir.Walrus)}
    match stmt:
        case ir.Assign(target):
            found.add(target)
        case ir.For(var):
            found.add(var)
        case ir.AugAssign(ir.Name(target)):
            found.add(target)
        case ir.Unpack(targets):
            found |= _target_names(targets)
        case ir.ForEach(target):
            found |= _target_names((target,))
    return found


def _target_names(targets) -> set[str]:
    return {t.id for target in targets for t in ir.targets(target) if isinstance(t, ir.Name)}


@ir.memo
def reads(stmt) -> frozenset[str]:
    """The names that `stmt` itself reads: in its expressions, as the array of a store, as a loop's `exit`."""
    found = set().union(*(ir.names(e) for e in ir.expressions(stmt)))
    match stmt:
        case ir.Store(target):
            found |= ir.names(target)
        case ir.Unpack(targets):
            found |= set().union(*(ir.names(t) for t in targets if not isinstance(t, ir.Name)), set())
            found -= _target_names(targets) - ir.names(stmt.value)
        case ir.For(exit=str(flag)) | ir.ForEach(exit=str(flag)) | ir.While(exit=str(flag)):
            found.add(flag)
    return frozenset(found)


def assigned_in(block) -> set[str]:
    """The names that the statements of `block` assign, nested ones too."""
    return set().union(*(assigned(stmt) for stmt in ir.statements(block)))
