"""The store: what goes in comes out, readers beside a writer, and what is no store."""

import multiprocessing
import sqlite3
from pathlib import Path
from random import Random

import evaluators
import pytest
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st
from toy import ToySpace, decision

from symnas.errors import SearchError
from symnas.genotype import Genotype
from symnas.searchers import RandomSearch, Snapshot
from symnas.study import SavedStudy, Storage, StudyRecord, Trial, TrialState, search
from symnas.tree import Direction

SPACE = ToySpace(tuple(decision(f"d{index}", 4) for index in range(6)))

numbers = st.floats(allow_nan=False)
names = st.text(max_size=8)
trials = st.builds(
    Trial,
    number=st.just(0),
    genotype=st.dictionaries(names, st.integers(0, 9) | st.floats(allow_nan=False), max_size=5).map(Genotype),
    seed=st.integers(0, 2**32 - 1),
    state=st.sampled_from(TrialState),
    values=st.lists(numbers, max_size=3).map(tuple),
    metrics=st.dictionaries(names, numbers, max_size=3),
    violations=st.dictionaries(names, numbers, max_size=3),
    reason=st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"])),
    attempts=st.integers(0, 3),
    proposed=st.none() | st.floats(0, 2e9),
    started=st.none() | st.floats(0, 2e9),
    finished=st.none() | st.floats(0, 2e9),
    worker=st.just("17"),
)


def record(name: str = "s") -> StudyRecord:
    objectives = (("accuracy", Direction.MAXIMIZE), ("latency", Direction.MINIMIZE))
    return StudyRecord(name, "f00", "space\n", "random:repeat=false", objectives, 2**70, 4, False, 1.5)


def trials_of(storage: Storage) -> list[Trial]:
    found = storage.find("s")
    assert found
    return list(found.trials)


def snapshot() -> Snapshot:
    return RandomSearch(SPACE, Random(0)).snapshot()


@given(trials, trials)
def test_trials_come_out_as_they_went_in(first: Trial, second: Trial) -> None:
    """New and changed trials keep every field, floats to the last bit."""
    storage = Storage.open()
    kept = storage.write(storage.create(record(), snapshot()), new=[first])
    assert trials_of(storage) == [first]
    storage.write(kept, changed=[second])
    assert trials_of(storage) == [second]


def test_metrics_may_be_nan() -> None:
    """What is not an objective may be anything that a float can be."""
    storage = Storage.open()
    kept = storage.create(record(), snapshot())
    storage.write(kept, new=[Trial(0, Genotype({}), 1, metrics={"odd": float("nan"), "large": float("inf")})])
    assert str(trials_of(storage)[0].metrics) == "{'odd': nan, 'large': inf}"


def test_studies_come_out_as_they_went_in(tmp_path: Path) -> None:
    """A record and its searcher's state survive the process; seeds may be of any size."""
    storage = Storage.open(tmp_path / "deep" / "er" / "s.db")
    kept = storage.create(record(), snapshot())
    storage.close()
    again = Storage.existing(tmp_path / "deep" / "er" / "s.db")
    assert kept == evolve(record(), id=kept.id)
    assert again.find("s") == SavedStudy(kept, snapshot(), ())
    assert again.find("other") is None
    assert again.names() == ("s",)


def test_a_change_is_all_or_nothing() -> None:
    """If one trial cannot be written, none is, and the study is as before."""
    storage = Storage.open()
    kept = storage.write(storage.create(record(), snapshot()), new=[Trial(0, Genotype({}), 1)])
    with pytest.raises(SearchError, match="UNIQUE"):
        storage.write(kept, new=[Trial(1, Genotype({}), 1), Trial(0, Genotype({}), 1)])
    found = storage.find("s")
    assert found
    assert found.record == kept
    assert trials_of(storage) == [Trial(0, Genotype({}), 1)]


def test_an_old_record_cannot_write() -> None:
    """A change is accepted only from whoever knows the last one."""
    storage = Storage.open()
    kept = storage.create(record(), snapshot())
    storage.write(kept, new=[Trial(0, Genotype({}), 1)])
    with pytest.raises(SearchError, match="another process has taken over the study `s`"):
        storage.write(kept, new=[Trial(1, Genotype({}), 1)])


def read_on(store: Path, reads: int) -> None:
    """Read a store again and again; what is read is always consistent."""
    for _ in range(reads):
        storage = Storage.existing(store)
        found = storage.find("search")
        assert found
        assert [each.number for each in found.trials] == list(range(found.snapshot["proposed"]))
        waiting = {each.number for each in found.trials if not each.is_finished}
        assert waiting <= set(found.snapshot["open"])
        storage.close()


def test_two_processes_read_while_one_writes(tmp_path: Path) -> None:
    """Readers neither wait long nor fail, and neither does the writer."""
    store = tmp_path / "s.db"
    search(SPACE, evaluators.value, trials=1, store=store)
    context = multiprocessing.get_context("fork")
    readers = [context.Process(target=read_on, args=(store, 60)) for _ in range(2)]
    for each in readers:
        each.start()
    study = search(SPACE, evaluators.slow, trials=80, store=store, resume=True)
    for each in readers:
        each.join()
    assert [each.exitcode for each in readers] == [0, 0]
    assert study.finished == 80


def test_what_is_no_store(tmp_path: Path) -> None:
    """Files of another kind, of another version, folders, and nonsense are errors that name the place."""
    text = tmp_path / "notes.txt"
    text.write_text("not a database, but long enough to be taken for something\n" * 50)
    with pytest.raises(SearchError, match=r"the store `.*notes.txt` cannot be used: file is not a database"):
        Storage.open(text)
    with pytest.raises(SearchError, match="cannot be used: unable to open database file"):
        Storage.open(tmp_path)
    with pytest.raises(SearchError, match="no database is called `klingon`"):
        Storage.open("klingon://x/y")
    with pytest.raises(SearchError, match="is neither a file nor a database URL"):
        Storage.open("://")
    other = tmp_path / "old.db"
    Storage.open(other).close()
    with sqlite3.connect(other) as connection:
        connection.execute("UPDATE symnas SET value = '0'")
    connection.close()
    with pytest.raises(SearchError, match="is of version 0, this symnas writes version 3"):
        Storage.open(other)


def test_a_missing_driver_is_named() -> None:
    """A database whose driver is not installed says which package it needs."""
    with pytest.raises(SearchError, match="`mssql\\+pymssql` needs the Python package `pymssql`"):
        Storage.open("mssql+pymssql://host/name")


def test_places_hide_passwords(tmp_path: Path) -> None:
    """What is shown to a user never holds a password."""
    assert Storage.open(tmp_path / "s.db").place == str(tmp_path / "s.db")
    assert Storage.open().place == "memory"
    assert Storage.open(f"sqlite:///{tmp_path}/t.db").place == f"{tmp_path}/t.db"
