"""Edits of a program in its own text: comments and layout stay where nothing changed.

What an edit is, is `editing`'s business; here its result is looked for in the text: a text with the new part in place of
the old one is taken if it reads as the edited program, and only where none does is the program laid out anew.
"""

import re
from collections.abc import Iterator, Mapping

from symnas import tree
from symnas.errors import SourceError
from symnas.grammar import dump, parse
from symnas.program import Program
from symnas.traversal import child_at
from symnas.treepaths import Place, find_place

__all__ = ["spliced"]

_REST_OF_LINE = re.compile(r",?[ \t]*(#[^\n]*)?\n")


def spliced(program: Program, changes: Mapping[str, str | tree.Node | None]) -> Program:
    """*program*, as it was read from a text, with *changes* by path; `None` takes away what a path leads to. The text of
    what comes back is `module.span.source.text`.

    Raises:
        PathError: nothing is at a path.
        SourceError: what is put there is wrong.
    """
    for path, new in changes.items():
        edited = program.copy()
        with edited.edit() as edit:
            if new is None:
                edit.remove(path)
            else:
                edit.replace(path, new)
        program = edited.changed(_read(program, path, new, edited))
    return program


def _read(program: Program, path: str, new: str | tree.Node | None, edited: Program) -> tree.Module:
    """The content of *edited*, read from the first text that says so."""
    if edited.module is program.module:
        return program.module
    place = find_place(program.module, path)
    if new is None:
        texts = _without(program, place)
    else:
        texts = _with(program, place, dump(find_place(edited.module, path).node), new if isinstance(new, str) else "")
    for text in texts:
        try:
            found = parse(text, program.name)
        except SourceError:
            continue
        if found == edited.module:
            return found
    return parse(edited.text, program.name)


def _with(program: Program, place: Place, *spellings: str) -> Iterator[str]:
    """The text with one of *spellings*, in brackets if need be, in the place of a node."""
    source, span = program.module.span.source.text, place.node.span
    for spelling in spellings:
        for text in (spelling.strip(), f"({spelling.strip()})"):
            yield source[: span.start] + text + source[span.end :]


def _without(program: Program, place: Place) -> Iterator[str]:
    """The text without what has a name, and without the comma, colon or line, comment and all, that only it needed."""
    source = program.module.span.source.text
    node: tree.Node = program.module
    for step in place.route[: place.holder]:
        child = child_at(node, step)
        assert child is not None
        node = child
    start, end = node.span.start, node.span.end
    before, after = source[:start].rstrip(" \t"), source[end:].lstrip(" \t")
    line = _REST_OF_LINE.match(after)
    if line is not None and (before.endswith("\n") or not before):
        yield before + after[line.end() :]
    if after.startswith(","):
        yield source[:start] + after[1:].lstrip()
    if before.rstrip().endswith((",", ":", "=")):
        yield before.rstrip()[:-1].rstrip() + source[end:]
    yield source[:start] + source[end:]
