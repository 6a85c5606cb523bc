"""What the `require`s of a file do to its space: those that exclude nothing, and those that leave nothing together."""

from collections.abc import Iterator, Sequence

from symnas import tree
from symnas.elaborate.regions import Infeasible
from symnas.elaborate.tries import Kind, Node
from symnas.errors import Diagnostic, Note
from symnas.space import Space
from symnas.spans import Span

__all__ = ["clash", "idle"]

_MOST = 12
"""`require`s that are tried one by one for a smallest set; each costs a count."""


def clash(space: Space) -> Diagnostic | None:
    """The `require`s of the file that leave no architecture, as few as do; `None` if some is left, or none of them is to
    blame.
    """
    if not is_empty(space):
        return None
    kept = _requires(space.module)
    if len(kept) > _MOST or not _empty_with(space, kept):
        return None
    for each in tuple(kept):
        fewer = [other for other in kept if other is not each]
        if _empty_with(space, fewer):
            kept = fewer
    if not kept:
        return None
    *others, last = kept
    message = "no architecture meets these `require`s together" if others else "no architecture meets this `require`"
    notes = tuple(Note("together with this one", each.span) for each in others)
    return Diagnostic("E0608", message, last.span, "loosen one of them" if others else "loosen it", notes)


def is_empty(space: Space) -> bool:
    """Whether it is known that no architecture meets every `require`."""
    if not space.countable:
        return False
    return space.size == 0 or (bool(space.elaboration.costly) and space.pricing.restricted.empty)


def _empty_with(space: Space, kept: Sequence[tree.Require]) -> bool:
    """Whether *space* is empty with those of its top-level `require`s alone that are *kept*."""
    wanted = {id(each) for each in kept}
    declarations = tuple(
        each for each in space.module.declarations if not isinstance(each, tree.Require) or id(each) in wanted
    )
    return is_empty(space.program.changed(tree.Module(declarations, space.module.version)).space())


def _requires(module: tree.Module) -> list[tree.Require]:
    return [each for each in module.declarations if isinstance(each, tree.Require)]


def idle(space: Space) -> list[str]:
    """A sentence for each `require` at top level that excludes nothing, as far as that is known."""
    if not space.countable or space.size == 0 or space.picked is not None:
        return []
    broken = set(_broken(space.elaboration.root().root))
    found = [
        (claim.span, "") for claim in space.elaboration.plain
        if claim.span not in broken and claim.span.source is space.module.span.source
    ]  # fmt: skip
    if space.elaboration.costly:
        found += _idle_limits(space)
    ordered = sorted(found, key=lambda pair: pair[0].start)
    return [f"the `require` on line {span.line} excludes nothing{why}" for span, why in ordered]


def _idle_limits(space: Space) -> Iterator[tuple[Span, str]]:
    """The limits on costs that every architecture meets, with why."""
    for limited, low, high in space.pricing.restricted.bounds:
        if limited.limit.holds(low) and limited.limit.holds(high) and len(limited.spans) == 1:
            (span,) = limited.spans
            yield span, f": `{span.text}` always holds, with {low:,} to {high:,}"


def _broken(node: Node | None) -> Iterator[Span]:
    """Where the `require`s stand that fail on a way below *node*."""
    waiting = [node]
    while waiting:
        each = waiting.pop()
        if each is None:
            continue
        if each.kind == Kind.DEAD and isinstance(each.error, Infeasible):
            yield each.error.span
        waiting.extend(each.next.values())
