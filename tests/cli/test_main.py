"""Exit codes, and what the command line says about mistakes."""

import re
import sys

import pytest

from adtrans import __version__


def test_explain_prints_the_tape_as_a_formula(cli):
    code, out, err = cli("explain", "model.py:loss", "--argnums", "s")
    assert (code, err) == (0, "")
    assert out.startswith("value_and_grad of loss by s (model.py:13)\n")
    assert re.search(r"total: \d+ \* n bytes", out)


@pytest.mark.parametrize(
    ("argv", "expected"),
    [
        (["modle.py:loss"], "modle.py; did you mean model.py?"),
        (["model.txt:loss"], "model.txt is not a .py file"),
        (["model.py"], "expected FILE.py:FUNC, got 'model.py'"),
        ([], "generate takes one FILE.py:FUNC, got none"),
        (["model.py:los"], "model.py has no function 'los'; did you mean loss?"),
        (["model.py:unheard"], "model.py has no function 'unheard'. It has loss, fast, both,"),
        (["model.py:math"], "'math' in model.py is a module, not a function"),
        (["model.py:both_grad"], "'both_grad' in model.py is the grad of a function"),
        (["model.py:any_array"], "the annotation ndarray of 'x' says neither element type nor rank"),
        (["model.py:fast"], "'x' has no annotation to take its type from; give --types"),
        (["model.py:fast", "--types", "float64[:]"], "--types has 1 types, but the function takes 2 arguments: x, k"),
        (["model.py:fast", "--types", "float16[:], int64"], "argument 'x' is of type array(float16"),
        (["model.py:loss", "--argnums", "q"], "there is no parameter 'q'"),
        (["model.py:loss", "--argnums", "9"], "argnums has 9, but the function has 5 parameters"),
        (["model.py:loss", "--argnums", "n"], "cannot differentiate by 'n'"),
        (["model.py:loss", "--fastmath", "quick"], "fastmath is {'quick'}"),
        (["model.py:loss", "--mode", "jvp"], "invalid choice: 'jvp'"),
    ],
)
def test_wrong_command_line_has_one_message_and_code_2(cli, argv, expected):
    code, out, err = cli("generate", *argv)
    assert (code, out) == (2, "")
    assert expected in err
    assert "Traceback" not in err


def test_bad_type_is_pointed_at(cli):
    code, _, err = cli("generate", "model.py:fast", "--types", "float64[:, :], flot64")
    assert code == 2
    assert err.splitlines() == [
        "adtrans: --types: 'flot64', number 2, is not a type",
        "    float64[:, :], flot64",
        "                   ^^^^^^",
        "Did you mean float64?",
    ]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            "def f(x):\n    return x +* 2\n",
            ["2:15: SyntaxError: invalid syntax", "        return x +* 2", "                  ^"],
        ),
        (
            "import nowhere_at_all\n",
            ["1:1: ModuleNotFoundError: No module named 'nowhere_at_all'", "    import nowhere_at_all"],
        ),
        (
            "def g(v):\n    return 1 / v\n\nY = g(0)\n",
            ["2:12: ZeroDivisionError: division by zero", "        return 1 / v", "               ^^^^^"],
        ),
        ("import sys\nsys.exit('stop')\n", ["2:1: SystemExit: stop", "    sys.exit('stop')", "    ^^^^^^^^^^^^^^^^"]),
    ],
)
def test_file_that_cannot_be_imported_is_reported_at_its_line(cli, folder, text, expected):
    (folder / "broken.py").write_text(text)
    code, out, err = cli("generate", "broken.py:f", "-o", "out.py")
    assert (code, out) == (1, "")
    first, *others = err.splitlines()
    assert first == f"{folder / 'broken.py'}:{expected[0]}"
    assert others[: len(expected) - 1] == expected[1:]
    assert not (folder / "out.py").exists()


def test_wrong_option_in_a_decorator_is_reported_as_adtrans_says_it(cli, folder):
    (folder / "deco.py").write_text("import adtrans\n\n@adtrans.differentiate(argnums='z')\ndef f(x):\n    return x\n")
    code, _, err = cli("generate", "deco.py:f")
    assert code == 2
    assert "there is no parameter 'z'" in err


def test_import_leaves_no_trace(cli, folder):
    path = list(sys.path)
    cli("explain", "model.py:loss")
    assert sys.path == path
    assert "model" not in sys.modules
    assert not (folder / "__pycache__").exists()


def test_debug_shows_the_traceback(cli):
    code, _, err = cli("generate", "model.py:eigenvalues", "--debug")
    assert code == 1
    assert err.startswith("Traceback")


def test_error_of_our_own_is_one_message(cli, monkeypatch):
    def broken(*args, **kwargs):
        raise AssertionError("impossible\nand more")

    monkeypatch.setattr("adtrans.cli.generate.generate", broken)
    code, _, err = cli("generate", "model.py:loss")
    assert code == 1
    assert err.splitlines()[0] == "adtrans: an error of adtrans itself, AssertionError: impossible"


def test_version_and_help(cli):
    assert cli("--version") == (0, f"adtrans {__version__}\n", "")
    code, out, _ = cli("--help")
    assert code == 0
    assert "examples:" in out
    assert cli()[0] == cli("nonsense")[0] == 2
