"""Which numbers of an array function the host computes, and which lie in the memory of the GPU.

The host computes lengths, and floating-point numbers by arithmetic; what depends on elements of arrays stays where
these are, so that nothing waits for a copy.
"""

from __future__ import annotations

from collections.abc import Iterable

from adtrans import ir, types
from adtrans.targets.upfront import OF_LENGTHS

CALLS = frozenset(
    ("min", "max", "len", "range", "abs", "int", "float", "bool", "np.bool_", "np.int32", "np.int64", "np.uint64",
     "np.float32", "np.float64", "helper.parts")
)  # fmt: skip


def on_host(expr, cells: frozenset) -> bool:
    """Whether the host can compute `expr`, where the numbers `cells` lie in the memory of the GPU."""
    for e in ir.walk(expr):
        match e:
            case ir.Index(ir.Attr(), _):
                continue
            case ir.Index():
                return False
            case ir.Call(func) if func not in CALLS and func not in OF_LENGTHS:
                return False
            case ir.Name(name) if name in cells:
                return False
    return True


def numbers_of_gpu(block: tuple, is_kernel, env: types.Env) -> frozenset:
    """The numbers that lie in the memory of the GPU; `is_kernel` gives the sums of a loop that threads run, and None
    for any other statement."""
    cells: frozenset = frozenset()
    while True:
        more = cells.union(*(_defined(s, cells, is_kernel, env, False) for s in block))
        if more == cells:
            return cells
        cells = more


def _defined(stmt, cells: frozenset, is_kernel, env: types.Env, in_kernel: bool) -> frozenset:
    """The numbers that `stmt` gives a value that only the GPU has."""
    sums = is_kernel(stmt)
    if sums is not None:
        return frozenset(sums)
    match stmt:
        case ir.Assign(name, value) if not types.is_array(env.get(name)):
            return frozenset({name}) if in_kernel or not on_host(value, cells) else frozenset()
        case ir.AugAssign(ir.Name(name), _, value) if not types.is_array(env.get(name)):
            return frozenset({name}) if in_kernel or not on_host(value, cells) else frozenset()
        case ir.Unpack(targets, ir.Tuple(items)):
            names = frozenset(t.id for t in targets if isinstance(t, ir.Name) and not types.is_array(env.get(t.id)))
            moved = in_kernel or not all(on_host(item, cells) for item in items)
            return names if moved else frozenset()
        case ir.If(test) if not on_host(test, cells) and is_of_numbers(stmt, env):
            in_kernel = True
    return frozenset().union(*(_defined(s, cells, is_kernel, env, in_kernel) for b in ir.blocks(stmt) for s in b))


def is_of_numbers(stmt, env: types.Env) -> bool:
    """Whether one thread can run `stmt`: it computes numbers, or elements."""
    match stmt:
        case ir.Assign(name, value):
            return not types.is_array(env.get(name))
        case ir.Store(_, value):
            return not (isinstance(value, ir.Name) and types.is_array(env.get(value.id)))
        case ir.AugAssign(target):
            return isinstance(target, ir.Index) or not types.is_array(env.get(target.id))
        case ir.Unpack(targets):
            return not any(isinstance(t, ir.Name) and types.is_array(env.get(t.id)) for t in targets)
        case ir.If(_, body, orelse):
            return all(is_of_numbers(s, env) for s in (*body, *orelse))
    return False


def hosted(expr, env: types.Env):
    """`expr` as Python computes it like Numba: floating-point numbers are NumPy's, each of the type that it has."""

    def typed(e):
        match e:
            case ir.Op(_, args):
                t = _float_of(e, env)
                return e if t is None else ir.Op(e.op, tuple(_of_type(a, t, env) for a in args), e.loc)
        return e

    return ir.rewrite(typed, expr)


def _float_of(e: ir.Op, env: types.Env):
    """The floating-point type in which an operation is done, if it is one."""
    found: Iterable = [types.type_of(a, env) for a in e.args] if e.op in ("<", "<=", ">", ">=", "==", "!=") else []
    floats = [t for t in (*found, types.type_of(e, env)) if types.is_float(t)]
    if not floats:
        return None
    return max(floats, key=lambda t: t.bitwidth)


def _of_type(arg, t, env: types.Env):
    if types.type_of(arg, env) == t and not isinstance(arg, ir.Const):
        return arg
    return ir.Call(f"np.{types.dtype_name(t)}", (arg,))
