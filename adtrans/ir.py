"""The intermediate representation: a small structured program, each node with the user's source location.

Expressions are trees of `Const Name Op Call UserCall IfExp Index Attr Tuple DType`; statements are the
dataclasses from `Assign` on. `parse` makes the whole language; each transform leaves a smaller one, and says
in its docstring which.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, fields, replace
from typing import Any

from adtrans.errors import Loc


def _loc():
    return field(default=None, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Const:
    """A Python int, float or bool; `dtype` names the NumPy scalar type that it was written as, if any."""

    value: Any
    dtype: str | None = None
    loc: Loc | None = _loc()


@dataclass(frozen=True, slots=True)
class Name:
    id: str
    loc: Loc | None = _loc()


@dataclass(frozen=True, slots=True)
class Op:
    """An operator: `+ - * / // % ** @ < <= > >= == != & | ^ << >>` of two, `neg pos not ~` of one, `and or` of two."""

    op: str
    args: tuple
    loc: Loc | None = _loc()


@dataclass(frozen=True, slots=True)
class Call:
    """A call of a known function by its canonical name: `np.sin`, `math.exp`, `abs`, `np.sum`, `float` ..."""

    func: str
    args: tuple
    keywords: tuple = ()  # ((name, expression), ...)
    loc: Loc | None = _loc()


@dataclass(frozen=True, slots=True)
class UserCall:
    """A call of a user's Python function; gone after `inline`."""

    fn: Callable
    name: str
    args: tuple
    keywords: tuple = ()
    loc: Loc | None = _loc()


@dataclass(frozen=True, slots=True)
class IfExp:
    """`body if test else orelse`; `total` where both branches can be evaluated whatever the test says, as in
    `np.where`."""

    test: Any
    body: Any
    orelse: Any
    loc: Loc | None = _loc()
    total: bool = False


@dataclass(frozen=True, slots=True)
class Slice:
    """`start:stop:step` inside an index; each part an expression or None."""

    start: Any = None
    stop: Any = None
    step: Any = None
    loc: Loc | None = _loc()


@dataclass(frozen=True, slots=True)
class NewAxis:
    loc: Loc | None = _loc()


@dataclass(frozen=True, slots=True)
class Dots:
    loc: Loc | None = _loc()


@dataclass(frozen=True, slots=True)
class Index:
    """`base[index]`; `index` is a tuple of expressions, `Slice`, `NewAxis` and `Dots`, one for `a[i]` too."""

    base: Any
    index: tuple
    loc: Loc | None = _loc()


@dataclass(frozen=True, slots=True)
class Attr:
    """`base.shape`, `base.size`, `base.ndim` or `base.dtype` (`.T` is `np.transpose`)."""

    base: Any
    name: str
    loc: Loc | None = _loc()


@dataclass(frozen=True, slots=True)
class Tuple:
    items: tuple
    loc: Loc | None = _loc()


@dataclass(frozen=True, slots=True)
class DType:
    """A NumPy scalar type written as a value: `dtype=np.float32`."""

    name: str
    loc: Loc | None = _loc()


@dataclass(frozen=True, slots=True)
class Assign:
    """`target = value`, `target` a name."""

    target: str
    value: Any
    loc: Loc | None = _loc()
    comments: tuple = field(default=(), compare=False)


@dataclass(frozen=True, slots=True)
class Unpack:
    """`a, b = value`. Targets are `Name`, `Index` or a `Tuple` of such; after `normalise` it only permutes names."""

    targets: tuple
    value: Any
    loc: Loc | None = _loc()
    comments: tuple = field(default=(), compare=False)


@dataclass(frozen=True, slots=True)
class Store:
    """`target.base[target.index] = value`."""

    target: Index
    value: Any
    loc: Loc | None = _loc()
    comments: tuple = field(default=(), compare=False)


@dataclass(frozen=True, slots=True)
class AugAssign:
    """`target op= value`; `target` a `Name` or an `Index`, `op` as in `Op`."""

    target: Any
    op: str
    value: Any
    loc: Loc | None = _loc()
    comments: tuple = field(default=(), compare=False)


