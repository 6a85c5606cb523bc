"""Settings of surrogate-based search: which parts its loop is made of. Nothing here loads numpy."""

from collections.abc import Sequence
from enum import Enum
from typing import ClassVar, TypeVar, cast

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
    "ModelKinds",
    "Optimiser",
    "Pending",
    "SurrogateSettings",
]


class ModelKind(Enum):
    """What learns from evaluations; `searchers.models` has a file for each."""

    PAIRS = "pairs"
    ARD = "ard"
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


E = TypeVar("E", bound=Enum)


def _members(kind: type[E], given: str | E | Sequence[E]) -> tuple[E, ...]:
    """Those of a text such as `a/b`, or one, or several."""
    if isinstance(given, str):
        return tuple(map(kind, given.split(SEPARATOR)))
    return (given,) if isinstance(given, kind) else tuple(map(kind, cast("Sequence[object]", given)))


def _model_kinds(given: str | ModelKind | Sequence[ModelKind]) -> tuple[ModelKind, ...]:
    return _members(ModelKind, given)


def _acquisitions(given: str | Acquisition | Sequence[Acquisition]) -> tuple[Acquisition, ...]:
    return _members(Acquisition, given)


@frozen
class Options(Turns[E]):
    """Members of an enumeration that proposals take in turn."""

    def __str__(self) -> str:
        return SEPARATOR.join(str(each.value) for each in self.values)


def _either(kind: type[Enum]) -> str:
    return "one of " + ", ".join(f"`{each.value}`" for each in kind) + ", or several with `/` between them"


def _listed(kind: type[Enum]) -> str:
    return " | ".join(str(each.value) for each in kind) + ", /…"


@frozen
class ModelKinds(Options[ModelKind]):
    """Kinds of models that proposals take in turn, such as `pairs/ard`."""

    values: tuple[ModelKind, ...] = field(converter=_model_kinds, validator=min_len(1))

    expected: ClassVar[str] = _either(ModelKind)
    listed: ClassVar[str] = _listed(ModelKind)


@frozen
class Acquisitions(Options[Acquisition]):
    """Acquisitions that proposals take in turn, such as `thompson/ei`."""

    values: tuple[Acquisition, ...] = field(converter=_acquisitions, validator=min_len(1))

    expected: ClassVar[str] = _either(Acquisition)
    listed: ClassVar[str] = _listed(Acquisition)


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
    "what learns: Bayesian regression on choices and their pairs, with what each counts for learnt (`ard`), or on choices "
    "alone; a random forest; boosted trees; an ensemble of networks; a Gaussian process (botorch); several, as "
    "`pairs/ard`, are taken in turn"
)
PAIRS = meaning(
    "of `pairs` and `ard`: the share of what pairs say in what is possible, 0 to 1; the rest is what choices say"
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

    model: ModelKinds = field(default=ModelKinds("pairs"), metadata=MODEL)
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
        if self.pretrain and ModelKind.NETWORKS not in self.model.values:
            raise SearchError("`pretrain` is a setting of `model=networks`")


@frozen(kw_only=True)
class BayesSettings(SurrogateSettings):
    """Settings of `bayes`: every other proposal is where most is to be gained, those between explore."""

    pairs: float = field(default=0.8, metadata=PAIRS, validator=(ge(0), le(1)))
    acquisition: Acquisitions = field(default=Acquisitions("thompson/ei"), metadata=ACQUISITION)


@frozen(kw_only=True)
class BananasSettings(SurrogateSettings):
    """Settings of `bananas`: those of `surrogate`, with the paper's defaults."""

    model: ModelKinds = field(default=ModelKinds("networks"), metadata=MODEL)
    encoding: str = field(default="cell-paths", metadata=ENCODING)
    optimiser: Optimiser = field(default=Optimiser.MUTATION, metadata=OPTIMISER)
    pool: int = field(default=100, metadata=POOL, validator=ge(1))
