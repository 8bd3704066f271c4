"""Reading and rebuilding expressions and statements."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import fields, replace
from functools import cache
from operator import is_

from adtrans.ir.memo import memo
from adtrans.ir.nodes import (
    Alloc,
    Apply,
    Assign,
    Attr,
    AugAssign,
    Call,
    Effect,
    For,
    ForEach,
    FunctionValue,
    If,
    IfExp,
    Index,
    Name,
    Op,
    Otherwise,
    Rebind,
    Return,
    Slice,
    Star,
    Store,
    Tuple,
    Unpack,
    UserCall,
    View,
    Walrus,
    While,
)
from adtrans.ir.opaque import Custom, Opaque


def bar(name: str) -> str:
    """The placeholder for the cotangent of `name` in a `Custom`'s adjoints."""
    return f"bar({name})"


def children(expr) -> Iterator:
    """The direct sub-expressions of `expr` (with `Slice`, `NewAxis`, `Dots` among an index's)."""
    match expr:
        case Op(args=args):
            yield from args
        case Call() | UserCall():
            yield from expr.args
            yield from (value for _, value in expr.keywords)
        case Apply():
            yield from (expr.fn, *expr.args)
            yield from (value for _, value in expr.keywords)
        case FunctionValue():
            yield from (value for _, value in expr.defaults)
            yield from expr.args
            yield from (value for _, value in expr.keywords)
        case IfExp(test, body, orelse):
            yield from (test, body, orelse)
        case Index(base, index):
            yield base
            yield from index
        case Slice(start, stop, step):
            yield from (e for e in (start, stop, step) if e is not None)
        case Attr(base):
            yield base
        case Star(value) | Walrus(value=value):
            yield value
        case Tuple(items):
            yield from items


@memo
def walk(expr) -> tuple:
    """`expr` and every sub-expression of it, outermost first."""
    return (expr, *(e for child in children(expr) for e in walk(child)))


@memo
def names(expr) -> frozenset[str]:
    """The names that `expr` reads."""
    return frozenset({expr.id} if isinstance(expr, Name) else ()).union(*map(names, children(expr)))


def map_children(f: Callable, expr):
    """`expr` with `f` applied to each direct sub-expression; `expr` itself where that changes none."""
    match expr:
        case Op():
            return _with(expr, args=_mapped(f, expr.args))
        case Call() | UserCall():
            return _with(expr, args=_mapped(f, expr.args), keywords=_map_values(f, expr.keywords))
        case Apply():
            fn, args = f(expr.fn), _mapped(f, expr.args)
            return _with(expr, fn=fn, args=args, keywords=_map_values(f, expr.keywords))
        case FunctionValue():
            defaults, args = _map_values(f, expr.defaults), _mapped(f, expr.args)
            return _with(expr, defaults=defaults, args=args, keywords=_map_values(f, expr.keywords))
        case Star() | Walrus():
            return _with(expr, value=f(expr.value))
        case IfExp():
            return _with(expr, test=f(expr.test), body=f(expr.body), orelse=f(expr.orelse))
        case Index():
            return _with(expr, base=f(expr.base), index=_mapped(f, expr.index))
        case Slice():
            return _with(expr, **{k: f(e) for k in ("start", "stop", "step") if (e := getattr(expr, k)) is not None})
        case Attr():
            return _with(expr, base=f(expr.base))
        case Tuple():
            return _with(expr, items=_mapped(f, expr.items))
    return expr


def _with(expr, **parts):
    return expr if all(getattr(expr, key) is part for key, part in parts.items()) else replace(expr, **parts)


def _mapped(f: Callable, items: tuple) -> tuple:
    new = tuple(map(f, items))
    return items if all(map(is_, items, new)) else new


def _map_values(f: Callable, pairs: tuple) -> tuple:
    new = tuple((key, f(value)) for key, value in pairs)
    return pairs if all(a is b for (_, a), (_, b) in zip(pairs, new, strict=True)) else new


def rewrite(f: Callable, expr):
    """`expr` rebuilt from the leaves up, `f` applied to every node after its children."""
    return f(map_children(lambda e: rewrite(f, e), expr))


def rename(expr, mapping: dict[str, str]):
    """`expr` with each name in `mapping` replaced."""
    return rewrite(lambda e: replace(e, id=mapping[e.id]) if isinstance(e, Name) and e.id in mapping else e, expr)


def blocks(stmt) -> tuple:
    """The statement lists nested directly in `stmt`."""
    match stmt:
        case For() | ForEach() | While():
            return (stmt.body,)
        case If():
            return (stmt.body, stmt.orelse)
        case Otherwise():
            return ((stmt.loop,), stmt.orelse)
        case Custom():
            return (stmt.forward,)
    return ()


def all_blocks(block: tuple) -> Iterator[tuple]:
    """`block` and the statement lists nested in it, at any depth."""
    yield block
    for stmt in statements(block):
        yield from blocks(stmt)


def statements(block) -> Iterator:
    """Every statement in `block`, nested ones too, in source order."""
    for stmt in block:
        yield from _with_nested(stmt)


@memo
def _with_nested(stmt) -> tuple:
    return (stmt, *(s for block in blocks(stmt) for s in statements(block)))


def targets(target) -> Iterator:
    """The names and elements that an assignment to `target` gives a value."""
    if isinstance(target, Tuple):
        for item in target.items:
            yield from targets(item)
    else:
        yield target


