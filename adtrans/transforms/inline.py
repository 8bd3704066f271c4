"""The bodies of a user's functions in place of their calls, with what is known before the program runs put in."""

from __future__ import annotations

from dataclasses import replace

from adtrans import ir, types
from adtrans.analyses.sharing import writes_outside
from adtrans.callees import Callee, callee_name, callee_of
from adtrans.errors import Loc, SourceError, UnsupportedError
from adtrans.modes import is_derivative
from adtrans.names import RESERVED, assigned_in, fresh, used
from adtrans.parse import parse, plain
from adtrans.parse.calls import call_object
from adtrans.transforms.base_case import BaseCase, base_case
from adtrans.transforms.binding import bind, is_atom, paste
from adtrans.transforms.called import called, called_with, require_closed, require_values, signature
from adtrans.transforms.folding import folded
from adtrans.transforms.hoisting import Hoisted, Hoisting, evaluated, hoisted, with_evaluated
from adtrans.transforms.iteration import iteration
from adtrans.transforms.jumps import jumps
from adtrans.transforms.knowledge import Knowledge

_LIBRARIES = ("numba", "scipy")  # lines of theirs tell users nothing
MOST, DEEPEST = 200, 30  # calls of functions inside of themselves: of all, and inside of each other


def inline(
    function: ir.Function, argtypes: tuple | None = None, written: dict[str, ir.Function] | None = None
) -> ir.Function:
    """`function` without calls of users' functions, function values, `ForEach` and `Walrus`; its jumps are gone as
    well (`jumps`). `argtypes`, if given, are the types of its parameters.

    Locals of a helper `h` are called `h_x`. Arrays are passed by reference, as Python does; what was evaluated
    before a call that writes to an array still is. Branches that a constant test rules out are left out. A function
    that calls itself stays a call, unless constants end that soon; where that is `function`, all of it is one call.
    So does a derivative that is not in `written`, the functions that derivatives are for the types of their arguments.

    Raises: UnsupportedError where a function inside of another calls itself, and where the result of a helper that
    returns none is used; ArgumentError at a call whose arguments do not fit.
    """
    _check_parameters(function)
    return _inlined(function, argtypes or (), {}, frozenset(), written=written or {})


def inline_called(callee: Callee, argtypes: tuple) -> ir.Function:
    """The function that stays a call for arguments of types `argtypes`: its body as `inline` leaves it, in which the
    calls of itself stay calls. One that a loop calls again and again is its body once: that saves most calls."""
    function = replace(callee.function, params=callee.params, keyword_only=(), star=None)
    identity = _identity(function)
    made = _inlined(function, argtypes, dict(callee.known), frozenset({identity}))
    if not _calls_itself_in_one_loop(made, identity):
        return made
    return _inlined(function, argtypes, dict(callee.known), frozenset({identity}), identity)


def _calls_itself_in_one_loop(function: ir.Function, identity: tuple) -> bool:
    """Whether the function, which has been inlined, has one call of itself, and that in a loop."""
    loops = [s for s in ir.statements(function.body) if isinstance(s, (ir.For, ir.While))]
    return _own_calls(function.body, identity) == max((_own_calls(s.body, identity) for s in loops), default=0) == 1


def _own_calls(block: tuple, identity: tuple) -> int:
    found = (e for s in ir.statements(block) for x in ir.expressions(s) for e in ir.walk(x) if isinstance(e, ir.Call))
    called = (callee_of(call.func) for call in found)
    return sum(isinstance(c, Callee) and _identity(c.function) == identity for c in called)


def _check_parameters(function: ir.Function) -> None:
    hiding = sorted(RESERVED.intersection(function.params))
    if hiding:
        loc = Loc(function.file, function.line, 1, function.line, 1)
        raise UnsupportedError(
            f"the parameter {hiding[0]} hides a name that generated code uses", loc, "Give it another name."
        )


def _inlined(
    function: ir.Function,
    argtypes: tuple,
    known: dict,
    staying: frozenset,
    unfolded: tuple | None = None,
    written: dict | None = None,
) -> ir.Function:
    """`function` inlined; `known` is what parameters stand for that are none any more, `staying` the identities of the
    functions whose calls stay, but for those of the function `unfolded` in its own body; `written` as in `inline`."""
    while True:
        try:
            return _Inliner(function, argtypes, known, staying, unfolded, written or {}).run()
        except _Recursion as found:
            if found.identity == _identity(function):
                return _one_call(function, argtypes)
            staying |= {found.identity}


