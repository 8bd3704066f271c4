"""Loops in chunks: the numbers of one thread, without races, however many chunks there are."""

import os
import warnings
from contextlib import nullcontext
from dataclasses import replace

import numpy as np
import pytest
from collected import named
from flow_programs import PROGRAMS as FLOW
from numba import njit
from programs import PROGRAMS as BASIC
from random_checks import NotSmooth, cotangents, guarded, random_direction, value_of
from random_nests import random_nest
from random_programs import random_program
from threaded import Race, Recorder, parallel_module, recorded
from uncompiled import derivative

import adtrans
from adtrans import helpers
from adtrans.analyses import threads as threads_analysis
from adtrans.errors import UnsupportedError
from adtrans.structure import leaves
from adtrans.testing import copies
from adtrans.transforms import search, strip, threads

PROGRAMS = BASIC + FLOW
FIRST = int(os.environ.get("ADTRANS_RANDOM_SEED", "1000"))
COUNT = int(os.environ.get("ADTRANS_RANDOM_THREADS", "3"))


def same(one, two, rtol=1e-10):
    for a, b in zip(leaves(one), leaves(two), strict=True):
        scale = np.max(np.abs(b), initial=1.0)
        loose = np.asarray(b).dtype in (np.float32, np.complex64)
        np.testing.assert_allclose(a, b, rtol=1e-4 if loose else rtol, atol=(1e-4 if loose else rtol) * scale)


@named(PROGRAMS[::2])
def test_chunks_have_the_numbers_of_one_thread_and_no_races(f, args, argnums):
    expected = derivative(f, args, argnums, "value_and_grad")(*copies(args))
    module = parallel_module(f, args, argnums, "value_and_grad")
    same(recorded(module.text, module.adjoint, 3)[0](*args), expected)
    if "prange" in module.text:
        same(recorded(module.text, module.primal, 2)[0](*args), expected[0])
        same(recorded(module.text, module.adjoint, 1)[0](*args), expected)


def random_outcome(program) -> bool:
    """Whether the program says something: it has loops that threads run, with the numbers of one thread."""
    f, args, argnums = program.function(), program.args, program.argnums
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        try:
            value = value_of(guarded(program.function()), args)
            module = parallel_module(f, args, argnums, "vjp")
        except (NotSmooth, UnsupportedError):
            return False
        if "prange" not in module.text:
            return False
        seed = cotangents(f(*copies(args)), random_direction(5, tuple(v.shape for v in value)))
        try:
            serial = derivative(f, args, argnums, "vjp")(*copies(args), seed)
            for chunks in (2, 3):
                run, _ = recorded(module.text, module.adjoint, chunks)
                same(run(*args, seed), serial, 1e-6)
        except Exception as error:
            error.add_note(f"the program of seed {program.seed}, by {argnums}:\n{program.source}\n{module.text}")
            raise
    return True


@pytest.mark.parametrize("make", [random_program, random_nest])
def test_random_programs_in_chunks_have_the_numbers_of_one_thread_and_no_races(make, monkeypatch):
    monkeypatch.setattr(strip, "LANES", 4)
    monkeypatch.setattr(search, "LENGTH", 3)
    monkeypatch.setitem(helpers.SOURCE, "lanes", "def lanes(elements):\n    return 3\n")
    found = [random_outcome(make(seed)) for seed in range(FIRST, FIRST + COUNT)]
    assert sum(found) > 0.2 * COUNT


def scattered(x, at):
    y = np.zeros(4)
    for i in range(len(x)):
        y[at[i]] += x[i] * x[i]
    return np.sum(y * y)


def with_work_array(x, at):
    w, total = np.empty(3), 0.0
    for i in range(len(x)):
        for k in range(3):
            w[k] = x[i] * k
        for k in range(1, 3):
            w[k] *= w[k - 1] + at[i]
        total += w[2]
    return total


X8, AT = np.linspace(0.5, 1.5, 8), np.array([0, 3, 1, 3, 2, 0, 0, 3])


@pytest.mark.parametrize(("f", "forgotten"), [(scattered, "added"), (with_work_array, "work")])
def test_race_check_finds_what_chunks_do_not_have_for_themselves(f, forgotten, monkeypatch):
    def careless(loop, known):
        how = threads_analysis.chunked(loop, known)
        return how if isinstance(how, str) else replace(how, **{forgotten: ()})

    module = parallel_module(f, (X8, AT), (0,), "value_and_grad")
    recorded(module.text, module.primal, 2)[0](X8, AT)
    monkeypatch.setattr(threads, "chunked", careless)
    module = parallel_module(f, (X8, AT), (0,), "value_and_grad")
    with pytest.raises(Race):
        recorded(module.text, module.primal, 2)[0](X8, AT)


@pytest.mark.parametrize("shift", [0, 1])
def test_race_check_finds_a_neighbour_that_another_iteration_writes(shift):
    recorder = Recorder()
    a = recorder.made(np.zeros(5))
    with pytest.raises(Race) if shift else nullcontext():
        for i in recorder.prange(4):
            a[i] = a[i + shift] + 1.0


def test_memory_of_an_array_that_one_iteration_made_is_not_that_of_another():
    recorder = Recorder()
    for i in recorder.prange(4):
        recorder.made(np.zeros(5))[0] = i
    assert recorder.loops == 1


def everything(x, w, at):
    highest, total, y = x[0], 0.0, np.zeros(len(w))
    for i in range(len(x)):
        highest = max(highest, x[i])
    for i in range(len(x)):
        y[at[i]] += np.cos(x[i] - highest) * w[at[i]]
        total += x[i] * w[0]
    return np.sum(y) / len(x) + highest + total / len(x)


def large(n: int) -> tuple:
    rng = np.random.default_rng(n)
    return rng.normal(size=n), rng.uniform(1.0, 2.0, 4096), rng.integers(0, 4096, n)


def test_compiled_threads_have_the_numbers_of_one_thread_the_same_each_time():
    serial, threaded = (adtrans.value_and_grad(everything, (0, 1), parallel=p) for p in (False, True))
    for n in (1_000_000, 3):
        args = large(n)
        expected, one, two = serial(*args), threaded(*args), threaded(*args)
        same(one, expected)
        for a, b in zip(leaves(one), leaves(two), strict=True):
            np.testing.assert_array_equal(a, b)
    assert "prange" in threaded.source(*args)


def test_parallel_is_taken_over_from_an_njit_function():
    f = njit(parallel=True)(everything)
    assert "prange" in adtrans.grad(f).source(*large(3))
    assert "prange" not in adtrans.grad(f, parallel=False).source(*large(3))
    assert "prange" not in adtrans.grad(njit(everything)).source(*large(3))


def test_second_derivative_has_threads_once():
    gradient = adtrans.grad(everything, parallel=True)
    args = (*large(3), large(3)[0])
    plain = adtrans.vjp(adtrans.grad(everything), parallel=True).source(*args)
    assert "prange" in plain
    assert adtrans.vjp(gradient).source(*args).splitlines()[5:] == plain.splitlines()[5:]
