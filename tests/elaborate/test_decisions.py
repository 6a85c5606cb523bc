"""Where decisions are made: at the placeholder's evaluation, once or per use, or not at all.

Each class quotes the sentence of the language's page that it proves.
"""

from random import Random

import pytest
from enumerating import dataflow, members, only, space_of

from symnas.errors import SourceError
from symnas.space import Space

BLOCK = "block B(n = 8, k = oneof(3, 5))(x) = x -> Linear(n * k) -> Linear(8)\n"


def net(body: str, before: str = "") -> Space:
    """The space of one net over `x: f32[N, 8]` with *body*."""
    return space_of(f"{before}\nnet A(x: f32[N, 8]) {{\n{body}\n}}\n")


def paths(space: Space) -> list[str]:
    """Every decision that any member makes, in the order first met."""
    return list(dict.fromkeys(path for each in members(space) for path in each.genotype))


class TestOnceOrPerUse:
    """`body = MBConv(24)` decides once and `repeat(4) { body }` uses the same choices with fresh weights, while
    `repeat(4) { MBConv(24) }` decides four times.
    """

    def test_a_call_bound_to_a_name_is_decided_once(self) -> None:
        """A bound call repeated has one decision and a set of weights for each turn."""
        space = net("body = B(8)\nx -> repeat(4) { body }", BLOCK)
        assert space.size == 2
        assert [each.params for each in space] == [4 * (9 * 24 + 25 * 8), 4 * (9 * 40 + 41 * 8)]

    def test_a_call_repeated_is_decided_each_time(self) -> None:
        """The call inside the braces is evaluated anew at each turn."""
        assert net("x -> repeat(4) { B(8) }", BLOCK).size == 2**4

    def test_a_bare_name_is_a_recipe(self) -> None:
        """A bare block name bound to a name is decided at each application."""
        assert net("body = B\nx -> body -> body", BLOCK).size == 4

    def test_a_bare_name_passed_as_an_argument_is_a_recipe(self) -> None:
        """A block given to a block is decided at each application inside it."""
        twice = "block Twice(f)(x) = x -> f -> f\n"
        assert net("x -> Twice(B)", BLOCK + twice).size == 4
        assert net("x -> Twice(B(8))", BLOCK + twice).size == 2

    def test_a_layer_with_placeholders_bound_to_a_name(self) -> None:
        """A layer bound to a name holds its choices wherever it is applied."""
        assert net("f = Linear(oneof(8, 8.0 * 1))\nx -> f -> f -> f").size == 2

    def test_a_let_is_one_decision_read_in_many_places(self) -> None:
        """`let width = oneof(…)`: one decision, read in many places."""
        assert net("x -> Linear(8 * w) -> Linear(8 * w)", "let w = oneof(1, 2, 3)").size == 3

    def test_computed_alternatives_of_a_let_are_one_decision(self) -> None:
        """A `let` among lists or sums is made for the whole program, like one among numbers."""
        space = space_of("""
        let width = oneof(4 + 4, 3)
        let widths = [oneof([8], [3])]
        block Unit(x: [N, D]) = x -> Linear(width) -> Linear(widths[0][0])
        net A(x: f32[N, 8]) = x -> Unit -> Unit
        """)
        assert space.size == 2 * 2
        assert space[0].once == 2

    def test_a_recipe_held_by_a_name_reads_its_lets_once(self) -> None:
        """What a block reads is decided once, though only a name says which block it is."""
        before = "let w = oneof(4, 8)\nblock R()(x) = x -> Linear(w) -> Linear(8)\nblock D(f)(x) = x -> f -> f\n"
        assert [each.params for each in net("f = R\nx -> repeat(2) { f }", before)] == [152, 288]
        assert [each.params for each in net("x -> D(R) -> D(R)", before)] == [304, 576]

    def test_a_cell_held_by_a_name_is_decided_once_in_every_turn(self) -> None:
        """A cell that reads a let, applied by a name in a repeat (once counted for each turn)."""
        before = "let f = oneof { a: ReLU, b: Tanh }\ncell C()(x) = x -> maybe(ReLU) -> repeat(0) { f }\n"
        assert net("g = C\nx -> repeat(2) { g }", before).size == 2

    def test_a_let_of_a_layer_is_decided_once(self) -> None:
        """A let that holds a layer is the same choice at each use, with fresh weights."""
        space = net("x -> f -> f", "let f = oneof(Linear(8), Linear(8, bias = false))")
        assert [each.params for each in space] == [144, 128]

    def test_a_call_decides_for_its_defaults(self) -> None:
        """A call decides for everything its body asks, defaults included."""
        assert net("g = B()\nx -> g -> g", BLOCK).size == 2

    def test_arguments_belong_to_the_caller(self) -> None:
        """A placeholder in an argument is decided by the call, once for all uses inside."""
        assert net("x -> C(oneof(1, 2))", "block C(k)(x) = x -> Linear(k) -> Linear(k) -> Linear(8)").size == 2


