"""Loops in chunks: the numbers of one thread, without races, however many chunks there are."""

import numpy as np
import pytest
from collected import named
from flow_programs import PROGRAMS as FLOW
from programs import PROGRAMS as BASIC
from threaded import Race, Recorder, parallel_module, recorded
from uncompiled import derivative, names_of

from adtrans.structure import leaves
from adtrans.testing import copies

PROGRAMS = BASIC + FLOW


def same(one, two, rtol=1e-10):
    for a, b in zip(leaves(one), leaves(two), strict=True):
        scale = np.max(np.abs(b), initial=1.0)
        loose = np.asarray(b).dtype in (np.float32, np.complex64)
        np.testing.assert_allclose(a, b, rtol=1e-4 if loose else rtol, atol=(1e-4 if loose else rtol) * scale)


@named(PROGRAMS)
def test_chunks_have_the_numbers_of_one_thread_and_no_races(f, args, argnums):
    expected = derivative(f, args, argnums, "value_and_grad")(*copies(args))
    module = parallel_module(f, args, argnums, "value_and_grad")
    for chunks in (1, 2, 5) if "prange" in module.text else (1,):
        run, _ = recorded(module.text, module.adjoint, chunks)
        same(run(*args), expected)
        run, _ = recorded(module.text, module.primal, chunks)
        same(run(*args), expected[0])
