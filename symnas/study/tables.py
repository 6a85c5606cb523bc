"""The tables of a store, and how values become columns. What is written when is `storage`'s business."""

import json
from collections.abc import Sequence
from typing import Any

from attrs import asdict
from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Dialect,
    Float,
    ForeignKey,
    Integer,
    MetaData,
    RowMapping,
    String,
    Table,
    Text,
    TypeDecorator,
    UniqueConstraint,
)
from sqlalchemy.types import TypeEngine

from symnas.genotype import Genotype
from symnas.searchers import Partial, Stopping
from symnas.study.trial import Trial, TrialState

__all__ = ["SCHEMA", "metadata", "properties", "steps", "studies", "trial_columns", "trial_from", "trials"]

SCHEMA = 3
"""Version of these tables. A store of another version is refused, never guessed at."""


class JsonText(TypeDecorator[Any]):
    """A value as JSON in a text column: the databases' own JSON types know no NaN, which metrics may be."""

    impl: TypeEngine[Any] | type[TypeEngine[Any]] = Text
    cache_ok: bool | None = True

    def process_bind_param(self, value: object, dialect: Dialect) -> str:
        """The text of *value*."""
        return json.dumps(value, separators=(",", ":"))

    def process_result_value(self, value: str | None, dialect: Dialect) -> Any:
        """The value of a text."""
        return None if value is None else json.loads(value)


metadata = MetaData()

properties = Table(
    "symnas",
    metadata,
    Column("name", String(64), primary_key=True),
    Column("value", Text, nullable=False),
)
"""Facts about the store itself; `schema` is its version."""

studies = Table(
    "studies",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("name", String(255), nullable=False),
    Column("fingerprint", String(255), nullable=False),
    Column("program", Text, nullable=False),
    Column("searcher", Text, nullable=False),
    Column("objectives", JsonText, nullable=False),
    Column("seed", Text, nullable=False),  # any whole number, however large
    Column("ahead", Integer, nullable=False),
    Column("eager", Boolean, nullable=False),
    Column("unique", String(16), nullable=False),
    Column("created", Float, nullable=False),
    Column("snapshot", JsonText, nullable=False),
    Column("revision", Integer, nullable=False),
    Column("runner", Text, nullable=False),
    UniqueConstraint("name"),
)
"""One row per study. `revision` counts its changes: whoever finds another than his own has been overtaken."""

trials = Table(
    "trials",
    metadata,
    Column("study", Integer, ForeignKey("studies.id"), primary_key=True),
    Column("number", Integer, primary_key=True),
    Column("genotype", JsonText, nullable=False),
    Column("seed", BigInteger, nullable=False),
    Column("state", String(16), nullable=False),
    Column("values", JsonText, nullable=False),
    Column("metrics", JsonText, nullable=False),
    Column("violations", JsonText, nullable=False),
    Column("reason", Text, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("proposed", Float),
    Column("started", Float),
    Column("finished", Float),
    Column("worker", Text, nullable=False),
    Column("network", String(64), nullable=False),
    Column("repeats", Integer),
    Column("fidelity", Integer),
    Column("inherits", Integer),
    Column("stopping", JsonText, nullable=False),
)
"""One row per trial."""

steps = Table(
    "steps",
    metadata,
    Column("study", Integer, ForeignKey("studies.id"), primary_key=True),
    Column("trial", Integer, primary_key=True),
    Column("place", Integer, primary_key=True),
    Column("step", BigInteger, nullable=False),
    Column("values", JsonText, nullable=False),
)
"""One row per partial result of a trial's last evaluation, in the order in which they were reported."""


def trial_columns(trial: Trial) -> dict[str, Any]:
    """The columns of *trial*, all but its study."""
    columns = asdict(trial, recurse=False) | {
        "state": trial.state.value,
        "genotype": trial.genotype.to_json(),
        "stopping": None if trial.stopping is None else trial.stopping.to_data(),
    }
    del columns["curve"]  # its rows are in `steps`
    return columns


def trial_from(row: RowMapping, curve: Sequence[Partial] = ()) -> Trial:
    """The trial of a row."""
    columns = {name: value for name, value in row.items() if name != "study"}
    columns |= {
        "genotype": Genotype.from_json(columns["genotype"]),
        "state": TrialState(columns["state"]),
        "values": tuple(columns["values"]),
        "stopping": None if columns["stopping"] is None else Stopping.from_data(columns["stopping"]),
        "curve": tuple(curve),
    }
    return Trial(**columns)
