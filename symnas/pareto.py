"""Several objectives at once: the Pareto front of points, its hypervolume, its knee.

Points are the objectives' values in the user's own directions. A value that is NaN belongs to no front. How searchers
rank what they have is their own business.
"""

import math
from collections.abc import Sequence

from symnas.errors import SearchError
from symnas.tree import Direction

__all__ = ["front", "hypervolume", "knee"]

Point = Sequence[float]

_Turned = tuple[float, ...]
"""A point turned so that larger is better everywhere."""


def front(points: Sequence[Point], directions: Sequence[Direction]) -> list[int]:
    """Places of the points that no other one dominates: is nowhere worse than and somewhere better. In the order of the
    first objective, the best first. Equal points are all there or none.

    Raises:
        SearchError: a point has not one value for each direction.
    """
    turned = _turned(points, directions)
    whole = [place for place, point in enumerate(turned) if not any(map(math.isnan, point))]
    found: list[int] = []
    best: list[_Turned] = []
    for place in sorted(whole, key=lambda each: turned[each], reverse=True):  # a point comes after all that dominate it
        point = turned[place]
        if not any(_dominates(other, point) for other in best):
            found.append(place)
            if not best or best[-1] != point:
                best.append(point)
    return found


def hypervolume(points: Sequence[Point], reference: Point, directions: Sequence[Direction]) -> float:
    """The volume of what is dominated by a point and better than *reference*; exact for any number of objectives.

    A point that is not better than the reference in every objective adds nothing. Zitzler and Thiele 1998; for four
    objectives and more by While, Bradstreet and Barone, "A fast way of calculating exact hypervolumes", 2012.

    Raises:
        SearchError: a point, or the reference, has not one value for each direction, or the reference is not finite.
    """
    (origin,) = _turned([reference], directions)
    if not all(map(math.isfinite, origin)):
        raise SearchError(f"the reference of a hypervolume is finite; got {tuple(reference)}")
    edges = {
        tuple(value - zero for value, zero in zip(point, origin, strict=True)) for point in _turned(points, directions)
    }
    return _volume([each for each in edges if all(edge > 0 for edge in each)])


def knee(points: Sequence[Point], directions: Sequence[Direction]) -> int:
    """The place of the point of the front where giving up a little of one objective gains least of the others: the one
    farthest, towards the better, from the plane through the front's extremes (Das 1999), each objective scaled to its
    range on the front. The first of equals in the order of `front`.

    Raises:
        SearchError: there is no point.
    """
    places = front(points, directions)
    if not places:
        raise SearchError("a knee needs a point with a value for every objective")
    turned = _turned([points[place] for place in places], directions)
    columns: list[_Turned] = list(zip(*turned, strict=True))
    lows, spans = [min(each) for each in columns], [(max(each) - min(each)) or 1.0 for each in columns]

    def height(point: _Turned) -> float:
        return sum((value - low) / span for value, low, span in zip(point, lows, spans, strict=True))

    return places[max(range(len(places)), key=lambda each: height(turned[each]))]


def _turned(points: Sequence[Point], directions: Sequence[Direction]) -> list[_Turned]:
    signs = [1.0 if direction is Direction.MAXIMIZE else -1.0 for direction in directions]
    for point in points:
        if len(point) != len(signs):
            raise SearchError(f"{len(point)} values for {len(signs)} objectives: {tuple(point)}")
    return [tuple(sign * value for sign, value in zip(signs, point, strict=True)) for point in points]


def _dominates(one: _Turned, other: _Turned) -> bool:
    return one != other and all(mine >= yours for mine, yours in zip(one, other, strict=True))


def _volume(edges: list[_Turned]) -> float:
    """The volume of the union of boxes from the origin, by their edges."""
    if not edges:
        return 0.0
    match len(edges[0]):
        case 1:
            return max(edge[0] for edge in edges)
        case 2:
            return _area(edges)
        case 3:
            return _by_slices(edges)
        case _:
            return _by_exclusive_parts(edges)


def _area(edges: list[_Turned]) -> float:
    """Of rectangles: from the widest to the narrowest, each adds a strip as high as it overtops those before."""
    area = top = 0.0
    for width, height in sorted(edges, reverse=True):
        if height > top:
            area += width * (height - top)
            top = height
    return area


def _by_slices(edges: list[_Turned]) -> float:
    """Of boxes: between two heights the section is that of the boxes that reach the upper one."""
    ordered = sorted(edges, key=lambda each: each[2], reverse=True)
    floors = [each[2] for each in ordered[1:]] + [0.0]
    total = 0.0
    section: list[_Turned] = []
    for edge, floor in zip(ordered, floors, strict=True):
        section = _undominated([*section, edge[:2]])
        total += _area(section) * (edge[2] - floor)
    return total


def _by_exclusive_parts(edges: list[_Turned]) -> float:
    """Of boxes of any dimension: what each has beyond those after it, which is its own volume less that of its
    intersections with them.
    """
    ordered = sorted(_undominated(edges), key=lambda each: each[-1])
    total = 0.0
    for place, edge in enumerate(ordered):
        common = [tuple(map(min, edge, other)) for other in ordered[place + 1 :]]
        total += math.prod(edge) - _volume(_undominated(common))
    return total


def _undominated(edges: list[_Turned]) -> list[_Turned]:
    found: list[_Turned] = []
    for edge in sorted(set(edges), reverse=True):
        if not any(_dominates(other, edge) for other in found):
            found.append(edge)
    return found