class TestCells:
    """A `block` is decided at each use; a `cell` once for the whole program, with fresh weights at each use."""

    CELL = "cell C(n = 8)(x) = x -> Linear(n) -> oneof(ReLU, Tanh) -> Linear(8)\n"

    def test_a_cell_is_decided_once(self) -> None:
        """Uses of a cell share its decision, not its weights."""
        space = net("x -> C -> repeat(3) { C } -> C(16)", self.CELL)
        assert space.size == 2
        assert paths(space) == ["C.oneof"]
        assert space[0].params == 4 * (9 * 8 + 9 * 8) + 9 * 16 + 17 * 8

    def test_the_same_text_as_a_block_decides_each_time(self) -> None:
        """With `block` in its place, every use decides."""
        assert net("x -> C -> repeat(3) { C } -> C(16)", self.CELL.replace("cell", "block")).size == 2**5

    def test_blocks_inside_a_cell_are_decided_once_too(self) -> None:
        """Decisions of blocks inside it are decided once too."""
        space = net("x -> C -> C", BLOCK + "cell C()(x) = x -> B -> B\n")
        assert space.size == 4
        assert paths(space) == ["C.B.k", "C.B[1].k"]

    def test_arguments_of_a_cell_belong_to_the_caller(self) -> None:
        """Arguments belong to the caller: each use may be given another choice."""
        assert net("x -> C(oneof(8, 16)) -> C(oneof(8, 16))", self.CELL).size == 2 * 2 * 2

    def test_a_cell_bound_to_a_name_is_still_the_cell(self) -> None:
        """A cell that some use elaborates in place is decided once, through a name bound to it as well."""
        text = "body = C\nx = x -> repeat(2) { body }\nx -> C(oneof(4, 8) as w)"
        space = net(text, "cell C(s = 8)(x) {\n  x = x -> oneof { a: ReLU, b: Tanh }\n  x\n}\n")
        assert space.size == len(list(members(space))) == 2

    def test_a_cell_in_two_nets_is_one(self) -> None:
        """The whole program shares a cell's decisions."""
        text = self.CELL + "net A(x: f32[N, 8]) = x -> C\nnet B(x: f32[N, 4]) = x -> C\n"
        space = space_of(text)
        assert space.size == 2
        assert space.size_of("A") == space.size_of("B") == 2

    def test_a_cell_that_reads_a_let(self) -> None:
        """The members are right, even where the exact count is given up (once counted 5)."""
        text = "let w = oneof(4, 8)\ncell C()(x) = x -> oneof { a: ReLU, b: Linear(w) -> Linear(8) }\n"
        space = space_of(text + "net A(x: f32[N, 8]) {\n  f = C\n  x -> f -> f\n}\n")
        assert len({frozenset(each.genotype.items()) for each in members(space)}) == 3
        assert not space.countable or space.size == 3


