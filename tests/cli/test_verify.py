"""What `adtrans verify` prints, and its exit codes."""

import pytest


def test_verify_prints_a_row_for_each_argument(cli):
    code, out, err = cli("verify", "model.py:both", "--args", "2.0, np.array([1.0, math.pi])")
    assert (code, err) == (0, "")
    rows = [line.split() for line in out.splitlines()]
    assert rows[0] == ["argument", "max", "relative", "error", "ok"]
    assert [(row[0], row[2]) for row in rows[1:]] == [("b", "yes"), ("a", "yes")]
    assert all(float(row[1]) < 1e-6 for row in rows[1:])


def test_verify_draws_arguments_where_the_function_is_finite(cli):
    assert cli("verify", "model.py:logarithms", "--shape", "x=5", "--seed", "3")[0] == 0


def test_verify_takes_types_of_random_arguments(cli):
    assert cli("verify", "model.py:fast", "--types", "float32[:,:], int64")[0] == 0


def test_verify_fails_where_the_gradient_is_wrong(cli, monkeypatch):
    from adtrans.cli import verify

    def doubled(target, argnums):
        right = vjp(target, argnums)

        def pullback(*args):
            y, bars = right(*args)
            return y, tuple(2 * bar for bar in bars)

        pullback.request = right.request
        return pullback

    vjp = verify.vjp
    monkeypatch.setattr(verify, "vjp", doubled)
    code, out, _ = cli("verify", "model.py:logarithms", "--argnums", "x,")
    assert code == 1
    assert out.splitlines()[1].split() == ["x", "5.0e-01", "NO"]


@pytest.mark.parametrize(
    ("argv", "code", "expected"),
    [
        (["model.py:fast", "--args", "np.ones(3)"], 2, "'np.ones(3)': TypeError: missing a required argument: 'k'"),
        (["model.py:fast", "--args", "np.ones(3), 'a'"], 2, "argument 'k' is of type unicode_type; allowed are"),
        (["model.py:fast", "--args", "np.ones(3), ["], 2, "SyntaxError"),
        (["model.py:fast", "--args", "np.ones(3), zzz"], 2, "NameError: name 'zzz' is not defined"),
        (["model.py:fast", "--args", "np.ones(3), 2.0", "--shape", "x=3"], 2, "--args gives the values"),
        (["model.py:fast", "--shape", "x=3", "z=2"], 2, "no parameter 'z'; it has x, k"),
        (["model.py:fast", "--shape", "x"], 2, "--shape 'x' is not like x=3,4"),
        (["model.py:loss", "--shape", "b=3,4"], 2, "'b' has 1 axes, not 2"),
        (["model.py:loss", "--shape", "b=3", "x=2"], 1, "the function raises ValueError"),
        (["model.py:fast"], 2, "'x' has no annotation to take its type from; give --types"),
    ],
)
def test_verify_says_what_is_wrong_with_its_arguments(cli, argv, code, expected):
    found, out, err = cli("verify", *argv)
    assert (found, out) == (code, "")
    assert expected in err
