"""Where a function's source may come from: a file, a notebook cell, a package; and where it cannot."""

import linecache
import math
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import adtrans
from adtrans.errors import AdtransError, SourceError, UnsupportedError

CELL = "def cube(x):\n    return x * x * x\n"
X = np.array([1.0, 2.0])


def python(*argv, cwd):
    """Standard output of a Python process that finds adtrans."""
    path = os.pathsep.join([str(Path(adtrans.__file__).parent.parent), os.environ.get("PYTHONPATH", "")])
    done = subprocess.run(
        [sys.executable, *argv],
        capture_output=True,
        text=True,
        check=False,
        cwd=cwd,
        env={**os.environ, "PYTHONPATH": path},
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_function_in_a_file_of_the_current_folder_is_differentiated_by_python_c(tmp_path):
    (tmp_path / "mine.py").write_text(CELL)
    out = python("-c", "import adtrans, mine; print(adtrans.grad(mine.cube)(2.0))", cwd=tmp_path)
    assert float(out) == pytest.approx(12.0)


def test_function_in_a_package_is_differentiated(tmp_path, monkeypatch):
    package = tmp_path / "physics_of_tests" / "springs"
    package.mkdir(parents=True)
    (package.parent / "__init__.py").write_text("")
    (package / "constants.py").write_text("STIFFNESS = 3.0\n")
    (package / "__init__.py").write_text(
        "from physics_of_tests.springs import constants\n\n\n"
        "def stretched(x):\n    return constants.STIFFNESS * x * x\n\n\n"
        "def energy(x):\n    return 0.5 * stretched(x)\n"
    )
    monkeypatch.syspath_prepend(tmp_path)
    from physics_of_tests import springs

    assert adtrans.grad(springs.energy)(2.0) == pytest.approx(6.0)


def test_cell_of_a_notebook_is_differentiated_and_its_errors_show_its_line():
    # IPython keeps the text of a cell in linecache, under a name that is no file's.
    cell = CELL + "\n\ndef bad(x):\n    return np.linalg.eigvals(x)[0]\n"
    name = "/tmp/ipykernel_1/3412.py"
    linecache.cache[name] = (len(cell), None, cell.splitlines(keepends=True), name)
    names = {"np": np}
    exec(compile(cell, name, "exec"), names)
    assert adtrans.grad(names["cube"])(2.0) == pytest.approx(12.0)
    with pytest.raises(UnsupportedError, match=f"{name}:6:12: .*\n    .*return np.linalg.eigvals"):
        adtrans.grad(names["bad"])(np.eye(2))


def test_cell_that_is_run_again_with_another_text_has_the_new_gradient():
    for power, expected in ((2, 4.0), (3, 12.0)):
        cell = f"def f(x):\n    return x ** {power}\n"
        name = f"<cell {power}>"
        linecache.cache[name] = (len(cell), None, cell.splitlines(keepends=True), name)
        names = {}
        exec(compile(cell, name, "exec"), names)
        assert adtrans.grad(names["f"])(2.0) == pytest.approx(expected)


def test_function_under_a_decorator_and_in_a_class_body_is_read():
    class Model:
        @staticmethod
        @adtrans.differentiate
        def square(x):
            return x * x

    assert Model.square.grad(3.0) == pytest.approx(6.0)


def test_function_that_was_executed_from_text_says_that_its_source_is_missing():
    names = {}
    exec(CELL, names)
    with pytest.raises(
        SourceError, match=r"^<string>:1:1: the source of cube cannot be read\nDefine it in a file or in a cell"
    ):
        adtrans.grad(names["cube"])(2.0)


def test_repl_says_that_the_source_is_missing_or_has_it(tmp_path):
    session = "import adtrans\ndef cube(x): return x * x * x\n\n"
    session += "try: adtrans.grad(cube)(2.0)\nexcept Exception as e: print(e)\n\n"
    path = str(Path(adtrans.__file__).parent.parent)
    done = subprocess.run(
        [sys.executable, "-i"], input=session, capture_output=True, text=True, check=False, cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": path},
    )  # fmt: skip
    if "cannot be read" not in done.stdout:  # since 3.13, Python keeps what is typed
        assert sys.version_info >= (3, 13), done.stdout + done.stderr


@pytest.mark.parametrize("function", [math.sin, np.sin, len, float])
def test_function_in_c_says_what_may_be_passed(function):
    with pytest.raises(AdtransError, match=r"cannot differentiate .*\nPass a Python function, an @njit function"):
        adtrans.grad(function)


def test_lambda_says_to_write_a_def():
    with pytest.raises(SourceError, match=r"<lambda> is a lambda\n(.*\n)*.* plain Python function, written with def"):
        adtrans.grad(lambda x: x * x)(1.0)
