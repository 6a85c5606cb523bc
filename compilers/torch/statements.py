"""The steps of one scope as statements: variables for values, expressions for calls, .nas lines.

The sides of a `when` and the body of a `scan` are scopes inside another one's statements.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from typing import Final

from symnas.compilers.torch.calls import THIS, Borrowed, Call, Device, Inner, Line, Symbol
from symnas.compilers.torch.layout import Place
from symnas.compilers.torch.names import Names, identifier, snake_case
from symnas.compilers.torch.reaching import Handed, Reach
from symnas.errors import CompileError
from symnas.graph import Branch, Loop, Operation, Side, Step, Use
from symnas.sizes import symbols_of
from symnas.spans import NOWHERE, Span

__all__ = ["Statements", "origin"]


class Statements:
    """Writes the calls of one scope. Values have names until their last use; *kept* are names that are not free here.
    Steps are written in *order*, all of them unless told otherwise.
    """

    def __init__(
        self, reach: Reach | Handed, inner: Inner, inputs: list[str], order: Sequence[int], kept: Iterable[str] = (),
        rows: Mapping[str, str] | None = None,
    ) -> None:  # fmt: skip
        self.reach, self.scope, self.calls, self.inputs = reach, inner.scope, inner.calls, inputs
        self.order, self.kept = order, frozenset(kept)
        self.rows = dict(rows or {})
        """Sizes that are counted anew here, because a `when` takes some rows only: their variables."""
        self.lines: list[Line] = []
        self.outputs = self._number_outputs()
        self.root = self._same_values()
        self.last = self._last_uses()
        self.variables: dict[int, str] = dict(enumerate(self.inputs))

    def write(self, positions: Iterable[int]) -> None:
        """The steps at *positions* of the order."""
        for position in positions:
            place = self.order[position]
            if not self.calls[place].is_identity:
                self._step(position, self.calls[place], self.outputs[place])

    def result(self, place: int) -> str:
        """The variable of a result of the scope."""
        return self._variable(self.scope.results[place])

    def _step(self, position: int, call: Call, outputs: range) -> None:
        match call.step:
            case Branch():
                self._when(position, call, call.step, outputs)
            case Loop():
                self._scan(position, call, call.step, outputs)
            case Operation() | Use():
                self._plain(position, call, outputs)

    def _plain(self, position: int, call: Call, outputs: range) -> None:
        operands = [self._variable(index) for index in call.step.operands]
        words = {str(place): name for place, name in enumerate(operands)}
        if call.target is not None:
            words["self"] = self._reached(call.target)
        words |= {f"lent{place}": self._reached(each) for place, each in enumerate(call.lent)}
        if "{device}" in call.text:
            words["device"] = self._reached(Device())
        text = _renamed(call.text, {each.name: self._reached(each) for each in call.symbols})
        expression = _filled(text, words)
        names = self._name_outputs(position, call, outputs)
        left = _unpacked(names, call.state) if call.unpack else names[0]
        self.lines.append(Line(f"{left} = {expression}", origin(call.step.span)))

    def _reached(self, target: Place | Borrowed) -> str:
        if isinstance(target, Symbol) and target.name in self.rows:
            return self.rows[target.name]
        return self.reach.reach(target)

    # -------------------------------------------------------------------------------------- when and scan

    def _when(self, position: int, call: Call, step: Branch, outputs: range) -> None:
        """A function for each side, then the call that hands them their rows."""
        assert call.target is not None
        condition, target = self._variable(step.condition), self._reached(call.target)
        then = self._side("then", step, step.then, call.inner[0])
        otherwise = self._side("otherwise", step, step.otherwise, call.inner[1])
        left = _unpacked(self._name_outputs(position, call, outputs), None)
        called = f"{target}({condition}, then, {then}, otherwise, {otherwise})"
        self.lines += [Line(""), Line(f"{left} = {called}", origin(step.span))]

    def give_back(self) -> None:
        """The return statement of a side: a tuple, whatever it holds."""
        given = [self.result(place) for place in range(len(self.scope.results))]
        if len(given) == 1 and self.lines and self.lines[-1].code.startswith(f"{given[0]} = "):
            made = self.lines.pop()
            self.lines.append(Line(f"return ({made.code[len(given[0]) + 3 :]},)", made.origin))
        else:
            self.lines.append(Line(f"return {_tuple(', '.join(given), len(given))}"))

    def _side(self, word: str, step: Branch, side: Side, inner: Inner) -> str:
        """Write the function called *word*, which takes rows; what has none it reads from around. Gives its arguments."""
        outer = [self._variable(index) for index in side.operands]
        parts = list(zip(outer, (type.shape[:1] == (step.rows,) for type in inner.scope.inputs), strict=True))
        around = {name for name, by_rows in parts if not by_rows}
        names = Names([*around, *(set(self.reach.fixed) - set(self.inputs)), "then", "otherwise"])
        inputs = [names.take(name) if by_rows else name for name, by_rows in parts]
        taken = [name for name, (_, by_rows) in zip(inputs, parts, strict=True) if by_rows]
        rows = self._counted(step, inner, names)
        written = Statements(
            self.reach, inner, inputs, range(len(inner.calls)), {*around, *rows.values()}, self.rows | rows
        )
        written.lines = [Line(f"{name} = {taken[0]}.shape[0]") for name in rows.values()]
        written.write(range(len(inner.calls)))
        written.give_back()
        signature = ", ".join(f"{name}: torch.Tensor" for name in taken)
        self.lines += [Line(""), Line(f"def {word}({signature}) -> tuple[torch.Tensor, ...]:", origin(step.span))]
        self.lines += [line.indented() for line in written.lines]
        return _tuple(", ".join(name for name, by_rows in parts if by_rows), len(taken))

    def _counted(self, step: Branch, inner: Inner, names: Names) -> dict[str, str]:
        """The variable for the number of rows, if anything in the side needs it."""
        (symbol_,) = symbols_of(step.rows)
        if not any(Symbol(symbol_) == need for call in inner.calls for need in call.needs):
            return {}
        return {symbol_: self.reach.borrowed.get(Symbol(symbol_)) or names.take(identifier(symbol_))}

    def _scan(self, position: int, call: Call, step: Loop, outputs: range) -> None:
        """A call of a function beside the class, which goes through the sequences: `torch.fx` cannot follow a loop whose
        length it does not know, and keeps the call.
        """
        outer = [self._variable(index) for index in step.operands]
        name, given = self._steps(call.inner[0], step, outer, [value in self.last for value in outputs])
        left = [each for each in self._name_outputs(position, call, outputs) if each != "_"]
        self.lines.append(Line(f"{', '.join(left)} = {name}({', '.join([*given, *outer])})", origin(step.span)))

    def _steps(self, inner: Inner, step: Loop, outer: list[str], read: list[bool]) -> tuple[str, list[str]]:
        """The function for the `scan` *step*, which takes *outer*, and of whose outputs those are *read*: its name, and what
        it is given before *outer*.
        """
        names, kept = Names(), len(read) - step.states
        items = [names.take("step") for _ in range(step.sequences)]
        states = [names.take("state") for _ in range(step.states)]
        stacks = [names.take("steps") if each else None for each in read[:kept]]
        inputs = [names.take(each) for each in outer]
        handed = Handed(inner.calls, names, self.reach.functions, self._reached)
        body = Statements(
            handed, inner, [*items, *states, *inputs[len(items) + len(states) :]], range(len(inner.calls)), names
        )
        body.write(range(len(inner.calls)))
        lines = [Line(f'"""A `scan`: a turn for each step along dimension {step.over}."""')]
        lines += [Line(f"{state} = {start}") for state, start in zip(states, inputs[len(items) :], strict=False)]
        lines += [Line(f"{stack} = []") for stack in stacks if stack]
        parts = [f"{sequence}.unbind({step.over})" for sequence in inputs[: len(items)]]
        source = parts[0] if len(parts) == 1 else f"zip({', '.join(parts)})"
        lines.append(Line(f"for {', '.join(items)} in {source}:", origin(step.span)))
        lines += [line.indented() for line in body.turn(states, stacks)]
        results = [f"torch.stack({stack}, {step.over})" for stack in stacks if stack]
        results += [state for state, each in zip(states, read[kept:], strict=True) if each]
        lines.append(Line(f"return {', '.join(results)}"))
        parameters = [*handed.parameters, *((each, "torch.Tensor") for each in inputs)]
        return self._beside(parameters, len(results), lines), handed.given

    def _beside(self, parameters: Sequence[tuple[str, str]], results: int, lines: Sequence[Line]) -> str:
        """Put the function of *lines* beside the class; its name."""
        functions = self.reach.functions
        name = f"steps_of_{THIS}{len(functions) + 1 if functions else ''}"
        signature = ", ".join(f"{each}: {annotation}" for each, annotation in parameters)
        returns = "torch.Tensor" if results == 1 else f"tuple[{', '.join(['torch.Tensor'] * results)}]"
        head = [Line("@torch.fx.wrap"), Line(f"def {name}({signature}) -> {returns}:")]
        functions.append((*head, *(line.indented() for line in lines)))
        return name

    def turn(self, states: list[str], stacks: list[str | None]) -> list[Line]:
        """The statements of a `scan`'s body: what is to be stacked is kept, then the states are the new ones."""
        given = [self.result(place) for place in range(len(self.scope.results))]
        kept, new = given[: len(stacks)], given[len(stacks) :]
        lines = list(self.lines)
        if len(new) == 1 and states[0] not in kept and lines and lines[-1].code.startswith(f"{new[0]} = "):
            lines[-1] = Line(f"{states[0]}{lines[-1].code[len(new[0]) :]}", lines[-1].origin)
            kept = [states[0] if name == new[0] else name for name in kept]
            new = states
        lines += [Line(f"{stack}.append({name})") for stack, name in zip(stacks, kept, strict=True) if stack]
        if new != states:
            lines.append(Line(f"{', '.join(states)} = {', '.join(new)}"))
        return lines

    # ------------------------------------------------------------------------------------------- values

    def _number_outputs(self) -> list[range]:
        """The numbers of the values that each step makes."""
        found, value = list[range](), len(self.inputs)
        for call in self.calls:
            found.append(range(value, value + len(call.step.outputs)))
            value += len(call.step.outputs)
        return found

    def _same_values(self) -> dict[int, int]:
        """For each value that is another one unchanged (`Identity`): that one."""
        root: dict[int, int] = {}
        for call, outputs in zip(self.calls, self.outputs, strict=True):
            if call.is_identity:
                operand = call.step.operands[0]
                root[outputs[0]] = root.get(operand, operand)
        return root

    def _last_uses(self) -> dict[int, int]:
        """The position of the last step that reads each value; behind every step for what is returned."""
        last: dict[int, int] = {}
        for position, call in enumerate(self.calls[place] for place in self.order):
            if not call.is_identity:
                last |= {self.root.get(index, index): position for index in call.step.operands}
        return last | {self.root.get(index, index): len(self.calls) for index in self.scope.results}

    def _variable(self, value: int) -> str:
        return self.variables[self.root.get(value, value)]

    def _name_outputs(self, position: int, call: Call, outputs: range) -> list[str]:
        """Variables for the outputs of a step: that of its first operand, if it is not read again; `x`, `y`, `z` while
        they last; then the step's own word.
        """
        favoured = [self._variable(index) for index in call.step.operands[:1]]
        favoured = [name for name in favoured if name not in self.inputs or name in _SHORT]
        self.variables = {value: name for value, name in self.variables.items() if self.last.get(value, -1) > position}
        live = {*self.kept, *self.variables.values(), *(name for name in self.inputs if name not in _SHORT)}
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
            if name not in live and (name not in self.reach.fixed or name in self.inputs):
                return name
        return Names([*live, *self.reach.fixed]).take(identifier(word))


