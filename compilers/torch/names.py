"""Names in generated Python: which words are free, and what classes, attributes and variables are called.

Where a weight lives is `layout`'s business; nothing here knows graphs.
"""

import builtins
import keyword
import re
from collections.abc import Iterable, Iterator
from functools import lru_cache

__all__ = [
    "RESERVED_ATTRIBUTES",
    "Names",
    "attribute",
    "class_name",
    "identifier",
    "is_plain_attribute",
    "is_word",
    "quoted",
    "snake_case",
]

RESERVED_ATTRIBUTES = frozenset(
    """T_destination add_module append apply bfloat16 buffers call_super_init children clear compile cpu cuda double
    dump_patches eval extend extra_repr float forward get_buffer get_extra_state get_parameter get_submodule half
    insert ipu items keys load_state_dict modules mtia named_buffers named_children named_modules named_parameters
    parameters pop register_backward_hook register_buffer register_forward_hook register_forward_pre_hook
    register_full_backward_hook register_full_backward_pre_hook register_load_state_dict_post_hook
    register_load_state_dict_pre_hook register_module register_parameter register_state_dict_post_hook
    register_state_dict_pre_hook requires_grad_ set_extra_state set_submodule share_memory state_dict to to_empty
    train training type update values xpu zero_grad""".split()
)
"""Attributes of `nn.Module`, `nn.ModuleList` and `nn.ModuleDict` that a submodule of the same name would not be read
through (those with a leading underscore apart)."""

_IMPORTED = frozenset({"torch", "nn", "F"})
_HELPERS = frozenset({"holding", "named", "Renamed"})
_TAKEN_EVERYWHERE = _IMPORTED | frozenset(dir(builtins)) | frozenset(keyword.kwlist) | {"self", "_"} | _HELPERS


@lru_cache(maxsize=4096)
def is_plain_attribute(name: str) -> bool:
    """Whether `self.name` can be written and reaches a submodule of that name."""
    return (
        name.isidentifier()
        and not keyword.iskeyword(name)
        and not name.startswith("_")
        and name not in RESERVED_ATTRIBUTES
    )


@lru_cache(maxsize=4096)
def is_word(name: str) -> bool:
    """Whether *name* means something else in Python or in a module, or could be mistaken for what stands for such a one
    (`half_` for `half`).
    """
    word = name.rstrip("_")
    return word in RESERVED_ATTRIBUTES or keyword.iskeyword(word)


def attribute(name: str) -> str:
    """The attribute that a submodule of that *name* is."""
    return f"{name}_" if is_word(name) else name


@lru_cache(maxsize=4096)
def identifier(name: str) -> str:
    """*name* as a Python identifier that means nothing else in a generated file."""
    found = re.sub(r"\W", "_", name)
    if not found.isidentifier():
        found = f"_{found}"
    return f"{found}_" if found in _TAKEN_EVERYWHERE else found


def class_name(block: str) -> str:
    """The class of a block; a leading underscore would make names in its body private to Python."""
    return identifier(block).lstrip("_") or "Block"


@lru_cache(maxsize=4096)
def snake_case(name: str) -> str:
    """`MBConv` → `mb_conv`, `SqueezeExcite` → `squeeze_excite`, `ReLUConvBN` → `relu_conv_bn`."""
    name = re.sub(r"(Re|Si|Ge|Se|Ce)LU", lambda match: f"{match[1]}lu", name)
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", "_", name).lower()


def quoted(text: str) -> str:
    """*text* as a Python string literal with double quotes."""
    literal = repr(text)
    return literal if '"' in literal else f'"{literal[1:-1]}"'


class Names:
    """The names taken in one piece of generated code."""

    def __init__(self, taken: Iterable[str] = ()) -> None:
        self._taken = set(taken)

    def __contains__(self, name: str) -> bool:
        return name in self._taken or name in _TAKEN_EVERYWHERE

    def __iter__(self) -> Iterator[str]:
        return iter(self._taken)

    def take(self, wanted: str) -> str:
        """*wanted*, or the first of `wanted2`, `wanted3`, … that is free; taken from now on."""
        name, number = wanted, 1
        while name in self:
            number += 1
            name = f"{wanted}{number}"
        self._taken.add(name)
        return name
