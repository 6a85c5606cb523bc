"""What joins the parts for Python: compiling and searching in one call."""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, TypeVar, overload

from symnas.architecture import Architecture
from symnas.errors import SearchError
from symnas.fixing import Where, near, part
from symnas.program import Program
from symnas.space import Space
from symnas.study import search as _search
from symnas.study.measuring import evaluator_of

if TYPE_CHECKING:
    from symnas.annotated import Loop, ValueSpace
    from symnas.annotated.rules import RewrittenValue
    from symnas.annotated.values import Thunk
    from symnas.rewriting import Rewriting, Rule
    from symnas.rewriting.running import Network, Rules
    from symnas.study import Evaluate, Study

__all__ = ["compile", "rewrite", "search"]

T = TypeVar("T")


def compile(
    architecture: Architecture,
    target: str = "torch",
    net: str | None = None,
    *,
    allow: Collection[str] = (),
    **options: Any,
) -> Any:
    """The network of *architecture* for *target*: for `torch`, a `torch.nn.Module` ready to train; for `onnx`, an
    `onnx_ir.Model` ready to run, with the options of `symnas.compilers.onnx.build` (*weights*, *opset*, …).

    *net* names one net where the program has several, *allow* the Python modules that it may import layers from. What comes back depends on the target, so its type is the
    target's.

    Raises:
        CompileError: there is no such target or option, the network cannot be lowered to it, or it has layers of a Python module
            that is not allowed.
        SearchError: there is no such net.
    """
    from symnas.compilers import compile as compile_graph

    return compile_graph(architecture.graph(net), target, header_of(architecture), allow, **options)


def header_of(architecture: Architecture) -> str:
    """What a compiled file says of where it came from: the program's name and the picks."""
    picks = "\n".join(f"  {path}: {choice}" for path, choice in architecture.picks.items())
    title = f"Compiled by symnas from {architecture.space.source_name}."
    return f"{title}\n\nPicks:\n{picks}" if picks else title


@overload
def search(
    space: Space,
    evaluate: "Evaluate | None" = None,
    *,
    allow: Sequence[str] = (),
    where: Where | None = None,
    others: Architecture | Mapping[str, str] | None = None,
    **settings: Any,
) -> "Study[Architecture]": ...
@overload
def search(space: "ValueSpace[T]", evaluate: Callable[[T], Any] | None = None, **settings: Any) -> "Loop[T]": ...
@overload
def search(space: "Thunk[T]", evaluate: Callable[[T], Any] | None = None, **settings: Any) -> "Loop[T]": ...
@overload
def search(space: T, evaluate: Callable[[T], Any] | None = None, **settings: Any) -> "Loop[T]": ...
def search(space: Any, evaluate: Any = None, *, allow: Sequence[str] = (), **settings: Any) -> Any:
    """Search *space* for architectures that *evaluate* likes.

    *evaluate* is a function from architecture and recipe to a number, or to a dict of metrics; it may be left out where
    the program names one. *allow* are the Python modules that the search may import, for the program's `measure`, its
    evaluator and its Python layers as far as these are built here. The settings are those of `symnas.study.search`:
    `searcher`, `trials`, `seconds`, `seed`, `workers`, `store`, `resume` and others.

    *where* says which decisions are searched: paths like a pattern (`*.kernel`), or some patterns, or a condition. The
    *others* are as in an architecture or by path, else their first choices. Trials begin with those like *first*:
    architectures, or choices by path, of which some may be left out.

    In place of a space, a symbolic value may be searched, or anything with placeholders in it: *evaluate* is then given
    each object that it can become. Without *evaluate*, what comes back is a loop of trials to be built and told (see
    `symnas.annotated.searching.loop`).

    Raises:
        SearchError: something that was asked for is impossible; the message says what and why.
    """
    if isinstance(space, Space):
        space = _part(space, settings.pop("where", None), settings.pop("others", None))
        settings["first"] = [near(space, each) for each in settings.get("first", ())]
        return _search(space, evaluator_of(space, evaluate, allow, space.program.folder), **settings)
    from symnas.annotated import space_of
    from symnas.annotated.searching import loop, search_value

    whole = space_of(space)
    return loop(whole, **settings) if evaluate is None else search_value(whole, evaluate, **settings)


def _part(space: Space, where: Where | None, others: Architecture | Mapping[str, str] | None) -> Space:
    if where is not None:
        return part(space, where, others)
    if others is not None:
        raise SearchError("`others` are the decisions that are not searched: say with `where` which ones are")
    return space


@overload
def rewrite(  # type: ignore[overload-overlap]  # every other value is a symbolic one
    what: "Network", *rules: "Rules", at: str | Sequence[str] | None = None, fixpoint: bool = False, fuel: int = ...
) -> "Rewriting": ...
@overload
def rewrite(
    what: T, *rules: "str | Rule", at: str | Sequence[str] | None = None, fixpoint: bool = False, fuel: int = ...,
    using: Iterable[Callable[..., Any]] = ...,
) -> "RewrittenValue[T]": ...  # fmt: skip
def rewrite(what: Any, *rules: Any, **options: Any) -> Any:
    """*what*, with *rules* carried out: an architecture, a program of one, or what was rewritten before, as
    `symnas.rewriting.rewrite` does; or a symbolic value of Python, as `symnas.annotated.rules.rewrite_value` does.

    Raises:
        SourceError: a rule is wrong, or breaks the network. SearchError: there is no match at *at*, or no fixed point.
    """
    from symnas.rewriting import Rewriting
    from symnas.rewriting import rewrite as rewrite_network

    if isinstance(what, Architecture | Program | Rewriting):
        return rewrite_network(what, *rules, **options)
    from symnas.annotated.rules import rewrite_value

    return rewrite_value(what, *rules, **options)