_SHORT = ("x", "y", "z")


def _unpacked(names: list[str], state: int | None) -> str:
    """The targets of an assignment: `x, (y, z)` where the last ones are a tuple."""
    if state is not None:
        last = names[state:]
        names = [*names[:state], "_" if set(last) == {"_"} else f"({', '.join(last)})"]
    return f"({names[0]},)" if len(names) == 1 else ", ".join(names)


def _tuple(items: str, count: int) -> str:
    return f"({items},)" if count == 1 else f"({items})"


def _own_word(step: Step) -> str:
    """The last word of a step's path: `as` name, block or operator."""
    kind = step.operator if isinstance(step, Operation) else step.scope.block if isinstance(step, Use) else "value"
    return next((part for part in reversed(step.name.split(".")) if part and not part.isdigit()), kind)


def origin(span: Span) -> str:
    """`mobile.nas:12`; only the file's own name, so that the text does not depend on where the file lies."""
    if span == NOWHERE:
        return ""
    return f"{_own_name(span.source.name)}:{span.line}"


@lru_cache(maxsize=256)
def _own_name(file: str) -> str:
    return re.sub(r"[^ -~]", "?", re.split(r"[/\\]", file)[-1])


_PLACE: Final = re.compile(r"\{(self|device|lent\d+|\d+)\}")


def _filled(text: str, words: Mapping[str, str]) -> str:
    def word(match: re.Match[str]) -> str:
        if match[1] not in words:
            raise CompileError(f"`{text}` asks for `{match[1]}`, which is not there; the operator library is at fault")
        return words[match[1]]

    return _PLACE.sub(word, text)


def _renamed(text: str, names: Mapping[str, str]) -> str:
    """*text* with the variables of sizes called *names*; `F.relu` is no size `F`."""
    for old, new in names.items():
        if old != new:
            text = re.sub(rf"(?<![\w.]){re.escape(old)}(?![\w.(])", new, text)
    return text
