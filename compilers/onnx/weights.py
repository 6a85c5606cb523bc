"""The weights of an exported network: those of a trained one, or fresh ones as PyTorch starts them.

Weights are handed over by name (`state_dict`), so no torch is imported here: whatever turns into a numpy array will do.
"""

from collections.abc import Mapping
from typing import Any, Final

import numpy as np

from symnas.arrays import array_of
from symnas.compilers.onnx.emitter import NUMPY
from symnas.errors import CompileError, nearest
from symnas.graph import Graph, join
from symnas.starting import started

__all__ = ["Weights"]

_SHOWN: Final = 3
"""How many names a message lists."""


class Weights:
    """The weights of *graph* by path, as *given* by name, or fresh ones drawn with *seed*.

    Raises:
        CompileError: names or shapes of the given weights are not those of the network.
    """

    def __init__(self, graph: Graph, given: Mapping[str, Any] | None, seed: int) -> None:
        self.places = {
            join(placed.operation.shared or placed.path, weight.name): (placed.operation, weight)
            for placed in graph.operations()
            for weight in placed.operation.weights
        }
        """The operation that a weight belongs to, and how it is declared there, by path."""
        self.given = given
        self.random = np.random.default_rng(seed)
        if given is not None:
            self._check_names(graph.name, given)

    def array(self, path: str) -> "np.ndarray[Any, Any]":
        """The weight at *path*.

        Raises:
            CompileError: no layer has it, or what was given has another shape.
        """
        place = self.places.get(path)
        if place is None:
            raise CompileError(f"no layer has the shared weights `{path}` that are read here")
        operation, weight = place
        wanted = NUMPY[weight.dtype]
        if self.given is None:
            return started(operation, weight, self.random).astype(wanted, copy=False)
        array = array_of(self.given[path])
        if array.shape != weight.shape:
            raise CompileError(f"the weight `{path}` is {_shown(weight.shape)}; {_shown(array.shape)} was given")
        return array.astype(wanted, copy=False)

    def _check_names(self, name: str, given: Mapping[str, Any]) -> None:
        missing = [path for path in self.places if path not in given]
        unknown = [path for path in given if path not in self.places]
        if missing:
            raise CompileError(f"the weights given for `{name}` lack {_listed(missing)}")
        if unknown:
            close = nearest(unknown[0], self.places)
            hint = f"; did you mean `{close}`?" if close else ""
            raise CompileError(f"`{name}` has no weight {_listed(unknown)}{hint}")


def _listed(names: list[str]) -> str:
    shown = ", ".join(f"`{name}`" for name in names[:_SHOWN])
    return f"{shown} and {len(names) - _SHOWN} more" if len(names) > _SHOWN else shown


def _shown(shape: tuple[int, ...]) -> str:
    return f"[{', '.join(map(str, shape))}]"
