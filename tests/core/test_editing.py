"""Edits of programs: all or nothing, undoable, sharing what they leave alone, readable as text."""

import copy
import pickle
from collections.abc import Callable
from fractions import Fraction

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from strategies import expressions, modules

from symnas import tree
from symnas.editing import Edit
from symnas.errors import SearchError, SourceError
from symnas.grammar import dump, parse, parse_expression
from symnas.program import Program
from symnas.traversal import exchange
from symnas.treepaths import PathError, Paths, find_place, walk

patient = settings(suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large], max_examples=60)

TEXT = """
let width = oneof(1, 2)
block B(out, kernel = 3)(x) {
  y = x -> Conv2d(out * width, kernel) -> maybe(C(2))
  y
}
block C(n) = Conv2d(n, 1)
net N(image: f32[N, 3, 8, 8]) { image -> B(4, kernel = oneof(3, 5)) -> B(width) -> Linear(train.units) }
train { units: 10 }
pick { width: 2, N.B[0].kernel: 5, train.units: 10 }
"""


@pytest.fixture
def program() -> Program:
    """A small program that uses each of its names more than once."""
    return Program(parse(TEXT, "small.nas"), "small.nas")


def shown(program: Program, path: str) -> str:
    """The node at *path* as text."""
    return dump(program.get(path)).strip()


# -------------------------------------------------------------------------------------------------- laws


@given(modules(), st.data())
@patient
def test_random_edits_read_back_and_are_undone(module: tree.Module, data: st.DataObject) -> None:
    """An expression put anywhere leaves a program that reads back, or no change; undoing gives the same tree."""
    program = Program(module)
    places = [(path, node) for node, path in routes(module) if isinstance(node, tree.Expression)]
    if not places:
        return
    path, _ = data.draw(st.sampled_from(places))
    new = data.draw(expressions(2))
    try:
        with program.edit() as edit:
            edit.replace(path, dump(new) if data.draw(st.booleans()) else new)
    except SourceError:
        assert program.module is module
        return
    after = program.module
    assert parse(dump(after)) == after
    assert program.get(path) == new
    program.undo()
    assert program.module is module
    program.redo()
    assert program.module is after


def routes(module: tree.Module) -> list[tuple[tree.Node, str]]:
    """Every node of *module* with its path."""
    paths = Paths(module)
    return [(node, paths.of(route)) for node, route in walk(module) if route]


@given(modules(), st.data())
@patient
def test_an_edit_shares_what_it_leaves_alone(module: tree.Module, data: st.DataObject) -> None:
    """After one node is exchanged, every node that does not lie on the way to it is the very same."""
    found = list(walk(module))[1:]
    if not found:
        return
    node, route = data.draw(st.sampled_from(found))
    assert exchange(module, route, node) is module
    fresh = tree.Name("fresh")
    after = exchange(module, route, fresh)
    for each, way in walk(after):
        if way[: len(route)] != route and route[: len(way)] != way:
            assert each is find_place(module, ".".join(map(str, way))).node


@given(modules())
@patient
def test_copies_are_equal_and_independent(module: tree.Module) -> None:
    """A copy, shallow, deep or pickled, is equal with an equal hash, and an edit of it leaves the first alone."""
    program = Program(module)
    for copied in (program.copy(), copy.copy(program), copy.deepcopy(program), pickle.loads(pickle.dumps(program))):  # noqa: S301 - our own bytes
        assert copied == program
        assert hash(copied) == hash(program)
        with copied.edit() as edit:
            edit.insert_declaration("let added = 1")
        assert copied != program
        assert program.module is module


# ------------------------------------------------------------------------------------------- transactions


def fail(edit: Edit) -> None:
    """An edit whose second half goes wrong."""
    edit.replace("width", "7")
    raise ZeroDivisionError


def test_an_error_within_an_edit_undoes_all_of_it(program: Program) -> None:
    """An exception leaves the very tree that was, and nothing to undo."""
    before = program.module
    with pytest.raises(ZeroDivisionError), program.edit() as edit:
        fail(edit)
    assert program.module is before
    with pytest.raises(SearchError, match="no edit to undo"):
        program.undo()


