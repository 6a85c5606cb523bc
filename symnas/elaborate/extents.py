"""Extents: how many operations the networks of a space can have at most, and which. Only where tries are complete."""

from attrs import field, frozen

from symnas.elaborate.templates import HoleStep, Nested, Template
from symnas.elaborate.tries import Kind, Node, Outcome, Region
from symnas.graph import Operation

__all__ = ["Extent", "extent"]


@frozen
class Extent:
    """*layers*: operations of the largest network, those of training alone included; *operators*: all that occur."""

    layers: int
    operators: frozenset[str]


@frozen(eq=False)
class _Own:
    """What a template has by itself, and the numbers of the holes in it."""

    layers: int
    operators: frozenset[str]
    holes: tuple[int, ...]


@frozen(eq=False)
class _Extents:
    """Of a region: the most operations for each outcome, and the operators of all."""

    layers: dict[Outcome, int] = field(factory=dict)
    operators: set[str] = field(factory=set)


def extent(region: Region, net: str) -> Extent:
    """The extent of the net called *net*, where *region* is the whole file or that net."""
    found = _Measurer(region, net).region(region)
    return Extent(max(found.layers.values(), default=0), frozenset(found.operators))


class _Measurer:
    """Goes through every way of every region once. A bound, not always attained: of what a region can give with an
    outcome the largest is taken.
    """

    def __init__(self, whole: Region, net: str) -> None:
        self.whole, self.net = whole, net
        self.known: dict[Region, _Extents] = {}
        self.owned: dict[int, _Own] = {}

    def region(self, region: Region) -> _Extents:
        if region not in self.known:
            found = _Extents()
            assert region.root is not None
            self._visit(region, region.root, [], found)
            self.known[region] = found
        return self.known[region]

    def _visit(self, region: Region, node: Node, parts: list[tuple[Region, Outcome]], found: _Extents) -> None:
        if not node.counts:
            return
        if node.kind == Kind.LEAF:
            self._leaf(region, node, parts, found)
        elif node.kind == Kind.ASK:
            for child in node.next.values():
                self._visit(region, child, parts, found)
        else:
            for outcome, child in node.next.items():
                self._visit(region, child, [*parts, (node.region, outcome)], found)

    def _leaf(self, region: Region, node: Node, parts: list[tuple[Region, Outcome]], found: _Extents) -> None:
        own = self._own(self._template(region, node))
        layers = own.layers
        found.operators.update(own.operators)
        for number in own.holes:
            part, outcome = parts[number]
            inner = self.region(part)
            layers += inner.layers.get(outcome, 0)
            found.operators.update(inner.operators)
        found.layers[node.outcome] = max(layers, found.layers.get(node.outcome, 0))

    def _template(self, region: Region, node: Node) -> Template:
        """The template of a leaf; of the whole file's, the part that is the net."""
        template: Template = node.template
        if region is self.whole:
            for step in template.steps:
                if isinstance(step, Nested) and step.name == self.net:
                    return step.template
        return template

    def _own(self, template: Template) -> _Own:
        if id(template) not in self.owned:
            operators: list[str] = []
            holes: list[int] = []
            _collect(template, operators, holes)
            self.owned[id(template)] = _Own(len(operators), frozenset(operators), tuple(holes))
        return self.owned[id(template)]


def _collect(template: Template, operators: list[str], holes: list[int]) -> None:
    for step in template.steps:
        match step:
            case Operation():
                operators.append(step.operator)
            case HoleStep():
                holes.append(step.number)
            case Nested():
                _collect(step.template, operators, holes)
            case _:
                operators.append("when" if len(step.templates) > 1 else "scan")
                for each in step.templates:
                    _collect(each, operators, holes)
