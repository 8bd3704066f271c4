"""Arguments bound to parameters, as Python does; a helper's body under names that are free in its caller."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from adtrans import ir
from adtrans.errors import ArgumentError
from adtrans.names import assigned_in, fresh, used
from adtrans.transforms.folding import folded


def bind(callee: ir.Function, name: str, positional: tuple, keywords: dict, loc, defaults: dict) -> dict:
    """Parameter to argument, in the order of the parameters, for the call of `name` at `loc`.

    Raises: ArgumentError if they do not fit.
    """
    params, count = callee.params, len(positional)
    every = (*params, *callee.keyword_only)
    if count > len(params) and callee.star is None:
        raise ArgumentError(f"{name} takes {len(params)} arguments, {count} are given", loc, "Give it as many.")
    bound = dict(zip(params, positional, strict=False))
    for keyword, value in keywords.items():
        param = callee.prefix + keyword
        if param not in every:
            known = ", ".join(p.removeprefix(callee.prefix) for p in every)
            raise ArgumentError(f"{name} has no parameter {keyword}", loc, f"It has {known}.")
        if param in bound:
            raise ArgumentError(f"{name} is given its parameter {keyword} twice", loc, "Give it once.")
        bound[param] = value
    missing = [p.removeprefix(callee.prefix) for p in every if p not in bound and p not in defaults]
    if missing:
        raise ArgumentError(f"the call of {name} has no argument for {', '.join(missing)}", loc, "Give it each.")
    rest = {callee.star: ir.Tuple(positional[len(params) :], loc)} if callee.star else {}
    return {p: bound[p] if p in bound else defaults[p] for p in every} | rest


@dataclass(frozen=True)
class Pasted:
    """A helper's statements, and its result as an expression; None if it returns nothing."""

    body: tuple
    result: object


def paste(callee: ir.Function, bound: dict, taken: set[str], constants: dict, loc) -> Pasted:
    """`callee`'s body with `bound` arguments, its names added to `taken` and its arrays to `constants`.

    An argument that costs nothing to write again stands for a parameter that the helper never assigns; others
    are assigned to a local first, at `loc`, in order. A function inside of another keeps the names that they share.
    """
    assigned = assigned_in(callee.body)
    before, mapping = [], {}
    for param, argument in bound.items():
        if param not in assigned and (is_atom(argument) or param == callee.star):
            mapping[param] = _named_items(argument, _local(callee, param), taken, before, loc)
        else:
            local = fresh(_local(callee, param), taken)
            mapping[param] = ir.Name(local)
            before.append(ir.Assign(local, argument, loc))
    for name in sorted(used(callee) - mapping.keys()):
        if name in callee.constants:
            mapping[name] = ir.Name(_constant(name, callee, taken, constants))
        elif name.startswith(callee.prefix):
            mapping[name] = ir.Name(fresh(_local(callee, name), taken))
    body = tuple(substituted(stmt, mapping) for stmt in callee.body)
    return Pasted((*before, *body[:-1]), body[-1].value)


def _local(callee: ir.Function, name: str) -> str:
    """The name of a local of a helper; those of a comprehension, which has no name, stay what they are."""
    local = name.removeprefix(callee.prefix)
    return f"{callee.name}_{local}" if callee.name else local


def _named_items(argument, base: str, taken: set[str], before: list, loc):
    """`argument`, the items of `*args` that cost something given names."""
    if is_atom(argument):
        return argument
    items = []
    for position, item in enumerate(argument.items):
        if not is_atom(item):
            name = fresh(f"{base}_{position}", taken)
            before.append(ir.Assign(name, item, loc))
            item = ir.Name(name, loc)
        items.append(item)
    return replace(argument, items=tuple(items))


def is_atom(expr) -> bool:
    """Whether `expr` costs nothing to write again."""
    match expr:
        case ir.Name() | ir.Const() | ir.DType() | ir.Attr(ir.Name()) | ir.FunctionValue():
            return True
        case ir.Tuple(items):
            return all(map(is_atom, items))
    return False


def _constant(name: str, callee: ir.Function, taken: set[str], constants: dict) -> str:
    """The caller's name for an outside array of the helper's; the same array keeps its name."""
    array = callee.constants[name]
    there = constants.get(name)
    same = there is not None and there.dtype == array.dtype and np.array_equal(there, array)
    if not same:
        name = fresh(f"{callee.name}_{name}" if name in taken else name, taken)
        constants[name] = array
    return name


def substituted(stmt, mapping: dict):
    """`stmt` and the statements in it, with each name that is in `mapping` replaced by its expression there."""
    nested = (tuple(substituted(inner, mapping) for inner in block) for block in ir.blocks(stmt))
    new = ir.with_blocks(ir.map_expressions(lambda e: _in_expression(e, mapping), stmt), *nested)
    changes = {}
    for key in ("target", "var", "exit"):
        name = getattr(new, key, None)
        if isinstance(name, str) and name in mapping:
            changes[key] = mapping[name].id
    return replace(new, **changes) if changes else new


def _in_expression(expr, mapping: dict):
    def new(e):
        match e:
            case ir.Name(name) if name in mapping:
                return replace(mapping[name], loc=e.loc)
            case ir.Walrus(target) if target in mapping:
                return replace(e, target=mapping[target].id)
            case ir.FunctionValue(ir.Function() as function):
                body = tuple(substituted(stmt, mapping) for stmt in function.body)
                return replace(e, target=replace(function, body=body))
        return folded(e)

    return ir.rewrite(new, expr)
