"""NAS-Bench-Macro: 6,561 chains of eight layers on CIFAR-10.

Su et al., "Prioritized Architecture Sampling with Monto-Carlo Tree Search", CVPR 2021. The file `nasbench_macro.csv` has a
row for each code of eight digits: `arch`, and `acc_mean`, the test accuracy in percent, mean of three trainings. There is no
validation accuracy, so searches see what they are judged by.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path

from symnas.benchmarks.files import read_table
from symnas.benchmarks.spaces import space_text
from symnas.benchmarks.task import Flat, Task
from symnas.domains import Choice
from symnas.errors import SearchError
from symnas.tree import Direction

__all__ = ["load"]

CHOICES = 3
PATHS = tuple(
    path
    for stage, layers in enumerate((2, 3, 3))
    for path in (
        f"Macro.out[{stage}].Layer.oneof",
        *(f"Macro.out[{stage}].repeat[{layer}].Layer.oneof" for layer in range(layers - 1)),
    )
)
"""The decision at each layer."""


def load(folder: Path | None = None) -> Task:
    """Search by the test accuracy, the only one there is."""
    table = read_table("nasbench_macro", ("arch",), ("acc_mean",), folder)
    accuracy = table.numbers["acc_mean"]
    rows = {code: row for row, code in enumerate(table.texts["arch"])}
    wrong = [code for code in rows if len(code) != len(PATHS) or set(code) - set("012")]
    if wrong or len(rows) != CHOICES ** len(PATHS):
        found = f"`{wrong[0]}` among its architectures" if wrong else f"{len(rows):,} architectures"
        raise SearchError(f"`nasbench_macro` has {found}; NAS-Bench-Macro has 6,561, of eight digits 0 to 2")

    def of(genotype: Mapping[str, Choice]) -> int:
        return rows["".join(str(genotype[path]) for path in PATHS)]

    def of_choices(choices: Sequence[int]) -> int:
        return rows["".join(map(str, choices))]

    return Task(
        "macro",
        "NAS-Bench-Macro: seen test accuracy",
        space_text("macro"),
        (("accuracy", Direction.MAXIMIZE),),
        (accuracy,),
        {"accuracy": accuracy},
        of,
        Flat(tuple((path, CHOICES) for path in PATHS), of_choices),
        goal=max(accuracy),
    )
