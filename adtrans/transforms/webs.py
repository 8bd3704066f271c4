"""One name for each web: the definitions of a variable that reach a common use, and those uses.

`h = X @ W; h = np.maximum(h, 0); h = h.sum()` becomes three names, each with one type; a loop-carried `s` stays one.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from adtrans import ir
from adtrans.errors import UnsupportedError
from adtrans.names import assigned, fresh, reads, used
from adtrans.transforms.unpacking import unpacking

_PARAMETER, _UNDEFINED = (), None  # instead of the path of a definition; `()` sorts before every path
_DELETED = ("del",)


def webs(function: ir.Function) -> ir.Function:
    """`function` with each web under a name of its own: `x` for the first one of `x`, then `x_1`, `x_2`...

    A store to an element and `x += ...` change the old value, they are no new definition; after `del` there is none.
    Expects `normalise`.

    Raises: UnsupportedError where a name is read that no path has assigned, or that one has deleted.
    """
    reaching = _Reaching(function)
    for (path, name), definitions in reaching.uses.items():
        if definitions == {_UNDEFINED} or _DELETED in definitions:
            raise UnsupportedError(
                f"{name} is read before it is assigned", _place(function.body, path, name), "Assign it first."
            )
    # Of `u, v = v, u` one name may have become another: that is no permutation any more.
    return unpacking(replace(function, body=_Renaming(function, reaching).block(function.body, ())))


class _Reaching:
    """The definitions that reach each use.

    A statement is known by its path: its position in the function, then for each level the number of the nested
    block and the position in it. A definition is a path and a name; so is a use, that of a loop's `exit` flag with
    "exit" at the end of the path.
    """

    def __init__(self, function: ir.Function):
        self.definitions = dict.fromkeys((_PARAMETER, name) for name in function.params)  # in source order
        self.uses: dict[tuple, frozenset] = {}  # (path, name) -> paths of the definitions
        entry = dict.fromkeys(used(function) - function.constants.keys(), frozenset([_UNDEFINED]))
        entry |= dict.fromkeys(function.params, frozenset([_PARAMETER]))
        self._block(function.body, (), entry)

    def _block(self, block: tuple, path: tuple, state: dict) -> dict:
        """What reaches the end of `block`, `state` being what reaches its start."""
        for position, stmt in enumerate(block):
            state = self._statement(stmt, (*path, position), state)
        return state

    def _statement(self, stmt, path: tuple, state: dict) -> dict:
        match stmt:
            case ir.If(_, body, orelse):
                self._use(stmt, path, reads(stmt), state)
                return _join(self._block(body, (*path, 0), state), self._block(orelse, (*path, 1), state))
            case ir.For() | ir.While():
                return self._loop(stmt, path, state)
        self._use(stmt, path, reads(stmt), state)
        return state if isinstance(stmt, ir.AugAssign) else state | self._define(stmt, path)

    def _define(self, stmt, path: tuple) -> dict:
        if isinstance(stmt, ir.Assign) and isinstance(stmt.value, ir.Unset):
            return {stmt.target: frozenset([_DELETED])}
        names = sorted(assigned(stmt))
        self.definitions |= dict.fromkeys((path, name) for name in names)
        return dict.fromkeys(names, frozenset([path]))

    def _loop(self, stmt, path: tuple, state: dict) -> dict:
        """Goes around until nothing new reaches the head."""
        tested = reads(stmt) - {stmt.exit}
        if isinstance(stmt, ir.For):
            self._use(stmt, path, tested, state)
        head, before = state, None
        while head != before:
            before = head
            if isinstance(stmt, ir.While):
                self._use(stmt, path, tested, head)
            end = self._block(stmt.body, (*path, 0), head | self._define(stmt, path))
            if stmt.exit:
                self._use(stmt, (*path, "exit"), {stmt.exit}, end)
            head = _join(head, end)
        endless = isinstance(stmt, ir.While) and isinstance(stmt.test, ir.Const) and stmt.test.value
        return end if endless else head

    def _use(self, stmt, path: tuple, names: Iterable[str], state: dict):
        for name in sorted(names & state.keys()):
            self.uses[path, name] = state[name]


def _join(a: dict, b: dict) -> dict:
    return {name: a[name] | b[name] for name in a}


def _place(block: tuple, path: tuple, name: str):
    """The location of the read of `name` in the statement at `path`."""
    stmt = block[path[0]]
    if len(path) > 2:
        return _place(ir.blocks(stmt)[path[1]], path[2:], name)
    found = (e.loc for x in ir.expressions(stmt) for e in ir.walk(x) if e == ir.Name(name))
    return next(found, None) or stmt.loc


class _Renaming:
    """The new name of each definition and use."""

    def __init__(self, function: ir.Function, reaching: _Reaching):
        self._parent = {definition: definition for definition in reaching.definitions}
        self._uses = {}
        for (path, name), paths in reaching.uses.items():
            first, *others = [(p, name) for p in paths if p is not _UNDEFINED]
            for other in others:
                self._parent[self._web(other)] = self._web(first)
            self._uses[path, name] = first
        self._names = self._name_webs(used(function))

    def _web(self, definition: tuple) -> tuple:
        while self._parent[definition] != definition:
            definition = self._parent[definition]
        return definition

    def _name(self, definition: tuple) -> str:
        return self._names[self._web(definition)]

    def _name_webs(self, taken: set[str]) -> dict:
        """Web to name, the first web of a variable keeping it."""
        named, seen = {}, set()
        for definition in self._parent:
            web, name = self._web(definition), definition[1]
            if web not in named:
                named[web] = fresh(name, taken) if name in seen else name
                seen.add(name)
        return named

    def block(self, block: tuple, path: tuple) -> tuple:
        return tuple(
            self._statement(stmt, (*path, position))
            for position, stmt in enumerate(block)
            if not (isinstance(stmt, ir.Assign) and isinstance(stmt.value, ir.Unset))
        )

    def _statement(self, stmt, path: tuple):
        read = {name: self._name(self._uses[path, name]) for name in reads(stmt) if (path, name) in self._uses}
        written = {name: self._name((path, name)) for name in assigned(stmt) if (path, name) in self._parent}
        nested = (self.block(inner, (*path, k)) for k, inner in enumerate(ir.blocks(stmt)))
        new = ir.with_blocks(ir.map_expressions(lambda e: ir.rename(e, read), stmt), *nested)
        match stmt:
            case ir.Assign(name):
                return replace(new, target=written[name])
            case ir.Unpack(targets):
                return replace(new, targets=tuple(ir.rename(t, written) for t in targets))
            case ir.For(var):
                new = replace(new, var=written[var])
        if isinstance(stmt, (ir.For, ir.While)) and stmt.exit:
            return replace(new, exit=self._name(self._uses[(*path, "exit"), stmt.exit]))
        return new
