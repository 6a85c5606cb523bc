"""Lists, tuples, records and comprehensions, and reading parts of values: `x[1:]`, `x.shape`, `train.dropout`."""

from collections.abc import Iterator
from fractions import Fraction
from typing import NoReturn

from symnas import operators, tree
from symnas.domains import show_count
from symnas.elaborate.applying import apply_operator
from symnas.elaborate.arithmetic import whole
from symnas.elaborate.atoms import LetName, need_bool, operator_layer
from symnas.elaborate.code import Code, Frame, Naming, Nothing, Place, compile_node, compiles, fail, weight_name
from symnas.elaborate.declarations import LetCode, NetCode
from symnas.elaborate.layers import delay
from symnas.elaborate.moving import apart
from symnas.elaborate.patterns import PatternCode, compile_pattern
from symnas.elaborate.values import Listing, OperatorLayer, Record, SharedLayer, Tensor, Thunk, Value, describe
from symnas.errors import suggest
from symnas.limits import Limits
from symnas.sizes import Size, SymbolicSize
from symnas.spans import Span
from symnas.types import Dtype

__all__ = ["ListCode"]


QUICK = 16
"""Items of a list that are put in it, or taken from it, in about the time of one step."""


class ClauseCode:
    """One `for … in … if …` of a comprehension, with the path segment of its turns."""

    def __init__(self, target: PatternCode, iterable: Code, conditions: list[Code], path: str, name: str) -> None:
        self.target, self.iterable, self.conditions = target, iterable, conditions
        self.path, self.name = path, name


class ItemCode:
    """One entry of a list: a value, a spread, a guarded value or a comprehension."""

    def __init__(self, value: Code, spread: bool, guard: Code | None, clauses: list[ClauseCode]) -> None:
        self.value, self.spread, self.guard, self.clauses = value, spread, guard, clauses

    def parts(self) -> list[Code]:
        """Everything the item reads in the names around it."""
        found = [self.value] if self.guard is None else [self.value, self.guard]
        for clause in self.clauses:
            found += [clause.iterable, *clause.conditions]
        return found


