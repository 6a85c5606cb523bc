"""`use`, `measure`, `train Net`, `search` and objectives as a program's text has them: shapes, names, mistakes."""

from random import Random

import pytest

import symnas
from symnas.checking import check
from symnas.graph import Graph
from symnas.space import Space

USED = """
use my.layers (Roll(p = 2)(x: [*S]) -> [*S], Widen(out)(x: [N, C, *S]) -> [N, out, *S],
  Join(a: [N, D], b: [N, D]) -> [N, D], Split(x: [N, D]) -> ([N, D // 2], [N, D - D // 2]))
use my.cost (evaluate)
"""


def space(text: str) -> Space:
    """The space of what is used, and *text*."""
    return symnas.parse(USED + text).space()


def graph(body: str) -> Graph:
    """The graph of a net with this body, of `image: f32[N, 3, 8, 10]`."""
    return space(f"net Main(image: f32[N, 3, 8, 10]) {{ {body} }}")[0].graph()


def codes(text: str) -> list[str]:
    """The codes of the mistakes in *text*."""
    return [each.code for each in check(symnas.parse(text)).diagnostics]


SHAPES = [
    ("image -> Roll", "[N, 3, 8, 10]"),
    ("image -> Roll(5)", "[N, 3, 8, 10]"),
    ("image -> Widen(7)", "[N, 7, 8, 10]"),
    ("image -> Widen(7) -> GlobalAvgPool2d -> Flatten -> Roll(p = 1)", "[N, 7]"),
    ("a = image -> GlobalAvgPool2d -> Flatten\nJoin(a, a)", "[N, 3]"),
    ("a = image -> GlobalAvgPool2d -> Flatten\n(a, a) -> Join", "[N, 3]"),
    ("(a, b) = image -> GlobalAvgPool2d -> Flatten -> Split\n_ = a\nb", "[N, 2]"),
    ("repeat(2) { Roll }(image)", "[N, 3, 8, 10]"),
]


@pytest.mark.parametrize(("body", "shape"), SHAPES)
def test_a_python_layer_gives_the_shape_that_it_says(body: str, shape: str) -> None:
    """Names in the inputs' types are bound by what flows in, `*S` to several sizes; settings may stand in the result."""
    made = graph(body)
    assert [str(made.scope.value_types()[each]) for each in made.scope.results] == [shape]


def test_settings_of_python_layers_are_decided_as_any_others() -> None:
    """A placeholder in a setting is a decision called by the setting."""
    made = space("net Main(image: f32[N, 3, 8, 8]) = image -> Roll(oneof(1, 2, 3)) -> Widen(oneof(4, 8))")
    assert made.size == 6
    assert set(made[0].picks) == {"Main.p", "Main.out"}


def test_nothing_is_known_of_what_python_layers_cost() -> None:
    """Their weights and multiply-adds count nothing."""
    made = graph("image -> Widen(7) -> Roll")
    assert (made.params, made.macs) == (0, 0)


def test_a_size_may_be_called_as_a_layer_is() -> None:
    """Only a `let` gives a name in a shape its value."""
    made = symnas.parse("use m (N(x: [N, D]) -> [D, N])\nnet D(x: f32[8, 4]) = x -> N").space()[0].graph()
    assert [str(made.scope.value_types()[each]) for each in made.scope.results] == ["[4, 8]"]


def test_claims_on_costs_say_what_they_leave_out() -> None:
    """Where a claim reads costs, the facts name the Python layers that these do not count."""
    text = f"{USED}net Main(image: f32[N, 3, 8, 8]) = image -> Widen(7)\n"
    assert check(symnas.parse(text)).facts == ("one architecture",)
    (_, fact) = check(symnas.parse(text + "assert Main.params == 0")).facts
    assert fact.startswith("costs leave out `my.layers.Widen`")


def test_two_programs_may_give_one_python_name_two_shapes() -> None:
    """What is kept of shapes between programs is never mixed up."""
    shapes = []
    for result in ("[N, C, H, W]", "[N, C * 2, H, W]"):
        text = f"use my.layers (L(x: [N, C, H, W]) -> {result})\nnet M(image: f32[N, 3, 8, 8]) = image -> L"
        made = symnas.parse(text).space()[0].graph()
        shapes.append(made.scope.value_types()[made.scope.results[0]].shape[1])
    assert shapes == [3, 6]


