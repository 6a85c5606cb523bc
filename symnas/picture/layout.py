"""Positions: every node gets a box, rows from top to bottom inside it, and lanes beside the rows for long edges.

A box's place is relative to the box around it. Rows follow the longest way from the inputs, so each edge goes down;
one that reaches the next row is drawn between the rows, one that reaches further runs in a lane beside them, and so
none crosses a box.
"""

from attrs import evolve, field, frozen

from symnas.picture.measure import NORMAL, SMALL, PlacedChip, Text, clipped, flow, wide
from symnas.picture.nodes import Kind, Node
from symnas.picture.rows import ordered, rows_of

__all__ = ["Box", "Wire", "lay_out"]

_PAD = 10.0
_BETWEEN = 16.0
"""Between boxes of a row."""
_DROP = 24.0
"""Between rows."""
_LANE = 12.0
"""Between lanes."""
_PORT = 7.0
_CHIPS = 400.0
"""Width that chips take at least before they go on in a further row."""


@frozen
class Wire:
    """An edge as a path of SVG; *skip* marks one that runs in a lane."""

    source: int
    target: int
    path: str
    skip: bool


@frozen
class Box:
    """A node with its place in the box around it, and what is inside, relative to its own corner."""

    node: Node
    width: float
    height: float
    texts: tuple[Text, ...] = ()
    chips: tuple[PlacedChip, ...] = ()
    inside: tuple["Box", ...] = ()
    wires: tuple[Wire, ...] = ()
    x: float = field(default=0.0)
    y: float = field(default=0.0)

    @property
    def middle(self) -> float:
        """Where edges enter and leave."""
        return self.x + self.width / 2

    @property
    def bottom(self) -> float:
        """The lower end."""
        return self.y + self.height


def lay_out(node: Node) -> Box:
    """*node* and everything in it, at the origin."""
    if node.kind is Kind.PORT:
        return _port(node)
    texts, width, height = _heading(node)
    if not node.children:
        chips, chip_width, chip_height = flow(node.chips, _PAD, height, max(width, _CHIPS) - 2 * _PAD)
        width, height = max(width, chip_width + 2 * _PAD), height + chip_height + (6 if chips else 0)
        return Box(node, width, height, texts, chips)
    return _block(node, texts, width, height)


def _port(node: Node) -> Box:
    if not node.title:
        return Box(node, _PORT, _PORT)
    name = clipped(node.title, 20)
    width = wide(name, SMALL) + 14
    return Box(node, width, 17, (Text(7, 12.5, name, SMALL, "muted"),))


def _heading(node: Node) -> tuple[tuple[Text, ...], float, float]:
    """The lines at the top of a box, and the width and height they need."""
    mark = ("cell " if node.cell else "") + (f"× {node.times}" if node.times > 1 else "")
    mark = "  ".join(each for each in (mark.strip(), node.ways) if each)
    title, settings = clipped(node.title or "repeated", 40), clipped(node.settings)
    at = _PAD + wide(title, NORMAL)
    texts = [Text(_PAD, 17, title, NORMAL, "title")]
    if settings:
        texts.append(Text(at + 1, 17, settings, SMALL, "plain"))
        at += 1 + wide(settings, SMALL)
    if mark:
        texts.append(Text(at + 9, 17, mark.strip(), NORMAL, "mark"))
        at += 9 + wide(mark.strip(), NORMAL)
    width, height = at + _PAD, 22.0
    for line, look in [*((each, "plain") for each in node.lines), (node.shape, "muted")]:
        if line:
            shown = clipped(line, 60)
            height += 14.5
            texts.append(Text(_PAD, height - 3.5, shown, SMALL, look))
            width = max(width, _PAD * 2 + wide(shown, SMALL))
    return tuple(texts), width, height + 4


def _block(node: Node, texts: tuple[Text, ...], width: float, top: float) -> Box:
    boxes = [lay_out(child) for child in node.children]
    rows = rows_of(node)
    natural = max(sum(boxes[place].width for place in row) + _BETWEEN * (len(row) - 1) for row in rows)
    sides = _lanes(node, rows)
    left = _PAD + _LANE * max((1 + lane for side, lane in sides.values() if side < 0), default=0)
    right = _PAD + _LANE * max((1 + lane for side, lane in sides.values() if side > 0), default=0)
    chips, chip_width, chip_height = flow(node.chips, _PAD, top, max(natural + left + right, _CHIPS) - 2 * _PAD)
    top += chip_height + (8 if chips else 0)
    width = max(width, chip_width + 2 * _PAD, natural + 2 * max(left, right))
    placed, bands = _placed(node, boxes, rows, width / 2, top + 2)
    edges = (width / 2 - natural / 2, width / 2 + natural / 2)
    wires = _wires(node, placed, rows, bands, sides, edges)
    return Box(node, width, bands[-1][1] + _PAD - 2, texts, chips, tuple(placed), wires)


