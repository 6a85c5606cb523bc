"""A graph as a program: a block for each distinct scope, straight-line bodies, no decisions.

Blocks are written once where they read the same, under the names of the blocks that they come from; layers with weights
are called by `as` what the state dict calls them, where the place they stand at would call them otherwise. What the
program has beside its nets is `expanding`'s business; how operations are written is `spelling`'s.
"""

import re
from collections.abc import Callable, Iterable, Sequence

from attrs import define, field, frozen

from symnas import tree
from symnas.compilers.torch.sharing import Sharing, find_sharing, relative, shared_path
from symnas.elaborate.code import Naming, weight_name
from symnas.elaborate.files import KEYWORDS
from symnas.elaborate.layers import FUNCTIONS
from symnas.graph import Branch, Graph, Loop, Operation, Outputs, Scope, Step, Training, Use, join
from symnas.openings import FLOWING, Opening, flowing, opening, part, reads_flow
from symnas.operators import OPERATORS
from symnas.ordering import in_order
from symnas.sizes import symbols_of
from symnas.spelling import is_infix, of_operation, outputs_pattern, settings_symbols, size_node
from symnas.types import TensorType

__all__ = ["Flattened", "flatten"]

LONGEST = 10
"""How many stages a pipeline has at most."""


@frozen
class Flattened:
    """Nets and blocks, in an order in which each stands behind those it uses."""

    blocks: tuple[tree.Block, ...]
    nets: tuple[tree.Net, ...]


def flatten(graphs: Sequence[Graph], taken: Iterable[str] = ()) -> Flattened:
    """*graphs*, those of one architecture, as declarations; *taken* are names that mean something else beside them."""
    writer = _Writer({*taken, *(graph.name for graph in graphs)})
    nets = tuple(writer.net(graph) for graph in graphs)
    return Flattened(tuple(writer.blocks), nets)


@frozen
class _Template:
    """A block as it is used: *name*, and what is handed in by its settings: sizes by symbol, shared layers by path."""

    name: str
    symbols: tuple[str, ...]
    shared: tuple[str, ...]


class _Writer:
    """Writes the blocks of one program; *blocks* in the order in which they were finished."""

    def __init__(self, taken: set[str]) -> None:
        self.blocks: list[tree.Block] = []
        self.taken = taken | set(FUNCTIONS)
        self._names: dict[tuple[str, tree.Block], str] = {}
        self._known: dict[tuple[Scope, str, _Turn | None], _Template] = {}
        self.sharing: Sharing

    def net(self, graph: Graph) -> tree.Net:
        """The net of *graph*; its blocks are written beside it."""
        self.sharing = find_sharing(graph.scope)
        self._known = {}
        names = graph.scope.input_names
        symbols = [name for type in graph.scope.inputs for size in type.shape for name in symbols_of(size)]
        body = _Body(self, "", [*names, *symbols])
        values: dict[int, tree.Expression] = {place: tree.Name(name) for place, name in enumerate(names)}
        found = body.write(graph.scope, values, lambda results: _handed(graph.outputs, results), keep=True)
        inputs = tuple(
            tree.Parameter(name, type=_type(type)) for name, type in zip(names, graph.scope.inputs, strict=True)
        )
        return tree.Net(graph.name, inputs, found)

    def block(self, scope: Scope, prefix: str, turn: "_Turn | None" = None) -> _Template:
        """The block of *scope* as it stands at *prefix*, written if no block reads the same. As a *turn* of a `scan` it
        takes some of its inputs as settings, and hands out its state apart.
        """
        key = scope, prefix if scope.shares else "", turn
        if key not in self._known:
            self._known[key] = self._write(scope, prefix, turn or _Turn())
        return self._known[key]

    def _write(self, scope: Scope, prefix: str, turn: "_Turn") -> _Template:
        borrowed = _Borrowed(self.sharing, prefix)
        borrowed.gather(scope, prefix)
        symbols, shared = tuple(sorted(borrowed.symbols)), tuple(borrowed.shared)
        body = _Body(self, prefix, symbols)
        settings = [*symbols, *(body.lend(path) for path in shared)]
        layer = None if turn.lent or turn.ends else body.as_layer(scope)
        inputs: tuple[tree.Parameter, ...] | None = None
        made: tree.Expression | tree.Body
        if layer is not None:
            made = layer
        else:
            body = _Body(self, prefix, symbols)
            settings = [*symbols, *(body.lend(path) for path in shared)]
            names = [body.fresh(name if name.isidentifier() else "x") for name in scope.input_names]
            values: dict[int, tree.Expression] = {place: tree.Name(name) for place, name in enumerate(names)}
            made = body.write(scope, values, turn.end, keep=False)
            settings += names[: turn.lent]
            inputs = tuple(tree.Parameter(name) for name in names[turn.lent :])
        parameters = tuple(tree.Parameter(name) for name in settings)
        block = tree.Block(tree.BlockKind.BLOCK, "", made, parameters, inputs)
        return _Template(self._named(scope.block, block), symbols, shared)

    def _named(self, wanted: str, block: tree.Block) -> str:
        """The name of *block*: that of the one which reads the same, or the next that is free."""
        if (wanted, block) not in self._names:
            name, number = wanted, 1
            while name in self.taken or name in OPERATORS or name in KEYWORDS:
                number += 1
                name = f"{wanted}_{number}"
            self.taken.add(name)
            self._names[wanted, block] = name
            self.blocks.append(tree.Block(block.kind, name, block.body, block.settings, block.inputs))
        return self._names[wanted, block]