class TestSharedWeights:
    """`shared embed = Embedding(V, D)` makes weights once; its `embed.weight` can be read."""

    def test_shared_weights_count_once(self) -> None:
        """Three uses, one set of weights."""
        space = net("shared f = Linear(8)\nx -> f -> f -> f")
        assert space[0].params == 72
        assert {path for path, *_ in dataflow(space[0].graph())} == {"f"}

    def test_a_shared_layer_at_top_level(self) -> None:
        """At top level, nets and blocks share it."""
        graph = only("shared f = Linear(8)\nblock B()(x) = x -> f\nnet A(x: f32[N, 8]) = x -> f -> B")
        assert graph.params == 72

    def test_the_weight_can_be_read(self) -> None:
        """Tied embeddings: the weight itself flows into a product."""
        graph = only(
            "net A(t: i64[N, T]) {\n  shared e = Embedding(50, 8)\n  y = t -> e\n  y @ e.weight.transpose(0, 1)\n}"
        )
        assert graph.params == 400
        assert "[N, T, 50]" in str(graph.scope.steps[-1].outputs[0])

    def test_shared_layers_decide_once(self) -> None:
        """Its placeholder is decided where it is made."""
        assert net("shared f = Linear(oneof(8, 8.0 + 0))\nx -> f -> f").size == 2


class TestLaziness:
    """Bindings, list items, arguments and alternatives are evaluated only if needed, so a decision exists only in
    the architectures that use it.
    """

    def test_an_unused_branch_asks_nothing(self) -> None:
        """Only the branch that the flag chooses decides: 2 + 3."""
        space = net("y = x -> Linear(oneof(8, 9))\nz = x -> Linear(range(8, 10))\n"
                    "if oneof(true, false) { y } else { z }")  # fmt: skip
        assert space.size == 2 + 3

    def test_an_unused_argument_asks_nothing(self) -> None:
        """A setting that the chosen alternative does not read is not decided."""
        space = net("x -> P(oneof(1, 2, 3))", "block P(n) = oneof { wide: Linear(n), none: Identity }")
        assert space.size == 3 + 1

    def test_an_unused_list_item_asks_nothing(self) -> None:
        """Of a list, only the item read is evaluated."""
        assert net("xs = [x -> Linear(oneof(1, 2)), x -> Linear(oneof(1, 2, 3)), x]\nxs[1]").size == 3

    def test_an_unused_field_asks_nothing(self) -> None:
        """Of a record, only the field read is evaluated."""
        assert net("r = {a: x -> Linear(oneof(1, 2)), b: x -> Linear(oneof(1, 2, 3))}\nr.a").size == 2

    def test_an_alternative_not_chosen_asks_nothing(self) -> None:
        """Decisions of an alternative exist where it is chosen."""
        assert net("x -> oneof { a: Linear(oneof(1, 2)), b: Linear(range(1, 4)), c: ReLU }").size == 2 + 4 + 1

    def test_an_unused_let_asks_nothing(self) -> None:
        """A let that no architecture reads is no decision of the space."""
        assert net("x -> ReLU", "let a = oneof(1, 2, 3)").size == 1

    @pytest.mark.parametrize(
        ("condition", "size"),
        (
            ("oneof(false, true) and oneof(false, true)", 3),
            ("oneof(false, true) or oneof(false, true)", 3),
            ("any([oneof(false, true) for i in 1..3])", 4),
            ("all([oneof(false, true) for i in 1..3])", 4),
            ("false and oneof(false, true)", 1),
            ("true or oneof(false, true)", 1),
            ("not (true or oneof(false, true))", 1),
        ),
    )
    def test_logic_stops_early(self, condition: str, size: int) -> None:
        """`and`, `or`, `any`, `all` stop early: what they do not reach does not exist."""
        assert net(f"c = {condition}\nif c {{ x -> ReLU }} else {{ x -> Tanh }}").size == size

    def test_recursion_builds_only_what_is_used(self) -> None:
        """A recursive binding that the last level does not read is never evaluated."""
        rest = "block R(ns)(x) {\n  y = x -> Linear(oneof(8, 9))\n  more = y -> R(ns[1:])\n"
        rest += "  if len(ns) == 1 { y } else { more }\n}\n"
        assert net("x -> R([1, 2, 3])", rest).size == 8

    def test_reading_a_shape_decides_without_making_weights(self) -> None:
        """Reading a shape makes the decisions behind it exist, not the weights."""
        space = net("y = x -> Linear(oneof(4, 8))\nx -> Linear(y.features)")
        assert space.size == 2
        assert [len(dataflow(each.graph())) for each in space] == [1, 1]
        assert [each.params for each in space] == [9 * 4, 9 * 8]

    def test_the_left_side_is_evaluated_first(self) -> None:
        """`->` evaluates its left side first: its decisions come first."""
        space = net("x -> Linear(oneof(1, 2) as first) -> Linear(oneof(1, 2) as second)")
        assert paths(space) == ["A.first", "A.second"]