class ListCode(Code):
    """`[a, *b, c if d, f(x) for x in xs]`: how long it is is known at once, its items when they are read."""

    def __init__(self, items: list[ItemCode], is_tuple: bool, span: Span) -> None:
        self.items, self.is_tuple, self.span = items, is_tuple, span
        for item in items:
            self.absorb(*item.parts())
            bound = frozenset().union(*(clause.target.names for clause in item.clauses))
            own = item.value.free - bound
            self.free = (self.free - (item.value.free & bound - own)) if bound else self.free
            if item.clauses:
                self.needs |= item.clauses[0].iterable.needs
            elif item.spread or (is_tuple and item.guard is None):
                self.needs |= item.value.needs
            elif item.guard is None:
                self.certain |= item.value.needs

    def run(self, frame: Frame) -> Value:
        found: list[Value | Thunk] = []
        for item in self.items:
            if item.clauses:
                for inner in turns(item.clauses, frame):
                    self._append(item, inner, found)
            elif item.guard is None or need_bool(item.guard.run(frame), item.guard.span, "an item's condition"):
                self._append(item, frame, found)
        frame.run.spend(self.span, len(found) // QUICK)
        return Listing(found, self.is_tuple)

    def _append(self, item: ItemCode, frame: Frame, found: list[Value | Thunk]) -> None:
        if not item.spread:
            found.append(delay(item.value, frame))
        else:
            value = item.value.run(frame)
            if not isinstance(value, Listing):
                fail("E0307", f"`*` spreads a list, not {describe(value)}", item.value.span)
            found.extend(value.raw())
        if len(found) > frame.run.limits.items:
            refuse_long(self.span, frame.run.limits)


def refuse_long(span: Span, limits: Limits) -> NoReturn:
    """A list has become longer than the limit.

    Raises:
        SourceError: that.
    """
    fail("E0502", f"a list of more than {limits.items:,} items", span, limits.hint("items"))


def turns(clauses: list[ClauseCode], frame: Frame) -> Iterator[Frame]:
    """A frame for each turn of a comprehension that meets its conditions, the clauses' names bound."""
    clause, *inner_clauses = clauses
    for turn, value in enumerate(iterate(clause.iterable.run(frame), clause.iterable.span)):
        frame.run.spend(clause.iterable.span)
        inner = frame.within(f"{clause.path}[{turn}]", f"{clause.name}.{turn}")
        inner.names = dict(frame.names)
        clause.target.bind(value, inner.names)
        if all(need_bool(each.run(inner), each.span, "a condition") for each in clause.conditions):
            if inner_clauses:
                yield from turns(inner_clauses, inner)
            else:
                yield inner


def iterate(value: Value, span: Span) -> list[Value | Thunk]:
    """The items that a loop over *value* visits."""
    if isinstance(value, Listing):
        return value.raw()
    if isinstance(value, Record):
        return list(value.labels)
    hint = "use `scan` to step along a dimension" if isinstance(value, (Tensor, SymbolicSize)) else None
    fail("E0412", f"a loop runs over a list, not {describe(value)}", span, hint)


def _compile_items(items: tuple[tree.Item, ...], place: Place, whole_name: str | None) -> list[ItemCode]:
    return [compile_item(item.value, item.spread, item.guard, item.clauses, place, whole_name) for item in items]


def compile_item(
    value: tree.Expression, spread: bool, guard: tree.Expression | None, clauses: tuple[tree.Comprehend, ...],
    place: Place, whole_name: str | None,
) -> ItemCode:  # fmt: skip
    """The code of one item. A comprehension that is the whole value of a binding is counted under its name."""
    if not clauses:
        guard_code = compile_node(guard, place) if guard is not None else None
        return ItemCode(compile_node(value, place), spread, guard_code, [])
    made = []
    inner = place.branch()
    for number, clause in enumerate(clauses):
        iterable = compile_node(clause.iterable, inner)
        target = compile_pattern(clause.target, inner)
        for name in target.names:
            inner.locals.read(name)
        first = whole_name if number == 0 and whole_name else target.first
        segment = inner.naming.application(first)
        path, name = f"{inner.naming.prefix}.{segment}", weight_name(segment)
        inner = inner.inside(Naming())
        conditions = [compile_node(each, inner) for each in clause.conditions]
        made.append(ClauseCode(target, iterable, conditions, path, name))
    code = compile_node(value, inner)
    return ItemCode(code, spread, None, made)


@compiles(tree.ListOf)
def _list(node: tree.ListOf, place: Place) -> Code:
    whole_name = place.hint if len(node.items) == 1 and node.items[0].clauses else None
    return ListCode(_compile_items(node.items, place.plain(), whole_name), False, node.span)


@compiles(tree.Tuple)
def _tuple(node: tree.Tuple, place: Place) -> Code:
    return ListCode(_compile_items(node.items, place.plain(), None), True, node.span)


class RecordCode(Code):
    """`{logits: a, aux: b}`."""

    def __init__(self, fields: list[tuple[str | Code | None, ItemCode]], span: Span) -> None:
        self.fields, self.span = fields, span
        for key, item in fields:
            self.absorb(*item.parts(), key if isinstance(key, Code) else None)

    def run(self, frame: Frame) -> Value:
        found: dict[str, Value | Thunk] = {}
        for key, item in self.fields:
            if item.clauses:
                for inner in turns(item.clauses, frame):
                    self._put(key, item, inner, found)
            elif item.guard is None or need_bool(item.guard.run(frame), item.guard.span, "a field's condition"):
                self._put(key, item, frame, found)
        return Record(found)

    def _put(self, key: str | Code | None, item: ItemCode, frame: Frame, found: dict[str, Value | Thunk]) -> None:
        if item.spread:
            value = item.value.run(frame)
            if not isinstance(value, Record):
                fail("E0307", f"`*` in a record spreads a record, not {describe(value)}", item.value.span)
            found.update(value.raw())
            return
        label = key.run(frame) if isinstance(key, Code) else key
        if not isinstance(label, str):
            fail("E0413", f"a label is a string, not {describe(label)}", self.span)
        found[label] = delay(item.value, frame)


@compiles(tree.Record)
def _record(node: tree.Record, place: Place) -> Code:
    place = place.plain()
    fields: list[tuple[str | Code | None, ItemCode]] = []
    for each in node.fields:
        inner = place.named(each.label) if each.label else place
        if each.clauses:
            fields.append(_computed(each, place))
            continue
        key = compile_node(each.key, place) if each.key is not None else each.label
        fields.append((key, compile_item(each.value, each.spread, each.guard, each.clauses, inner, None)))
    return RecordCode(fields, node.span)


def _computed(field: tree.Field, place: Place) -> tuple[str | Code | None, ItemCode]:
    """A field with clauses: the key is compiled where the clauses' names are in force."""
    pair = tree.Tuple((tree.Item(field.key or tree.Text(field.label or "")), tree.Item(field.value)), span=field.span)
    item = compile_item(pair, False, None, field.clauses, place, None)
    listing = item.value
    if not isinstance(listing, ListCode):  # a mistake in it was reported
        return None, item
    key, value = listing.items[0].value, listing.items[1].value
    return key, ItemCode(value, field.spread, None, item.clauses)


# ------------------------------------------------------------------------------------------------- parts


class SliceCode:
    """`start:stop:step`, each part optional."""

    def __init__(self, parts: tuple[Code | None, Code | None, Code | None]) -> None:
        self.parts = parts

    def bounds(self, frame: Frame) -> tuple[Value, Value, Value]:
        """The three parts evaluated, `None` where missing."""
        start, stop, step = (part.run(frame) if part is not None else None for part in self.parts)
        return start, stop, step


class IndexCode(Code):
    """`target[items]`: an item of a list, a field of a record, a part of a tensor."""

    def __init__(self, target: Code, items: list[Code | SliceCode], segment: str, span: Span) -> None:
        self.target, self.items, self.segment, self.span = target, items, segment, span
        parts = [part for item in items for part in (item.parts if isinstance(item, SliceCode) else (item,))]
        self.absorb(target, *parts)
        self.needs = target.needs.union(*(part.needs for part in parts if part is not None))

    def run(self, frame: Frame) -> Value:
        target = self.target.run(frame)
        if isinstance(target, Tensor):
            return self._of_tensor(target, frame)
        if len(self.items) != 1:
            fail("E0414", f"{describe(target)} takes one index, not {len(self.items)}", self.span)
        item = self.items[0]
        if isinstance(target, Record) and not isinstance(item, SliceCode):
            return self._of_record(target, item.run(frame), item.span)
        if not isinstance(target, Listing):
            fail("E0414", f"{describe(target)} has no items", self.target.span)
        if isinstance(item, SliceCode):
            bounds = [self._bound(part) for part in item.bounds(frame)]
            if bounds[2] == 0:
                fail("E0415", "the step of a slice is not 0", self.span)
            taken = target.raw()[slice(*bounds)]
            frame.run.spend(self.span, len(taken) // QUICK)
            return Listing(taken, target.is_tuple)
        number = whole(item.run(frame))
        if number is None:
            fail("E0415", "an index must be whole", item.span)
        if not -len(target) <= number < len(target):
            fail("E0416", f"index {show_count(number)} is outside a list of {len(target)}", self.span)
        return target[number]

    def _bound(self, value: Value) -> int | None:
        if value is None:
            return None
        number = whole(value)
        if number is None:
            fail("E0415", "a slice of a list has whole bounds", self.span)
        return number

    def _of_record(self, record: Record, label: Value, span: Span) -> Value:
        if not isinstance(label, str) or label not in record:
            hint = suggest(str(label), record.labels)
            fail("E0417", f"the record has no field {describe(label)}", span, hint)
        return record[label]

    def _of_tensor(self, tensor: Tensor, frame: Frame) -> Value:
        spec: list[object] = []
        places: list[tuple[int, Tensor]] = []
        for number, item in enumerate(self.items):
            if isinstance(item, SliceCode):
                spec.append(tuple(self._position(bound) for bound in item.bounds(frame)))
                continue
            value = item.run(frame)
            if isinstance(value, Tensor):
                places.append((number, value))
            spec.append((None, None, None) if isinstance(value, Tensor) else self._position(value))
        if not places:
            return self._applied(frame, "slice", [tensor], [tuple(spec)])
        if len(places) > 1:
            hint = "`gather` takes single elements, at places along one dimension"
            fail("E0415", "a tensor takes one tensor of positions at once", self.span, hint)
        return self._at_places(tensor, spec, *places[0], frame)

    def _at_places(self, tensor: Tensor, spec: list[object], number: int, index: Tensor, frame: Frame) -> Value:
        """The slices at the places that *index* says, in the dimension that entry *number* of *spec* is about; its own
        dimensions stand there then.
        """
        if index.type.dtype not in (Dtype.I64, Dtype.I32):
            hint = "`where` chooses by truth values" if index.type.dtype is Dtype.BOOL else None
            fail("E0415", f"positions in a tensor are whole numbers, not {describe(index)}", self.span, hint)
        if any(each != (None, None, None) for each in spec):
            tensor = self._tensor(self._applied(frame, "slice", [tensor], [tuple(spec)]))
        before, after = (
            sum(each is None or isinstance(each, tuple) for each in part)
            for part in (spec[:number], spec[number + 1 :])
        )
        dim = tensor.type.rank - 1 - after if "..." in spec[:number] else before
        shape = index.type.shape
        if len(shape) != 1:
            index = self._tensor(self._applied(frame, "reshape", [index], [-1]))
        found = self._tensor(self._applied(frame, "index_select", [tensor, index], [dim]))
        if len(shape) == 1:
            return found
        sizes = (*found.type.shape[:dim], *shape, *found.type.shape[dim + 1 :])
        return self._applied(frame, "reshape", [found], [*sizes])

    def _applied(self, frame: Frame, name: str, tensors: list[Tensor], settings: list[object]) -> Value:
        operator = operators.OPERATORS[name]
        layer = operator_layer(operator, settings, {}, self.segment, self.span, {})
        return apply_operator(frame, operator, layer.settings, tensors, self.segment, self.span, {})

    @staticmethod
    def _tensor(value: Value) -> Tensor:
        assert isinstance(value, Tensor), value
        return value

    def _position(self, value: Value) -> Value:
        """*value* if it can say where in a tensor; whether it fits is the operator's to judge."""
        if value is None or isinstance(value, (int, Fraction, str, SymbolicSize)):
            return value
        fail("E0415", f"a position in a tensor is a whole number, not {describe(value)}", self.span)


@compiles(tree.Index)
def _index(node: tree.Index, place: Place) -> Code:
    place = place.plain()
    target = compile_node(node.target, place)
    items: list[Code | SliceCode] = []
    for item in node.items:
        if isinstance(item, tree.Slice):
            start, stop, step = (
                compile_node(part, place) if part is not None else None for part in (item.start, item.stop, item.step)
            )
            items.append(SliceCode((start, stop, step)))
        else:
            items.append(compile_node(item, place))
    return apart(IndexCode(target, items, "slice", node.span), place, "an item")


class AttributeCode(Code):
    """`x.shape`, `x.channels`, a field of a record, a weight of a shared layer."""

    def __init__(self, target: Code, name: str, span: Span, name_span: Span) -> None:
        self.target, self.name, self.span, self.name_span = target, name, span, name_span
        self.absorb(target)
        self.needs = target.needs

    def run(self, frame: Frame) -> Value:
        target = self.target.run(frame)
        if isinstance(target, Tensor):
            return self._of_tensor(target)
        if isinstance(target, Record):
            if self.name in target:
                return target[self.name]
            hint = suggest(self.name, target.labels)
            fail("E0417", f"the record has no field `{self.name}`", self.name_span, hint)
        if isinstance(target, SharedLayer):
            return self._of_shared(target, frame)
        fail("E0418", f"{describe(target)} has no `{self.name}`", self.name_span)

    def _of_tensor(self, tensor: Tensor) -> Value:
        shape = tensor.type.shape
        if self.name == "shape":
            return Listing([*shape])
        if self.name == "rank":
            return len(shape)
        places = {"channels": 1, "features": -1, "height": -2, "width": -1}
        if self.name not in places:
            known = ["shape", "rank", *places]
            fail(
                "E0418", f"a tensor has no `{self.name}`", self.name_span,
                suggest(self.name, known),
            )  # fmt: skip
        least = {"channels": 2, "features": 1, "height": 3, "width": 3}[self.name]
        if len(shape) < least:
            fail("E0419", f"a tensor {tensor.type} has no {self.name}", self.span)
        size: Size = shape[places[self.name]]
        return size

    def _of_shared(self, shared: SharedLayer, frame: Frame) -> Value:
        return shared_weight(shared, self.name, frame, self.span, self.name_span)


def shared_weight(shared: SharedLayer, name: str, frame: Frame, span: Span, name_span: Span) -> Value:
    """`embed.weight`: the weight itself as a tensor; the layer must have been applied before."""
    from symnas.graph import Operation
    from symnas.operators.base import OperatorError
    from symnas.types import TensorType

    layer = shared.layer
    if shared.first is None or not isinstance(layer, OperatorLayer):
        title = shared.path.rsplit(".", 1)[-1]
        fail("E0420", f"`{title}` has no weights yet", span, f"apply it first: `x -> {title}`")
    try:
        weights = layer.operator.apply(dict(layer.settings), shared.first[0]).weights
    except OperatorError as error:
        fail("E0420", error.message, span, error.hint)
    found = next((weight for weight in weights if weight.name == name), None)
    if found is None:
        known = [weight.name for weight in weights]
        fail("E0420", f"`{layer.operator.name}` has no weight `{name}`", name_span, f"it has {', '.join(known)}")
    type = TensorType(found.shape, found.dtype)
    settings = (("module", shared.path), ("name", name))

    def make(operands: tuple[int, ...]) -> Operation:
        return Operation("weight", settings, operands, (type,), f"{shared.path}.{name}", (), 0, None, span)

    return frame.builder.add(make, [], (type,))[0]


@compiles(tree.Attribute)
def _attribute(node: tree.Attribute, place: Place) -> Code:
    target = node.target
    if isinstance(target, tree.Name) and target.name == "train" and not place.locals.read("train"):
        return _train_setting(node, place)
    if isinstance(target, tree.Attribute) and target.target == tree.Name("train") and not place.locals.read("train"):
        let = place.module.declared.get(f"train.{target.name}.{node.name}")
        if isinstance(let, LetCode):
            return LetName(let, node.span)
    if isinstance(target, tree.Name) and target.name not in place.locals.bound:
        declared = place.module.declared.get(target.name)
        if isinstance(declared, NetCode):
            place.report(
                "E0207", f"`{target.name}.{node.name}` is known only when the net is", node.span,
                "costs may stand in `require`, `assert`, `maximize` and `minimize`",
            )  # fmt: skip
            return Nothing()
    return AttributeCode(compile_node(target, place.plain()), node.name, node.span, node.name_span)


def _train_setting(node: tree.Attribute, place: Place) -> Code:
    let = place.module.setting_of_train(node.name)
    if let is None and place.module.misses("train"):
        return Nothing()
    if let is None:
        known = [name.removeprefix("train.") for name in place.module.declared if name.startswith("train.")]
        hint = suggest(node.name, known, "`train` has")
        place.report("E0208", f"`train` has no setting `{node.name}`", node.name_span, hint)
        return Nothing()
    return LetName(let, node.span)  # type: ignore[arg-type]  # every `train.x` is a LetCode
