"""The straight-line `forward` of a generated class: variables for values, expressions for submodules, .nas lines.

What each step calls has been decided (`blueprints`); where submodules live too (`layout`).
"""

import re
from collections.abc import Iterator, Mapping

from attrs import field, frozen

from symnas.compilers.torch.layout import Place, step_into
from symnas.compilers.torch.names import Names, identifier, quoted, snake_case
from symnas.errors import CompileError
from symnas.graph import Operation, Outputs, Scope, Training, Use, indices, lasting, needed
from symnas.sizes import symbol
from symnas.spans import NOWHERE, Span

__all__ = ["Borrowed", "Call", "Device", "Forward", "SharedLayer", "Symbol", "Written", "write_forward"]


@frozen
class SharedLayer:
    """A layer or parameter made further out, by its absolute path."""

    path: str
    is_parameter: bool = False

    @property
    def name(self) -> str:
        """The argument it arrives in."""
        return snake_case(next((part for part in reversed(self.path.split(".")) if not part.isdigit()), self.path))

    @property
    def annotation(self) -> str:
        """Its Python type."""
        return "torch.Tensor" if self.is_parameter else "nn.Module"


@frozen
class Symbol:
    """A size known only when the network runs."""

    name: str
    annotation: str = "int"


@frozen
class Device:
    """The device of the network's inputs."""

    name: str = "device"
    annotation: str = "torch.device"


Borrowed = SharedLayer | Symbol | Device
"""What `forward` may need beside its tensors."""


@frozen(eq=False)
class Call:
    """One step: *text* has `{self}` for *target*, `{0}`, `{1}`, … for operands, `{lent0}`, … for what is *lent* to an
    inner block, `{device}`, and the names of *symbols*. With *unpack* it gives a tuple, in which the items from *state*
    on are a tuple.
    """

    step: Operation | Use
    text: str
    target: Place | SharedLayer | None = None
    symbols: tuple[Symbol, ...] = ()
    unpack: bool = False
    is_identity: bool = False
    lent: tuple[Place | Borrowed, ...] = ()
    state: int | None = None

    @property
    def places(self) -> Iterator[Place]:
        """The submodules of this class that the step reads."""
        return (each for each in (self.target, *self.lent) if isinstance(each, Place))

    @property
    def needs(self) -> Iterator[Symbol | Device]:
        """Sizes and the device, where the step reads them."""
        yield from self.symbols
        yield from (each for each in self.lent if isinstance(each, Symbol | Device))
        if "{device}" in self.text:
            yield Device()


@frozen(eq=False)
class Forward:
    """What is to be written: the calls of *scope* in order, what it returns, where its submodules live, the shared layers
    handed in, and the names that mean something in the file.
    """

    scope: Scope
    calls: tuple[Call, ...]
    outputs: Outputs
    layout: Place
    shared: tuple[SharedLayer, ...]
    taken: tuple[str, ...] = ()


@frozen
class Line:
    """One statement; *origin* is the .nas line it comes from, and makes no difference between two classes."""

    code: str
    origin: str = field(default="", eq=False)

    def indented(self) -> "Line":
        """The statement one level deeper."""
        return Line(f"    {self.code}", self.origin)

    def __str__(self) -> str:
        return f"{self.code}  # {self.origin}" if self.origin else self.code


@frozen
class Written:
    """The `forward` of a class. *unbound* are sizes that no input shows: the caller must hand them in."""

    parameters: tuple[tuple[str, str], ...]
    returns: str
    lines: tuple[Line, ...]
    unbound: tuple[Symbol | Device, ...]


def write_forward(forward: Forward) -> Written:
    """The text of *forward*."""
    return _Writer(forward).write()


