"""symnas: a family of neural networks as a small program; search it, compile its members.

>>> import symnas
>>> space = symnas.load("samples/digits.nas").space()
>>> architecture = space.sample(random.Random(0))
>>> module = symnas.compile(architecture, "torch")

Everything is imported when it is first used: `import symnas` itself loads no torch, numpy or lark.
"""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from symnas.annotated import (
        MISSING,
        Symbolic,
        ValueSpace,
        apply,
        block_of,
        clone,
        edit,
        equal,
        fingerprint,
        from_json,
        get,
        manyof,
        maybe,
        merge,
        oneof,
        partial,
        patch,
        permutation,
        query,
        range,  # noqa: A004 (it is what one says)
        replacing,
        several,
        show,
        space_of,
        subset,
        symbolic,
        to_json,
        to_nas,
        traced,
        walk,
    )
    from symnas.api import compile, rewrite, search  # noqa: A004 (it is what one says)
    from symnas.architecture import Architecture
    from symnas.differing import Difference, diff
    from symnas.encoding import encode
    from symnas.errors import CompileError, Diagnostic, NasError, SearchError, SourceError
    from symnas.expanding import expand
    from symnas.genotype import Genotype
    from symnas.grammar import format  # noqa: A004 (it is what one says)
    from symnas.graph import Graph
    from symnas.growing import grow
    from symnas.measure import Measure
    from symnas.program import Program, load, parse
    from symnas.rewriting import rule
    from symnas.rewriting.library import rules
    from symnas.slimming import prune
    from symnas.space import Space

__all__ = [
    "MISSING", "Architecture", "CompileError", "Diagnostic", "Difference", "Genotype", "Graph", "Measure",
    "NasError", "Program", "SearchError", "SourceError", "Space", "Symbolic", "ValueSpace", "apply", "block_of", "clone",
    "compile", "diff", "edit", "encode", "equal", "expand", "fingerprint", "format", "from_json", "get", "grow", "load",
    "manyof", "maybe", "merge", "oneof", "parse", "partial", "patch", "permutation", "prune", "query", "range", "replacing",
    "rewrite", "rule", "rules", "search", "several", "show", "space_of", "subset", "symbolic", "to_json", "to_nas", "traced", "walk",
]  # fmt: skip

__version__ = "0.1.0"

_HOMES = {
    "Architecture": "architecture", "CompileError": "errors", "Diagnostic": "errors", "Difference": "differing",
    "Genotype": "genotype", "Graph": "graph", "Measure": "measure", "NasError": "errors", "Program": "program",
    "SearchError": "errors", "SourceError": "errors", "Space": "space", "compile": "api", "diff": "differing",
    "encode": "encoding", "expand": "expanding", "format": "grammar", "grow": "growing", "load": "program", "parse": "program", "prune": "slimming",
    "rewrite": "api", "rule": "rewriting", "rules": "rewriting.library", "search": "api",
    **dict.fromkeys((
        "MISSING", "Symbolic", "ValueSpace", "apply", "block_of", "clone", "edit", "equal", "fingerprint", "from_json", "get",
        "manyof", "maybe", "merge", "oneof", "partial", "patch", "permutation", "query", "range", "replacing", "several",
        "show", "space_of", "subset", "symbolic", "to_json", "to_nas", "traced", "walk",
    ), "annotated"),
}  # fmt: skip


def __getattr__(name: str) -> object:
    home = _HOMES.get(name)
    if home is None:
        raise AttributeError(f"module 'symnas' has no attribute '{name}'")
    value = getattr(import_module(f"symnas.{home}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted([*__all__, "__version__"])
