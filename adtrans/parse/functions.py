"""Functions inside of a function: `def` and `lambda` as values, under names of their own."""

from __future__ import annotations

from collections.abc import Callable

import libcst as cst

from adtrans import ir
from adtrans.errors import UnsupportedError
from adtrans.parse.scope import Scope


def parameters(scope: Scope, params: cst.Parameters) -> dict:
    """The fields of `ir.Function` that say which parameters there are."""
    if params.star_kwarg is not None:
        raise UnsupportedError(
            "** parameters are not supported", scope.loc(params.star_kwarg.name), "Name each parameter of the function."
        )
    star = params.star_arg if isinstance(params.star_arg, cst.Param) else None
    return {
        "params": tuple(scope.local(p.name.value) for p in (*params.posonly_params, *params.params)),
        "star": star and scope.local(star.name.value),
        "keyword_only": tuple(scope.local(p.name.value) for p in params.kwonly_params),
    }


def lambda_value(scope: Scope, node: cst.Lambda, read: Callable) -> ir.FunctionValue:
    """A lambda as a value; `read(scope, node)` is the IR of an expression."""
    inner = scope.nested("lambda", _own_names(node, node.body))
    body = (ir.Return(read(inner, node.body), scope.loc(node.body)),)
    return _value(scope, inner, node, "lambda", body, read)


def def_value(scope: Scope, node: cst.FunctionDef, suite: Callable, read: Callable) -> ir.FunctionValue:
    """A `def` inside of a function as a value; `suite(scope, node)` is the IR of its statements."""
    if node.asynchronous:
        raise UnsupportedError("async is not supported", scope.loc(node.asynchronous), "Write a plain def.")
    if node.decorators:
        raise UnsupportedError(
            "a decorator inside of the function is not supported",
            scope.loc(node.decorators[0]),
            "Remove it, or define the function outside.",
        )
    name = node.name.value
    inner = scope.nested(name, _own_names(node, node.body))
    return _value(scope, inner, node, name, suite(inner, node.body), read)


def _value(scope: Scope, inner: Scope, node, name: str, body: tuple, read: Callable) -> ir.FunctionValue:
    """The value; the defaults are those of the moment, as everything else is of that of a call."""
    loc = scope.loc(node)
    given = [p for p in (*node.params.posonly_params, *node.params.params, *node.params.kwonly_params) if p.default]
    defaults = tuple((inner.local(p.name.value), read(scope, p.default)) for p in given)
    source = scope.source.module.code_for_node(node)
    fields = parameters(inner, node.params)
    function = ir.Function(name, fields.pop("params"), body, loc.file, loc.line, source, prefix=inner.prefix, **fields)
    return ir.FunctionValue(function, name, defaults, loc=loc)


def _own_names(node, body) -> set[str]:
    """The parameters and locals of the function `node`."""
    found = _Bound()
    node.params.visit(found)
    body.visit(found)
    return found.names


class _Bound(cst.CSTVisitor):
    """The names that a function's parameters and statements give a value, not those inside of its inner functions."""

    def __init__(self) -> None:
        super().__init__()
        self.names: set[str] = set()

    def visit_Param(self, node: cst.Param) -> bool:
        self.names.add(node.name.value)
        return False

    def visit_FunctionDef(self, node: cst.FunctionDef) -> bool:
        self.names.add(node.name.value)
        return False

    def visit_Lambda(self, node: cst.Lambda) -> bool:
        return False

    def visit_AssignTarget(self, node: cst.AssignTarget) -> None:
        self._target(node.target)

    def visit_AnnAssign(self, node: cst.AnnAssign) -> None:
        self._target(node.target)

    def visit_AugAssign(self, node: cst.AugAssign) -> None:
        self._target(node.target)

    def visit_NamedExpr(self, node: cst.NamedExpr) -> None:
        self._target(node.target)

    def visit_For(self, node: cst.For) -> None:
        self._target(node.target)

    def visit_Del(self, node: cst.Del) -> None:
        self._target(node.target)

    def _target(self, node) -> None:
        self.names |= target_names(node)


def target_names(node) -> set[str]:
    """The names that an assignment to `node` gives a value."""
    match node:
        case cst.Name(value=name):
            return {name}
        case cst.Tuple(elements=elements) | cst.List(elements=elements):
            return set().union(*(target_names(element.value) for element in elements))
    return set()
