"""A variable for the real part of each complex number, and one for the imaginary part: `z_re`, `z_im`; arrays too.

From here on everything is real. So derivatives by the two parts, what is recorded and how loops run follow as for any
other variables.
"""

from __future__ import annotations

from dataclasses import replace

from adtrans import ir, types
from adtrans.errors import UnsupportedError
from adtrans.names import fresh, used
from adtrans.transforms.pairs import Pairs, is_zero
from adtrans.transforms.scalarise import Scalarised
from adtrans.transforms.split import asks_sides, computes, lengths, pair, real, truth
from adtrans.transforms.tuples import rebuilt


def parts(program: Scalarised) -> Scalarised:
    """`program` without complex numbers but for its results, which are put together of their parts.

    Raises: UnsupportedError for an operation on complex numbers that has no formula here.
    """
    found = {name for name, t in program.env.items() if types.is_complex(t)}
    expressions = [e for s in ir.statements(program.function.body) for e in ir.expressions(s)]
    if not found and not any(computes(e, program.env) for e in expressions):
        return program
    taken = used(program.function) | set(program.env)
    names = {n: (fresh(f"{n}_re", taken), fresh(f"{n}_im", taken)) for n in program.env if n in found}
    env = {new: t for n, old in program.env.items() for new, t in _typed(n, old, names)}
    signed = any(asks_sides(e, program.env) for e in expressions)
    p = Pairs(program.env, env, names, taken, signed)
    roots = {new: root for n, old in program.roots.items() for new, root in _rooted(n, old, names)}
    body = _block(p, program.function.body, roots)
    function = replace(
        program.function,
        params=tuple(new for name in program.function.params for new in names.get(name, (name,))),
        body=body,
        constants={new: a for n, array in program.function.constants.items() for new, a in _arrays(n, array, names)},
    )
    inputs = tuple((name, rebuilt(where, lambda leaf: joined(p, leaf))) for name, where in program.inputs)
    return Scalarised(function, env, roots, _values(p, program.values), inputs, signed)


def _typed(name: str, t, names: dict):
    if name not in names:
        return [(name, t)]
    part = types.part_type(t)
    return [(new, types.array_type(types.dtype_of(part), types.ndim_of(t), _layout(t))) for new in names[name]]


def _layout(t) -> str:
    return t.layout if isinstance(t, types.types.Array) else "C"


def _rooted(name: str, root: str, names: dict):
    if name not in names:
        return [(name, root)]  # for a view of one part, `_view` says which
    return list(zip(names[name], names[root], strict=True))


def _arrays(name: str, array, names: dict):
    return zip(names[name], (array.real.copy(), array.imag.copy()), strict=True) if name in names else [(name, array)]


def _values(p: Pairs, values: dict) -> dict:
    """What is known of names and lengths; the imaginary parts have the lengths of the real ones."""
    found = {key if isinstance(key, str) else lengths(p, key): lengths(p, value) for key, value in values.items()}
    for name, (re, im) in p.parts.items():
        for axis in range(types.ndim_of(p.before[name])):
            length = ir.Index(ir.Attr(ir.Name(re), "shape"), (ir.Const(axis),))
            found[replace(length, base=ir.Attr(ir.Name(im), "shape"))] = found.get(length, length)
    return found


def joined(p: Pairs, name: ir.Name):
    """A result, or a parameter: the two parts in the place of a complex number."""
    if name.id not in p.parts:
        return name
    t = p.before[name.id]
    func = f"helper.{types.dtype_name(t)}" if isinstance(t, types.types.Array) else "helper.complex"
    return ir.Call(func, tuple(map(ir.Name, p.parts[name.id])))


# -- statements --------------------------------------------------------------------------------------------------------


def _block(p: Pairs, block: tuple, roots: dict) -> tuple:
    with p.block() as out:
        for stmt in block:
            p.loc, first = stmt.loc, len(out)
            _statement(p, stmt, roots)
            if getattr(stmt, "comments", ()) and len(out) > first and not isinstance(out[first], ir.Return):
                out[first] = replace(out[first], comments=stmt.comments)
    return tuple(out)


def _statement(p: Pairs, stmt, roots: dict) -> None:
    match stmt:
        case ir.Assign(target, value):
            _assign(p, target, value)
        case ir.Store(target, value):
            _store(p, target, value, roots)
        case ir.AugAssign(target, _, value):
            _accumulate(p, stmt, roots)
        case ir.Alloc(target) if target in p.parts:
            part = types.dtype_name(p.env[p.parts[target][0]])
            shape = tuple(lengths(p, e) for e in stmt.shape)
            for name in p.parts[target]:
                p.emit(replace(stmt, target=name, shape=shape, dtype=part, comments=()))
        case ir.View():
            _view(p, stmt, roots)
        case ir.Rebind(target, source) if target in p.parts:
            for name, other in zip(p.parts[target], p.parts[source], strict=True):
                p.emit(replace(stmt, target=name, source=other))
        case ir.Unpack(targets, ir.Tuple(items)):
            p.emit(replace(stmt, targets=_each(p, targets), value=ir.Tuple(_each(p, items))))
        case ir.For():
            bounds = {key: real(p, getattr(stmt, key)) for key in ("start", "stop", "step")}
            p.emit(replace(stmt, **bounds, body=_block(p, stmt.body, roots)))
        case ir.While():
            _while(p, stmt, roots)
        case ir.If(test, body, orelse):
            p.emit(replace(stmt, test=truth(p, test), body=_block(p, body, roots), orelse=_block(p, orelse, roots)))
        case ir.Return(value):
            p.emit(replace(stmt, value=rebuilt(value, lambda name: joined(p, name))))
        case _:
            _without(p, stmt)
            p.emit(ir.rename_statement(stmt, {name: re for name, (re, _) in p.parts.items()}))


