"""Pictures: a network with its placeholders as SVG.

`members` picks the architecture that stands for a space, `prices` says what its alternatives cost, `gathering` what to
show of it (with `chips`, `layers`, `placing` and `folding`), `layout` where (with `rows` and `measure`), `page` puts a header and a panel around it and
`drawing` writes the text. How programs are elaborated and counted is not known here.
"""

from symnas.architecture import Architecture
from symnas.domains import show_count
from symnas.errors import SearchError
from symnas.picture.gathering import gather
from symnas.picture.layout import lay_out
from symnas.picture.members import counted, typical
from symnas.picture.page import arrange, written
from symnas.space import Space

__all__ = ["draw"]


def draw(space: Space, architecture: Architecture | None = None, net: str | None = None) -> str:
    """A network of *space* with its placeholders, as the text of an SVG file; the same text every time.

    With an *architecture* its choices are marked and the others faint; without one, a member in which much exists
    stands for all, and what the program picks is marked. Each decision tells how many alternatives it has and what the
    others would cost, each block in how many ways it can be decided, where the space is counted soon.
    *net* names the net where the program has several.

    Raises:
        SearchError: there is no such net, or no feasible member. SourceError: the program has mistakes.
    """
    if not space.nets:
        raise SearchError("this program has no net to draw")
    name = space.net_name(net)
    shown = architecture if architecture is not None else typical(space)
    known = counted(space)
    gathered = gather(shown, name, chosen=architecture is not None, counted=known)
    facts = _facts(None if known is None else known.size, shown, name, gathered.decisions, drawn=architecture is None)
    return written(arrange(name, facts, lay_out(gathered.net), gathered.once, architecture is not None))


def _facts(size: int | None, shown: Architecture, net: str, decisions: int, *, drawn: bool) -> tuple[str, ...]:
    found = [] if size is None else [f"{show_count(size)} architecture{'s' * (size != 1)}"]
    found.append(f"{decisions:,} decision{'s' * (decisions != 1)}")
    graph = shown.graph(net)
    about = f"{graph.params:,} parameters · {sum(1 for _ in graph.deployed.operations()):,} layers"
    beside = "beside an alternative: parameters (or multiply-adds) that the member would have more or less with it"
    if not drawn:
        return (" · ".join(found), f"one member, its choices marked: {about}", beside)
    if not decisions:
        return (f"no placeholders: one network · {about}",)
    return (" · ".join(found), f"shapes and settings of one member: {about}", beside)
