"""The nodes: an expression is a tree of `Const` to `DType`; statements are the dataclasses from `Assign` on."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from adtrans.errors import Loc
from adtrans.ir.memo import Node


def _loc():
    return field(default=None, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Const(Node):
    """A Python int, float, bool, text, bytes or None; `dtype` names the NumPy scalar type that it was written as, if
    any."""

    value: Any
    dtype: str | None = None
    loc: Loc | None = _loc()


@dataclass(frozen=True, slots=True)
class Name(Node):
    id: str
    loc: Loc | None = _loc()


@dataclass(frozen=True, slots=True)
class Op(Node):
    """An operator: `+ - * / // % ** @ < <= > >= == != & | ^ << >>` of two, `neg pos not ~` of one, `and or` of two."""

    op: str
    args: tuple
    loc: Loc | None = _loc()


@dataclass(frozen=True, slots=True)
class Call(Node):
    """A call of a known function by its canonical name: `np.sin`, `math.exp`, `abs`, `np.sum`, `float` ..."""

    func: str
    args: tuple
    keywords: tuple = ()  # ((name, expression), ...)
    loc: Loc | None = _loc()
    is_method: bool = field(default=False, compare=False)  # written as a method of its first argument


@dataclass(frozen=True, slots=True)
class UserCall(Node):
    """A call of a user's Python function; gone after `inline`."""

    fn: Callable
    name: str
    args: tuple
    keywords: tuple = ()
    loc: Loc | None = _loc()


@dataclass(frozen=True, slots=True)
class FunctionValue(Node):
    """A function as a value: `target` is a `Function` defined inside of another, or a Python object. `defaults` are
    the parameters' values, `args` and `keywords` those that `functools.partial` gives; `kept` where nothing changes
    any of these. Gone after `inline`."""

    target: Any
    label: str
    defaults: tuple = ()  # ((parameter, expression), ...)
    args: tuple = ()
    keywords: tuple = ()
    kept: bool = False
    loc: Loc | None = _loc()


@dataclass(frozen=True, slots=True)
class Apply(Node):
    """A call of what `fn`, an expression, stands for: a local function, a parameter; gone after `inline`."""

    fn: Any
    label: str
    args: tuple
    keywords: tuple = ()
    loc: Loc | None = _loc()


@dataclass(frozen=True, slots=True)
class Star(Node):
    """`*value` among the arguments of a user's function; gone after `inline`."""

    value: Any
    loc: Loc | None = _loc()


@dataclass(frozen=True, slots=True)
class Walrus(Node):
    """`target := value`; gone after `inline`."""

    target: str
    value: Any
    loc: Loc | None = _loc()


@dataclass(frozen=True, slots=True)
class Unset(Node):
    """What `del name` assigns: no value; gone after `webs`."""

    loc: Loc | None = _loc()


@dataclass(frozen=True, slots=True)
class IfExp(Node):
    """`body if test else orelse`; `total` where both branches can be evaluated whatever the test says, as in
    `np.where`."""

    test: Any
    body: Any
    orelse: Any
    loc: Loc | None = _loc()
    total: bool = False


@dataclass(frozen=True, slots=True)
class Slice(Node):
    """`start:stop:step` inside an index; each part an expression or None."""

    start: Any = None
    stop: Any = None
    step: Any = None
    loc: Loc | None = _loc()


@dataclass(frozen=True, slots=True)
class NewAxis(Node):
    loc: Loc | None = _loc()


@dataclass(frozen=True, slots=True)
class Dots(Node):
    loc: Loc | None = _loc()


@dataclass(frozen=True, slots=True)
class Index(Node):
    """`base[index]`; `index` is a tuple of expressions, `Slice`, `NewAxis` and `Dots`, one for `a[i]` too."""

    base: Any
    index: tuple
    loc: Loc | None = _loc()


@dataclass(frozen=True, slots=True)
class Attr(Node):
    """`base.shape`, `base.size`, `base.ndim` or `base.dtype`; until `tuples` also `base.T`, and a field of a named
    tuple."""

    base: Any
    name: str
    loc: Loc | None = _loc()


@dataclass(frozen=True, slots=True)
class Record:
    """The class of a named tuple: what generated source calls it, and its fields."""

    name: str
    fields: tuple


@dataclass(frozen=True, slots=True)
class Tuple(Node):
    """A tuple, or a named one; after `tuples` only as a result of the function, or of its gradient."""

    items: tuple
    loc: Loc | None = _loc()
    record: Record | None = None


@dataclass(frozen=True, slots=True)
class DType(Node):
    """A NumPy scalar type written as a value: `dtype=np.float32`."""

    name: str
    loc: Loc | None = _loc()


@dataclass(frozen=True, slots=True)
class Assign(Node):
    """`target = value`, `target` a name."""

    target: str
    value: Any
    loc: Loc | None = _loc()
    comments: tuple = field(default=(), compare=False)


