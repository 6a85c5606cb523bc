"""Classes whose text is not yet written down: networks have their layers before anybody needs their `forward`.

A module of such a class becomes one of the class in the text, with all that is below it, as soon as anything asks for
its `forward` (a call, `torch.compile`, `torch.export`, `torch.fx`), copies, pickles or prints it. It is one of PyTorch's
lazy modules, which become others at their first call, so that the compiler knows what to do with it. Writing and running
texts is `module`'s business.
"""

from types import MethodType
from typing import Any, ClassVar, Protocol, SupportsIndex

from torch import nn
from torch.nn.modules.lazy import LazyModuleMixin

from symnas.compilers.torch.assembling import assemble
from symnas.compilers.torch.blueprints import Blueprint

__all__ = ["Text", "Unwritten", "unwritten"]


class Text(Protocol):
    """What will be written of one network."""

    def written(self, blueprint: Blueprint) -> type[nn.Module]:
        """The class of *blueprint* in the text."""

    def unwritten(self, blueprint: Blueprint) -> type[nn.Module]:
        """What stands for it until then."""


class Unwritten(type):
    """The class of such classes: where one comes from is what its text says."""

    _text: Text
    _blueprint: Blueprint

    @property
    def __module__(cls) -> str:  # type: ignore[override]  # of each class, rather than of all
        return cls.written.__module__

    @property
    def written(cls) -> type[nn.Module]:
        """The class in the text."""
        return cls._text.written(cls._blueprint)


class _Forward:
    """`forward` of the class in the text."""

    def __get__(self, module: nn.Module | None, kind: Unwritten) -> Any:
        forward = kind.written.forward
        if module is None:
            return forward
        _become(module)
        return MethodType(forward, module)


class _Module(nn.Module, LazyModuleMixin, metaclass=Unwritten):
    """A module with its layers alone."""

    _text: ClassVar[Text]
    _blueprint: ClassVar[Blueprint]
    forward = _Forward()

    def __init__(self) -> None:
        nn.Module.__init__(self)
        assemble(self, self._blueprint, lambda blueprint: self._text.unwritten(blueprint)())

    def __reduce_ex__(self, protocol: SupportsIndex) -> str | tuple[Any, ...]:
        if (kind := self.cls_to_become) is None:
            return super().__reduce_ex__(protocol)
        _become(self)
        return kind.__reduce_ex__(self, protocol)

    def _get_name(self) -> str:
        _become(self)
        return type(self).__name__

    @property
    def cls_to_become(self) -> type[nn.Module] | None:  # type: ignore[override]  # nobody sets it
        """The class in the text, which PyTorch's compiler asks for; `None` for a class of the user's that inherits."""
        kind = type(self)
        return kind.written if "_blueprint" in vars(kind) else None

    _initialize_hook = None
    """Says that the compiler is to call what follows before it looks at how the module computes."""

    def _infer_parameters(self, module: nn.Module, args: object, kwargs: object = None) -> None:
        _become(module)


def _become(module: nn.Module) -> None:
    """Make *module* and all below it instances of the classes in their texts."""
    for each in list(module.modules()):
        if isinstance(each, _Module) and (kind := each.cls_to_become) is not None:
            object.__setattr__(each, "__class__", kind)


def unwritten(name: str, blueprint: Blueprint, text: Text) -> type[nn.Module]:
    """What stands for the class of *blueprint* in *text*, called *name* as far as is known."""
    kind: type[nn.Module] = Unwritten(name, (_Module,), {"_blueprint": blueprint, "_text": text})  # type: ignore[assignment]  # by its bases
    return kind
