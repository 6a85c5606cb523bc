"""Studies without a store: kept as a database would keep them."""

from attrs import evolve

import symnas
from symnas.study import SavedStudy, Storage
from symnas.study.inmemory import Memory, Store, opened
from symnas.study.ledger import Ledger
from symnas.study.study import Study

SPACE = symnas.parse("net A(x: f32[N, 8]) = x -> Linear(range(1, 9)) -> oneof(ReLU, Tanh)").space()


def searched(store: Store) -> SavedStudy | None:
    """What *store* has of a search by hand in which trials are reported on, stopped, failed and left open."""
    made = Study.create(SPACE, searcher="median:startup=2,searcher=evolution", seed=3)
    record = evolve(made.record, id=0, revision=0, created=0.0)
    ledger = made._ledger
    own = Ledger(store, store.create(record, ledger.searcher.snapshot()), ledger.searcher)
    study = Study(SPACE, own)
    for trial in study.by_hand(trials=9):
        if trial.number == 4:
            trial.fail("broken")
        elif trial.report(1, float(trial.architecture.params)) and trial.report(2, 1.0 - trial.number):
            trial.tell(float(trial.architecture.params))
        if trial.number == 7:
            break
    return store.find(record.name)


def test_memory_keeps_what_a_database_does() -> None:
    """Record, the searcher's state and all trials with their curves are equal, times and processes apart."""
    one, other = searched(Memory()), searched(Storage.open())
    assert one is not None
    assert other is not None
    assert one.snapshot == other.snapshot
    assert evolve(one.record, runner="") == evolve(other.record, runner="")
    plain = [
        [evolve(each, proposed=None, started=None, finished=None, worker="") for each in kept.trials]
        for kept in (one, other)
    ]
    assert plain[0] == plain[1]
    assert any(each.curve for each in plain[0])


def test_only_what_has_no_place_is_in_memory() -> None:
    """A place is a database; memory has a name, no file, and forgets nothing while it is there."""
    memory = opened(None)
    assert isinstance(memory, Memory)
    assert (memory.place, memory.file, memory.names(), memory.find("search")) == ("memory", None, (), None)
    memory.close()
    assert isinstance(opened("sqlite://"), Storage)