def _placed(
    node: Node, boxes: list[Box], rows: list[list[int]], middle: float, top: float
) -> tuple[list[Box], list[tuple[float, float]]]:
    """*boxes* in their rows, centred on *middle*; also where each row begins and ends."""
    placed = list(boxes)
    bands = []
    for row in rows:
        height = max(boxes[place].height for place in row)
        x = middle - (sum(boxes[place].width for place in row) + _BETWEEN * (len(row) - 1)) / 2
        for place in ordered(row, node.edges, placed):
            placed[place] = evolve(boxes[place], x=x, y=top + (height - boxes[place].height) / 2)
            x += boxes[place].width + _BETWEEN
        bands.append((top, top + height))
        top += height + _DROP
    return placed, bands


Lanes = dict[tuple[int, int], tuple[int, int]]
"""Edges that skip a row, with their side (-1 left, 1 right) and lane, counted from the rows outwards."""


def _lanes(node: Node, rows: list[list[int]]) -> Lanes:
    row_of = {place: number for number, row in enumerate(rows) for place in row}
    taken: dict[int, list[list[tuple[int, int]]]] = {1: [], -1: []}
    found: Lanes = {}
    long = [edge for edge in node.edges if row_of[edge[1]] - row_of[edge[0]] > 1]
    for edge in sorted(long, key=lambda each: (row_of[each[1]] - row_of[each[0]], each)):
        span = (row_of[edge[0]], row_of[edge[1]])
        options = [(_free(taken[side], span), -side) for side in (1, -1)]
        lane, against = min(options)
        side = -against
        if lane == len(taken[side]):
            taken[side].append([])
        taken[side][lane].append(span)
        found[edge] = (side, lane)
    return found


def _free(lanes: list[list[tuple[int, int]]], span: tuple[int, int]) -> int:
    """The first lane in which nothing overlaps *span*."""
    for number, spans in enumerate(lanes):
        if all(span[1] <= first or last <= span[0] for first, last in spans):
            return number
    return len(lanes)


def _wires(
    node: Node, placed: list[Box], rows: list[list[int]], bands: list[tuple[float, float]], sides: Lanes,
    edges: tuple[float, float],
) -> tuple[Wire, ...]:  # fmt: skip
    row_of = {place: number for number, row in enumerate(rows) for place in row}
    entries = _entries(node, placed, sides)
    wires = []
    for source, target in node.edges:
        begin, end = placed[source], placed[target]
        low, high = bands[row_of[source]][1], bands[row_of[target]][0]
        enter = entries[source, target]
        side = sides.get((source, target))
        if side is None:
            path = _short(begin, low, enter, high, end.y)
        else:
            x = edges[0] - _LANE * (side[1] + 1) if side[0] < 0 else edges[1] + _LANE * (side[1] + 1)
            path = _long(begin, low, x, enter, high, end.y)
        wires.append(Wire(source, target, path, side is not None))
    return tuple(wires)


def _entries(node: Node, placed: list[Box], sides: Lanes) -> dict[tuple[int, int], float]:
    """Where on its target each edge ends: from left to right as they come."""
    entries = {}
    for target in range(len(placed)):
        coming = [edge for edge in node.edges if edge[1] == target]
        coming.sort(key=lambda edge: (sides.get(edge, (0, 0))[0], placed[edge[0]].middle, edge))
        box = placed[target]
        step = min(16.0, max(0.0, box.width - 12) / max(1, len(coming)))
        for number, edge in enumerate(coming):
            entries[edge] = box.middle + step * (number - (len(coming) - 1) / 2)
    return entries


def _short(begin: Box, low: float, enter: float, high: float, end: float) -> str:
    x = begin.middle
    half = (low + high) / 2
    curve = (
        f"V{high:.1f}"
        if abs(x - enter) < 0.05
        else f"C{x:.1f} {half:.1f} {enter:.1f} {half:.1f} {enter:.1f} {high:.1f}"
    )
    return f"M{x:.1f} {begin.bottom:.1f}V{low:.1f}{curve}V{end:.1f}"


def _long(begin: Box, low: float, lane: float, enter: float, high: float, end: float) -> str:
    x, bend = begin.middle, _DROP / 2
    return (
        f"M{x:.1f} {begin.bottom:.1f}V{low:.1f}"
        f"C{x:.1f} {low + bend:.1f} {lane:.1f} {low + bend * 0.6:.1f} {lane:.1f} {low + _DROP:.1f}"
        f"V{high - _DROP:.1f}"
        f"C{lane:.1f} {high - bend * 0.6:.1f} {enter:.1f} {high - bend:.1f} {enter:.1f} {high:.1f}V{end:.1f}"
    )
