"""Classes whose text is not yet written down: networks have their layers before anybody needs their `forward`.

A module of such a class becomes one of the class in the text, with all that is below it, as soon as anything asks for
its `forward` (a call, `torch.compile`, `torch.export`, `torch.fx`), copies, pickles or prints it. It is one of PyTorch's
lazy modules, which become others at their first call, so that the compiler knows what to do with it. Writing and running
texts is `module`'s business.
"""

from collections.abc import Callable
from functools import wraps
from threading import RLock
from types import MethodType
from typing import Any, Final, Protocol, SupportsIndex

from torch import nn
from torch.nn.modules.lazy import LazyModuleMixin

from symnas.compilers.torch.assembling import assemble, assembled
from symnas.compilers.torch.blueprints import Blueprint
from symnas.compilers.torch.names import class_name

__all__ = ["Text", "Unwritten", "standing_in", "unwritten"]


class Text(Protocol):
    """What will be written of one network."""

    def written(self, blueprint: Blueprint) -> type[nn.Module]:
        """The class of *blueprint* in the text."""

    def made(self, blueprint: Blueprint) -> nn.Module:
        """A module of that class, which need not be written yet."""


class Unwritten(type):
    """The class of such classes. Each stands for those of *blueprints* of one name that take equally many inputs; making
    a class takes longer than a small layer, so that not every blueprint has its own.
    """

    text: Text
    blueprints: dict[Blueprint, None]

    @property
    def __module__(cls) -> str:  # type: ignore[override]  # of each class, rather than of all
        return cls.written[0].__module__

    @property
    def written(cls) -> tuple[type[nn.Module], ...]:
        """The classes in the text."""
        return tuple(dict.fromkeys(map(cls.text.written, cls.blueprints)))


class _Forward:
    """`forward` of the class in the text; asked of one that stands for several, what calls that of the module's own."""

    def __get__(self, module: nn.Module | None, kind: Unwritten) -> Any:
        if module is None:
            first, *others = kind.written
            return _of_its_own(first.forward) if others else first.forward
        with _BECOMING:
            if not isinstance(module, _Module):  # another thread was first
                return module.forward
            forward = kind.text.written(module.blueprint).forward
            _become(module)
            return MethodType(forward, module)


def _of_its_own(forward: Callable[..., Any]) -> Callable[..., Any]:
    """A function that is *forward* to whoever asks for its parameters (`torch.fx` does, before it looks at the module),
    and calls that of the module it is given.
    """

    @wraps(forward)
    def called(self: nn.Module, *inputs: Any, **named: Any) -> Any:
        return self.forward(*inputs, **named)

    return called


class _Module(nn.Module, LazyModuleMixin, metaclass=Unwritten):
    """A module with its layers alone."""

    forward = _Forward()

    def __init__(self) -> None:
        nn.Module.__init__(self)
        assemble(self, self.blueprint, type(self).text.made)

    @property
    def blueprint(self) -> Blueprint:
        """What it is made by; where nothing says so, the first that its class stands for."""
        found: Blueprint = vars(self).get("_blueprint") or next(iter(type(self).blueprints))
        return found

    @property
    def cls_to_become(self) -> type[nn.Module] | None:  # type: ignore[override]  # nobody sets it
        """The class in the text, which PyTorch's compiler asks for; `None` for a class of the user's that inherits."""
        kind = type(self)
        return kind.text.written(self.blueprint) if "text" in vars(kind) else None

    _initialize_hook = None
    """Says that the compiler is to call what follows before it looks at how the module computes."""

    def _infer_parameters(self, module: nn.Module, args: object, kwargs: object = None) -> None:
        _become(module)

    def __reduce_ex__(self, protocol: SupportsIndex) -> str | tuple[Any, ...]:
        if (kind := self.cls_to_become) is None:
            return super().__reduce_ex__(protocol)
        _become(self)
        return kind.__reduce_ex__(self, protocol)

    def __prepare_scriptable__(self) -> nn.Module:
        if (kind := self.cls_to_become) is None:
            return self
        _become(self)
        prepared: nn.Module = vars(kind)["__prepare_scriptable__"](self)
        return prepared

    def _get_name(self) -> str:
        _become(self)
        return type(self).__name__


def _become(module: nn.Module) -> None:
    """Make *module* and all below it instances of the classes in their texts."""
    with _BECOMING:
        for each in list(module.modules()):
            if isinstance(each, _Module) and (kind := each.cls_to_become) is not None:
                vars(each).pop("_blueprint", None)
                object.__setattr__(each, "__class__", kind)


_BECOMING: Final = RLock()
"""Held by the thread in which modules become others."""


def standing_in(kind: Unwritten, blueprint: Blueprint) -> nn.Module:
    """A module of *kind* with the layers of *blueprint*, for the class of which it stands."""
    made = assembled(kind, blueprint, kind.text.made)
    vars(made)["_blueprint"] = blueprint
    return made


def unwritten(name: str, text: Text) -> Unwritten:
    """What stands for the classes of *text* that are called after *name*; blueprints are to be added."""
    return Unwritten(class_name(name), (_Module,), {"text": text, "blueprints": {}})
