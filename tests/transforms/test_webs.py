import numpy as np
import pytest
from ir_python import define, run, unparse

from adtrans.errors import UnsupportedError
from adtrans.parse import parse
from adtrans.transforms.normalise import normalise
from adtrans.transforms.webs import webs


def split(*lines: str) -> list[str]:
    fn = define("def f(x, n):\n" + "".join(f"    {line}\n" for line in lines))
    function = webs(normalise(parse(fn)))
    for n in range(1, 5):
        x = np.arange(1.0, 7.0)
        (got, args), expected = run(function, x, n), fn(x, n)
        np.testing.assert_array_equal(got, expected)
        np.testing.assert_array_equal(args[0], x)
    return [line.strip() for line in unparse(function).splitlines()[1:]]


def test_each_value_of_a_reused_name_gets_its_own():
    assert split("h = x * 2", "h = np.maximum(h, 0)", "h = h.sum()", "return h") == [
        "h = (x * 2)",
        "h_1 = np.maximum(h, 0)",
        "h_2 = np.sum(h_1)",
        "return h_2",
    ]


def test_parameter_keeps_its_name():
    assert split("x = x * 2", "return x.sum()") == ["x_1 = (x * 2)", "return np.sum(x_1)"]


def test_loop_carried_variable_stays_one():
    text = split("s = 0.0", "for i in range(n):", "    s = s + x[i]", "s = s * 2", "return s")
    assert text == ["s = 0.0", "for i in range(0, n, 1):", "s = (s + x[i])", "s_1 = (s * 2)", "return s_1"]


def test_variable_of_one_iteration_is_not_carried():
    text = split("t = 1.0", "s = t", "for i in range(n):", "    t = x[i]", "    t = t * t", "    s += t", "return s")
    assert text[3:6] == ["t_1 = x[i]", "t_2 = (t_1 * t_1)", "s += t_2"]


def test_branches_that_meet_share_a_name():
    text = split("t = 1.0", "s = t", "if n > 2:", "    t = 2.0", "else:", "    t = 3.0", "return s + t")
    assert [line for line in text if "=" in line] == ["t = 1.0", "s = t", "t_1 = 2.0", "t_1 = 3.0"]


def test_branch_that_is_not_taken_keeps_the_old_value():
    assert "t = 2.0" in split("t = 1.0", "if n > 2:", "    t = 2.0", "return t")


def test_store_and_in_place_addition_change_the_same_array():
    text = split("a = x * 1", "a[0] = 5.0", "a += 1", "a[1] *= 2", "a = a.sum()", "return a")
    assert text[:5] == ["a = (x * 1)", "a[0] = 5.0", "a += 1", "a[1] *= 2", "a_1 = np.sum(a)"]


def test_value_that_a_break_carries_out_keeps_its_name():
    text = split(
        "t = 0.0", "for i in range(n):", "    t = x[i]", "    if t > 2:", "        break", "    t = 7.0", "return t"
    )
    assert "t_1 = x[i]" not in text


def test_while_test_reads_the_value_of_the_iteration_before():
    text = split("t = 1.0", "while t < n:", "    t = t + 1", "t = t * 3", "return t")
    assert text == ["t = 1.0", "while (t < n):", "t = (t + 1)", "t_1 = (t * 3)", "return t_1"]


def test_endless_loop_is_left_only_from_its_body():
    text = split(
        "t = 1.0", "s = t", "while True:", "    t = s + 1", "    if t > n:", "        break", "    s = t", "return t"
    )
    assert "t_1 = (s + 1)" in text


def test_swap_of_loop_carried_names_stays_a_swap():
    lines = ("u = 1.0", "v = 2.0", "for i in range(n):", "    u, v = v, u", "    u += x[i]", "return u - v")
    assert "(u, v, ) = (v, u, )" in split(*lines)


def test_swap_that_became_a_renaming_is_two_assignments():
    text = split("u = 1.0", "v = 2.0", "u, v = v, u", "return u - v")
    assert text[2:] == ["u_1 = v", "v_1 = u", "return (u_1 - v_1)"]


def test_numbers_do_not_depend_on_the_hash_seed_or_on_the_users_names():
    assert split("t_1 = 0.0", "t = 1.0", "t_1 = t_1 + t", "t = 3.0", "return t + t_1")[2:4] == [
        "t_1_1 = (t_1 + t)",
        "t_2 = 3.0",
    ]


def test_name_that_one_path_assigns_is_accepted():
    assert "t = 1.0" in split("if n > 0:", "    t = 1.0", "return t")


@pytest.mark.parametrize(
    ("lines", "name", "place"),
    [
        (("s = t + 1", "t = 1", "return s"), "t", (2, 9)),
        (("for i in range(n):", "    s += x[i]", "return 0"), "s", (3, 9)),
        (("a[0] = 1.0", "a = x", "return a"), "a", (2, 5)),
        (("return a", "a = x"), "a", (2, 12)),
        (("if n:", "    return x + k", "k = 1", "return k"), "k", (3, 20)),
    ],
)
def test_name_that_no_path_has_assigned_is_refused(lines, name, place):
    source = "def f(x, n):\n" + "".join(f"    {line}\n" for line in lines)
    with pytest.raises(UnsupportedError, match=f"^<cell .*{name} is read before it is assigned") as caught:
        webs(normalise(parse(define(source))))
    assert (caught.value.loc.line, caught.value.loc.column) == place
