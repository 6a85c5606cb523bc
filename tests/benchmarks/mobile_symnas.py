"""The mobile space of 21 layers in symnas, from `mobile21.nas` beside this file.

What an operation gives is a checked architecture: its tree of blocks elaborated, every shape known.
"""

import copy
from pathlib import Path
from random import Random

from timing import Operation

import symnas
from symnas.architecture import Architecture
from symnas.program import Program
from symnas.space import Space

MOBILE = Path(__file__).with_name("mobile21.nas")


def space() -> Space:
    """The space, read, checked and counted."""
    made = symnas.load(MOBILE).space()
    assert made.size == 7**21 * 4**7 * 3**7
    return made


def mutants(made: Space, rng: Random) -> Operation:
    """Mutation after mutation along a chain, as a search makes them."""
    architecture = made.sample(rng)

    def step(_: object) -> None:
        nonlocal architecture
        architecture = made.mutate(architecture, rng)

    return Operation(step)


def edits(program: Program, path: str) -> Operation:
    """One literal of the program replaced, now by this number and now by that."""

    def step(turn: int) -> None:
        with program.edit() as edit:
            edit.replace(path, "48" if turn % 2 else "40")

    return Operation(step, count=200)


def operations() -> dict[str, Operation]:
    """The operations by the name of their row."""
    made, rng = space(), Random(0)
    for _ in range(2000):  # a search is past its first draws soon; `main` says what they cost
        made.sample(rng)
    architecture = made.sample(rng)
    width = "Mobile21.base[3].width"

    def fresh(count: int) -> list[Architecture]:
        return [made.sample(rng) for _ in range(count)]

    def pairs(count: int) -> list[tuple[Architecture, Architecture]]:
        return [(each, made.architecture(dict(each.genotype))) for each in fresh(count)]

    program = symnas.load(MOBILE)
    return {
        "sample": Operation(lambda _: made.sample(rng)),
        "mutate": mutants(made, rng),
        "clone": Operation(lambda _: copy.deepcopy(architecture)),
        "equal": Operation(lambda pair: pair[0] == pair[1], pairs),
        "hash": Operation(hash, fresh),
        "edit": Operation(lambda turn: architecture.replace({width: turn % 4})),
        "params": Operation(lambda each: each.params, fresh, count=100),
        "space copy": Operation(lambda _: program.copy()),
        "space equal": Operation(lambda pair: pair[0] == pair[1], programs, count=5),
        "space hash": Operation(hash, lambda count: [symnas.load(MOBILE) for _ in range(count)], count=5),
        "space edit": edits(program, "Mobile21.base.items[2].value"),
    }


def programs(count: int) -> list[tuple[Program, Program]]:
    """Pairs of programs, equal and read from the text separately."""
    return [(symnas.load(MOBILE), symnas.load(MOBILE)) for _ in range(count)]
