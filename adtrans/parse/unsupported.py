"""Python that adtrans does not differentiate: what it is called, and what to write instead."""

from __future__ import annotations

import libcst as cst

from adtrans.errors import Loc, UnsupportedError

_ARRAY_LOOP = "Write a for loop that fills an array."

_WORDS: dict[type, tuple[str, str]] = {
    cst.GeneratorExp: (
        "a generator expression outside of sum, min, max, any, all and list",
        "Write a list comprehension, in brackets.",
    ),
    cst.SetComp: ("a set comprehension", _ARRAY_LOOP),
    cst.DictComp: ("a dict comprehension", _ARRAY_LOOP),
    cst.Dict: ("a dict", "Use separate variables or an array."),
    cst.Set: ("a set", "Use a tuple or an array."),
    cst.SimpleString: ("bytes", "Use an array of np.uint8."),
    cst.ConcatenatedString: ("text", "Use a number or a bool to choose."),
    cst.FormattedString: ("an f-string", "Format text outside of the differentiated function."),
    cst.Await: ("await", "Wait outside of the differentiated function."),
    cst.Yield: ("yield", "Fill an array and return it."),
    cst.Ellipsis: ("... outside of an index", "Write the value that is meant."),
    cst.StarredElement: ("a starred item", "Name each item."),
    cst.Global: ("global", "Pass the value as a parameter and return it."),
    cst.Nonlocal: ("nonlocal", "Pass the value as a parameter and return it."),
    cst.Try: ("try", "Test for the case with if."),
    cst.TryStar: ("try", "Test for the case with if."),
    cst.With: ("with", "Do what it is for outside of the differentiated function, or in one with a vjp_rule."),
    cst.Import: ("an import inside of the function", "Import at the top of the module."),
    cst.ImportFrom: ("an import inside of the function", "Import at the top of the module."),
    cst.Raise: ("this form of raise", 'Write raise ValueError("...").'),
    cst.ClassDef: ("a class inside of the function", "Define it outside."),
    cst.TypeAlias: ("a type alias inside of the function", "Define it outside."),
    cst.Match: ("match", "Use if and elif."),
    cst.In: ("in among other comparisons", "Write it with and."),
    cst.NotIn: ("not in among other comparisons", "Write it with and."),
    cst.Is: ("is of anything but None", "Compare with ==."),
    cst.IsNot: ("is not of anything but None", "Compare with !=."),
}


def unsupported(node, loc: Loc) -> UnsupportedError:
    """The error for a syntax node that the parser has no case for."""
    words, hint = _WORDS.get(type(node), (f"Python's {type(node).__name__}", ""))
    return UnsupportedError(f"{words} is not supported", loc, hint)
