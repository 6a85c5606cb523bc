"""Rules that people ask for, by name: `symnas.rules.separable`, `symnas rewrite model.nas --rules separable`.

Each is a file of this folder: its first comment says what it does, its `let`s are settings that may be given otherwise
(`symnas.rules.lora(rank = 8)`, `--rules "lora(rank = 8)"`), and its rules follow one another. docs/rule-library.md shows
what each makes of a network.
"""

import re
from collections.abc import Iterator, Mapping
from functools import cached_property, lru_cache
from importlib.resources import files

from attrs import evolve, field, frozen

from symnas import tree
from symnas.errors import SearchError, suggest
from symnas.grammar import dump, parse, parse_expression
from symnas.program import Program
from symnas.rewriting.nodes import expression_of
from symnas.rewriting.reading import Rule, rules_of

__all__ = ["Library", "Offered", "rules"]


@frozen
class Offered:
    """Rules of the library: *name*, and the *module* that declares them. Called with settings, they have those."""

    name: str
    module: tree.Module = field(repr=False)

    def __call__(self, **settings: object) -> "Offered":
        """The rules with other settings: numbers, texts of expressions, or what `symnas.rewriting.nas` makes.

        Raises:
            SearchError: they have no such setting.
        """
        for name in settings:
            if name not in self.settings:
                known = suggest(name, [*self.settings], "they have") if self.settings else "they have none"
                raise SearchError(f"the rules `{self.name}` have no setting `{name}`; {known}")
        declarations = tuple(
            evolve(each, value=expression_of(settings[each.name]))
            if isinstance(each, tree.Let) and each.name in settings
            else each
            for each in self.module.declarations
        )
        return Offered(self.name, evolve(self.module, declarations=declarations))

    @property
    def rules(self) -> tuple[Rule, ...]:
        """The rules, in the order in which they are carried out."""
        return rules_of(self.module)

    @cached_property
    def settings(self) -> Mapping[str, str]:
        """What may be given otherwise, and what it is, as it is written."""
        return {each.name: dump(each.value) for each in self.module.declarations if isinstance(each, tree.Let)}

    @cached_property
    def about(self) -> str:
        """What they do, in a sentence."""
        lines = re.findall(r"^# (.*)$", _text(self.name), re.MULTILINE)
        return " ".join(lines)

    @property
    def text(self) -> str:
        """How they are written, with comments."""
        return _text(self.name)

    @property
    def program(self) -> Program:
        """The rules as a program of their own, to be read and changed."""
        return Program(self.module, self.name)


@lru_cache
def _text(name: str) -> str:
    return files(__package__).joinpath(f"{name}.nas").read_text(encoding="utf-8")


@lru_cache
def _offered(name: str) -> Offered:
    return Offered(name, parse(_text(name), f"<{name}>"))


class Library(Mapping[str, Offered]):
    """All rules of the library, by name."""

    @cached_property
    def _names(self) -> tuple[str, ...]:
        return tuple(sorted(each.name[:-4] for each in files(__package__).iterdir() if each.name.endswith(".nas")))

    def __getitem__(self, name: str) -> Offered:
        if name not in self._names:
            raise SearchError(f"the library has no rules `{name}`; {suggest(name, self._names, 'it has')}")
        return _offered(name)

    def __contains__(self, name: object) -> bool:
        return name in self._names

    def __iter__(self) -> Iterator[str]:
        return iter(self._names)

    def __len__(self) -> int:
        return len(self._names)

    def __getattr__(self, name: str) -> Offered:
        if name.startswith("_"):
            raise AttributeError(name)
        return self[name]

    def __dir__(self) -> list[str]:
        return [*super().__dir__(), *self._names]

    def called(self, text: str) -> Offered | None:
        """The rules that *text* names, settings given as in a call: `lora(rank = 8)`; `None` if it names none.

        Raises:
            SearchError: they have no such setting.
        """
        word = re.match(r"\w+", text)
        if word is None or word[0] not in self:
            return None
        node = parse_expression(text, "<rules>")
        if not isinstance(node, tree.Call):
            return self[word[0]] if isinstance(node, tree.Name) else None
        odd = [each for each in node.arguments if each.name is None or each.spread]
        if odd:
            raise SearchError(f"settings of the rules `{word[0]}` are given by name: `{word[0]}(name = value)`")
        return self[word[0]](**{each.name or "": dump(each.value) for each in node.arguments})


rules = Library()
"""The library."""
