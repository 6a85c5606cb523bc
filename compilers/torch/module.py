"""A graph as a module that runs: the generated text, executed under a name of its own.

Tracebacks show the generated lines with the .nas lines behind them. Modules can be copied, pickled and saved whole:
they carry their text, and are put together from it again wherever symnas is installed. Writing the text is `source`'s
business; the text itself stays an ordinary file.

A network that is built for the first time has its layers at once (`assembling`), while the text is written when anything
first needs it: `unwritten` has what stands for a class until then.
"""

import linecache
import sys
from collections import OrderedDict
from collections.abc import Collection
from hashlib import sha256
from threading import Lock
from types import ModuleType
from typing import Any, Final, SupportsIndex

from torch import nn
from torch.fx import _symbolic_trace

from symnas.allowing import check_layers
from symnas.compilers.torch.assembling import assembled
from symnas.compilers.torch.blueprints import Blueprint
from symnas.compilers.torch.scripting import scriptable, without_lists
from symnas.compilers.torch.source import Source, class_of, drawn, write
from symnas.compilers.torch.unwritten import Unwritten, standing_in, unwritten
from symnas.errors import CompileError
from symnas.graph import Graph

__all__ = ["build", "source_of"]

_KEPT = 256
"""Texts whose classes are kept; a search builds thousands of networks, and each needs its own."""

_SOURCE = "__symnas_source__"


def build(graph: Graph, header: str = "", allow: Collection[str] = ()) -> nn.Module:
    """*graph* as a PyTorch module with fresh weights, in training mode, on torch's default device.

    Raises:
        CompileError: the graph cannot be lowered, PyTorch refuses what was written, or it has a Python layer of a
            module that is not in *allow*.
    """
    text = _TEXTS(graph, header)
    if not text.blueprint.is_plain:
        check_layers(graph, allow)
    try:
        return text.network()
    except (RuntimeError, TypeError, ValueError, SyntaxError, NameError, AttributeError, ImportError) as error:
        raise CompileError(f"PyTorch refuses `{graph.name}`: {type(error).__name__}: {error}") from error


def source_of(module: nn.Module) -> str:
    """The text that *module* was built from.

    Raises:
        CompileError: *module* does not come from `build`.
    """
    for kind in type(module).__mro__:
        if (source := kind.__dict__.get(_SOURCE)) is not None:
            return str(source)
        if isinstance(kind, Unwritten):
            return str(vars(kind.written[0])[_SOURCE])
    raise CompileError(f"`{type(module).__qualname__}` was not built by symnas")


# ------------------------------------------------------------------------------------------- texts


class _Text:
    """What is written for *graph*, once it is needed."""

    def __init__(self, graph: Graph, header: str) -> None:
        self.graph, self.header, self.blueprint = graph, header, drawn(graph)
        self._network = unwritten(graph.name, self)
        self._network.blueprints[self.blueprint] = None
        self._blocks: dict[tuple[str, int], Unwritten] = {}
        self._lock = Lock()
        self._source: Source | None = None

    @property
    def source(self) -> Source:
        """The text, and which classes are in it."""
        return self._source or self._written()

    def _written(self) -> Source:
        with self._lock:
            if self._source is None:
                self._source = write(self.graph, self.blueprint, self.header)
            return self._source

    def network(self) -> nn.Module:
        """The network with fresh weights."""
        return self.made(self.blueprint) if self.blueprint.is_plain else self.written(self.blueprint)()

    def written(self, blueprint: Blueprint) -> type[nn.Module]:
        """The class that *blueprint* became."""
        return _executed(self.source.text, self.source.classes[blueprint])

    def made(self, blueprint: Blueprint) -> nn.Module:
        """A module of that class with fresh weights; where it is not written yet, what stands for one."""
        if self._source is not None:
            return assembled(self.written(blueprint), blueprint, self.made)
        return standing_in(self._unwritten(blueprint), blueprint)

    def _unwritten(self, blueprint: Blueprint) -> Unwritten:
        if blueprint is self.blueprint:
            return self._network
        name = blueprint.scope.block
        alike = name, len(blueprint.scope.inputs) + len(blueprint.borrowed)
        if alike not in self._blocks:
            self._blocks[alike] = unwritten(name, self)
        kind = self._blocks[alike]
        kind.blueprints[blueprint] = None
        return kind


