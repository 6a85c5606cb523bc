"""The store: studies and their trials in a database, SQLite by default, any that SQLAlchemy knows by URL.

Every change is one transaction, durable when the call returns: a process may be killed at any moment. Any number of
processes may read while one writes. What the rows mean for a search is `study`'s business.
"""

import weakref
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Self

from attrs import asdict, evolve, frozen
from sqlalchemy import Connection, Engine, RowMapping, bindparam, create_engine, delete, event, insert, select, update
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError, NoSuchModuleError, SQLAlchemyError
from sqlalchemy.pool import StaticPool

from symnas.errors import SearchError
from symnas.searchers import Objective, Partial, Snapshot
from symnas.study import tables
from symnas.study.tables import trial_columns, trial_from
from symnas.study.trial import Trial
from symnas.tree import Direction

__all__ = ["SavedStudy", "Storage", "StudyRecord"]

MEMORY = "sqlite://"
"""The store that is gone with the process."""

PATIENCE_MS = 30_000
"""How long a writer waits for another one, in milliseconds."""


@frozen
class StudyRecord:
    """What is fixed about a study when it is made, and two things that change.

    *program* is its space as text, *searcher* the searcher with all settings; *ahead* and *eager* say when results
    are told, *unique* what is evaluated once (`Study` explains). *revision* counts the changes made to the study, *runner* names the process that is
    running it, empty if none is.
    """

    name: str
    fingerprint: str
    program: str
    searcher: str
    objectives: tuple[Objective, ...]
    seed: int
    ahead: int
    eager: bool
    created: float
    unique: str = "genotype"
    id: int = 0
    revision: int = 0
    runner: str = ""


@frozen
class SavedStudy:
    """A study as it is in the store: its record, the searcher's state, the trials in the order of their proposals."""

    record: StudyRecord
    snapshot: Snapshot
    trials: tuple[Trial, ...]


