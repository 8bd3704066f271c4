"""Reverse-mode derivatives of Numba code, as readable source that Numba compiles."""

import importlib

from adtrans import errors
from adtrans.api import differentiate, grad, value_and_grad, vjp
from adtrans.custom import vjp_rule
from adtrans.stop import stop_gradient

__version__ = "0.1.0"
__all__ = ["check_grads", "differentiate", "errors", "grad", "stop_gradient", "value_and_grad", "vjp", "vjp_rule"]


def __getattr__(name):
    # Imported on first use: no program but a test needs it.
    if name == "check_grads":
        return importlib.import_module("adtrans.testing").check_grads
    raise AttributeError(f"module 'adtrans' has no attribute {name!r}")
