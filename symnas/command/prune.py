"""`symnas prune`: one network with fewer channels, heads and layers. What can go, and how, is `symnas.pruning`'s business."""

import sys
from argparse import ArgumentParser, ArgumentTypeError
from pathlib import Path
from typing import TYPE_CHECKING, Any

from symnas.command.choosing import choose, read
from symnas.command.options import Namespace, add_choice, add_file, add_json, add_net, add_sizes, at_least
from symnas.command.terminal import count_of, note, print_json, table
from symnas.command.writing import write, write_text
from symnas.errors import CompileError
from symnas.limits import Limits
from symnas.sizes import Size, substitute

if TYPE_CHECKING:
    from symnas.pruning import Units
    from symnas.pruning.dropping import Layer
    from symnas.slimming import Pruned

__all__ = ["ABOUT", "EXAMPLES", "declare", "run"]

ABOUT = """\
Remove the least important channels, attention heads, groups and layers of one network everywhere, and
write what is left as one program with its weights. A channel goes with every row and column of weights
that makes or reads it, so that the network computes what it does with those made 0. What has to stay,
and why, is told by --list."""

EXAMPLES = (
    "symnas prune model.nas --list",
    "symnas prune model.nas --weights in.pt --macs 50% --by l1 -o small.nas",
    "symnas prune model.nas --weights in.pt --params 40% --by taylor --gradients slopes.pt --multiple 8 -o small.nas",
    "symnas prune model.nas --weights in.pt --drop stage[2] --layers 3 -o small.nas",
)

_MEASURES = ("l1", "l2", "bn", "taylor", "random")


class Options(Namespace):
    """What `prune` is given."""

    file: str
    limits: Limits
    weights: Path | None
    gradients: Path | None
    keep: float | None
    params: float | None
    macs: float | None
    by: str
    absolute: bool | None
    alike: bool
    multiple: int
    only: list[str]
    skip: list[str]
    drop: list[str]
    layers: int
    statistics: bool
    size: list[tuple[str, int]]
    net: str | None
    pick: list[str]
    seed: int | None
    listing: bool
    json: bool
    output: Path | None


def declare(parser: ArgumentParser) -> None:
    """A file, its weights, how much may be left and by what measure, and where to."""
    add_file(parser)
    parser.add_argument(
        "--weights", type=Path, metavar="IN.PT", help="the weights: a state dict (.pt), or arrays (.npz)"
    )
    for name, what in (("keep", "channels that can go"), ("params", "parameters"), ("macs", "multiply-adds")):
        parser.add_argument(
            f"--{name}", type=share, metavar="SHARE", help=f"how many {what} may be left, as `50%%` or 0.5"
        )
    parser.add_argument("--by", choices=_MEASURES, default="l2", help="the measure of importance (l2)")
    parser.add_argument(
        "--gradients", type=Path, metavar="G.PT", help="taylor: gradients of the loss, named as the weights"
    )
    how = parser.add_mutually_exclusive_group()
    how.add_argument("--absolute", action="store_true", default=None, help="compare importance as it is (bn, taylor)")
    how.add_argument(
        "--relative", dest="absolute", action="store_false", default=None,
        help="compare it over the mean of each group (l1, l2)",
    )  # fmt: skip
    parser.add_argument("--alike", action="store_true", help="take the same share of every group")
    parser.add_argument(
        "--multiple", type=at_least(1), default=1, metavar="M", help="leave multiples of M channels (1)"
    )
    paths = (
        ("only", "remove channels made here alone"),
        ("skip", "remove none made here"),
        ("drop", "leave this layer out"),
    )
    for name, what in paths:
        parser.add_argument(f"--{name}", metavar="PATH", action="append", default=[], help=f"{what}; may be given several times")  # fmt: skip
    parser.add_argument(
        "--layers", type=at_least(0), default=0, metavar="K", help="leave the K least residual branches out"
    )
    parser.add_argument(
        "--statistics", action="store_true", help="remove channels, too, that normalisations are taken over"
    )
    add_sizes(parser, "give a size that the MACs depend on")
    add_net(parser)
    add_choice(parser, "draw what is undecided, and importance by `random`, with this seed (0)")
    add_json(parser, "groups, or what went,")
    where = parser.add_mutually_exclusive_group()
    where.add_argument(
        "--list", dest="listing", action="store_true", help="change nothing; print what can go and what stays"
    )
    where.add_argument(
        "-o",
        dest="output",
        type=Path,
        metavar="OUT.NAS",
        help="the file to write, and weights to OUT.pt; printed without it",
    )


def share(text: str) -> float:
    """A share as `50%` or `0.5`."""
    try:
        value = float(text.removesuffix("%")) / (100 if text.endswith("%") else 1)
    except ValueError:
        value = 0.0
    if not 0 < value <= 1:
        raise ArgumentTypeError(f"must be a share above 0 and at most 1, as `50%` or 0.5, not `{text}`")
    return value


