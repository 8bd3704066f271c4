"""`adtrans generate --check`: generated files against what would be written now."""

import re
import sys

import pytest


def test_check_compares_with_the_file(cli, edit):
    argv = ("generate", "model.py:loss", "-o", "out.py", "--check")
    code, out, _ = cli(*argv)
    assert code == 1
    assert out.splitlines()[0] == "out.py is missing; it is written by"
    cli(*argv[:-1])
    assert cli(*argv) == (0, "out.py is up to date\n", "")
    edit("math.sin", "math.cos")
    code, out, _ = cli(*argv)
    assert code == 1
    assert out.startswith("out.py is stale: the function has changed\n--- out.py\n")
    assert re.search(r"^-.*math\.sin\(s\)", out, re.M)
    assert re.search(r"^\+.*math\.cos\(s\)", out, re.M)


def test_check_of_an_edited_file_says_that_the_function_is_the_same(cli):
    cli("generate", "model.py:loss", "-o", "out.py")
    with open("out.py", "a") as file:
        file.write("# a remark\n")
    code, out, _ = cli("generate", "--check", "out.py")
    assert (code, out.splitlines()[0]) == (1, "out.py is stale: adtrans now writes it differently")
    assert out.splitlines()[-1] == "-# a remark"


def test_check_finds_generated_modules_and_runs_their_own_commands(cli, folder, monkeypatch, edit):
    cli("generate", "model.py:loss", "--argnums", "w,s", "-o", "gradients/loss_gradient.py")
    cli("generate", "model.py:fast", "--types", "float64[:], int64", "-o", "gradients/fast_gradient.py")
    code, out, err = cli("generate", "--check")
    assert (code, err) == (0, "")
    assert out == "gradients/fast_gradient.py is up to date\ngradients/loss_gradient.py is up to date\n"
    monkeypatch.chdir(folder / "gradients")
    assert cli("generate", "--check", "fast_gradient.py")[0] == 0
    edit("return np.sum(np.exp(x)) * k", "return np.sum(x) * k")
    code, out, err = cli("generate", "--check", "..")
    assert code == 1
    assert out.endswith("1 of 2 files are not up to date\n")


def test_check_goes_on_after_a_module_that_cannot_be_generated(cli, edit):
    cli("generate", "model.py:loss", "-o", "a.py")
    cli("generate", "model.py:fast", "--types", "float64[:], int64", "-o", "b.py")
    edit("def loss", "\ndef renamed")
    code, out, err = cli("generate", "--check")
    assert code == 1
    assert "b.py is stale" in out  # its line has moved
    assert err.startswith("a.py cannot be generated again:\nmodel.py has no function 'loss'")


def test_files_of_the_same_name_in_two_folders_are_kept_apart(cli, folder):
    for name, factor in (("one", "2.0"), ("two", "3.0")):
        (folder / name).mkdir()
        (folder / name / "part.py").write_text(f"def scale(x):\n    return {factor} * x\n")
        (folder / name / "whole.py").write_text("import part\n\ndef f(x: float):\n    return part.scale(x)\n")
        cli("generate", f"{name}/whole.py:f", "-o", f"{name}/gradient.py")
        assert f"{factor} * " in (folder / name / "gradient.py").read_text()
    assert cli("generate", "--check")[0] == 0
    assert "part" not in sys.modules


@pytest.mark.parametrize(
    ("target", "expected"),
    [
        ("nothing.py", "there is no file or folder nothing.py"),
        ("model.py", "model.py does not start with the command that wrote it"),
        ("model.py:loss", "--check of model.py:loss needs -o"),
        (".", "no file in . was written by adtrans generate -o"),
    ],
)
def test_check_of_nothing_generated_is_refused(cli, target, expected):
    code, out, err = cli("generate", "--check", target)
    assert (code, out) == (2, "")
    assert expected in err


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("# adtrans generate model.py:loss --nonsense -o out.py", "its first line is not a command of adtrans"),
        ('# adtrans generate model.py:loss --types "float64 -o out.py', "its first line is not a command of adtrans"),
        ("# adtrans generate model.py:loss", "its first line has no -o"),
        ("# adtrans generate model.py:loss -o elsewhere.py", "it was written as elsewhere.py and has been moved"),
    ],
)
def test_damaged_first_line_is_a_failed_check(cli, folder, line, expected):
    (folder / "out.py").write_text(line + "\n")
    code, _, err = cli("generate", "--check", "out.py")
    assert code == 1
    assert expected in err
