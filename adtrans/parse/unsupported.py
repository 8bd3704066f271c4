"""Python that adtrans does not differentiate: what it is called, and what to write instead."""

from __future__ import annotations

import libcst as cst

from adtrans.errors import Loc, UnsupportedError

_ARRAY_LOOP = "Write a for loop that fills an array."
_TOP_LEVEL = "Define it outside and call it."

_WORDS: dict[type, tuple[str, str]] = {
    cst.Lambda: ("a lambda", "Define a function with def and call it."),
    cst.ListComp: ("a list comprehension", _ARRAY_LOOP),
    cst.GeneratorExp: ("a generator expression", "Write a for loop."),
    cst.SetComp: ("a set comprehension", _ARRAY_LOOP),
    cst.DictComp: ("a dict comprehension", _ARRAY_LOOP),
    cst.List: ("a list", "Use a tuple or an array."),
    cst.Dict: ("a dict", "Use separate variables or an array."),
    cst.Set: ("a set", "Use a tuple or an array."),
    cst.SimpleString: ("text", "Use a number or a bool to choose."),
    cst.ConcatenatedString: ("text", "Use a number or a bool to choose."),
    cst.FormattedString: ("an f-string", "Format text outside of the differentiated function."),
    cst.NamedExpr: ("the := operator", "Assign on a line of its own."),
    cst.Await: ("await", "Wait outside of the differentiated function."),
    cst.Yield: ("yield", "Fill an array and return it."),
    cst.Imaginary: ("a complex number", "Use the real and the imaginary part as two numbers."),
    cst.Ellipsis: ("... outside of an index", "Write the value that is meant."),
    cst.StarredElement: ("a starred item", "Name each item."),
    cst.Global: ("global", "Pass the value as a parameter and return it."),
    cst.Nonlocal: ("nonlocal", "Pass the value as a parameter and return it."),
    cst.Try: ("try", "Test for the case with if."),
    cst.TryStar: ("try", "Test for the case with if."),
    cst.With: ("with", "Do what it is for outside of the differentiated function."),
    cst.Import: ("an import inside of the function", "Import at the top of the module."),
    cst.ImportFrom: ("an import inside of the function", "Import at the top of the module."),
    cst.Del: ("del", "Leave the name alone."),
    cst.Raise: ("raise", "Check the arguments before the call."),
    cst.Assert: ("assert", "Check the arguments before the call."),
    cst.FunctionDef: ("a function inside of the function", _TOP_LEVEL),
    cst.ClassDef: ("a class inside of the function", _TOP_LEVEL),
    cst.Match: ("match", "Use if and elif."),
    cst.In: ("in", "Compare with each value, or loop."),
    cst.NotIn: ("not in", "Compare with each value, or loop."),
    cst.Is: ("is", "Compare with ==."),
    cst.IsNot: ("is not", "Compare with !=."),
}


def unsupported(node, loc: Loc) -> UnsupportedError:
    """The error for a syntax node that the parser has no case for."""
    words, hint = _WORDS.get(type(node), (f"Python's {type(node).__name__}", ""))
    return UnsupportedError(f"{words} is not supported", loc, hint)
