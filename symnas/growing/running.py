"""`grow`: a whole search whose actions are rewrites, in one call, and the parts that the command line puts together."""

from collections.abc import Collection, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from symnas.allowing import check_allowed
from symnas.architecture import Architecture
from symnas.errors import SearchError, suggest
from symnas.growing.climbing import Climbing
from symnas.growing.evolution import Evolution
from symnas.growing.rearing import Rearing
from symnas.growing.reinforce import Reinforce
from symnas.growing.searching import MoveSearcher
from symnas.growing.space import Grown, Growth, open_growth
from symnas.program import Program
from symnas.rewriting import Rule, rule, rules_of
from symnas.searchers import Objective
from symnas.searchers.registry import Chosen
from symnas.searchers.settings import split_spec
from symnas.study import NAME, Evaluate, Progress, Storage, Study
from symnas.study import search as search_space
from symnas.study.measuring import check_objectives, evaluator_of
from symnas.training.evaluate import Evaluator
from symnas.training.recipe import net_reads
from symnas.tree import Direction

__all__ = ["SEARCHER", "SEARCHERS", "begun_with", "grow", "growth_of", "objectives_of", "rearing_of", "searcher_of"]

SEARCHERS: Mapping[str, type[MoveSearcher[Any]]] = {each.name: each for each in (Evolution, Climbing, Reinforce)}
"""The searchers over moves, by their names."""

SEARCHER = "evolution"
"""The one that is taken where none is named."""


def grow(
    start: Architecture | Program,
    *rules: Rule | Program | str,
    evaluate: Evaluate | None = None,
    epochs: int | None = None,
    start_epochs: int | None = None,
    weights: str | Path | None = None,
    searcher: Chosen | None = None,
    objectives: Sequence[Objective] | None = None,
    allow: Sequence[str] = (),
    store: str | Path | None = None,
    name: str = NAME,
    resume: bool = False,
    folder: str | Path | None = None,
    progress: Progress | None = None,
    **settings: Any,
) -> Study[Grown]:
    """Search what *rules* make of the network *start*, by moves, and give back the study: trial 0 is the start, every other
    trial a network some rewrites from an earlier one, whose weights it goes on from.

    *rules* are texts, rules, or programs of rules; those of the start's own program if none are given. Without *evaluate*
    the built-in trainer trains the start for *start_epochs*, from the *weights* in a file if there is one, and every child
    for *epochs*, both as many as the recipe says unless given. An *evaluate* of one's own is called as in every search; with
    `symnas.growing.inherit` and `keep` it hands weights on. *searcher* is `evolution`, `climbing` or `reinforce`, with
    settings after a colon. *folder* is where weights are kept, beside the *store* unless given. The other *settings* are
    those of `symnas.search`: `trials`, `seconds`, `seed`, `workers`, `ahead` and so on.

    Raises:
        SourceError: a rule is wrong. SearchError: something that was asked for is impossible; the message says what and why.
    """
    growth = growth_of(start, rules)
    own = {"epochs": epochs, "start_epochs": start_epochs, "weights": weights}
    if evaluate is None:
        rearing = rearing_of(growth, allow, epochs, start_epochs, None if weights is None else Path(weights))
        objectives = objectives or objectives_of(growth, rearing)
        evaluate = rearing
    elif given := [each for each, value in own.items() if value is not None]:
        raise SearchError(f"`{given[0]}` is for the built-in trainer; an evaluator of one's own decides that itself")
    if settings.get("workers"):
        str(growth.packed)  # rules that no other process could have are refused before anything is begun
    if searcher is None and resume:
        searcher = begun_with(store, name)
    program = growth.origin.space.program
    return search_space(
        growth, evaluator_of(growth.origin.space, evaluate, allow, program.folder), searcher=searcher_of(searcher or SEARCHER),
        objectives=objectives, store=store, name=name, resume=resume, weights=folder, progress=progress,
        open_space=open_growth, **settings,
    )  # fmt: skip


def growth_of(start: Architecture | Program, rules: Collection[Rule | Program | str]) -> Growth:
    """What *rules*, or those of the start's own program, can make of *start*.

    Raises:
        SourceError: a rule is wrong, or *start* leaves decisions open. SearchError: there are no rules.
    """
    architecture = start if isinstance(start, Architecture) else start.architecture()
    found: list[Rule] = []
    for number, each in enumerate(rules, 1):
        if isinstance(each, str):
            each = rule(each, f"rule_{number}")
        found += [each] if isinstance(each, Rule) else rules_of(each)
    growth = Growth(architecture, found if rules else rules_of(architecture.space.program))
    if not growth.start.found:
        raise SearchError(
            f"no rule matches in the start; there are the rules {', '.join(f'`{each}`' for each in growth.rules)}"
        )
    return growth


def rearing_of(
    growth: Growth, allow: Sequence[str], epochs: int | None, first: int | None, weights: Path | None
) -> Rearing:
    """The built-in trainer for what grows, all of which was looked at that can be before the first trial.

    Raises:
        SearchError: recipe, network, data and weights do not go together. SourceError: an objective is not measured.
        CompileError: a Python module that is needed is not allowed.
    """
    for what, value, least in (("epochs", epochs, 1), ("start_epochs", first, 0)):
        if value is not None and value < least:
            raise SearchError(f"`{what}` must be at least {least}; it is {value}")
    space = growth.origin.space
    check_allowed(space.elaboration.module.python_layers(), allow, "this search")
    folder = Path() if space.program.folder is None else space.program.folder.resolve()
    evaluator = Evaluator(folder, net_reads(space.module), allow=tuple(allow))
    rearing = Rearing(evaluator, epochs, first, None if weights is None else weights.resolve())
    rearing.check(growth.start)
    check_objectives(space, evaluator.metrics(growth.start.recipe))
    return rearing


def objectives_of(growth: Growth, rearing: Rearing) -> tuple[Objective, ...]:
    """What the program asks for, else the first that the trainer measures: accuracy, or R²."""
    return growth.objectives or ((rearing.evaluator.metrics(growth.start.recipe)[0], Direction.MAXIMIZE),)


def searcher_of(chosen: Chosen) -> Chosen:
    """What makes the searcher over moves that *chosen* names; what is no name is given back.

    Raises:
        SearchError: none is called so.
    """
    if not isinstance(chosen, str):
        return chosen
    name, found = split_spec(chosen)
    if name not in SEARCHERS:
        raise SearchError(f"no searcher over moves is called `{name}`; {suggest(name, SEARCHERS, 'there are')}")
    written: dict[str, Any] = {**found}
    return partial(SEARCHERS[name], **written)


def begun_with(store: str | Path | None, name: str) -> str | None:
    """The searcher of the study *name* in *store*, with its settings; `None` where there is no such study.

    Raises:
        SearchError: there is no store.
    """
    if store is None:
        return None
    storage = Storage.existing(store)
    try:
        saved = storage.find(name)
        return None if saved is None else saved.record.searcher
    finally:
        storage.close()