@memo
def expressions(stmt) -> tuple:
    """The expressions that `stmt` itself evaluates (not those of nested statements); a store's target is not
    read, but its indices are."""
    match stmt:
        case Assign() | Return() | Effect() | Opaque():
            return () if stmt.value is None else (stmt.value,)
        case Unpack():
            return (stmt.value, *(i for t in stmt.targets if isinstance(t, Index) for i in t.index))
        case Store():
            return (*stmt.target.index, stmt.value)
        case AugAssign():
            return (stmt.target, stmt.value)
        case For():
            return (stmt.start, stmt.stop, stmt.step)
        case ForEach():
            return (stmt.items, *(i for t in targets(stmt.target) if isinstance(t, Index) for i in t.index))
        case While() | If():
            return (stmt.test,)
        case Alloc():
            return stmt.shape
        case View():
            return (stmt.value,)
        case Rebind():
            return (Name(stmt.source),)
    return ()


def map_expressions(f: Callable, stmt):
    """`stmt` with `f` applied to each expression it evaluates and to a store's target; nested blocks are kept."""
    changes = {}
    for key in _evaluated(stmt.__class__):
        old = getattr(stmt, key)
        if isinstance(old, tuple):
            changes[key] = old if isinstance(stmt, (Custom, Opaque)) else tuple(map(f, old))
        elif old is not None and not isinstance(old, str):
            changes[key] = f(old)
    return replace(stmt, **changes)


@cache
def _evaluated(kind: type) -> tuple[str, ...]:
    """The fields of a statement that hold expressions."""
    names = ("value", "target", "test", "start", "stop", "step", "targets", "items", "shape")
    return tuple(item.name for item in fields(kind) if item.name in names)


def at_line(stmt, loc):
    """`stmt`, and all in it, as of the line `loc`, without comments."""
    stmt = with_blocks(stmt, *(tuple(at_line(s, loc) for s in b) for b in blocks(stmt)))
    if isinstance(stmt, Custom):
        adjoints = (replace(p, block=tuple(at_line(s, loc) for s in p.block)) for p in stmt.adjoints)
        stmt = replace(stmt, adjoints=tuple(adjoints))
    stmt = map_expressions(lambda e: rewrite(lambda part: replace(part, loc=loc), e), stmt)
    changes = {"comments": ()} if any(f.name == "comments" for f in fields(stmt)) else {}
    return replace(stmt, loc=loc, **changes)


def with_blocks(stmt, *new: tuple):
    """`stmt` with its nested statement lists replaced, in the order of `blocks`; `stmt` itself where they are the
    same statements."""
    if all(len(a) == len(b) and all(map(is_, a, b)) for a, b in zip(blocks(stmt), new, strict=True)):
        return stmt
    match stmt:
        case For() | ForEach() | While():
            return replace(stmt, body=new[0])
        case If():
            return replace(stmt, body=new[0], orelse=new[1])
        case Otherwise():
            return replace(stmt, loop=new[0][0], orelse=new[1])
        case Custom():
            return replace(stmt, forward=new[0])
    return stmt


def rewrite_statement(f: Callable, stmt):
    """`stmt` with the expressions of it and of the statements in it rebuilt as by `rewrite`."""
    stmt = with_blocks(stmt, *(tuple(rewrite_statement(f, s) for s in b) for b in blocks(stmt)))
    return map_expressions(lambda e: rewrite(f, e), stmt)


def rename_statement(stmt, mapping: dict[str, str]):
    """`stmt` with each name in `mapping` replaced wherever it stands, cotangents in a `Custom` too."""
    mapping = mapping | {bar(old): bar(new) for old, new in mapping.items()}
    changes = {}
    for key in ("target", "var", "source", "exit"):
        if isinstance(getattr(stmt, key, None), str):
            changes[key] = mapping.get(getattr(stmt, key), getattr(stmt, key))
    if isinstance(stmt, (Custom, Opaque)):
        changes["targets"] = tuple(mapping.get(name, name) for name in stmt.targets)
    if isinstance(stmt, Opaque):
        changes["changes"] = tuple(mapping.get(name, name) for name in stmt.changes)
    if isinstance(stmt, Custom):
        changes["adjoints"] = tuple(_renamed_pullback(p, mapping) for p in stmt.adjoints)
    stmt = map_expressions(lambda e: rename(e, mapping), replace(stmt, **changes))
    return with_blocks(stmt, *(tuple(rename_statement(s, mapping) for s in b) for b in blocks(stmt)))


def _renamed_pullback(pullback, mapping: dict[str, str]):
    inputs = tuple(mapping.get(name, name) for name in pullback.inputs)
    results = tuple(mapping.get(name, name) for name in pullback.results)
    return replace(
        pullback, inputs=inputs, results=results, block=tuple(rename_statement(s, mapping) for s in pullback.block)
    )


CALLEE = "call."  # how the names begin of functions that stay calls
EFFECTS = ("np.random.", "vjp_rule.", CALLEE)  # how the names begin of functions whose calls keep their order


def has_effect(expr) -> bool:
    """Whether evaluating `expr` calls a function that may do more than return a value."""
    return any(isinstance(e, Call) and e.func.startswith(EFFECTS) for e in walk(expr))
