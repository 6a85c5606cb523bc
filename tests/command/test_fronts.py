"""The front that ends a search with several objectives."""

import symnas
from symnas.architecture import Architecture
from symnas.command.fronts import front_record, front_table
from symnas.study import Study

SPACE = "net N(x: f32[B, 4]) = x -> Linear(range(1, 6))\nmaximize accuracy\n"
TABLE = """\
front: 3 trials that no other beats in everything (maximize accuracy, minimize params);
* is the knee, beyond which a little more of one costs much of the others

   trial  accuracy  params
─  ─────  ────────  ──────
       K    0.7500      20
*      L    0.5000      10
       M    0.1000       5
"""
ACCURACIES = {5: 0.1, 10: 0.5, 15: 0.4, 20: 0.75, 25: 0.75, 30: 0.25}


def searched(objectives: str) -> Study[Architecture]:
    """A finished search over all six."""
    space = symnas.parse(SPACE + objectives).space()
    return symnas.search(space, lambda each, _: ACCURACIES[each.params], searcher="random", trials=6)


def test_the_front_is_shown_with_its_knee() -> None:
    """The best in the first objective comes first; what another one beats in everything is left out."""
    study = searched("minimize params")
    shown = front_table(study)
    numbers = {trial.values[1]: str(trial.number) for trial in study.trials}
    for letter, params in (("K", 20), ("L", 10), ("M", 5)):
        shown = shown.replace(f" {numbers[params]}  ", f" {letter}  ")
    assert shown.rstrip() == TABLE.rstrip()
    assert [(each["values"], each["knee"]) for each in front_record(study)] == [
        ({"accuracy": 0.75, "params": 20}, False),
        ({"accuracy": 0.5, "params": 10}, True),
        ({"accuracy": 0.1, "params": 5}, False),
    ]


def test_with_another_objective_parameters_are_shown_beside() -> None:
    """They are what one asks for next."""
    assert "macs  params" in front_table(searched("minimize macs"))


def test_one_objective_has_no_front() -> None:
    """The table of the best says it all."""
    study = searched("")
    assert (front_table(study), front_record(study)) == ("", [])
