"""Generated modules on disk: the second process, stale and damaged files, directories that cannot be written."""

import errno
import json
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from numba.core.caching import FunctionCache

import adtrans
from adtrans import cache
from adtrans.fingerprint import fingerprint

PROGRAM = """
import json, sys, time
import numba
start = time.perf_counter()
import adtrans
import numpy as np
{before}
SCALE = {scale}
def helper(v):
    return {helper}
@adtrans.differentiate(cache={keep})
def loss(x):
    total = 0.0
    for i in range(x.shape[0]):
        total += helper(x[i]) * SCALE
    return total
value, gradient = loss.value_and_grad(np.array([1.0, 2.0]))
took = time.perf_counter() - start
generated = sys.modules[[m for m in sys.modules if m.startswith("adtrans_generated")][0]]
{after}
print(json.dumps(dict(value=value, gradient=list(gradient), took=took, ran="adtrans.pipeline" in sys.modules,
                      file=generated.__file__)))
"""


@pytest.fixture
def run(tmp_path):
    """Run PROGRAM in a process of its own; its report as a dictionary."""

    def run(scale="2.0", helper="v * v", keep=True, before="", after="", root=tmp_path / "cache", **env):
        program = tmp_path / "program.py"
        program.write_text(PROGRAM.format(scale=scale, helper=helper, keep=keep, before=before, after=after))
        path = os.pathsep.join(p for p in sys.path if p)
        env = {**os.environ, "PYTHONPATH": path, "ADTRANS_CACHE_DIR": str(root), **env}
        done = subprocess.run([sys.executable, program], capture_output=True, text=True, check=False, env=env)
        assert done.returncode == 0, done.stderr
        return {**json.loads(done.stdout.splitlines()[-1]), "stderr": done.stderr}

    return run


def test_second_process_reads_a_function_that_calls_itself_from_disk(run):
    recursive = "v if v < 0.5 else helper(v - 0.6) * v"
    first, second = run(helper=recursive), run(helper=recursive)
    assert first["ran"] and not second["ran"]
    assert first["value"] == second["value"] == pytest.approx(2.0 * (1.0 * 0.4 + 2.0 * 1.4 * 0.8 * 0.2))
    assert first["gradient"] == second["gradient"]


def test_second_process_generates_and_compiles_nothing(run, tmp_path):
    first = run()
    files = {p: p.stat().st_mtime_ns for p in (tmp_path / "cache").rglob("*.nb?")}
    second = run(before="import time")  # moves the function by no line: `before` is empty or one line
    third = run(before="import time")
    assert first["ran"] and second["gradient"] == third["gradient"] == pytest.approx([4.0, 8.0])
    assert not third["ran"]
    assert all(p.stat().st_mtime_ns == at for p, at in files.items())
    print(f"first process {first['took']:.2f} s, second {third['took']:.2f} s after `import numba`")


def test_change_of_a_constant_or_helper_is_noticed(run):
    assert run()["gradient"] == pytest.approx([4.0, 8.0])
    for change in ({"scale": "5.0"}, {"helper": "v * v * 2.5"}):
        changed = run(**change)
        assert changed["ran"]
        assert changed["gradient"] == pytest.approx([10.0, 20.0])
    assert not run()["ran"]


RULE = "from adtrans.rules.registry import partials; partials('mine.f(x)', {!r})"


def test_users_rule_is_part_of_the_key(run):
    assert run(before=RULE.format("2 * x"))["ran"]
    assert not run(before=RULE.format("2 * x"))["ran"]
    assert run(before=RULE.format("3 * x"))["ran"]


def test_damaged_file_is_written_anew(run, tmp_path):
    first = run()
    for what in ("*.py", "index/*", "__pycache__/*.nbi", "__pycache__/*.nbc"):
        damaged = list((tmp_path / "cache").glob(what))
        assert damaged, what
        for path, damage in zip(damaged, (b"garbage", b""), strict=False):
            path.write_bytes(damage)
        assert run()["gradient"] == first["gradient"], what
        assert all(len(path.read_bytes()) > 20 for path in damaged), what


def test_without_cache_nothing_stays(run, tmp_path):
    report = run(keep=False, NUMBA_CACHE_DIR=str(tmp_path / "numba"))
    assert report["gradient"] == pytest.approx([4.0, 8.0])
    assert not Path(report["file"]).parent.exists()
    left = [p for d in ("cache", "numba") for p in (tmp_path / d).rglob("*") if p.is_file()]
    assert left == []


def test_directory_that_cannot_be_written_is_replaced_by_a_temporary_one(run, tmp_path):
    blocked = tmp_path / "blocked"
    blocked.write_text("a file, not a directory")
    report = run(root=blocked)
    assert report["gradient"] == pytest.approx([4.0, 8.0])
    assert "ADTRANS_CACHE_DIR" in report["stderr"]
    assert not Path(report["file"]).exists()


def test_processes_that_start_together_agree(tmp_path, run):
    run(scale="1.0")  # writes the program
    program = tmp_path / "program.py"
    program.write_text(program.read_text().replace("SCALE = 1.0", "SCALE = 2.0"))
    path = os.pathsep.join(p for p in sys.path if p)
    env = {**os.environ, "PYTHONPATH": path, "ADTRANS_CACHE_DIR": str(tmp_path / "cache")}
    started = [subprocess.Popen([sys.executable, program], stdout=subprocess.PIPE, env=env) for _ in range(3)]
    reports = [json.loads(p.communicate()[0].splitlines()[-1]) for p in started]
    assert [r["gradient"] for r in reports] == [pytest.approx([4.0, 8.0])] * 3
    assert not list((tmp_path / "cache").rglob("*.tmp"))


