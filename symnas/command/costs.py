"""What `symnas count` tells of costs: `--cost` and `--histogram`, and what a `require` on costs leaves."""

from argparse import ArgumentParser
from math import sqrt

from symnas.command.options import Namespace, add_sizes, at_least
from symnas.command.terminal import count_of, note, print_json
from symnas.distribution import Distribution
from symnas.feasible import Feasible
from symnas.pricing import ADDED_COSTS, Attained, CostsUnknown, Pricing
from symnas.space import Space

__all__ = ["Costs", "add_costs", "left_by_requires", "show_costs"]

_BEFORE = ", before `require` on costs"

_WIDTH = 40
"""Characters of the longest bar."""


class Costs(Namespace):
    """What the options on costs give."""

    net: str | None
    json: bool
    cost: list[str]
    histogram: str | None
    bins: int
    size: list[tuple[str, int]]


def add_costs(parser: ArgumentParser) -> None:
    """Which costs, and how they are told."""
    parser.add_argument(
        "--cost", action="append", default=[], choices=ADDED_COSTS, metavar="COST",
        help=f"the least and the greatest of a cost ({', '.join(ADDED_COSTS)}), with what attains them; may be given several times",
    )  # fmt: skip
    parser.add_argument("--histogram", choices=ADDED_COSTS, metavar="COST", help="how many architectures cost how much")
    parser.add_argument("--bins", type=at_least(1), default=20, metavar="N", help="bars of the histogram (20)")
    add_sizes(parser, "give a size that the file leaves open (`T=128`), for costs")


def show_costs(space: Space, options: Costs) -> int:
    """Print bounds, then the histogram, as asked for."""
    pricing = Pricing(space, dict(options.size))
    feasible = {cost: pricing.feasible_bounds(cost, options.net) for cost in options.cost}
    bounds = {cost: found or pricing.bounds(cost, options.net) for cost, found in feasible.items()}
    found, whole = _histogram(pricing, options) if options.histogram else (None, True)
    if options.json:
        record: dict[str, object] = {
            cost: {"least": _record(low), "greatest": _record(high), "before_require_on_costs": feasible[cost] is None}
            for cost, (low, high) in bounds.items()
        }
        if found is not None:
            record["histogram"] = {**_bars_record(found, options), "before_require_on_costs": not whole}
        print_json(record)
        return 0
    for cost, (low, high) in bounds.items():
        print(f"{cost}: {low.cost:,} to {high.cost:,}{'' if feasible[cost] else _BEFORE}")  # noqa: T201
        for title, each in (("least", low), ("greatest", high)):
            print(f"  {title}, for example:{_picks(each)}")  # noqa: T201
    if found is not None:
        print(_drawn(found, options, "" if whole else _BEFORE))  # noqa: T201
    return 0


def _histogram(pricing: Pricing, options: Costs) -> tuple[Distribution, bool]:
    """The histogram, and whether it is of those alone that meet every `require`."""
    cost, net = options.histogram, options.net
    assert cost is not None
    try:
        found = pricing.feasible_distribution(cost, net)
        return (found, True) if found is not None else (pricing.distribution(cost, net), False)
    except CostsUnknown as error:
        note(f"{error}: estimated from draws")
        return pricing.estimate(cost, net), True


def _record(attained: Attained) -> dict[str, object]:
    return {"cost": attained.cost, "picks": attained.architecture.picks}


def _picks(attained: Attained) -> str:
    return "".join(f"\n    {path}: {choice}" for path, choice in attained.architecture.picks.items())


def _bars_record(found: Distribution, options: Costs) -> dict[str, object]:
    bars = [{"low": each.low, "high": each.high, "count": each.count} for each in found.bars(options.bins)]
    record: dict[str, object] = {"cost": options.histogram, "error": found.error, "total": found.total, "bars": bars}
    return record | ({"draws": found.draws} if found.draws else {})


def _drawn(found: Distribution, options: Costs, before: str) -> str:
    """The bars, each with its range and its number of architectures."""
    bars = found.bars(options.bins)
    most = max(bar.count for bar in bars)
    ends = max(len(f"{bar.high:,}") for bar in bars)
    shown = [f"{bar.count:,}" if not found.draws else f"{bar.count / found.draws:.1%}" for bar in bars]
    numbers = max(map(len, shown))
    lines = [
        f"{bar.low:>{ends},} – {bar.high:>{ends},}  {count:>{numbers}}  {_bar(bar.count, most)}".rstrip()
        for bar, count in zip(bars, shown, strict=True)
    ]
    exact = "exact" if not found.error else f"costs are off by at most {found.error:,}"
    if found.draws:
        exact = f"drawn uniformly; shares are off by {_off(found.draws):.1%} or less, nineteen times of twenty"
    title = f"{options.histogram} of {count_of(found.total, 'architecture')}, {exact}; mean {float(found.mean()):,.0f}{before}"
    return "\n".join([title, *lines])


def _off(draws: int) -> float:
    """By how much a share that was counted in *draws* may be off: twice the greatest standard error."""
    return 1 / sqrt(draws)


def _bar(count: int, most: int) -> str:
    """A bar as long as its share of the longest, in eighths of a character."""
    eighths = (8 * _WIDTH * count + most - 1) // most if count else 0
    return "█" * (eighths // 8) + " ▏▎▍▌▋▊▉"[eighths % 8].strip()


def left_by_requires(found: Feasible) -> str:
    """How many architectures the `require`s on costs leave, in words."""
    if found.size is not None:
        return count_of(found.size, "architecture")
    if not found.met:
        return f"at most {count_of(found.most, 'architecture')} (none of {found.draws:,} draws met every `require`)"
    share = found.met / found.draws
    percent = 100 * sqrt((1 - share) / (share * found.draws))
    return f"about {count_of(found.about, 'architecture')} (± {max(percent, 0.1):.1f}%, from {found.draws:,} draws), at most {found.most:,}"
