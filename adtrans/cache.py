"""Generated modules on disk: written once under a name that holds their content's hash, found again by key.

    <cache directory>/loss_grad_0123456789abcdef.py    a generated module; Numba's machine code lies beside it
    <cache directory>/index/<key>                      which module answers a request, as JSON

Every write goes to a temporary file that then replaces the target, so that a reader in another process sees a
whole file or none; whatever is damaged all the same is taken for missing and written anew.
"""

from __future__ import annotations

import atexit
import functools
import hashlib
import importlib.abc
import importlib.util
import json
import os
import re
import shutil
import sys
import tempfile
import warnings
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType

_PREFIX = "adtrans_generated_"
_DIGITS = 16  # of SHA-256 in a file name: 64 bits, and short enough for the path limit of Windows


@dataclass(frozen=True)
class Entry:
    """A generated module on disk: its file's name and the names of the two functions in it."""

    file: str
    primal: str
    adjoint: str | None


def directory(persistent: bool = True) -> Path:
    """The writable directory for generated modules; one that is gone after this process unless `persistent`.

    `ADTRANS_CACHE_DIR` if set, else the user's cache directory; where that cannot be written, as if not persistent.
    """
    return _writable(os.environ.get("ADTRANS_CACHE_DIR")) if persistent else temporary()


@functools.cache
def temporary() -> Path:
    """A directory of this process alone, removed at exit."""
    path = Path(tempfile.mkdtemp(prefix="adtrans-"))
    owner = os.getpid()

    # A forked child inherits the registration but not the right to remove its parent's files.
    def remove() -> None:
        if os.getpid() == owner:
            shutil.rmtree(path, ignore_errors=True)

    atexit.register(remove)
    return path


@functools.cache
def _writable(chosen: str | None) -> Path:
    path = Path(chosen).expanduser().absolute() if chosen else _user_directory()
    try:
        (path / "index").mkdir(parents=True, exist_ok=True)
        tempfile.TemporaryFile(dir=path).close()
        tempfile.TemporaryFile(dir=path / "index").close()
    except OSError as error:
        if chosen:
            warnings.warn(f"ADTRANS_CACHE_DIR cannot be written, so nothing is kept: {error}", stacklevel=2)
        return temporary()
    return path


def _user_directory() -> Path:
    home = Path(os.path.expanduser("~"))
    if sys.platform == "win32":
        return Path(os.environ.get("LOCALAPPDATA", home / "AppData" / "Local")) / "adtrans" / "Cache"
    if sys.platform == "darwin":
        return home / "Library" / "Caches" / "adtrans"
    return Path(os.environ.get("XDG_CACHE_HOME") or home / ".cache") / "adtrans"


def lookup(root: Path, key: str) -> Entry | None:
    """The entry stored under `key`; None when there is none, or when it or its module is damaged."""
    try:
        entry = Entry(**json.loads((root / "index" / key).read_text("utf-8")))
    except (OSError, ValueError, TypeError):
        return None
    return entry if _is_whole(root / entry.file) else None


def store(root: Path, key: str, text: str, primal: str, adjoint: str | None) -> Entry:
    """The entry for `text`, written to `root` and filed under `key`."""
    stem = re.sub(r"\W", "_", adjoint or primal)[:40]
    entry = Entry(f"{stem}_{_digest(text.encode())}.py", primal, adjoint)
    (root / "index").mkdir(parents=True, exist_ok=True)
    if not _is_whole(root / entry.file):
        _replace(root / entry.file, text.encode())
    _replace(root / "index" / key, json.dumps(vars(entry)).encode())
    return entry


def load(root: Path, entry: Entry, given: dict | None = None) -> ModuleType:
    """The module of `entry`, imported on first use, with the objects that it is `given` then.

    It is found in `sys.modules` as well, where Numba looks for the globals of machine code read from disk.
    """
    path = root / entry.file
    name = _PREFIX + path.stem
    loaded = sys.modules.get(name)
    if loaded is not None and getattr(loaded, "__file__", None) == str(path):  # Numba may have put an empty one there
        return loaded
    spec = importlib.util.spec_from_file_location(name, path)
    assert spec is not None and spec.loader is not None, path
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    vars(module).update(given or {})
    try:
        spec.loader.exec_module(module)
    except BaseException:
        del sys.modules[name]
        raise
    return module


class _Finder:
    """Imports generated modules by name, an empty one in place of one that is gone.

    Machine code that Numba kept of a user's function names the modules of all it calls, also of those that were
    removed since, and imports them when it is read. It needs no more than that they are there.
    """

    @staticmethod
    def find_spec(name, path=None, target=None):
        if not name.startswith(_PREFIX):
            return None
        file = directory() / f"{name.removeprefix(_PREFIX)}.py"
        if _is_whole(file):
            return importlib.util.spec_from_file_location(name, file)
        return importlib.util.spec_from_loader(name, _Empty())


class _Empty(importlib.abc.Loader):
    def create_module(self, spec):
        return None  # the usual one

    def exec_module(self, module):
        pass


sys.meta_path.append(_Finder)


def is_temporary(filename: str) -> bool:
    """Whether `filename` lies in the directory that goes with this process."""
    return temporary.cache_info().currsize > 0 and Path(filename).parent == temporary()


def _digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()[:_DIGITS]


def _is_whole(path: Path) -> bool:
    try:
        return path.stem.endswith(_digest(path.read_bytes()))
    except OSError:
        return False


def _replace(path: Path, data: bytes):
    """Write `data` to `path` in one step."""
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=path.name[:20], suffix=".tmp")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
        os.replace(name, path)
    except PermissionError:
        # Windows: another process has the file open; it has just written the same content.
        os.unlink(name)
        if not path.exists():
            raise
    except BaseException:
        os.unlink(name)
        raise
