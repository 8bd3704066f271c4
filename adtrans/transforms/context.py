"""What `scalarise` knows while it walks a function: types, shapes, fresh names and the block being written."""

from __future__ import annotations

from collections import Counter
from contextlib import contextmanager
from dataclasses import dataclass, field

from adtrans import ir, types
from adtrans.analyses.affine import affine
from adtrans.analyses.called import changed_by_calls
from adtrans.analyses.liveness import Liveness, definitions, live_in
from adtrans.analyses.sharing import root, viewed
from adtrans.errors import Loc, UnsupportedError
from adtrans.names import fresh


@dataclass
class Context:
    env: types.Env
    definitions: Counter  # of each name, over the whole function
    stored: set[str]  # arrays with an element written
    taken: set[str]
    dims: dict[str, tuple] = field(default_factory=dict)  # array name -> its lengths
    roots: dict[str, str] = field(default_factory=dict)  # array name -> the array that owns its memory
    tuples: dict[str, tuple] = field(default_factory=dict)  # name of a call's results -> their own names
    values: dict = field(default_factory=dict)  # names and lengths that never change -> definition
    broadcasts: list[dict] = field(default_factory=lambda: [{}])  # a scope for each open block
    settled: list[set] = field(
        default_factory=lambda: [set()]
    )  # for each open block the names it defined, not in loops
    loops: int = 0  # how many of the open blocks are loops
    out: list = field(default_factory=list)
    parameters: frozenset = frozenset()
    name: str = ""
    place: object = None  # where the function is defined
    constants: frozenset = frozenset()  # arrays from outside of the function
    varying: frozenset = frozenset()  # array names whose shape is known to change
    alias_class: dict[str, frozenset] = field(default_factory=dict)  # names that may come to share memory
    made: set[str] = field(default_factory=set)  # names that every definition gives a new array, viewed by no other
    unnamed: set[str] = field(default_factory=set)  # those to which nothing has given another name yet
    in_pullback: bool = False
    loc: object = None

    def fresh(self, base: str) -> str:
        name = fresh(base, self.taken)
        self.taken.add(name)
        return name

    def emit(self, stmt) -> None:
        self.out.append(stmt)
        if not self.loops and not isinstance(stmt, ir.For):
            self.settled[-1].update(definitions(stmt))

    @contextmanager
    def block(self, is_loop: bool = False):
        """A new block; what is emitted inside goes to the list that it yields."""
        outer, self.out = self.out, []
        self.broadcasts.append({})
        self.settled.append(set())
        self.loops += is_loop
        try:
            yield self.out
        finally:
            self.loops -= is_loop
            self.settled.pop()
            self.broadcasts.pop()
            self.out = outer

    def is_array(self, expr) -> bool:
        return types.is_array(types.type_of(expr, self.env))

    def scalar(self, base: str, value, t=None) -> ir.Name:
        """A fresh name for `value`, assigned here and never again."""
        name = self.fresh(base)
        self.env[name] = t or types.type_of(value, self.env)
        self.definitions[name] += 1
        if types.dtype_name(self.env[name]) == "int64" and self.is_stable(value):
            self.values[name] = value
        self.emit(ir.Assign(name, value, self.loc))
        return ir.Name(name, self.loc)

    def is_stable(self, expr) -> bool:
        """Whether `expr` has one value for as long as the statement's block runs."""
        match expr:
            case ir.Name(name):
                return self.definitions[name] <= 1
            case ir.Attr(ir.Name(name), "shape" | "size"):
                return self.definitions[name] <= 1 or name not in self.varying
            case ir.Index(base) if not isinstance(base, ir.Attr):
                return False
        return all(map(self.is_stable, ir.children(expr)))

    def lasting(self, expr):
        """The length `expr`, which is stable, by names that keep their values wherever blocks that are open now go on,
        or None: names of an iteration or of a branch that is over say nothing about the next."""
        match expr:
            case ir.Name(name) | ir.Index(ir.Attr(ir.Name(name))) | ir.Attr(ir.Name(name)):
                if name in self.parameters or any(name in names for names in self.settled):
                    return expr
                key = name if isinstance(expr, ir.Name) else expr
                return self.lasting(self.values[key]) if key in self.values else None
            case ir.Call(func) if func.startswith("helper."):
                return None  # it may raise, so it belongs where the program has it
        found = {child: self.lasting(child) for child in ir.children(expr)}
        return None if None in found.values() else ir.map_children(found.get, expr)

    def stable(self, expr, base: str = "n"):
        """`expr`, or a fresh name for it where its value may change."""
        return expr if self.is_stable(expr) else self.scalar(base, expr)

    def same(self, a, b) -> bool:
        """Whether two lengths are known to be equal."""
        return affine(a, self.values) == affine(b, self.values)

    def known_broadcast(self, key):
        return next((scope[key] for scope in reversed(self.broadcasts) if key in scope), None)

    def declare_result(self, label: str, t) -> str:
        """A fresh name for a result, of type `t`, of the call of a function."""
        name = self.fresh(f"{label}_result")
        self.definitions[name] += 1
        self.env[name] = t
        if types.is_array(t):
            self.roots[name] = name
        return name

    def declare(self, name: str, dtype, dims: tuple, layout: str = "C") -> None:
        """Registers an array made here."""
        self.env[name] = types.array_type(types.dtype_of(dtype), len(dims), layout)
        self.roots[name] = name
        self.set_dims(name, dims)

    def set_dims(self, name: str, dims: tuple) -> None:
        """Makes known the lengths of `name`, which do not change."""
        self.dims[name] = dims
        for axis, dim in enumerate(dims):
            length = length_of(name, axis)
            if dim != length:
                self.values[length] = dim

    def dims_of(self, name: str) -> tuple:
        if name not in self.dims:
            return tuple(length_of(name, axis) for axis in range(types.ndim_of(self.env[name])))
        return self.dims[name]

    def rename(self, old: str, new: str) -> None:
        """Calls the array `old`, which was made here, `new`."""
        names = {old: new}
        self.env[new] = self.env.pop(old)
        self.roots = {names.get(n, n): names.get(root, root) for n, root in self.roots.items()}
        self.dims = {names.get(n, n): tuple(ir.rename(d, names) for d in dims) for n, dims in self.dims.items()}
        keys = ((names.get(key, key) if isinstance(key, str) else ir.rename(key, names), key) for key in self.values)
        self.values = {renamed: ir.rename(self.values[key], names) for renamed, key in keys}
        self.tuples = {n: tuple(ir.rename(item, names) for item in items) for n, items in self.tuples.items()}
        self.settled = [{names.get(n, n) for n in block} for block in self.settled]
        self.unnamed.discard(old)

    def aliases(self, name: str) -> frozenset:
        """The names that may come to share memory with `name`, itself among them."""
        return self.alias_class.get(name, frozenset({name}))

    def root(self, name: str) -> str:
        return self.roots.get(name, name)