NET = "net Main(image: f32[N, 3, 8, 8]) = image -> "
WRONG = [
    ("E0221", "use m (L(p = L)(x: [*S]) -> [*S])"),
    ("E0211", "use m (L(p)(x) -> [N])"),
    ("E0213", f"use m (L(x: [*A, *B]) -> [*A])\n{NET}ReLU"),
    ("E0221", "use m (L(p = oneof(1, 2))(x: [*S]) -> [*S])"),
    ("E0221", "use m (L(p = ReLU)(x: [*S]) -> [*S])"),
    ("E0221", "use m (L(*p)(x: [*S]) -> [*S])"),
    ("E0220", "use m (L(p)(x: [*S]))"),
    ("E0220", "use m (L(p))"),
    ("E0220", "use m (L(x: [N, C]) -> [N, K])"),
    ("E0220", "let w = oneof(1, 2)\nuse m (L(x: [N, C]) -> [N, w])"),
    ("E0204", "use m (L(x: [*S]) -> [*S], L)"),
    ("E0223", f"use m (f)\n{NET}f"),
    ("E0301", f"use m (L(p)(x: [*S]) -> [*S])\n{NET}L(q = 3)"),
    ("E0305", f"use m (L(p)(x: [*S]) -> [*S])\n{NET}L"),
    ("E0305", f"use m (L(p)(x: [*S]) -> [*S])\n{NET}L(ReLU)"),
    ("E0403", f"use m (L(x: [N, D]) -> [N, D])\n{NET}L"),
    ("E0306", f"use m (L(x: [*S], y: [*S]) -> [*S])\n{NET}L"),
    ("E0224", "use m (f)\nmeasure params = f()"),
    ("E0204", "use m (f)\nmeasure a, a = f()"),
    ("E0225", "measure a = f()"),
    ("E0225", "use m (f)\nmeasure a = f"),
    ("E0226", "use m (f)\nmeasure a = f(oneof(1, 2))"),
    ("E0226", "use m (f)\nmeasure a = f(n = ReLU)"),
    ("E0201", "use m (f)\nmeasure a = f(Man)"),
    ("E0229", "use m (f)\nmeasure a = f()\nassert a < 3"),
    ("E0201", "require latency < 3"),
    ("E0227", "maximize 3"),
    ("E0227", f"{NET}ReLU\nmaximize Man.macs"),
    ("E0216", f"{NET}ReLU\nmaximize Main.mac"),
    ("E0215", f"{NET}ReLU\n{NET.replace('Main', 'Other')}ReLU\nminimize macs"),
    ("E0225", "search { evaluator: f }"),
    ("E0311", "search { trails: 3 }"),
    ("E0312", "search { trials: 0 }"),
    ("E0312", "search { seconds: -1 }"),
    ("E0312", "search { eager: 1 }"),
    ("E0302", "search { trials: 1, trials: 2 }"),
    ("E0228", f"{NET}ReLU\ntrain Man {{ lr: 1 }}"),
    ("E0204", f"{NET}ReLU\ntrain {{ lr: 1 }}\ntrain Main {{ lr: 2 }}"),
    ("E0208", f"{NET}Dropout(train.drop)\ntrain {{ dropout: 0.1 }}"),
]


@pytest.mark.parametrize(("code", "text"), WRONG, ids=[f"{code}-{text[-30:]}" for code, text in WRONG])
def test_mistakes_are_found_in_the_text(code: str, text: str) -> None:
    """Each mistake has its code, and is found without importing anything."""
    assert codes(text)[:1] == [code]


def test_metrics_of_a_program_are_known() -> None:
    """A `require` may read what is measured and what an objective names; it says nothing until there is a result."""
    made = space(
        'measure delay, energy = evaluate(Main, device = "phone", sizes = [1, 2.5])\n'
        "net Main(image: f32[N, 3, 8, 8]) = image -> Conv2d(4, oneof(1, 3))\n"
        "require delay <= 3ms and Main.params > 0\nrequire accuracy >= 0.9\nmaximize accuracy\nminimize delay"
    )
    assert made.size == 2
    assert sorted(made.elaboration.module.metrics) == ["accuracy", "delay", "energy"]
    (measurement,) = made.elaboration.module.measurements
    assert (measurement.python, measurement.function) == ("my.cost", "evaluate")
    assert dict(measurement.named) == {"device": "phone", "sizes": [1, 2.5]}


def test_each_net_has_its_recipe() -> None:
    """`train Net` is for one of several nets: in paths and names `train.Net.x`, in the recipe below the net's name."""
    made = symnas.parse("""
    net G(z: f32[N, 8]) = z -> Linear(train.G.wide)
    net D(x: f32[N, 8]) = x -> Dropout(train.drop) -> Linear(1)
    train { epochs: 3, drop: 0.5 }
    train G { lr: oneof(1, 2), wide: oneof(4, 8) }
    train D { lr: oneof(1, 2) }
    assert G.space.size == 2
    assert D.space.size == 1
    """)
    assert check(made).ok
    drawn = made.space().sample(Random(2))
    assert set(drawn.picks) == {"train.G.lr", "train.G.wide", "train.D.lr"}
    assert drawn.recipe.keys() == {"epochs", "drop", "G", "D"}
    assert drawn.recipe["G"].keys() == {"lr", "wide"}
    assert made.space().size == 8


def test_one_net_alone_reads_its_recipe_plainly() -> None:
    """Where there is one net, `train Net` is the recipe, and `train.x` reads it; the path keeps the net's name."""
    made = symnas.parse("net A(x: f32[N, 8]) = x -> Linear(train.wide)\ntrain A { wide: oneof(4, 8) }").space()
    assert made[1].recipe == {"wide": 8}
    assert made[1].picks == {"train.A.wide": "8"}


def test_settings_of_one_nets_recipe_are_renamed_where_they_are_read() -> None:
    """Renaming a setting of `train G` follows into the nets and picks that name it, and leaves another net's alone."""
    program = symnas.parse("""
    net G(z: f32[N, 8]) = z -> Linear(train.G.wide)
    net D(x: f32[N, 8]) = x -> Linear(train.D.wide)
    train G { wide: oneof(4, 8) }
    train D { wide: oneof(1, 2) }
    pick { train.G.wide: 4, train.D.wide: 2 }
    """)
    with program.edit() as edit:
        edit.rename("train.wide", "hidden")
    assert program.architecture().picks == {"train.G.hidden": "4", "train.D.wide": "2"}


def test_a_net_is_renamed_with_its_recipe() -> None:
    """Renaming a net follows into its `train`, into what reads that, and into picks."""
    program = symnas.parse("""
    net G(z: f32[N, 8]) = z -> Linear(train.G.wide)
    train G { wide: oneof(4, 8) }
    pick { train.G.wide: 4 }
    """)
    with program.edit() as edit:
        edit.rename("G", "Maker")
    assert program.architecture().picks == {"train.Maker.wide": "4"}