_End = Callable[[list[tree.Expression]], tree.Expression]
"""What a body ends with, made of its results."""


@frozen
class _Turn:
    """How a block takes part in a `scan`: so many of its inputs, the first, are lent from around; *ends* are which of
    its results are outputs and which the next state, where it hands them out apart.
    """

    lent: int = 0
    ends: tuple[tuple[int, ...], tuple[int, ...]] | None = None

    def end(self, results: list[tree.Expression]) -> tree.Expression:
        """What the block ends with."""
        if self.ends is None:
            return _together(results)
        outputs, states = ([results[each] for each in places] for places in self.ends)
        return _together(states) if outputs == states else _together([_together(outputs), _together(states)])


@define
class _Borrowed:
    """What a block needs beside its inputs: symbols of sizes, and shared layers that are made further out."""

    sharing: Sharing
    owner: str
    symbols: set[str] = field(factory=set)
    shared: dict[str, None] = field(factory=dict)

    def gather(self, scope: Scope, prefix: str) -> None:
        """Add what *scope* at *prefix* needs, blocks within included."""
        for step in scope.every_step():
            path = shared_path(step)
            if path is not None and len(self.sharing.owners[path]) < len(self.owner):
                self.shared[path] = None
            if isinstance(step, Use):
                self.gather(step.scope, step.shared or join(prefix, step.name))
            elif isinstance(step, Operation):
                self.symbols |= settings_symbols(step)


# ------------------------------------------------------------------------------------------------ bodies


