"""More units in a layer, or in all layers that write into one stream; larger kernels."""

from symnas.errors import SearchError
from symnas.operators.windows import windows
from symnas.pruning import couple, units_of
from symnas.rewriting.morphisms.resizing import is_depthwise, resized, width_setting
from symnas.rewriting.morphisms.trained import Random, Trained, carried_on, morphed

__all__ = ["grow_kernel", "stream_of", "widen", "widen_stream"]

_WIDE = ("Linear", "Conv1d", "Conv2d", "Conv3d", "ConvTranspose", "Embedding", "LSTM", "GRU", "RNN")
_KERNELS = ("Conv1d", "Conv2d", "Conv3d", "DepthwiseConv")


def widen(before: Trained, path: str, factor: int, random: Random, noise: float = 0.0) -> Trained:
    """Net2WiderNet (Chen et al. 2016, 2.1): the layer at *path* has *factor* times as many units, each repeated; what reads
    them shares out what it did among the copies. *noise* has the shares differ, so that training tells them apart.

    Raises:
        SearchError: there is no such layer, or what reads it does not do the same with repeated units.
        SourceError: its units flow into a sum; `widen_stream` widens all that meet there.
    """
    return _widened(before, (path,), factor, random, noise)


def stream_of(before: Trained, path: str) -> tuple[str, ...]:
    """The layers whose units meet those of the layer at *path* in sums, itself among them: a residual stream. Depthwise
    convolutions that it flows through are among them, too.

    Raises:
        SearchError: there is no such layer, or its units cannot change: they are what the net gives, for instance.
    """
    before.layer(path, _WIDE, "a layer with units is wanted")
    units = units_of(couple(before.graph, statistics=True))
    between = {each.path for each in before.layers if is_depthwise(each.operation)}
    for group in units.groups:
        found = (*group.made, *(each for each in group.read if each in between))
        if path in found:
            return found
    why = next((each.why for each in units.stuck if each.path == path), "they are not followed")
    raise SearchError(f"the units of `{path}` stay as they are: {why}")


def widen_stream(before: Trained, path: str, factor: int, random: Random, noise: float = 0.0) -> Trained:
    """All layers that write into the stream of the layer at *path* made *factor* times as wide at once.

    Raises:
        SearchError: there is no such layer or stream, or what reads it does not do the same with repeated units.
    """
    stream = stream_of(before, path)
    operations = {each.path: each.operation for each in before.layers}
    wide = [each for each in stream if width_setting(operations[each].operator) is not None]
    through = frozenset(each for each in wide if is_depthwise(operations[each]))
    return _widened(before, (path, *(each for each in wide if each != path)), factor, random, noise, through)


def _widened(
    before: Trained, paths: tuple[str, ...], factor: int, random: Random, noise: float,
    through: frozenset[str] = frozenset(),
) -> Trained:  # fmt: skip
    if factor < 2:
        raise SearchError(f"a layer becomes 2 or more times as wide; {factor} was given")
    first = before.layer(paths[0], _WIDE, "a layer with units is wanted")
    width = dict(first.operation.settings)[width_setting(first.operation.operator) or ""]
    assert isinstance(width, int)
    return carried_on(before, resized(before.rewriting, "widen", factor, paths, width, through), random, noise)


def grow_kernel(before: Trained, path: str, size: int, random: Random) -> Trained:
    """The kernel of the convolution at *path* has *size* positions along each axis, zeros around what it was.

    Raises:
        SearchError: there is no such convolution, its kernel is no smaller, or the two have no common middle.
    """
    layer = before.layer(path, _KERNELS, "a convolution is wanted")
    settings = dict(layer.operation.settings)
    found = windows(settings, layer.inputs[0].rank - 2)
    if any(size < each.kernel or (size - each.kernel) % 2 for each in found):
        raise SearchError(f"a kernel of {found[0].kernel} grows by an even number of positions; {size} was given")
    padding = ", ".join(str(each.before + each.dilation * (size - each.kernel) // 2) for each in found)
    kind = layer.operation.operator
    first = "$k" if kind.startswith("Depthwise") else "$o, $k"
    text = (
        f"{kind}({first}, padding = $_, $*r) => {kind}({first.replace('$k', str(size))}, padding = ({padding},), $*r)"
    )
    if len(found) == 1 or len(set(padding.split(", "))) == 1:
        text = text.replace(f"({padding},)", padding.split(", ", maxsplit=1)[0])
    else:
        text = text.replace(f"({padding},)", f"({padding})")
    return morphed(before, f"{text} keep replicate", path, "grow_kernel", random)
