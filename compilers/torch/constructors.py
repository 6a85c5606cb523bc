"""How a submodule is made: a call read from its PyTorch text, argument by argument, so that classes which differ only
in such arguments can become one class with parameters.

Names and defaults of `torch.nn`'s constructors are kept here, so that writing source needs no torch; a test compares
them with the installed one. Where submodules live is `layout`'s business.
"""

import ast
import re
from functools import cached_property, lru_cache
from typing import Final

from attrs import evolve, frozen

__all__ = ["SIGNATURES", "Argument", "Constructor", "literal", "parse_constructor"]

_CONVOLUTION = "in_channels out_channels kernel_size stride=1 padding=0 dilation=1 groups=1 bias=True"
_TRANSPOSED = "in_channels out_channels kernel_size stride=1 padding=0 output_padding=0 groups=1 bias=True dilation=1"
_BATCH_NORM = "num_features eps=1e-05 momentum=0.1 affine=True track_running_stats=True"
_INSTANCE_NORM = "num_features eps=1e-05 momentum=0.1 affine=False track_running_stats=False"

SIGNATURES: Final = {
    f"nn.{name}": tuple((word.partition("=")[0], word.partition("=")[2] or None) for word in signature.split())
    for names, signature in {
        "Conv1d Conv2d Conv3d": _CONVOLUTION,
        "ConvTranspose1d ConvTranspose2d ConvTranspose3d": _TRANSPOSED,
        "BatchNorm1d BatchNorm2d BatchNorm3d": _BATCH_NORM,
        "InstanceNorm1d InstanceNorm2d InstanceNorm3d": _INSTANCE_NORM,
        "Linear": "in_features out_features bias=True",
        "Bilinear": "in1_features in2_features out_features bias=True",
        "LayerNorm": "normalized_shape eps=1e-05 elementwise_affine=True bias=True",
        "RMSNorm": "normalized_shape eps=None elementwise_affine=True",
        "GroupNorm": "num_groups num_channels eps=1e-05 affine=True",
        "RNN": "input_size hidden_size num_layers=1",
        "LSTM GRU": "input_size hidden_size num_layers=1 bias=True batch_first=False dropout=0.0 bidirectional=False",
        "RNNCell LSTMCell GRUCell": "input_size hidden_size bias=True",
        "Embedding": "num_embeddings embedding_dim padding_idx=None",
        "EmbeddingBag": "num_embeddings embedding_dim",
        "LocalResponseNorm": "size alpha=0.0001 beta=0.75 k=1.0",
        "Dropout Dropout1d Dropout2d Dropout3d AlphaDropout": "p=0.5 inplace=False",
        "PReLU": "num_parameters=1 init=0.25",
        "LeakyReLU": "negative_slope=0.01 inplace=False",
        "ELU": "alpha=1.0 inplace=False",
        "Softmax LogSoftmax": "dim=None",
        "MultiheadAttention": "embed_dim num_heads dropout=0.0 bias=True",
        "MaxPool1d MaxPool2d MaxPool3d": "kernel_size stride=None padding=0 dilation=1",
        "AvgPool1d AvgPool2d AvgPool3d": "kernel_size stride=None padding=0",
    }.items()
    for name in names.split()
}
"""Leading parameters of `torch.nn`'s constructors with their defaults as text (`None`: no default)."""


@frozen
class Argument:
    """One argument; *name* is `None` where the constructor's parameter is not known by name."""

    name: str | None
    text: str
    keyword: bool


