"""Operations on the networks of a mobile space of 21 layers: symnas, PyGlove, ConfigSpace and bare Python.

    python tests/benchmarks/tree_operations.py

The space is `mobile21.nas`: 7 stages of 3 layers; a stage has one of 4 widths and maybe squeeze-excite with one of 2
ratios; a layer is skipped or has kernel 3, 5 or 7 and expands by 3 or 6. Microseconds of processor time; all take turns
in one process.
"""

import argparse
from collections.abc import Mapping
from random import Random

import mobile_bare
import mobile_configspace
import mobile_pyglove
import mobile_symnas
from timing import Operation, duration, medians, rival, show, table

ROWS = {
    "sample": "sample and build",
    "mutate": "mutate one decision and build",
    "clone": "clone",
    "equal": "equality of two equal ones",
    "hash": "hash of a fresh one",
    "edit": "edit one leaf",
    "params": "parameters of the network",
    "space copy": "copy of the space",
    "space equal": "equality of two equal spaces",
    "space hash": "hash of a fresh space",
    "space edit": "edit one leaf of the space",
}


def contenders() -> dict[str, dict[str, Operation]]:
    """The operations of each library that is there."""
    made = {"symnas": mobile_symnas.operations()}
    if pyglove := rival("pyglove"):
        made["PyGlove"] = mobile_pyglove.operations(pyglove)
    if configspace := rival("ConfigSpace"):
        made["ConfigSpace"] = mobile_configspace.operations(configspace)
    return made | {"bare Python": mobile_bare.operations()}


def cells(times: Mapping[str, float], names: list[str]) -> list[str]:
    """One row: times, those of the others with how many times ours they are."""
    ours = times["symnas"]
    return [
        figure(ours),
        *(f"{figure(times[name])} (×{factor(times[name] / ours)})" if name in times else "–" for name in names),
    ]


def figure(microseconds: float) -> str:
    """A time, with digits as far as they mean something."""
    return f"{microseconds:,.0f}" if microseconds >= 100 else f"{microseconds:.2g}"


def factor(ratio: float) -> str:
    """How many times as long."""
    return f"{ratio:,.0f}" if ratio >= 10 else f"{ratio:.2g}"


def first_draws() -> str:
    """What comes before the steady state: reading the space, the first networks."""
    made = mobile_symnas.space()
    begun = duration(mobile_symnas.space)
    rng = Random(1)
    drawn = duration(lambda: [made.sample(rng) for _ in range(1000)])
    return f"symnas: reading, checking and counting the space {begun:.2f} s, the first 1,000 samples {drawn:.2f} s"


def main() -> None:
    """Measure, and print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=15, help="rounds that the medians are taken over")
    rounds = parser.parse_args().rounds
    made = contenders()
    names = [name for name in made if name != "symnas"]
    rows = []
    for row, title in ROWS.items():
        operations = {name: found[row] for name, found in made.items() if row in found}
        rows.append([title, *cells(medians(operations, rounds), names)])
    show(table(["µs (× symnas)", "symnas", *names], rows))
    if configspace := rival("ConfigSpace"):
        many = medians({"many": mobile_configspace.batched(configspace)}, rounds)["many"] / 100
        show(f"ConfigSpace, sample and build, 100 at a time: {many:,.1f} µs each")
    show(first_draws())


if __name__ == "__main__":
    main()