def run(options: Options) -> int:
    """Prune, and write or print; or list what can go."""
    from symnas.slimming import prunable, prune

    chosen = choose(read(options.file, options.pick, options.limits), options.seed)
    if chosen.how:
        note(f"{options.file}: {chosen.how}")
    if options.listing:
        found, layers = prunable(chosen.architecture, options.net, statistics=options.statistics)
        _list(found, layers, as_json=options.json)
        return 0
    done = prune(
        chosen.architecture, _read(options.weights), keep=options.keep, params=options.params, macs=options.macs,
        by=options.by, absolute=options.absolute, gradients=_read(options.gradients), only=options.only,
        skip=options.skip, alike=options.alike, multiple=options.multiple, drop=options.drop, layers=options.layers,
        statistics=options.statistics, sizes=dict(options.size), seed=options.seed or 0, net=options.net,
    )  # fmt: skip
    done.check()
    _write(done, options)
    return 0


def _read(path: Path | None) -> "Any":
    if path is None:
        return None
    from symnas.training.weights import load_weights

    return load_weights(path)


def _write(done: "Pruned", options: Options) -> None:
    """The program and its weights to their files, or to standard output; the table beside it."""
    text, sizes = done.program.text, dict(options.size)
    if options.output is None:
        if options.json:
            print_json(_record(done, sizes))
        else:
            note(_told(done, sizes))
            sys.stdout.write(text)
        return
    weights = options.output.with_suffix(
        ".npz" if options.weights is not None and options.weights.suffix == ".npz" else ".pt"
    )
    if weights == options.output:
        raise CompileError(f"the weights would be written to {weights}, too; call the program `….nas`")
    print_json(_record(done, sizes)) if options.json else sys.stdout.write(f"{_told(done, sizes)}\n")
    if done.weights is not None:
        from symnas.training.weights import save_arrays

        arrays = done.weights
        write(weights, lambda place: save_arrays(arrays, place, weights.suffix))
        note(f"wrote {weights}")
    write_text(options.output, text)
    note(f"wrote {options.output}")


# ----------------------------------------------------------------------------------------------- told


def _told(done: "Pruned", sizes: dict[str, int]) -> str:
    """What went, as a table."""
    rows = [
        (each.group.name, f"{each.before:,}", f"{each.after:,}", _beside(each.group.made, each.group.read))
        for each in done.changes
        if each.after != each.before
    ]
    before = done.original.graph(done.net)
    lines = [table(("channels of", "before", "after", "goes with"), rows, (1, 2))] if rows else []
    lines += [f"left out: {each.path}" for each in done.layers]
    macs = [substitute(each.macs, sizes) for each in (before, done.graph)]
    lines.append(_pair("parameters", before.params, done.graph.params))
    lines.append(_pair("MACs", *macs))
    return "\n".join(lines)


def _beside(made: tuple[str, ...], read: tuple[str, ...]) -> str:
    others = (*made[1:], *read)
    shown = ", ".join(others[:2])
    return f"{shown} and {len(others) - 2} more" if len(others) > 2 else shown


def _pair(name: str, before: Size, after: Size) -> str:
    known = isinstance(before, int) and isinstance(after, int) and before
    share = f" ({after / before:.1%})" if known else ""
    return f"{name}: {_number(before)} → {_number(after)}{share}"


def _number(size: Size) -> str:
    return f"{size:,}" if isinstance(size, int) else str(size)


def _record(done: "Pruned", sizes: dict[str, int]) -> dict[str, Any]:
    before = done.original.graph(done.net)
    return {
        "groups": [{"group": each.group.name, "before": each.before, "after": each.after} for each in done.changes],
        "left_out": [each.path for each in done.layers],
        "params": [before.params, done.graph.params],
        "macs": [_plain(substitute(each.macs, sizes)) for each in (before, done.graph)],
    }


def _plain(size: Size) -> int | str:
    return size if isinstance(size, int) else str(size)


def _list(found: "Units", layers: "tuple[Layer, ...]", *, as_json: bool) -> None:
    if as_json:
        print_json(
            {
                "groups": [
                    {
                        "group": each.name,
                        "units": len(each.units),
                        "width": each.width,
                        "made": each.made,
                        "read": each.read,
                    }
                    for each in found.groups
                ],
                "branches": [{"path": each.path, "residual": each.residual} for each in layers],
                "stays": [{"path": each.path, "channels": each.count, "why": each.why} for each in found.stuck],
            }
        )
        return
    rows = [
        (each.name, f"{len(each.units):,}", str(each.width), _beside(each.made, each.read)) for each in found.groups
    ]
    text = table(("channels of", "units", "width", "goes with"), rows, (1, 2)) if rows else "no channel can go"
    sys.stdout.write(f"{text}\n")
    for layer in layers:
        sys.stdout.write(f"branch: {layer.path}{'' if layer.residual else ' (not around what it reads)'}\n")
    for each in found.stuck:
        sys.stdout.write(f"stays: {each.path}, {count_of(each.count, 'channel')}: {each.why}\n")
