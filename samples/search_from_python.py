"""A space from Python: look at it, draw from it, build a network, and search with an evaluator of one's own.

The evaluator here trains nothing. It asks for what a small device would: many multiply-adds, spread over few weights.

    python samples/search_from_python.py
"""

from pathlib import Path
from random import Random

import symnas


def density(architecture: symnas.Architecture, _recipe: dict[str, object]) -> float:
    """Multiply-adds per parameter; the recipe, the chosen settings of `train { … }`, does not matter to it."""
    macs = architecture.macs
    assert isinstance(macs, int), "this net leaves no size open but the batch"
    return macs / architecture.params


def main() -> None:
    """Load, look, sample, build, search."""
    space = symnas.load(Path(__file__).with_name("digits.nas")).space()
    print(f"{space.size:,} architectures, and {space.continuous} continuous decision")

    drawn = space.sample(Random(0))  # every architecture has the same chance
    print(drawn, f"{drawn.params:,} parameters")

    module = symnas.compile(drawn, "torch")  # a torch.nn.Module like any other: train it, save it, export it
    print(f"{type(module).__name__} with {len(module.state_dict())} tensors of weights and statistics")

    study = symnas.search(space, density, searcher="evolution", trials=200, seed=0)
    for trial in study.best(3):
        print(f"trial {trial.number}: {trial.values[0]:.1f}", study.architecture(trial))


if __name__ == "__main__":
    main()
