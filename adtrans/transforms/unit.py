"""The program of a function that stays a call."""

from __future__ import annotations

from dataclasses import replace

from adtrans import ir, types
from adtrans.names import assigned_in, fresh, used
from adtrans.transforms.context import length_of
from adtrans.transforms.scalarise import Scalarised


def with_own_parameters(function: ir.Function) -> ir.Function:
    """`function` with other names for the parameters that it assigns: the arguments are there until its end."""
    changed, taken = sorted(assigned_in(function.body) & set(function.params)), used(function)
    new = {name: fresh(name, taken) for name in changed}
    body = tuple(ir.rename_statement(stmt, new) for stmt in function.body)
    loc = function.body[0].loc
    return replace(function, body=(*(ir.Assign(new[p], ir.Name(p, loc), loc) for p in changed), *body))


def with_own_results(program: Scalarised) -> Scalarised:
    """`program`, which returns no memory of an argument, of a constant, or of another result: these are copied."""
    function, env, roots = program.function, program.env, program.roots
    *body, end = function.body
    if end.value is None:
        return program
    taken, seen, out = set(env) | used(function), {*function.params, *function.constants}, []

    def own(expr):
        if not isinstance(expr, ir.Name) or not types.is_array(env[expr.id]):
            return expr
        root = roots.get(expr.id, expr.id)
        if root not in seen and (root == expr.id or env[expr.id].layout == "C"):
            seen.add(root)
            return expr
        name = fresh(f"{expr.id}_copy", taken)
        out.extend(_copy(name, expr.id, program, taken, end.loc))
        return ir.Name(name, expr.loc)

    value = ir.rewrite(own, end.value)
    return replace(program, function=replace(function, body=(*body, *out, replace(end, value=value))))


def _copy(target: str, source: str, program: Scalarised, taken: set, loc) -> tuple:
    t = program.env[source]
    program.env[target], program.roots[target] = types.array_type(t.dtype, t.ndim), target
    dims = tuple(program.values.get(length_of(source, k), length_of(source, k)) for k in range(t.ndim))
    program.values.update({length_of(target, k): dim for k, dim in enumerate(dims)})
    index = tuple(ir.Name(fresh("i", taken)) for _ in dims)
    stmt = ir.Store(ir.Index(ir.Name(target), index), ir.Index(ir.Name(source), index), loc)
    for var, length in reversed(list(zip(index, dims, strict=True))):
        program.env[var.id] = types.types.int64
        stmt = ir.For(var.id, ir.Const(0), length, ir.Const(1), (stmt,), loc=loc)
    return ir.Alloc(target, dims, types.dtype_name(t), loc=loc), stmt
