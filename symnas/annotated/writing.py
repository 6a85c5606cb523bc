"""Symbolic values as programs: what is undecided becomes placeholders of the language, all else data around them.

A value becomes `train { value: … }` of a program, so that its decisions are counted, drawn, constrained and searched as
those of any other. A call becomes a record `{python: "ResBlock", with: {channels: oneof(32, 64)}}`; what the language has
no form for becomes `{python: "ReLU"}`, a name for it in `Written.things`. What stands at two places becomes a `let`.
"""

import math
import re
from collections import Counter
from collections.abc import Iterable, Mapping
from fractions import Fraction
from itertools import count
from typing import Any

from attrs import frozen

from symnas.annotated.modules import UNNAMED
from symnas.annotated.placeholders import Manyof, Oneof, Placeholder, Range
from symnas.annotated.recorded import INSIDE, Traced
from symnas.annotated.values import Symbolic, is_symbolic, name_of, parts, refuse_lacking
from symnas.errors import SearchError
from symnas.grammar.tokens import keywords

__all__ = [
    "CHOSEN",
    "DICT",
    "FLOAT",
    "LIST",
    "MET",
    "PYTHON",
    "ROOT",
    "SHARED",
    "TUPLE",
    "VALUE",
    "WITH",
    "Case",
    "Way",
    "Writer",
    "Written",
    "labels_of",
    "quoted",
    "record",
    "written",
]

PYTHON, WITH, SHARED = "python", "with", "shared"
TUPLE, LIST, DICT, FLOAT = "tuple", "list", "dict", "float"
MET, CHOSEN = "met", "chosen"
ROOT = "value"
VALUE = "is"

_PLAIN = re.compile(r"[A-Za-z_]\w*", re.ASCII)
_NO_WORD = re.compile(r"\W+", re.ASCII)
_KEY = re.compile(r"\['([^']*)'\]")


@frozen
class Written:
    """The *text* of a program for a value, and the Python *things* that it names."""

    text: str
    things: Mapping[str, Any]


def written(value: object) -> Written:
    """The program of *value*.

    Raises:
        SearchError: *value* contains itself, or nothing in it is undecided.
    """
    writer = Writer()
    writer.meet(value, "")
    return writer.written(writer.text(value, ""))


@frozen
class Way:
    """A candidate and its number, which conditions read."""

    number: int
    value: Any


@frozen
class Case:
    """A candidate, and by name what is decided where it is taken, and only there."""

    value: Any
    inside: Mapping[str, Placeholder]


