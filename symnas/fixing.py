"""Parts of spaces: some decisions made for good, the others left to a search.

A part is a space like any other: the program with a `pick`. Its members are members of the whole, with all their choices.
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from fnmatch import fnmatchcase
from random import Random
from typing import TYPE_CHECKING

from symnas import tree
from symnas.domains import Continuous, Domain
from symnas.elaborate.oracles import plain
from symnas.elaborate.outlining import Slot
from symnas.errors import SearchError, SourceError, listing, nearest
from symnas.picking import choice_node

if TYPE_CHECKING:
    from symnas.architecture import Architecture
    from symnas.space import Space

__all__ = ["Where", "check_picks", "fixed", "matching", "near", "part"]

Where = str | Sequence[str] | Callable[[str], bool]
"""Which decisions: paths like one of some patterns (`*.kernel`; `*` is anything, dots included), or what is said yes to."""


def matching(where: Where) -> Callable[[str], bool]:
    """*where* as a condition on paths."""
    if callable(where):
        return where
    patterns = [each.replace("[", "[[]") for each in ((where,) if isinstance(where, str) else where)]
    return lambda path: any(fnmatchcase(path, each) for each in patterns)


def part(
    space: "Space", where: Where, others: "Architecture | Mapping[str, str] | None" = None,
    name_of: Callable[[str], str] = str,
) -> "Space":  # fmt: skip
    """The part of *space* that has the decisions like *where*, which are called as *name_of* says; the others are as in
    *others*, else their first choices; a continuous one without a choice is in the middle.

    Raises:
        SearchError: no decision is like *where*, or one of the others cannot be kept so.
    """
    takes = matching(where)
    names = [name_of(slot.path) for slot in space.decisions]
    if not any(map(takes, names)):
        shown = where if isinstance(where, str) else None
        close = nearest(shown or "", names)
        remedy = f"did you mean `{close}`?" if close else f"there are {listing(names)}"
        raise SearchError(f"{f'no decision is like `{shown}`' if shown else '`where` takes no decision'}; {remedy}")
    choices = others if isinstance(others, Mapping) else {} if others is None else others.picks
    held = {
        slot.path: _kept(slot, choices.get(slot.path), name_of)
        for slot in space.decisions
        if not takes(name_of(slot.path))
    }
    return _without_absent(space, held, fixed(space, held, name_of), name_of)


def _kept(slot: Slot, choice: str | None, name_of: Callable[[str], str]) -> str:
    """How a decision that is not searched stands."""
    spelled = _spelled(_first(slot.domains[0]) if choice is None else choice, slot, name_of)
    if any(domain.read(spelled) is None for domain in slot.domains):
        raise SearchError(
            f"`{name_of(slot.path)}` cannot be kept at {spelled}: there are members that have no such choice there; "
            "search it as well, or say with `others` where it is to stand"
        )
    return spelled


def _without_absent(space: "Space", held: Mapping[str, str], made: "Space", name_of: Callable[[str], str]) -> "Space":
    """*made*, the part where *held* is fixed, without those of them that only other choices would bring about."""
    try:
        there = {plain(slot.path) for slot in made.decisions}
    except SearchError:  # they cannot be listed, so none is known to be absent
        return made
    present = {path: choice for path, choice in held.items() if plain(path) in there}
    return made if len(present) == len(held) else fixed(space, present, name_of)


def fixed(space: "Space", choices: Mapping[str, object], name_of: Callable[[str], str] = str) -> "Space":
    """The part of *space* in which *choices* are made: by path, as a `pick` writes them or as plain values.
    *name_of* is how users call a path.

    Raises:
        SearchError: there is no such decision, or it has no such choice.
    """
    wanted = _wanted(space, {path: _written(choice) for path, choice in choices.items()}, name_of)
    held = space.picked.entries if space.picked is not None else {}
    before = {path: choice for path, (choice, _) in held.items() if path not in map(plain, wanted)}
    entries = {**before, **wanted}
    pick = tree.Pick(tuple(tree.PickEntry(path, choice_node(choice)) for path, choice in entries.items()))
    return space.program.changed(tree.Module((*space.content, pick), space.module.version)).space()


def near(
    space: "Space", wish: "Architecture | Mapping[str, object]", name_of: Callable[[str], str] = str
) -> "Architecture":
    """The member of *space* that is as *wish*, an architecture or some choices; what it leaves open is drawn, always alike.

    Raises:
        SearchError: there is no such decision or choice, or they break a `require`.
    """
    if isinstance(wish, Mapping):
        wish = fixed(space, wish, name_of).sample(Random(0))
    found = space.complete(Random(0), wish.genotype)
    if found is None:
        raise SearchError(f"no member is like {wish!r}: it breaks a `require`")
    return found


def check_picks(space: "Space", known: Collection[str]) -> None:
    """Refuse a pick of a decision that no member of *space* has; *known* are those of one.

    Where the decisions cannot be listed, a member that leaves something open is believed: the pick may be of a decision
    that other choices bring about.

    Raises:
        SourceError: there is such a pick.
    """
    if space.picked is None:
        return
    there = set(map(plain, known))
    missing = [path for path in space.picked.entries if path not in there]
    possible = _possible(space, known) if missing else frozenset[str]()
    for path in missing:
        if path not in possible:
            close = nearest(path, known)
            hint = f"did you mean `{close}`?" if close else None
            span = space.picked.entries[path][1]
            raise SourceError.at("E0610", f"there is no decision `{path}` in this architecture", span, hint)


def _possible(space: "Space", known: Collection[str]) -> frozenset[str]:
    """Decisions that members may have, beside those *known*."""
    assert space.picked is not None
    if all(map(space.picked.has, known)):
        return frozenset()
    try:
        return frozenset(plain(slot.path) for slot in space.decisions)
    except SearchError:
        return frozenset(space.picked.entries)


def _wanted(space: "Space", choices: Mapping[str, str], name_of: Callable[[str], str]) -> Mapping[str, str]:
    """*choices* as a `pick` spells them.

    Raises:
        SearchError: a path or a choice is wrong, as far as decisions can be listed; else that shows in the first member.
    """
    try:
        known = {plain(slot.path): slot for slot in space.decisions}
    except SearchError:
        return choices
    for path in choices:
        if plain(path) not in known:
            names = [name_of(each.path) for each in known.values()]
            close = nearest(name_of(path), names)
            remedy = f"did you mean `{close}`?" if close else f"there are {listing(names)}"
            raise SearchError(f"there is no decision `{name_of(path)}`; {remedy}")
    return {path: _spelled(choice, known[plain(path)], name_of) for path, choice in choices.items()}


def _spelled(choice: str, slot: Slot, name_of: Callable[[str], str]) -> str:
    """*choice* as a domain of *slot* reads it: a text may come without its quotes."""
    for spelled in (choice, f'"{choice}"'):
        if any(domain.read(spelled) is not None for domain in slot.domains):
            return spelled
    raise SearchError(f"`{name_of(slot.path)}` has no choice {choice}; {_choices(slot.domains[0])}")


def _first(domain: Domain) -> str:
    return domain.show(domain.at(0.5) if isinstance(domain, Continuous) else 0)


def _written(choice: object) -> str:
    match choice:
        case bool():
            return "true" if choice else "false"
        case None:
            return "none"
        case _:
            return str(choice)


_LISTED = 12


def _choices(domain: Domain) -> str:
    if isinstance(domain, Continuous):
        return f"it is between {domain.low} and {domain.high}"
    shown = [domain.show(choice) for choice in range(min(domain.size, _LISTED))]
    return f"it has {', '.join(shown)}{', …' if domain.size > _LISTED else ''}"
