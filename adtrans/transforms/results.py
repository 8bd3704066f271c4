"""Names for the several results of a call."""

from __future__ import annotations

from adtrans import ir
from adtrans.analyses.liveness import definitions
from adtrans.errors import UnsupportedError
from adtrans.transforms.context import Context, memory_of, require_unwritten
from adtrans.transforms.expressions import items_of
from adtrans.transforms.operations import is_operation


def name_items(ctx: Context, target: str, value) -> None:
    """`target = value`, the several results of a call."""
    known = set(ctx.env)
    items = items_of(ctx, value)
    if items is None or ctx.definitions[target] > 1:
        raise UnsupportedError("a tuple cannot be given a name here", ctx.loc, "Unpack it: a, b = ...")
    sources = memory_of(value, ctx.env)
    if sources and any(ctx.root(item.id) not in known for item in items):
        require_unwritten(ctx, target, sources)
    ctx.tuples[target] = items
    if is_operation(value):
        ctx.unnamed.update(item.id for item in items)


def gives_name(ctx: Context, target: str, value) -> bool:
    """Whether `target` becomes the name of a result that had none of the user's."""
    match value:
        case ir.Index(ir.Name(items), (ir.Const(value=int(k)),)) if items in ctx.tuples:
            item, here = ctx.tuples[items][k], [definitions(stmt) for stmt in ctx.out]
            name = item.id if isinstance(item, ir.Name) and item.id in ctx.unnamed else None
            first = next((n for n, made in enumerate(here) if name in made), None)
            if first is not None and ctx.definitions[target] == 1:
                ctx.out[first:] = [ir.rename_statement(stmt, {name: target}) for stmt in ctx.out[first:]]
                ctx.rename(name, target)
                return True
    return False