@dataclass(frozen=True, slots=True)
class For:
    """`for var in range(start, stop, step)`. After `normalise`: `var` is not assigned in the body nor read after
    the loop, the bounds do not change in it, and jumps are gone: the loop ends early after an
    iteration that leaves the flag `exit` true."""

    var: str
    start: Any
    stop: Any
    step: Any
    body: tuple
    exit: str | None = None
    loc: Loc | None = _loc()
    comments: tuple = field(default=(), compare=False)


@dataclass(frozen=True, slots=True)
class While:
    """`while test`, with `exit` as in `For`."""

    test: Any
    body: tuple
    exit: str | None = None
    loc: Loc | None = _loc()
    comments: tuple = field(default=(), compare=False)


@dataclass(frozen=True, slots=True)
class If:
    test: Any
    body: tuple
    orelse: tuple = ()
    loc: Loc | None = _loc()
    comments: tuple = field(default=(), compare=False)


@dataclass(frozen=True, slots=True)
class Return:
    """`return value`; after `normalise` only as the last statement of the function."""

    value: Any
    loc: Loc | None = _loc()
    comments: tuple = field(default=(), compare=False)


@dataclass(frozen=True, slots=True)
class Break:
    loc: Loc | None = _loc()
    comments: tuple = field(default=(), compare=False)


@dataclass(frozen=True, slots=True)
class Continue:
    loc: Loc | None = _loc()
    comments: tuple = field(default=(), compare=False)


@dataclass(frozen=True, slots=True)
class Effect:
    """A call for its effect on its arguments; a `UserCall`, gone after `inline`."""

    value: Any
    loc: Loc | None = _loc()
    comments: tuple = field(default=(), compare=False)


@dataclass(frozen=True, slots=True)
class Alloc:
    """`target` names a new C-contiguous array; `shape` a tuple of integer expressions, `fill` `empty` or `zeros`.
    Made by `scalarise`."""

    target: str
    shape: tuple
    dtype: str
    fill: str = "empty"
    loc: Loc | None = _loc()
    comments: tuple = field(default=(), compare=False)


@dataclass(frozen=True, slots=True)
class View:
    """`target` names (part of) the memory of another array: `value` is an `Index` with slices, a transposed,
    reshaped or plain name. Made by `scalarise`."""

    target: str
    value: Any
    loc: Loc | None = _loc()
    comments: tuple = field(default=(), compare=False)


@dataclass(frozen=True, slots=True)
class Rebind:
    """The array name `target` moves to the array that `source` names; `source` is not used again before it is
    defined anew. `same_shape`: the old array is known to have the shape of the new. Made by `scalarise`."""

    target: str
    source: str
    same_shape: bool = False
    loc: Loc | None = _loc()
    comments: tuple = field(default=(), compare=False)


@dataclass(frozen=True, slots=True)
class Custom:
    """An operation with an adjoint of its own: `forward` computes `target`; `adjoints` holds for each input a
    block that adds to its cotangent. In these blocks the cotangent of `x` is the name `bar(x)`."""

    target: str
    forward: tuple
    adjoints: tuple  # ((input, block), ...)
    loc: Loc | None = _loc()
    comments: tuple = field(default=(), compare=False)


@dataclass(frozen=True, slots=True)
class Function:
    """A user's function. `constants` maps a name to the ndarray it names outside of the function;
    `defaults` maps a parameter to its default expression."""

    name: str
    params: tuple
    body: tuple
    file: str
    line: int
    source: str  # dedented, decorators removed
    constants: dict = field(default_factory=dict)
    defaults: dict = field(default_factory=dict)
    annotations: dict = field(default_factory=dict)  # parameter -> annotation text


def bar(name: str) -> str:
    """The placeholder for the cotangent of `name` in a `Custom`'s adjoints."""
    return f"bar({name})"


def children(expr) -> Iterator:
    """The direct sub-expressions of `expr` (with `Slice`, `NewAxis`, `Dots` among an index's)."""
    match expr:
        case Op() | Call() | UserCall():
            yield from expr.args
            if not isinstance(expr, Op):
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
        case Tuple(items):
            yield from items


def walk(expr) -> Iterator:
    """`expr` and every sub-expression of it, outermost first."""
    yield expr
    for child in children(expr):
        yield from walk(child)


