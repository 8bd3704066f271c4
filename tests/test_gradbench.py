"""The tool of benchmarks/gradbench: what it answers over GradBench's protocol, run by Python itself."""

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

TOOL = Path(__file__).parent.parent / "benchmarks" / "gradbench" / "tool.py"


class Session:
    """A running tool, spoken to in messages."""

    def __init__(self, *options):
        environment = {**os.environ, "NUMBA_DISABLE_JIT": "1"}
        self.process = subprocess.Popen(
            [sys.executable, TOOL, *options],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env=environment,
        )
        self.count = 0

    def ask(self, kind, **message):
        self.count += 1
        self.process.stdin.write(json.dumps({"id": self.count, "kind": kind, **message}) + "\n")
        self.process.stdin.flush()
        response = json.loads(self.process.stdout.readline())
        assert response.pop("id") == self.count
        return response

    def evaluate(self, module, function, given):
        response = self.ask("evaluate", module=module, function=function, input=given)
        assert response["success"], response.get("error")
        return response["output"]

    def close(self):
        self.process.stdin.close()
        assert self.process.wait() == 0


@pytest.fixture(scope="module", params=["", "--arrays"], ids=["loops", "arrays"])
def tool(request):
    session = Session(*filter(None, [request.param]))
    yield session
    session.close()


@pytest.fixture(scope="module")
def loops():
    session = Session()
    yield session
    session.close()


def gradient_of(session, module, function, given, names):
    """The gradient of a function of the tool's by the inputs `names`, by central differences, as one vector."""
    step = 1e-6
    flat = []
    for name in names:
        values = np.array(given[name], dtype=float)
        for place in np.ndindex(values.shape):
            ends = []
            for sign in (1.0, -1.0):
                moved = values.copy()
                moved[place] += sign * step
                ends.append(np.array(session.evaluate(module, function, {**given, name: moved.tolist()})))
            flat.append((ends[0] - ends[1]) / (2.0 * step))
    return np.array(flat)


def numbers(rng, *shape):
    return rng.normal(size=shape).tolist()


