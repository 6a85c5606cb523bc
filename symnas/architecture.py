"""One point of a space: a program with every placeholder filled.

An architecture is its space and its genotype; everything else about it (text, graph, costs, recipe) is worked out
when it is asked for and kept.
"""

import hashlib
from collections.abc import Iterable, Mapping
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from symnas.canonical import Rule, rules_of
from symnas.domains import Choice, Domain
from symnas.elaborate.claims import Claim
from symnas.elaborate.files import Imports
from symnas.elaborate.fragments import Fragment
from symnas.elaborate.regions import Oracle
from symnas.errors import SearchError
from symnas.genotype import Genotype
from symnas.graph import Graph
from symnas.limits import Limits
from symnas.sizes import Size

if TYPE_CHECKING:
    from symnas.space import Space

__all__ = ["Architecture"]


class Architecture:
    """A member of *space*. Two are equal if their genotypes are and their programs have the same content."""

    def __init__(self, space: "Space", genotype: Genotype, fragment: Fragment, once: int = 0) -> None:
        self.once = once
        """How many of the choices, the first ones, are made once for the program: `let`, `train`, cells."""
        self.space = space
        self.genotype = genotype
        self.fragment = fragment
        """The elaborated tree: blocks within blocks, shared with every architecture that has the same parts."""

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Architecture):
            return NotImplemented
        mine, theirs = self.space, other.space
        same_space = mine is theirs or (mine.content == theirs.content and mine.imports == theirs.imports)
        return self.genotype == other.genotype and same_space

    def __hash__(self) -> int:
        return hash(self.genotype)

    def __repr__(self) -> str:
        shown = ", ".join(f"{path}: {choice}" for path, choice in list(self.picks.items())[:4])
        return f"<Architecture {shown}{', …' if len(self.genotype) > 4 else ''}>"

    def __copy__(self) -> "Architecture":
        return self  # nothing in it can change

    def __deepcopy__(self, memo: dict[int, Any]) -> "Architecture":
        return self

    def __reduce__(self) -> tuple[Any, ...]:
        space = self.space
        program = space.program
        return _reread, (
            space.text, space.source_name, self.genotype.to_json(), space.imports, program.folder, program.limits,
        )  # fmt: skip

    @cached_property
    def domains(self) -> dict[str, Domain]:
        """The domain of each decision, in the order they were asked."""
        oracle = Oracle(self.genotype, picked=self.space.picked)
        self.space.elaboration.build(oracle)
        return dict(oracle.domains)

    @cached_property
    def order(self) -> tuple[str, ...]:
        """Paths of the decisions, those made once for the program first, else in the order they are asked."""
        oracle = Oracle(self.genotype, picked=self.space.picked)
        self.space.elaboration.build(oracle)
        return (*oracle.persistent, *oracle.local)

    @cached_property
    def picks(self) -> dict[str, str]:
        """The choices as a `pick` writes them, in the order of the text: `{"width": "0.75", …}`."""
        order = self.space.source_order
        domains = self.domains
        paths = sorted(domains, key=order)
        return {path: domains[path].show(self.genotype[path]) for path in paths if path in self.genotype}

    @cached_property
    def text(self) -> str:
        """A `.nas` file: the space with a `pick` of every choice. Reading it gives an equal architecture."""
        return self.space.text_of(self.picks)

    @cached_property
    def recipe(self) -> dict[str, Any]:
        """The settings of `train { … }` as plain Python values."""
        return self.space.elaboration.recipe(self.fragment)

    @cached_property
    def _graphs(self) -> dict[str, Graph]:
        return {}

    def graph(self, net: str | None = None) -> Graph:
        """The dataflow of *net*, or of the only net there is.

        Raises:
            SearchError: the program has no net of that name, or several and none was named.
        """
        name = self.space.net_name(net)
        if name not in self._graphs:
            self._graphs[name] = self.space.elaboration.graph(self.fragment, name)
        return self._graphs[name]

    @property
    def params(self) -> int:
        """Parameters of all nets, frozen ones included."""
        return sum(self.graph(name).params for name in self.space.nets)

    @property
    def macs(self) -> Size:
        """Multiply-adds per sample of all nets; symbolic where a size is."""
        total: Size = 0
        for name in self.space.nets:
            total = total + self.graph(name).macs
        return total

    def canonical_hash(self, rules: "str | Iterable[Rule | str] | None" = None, *, net: str | None = None) -> str:
        """A SHA-256, in hexadecimal digits, that architectures have in common if their networks are the same by *rules*
        (those that are exact, unless others are given): all nets by their names, or *net* alone. Settings of `train` do
        not take part.

        Raises:
            SearchError: there is no such net, or no rule is called so.
        """
        chosen = rules_of(rules)
        if net is not None or len(self.space.nets) == 1:
            return self.graph(net).canonical(chosen).hash
        hashes = "\n".join(f"{name} {self.graph(name).canonical(chosen).hash}" for name in sorted(self.space.nets))
        return hashlib.sha256(hashes.encode()).hexdigest()

    def cost(self, net: str, name: str) -> Size:
        """`params`, `trainable` (those that are not frozen), `macs`, `flops` (twice the MACs) or `memory` (bytes of weights) of one net."""
        graph = self.graph(net)
        match name:
            case "params":
                return graph.params
            case "trainable":
                return graph.trainable
            case "macs":
                return graph.macs
            case "flops":
                return 2 * graph.macs
            case "memory":
                return graph.memory
            case _:
                raise SearchError(f"a net has no cost `{name}`; it has params, trainable, macs, flops, memory")

    @cached_property
    def violated(self) -> Claim | None:
        """The first `require` on costs that does not hold, if any; those on decisions hold by construction."""
        return self.space.violated(self)

    def replace(self, changes: Mapping[str, Choice]) -> "Architecture":
        """The architecture with *changes* made to its genotype.

        Raises:
            SourceError: the result is not in the space.
        """
        return self.space.architecture({**self.genotype, **changes})


def _reread(
    text: str, name: str, genotype: dict[str, Choice], imports: Imports, folder: Path | None, limits: Limits
) -> Architecture:  # fmt: skip
    """Rebuild a pickled architecture from its program: nothing that was worked out is trusted to pickle."""
    from symnas.program import Program, parse

    return (
        Program(parse(text, name, limits=limits).module, name, imports, folder, limits).space().architecture(genotype)
    )