class Writer:
    """Writes one program: `lets` before it, `things` that it names."""

    def __init__(self) -> None:
        self.lets: dict[str, str] = {}
        self.things: dict[str, Any] = {}
        self._met: Counter[int] = Counter()  # by identity, which is another's once an object is gone
        self._alive: list[object] = []
        self._within: dict[int, str] = {}  # what is being walked, and its path
        self._names: dict[int, str] = {}  # of what is shared
        self._things: dict[int, str] = {}
        self._taken = set(keywords())

    def written(self, body: str) -> Written:
        """The program whose value is *body*."""
        lets = [f"let {name} = {text}" for name, text in self.lets.items()]
        return Written("\n".join([*lets, f"train {{ {ROOT}: {body} }}", ""]), dict(self.things))

    def decide(self, name: str, placeholder: Placeholder) -> str:
        """A `let` called like *name* for *placeholder*; what it is called."""
        self.meet(placeholder, name)
        self._alive.append(placeholder)
        let = self._unique(name)
        self.lets[let] = self._alone(placeholder, "", let)
        return let

    def whole(self, name: str, placeholder: Placeholder) -> str:
        """*placeholder*, called *name*, where it stands."""
        self.meet(placeholder, name)
        self._alive.append(placeholder)
        return self.text(placeholder, name)

    # ------------------------------------------------------------------------------------------ meeting

    def meet(self, value: object, path: str) -> None:
        """Count how often everything that may be shared is met; a cycle is refused."""
        if isinstance(value, Way | Case):
            self.meet(value.value, path)
            for name, each in getattr(value, "inside", {}).items():
                self.meet(each, name)
        if not isinstance(value, Symbolic | Placeholder | list | tuple | dict):
            return
        if id(value) in self._within:
            raise SearchError(
                f"`{path.lstrip('.')}` contains itself: it is `{self._within[id(value)].lstrip('.') or 'the whole'}`"
            )
        self._met[id(value)] += 1
        if self._met[id(value)] > 1:
            return
        self._within[id(value)] = path
        for end, each in parts(value):
            self.meet(each, path + end)
        del self._within[id(value)]

    # ------------------------------------------------------------------------------------------ writing

    def text(self, value: object, path: str) -> str:
        """*value*, which stands at *path*, as an expression."""
        if self._met[id(value)] > 1 and isinstance(value, Symbolic | Placeholder | list | dict) and is_symbolic(value):
            return self._shared(value, path)
        return self._alone(value, path)

    def _shared(self, value: Any, path: str) -> str:
        name = self._names.get(id(value))
        if name is None:
            wanted = getattr(value, "name", None) if isinstance(value, Placeholder) else None
            name = self._names[id(value)] = self._unique(wanted or _last(_spoken(path)))
            self.lets[name] = ""  # its place, before those that it reads
            own = self._alone(value, "", name)
            del self.lets[name]
            self.lets[name] = own
        return reading(name, value)

    def _alone(self, value: Any, path: str, shared: str | None = None) -> str:
        match value:
            case None:
                return "none"
            case bool():
                return "true" if value else "false"
            case int() if type(value) is int:
                return repr(value)
            case float() if type(value) is float and math.isfinite(value):  # to the language, 1.0 is 1
                return record(FLOAT, f"[{quoted(repr(value))}]") if value.is_integer() else repr(value)
            case str() if type(value) is str and value.isprintable():
                return quoted(value)
            case Oneof() | Range() | Manyof():
                text = self._placeholder(value, path)
                if shared is not None:
                    return text
                return reading(f"({text} as {self._unique(value.name or _spoken(path))})", value)
            case Case(inside=inside):
                pairs = [f"[{quoted(name)}, {self.text(each, name)}]" for name, each in inside.items()]
                return record(CHOSEN, f"[{self.text(value.value, path)}, {', '.join(pairs)}]")
            case Way():
                return f"{{way: {value.number}, {VALUE}: {self.text(value.value, path)}}}"
            case Symbolic():
                return self._call(value, path, shared)
            case list():
                items = f"[{', '.join(self._each(value, path))}]"
                return items if shared is None else record(LIST, items, shared)
            case tuple() if type(value) is tuple:
                return record(TUPLE, f"[{', '.join(self._each(value, path))}]")
            case dict() if type(value) is dict and is_symbolic(value):
                return self._dict(value, path, shared)
            case _:
                return record(self._thing(value))

    def _each(self, value: object, path: str) -> Iterable[str]:
        return [self.text(each, path + end) for end, each in parts(value)]

    def _call(self, value: Symbolic, path: str, shared: str | None) -> str:
        refuse_lacking(value.symnas_target, value.symnas_arguments, path)
        target = value.symnas_target
        unnamed = (
            {f".{INSIDE}"} if isinstance(target, Traced) else {end for end, _ in parts(value) if target in UNNAMED}
        )
        texts = [self.text(each, path if end in unnamed else path + end) for end, each in parts(value)]
        fields = [f"{name}: {text}" for name, text in zip(value.symnas_arguments, texts, strict=True)]
        return record(self._thing(value.symnas_target), f"{{{', '.join(fields)}}}", shared)

    def _dict(self, value: dict[Any, Any], path: str, shared: str | None) -> str:
        items = zip(value, self._each(value, path), strict=True)
        pairs = [f"[{self._alone(key, path)}, {text}]" for key, text in items]
        return record(DICT, f"[{', '.join(pairs)}]", shared)

    def _thing(self, thing: object) -> str:
        """The name of what the language has no form for."""
        if id(thing) not in self._things:
            name = self._things[id(thing)] = _free(name_of(thing).strip("<>"), self.things)
            self.things[name] = thing
        return self._things[id(thing)]

    def _unique(self, wanted: str) -> str:
        name = _free(wanted, self._taken)
        self._taken.add(name)
        return name

    # ------------------------------------------------------------------------------------- placeholders

    def _placeholder(self, value: Placeholder, path: str) -> str:
        match value:
            case Oneof():
                return self._oneof(value, path)
            case Range():
                settings = [repr(value.low), repr(value.high)]
                settings += [f"step = {value.step!r}"] if value.step is not None else []
                settings += ["log = true"] if value.log else []
                return f"range({', '.join(settings)})"
            case Manyof(kind="product" | "several" | "multiset"):
                return self._each_anew(value, path)
            case Manyof():
                options = f"[{', '.join(self._each(value.candidates, path))}]"
                match value.kind:
                    case "manyof":
                        return f"manyof({self.text(value.least, path)}, {options})"
                    case "arrangement":
                        chosen = self._unique(f"{value.name or _spoken(path)}_chosen")
                        return f"permutation((manyof({self.text(value.least, path)}, {options}) as {chosen}))"
                    case "subset":
                        return f"subset({options}, {self.text(value.least, path)}, {self.text(value.most, path)})"
                    case _:
                        return f"permutation({options})"
            case _:
                raise SearchError(f"{value!r} is no placeholder that symnas knows")

    def _each_anew(self, value: Manyof, path: str) -> str:
        """A list whose items are decided one by one. A multiset is the places, among as many as there are candidates
        and items less one, at which an item is taken rather than gone on to the next candidate.
        """
        turn = self._unique(value.name or _spoken(path))
        count = str(value.least) if isinstance(value.least, int) else self._shared(value.least, f"{turn}_number")
        if value.kind == "several":
            return f"[*[{self.text(value.candidates[0], path)} for {turn} in 1..{count}]]"
        if value.kind == "product":
            return f"[*[{self._oneof(Oneof(value.candidates), path)} for {turn} in 1..{count}]]"
        options = f"[{', '.join(self._each(value.candidates, path))}]"
        places = self._unique(f"{turn}_places")
        last = f"{len(value.candidates)} + {count} - 2"
        self.lets[places] = f"manyof({count}, [place for place in 0..{last}])"
        return f"[*[{options}[{places}[{turn} - 1] - {turn} + 1] for {turn} in 1..{count}]]"

    def _oneof(self, value: Oneof, path: str) -> str:
        labels = value.labels or labels_of(value.candidates)
        if labels is None and value.prior is None:
            return f"oneof({', '.join(self.text(each, path) for each in value.candidates)})"
        labels = labels or tuple(f"option{place}" for place in range(len(value.candidates)))
        texts = [self.text(each, f"{path}.{label}") for label, each in zip(labels, value.candidates, strict=True)]
        fields = ", ".join(f"{label}: {text}" for label, text in zip(labels, texts, strict=True))
        if value.prior is None:
            return f"oneof {{ {fields} }}"
        prior = ", ".join(f"{label}: {_exact(each)}" for label, each in zip(labels, value.prior, strict=True))
        return f"oneof(*{{{fields}}}, prior = {{{prior}}})"


