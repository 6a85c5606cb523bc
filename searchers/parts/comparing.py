"""Searchers that compare what they were told as members of a population. Each of them says for itself what follows."""

from symnas.searchers.base import S_co, Searcher
from symnas.searchers.parts.members import Member, member_of
from symnas.searchers.results import Success
from symnas.searchers.settings import Settings
from symnas.searchers.space import A

__all__ = ["Comparing"]


class Comparing(Searcher[A, S_co]):
    """Knows its proposals as members."""

    settings_type: type[S_co] = Settings  # type: ignore[assignment]  # a subclass with settings of its own says so

    def member(self, number: int) -> Member[A] | None:
        """The member that proposal *number* has become; none if it failed. It has been told."""
        result = self.result(number)
        assert result is not None, "it has been told"
        scores = self.scores(result) if isinstance(result, Success) else ()
        return member_of(number, self.proposed(number), result, scores)

    def known(self, number: int | None) -> Member[A] | None:
        """The member with *number* as `recall` finds it; none where there was none."""
        return None if number is None else self.member(number)
