"""Hypothesis strategies for programs that mean something: `.nas` text, well typed, with a space that can be listed.

Every layer maps `f32[N, 8]` to `f32[N, 8]`, so that any two may follow each other or be added; widths vary inside.
A budget of placeholders keeps the space small; texts, not trees, are grown, so a failing example can be read and run.
"""

from collections.abc import Callable

from hypothesis import strategies as st

__all__ = ["programs"]

PLAIN = ("ReLU", "Tanh", "LayerNorm", "Identity", "Dropout(0.5)", "Linear(8)")


class Grower:
    """Grows the text of one program out of drawn choices; *budget* is the number of placeholders left."""

    def __init__(self, draw: st.DrawFn, budget: int) -> None:
        self.draw = draw
        self.budget = budget
        self.numbers: list[str] = []
        self.flags: list[str] = []
        self.layers: list[str] = []
        self.blocks: list[tuple[str, int]] = []
        self.names = 0

    def below(self, most: int) -> int:
        """A number from 0 up to, not including, *most*."""
        return self.draw(st.integers(0, most - 1))

    def pick(self, *makers: Callable[[], str]) -> str:
        """What one of *makers* makes."""
        return makers[self.below(len(makers))]()

    def spend(self) -> bool:
        """Whether a placeholder may stand here."""
        self.budget -= 1
        return self.budget >= 0

    def fresh(self, stem: str) -> str:
        """A name that nothing has yet."""
        self.names += 1
        return f"{stem}{self.names}"

    # ------------------------------------------------------------------------------------------- values

    def number(self, tensor: str | None = None) -> str:
        """A width: a literal, a placeholder, a let, a setting, or the width of a tensor."""
        makers: list[Callable[[], str]] = [lambda: "8", lambda: "4", self._number_choice, self._number_choice]
        makers += [lambda name=name: name for name in self.numbers]  # type: ignore[misc]  # bound at once
        if tensor is not None:
            makers += [lambda: f"{tensor}.features", lambda: f"{tensor}.shape[1] * 2"]
        return self.pick(*makers)

    def _number_choice(self) -> str:
        if not self.spend():
            return "16"
        named = f" as {self.fresh('w')}" if self.below(4) == 0 else ""
        return self.pick(
            lambda: f"(oneof(4, 8){named})",
            lambda: f"(range(4, 12, step = 4){named})",
            lambda: f"multiple(oneof(5, 8), of = {self.below(3) + 2})",
        )

    def flag(self, tensor: str | None = None) -> str:
        """A truth value; `and` and `or` stop early, so what stands on their right may not exist."""
        makers: list[Callable[[], str]] = [self._flag_choice, self._flag_choice, lambda: f"{self.number()} == 8"]
        makers += [lambda name=name: name for name in self.flags]  # type: ignore[misc]  # bound at once
        if self.budget > 1:
            makers.append(lambda: f"({self.flag()} {self.pick(lambda: 'and', lambda: 'or')} {self.flag()})")
            makers.append(lambda: f"any([{self.flag()}, {self.flag()}])")
        if tensor is not None:
            makers.append(lambda: f"{tensor}.features == 8")
        return self.pick(*makers)

    def _flag_choice(self) -> str:
        return "oneof(false, true)" if self.spend() else "true"

    def count(self) -> str:
        """How often something is repeated."""
        if self.below(2) and self.spend():
            return self.pick(lambda: "range(0, 2)", lambda: "range(1, 2)", lambda: "oneof(1, 3)")
        return str(self.below(3))

    # ------------------------------------------------------------------------------------------- layers

    def layer(self, depth: int = 2) -> str:
        """A layer from `[N, 8]` to `[N, 8]`."""
        makers: list[Callable[[], str]] = [lambda: PLAIN[self.below(len(PLAIN))]]
        if self.blocks:
            makers += [self.call, self.call]
        if depth > 0:
            makers += [
                lambda: self._choice(depth - 1), lambda: self._choice(depth - 1),
                lambda: f"maybe({self.layer(depth - 1)})" if self.spend() else "ReLU",
                lambda: f"repeat({self.count()}) {{ {self.layer(depth - 1)} }}",
                lambda: f"({self.layer(depth - 1)} -> {self.layer(depth - 1)})",
                lambda: f"(Linear({self.number()}) -> Linear(8))",
                lambda: f"(if {self.flag()} {{ {self.layer(depth - 1)} }} else {{ {self.layer(depth - 1)} }})",
            ]  # fmt: skip
        return self.pick(*makers)

    def _choice(self, depth: int) -> str:
        if not self.spend():
            return "Tanh"
        first, second = self.layer(depth), self.layer(depth)
        return self.pick(
            lambda: f"oneof {{ a: {first}, b: {second} }}",
            lambda: f"oneof {{ a: {first}, b: {second}, c: ReLU if {self.flag()} }}",
            lambda: f"(oneof {{ a: {first}, b: {second} }} as {self.fresh('pick')})",
        )

    def call(self) -> str:
        """A block called, or its bare name where it needs nothing."""
        name, settings = self.blocks[self.below(len(self.blocks))]
        if settings == 0 or self.below(4) == 0:
            return name
        given = self.below(settings + 1)
        return f"{name}({', '.join(self.number() for _ in range(given))})"

    # --------------------------------------------------------------------------------------- statements

    def statement(self) -> list[str]:
        """Lines that make a new version of `x`."""
        makers = [self._pipe, self._pipe, self._residual, self._loop, self._branch, self._sum, self._many, self._body,
                  self._lazy, self._shared, self._pair, self._indexed, self._carried]  # fmt: skip
        return makers[self.below(len(makers))]()

    def _pipe(self) -> list[str]:
        if self.layers and self.below(3) == 0:
            name = self.layers[self.below(len(self.layers))]
            return [f"x = x -> {self.pick(lambda: name, lambda: f'repeat({self.count()}) {{ {name} }}')}"]
        return [f"x = x -> {self.layer()}"]

    def _residual(self) -> list[str]:
        y = self.fresh("y")
        return [
            f"{y} = x -> Linear({self.number('x')})",
            f"x = if {y}.shape == x.shape {{ x + {y} }} else {{ {y} -> {self.pick(lambda: 'Linear(8)', lambda: 'ReLU -> Linear(8)')} }}",
        ]

    def _loop(self) -> list[str]:
        v = self.fresh("v")
        over = self.pick(lambda: "[4, 8]", lambda: f"1..{self.count()}", lambda: "[8]")
        inner = self.pick(lambda: self.layer(1), lambda: f"Linear({v} * 4 + 4) -> Linear(8)")
        return [f"for {v} in {over} {{", f"  x = x -> {inner}", "}"]

    def _branch(self) -> list[str]:
        lines = [f"if {self.flag('x')} {{", f"  x = x -> {self.layer(1)}"]
        if self.below(2):
            lines += ["} else {", f"  x = x -> {self.layer(1)}"]
        return [*lines, "}"]

    def _sum(self) -> list[str]:
        ys = self.fresh("ys")
        return [
            f"{ys} = [x -> {self.layer(1)} for i in 1..2]",
            f"x = {self.pick(lambda: f'sum({ys})', lambda: f'{ys}[0]', lambda: f'{ys}[0] + x')}",
        ]

    def _many(self) -> list[str]:
        options = ", ".join(f"x -> {self.layer(0)}" for _ in range(3))
        if not self.spend():
            return [f"x = sum([{options}])"]
        kind = self.pick(lambda: f"manyof({self.below(2) + 1}, [{options}])", lambda: f"subset([{options}], min = 1)")
        return [f"x = sum({kind})"]

    def _body(self) -> list[str]:
        body = self.fresh("body")
        use = self.pick(lambda: f"{body} -> Tanh -> {body}", lambda: f"repeat(2) {{ {body} }}", lambda: body)
        return [f"{body} = {self.layer()}", f"x = x -> {use}"]

    def _lazy(self) -> list[str]:
        z = self.fresh("z")
        return [f"{z} = x -> {self.layer(1)}", f"x = if {self.flag()} {{ {z} + x }} else {{ x }}"]

    def _shared(self) -> list[str]:
        f = self.fresh("f")
        return [f"shared {f} = Linear(8)", f"x = x -> {f} -> {self.layer(1)} -> {f}"]

    def _pair(self) -> list[str]:
        a, b = self.fresh("a"), self.fresh("b")
        return [f"({a}, {b}) = (x -> {self.layer(1)}, {self.number()})", f"x = {a} -> Linear({b}) -> Linear(8)"]

    def _indexed(self) -> list[str]:
        """Items of a list that choices read or leave; a layer before them is there for some of them alone."""
        z, h = self.fresh("z"), self.fresh("h")
        first = self.pick(lambda: "range(0, 2)", lambda: "oneof(0, 2)") if self.spend() else "1"
        second = "range(0, 1)" if self.spend() else "0"
        return [
            f"{z} = x -> Linear(8)",
            f"{h} = [{z} -> {self.layer(1)}, x -> Linear(8), {self.pick(lambda: 'x', lambda: z)}]",
            f"x = {h}[{first}] + {h}[{second}]",
        ]

    def _carried(self) -> list[str]:
        """A loop that carries two tensors, of which the last turn's may be left unread."""
        a = self.fresh("a")
        return [
            f"{a} = x",
            f"for {self.fresh('v')} in 1..{self.count()} {{",
            f"  x = {a} -> {self.layer(1)}",
            f"  {a} = {self.pick(lambda: 'x', lambda: a)} -> Linear(8)",
            "}",
            self.pick(lambda: "x = x", lambda: f"x = if {self.flag()} {{ x }} else {{ {a} }}"),
        ]

    # ------------------------------------------------------------------------------------- declarations

    def let(self) -> str:
        """A decision or value that all may read."""
        name = self.fresh("let")
        kind = self.below(3)
        if kind == 0:
            made, group = self.number(), self.numbers
        elif kind == 1:
            made, group = self.flag(), self.flags
        else:
            made, group = self.layer(1), self.layers
        group.append(name)
        return f"let {name} = {made}"

    def block(self) -> str:
        """A block or cell, in one of its forms."""
        name = self.fresh("B")
        settings = self.below(3)
        keyword = self.pick(lambda: "block", lambda: "block", lambda: "cell")
        outer = list(self.numbers)
        defaults = [self.number() for _ in range(settings)]
        own = [f"s{place}" for place in range(settings)]
        self.numbers += own
        listed = ", ".join(f"{each} = {default}" for each, default in zip(own, defaults, strict=True))
        if self.below(2):
            text = f"{keyword} {name}({listed})(x) {{\n{self.lines(2)}  x\n}}"
        else:
            text = f"{keyword} {name}({listed}) = {self.layer()}" if settings else f"{keyword} {name} = {self.layer()}"
        self.numbers = outer
        self.blocks.append((name, settings))
        return text

    def lines(self, most: int) -> str:
        """Up to *most* statements and perhaps a `require`, indented."""
        found = [line for _ in range(self.below(most) + 1) for line in self.statement()]
        if self.below(5) == 0:
            found.insert(0, f"require {self.flag()}")
        return "".join(f"  {line}\n" for line in found)

    def program(self) -> str:
        """A whole program."""
        parts = [self.let() for _ in range(self.below(3))]
        parts += [self.block() for _ in range(self.below(3))]
        parts.append(f"net A(image: f32[N, 8]) {{\n  x = image\n{self.lines(3)}  x\n}}")
        if self.below(4) == 0:
            parts.append(f"train {{ p: {self.number()}, q: {self.flag()} }}")
        if self.flags and self.below(3) == 0:
            parts.append(f"require {self.flags[0]}")
        return "\n".join(parts) + "\n"


@st.composite
def programs(draw: st.DrawFn, budget: int = 5) -> str:
    """Texts of programs with at most *budget* placeholders, and one net `A`."""
    return Grower(draw, budget).program()