class _Writer:
    """Writes one `forward`: names are given first to what stays (inputs, sizes, shared layers, hoisted submodules),
    then to values, whose names are free again after their last use.
    """

    def __init__(self, forward: Forward) -> None:
        self.forward, self.scope = forward, forward.scope
        self.fixed = Names(forward.taken)
        names = ("x",) if self.scope.input_names == _UNNAMED else self.scope.input_names
        self.inputs = [self.fixed.take(identifier(name)) for name in names]
        self.needed = list(dict.fromkeys(need for call in forward.calls for need in call.needs))
        self.sources = {need: self._source(need) for need in self.needed}
        borrowed: list[Borrowed] = [*forward.shared, *self.needed]
        self.borrowed = {each: self.fixed.take(identifier(each.name)) for each in borrowed}
        self.parents = {child: place for place in forward.layout.walk() for child in place.children.values()}
        self.reads = self._count_reads()
        self.hoisted: dict[Place, str] = {}
        self.wanted = {
            place: self.fixed.take(identifier(snake_case(self._word(place))))
            for place in forward.layout.walk()
            if self._worth_hoisting(place)
        }
        self.outputs = self._number_outputs()
        self.order, self.trained = self._running_order()
        self.root = self._same_values()
        self.last = self._last_uses()
        self.variables: dict[int, str] = dict(enumerate(self.inputs))
        self.lines: list[Line] = []

    def write(self) -> Written:
        """Every line in order."""
        for need, source in self.sources.items():
            if source is not None:
                self.lines.append(Line(f"{self.borrowed[need]} = {source}"))
        self._steps(range(self.trained))
        if self.forward.outputs != lasting(self.forward.outputs):
            self._while_training()
        self._give_back(lasting(self.forward.outputs))
        unbound = tuple(need for need, source in self.sources.items() if source is None)
        handed = [*self.forward.shared, *unbound]
        parameters = [(name, "torch.Tensor") for name in self.inputs]
        parameters += [(self.borrowed[each], each.annotation) for each in handed]
        return Written(tuple(parameters), _annotation(self.forward.outputs), tuple(self.lines), unbound)

    # ------------------------------------------------------------------------------------- statements

    def _steps(self, positions: range) -> None:
        """The steps at *positions* of the running order."""
        for position in positions:
            place = self.order[position]
            call = self.forward.calls[place]
            if not call.is_identity:
                self._step(position, call, self.outputs[place])

    def _while_training(self) -> None:
        """What is done only while training: the last steps, and a return statement of its own."""
        before, self.lines = self.lines, []
        self._steps(range(self.trained, len(self.order)))
        self._give_back(self.forward.outputs)
        self.lines = [*before, Line("if self.training:"), *(each.indented() for each in self.lines)]

    def _step(self, position: int, call: Call, outputs: range) -> None:
        operands = [self._variable(index) for index in call.step.operands]
        words = {str(place): name for place, name in enumerate(operands)}
        if call.target is not None:
            words["self"] = self._reach(call.target)
        words |= {f"lent{place}": self._reach(each) for place, each in enumerate(call.lent)}
        if Device() in self.borrowed:
            words["device"] = self.borrowed[Device()]
        text = _renamed(call.text, {each.name: self.borrowed[each] for each in call.symbols})
        expression = _filled(text, words)
        names = self._name_outputs(position, call, outputs)
        left = _unpacked(names, call.state) if call.unpack else names[0]
        self.lines.append(Line(f"{left} = {expression}", _origin(call.step.span)))

    def _give_back(self, outputs: Outputs) -> None:
        """The return statement; a value that the last step makes for it alone is returned as it is made."""
        handed = {index: self._variable(self.scope.results[index]) for index in indices(outputs)}
        result = _expression(outputs, handed)
        if self.lines and isinstance(outputs, int) and self.lines[-1].code.startswith(f"{result} = "):
            made = self.lines.pop()
            self.lines.append(Line(f"return {made.code[len(result) + 3 :]}", made.origin))
        else:
            self.lines.append(Line(f"return {result}"))

    # ------------------------------------------------------------------------------------- values

    def _number_outputs(self) -> list[range]:
        """The numbers of the values that each step makes."""
        found, value = list[range](), len(self.inputs)
        for call in self.forward.calls:
            found.append(range(value, value + len(call.step.outputs)))
            value += len(call.step.outputs)
        return found

    def _running_order(self) -> tuple[list[int], int]:
        """The steps in the order they are written, those of training alone last, and how many are not."""
        kept = [self.scope.results[index] for index in indices(lasting(self.forward.outputs))]
        always = needed([call.step for call in self.forward.calls], len(self.inputs), kept)
        steps = range(len(always))
        if self.forward.outputs == lasting(self.forward.outputs):
            return list(steps), len(always)
        return sorted(steps, key=lambda place: not always[place]), sum(always)

    def _same_values(self) -> dict[int, int]:
        """For each value that is another one unchanged (`Identity`): that one."""
        root: dict[int, int] = {}
        for call, outputs in zip(self.forward.calls, self.outputs, strict=True):
            if call.is_identity:
                operand = call.step.operands[0]
                root[outputs[0]] = root.get(operand, operand)
        return root

    def _last_uses(self) -> dict[int, int]:
        """The position of the last step that reads each value; behind every step for what is returned."""
        last: dict[int, int] = {}
        for position, call in enumerate(self.forward.calls[place] for place in self.order):
            if not call.is_identity:
                last |= {self.root.get(index, index): position for index in call.step.operands}
        return last | {self.root.get(index, index): len(self.forward.calls) for index in self.scope.results}

    def _variable(self, value: int) -> str:
        return self.variables[self.root.get(value, value)]

    def _name_outputs(self, position: int, call: Call, outputs: range) -> list[str]:
        """Variables for the outputs of a step: that of its first operand, if it is not read again; `x`, `y`, `z` while
        they last; then the step's own word.
        """
        favoured = [self._variable(index) for index in call.step.operands[:1]]
        favoured = [name for name in favoured if name not in self.inputs or name in _SHORT]
        self.variables = {value: name for value, name in self.variables.items() if self.last.get(value, -1) > position}
        live = {*self.variables.values(), *(name for name in self.inputs if name not in _SHORT)}
        names = []
        for value in outputs:
            if value not in self.last:
                names.append("_")
                continue
            name = self._free([*favoured, *_SHORT], live, snake_case(_own_word(call.step)))
            live.add(name)
            self.variables[value] = name
            names.append(name)
        return names

    def _free(self, candidates: list[str], live: set[str], word: str) -> str:
        for name in candidates:
            if name not in live and (name not in self.fixed or name in self.inputs):
                return name
        return Names([*live, *self.fixed]).take(identifier(word))

    # ------------------------------------------------------------------------------------- submodules

    def _count_reads(self) -> dict[Place, int]:
        """How often the forward pass goes through each place on its way to a submodule."""
        reads: dict[Place, int] = {}
        for call in self.forward.calls:
            for place in call.places:
                for each in self._way(place):
                    reads[each] = reads.get(each, 0) + 1
        return reads

    def _way(self, place: Place) -> list[Place]:
        """*place* and the places around it, outermost first, without the class itself."""
        way = [place]
        while (parent := self.parents[way[-1]]) is not self.forward.layout:
            way.append(parent)
        return way[::-1]

    def _worth_hoisting(self, place: Place) -> bool:
        if self.reads.get(place, 0) < 2 or place.is_twofold:
            return False
        _, cheap = step_into(self.parents[place], place, "", parameter=place.made is not None)
        return place.is_list or not (cheap or self.parents[place].is_list)

    def _word(self, place: Place) -> str:
        return next((each.name for each in reversed(self._way(place)) if not each.name.isdigit()), "part")

    def _reach(self, target: Place | Borrowed) -> str:
        """The expression for *target*; hoisted places on the way become variables when they are first reached."""
        if not isinstance(target, Place):
            return self.borrowed[target]
        way = self._way(target)
        parent, expression = self.forward.layout, "self"
        for place in way:
            if place not in self.hoisted:
                text, _ = step_into(parent, place, expression, parameter=place is target)
                expression = self._hoist(place, text)
            else:
                expression = self.hoisted[place]
            parent = place
        return expression

    def _hoist(self, place: Place, text: str) -> str:
        if place not in self.wanted:
            return text
        name = self.hoisted[place] = self.wanted[place]
        self.lines.append(Line(f"{name} = list({text})" if place.is_list else f"{name} = {text}"))
        return name

    # ------------------------------------------------------------------------------------- sizes

    def _source(self, need: Symbol | Device) -> str | None:
        """Where an input shows a size or the device: `tokens.shape[1]`."""
        if isinstance(need, Device):
            return f"{self.inputs[0]}.device" if self.inputs else None
        wanted = symbol(need.name)
        for name, tensor in zip(self.inputs, self.scope.inputs, strict=True):
            for dimension, size in enumerate(tensor.shape):
                if size == wanted:
                    return f"{name}.shape[{dimension}]"
        return None


