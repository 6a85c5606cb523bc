"""The `pick` of a file: its choices read, and choices as a `pick` writes them."""

from symnas import tree
from symnas.elaborate.moves import Moves
from symnas.elaborate.oracles import Picks
from symnas.errors import SourceError

__all__ = ["choice_node", "picks_of"]


def picks_of(module: tree.Module) -> Picks | None:
    """The picks of a file, if it has any."""
    from symnas.grammar import dump

    moves = Moves.of(module)
    entries = {
        moves.path(entry.path): (dump(entry.choice).strip(), entry.choice.span)
        for each in module.declarations
        if isinstance(each, tree.Pick)
        for entry in each.entries
    }
    return Picks(entries) if entries else None


def choice_node(shown: str) -> tree.Expression:
    """The choice as an expression; a label that does not read as one, or would be written otherwise, becomes a string."""
    from symnas.grammar import dump, parse_expression

    try:
        found = parse_expression(shown)
    except SourceError:
        return tree.Text(shown)
    return found if dump(found).strip() == shown else tree.Text(shown)