def _one_call(function: ir.Function, argtypes: tuple) -> ir.Function:
    """`function` as a call of itself."""
    types_of = dict(zip(function.params, argtypes, strict=False))
    known = tuple((p, ir.Const(None)) for p in function.params if types_of.get(p) == types.types.none)
    callee = called(jumps(function), known)
    place = Loc(function.file, function.line, 1, function.line, 1)
    value = ir.Call(callee_name(callee), tuple(ir.Name(p, place) for p in callee.params), (), place)
    return replace(function, body=(ir.Return(value, place),), constants={})


class _Recursion(Exception):
    """The function of this identity calls itself, and nothing tells before the run that it ends soon."""

    def __init__(self, identity: tuple):
        super().__init__()
        self.identity = identity


class _Inliner(Hoisting):
    """One function's calls replaced; `callers` are the calls being inlined, `parsed` the functions seen."""

    def __init__(
        self,
        function: ir.Function,
        argtypes: tuple,
        known: dict,
        staying: frozenset,
        unfolded: tuple | None,
        written: dict[str, ir.Function],
    ):
        self.function = jumps(function)
        self.staying, self.unfolded, self.written = staying, unfolded, written
        self.taken = used(self.function)
        self.constants = dict(function.constants)
        env = dict(zip(function.params, argtypes, strict=False))
        missing = {name: ir.Const(None) for name, t in env.items() if t == types.types.none}
        self.known = Knowledge(missing | known, env)
        self.callers: list = [(_identity(function), (), function.name)]
        self.parsed: dict = {}
        self.repeated = 0

    def run(self) -> ir.Function:
        return replace(self.function, body=self.block(self.function.body), constants=self.constants)

    # -- statements --------------------------------------------------------------------------------------------

    def block(self, block: tuple) -> tuple:
        return tuple(new for stmt in block for new in self._statement(stmt))

    def _statement(self, stmt) -> tuple:
        match stmt:
            case ir.If():
                new = self._if(stmt)
            case ir.For() | ir.While():
                new = self._loop(stmt)
            case ir.ForEach():
                new = self._each(stmt)
            case _:
                new = self._simple(stmt)
        first, *rest = new or (None,)
        return (replace(first, comments=stmt.comments + first.comments), *rest) if first else ()

    def _simple(self, stmt) -> tuple:
        stmt = replace(self._known(stmt), comments=())
        if isinstance(stmt, ir.Store) and not isinstance(stmt.target, ir.Index):
            raise UnsupportedError("the items of a tuple cannot be assigned", stmt.loc, "Use an array.")
        if isinstance(stmt, ir.Effect) and isinstance(stmt.value, (ir.UserCall, ir.Apply)):
            return self._call(stmt.value, for_effect=True).before
        *before, stmt = self._rewritten(stmt)
        if isinstance(stmt, ir.Assign) and self.known.assign(stmt.target, stmt.value):
            return tuple(before)
        if not isinstance(stmt, ir.Assign):
            self.known.change(stmt)
        return (*before, stmt)

    def _known(self, stmt):
        """`stmt` with what is known put into its expressions."""
        if isinstance(stmt, ir.AugAssign) and isinstance(stmt.target, ir.Name):
            self.known.require_variable(stmt.target)
            return replace(stmt, value=self.known.put_into(stmt.value))
        if isinstance(stmt, ir.Unpack):
            return replace(stmt, value=self.known.put_into(stmt.value))
        return ir.map_expressions(self.known.put_into, stmt)

    def _if(self, stmt: ir.If) -> tuple:
        taken = self.known.decided(stmt.test)
        if taken is not None:
            return self.block(stmt.body if taken else stmt.orelse)
        before, test = hoisted(self._hoist(self.known.put_into(stmt.test)))
        start = self.known.copy()
        body = self.block(stmt.body)
        after, self.known = self.known, start
        orelse = self.block(stmt.orelse)
        self.known.join(after)
        if body == orelse:  # but the test must have a truth value
            name = fresh("test", self.taken)
            return (*before, ir.Assign(name, ir.Op("not", (test,), test.loc), stmt.loc), *body)
        return (*before, replace(stmt, test=test, body=body, orelse=orelse, comments=()))

    def _each(self, stmt: ir.ForEach) -> tuple:
        before, items = hoisted(self._hoist(self.known.put_into(stmt.items)))
        stmt = replace(stmt, items=items, comments=())
        return (*before, *self.block(iteration(stmt, self.taken, self.known.items)))

    def _loop(self, stmt) -> tuple:
        """A loop; what its body assigns is not known in it before, nor after it."""
        if isinstance(stmt, ir.For):
            stmt = self._known(stmt)
        entry, changed = self.known.copy(), assigned_in((stmt,))
        self.known.forget(changed)
        while True:
            head = self.known.copy()
            if isinstance(stmt, ir.While) and self.known.decided(stmt.test) is False:
                self.known = entry
                return ()
            new = self._iterated(stmt)
            self.known.join(head)
            if self.known.mixed() == head.mixed():
                return new
            # A function or None that the body assigns is there at the start of the next iteration.
            self.known = head.with_mixed(self.known.mixed())

    def _iterated(self, stmt) -> tuple:
        before, stmt = self._header(self._known(stmt) if isinstance(stmt, ir.While) else stmt)
        if isinstance(stmt, ir.For):
            self.known.count(stmt)
        return (*before, replace(stmt, body=self.block(stmt.body), comments=()))

    def _header(self, stmt) -> tuple:
        """The statements to run before the loop, and the loop without calls in what its header evaluates."""
        if isinstance(stmt, ir.For):
            before, values = hoisted(self._all(evaluated(stmt)))
            return before, with_evaluated(stmt, values)
        before, test = hoisted(self._hoist(stmt.test))
        if not before:
            return (), replace(stmt, test=test)
        again: tuple = before
        if stmt.exit:
            stay = ir.Op("not", (ir.Name(stmt.exit, stmt.loc),), stmt.loc)
            again = (ir.If(stay, again, (), stmt.loc),)
        return before, replace(stmt, test=test, body=(*stmt.body, *again))

    # -- calls -------------------------------------------------------------------------------------------------

    def _call(self, call, for_effect: bool = False) -> Hoisted:
        """The call of a user's function or of a function value; or what is left of that of a library function."""
        values = self._all((_called(call), *call.args, *(value for _, value in call.keywords)))
        function, *args = values.expr
        if not isinstance(function, ir.FunctionValue):
            raise UnsupportedError(
                f"{call.label} is not known to be one function here", call.loc, "Call a function by its own name."
            )
        positional = self._spread(args[: len(call.args)])
        keywords = tuple(zip((k for k, _ in call.keywords), args[len(call.args) :], strict=True))
        keywords = tuple((dict(function.keywords) | dict(keywords)).items())
        positional = (*function.args, *positional)
        if not isinstance(function.target, ir.Function):
            found = call_object(function.target, function.label, positional, keywords, call.loc)
            if not isinstance(found, ir.UserCall):
                return replace(values, expr=folded(found))
        callee = self._callee(function, call)
        defaults = callee.defaults | dict(function.defaults)
        label = call.label if isinstance(call, ir.Apply) else call.name
        bound = bind(callee, label, positional, dict(keywords), call.loc, defaults)
        if is_derivative(function.target):
            before, result, writes = self._derived(function.target, callee, bound, call)
        else:
            before, result, writes = self._returned(callee, bound, call)
        if result is None and not for_effect:
            raise UnsupportedError(f"{function.label} returns nothing", call.loc, "Call it on a line of its own.")
        return Hoisted((*values.before, *before), result, values.writes or writes)

    def _spread(self, args: list) -> tuple:
        """`args` with the items of a starred tuple in its place."""
        out: list = []
        for arg in args:
            items = self.known.items(arg.value) if isinstance(arg, ir.Star) else (arg,)
            if items is None:
                hint = "Write out each argument."
                raise UnsupportedError("only a tuple of known length can be starred", arg.loc, hint)
            out += items
        return tuple(out)

    def _callee(self, function: ir.FunctionValue, call) -> ir.Function:
        """The function that is called, its jumps gone."""
        target = function.target
        if isinstance(target, ir.Function):
            return jumps(target)
        if is_derivative(target):
            return signature(target)
        fn = plain(target)
        if fn not in self.parsed:
            try:
                self.parsed[fn] = jumps(parse(fn))
            except SourceError as error:
                raise UnsupportedError(error.message, call.loc, error.hint) from error
            except UnsupportedError as error:
                if fn.__module__.partition(".")[0] not in _LIBRARIES:
                    raise
                message = f"{function.label} is not supported: in it, {error.message}"
                raise UnsupportedError(message, call.loc, "Write it out, or give it a vjp_rule.") from error
        return self.parsed[fn]

    def _stays(self, identity: tuple) -> bool:
        depth = sum(caller == identity for caller, _, _ in self.callers)
        return identity in self.staying and (identity != self.unfolded or depth > 1)

    def _returned(self, callee: ir.Function, bound: dict, call) -> tuple:
        """The statements of the call, its result, and whether they may write to an array that is not theirs."""
        if not self._stays(_identity(callee)):
            return self._pasted(callee, bound, call)
        short = base_case(callee) if _identity(callee) == self.callers[0][0] else None
        known = self.known.copy()
        found = self._unless_it_ends(short, callee, bound, call) if short else None
        if found is None:
            self.known = known
        return found or self._staying(called_with(callee, bound), bound, call)

    def _unless_it_ends(self, short: BaseCase, callee: ir.Function, bound: dict, call) -> tuple | None:
        """As `_pasted`, for a call that stays one but where its base case can be decided before, of numbers alone."""
        locals_ = {p: fresh(f"{callee.name}_{p}", self.taken) for p, value in bound.items() if not is_atom(value)}
        before = self.block(tuple(ir.Assign(name, bound[p], call.loc) for p, name in locals_.items()))
        bound = bound | {p: ir.Name(name) for p, name in locals_.items()}
        pasted = paste(short.function, bound, self.taken, self.constants, call.loc)
        *first, choice = pasted.body
        before, test = (*before, *self.block(tuple(first))), self.known.put_into(choice.test)
        leaf = self.block(ir.blocks(choice)[not short.is_body])
        if not all(self.known.is_number(s.target) for s in (*before[len(locals_) :], *leaf)):
            return None
        stay, result, _ = self._staying(called_with(callee, bound), bound, call)
        self.known.forget(assigned_in(leaf))
        stay = (*stay, ir.Assign(pasted.result.id, result, call.loc))
        blocks = (leaf, stay) if short.is_body else (stay, leaf)
        return (*before, ir.If(test, *blocks, call.loc)), pasted.result, True

    def _derived(self, derivative, callee: ir.Function, bound: dict, call) -> tuple:
        """As `_pasted`, for the call of a derivative, which stays one until the types of its arguments are known."""
        require_values(bound, call.loc)
        made = replace(called_with(callee, bound), derivative=derivative, loc=call.loc)
        if callee_name(made) not in self.written:
            return self._staying(made, bound, call)
        function = self.written[callee_name(made)]
        bound = dict(zip(function.params, bound.values(), strict=True))
        body, result, writes = self._pasted(function, bound, call)
        return tuple(ir.at_line(stmt, call.loc) for stmt in body), result, writes

    def _staying(self, made: Callee, bound: dict, call) -> tuple:
        """As `_pasted`, for a call that stays one."""
        callee = made.function
        require_closed(made.known, call.loc)
        value = ir.Call(callee_name(made), tuple(bound[p] for p in made.params), (), call.loc)
        if callee.body[-1].value is None:
            return (ir.Effect(value, call.loc),), None, True
        name = fresh(f"{callee.name}_result", self.taken)
        return (ir.Assign(name, value, call.loc),), ir.Name(name, call.loc), True

    def _pasted(self, callee: ir.Function, bound: dict, call) -> tuple:
        """The statements of the call, its result, and whether they may write to an array that is not theirs."""
        self._enter(callee, bound, call)
        outside = set(self.taken)
        pasted = paste(callee, bound, self.taken, self.constants, call.loc)
        body = self.block(pasted.body)
        if pasted.result is None:
            before, result = (), None
        else:
            before, result = hoisted(self._hoist(self.known.put_into(pasted.result)))
        self.callers.pop()
        body = (*body, *before)
        return body, result, writes_outside(body, outside)

    def _enter(self, callee: ir.Function, bound: dict, call):
        """Notes the call. A function may call itself with other constants, so that its inlining can come to an end."""
        identity = _identity(callee)
        values = {param: self.known.constant(value) for param, value in bound.items()}
        constants = tuple((p, v.value) for p, v in values.items() if isinstance(v, ir.Const))
        constants += tuple((p, len(v.items)) for p, v in values.items() if isinstance(v, ir.Tuple))
        active = [known for caller, known, _ in self.callers if caller == identity]
        self.repeated += bool(active)
        endless = not constants or constants in active or self.repeated > MOST or len(self.callers) > DEEPEST
        if active and endless and identity != self.unfolded:
            if callee.prefix:
                raise UnsupportedError(
                    f"{callee.name} calls itself, a function inside of another",
                    call.loc,
                    "Define it outside, with what it needs as parameters.",
                )
            raise _Recursion(identity)
        self.callers.append((identity, constants, callee.name))


def _called(call) -> object:
    """The function that is called, as a value."""
    return call.fn if isinstance(call, ir.Apply) else ir.FunctionValue(call.fn, call.name, kept=True, loc=call.loc)


def _identity(function: ir.Function) -> tuple:
    return function.file, function.line, function.source
