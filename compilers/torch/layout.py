"""Where the submodules of a generated class live: a tree of places whose dotted paths are the `state_dict` keys.

A place may hold a module, a free-standing parameter, nothing (a container), and places below it: `ConvBN` is the
first `ConvBN` of a block and holds its later siblings `ConvBN.1`, `ConvBN.2`. How a place is written in `__init__`
and how `forward` reaches it are decided here, together, because each follows from the other.
"""

from collections.abc import Iterator, Mapping
from functools import cached_property

from attrs import define, field

from symnas.compilers.torch.names import attribute, is_plain_attribute, is_word, quoted

__all__ = ["HOLDING", "NAMED", "Place", "constructed", "place_at", "registrations", "step_into"]

HOLDING = '''def holding(module: nn.Module, children: dict[str, nn.Module | nn.Parameter]) -> nn.Module:
    """*module* with *children* registered below it: `X` holds `X.1`, `X.2`."""
    for name, child in children.items():
        registry = module._parameters if isinstance(child, nn.Parameter) else module._modules
        registry[name] = child
    return module
'''
"""Helper of generated files; only written where it is needed."""

NAMED = '''class Renamed:
    """Renames children in a `state_dict`, whose order stays."""

    def __init__(self, names: dict[str, str]) -> None:
        self.names = names

    def __call__(self, module: nn.Module, state: dict[str, object], prefix: str, *_: object) -> None:
        entries = list(state.items())
        state.clear()
        for key, value in entries:
            if key.startswith(prefix):
                name, dot, rest = key[len(prefix) :].partition(".")
                key = f"{prefix}{self.names.get(name, name)}{dot}{rest}"
            state[key] = value


def named(module: nn.Module, *words: str) -> nn.Module:
    """*module*, whose attribute `half_` is `half` in its `state_dict`: *words* mean something else in `nn.Module`."""
    module.register_state_dict_post_hook(Renamed({f"{word}_": word for word in words}))
    module.register_load_state_dict_pre_hook(Renamed({word: f"{word}_" for word in words}))
    return module
'''
"""Helpers of generated files; only written where they are needed. PyTorch's tools reach submodules by their attributes,
so that a submodule called `half` or `train` would not be found."""

_WIDTH = 118


@define(eq=False)
class Place:
    """One segment of a weight path. *made* stands for what is made here; `None` for a mere container. *after* are
    statements that follow its making, with `{self}` for it; *trains* says whether weights made here train, unless that
    is said further in or out.

    What kind of container it is may be asked once everything below it is there: the answer is kept.
    """

    name: str
    made: object = None
    is_parameter: bool = False
    after: tuple[str, ...] = ()
    trains: bool | None = None
    children: dict[str, "Place"] = field(factory=dict)

    @cached_property
    def is_list(self) -> bool:
        """A container numbered without gaps: an `nn.ModuleList`."""
        return self._is_container and list(self.children) == [str(number) for number in range(len(self.children))]

    @cached_property
    def is_dict(self) -> bool:
        """A container whose entries are read by name: an `nn.ModuleDict`."""
        free = all(name.isdigit() or is_plain_attribute(attribute(name)) for name in self.children)
        return self._is_container and free and not self.is_list

    @cached_property
    def is_frozen(self) -> bool:
        """Whether there are weights in it, and none trains."""
        return self._trained - {None} == {False}

    @cached_property
    def _trained(self) -> frozenset[bool | None]:
        """What is said of the weights in it."""
        return frozenset([self.trains]).union(*[each._trained for each in self.children.values()])  # noqa: SLF001 (its own kind)

    @property
    def is_twofold(self) -> bool:
        """A parameter with places below it: PyTorch keeps the two in different registries under one name."""
        return self.is_parameter and bool(self.children)

    @property
    def _is_container(self) -> bool:
        """Whether only modules live here; a class (the nameless root) is no container."""
        holds_parameters = any(child.is_parameter for child in self.children.values())
        return self.name != "" and self.made is None and not holds_parameters

    def walk(self) -> Iterator["Place"]:
        """This place and all below, in the order of registration."""
        waiting = [self]
        while waiting:
            place = waiting.pop()
            yield place
            waiting += reversed(place.children.values())


def place_at(root: Place, path: str) -> Place:
    """The place at the dotted *path* below *root*, made with its containers if it is not there yet."""
    place = root
    for name in path.split("."):
        place = place.children.setdefault(name, Place(name))
    return place


# --------------------------------------------------------------------------------------------- making


def registrations(root: Place, texts: Mapping[Place, str]) -> list[str]:
    """The lines of `__init__` that make everything below *root*; *texts* has the constructor of every made place."""
    lines = []
    for name, place in zip(map(attribute, root.children), root.children.values(), strict=True):
        if place.is_twofold:
            lines += _held("self", {name: _own(place, texts, 16)}, 8).split("\n")
        if is_plain_attribute(name) and not place.is_twofold:
            lines += f"self.{name} = {constructed(place, texts, len(name) + 16)}".split("\n")
        else:
            lines += _held("self", {name: constructed(place, texts, 16)}, 8).split("\n")
        if any(each.after for each in place.walk()):
            lines += _afterwards(place, _reached(root, place, "self"))
    words = [quoted(name) for name in root.children if is_word(name)]
    return [*lines, f"named(self, {', '.join(words)})"] if words else lines


