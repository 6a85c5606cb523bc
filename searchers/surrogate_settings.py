"""Settings of surrogate-based search: which parts its loop is made of. Nothing here loads numpy."""

from enum import Enum

from attrs import field, frozen
from attrs.validators import ge

from symnas.searchers.settings import Settings, meaning

__all__ = ["Acquisition", "ModelKind", "Optimiser", "Pending", "SurrogateSettings"]


class ModelKind(Enum):
    """What learns from evaluations; `searchers.models` has a file for each."""

    PAIRS = "pairs"
    RIDGE = "ridge"


class Acquisition(Enum):
    """How an architecture is judged before it is evaluated; `searchers.acquisition` has the formulas."""

    THOMPSON = "thompson"
    EXPECTED_IMPROVEMENT = "ei"
    UPPER_CONFIDENCE_BOUND = "ucb"


class Optimiser(Enum):
    """Where the most promising architecture is looked for."""

    CLIMB = "climb"
    MUTATION = "mutation"
    POOL = "pool"


class Pending(Enum):
    """What is assumed of proposals that are not answered yet."""

    NOTHING = "nothing"
    LIAR = "liar"
    BELIEVER = "believer"


@frozen(kw_only=True)
class SurrogateSettings(Settings):
    """Settings of `surrogate`, and of the configurations of it that have names."""

    model: ModelKind = field(
        default=ModelKind.PAIRS,
        metadata=meaning("what learns: Bayesian regression on choices and pairs of choices, or on choices"),
    )
    encoding: str = field(
        default="auto",
        metadata=meaning("what it learns from: `auto` (choices), or an encoding: `onehot`, `paths`, `ngrams`, …"),
    )
    acquisition: Acquisition = field(
        default=Acquisition.THOMPSON, metadata=meaning("what makes an architecture promising")
    )
    optimiser: Optimiser = field(
        default=Optimiser.CLIMB,
        metadata=meaning("where promising ones are looked for: rounds of changes, changes of the best, random ones"),
    )
    pending: Pending = field(
        default=Pending.LIAR,
        metadata=meaning(
            "what `ei` and `ucb` assume of open proposals: nothing, the median, or what the model believes"
        ),
    )
    start: int = field(default=10, metadata=meaning("architectures drawn before a model is asked"), validator=ge(2))
    pool: int = field(default=1000, metadata=meaning("candidates judged for each proposal"), validator=ge(1))
    optimism: float = field(
        default=1.0, metadata=meaning("standard deviations that `ucb` adds to what is expected"), validator=ge(0)
    )