def cosines(x):
    return np.sum(np.sin(x))


def full():
    raise OSError(errno.ENOSPC, "No space left on device")


@pytest.mark.parametrize("what", [(cache, "_replace"), (FunctionCache, "_save_overload")], ids=["text", "code"])
def test_full_disk_costs_a_warning(monkeypatch, tmp_path, what):
    monkeypatch.setenv("ADTRANS_CACHE_DIR", str(tmp_path))
    replace = cache._replace
    monkeypatch.setattr(*what, lambda *a: replace(*a) if cache.temporary() in getattr(a[0], "parents", ()) else full())
    with pytest.warns(UserWarning, match="the cache cannot be written.*No space left"):
        gradient = adtrans.grad(cosines, fastmath=what[0] is cache)  # another module each time
        assert gradient(np.ones(2)) == pytest.approx(np.cos(np.ones(2)))


def test_cache_that_is_removed_meanwhile_is_made_anew(monkeypatch, tmp_path):
    monkeypatch.setenv("ADTRANS_CACHE_DIR", str(tmp_path / "cache"))
    adtrans.grad(cosines).source("float64[:]")
    shutil.rmtree(tmp_path / "cache")
    assert "cos" in adtrans.grad(cosines).source("float32[:]")


CALLER = """
import numba
@numba.njit(cache=True)
def step(x):
    return loss.grad(x) + other(x)
other = adtrans.grad(loss)
assert list(step(np.array([1.0, 2.0]))) == list(2.0 * loss.grad(np.array([1.0, 2.0])))
"""


@pytest.mark.parametrize("kept", ["all", "nothing"])
def test_cached_njit_caller_runs_in_a_second_process(run, tmp_path, kept):
    first = run(after=CALLER)
    if kept == "nothing":
        shutil.rmtree(tmp_path / "cache")
    assert run(after=CALLER)["gradient"] == first["gradient"]


def test_cached_njit_caller_outlives_a_module_of_the_process(run):
    assert run(after=CALLER, keep=False)["gradient"] == run(after=CALLER, keep=False)["gradient"]


def test_damaged_module_is_not_an_entry(tmp_path):
    entry = cache.store(tmp_path, "k" * 64, "x = 1\n", "f", None)
    assert cache.lookup(tmp_path, "k" * 64) == entry
    assert cache.load(tmp_path, entry).x == 1
    (tmp_path / entry.file).write_text("x = 2\n")
    assert cache.lookup(tmp_path, "k" * 64) is None
    assert cache.store(tmp_path, "k" * 64, "x = 1\n", "f", None) == cache.lookup(tmp_path, "k" * 64) == entry


@pytest.mark.parametrize(
    "damage", ["", "[]", "{", '{"file": "x.py"}', '{"file": "x.py", "primal": "f", "adjoint": null}']
)
def test_damaged_index_is_not_an_entry(tmp_path, damage):
    cache.store(tmp_path, "k" * 64, "x = 1\n", "f", None)
    (tmp_path / "index" / ("k" * 64)).write_text(damage)
    assert cache.lookup(tmp_path, "k" * 64) is None


@pytest.fixture
def define():
    """A function `f` from source in which `f` is defined at line 1, its globals given."""

    def define(source, **names):
        exec(compile(source, "<test>", "exec"), names)
        return names["f"]

    return define


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ({"c": 1.0}, {"c": 2.0}),
        ({"c": 1.0}, {"c": 1}),
        ({"c": (1, (2, 3))}, {"c": (1, (2, 4))}),
        ({"c": [1.0]}, {"c": [-1.0]}),
        ({"c": {"a": 1}}, {"c": {"a": 2}}),
    ],
)
def test_fingerprint_follows_constants(define, before, after):
    source = "def f(x): return x * c"
    assert fingerprint(define(source, **before)) == fingerprint(define(source, **before))
    assert fingerprint(define(source, **before)) != fingerprint(define(source, **after))


def test_fingerprint_follows_arrays_helpers_and_attributes(define):
    import types as pytypes

    import numpy as np

    def module(value):
        made = pytypes.ModuleType("settings")
        made.inner = type("Inner", (type("Base", (), {"c": value, "unused": time.time()}),), {})
        return made

    source = "def f(x): return x * c"
    for one, two in [(np.zeros(2), np.ones(2)), (np.float32(1), np.float64(1)), (np.zeros((1, 4)), np.zeros((2, 2)))]:
        assert fingerprint(define(source, c=one)) != fingerprint(define(source, c=two))
    source = "def f(x): return m.inner.c * x"
    assert fingerprint(define(source, m=module(1.0))) == fingerprint(define(source, m=module(1.0)))
    assert fingerprint(define(source, m=module(1.0))) != fingerprint(define(source, m=module(2.0)))
    helpers = [define("def f(x): return g(x)", g=define(f"def f(x): return x * {k}")) for k in (1, 2)]
    assert fingerprint(helpers[0]) != fingerprint(helpers[1])


def test_fingerprint_of_recursive_functions_ends(define):
    f = define("def f(x): return x if x < 1.0 else f(x - 1.0)")
    assert fingerprint(f) == fingerprint(f)


def test_fingerprint_follows_closure_values_and_defaults():
    def make(c, d):
        def f(x, y=d):
            return x * c * y

        return f

    found = {fingerprint(make(c, d)) for c in (1.0, 2.0) for d in (1.0, 2.0)}
    assert len(found) == 4
