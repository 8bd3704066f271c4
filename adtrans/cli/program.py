"""The user's function from `FILE.py:FUNC`."""

from __future__ import annotations

import contextlib
import difflib
import sys
import traceback
from collections.abc import Iterable, Iterator
from pathlib import Path
from types import FunctionType, ModuleType

from adtrans.cli.failure import FAILED, Failure
from adtrans.errors import AdtransError, Loc, render
from adtrans.request import request_of


@contextlib.contextmanager
def program(target: str, base: Path) -> Iterator:
    """The function that `FILE.py:FUNC` names, FILE relative to `base`: plain, `@njit` or `@differentiate`.

    As with `python FILE.py`, the file's folder comes first in `sys.path`, before it that of the package which the file
    belongs to; after the block they do no more, and what was imported from them is forgotten. Raises: Failure.
    """
    file, separator, name = target.rpartition(":")
    if not separator or not file or not name.isidentifier():
        raise Failure(f"expected FILE.py:FUNC, got {target!r}")
    path = existing(base / file)
    folders = dict.fromkeys((home(path), path.parent))
    before = set(sys.modules)
    sys.path[:0] = map(str, folders)
    try:
        yield function(load(path), name, file)
    finally:
        for folder in folders:
            sys.path.remove(str(folder))
            forget(folder, before)


def home(path: Path) -> Path:
    """The folder from which the file is imported: the first above it that is no package."""
    return next(folder for folder in path.parents if not (folder / "__init__.py").exists())


def existing(path: Path) -> Path:
    """The absolute path of a Python file. Raises: Failure."""
    path = path.absolute()
    if path.suffix != ".py":
        raise Failure(f"{path} is not a .py file")
    if not path.is_file():
        siblings = [p.name for p in path.parent.glob("*.py")] if path.parent.is_dir() else []
        raise Failure(f"there is no file {path}{suggestion(path.name, siblings)}")
    return path


def suggestion(name: str, known: Iterable[str]) -> str:
    """`; did you mean ...?` for the nearest of `known`; empty where none is near."""
    near = difflib.get_close_matches(name, list(known), n=3)
    return f"; did you mean {' or '.join(near)}?" if near else ""


def load(path: Path) -> ModuleType:
    """The module in the file, run anew and not as `__main__`; what it prints goes to stderr. Raises: Failure."""
    *package, stem = path.relative_to(home(path)).with_suffix("").parts
    name = ".".join((*package, stem))
    module = ModuleType(name if name not in sys.modules else f"adtrans_program_{stem}")
    module.__file__, module.__package__ = str(path), ".".join(package)
    sys.modules[module.__name__] = module
    try:
        # Not by an import: that reads a stale .pyc where the file changed twice in a second.
        code = compile(path.read_bytes(), str(path), "exec", dont_inherit=True)
    except SyntaxError as error:
        raise Failure(syntax_error(path, error), FAILED) from error
    try:
        with contextlib.redirect_stdout(sys.stderr):
            exec(code, vars(module))
    except AdtransError:
        raise
    except (Exception, SystemExit) as error:
        raise Failure(import_error(path, error), FAILED) from error
    return module


def syntax_error(path: Path, error: SyntaxError) -> str:
    """File, line and column, the message, and the line with carets."""
    line, column = error.lineno or 1, error.offset or 1
    end = error.end_offset if error.end_lineno == line and error.end_offset else column + 1
    return render(f"{type(error).__name__}: {error.msg}", Loc(str(path), line, column, line, max(end, column + 1)), "")


def import_error(path: Path, error: BaseException) -> str:
    """What the file raised when it was run, at its own line."""
    said = traceback.format_exception_only(error)[-1].strip()
    frames = traceback.extract_tb(error.__traceback__)
    own = [frame for frame in frames if frame.filename == str(path)]
    if not own:
        return f"{path}: {said}"
    f, last = own[-1], frames[-1]
    line, start, end = f.lineno or 1, f.colno or 0, f.end_colno or 0
    where = "" if last is f else f"It was raised in {last.filename}:{last.lineno}."
    return render(said, Loc(str(path), line, start + 1, f.end_lineno or line, end + 1), where)


def function(module: ModuleType, name: str, file: str):
    """The function called `name`. Raises: Failure."""
    found = {key: value for key, value in vars(module).items() if is_function(value)}
    functions = [key for key, value in found.items() if getattr(value, "__module__", "") == module.__name__]
    if not hasattr(module, name):
        has = f" It has {', '.join(functions)}." if functions else ""
        raise Failure(f"{file} has no function {name!r}{suggestion(name, functions) or '.' + has}")
    found = getattr(module, name)
    if not is_function(found):
        raise Failure(f"{name!r} in {file} is a {type(found).__name__}, not a function")
    request = request_of(found)
    if request is not None and request.mode != "primal":
        raise Failure(f"{name!r} in {file} is the {request.mode} of a function; name that function")
    return found


def is_function(value) -> bool:
    """Whether `value` is a Python function, an `@njit` function or an object of adtrans."""
    return isinstance(value, FunctionType) or hasattr(value, "py_func")


def forget(folder: Path, before: set[str]) -> None:
    """Remove the modules that were imported from `folder`: another file's may have the same names."""
    known = {name.partition(".")[0] for name in before}

    def is_from_folder(top: str) -> bool:
        file = getattr(sys.modules.get(top), "__file__", None) or ""
        return folder in list(Path(file).parents)[:2]

    new = set(sys.modules) - before
    tops = {name.partition(".")[0] for name in new}
    local = {top for top in tops - known if is_from_folder(top)}
    for name in new:
        if name.partition(".")[0] in local:
            del sys.modules[name]
