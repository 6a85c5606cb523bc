"""Searches of programs in the language: the same promises as on toy spaces, from text to workers and back."""

from pathlib import Path
from random import Random

import evaluators
import pytest

import symnas
from symnas.errors import SearchError
from symnas.searchers import AnySearcher, Success, create, registered
from symnas.study import Study, search

PROGRAM = """
let width = oneof(8, 16)

net Tiny(image: f32[N, 3, 8, 8]) {
  x = image -> Conv2d(width, oneof(1, 3)) -> oneof(ReLU, GELU)
  x -> maybe(Conv2d(16, 3)) -> GlobalAvgPool2d -> Flatten -> Linear(4)
}

train { lr: oneof(0.1, 0.01) }

require Tiny.params <= 1K
maximize accuracy
minimize params
"""
SPACE = symnas.parse(PROGRAM).space()
LEGAL = [each for each in SPACE if each.violated is None]


@pytest.mark.parametrize("kind", [each.name for each in registered()])
def test_a_constrained_space_is_searched_to_its_end(kind: str) -> None:
    """Every architecture that the constraint allows is proposed once, and no other."""
    searcher = create(kind, SPACE, Random(0))
    found = []
    while proposal := searcher.ask():
        if proposal.inherits is None:  # not trained further
            found.append(proposal.architecture.genotype)
        searcher.tell(proposal.number, Success((float(proposal.number), 1.0)))
    assert 0 < len(LEGAL) < SPACE.size
    assert len(found) == len(LEGAL)
    assert set(found) == {each.genotype for each in LEGAL}


@pytest.mark.parametrize("kind", [each.name for each in registered()])
def test_a_restored_searcher_continues_identically(kind: str) -> None:
    """Genotypes of programs survive JSON, and so does the search."""
    space = symnas.parse(PROGRAM.replace("oneof(0.1, 0.01)", "range(1e-4, 1e-1, log = true)")).space()

    def go_on(searcher: AnySearcher[symnas.Architecture]) -> list[symnas.Genotype]:
        found = []
        for _ in range(30):
            proposal = searcher.ask()
            if proposal is None:  # on a grid, the space comes to its end
                break
            found.append(proposal.architecture.genotype)
            searcher.tell(proposal.number, Success((float(proposal.architecture.params), 1.0)))
        return found

    searcher = create(kind, space, Random(0))
    assert len(go_on(searcher)) == 30
    restored = create(kind, space, Random(1))
    restored.restore(searcher.state())
    following = go_on(searcher)
    assert following
    assert go_on(restored) == following


def test_a_search_of_a_program(tmp_path: Path) -> None:
    """Workers read the program's text; costs are objectives; after an interruption the search is the same."""
    whole = search(SPACE, evaluators.capacity, searcher="evolution:population=4,tournament=2", seed=3)
    store = tmp_path / "search.db"
    search(SPACE, evaluators.capacity, searcher="evolution:population=4,tournament=2", seed=3, trials=5, store=store)
    again = symnas.parse(PROGRAM).space()
    study = search(again, evaluators.capacity, workers=2, store=store, resume=True)
    assert study.finished == len(LEGAL)
    assert [each.genotype for each in study.trials] == [each.genotype for each in whole.trials]
    assert [each.values for each in study.trials] == [each.values for each in whole.trials]
    best = study.architecture(study.best()[0])
    assert study.best()[0].values == (best.params * best.recipe["lr"], best.params)


def test_an_edited_program_is_another_space(tmp_path: Path) -> None:
    """Resuming after an edit is refused, and the edited line is shown."""
    search(SPACE, evaluators.capacity, trials=1, store=tmp_path / "s.db")
    edited = symnas.parse(PROGRAM.replace("oneof(8, 16)", "oneof(8, 24)")).space()
    with pytest.raises(SearchError, match=r"\n-let width = oneof\(8, 16\)\n\+let width = oneof\(8, 24\)\n"):
        Study.resume(edited, tmp_path / "s.db")
