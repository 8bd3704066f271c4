"""A user's Python function to IR."""

from __future__ import annotations

import libcst as cst

from adtrans import ir
from adtrans.parse.functions import parameters
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
    fields = parameters(scope, source.node.params)
    body = block(scope, source.node.body)
    return ir.Function(
        name=source.node.name.value,
        body=body,
        file=source.file,
        line=source.def_line,
        source=source.text,
        constants=scope.constants,
        defaults=_defaults(scope, source.node.params),
        annotations=_annotations(source),
        **fields,
    )


def _defaults(scope: Scope, params: cst.Parameters) -> dict:
    """Parameter to default, by value: Python evaluates defaults once, where the function is defined."""
    fn, positional = scope.source.fn, [*params.posonly_params, *params.params]
    values = fn.__defaults__ or ()
    given = list(zip(positional[len(positional) - len(values) :], values, strict=True))
    keyword_only = fn.__kwdefaults__ or {}
    given += [(p, keyword_only[p.name.value]) for p in params.kwonly_params if p.name.value in keyword_only]
    return {p.name.value: scope.value(value, p.default, p.name.value) for p, value in given}


def _annotations(source) -> dict:
    params = source.node.params
    return {
        p.name.value: source.module.code_for_node(p.annotation.annotation)
        for p in (*params.posonly_params, *params.params)
        if p.annotation is not None
    }
