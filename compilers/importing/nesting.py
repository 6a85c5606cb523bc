"""Operations in a row made into a graph with a scope for each module, as the model was nested.

A module becomes a block where that says something: those that only hold others in a row (`Sequential`) do not, nor does
one with a single operation, whose weights are then called by the module's name. How blocks are written, equal ones
once, is `symnas.flattening`'s business.
"""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from itertools import groupby
from zlib import crc32

import numpy as np
from attrs import field, frozen

from symnas.compilers.importing.drawing import Drawing, Module, Record
from symnas.compilers.importing.naming import Names, capitalised, is_path
from symnas.compilers.importing.placing import placed
from symnas.compilers.importing.simplifying import simplified
from symnas.compilers.importing.tying import with_ties
from symnas.compilers.importing.values import Array, Known
from symnas.elaborate.files import KEYWORDS
from symnas.graph import Graph, Operation, Outputs, Scope, Step, Use, join
from symnas.operators import OPERATORS
from symnas.types import TensorType

__all__ = ["Nested", "nest"]

_HOLDERS = frozenset({"Sequential", "ModuleList", "ModuleDict"})
"""Modules that only hold others; blocks of them would say nothing."""


@frozen
class Nested:
    """The network as a graph, and its weights by the names that the compiled network has for them. *renamed* says what
    those are called in the model that it calls otherwise: their names there, with the names here.
    """

    graph: Graph
    weights: dict[str, Array]
    renamed: Mapping[str, str] = field(factory=dict)


def nest(drawing: Drawing, name: str, results: Sequence[int], outputs: Outputs) -> Nested:
    """The network of *drawing* as a graph called *name* that hands out its values *results* as *outputs* say."""
    shorter, results = simplified(drawing, _living(drawing.records, results), results)
    records, tied = with_ties(drawing, _living(shorter, results))
    records = placed(records)
    nesting = _Nesting(drawing.types, records, set(results), tied)
    inputs = list(range(len(drawing.inputs)))
    around = _Around(0, "", "", name)
    scope = nesting.scope(records, around, inputs, list(results), [each for each, _ in drawing.inputs])
    return Nested(Graph(name, scope, outputs), nesting.weights, nesting.renamed)


def _living(records: Sequence[Record], results: Sequence[int]) -> list[Record]:
    """The records that *results* need."""
    needed = set(results)
    kept = []
    for record in reversed(records):
        if needed.intersection(record.outputs):
            needed.update(record.operands)
            kept.append(record)
    return kept[::-1]


@frozen
class _Group:
    """Records in a row that stand in one *module*, the *depth*-th around them, or in none further in."""

    module: Module | None
    records: tuple[Record, ...]
    depth: int


@frozen
class _Around:
    """The block around records: *depth* modules, its *path* in the network, that of the module in the model, *origin*,
    and its name.
    """

    depth: int
    path: str
    origin: str
    block: str