class _Body:
    """The body of one block or net: names given out, statements in order."""

    def __init__(self, writer: _Writer, prefix: str, names: Iterable[str]) -> None:
        self.writer, self.prefix = writer, prefix
        self._used = {*names}
        self._naming = Naming()
        self._counts: dict[str, int] = {}
        self._layers: dict[str, str] = {}
        self._wanted: set[str] = set()

    def want(self, scope: Scope) -> None:
        """Keep the names of weights in *scope* for those that they belong to."""
        for step in scope.every_step():
            found = opening(step)
            for each in (step,) if found is None else found.parts:
                if isinstance(each, Use) or (isinstance(each, Operation) and each.weights):
                    self._wanted.add(_path(each.name))

    def fresh(self, wanted: str) -> str:
        """A name for a value that nothing here has."""
        number, name = 1, wanted
        others = (self._used, self._wanted, self.writer.taken, OPERATORS, KEYWORDS)
        while any(name in each for each in others):
            number += 1
            name = f"{wanted}{number}"
        self._used.add(name)
        return name

    def lend(self, path: str) -> str:
        """The name here of the shared layer at *path*."""
        if path not in self._layers:
            self._layers[path] = self.fresh(next(part for part in reversed(path.split(".")) if not part.isdigit()))
        return self._layers[path]

    # ------------------------------------------------------------------------------------- naming

    def _called(self, layer: tree.Expression, word: str, name: str | None) -> tree.Expression:
        """*layer*, which would be called *word*, called *name* where that is given and another."""
        before = self._counts.get(word, 0)
        own = f"{word}[{before}]" if before else word
        if name is None and own in self._wanted:  # that is for the weights of another layer
            name = self.fresh(word.lower())
        if name is None or weight_name(own) == name:
            self._counts[word] = before + 1
            return layer
        path = _path(name)
        self._counts[path] = self._counts.get(path, 0) + 1
        return tree.As(layer, path)

    # ---------------------------------------------------------------------------------- statements

    def write(
        self, scope: Scope, values: dict[int, tree.Expression], end: _End, *, keep: bool
    ) -> tree.Expression | tree.Body:
        """The body of *scope*, whose inputs are *values*, as an expression if it is one. *keep*: inputs stay."""
        self.want(scope)
        statements = self._shared_here(scope)
        statements += self._statements(scope, values, end, frozenset() if keep else frozenset(range(len(scope.inputs))))
        last = statements[-1]
        if len(statements) == 1 and isinstance(last, tree.Result):
            return last.value
        return tree.Body(tuple(statements))

    def _shared_here(self, scope: Scope) -> list[tree.Statement]:
        """The shared layers that this block makes, as its owner."""
        sharing = self.writer.sharing
        if not scope.shares and self.prefix:
            return []
        own = [path for path, owner in sharing.owners.items() if owner == self.prefix and path not in self._layers]
        made: dict[str, tree.Statement] = {}

        def make(path: str) -> None:
            step = sharing.makers[path].step
            if isinstance(step, Use):  # what it is made of comes first
                within = _Borrowed(sharing, path)
                within.gather(step.scope, path)
                for each in within.shared:
                    if each in own and each != path:
                        make(each)
            if path not in made:
                made[path] = self._shared_layer(path)

        for path in own:
            make(path)
        return list(made.values())

    def _shared_layer(self, path: str) -> tree.Shared:
        step = self.writer.sharing.makers[path].step
        if isinstance(step, Operation):
            layer = self._called(of_operation(step, ()), step.operator.rpartition(".")[2], None)
        else:
            inner = _Body(self.writer, path, ())
            inner._counts = self._counts  # its layers are named where it stands
            found = inner.as_layer(step.scope)
            assert found is not None, "a shared layer is a chain of layers"
            layer = found
        name, own = self.lend(path), relative(path, self.prefix)
        called = self._called(layer, name, own)
        if called is layer and isinstance(layer, tree.As):  # `shared f = Unit as Unit[1]` would call the weights that
            called = tree.As(layer, _path(own))
        return tree.Shared(name, called)

    def _statements(
        self, scope: Scope, values: dict[int, tree.Expression], end: _End, mortal: frozenset[int]
    ) -> list[tree.Statement]:
        """A binding for each chain of steps, and the result. A value in *mortal*, or made here, hands its name on to
        what is made of it, where nothing else reads it.
        """
        run, types = _Run(scope), scope.value_types()
        alive = set(mortal)
        statements: list[tree.Statement] = []
        pending: tree.Expression | None = None
        for place, (step, first) in enumerate(run.order):
            operands = [values.get(each, pending) for each in step.operands]
            shown = self._step(step, [each for each in operands if each is not None])
            if run.flows_on(place):
                pending = shown
                continue
            pending = None
            outputs = range(first, first + len(step.outputs))
            if run.is_last(place, outputs):
                values[first] = shown
                break
            dying = [each for each in run.sources(place) if each in alive and run.last_use[each] <= place]
            names = []
            for each in outputs:
                if each not in run.uses:
                    names.append("_")
                    continue
                heir = next((values[value] for value in dying), None)
                if heir is not None and isinstance(heir, tree.Name):
                    names.append(heir.name)
                    dying = [value for value in dying if values[value] != heir]
                else:
                    names.append(self.fresh("y"))
                alive.add(each)
                values[each] = tree.Name(names[-1])
            pattern = outputs_pattern(_told(step), [types[each] for each in step.operands], names)
            statements.append(tree.Bind(pattern, shown))
        statements.append(tree.Result(end([values[each] for each in scope.results])))
        return statements

    def as_layer(self, scope: Scope) -> tree.Expression | None:
        """*scope* as a chain of layers, where it is one."""
        run = _Run(scope)
        flowing: tuple[int, ...] = tuple(range(len(scope.inputs)))
        layer: tree.Expression | None = None
        if len(run.order) > LONGEST:
            return None
        self.want(scope)
        for step, first in run.order:
            if isinstance(step, Branch | Loop) or step.operands != flowing or not _is_layer(step):
                return None
            if reads_flow(step):
                return None
            flowing = tuple(range(first, first + len(step.outputs)))
            stage = self._layer(step)
            layer = stage if layer is None else _then(layer, stage)
        if flowing != scope.results or len(flowing) != 1 or self._owns(scope):
            return None
        return layer if layer is not None else tree.Name("Identity")

    def _owns(self, scope: Scope) -> bool:
        sharing = self.writer.sharing
        return scope.shares and any(
            owner == self.prefix and path not in self._layers for path, owner in sharing.owners.items()
        )

    # --------------------------------------------------------------------------------------- steps

    def _step(self, step: Step, operands: list[tree.Expression]) -> tree.Expression:
        """What *step* makes of *operands*."""
        match step:
            case Branch():
                return self._branch(step, operands)
            case Loop():
                return self._loop(step, operands)
            case Operation(operator="weight"):
                settings = dict(step.settings)
                return tree.Attribute(tree.Name(self.lend(str(settings["module"]))), str(settings["name"]))
            case Operation() if not _is_layer(step):
                shown = of_operation(step, operands)
                if is_infix(step):
                    return shown
                called = self._called(shown, step.operator, step.name if step.weights else None)
                return (
                    tree.Call(tree.Name("frozen"), (tree.Argument(called),)) if step.frozen and step.weights else called
                )
            case _:
                opened = opening(step)
                if opened is not None:
                    return self._open(opened, operands)
                together = operands[0] if len(operands) == 1 else tree.Tuple(tuple(map(tree.Item, operands)))
                return tree.Pipe(together, self._layer(step))

    def _layer(
        self, step: Operation | Use, lent: Sequence[tree.Expression] = (), turn: _Turn | None = None
    ) -> tree.Expression:
        """The layer that *step* applies; as *turn* of a `scan` with tensors *lent* to it."""
        opened = opening(step)
        if opened is not None:
            return self._filled(opened, {})
        if step.shared is not None:
            name = self.lend(step.shared)
            self._called(tree.Name(name), name, None)
            return _marked(step, tree.Name(name))
        if isinstance(step, Operation):
            word = step.operator.rpartition(".")[2]
            weighty = bool(step.weights) or "." in step.operator
            return _marked(step, self._called(of_operation(step, ()), word, step.name if weighty else None))
        template = self.writer.block(step.scope, join(self.prefix, step.name), turn)
        names = [*template.symbols, *map(self.lend, template.shared)]
        given = [*map(tree.Name, names), *lent]
        layer: tree.Expression = tree.Name(template.name)
        if given:
            layer = tree.Call(layer, tuple(map(tree.Argument, given)))
        return self._called(layer, template.name, step.name)

    def _open(self, opened: Opening, operands: list[tree.Expression]) -> tree.Expression:
        """What a step that is not decided makes of *operands*."""
        together = operands[0] if len(operands) == 1 else tree.Tuple(tuple(map(tree.Item, operands)))
        known = {flowing(number): each for number, each in enumerate(operands)}
        found = self._filled(opened, {**known, tree.PatternVariable(FLOWING): together})
        return _then(together, found) if opened.applied else found

    def _filled(self, opened: Opening, flows: dict[tree.PatternVariable, tree.Expression]) -> tree.Expression:
        """What stands in a step that is not decided, with its parts, and what *flows* in, where it reads them."""
        known = {part(number): each for number, each in enumerate(opened.parts)}

        def fill(each: tree.Node) -> tree.Node:
            if isinstance(each, tree.PatternVariable):
                return flows[each] if each in flows else self._layer(known[each])
            if isinstance(each, tree.Call) and isinstance(each.function, tree.PatternVariable):  # what flows in is lent
                lent = [flows[value.value] for value in each.arguments if isinstance(value.value, tree.PatternVariable)]
                return self._layer(known[each.function], lent, _Turn(len(lent)))
            around = self._counts
            if isinstance(each, tree.Repeat):  # a turn calls what is in it anew
                self._counts = {}
            made = tree.rebuild(each, fill)
            self._counts = around
            if isinstance(made, tree.As):
                word = _word(made.value)
                if word is not None:
                    return self._called(made.value, word, weight_name(made.name))
                self._counts[made.name] = self._counts.get(made.name, 0) + 1
            return made

        found = fill(opened.expression)
        assert isinstance(found, tree.Expression)
        return found

    def _branch(self, step: Branch, operands: list[tree.Expression]) -> tree.Expression:
        """`when`: its sides are written where it stands, and read the values around it."""
        condition, rest = operands[0], operands[1:]
        count = len(step.then.operands)
        sides = []
        for side, given in ((step.then, rest[:count]), (step.otherwise, rest[count:])):
            statements = self._statements(side.scope, dict(enumerate(given)), _together, frozenset())
            sides.append(tree.Body(tuple(statements)))
        return tree.When(condition, sides[0], sides[1])

    def _loop(self, step: Loop, operands: list[tree.Expression]) -> tree.Expression:
        """`scan` of the chain of layers that its body is."""
        count = step.sequences + step.states
        flowing: tuple[int, ...] = tuple(range(count))
        cell: tree.Expression | None = None
        order = list(in_order(step.body))
        for each, first in order:
            assert isinstance(each, Operation | Use), "what `scan` applies is a layer"
            lent = each.operands[: len(each.operands) - len(flowing)]
            assert each.operands[len(lent) :] == flowing, "layers follow one another"
            flowing = tuple(range(first, first + len(each.outputs)))
            turn = None
            if isinstance(each, Use) and each.shared is None and (lent or each is order[-1][0]):
                places = tuple(result - first for result in step.body.results)
                ends = (places[: -step.states], places[-step.states :]) if each is order[-1][0] else None
                turn = _Turn(len(lent), ends)
            stage = self._layer(each, [operands[value] for value in lent], turn)
            cell = stage if cell is None else tree.Pipe(cell, stage)
        given = [
            cell or tree.Name("Identity"),
            _together(operands[: step.sequences]),
            _together(operands[step.sequences : count]),
        ]
        over = () if step.over == 1 else (tree.Argument(size_node(step.over), "over"),)
        return tree.Call(tree.Name("scan"), (*map(tree.Argument, given), *over))


