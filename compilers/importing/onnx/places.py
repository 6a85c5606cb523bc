"""Which modules the nodes of a model stood in, as far as their names or metadata tell.

PyTorch's exporters write the nesting of modules: the older one into names (`/layer1/layer1.0/conv1/Conv`), the newer one
into metadata, classes included. Names with slashes are nested by other exporters as well.
"""

import re
from ast import literal_eval
from collections.abc import Iterable, Sequence
from itertools import pairwise
from typing import Any

from symnas.compilers.importing.drawing import Module
from symnas.compilers.importing.naming import capitalised

__all__ = ["places"]

_SCOPES, _CLASSES = "pkg.torch.onnx.name_scopes", "pkg.torch.onnx.class_hierarchy"


def places(nodes: Iterable[Any]) -> list[tuple[Module, ...]]:
    """The modules around each of *nodes*, the outermost first."""
    paths = [_described(each) or _named(each.name) for each in nodes]
    holders = {path for found in paths for path, following in pairwise(found) if _is_numbered(path[0], following[0])}
    return [tuple(_module(each, each in holders) for each in found) for found in paths]


_Path = tuple[str, str]
"""The dotted path of a module, and its class where that is known."""


def _module(path: _Path, holds: bool) -> Module:
    dotted, kind = path
    word = re.sub(r"[._]?[0-9]+$", "", dotted.rpartition("/")[2])
    named = kind or ("Sequential" if holds else capitalised(re.sub(r"[0-9]+$", "", word.rpartition(".")[2]), "Block"))
    return Module(dotted, named)


def _is_numbered(path: str, following: str) -> bool:
    return re.fullmatch(re.escape(path) + r"\.[0-9]+", following) is not None


def _described(node: Any) -> tuple[_Path, ...]:
    """The modules that metadata of *node* names."""
    told = {each.key: each.value for each in node.metadata_props}
    try:
        scopes, classes = literal_eval(told.get(_SCOPES, "[]")), literal_eval(told.get(_CLASSES, "[]"))
    except (SyntaxError, ValueError):
        return ()
    if not isinstance(scopes, list) or not isinstance(classes, list):
        return ()
    pairs = [(str(scope), str(kind).rpartition(".")[2]) for scope, kind in zip(scopes[:-1], classes, strict=False)]
    return tuple(each for each in pairs if each[0])


def _named(name: str) -> tuple[_Path, ...]:
    """The modules that *name*, of segments between slashes, tells."""
    segments: Sequence[str] = [each for each in name.split("/") if each][:-1]
    found: list[_Path] = []
    for segment in segments:
        before, last = (found[-1][0], segments[len(found) - 1]) if found else ("", "")
        if last and segment.startswith(f"{last}."):
            path = f"{before}{segment[len(last) :]}"
        else:
            path = f"{before}.{segment}" if before else segment
        found.append((path, ""))
    return tuple(found)
