"""Which networks that others wrote can be imported, and compute the same as programs.

    pip install transformers pytorchcv torchvision      # those that are there are tried
    python tests/benchmarks/importing.py --to found.jsonl [--only pytorchcv] [--which resnet.resnet10,vgg.vgg11 [--again]]

A network *imports* if it becomes a program, *runs* if that program, read anew from its text, compiles to PyTorch and takes
its weights, and *agrees* if every output is that of onnxruntime, or of the module, to 1e-5 of the largest number. Each
is tried in a process of its own, which may take `--gigabytes` and `--seconds`. What becomes of it is added to the file as
a line, with the commit; networks that the file has already are not tried again unless `--again` says so, and then their
last line counts. So the table is made in parts; it says if its lines are of more than one commit.

The networks are in `foreign_networks`: the light models inside the `onnx` package, one architecture of each family of
image classifiers in `pytorchcv` and some of its other networks, one of each family of `torchvision`'s classifiers, and
architectures of `transformers` from small configurations.
"""

import argparse
import json
import logging
import resource
import subprocess
import sys
import warnings
from collections import Counter
from collections.abc import Iterable, Sequence
from importlib.util import find_spec
from math import isnan
from multiprocessing import Pipe, get_context
from pathlib import Path

import numpy as np
import torch
from attrs import asdict, define
from foreign_networks import COLLECTIONS, DRAWS, Absent, Case, flat
from timing import duration, show, table
from torch import nn

import symnas
from symnas.foreign import Foreign, from_torch

TOLERANCE = 1e-5
STAGES = ("refused", "imports", "runs", "agrees")
ABSENT = "absent"


@define
class Found:
    """How far one network came (one of STAGES, or ABSENT), and *why* it came no further; *lines* of its program, processor
    time that the import took, in *seconds*, and the *megabytes* that its process took at most.
    """

    collection: str
    network: str
    stage: str = STAGES[0]
    why: str = ""
    lines: int = 0
    seconds: float = 0.0
    megabytes: int = 0
    commit: str = ""


# ------------------------------------------------------------------------------------------------- one network


def tried(collection: str, network: str) -> Found:
    """How far the *network* comes."""
    found = Found(collection, network)
    try:
        _try(COLLECTIONS[collection]().make(network), found)
    except Absent as absence:
        found.stage, found.why = ABSENT, str(absence)
    except Exception as error:  # noqa: BLE001 (whatever goes wrong is what is counted)
        found.why = f"{type(error).__name__}: {error}"
    found.megabytes = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    return found


def _try(case: Case, found: Found) -> None:
    """Import the network of *case*, run it and compare; *found* says at any time how far it has come."""
    from_torch(
        nn.Linear(2, 2), ["x: f32[N, 2]"], what="warm"
    )  # what the first import of a process loads is not its own
    read: list[Foreign] = []
    found.seconds = round(duration(lambda: read.append(case.imported())), 3)
    foreign = read.pop()
    found.stage, found.lines = STAGES[1], len(foreign.program.text.splitlines())
    inputs, wanted = case.reference()
    network = symnas.compile(symnas.parse(foreign.program.text).architecture(), "torch").eval()
    network.load_state_dict({key: torch.from_numpy(np.array(each)) for key, each in foreign.weights.items()})
    with torch.no_grad():
        torch.manual_seed(DRAWS)
        outputs = flat(network(*inputs))
    found.stage = STAGES[2]
    if len(outputs) != len(wanted):
        found.why = f"{len(outputs)} outputs for {len(wanted)}"
    elif (worst := max(map(apart, outputs, wanted), default=0.0)) > TOLERANCE:
        found.why = f"apart by {worst:.2g}"
    else:
        found.stage = STAGES[3]


def apart(ours: torch.Tensor, theirs: torch.Tensor) -> float:
    """The largest difference, as a share of the largest number (at least 1e-3); infinity where one is no number."""
    if ours.shape != theirs.shape:
        return float("inf")
    if not theirs.numel():
        return 0.0
    worst = float((ours.double() - theirs.double()).abs().max() / max(1e-3, float(theirs.double().abs().max())))
    return float("inf") if isnan(worst) else worst


# ------------------------------------------------------------------------------------------------------- a run


def tried_apart(collection: str, network: str, gigabytes: float, seconds: float) -> Found:
    """How far the *network* comes in a process that may take so much. It is a copy of this one, which has loaded what every
    import needs.
    """
    receiving, sending = Pipe(duplex=False)

    def act() -> None:
        resource.setrlimit(resource.RLIMIT_DATA, (int(gigabytes * 2**30),) * 2)
        sending.send(tried(collection, network))

    process = get_context("fork").Process(target=act)
    process.start()
    sending.close()
    try:
        if receiving.poll(seconds):
            found: Found = receiving.recv()
            return found
        return Found(collection, network, why=f"took more than {seconds:g} s")
    except EOFError:
        process.join()
        return Found(collection, network, why=f"ended with {process.exitcode}, of {gigabytes:g} GB")
    finally:
        process.kill()
        process.join()