def _then(first: tree.Expression, layer: tree.Expression) -> tree.Expression:
    """*first*, and then each stage of *layer*."""
    if isinstance(layer, tree.Pipe):
        return tree.Pipe(_then(first, layer.left), layer.right)
    return tree.Pipe(first, layer)


def _word(layer: tree.Expression) -> str | None:
    """What the weights of *layer* are called by, if it is a call or name of an operator or a block."""
    name = layer.function if isinstance(layer, tree.Call) else layer
    plain = isinstance(name, tree.Name) and name.name not in FUNCTIONS
    return name.name if plain and isinstance(name, tree.Name) else None


def _told(step: Step) -> Step:
    """What says how the outputs of *step* are handed out: where it is not decided, the layer that it is made of."""
    found = opening(step)
    alike = () if found is None else tuple(each for each in found.parts if each.outputs == step.outputs)
    return alike[0] if len(alike) == 1 else step


def _is_layer(step: Operation | Use) -> bool:
    """Whether *step* is written as a layer that something flows into, not as a function or an operator."""
    return isinstance(step, Use) or step.shared is not None or "." in step.operator or step.operator[0].isupper()


def _marked(step: Operation | Use, layer: tree.Expression) -> tree.Expression:
    """*layer* as `frozen` and `quantised` say of the operation; a block says so of its own operations."""
    if isinstance(step, Use):
        return layer
    if step.bits is not None:
        bits = [
            tree.Argument(size_node(step.bits.weights), "weights"),
            tree.Argument(size_node(step.bits.inputs), "inputs"),
        ]
        layer = tree.Call(tree.Name("quantised"), (tree.Argument(layer), *bits))
    return tree.Call(tree.Name("frozen"), (tree.Argument(layer),)) if step.frozen else layer