class _Nesting:
    """Makes scopes of records; *weights* are gathered on the way, and which of them are *renamed*."""

    def __init__(
        self,
        types: Sequence[TensorType],
        records: Sequence[Record],
        results: set[int],
        tied: Mapping[Record, Record],
    ) -> None:
        self._tied = tied
        self.weights: dict[str, Array] = {}
        self.renamed: dict[str, str] = {}
        self._types = types
        self._readers: dict[int, list[Record]] = {}
        self._results = results
        for record in records:
            for each in record.operands:
                self._readers.setdefault(each, []).append(record)
        self._uses = Counter(map(_sharing, (*records, *tied.values())))
        self._shared: dict[tuple[object, ...], str] = {}
        self._words = {each.outputs[0]: _word(each) for each in records if each.operator == "buffer"}

    def scope(
        self,
        records: Sequence[Record],
        around: _Around,
        inputs: Sequence[int],
        results: Sequence[int],
        names: Sequence[str],
    ) -> Scope:
        """The scope of *records* in the block *around* them."""
        numbers = {value: place for place, value in enumerate(inputs)}
        taken = Names()
        steps: list[Step] = []
        for group in self._groups(records, around.depth):
            if group.module is None:
                step, made = self._operation(group.records[0], around, taken, numbers)
            else:
                step, made = self._use(group, group.module, around, taken, numbers)
            steps.append(step)
            first = len(numbers)
            numbers.update((each, first + place) for place, each in enumerate(made))
        types = tuple(self._types[each] for each in inputs)
        return Scope(around.block, types, tuple(names), tuple(steps), tuple(numbers[each] for each in results))

    def _groups(self, records: Sequence[Record], depth: int) -> list[_Group]:
        """*records* by the modules that they stand in at *depth*; holders and modules of one operation are opened."""
        found: list[_Group] = []
        for module, members in groupby(records, lambda each: each.within[depth] if len(each.within) > depth else None):
            group = tuple(members)
            if module is None:
                found += [_Group(None, (each,), depth) for each in group]
            elif len(group) == 1 or module.kind in _HOLDERS or not self._flows(group):
                found += self._groups(group, depth + 1)
            else:
                found.append(_Group(module, group, depth + 1))
        return found

    def _flows(self, records: Sequence[Record]) -> bool:
        """Whether something flows into *records*: a block has inputs."""
        made = {value for each in records for value in each.outputs}
        return any(value not in made for each in records for value in each.operands)

    def _use(
        self, group: _Group, module: Module, around: _Around, taken: Names, numbers: Mapping[int, int]
    ) -> tuple[Step, tuple[int, ...]]:
        """The block that *module* is, applied."""
        block = _block_name(module)
        name = self._name(module.path, block, around, taken)
        made = {value for each in group.records for value in each.outputs}
        inputs = [*dict.fromkeys(value for each in group.records for value in each.operands if value not in made)]
        within = set(map(id, group.records))
        results = [value for value in sorted(made) if self._leaves(value, within)]
        names = self._input_names(inputs)
        inner = _Around(group.depth, join(around.path, name), module.path, block)
        scope = self.scope(group.records, inner, inputs, results, names)
        types = tuple(self._types[each] for each in results)
        return Use(scope, tuple(numbers[each] for each in inputs), types, name), tuple(results)

    def _input_names(self, inputs: Sequence[int]) -> list[str]:
        """What a block calls its *inputs*: tables by what they are, others by their number."""
        words = [self._words.get(each, "") for each in inputs]
        flowing = words.count("")
        taken = Names()
        return [taken.fresh(word or ("x" if flowing == 1 else f"x{place + 1}")) for place, word in enumerate(words)]

    def _leaves(self, value: int, within: Collection[int]) -> bool:
        """Whether *value*, made in records of which *within* are the identities, is read elsewhere."""
        return value in self._results or any(id(each) not in within for each in self._readers.get(value, ()))

    def _operation(
        self, record: Record, around: _Around, taken: Names, numbers: Mapping[int, int]
    ) -> tuple[Step, tuple[int, ...]]:
        shared, name = None, record.operator
        if record.weights:
            key = _sharing(record)
            name = self._name(record.name, record.operator, around, taken)
            own = join(around.path, name)
            if self._uses[key] > 1:
                own = shared = self._shared.setdefault(key, join("common", own) if around.path else own)
            for each in record.weights:
                self._keep(join(own, each.name), each.name, record.arrays[each.name])
        operands = tuple(numbers[each] for each in record.operands)
        settings = record.settings
        if record in self._tied:
            name, settings = "", (("module", self._shared[_sharing(self._tied[record])]), ("name", "weight"))
        step = Operation(record.operator, settings, operands, record.types, name, record.weights, record.macs, shared)
        return step, record.outputs

    def _keep(self, path: str, own: str, found: Known) -> None:
        """Keep the weight that the model has as *found*, a layer as its *own*, and the network at *path*."""
        self.weights[path] = found.array
        if found.name != path and found.name.rpartition(".")[2] == own:
            self.renamed[found.name] = path

    def _name(self, wanted: str, word: str, around: _Around, taken: Names) -> str:
        """The name in the block *around* of what the model calls *wanted*: that without what is said by the block, if it
        can be written, else *word*; each once.
        """
        own = wanted[len(around.origin) + 1 :] if wanted.startswith(f"{around.origin}.") else wanted
        own = "" if wanted == around.origin else own
        first, dot, rest = own.partition(".")
        own = f"{first}_{dot}{rest}" if first in KEYWORDS else own
        if is_path(own):
            if own in taken:  # a second call of one module
                own = own.replace(".", "_")
            return taken.fresh(own)
        return taken.fresh(word, ".")


def _sharing(record: Record) -> tuple[object, ...]:
    """What is the same for operations that share their weights; each its own where the model does not say. Several
    parts of one weight are told apart by their numbers.
    """
    named = [each for each in record.arrays.values() if each.name]
    if not named or record.operator in ("param", "buffer"):  # no layers, which alone can be shared
        return (id(record),)
    sums = (crc32(np.ascontiguousarray(each.array).data) for each in named)
    return record.operator, record.settings, *(each.name for each in named), *sums


_TABLES = {"cos": "cosines", "sin": "sines"}
"""What tables are called that bear the names of functions."""


def _word(record: Record) -> str:
    """What a block calls the table that *record* makes, which is handed to it."""
    word = record.name.rpartition(".")[2]
    return _TABLES.get(word, word if word.isidentifier() else "table")


def _block_name(module: Module) -> str:
    name = capitalised(module.kind, "Block")
    return f"{name}Block" if name in OPERATORS else name
