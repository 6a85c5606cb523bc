"""Blueprints that are alike become one class: what differs between them in `__init__` becomes its parameters.

So `ConvBN(3, 64, …)` and `ConvBN(64, 128, …)` are one class with `in_channels` and `out`, as a person would write
it. Blueprints are alike when they come from one block, make the same kinds of submodules at the same places and have
the same `forward`.
"""

from collections.abc import Iterable, Iterator

from attrs import field, frozen

from symnas.compilers.torch.blueprints import Blueprint
from symnas.compilers.torch.constructors import Argument, Constructor, literal
from symnas.compilers.torch.layout import Place
from symnas.compilers.torch.names import Names, class_name, identifier

__all__ = ["Family", "Parameter", "join_families"]

_MOST_PARAMETERS = 8
"""Past this, a class with literals is easier to read than one with parameters."""

Slot = int
Key = tuple[Slot, str | int]
"""An argument of a constructor: which submodule, and the argument's name or position."""


@frozen
class Parameter:
    """A parameter of `__init__`: its name, its Python type where all values have one, one value per member."""

    name: str
    annotation: str | None
    values: tuple[str, ...]


@frozen(eq=False)
class Family:
    """One class of the generated file. *texts* has the constructors of the first member's places, in which
    *parameters* stand for what differs.
    """

    name: str
    members: tuple[Blueprint, ...]
    parameters: tuple[Parameter, ...]
    texts: dict[Place, str] = field(repr=False)

    def constructors(self) -> Iterator[tuple[Blueprint, Constructor]]:
        """How each member is made: `ConvBN(64, 64, kernel=3)`."""
        for place, member in enumerate(self.members):
            written = [
                Argument(each.name, each.values[place], keyword=position >= 2)
                for position, each in enumerate(self.parameters)
            ]
            yield member, Constructor(self.name, tuple(written))


def join_families(blueprints: list[Blueprint], network: str) -> list[Family]:
    """The classes for *blueprints*, each behind those it needs; the last blueprint's class is called *network*."""
    *blocks, root = blueprints
    names = Names(name for each in blueprints for name in each.helpers)
    network = names.take(class_name(network))
    order = {blueprint: place for place, blueprint in enumerate(blueprints)}
    made: dict[Blueprint, Constructor] = {}
    families: list[Family] = []
    for level in _levels(blocks):
        for members in _alike(level, made):
            for family in _families(members, made, names):
                made.update(family.constructors())
                families.append(family)
    families.sort(key=lambda family: order[family.members[0]])
    return [*families, Family(network, (root,), (), _texts(root, _slots(root, made)))]


def _levels(blueprints: Iterable[Blueprint]) -> Iterator[list[Blueprint]]:
    """Blueprints by how many blocks are nested in them, innermost first: members of a family are of one level."""
    levels: dict[int, list[Blueprint]] = {}
    for each in blueprints:
        levels.setdefault(each.height, []).append(each)
    for height in sorted(levels):
        yield levels[height]


def _alike(blueprints: Iterable[Blueprint], made: dict[Blueprint, Constructor]) -> list[list[Blueprint]]:
    groups: dict[object, list[Blueprint]] = {}
    for each in blueprints:
        shapes = tuple(slot.shape for slot in _slots(each, made))
        paths = tuple(
            (place.name, place.is_parameter, len(place.children), place.after, place.trains is False)
            for place in each.places
        )
        groups.setdefault((each.scope.block, each.forward, paths, shapes), []).append(each)
    return list(groups.values())


def _slots(blueprint: Blueprint, made: dict[Blueprint, Constructor]) -> list[Constructor]:
    """The constructor of every submodule, in the order of registration."""
    return [_constructor(place, made) for place in blueprint.made]


def _constructor(place: Place, made: dict[Blueprint, Constructor]) -> Constructor:
    if isinstance(place.made, Blueprint):
        return made[place.made]
    assert isinstance(place.made, Constructor)
    return place.made


def _families(members: list[Blueprint], made: dict[Blueprint, Constructor], names: Names) -> Iterator[Family]:
    """One family of all *members*, or, where that would take too many parameters, one of each that are equal."""
    slots = [_slots(member, made) for member in members]
    parameters, keys = _parameters(members, slots)
    if len(parameters) > _MOST_PARAMETERS:
        equal: dict[tuple[Constructor, ...], list[Blueprint]] = {}
        for member, own in zip(members, slots, strict=True):
            equal.setdefault(tuple(own), []).append(member)
        for shared, group in equal.items():
            name = names.take(class_name(group[0].scope.block))
            yield Family(name, tuple(group), (), _texts(group[0], list(shared)))
        return
    changed = [dict[str | int, str]() for _ in slots[0]]
    for (slot, key), name in keys.items():
        changed[slot][key] = name
    written = [own.with_values(values) for own, values in zip(slots[0], changed, strict=True)]
    yield Family(
        names.take(class_name(members[0].scope.block)), tuple(members), tuple(parameters), _texts(members[0], written)
    )


def _parameters(members: list[Blueprint], slots: list[list[Constructor]]) -> tuple[list[Parameter], dict[Key, str]]:
    """The parameters that tell *members* apart, and the arguments they go to. Arguments that are equal in every member
    are one parameter.
    """
    names, settings = Names(), [dict(member.scope.settings) for member in members]
    found: dict[tuple[str, ...], Parameter] = {}
    keys: dict[Key, str] = {}
    for slot, same in enumerate(zip(*slots, strict=True)):
        for key in dict.fromkeys(key for each in same for key in each.written):
            values = tuple(each.value(key) for each in same)
            if len(set(values)) == 1:
                continue
            if values not in found:
                found[values] = Parameter(names.take(_word(key, values, settings)), _annotation(values), values)
            keys[slot, key] = found[values].name
    return list(found.values()), keys


def _word(key: str | int, values: tuple[str, ...], settings: list[dict[str, str]]) -> str:
    """A parameter is called like that of the *settings* of its blocks that has its *values*, else like the argument it goes
    to.

    Where some members leave the setting out, the rest could agree by chance: then the names must be alike too, as
    `out` and `out_channels` are.
    """
    for name in dict.fromkeys(name for each in settings for name in each):
        written = [(each[name], value) for each, value in zip(settings, values, strict=True) if name in each]
        alike = isinstance(key, str) and key.startswith(name)
        if (alike or len(written) == len(settings)) and all(text == value for text, value in written):
            return identifier(name)
    return identifier(key) if isinstance(key, str) else "size"


def _annotation(values: tuple[str, ...]) -> str | None:
    kinds = set(map(_kind, values))
    kind = kinds.pop()
    return kind if not kinds and kind in {"int", "float", "bool", "str"} else None


def _kind(text: str) -> str | None:
    """The type of the literal *text*, if it is one."""
    try:
        return type(literal(text)).__name__
    except ValueError:
        return None


def _texts(blueprint: Blueprint, slots: list[Constructor]) -> dict[Place, str]:
    return {place: str(slot) for place, slot in zip(blueprint.made, slots, strict=True)}
