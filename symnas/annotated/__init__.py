"""Existing Python code made searchable with a few marks, on the same spaces and searchers as `.nas` files.

`placeholders` stand where values stood, `symbolic` makes classes and functions take them, `spaces` is what a value can
become, `searching` a loop over it. How a value becomes a program is `writing`'s business.
"""

from symnas.annotated.blocks import block_of
from symnas.annotated.comparing import equal
from symnas.annotated.editing import MISSING, Edit, clone, edit, get, query, walk
from symnas.annotated.fingerprints import fingerprint
from symnas.annotated.jsontext import from_json, to_json
from symnas.annotated.marking import partial, symbolic
from symnas.annotated.merging import merge
from symnas.annotated.models import replacing
from symnas.annotated.nets import to_nas
from symnas.annotated.patches import Applied, apply, patch
from symnas.annotated.placeholders import manyof, maybe, oneof, permutation, range, several, subset  # noqa: A004 (PyGlove's and our own word)
from symnas.annotated.searching import Loop, ValueTrial
from symnas.annotated.showing import show
from symnas.annotated.spaces import Member, ValueSpace, space_of
from symnas.annotated.tracing import traced
from symnas.annotated.values import Symbolic, arguments_of

__all__ = [
    "MISSING", "Applied", "Edit", "Loop", "Member", "Symbolic", "ValueSpace", "ValueTrial", "apply", "arguments_of",
    "block_of", "clone", "edit", "equal", "fingerprint", "from_json", "get", "manyof", "maybe", "merge", "oneof", "partial",
    "patch", "permutation", "query", "range", "replacing", "several", "show", "space_of", "subset", "symbolic",
    "to_json", "to_nas", "traced", "walk",
]  # fmt: skip