def bent() -> tree.Node:
    """A call that was made, by force, its own argument's argument."""
    inner = tree.Call(tree.Name("f"), ())
    outer = tree.Call(tree.Name("f"), (tree.Argument(inner),))
    object.__setattr__(inner, "arguments", (tree.Argument(outer),))
    return outer


REFUSED: dict[str, tuple[Callable[[Edit], object], str]] = {
    "a wrong text": (lambda edit: edit.replace("width", "oneof("), "never closed"),
    "a node of the wrong kind": (lambda edit: edit.replace("width", tree.Module(())), "a Module cannot stand here"),
    "a wrong kind further down": (
        lambda edit: edit.replace("width", tree.Unary(tree.UnaryOperator.NOT, tree.Bind)),  # type: ignore[arg-type] # wrong on purpose
        "cannot stand at `operand`",
    ),
    "a value for a parameter": (lambda edit: edit.replace("B.out", "3"), "at `B.out` is a Parameter"),
    "a variable outside of rules": (lambda edit: edit.replace("width", "$x"), "stands in a `rule` only"),
    "a choice of nothing": (lambda edit: edit.replace("width", tree.OneOf(())), "makes no program"),
    "a cycle": (
        lambda edit: edit.replace("width", bent()),
        "contains itself at `arguments[0].value.arguments[0].value`",
    ),
    "removing what must be": (lambda edit: edit.remove("width.alternatives[0].value"), "cannot be missing"),
    "removing the last alternative": (
        lambda edit: [edit.remove(path) for path in ["width.alternatives[0]"] * 2],  # type: ignore[func-returns-value]  # done for its effect
        "makes no program",
    ),
    "a name in use": (lambda edit: edit.rename("B", "C"), "`C` is in use already"),
    "a keyword as a name": (lambda edit: edit.rename("B", "if"), "`if` is a keyword"),
    "two declarations for one": (lambda edit: edit.replace("B", "let a = 1\nlet b = 2"), "replaced by 2"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_makes_no_program_is_refused(case: str, program: Program) -> None:
    """An edit that cannot be says why, and leaves the program as it was."""
    change, message = REFUSED[case]
    before = program.module
    with pytest.raises(SourceError) as caught, program.edit() as edit:
        change(edit)
    assert message in str(caught.value)
    assert program.module is before


def test_edits_do_not_overlap(program: Program) -> None:
    """Of two edits open at once, the one that ends last is refused."""

    def overlap() -> None:
        with program.edit() as outer:
            outer.replace("width", "1")
            with program.edit() as inner:
                inner.replace("width", "2")

    with pytest.raises(SearchError, match="one edit after the other"):
        overlap()
    assert shown(program, "width") == "2"


def test_an_edit_without_change_is_no_edit(program: Program) -> None:
    """Putting a node where it stands keeps the tree, and what was undone can still be made again."""
    with program.edit() as edit:
        edit.replace("width", "3")
    program.undo()
    before = program.module
    with program.edit() as edit:
        edit.replace("width", edit.get("width"))
    assert program.module is before
    program.redo()
    assert shown(program, "width") == "3"


# ----------------------------------------------------------------------------------------------- changes


def test_replacements_have_an_origin(program: Program) -> None:
    """A node made by hand has the place of the node it replaces; text has its own, which names both."""
    old = program.get("width").span
    with program.edit() as edit:
        edit.replace("width", tree.OneOf((tree.Alternative(tree.Name("a")),)))
        edit.replace("train.units", "1 + 2")
    assert {node.span for node, _ in walk(program.get("width"))} == {old}
    assert program.get("train.units").span.source.name == "<edit of train.units at small.nas:9:16>"


def test_a_node_given_twice_stays_one_node(program: Program) -> None:
    """A value used in two places is one node reached twice."""
    value = tree.Call(tree.Name("f"), ())
    with program.edit() as edit:
        edit.replace("width", value)
        edit.replace("train.units", value)
    assert program.get("width") is program.get("train.units")


def test_all_matches_are_replaced_from_the_outside_in(program: Program) -> None:
    """Each outermost match is replaced once, and nothing that was made is looked at again."""

    def wrapped(node: tree.Node) -> tree.Node:
        assert isinstance(node, tree.Call)
        return tree.Call(tree.Name("maybe"), (tree.Argument(node),))

    with program.edit() as edit:
        assert edit.replace_all("Conv2d($out, 1)", wrapped) == 1
        assert edit.replace_all(tree.OneOf, lambda _: None) == 0
    assert shown(program, "C").endswith("= maybe(Conv2d(n, 1))")


def test_matches_are_found_with_their_paths(program: Program) -> None:
    """A bare name finds its uses, a pattern those that fit, a kind or condition whatever it holds for."""
    assert [each.path for each in program.find("Conv2d")] == ["B.y.left.right", "C.body"]
    assert [each.path for each in program.find("Conv2d($a, $*rest)")] == ["B.y.left.right", "C.body"]
    assert [each.path for each in program.find(tree.OneOf)] == [
        "width",
        "N.body.statements[0].value.left.left.right.kernel",
    ]
    assert [each.path for each in program.find(lambda node: node == tree.Name("n"))] == ["C.body.arguments[0].value"]
    assert all(program.get(each.path) is each.node for each in program.find("width"))


def test_declarations_are_inserted_and_removed(program: Program) -> None:
    """A declaration goes before or after another, or last; removing takes the whole of what has the name."""
    with program.edit() as edit:
        edit.insert_declaration("let first = 1", before="width")
        edit.insert_declaration("let b = 1\nlet c = 2", after="B.kernel")
        edit.insert_declaration("maximize accuracy")
        edit.remove("C")
        edit.remove("train.units")
        edit.remove("B.kernel")
    heads = [dump(each).split("\n")[0].split(" ")[:2] for each in program.module.declarations]
    assert [" ".join(each) for each in heads] == [
        "let first", "let width", "block B(out)(x)", "let b", "let c", "net N(image:", "train {", "pick {",
        "maximize accuracy",
    ]  # fmt: skip


def test_a_name_is_changed_wherever_it_is_read(program: Program) -> None:
    """Values, calls, recipes and picks follow a new name."""
    with program.edit() as edit:
        edit.rename("width", "wide")
        edit.rename("B", "Stage")
        edit.rename("Stage.kernel", "window")
        edit.rename("Stage.y", "z")
        edit.rename("train.units", "size")
    expected = TEXT.replace("width", "wide").replace("kernel", "window").replace("units", "size")
    expected = expected.replace("B(", "Stage(").replace("B[", "Stage[").replace("  y", "  z")
    assert program.module == parse(expected)


def test_a_hidden_name_is_left_alone() -> None:
    """Where a parameter has the name of a declaration, it keeps it."""
    program = Program(parse("let a = 1\nfn f(a) = a + 1\nfn g(b) = a + b"))
    with program.edit() as edit:
        edit.rename("a", "c")
    assert program.module == parse("let c = 1\nfn f(a) = a + 1\nfn g(b) = c + b")


def test_an_unknown_path_is_refused(program: Program) -> None:
    """An edit of what is not there names what is."""
    with pytest.raises(PathError, match=r"did you mean `width`\?"), program.edit() as edit:
        edit.replace("widht", "1")


# -------------------------------------------------------------------------------------------- performance


def test_editing_a_leaf_copies_only_its_declaration() -> None:
    """In a program of a thousand declarations, one edit leaves 999 of them the very same, and its text unread."""
    program = Program(parse("\n".join(f"let a{number} = f({number}, g(2))" for number in range(1000))))
    before = program.module
    with program.edit() as edit:
        edit.replace("a500.arguments[1].value.arguments[0].value", parse_expression("3"))
    same = [a is b for a, b in zip(before.declarations, program.module.declarations, strict=True)]
    assert same.count(False) == 1
    old, new = before.declarations[500], program.module.declarations[500]
    assert isinstance(old, tree.Let)
    assert isinstance(new, tree.Let)
    assert isinstance(old.value, tree.Call)
    assert isinstance(new.value, tree.Call)
    assert old.value.arguments[0] is new.value.arguments[0]


def test_a_long_history_is_undone_and_dropped() -> None:
    """Ten thousand edits are undone one by one; a history of any length can be dropped."""
    program = Program(parse("let a = 0"))
    first = program.module
    for number in range(10_000):
        with program.edit() as edit:
            edit.replace("a", tree.Number(Fraction(number)))
    for _ in range(10_000):
        program.undo()
    assert program.module is first
