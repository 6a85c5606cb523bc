"""Searchers by name, their settings as text, and the messages for what is wrong."""

from random import Random
from typing import Any

import pytest
from attrs import field, frozen
from toy import ToySpace, decision

from symnas.errors import SearchError
from symnas.searchers import (
    RandomSearch,
    RegularisedEvolution,
    Settings,
    create,
    meaning,
    register,
    registered,
    settings_help,
)
from symnas.searchers.surrogate_settings import Acquisition, ModelKind
from symnas.space import Measure

SPACE = ToySpace((decision("a", 3),))
ALL = ", ".join(f"`{each.name}`" for each in registered())


def make(spec: str) -> Any:
    return create(spec, SPACE, Random(0))


def test_settings_are_read_by_type() -> None:
    """Numbers, flags and words arrive as what they are."""
    searcher = make("evolution: population=50, tournament=7, repeat=true")
    assert (searcher.settings.population, searcher.settings.tournament, searcher.settings.repeat) == (50, 7, True)
    assert make("random:measure=decisions").settings.measure is Measure.DECISIONS
    assert make("random").settings.measure is Measure.ARCHITECTURES


def test_settings_in_python() -> None:
    """The classes take the same settings as keywords."""
    assert RegularisedEvolution(SPACE, Random(0), population=7).settings.population == 7
    assert RandomSearch(SPACE, Random(0), measure=Measure.DECISIONS).settings.measure is Measure.DECISIONS


@pytest.mark.parametrize(
    ("given", "text"),
    (("0.5", "0.5"), ("2/0.5", "2.0/0.5"), (1, "1.0"), (0.5, "0.5"), ((2, 0.5), "2.0/0.5"), ([0.0], "0.0")),
)
def test_numbers_in_turn(given: object, text: str) -> None:
    """A setting that is taken in turn is a number or several, as text or in Python; its text says the same again."""
    searcher = create("surrogate", SPACE, Random(0), optimism=given)
    assert f"optimism={text}," in searcher.spec
    assert make(searcher.spec).settings == searcher.settings
    turns = make("surrogate:optimism=3/1/2").settings.optimism
    assert [turns.at(number) for number in range(5)] == [3.0, 1.0, 2.0, 3.0, 1.0]


@pytest.mark.parametrize("given", ("x", "1/", "1/-1", "nan", "inf", -1, True, (), (1, "x"), None))
def test_wrong_numbers_in_turn(given: object) -> None:
    """What is no number of 0 or more, nor several, is refused."""
    with pytest.raises(SearchError, match="`optimism` is a number of 0 or more, or several with `/` between them; got"):
        create("surrogate", SPACE, Random(0), optimism=given)


@pytest.mark.parametrize(
    ("given", "text"),
    (
        ("ei", "ei"),
        ("thompson/ei", "thompson/ei"),
        (Acquisition.UPPER_CONFIDENCE_BOUND, "ucb"),
        ((Acquisition.THOMPSON, "ei"), "thompson/ei"),
    ),
)
def test_acquisitions_in_turn(given: object, text: str) -> None:
    """An acquisition, or several that are taken in turn, as text or in Python; the text says the same again."""
    searcher = create("surrogate", SPACE, Random(0), acquisition=given)
    assert f"acquisition={text}," in searcher.spec
    assert make(searcher.spec).settings == searcher.settings


@pytest.mark.parametrize("given", ("eu", "ei/", "thompson,ei", "", (), (1,), 1, True, None))
def test_wrong_acquisitions(given: object) -> None:
    """What is no acquisition, nor several, is refused with those that there are."""
    expected = "`acquisition` is one of `thompson`, `ei`, `ucb`, or several with `/` between them; got"
    with pytest.raises(SearchError, match=expected):
        create("surrogate", SPACE, Random(0), acquisition=given)


