"""The spaces of the benchmark tables, as programs: `NAME.nas` in this folder."""

from importlib.resources import files

__all__ = ["space_text"]


def space_text(name: str) -> str:
    """The program of a space."""
    return (files(__name__) / f"{name}.nas").read_text(encoding="utf-8")