def _each(p: Pairs, names: tuple) -> tuple:
    return tuple(ir.Name(new) for name in names for new in p.parts.get(name.id, (name.id,)))


def _without(p: Pairs, stmt) -> None:
    """Raises: UnsupportedError where a statement that is left as it is computes with complex numbers."""
    inner = [stmt, *(s for pullback in getattr(stmt, "adjoints", ()) for s in ir.statements(pullback.block))]
    for s in ir.statements(tuple(inner)):
        if any(computes(e, p.before) for e in ir.expressions(s)):
            what = s.value.func if isinstance(s, ir.Opaque) else "this"
            raise UnsupportedError(f"{what} is not supported for complex numbers", stmt.loc, "Use the parts.")


def _assign(p: Pairs, target: str, value) -> None:
    if target not in p.parts:
        p.emit(ir.Assign(target, types.cast(real(p, value), p.env[target], p.env) if computes(value, p.before)
                         else lengths(p, value), p.loc))  # fmt: skip
        return
    re, im = (types.cast(x, p.env[name], p.env) for x, name in zip(pair(p, value), p.parts[target], strict=True))
    first, second = p.parts[target]
    if first in ir.names(im):
        re = p.named(first, re)
        p.emit(ir.Assign(second, im, p.loc))
        p.emit(ir.Assign(first, re, p.loc))
        return
    p.emit(ir.Assign(first, re, p.loc))
    p.emit(ir.Assign(second, im, p.loc))


def _store(p: Pairs, target: ir.Index, value, roots: dict) -> None:
    if target.base.id not in p.parts:
        p.emit(ir.Store(real(p, target), real(p, value), p.loc))
        return
    first, second = pair(p, target)
    re, im = pair(p, value)
    if _reads(im, first, roots):
        im = p.named("value_im", im)
    p.emit(ir.Store(first, re, p.loc))
    p.emit(ir.Store(second, im, p.loc))


def _accumulate(p: Pairs, stmt: ir.AugAssign, roots: dict) -> None:
    if stmt.target.base.id not in p.parts:
        p.emit(replace(stmt, target=real(p, stmt.target), value=real(p, stmt.value), comments=()))
        return
    first, second = pair(p, stmt.target)
    re, im = pair(p, stmt.value)
    if _reads(im, first, roots):
        im = p.named("value_im", im)
    for place, value in ((first, re), (second, im)):
        if p.signed or not is_zero(value):
            p.emit(replace(stmt, target=place, value=value, comments=()))


def _reads(expr, place: ir.Index, roots: dict) -> bool:
    """Whether `expr` reads of the array in which `place` is."""
    root = roots.get(place.base.id, place.base.id)
    return any(roots.get(name, name) == root for name in ir.names(expr))


def _view(p: Pairs, stmt: ir.View, roots: dict) -> None:
    targets = p.parts.get(stmt.target, (stmt.target,))
    for k, target in enumerate(targets):
        value, base = _view_of_part(p, stmt.value, k)
        roots[target] = roots.get(base, base)
        p.emit(replace(stmt, target=target, value=value, comments=()))


def _view_of_part(p: Pairs, value, part: int) -> tuple:
    """A view of the part number `part`, unless it says itself of which; and the name of the array."""
    match value:
        case ir.Name(name):
            name = p.parts[name][part] if name in p.parts else name
            return replace(value, id=name), name
        case ir.Index(base, index):
            base, name = _view_of_part(p, base, part)
            return replace(value, base=base, index=tuple(lengths(p, i) for i in index)), name
        case ir.Call(func, (base,)) if func in types.OF_PARTS:
            return _view_of_part(p, base, types.OF_PARTS.index(func))
        case ir.Call(_, (base, *rest)):
            base, name = _view_of_part(p, base, part)
            return replace(value, args=(base, *(lengths(p, e) for e in rest))), name
    raise AssertionError(f"not a view: {value}")


def _while(p: Pairs, stmt: ir.While, roots: dict) -> None:
    """The test, where it needs statements, becomes a flag computed before the loop and at its end."""
    with p.block() as before:
        test = truth(p, stmt.test)
    body = _block(p, stmt.body, roots)
    if not before:
        p.emit(replace(stmt, test=test, body=body))
        return
    flag = p.declared("go_on", types.types.boolean)
    p.out += [*before, ir.Assign(flag, test, stmt.loc)]
    with p.block() as after:
        p.loc = stmt.loc
        p.emit(ir.Assign(flag, truth(p, stmt.test), stmt.loc))
    p.emit(replace(stmt, test=ir.Name(flag), body=(*body, *after)))
