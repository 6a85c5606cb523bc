"""Tied embeddings: a linear layer whose weights are an embedding's reads them from there, so that they stay one weight.

A model that was written to a file holds such a matrix twice, turned over, or under two names; equal numbers tell.
"""

from collections.abc import Sequence

import numpy as np
from attrs import evolve

from symnas.compilers.importing.drawing import Drawing, Record
from symnas.compilers.importing.values import Known
from symnas.graph import READ_WEIGHT
from symnas.types import TensorType

__all__ = ["with_ties"]


def with_ties(drawing: Drawing, records: Sequence[Record]) -> tuple[list[Record], dict[Record, Record]]:
    """*records* with products in place of linear layers that have an embedding's weights, and for each record that reads
    such weights the embedding.
    """
    found: list[Record] = []
    tied: dict[Record, Record] = {}
    tables: list[Record] = []
    for record in records:
        table = next((each for each in tables if _is_tied(record, each)), None)
        if table is None:
            found.append(record)
        else:
            reading, *rest = _product(drawing, record, table)
            found += [reading, *rest]
            tied[reading] = table
        if record.operator == "Embedding" and record.arrays["weight"].name:
            tables.append(record)
    return found, tied


def _is_tied(record: Record, table: Record) -> bool:
    """Whether *record* is a linear layer with the weights of the embedding *table*."""
    if record.operator != "Linear":
        return False
    ours, theirs = (each.arrays["weight"].array for each in (record, table))
    if ours.shape != theirs.shape or ours.flat[0] != theirs.flat[0] or bool((ours == ours.flat[0]).all()):
        return False  # many matrices start as one number everywhere
    return np.array_equal(ours, theirs)


def _product(drawing: Drawing, record: Record, table: Record) -> list[Record]:
    """What the linear layer *record* computes, its matrix read from *table*, its bias a parameter of its own."""
    shape: tuple[int, ...] = table.weights[0].shape
    before = len(drawing.records)
    with drawing.standing(record.within):
        matrix = drawing.placed(TensorType(shape))
        turned = drawing.one("transpose", matrix, dim0=0, dim1=1)
        product = drawing.one("matmul", drawing.flow_of(record.operands[0]), turned)
        if bias := record.arrays.get("bias"):
            product = drawing.one("add", product, drawing.tensor(Known(bias.array, bias.name, trains=True)))
    made = drawing.records[before:]
    del drawing.records[before:]
    reading = Record(READ_WEIGHT, (), (), (matrix.number,), (matrix.type,), (), 0, record.within)
    return [reading, *made[:-1], evolve(made[-1], outputs=record.outputs)]
