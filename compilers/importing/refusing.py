"""What cannot be imported, collected operator by operator, so that one run names all of it."""

from attrs import define, field

from symnas.errors import CompileError

__all__ = ["Refusals", "Refused"]

_SHOWN = 30
"""How many operators a message lists."""


class Refused(Exception):
    """An operation of a model that has no counterpart; the message says why."""


@define
class Refusals:
    """What was refused of the model called *model*: by operator and reason, the places in the model."""

    model: str
    _found: dict[tuple[str, str], list[str]] = field(factory=dict)

    def add(self, operator: str, reason: str, place: str = "") -> None:
        """*operator* at *place* has no counterpart, for *reason*."""
        self._found.setdefault((operator, reason), []).append(place)

    def check(self) -> None:
        """Say everything that was refused.

        Raises:
            CompileError: something was.
        """
        if not self._found:
            return
        lines = [f"{self.model} cannot be imported:"]
        for (operator, reason), places in list(self._found.items())[:_SHOWN]:
            where = f" at `{places[0]}`" if places[0] else ""
            times = f"{where} and {len(places) - 1} more" if len(places) > 1 else where
            lines.append(f"  `{operator}`{times}: {reason}")
        if len(self._found) > _SHOWN:
            lines.append(f"  and {len(self._found) - _SHOWN} more")
        raise CompileError("\n".join(lines))
