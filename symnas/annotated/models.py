"""PyTorch models as they stand, made searchable: which of their modules may become what, by path, type or condition.

space = symnas.space_of(model, {"*.conv*": lambda conv: symnas.oneof(conv, DepthwiseSeparable(conv.in_channels))})

The model is never touched: what is built is a copy. How it is put together is `modules`' business.
"""

import re
from collections.abc import Mapping, Sequence
from fnmatch import fnmatchcase
from operator import is_
from typing import Any, NoReturn, cast

from attrs import evolve, field, frozen

from symnas.annotated.editing import walk
from symnas.annotated.modules import apart, given_of, is_module, kept, remade
from symnas.annotated.placeholders import Manyof, Oneof, Placeholder
from symnas.annotated.values import Symbolic, name_of
from symnas.errors import SearchError, listing, suggest

__all__ = ["Key", "replacing"]

Key = Any
"""Which modules are meant: a path pattern, a type, a module of the model, or a function that says yes to them."""


@frozen
class _Place:
    """A *module* of the model, the *paths* at which it stands, and the *value* that is put there, for the reason *key*."""

    module: Any
    paths: tuple[str, ...]
    key: Key
    value: Any

    def within(self, other: "_Place") -> str | None:
        """A path from *other*'s module to this one, if it stands nowhere else."""
        found = [
            next((path.removeprefix(f"{outer}.") for outer in other.paths if path.startswith(f"{outer}.")), None)
            for path in self.paths
        ]
        return found[0] if None not in found else None


def replacing(model: Any, changes: Mapping[Key, Any]) -> Symbolic:
    """A symbolic value that becomes *model*, a copy of it, with some of its modules replaced: those that a key of
    *changes* means, by what it says. What is not replaced keeps weights, buffers, modes and hooks.

    A key is a path pattern as `query` takes it (`*` is anything, dots included), a type, a module of the model, or a
    function that says yes to modules; an exact path or a module comes before what else would mean it. A value is a
    module (its weights are copied for every build), a placeholder of such, `None` to remove the module, a function that
    is given the module and gives one of these, or a class or function without arguments that makes a new module for every
    build. A module that stands at several paths is decided once and stays one. Modules inside a replaced one are decided
    where that stays, as a candidate or a part of one.

    Raises:
        SearchError: a key means nothing, two mean the same module, or what is inside a module is to be replaced which
            never stays.
    """
    if not is_module(model):
        raise SearchError(f"modules are replaced in a `torch.nn.Module`; this is {name_of(model)}")
    if not isinstance(changes, Mapping):
        raise SearchError(f"`changes` is a dictionary, `{{path: value}}`; this is {name_of(changes)}")
    places = [place for place in _places(model, changes) if place.value is not place.module]
    places.sort(key=lambda place: place.paths[0].count("."))
    return Symbolic(remade, {"model": model, "places": _nested(places)})


# ------------------------------------------------------------------------------------------ which are meant


def _places(model: Any, changes: Mapping[Key, Any]) -> list[_Place]:
    """What is to be put where, in the order of the model."""
    modules: dict[int, tuple[Any, list[str]]] = {}
    for path, module in model.named_modules(remove_duplicate=False):
        if path:  # the model itself is no part of it
            modules.setdefault(id(module), (module, []))[1].append(path)
    meant: dict[int, Key] = {}
    for key in changes:
        found = [number for number, (module, paths) in modules.items() if _means(key, module, paths)]
        if not found:
            _refuse_nothing(key, [path for _, paths in modules.values() for path in paths])
        for number in found:
            other = meant.get(number)
            if other is None or _is_exact(key) > _is_exact(other):
                meant[number] = key
            elif _is_exact(key) == _is_exact(other):
                raise SearchError(
                    f"`{modules[number][1][0]}` is meant by {_spoken(other)} and by {_spoken(key)}; name it by its path "
                    "alone, or let one of them leave it out"
                )
    return [
        _Place(module, tuple(paths), meant[number], _value(changes[meant[number]], module, paths[0]))
        for number, (module, paths) in modules.items()
        if number in meant
    ]


def _means(key: Key, module: Any, paths: list[str]) -> bool:
    if isinstance(key, str):
        pattern = _pattern(key)
        return any(fnmatchcase(path, pattern) for path in paths)
    if isinstance(key, type):
        return isinstance(module, key)
    if is_module(key):
        return key is module
    if callable(key):
        return bool(key(module))
    raise SearchError(f"modules are meant by path, type, or a function that says yes to them; {key!r} is none of these")


def _pattern(key: str) -> str:
    """A pattern for paths as modules have them: `blocks[0].conv` is `blocks.0.conv`."""
    return re.sub(r"\[(\w+|\*)\]", r".\1", key).removeprefix(".").replace("[", "[[]")


