"""SVG text of boxes, chips and wires. Everything that comes from a program is escaped here."""

from xml.sax.saxutils import escape

from symnas.picture.layout import Box
from symnas.picture.measure import PlacedChip, Text, TextBox
from symnas.picture.nodes import Kind

__all__ = ["STYLE", "box_lines", "chip_lines", "clean", "rect", "text_line"]

_COLOURS = {
    # look: (property, on light, on dark)
    ".page": ("fill", "#ffffff", "#14161a"),
    ".frame": ("fill", "#f4f6f9", "#1b1f25"),
    ".frame, .once": ("stroke", "#b9c2cf", "#4a5462"),
    ".once": ("fill", "#fbfcfd", "#181b20"),
    ".run": ("fill", "#eaf0f8", "#1d2632"),
    ".run, .closed": ("stroke", "#7b93b5", "#6d88ad"),
    ".closed": ("fill", "#e3ecf9", "#22304a"),
    ".layer": ("fill", "#ffffff", "#262c35"),
    ".layer, .join": ("stroke", "#8e9bab", "#69778a"),
    ".join": ("fill", "#e6f4ea", "#1d3a28"),
    ".end": ("fill", "#e9e4f7", "#33294d"),
    ".end, .port": ("stroke", "#8f7cc4", "#9a86d6"),
    ".port": ("fill", "#ffffff", "#14161a"),
    ".chip": ("fill", "#fff1d6", "#40300f"),
    ".chip, .part": ("stroke", "#d18a14", "#c98b26"),
    ".part": ("fill", "#fffaf0", "#2b2212"),
    ".chosen": ("fill", "#d97706", "#f0a63a"),
    ".title, .name": ("fill", "#1a2230", "#edf1f6"),
    ".plain, .plabel": ("fill", "#333f50", "#c9d2de"),
    ".muted, .detail": ("fill", "#5d6a7b", "#97a4b5"),
    ".cost": ("fill", "#8a5a00", "#e0b060"),
    ".mark": ("fill", "#1d5fb8", "#7db3ff"),
    ".on": ("fill", "#ffffff", "#1d1605"),
    ".wire": ("stroke", "#6c7989", "#8492a5"),
    ".skip": ("stroke", "#2f6fd0", "#6ea6ff"),
    ".head": ("fill", "#6c7989", "#8492a5"),
    ".skiphead": ("fill", "#2f6fd0", "#6ea6ff"),
}

_FIXED = (
    "text{font-family:'DejaVu Sans Mono',ui-monospace,Menlo,Consolas,monospace;white-space:pre}"
    ".title,.name,.mark,.on{font-weight:bold}"
    ".wire,.skip{fill:none;stroke-width:1.3}.skip{stroke-width:1.7}"
    ".framed{stroke-dasharray:5 3}.page{stroke:none}.faint{opacity:.55}"
)


def _rules(dark: bool) -> str:
    return "".join(f"{look}{{{name}:{night if dark else day}}}" for look, (name, day, night) in _COLOURS.items())


STYLE = f"{_FIXED}{_rules(False)}@media (prefers-color-scheme: dark){{{_rules(True)}}}"
"""The style sheet: colours for light pages, and others for dark ones."""

_RECT = {
    Kind.LAYER: "layer", Kind.JOIN: "join", Kind.BLOCK: "frame", Kind.CLOSED: "closed", Kind.RUN: "run",
    Kind.INPUT: "end", Kind.OUTPUT: "end", Kind.PORT: "port",
}  # fmt: skip


def clean(text: str) -> str:
    """*text* escaped, without characters that XML does not have."""
    kept = "".join(
        each if each >= " " and each not in "\x7f\ufffe\uffff" and not "\ud800" <= each <= "\udfff" else " "
        for each in text
    )
    return escape(kept, {'"': "&quot;"})


def text_line(text: Text, x: float = 0.0, y: float = 0.0, look: str | None = None) -> str:
    """One line of text."""
    at = f'x="{text.x + x:.1f}" y="{text.y + y:.1f}"'
    return f'<text {at} font-size="{text.size:g}" class="{look or text.look}">{clean(text.text)}</text>'


def rect(x: float, y: float, width: float, height: float, look: str, radius: float = 6) -> str:
    """A rounded box."""
    return f'<rect x="{x:.1f}" y="{y:.1f}" width="{width:.1f}" height="{height:.1f}" rx="{radius:g}" class="{look}"/>'


def box_lines(box: Box) -> list[str]:
    """A box with everything in it, as a group at its place."""
    lines = [f'<g transform="translate({box.x:.1f} {box.y:.1f})">']
    node = box.node
    if node.times > 1:
        lines.append(rect(4, 4, box.width, box.height, _RECT[node.kind]))
    radius = min(box.height / 2, 11) if node.kind in {Kind.JOIN, Kind.PORT, Kind.INPUT, Kind.OUTPUT} else 6
    tip = " ".join(each for each in (node.path, node.title, node.settings, node.shape) if each)
    if tip and node.kind is not Kind.PORT:
        lines.append(f"<g><title>{clean(tip)}</title>{rect(0, 0, box.width, box.height, _RECT[node.kind], radius)}</g>")
    else:
        lines.append(rect(0, 0, box.width, box.height, _RECT[node.kind], radius))
    lines += [text_line(each) for each in box.texts]
    for chip in box.chips:
        lines += chip_lines(chip)
    lines += [
        f'<path d="{wire.path}" class="{"skip" if wire.skip else "wire"}" '
        f'marker-end="url(#{"skiphead" if wire.skip else "head"})"/>'
        for wire in sorted(box.wires, key=lambda each: each.skip)
    ]
    for inner in box.inside:
        lines += box_lines(inner)
    return [*lines, "</g>"]


def chip_lines(placed: PlacedChip) -> list[str]:
    """A chip as a group at its place, with its full path as a tooltip."""
    chip = placed.chip
    look = "chip framed" if chip.framed else "chip"
    return [
        f'<g transform="translate({placed.x:.1f} {placed.y:.1f})"><title>{clean(chip.path or chip.label)}</title>',
        rect(0, 0, placed.width, placed.height, look, 8),
        *(text_line(each) for each in placed.texts),
        *(line for each in placed.boxes for line in _part_lines(each)),
        "</g>",
    ]


def _part_lines(part: TextBox) -> list[str]:
    shape = rect(part.x, part.y, part.width, part.height, "part chosen" if part.chosen else "part", 5)
    looks = {"part": "plabel", "detail": "detail", "cost": "cost"}
    opening = '<g class="faint">' if part.chosen is False else "<g>"
    return [
        f"{opening}<title>{clean(part.full)}</title>{shape}",
        *(text_line(each, part.x, part.y, "on" if part.chosen else looks[each.look]) for each in part.texts),
        "</g>",
    ]
