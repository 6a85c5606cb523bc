"""Rows of equal layers made one `repeat`, in a graph with a scope for each module.

A row is a chain: each layer reads what the one before gives, nothing else reads that, and the model has them in one list
(`layer.0`, `layer.1`, …), counts blocks (`unit1`, `unit2`, …), or gives them no names. Blocks may read further tensors,
the same in every turn (a mask, a table of positions), which then are settings of the block. In turns of a `repeat`
weights are called otherwise: `layer1.2.conv` is `repeat.2.layer1.conv`.
"""

import re
from collections.abc import Iterator, Sequence
from fractions import Fraction
from typing import Final

from attrs import evolve, frozen

from symnas import tree
from symnas.compilers.importing.naming import Names, is_path
from symnas.compilers.importing.nesting import Nested
from symnas.graph import READ_WEIGHT, Operation, Scope, Step, Use, join, rewired
from symnas.openings import Opening, flowing, open_step, part
from symnas.ordering import in_order
from symnas.types import TensorType

__all__ = ["with_rows"]

_LONGEST: Final = 12
"""Layers that a turn has at most."""

Layer = Operation | Use


def with_rows(nested: Nested) -> Nested:
    """*nested* with rows of equal layers written as one; it knows which weights are called otherwise now."""
    repeating = _Repeating()
    scope = repeating.scope(nested.graph.scope, "", "")
    weights = {repeating.names.get(name, name): array for name, array in nested.weights.items()}
    renamed = {name: repeating.names.get(new, new) for name, new in nested.renamed.items()}
    moved = {name: new for name, new in repeating.names.items() if name not in nested.renamed.values()}
    return Nested(evolve(nested.graph, scope=scope), weights, {**moved, **renamed})


@frozen
class _Row:
    """A row of *turns*: the *places* of its layers in the order they run, and what each layer of a turn is called, by
    *words*; those without weights are not. Each takes what the one before gives as that of its inputs that *ports* says.
    """

    places: tuple[int, ...]
    turns: int
    words: tuple[str, ...]
    ports: tuple[int, ...]

    def lent(self, steps: Sequence[Step]) -> tuple[tuple[int, ...], ...]:
        """The values that each layer of a turn of *steps* reads beside what the one before gives."""
        each = zip(steps, self.ports, strict=False)
        return tuple((*step.operands[:port], *step.operands[port + 1 :]) for step, port in each)


class _Repeating:
    """Makes rows; *names* are those of weights that are others now, by what they were."""

    def __init__(self) -> None:
        self.names: dict[str, str] = {}

    def scope(self, scope: Scope, before: str, after: str) -> Scope:
        """*scope* with rows; its path was *before*, and is *after* now."""
        rows = {row.places[-1]: row for row in _rows(scope)}
        order = [id(step) for step, _ in in_order(scope)]
        written = sorted(rows, key=lambda place: order.index(id(scope.steps[place])))
        names = {place: f"repeat.{number}" if number else "repeat" for number, place in enumerate(written)}
        gone = {place for row in rows.values() for place in row.places[:-1]}
        numbers = {each: each for each in range(len(scope.inputs))}
        made = value = len(scope.inputs)
        steps = list[Step]()
        for place, step in enumerate(scope.steps):
            if place not in gone:
                row = rows.get(place)
                if row is None:
                    found = self._step(step, before, after, step.name)
                else:
                    found = self._row(scope, row, names[place], before, after)
                steps.append(rewired(found, numbers))
                numbers.update((value + each, made + each) for each in range(len(step.outputs)))
                made += len(step.outputs)
            value += len(step.outputs)
        return evolve(scope, steps=tuple(steps), results=tuple(numbers[each] for each in scope.results))

    def _step(self, step: Step, before: str, after: str, name: str) -> Step:
        """*step* with rows in what it applies; it is called *name* now."""
        if not isinstance(step, Layer) or step.shared is not None:
            return step
        was, now = join(before, step.name), join(after, name)
        if isinstance(step, Use):
            return evolve(step, scope=self.scope(step.scope, was, now))
        pairs = ((join(was, each.name), join(now, each.name)) for each in step.weights)
        self.names.update((old, new) for old, new in pairs if old != new)
        return step

    def _row(self, scope: Scope, row: _Row, name: str, before: str, after: str) -> Step:
        """What stands for *row* of *scope*; it is called *name*."""
        steps = [scope.steps[each] for each in row.places]
        parts: dict[int, Layer] = {}
        for number, step in enumerate(steps):
            turn, place = divmod(number, len(row.words))
            found = self._step(step, before, after, f"{name}.{turn}.{row.words[place]}")
            assert isinstance(found, Layer)
            parts.setdefault(place, evolve(found, name=row.words[place]))  # equal in every turn
        layers = tuple(_behind(parts[place], port) for place, port in enumerate(row.ports))
        lent = row.lent(steps)
        values = (steps[0].operands[row.ports[0]], *dict.fromkeys(value for each in lent for value in each))
        types = scope.value_types()
        stages = [_stage(place, [values.index(value, 1) for value in each]) for place, each in enumerate(lent)]
        repeat = tree.Repeat(tree.Number(Fraction(row.turns)), tree.Body((tree.Result(_piped(stages)),)))
        whole = Opening(repeat, layers) if len(values) == 1 else Opening(tree.Pipe(flowing(0), repeat), layers, False)
        made = open_step(whole, name, [types[each] for each in values], steps[-1].outputs, "repeat")
        return evolve(made, operands=values)


