"""An array function as kernels, and the function that launches them.

    h = np.empty((n, m))                        h = _empty((n, m), np.float64, stream)
    for i in range(n):                          _launch(f_line_4, (n, m), stream, (b, h, x))
        for j in range(m):
            h[i, j] = np.tanh(x[i, j] + b[j])
    y = np.dot(h, w)                            y = _matmul(h, False, w, False, stream)

Loops that threads can run become kernels, and numbers that depend on elements kernels of one thread. What is left is
the host's: lengths, loops and branches around kernels, arrays that are made.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from adtrans import ir, types
from adtrans.analyses.facts import Facts
from adtrans.analyses.liveness import mentioned
from adtrans.analyses.memory import OUTSIDE, READ
from adtrans.analyses.threads import Chunked, chunked
from adtrans.errors import UnsupportedError
from adtrans.names import fresh
from adtrans.targets.anew import facts_of, places
from adtrans.targets.kernels import Kernel, Naming, of_nest, of_numbers
from adtrans.targets.loops import line_of
from adtrans.targets.nest import nest
from adtrans.targets.numbers import hosted, is_of_numbers, numbers_of_gpu, on_host
from adtrans.targets.upfront import OF_LENGTHS

CPU = 'Use target="cpu", or write the loop so that its iterations are independent.'
STREAM, ON_HOST = ir.Name("stream"), ir.Name("on_host")


@dataclass(frozen=True)
class Hosted:
    """The `body` of the function that the host runs, and the `kernels` that it launches."""

    body: tuple
    kernels: tuple[Kernel, ...]


def host(block: tuple, env: types.Env, values: dict, name: str, taken: set[str]) -> Hosted:
    """The function `name`, whose body is `block`, on a GPU. `env` gets the types of new names; `taken` are the names of
    the module.

    Raises: UnsupportedError at the user's line, for loops that only one thread could run, and for what kernels lack.
    """
    known = facts_of(block, env, values)
    _require_unchanged_arguments(block, known)
    hows = dict(_hows(block, known))
    names = set(taken) | known.taken
    cells = numbers_of_gpu(block, lambda s: hows[id(s)][0].sums if id(s) in hows else None, env)
    naming = Naming(env, values, lambda base: fresh(base, names))
    made = _Host(known, hows, cells, naming, name)
    body = made.block(block)
    return Hosted((*made.allocations(), *body), tuple(made.kernels))


def _require_unchanged_arguments(block: tuple, known: Facts) -> None:
    """Raises: UnsupportedError for a store to an argument, of which the GPU may have a copy."""
    for stmt in ir.statements(block):
        accesses = () if ir.blocks(stmt) else known.memory.accesses((stmt,))
        for name in (a.name for a in accesses if a.kind != READ and known.memory.owner[a.name] == OUTSIDE):
            hint = f"Write to a copy: {name} = {name}.copy()."
            what = f"{name!r}, which may be memory of an argument, cannot be written to"
            raise UnsupportedError(f"with target='cuda' {what}", stmt.loc, hint)


def _hows(block: tuple, known: Facts):
    """The loops that threads run, by `id`: how, and what is known there."""
    for stmt, here in places(block, known):
        how = chunked(stmt, here) if isinstance(stmt, ir.For) else ""
        if isinstance(how, Chunked) and not how.extrema:
            yield id(stmt), (how, here)
        else:
            for inner in ir.blocks(stmt):
                yield from _hows(inner, here)


@dataclass
class _Host:
    """`pending`: statements of numbers that one thread is going to run; `used`: the numbers on the GPU that kernels
    exchange."""

    known: Facts
    hows: dict
    cells: frozenset
    naming: Naming
    name: str
    kernels: list = field(default_factory=list)
    pending: list = field(default_factory=list)
    used: dict = field(default_factory=dict)

    def allocations(self) -> list:
        """What makes room for the numbers that kernels exchange."""
        dtypes = ((cell, ir.DType(self.dtype(cell))) for cell in self.used)
        return [ir.Assign(cell, ir.Call("helper.empty", (ir.Tuple((ir.Const(1),)), t, STREAM))) for cell, t in dtypes]

    def block(self, block: tuple) -> tuple:
        out: list = []
        for stmt in block:
            out += self.statement(stmt)
        return (*out, *self.flushed())

    def statement(self, stmt) -> list:
        if id(stmt) in self.hows:
            return [*self.flushed(), self.nest(stmt)]
        if is_of_numbers(stmt, self.naming.env) and self.is_on_gpu(stmt):
            self.pending.append(stmt)
            return []
        waiting = frozenset().union(*map(_mentioned, self.pending))
        is_done = bool(ir.blocks(stmt)) or bool(waiting & mentioned(stmt)) or _is_array_statement(stmt)
        before = self.flushed() if is_done else []
        return [*before, *self.of_host(stmt)]

    def is_on_gpu(self, stmt) -> bool:
        """Whether a statement of numbers is for a thread of the GPU."""
        match stmt:
            case ir.Assign(name):
                return name in self.cells
            case ir.AugAssign(ir.Name(name)):
                return name in self.cells
            case ir.Unpack(targets):
                return bool({t.id for t in targets if isinstance(t, ir.Name)} & self.cells)
            case ir.If(test):
                inner = (s for b in ir.blocks(stmt) for s in b)
                return not on_host(test, self.cells) or all(map(self.is_on_gpu, inner))
        return True

    # -- kernels ---------------------------------------------------------------------------------------------------

    def nest(self, root: ir.For):
        """The launch of the kernel that a loop becomes."""
        how, here = self.hows[id(root)]
        return self.launch(of_nest(self.kernel_name(root), nest(root, how, here), self.cells, self.naming), root.loc)

    def flushed(self) -> list:
        """The launch of a kernel for the numbers that wait to be computed."""
        if not self.pending:
            return []
        group, self.pending = tuple(self.pending), []
        kept = self.known.after(group[-1]) & self.cells
        return [self.launch(of_numbers(self.kernel_name(group[0]), group, self.cells, kept, self.naming), group[0].loc)]

    def dtype(self, name: str) -> str:
        return types.dtype_name(types.dtype_of(self.naming.env[name]))

    def kernel_name(self, stmt) -> str:
        loc = line_of(stmt)
        return self.naming.fresh(f"{self.name}_line_{loc.line if loc else 0}")

    def launch(self, kernel: Kernel, loc):
        self.kernels.append(kernel)
        self.used |= dict.fromkeys(s for s in (*kernel.given, *kernel.sums) if s in self.cells)
        tapes = tuple(ir.Tuple((ir.Tuple((*tape.lengths,)), ir.DType(tape.dtype))) for tape in kernel.tapes)
        sums = tuple(ir.Tuple((ir.Name(s), ir.Name(f"_add_up_{self.dtype(s)}"))) for s in kernel.sums)
        keywords = [("sums", ir.Tuple(sums))] if sums else []
        keywords += [("tapes", ir.Tuple(tapes))] if tapes else []
        args = (ir.Name(kernel.name), ir.Tuple(kernel.lengths), STREAM, ir.Tuple(tuple(map(ir.Name, kernel.given))))
        return ir.Effect(ir.Call("helper.launch", args, tuple(keywords)), loc)

    # -- the host --------------------------------------------------------------------------------------------------

    def of_host(self, stmt) -> list:
        match stmt:
            case ir.For() | ir.While() | ir.If():
                return self.control(stmt)
            case ir.Return(value):
                result = self.result(value)
                return [*self.flushed(), replace(stmt, value=result)]
            case ir.Alloc(target, shape, dtype, fill):
                call = ir.Call(f"helper.{fill}", (ir.Tuple(shape), ir.DType(dtype), STREAM))
                return [ir.Assign(target, call, stmt.loc)]
            case ir.Assign(target, value) if not types.is_array(self.naming.env.get(target)):
                return [replace(stmt, value=self.number(value, self.naming.env[target]))]
            case ir.AugAssign(ir.Name(target), op, value) if not types.is_array(self.naming.env.get(target)):
                return [ir.Assign(target, self.number(ir.Op(op, (ir.Name(target), value)), self.naming.env[target]))]
            case ir.Effect(ir.Call(func) as call) if func in OF_LENGTHS or func.startswith("raise "):
                if on_host(ir.Tuple(call.args), self.cells):
                    return [stmt]
            case ir.Effect(ir.Call("helper.within", (index, n))) if on_host(n, self.cells):
                return [replace(stmt, value=ir.Call("helper.within", (index, n, STREAM)))]
            case ir.Rebind() | ir.View():
                return [replace(stmt, value=_host_view(stmt.value)) if isinstance(stmt, ir.View) else stmt]
            case ir.Unpack(_, ir.Tuple(items)) if all(isinstance(i, ir.Name) for i in items):
                return [stmt]
        return self.of_arrays(stmt)

    def of_arrays(self, stmt) -> list:
        """What is done to whole arrays."""
        match stmt:
            case ir.Assign(_, ir.Call("np.copy", (ir.Name() as source,))):
                return [replace(stmt, value=ir.Call("helper.copied", (source, STREAM)))]
            case ir.Assign(_, ir.Name()):
                return [stmt]
            case ir.Assign(target, ir.Call("np.dot", (a, b))):
                return [replace(stmt, value=self.product(target, a, b, ()))]
            case ir.AugAssign(ir.Name(name) as target, "+", ir.Call("np.dot", (a, b))):
                return [ir.Effect(self.product(name, a, b, (("add_to", target),)), stmt.loc)]
            case ir.AugAssign((ir.Name() | ir.Index()) as place, "+", ir.Name(name) as source) if self.is_array(name):
                return [ir.Effect(ir.Call("helper.plus", (place, source, STREAM)), stmt.loc)]
            case ir.Store(ir.Index() as place, ir.Name() as source):
                return [ir.Effect(ir.Call("helper.put", (place, source, STREAM)), stmt.loc)]
        what = getattr(getattr(stmt, "value", None), "func", None) or type(stmt).__name__
        label = str(what).removeprefix("helper.").removeprefix("call.").removeprefix("raise ")
        raise UnsupportedError(f"{label} is not supported with target='cuda'", line_of(stmt), 'Use target="cpu".')

    def is_array(self, name: str) -> bool:
        return types.is_array(self.naming.env.get(name))

    def product(self, target: str, a, b, keywords: tuple) -> ir.Call:
        return ir.Call(f"helper.matmul_{self.dtype(target)}", (*_factor(a), *_factor(b), STREAM), keywords)

    def number(self, value, t):
        """A number that the host computes, as NumPy's of its type where it is floating-point."""
        value = hosted(value, self.naming.env)
        is_typed = isinstance(value, ir.Op) or (isinstance(value, ir.Name) and self.naming.env[value.id] == t)
        if not types.is_float(t) or (is_typed and types.type_of(value, self.naming.env) == t):
            return value
        return ir.Call(f"np.{types.dtype_name(t)}", (value,))

    def control(self, stmt) -> list:
        """A loop or a branch of the host's, around kernels."""
        if isinstance(stmt, (ir.For, ir.While)):
            self.check(stmt)
        if isinstance(stmt, ir.For):
            return [replace(stmt, body=self.block(stmt.body))]
        test, before = stmt.test, ()
        if not on_host(test, self.cells):
            test, before = self.copied(stmt)
        if isinstance(stmt, ir.If):
            return [*before, replace(stmt, test=test, body=self.block(stmt.body), orelse=self.block(stmt.orelse))]
        return [*before, replace(stmt, test=test, body=(*self.block(stmt.body), *before))]

    def copied(self, stmt) -> tuple:
        """A test that the GPU computes: how the host asks for it, and the launch that comes before."""
        flag = self.naming.new("holds", types.types.boolean)
        made = ir.Assign(flag, stmt.test, stmt.loc)
        self.cells |= {flag}
        kernel = of_numbers(self.kernel_name(stmt), (made,), self.cells, frozenset({flag}), self.naming)
        return ir.Call("helper.number", (ir.Name(flag), STREAM)), (self.launch(kernel, stmt.loc),)

    def check(self, loop) -> None:
        """Raises: UnsupportedError for a loop that is none of the host's."""
        bounds = (loop.start, loop.stop, loop.step) if isinstance(loop, ir.For) else ()
        why = ""
        if not all(on_host(e, self.cells) for e in bounds):
            why = "how often it runs depends on elements of arrays"
        elif loop.exit in self.cells:
            why = "when it ends depends on elements of arrays"
        elif not self.has_kernels(loop) and any(map(self.is_of_gpu, ir.statements(loop.body))):
            why = self.why(loop)
        if why:
            raise UnsupportedError(f"with target='cuda' one thread would run this loop: {why}", line_of(loop), CPU)

    def has_kernels(self, loop) -> bool:
        return any(id(s) in self.hows or _is_array_statement(s) for s in ir.statements(loop.body))

    def is_of_gpu(self, stmt) -> bool:
        return is_of_numbers(stmt, self.naming.env) and not ir.blocks(stmt) and self.is_on_gpu(stmt)

    def why(self, loop) -> str:
        found = chunked(loop, self.known) if isinstance(loop, ir.For) else "it is a while loop"
        return found if isinstance(found, str) else "it looks for an extremum"

    # -- results ---------------------------------------------------------------------------------------------------

    def result(self, value):
        """What the function returns, copied to the host where its arguments are from there."""
        if isinstance(value, ir.Tuple):
            return replace(value, items=tuple(map(self.result, value.items)))
        if isinstance(value, ir.Name) and types.is_array(self.naming.env.get(value.id)):
            return ir.Call("helper.array_result", (value, ON_HOST, STREAM))
        if on_host(value, self.cells):
            return self.number(value, types.type_of(value, self.naming.env))
        if not (isinstance(value, ir.Name) and value.id in self.used):
            name = self.naming.new("result", types.type_of(value, self.naming.env))
            self.cells |= {name}
            made = ir.Assign(name, value)
            self.known.live.after[id(made)] = self.cells
            self.pending.append(made)
            value = ir.Name(name)
        return ir.Call("helper.number_result", (value, ON_HOST, STREAM))


def _mentioned(stmt) -> frozenset:
    return frozenset().union(*(mentioned(s) for s in ir.statements((stmt,))))


def _is_array_statement(stmt) -> bool:
    """Whether `stmt` does something with whole arrays that takes more than the host."""
    match stmt:
        case ir.Assign(_, ir.Call("np.dot" | "np.copy")) | ir.AugAssign(ir.Name(), _, ir.Call("np.dot")):
            return True
        case ir.Alloc() | ir.Return() | ir.Rebind() | ir.Unpack() | ir.View():
            return True
    return False


def _factor(view) -> tuple:
    """A factor of a matrix product: the array, and whether it is transposed."""
    match view:
        case ir.Call("np.transpose", (inner,)):
            inner, transposed = _factor(inner)
            return inner, ir.Const(not transposed.value)
    return _host_view(view), ir.Const(False)


def _host_view(view):
    match view:
        case ir.Call("np.transpose", (inner,)):
            return ir.Call("helper.transposed", (_host_view(inner),))
    return ir.map_children(_host_view, view) if isinstance(view, ir.Call) else view
