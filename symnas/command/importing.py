"""`symnas import`: a network of another format as a program. Reading it is the business of `symnas.foreign`."""

import sys
from argparse import ArgumentParser
from collections.abc import Mapping
from pathlib import Path

from symnas.allowing import importable_from
from symnas.command.options import Namespace, add_allow
from symnas.command.terminal import note
from symnas.command.writing import write, write_text
from symnas.errors import CompileError
from symnas.foreign import Foreign

__all__ = ["ABOUT", "EXAMPLES", "declare", "run"]

ABOUT = """\
Write a network that was made elsewhere as a program: an ONNX model, or a PyTorch module that a function
makes (`package.module:factory`). Modules become blocks; the weights are kept beside the program. What
has no counterpart is named, operator by operator. Weights have the names that the model has for them,
but in a `repeat`, which rows of equal layers become: what those are called is said."""

EXAMPLES = (
    "symnas import resnet.onnx -o resnet.nas",
    'symnas import my.models:resnet -o resnet.nas --allow my --input "image: f32[N, 3, 224, 224]"',
)


class Options(Namespace):
    """What `import` is given."""

    model: str
    output: Path | None
    weights: Path | None
    name: str | None
    input: list[str]
    allow: list[str]


def declare(parser: ArgumentParser) -> None:
    """What is imported, and where the program and its weights are written."""
    parser.add_argument(
        "model",
        metavar="MODEL",
        help="an .onnx file, or `package.module:factory`; modules in this folder are found, too",
    )
    parser.add_argument("-o", dest="output", type=Path, metavar="OUT.NAS", help="the program; printed without it")
    parser.add_argument(
        "--weights", type=Path, metavar="OUT.PT", help="the weights, .pt or .npz (beside the program, .pt)"
    )
    parser.add_argument("--name", metavar="NET", help="what the net is called (like the file or the factory)")
    parser.add_argument(
        "--input",
        metavar="NAME: TYPE",
        action="append",
        default=[],
        help="PyTorch: an input of the module, as in `image: f32[N, 3, 224, 224]`; may be given several times",
    )
    add_allow(parser)


def run(options: Options) -> int:
    """Import, and write or print."""
    from symnas.foreign import from_factory, from_onnx

    if _is_factory(options.model):
        with importable_from(Path()):
            found = from_factory(options.model, options.input, options.name, allow=options.allow)
    else:
        if options.input or options.allow:
            raise CompileError("`--input` and `--allow` are for PyTorch modules; an ONNX model says its inputs itself")
        found = from_onnx(options.model, options.name)
    _write(options, found)
    return 0


def _is_factory(model: str) -> bool:
    """Whether *model* is `package.module:factory`, and no file that is called so."""
    module, colon, factory = model.partition(":")
    words = [*module.split("."), factory]
    return bool(colon) and all(each.isidentifier() for each in words) and not Path(model).exists()


def _write(options: Options, found: Foreign) -> None:
    weights = options.weights
    if options.output is None:
        sys.stdout.write(found.program.text)
    else:
        write_text(options.output, found.program.text)
        note(f"wrote {options.output}")
        weights = weights or options.output.with_suffix(".pt")
    if weights is not None and found.weights:
        from symnas.training.weights import save_arrays

        write(weights, lambda place: save_arrays(found.weights, place, weights.suffix))
        note(f"wrote {weights}")
        for before, after in _turns(found.renamed).items():
            note(f"`{before}` of the model is `{after}`")


def _turns(renamed: Mapping[str, str]) -> dict[str, str]:
    """What is called otherwise: of each of the names in *renamed*, with the new one, what comes before the part that both
    end with.
    """
    found: dict[str, str] = {}
    for name, new in renamed.items():
        before, after = name.split("."), new.split(".")
        while len(before) > 1 and before[-1] == after[-1]:
            before, after = before[:-1], after[:-1]
        found[".".join(before)] = ".".join(after)
    return found