def _stage(place: int, lent: Sequence[int]) -> tree.Expression:
    """The layer at *place* of a turn, given what flows into the row as the *lent* ones."""
    given = tuple(tree.Argument(flowing(each)) for each in lent)
    return tree.Call(part(place), given) if given else part(place)


def _piped(stages: Sequence[tree.Expression]) -> tree.Expression:
    first, *rest = stages
    for each in rest:
        first = tree.Pipe(first, each)
    return first


def _behind(layer: Layer, port: int) -> Layer:
    """*layer* with its input *port* behind all others, which are its settings."""
    if not isinstance(layer, Use) or len(layer.operands) == 1:
        return layer
    scope = layer.scope
    count = len(scope.inputs)
    order = [*(each for each in range(count) if each != port), port]
    numbers = {old: new for new, old in enumerate([*order, *range(count, len(scope.value_types()))])}
    inner = evolve(
        scope,
        inputs=tuple(scope.inputs[each] for each in order),
        input_names=(*(scope.input_names[each] for each in order[:-1]), "x"),
        steps=tuple(rewired(each, numbers) for each in scope.steps),
        results=tuple(numbers[each] for each in scope.results),
    )
    return evolve(layer, scope=inner)


# ---------------------------------------------------------------------------------------------- finding rows


def _rows(scope: Scope) -> Iterator[_Row]:
    """The rows of *scope*."""
    types, kinds = scope.value_types(), [_kind(step) for step in scope.steps]
    for chain in _chains(scope):
        first = 0
        while first < len(chain):
            row = _row_at(scope, chain[first:], [kinds[place] for place, _ in chain[first:]], types)
            if row is not None:
                yield row
            first += 1 if row is None else len(row.places)


_Link = tuple[int, int]
"""The place of a layer in its scope, and that of the input in it that the layer before gives."""