def names(expr) -> set[str]:
    """The names that `expr` reads."""
    return {e.id for e in walk(expr) if isinstance(e, Name)}


def map_children(f: Callable, expr):
    """`expr` with `f` applied to each direct sub-expression."""
    match expr:
        case Op():
            return replace(expr, args=tuple(map(f, expr.args)))
        case Call() | UserCall():
            keywords = tuple((k, f(v)) for k, v in expr.keywords)
            return replace(expr, args=tuple(map(f, expr.args)), keywords=keywords)
        case IfExp():
            return replace(expr, test=f(expr.test), body=f(expr.body), orelse=f(expr.orelse))
        case Index():
            return replace(expr, base=f(expr.base), index=tuple(map(f, expr.index)))
        case Slice():
            return replace(expr, **{k: f(e) for k in ("start", "stop", "step") if (e := getattr(expr, k)) is not None})
        case Attr():
            return replace(expr, base=f(expr.base))
        case Tuple():
            return replace(expr, items=tuple(map(f, expr.items)))
    return expr


def rewrite(f: Callable, expr):
    """`expr` rebuilt from the leaves up, `f` applied to every node after its children."""
    return f(map_children(lambda e: rewrite(f, e), expr))


def rename(expr, mapping: dict[str, str]):
    """`expr` with each name in `mapping` replaced."""
    return rewrite(lambda e: replace(e, id=mapping.get(e.id, e.id)) if isinstance(e, Name) else e, expr)


def blocks(stmt) -> tuple:
    """The statement lists nested directly in `stmt`."""
    match stmt:
        case For() | While():
            return (stmt.body,)
        case If():
            return (stmt.body, stmt.orelse)
        case Custom():
            return (stmt.forward,)
    return ()


def statements(block) -> Iterator:
    """Every statement in `block`, nested ones too, in source order."""
    for stmt in block:
        yield stmt
        for inner in blocks(stmt):
            yield from statements(inner)


def expressions(stmt) -> tuple:
    """The expressions that `stmt` itself evaluates (not those of nested statements); a store's target is not
    read, but its indices are."""
    match stmt:
        case Assign() | Return() | Effect():
            return () if stmt.value is None else (stmt.value,)
        case Unpack():
            return (stmt.value, *(i for t in stmt.targets if isinstance(t, Index) for i in t.index))
        case Store():
            return (*stmt.target.index, stmt.value)
        case AugAssign():
            return (stmt.target, stmt.value)
        case For():
            return (stmt.start, stmt.stop, stmt.step)
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
    for item in fields(stmt):
        if item.name not in ("value", "target", "test", "start", "stop", "step", "targets", "shape"):
            continue
        old = getattr(stmt, item.name)
        if isinstance(old, tuple):
            changes[item.name] = tuple(map(f, old))
        elif old is not None and not isinstance(old, str):
            changes[item.name] = f(old)
    return replace(stmt, **changes)


def with_blocks(stmt, *new: tuple):
    """`stmt` with its nested statement lists replaced, in the order of `blocks`."""
    match stmt:
        case For() | While():
            return replace(stmt, body=new[0])
        case If():
            return replace(stmt, body=new[0], orelse=new[1])
        case Custom():
            return replace(stmt, forward=new[0])
    return stmt


def rename_statement(stmt, mapping: dict[str, str]):
    """`stmt` with each name in `mapping` replaced wherever it stands, cotangents in a `Custom` too."""
    mapping = mapping | {bar(old): bar(new) for old, new in mapping.items()}
    changes = {}
    for key in ("target", "var", "source", "exit"):
        if isinstance(getattr(stmt, key, None), str):
            changes[key] = mapping.get(getattr(stmt, key), getattr(stmt, key))
    if isinstance(stmt, Custom):
        changes["adjoints"] = tuple(
            (mapping.get(name, name), tuple(rename_statement(s, mapping) for s in block)) for name, block in stmt.adjoints
        )
    stmt = map_expressions(lambda e: rename(e, mapping), replace(stmt, **changes))
    return with_blocks(stmt, *(tuple(rename_statement(s, mapping) for s in b) for b in blocks(stmt)))
