"""What to say when uses of a cell ask for different alternatives."""

from symnas import tree
from symnas.elaborate.modules import ModuleCode
from symnas.elaborate.regions import DomainClash
from symnas.errors import Note, SourceError
from symnas.spans import NOWHERE, Span

__all__ = ["describe_clash"]


def describe_clash(error: DomainClash, module: ModuleCode) -> SourceError:
    """The diagnostic: the placeholder, both domains, and the calls that they come from."""
    heads = [head for head in module.rooted if error.path.startswith(f"{head}.")]
    root = max(heads, key=len, default=error.path.split(".", 1)[0])
    suffix = error.path[len(root) :]
    at = module.asked_at.get(suffix) or module.asked_at.get("." + error.path.rsplit(".", 1)[-1], NOWHERE)
    files = [module, *module.modules.values()]
    cell = module.rooted.get(root)
    calls = [
        call
        for file in files
        for name, each in file.declared.items()
        if each is cell
        for call in _calls(file.node, name)
    ]
    counts = [error.first.size, error.second.size]
    said = ", ".join(
        f"{count} alternatives from {_place(span, module)}" if span else f"{count} alternatives"
        for count, span in zip(counts, [*calls, None, None][:2], strict=True)
    )
    notes = tuple(Note("used here", span) for span in calls[:2])
    return SourceError.at(
        "E0514", f"cell `{root}` is decided once, but has {said}", at,
        f"use `block {root}` if each use decides for itself", notes,
    )  # fmt: skip


def _place(span: Span, module: ModuleCode) -> str:
    """Line and column, with the file's name where it is not the root file."""
    return f"{span.line}:{span.column}" if span.source == module.node.span.source else str(span)


def _calls(node: tree.Node, name: str) -> list[Span]:
    """Where *name* is called, in the order of the text."""
    found: list[Span] = []
    waiting: list[tree.Node] = [node]
    while waiting:
        each = waiting.pop()
        match each:
            case tree.Call(function=tree.Name(name=called)) if called == name:
                found.append(each.span)
        waiting.extend(tree.children(each))
    return sorted(found, key=lambda span: span.start)
