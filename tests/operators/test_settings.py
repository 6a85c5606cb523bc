"""Binding arguments: kinds, bounds, defaults, and the words of every refusal."""

from fractions import Fraction

import pytest

from symnas.operators import OperatorError, SettingValue, lookup
from symnas.operators.settings import show
from symnas.sizes import symbol

H, N = symbol("H"), symbol("N")


def _bind(name: str, *positional: object, **named: object) -> dict[str, SettingValue]:
    operator = lookup(name)
    assert operator is not None
    return operator.bind(positional, named)


class TestNormalised:
    """Written values in the one form that rules read."""

    def test_defaults_are_filled_in_order(self) -> None:
        """Every setting has a value, in the operator's order."""
        assert list(_bind("Conv2d", 64, 3, bias=False).items()) == [
            ("out_channels", 64),
            ("kernel_size", 3),
            ("stride", 1),
            ("padding", None),
            ("dilation", 1),
            ("groups", 1),
            ("bias", False),
            ("padding_mode", "zeros"),
            ("init", None),
        ]

    @pytest.mark.parametrize(
        ("name", "setting", "written", "bound"),
        (
            ("Linear", "out_features", Fraction(8), 8),
            ("Linear", "out_features", 8.0, 8),
            ("MaxPool2d", "kernel_size", (Fraction(3), 1), (3, 1)),
            ("Dropout", "p", Fraction(1, 4), Fraction(1, 4)),
            ("Dropout", "p", 0.25, 0.25),
            ("Dropout", "p", Fraction(1), 1),
            ("GELU", "approximate", "tanh", "tanh"),
            ("BatchNorm2d", "momentum", None, None),
            ("reshape", "shape", (N, -1), (N, -1)),
            ("LayerNorm", "normalized_shape", 8, (8,)),
            ("mul", "other", H, H),
        ),
    )
    def test_values(self, name: str, setting: str, written: object, bound: object) -> None:
        """Whole fractions become numbers, sizes stay, single sizes become lists."""
        found = _bind(name, **{setting: written})[setting]
        assert found == bound
        assert type(found) is type(bound)

    def test_rest_takes_a_list_or_its_items(self) -> None:
        """`Permute(0, 2, 1)` and `Permute([0, 2, 1])` are the same."""
        assert _bind("Permute", 0, 2, 1) == _bind("Permute", (0, 2, 1)) == {"dims": (0, 2, 1)}


class TestRefused:
    """What users write wrongly, and what they are told."""

    @pytest.mark.parametrize(
        ("name", "positional", "named", "message", "hint", "setting"),
        (
            ("Conv2d", (64, 3), {"strides": 2}, "`Conv2d` has no setting `strides`", "`stride`?", "strides"),
            (
                "ReLU",
                (),
                {"inplace": True},
                "`ReLU` has no setting `inplace`",
                "leave it out: a tensor never changes in place",
                "inplace",
            ),
            (
                "Linear",
                (),
                {"in_features": 3},
                "`Linear` has no setting `in_features`",
                "leave it out: sizes of the input are inferred",
                "in_features",
            ),
            (
                "Linear",
                (),
                {"colour": 3},
                "`Linear` has no setting `colour`",
                "its settings: `out_features`, `bias`, `init`",
                "colour",
            ),
            ("Conv2d", (64,), {}, "`Conv2d` needs its setting `kernel_size`", None, "kernel_size"),
            ("Linear", (3,), {"out_features": 4}, "`out_features` of `Linear` is given twice", None, "out_features"),
            (
                "Linear",
                (3, True, 1),
                {},
                "`Linear` takes at most 2 settings; 3 given",
                "sizes of the input are inferred, so they are not given",
                None,
            ),
            ("ReLU", (1,), {}, "`ReLU` takes no settings; 1 given", None, None),
            (
                "Conv2d",
                (Fraction(27, 2), 3),
                {},
                "`out_channels` of `Conv2d` must be whole; 13.5",
                "`multiple(…, of = 8)` rounds to a multiple of 8, `… // 1` rounds down",
                "out_channels",
            ),
            (
                "Linear",
                (Fraction(1, 3),),
                {},
                "`out_features` of `Linear` must be whole; 1 / 3",
                "`multiple(…, of = 8)` rounds to a multiple of 8, `… // 1` rounds down",
                "out_features",
            ),
            ("Conv2d", (64, 0), {}, "`kernel_size` of `Conv2d` must be at least 1; 0", None, "kernel_size"),
            ("Conv2d", (64, (3, -1)), {}, "`kernel_size` of `Conv2d` must be at least 1; -1", None, "kernel_size"),
            (
                "Conv2d",
                (64, (3, 3, 3)),
                {},
                "`kernel_size` of `Conv2d` takes one number or 2; this is (3, 3, 3)",
                None,
                "kernel_size",
            ),
            (
                "Conv2d",
                (64, "big"),
                {},
                '`kernel_size` of `Conv2d` takes a whole number or one per dimension, not "big"',
                None,
                "kernel_size",
            ),
            (
                "Conv2d",
                (64, 3),
                {"padding": "sane"},
                '`padding` of `Conv2d` takes a whole number, one per dimension, or `none`, not "sane"',
                '"same"?',
                "padding",
            ),
            ("Conv2d", (64, 3), {"bias": 1}, "`bias` of `Conv2d` takes `true` or `false`, not 1", None, "bias"),
            (
                "Conv2d",
                (64, 3),
                {"stride": None},
                "`stride` of `Conv2d` takes a whole number or one per dimension, not none",
                None,
                "stride",
            ),
            ("Linear", (True,), {}, "`out_features` of `Linear` takes a whole number, not true", None, "out_features"),
            (
                "Linear",
                (H,),
                {},
                "`out_features` of `Linear` must be known at build time; `H` is not",
                "write the size as a number in the net's signature",
                "out_features",
            ),
            (
                "GELU",
                ("tan",),
                {},
                '`approximate` of `GELU` takes "none" or "tanh", not "tan"',
                '"tanh"?',
                "approximate",
            ),
            ("Dropout", (Fraction(3, 2),), {}, "`p` of `Dropout` must be at most 1; 1.5", None, "p"),
            ("Dropout", (float("nan"),), {}, "`p` of `Dropout` takes a number, not nan", None, "p"),
            (
                "Dropout",
                (H,),
                {},
                "`p` of `Dropout` must be known at build time; `H` is not",
                "write the size as a number in the net's signature",
                "p",
            ),
            ("reshape", (H * Fraction(1, 2),), {}, "`shape` of `reshape` must be whole; H / 2", None, "shape"),
        ),
    )
    def test_messages(
        self,
        name: str,
        positional: tuple[object, ...],
        named: dict[str, object],
        message: str,
        hint: str | None,
        setting: str | None,
    ) -> None:
        """Each mistake has a message, a remedy where there is one, and the setting at fault."""
        with pytest.raises(OperatorError) as caught:
            _bind(name, *positional, **named)
        assert (caught.value.message, caught.value.hint, caught.value.setting) == (message, hint, setting)


def test_values_are_shown_as_the_language_writes_them() -> None:
    """Messages show values in the language's spelling."""
    values = [None, True, "a", (1, None), Fraction(1, 2), Fraction(1, 3), 0.1, H // 2]
    assert list(map(show, values)) == ["none", "true", '"a"', "(1, none)", "0.5", "1 / 3", "0.1", "H // 2"]
