"""Simplification (being written)."""
from adtrans.transforms.scalarise import Scalarised

def simplify(body, program, names=None):
    from adtrans.transforms.gradient import without_comments
    return without_comments(body) if names is not None else body
