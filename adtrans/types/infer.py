"""The type of every name in a function."""

from __future__ import annotations

from numba.core import types

from adtrans import ir
from adtrans.errors import UnsupportedError, located
from adtrans.types.expressions import type_of
from adtrans.types.kinds import Env, List, array_type, describe, ndim_of, require_truth_value, scalar_type, unify
from adtrans.types.lists import changed_type, passed_on


def infer(function: ir.Function, argtypes: tuple) -> Env:
    """The type of every name in `function`.

    Raises:
        UnsupportedError: at the user's expression, where an operation has no type or a name has two.
    """
    _require_no_device(function.body)
    env = _known_types(function, argtypes)
    _infer_block(function.body, env, final=True)
    return env


def _require_no_device(block: tuple) -> None:
    """Raises: UnsupportedError where the GPU is asked something, which only kernels can."""
    for expr in (e for s in ir.statements(block) for x in ir.expressions(s) for e in ir.walk(x)):
        if isinstance(expr, ir.Call) and expr.func.startswith("cuda."):
            hint = "It is for kernels: adtrans.vjp(kernel) of a @cuda.jit function."
            raise UnsupportedError(f"{expr.func} is not supported here", expr.loc, hint)


def _known_types(function: ir.Function, argtypes: tuple) -> Env:
    """The types of the names, as far as they are known."""
    env: Env = dict(zip(function.params, argtypes, strict=True))
    for name, value in function.constants.items():
        env[name] = array_type(scalar_type(str(value.dtype)), value.ndim)
    while True:
        before = dict(env)
        _infer_block(function.body, env, final=False)
        if env == before:
            return env


def returned_type(function: ir.Function, argtypes: tuple) -> types.Type | None:
    """The type of what `function` returns; None where it hangs on a call whose type is not known yet."""
    value = function.body[-1].value
    if value is None:
        return types.none
    t = type_of(value, _known_types(function, argtypes), final=False)
    return None if t is None else types.unliteral(t)


def _infer_block(block: tuple, env: Env, final: bool) -> None:
    for stmt in block:
        with located(getattr(stmt, "loc", None)):
            _infer_statement(stmt, env, final)
        for inner in ir.blocks(stmt):
            _infer_block(inner, env, final)


def _infer_statement(stmt, env: Env, final: bool) -> None:
    match stmt:
        case ir.Assign(target, value):
            _define(target, type_of(value, env, final), env, stmt)
            if isinstance(env.get(target), List):
                for name in passed_on(value):  # two names of one list
                    _define(name, env[target], env, stmt)
        case ir.Unpack(targets, ir.Tuple(items)):
            for target, item in zip(targets, items, strict=True):
                _define(target.id, type_of(item, env, final), env, stmt)
        case ir.AugAssign(ir.Name(id=target), op, value):
            old, new = type_of(stmt.target, env, final), type_of(value, env, final)
            if isinstance(old, List) and op == "+":
                call = ir.Call("list.extend", (stmt.target, value), (), stmt.loc)
                _define(target, changed_type(call, lambda e: type_of(e, env, final)), env, stmt)
            elif not isinstance(old, types.Array):
                _define(target, type_of(ir.Op(op, (stmt.target, value), stmt.loc), env, final), env, stmt)
            elif final and ndim_of(new) > old.ndim:
                raise UnsupportedError(
                    f"a {new.ndim}-d array does not fit into a {old.ndim}-d one", stmt.loc, "Assign it instead."
                )
        case ir.Effect(ir.Call("helper.items", (value, count))):
            t = type_of(value, env, final)
            if isinstance(t, types.BaseTuple) and len(t) != count.value:
                raise UnsupportedError(
                    f"{len(t)} values cannot be unpacked into {count.value} targets",
                    stmt.loc,
                    "Write as many targets as there are values.",
                )
        case ir.For():
            _define(stmt.var, types.int64, env, stmt)
            for bound in ir.expressions(stmt):
                if final and not isinstance(type_of(bound, env, final), types.Integer):
                    raise UnsupportedError("a range's bounds must be integers", bound.loc, "Use int(...).")
        case ir.If(test) | ir.While(test):
            require_truth_value(test, type_of(test, env, final) or types.boolean)
        case ir.Effect(ir.Call(func, (ir.Name(name), *_)) as call) if func.startswith("list."):
            _define(name, changed_type(call, lambda e: type_of(e, env, final)), env, stmt)
        case _ if final and not isinstance(stmt, ir.Effect):
            read = (stmt.target, stmt.value) if isinstance(stmt, ir.Store) else ir.expressions(stmt)
            for expr in read:
                type_of(expr, env, final)


def _define(name: str, t: types.Type | None, env: Env, stmt) -> None:
    if t is None:
        return
    t = types.unliteral(t)
    if name in env:
        both = unify(env[name], t)
        if both is None and isinstance(env[name], types.BaseTuple) and isinstance(t, types.BaseTuple):
            raise UnsupportedError(
                f"{name!r} is a tuple of one structure on one path and of another on another",
                stmt.loc,
                "Use two names, or tuples with the same items.",
            )
        if both is None:
            raise UnsupportedError(
                f"{name!r} is {describe(env[name])} on one path and {describe(t)} on another",
                stmt.loc,
                "Use two names.",
            )
        t = both
    env[name] = t
