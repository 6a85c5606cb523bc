"""Faults planted into spaces of 10^10 architectures and more: one each, which only some choices bring about."""

import re
from pathlib import Path

from attrs import frozen

__all__ = ["FAULTS", "Fault", "text_of"]

REPOSITORY = Path(__file__).resolve().parents[2]
SAMPLES = REPOSITORY / "samples"
SHOWCASE = REPOSITORY.parent / "shared" / "language" / "showcase"


@frozen
class Fault:
    """*old* in the program called *program* becomes *new*. What is found then: codes, and the text of their places.

    *torch* says that an operator of PyTorch refuses it as well.
    """

    program: str
    old: str
    new: str
    found: tuple[tuple[str, str], ...]
    torch: bool = False

    @property
    def text(self) -> str | None:
        """The program with its fault, claims on the space left out; `None` where the program is not there."""
        text = text_of(self.program)
        if text is None:
            return None
        assert self.old in text
        return re.sub(r"(?m)^assert .*space.*$", "", text.replace(self.old, self.new)) + self.more

    more: str = ""


def text_of(program: str) -> str | None:
    """The text of a sample, or of a file of the showcase (`showcase/…`); `None` where that is not there."""
    folder = SHOWCASE if program.startswith("showcase/") else SAMPLES
    file = folder / f"{program.removeprefix('showcase/')}.nas"
    return file.read_text() if file.exists() else None


