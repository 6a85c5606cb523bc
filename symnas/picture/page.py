"""The page around the net: a header with its numbers, a legend, and beside it what is decided once."""

from attrs import evolve, frozen

from symnas.picture.drawing import STYLE, box_lines, chip_lines, clean, rect, text_line
from symnas.picture.layout import Box
from symnas.picture.measure import LARGE, NORMAL, SMALL, PlacedChip, Text, clipped, flow, wide
from symnas.picture.nodes import Chip, Part

__all__ = ["Page", "Panel", "arrange", "written"]

_MARGIN = 24.0
_PANEL = 460.0
"""Width of the panel's rows."""


@frozen
class Panel:
    """The decisions made once: headings and chips, relative to the panel."""

    width: float
    height: float
    texts: tuple[Text, ...]
    chips: tuple[PlacedChip, ...]
    x: float = 0.0
    y: float = 0.0


@frozen
class Page:
    """Everything with its place."""

    title: str
    width: float
    height: float
    texts: tuple[Text, ...]
    legend: tuple[tuple[float, float, str, str], ...]
    """Legend entries: x, y, the look of the sample, what it says."""
    sample: PlacedChip
    net: Box
    panel: Panel | None


_LEGEND = (
    ("layer", "layer"), ("join", "join"), ("frame", "block"), ("closed", "block, closed"), ("skip", "skip connection"),
)  # fmt: skip


def arrange(
    title: str, facts: tuple[str, ...], net: Box, once: tuple[tuple[str, tuple[Chip, ...]], ...], marked: bool
) -> Page:
    """The header on top, the net below it at the left, the panel at its right."""
    texts = [Text(_MARGIN, 42, clipped(title, 60), LARGE, "title")]
    y = 42.0
    for fact in facts:
        y += 18
        texts.append(Text(_MARGIN, y, clipped(fact, 110), NORMAL, "plain"))
    y += 14
    legend, right, sample = _legend(y, marked)
    top = y + 24 + 18
    panel = _panel(once)
    if panel is not None:
        panel = evolve(panel, x=_MARGIN + net.width + 28, y=top)
    inner = max(net.width + (28 + panel.width if panel else 0), right - _MARGIN)
    inner = max(inner, *(wide(each.text, each.size) for each in texts))
    height = top + max(net.height, panel.height if panel else 0) + _MARGIN
    placed = evolve(net, x=_MARGIN, y=top)
    return Page(title, inner + 2 * _MARGIN, height, tuple(texts), legend, sample, placed, panel)


def _legend(y: float, marked: bool) -> tuple[tuple[tuple[float, float, str, str], ...], float, PlacedChip]:
    entries = []
    x = _MARGIN
    for look, says in _LEGEND:
        entries.append((x, y, look, says))
        x += 24 + wide(says, SMALL) + 16
    parts = (Part("alternative"), Part("chosen")) if marked else (Part("alternative"), Part("alternative"))
    sample = Chip("placeholder", parts, 1 if marked else None, path="placeholder")
    (placed,), width, _ = flow((sample,), x, y - 2, 500)
    return tuple(entries), x + width, placed


def _panel(once: tuple[tuple[str, tuple[Chip, ...]], ...]) -> Panel | None:
    if not once:
        return None
    texts = [Text(12, 20, "decided once", NORMAL, "title")]
    chips: list[PlacedChip] = []
    y, width = 28.0, wide("decided once", NORMAL)
    for title, each in once:
        shown = clipped(title, 40)
        texts.append(Text(12, y + 14, shown, SMALL, "muted"))
        placed, taken, height = flow(each, 12, y + 20, _PANEL)
        chips += placed
        width = max(width, taken, wide(shown, SMALL))
        y += 20 + height + 10
    return Panel(width + 24, y + 2, tuple(texts), tuple(chips))


def written(page: Page) -> str:
    """The page as SVG."""
    size = f'width="{page.width:.0f}" height="{page.height:.0f}" viewBox="0 0 {page.width:.0f} {page.height:.0f}"'
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" {size} role="img">',
        f"<title>{clean(page.title)}</title>",
        f"<style>{STYLE}</style>",
        f"<defs>{_arrow('head')}{_arrow('skiphead')}</defs>",
        rect(0, 0, page.width, page.height, "page", 0),
        *(text_line(each) for each in page.texts),
    ]
    for x, y, look, says in page.legend:
        lines.append(
            f'<path d="M{x:.1f} {y + 8:.1f}h18" class="skip"/>' if look == "skip" else rect(x, y + 1, 18, 14, look, 4)
        )
        lines.append(text_line(Text(x + 24, y + 12, says, SMALL, "muted")))
    lines += chip_lines(page.sample)
    lines += box_lines(page.net)
    if page.panel is not None:
        lines.append(f'<g transform="translate({page.panel.x:.1f} {page.panel.y:.1f})">')
        lines.append(rect(0, 0, page.panel.width, page.panel.height, "once", 8))
        lines += [text_line(each) for each in page.panel.texts]
        lines += [line for chip in page.panel.chips for line in chip_lines(chip)]
        lines.append("</g>")
    return "\n".join([*lines, "</svg>", ""])


def _arrow(name: str) -> str:
    return (
        f'<marker id="{name}" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" markerHeight="7" orient="auto" '
        f'markerUnits="userSpaceOnUse"><path d="M0 0.8L8 4L0 7.2z" class="{name}"/></marker>'
    )
