"""Generated modules in this process, the machine code of their functions kept on disk."""

from __future__ import annotations

import pickle
import warnings
from types import ModuleType
from typing import Any

from numba.core import sigutils
from numba.core.caching import FunctionCache, NullCache
from numba.core.dispatcher import Dispatcher
from numba.core.runtime import rtsys

from adtrans import cache

# What pickle raises for bytes that it did not write.
_DAMAGED = (pickle.UnpicklingError, EOFError, AttributeError, ImportError, KeyError, IndexError, ValueError)


def load(root, entry: cache.Entry) -> ModuleType:
    """The module of `entry`, its functions' machine code kept on disk as long as the module itself is."""
    module = cache.load(root, entry)
    for function in _functions(module):
        if function.__name__ not in (entry.primal, entry.adjoint):
            # Only the others call it: what Python and C would call takes as long to compile as a short function.
            function.targetoptions.update(no_cpython_wrapper=True, no_cfunc_wrapper=True)
        if not isinstance(function._cache, (NullCache, _CheckedCache)):
            # NUMBA_CACHE_DIR would keep what goes with this process.
            function._cache = NullCache() if root == cache.temporary() else _CheckedCache(function.py_func)
    return module


def _functions(module: ModuleType) -> list[Any]:
    """The compiled functions of a module, without those that it imports."""
    found = [f for f in vars(module).values() if isinstance(f, Dispatcher)]
    return [f for f in found if f.py_func.__module__ == module.__name__]


class _CheckedCache(FunctionCache):
    """Numba's cache of machine code, which reads its files without a check: a damaged one is taken for missing. Nor
    does it load what only compiling needs (SciPy and all typing rules: most of the time to a first result)."""

    def load_overload(self, sig, target_context):
        rtsys.initialize(target_context)
        try:
            with self._guard_against_spurious_io_errors():
                found = self._load_overload(sig, target_context)
        except _DAMAGED:
            self.flush()
            return None
        # Two processes that write at once can leave one signature's code under another's name.
        args = sigutils.normalize_signature(sig)[0]
        return found if found is not None and tuple(found.signature.args) == tuple(args) else None

    def save_overload(self, sig, data):
        try:
            super().save_overload(sig, data)
        except OSError as error:
            warnings.warn(f"the cache cannot be written, so machine code is not kept: {error}", stacklevel=2)
