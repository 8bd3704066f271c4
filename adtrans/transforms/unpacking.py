"""`a, b = value` as assignments, with temporaries only where an assignment would change what a later one reads."""

from __future__ import annotations

from dataclasses import replace

from adtrans import ir
from adtrans.errors import UnsupportedError
from adtrans.names import fresh, used


def unpacking(function: ir.Function) -> ir.Function:
    """`function` without `Unpack`, but for permutations of names (`u, v = v, u`): these move references, so that
    arrays can be swapped without a copy.

    Raises: UnsupportedError if a tuple does not have as many items as there are targets.
    """
    taken = used(function)
    return replace(function, body=_block(function.body, taken))


def _block(block: tuple, taken: set[str]) -> tuple:
    out = []
    for stmt in block:
        stmt = ir.with_blocks(stmt, *(_block(inner, taken) for inner in ir.blocks(stmt)))
        out += _commented(_split(stmt, taken), stmt) if isinstance(stmt, ir.Unpack) else [stmt]
    return tuple(out)


def _commented(new: list, stmt: ir.Unpack) -> list:
    return [replace(new[0], comments=stmt.comments), *new[1:]] if new else []


def _split(stmt: ir.Unpack, taken: set[str]) -> list:
    """The statements that `stmt` stands for."""
    if is_permutation(stmt):
        return [stmt]
    match stmt.value:
        case ir.Tuple(items):
            _check_length(stmt, len(items))
            return _pairs(stmt.targets, items, stmt.loc, taken)
        case ir.IfExp(test, body, orelse):
            branches = ((*_split(replace(stmt, value=v, comments=()), taken),) for v in (body, orelse))
            return [ir.If(test, *branches, stmt.loc)]
    value, before = stmt.value, []
    if not _is_shape(value) and not isinstance(value, ir.Name):
        name = fresh("items", taken)
        value, before = ir.Name(name, value.loc), [ir.Assign(name, value, stmt.loc)]
    items = [ir.Index(value, (ir.Const(k, None, stmt.loc),), stmt.loc) for k in range(len(stmt.targets))]
    if not _is_shape(value):
        check = ir.Call("helper.items", (value, ir.Const(len(items))), loc=stmt.loc)
        before.append(ir.Effect(check, stmt.loc))
    return before + _pairs(stmt.targets, items, stmt.loc, taken)


def is_permutation(stmt: ir.Unpack) -> bool:
    """Whether `stmt` gives names each other's values, as `u, v = v, u` does."""
    items = stmt.value.items if isinstance(stmt.value, ir.Tuple) else ()
    if not all(isinstance(e, ir.Name) for e in (*stmt.targets, *items)):
        return False
    targets = [t.id for t in stmt.targets]
    return len(set(targets)) == len(targets) and sorted(targets) == sorted(e.id for e in items)


def _check_length(stmt: ir.Unpack, length: int):
    if length != len(stmt.targets):
        raise UnsupportedError(
            f"{length} values cannot be unpacked into {len(stmt.targets)} targets",
            stmt.loc,
            "Write as many targets as there are values.",
        )


def _is_shape(value) -> bool:
    return isinstance(value, ir.Attr) and isinstance(value.base, ir.Name)


def _pairs(targets, values, loc, taken: set[str]) -> list:
    """The assignments in order; a value that an earlier one would change is evaluated before all of them."""
    before, after = [], []
    changed = [any(_changes(t, value) for t in targets[:k]) for k, value in enumerate(values)]
    in_order = any(changed) and any(map(ir.has_effect, values))  # as random numbers, drawn from left to right
    for target, value, is_changed in zip(targets, values, changed, strict=True):
        if is_changed or in_order:
            name = fresh(f"next_{_root(target)}", taken)
            before.append(ir.Assign(name, value, loc))
            value = ir.Name(name, value.loc)
        after += _assign(target, value, loc, taken)
    return before + after


def _root(target) -> str:
    while isinstance(target, ir.Index):
        target = target.base
    return target.id if isinstance(target, ir.Name) else "items"


def _changes(target, value) -> bool:
    """Whether an assignment to `target` may change `value`; a store may reach any array that it reads."""
    match target:
        case ir.Name(name):
            return name in ir.names(value)
        case ir.Tuple(items):
            return any(_changes(item, value) for item in items)
    return not isinstance(value, (ir.Name, ir.Const))


def _assign(target, value, loc, taken: set[str]) -> list:
    match target:
        case ir.Name(name):
            return [] if value == target else [ir.Assign(name, value, loc)]
        case ir.Index():
            return [ir.Store(target, value, loc)]
    return _split(ir.Unpack(target.items, value, loc), taken)
