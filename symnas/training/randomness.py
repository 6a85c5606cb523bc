"""The random numbers of one trial, and the other state of torch that its result depends on.

Networks draw their first weights and dropout from torch's global generator. A trial borrows that generator while it
computes and gives it back as it was, so that trials in one process, even interleaved, neither see nor change each
other's numbers.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from random import Random
from typing import TYPE_CHECKING

from attrs import define, field

from symnas.errors import SearchError

if TYPE_CHECKING:
    from torch import Tensor

__all__ = ["Surroundings"]


@define(eq=False)
class Surroundings:
    """What a trial computes in: a seed, a number of threads and a device (`cpu`, `cuda`, `cuda:1`).

    On one machine, equal surroundings give equal results. More threads add numbers in another order.
    """

    seed: int
    threads: int = 1
    device: str = "cpu"
    _state: "Tensor | None" = field(default=None, init=False, repr=False)
    _device_state: "Tensor | None" = field(default=None, init=False, repr=False)

    def __attrs_post_init__(self) -> None:
        import torch

        try:
            torch.empty(0, device=self.device)
        except (RuntimeError, AssertionError) as error:
            reason = str(error).splitlines()[0]
            raise SearchError(f'there is no device "{self.device}" here ({reason}); "cpu" is always there') from error

    @contextmanager
    def entered(self) -> Iterator[None]:
        """Within it, torch's state is the trial's; afterwards it is again what it was."""
        import torch

        threads, outer = torch.get_num_threads(), torch.get_rng_state()
        on_gpu = torch.device(self.device).type == "cuda"
        outer_device = torch.cuda.get_rng_state(self.device) if on_gpu else None
        exact, tuned = torch.backends.cudnn.deterministic, torch.backends.cudnn.benchmark
        torch.set_num_threads(self.threads)
        torch.backends.cudnn.deterministic, torch.backends.cudnn.benchmark = True, False
        self._resume()
        try:
            yield
        finally:
            self._state = torch.get_rng_state()
            torch.set_rng_state(outer)
            if outer_device is not None:
                self._device_state = torch.cuda.get_rng_state(self.device)
                torch.cuda.set_rng_state(outer_device, self.device)
            torch.set_num_threads(threads)
            torch.backends.cudnn.deterministic, torch.backends.cudnn.benchmark = exact, tuned

    def generators(self) -> "dict[str, Tensor]":
        """Where torch's generators were left, as far as they have been used: on the CPU, and on the device."""
        states = {"cpu": self._state, "device": self._device_state}
        return {name: state for name, state in states.items() if state is not None}

    def set_generators(self, states: "dict[str, Tensor]") -> None:
        """Go on drawing where `generators` says."""
        self._state = states.get("cpu", self._state)
        self._device_state = states.get("device", self._device_state)

    def _resume(self) -> None:
        """Set torch's generators to where the trial left them, or to its seed."""
        import torch

        if self._state is None:
            # Seeds of a study are any whole numbers. torch's CPU generator looks at 32 bits only.
            seed = self.seed if 0 <= self.seed < 2**32 else Random(self.seed).getrandbits(32)
            torch.default_generator.manual_seed(seed)
            if torch.device(self.device).type == "cuda":
                with torch.cuda.device(self.device):
                    torch.cuda.manual_seed(seed)
            return
        torch.set_rng_state(self._state)
        if self._device_state is not None:
            torch.cuda.set_rng_state(self._device_state, self.device)
