"""Rules carried out on an architecture: once, or until nothing matches any more; all of it happens, or nothing.

A pass carries out one rule at every place where it matches in the network as it is, outermost first: neither inside of
what it has matched nor on what it puts down. The rules follow one another in the order given.
"""

from collections.abc import Collection, Iterable, Iterator, Sequence
from difflib import unified_diff
from functools import cached_property

from attrs import evolve, field, frozen

from symnas import tree
from symnas.architecture import Architecture
from symnas.depth import deep_recursion
from symnas.elaborate.declarations import NetCode
from symnas.elaborate.rules import RuleCode
from symnas.errors import Diagnostic, Note, SearchError, SourceError, listing, near
from symnas.expanding import expand, program_of
from symnas.grammar import dump
from symnas.graph import READ_WEIGHT, Graph, Scope, Use, join
from symnas.openings import any_open
from symnas.operators.base import Weight
from symnas.program import Program, parse
from symnas.rewriting.finding import Found, Walk
from symnas.rewriting.inferring import results_of
from symnas.rewriting.library import Offered
from symnas.rewriting.matching import Matcher, Misplaced
from symnas.rewriting.passing import At, Firing, Pass, Passage, Places, Tools
from symnas.rewriting.reading import Context, Rule, rule, rules_of
from symnas.space import Space

__all__ = ["FUEL", "Network", "Rewriting", "Rules", "difference", "matches", "rewrite"]

FUEL = 10_000
"""How often rules act at most on the way to a fixed point."""


@frozen
class Rewriting:
    """What came of rewriting *original*: the graphs of its nets now, and which rule acted where, in order. Nothing of it
    changes; to go on, `rewrite` it again.
    """

    original: Architecture
    graphs: tuple[Graph, ...] = field(repr=False)
    firings: tuple[Firing, ...]
    undecided: tuple[Found, ...] = ()
    """Matches that could not be told: the rules were not carried out there."""
    passages: tuple[Passage, ...] = field(default=(), repr=False)
    """The passes that changed something, in order: each net's graph before and after."""
    called: tuple[tree.Declaration, ...] = field(default=(), repr=False)
    """What the program declares for the placeholders in it."""
    before: "Rewriting | None" = field(default=None, repr=False)
    """What was rewritten to get here, if that was a rewriting."""

    @property
    def undone(self) -> "Rewriting":
        """As it was before the last time that `rewrite` was called: in the end the original, without any change."""
        return self.before or Rewriting(self.original, tuple(map(self.original.graph, self.original.space.nets)), ())

    @cached_property
    def diff(self) -> str:
        """What differs from the original's program, line by line, as `diff -u` tells it; nothing where nothing does."""
        return difference(expand(self.original).text, self.program.text, self.original.space.source_name)

    @cached_property
    def program(self) -> Program:
        """The new network as one program, as `symnas expand` writes it."""
        made = program_of(self.original, self.graphs, self.called)
        return parse(made.text, made.name) if self.decides else made

    @cached_property
    def decides(self) -> bool:
        """Whether rules have put placeholders down: then the program is a space."""
        return any(any_open(each.scope) for each in self.graphs)

    @property
    def architecture(self) -> Architecture:
        """The new network, as the one architecture of its program.

        Raises:
            SourceError: rules have put placeholders down; its `space` has many.
        """
        return self.program.architecture()

    @property
    def space(self) -> Space:
        """What the rules leave to be decided."""
        return self.program.space()

    def check(self) -> None:
        """Make sure that the program reads back to the network: the same dataflow, the same names of weights; of a
        space, that each of its networks fits.

        Raises:
            SourceError: some choices make no network.
        """
        if self.decides:
            self._check_space()
            return
        again = self.architecture
        for graph in self.graphs:
            other = again.graph(graph.name)
            assert graph.canonical().hash == other.canonical().hash, "the program says another network than the graph"
            assert _weights(graph) == _weights(other), "the program has other weights than the graph"

    def _check_space(self) -> None:
        if self._faults:
            raise SourceError(self._faults)

    @cached_property
    def _faults(self) -> tuple[Diagnostic, ...]:
        """The mistakes of the program, where it is a space."""
        from symnas.checking import check

        return tuple(check(self.program).diagnostics)

    @property
    def report(self) -> str:
        """What acted where, a line each."""
        return "".join(f"{each}\n" for each in (*self.firings, *self.undecided))


