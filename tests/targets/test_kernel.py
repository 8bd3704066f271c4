"""The adjoints of kernels: values against differences, arrays left as they are, no races."""

import re

import numpy as np
import pytest
from targets.grid import launched, races, run
from targets.hard_kernels import HARD
from targets.kernels import PROGRAMS

import adtrans

STEP = 1e-6
EVERY = PROGRAMS | HARD


def of(program):
    """The kernel's adjoint, and the positions of what it is differentiated by."""
    made = adtrans.vjp(program.kernel, program.argnums, target="cuda")
    chosen = made.request.argnums
    if chosen is None:
        chosen = tuple(k for k, a in enumerate(program.args) if getattr(a, "dtype", None) == np.float64)
    return made, chosen


def copies(args):
    return [a.copy() if isinstance(a, np.ndarray) else a for a in args]


def results(program, args):
    given = copies(args)
    run(program.kernel, program.blocks, program.threads, given)
    return given


def adjoint(program, text=None):
    """Positions, the cotangents after, those before, the arrays after, and the notes."""
    rng = np.random.default_rng(8)
    made, chosen = of(program)
    start = {k: rng.normal(size=np.shape(program.args[k]) or (1,)) for k in chosen}
    bars, given = [start[k].copy() for k in chosen], copies(program.args)
    text = text or made.source(*program.args)
    notes = launched(text, program.blocks, program.threads, (*given, *bars))
    return start, dict(zip(chosen, bars, strict=True)), given, notes


@pytest.mark.parametrize("name", EVERY)
def test_cotangents_are_those_of_differences(name):
    program = EVERY[name]
    weights, bars, *_ = adjoint(program)
    rng = np.random.default_rng(5)
    arrays = [k for k in weights if np.ndim(program.args[k])]
    for k, bar in bars.items():
        direction = rng.normal(size=np.shape(program.args[k]))

        def value(step, k=k, direction=direction):
            args = [a + step * direction if n == k else a for n, a in enumerate(program.args)]
            after = results(program, args)
            return sum(np.sum(weights[n] * after[n]) for n in arrays)

        expected = (value(STEP) - value(-STEP)) / (2 * STEP)
        before = 0.0 if k in arrays else weights[k]  # to the share of a number all is added
        assert np.sum(direction * (bar - before)) == pytest.approx(expected, rel=1e-6, abs=1e-8), k


@pytest.mark.parametrize("name", EVERY)
def test_arguments_are_left_as_they_are_found(name):
    program = EVERY[name]
    _, _, given, _ = adjoint(program)
    for before, after in zip(program.args, given, strict=True):
        np.testing.assert_array_equal(before, after)


@pytest.mark.parametrize("name", EVERY)
def test_threads_do_not_meet(name):
    program = EVERY[name]
    assert not races(run(program.kernel, program.blocks, program.threads, copies(program.args)))
    assert not races(adjoint(program)[-1])


ATOMIC = re.compile(r"cuda\.atomic\.add\((\w+), (.*), (\w+ \* \w+\[[^]]*\]|\w+)\)")


@pytest.mark.parametrize("name", ["stencil", "naive_matmul", "saxpy"])
def test_race_is_found_without_an_atomic(name):
    program = PROGRAMS[name]
    text = of(program)[0].source(*program.args)
    plain, count = ATOMIC.subn(r"\1[\2] += \3", text)
    assert count
    *_, notes = adjoint(program, plain)
    assert races(notes)


@pytest.mark.parametrize("name", ["tree_sum", "tree_product", "tiled_matmul", "shared_steps", "through_global"])
def test_race_is_found_without_a_barrier_of_the_reverse_sweep(name):
    program = PROGRAMS[name]
    lines = of(program)[0].source(*program.args).splitlines()
    last = max(k for k, line in enumerate(lines) if "syncthreads" in line)
    *_, notes = adjoint(
        program, "\n".join([*lines[:last], lines[last].replace("cuda.syncthreads()", "pass"), *lines[last + 1 :]])
    )
    assert races(notes)


@pytest.mark.parametrize("name", ["in_place", "dot", "interleaved", "row_by_block", "local_array", "newton"])
def test_elements_of_one_thread_need_no_atomic(name):
    program = PROGRAMS[name]
    assert "atomic" not in of(program)[0].source(*program.args)


@pytest.mark.parametrize("name", ["in_place", "in_place_each_step", "dot", "local_array"])
def test_independent_iterations_need_no_tape(name):
    program = PROGRAMS[name]
    assert "device_array" not in of(program)[0].source(*program.args)


@pytest.mark.parametrize("name", ["in_place", "shift", "stride2"])
def test_array_that_only_its_own_thread_needs_is_not_written(name):
    program = EVERY[name]
    *_, notes = adjoint(program)
    for k, found in enumerate(notes[: len(program.args)]):
        assert not any(kind == "write" for uses in found.values() for *_, kind in uses), k


def test_tape_that_is_too_short_raises():
    program = PROGRAMS["newton"]
    made, _ = of(program)
    bars = [np.zeros(7), np.ones(7)]
    with pytest.raises(MemoryError, match="more than 2 values"):
        launched(made.source(*program.args), 2, 4, (*copies(program.args), *bars), records=2)


def test_grid_with_threads_that_the_kernel_does_not_tell_apart_is_refused():
    program = PROGRAMS["dot"]
    text = of(program)[0].source(*program.args)
    with pytest.raises(ValueError, match="does not tell all threads"):
        launched(text, (1, 2), 2, (*copies(program.args), *copies(program.args)))
