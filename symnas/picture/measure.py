"""Sizes of text and chips, in pixels: every character is as wide as every other, so that counting them is measuring."""

from unicodedata import combining, east_asian_width

from attrs import frozen

from symnas.domains import show_count
from symnas.picture.nodes import Chip

__all__ = ["LARGE", "NORMAL", "SMALL", "PlacedChip", "Text", "TextBox", "clipped", "columns", "flow", "wide"]

LARGE, NORMAL, SMALL = 17.0, 12.0, 10.5
"""Sizes of type."""
_ADVANCE = 0.62
"""Width of a character of the fixed fonts, in terms of its height."""
_LONGEST = 52
"""Characters of a label; longer ones are cut and told in full by a tooltip."""
_CHIP_WIDTH = 380.0
"""Width at which alternatives go on in a further row."""
_GAP = 5.0
_PART_PAD = 6.0


@frozen
class Text:
    """A line of text; *y* is its baseline. *look* names its style, *full* what a tooltip adds."""

    x: float
    y: float
    text: str
    size: float
    look: str


@frozen
class TextBox:
    """A small box around one or two lines. *chosen* says whether it is what an architecture takes, if one is shown."""

    x: float
    y: float
    width: float
    height: float
    texts: tuple[Text, ...]
    chosen: bool | None
    full: str


@frozen
class PlacedChip:
    """A chip with its place relative to its node; the places inside are relative to the chip."""

    chip: Chip
    x: float
    y: float
    width: float
    height: float
    texts: tuple[Text, ...]
    boxes: tuple[TextBox, ...]


def columns(text: str) -> int:
    """How many characters wide *text* is; those of East Asia count twice, combining marks not at all."""
    return sum(0 if combining(each) else 2 if east_asian_width(each) in "WF" else 1 for each in text)


def wide(text: str, size: float) -> float:
    """Width of *text* set at *size*."""
    return columns(text) * size * _ADVANCE


def clipped(text: str, most: int = _LONGEST) -> str:
    """*text* if it has at most *most* columns, else its beginning with an ellipsis."""
    if columns(text) <= most:
        return text
    kept, used = "", 0
    for each in text:
        used += columns(each)
        if used > most - 1:
            break
        kept += each
    return kept + "…"


def flow(chips: tuple[Chip, ...], x: float, y: float, most: float) -> tuple[tuple[PlacedChip, ...], float, float]:
    """*chips* in rows from (x, y), at most *most* wide; also the width and height that they take."""
    placed: list[PlacedChip] = []
    left, top, row, widest = x, y, 0.0, 0.0
    for each in chips:
        made = _framed(each) if each.framed else _inline(each)
        if left > x and left + made.width > x + most:
            left, top, row = x, top + row + _GAP, 0.0
        placed.append(PlacedChip(each, left, top, made.width, made.height, made.texts, made.boxes))
        left += made.width + _GAP
        row = max(row, made.height)
        widest = max(widest, left - _GAP - x)
    return tuple(placed), widest, top + row - y if placed else 0.0


def _name(chip: Chip) -> str:
    """The label, how many decisions it stands for, and how many alternatives each has."""
    many = f"  1 of {show_count(chip.size)}" if chip.size > 1 else ""
    return clipped(chip.label) + (f" × {chip.times}" if chip.times > 1 else "") + many


def _inline(chip: Chip) -> PlacedChip:
    """`name  3 | 5 | 7` in one row, or several where there are many."""
    name = _name(chip)
    start = 8 + wide(name, SMALL) + 6
    boxes, width, height = _parts(chip, start, 2.0, max(_CHIP_WIDTH - start, 140.0), 17.0)
    return PlacedChip(chip, 0, 0, start + width + 3, height + 4, (Text(8, 14.5, name, SMALL, "name"),), boxes)


def _framed(chip: Chip) -> PlacedChip:
    """The name on top, the alternatives side by side below it."""
    name = _name(chip)
    tall = 33.0 if any(part.detail for part in chip.parts) else 20.0
    boxes, width, height = _parts(chip, 7.0, 21.0, _CHIP_WIDTH, tall)
    full = max(width, wide(name, SMALL)) + 14
    return PlacedChip(chip, 0, 0, full, 21 + height + 7, (Text(8, 14.5, name, SMALL, "name"),), boxes)


def _parts(chip: Chip, x: float, y: float, most: float, tall: float) -> tuple[tuple[TextBox, ...], float, float]:
    boxes: list[TextBox] = []
    left, top, widest = x, y, 0.0
    for place, part in enumerate(chip.parts):
        label, detail = clipped(part.label, 34), clipped(part.detail, 40)
        priced = wide(f" {part.cost}", SMALL - 1) if part.cost else 0.0
        width = max(wide(label, SMALL) + priced, wide(detail, SMALL - 1)) + 2 * _PART_PAD
        if left > x and left + width > x + most:
            left, top = x, top + tall + 4
        lines = [Text(_PART_PAD, 13.5 if tall > 18 else 12.3, label, SMALL, "part")]
        if part.cost:
            after = _PART_PAD + wide(f"{label} ", SMALL)
            lines.append(Text(after, lines[0].y, part.cost, SMALL - 1, "cost"))
        if detail:
            lines.append(Text(_PART_PAD, 27, detail, SMALL - 1, "detail"))
        full = f"{part.label}: {part.detail}" if part.detail else part.label
        mark = None if chip.chosen is None else place == chip.chosen
        boxes.append(TextBox(left, top, width, tall, tuple(lines), mark, f"{full} ({part.tip})" if part.tip else full))
        left += width + 4
        widest = max(widest, left - 4 - x)
    return tuple(boxes), widest, top + tall - y
