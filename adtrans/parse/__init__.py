"""A user's Python function to IR."""

from __future__ import annotations

import libcst as cst

from adtrans import ir
from adtrans.errors import UnsupportedError
from adtrans.parse.scope import Scope
from adtrans.parse.source import plain, read
from adtrans.parse.statements import block

__all__ = ["parse", "plain"]


def parse(fn) -> ir.Function:
    """The IR of `fn`: a Python function, a Numba dispatcher, or any object whose `py_func` is a function.

    Names from outside of the function are resolved now, by value: a number becomes a constant of the program,
    an array is copied into `constants`. `Return(None)` stands for a return without a value; a function that
    runs off its end has none.

    Raises: SourceError without readable source; UnsupportedError, with the place, for what adtrans does not know.
    """
    source = read(plain(fn))
    scope = Scope(source)
    params = _params(scope, source.node.params)
    body = block(scope, source.node.body)
    return ir.Function(
        name=source.node.name.value,
        params=params,
        body=body,
        file=source.file,
        line=source.def_line,
        source=source.text,
        constants=scope.constants,
        defaults=_defaults(scope, source.node.params),
        annotations=_annotations(source),
    )


def _params(scope: Scope, params: cst.Parameters) -> tuple:
    starred = [p for p in (params.star_arg, params.star_kwarg) if isinstance(p, cst.Param)]
    if starred:
        raise UnsupportedError(
            "star parameters are not supported", scope.loc(starred[0].name), "Name each parameter of the function."
        )
    if params.kwonly_params:
        raise UnsupportedError(
            "keyword-only parameters are not supported",
            scope.loc(params.kwonly_params[0].name),
            "Remove the * from the parameter list.",
        )
    return tuple(p.name.value for p in (*params.posonly_params, *params.params))


def _defaults(scope: Scope, params: cst.Parameters) -> dict:
    """Parameter to default, by value: Python evaluates defaults once, where the function is defined."""
    positional = [*params.posonly_params, *params.params]
    values = scope.source.fn.__defaults__ or ()
    given = positional[len(positional) - len(values) :]
    return {p.name.value: scope.value(value, p.default, p.name.value) for p, value in zip(given, values, strict=True)}


def _annotations(source) -> dict:
    params = source.node.params
    return {
        p.name.value: source.module.code_for_node(p.annotation.annotation)
        for p in (*params.posonly_params, *params.params)
        if p.annotation is not None
    }
