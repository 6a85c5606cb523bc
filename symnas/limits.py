"""Limits: how much a program may ask for before it is refused, so that no file takes time or memory without end.

Each is counted where it is spent, by the modules that read and elaborate; running out is an error at the line that
asks for too much, which names the limit. What reading itself bounds for good (brackets, names, digits) is theirs too.
"""

from attrs import Attribute, field, fields_dict, frozen

__all__ = ["LIMITS", "Limits"]

DEEPEST = 1_000
"""Blocks within blocks that Python's own stack has room for."""


HIGHEST = 10**12
"""What any limit is at most."""


def _from_one(_: "Limits", attribute: "Attribute[int]", value: object) -> None:
    if isinstance(value, bool) or not isinstance(value, int) or not 1 <= value <= HIGHEST:
        raise ValueError(f"the limit `{attribute.name}` is a whole number from 1 to {HIGHEST:,}, not {value!r}")


def _within_stack(_: "Limits", attribute: "Attribute[int]", value: int) -> None:
    if value > DEEPEST:
        raise ValueError(f"the limit `{attribute.name}` is at most {DEEPEST:,}: there Python's own stack ends")


def _at_most(default: int, means: str) -> int:
    made: int = field(default=default, validator=_from_one, metadata={"means": means}, kw_only=True)
    return made


@frozen
class Limits:
    """What a program may ask for at most.

    Raises:
        ValueError: one of them is no whole number from 1, or *depth* is beyond what Python's stack allows.
    """

    layers: int = _at_most(100_000, "operations of one network")
    items: int = _at_most(100_000, "items of a list, turns of a `repeat`")
    depth: int = field(
        default=200, validator=[_from_one, _within_stack], metadata={"means": "blocks, or calls of a `fn`, within one another"},
        kw_only=True,
    )  # fmt: skip
    exponent: int = _at_most(64, "size of an exponent")
    bytes: int = _at_most(4 * 2**20, "bytes of a file's text; of all files that it imports")
    steps: int = _at_most(300_000, "calls of `fn`s and turns of comprehensions for one architecture")
    work: int = _at_most(150_000, "units of work on an exact count; about 70,000 take a second")

    def hint(self, name: str) -> str:
        """The remedy where the limit *name* is what ends a program that is meant as it is."""
        return f"if this is meant, raise the limit: `--limit {name}={10 * getattr(self, name)}`"

    @staticmethod
    def meanings() -> dict[str, str]:
        """What each limit bounds, by its name."""
        return {name: each.metadata["means"] for name, each in fields_dict(Limits).items()}


LIMITS = Limits()
"""The limits of the language, where nobody sets others."""