def _row_at(scope: Scope, chain: Sequence[_Link], kinds: Sequence[object], types: Sequence[TensorType]) -> _Row | None:
    """The row that the layers at *chain*, of these *kinds*, begin with: that of the shortest turns, as many as there are."""
    for period in range(1, min(_LONGEST, len(chain) // 2) + 1):
        ports = tuple(port for _, port in (*chain[period : period + 1], *chain[1:period]))
        operands = scope.steps[chain[0][0]].operands
        if ports[0] >= len(operands) or scope.steps[chain[period - 1][0]].outputs != (types[operands[ports[0]]],):
            continue
        for turns in range(_turns(kinds, period), 1, -1):
            row = _named(scope, chain[: period * turns], ports)
            if row is not None:
                return row
    return None


def _turns(kinds: Sequence[object], period: int) -> int:
    """How often *kinds* begins with its first *period* ones."""
    turns = 1
    while kinds[turns * period : (turns + 1) * period] == kinds[:period]:
        turns += 1
    return turns


def _kind(step: Step) -> object:
    """What is equal for layers that only differ in their places and names."""
    return evolve(step, operands=(), name="") if isinstance(step, Layer) else None


def _chains(scope: Scope) -> Iterator[list[_Link]]:
    """Layers that follow one another, each the only one that reads what the one before gives."""
    readers: dict[int, list[_Link]] = {value: [(-1, 0)] for value in scope.results}
    for place, step in enumerate(scope.steps):
        for port, value in enumerate(step.operands):
            readers.setdefault(value, []).append((place, port))
    following: dict[int, _Link] = {}
    value = len(scope.inputs)
    links, taken = [_is_link(step) for step in scope.steps], set[int]()
    for place, step in enumerate(scope.steps):
        (*others, (reader, port)) = readers.get(value, [(-1, 0)])
        if links[place] and not others and reader >= 0 and links[reader] and reader not in taken:
            following[place] = reader, port
            taken.add(reader)
        value += len(step.outputs)
    for place in range(len(scope.steps)):
        if links[place] and place not in taken:
            chain = [(place, 0)]
            while chain[-1][0] in following:
                chain.append(following[chain[-1][0]])
            yield chain


def _is_link(step: Step) -> bool:
    """Whether *step* is a layer with one output, whose weights are its own; only blocks have several inputs."""
    if not isinstance(step, Layer) or not step.operands or len(step.outputs) != 1 or _shares(step):
        return False
    return isinstance(step, Use) or (len(step.operands) == 1 and step.operator[0].isupper())


def _shares(step: Step) -> bool:
    """Whether weights in *step* are used elsewhere, or read."""
    if isinstance(step, Use):
        return step.shared is not None or any(map(_shares, step.scope.every_step()))
    return step.shared is not None or (isinstance(step, Operation) and step.operator == READ_WEIGHT)


# ---------------------------------------------------------------------------------------------- naming rows


def _named(scope: Scope, chain: Sequence[_Link], ports: tuple[int, ...]) -> _Row | None:
    """The row of the layers at *chain*, each turn of which takes what flows at *ports*, if they are one list in the model,
    or have no names there, and all turns are given the same.
    """
    places, period = [place for place, _ in chain], len(ports)
    steps = [each for place in places if isinstance(each := scope.steps[place], Layer)]
    turns = len(places) // period
    row = _Row(tuple(places), turns, ("",) * period, ports)
    around = {row.lent(steps[turn * period : (turn + 1) * period]) for turn in range(turns)}
    if len(around) > 1 or any(port != ports[place % period] for place, (_, port) in enumerate(chain) if place):
        return None
    named = [place for place, step in enumerate(steps[:period]) if _has_name(step)]
    if not named:
        return None
    taken, words = Names(), [""] * period
    wanted = [_word(steps[each]) for each in named]
    if not all(_is_unnamed(steps[each]) for each in named):
        blocks = all(isinstance(steps[each], Use) for each in named)
        found = _listed([[steps[turn * period + each].name for each in named] for turn in range(turns)], blocks)
        if found is None or not all(map(is_path, found)):
            return None
        wanted = found
    for place, word in zip(named, wanted, strict=True):
        words[place] = taken.fresh(word, ".")
    return evolve(row, words=tuple(words))


def _listed(names: Sequence[Sequence[str]], blocks: bool) -> list[str] | None:
    """What *names*, turn by turn, are without their numbers, if they count: `layers.a`, `layers.b` of `layers.0.a`,
    `layers.0.b`, then `layers.1.a`, `layers.1.b`. Those of *blocks* may count as `unit2`, `unit3` do; of layers, such
    names may say what each is for.
    """
    parts = [[re.split(r"(\d+)", name) for name in turn] for turn in names]  # numbers are at the odd places
    first, second = parts[0][0], parts[1][0]
    place = next((each for each, (one, other) in enumerate(zip(first, second, strict=False)) if one != other), 0)
    if place % 2 == 0:
        return None
    stem, rests = first[:place], [each[place + 1 :] for each in parts[0]]
    if not blocks and not (stem[-1].endswith(".") and all(each[0] == "" or each[0][0] == "." for each in rests)):
        return None
    numbers = []
    for turn in parts:
        for each, rest in zip(turn, rests, strict=True):
            if each[:place] != stem or each[place + 1 :] != rest:
                return None
            numbers.append(int(each[place]))
    count = len(rests)
    of_each = (numbers[each::count] for each in range(count))
    if numbers != sorted(numbers) or any(len(set(each)) < len(each) for each in of_each):
        return None
    return ["".join(stem).rstrip(".") + "".join(rest) for rest in rests]


def _has_name(step: Layer) -> bool:
    return isinstance(step, Use) or bool(step.weights)


def _is_unnamed(step: Layer) -> bool:
    """Whether *step* is called like what it applies."""
    return re.fullmatch(rf"{re.escape(_word(step))}(\.\d+)?", step.name) is not None


def _word(step: Layer) -> str:
    return step.scope.block if isinstance(step, Use) else step.operator