_SHORT = ("x", "y", "z")

_UNNAMED = ("x0",)
"""The input of a block that is written as a layer and names none."""


def _unpacked(names: list[str], state: int | None) -> str:
    """The targets of an assignment: `x, (y, z)` where the last ones are a tuple."""
    if state is not None:
        last = names[state:]
        names = [*names[:state], "_" if set(last) == {"_"} else f"({', '.join(last)})"]
    return f"({names[0]},)" if len(names) == 1 else ", ".join(names)


def _own_word(step: Operation | Use) -> str:
    """The last word of a step's path: `as` name, block or operator."""
    kind = step.operator if isinstance(step, Operation) else step.scope.block
    return next((part for part in reversed(step.name.split(".")) if part and not part.isdigit()), kind)


def _origin(span: Span) -> str:
    """`mobile.nas:12`; only the file's own name, so that the text does not depend on where the file lies."""
    if span == NOWHERE:
        return ""
    name = re.split(r"[/\\]", span.source.name)[-1]
    return f"{re.sub(r'[^ -~]', '?', name)}:{span.line}"


def _filled(text: str, words: Mapping[str, str]) -> str:
    def word(match: re.Match[str]) -> str:
        if match[1] not in words:
            raise CompileError(f"`{text}` asks for `{match[1]}`, which is not there; the operator library is at fault")
        return words[match[1]]

    return re.sub(r"\{(self|device|lent\d+|\d+)\}", word, text)


