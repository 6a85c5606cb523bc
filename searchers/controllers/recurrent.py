"""A recurrent policy over decisions, and its gradients by hand.

After Zoph and Le, "Neural architecture search with reinforcement learning", ICLR 2017, section 3: a recurrent network reads
the choices made so far and gives the probabilities of the next. Here the network is a simple one (Elman 1990), and
what a decision asks for is the sum of three logits: its own, those shared with its like (the same place of the program in
other turns), and what the network reads. So decisions that come to exist late begin with what their like have learnt.
The state is h₀ = 0, h₊ = tanh(W h + e), where e is the vector of the choice taken.

A continuous decision is normal with a mean and a logarithm of the deviation, in the logit of its position in its range.
Nothing here knows of rewards.
"""

import math
from collections.abc import Mapping, Sequence
from random import Random
from typing import Any

import numpy as np
from attrs import frozen
from numpy.typing import NDArray

from symnas.searchers.controllers.traces import Asking, Step

__all__ = ["Controller", "Pass", "Vector"]

Vector = NDArray[np.float64]

_SPREAD = math.log(1.7)
"""The logarithm of a continuous decision's first deviation: of the logit of a uniform position it is about 1.8."""

_WIDEST = 3.0
"""Bound of the logarithm of a deviation, either way."""

_HALF_LOG_TAU = 0.5 * math.log(2 * math.pi)


@frozen(eq=False)
class _Made:
    """One decision as it was computed: the state before, probabilities or (mean, deviation), and the state after."""

    step: Step
    before: Vector
    after: Vector
    outputs: Vector
    log_probability: float
    entropy: float


@frozen(eq=False)
class Pass:
    """A whole trace as it was computed."""

    made: Sequence[_Made]

    @property
    def log_probabilities(self) -> Vector:
        """Of each decision, as it was made."""
        return np.array([each.log_probability for each in self.made])

    @property
    def entropies(self) -> Vector:
        """Of each decision."""
        return np.array([each.entropy for each in self.made])