FAULTS: dict[str, Fault] = {
    "mobile: sixteen groups": Fault(
        "mobile", "kernel, stride, groups = hidden)", "kernel, stride, groups = 16)", (("E0305", "groups"),), torch=True
    ),
    "mobile: a quarter of a width": Fault(
        "mobile", "out = multiple(channels * width, of = 8)", "out = channels * width / 4", (("E0305", "out"),)
    ),
    "mobile: padding for three by three": Fault(
        "mobile",
        "stride = stride, groups = groups",
        "stride = stride, padding = kernel // 3, groups = groups",
        (("E0403", "Conv2d(out, kernel, stride = stride, padding = kernel // 3, groups = groups, bias = false)"),),
        torch=True,
    ),
    "mobile: maps that empty": Fault(
        "mobile",
        "stride = stride, groups = groups",
        "stride = stride, padding = 0, groups = groups",
        (("E0403", "Conv2d(out, kernel, stride = stride, padding = 0, groups = groups, bias = false)"),),
        torch=True,
    ),
    "mobile: a width too many": Fault(
        "mobile",
        "let width = oneof(0.75, 1.0, 1.25) ",
        "let width = [0.75, 1.0, 1.25][range(0, 3)] ",
        (("E0416", "[0.75, 1.0, 1.25][range(0, 3)]"),),
    ),
    "mobile: a sixteenth of what is hidden": Fault(
        "mobile",
        "hidden = x.channels * expand",
        "hidden = x.channels * expand / (if kernel == 7 { 16 } else { 1 })",
        (("E0305", "out"),),
    ),
    "digits: three groups": Fault(
        "digits",
        "act -> ConvBN(out, kernel)",
        "act -> ConvBN(out, kernel, groups = 3)",
        (("E0305", "groups"),),
        torch=True,
    ),
    "digits: maps that empty": Fault(
        "digits",
        "Conv2d(out, kernel, groups",
        "Conv2d(out, kernel, padding = 0, groups",
        (
            ("E0403", "Conv2d(out, kernel, padding = 0, groups = groups, bias = false)"),
            ("E0403", "MaxPool2d(2)"),
            ("E0403", "AvgPool2d(2)"),
        ),
        torch=True,
    ),
    "digits: residual whatever the shapes": Fault(
        "digits", "if y.shape == x.shape and residual", "if residual", (("E0403", "x + y"),), torch=True
    ),
    "digits: truth values into a layer": Fault(
        "digits",
        "whole: Flatten }\n  x -> head -> Dropout(train.dropout) -> Linear(10)",
        "whole: Flatten -> Positive }\n  x -> Dropout(train.dropout) -> head -> Linear(10)",
        (("E0403", "Linear(10)"),),
        torch=True,
        more="\nblock Positive(x: [*S]) = x > 0\n",
    ),
    "digits: concatenated along the height": Fault(
        "digits",
        "if y.shape == x.shape and residual { x + y }",
        "if residual { concat([x, y], dim = 2) }",
        (("E0403", "concat([x, y], dim = 2)"),),
        torch=True,
    ),
    "fbnet: three groups": Fault(
        "fbnet",
        "k5_e1_g2: Inverted(out, stride, 5, 1, groups = 2)",
        "k5_e1_g2: Inverted(out, stride, 5, 1, groups = 3)",
        (("E0305", "groups"),),
        torch=True,
    ),
    "fbnet: residual wherever the stride is 1": Fault(
        "fbnet", "if y.shape == x.shape", "if stride == 1", (("E0403", "x + y"),), torch=True
    ),
    "fbnet: too many groups shuffled": Fault(
        "fbnet", "ChannelShuffle(groups)", "ChannelShuffle(3 * groups)", (("E0305", "3 * groups"),), torch=True
    ),
    "nasnet: a pooling without padding": Fault(
        "nasnet",
        "max7: MaxPool2d(7, stride = stride)",
        "max7: MaxPool2d(7, stride = stride, padding = 0)",
        (
            ("E0403", "concat([states[i] for i in unread])"),
            ("E0403", "left + right"),
            ("E0403", "concat([left, right])"),
        ),
        torch=True,
    ),
    "nasnet: a state that is not there yet": Fault(
        "nasnet",
        "(range(0, next - 1), range(0, next - 1))",
        "(range(0, next - 1), range(0, next))",
        (("E0416", "states[second]"),),
    ),
    "nasnet: nothing left to read": Fault(
        "nasnet",
        "i != second], next]",
        "i != second], next if first != second]",
        (("E0408", "concat([states[i] for i in unread])"),),
    ),
    "nasnet: the second state keeps its size": Fault(
        "nasnet",
        "if first < 2 { stride }",
        "if first < 1 { stride }",
        (("E0403", "left + right"), ("E0403", "concat([left, right])")),
        torch=True,
    ),
    "autodeeplab: halved once too often": Fault("autodeeplab", "if level < 3", "if level < 5", (("E0405", "size"),)),
    "autodeeplab: skipping halves": Fault(
        "autodeeplab",
        "skip: Identity",
        "skip: Zero(stride = 2)",
        (("E0403", "concat(all[2:])"), ("E0403", "(last -> Edge(out, earlier)) + (last -> Edge(out, earlier))")),
        torch=True,
    ),
    "detector: twelve high": Fault(
        "detector",
        "2 ** (if more > 5 { range(0, 4) } else { more - 1 })",
        "if more > 5 { oneof(1, 2, 4, 8, 12) } else { 2 ** (more - 1) }",
        (("E0427", "Sum"), ("E0427", "Attend")),
    ),
    "detector: three features for two names": Fault(
        "detector", "manyof(2, [*features, x])", "manyof(range(2, 3), [*features, x])", (("E0421", "(a, b)"),)
    ),
    "hat: six heads": Fault("hat", "oneof(4, 8)", "oneof(4, 6, 8)", (("E0305", "heads"),), torch=True),
    "hat: a layer of the encoder too late": Fault(
        "hat",
        "concat(encoded[len(encoded) - sources:], dim = 1)",
        "encoded[3 + sources]",
        (("E0416", "encoded[3 + sources]"),),
    ),
    "hat: an embedding of one width": Fault(
        "hat",
        "shared embed = Embedding(vocabulary, width)",
        "shared embed = Embedding(vocabulary, 512)",
        (("E0403", "x + concat([sin(angles), cos(angles)], dim = 1)"),),
        torch=True,
    ),
    "hat: attention of one width": Fault(
        "hat",
        "MergeHeads -> Linear(D)",
        "MergeHeads -> Linear(512)",
        (("E0403", "x + ((x, x) -> Attention)"), ("E0403", "x + ((x, x) -> Attention(causal = true))")),
        torch=True,
    ),
    "hat: values in four heads": Fault(
        "hat",
        "v = source -> Linear(512) -> SplitHeads(heads)",
        "v = source -> Linear(512) -> SplitHeads(4)",
        (("E0403", "attend(q, k, v, causal = causal)"),),
        torch=True,
    ),
    "ofa: 24 groups": Fault(
        "showcase/ofa",
        "kernel, stride, groups = hidden",
        "kernel, stride, groups = 16",
        (("E0305", "groups"),),
        torch=True,
    ),
    "ofa: a last pooling for large pictures": Fault(
        "showcase/ofa",
        "ConvBN(960) ->",
        "ConvBN(960) -> AvgPool2d(7, padding = 0) ->",
        (("E0403", "AvgPool2d(7, padding = 0)"),),
        torch=True,
    ),
    "ofa: kernels for three layers": Fault(
        "showcase/ofa",
        "else { 1 }, act, se)",
        "else { 1 }, act, se, kernel = [3, 5, 7][i])",
        (("E0416", "[3, 5, 7][i]"),),
    ),
    "mobile of the showcase: a tenth of the channels": Fault(
        "showcase/mobile",
        "multiple(x.channels * ratio, of = 8)",
        "x.channels * ratio * 0.9",
        (("E0305", "x.channels * ratio * 0.9"),),
    ),
    "darts: skipping keeps the size": Fault(
        "showcase/darts",
        "skip: if stride == 1 { Identity } else { FactorizedReduce(c) }",
        "skip: Identity",
        (("E0403", "sum(manyof(2, edges))"), ("E0403", "concat(nodes[2:])")),
        torch=True,
    ),
    "darts: padding for three by three": Fault(
        "showcase/darts",
        "dilation = 2, bias",
        "dilation = 2, padding = 2, bias",
        (("E0403", "sum(manyof(2, edges))"), ("E0403", "concat(nodes[2:])")),
        torch=True,
    ),
}
