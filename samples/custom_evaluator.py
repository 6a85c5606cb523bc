"""Search with a training loop of one's own: U-Nets that find the ink in noisy pictures of handwritten digits.

An evaluator is a function from an architecture and its recipe to a number, or to metrics by name. `unet.nas` says
which of the metrics is maximized; the number of parameters, which it minimizes, is known without measuring.

    python samples/custom_evaluator.py [TRIALS] [STEPS]      (about a minute for 10 trials of 60 steps)
"""

import os
import sys
from collections.abc import Mapping
from pathlib import Path

import torch
from sklearn.datasets import load_digits
from torch import Tensor, nn

import symnas

STEPS = "SAMPLE_STEPS"
"""The variable that says how many batches to train on: worker processes inherit it."""


def pictures() -> tuple[Tensor, Tensor]:
    """Noisy pictures (samples, 1, 32, 32), and which pixels are ink (samples, 32, 32); the same ones every time."""
    small = torch.tensor(load_digits().images[:400], dtype=torch.float32)[:, None] / 16
    clean = nn.functional.interpolate(small, size=(32, 32), mode="bilinear")
    noise = torch.randn(clean.shape, generator=torch.Generator().manual_seed(0))
    return clean + 0.5 * noise, (clean[:, 0] > 0.5).long()


def evaluate(architecture: symnas.Architecture, recipe: Mapping[str, float], seed: int) -> dict[str, float]:
    """Train on the first 300 pictures, measure on the others: overlap (intersection over union) and loss.

    An evaluator that has a parameter `seed` is given the trial's. One that raises fails its trial, not the search.
    """
    torch.manual_seed(seed)
    images, ink = pictures()
    module: nn.Module = symnas.compile(architecture, "torch")
    optimizer = torch.optim.Adam(module.parameters(), lr=recipe["lr"])
    for _ in range(int(os.environ.get(STEPS, "60"))):
        rows = torch.randint(0, 300, (int(recipe["batch_size"]),))
        optimizer.zero_grad()
        loss = nn.functional.cross_entropy(module(images[rows]), ink[rows])
        loss.backward()  # type: ignore[no-untyped-call]  # torch gives it no types
        optimizer.step()
    module.eval()
    with torch.inference_mode():
        scores, truth = module(images[300:]), ink[300:]
    found = scores.argmax(1)
    overlap = (found & truth).sum() / (found | truth).sum().clamp(min=1)
    return {"overlap": float(overlap), "loss": float(nn.functional.cross_entropy(scores, truth))}


def main(trials: int, steps: int) -> None:
    """Search in two worker processes and show the networks that no other one beats in both objectives."""
    os.environ[STEPS] = str(steps)
    space = symnas.load(Path(__file__).with_name("unet.nas")).space()
    study = symnas.search(space, evaluate, trials=trials, seed=0, workers=2)
    for trial in study.best(3):
        overlap, params = trial.values
        print(f"trial {trial.number}: overlap {overlap:.3f}, {params:,.0f} parameters, {trial.seconds:.1f} s")
        print("  ", study.architecture(trial).picks)


if __name__ == "__main__":  # worker processes import this file, and must not search themselves
    main(*(int(each) for each in [*sys.argv[1:], "10", "60"][:2]))
