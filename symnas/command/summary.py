"""`symnas summary`: the layers of one architecture as a table."""

import sys
from argparse import ArgumentParser
from collections.abc import Mapping

from attrs import frozen

from symnas.command.choosing import choose, read
from symnas.command.options import Namespace, add_choice, add_file, add_json, add_net, add_sizes
from symnas.command.terminal import note, print_json, table
from symnas.errors import SearchError
from symnas.graph import Graph
from symnas.limits import Limits
from symnas.sizes import Size, substitute, symbols_of

__all__ = ["ABOUT", "EXAMPLES", "declare", "run"]

ABOUT = """\
Show the layers of one architecture: path, operator, output shape, parameters, MACs (multiply-adds
of one sample). Which one: the file's picks, --pick, and for the rest a draw with --seed."""

EXAMPLES = (
    "symnas summary samples/digits.nas --seed 3",
    "symnas summary resnet50.nas --size H=224 --size W=224",
    "symnas summary mobile.nas --pick width=0.75 --json",
)


class Options(Namespace):
    """What `summary` is given."""

    file: str
    limits: Limits
    net: str | None
    pick: list[str]
    seed: int | None
    size: list[tuple[str, int]]
    json: bool


@frozen
class Row:
    """One layer. *path* is its weight path; weights used before count nothing again."""

    path: str
    operator: str
    outputs: tuple[str, ...]
    params: int
    macs: Size


def declare(parser: ArgumentParser) -> None:
    """A file, which architecture of it, and sizes that its shapes leave open."""
    add_file(parser)
    add_net(parser)
    add_choice(parser)
    add_sizes(parser, "give a size that the file leaves open (`H=224`)")
    add_json(parser, "the table")


def run(options: Options) -> int:
    """Print the table, and on stderr which architecture it shows."""
    chosen = choose(read(options.file, options.pick, options.limits), options.seed)
    graph = chosen.architecture.graph(options.net)
    sizes: dict[str, int] = dict(options.size)
    _check_sizes(graph, sizes)
    rows = _rows(graph, sizes)
    macs = substitute(graph.macs, sizes)
    if options.json:
        print_json(_record(graph, rows, macs) | {"picks": chosen.architecture.picks})
        return 0
    if chosen.how:
        note(f"{graph.name}: {chosen.how}")
    shown = [
        (each.path, each.operator, " ".join(each.outputs), f"{each.params:,}", _number(each.macs)) for each in rows
    ]
    total = ("total", "", "", f"{graph.params:,}", "" if symbols_of(macs) else _number(macs))
    sys.stdout.write(table(("layer", "operator", "output", "params", "MACs"), shown, (3, 4), total) + "\n")
    if open_sizes := symbols_of(macs):
        given = " ".join(f"--size {name}=…" for name in sorted(open_sizes))
        sys.stdout.write(f"MACs: {macs}; a number with {given}\n")
    if graph.whens:
        sys.stdout.write(f"MACs are those of the costlier side of {_whens(graph)}; what to expect needs exit rates\n")
    return 0


def _whens(graph: Graph) -> str:
    first, *others = graph.whens
    return f"`{first}`" + (f" and {len(others)} other `when`{'s' * (len(others) > 1)}" if others else "")


def _rows(graph: Graph, sizes: Mapping[str, int]) -> list[Row]:
    rows: list[Row] = []
    seen: set[str] = set()
    for placed in graph.deployed.operations():
        operation = placed.operation
        used = operation.shared is not None and operation.shared in seen
        if operation.shared is not None:
            seen.add(operation.shared)
        shapes = (type.with_shape(*(substitute(size, sizes) for size in type.shape)) for type in operation.outputs)
        params = 0 if used else operation.params
        rows.append(
            Row(
                placed.path,
                operation.operator,
                tuple(map(str, shapes)),
                params,
                substitute(operation.macs * placed.times, sizes),
            )
        )
    return rows


def _check_sizes(graph: Graph, sizes: Mapping[str, int]) -> None:
    known = {name for type in graph.scope.inputs for size in type.shape for name in symbols_of(size)}
    if strange := sorted(sizes.keys() - known):
        there = ", ".join(f"`{name}`" for name in sorted(known)) or "none"
        raise SearchError(f"`{graph.name}` has no size called `{strange[0]}`; the sizes it leaves open: {there}")


def _number(size: Size) -> str:
    return f"{size:,}" if isinstance(size, int) else str(size)


def _record(graph: Graph, rows: list[Row], macs: Size) -> dict[str, object]:
    return {
        "net": graph.name,
        "layers": [
            {
                "path": each.path,
                "operator": each.operator,
                "outputs": list(each.outputs),
                "params": each.params,
                "macs": _plain(each.macs),
            }
            for each in rows
        ],
        "params": graph.params,
        "macs": _plain(macs),
        "whens": list(graph.whens),
        "memory": graph.memory,
    }


def _plain(size: Size) -> int | str:
    """A size as JSON has it: a number, or an expression of sizes that are not given."""
    return size if isinstance(size, int) else str(size)