class Storage:
    """A database of studies."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._closed = weakref.finalize(self, engine.dispose)

    @classmethod
    def open(cls, where: str | Path | None = None) -> Self:
        """The store at *where*, a file or a database URL, made if there is none; in memory without a place.

        Raises:
            SearchError: it cannot be opened, or is no store, or of another version.
        """
        url = _url(where)
        if url.database and _is_file(url):
            Path(url.database).parent.mkdir(parents=True, exist_ok=True)
        storage = cls(_engine(url))
        with storage._transaction() as connection:
            tables.metadata.create_all(connection)
            storage._check_version(connection)
        return storage

    @classmethod
    def existing(cls, where: str | Path) -> Self:
        """The same for a store that is there already: reading a report must not make one."""
        url = _url(where)
        if url.database and _is_file(url) and not Path(url.database).exists():
            raise SearchError(f"there is no store at `{url.database}`")
        return cls.open(where)

    @property
    def place(self) -> str:
        """Where the store is, as a user would write it; a password is hidden."""
        url = self._engine.url
        if _is_file(url):
            return str(url.database)
        return url.render_as_string(hide_password=True) if url.database else "memory"

    @property
    def file(self) -> Path | None:
        """The file that the store is, if it is one."""
        url = self._engine.url
        return Path(str(url.database)) if _is_file(url) else None

    def close(self) -> None:
        """Let go of the database. Whatever was written is there."""
        self._closed()

    # ---------------------------------------------------------------------------------------------- reading

    def names(self) -> tuple[str, ...]:
        """Names of all studies, the oldest first."""
        with self._transaction() as connection:
            query = select(tables.studies.c.name).order_by(tables.studies.c.id)
            return tuple(connection.scalars(query))

    def find(self, name: str) -> SavedStudy | None:
        """The study of that name, all of it as it was at one moment, even while another process writes."""
        with self._transaction() as connection:
            row = connection.execute(select(tables.studies).where(tables.studies.c.name == name)).mappings().first()
            if row is None:
                return None
            query = select(tables.trials).where(tables.trials.c.study == row["id"]).order_by(tables.trials.c.number)
            curves = _curves(connection, row["id"])
            rows = connection.execute(query).mappings()
            trials = tuple(trial_from(each, curves.get(each["number"], ())) for each in rows)
        return SavedStudy(_record_from(row), row["snapshot"], trials)

    # ---------------------------------------------------------------------------------------------- writing

    def create(self, record: StudyRecord, snapshot: Snapshot) -> StudyRecord:
        """A new study; the record comes back with its `id`."""
        columns = {name: value for name, value in _record_columns(record).items() if name != "id"}
        with self._transaction() as connection:
            result = connection.execute(insert(tables.studies).values(**columns, snapshot=snapshot))
            assert result.inserted_primary_key is not None
            return evolve(record, id=result.inserted_primary_key[0])

    def write(
        self,
        record: StudyRecord,
        *,
        new: Sequence[Trial] = (),
        changed: Sequence[Trial] = (),
        snapshot: Snapshot | None = None,
        forgotten: Sequence[int] = (),
        steps: Sequence[tuple[int, int, Partial]] = (),
    ) -> StudyRecord:
        """Write *record*'s runner, trials, and the searcher's state, all or nothing. The record comes back as it is then.

        The curves of the trials *forgotten* are removed first; *steps* are partial results to add: the trial's number,
        the place in its curve, and the result.

        Raises:
            SearchError: another process has changed the study since this record was read, and goes on with it.
        """
        with self._transaction() as connection:
            after = self._advance(connection, record, snapshot)
            if new:
                connection.execute(insert(tables.trials), [{"study": record.id, **trial_columns(each)} for each in new])
            if changed:
                connection.execute(_CHANGE_TRIAL, [_changes(record, each) for each in changed])
            if forgotten:
                connection.execute(_FORGET_STEPS, [{"this_id": record.id, "this_number": each} for each in forgotten])
            if steps:
                connection.execute(insert(tables.steps), [_step_columns(record, *each) for each in steps])
        return after

    def _advance(self, connection: Connection, record: StudyRecord, snapshot: Snapshot | None) -> StudyRecord:
        """Count a change. It comes first in its transaction: from here on nobody else writes."""
        after = evolve(record, revision=record.revision + 1)
        columns: dict[str, Any] = {
            "this_id": record.id,
            "before": record.revision,
            "new_revision": after.revision,
            "new_runner": after.runner,
        }
        if snapshot is None:
            result = connection.execute(_CHANGE_STUDY, columns)
        else:
            result = connection.execute(_CHANGE_STUDY_AND_STATE, columns | {"new_snapshot": snapshot})
        if result.rowcount != 1:
            raise SearchError(f"another process has taken over the study `{record.name}` in `{self.place}`")
        return after

    def _check_version(self, connection: Connection) -> None:
        found = connection.scalars(
            select(tables.properties.c.value).where(tables.properties.c.name == "schema")
        ).first()
        if found is None:
            connection.execute(insert(tables.properties).values(name="schema", value=str(tables.SCHEMA)))
        elif found != str(tables.SCHEMA):
            raise SearchError(
                f"the store `{self.place}` is of version {found}, this symnas writes version {tables.SCHEMA}; "
                "use the symnas that made it, or another store"
            )

    @contextmanager
    def _transaction(self) -> Iterator[Connection]:
        try:
            with self._engine.begin() as connection:
                yield connection
        except SQLAlchemyError as error:
            reason = str(getattr(error, "orig", None) or error).splitlines()[0]
            raise SearchError(f"the store `{self.place}` cannot be used: {reason}") from error


# Statements that every trial needs are built once: building costs more than executing.
_CHANGE_STUDY = (
    update(tables.studies)
    .where(tables.studies.c.id == bindparam("this_id"), tables.studies.c.revision == bindparam("before"))
    .values(revision=bindparam("new_revision"), runner=bindparam("new_runner"))
)
_CHANGE_STUDY_AND_STATE = _CHANGE_STUDY.values(snapshot=bindparam("new_snapshot"))
_CHANGE_TRIAL = (
    update(tables.trials)
    .where(tables.trials.c.study == bindparam("this_id"), tables.trials.c.number == bindparam("this_number"))
    .values({each: bindparam(f"new_{each.name}") for each in tables.trials.c if not each.primary_key})
)

_FORGET_STEPS = delete(tables.steps).where(
    tables.steps.c.study == bindparam("this_id"), tables.steps.c.trial == bindparam("this_number")
)


def _curves(connection: Connection, study: int) -> dict[int, list[Partial]]:
    """The partial results of all trials of a study, by the trial's number."""
    query = (
        select(tables.steps).where(tables.steps.c.study == study).order_by(tables.steps.c.trial, tables.steps.c.place)
    )
    curves: dict[int, list[Partial]] = {}
    for row in connection.execute(query).mappings():
        curves.setdefault(row["trial"], []).append(Partial(row["step"], row["values"]))
    return curves


