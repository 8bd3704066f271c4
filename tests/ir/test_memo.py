import pickle
from dataclasses import replace

from adtrans import ir


def counted():
    calls = []

    @ir.memo
    def text(node):
        calls.append(node)
        return repr(node)

    return text, calls


def test_function_runs_once_for_a_node():
    text, calls = counted()
    node = ir.Op("+", (ir.Name("x"), ir.Const(1)))
    assert text(node) == text(node) == repr(node)
    assert len(calls) == 1


def test_functions_do_not_share_results():
    one, _ = counted()
    two = ir.memo(lambda node: 2)
    assert (one(ir.Name("x")), two(ir.Name("x"))) == (repr(ir.Name("x")), 2)


def test_changed_copy_of_a_node_is_a_node_of_its_own():
    node = ir.Op("+", (ir.Name("x"), ir.Const(1)))
    assert ir.names(node) == {"x"}
    assert ir.names(replace(node, args=(ir.Name("y"), ir.Name("z")))) == {"y", "z"}


def test_node_is_equal_and_pickled_whatever_was_asked_of_it():
    node, other = ir.Name("x"), ir.Name("x")
    ir.names(node)
    assert node == other and hash(node) == hash(other)
    assert pickle.loads(pickle.dumps(node)) == other