def _renamed(text: str, names: Mapping[str, str]) -> str:
    """*text* with the variables of sizes called *names*; `F.relu` is no size `F`."""
    for old, new in names.items():
        if old != new:
            text = re.sub(rf"(?<![\w.]){re.escape(old)}(?![\w.(])", new, text)
    return text


def _expression(outputs: Outputs, results: Mapping[int, str]) -> str:
    match outputs:
        case int():
            return results[outputs]
        case Training():
            return _expression(outputs.outputs, results)
        case tuple():
            inner = ", ".join(_expression(each, results) for each in outputs)
            return f"({inner},)" if len(outputs) == 1 else f"({inner})"
        case dict():
            inner = ", ".join(f"{quoted(label)}: {_expression(each, results)}" for label, each in outputs.items())
            return f"{{{inner}}}"


def _annotation(outputs: Outputs) -> str:
    match outputs:
        case int():
            return "torch.Tensor"
        case Training():
            return _annotation(outputs.outputs)
        case tuple() if any(isinstance(each, Training) for each in outputs):
            return "tuple[object, ...]"
        case tuple():
            return f"tuple[{', '.join(map(_annotation, outputs)) or '()'}]"
        case dict():
            kinds = {_annotation(each) for each in outputs.values()}
            return f"dict[str, {kinds.pop() if len(kinds) == 1 else 'object'}]"
