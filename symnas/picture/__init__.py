"""Pictures: a network with its placeholders as SVG.

`members` picks the architecture that stands for a space, `gathering` says what to show of it (with `chips`, `layers`,
`placing` and `folding`), `layout` where (with `rows` and `measure`), `page` puts a header and a panel around it and
`drawing` writes the text. How programs are elaborated and counted is not known here.
"""

from symnas.architecture import Architecture
from symnas.domains import show_count
from symnas.errors import SearchError
from symnas.picture.gathering import gather
from symnas.picture.layout import lay_out
from symnas.picture.members import known_size, typical
from symnas.picture.page import arrange, written
from symnas.space import Space

__all__ = ["draw"]


def draw(space: Space, architecture: Architecture | None = None, net: str | None = None) -> str:
    """A network of *space* with its placeholders, as the text of an SVG file; the same text every time.

    With an *architecture* its choices are marked; without one, a member in which much exists stands for all.
    *net* names the net where the program has several.

    Raises:
        SearchError: there is no such net, or no feasible member. SourceError: the program has mistakes.
    """
    if not space.nets:
        raise SearchError("this program has no net to draw")
    name = space.net_name(net)
    shown = architecture if architecture is not None else typical(space)
    gathered = gather(shown, name, chosen=architecture is not None)
    facts = _facts(space, shown, name, gathered.decisions, drawn=architecture is None)
    return written(arrange(name, facts, lay_out(gathered.net), gathered.once, architecture is not None))


def _facts(space: Space, shown: Architecture, net: str, decisions: int, *, drawn: bool) -> tuple[str, ...]:
    size = known_size(space)
    counted = [] if size is None else [f"{show_count(size)} architecture{'s' * (size != 1)}"]
    counted.append(f"{decisions:,} decision{'s' * (decisions != 1)}")
    graph = shown.graph(net)
    about = f"{graph.params:,} parameters · {sum(1 for _ in graph.deployed.operations()):,} layers"
    if not drawn:
        return (" · ".join(counted), f"one member, its choices marked: {about}")
    if not decisions:
        return (f"no placeholders: one network · {about}",)
    return (" · ".join(counted), f"shapes and settings of one member: {about}")
