"""The structure of the code: imports point one way only, and files stay small."""

import ast
import graphlib
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent / "adtrans"

# A module imports from its own line and from lines above it. Modules of a line do not import each other in a circle.
ORDER = [
    "errors stop",
    "ir",
    "elementary elementary_single tape_helpers",
    "helpers",
    "modes names users callees passes py_func subclasses",
    "parse",
    "rules",
    "types",
    "library",
    "analyses transforms",
    "emit outside",
    "units",
    "pipeline",
    "explain",
    "cache fingerprint request",
    "refusal load",
    "targets",
    "dispatch custom structure",
    "real_parts",
    "api",
    "testing",
    "cli",
    "__main__",
]
LEVEL = {name: level for level, names in enumerate(ORDER) for name in names.split()}
LIBCST = {"parse"}
NUMBA = {"types", "request", "refusal", "fingerprint", "load", "dispatch", "stop", "custom", "targets"}
LINES = 400


def python_files() -> list[Path]:
    return sorted(p for p in ROOT.rglob("*.py"))


def module_name(path: Path) -> str:
    """`parse.calls` for adtrans/parse/calls.py; the empty name for adtrans itself."""
    return ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix("__init__").removesuffix(".")


MODULES = {module_name(path): path for path in python_files()}


def imports(path: Path) -> set[str]:
    """The full names of what a file imports, wherever in it."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}:{node.lineno}: a relative import"
            found |= {f"{node.module}.{alias.name}" for alias in node.names}
    return found


def own(path: Path) -> set[str]:
    """The modules of adtrans that a file imports."""
    found = set()
    for name in imports(path):
        if name.partition(".")[0] == "adtrans":
            name = name.removeprefix("adtrans").removeprefix(".")
            found.add(name if name in MODULES else name.rpartition(".")[0])
    return found - {""}  # the version, from adtrans itself


def package(module: str) -> str:
    return module.partition(".")[0]


@pytest.mark.parametrize("module", [m for m in MODULES if m])
def test_module_imports_only_from_its_line_and_above(module):
    later = {m for m in own(MODULES[module]) if LEVEL[package(m)] > LEVEL[package(module)]}
    assert not later


def test_every_module_has_a_line():
    assert {package(m) for m in MODULES if m} == LEVEL.keys()


def test_no_modules_import_each_other_in_a_circle():
    graph = {m: {d for d in own(path) if not m.startswith(f"{d}.")} - {m} for m, path in MODULES.items() if m}
    graphlib.TopologicalSorter(graph).prepare()  # raises CycleError


@pytest.mark.parametrize(("library", "allowed"), [("libcst", LIBCST), ("numba", NUMBA)])
def test_library_is_known_to_its_own_modules_only(library, allowed):
    users = {package(m) for m, path in MODULES.items() if any(package(name) == library for name in imports(path))}
    assert users == allowed


@pytest.mark.parametrize("module", MODULES)
def test_file_holds_one_idea(module):
    assert len(MODULES[module].read_text("utf-8").splitlines()) <= LINES


@pytest.mark.parametrize("module", MODULES)
def test_module_says_what_it_is(module):
    if MODULES[module].stat().st_size:
        assert ast.get_docstring(ast.parse(MODULES[module].read_text("utf-8")))


def test_generated_code_needs_nothing_but_numpy_and_numba():
    from adtrans.helpers import SOURCE

    for text in SOURCE.values():
        assert not [n for n in ast.walk(ast.parse(text)) if isinstance(n, (ast.Import, ast.ImportFrom))]


def test_map_of_the_code_names_every_module_and_no_other():
    text = (ROOT / "README.md").read_text("utf-8")
    listed = {name for row in re.findall(r"^\| (`.*?`) \|", text, re.M) for name in re.findall(r"`(.+?)`", row)}
    files = {p.relative_to(ROOT).as_posix() for p in python_files() if p.name != "__init__.py"} | {"cli/__init__.py"}
    assert listed == files
