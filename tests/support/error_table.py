"""The table of error codes in `docs/errors.md`, made from the sources: `python tests/support/error_table.py` renews it.

A code is found where it is written: in the grammar's `MISTAKES`, and as the first argument of what makes a diagnostic.
"""

import ast
import re
import sys
from collections.abc import Iterator
from pathlib import Path

from symnas.grammar import MISTAKES

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs" / "errors.md"
BEGIN, END = "<!-- codes: made by tests/support/error_table.py -->\n", "<!-- end of codes -->\n"

FOLDERS = ("symnas", "grammar", "compilers", "searchers")
CODE = re.compile(r"E0\d{3}")

FAMILIES = {
    "E01": "Text: files, brackets, lines, words",
    "E02": "Names and declarations",
    "E03": "Settings and arguments",
    "E04": "Values: numbers, lists, sizes, tensors",
    "E05": "Placeholders and limits",
    "E06": "Choices, claims and costs",
    "E07": "Edits and `search { … }`",
}
"""The first two digits of a code say what kind of thing is wrong."""

COMPUTED = {
    "E0402": "the result is a fraction, where sizes are whole",
    "E0406": "the exponent, the number or the list is too large",
}
"""Codes whose message is worked out, in words of this page."""

SHOWN = 3
"""How many messages of one code are shown."""


def codes() -> dict[str, list[str]]:
    """The messages of each code, in the order of the sources; what differs from case to case is `…`."""
    found: dict[str, list[str]] = {}
    for mistake in MISTAKES:
        found.setdefault(mistake.code, []).append(re.sub(r"\{[^}]*\}", "…", mistake.message))
    for folder in FOLDERS:
        for path in sorted((ROOT / folder).rglob("*.py")):
            if path.name == "mistakes.py":
                continue  # its codes are the table above
            for code, message in _written(ast.parse(path.read_text(encoding="utf-8"))):
                messages = found.setdefault(code, [])
                if message and message not in messages:
                    messages.append(message)
    return {code: messages or [COMPUTED[code]] for code, messages in sorted(found.items())}


def table() -> str:
    """The table as Markdown, a section for each family."""
    lines: list[str] = []
    found = codes()
    for family, title in FAMILIES.items():
        members = {code: messages for code, messages in found.items() if code.startswith(family)}
        if members:
            lines += [f"### {title}", "", "| code | message |", "| --- | --- |"]
            lines += [f"| {code} | {_line(messages)} |" for code, messages in members.items()]
            lines.append("")
    return "\n".join(lines)


def renewed(page: str) -> str:
    """The text of *page* with the table of now between its two marks."""
    before, _, rest = page.partition(BEGIN)
    _, _, after = rest.partition(END)
    return f"{before}{BEGIN}\n{table()}{END}{after}"


def _written(tree: ast.Module) -> Iterator[tuple[str, str]]:
    """Codes and messages of calls whose first argument is a code."""
    for function in ast.walk(tree):
        if not isinstance(function, ast.FunctionDef | ast.Module):
            continue
        texts = _assigned(function) if isinstance(function, ast.FunctionDef) else None
        for node in ast.walk(function):
            if not isinstance(node, ast.Call) or len(node.args) < 2:
                continue
            code, message = _constant(node.args[0]), node.args[1]
            if isinstance(code, str) and CODE.fullmatch(code) and (texts is not None or _is_plain(message)):
                yield code, _text(message, texts or {})


def _assigned(function: ast.FunctionDef) -> dict[str, str]:
    """Texts that *function* binds to a name; of several for one name, the first."""
    found: dict[str, str] = {}
    for node in ast.walk(function):
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name) and _is_plain(node.value):
            found.setdefault(node.targets[0].id, _text(node.value, {}))
    return found


def _is_plain(node: ast.expr) -> bool:
    return isinstance(node, ast.JoinedStr) or isinstance(_constant(node), str)


def _constant(node: ast.expr) -> object:
    return node.value if isinstance(node, ast.Constant) else None


def _text(node: ast.expr, texts: dict[str, str]) -> str:
    """The message that *node* makes, as far as the source says; empty where it says nothing."""
    match node:
        case ast.Constant(value=str(text)):
            return text
        case ast.JoinedStr(values=parts):
            return "".join(_text(part, texts) if isinstance(part, ast.Constant) else "…" for part in parts)
        case ast.Name(id=name):
            return texts.get(name, "")
        case _:
            return ""


def _line(messages: list[str]) -> str:
    shown = [message.replace("|", "\\|").replace("\n", " ") for message in messages[:SHOWN]]
    more = len(messages) - len(shown)
    return "<br>".join(shown) + (f"<br>and {more} more" if more else "")


if __name__ == "__main__":
    PAGE.write_text(renewed(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
    sys.stdout.write(f"renewed {PAGE}\n")
