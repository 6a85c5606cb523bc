"""What libraries know of the same spaces: symnas, ConfigSpace, PyGlove and, where it is installed, NNI.

    python tests/benchmarks/spaces_compared.py

Four spaces, each written as the library's documentation has it, and what they truly are, found by plain loops:

- `edges`: six edges of five operations each (NAS-Bench-201's cell);
- `layers`: one to four layers, each of three operations, which exist where the layer does;
- `darts`: a DARTS cell, four nodes that each read two of the nodes before them through one of eight operations;
- `limit`: six layers of four widths each, of which the sum is 72 at most.

Times are microseconds of processor time. A draw of symnas is an architecture whose shapes are checked; of the others
it is a record.
"""

from collections import Counter
from collections.abc import Iterator, Mapping
from importlib import import_module
from itertools import combinations, islice, product
from math import prod
from random import Random
from typing import Any, Protocol

from timing import duration, rival, show, table

import symnas

OPERATIONS = ("ReLU", "Tanh", "GELU")
WIDTHS = (8, 16, 24, 32)
MOST = 72
DRAWS = 500
WARM = 200
TRUE = {
    "edges": 5**6,
    "layers": sum(1 for depth in range(1, 5) for _ in product(OPERATIONS, repeat=depth)),
    "darts": prod(len(list(combinations(range(node), 2))) * 8**2 for node in range(2, 6)),
    "limit": sum(sum(widths) <= MOST for widths in product(WIDTHS, repeat=6)),
}
TEXTS = {
    "edges": """
block Edge = oneof { none: Zero, skip: Identity, a: ReLU, b: Tanh, c: GELU }
net Net(x: f32[N, 8]) {
  nodes = [x]
  for j in 1..3 { nodes = [*nodes, sum([n -> Edge for n in nodes])] }
  nodes[3]
}""",
    "layers": "net Net(x: f32[N, 8]) = x -> repeat(range(1, 4) as depth) { oneof(ReLU, Tanh, GELU) }",
    "darts": """
block Op = oneof(Zero, Identity, ReLU, Tanh, GELU, SiLU, Sigmoid, ELU)
net Net(a: f32[N, 8], b: f32[N, 8]) {
  nodes = [a, b]
  for i in 2..5 { nodes = [*nodes, sum(manyof(2, [n -> Op for n in nodes]))] }
  concat(nodes[2:])
}""",
    "limit": """
let widths = [oneof(8, 16, 24, 32) for i in 1..6]
require sum(widths) <= 72
net Net(x: f32[N, 8]) {
  for width in widths { x = x -> Linear(width) }
  x
}""",
}


class Library(Protocol):
    """One library's answers. What it has no answer to is `None`."""

    def size(self, space: str) -> int | float | None:
        """How many architectures it says there are."""

    def draws(self, space: str, count: int) -> list[Any]:
        """So many draws of its own default."""

    def depth(self, drawn: Any) -> int:
        """How many layers a draw from `layers` has."""

    def widths(self, drawn: Any) -> list[int]:
        """The widths of a draw from `limit`."""

    def changed(self, count: int) -> Iterator[tuple[Any, Any]]:
        """Members of `layers`, and each with one change made to it, as keys that tell architectures apart."""


class Symnas:
    """symnas itself."""

    def __init__(self) -> None:
        self.spaces = {name: symnas.parse(text).space() for name, text in TEXTS.items()}

    def size(self, space: str) -> int | float | None:
        """An exact count."""
        return self.spaces[space].size

    def draws(self, space: str, count: int) -> list[Any]:
        """Uniform over architectures."""
        rng = Random(0)
        return [self.spaces[space].sample(rng) for _ in range(count)]

    def depth(self, drawn: Any) -> int:
        """The number of choices beside that of the depth."""
        return len(drawn.picks) - 1

    def widths(self, drawn: Any) -> list[int]:
        """What is picked."""
        return [int(each) for each in drawn.picks.values()]

    def changed(self, count: int) -> Iterator[tuple[Any, Any]]:
        """`mutate`."""
        rng, space = Random(0), self.spaces["layers"]
        for _ in range(count):
            member = space.sample(rng)
            yield member.genotype, space.mutate(member, rng).genotype