Reached = tuple[str, str]
"""The expressions for a place: for what is made there, and for the container of the places below it."""


def _reached(parent: Place, place: Place, base: str) -> Reached:
    made, _ = step_into(parent, place, base, parameter=True)
    container, _ = step_into(parent, place, base, parameter=False)
    return made, container


def _afterwards(place: Place, reached: Reached, turn: str = "each") -> list[str]:
    """The statements that follow the making of *place* and of all below it; those that are the same for every item of
    a list are a loop, whose variable is *turn*.
    """
    made, container = reached
    lines = [statement.replace("{self}", made) for statement in place.after]
    inner = [_afterwards(child, _reached(place, child, container), turn) for child in place.children.values()]
    if place.is_list and len(inner) > 1 and inner[0]:
        turns = [_afterwards(child, (turn, turn), f"{turn}_") for child in place.children.values()]
        if all(each == turns[0] for each in turns):
            inner = [[f"for {turn} in {container}:"], [f"    {line}" for line in turns[0]]]
    lines += [line for each in inner for line in each]
    return lines


_FROZEN = ".requires_grad_(False)"


def constructed(place: Place, texts: Mapping[Place, str], column: int = 0, *, still: bool = False) -> str:
    """The expression that makes *place* with all that it holds, broken over lines where it would pass the margin.

    Of a place that is both a parameter and a container, it makes the container. What does not train says so once for
    all it holds; *still* says that this was said further out.
    """
    if not still and place.is_frozen:
        return constructed(place, texts, column + len(_FROZEN), still=True) + _FROZEN
    own = "nn.Module()" if place.made is None or place.is_twofold else _own(place, texts, column, still=still)
    if not place.children:
        return own
    if words := [name for name in place.children if is_word(name)]:
        return f"named({_holder(place, texts, own, column + 6, still=still)}, {', '.join(map(quoted, words))})"
    return _holder(place, texts, own, column, still=still)


def _holder(place: Place, texts: Mapping[Place, str], own: str, column: int, *, still: bool) -> str:
    """*own* with what lives below *place*."""
    children = {attribute(name): child for name, child in place.children.items()}
    entries = {name: constructed(child, texts, column + len(name) + 8, still=still) for name, child in children.items()}
    if place.is_list:
        return _module_list(list(entries.values()), column)
    if place.is_dict:
        return _wrapped("nn.ModuleDict({", _pairs(entries), "})", column)
    twofold = {name: child for name, child in children.items() if child.is_twofold}
    if twofold:
        own = _held(own, {name: _own(child, texts, column, still=still) for name, child in twofold.items()}, column)
    return _held(own, entries, column)


def _own(place: Place, texts: Mapping[Place, str], column: int, *, still: bool = False) -> str:
    """What is made at *place* itself, without the places below it."""
    frozen = _FROZEN if place.trains is False and not still else ""
    return (texts[place] if place.children else _fitted(texts[place], column + len(frozen))) + frozen


def _module_list(items: list[str], column: int) -> str:
    if len(items) > 1 and len(set(items)) == 1:
        return _wrapped("nn.ModuleList(", [f"{items[0]} for _ in range({len(items)})"], ")", column)
    return _wrapped("nn.ModuleList([", items, "])", column)


def _held(owner: str, entries: Mapping[str, str], column: int) -> str:
    return _wrapped(f"holding({owner}, {{", _pairs(entries), "})", column)


def _pairs(entries: Mapping[str, str]) -> list[str]:
    return [f"{quoted(name)}: {text}" for name, text in entries.items()]


def _fitted(call: str, column: int) -> str:
    """*call* with its arguments on a line of their own where it would pass the margin."""
    opening, bracket, arguments = call.partition("(")
    if column + len(call) <= _WIDTH or not bracket or not call.endswith(")"):
        return call
    return f"{opening}(\n    {arguments[:-1]}\n)"


def _wrapped(opening: str, items: list[str], closing: str, column: int) -> str:
    flat = f"{opening}{', '.join(items)}{closing}"
    if "\n" not in flat and column + len(flat) <= _WIDTH:
        return flat
    inner = ",\n".join(items).replace("\n", "\n    ")
    comma = "" if " for _ in range(" in items[-1].rsplit("\n", 1)[-1] and opening == "nn.ModuleList(" else ","
    return f"{opening}\n    {inner}{comma}\n{closing}"


# -------------------------------------------------------------------------------------------- reading


def step_into(parent: Place, child: Place, base: str, *, parameter: bool) -> tuple[str, bool]:
    """The expression for *child*, where *base* is the one for *parent*, and whether it is cheap.

    Reading an attribute that is a submodule costs about half a microsecond in PyTorch (`nn.Module.__getattr__`), an
    entry of an `nn.ModuleDict` a tenth of it; expensive expressions are worth a variable where they are used twice.
    With *parameter*, the parameter is wanted where the place is both a parameter and a container.
    """
    name = attribute(child.name)
    if parent.is_dict:
        return f"{base}[{quoted(name)}]", True
    if parent.is_list:
        return f"{base}[{name}]", False
    if name.isdigit() and not child.is_twofold:
        return f"getattr({base}, {quoted(name)})", False
    if is_plain_attribute(name) and (parameter or not child.is_twofold):
        return f"{base}.{name}", False
    registry = "_parameters" if child.is_parameter and parameter else "_modules"
    return f"{base}.{registry}[{quoted(name)}]", True