def difference(before: str, after: str, name: str) -> str:
    """What differs between two texts of the program called *name*."""
    lines, others = (each.splitlines(keepends=True) for each in (before, after))
    return "".join(unified_diff(lines, others, name, f"{name}, rewritten"))


Network = Architecture | Program | Rewriting
"""What rules act on."""
Rules = Rule | Offered | Program | str
"""Rules to carry out."""


def matches(what: Network, *rules: Rules, at: str | None = None) -> list[Found]:
    """Every match of *rules* in the network *what*, net by net and rule by rule, in the order of the steps: those at or below *at*.

    Raises:
        SourceError: a rule is wrong.
    """
    begun = _begun(what)
    context = Context(begun.original, _rules(begun.original, rules))
    matcher = Matcher(context)
    found: list[Found] = []
    with deep_recursion():
        for graph in begun.graphs:
            for each in context.rules:
                found += _found(matcher, each, graph.scope)
    if at is not None:
        place = _place(at, begun.graphs)
        found = [each for each in found if place.reaches(each.path)]
    return found


def rewrite(
    what: Network,
    *rules: Rules,
    at: str | Sequence[str] | None = None,
    fixpoint: bool = False,
    fuel: int = FUEL,
) -> Rewriting:
    """The network *what* with *rules* carried out one after the other: texts (`ReLU => SiLU`), rules, those of the library
    (`symnas.rules.separable`), or programs of rules; those of its own program, if none are given. *at* takes the matches at that path, or those paths, or below, alone. To a
    *fixpoint*, it is gone through again until no rule changes anything, with *fuel* for so many replacements. What was
    rewritten before is gone on with: its firings come first.

    Types and shapes are checked after every rule, and all networks where rules leave something to be decided.

    Raises:
        SourceError: a rule is wrong, or breaks the network: the message says at which match.
        SearchError: there is no match at *at*, or no fixed point within *fuel*.
    """
    begun = _begun(what)
    context = Context(begun.original, _rules(begun.original, rules))
    rewriter = _Rewriter(context, None if at is None else _places(at, begun.graphs), fuel)
    graphs = [*begun.graphs]
    while True:
        before, acted, passed = graphs, len(rewriter.firings), len(rewriter.passages)
        for each in context.rules:
            with deep_recursion():
                graphs = [rewriter.graph(graph, each) for graph in graphs]
        if not fixpoint or len(rewriter.firings) == acted or graphs == before:
            if fixpoint:
                del rewriter.firings[acted:], rewriter.passages[passed:]
            break
    if at is not None and not rewriter.firings:
        first = at if isinstance(at, str) else next(iter(at), "nowhere")
        raise SearchError(_nothing_at(first, matches(what, *rules)))
    done = Rewriting(
        begun.original, tuple(graphs), (*begun.firings, *rewriter.firings),
        tuple(dict.fromkeys((*begun.undecided, *rewriter.undecided))), (*begun.passages, *rewriter.passages),
        tuple(dict.fromkeys((*begun.called, *rewriter.tools.writer.declared.values()))),
        what if isinstance(what, Rewriting) else None,
    )  # fmt: skip
    if done.decides:
        done.check()
    return done


def _begun(what: Network) -> Rewriting:
    """*what* as far as it is rewritten."""
    if isinstance(what, Rewriting):
        return what
    architecture = what if isinstance(what, Architecture) else what.architecture()
    return Rewriting(architecture, tuple(map(architecture.graph, architecture.space.nets)), ())


def _rules(architecture: Architecture, given: Collection[Rules]) -> list[Rule]:
    found: list[Rule] = []
    for number, each in enumerate(given, 1):
        match each:
            case str():
                found.append(rule(each, f"rule_{number}"))
            case Rule():
                found.append(each)
            case Offered():
                found += each.rules
            case _:
                found += rules_of(each)
    found = found if given else [*rules_of(architecture.space.program)]
    if not found:
        raise SearchError("there are no rules to carry out; write `rule name: pattern => replacement`")
    return found


def _weights(graph: Graph) -> set[tuple[str, tuple[Weight, ...]]]:
    return {
        (each.operation.shared or each.path, each.operation.weights)
        for each in graph.operations()
        if each.operation.weights
    }


def _places(paths: str | Sequence[str], graphs: Sequence[Graph]) -> Places:
    return Places(tuple(_place(each, graphs) for each in ([paths] if isinstance(paths, str) else paths)))