@dataclass(frozen=True, slots=True)
class Unpack(Node):
    """`a, b = value`. Targets are `Name`, `Index` or a `Tuple` of such; after `normalise` it only permutes names."""

    targets: tuple
    value: Any
    loc: Loc | None = _loc()
    comments: tuple = field(default=(), compare=False)


@dataclass(frozen=True, slots=True)
class Store(Node):
    """`target.base[target.index] = value`."""

    target: Index
    value: Any
    loc: Loc | None = _loc()
    comments: tuple = field(default=(), compare=False)


@dataclass(frozen=True, slots=True)
class AugAssign(Node):
    """`target op= value`; `target` a `Name` or an `Index`, `op` as in `Op`. Elements that an index array names several
    times change once, or `each` time, as with `np.add.at`."""

    target: Any
    op: str
    value: Any
    loc: Loc | None = _loc()
    comments: tuple = field(default=(), compare=False)
    each: bool = False


@dataclass(frozen=True, slots=True)
class For(Node):
    """`for var in range(start, stop, step)`. After `normalise`: `var` is not assigned in the body nor read after
    the loop, the bounds do not change in it, and jumps are gone: the loop ends early after an
    iteration that leaves the flag `exit` true. Threads run the iterations of one that is `parallel`."""

    var: str
    start: Any
    stop: Any
    step: Any
    body: tuple
    exit: str | None = None
    loc: Loc | None = _loc()
    comments: tuple = field(default=(), compare=False)
    parallel: bool = False


@dataclass(frozen=True, slots=True)
class ForEach(Node):
    """`for target in items`: `items` is an array, a tuple, or a call of `range`, `enumerate`, `zip`, `reversed`,
    `np.ndindex` or `np.ndenumerate`; `target` as in `Unpack`. Gone after `inline`."""

    target: Any
    items: Any
    body: tuple
    exit: str | None = None
    loc: Loc | None = _loc()
    comments: tuple = field(default=(), compare=False)


@dataclass(frozen=True, slots=True)
class Otherwise(Node):
    """`loop` and its `else`, which runs unless the loop is left by `break`; gone after `jumps`."""

    loop: Any
    orelse: tuple
    loc: Loc | None = _loc()
    comments: tuple = field(default=(), compare=False)


@dataclass(frozen=True, slots=True)
class While(Node):
    """`while test`, with `exit` as in `For`."""

    test: Any
    body: tuple
    exit: str | None = None
    loc: Loc | None = _loc()
    comments: tuple = field(default=(), compare=False)


@dataclass(frozen=True, slots=True)
class If(Node):
    test: Any
    body: tuple
    orelse: tuple = ()
    loc: Loc | None = _loc()
    comments: tuple = field(default=(), compare=False)


@dataclass(frozen=True, slots=True)
class Return(Node):
    """`return value`; after `normalise` only as the last statement of the function."""

    value: Any
    loc: Loc | None = _loc()
    comments: tuple = field(default=(), compare=False)


@dataclass(frozen=True, slots=True)
class Break(Node):
    loc: Loc | None = _loc()
    comments: tuple = field(default=(), compare=False)


@dataclass(frozen=True, slots=True)
class Continue(Node):
    loc: Loc | None = _loc()
    comments: tuple = field(default=(), compare=False)


@dataclass(frozen=True, slots=True)
class Effect(Node):
    """A call for its effect: of a `UserCall` on its arguments, gone after `inline`; of a check, or of `raise Error`,
    to raise."""

    value: Any
    loc: Loc | None = _loc()
    comments: tuple = field(default=(), compare=False)


@dataclass(frozen=True, slots=True)
class Alloc(Node):
    """`target` names a new C-contiguous array; `shape` a tuple of integer expressions, `fill` `empty` or `zeros`.
    Made by `scalarise`."""

    target: str
    shape: tuple
    dtype: str
    fill: str = "empty"
    loc: Loc | None = _loc()
    comments: tuple = field(default=(), compare=False)


@dataclass(frozen=True, slots=True)
class View(Node):
    """`target` names (part of) the memory of another array: `value` is an `Index` with slices, a transposed,
    reshaped or plain name. Made by `scalarise`."""

    target: str
    value: Any
    loc: Loc | None = _loc()
    comments: tuple = field(default=(), compare=False)


@dataclass(frozen=True, slots=True)
class Rebind(Node):
    """The array name `target` moves to the array that `source` names; `source` is not used again before it is
    defined anew. `same_shape`: the old array is known to have the shape of the new. Made by `scalarise`."""

    target: str
    source: str
    same_shape: bool = False
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
    star: str | None = None  # the parameter `*args`; it and those that are keyword-only are not in `params`
    keyword_only: tuple = ()
    prefix: str = ""  # of the names that a function inside of another has for itself: "inner." in `inner.x`
