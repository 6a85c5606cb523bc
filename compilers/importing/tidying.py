"""Settings as a person would write them: one number for all dimensions, and what is the default left to be it."""

from symnas.operators.base import Kind, Operator, Settings, SettingValue

__all__ = ["tidied"]


def tidied(operator: Operator, settings: Settings) -> dict[str, SettingValue]:
    """*settings* of *operator* with the same meaning, shorter where they can be."""
    found = dict(settings)
    for setting in operator.settings:
        value = found[setting.name]
        alike = isinstance(value, tuple) and len(value) > 0 and all(each == value[0] for each in value)
        layer = operator.name[0].isupper()  # of functions, a number for each dimension says which
        if layer and setting.kind in (Kind.PAIR, Kind.PAIR_OR_NONE) and isinstance(value, tuple) and alike:
            found[setting.name] = value[0]
    if "kernel_size" not in found or operator.name.startswith("ConvTranspose"):
        return found
    default_stride = next((each.default for each in operator.settings if each.name == "stride"), 1)
    if default_stride is None and found["stride"] == found["kernel_size"]:
        found["stride"] = None
    inferred = any(each.name == "padding" and each.default is None for each in operator.settings)
    if inferred and _default_padding(found, default_stride is None) == found.get("padding"):
        found["padding"] = None
    return found


def _default_padding(settings: Settings, pools: bool) -> SettingValue:
    """The padding of a convolution or a pooling whose `padding` is left out, where it is one number and there is one."""
    kernel, dilation = settings["kernel_size"], settings.get("dilation", 1)
    stride = kernel if settings["stride"] is None and pools else settings["stride"]
    if not isinstance(kernel, int) or not isinstance(dilation, int) or not isinstance(stride, int):
        return "none"
    extent = dilation * (kernel - 1) + 1
    if stride == 1 and extent % 2 == 0:
        return "none"
    return max(0, (extent - stride + 1) // 2)
