"""The sections of `docs/rule-library.md`: what each rule of the library makes of a small network.
`python tests/support/rule_library.py` renews them.
"""

import sys
from pathlib import Path

import symnas
from symnas.expanding import expand
from symnas.rewriting import Rewriting, rewrite

__all__ = ["EXAMPLES", "example", "renewed", "sections"]

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs" / "rule-library.md"
BEGIN, END = "<!-- rules: made by tests/support/rule_library.py -->\n", "<!-- end of rules -->\n"

CONVOLUTIONS = """\
net Before(x: f32[N, 3, 32, 32]) =
  x -> Conv2d(16, 3, stride = 2, bias = false) -> BatchNorm2d -> ReLU
    -> Conv2d(16, 3, bias = false) -> BatchNorm2d -> ReLU -> GlobalAvgPool2d -> Flatten -> Linear(10)
"""
FEATURES = """\
net Before(x: f32[N, 64]) = x -> Linear(64) -> LayerNorm -> GELU -> Linear(10)
"""
BLOCKS = """\
block Unit(out, stride = 1) = Conv2d(out, 3, stride = stride, bias = false) -> BatchNorm2d -> ReLU
net Before(x: f32[N, 3, 32, 32]) =
  x -> Unit(16, 2) -> Unit(16) -> Unit(16) -> GlobalAvgPool2d -> Flatten -> Linear(10)
"""
IDLE = """\
net Before(x: f32[N, 64]) {
  y = x -> Flatten -> Linear(64) -> ReLU -> ReLU -> Dropout(0)
  y * 1 + x
}
"""

EXAMPLES: dict[str, tuple[str, dict[str, object]]] = {
    "separable": (CONVOLUTIONS, {}),
    "squeeze_excite": (CONVOLUTIONS, {"ratio": 0.5}),
    "activations": (CONVOLUTIONS, {"into": "GELU"}),
    "choose_activations": (FEATURES, {}),
    "group_norms": (CONVOLUTIONS, {"groups": 4}),
    "rms_norms": (FEATURES, {}),
    "lora": (FEATURES, {}),
    "adapters": (FEATURES, {"width": 16}),
    "exits": (BLOCKS, {"sure": 0.95}),
    "elastic_kernels": (CONVOLUTIONS, {}),
    "elastic_width": (CONVOLUTIONS.replace("GlobalAvg", "Conv2d(32, 1) -> GlobalAvg"), {}),
    "elastic_depth": (BLOCKS, {}),
    "drop": (BLOCKS, {}),
    "quantise": (FEATURES, {"weights": 4}),
    "mixed_precision": (FEATURES, {}),
    "fuse": (CONVOLUTIONS, {}),
    "low_rank": (FEATURES, {}),
    "canonical": (IDLE, {}),
}
"""A network for each of the rules, and settings for them."""


def example(name: str) -> Rewriting:
    """What the rules *name* make of their network, to the end."""
    text, settings = EXAMPLES[name]
    network = symnas.parse(expand(symnas.parse(text, "before.nas").architecture()).text, "before.nas")
    return rewrite(network, symnas.rules[name](**settings), fixpoint=name == "canonical")


def sections() -> str:
    """A section for each of the rules: what they do, how they are written, what they make of a network."""
    lines: list[str] = []
    for name, (_, settings) in EXAMPLES.items():
        offered, done = symnas.rules[name], example(name)
        given = ", ".join(f"{key} = {value}" for key, value in settings.items())
        call = f"{name}({given})" if given else name
        lines += [f"## {name}", "", offered.about, ""]
        if offered.settings:
            lines += [
                "Settings: " + ", ".join(f"`{key} = {value}`" for key, value in offered.settings.items()) + ".",
                "",
            ]
        lines += ["```nas", offered.text.strip(), "```", ""]
        lines += [f"`{call}`{' to a fixed point' if name == 'canonical' else ''}:", "", "```diff"]
        lines += [f"  {each}" if each[:1] not in ("+", "-", " ", "@") else each for each in shown(done)]
        lines += ["```", ""]
        if done.decides:
            lines += [f"A space of {done.space.size} networks.", ""]
    return "\n".join(lines)


def shown(done: Rewriting) -> list[str]:
    """The diff without the names of files and numbers of lines."""
    return [each for each in done.diff.splitlines() if not each.startswith(("---", "+++", "@@")) and each.strip()]


def renewed(page: str) -> str:
    """The text of *page* with the sections of now between its two marks."""
    before, _, rest = page.partition(BEGIN)
    _, _, after = rest.partition(END)
    return f"{before}{BEGIN}\n{sections()}{END}{after}"


if __name__ == "__main__":
    PAGE.write_text(renewed(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
    sys.stdout.write(f"renewed {PAGE}\n")