def _step_columns(record: StudyRecord, trial: int, place: int, partial: Partial) -> dict[str, Any]:
    step = {"step": partial.step, "values": list(partial.values)}
    return {"study": record.id, "trial": trial, "place": place, **step}


def _changes(record: StudyRecord, trial: Trial) -> dict[str, Any]:
    columns = {f"new_{name}": value for name, value in trial_columns(trial).items() if name != "number"}
    return columns | {"this_id": record.id, "this_number": trial.number}


def _url(where: str | Path | None) -> URL:
    if where is None:
        return make_url(MEMORY)
    text = str(where)
    try:
        return make_url(text) if "://" in text else URL.create("sqlite", database=text)
    except ArgumentError:
        raise SearchError(f"`{text}` is neither a file nor a database URL (`postgresql://user@host/name`)") from None


def _is_file(url: URL) -> bool:
    return url.get_backend_name() == "sqlite" and url.database not in (None, "", ":memory:")


def _engine(url: URL) -> Engine:
    is_sqlite = url.get_backend_name() == "sqlite"
    settings: dict[str, Any] = {"pool_pre_ping": True}
    if url.get_backend_name() == "postgresql":
        settings["isolation_level"] = "REPEATABLE READ"  # what `find` reads belongs together
    if is_sqlite and not _is_file(url):
        settings = {"poolclass": StaticPool}  # one connection is all there is of a database in memory
    try:
        engine = create_engine(url, **settings)
    except NoSuchModuleError:
        raise SearchError(
            f"no database is called `{url.drivername}`; write a file's name or `postgresql://…`"
        ) from None
    except ModuleNotFoundError as error:
        raise SearchError(f"`{url.drivername}` needs the Python package `{error.name}`: install it") from None
    if is_sqlite:
        event.listen(engine, "connect", _set_up_sqlite)
        event.listen(engine, "begin", _begin_sqlite)
    return engine


def _set_up_sqlite(connection: Any, _record: object) -> None:
    """Readers beside a writer (WAL), and on disk when committed (FULL: also if the power fails)."""
    connection.isolation_level = (
        None  # Python's driver would begin transactions at the first change, not at the first read
    )
    cursor = connection.cursor()
    for pragma in (f"busy_timeout={PATIENCE_MS}", "journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON"):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _begin_sqlite(connection: Connection) -> None:
    connection.exec_driver_sql("BEGIN")


def _record_columns(record: StudyRecord) -> dict[str, Any]:
    columns = asdict(record, recurse=False)
    objectives = [(name, direction.value) for name, direction in record.objectives]
    return columns | {"objectives": objectives, "seed": str(record.seed)}


def _record_from(row: RowMapping) -> StudyRecord:
    columns = {name: value for name, value in row.items() if name != "snapshot"}
    objectives = tuple((name, Direction(direction)) for name, direction in columns["objectives"])
    return StudyRecord(**columns | {"objectives": objectives, "seed": int(columns["seed"])})