@pytest.mark.parametrize(
    ("given", "text"),
    (
        ("ard", "ard"),
        ("pairs/ard", "pairs/ard"),
        (ModelKind.FOREST, "forest"),
        ((ModelKind.PAIRS, "ridge"), "pairs/ridge"),
    ),
)
def test_models_in_turn(given: object, text: str) -> None:
    """A model, or several that are taken in turn, as text or in Python; the text says the same again."""
    searcher = create("surrogate", SPACE, Random(0), model=given)
    assert f"model={text}," in searcher.spec
    assert make(searcher.spec).settings == searcher.settings


@pytest.mark.parametrize("given", ("pears", "pairs/", "pairs,ard", "", (), (1,), 1, True, None))
def test_wrong_models(given: object) -> None:
    """What is no model, nor several, is refused with those that there are."""
    expected = "`model` is one of `pairs`, `ard`, `ridge`, `forest`, `boosting`, `networks`, `gp`, or several with `/`"
    with pytest.raises(SearchError, match=expected):
        create("surrogate", SPACE, Random(0), model=given)


def test_spec_spells_everything_out() -> None:
    """The text of a searcher names all settings, sorted."""
    assert (
        make("evolution:tournament=3").spec
        == "evolution:apart=1,elite=0,population=30,repeat=false,spread=0.1,start=0,tournament=3"
    )


@pytest.mark.parametrize(
    ("spec", "message"),
    (
        ("evolutoin", "no searcher is called `evolutoin`; `evolution`?"),
        ("xyzzy", f"no searcher is called `xyzzy`; there are {ALL}"),
        ("", f"no searcher is called ``; there are {ALL}"),
        ("evolution:populaton=5", "searcher `evolution` has no setting `populaton`; `population`?"),
        ("random:zz=5", "searcher `random` has no setting `zz`; it has `repeat`, `measure`"),
        ("evolution:population=many", "searcher `evolution`: `population` is a whole number; got 'many'"),
        ("evolution:population=1.5", "searcher `evolution`: `population` is a whole number; got '1.5'"),
        ("evolution:population=0", "searcher `evolution`: 'population' must be >= 1: 0"),
        (
            "random:measure=size",
            "searcher `random`: `measure` is one of `architectures`, `decisions`, `prior`; got 'size'",
        ),
        ("random:repeat=maybe", "searcher `random`: `repeat` is `true` or `false`; got 'maybe'"),
        ("random:repeat", "`repeat` in `random:repeat` is no setting; write `repeat=…`"),
        ("random:repeat=", "`repeat=` in `random:repeat=` is no setting; write `repeat=…`"),
        ("random:repeat=true,repeat=false", "`repeat` is given twice in `random:repeat=true,repeat=false`"),
    ),
)
def test_wrong_specs(spec: str, message: str) -> None:
    """Each mistake has its message and a remedy."""
    with pytest.raises(SearchError) as caught:
        make(spec)
    assert str(caught.value) == message


def test_a_flag_is_no_number() -> None:
    """`population=True` in Python is a mistake, though Python would count it as 1."""
    with pytest.raises(SearchError, match="is a whole number; got True"):
        RegularisedEvolution(SPACE, Random(0), population=True)


def test_help_lists_types_and_defaults() -> None:
    """What `--help` shows: the searcher's own settings, then the common ones."""
    listed = [(each.name, each.type, each.default) for each in settings_help(RandomSearch.settings_type)]
    assert listed == [("measure", "architectures | decisions | prior", "architectures"), ("repeat", "bool", "false")]


def test_a_searcher_of_ones_own(monkeypatch: pytest.MonkeyPatch) -> None:
    """A registered class is found by name; a name that is taken is refused."""
    monkeypatch.setattr("symnas.searchers.registry._REGISTERED", {each.name: each for each in registered()})

    @frozen(kw_only=True)
    class WarmSettings(Settings):
        heat: float = field(default=1.0, metadata=meaning("how warm"))

    class Warm(RandomSearch[Any]):
        name = "warm"
        settings_type = WarmSettings  # type: ignore[assignment]  # a random search with settings of its own

    register(Warm)
    register(Warm)
    assert make("warm:heat=2").spec == "warm:heat=2.0,repeat=false"

    class Impostor(Warm):
        pass

    with pytest.raises(SearchError, match="there is a searcher `warm` already"):
        register(Impostor)
