from ir_python import define

from adtrans.names import assigned_in, fresh, used
from adtrans.parse import parse


def test_fresh_names_are_numbered_and_taken():
    taken = {"x"}
    assert [fresh("x", taken), fresh("x", taken), fresh("y", taken)] == ["x_1", "x_2", "y"]
    assert taken == {"x", "x_1", "x_2", "y"}


def test_fresh_names_do_not_hide_what_generated_code_uses():
    assert fresh("np", set()) == "np_1"


def test_every_name_of_a_function_is_found():
    lines = "    for i in range(n):\n        (s, (t, x[k])), u = v\n    return w\n"
    function = parse(define(f"def f(x, n, k, v, w):\n{lines}"))
    assert used(function) == set("xnkvwistu")
    assert assigned_in(function.body) == set("istu")
