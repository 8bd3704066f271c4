"""One name for a list or an array that the text gives two, as the result of a helper has: `b = a` is gone then."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

from adtrans import ir
from adtrans.names import assigned, assigned_in, reads


def aliases(function: ir.Function, names: set[str]) -> ir.Function:
    """`function` without those assignments of one name to another, of `names`, that it can do without. Expects
    `webs`."""
    body = function.body
    while (merged := _step(body, _mentions(body), names)) is not None:
        body = merged
    return replace(function, body=body)


def _step(block: tuple, total: Counter, names: set[str]) -> tuple | None:
    """`block` without one such assignment, `total` being how often each name stands in the function; None where there
    is none."""
    for k, stmt in enumerate(block):
        match stmt:
            case ir.Assign(target, ir.Name(source)) if target in names:
                merged = _taken_over(block, k, source, total) or _substituted(block, k, source, total)
                if merged is not None:
                    return merged
        inner = ir.blocks(stmt)
        for number, nested in enumerate(inner):
            if (new := _step(nested, total, names)) is not None:
                stmt = ir.with_blocks(stmt, *inner[:number], new, *inner[number + 1 :])
                return (*block[:k], stmt, *block[k + 1 :])
    return None


def _taken_over(block: tuple, k: int, source: str, total: Counter) -> tuple | None:
    """The statements that make the list `source`, which is not used after this, make it under its new name."""
    target = block[k].target
    first = next((i for i, s in enumerate(block[:k]) if source in assigned(s)), None)
    if first is None or _mentions(block[first : k + 1])[source] < total[source]:
        return None
    if target in _mentions(block[first:k]):
        return None
    return (*block[:first], *_renamed(block[first:k], source, target), *block[k + 1 :])


def _substituted(block: tuple, k: int, source: str, total: Counter) -> tuple | None:
    """The new name is another word for `source` up to the end of the block, and is not used elsewhere."""
    target, rest = block[k].target, block[k + 1 :]
    if _mentions(block[k:])[target] < total[target] or assigned_in(rest) & {source, target}:
        return None
    return (*block[:k], *_renamed(rest, target, source))


def _mentions(block: tuple) -> Counter:
    """How many statements read or assign each name."""
    return Counter(name for stmt in ir.statements(block) for name in reads(stmt) | assigned(stmt))


def _renamed(block: tuple, old: str, new: str) -> tuple:
    return tuple(ir.rename_statement(stmt, {old: new}) for stmt in block)
