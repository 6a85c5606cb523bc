"""`symnas rewrite`: rules carried out on one network. What a rule is and does is `symnas.rewriting`'s business."""

import sys
from argparse import ArgumentParser
from pathlib import Path
from typing import TYPE_CHECKING, Any

from symnas.command.choosing import choose, read, rules_asked
from symnas.command.options import Namespace, add_choice, add_file, add_json, add_net
from symnas.command.terminal import count_of, note, print_json
from symnas.command.writing import write, write_text
from symnas.domains import show_count
from symnas.errors import SearchError
from symnas.limits import Limits

if TYPE_CHECKING:
    from symnas.architecture import Architecture
    from symnas.rewriting import Found, Rewriting

__all__ = ["ABOUT", "EXAMPLES", "declare", "run"]

ABOUT = """\
Carry rules out on one network, and write what comes of it as one program, as `expand` does: the rules
of the file, or of another. Types and shapes are checked after every rule; one that breaks the network
is told with the place where it does, and nothing is written. What acted where is told as well. With
--weights, the weights of the network are carried over to what it has become, as the rules' `keep` says."""

LIBRARY = "library"
"""What `--rules` takes to have all rules of the library listed."""

_TOLD = 20
"""Weights whose origin is told, beside how many there are of each kind."""

EXAMPLES = (
    "symnas rewrite model.nas --rules rules.nas --list",
    "symnas rewrite model.nas --rules rules.nas --rule wide --at stem --diff",
    "symnas rewrite model.nas --rules rules.nas --fixpoint --seed 4 -o small.nas",
    "symnas rewrite model.nas --rules rules.nas --weights model.pt -o wide.nas",
    "symnas rewrite model.nas --rules library",
    "symnas rewrite model.nas --rules 'lora(rank = 8)' --weights model.pt -o tuned.nas",
    "symnas rewrite model.nas --rules elastic_kernels -o space.nas",
)


class Options(Namespace):
    """What `rewrite` is given."""

    file: str
    limits: Limits
    rules: str | None
    rule: list[str]
    at: str | None
    fixpoint: bool
    listing: bool
    json: bool
    pick: list[str]
    seed: int | None
    output: Path | None
    diff: bool
    weights: Path | None
    net: str | None


def declare(parser: ArgumentParser) -> None:
    """A file, the rules, where they act, and where to."""
    add_file(parser)
    parser.add_argument(
        "--rules", metavar="RULES",
        help="the file that declares the rules (.nas; or .py, which is run), or rules of the library by name, with settings "
        "if need be ('lora(rank = 8)'); all of these are listed for `library`. FILE's own without it",
    )  # fmt: skip
    parser.add_argument(
        "--rule", metavar="NAME", action="append", default=[],
        help="carry out this rule; may be given several times, in their order; all of them without it",
    )  # fmt: skip
    parser.add_argument("--at", metavar="PATH", help="only what matches at this path, or below it")
    parser.add_argument("--fixpoint", action="store_true", help="go on until no rule changes anything")
    parser.add_argument(
        "--weights", type=Path, metavar="IN.PT",
        help="the network's weights (.pt or .npz): carried over into a file beside OUT.NAS, called as it",
    )  # fmt: skip
    add_net(parser)
    add_choice(parser)
    add_json(parser, "matches, or what acted where,")
    where = parser.add_mutually_exclusive_group()
    where.add_argument("--list", dest="listing", action="store_true", help="change nothing; print every match")
    where.add_argument("--diff", action="store_true", help="print what changes, line by line")
    where.add_argument("-o", dest="output", type=Path, metavar="OUT.NAS", help="the file to write; printed without it")


def run(options: Options) -> int:
    """Rewrite, and write or print; or list what matches."""
    from symnas.rewriting import matches, rewrite

    if options.weights is not None and options.output is None:
        raise SearchError("`--weights` are carried over into a file beside the program: say where, `-o out.nas`")
    program = read(options.file, options.pick, options.limits)
    chosen = choose(program, options.seed)
    if chosen.how:
        note(f"{options.file}: {chosen.how}")
    if options.rules == LIBRARY:
        _list_library(chosen.architecture, options)
        return 0
    rules = rules_asked(program, options.file, options.rules, options.rule)
    if options.listing:
        _list(matches(chosen.architecture, *rules, at=options.at), as_json=options.json)
        return 0
    done = rewrite(chosen.architecture, *rules, at=options.at, fixpoint=options.fixpoint)
    done.check()
    _tell(done, as_json=options.json)
    text = done.program.text
    if options.diff:
        sys.stdout.write(done.diff)
    elif options.output is not None and options.weights is not None:
        _write_both(done, text, options.output, options.weights, options)
    elif options.output is not None:
        write_text(options.output, text)
        note(f"wrote {options.output}")
    elif not options.json:
        sys.stdout.write(text)
    return 0


def _write_both(done: "Rewriting", text: str, output: Path, given: Path, options: Options) -> None:
    """Write the program to *output*, and the weights carried over beside it: both or none."""
    from symnas.rewriting.weights import carried
    from symnas.training.weights import load_weights, save_arrays

    found = carried(done, load_weights(given), options.seed or 0, options.net)
    weights = output.with_suffix(given.suffix)
    if weights.exists() and weights.samefile(given):
        raise SearchError(f"the new weights would take the place of {given}: write to a file of another name (`-o`)")

    def produce(place: Path) -> None:
        place.write_text(text, encoding="utf-8", newline="\n")
        write(weights, lambda other: save_arrays(found.weights, other, weights.suffix))

    write(output, produce)
    first, *lines = found.report.splitlines()
    note(first)
    for line in lines[:_TOLD]:
        note(line)
    if len(lines) > _TOLD:
        note(f"… and {len(lines) - _TOLD:,} more")
    note(f"wrote {output} and {weights}")


def _list_library(architecture: "Architecture", options: Options) -> None:
    """Print every rule of the library, and how often it matches."""
    from symnas.rewriting import matches
    from symnas.rewriting.library import rules

    found = {name: len(matches(architecture, each, at=options.at)) for name, each in rules.items()}
    if options.json:
        print_json(
            [
                {"rules": name, "about": each.about, "settings": {**each.settings}, "matches": found[name]}
                for name, each in rules.items()
            ]
        )
        return
    for name, each in rules.items():
        settings = ", ".join(f"{key} = {value}" for key, value in each.settings.items())
        title = f"{name}({settings})" if settings else name
        sys.stdout.write(f"{title}: {count_of(found[name], 'match', 'matches')}\n  {each.about}\n")


def _list(found: "list[Found]", *, as_json: bool) -> None:
    if as_json:
        print_json([_record(each) for each in found])
        return
    sys.stdout.write("".join(f"{each}\n" for each in found))
    note(count_of(len(found), "match", "matches"))


def _record(found: "Found") -> dict[str, Any]:
    return {
        "rule": found.rule, "path": found.path, "matched": found.what, "captured": dict(found.captured),
        "undecided": found.undecided,
    }  # fmt: skip


def _tell(done: "Rewriting", *, as_json: bool) -> None:
    if as_json:
        print_json(
            {
                "replaced": [
                    {"rule": each.rule, "path": each.path, "before": each.before, "after": each.after}
                    for each in done.firings
                ],
                "undecided": [_record(each) for each in done.undecided],
            }
        )
        return
    for line in done.report.splitlines():
        note(line)
    note(f"{count_of(len(done.firings), 'replacement')}")
    if done.decides:
        space = done.space
        many = f"{show_count(space.size)} networks" if space.countable else f"{space.estimate()} networks"
        note(f"what comes of it is a space of {many}")