class ConfigSpace:
    """ConfigSpace: categories under conditions."""

    def __init__(self, library: Any) -> None:
        self.library = library
        made = {name: library.ConfigurationSpace(seed=0) for name in TRUE}
        made["edges"].add(*(library.Categorical(f"e{place}", list(range(5))) for place in range(6)))
        depth = library.Integer("depth", (1, 4))
        layers = [library.Categorical(f"op{place}", list(OPERATIONS)) for place in range(4)]
        made["layers"].add(depth, *layers)
        made["layers"].add(*(library.GreaterThanCondition(layers[place], depth, place) for place in range(1, 4)))
        for node in range(2, 6):
            pairs = [str(pair) for pair in combinations(range(node), 2)]
            read = library.Categorical(f"{node}.pair", pairs) if len(pairs) > 1 else library.Constant("2.pair", "0, 1")
            made["darts"].add(read, *(library.Categorical(f"{node}.{each}", list(range(8))) for each in "ab"))
        made["limit"].add(*(library.Categorical(f"w{place}", list(WIDTHS)) for place in range(6)))
        self.spaces = made

    def size(self, space: str) -> int | float | None:
        """`estimate_size`."""
        found = self.spaces[space].estimate_size()
        return int(found) if found == int(found) else float(found)

    def draws(self, space: str, count: int) -> list[Any]:
        """`sample_configuration`, all at once, which is its quickest way."""
        return [dict(each) for each in self.spaces[space].sample_configuration(count)]

    def depth(self, drawn: Any) -> int:
        """The decision itself."""
        return int(drawn["depth"])

    def widths(self, drawn: Any) -> list[int]:
        """Every value."""
        return [int(each) for each in drawn.values()]

    def changed(self, count: int) -> Iterator[tuple[Any, Any]]:
        """The first of `get_one_exchange_neighbourhood`."""
        for seed, member in enumerate(self.spaces["layers"].sample_configuration(count)):
            for each in islice(self.library.util.get_one_exchange_neighbourhood(member, seed), 1):
                yield tuple(sorted(dict(member).items())), tuple(sorted(dict(each).items()))


class PyGlove:
    """PyGlove: `oneof` and `manyof` in a tree of dictionaries."""

    def __init__(self, library: Any) -> None:
        one, many, record = library.oneof, library.manyof, library.Dict
        self.library = library
        depths = [record(ops=[one(list(OPERATIONS)) for _ in range(depth)]) for depth in range(1, 5)]
        nodes = [
            many(2, [record(source=place, op=one(list(range(8)))) for place in range(node)], distinct=True, sorted=True)
            for node in range(2, 6)
        ]
        self.spaces = {
            "edges": record(edges=[one(list(range(5))) for _ in range(6)]),
            "layers": record(net=one(depths)),
            "darts": record(nodes=nodes),
            "limit": record(widths=[one(list(WIDTHS)) for _ in range(6)]),
        }

    def size(self, space: str) -> int | float | None:
        """`dna_spec(…).space_size`."""
        found: int = self.library.dna_spec(self.spaces[space]).space_size
        return found

    def draws(self, space: str, count: int) -> list[Any]:
        """`random_sample`."""
        return list(islice(self.library.random_sample(self.spaces[space], seed=0), count))

    def depth(self, drawn: Any) -> int:
        """The number of operations."""
        return len(drawn.net.ops)

    def widths(self, drawn: Any) -> list[int]:
        """The list itself."""
        return list(drawn.widths)

    def changed(self, count: int) -> Iterator[tuple[Any, Any]]:
        """`evolution.mutators.Uniform`."""
        mutator, rng = self.library.evolution.mutators.Uniform(seed=0), Random(0)
        choices = self.library.dna_spec(self.spaces["layers"])
        for _ in range(count):
            before = self.library.random_dna(choices, rng)
            yield str(before), str(mutator.mutate(before))