@frozen
class Constructor:
    """`callee(arguments)`; where the text is no plain call, *callee* is the whole text and *arguments* is `None`."""

    callee: str
    arguments: tuple[Argument, ...] | None = None

    @cached_property
    def shape(self) -> tuple[object, ...]:
        """What must agree for two constructors to become one with parameters: the callee and which arguments there are,
        those apart whose absence has a known meaning.
        """
        if self.arguments is None:
            return (self.callee,)
        defaults = self._defaults()
        return (self.callee, *((a.name, a.keyword) for a in self.arguments if a.name is None or a.name not in defaults))

    def value(self, key: str | int) -> str:
        """Text of the argument called *key* (or at position *key*), its default where it is not written."""
        written = self.written.get(key)
        return self._defaults()[str(key)] if written is None else written

    @cached_property
    def written(self) -> dict[str | int, str]:
        """Texts of the written arguments, by their names, or positions where names are unknown."""
        return {position if a.name is None else a.name: a.text for position, a in enumerate(self.arguments or ())}

    def with_values(self, values: dict[str | int, str]) -> "Constructor":
        """The same call with other texts for *values*; arguments not written so far are added as keywords, in the order
        of the signature.
        """
        if self.arguments is None or not values:
            return self
        known = self.written
        changed = [
            evolve(argument, text=values.get(key, argument.text))
            for key, argument in zip(known, self.arguments, strict=True)
        ]
        added = [Argument(str(key), text, keyword=True) for key, text in values.items() if key not in known]
        order = [name for name, _ in SIGNATURES.get(self.callee, ())]
        positional = [each for each in changed if not each.keyword]
        keywords = [each for each in (*changed, *added) if each.keyword]
        if added:
            keywords.sort(key=lambda each: order.index(each.name) if each.name in order else len(order))
        return evolve(self, arguments=(*positional, *keywords))

    @cached_property
    def text(self) -> str:
        """The call as it is written."""
        if self.arguments is None:
            return self.callee
        written = [f"{a.name}={a.text}" if a.keyword else a.text for a in self.arguments]
        return f"{self.callee}({', '.join(written)})"

    def __str__(self) -> str:
        return self.text

    def _defaults(self) -> dict[str, str]:
        return _DEFAULTS.get(self.callee, {})


@lru_cache(maxsize=4096)
def parse_constructor(text: str) -> Constructor:
    """Read `nn.Conv2d(3, 64, 7, bias=False)`; positional arguments get their names where the signature is known.

    Raises:
        SyntaxError: *text* is no Python expression.
    """
    if (simple := _SIMPLE.fullmatch(text)) is not None:
        callee, written = simple[1], [_PLAIN_ARGUMENT.fullmatch(each) for each in simple[2].split(", ") if each]
        if all(written):
            return Constructor(callee, _arguments(callee, [(each[1], each[2]) for each in written if each]))
    node = ast.parse(text, mode="eval").body
    if not isinstance(node, ast.Call) or any(isinstance(each, ast.Starred) for each in node.args):
        return Constructor(text)
    if any(each.arg is None for each in node.keywords):
        return Constructor(text)
    callee = _source(text, node.func)
    named = [(each.arg, _source(text, each.value)) for each in node.keywords]
    return Constructor(callee, _arguments(callee, [*((None, _source(text, each)) for each in node.args), *named]))


_SIMPLE: Final = re.compile(r"([\w.]+)\(([^()\[\]{}'\"]*)\)")
_PLAIN_ARGUMENT: Final = re.compile(r"(?:(\w+)=)?([\w.+-]+)")
"""Most calls: names and numbers alone, which need no parser."""


def _arguments(callee: str, written: list[tuple[str | None, str]]) -> tuple[Argument, ...]:
    names = _NAMES.get(callee, ())
    return tuple(
        [
            Argument(name or (names[position] if position < len(names) else None), text, name is not None)
            for position, (name, text) in enumerate(written)
        ]
    )


_NAMES: Final = {callee: tuple(name for name, _ in signature) for callee, signature in SIGNATURES.items()}
_DEFAULTS: Final = {
    callee: {name: text for name, text in signature if text is not None} for callee, signature in SIGNATURES.items()
}


@lru_cache(maxsize=4096)
def literal(text: str) -> object:
    """The value that *text* is.

    Raises:
        ValueError: it is none.
    """
    if _WHOLE.fullmatch(text):
        return int(text)
    try:
        return _WORDS[text] if text in _WORDS else ast.literal_eval(text)
    except SyntaxError as error:
        raise ValueError(text) from error


_WHOLE: Final = re.compile("0|[1-9][0-9]*")
_WORDS: Final = {"True": True, "False": False, "None": None}
"""Nearly all there are; Python's parser takes ten times as long."""


def _source(text: str, node: ast.expr) -> str:
    """The part of *text* that *node* was read from; where that is one line of ASCII, columns are places in it."""
    if text.isascii() and "\n" not in text:
        return text[node.col_offset : node.end_col_offset]
    return ast.get_source_segment(text, node) or ast.unparse(node)