class Controller:
    """The policy: arrays of parameters by name, made when they are first needed."""

    def __init__(self, units: int, rng: Random) -> None:
        self.units = units
        self.rng = rng
        self.parameters: dict[str, Vector] = {}

    # ------------------------------------------------------------------------------------------ parameters

    def _zeros(self, name: str, *shape: int) -> Vector:
        found = self.parameters.get(name)
        if found is None:
            found = self.parameters[name] = np.zeros(shape)
        return found

    def _normal(self, name: str, *shape: int) -> Vector:
        found = self.parameters.get(name)
        if found is None:
            drawn = [self.rng.gauss(0.0, 1.0 / math.sqrt(self.units)) for _ in range(math.prod(shape))]
            found = self.parameters[name] = np.array(drawn).reshape(shape)
        return found

    def _outputs(self, asking: Asking, state: Vector) -> Vector:
        """The three logits of each option, or mean and logarithm of the deviation, added up."""
        count = asking.options or 2
        own, like = self._zeros(f"own:{asking.key}", count), self._zeros(f"like:{asking.shared}", count)
        if not self.units:
            return own + like
        return own + like + self._zeros(f"read:{asking.shared}", count, self.units) @ state

    # ------------------------------------------------------------------------------------------ forwards

    def begin(self) -> Vector:
        """The state before the first decision."""
        return np.zeros(self.units)

    def decide(self, asking: Asking, state: Vector, rng: Random) -> Step:
        """Draw a decision."""
        outputs = self._outputs(asking, state)
        if not asking.options:
            deviation = math.exp(_log_deviation(outputs))
            return Step(asking, 0, float(outputs[0]) + deviation * rng.gauss(0.0, 1.0))
        shares = _probabilities(asking, outputs).tolist()
        return Step(asking, rng.choices(range(len(shares)), shares)[0])

    def follow(self, step: Step, state: Vector) -> Vector:
        """The state after a decision."""
        if not self.units:
            return state
        after: Vector = np.tanh(self._normal("turn", self.units, self.units) @ state + self._taken(step))
        return after

    def _taken(self, step: Step) -> Vector:
        asking = step.asking
        vectors = self._normal(f"taken:{asking.shared}", asking.options or 2, self.units)
        if not asking.options:
            value: Vector = vectors[0] + math.tanh(step.number) * vectors[1]
            return value
        vector: Vector = vectors[asking.offered[step.taken]]
        return vector

    def forward(self, steps: Sequence[Step]) -> Pass:
        """The probability of each of *steps*, given those before."""
        state, made = self.begin(), list[_Made]()
        for step in steps:
            outputs = self._outputs(step.asking, state)
            after = self.follow(step, state)
            if step.asking.options:
                shares = _probabilities(step.asking, outputs)
                logs = np.log(np.maximum(shares, 1e-300))
                made.append(_Made(step, state, after, shares, float(logs[step.taken]), float(-shares @ logs)))
            else:
                spread = _log_deviation(outputs)
                off = (step.number - float(outputs[0])) / math.exp(spread)
                entropy = spread + _HALF_LOG_TAU + 0.5
                made.append(_Made(step, state, after, outputs, -0.5 * off * off - spread - _HALF_LOG_TAU, entropy))
            state = after
        return Pass(made)

    # ------------------------------------------------------------------------------------------ backwards

    def backward(self, done: Pass, log_weights: Vector, entropy_weight: float) -> dict[str, Vector]:
        """The gradient of Σ *log_weights*ₜ log πₜ + *entropy_weight* Σ Hₜ over the decisions of a trace."""
        gradients: dict[str, Vector] = {}
        toward = np.zeros(self.units)
        for each, weight in zip(reversed(done.made), log_weights[::-1].tolist(), strict=True):
            before = self._through_state(each, toward, gradients)
            asking = each.step.asking
            if asking.options:
                outward = _categorical_gradient(each, weight, entropy_weight)
            else:
                outward = _normal_gradient(each, weight, entropy_weight)
            _add(gradients, f"own:{asking.key}", outward)
            _add(gradients, f"like:{asking.shared}", outward)
            if self.units:
                name = f"read:{asking.shared}"
                _add(gradients, name, np.outer(outward, each.before))
                before = before + outward @ self.parameters[name]
            toward = before
        return gradients

    def _through_state(self, each: _Made, toward: Vector, gradients: dict[str, Vector]) -> Vector:
        """What a change of the state before a decision does, by way of the state after it."""
        if not self.units:
            return toward
        inner = toward * (1 - each.after * each.after)
        _add(gradients, "turn", np.outer(inner, each.before))
        step = each.step
        vectors = np.zeros((step.asking.options or 2, self.units))
        if step.asking.options:
            vectors[step.asking.offered[step.taken]] = inner
        else:
            vectors[0], vectors[1] = inner, math.tanh(step.number) * inner
        _add(gradients, f"taken:{step.asking.shared}", vectors)
        before: Vector = inner @ self.parameters["turn"]
        return before

    # ------------------------------------------------------------------------------------------ state

    def to_json(self) -> dict[str, Any]:
        """Every parameter, exactly."""
        return {name: values.tolist() for name, values in self.parameters.items()}

    def read(self, data: Mapping[str, Any]) -> None:
        """The parameters that `to_json` gave."""
        self.parameters = {name: np.array(values, dtype=np.float64) for name, values in data.items()}


def _probabilities(asking: Asking, outputs: Vector) -> Vector:
    """Of the options offered; what is not legal has none."""
    logits = outputs[list(asking.offered)] + np.array(asking.prior)
    shares = np.exp(logits - logits.max())
    scaled: Vector = shares / shares.sum()
    return scaled


def _log_deviation(outputs: Vector) -> float:
    return _WIDEST * math.tanh((float(outputs[1]) + _SPREAD) / _WIDEST)


def _categorical_gradient(each: _Made, weight: float, entropy_weight: float) -> Vector:
    """By the logits of all options: of log π it is 1ₜ - p, of the entropy -p (log p + H)."""
    shares = each.outputs
    inner = -weight * shares - entropy_weight * shares * (np.log(np.maximum(shares, 1e-300)) + each.entropy)
    inner[each.step.taken] += weight
    outward = np.zeros(each.step.asking.options)
    outward[list(each.step.asking.offered)] = inner
    return outward


def _normal_gradient(each: _Made, weight: float, entropy_weight: float) -> Vector:
    """By mean and bounded logarithm of the deviation."""
    spread = _log_deviation(each.outputs)
    off = (each.step.number - float(each.outputs[0])) / math.exp(spread)
    inner = 1 - (spread / _WIDEST) ** 2
    return np.array([weight * off / math.exp(spread), (weight * (off * off - 1) + entropy_weight) * inner])


def _add(gradients: dict[str, Vector], name: str, more: Vector) -> None:
    found = gradients.get(name)
    if found is None:
        gradients[name] = more.copy()
    else:
        found += more