class Nni:
    """NNI 3: labelled categories, all of which there always are, and a constraint over them."""

    def __init__(self, library: Any) -> None:
        mutable: Any = import_module("nni.mutable")
        one, every = mutable.Categorical, mutable.MutableList
        self.violation: type[Exception] = mutable.ConstraintViolation
        widths = [one(list(WIDTHS), label=f"w{place}") for place in range(6)]
        limit = mutable.ExpressionConstraint(sum(widths[1:], widths[0]) <= MOST, label="limit")
        depth = one([1, 2, 3, 4], label="depth")
        nodes = [
            each
            for node in range(2, 6)
            for each in (
                mutable.CategoricalMultiple(list(range(node)), n_chosen=2, label=f"{node}"),
                *(one(list(range(8)), label=f"{node}.{name}") for name in "ab"),
            )
        ]
        self.spaces = {
            "edges": every([one(list(range(5)), label=f"e{place}") for place in range(6)]),
            "layers": every([depth, *(one(list(OPERATIONS), label=f"op{place}") for place in range(4))]),
            "darts": every(nodes),
            "limit": every([*widths, limit]),
        }

    def size(self, space: str) -> int | float | None:
        """It has no count; as many as its `grid` goes through, where that ends."""
        return None if space == "darts" else sum(1 for _ in self.spaces[space].grid())

    def draws(self, space: str, count: int) -> list[Any]:
        """`random`; `None` where it ends in a violated constraint."""
        found: list[Any] = []
        for _ in range(count):
            try:
                found.append(self.spaces[space].random())
            except self.violation:
                found.append(None)
        return found

    def depth(self, drawn: Any) -> int:
        """The decision itself."""
        return int(drawn[0])

    def widths(self, drawn: Any) -> list[int]:
        """The list itself; too wide, where there is none."""
        return [MOST + 1] if drawn is None else list(drawn[:6])

    def changed(self, count: int) -> Iterator[tuple[Any, Any]]:
        """Nothing changes an architecture but its strategies."""
        return iter(())


MAKERS: Mapping[str, tuple[str, Any]] = {
    "ConfigSpace": ("ConfigSpace", ConfigSpace), "PyGlove": ("pyglove", PyGlove), "NNI": ("nni", Nni),
}  # fmt: skip


def sizes(library: Library, space: str) -> str:
    """What it says the size is, whether that is right, and how long it takes."""
    found: list[int | float | None] = []
    taken = duration(lambda: found.append(library.size(space)))
    (said,) = found
    if said is None:
        return "–"
    return f"{said:,}{'' if said == TRUE[space] else ' (wrong)'}, {1e6 * taken:,.0f} µs"


def shallow(library: Library) -> str:
    """The share of draws from `layers` that have one layer."""
    drawn = Counter(library.depth(each) for each in library.draws("layers", DRAWS))
    return f"{100 * drawn[1] / drawn.total():.1f}%" if drawn else "–"


def rejected(library: Library) -> str:
    """The share of draws from `limit` that break it."""
    drawn = library.draws("limit", DRAWS)
    return f"{100 * sum(sum(library.widths(each)) > MOST for each in drawn) / len(drawn):.1f}%" if drawn else "–"


def quick(library: Library) -> str:
    """Microseconds of a draw from `darts`, after as many others."""
    if not library.draws("darts", WARM):
        return "–"
    return f"{1e6 * duration(lambda: library.draws('darts', WARM)) / WARM:,.0f} µs"


def unchanged(library: Library) -> str:
    """The share of changed members of `layers` that are what they were before."""
    found = [before == after for before, after in library.changed(500)]
    return f"{100 * sum(found) / len(found):.1f}%" if found else "–"


def main() -> None:
    """Ask all, and print the table."""
    libraries: dict[str, Library] = {"symnas": Symnas()}
    for title, (name, maker) in MAKERS.items():
        module = rival(name)
        if module is not None:
            libraries[title] = maker(module)
    rows = [[f"size of `{space}`: {true:,}", *(sizes(each, space) for each in libraries.values())]
            for space, true in TRUE.items()]  # fmt: skip
    share = 100 * len(OPERATIONS) / TRUE["layers"]
    for title, ask in (
        (f"one layer among draws from `layers`: {share:.1f}% are", shallow), ("a draw from `darts`", quick),
        ("draws from `limit` that break it", rejected), ("mutants that are their parents", unchanged),
    ):  # fmt: skip
        rows.append([title, *(ask(each) for each in libraries.values())])
    show(table(["", *libraries], rows))


if __name__ == "__main__":
    main()