def commit() -> str:
    """The commit of symnas that is tried, with a `+` if files were changed since; empty outside a repository."""
    where = ["git", "-C", str(Path(symnas.__file__).parent)]
    name, changed = (
        subprocess.run([*where, *asked], capture_output=True, text=True, check=False).stdout.strip()
        for asked in (("rev-parse", "--short", "HEAD"), ("diff", "--name-only", "HEAD", "--", ":/*.py", ":/*.lark"))
    )
    return name + "+" * bool([each for each in changed.splitlines() if not each.startswith("tests/")])


def read(place: Path) -> dict[tuple[str, str], Found]:
    """The last line of each network in the file at *place*."""
    lines = place.read_text().splitlines() if place.exists() else []
    every = [Found(**json.loads(line)) for line in lines if line.strip()]
    return {(each.collection, each.network): each for each in every}


def run(options: argparse.Namespace, place: Path) -> None:
    """Try the networks that *options* ask for, and add them to the file at *place* one by one."""
    named = [each for each in options.which.split(",") if each]
    for collection, lists in COLLECTIONS.items():
        if options.only not in {None, collection}:
            continue
        if find_spec(lists().library) is None:
            sys.stderr.write(f"{collection}: left out, `{lists().library}` is not installed\n")
            continue
        for network in lists().names:
            known = not options.again and (collection, network) in read(place)
            if known or (named and network not in named):
                continue
            found = tried_apart(collection, network, options.gigabytes, options.seconds)
            found.commit = commit()
            with place.open("a") as file:
                file.write(json.dumps(asdict(found)) + "\n")
            show(
                f"{network}: {found.stage}, {found.lines} lines, {found.seconds:.2g} s, {found.megabytes} MB {found.why}"
            )


def summary(every: Iterable[Found]) -> str:
    """The table, what did not agree and why, and of which commits the lines are."""
    every = list(every)
    rows = [
        _row(name, [each for each in every if each.collection == name and each.stage != ABSENT]) for name in COLLECTIONS
    ]
    rest = [
        f"- {each.network}: {each.stage}, {' '.join(each.why.split())}" for each in every if each.stage != STAGES[-1]
    ]
    commits = Counter(each.commit for each in every)
    told = ", ".join(f"{count} of {name or 'no commit'}" for name, count in commits.items())
    parts = [
        table(
            ["networks", "tried", "import", "run", "agree", "seconds", "lines"], [row for row in rows if row[1] != "0"]
        ),
        "\n".join(rest),
        f"{'One commit' if len(commits) == 1 else 'SEVERAL COMMITS'}: {told}.",
    ]
    return "\n\n".join(each for each in parts if each)


def _row(name: str, found: Sequence[Found]) -> list[str]:
    """The row of one collection: how many come how far, and the median and the most of seconds and lines."""
    counts = [sum(STAGES.index(each.stage) >= stage for each in found) for stage in (1, 2, 3)]
    seconds = sorted(each.seconds for each in found if each.stage != STAGES[0]) or [0.0]
    lines = sorted(each.lines for each in found if each.stage != STAGES[0]) or [0]
    middle = len(seconds) // 2
    spread = [f"{seconds[middle]:.2g}, at most {seconds[-1]:.2g}", f"{lines[middle]}, at most {lines[-1]:,}"]
    return [name, str(len(found)), *map(str, counts), *spread]


def main() -> None:
    """Try what has not been tried, and print the table."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--to", type=Path, default=Path("imported.jsonl"), help="the file that keeps what was found")
    parser.add_argument("--only", choices=list(COLLECTIONS))
    parser.add_argument("--which", default="", help="names of networks, with commas between")
    parser.add_argument("--again", action="store_true", help="try also what the file has")
    parser.add_argument("--gigabytes", type=float, default=3.0, help="memory of each process")
    parser.add_argument("--seconds", type=float, default=600.0, help="time of each process")
    options = parser.parse_args()
    torch.set_num_threads(1)
    warnings.simplefilter("ignore")
    logging.disable(logging.WARNING)
    from_torch(nn.Linear(2, 2), ["x: f32[N, 2]"])  # loads what the first import of a process does
    run(options, options.to)
    show(summary(read(options.to).values()))


if __name__ == "__main__":
    main()