class _Texts:
    """The texts of the graphs that were built last: a network that is built again costs no more than its weights. Graphs
    are told apart by identity, as equal ones may come from other lines of a program.
    """

    def __init__(self) -> None:
        self._texts: OrderedDict[tuple[int, str], _Text] = OrderedDict()
        self._lock = Lock()

    def __call__(self, graph: Graph, header: str) -> _Text:
        key = id(graph), header
        with self._lock:
            text = self._texts.pop(key, None) or _Text(graph, header)
            self._texts[key] = text
            while len(self._texts) > _KEPT:
                self._texts.popitem(last=False)
            return text


_TEXTS: Final = _Texts()


# ------------------------------------------------------------------------------------------- execution


class _Executed:
    """Generated texts with their modules, the most recently used ones. Each is importable under its name while it is
    kept, which torch.compile relies on; a network whose text has gone from here still runs, copies and pickles.
    """

    def __init__(self) -> None:
        self._modules: OrderedDict[str, ModuleType] = OrderedDict()
        self._lock = Lock()

    def __call__(self, source: str) -> ModuleType:
        with self._lock:
            module = self._modules.pop(source, None) or _execute(source)
            self._modules[source] = module
            while len(self._modules) > _KEPT:
                _forget(self._modules.popitem(last=False)[1])
            return module


def _execute(source: str) -> ModuleType:
    digest = sha256(source.encode()).hexdigest()[:16]
    module = ModuleType(f"symnas_generated_{class_of(source)}_{digest}")
    filename = f"<{class_of(source)}.py, generated by symnas, {digest}>"
    module.__file__ = filename
    # without a modification time, `linecache.checkcache` leaves the entry alone
    linecache.cache[filename] = (len(source), None, source.splitlines(keepends=True), filename)
    sys.modules[module.__name__] = module
    try:
        exec(compile(source, filename, "exec"), module.__dict__)  # noqa: S102 (text that we wrote)
    except BaseException:
        _forget(module)
        raise
    for kind in list(vars(module).values()):
        if isinstance(kind, type) and kind.__module__ == module.__name__:
            setattr(kind, _SOURCE, source)
            setattr(kind, "__reduce_ex__", _reduce)  # noqa: B010 (by text, not by a name that another process can import)
            setattr(kind, "__prepare_scriptable__", _prepared)  # noqa: B010 (what `torch.jit.script` asks for)
    return module


def _forget(module: ModuleType) -> None:
    sys.modules.pop(module.__name__, None)
    linecache.cache.pop(str(module.__file__), None)
    wrapped = getattr(_symbolic_trace, "_wrapped_fns_to_patch", {})
    for name in vars(module):
        wrapped.pop((id(vars(module)), name), None)  # `torch.fx.wrap` holds on to the module otherwise


_MODULES: Final = _Executed()


def _executed(source: str, name: str) -> type[nn.Module]:
    kind: type[nn.Module] = getattr(_MODULES(source), name)
    return kind


# -------------------------------------------------------------------------------------------- pickling


def _reduce(self: object, protocol: SupportsIndex) -> str | tuple[Any, ...]:
    """How `copy` and `pickle` take an instance of a generated class apart: its text, the name of its class, its state.

    A class of the user's that inherits from a generated one is importable itself and stays with Python's way.
    """
    kind = type(self)
    if _SOURCE not in kind.__dict__:
        return object.__reduce_ex__(self, protocol)
    return _remade, (kind.__dict__[_SOURCE], kind.__qualname__), dict(vars(self))


def _remade(source: str, name: str) -> object:
    """An empty instance of the class *name* of the text *source*; its state follows."""
    kind: type[object] = _executed(source, name)
    return kind.__new__(kind)


# -------------------------------------------------------------------------------------------- scripting


def _prepared(self: nn.Module) -> nn.Module:
    """What `torch.jit.script` takes in place of an instance of a generated class."""
    text = vars(type(self)).get(_SOURCE)
    return self if text is None or text == without_lists(text) else scriptable(self, _empty)


def _empty(module: nn.Module) -> nn.Module:
    """Nothing yet, of the class that TorchScript reads in place of that of *module*, or else of the same class."""
    kind = type(module)
    text = vars(kind).get(_SOURCE)
    if text is not None:
        kind = _executed(without_lists(text), kind.__qualname__)
    return kind.__new__(kind)
