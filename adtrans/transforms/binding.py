"""Arguments bound to parameters, as Python does; a helper's body under names that are free in its caller."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from adtrans import ir
from adtrans.errors import ArgumentError
from adtrans.names import assigned_in, fresh, used


def bind(callee: ir.Function, call: ir.UserCall, args: tuple) -> dict:
    """Parameter to argument, in the order of the parameters; `args` are those of `call`, positional ones first.

    Raises: ArgumentError if they do not fit.
    """
    name, params, count = call.name, callee.params, len(call.args)
    if count > len(params):
        raise ArgumentError(f"{name} takes {len(params)} arguments, {count} are given", call.loc)
    bound = dict(zip(params, args[:count], strict=False))
    for (keyword, _), value in zip(call.keywords, args[count:], strict=True):
        if keyword not in params:
            raise ArgumentError(f"{name} has no parameter {keyword}", call.loc, f"It has {', '.join(params)}.")
        if keyword in bound:
            raise ArgumentError(f"{name} is given its parameter {keyword} twice", call.loc)
        bound[keyword] = value
    missing = [p for p in params if p not in bound and p not in callee.defaults]
    if missing:
        raise ArgumentError(f"the call of {name} has no argument for {', '.join(missing)}", call.loc)
    return {p: bound[p] if p in bound else callee.defaults[p] for p in params}


@dataclass(frozen=True)
class Pasted:
    """A helper's statements, and its result as an expression; None if it returns nothing."""

    body: tuple
    result: object


def paste(callee: ir.Function, bound: dict, taken: set[str], constants: dict, loc) -> Pasted:
    """`callee`'s body with `bound` arguments, its names added to `taken` and its arrays to `constants`.

    An argument that costs nothing to write again stands for a parameter that the helper never assigns; others
    are assigned to a local first, at `loc`, in order.
    """
    assigned = assigned_in(callee.body)
    before, mapping = [], {}
    for param, argument in bound.items():
        if param not in assigned and _is_atom(argument):
            mapping[param] = argument
        else:
            local = fresh(f"{callee.name}_{param}", taken)
            mapping[param] = ir.Name(local)
            before.append(ir.Assign(local, argument, loc))
    for name in sorted(used(callee) - mapping.keys()):
        if name in callee.constants:
            mapping[name] = ir.Name(_constant(name, callee, taken, constants))
        else:
            mapping[name] = ir.Name(fresh(f"{callee.name}_{name}", taken))
    body = tuple(_renamed(stmt, mapping) for stmt in callee.body)
    return Pasted((*before, *body[:-1]), body[-1].value)


def _is_atom(expr) -> bool:
    match expr:
        case ir.Name() | ir.Const() | ir.DType() | ir.Attr(ir.Name()):
            return True
        case ir.Tuple(items):
            return all(map(_is_atom, items))
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


def _renamed(stmt, mapping: dict):
    """`stmt` and the statements in it, with each name replaced by its expression in `mapping`."""
    nested = (tuple(_renamed(inner, mapping) for inner in block) for block in ir.blocks(stmt))
    new = ir.with_blocks(ir.map_expressions(lambda e: _substituted(e, mapping), stmt), *nested)
    match new:
        case ir.Assign(target):
            return replace(new, target=mapping[target].id)
        case ir.For(var, exit=flag):
            return replace(new, var=mapping[var].id, exit=flag and mapping[flag].id)
        case ir.While(exit=str(flag)):
            return replace(new, exit=mapping[flag].id)
    return new


def _substituted(expr, mapping: dict):
    return ir.rewrite(lambda e: fold(replace(mapping[e.id], loc=e.loc) if isinstance(e, ir.Name) else e), expr)


def fold(expr):
    """An item of a tuple that is written out, as the item itself."""
    match expr:
        case ir.Index(ir.Tuple(items), (ir.Const(int(position)),)) if -len(items) <= position < len(items):
            return items[position]
    return expr