def length_of(name: str, axis: int):
    """The expression `name.shape[axis]`."""
    return ir.Index(ir.Attr(ir.Name(name), "shape"), (ir.Const(axis),))


def context_for(function: ir.Function, env: types.Env, live: Liveness, varying: frozenset) -> Context:
    """The knowledge about `function` to start from."""
    outside = set(function.params) | set(function.constants)
    ctx = Context(env, Counter(outside), set(), outside | set(env), parameters=frozenset(outside), varying=varying)
    ctx.place = Loc(function.file, function.line, 1, function.line, 1)
    ctx.name, ctx.constants = function.name, frozenset(function.constants)
    for stmt in ir.statements(function.body):
        target = stored_array(stmt, env)
        ctx.stored |= ({target} if target else set()) | changed_by_calls(stmt, env)
        if target is None or isinstance(stmt.target, ir.Index):  # an array's `a += b` is no definition
            ctx.definitions.update(definitions(stmt))
        for expr in ir.expressions(stmt):
            ctx.taken |= ir.names(expr)
    for name in (*_escaping(function.body, env), *_carried(function.body, live)):
        ctx.definitions[name] += 1
    ctx.made = new_arrays(function, env)
    ctx.alias_class = alias_classes(function, ctx, live)
    for stmt in ir.statements(function.body):
        match stmt:
            case ir.Assign(target, value) if ctx.definitions[target] == 1 and env[target] == types.types.int64:
                if ctx.is_stable(value):
                    ctx.values[target] = value
    return ctx


def stored_array(stmt, env: types.Env) -> str | None:
    """The array of which `stmt` itself writes elements."""
    name = root(stmt.target) if isinstance(stmt, (ir.Store, ir.AugAssign)) else None
    return name if types.is_array(env.get(name)) else None


