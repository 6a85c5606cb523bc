"""Which class makes the weights that several places use.

Shared weights live at one absolute path. The class that makes them is that of the innermost block around the path and
all its uses; classes further in receive the layer as an argument of `forward`, so that it is registered once and
`state_dict` has its weights under one name.
"""

from collections.abc import Iterator

from attrs import frozen

from symnas.compilers.torch.lowering import READ_WEIGHT, place_of, read_weight
from symnas.errors import CompileError
from symnas.graph import Bits, Graph, Operation, Scope, Step, Use, join, scopes_within
from symnas.types import TensorType

__all__ = ["SharedStep", "Sharing", "find_sharing", "relative", "shared_path"]


@frozen(eq=False)
class SharedStep:
    """The first place that uses shared weights: it says how they are made."""

    step: Operation | Use
    operands: tuple[TensorType, ...]


@frozen(eq=False)
class Sharing:
    """*owners*: path of shared weights → path of the block that makes them. *makers*: how. *frozen*: the paths of those
    that some use freezes, and which therefore train nowhere.
    """

    owners: dict[str, str]
    makers: dict[str, SharedStep]
    frozen: frozenset[str]


def find_sharing(scope: Scope) -> Sharing:
    """The shared weights of the network whose outermost scope is *scope*.

    Raises:
        CompileError: several layers with shared weights are quantised at one use, and otherwise at another.
    """
    candidates: dict[str, list[str]] = {}
    makers: dict[str, SharedStep] = {}
    frozen: set[str] = set()
    for path, around, found in _uses(scope):
        fitting = [prefix for prefix in around if not prefix or path.startswith(f"{prefix}.")]
        candidates[path] = [prefix for prefix in candidates.get(path, fitting) if prefix in fitting]
        if found is not None:
            _check_bits(path, makers.setdefault(path, found).step, found.step)
            if found.step.trains is False:
                frozen.add(path)
    owners = {path: max(prefixes, key=len) for path, prefixes in candidates.items()}
    return Sharing(owners, makers, frozenset(frozen))


def _check_bits(path: str, first: Operation | Use, other: Operation | Use) -> None:
    """One operation is rounded where it is called, but what is inside a block is written once."""
    if isinstance(first, Operation) or isinstance(other, Operation) or first.scope == other.scope:
        return
    if _bits(first.scope) != _bits(other.scope):
        raise CompileError(
            f"the shared `{path}` is quantised otherwise here than at its first use{place_of(other)};"
            f" say it where it is made: `shared … = quantised(…)`"
        )


def _bits(scope: Scope) -> list[Bits | None]:
    graph = Graph("", scope, ())
    return [placed.operation.bits for placed in graph.operations()]


def relative(path: str, prefix: str) -> str:
    """*path* as seen from the block at *prefix*."""
    return path[len(prefix) + 1 :] if prefix else path


def shared_path(step: Step) -> str | None:
    """The absolute path of the shared weights that *step* uses or reads."""
    if isinstance(step, Operation) and step.operator == READ_WEIGHT:
        return read_weight(step)[0]
    return step.shared


def _uses(root: Scope) -> Iterator[tuple[str, tuple[str, ...], SharedStep | None]]:
    """Every use of shared weights in running order: their path, the paths of the blocks around, how they are made."""
    waiting: list[tuple[Scope, tuple[str, ...]]] = [(root, ("",))] if root.shares else []
    while waiting:
        scope, around = waiting.pop()
        inner = list[tuple[Scope, tuple[str, ...]]]()
        for step, types in _typed_steps(scope):
            path = shared_path(step)
            if path is not None and isinstance(step, Operation | Use):
                reads = isinstance(step, Operation) and step.operator == READ_WEIGHT
                maker = None if reads else SharedStep(step, tuple(types[index] for index in step.operands))
                yield path, around, maker
            if isinstance(step, Use) and step.scope.shares:
                inner.append((step.scope, (*around, path or join(around[-1], step.name))))
        waiting += reversed(inner)


def _typed_steps(scope: Scope) -> Iterator[tuple[Step, tuple[TensorType, ...]]]:
    """Every step of the block with the types of the values of the scope that it stands in."""
    types = scope.value_types()
    for step in scope.steps:
        yield step, types
        for inner in scopes_within(step):
            yield from _typed_steps(inner)