def labels_of(candidates: Iterable[object]) -> tuple[str, ...] | None:
    """The names of candidates that are calls or things, told apart, that of `None` beside them being `none`; `None` where
    some are plain values, or nothing else is there.
    """
    found: dict[str, None] = {}
    for each in candidates:
        if isinstance(each, Placeholder | int | float | str | list | tuple | dict):
            return None
        word = name_of(each.symnas_target if isinstance(each, Symbolic) else each) if each is not None else "none"
        found[_free(word.strip("<>"), found)] = None
    return tuple(found) if set(found) != {"none"} else None


def plain_labels(candidates: Iterable[object]) -> tuple[str, ...]:
    """Labels for plain values: words as they are, numbers behind a word."""
    found: dict[str, None] = {}
    for each in candidates:
        word = (
            each
            if isinstance(each, str) and _PLAIN.fullmatch(each)
            else f"is_{'_'.join(re.findall(r'[0-9A-Za-z]+', repr(each)))}"
        )
        found[_free(word, {*found, *keywords()})] = None
    return tuple(found)


def reading(text: str, placeholder: Any) -> str:
    """*text*, an expression for what *placeholder* gives, so that a real number is one even if it is whole."""
    return record(FLOAT, f"[{text}]") if isinstance(placeholder, Range) and not placeholder.is_whole else text


def record(name: str, inside: str | None = None, shared: str | None = None) -> str:
    """The record that stands for the Python thing *name*, called with *inside*."""
    fields = [f"{PYTHON}: {quoted(name)}"]
    fields += [f"{SHARED}: {quoted(shared)}"] if shared is not None else []
    fields += [f"{WITH}: {inside}"] if inside is not None else []
    return f"{{{', '.join(fields)}}}"


def quoted(text: str) -> str:
    """*text* as the language writes it."""
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _exact(value: Fraction) -> str:
    return str(value.numerator) if value.denominator == 1 else f"{value.numerator} / {value.denominator}"


def _free(wanted: str, taken: Iterable[str]) -> str:
    """*wanted*, made a word of the language, with a number where it is taken."""
    word = "_".join(_PLAIN.findall(wanted)) or "value"
    known = set(taken)
    names = (f"{word}_{number}" for number in count(2))
    return word if word not in known else next(each for each in names if each not in known)


def _spoken(path: str) -> str:
    """*path* with keys that are no words as one word each: `['layer1.0']` is `.layer1_0`, `['0']` is `.at_0`."""
    return _KEY.sub(lambda found: f".{'at_' if found[1][:1].isdigit() else ''}{_NO_WORD.sub('_', found[1])}", path)


def _last(path: str) -> str:
    """The last name of a path: `stages[0].width` is `width`."""
    names: list[str] = _PLAIN.findall(path)
    return names[-1] if names else "shared"
