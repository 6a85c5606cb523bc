"""Settings of surrogate-based search: which parts its loop is made of. Nothing here loads numpy."""

from collections.abc import Sequence
from enum import Enum
from typing import ClassVar

from attrs import field, frozen
from attrs.validators import ge, le, min_len

from symnas.errors import SearchError
from symnas.searchers.settings import Settings, meaning
from symnas.searchers.turns import SEPARATOR, Numbers, Turns

__all__ = [
    "Acquisition",
    "Acquisitions",
    "BananasSettings",
    "BayesSettings",
    "ModelKind",
    "Optimiser",
    "Pending",
    "SurrogateSettings",
]


class ModelKind(Enum):
    """What learns from evaluations; `searchers.models` has a file for each."""

    PAIRS = "pairs"
    RIDGE = "ridge"
    FOREST = "forest"
    BOOSTING = "boosting"
    NETWORKS = "networks"
    GAUSSIAN_PROCESS = "gp"


class Acquisition(Enum):
    """How an architecture is judged before it is evaluated; `searchers.acquisition` has the formulas."""

    THOMPSON = "thompson"
    EXPECTED_IMPROVEMENT = "ei"
    UPPER_CONFIDENCE_BOUND = "ucb"


def _acquisitions(given: "str | Acquisition | Sequence[Acquisition]") -> tuple[Acquisition, ...]:
    if isinstance(given, str):
        return tuple(map(Acquisition, given.split(SEPARATOR)))
    return tuple(map(Acquisition, given if isinstance(given, Sequence) else (given,)))


@frozen
class Acquisitions(Turns[Acquisition]):
    """Acquisitions that proposals take in turn, such as `thompson/ei`."""

    values: tuple[Acquisition, ...] = field(converter=_acquisitions, validator=min_len(1))

    expected: ClassVar[str] = (
        "one of " + ", ".join(f"`{each.value}`" for each in Acquisition) + ", or several with `/` between them"
    )
    listed: ClassVar[str] = " | ".join(each.value for each in Acquisition) + ", /…"

    def __str__(self) -> str:
        return SEPARATOR.join(each.value for each in self.values)


class Optimiser(Enum):
    """Where the most promising architecture is looked for."""

    CLIMB = "climb"
    MUTATION = "mutation"
    POOL = "pool"
    TREE = "tree"
    KEPT = "kept"


class Pending(Enum):
    """What is assumed of proposals that are not answered yet."""

    NOTHING = "nothing"
    LIAR = "liar"
    BELIEVER = "believer"


MODEL = meaning(
    "what learns: Bayesian regression on choices and their pairs, or on choices alone; a random forest; boosted trees; an "
    "ensemble of networks; a Gaussian process (botorch)"
)
PAIRS = meaning(
    "of `model=pairs`: the share of what pairs say in what is possible, 0 to 1; the rest is what choices say"
)
ENCODING = meaning(
    "what it learns from: `auto` (choices), `cell-paths` (paths of the only cell, where there is one), or an encoding by "
    "name: `onehot`, `ordinal`, `features`, `paths`, `ngrams`, …"
)
OPTIMISER = meaning(
    "where promising ones are looked for: rounds of changes, changes of the best, random ones, a tree search; `kept`: "
    "changes of the best that are made once and judged again, for encodings that read the network"
)
ACQUISITION = meaning("what makes an architecture promising; several, as `thompson/ei`, are taken in turn")
OPTIMISM = meaning(
    "standard deviations that `ucb` adds to what is expected; by how much of its uncertainty `thompson` departs from it; "
    "several, as `1/0`, are taken in turn"
)
POOL = meaning("candidates judged for each proposal; 64 at most where each has to be made and is not kept")


@frozen(kw_only=True)
class SurrogateSettings(Settings):
    """Settings of `surrogate`, and of the configurations of it that have names."""

    model: ModelKind = field(default=ModelKind.PAIRS, metadata=MODEL)
    pairs: float = field(default=0.5, metadata=PAIRS, validator=(ge(0), le(1)))
    encoding: str = field(default="auto", metadata=ENCODING)
    acquisition: Acquisitions = field(default=Acquisitions("thompson"), metadata=ACQUISITION)
    optimiser: Optimiser = field(default=Optimiser.CLIMB, metadata=OPTIMISER)
    pending: Pending = field(
        default=Pending.LIAR,
        metadata=meaning(
            "what `ei` and `ucb` assume of open proposals: nothing, the median, or what the model believes"
        ),
    )
    start: int = field(default=10, metadata=meaning("architectures drawn before a model is asked"), validator=ge(2))
    pool: int = field(default=1000, metadata=POOL, validator=ge(1))
    optimism: Numbers = field(default=Numbers(1.0), metadata=OPTIMISM)
    pretrain: int = field(
        default=0,
        metadata=meaning("architectures whose parameters and multiply-adds the networks learn first, without training"),
        validator=ge(0),
    )

    def __attrs_post_init__(self) -> None:
        if self.pretrain and self.model is not ModelKind.NETWORKS:
            raise SearchError("`pretrain` is a setting of `model=networks`")


@frozen(kw_only=True)
class BayesSettings(SurrogateSettings):
    """Settings of `bayes`: every other proposal is where most is to be gained, those between explore."""

    pairs: float = field(default=0.8, metadata=PAIRS, validator=(ge(0), le(1)))
    acquisition: Acquisitions = field(default=Acquisitions("thompson/ei"), metadata=ACQUISITION)


@frozen(kw_only=True)
class BananasSettings(SurrogateSettings):
    """Settings of `bananas`: those of `surrogate`, with the paper's defaults."""

    model: ModelKind = field(default=ModelKind.NETWORKS, metadata=MODEL)
    encoding: str = field(default="cell-paths", metadata=ENCODING)
    optimiser: Optimiser = field(default=Optimiser.MUTATION, metadata=OPTIMISER)
    pool: int = field(default=100, metadata=POOL, validator=ge(1))