class TestRequire:
    """`require expr` removes architectures; what a body's `require` reads exists thereby; a top-level one holds where
    its decision does not exist.
    """

    def test_in_a_body_it_removes_and_makes_exist(self) -> None:
        """A body's `require` reads its decision even if nothing else does."""
        space = net("n = oneof(1, 2, 3)\nrequire n != 2\nx -> ReLU")
        assert space.size == 2
        assert paths(space) == ["A.n"]

    def test_at_top_level_it_holds_where_the_decision_does_not_exist(self) -> None:
        """Where `width` is not decided, what is required of it holds."""
        text = "x -> oneof { wide: Linear(width), none: ReLU }"
        assert net(text, "let width = oneof(1, 2, 3)\nrequire width > 1").size == 2 + 1

    def test_at_top_level_it_relates_decisions(self) -> None:
        """Two lets are restricted together."""
        before = "let a = oneof(1, 2, 3)\nlet b = oneof(1, 2, 3)\nrequire a <= b"
        assert net("x -> Linear(a) -> Linear(b)", before).size == 6

    def test_anything_may_be_compared_with_none(self) -> None:
        """A layer or a tensor that is there is not `none`; a setting left out is."""
        block = "block P(norm = none)(x) = if norm == none { x } else { x -> norm -> Linear(oneof(3, 4)) }"
        assert net("y = x -> P(oneof(none, Tanh))\nrequire y != none\ny", block).size == 1 + 2

    def test_lets_that_only_training_reads_may_be_required(self) -> None:
        """A top-level `require` holds for decisions that exist only because the recipe reads them."""
        lets = "let a = oneof(1, 2, 3)\nlet b = oneof(1, 2, 3)\nrequire a + b <= 4\n"
        assert net("x -> ReLU", lets + "train { a: a, both: [a, b] }").size == 6
        assert net("x -> ReLU", lets).size == 1

    def test_shapes_may_be_required(self) -> None:
        """What does not fit is left out where a `require` says so."""
        space = net("c = oneof(4, 8)\ny = x -> Linear(c)\nrequire y.shape == x.shape\nx + y")
        assert space.size == 1
        assert dict(space[0].picks) == {"A.c": "8"}

    def test_one_that_excludes_everything_leaves_an_empty_space(self) -> None:
        """Nothing is left, and drawing says so."""
        space = net("require oneof(1, 2) > 2\nx")
        assert space.size == 0

    def test_costs_are_respected_by_samples(self) -> None:
        """A `require` on costs is met by what is sampled and refused in what is built."""
        space = net("x -> Linear(range(1, 64))", "require params <= 90")
        assert all(space.sample(Random(seed)).params <= 90 for seed in range(20))
        with pytest.raises(SourceError, match="does not hold"):
            space.architecture({"A.out_features": 63})