# ------------------------------------------------------------------------------------------ order of steps


class _Run:
    """The steps of a scope in the order in which its results need them, and who reads what."""

    def __init__(self, scope: Scope) -> None:
        self._scope = scope
        self.order = list(in_order(scope))
        self.uses: dict[int, int] = {}
        self._chained: list[int] = []
        self.last_use: dict[int, int] = {}
        for place, (step, _) in enumerate(self.order):
            for each in step.operands:
                self.uses[each] = self.uses.get(each, 0) + 1
                self.last_use[each] = place
        for each in scope.results:
            self.uses[each] = self.uses.get(each, 0) + 1
            self.last_use[each] = len(self.order)

    def flows_on(self, place: int) -> bool:
        """Whether all that step *place* makes flows into the layer that comes next, and nowhere else; long chains are
        cut, as expressions have a limit.
        """
        while len(self._chained) <= place:
            chained = self._chained[-1] if self._chained else 0
            self._chained.append(chained + 1 if chained < LONGEST and self._flows_on(len(self._chained)) else 0)
        return self._chained[place] > 0

    def _flows_on(self, place: int) -> bool:
        step, first = self.order[place]
        made = tuple(range(first, first + len(step.outputs)))
        if place + 1 == len(self.order) or len(made) != 1:
            return False
        following, _ = self.order[place + 1]
        if not isinstance(following, Operation | Use) or not _is_layer(following) or reads_flow(following):
            return False
        return following.operands == made and self.uses[first] == 1

    def sources(self, place: int) -> list[int]:
        """What the chain that ends with step *place* reads."""
        while place and self.flows_on(place - 1):
            place -= 1
        return list(dict.fromkeys(self.order[place][0].operands))

    def is_last(self, place: int, outputs: range) -> bool:
        """Whether step *place* makes the one result."""
        last = place + 1 == len(self.order) and len(outputs) == 1
        return last and self._scope.results == tuple(outputs) and self.uses[outputs[0]] == 1


# -------------------------------------------------------------------------------------------- small things

_DIGITS = re.compile(r"\.(\d+)(?=\.|$)")


def _path(name: str) -> str:
    """The path that weights are called *name* by: `stage.0.conv` is `stage[0].conv`."""
    return _DIGITS.sub(r"[\1]", name)


def _type(type: TensorType) -> tree.Expression:
    return tree.Index(tree.Name(type.dtype.value), tuple(size_node(each) for each in type.shape))


def _together(results: list[tree.Expression]) -> tree.Expression:
    """What a block gives: one value, or several as a tuple."""
    return results[0] if len(results) == 1 else tree.Tuple(tuple(map(tree.Item, results)))


def _handed(outputs: Outputs, results: list[tree.Expression]) -> tree.Expression:
    """What a net gives."""
    match outputs:
        case int():
            return results[outputs]
        case Training():
            return tree.Call(tree.Name("training"), (tree.Argument(_handed(outputs.outputs, results)),))
        case tuple():
            return tree.Tuple(tuple(tree.Item(_handed(each, results)) for each in outputs))
        case dict():
            return tree.Record(tuple(tree.Field(_handed(each, results), label) for label, each in outputs.items()))
