"""Functions that the language writes as a few others, or that have numbers of their own."""

from math import log

from symnas.compilers.importing.casting import cast
from symnas.compilers.importing.refusing import Refused
from symnas.compilers.importing.torch.operators.elementwise import combined
from symnas.compilers.importing.torch.operators.products import distance
from symnas.compilers.importing.torch.registry import reads
from symnas.compilers.importing.torch.site import Site
from symnas.compilers.importing.values import LOWEST, Flow, Value, exact
from symnas.types import Dtype

__all__: list[str] = []

# ----------------------------------------------------------------------------------------- of single elements


@reads("log10", "exp2", "frac", "erfc", "logit", "isinf", "isfinite")
def _of_elements(at: Site) -> Value:
    flow = at.flow()
    match at.operator:
        case "log10":
            return at.one("mul", at.one("log", flow), other=exact(1 / log(10)))
        case "exp2":
            return at.one("pow", flow, other=2, reversed=True)
        case "frac":
            return at.one("sub", flow, at.one("trunc", flow))
        case "erfc":
            return at.one("sub", at.one("erf", flow), other=1, reversed=True)
        case "isinf" | "isfinite":
            return at.one("gt" if at.operator == "isinf" else "le", at.one("abs", flow), other=-LOWEST)
        case _:
            return _logit(at, flow)


def _logit(at: Site, flow: Flow) -> Value:
    """log(p / (1 - p)), p kept from 0 and 1 by `eps`."""
    if at.has("eps"):
        eps = exact(at["eps"])
        flow = at.one("clamp", flow, min=eps, max=exact(1 - at["eps"]))
    return at.one("log", at.one("div", flow, at.one("sub", flow, other=1, reversed=True)))


@reads("rrelu")
def _randomised(at: Site) -> Value:
    return at.one("RReLU", at.flow(), lower=at.exact("lower"), upper=at.exact("upper"))


@reads("lerp")
def _between(at: Site) -> Value:
    """a + w (b - a)."""
    step = combined(at, "mul", combined(at, "sub", at["end"], at["self"]), at["weight"])
    return combined(at, "add", at["self"], step)


@reads("hypot")
def _hypotenuse(at: Site) -> Value:
    return at.one("sqrt", at.one("add", at.one("square", at.flow()), at.one("square", at.flow("other"))))


@reads("logaddexp")
def _sum_of_powers(at: Site) -> Value:
    """The greater, and what the other adds to it."""
    apart = at.one("neg", at.one("abs", at.one("sub", at.value(), at.value("other"))))
    return at.one("add", at.one("maximum", at.value(), at.value("other")), at.one("log1p", at.one("exp", apart)))


@reads("outer", "ger")
def _outer(at: Site) -> Value:
    second = at.flow("vec2")
    return at.one("mul", at.one("unsqueeze", at.flow(), dim=1), at.one("unsqueeze", second, dim=0))


# -------------------------------------------------------------------------------------------- over dimensions


@reads("count_nonzero")
def _counted(at: Site) -> Value:
    dims = at.numbers("dim") if at.has("dim") else ()
    return at.one("sum", cast(at.drawing, at.one("ne", at.flow(), other=0), Dtype.I64), dim=dims or None)


@reads("aminmax")
def _extremes(at: Site) -> tuple[Value, ...]:
    settings = {"dim": int(at["dim"]) if at.has("dim") else None, "keepdim": bool(at["keepdim"])}
    return tuple(at.one(word, at.flow(), **settings) for word in ("amin", "amax"))


@reads("take_along_dim")
def _taken(at: Site) -> Value:
    if not at.has("dim"):
        raise Refused("it takes from the elements as a row")
    dim, shapes = at.dim(), [at.type(name).shape for name in ("self", "indices")]
    spread = [other if one == 1 else one for one, other in zip(*shapes, strict=True)]
    flows = []
    for name, shape in zip(("self", "indices"), shapes, strict=True):  # `gather` spreads neither along the others
        wanted = (*spread[:dim], shape[dim], *spread[dim + 1 :])
        flow = at.flow(name)
        flows.append(flow if shape == wanted else at.one("expand", flow, sizes=wanted))
    return at.one("gather", *flows, dim=dim)


@reads("cdist")
def _distances(at: Site) -> Value:
    """Of each row of one to each of the other."""
    one, other = at.one("unsqueeze", at.flow("x1"), dim=-2), at.one("unsqueeze", at.flow("x2"), dim=-3)
    return distance(at, one, other, at["p"], {"eps": 0})
