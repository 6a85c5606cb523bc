"""Rearranging in ONNX: flatten, reshape, permute, squeeze, expand."""

import onnx_ir as ir

from symnas.compilers.onnx.registry import lowers
from symnas.compilers.onnx.site import Site
from symnas.operators.settings import sizes, whole


@lowers("Flatten", "flatten", "Unflatten", "unflatten", "reshape")
def _reshape(at: Site) -> ir.Value:
    return at.reshape(at.x, at.type.shape, at.outputs[0].shape)


@lowers("expand")
def _expand(at: Site) -> ir.Value:
    """A size of 1 keeps what is there."""
    old = (1,) * (at.outputs[0].rank - at.type.rank) + at.type.shape
    wanted = [1 if before == after else after for before, after in zip(old, at.outputs[0].shape, strict=True)]
    return at.op("Expand", at.x, at.shape(wanted)) if wanted != list(old) else at.x


@lowers("Permute", "permute")
def _permute(at: Site) -> ir.Value:
    order = [each % at.type.rank for each in sizes(at.settings, "dims") if isinstance(each, int)]
    return at.transpose(at.x, *order)


@lowers("transpose")
def _transpose(at: Site) -> ir.Value:
    order = list(range(at.type.rank))
    first, second = whole(at.settings, "dim0"), whole(at.settings, "dim1")
    order[first], order[second] = order[second], order[first]
    return at.transpose(at.x, *order)


@lowers("squeeze")
def _squeeze(at: Site) -> ir.Value:
    return at.op("Squeeze", at.x, at.ints(whole(at.settings, "dim")))


@lowers("unsqueeze")
def _unsqueeze(at: Site) -> ir.Value:
    return at.op("Unsqueeze", at.x, at.ints(whole(at.settings, "dim")))
