"""The memory of a thread: small arrays are its own, recorded values of which there are more lie in global memory, which
the launch makes with an axis for the threads."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field, replace

from adtrans import ir, types
from adtrans.analyses.affine import affine, constant
from adtrans.analyses.liveness import definitions
from adtrans.errors import UnsupportedError
from adtrans.transforms.context import length_of

MOST = 256  # elements of an array in a thread's own memory
ZERO, ONE = ir.Const(0), ir.Const(1)
GROWN = ("helper.grow", "helper.reserve")


@dataclass(frozen=True)
class Tape:
    """An array in global memory: its lengths as the launch computes them, None for as many as the caller asks for; the
    last axis, of the threads, is not among them."""

    name: str
    lengths: tuple
    dtype: str


@dataclass
class Threaded:
    """A kernel's body over memory that kernels have. `full`, if there is one, is the array of one flag that says that a
    thread needed more room than there is."""

    body: tuple
    tapes: tuple
    full: str | None


def memory(block: tuple, env: types.Env, values: dict, params: tuple, thread, fresh: Callable[[str], str]) -> Threaded:
    """`block` with each array that it makes in a thread's own memory, or as a tape. `params` are the parameters that
    all threads have the same, `thread` the expression of the number of the thread.

    Raises: UnsupportedError for arrays that move between names.
    """
    found = _Memory(block, env, values, _unchanged(block, params), thread, fresh)
    body = found.block(block)
    return Threaded(body, tuple(found.tapes.values()), found.full)


def _unchanged(block: tuple, params: tuple) -> frozenset:
    return frozenset(params) - {d for s in ir.statements(block) for d in definitions(s)}


@dataclass
class _Memory:
    whole: tuple
    env: types.Env
    values: dict
    uniform: frozenset
    thread: object
    fresh: Callable[[str], str]
    tapes: dict[str, Tape] = field(default_factory=dict)
    full: str | None = None
    stacks: set[str] = field(init=False)

    def __post_init__(self):
        stacks = self.stacks = {s.target for s in ir.statements(self.whole) if _grown(s)}
        for stmt in (s for s in ir.statements(self.whole) if isinstance(s, ir.Alloc)):
            lengths = (None,) if stmt.target in stacks else tuple(map(self._on_host, stmt.shape))
            sizes = [constant(affine(n, self.values)) for n in stmt.shape]
            if stmt.target not in stacks and None not in sizes and math.prod(sizes) <= MOST:
                continue
            if self.tapes.get(stmt.target, lengths) != lengths:
                raise UnsupportedError("an array of changing length is not supported in kernels", stmt.loc, "Use two.")
            self.tapes[stmt.target] = Tape(stmt.target, lengths, stmt.dtype)

    def block(self, block: tuple) -> tuple:
        return tuple(new for stmt in block for new in self._statement(stmt))

    def _statement(self, stmt) -> tuple:
        if _grown(stmt):
            return (self._unless_full(stmt),)
        match stmt:
            case ir.If(_, (inner,), ()) if _grown(inner):
                return (replace(stmt, body=self._stopped(stmt.loc)),)
            case ir.Alloc():
                return self._made(stmt)
            case ir.Store(ir.Index(ir.Name(tape), index), ir.Name(array)) if types.is_array(self.env.get(array)):
                return self._copied(tape, index, array, stmt.loc)
            case ir.Rebind() | ir.Unpack() | ir.Assign(_, ir.Call("np.copy")):
                raise UnsupportedError(
                    "an array that is kept as a whole is not supported in kernels", stmt.loc, "Copy its elements."
                )
        stmt = ir.with_blocks(stmt, *map(self.block, ir.blocks(stmt)))
        return (ir.map_expressions(lambda e: ir.rewrite(self._of_thread, e), stmt),)

    def _made(self, stmt: ir.Alloc) -> tuple:
        zeros = () if stmt.fill == "empty" else self._zeros(stmt)
        if stmt.target not in self.tapes:
            lengths = tuple(ir.Const(constant(affine(n, self.values))) for n in stmt.shape)
            shape = lengths[0] if len(lengths) == 1 else ir.Tuple(lengths)
            call = ir.Call("cuda.local.array", (shape, ir.DType(stmt.dtype)), (), stmt.loc)
            return ir.Assign(stmt.target, call, stmt.loc), *zeros
        lengths = self.tapes[stmt.target].lengths
        checks = (
            ir.If(ir.Op(">", (n, length_of(stmt.target, k))), self._stopped(stmt.loc), (), stmt.loc)
            for k, n in enumerate(stmt.shape)
            if lengths[k] is None and stmt.target not in self.stacks
        )
        return *checks, *zeros

    def _zeros(self, stmt: ir.Alloc) -> tuple:
        zero = types.typed(0, types.scalar_type(stmt.dtype))
        index = tuple(ir.Name(self._counter()) for _ in stmt.shape)
        inner = ir.Store(self._of_thread(ir.Index(ir.Name(stmt.target), index)), zero, stmt.loc)
        return _nest(inner, index, stmt.shape, stmt.loc)

    def _copied(self, tape: str, index: tuple, array: str, loc) -> tuple:
        """The elements of an array recorded one by one."""
        own = tuple(ir.Name(self._counter()) for _ in range(types.ndim_of(self.env[array])))
        place = self._of_thread(ir.Index(ir.Name(tape), (*index, *own)))
        inner = ir.Store(place, self._of_thread(ir.Index(ir.Name(array), own)), loc)
        return _nest(inner, own, tuple(length_of(array, k) for k in range(len(own))), loc)

    def _counter(self) -> str:
        name = self.fresh("l")
        self.env[name] = types.types.int64
        return name

    def _of_thread(self, expr):
        """The element of a tape that is the thread's."""
        match expr:
            case ir.Index(ir.Name(name), index) if name in self.tapes:
                missing = len(self.tapes[name].lengths) - len(index)
                return replace(expr, index=(*index, *(ir.Slice(),) * missing, self.thread))
        return expr

    def _unless_full(self, stmt: ir.Assign) -> ir.If:
        _, top, count = stmt.value.args
        needed = ir.Op("+", (top, count))
        return ir.If(ir.Op(">", (needed, length_of(stmt.target, 0))), self._stopped(stmt.loc), (), stmt.loc)

    def _stopped(self, loc) -> tuple:
        if self.full is None:
            self.full = self.fresh("full")
        return ir.Store(ir.Index(ir.Name(self.full), (ZERO,)), ONE, loc), ir.Return(None, loc)

    def _on_host(self, expr):
        """`expr` in terms of parameters, for the launch to compute; None where it is a thread's own."""
        match expr:
            case ir.Name(name) if name in self.uniform:
                return expr
            case ir.Name(name):
                return self._on_host(self.values[name]) if name in self.values else None
            case ir.Index(ir.Attr(ir.Name(name), "shape"), (ir.Const(),)) if expr in self.values:
                return self._on_host(self.values[expr])
            case ir.Index(ir.Attr(ir.Name(name), "shape"), (ir.Const(),)) | ir.Attr(ir.Name(name), "size"):
                return expr if name in self.uniform else None
            case ir.Index() | ir.Attr():
                return None
        parts = [self._on_host(e) for e in ir.children(expr)]
        rest = iter(parts)
        return None if None in parts else ir.map_children(lambda _: next(rest), expr)


def _grown(stmt) -> bool:
    return isinstance(stmt, ir.Assign) and isinstance(stmt.value, ir.Call) and stmt.value.func in GROWN


def _nest(inner, index: tuple, lengths: tuple, loc) -> tuple:
    for var, length in reversed(list(zip(index, lengths, strict=True))):
        inner = ir.For(var.id, ZERO, length, ONE, (inner,), loc=loc)
    return (inner,)