def mixture():
    rng = np.random.default_rng(0)
    d, k, n = 2, 2, 4
    shapes = {"x": (n, d), "alpha": (k,), "mu": (k, d), "q": (k, d), "l": (k, d * (d - 1) // 2)}
    return {"d": d, "k": k, "n": n, "m": 2, "gamma": 1.5} | {name: numbers(rng, *s) for name, s in shapes.items()}


def test_start_is_answered_by_the_name_of_the_tool(loops):
    assert loops.ask("start", eval="hello") == {"tool": "adtrans"}


def test_message_that_asks_nothing_is_acknowledged(loops):
    assert loops.ask("analysis", of=1, valid=True) == {}


def test_eval_that_is_there_is_defined(loops):
    assert loops.ask("define", module="hello") == {"success": True}


@pytest.mark.parametrize("module", ["kmeans", "../tool"])
def test_eval_that_is_not_there_is_an_error_answer(loops, module):
    response = loops.ask("define", module=module)
    assert not response["success"]
    assert "there is no eval" in response["error"]


def test_failure_of_a_function_is_an_error_answer(loops):
    assert not loops.ask("evaluate", module="lse", function="cube", input={"x": [1.0]})["success"]
    assert not loops.ask("evaluate", module="lse", function="primal", input={})["success"]


def test_hello_squares_and_doubles(loops):
    assert loops.evaluate("hello", "square", 3.0) == 9.0
    assert loops.evaluate("hello", "double", 3.0) == 6.0


def test_runs_are_as_many_as_asked_for_and_each_timed(loops):
    response = loops.ask(
        "evaluate", module="lse", function="gradient", input={"x": [1.0, 2.0], "min_runs": 3, "min_seconds": 0}
    )
    assert [timing["name"] for timing in response["timings"]] == ["compile", *["evaluate"] * 3]


def test_lse_has_the_gradient_of_its_differences(tool):
    given = {"x": [0.3, -1.0, 2.0, 1.5]}
    np.testing.assert_allclose(
        tool.evaluate("lse", "gradient", given), gradient_of(tool, "lse", "primal", given, ["x"]), atol=1e-8
    )


def test_llsq_has_the_gradient_of_its_differences(tool):
    given = {"x": [0.3, -1.0, 2.0], "n": 6}
    np.testing.assert_allclose(
        tool.evaluate("llsq", "gradient", given), gradient_of(tool, "llsq", "primal", given, ["x"]), atol=1e-8
    )


def test_gmm_has_the_gradient_of_its_differences(tool):
    given = mixture()
    names = ("alpha", "mu", "q", "l")
    found = tool.evaluate("gmm", "jacobian", given)
    flat = np.concatenate([np.ravel(found[name]) for name in names])
    np.testing.assert_allclose(flat, gradient_of(tool, "gmm", "objective", given, names), rtol=1e-6, atol=1e-6)


def test_arrays_and_loops_of_a_mixture_agree(tool, loops):
    given = mixture()
    np.testing.assert_allclose(
        tool.evaluate("gmm", "objective", given), loops.evaluate("gmm", "objective", given), rtol=1e-12
    )


@pytest.mark.parametrize("n", [1, 2, 8])
def test_ode_has_the_gradient_of_its_last_component(loops, n):
    given = {"x": np.random.default_rng(0).uniform(0.5, 1.5, n).tolist(), "s": 4}
    expected = gradient_of(loops, "ode", "primal", given, ["x"])[:, -1]
    found = loops.evaluate("ode", "gradient", given)
    np.testing.assert_allclose(found, expected, rtol=1e-6, atol=1e-9)
    assert n > 6 or np.all(np.abs(found) > 1e-3)


def test_det_is_the_determinant_and_has_the_gradient_of_its_differences(loops):
    given = {"A": numbers(np.random.default_rng(0), 16), "ell": 4}
    np.testing.assert_allclose(
        loops.evaluate("det", "primal", given), np.linalg.det(np.reshape(given["A"], (4, 4))), rtol=1e-12
    )
    np.testing.assert_allclose(
        loops.evaluate("det", "gradient", given), gradient_of(loops, "det", "primal", given, ["A"]), atol=1e-8
    )


def test_lstm_has_the_gradient_of_its_differences(loops):
    rng = np.random.default_rng(0)
    size, layers = 2, 2
    given = {
        "main_params": numbers(rng, 2 * layers, 4 * size),
        "extra_params": numbers(rng, 3, size),
        "state": numbers(rng, 2 * layers, size),
        "sequence": [[0.0, 1.0], [1.0, 1.0], [1.0, 0.0], [0.0, 1.0]],
    }
    np.testing.assert_allclose(
        loops.evaluate("lstm", "jacobian", given),
        gradient_of(loops, "lstm", "objective", given, ["main_params", "extra_params"]),
        atol=1e-8,
    )


def test_ba_has_the_jacobian_of_its_differences(loops):
    """Two observations, by the same camera and of the same point: the blocks of the first are compared."""
    rng = np.random.default_rng(0)
    given = {"n": 1, "m": 1, "p": 1, "cam": numbers(rng, 11), "x": [0.3, 0.2, 4.0], "w": 0.7, "feat": [0.1, 0.2]}
    found = loops.evaluate("ba", "jacobian", given)
    errors = []
    for name in ("cam", "x", "w"):
        values = np.array(given[name])
        for place in np.ndindex(values.shape):
            ends = []
            for step in (1e-6, -1e-6):
                moved = values.copy()
                moved[place] += step
                answer = loops.evaluate("ba", "objective", {**given, name: moved.tolist()})
                ends.append(np.array([*answer["reproj_error"]["elements"], answer["w_err"]["element"]]))
            errors.append((ends[0] - ends[1]) / 2e-6)
    expected = np.array(errors).T  # a row for each error
    np.testing.assert_allclose(np.reshape(found["vals"][:30], (2, 15)), expected[:2], rtol=1e-6, atol=1e-6)
    np.testing.assert_allclose(found["vals"][30], expected[2, -1], rtol=1e-6)
    assert found["cols"] == [*range(15), *range(15), 14]


def hand(with_places):
    """A hand of 22 bones and four vertices, and two measured points."""
    rng = np.random.default_rng(0)
    bones, count = 22, 4
    square = np.eye(4) + 0.1 * rng.normal(size=(2, bones, 4, 4))
    model = {
        "parents": [-1, *([0, 1, 2, 3] * 6)[: bones - 1]],
        "base_relatives": square[0].tolist(),
        "inverse_base_absolutes": square[1].tolist(),
        "base_positions": np.c_[rng.normal(size=(count, 3)), np.ones(count)].tolist(),
        "weights": (rng.random((count, bones)) / bones).tolist(),
        "triangles": [[0, 1, 2], [1, 2, 3]],
        "is_mirrored": True,
    }
    data = {"model": model, "correspondences": [1, 0], "points": numbers(rng, 2, 3)}
    return {"theta": numbers(rng, 26), "us": [[0.2, 0.3], [0.4, 0.1]] if with_places else [], "data": data}


@pytest.mark.parametrize("with_places", [False, True])
def test_ht_has_the_jacobian_of_its_differences(loops, with_places):
    given = hand(with_places)
    found = np.array(loops.evaluate("ht", "jacobian", given))
    np.testing.assert_allclose(
        found[:, 2:] if with_places else found,
        gradient_of(loops, "ht", "objective", given, ["theta"]).T,
        rtol=1e-6,
        atol=1e-7,
    )
    if with_places:
        by_all = gradient_of(loops, "ht", "objective", given, ["us"]).reshape(2, 2, 2, 3)
        own = np.array([by_all[i, :, i].T for i in range(2)]).reshape(6, 2)  # each point by its own
        np.testing.assert_allclose(found[:, :2], own, rtol=1e-6, atol=1e-7)