def _escaping(block: tuple, env: types.Env) -> set[str]:
    """The arrays that are made in a loop or branch and used outside of it, or by a later iteration."""
    found: set[str] = set()
    for stmt in ir.statements(block):
        for inner in ir.blocks(stmt):
            made = {s.target for s in ir.statements(inner) if isinstance(s, ir.Assign)
                    and types.is_array(env.get(s.target))}  # fmt: skip
            inside = mentions(inner)
            total = mentions(block)
            found |= {name for name in made if total[name] > inside[name]}
            if isinstance(stmt, (ir.For, ir.While)):
                found |= made & live_in(inner)
    return found


def _carried(block: tuple, live: Liveness) -> set[str]:
    """The names that an iteration of a loop may read as the one before has left them."""
    found: set[str] = set()
    for stmt in ir.statements(block):
        if isinstance(stmt, (ir.For, ir.While)):
            inner = (s for s in ir.statements(stmt.body) if not isinstance(s, ir.AugAssign))
            found |= live.exposed[id(stmt), 0] & {d for s in inner for d in definitions(s)}
    return found


def mentions(block: tuple) -> Counter:
    """How often each name stands in `block`, defined, read or stored to."""
    count: Counter = Counter()
    for stmt in ir.statements(block):
        count.update(definitions(stmt))
        for expr in (*ir.expressions(stmt), *([stmt.target] if isinstance(stmt, ir.Store) else [])):
            count.update(e.id for e in ir.walk(expr) if isinstance(e, ir.Name))
    return count


def new_arrays(function: ir.Function, env: types.Env) -> set[str]:
    """The array names that only ever stand for arrays of their own, of which no other name views a part."""
    arrays = {n for n, t in env.items() if _has_memory(t)}
    shared: set[str] = set()
    for stmt in ir.statements(function.body):
        if isinstance(stmt, ir.Assign) and stmt.target in arrays and memory_of(stmt.value, env):
            shared.add(stmt.target)
            if not isinstance(stmt.value, ir.Name):
                shared.update(memory_of(stmt.value, env))
    return arrays - shared


def alias_classes(function: ir.Function, ctx: Context, live: Liveness) -> dict[str, frozenset]:
    """For each array name the names that assignments may make share its memory while both are in use."""
    classes: dict[str, frozenset] = {}
    for stmt in ir.statements(function.body):
        pairs = []
        if isinstance(stmt, ir.Assign) and _has_memory(ctx.env.get(stmt.target)):
            moved = moved_array(stmt, ctx, live)
            pairs = [(stmt.target, source) for source in memory_of(stmt.value, ctx.env) if source != moved]
        elif isinstance(stmt, ir.Unpack):
            pairs = [(t.id, v.id) for t, v in zip(stmt.targets, stmt.value.items, strict=True)]
        for a, b in pairs:
            both = classes.get(a, frozenset({a})) | classes.get(b, frozenset({b}))
            classes.update(dict.fromkeys(both, both))
    return classes


def moved_array(stmt: ir.Assign, ctx: Context, live: Liveness) -> str | None:
    """The name from which `stmt` takes over an array made in this function: it is not read again."""
    match stmt.value:
        case ir.Name(source) if source not in live.after[id(stmt)] and source not in ctx.parameters:
            if ctx.definitions[source] == 1 and source in ctx.made:
                return source
    return None


def memory_of(value, env: types.Env) -> set[str]:
    """The names of arrays that the value of an expression may share memory with."""

    def without_copies(expr):
        return ir.Const(None) if isinstance(expr, ir.Index) and types.has_index_arrays(expr, env) else expr

    found = viewed(ir.rewrite(without_copies, value))
    return {name for name in found if _has_memory(env.get(name))}


def _has_memory(t) -> bool:
    """Whether the type is that of an array, or of a tuple with arrays in it."""
    return types.is_array(t) or (isinstance(t, types.types.BaseTuple) and any(map(_has_memory, t)))


def require_unwritten(ctx: Context, target: str, sources: set) -> None:
    """Raises: UnsupportedError where elements are written of `target`, or of an array that it may be a view of."""
    if any(ctx.aliases(name) & ctx.stored for name in (target, *map(ctx.root, sources))):
        raise UnsupportedError(
            "this would be a second name for an array of which elements are written",
            ctx.loc,
            "Write a.copy() for an array of its own, or a[:] = b to write into the first.",
        )