def _is_exact(key: Key) -> bool:
    return is_module(key) or (isinstance(key, str) and not any(sign in key for sign in "*?"))


def _spoken(key: Key) -> str:
    return (
        f"`{key}`"
        if isinstance(key, str)
        else f"the type `{key.__name__}`"
        if isinstance(key, type)
        else f"`{name_of(key)}`"
    )


def _refuse_nothing(key: Key, paths: Sequence[str]) -> NoReturn:
    if not isinstance(key, str):
        raise SearchError(f"no module of the model is meant by {_spoken(key)}; the model itself is no part of it")
    words = list(dict.fromkeys(word for path in paths for word in path.split(".")))
    wrong = [word for word in re.findall(r"[^.\[\]]+", key) if "*" not in word and word not in words]
    last = _pattern(key).rpartition(".")[2]
    ends = [path for path in paths if path.rpartition(".")[2] == last]
    hint = f"`{wrong[0]}`: {suggest(wrong[0], words)}" if wrong else f"there is {listing(ends or paths)}"
    raise SearchError(f"no module has a path like `{key}`; {hint}")


def _value(value: Any, module: Any, path: str) -> Any:
    """What is put in place of *module*, which stands at *path*: a function of it is asked."""
    if isinstance(value, Symbolic | Placeholder) or is_module(value) or not callable(value):
        return value
    given = given_of(value)
    if given is None:
        raise SearchError(
            f"`{path}`: `{name_of(value)}` needs more than the module that stands there; call it, or give a function of the "
            f"module, `lambda module: {name_of(value)}(…)`"
        )
    return value if given == 0 or isinstance(value, type) else value(module)


# --------------------------------------------------------------------------------- modules inside of modules


def _nested(places: Sequence[_Place]) -> dict[str, Symbolic]:
    """*places*, outer ones first, by path: what lies in one of them is decided where its module stays."""
    inside: dict[int, list[tuple[str, _Place]]] = {}
    outermost: list[_Place] = []
    for number, place in enumerate(places):
        outer = next((each for each in reversed(places[:number]) if place.within(each) is not None), None)
        if outer is None:
            outermost.append(place)
            continue
        if not any(_path_in(each, outer.module) is not None for _, each in walk(outer.value)):
            raise SearchError(
                f"`{place.paths[0]}` lies in `{outer.paths[0]}`, which is always replaced; let `{outer.paths[0]}` stay as "
                "one of its candidates, `lambda module: symnas.oneof(module, …)`, or leave one of them out"
            )
        inside.setdefault(id(outer.module), []).append((str(place.within(outer)), place))
    staying = _Staying([(each.module, inside[id(each.module)]) for each in places if id(each.module) in inside])
    return {place.paths[0]: Symbolic(apart, {"value": staying(place.value)}) for place in outermost}


def _path_in(value: object, module: object) -> str | None:
    """Where *module* stands in *value*, if that is a module too."""
    if not is_module(value):
        return None
    found: dict[int, str] = {id(each): path for path, each in cast("Any", value).named_modules()}
    return found.get(id(module))


@frozen
class _Staying:
    """Values as what they become where modules stay that are changed *inside*: those modules, outer ones first, with
    what is put in them, by path.
    """

    inside: Sequence[tuple[Any, Sequence[tuple[str, _Place]]]]
    _made: dict[int, Any] = field(factory=dict)

    def __call__(self, value: Any) -> Any:
        if id(value) not in self._made:
            self._made[id(value)] = self._module(value) if is_module(value) else self._changed(value)
        return self._made[id(value)]

    def _module(self, value: Any) -> Any:
        """The module *value*, what is inside of it decided if it has one of those that are changed."""
        places: dict[str, Symbolic] = {}
        taken: set[int] = set()
        for module, changes in self.inside:
            if id(module) in taken or (start := _path_in(value, module)) is None:
                continue
            taken.update(map(id, module.modules()))
            for path, place in changes:
                places[f"{start}.{path}".lstrip(".")] = Symbolic(apart, {"value": self(place.value)})
        return Symbolic(kept, {"module": value, "places": places}) if places else value

    def _changed(self, value: Any) -> Any:
        match value:
            case Symbolic():
                fields = {name: self(each) for name, each in value.symnas_arguments.items()}
                same = all(each is value.symnas_arguments[name] for name, each in fields.items())
                return value if same else Symbolic(value.symnas_target, fields)
            case list() | tuple():
                items = [self(each) for each in value]
                return value if all(map(is_, items, value)) else type(value)(items)
            case dict():
                fields = {key: self(each) for key, each in value.items()}
                return value if all(each is value[key] for key, each in fields.items()) else fields
            case Oneof() | Manyof():
                candidates = tuple(self(each) for each in value.candidates)
                return value if all(map(is_, candidates, value.candidates)) else evolve(value, candidates=candidates)
            case _:
                return value
