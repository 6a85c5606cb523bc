"""`symnas compile`: one architecture as source for another framework with its first weights, or as an ONNX model."""

import sys
from argparse import ArgumentParser
from pathlib import Path

from symnas.allowing import check_allowed, importable_from, python_layers
from symnas.command.choosing import Chosen, choose, read
from symnas.command.exporting import source
from symnas.command.options import Namespace, add_allow, add_choice, add_file, add_net, add_sizes
from symnas.command.terminal import note
from symnas.command.writing import write, write_text
from symnas.compilers import TARGETS
from symnas.errors import CompileError
from symnas.graph import Graph
from symnas.limits import Limits

__all__ = ["ABOUT", "EXAMPLES", "declare", "run"]

ABOUT = """\
Write one architecture as plain source that imports nothing of symnas, or as an ONNX model. Which one:
the file's picks, --pick, and for the rest a draw with --seed. Neither needs torch, .pt files do."""

EXAMPLES = (
    "symnas compile samples/digits.nas --to torch -o net.py",
    "symnas compile best.nas --to torch -o net.py --weights net.pt",
    "symnas compile best.nas --to onnx -o net.onnx --weights best.pt",
)


class Options(Namespace):
    """What `compile` is given."""

    file: str
    limits: Limits
    to: str
    net: str | None
    pick: list[str]
    seed: int | None
    output: Path | None
    weights: Path | None
    opset: int | None
    size: list[tuple[str, int]]
    allow: list[str]


def declare(parser: ArgumentParser) -> None:
    """A file, which architecture of it, for what, and where to."""
    add_file(parser)
    parser.add_argument("--to", choices=sorted(TARGETS), default="torch", help="the target (torch)")
    parser.add_argument(
        "-o", dest="output", type=Path, metavar="NET", help="the file to write; source is printed without it"
    )
    parser.add_argument(
        "--weights",
        type=Path,
        metavar="NET.PT",
        help="torch: the weights that the source loads, checked if they are there, else freshly initialised;"
        " onnx: take them from this file (.pt or .npz)",
    )
    parser.add_argument("--opset", type=int, metavar="V", help="onnx: the version of its operators (20)")
    add_sizes(parser, "onnx: fix a size that the network leaves open, as in `N=1`")
    add_net(parser)
    add_choice(parser)
    add_allow(parser)


def run(options: Options) -> int:
    """Compile, and write or print."""
    chosen = choose(read(options.file, options.pick, options.limits), options.seed)
    graph = chosen.architecture.graph(options.net)
    check_allowed(python_layers(graph).values(), options.allow, f"`{graph.name}`")
    if chosen.how:
        note(f"{graph.name}: {chosen.how}")
    if options.to == "onnx":
        return _write_onnx(options, chosen, graph)
    if options.opset is not None or options.size:
        raise CompileError("`--opset` and `--size` are for `--to onnx`")
    return _write_source(options, chosen, graph)


def _write_source(options: Options, chosen: Chosen, graph: Graph) -> int:
    text = source(chosen.architecture, graph, options.weights)
    if options.weights is not None:
        _write_weights(options, options.weights, graph)
    if options.output is None:
        sys.stdout.write(text)
    else:
        write_text(options.output, text)
        note(f"wrote {options.output}")
    return 0


def _write_weights(options: Options, path: Path, graph: Graph) -> None:
    """Fresh weights of *graph*; those that are there already are kept, and must fit.

    Raises:
        CompileError: they are those of another network.
    """
    from symnas.compilers.torch import build
    from symnas.training.randomness import Surroundings
    from symnas.training.weights import load_weights, save_weights

    with importable_from(Path(options.file).parent), Surroundings(options.seed or 0).entered():
        module = build(graph, allow=options.allow)
    if not path.exists():
        write(path, lambda place: save_weights(module, place))
        note(f"wrote {path}")
        return
    try:
        module.load_state_dict(load_weights(path))
    except RuntimeError as error:
        complaint = str(error).partition("\n")[2].strip().partition("\n")[0] or str(error)
        raise CompileError(
            f"{path} holds the weights of another network than `{graph.name}`: {complaint[:200]}\n"
            "name another file, or remove that one for fresh weights"
        ) from error
    note(f"{path} fits")


def _write_onnx(options: Options, chosen: Chosen, graph: Graph) -> int:
    from symnas.api import header_of
    from symnas.compilers.onnx import build, save

    if options.output is None:
        raise CompileError("an ONNX model is no text to print; say where to write it: `-o net.onnx`")
    weights = None
    if options.weights is not None:
        from symnas.training.weights import load_weights

        weights = load_weights(options.weights)
    header, seed = header_of(chosen.architecture), options.seed or 0
    model = build(graph, header, weights=weights, seed=seed, opset=options.opset, sizes=dict(options.size))
    data = f"{options.output.name}.data"
    write(options.output, lambda place: save(model, place, data))
    note(f"wrote {options.output}")
    return 0
