"""The table of error codes in `docs/errors.md`, made from what `symnas explain` tells:
`python tests/support/error_table.py` renews it.
"""

import sys
from pathlib import Path

from symnas.explanations import EXPLANATIONS, FAMILIES

__all__ = ["renewed", "table"]

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs" / "errors.md"
BEGIN, END = "<!-- codes: made by tests/support/error_table.py -->\n", "<!-- end of codes -->\n"


def table() -> str:
    """The table as Markdown, a section for each family: each code, what it means, an example of its message."""
    lines: list[str] = []
    for family, title in FAMILIES.items():
        lines += [f"### {title}", "", "| code | kind of mistake | for example |", "| --- | --- | --- |"]
        for each in EXPLANATIONS.values():
            if each.code.startswith(family):
                lines.append(f"| {each.code} | {_cell(each.title)} | {_cell(each.message or each.elsewhere)} |")
        lines.append("")
    return "\n".join(lines)


def renewed(page: str) -> str:
    """The text of *page* with the table of now between its two marks."""
    before, _, rest = page.partition(BEGIN)
    _, _, after = rest.partition(END)
    return f"{before}{BEGIN}\n{table()}{END}{after}"


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", " ")


if __name__ == "__main__":
    PAGE.write_text(renewed(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
    sys.stdout.write(f"renewed {PAGE}\n")
