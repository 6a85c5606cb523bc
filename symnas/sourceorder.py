"""The order of the text, for paths: lets and cells where they are declared, then each net."""

from collections.abc import Callable, Iterable

from symnas import tree
from symnas.elaborate.files import stem

__all__ = ["source_order"]


def source_order(module: tree.Module, imports: Iterable[str]) -> Callable[[str], int]:
    """A sort key that puts the paths of decisions in the order of the text of *module*, which imports those files."""
    order: dict[str, int] = {}
    files = {stem(path).partition(".")[0] for path in imports}
    for number, each in enumerate(module.declarations):
        name = "train" if isinstance(each, tree.Train) else getattr(each, "name", None)
        if isinstance(name, str):
            order.setdefault(name, number)
        if isinstance(each, tree.Import):
            order.update(dict.fromkeys([taken.alias or taken.name for taken in each.names], number))
            order.update(dict.fromkeys(files - order.keys(), number))
    return lambda path: order.get(_declaration(path), len(order))


def _declaration(path: str) -> str:
    """The declaration that a path begins with."""
    head = path.partition(".")[0]
    return head.partition("[")[0]
