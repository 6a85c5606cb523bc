"""Searchers that compare what they were told as members of a population. Each of them says for itself what follows."""

from symnas.errors import SearchError
from symnas.searchers.base import DRAWS, S_co, Searcher
from symnas.searchers.parts.members import Member, member_of
from symnas.searchers.results import Final, Success
from symnas.searchers.settings import Settings
from symnas.searchers.space import A

__all__ = ["Comparing"]


class Comparing(Searcher[A, S_co]):
    """Knows its proposals as members."""

    settings_type: type[S_co] = Settings  # type: ignore[assignment]  # a subclass with settings of its own says so

    def member(self, number: int, architecture: A, result: Final) -> Member[A] | None:
        """The member that proposal *number* becomes by *result*; none if it failed."""
        return member_of(number, architecture, result, self.scores(result) if isinstance(result, Success) else ())

    def mutant(self, of: Member[A], spread: float) -> A | None:
        """*of* with one decision changed, not proposed before; `None` where nothing is legal near it, or none of 64 new."""
        for _ in range(DRAWS):
            try:
                found = self.space.mutate(of.architecture, self.rng, spread or None)
            except SearchError:
                return None
            if self.settings.repeat or found.genotype not in self._seen:
                return found
        return None

    def known(self, number: int | None) -> Member[A] | None:
        """The member that proposal *number* has become; none if it failed, was not told, or there is no number."""
        result = None if number is None else self.result(number)
        if number is None or result is None:
            return None
        return self.member(number, self.proposed(number), result)
