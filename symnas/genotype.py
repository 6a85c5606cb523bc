"""Genotypes: the choices that make an architecture, as one flat record keyed by readable paths.

A path comes from the text (`Mobile.channels[1].MBConv.kernel`), so an edit elsewhere in the file leaves old
genotypes valid. What a choice means is its domain's business (`domains.py`).
"""

from collections.abc import Iterator, Mapping
from typing import Any

from symnas.domains import Choice

__all__ = ["Genotype"]


class Genotype(Mapping[str, Choice]):
    """An unchangeable record path → choice. Equal records are equal whatever their order; the hash is kept."""

    __slots__ = ("_choices", "_hash")

    def __init__(self, choices: Mapping[str, Choice]) -> None:
        self._choices = dict(choices)
        self._hash: int | None = None

    @property
    def choices(self) -> dict[str, Choice]:
        """The record itself, for reading fast; nobody writes to it."""
        return self._choices

    def __getitem__(self, path: str) -> Choice:
        return self._choices[path]

    def __iter__(self) -> Iterator[str]:
        return iter(self._choices)

    def __len__(self) -> int:
        return len(self._choices)

    def __hash__(self) -> int:
        if self._hash is None:
            self._hash = hash(frozenset(self._choices.items()))
        return self._hash

    def __eq__(self, other: object) -> bool:
        if isinstance(other, Genotype):
            return self._choices == other._choices
        return NotImplemented

    def __repr__(self) -> str:
        return f"Genotype({self._choices!r})"

    def to_json(self) -> dict[str, Choice]:
        """The record as JSON has it."""
        return dict(self._choices)

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> "Genotype":
        """The record that `to_json` gave.

        Raises:
            ValueError: a choice is not a number.
        """
        for path, choice in data.items():
            if isinstance(choice, bool) or not isinstance(choice, (int, float)):
                raise ValueError(f"the choice at `{path}` is a number, not {choice!r}")  # noqa: TRY004 (wrong content)
        return cls(data)