def _place(path: str, graphs: Iterable[Graph]) -> At:
    """*path*, with the net's name and brackets or as weights are called, in the network."""
    plain = path.replace("[", ".").replace("]", "")
    scopes = []
    for graph in graphs:
        plain = plain.removeprefix(f"{graph.name}.")
        scopes.append(graph.scope)
    return At(plain, any(plain in _paths(each, "", plain) for each in scopes))


def _paths(scope: Scope, prefix: str, wanted: str) -> Iterator[str]:
    """The paths of what is applied on the way to *wanted*."""
    for step in scope.every_step():
        path = step.shared or join(prefix, step.name)
        yield path
        if isinstance(step, Use) and (step.shared or wanted.startswith(f"{path}.")):
            yield from _paths(step.scope, path, wanted)


def _nothing_at(at: str, found: list[Found]) -> str:
    paths = list(dict.fromkeys(each.path for each in found))
    if not paths:
        return f"no rule matches at `{at}`, nor anywhere else"
    close = near(at, paths)
    return f"no rule matches at `{at}`; they match at {listing(close or paths)}"


def _found(matcher: Matcher, rule: RuleCode, scope: Scope) -> list[Found]:
    """The matches of *rule* in the network *scope*."""
    try:
        found = Walk(matcher, rule).scope(scope, "", frozenset())
    except Misplaced:  # now it is known that places matter
        found = Walk(matcher, rule).scope(scope, "", frozenset())
    return [evolve(each, path=each.path.removeprefix("/")) for each in found]


# ---------------------------------------------------------------------------------------------- passes


class _Rewriter:
    """Carries rules out on graphs, one pass after the other."""

    def __init__(self, context: Context, at: Places | None, fuel: int) -> None:
        self.context, self.fuel = context, fuel
        self.tools = Tools(context, at)
        self.firings: list[Firing] = []
        self.undecided: list[Found] = []
        self.passages: list[Passage] = []

    def graph(self, graph: Graph, rule: RuleCode) -> Graph:
        """*graph* after one pass of *rule*."""
        done = Pass(self.tools, rule)
        try:
            scope, firings = done.scope(graph.scope, "", frozenset())
        except Misplaced:  # now it is known that places matter
            scope, firings = done.scope(graph.scope, "", frozenset())
        if done.undecided:
            found = _found(self.tools.matcher, rule, graph.scope)
            self.undecided += [each for each in found if each.undecided is not None]
        if not firings:
            return graph
        firings = [each.absolute for each in firings]
        self.firings += firings
        if len(self.firings) > self.fuel:
            last = self.firings[-1]
            raise SearchError(
                f"no end after {self.fuel:,} replacements: rule `{last.rule}` acts again and again, at last at "
                f"`{last.path}` ({last.before} → {last.after}); add a condition, or go through once"
            )
        self._check_result(graph, scope, rule)
        made = Graph(graph.name, scope, graph.outputs)
        _check_reads(made, rule)
        self.passages.append(Passage(rule.name, rule.keep, graph, made, tuple(firings)))
        return made

    def _check_result(self, graph: Graph, scope: Scope, rule: RuleCode) -> None:
        """Refuse another type than the net declares that it gives."""
        net = self.context.module.declared.get(graph.name)
        before, after = results_of(graph.scope), results_of(scope)
        if before == after or not isinstance(net, NetCode) or net.node.result is None:
            return
        shown = ", ".join(map(str, after))
        raise SourceError.at(
            "E0427", f"`{graph.name}` would give {shown}; it declares {dump(net.node.result)}", net.node.result.span,
            None, (Note(f"rule `{rule.name}` makes it so", rule.span),),
        )  # fmt: skip


def _check_reads(graph: Graph, rule: RuleCode) -> None:
    """Refuse a network that reads a weight (`embed.weight`) which *rule* has taken out or given another shape."""
    placed = [*graph.operations()]
    reads = [each.operation for each in placed if each.operation.operator == READ_WEIGHT]
    if not reads:
        return
    shapes = {
        join(each.operation.shared or each.path, weight.name): weight.shape
        for each in placed
        for weight in each.operation.weights
    }
    for read in reads:
        settings = dict(read.settings)
        path = join(str(settings["module"]), str(settings["name"]))
        if shapes.get(path) != read.outputs[0].shape:
            now = f"would be {list(shapes[path])}" if path in shapes else "would be gone"
            raise SourceError.at(
                "E0403", f"`{path}` is read here as {read.outputs[0]}, and {now}", read.span, None,
                (Note(f"rule `{rule.name}` makes it so", rule.span),),
            )  # fmt: skip
