"""What rules make of one network, as a space: moves, legal networks, and that everything can be made again."""

import pickle
from random import Random

import pytest
from growing_programs import SMALL, shrunk, small

import symnas
from symnas.errors import SearchError, SourceError
from symnas.genotype import Genotype
from symnas.graph import Graph
from symnas.growing import Grown, Growth, Move
from symnas.growing.moves import genotype_of, moves_of
from symnas.growing.running import growth_of
from symnas.growing.space import open_growth
from symnas.rewriting import matches, nas, rewrite, rules_of


def walk(growth: Growth, steps: int, seed: int) -> Grown:
    """A network that many random legal moves from the start."""
    rng, here = Random(seed), growth.start
    for _ in range(steps):
        here = growth.mutate(here, rng)
    return here


def weights(graph: Graph) -> set[tuple[str, str, tuple[int, ...]]]:
    """Every weight of *graph*: its layer's path, its name and shape."""
    return {(each.path, one.name, one.shape) for each in graph.operations() for one in each.operation.weights}


def test_a_record_of_moves_reads_back() -> None:
    """`genotype_of` and `moves_of` are inverse to each other, in whatever order the record is."""
    moves = (Move("wider", "first"), Move("deeper", "ConvBN[1].Conv2d"), *[Move("bent", "x")] * 12)
    genotype = genotype_of(moves)
    assert moves_of(genotype) == moves
    assert moves_of(Genotype(dict(reversed(list(genotype.items()))))) == moves


@pytest.mark.parametrize("key", ("wider first", "1 wider", "x wider first", "2 wider first"))
def test_what_is_no_record_of_moves_is_refused(key: str) -> None:
    """A record has a number, a rule and a path for each move, numbered without gaps."""
    with pytest.raises(SearchError, match=r"is no move|without gaps"):
        small().architecture({key: 1})


def test_children_are_every_legal_network_once() -> None:
    """All matches of all rules are tried, each once, in an order that the generator decides; what breaks a `require` or
    changes nothing is left out.
    """
    growth = small()
    for seed in range(6):
        here = walk(growth, seed, seed)
        expected = {}
        for each in matches(here):
            made = rewrite(here, growth.rules[each.rule], at=each.path).architecture
            if made.params <= 400 and made.canonical_hash() != here.canonical_hash():
                expected[Move(each.rule, each.path)] = made.canonical_hash()
        children = list(growth.children(here, Random(seed)))
        assert {each.moves[-1]: each.canonical_hash() for each in children} == expected
        assert len(children) == len(expected)
        again = [each.moves for each in growth.children(here, Random(seed))]
        assert again == [each.moves for each in children]


def test_rules_are_drawn_alike_however_often_they_match() -> None:
    """A rule that matches in nine places does not crowd out one that matches in one."""
    text = "net A(x: f32[N, 8]) = x -> repeat(9) { Tanh } -> Linear(8)\nrule often: Tanh => ReLU\nrule once: Linear(8) => Linear(9) -> Linear(8)"
    growth = growth_of(symnas.parse(text), ())
    rng = Random(0)
    first = [growth.mutate(growth.start, rng).moves[0].rule for _ in range(300)]
    assert 110 < first.count("once") < 190


def test_a_network_is_made_again_from_its_record() -> None:
    """In this process, in another one's space, and by pickle, it is the same: graph, text, digest."""
    growth = small()
    here = walk(growth, 9, 3)
    fresh = open_growth(growth.packed)
    for again in (
        small().architecture(here.genotype),
        fresh.architecture(here.genotype),
        pickle.loads(pickle.dumps(here)),  # noqa: S301 (our own)
    ):
        assert again == here
        assert hash(again) == hash(here)
        assert again.text == here.text
        assert again.network == here.network
        assert again.moves == here.moves
    assert fresh.fingerprint == growth.fingerprint


def test_its_text_is_a_program_of_the_same_network() -> None:
    """The text reads back to the same dataflow with the same names of weights, under the same `require`."""
    growth = small()
    for seed in range(5):
        here = walk(growth, 6, seed)
        again = symnas.parse(here.text).architecture()
        assert again.canonical_hash() == here.canonical_hash()
        assert weights(again.graph()) == weights(here.graph())
        assert "require Small.params <= 400" in here.text
        assert again.params == here.params <= 400


def test_what_cannot_be_done_is_said() -> None:
    """Unknown rules, places without a match, moves that do not fit, rules of one name, none, or open ones."""
    growth = small()
    with pytest.raises(
        SearchError, match=r"there is no rule `wide`; did you mean `wider`|there is no rule `wide`; `wider`"
    ):
        growth.take(growth.start, Move("wide", "first"))
    with pytest.raises(SearchError, match="no rule matches at `frist`"):
        growth.take(growth.start, Move("wider", "frist"))
    with pytest.raises(SearchError, match="does not match at `first`, only below it"):
        growth.take(growth.start, Move("bent", "first"))
    program = symnas.parse(SMALL)
    with pytest.raises(SearchError, match="two rules are called `wider`"):
        Growth(program.architecture(), [*rules_of(program), rules_of(program)[0]])
    with pytest.raises(SearchError, match="there are no rules"):
        Growth(program.architecture(), [])
    with pytest.raises(SearchError, match="rule `open` leaves something to be decided"):
        growth_of(program, ["rule open: ReLU => oneof(Tanh, SiLU)"])
    with pytest.raises(SearchError, match="no rule matches in the start"):
        growth_of(program, ["SiLU => Tanh"])
    with pytest.raises(SourceError, match=r"`Small\.out_features` is not decided"):
        growth_of(symnas.parse(SMALL.replace("Linear(3)", "Linear(oneof(3, 4))")), ())
    with pytest.raises(SearchError, match=r"`Growth\.take` makes one more move"):
        growth.start.replace({})


def test_rules_may_be_functions() -> None:
    """A rule in Python makes moves as others do, in other processes too, if these can import it; where its function puts
    nothing down there is no move.
    """
    program = symnas.parse(SMALL)
    growth = growth_of(program, [shrunk, *rules_of(program)])
    assert {str(each.moves[0]) for each in growth.children(growth.start, Random(0))} >= {
        "shrunk at first",
        "shrunk at second",
    }
    here = growth.architecture(genotype_of([Move("shrunk", "first")] * 2))
    assert [each for each in growth.children(here, Random(0)) if each.moves[-1] == Move("shrunk", "first")] == []
    assert open_growth(growth.packed).architecture(here.genotype) == here
    local = symnas.rule(on="ReLU", name="local")(lambda _: nas.Tanh)
    with pytest.raises(SearchError, match="rule `local` is a function that other processes cannot import"):
        str(growth_of(program, [local]).packed)


def test_a_move_that_breaks_the_network_is_no_child() -> None:
    """What does not fit any more is left out of the children; asked for by itself it is told."""
    text = "net A(x: f32[N, 4]) = x + (x -> Linear(4) as a)\nrule wide: Linear($n) => Linear($n * 2)\nrule bent: Linear($n) => Linear($n) -> ReLU"
    growth = growth_of(symnas.parse(text), ())
    assert [each.moves[0].rule for each in growth.children(growth.start, Random(0))] == ["bent"]
    with pytest.raises(SourceError, match="rule `wide`"):
        growth.take(growth.start, Move("wide", "a"))
