"""README.md is true: its code runs, its commands exist, and the source it shows is the one that is generated.

`python tests/test_readme.py FOLDER` writes that source, and the table of functions, into it.
"""

import importlib.util
import re
import shlex
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from adtrans.cli import main
from adtrans.cli.supported import Row, supported
from adtrans.errors import UnsupportedError
from adtrans.pipeline import generate
from adtrans.request import types_of

ROOT = Path(__file__).parent.parent
README = ROOT / "README.md"
SUPPORTED = re.compile(r"(<!-- supported -->\n)(.*?)(<!-- end -->)", re.S)
GENERATED = re.compile(r"(<!-- generated: drift -->\n```python\n)(.*?)(```\n<!-- end -->)", re.S)
OLD = ("np.trapz",)  # functions that newer versions of NumPy do not have
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]


def text() -> str:
    return README.read_text("utf-8")


def blocks(language: str) -> list[str]:
    """The code blocks of a language, without what is generated."""
    return re.findall(rf"^```{language}\n(.*?)^```$", GENERATED.sub("", text()), re.S | re.M)


def command(name: str) -> str:
    """The one command between the marks of this name."""
    [found] = re.findall(rf"<!-- command: {name} -->\n```sh\n(.+)\n```\n<!-- end -->", text())
    return found


def table() -> str:
    """The functions that are supported, a row for each group."""
    lines = ["| what | functions |", "|---|---|"]
    for title, rows in supported().items():
        names = dict.fromkeys(short(name) for row in rows for name in row.names if name not in OLD)
        lines += [f"| {title.rstrip('.')} | `{'` `'.join(names) if is_text(rows) else ' '.join(names)}` |"]
    return "\n".join(lines) + "\n"


def short(name: str) -> str:
    """A name as the page shows it: without its module, which the group tells."""
    name = {"neg": "-", "pos": "+"}.get(name, name).removeprefix("np.").removeprefix("math.")
    return name.removeprefix("random.").removeprefix("scipy.special.").replace("|", "\\|")


def is_text(rows: list[Row]) -> bool:
    """Whether the rows are of the language, whose constructs have spaces in them."""
    return any(" " in name for row in rows for name in row.names)


def adjoint(source: str) -> str:
    """The gradient function of a module."""
    (found,) = (part for part in source.split("\n\n\n") if "_value_and_grad(" in part.partition("\n    ")[0])
    return found + "\n"


def imported(path: Path):
    """The module in a file, from all Python code of this page."""
    path.write_text("\n\n".join(blocks("python")))
    spec = importlib.util.spec_from_file_location(path.stem, path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    """model.py, whose code has run."""
    return imported(tmp_path_factory.mktemp("readme") / "model.py")


def test_code_runs_and_trains(model):
    assert model.loss(model.w, model.b, model.x, model.y) < 0.5 * model.error


def test_generated_source_is_the_one_shown(model):
    assert GENERATED.search(text())[2] == adjoint(model.drift.source("float64, int64"))


def test_table_has_the_functions_that_are_supported():
    assert SUPPORTED.search(text())[2] == table()


def test_commands_of_adtrans_succeed(model, monkeypatch, capsys):
    monkeypatch.chdir(Path(model.__file__).parent)
    lines = [line for block in blocks("sh") for line in block.splitlines() if line.startswith("adtrans ")]
    assert {line.split()[1] for line in lines} == {"generate", "explain", "verify", "rules"}
    for line in lines:
        assert main(shlex.split(line)[1:]) == 0, capsys.readouterr().err


def test_error_shown_is_the_one_raised(tmp_path):
    shown = blocks("text")[0]
    place, line = shown.splitlines()[:2]
    number = int(place.split(":")[1])
    path = tmp_path / "model.py"
    path.write_text("import numpy as np\n" + "\n" * (number - 3) + f"def f(y):\n{line[4:]}\n")
    spec = importlib.util.spec_from_file_location("model_with_error", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    with pytest.raises(UnsupportedError) as caught:
        generate(module.f, types_of(("float64[:,:]",)), (0,), "grad")
    said = str(caught.value).replace(str(path), "model.py").splitlines()
    assert said == shown.splitlines()


@pytest.mark.parametrize(
    ("name", "extra", "last"), [("train", "examples", "examples/train_mnist.py"), ("test", "test", "-m pytest -n auto")]
)
def test_set_up_commands_fit_the_project(name, extra, last):
    make, install, run = command(name).split(" && ")
    assert make == "python3 -m venv .venv"
    assert install == f'.venv/bin/pip install -e ".[{extra}]"'
    assert extra in PROJECT["optional-dependencies"]
    assert run == f".venv/bin/python {last}"
    assert last.startswith("-m") or (ROOT / last).is_file()
    assert PROJECT["requires-python"] == ">=3.11"
    assert "Python 3.11 or newer" in text()


def test_ci_runs_the_test_command_that_is_shown():
    assert "<!-- command: test -->" in (ROOT / ".ci" / "run").read_text()


def test_links_lead_somewhere():
    for target in re.findall(r"\]\((?!http)([^)#]+)\)", text()):
        assert (ROOT / target).exists(), target


def test_table_of_options_has_the_defaults():
    from adtrans.request import _DEFAULTS as defaults

    rows = dict(re.findall(r"^\| `(\w+)` \| `(.+?)` \|", text(), re.M))
    assert {name: eval(value) for name, value in rows.items()} == {**defaults, "fastmath": set(defaults["fastmath"])}


def test_page_needs_no_more_than_the_project_declares():
    code = "\n".join(blocks("python"))
    modules = set(re.findall(r"^(?:from|import) (\w+)", code, re.M))
    assert modules <= {"adtrans", "numba", "numpy"}
    assert {"numba", "numpy"} <= {re.match(r"\w+", d)[0] for d in PROJECT["dependencies"]}


def rewrite() -> None:
    """Bring the generated source on the page up to date."""
    first = blocks("python")[0]
    path = Path(sys.argv[1]) / "model.py"
    path.write_text(first)
    code = "import model; print(model.drift.source('float64, int64'), end='')"
    source = subprocess.run(
        [sys.executable, "-c", code], cwd=path.parent, check=True, capture_output=True, text=True
    ).stdout
    page = GENERATED.sub(lambda m: m[1] + adjoint(source) + m[3], text())
    README.write_text(SUPPORTED.sub(lambda m: m[1] + table() + m[3], page), "utf-8")


if __name__ == "__main__":
    rewrite()
