"""Bindings, `if` and `for`: what is evaluated when. What a body makes of them stands in `bodies.py`.

A binding is evaluated where it stands if what follows certainly needs it, and when it is needed otherwise; both give
the same network, for a decision exists only in the architectures that use it. Turns of a loop are regions of their
own where everything they depend on is decided.
"""

from abc import abstractmethod
from contextlib import suppress

from symnas import tree
from symnas.elaborate.applying import in_region, is_layer
from symnas.elaborate.atoms import need_bool
from symnas.elaborate.bodies import Block_, BodyCode, Names, StatementCode
from symnas.elaborate.code import LET, Code, Frame, Naming, Nothing, Place, compile_node, compiles, fail, weight_name
from symnas.elaborate.declarations import named_layer
from symnas.elaborate.layers import delay, harmless
from symnas.elaborate.listing import iterate
from symnas.elaborate.patterns import PatternCode, compile_pattern
from symnas.elaborate.regions import Infeasible
from symnas.elaborate.values import Listing, SharedLayer, Thunk, Unportable, Value, describe
from symnas.errors import SourceError
from symnas.spans import Span

__all__ = ["compile_body"]

_FEW = 16


class BindCode(StatementCode):
    """`pattern = value`."""

    def __init__(self, pattern: PatternCode, value: Code, span: Span) -> None:
        super().__init__(value)
        self.pattern, self.value, self.span = pattern, value, span
        self.binds = pattern.names
        self.eager = False

    def settle(self, after: Names) -> Names:
        self.eager = bool(self.binds & after)
        rest = after - self.binds - {name + "!" for name in self.binds}
        if not self.eager:
            return rest
        name = self.pattern.name
        needs = rest | self.value.needs
        return needs | self.value.applied if name is not None and name + "!" in after else needs

    def execute(self, frame: Frame) -> None:
        if self.eager:
            self.pattern.bind(self.value.run(frame), frame.names)
        elif self.pattern.name is not None:
            frame.names[self.pattern.name] = delay(self.value, frame)
        else:
            self._bind_delayed(delay(self.value, frame), frame)

    def _bind_delayed(self, value: Value | Thunk, frame: Frame) -> None:
        """Bind the parts of *value*: at once where it is known already, else each when it is needed."""
        if not isinstance(value, Thunk):
            with suppress(SourceError):  # what does not fit is a mistake only where a part of it is needed
                self.pattern.bind(value, frame.names)
                return
            value = Thunk(self.value, frame.capture(self.value.free))
        self._bind_parts(value, self.pattern, frame)

    def _bind_parts(self, value: Thunk, pattern: PatternCode, frame: Frame) -> None:
        """Bind each name to its part of a value that is not evaluated yet."""
        empty = Frame({}, frame.path, frame.name, frame.builder, frame.run, frame.again, frame.rules)
        for place, part in enumerate(pattern.parts):
            thunk = Thunk(_PartCode(value, place, len(pattern.parts), pattern.span), empty)
            if part.name is not None:
                frame.names[part.name] = thunk
            else:
                self._bind_parts(thunk, part, frame)


class _PartCode(Code):
    """The *place*-th part of a tuple that a thunk will give."""

    movable = False

    def __init__(self, value: Thunk, place: int, count: int, span: Span) -> None:
        self.value, self.place, self.count, self.span = value, place, count, span

    def run(self, frame: Frame) -> Value:
        known = self.value.force()
        if not isinstance(known, Listing) or len(known) != self.count:
            fail("E0421", f"{describe(known)} cannot be taken apart into {self.count}", self.span)
        return known[self.place]


class RequireCode(StatementCode):
    """`require condition` in a body."""

    checks = True

    def __init__(self, condition: Code, span: Span) -> None:
        super().__init__(condition)
        self.condition, self.span = condition, span

    def settle(self, after: Names) -> Names:
        return after | self.condition.needs

    def execute(self, frame: Frame) -> None:
        if not need_bool(self.condition.run(frame), self.condition.span, "what `require` asks"):
            raise Infeasible(self.span)


class SharedBindCode(StatementCode):
    """`shared name = layer` in a body: weights made at the first application, whichever turn it stands in."""

    def __init__(self, name: str, value: Code, segment: str, span: Span) -> None:
        super().__init__(value)
        self.name, self.value, self.segment, self.span = name, value, weight_name(segment), span
        self.binds = frozenset((name,))

    def settle(self, after: Names) -> Names:
        return after - self.binds

    def execute(self, frame: Frame) -> None:
        path = f"{frame.name}.{self.segment}" if frame.name else self.segment
        layer = self.value.run(frame)
        if not is_layer(layer):
            fail("E0409", f"`shared` makes a layer's weights once; {describe(layer)} is no layer", self.value.span)
        frame.names[self.name] = SharedLayer(layer, path, self.span)


class Postponable(StatementCode):
    """A statement of statements: performed where it stands if *eager*, else when a name it updates is needed."""

    eager = False

    def execute(self, frame: Frame) -> None:
        if self.eager:
            self.perform(frame)
        else:
            _postpone(self, frame)

    @abstractmethod
    def perform(self, frame: Frame) -> None:
        """Do what it says, in *frame*."""


class IfStatement(Postponable):
    """`if` that updates names."""

    def __init__(self, condition: Code, then: "Block_", otherwise: "Block_ | None", span: Span) -> None:
        code = Nothing()
        code.absorb(condition, then.code, otherwise.code if otherwise else None)
        super().__init__(code)
        self.condition, self.then, self.otherwise, self.span = condition, then, otherwise, span
        self.binds = then.binds | (otherwise.binds if otherwise else frozenset())
        self.checks = then.checks or (otherwise.checks if otherwise else False)
        self.eager = False

    def settle(self, after: Names) -> Names:
        self.eager = self.checks or bool(self.binds & after)
        then = self.then.settle(after)
        other = self.otherwise.settle(after) if self.otherwise else after
        return (then & other) | self.condition.needs if self.eager else after - self.binds

    def execute(self, frame: Frame) -> None:
        """Perform it, or postpone it where the condition may decide something that is never needed: what a branch
        binds waits by itself.
        """
        if self.eager or self._decided(frame):
            self.perform(frame)
        else:
            _postpone(self, frame)

    def _decided(self, frame: Frame) -> bool:
        if harmless(self.condition, frame):
            with suppress(SourceError):
                self.condition.run(frame)
                return True
        return False

    def perform(self, frame: Frame) -> None:
        """Execute the branch that the condition chooses."""
        if need_bool(self.condition.run(frame), self.condition.span, "a condition"):
            self.then.execute(frame)
        elif self.otherwise is not None:
            self.otherwise.execute(frame)


class ForStatement(Postponable):
    """`for target in list { … }`."""

    def __init__(
        self, target: PatternCode, iterable: Code, body: "Block_", path: str, name: str, place: Place, span: Span
    ) -> None:
        code = Nothing()
        code.absorb(body.code)
        code.free -= target.names
        code.absorb(iterable)
        super().__init__(code)
        self.target, self.iterable, self.body = target, iterable, body
        self.path, self.name, self.module, self.span = path, name, place.module, span
        self.binds = body.binds
        self.checks = body.checks
        self.eager = False
        self.sure: Names = frozenset()
        """Lets that a turn certainly reads."""

    def settle(self, after: Names) -> Names:
        self.eager = self.checks or bool(self.binds & after)
        certain = after
        while True:
            before = self.body.settle(certain)
            fewer = certain & (before | (certain - self.binds))
            if fewer == certain:
                self.sure = frozenset(name for name in before if name[0] == LET)
                break
            certain = fewer
        return (after - self.binds) | self.iterable.needs | (certain & after) if self.eager else after - self.binds

    def perform(self, frame: Frame) -> None:
        """Execute every turn."""
        items = iterate(self.iterable.run(frame), self.iterable.span)
        if items:
            self.module.decide(self.sure, frame.run)
        self._turns(frame, items, 0, len(items))

    def _turns(self, frame: Frame, items: list[Value | Thunk], first: int, last: int) -> None:
        """Turns *first* up to *last* as a region if everything they depend on is decided, else one by one."""
        for turn in range(first, last):
            if len(items) > 1 and self._in_region(frame, items, turn, last):
                return
            self._turn(frame, items[turn], turn)

    def _turn(self, frame: Frame, item: Value | Thunk, turn: int) -> None:
        frame.run.spend(self.span, 1 + len(self.body.statements) // 4)
        inner = frame.within(f"{self.path}[{turn}]", f"{self.name}.{turn}")
        hidden = {name: frame.names[name] for name in self.target.names if name in frame.names}
        self.target.bind(item, inner.names)
        self.body.execute(inner)
        for name in self.target.names:
            inner.names.pop(name, None)
        inner.names.update(hidden)

    def _in_region(self, frame: Frame, items: list[Value | Thunk], turn: int, last: int) -> bool:
        """The turns from *turn* to *last* as a region: the first and the rest where they are few, else two halves, so
        that a thousand turns nest few deep.
        """
        carried = sorted(self.binds & frame.names.keys())
        free = (self.body.code.free - self.target.names) | self.binds
        rest: list[Value] = [Listing(items[turn:last])]
        half = (turn + last) // 2

        def work(inner: Frame, extra: list[Value]) -> Value:
            (listing,) = extra
            assert isinstance(listing, Listing)
            landed: list[Value | Thunk] = [*([None] * turn), *listing.raw()]
            if last - turn <= _FEW:
                self._turn(inner, landed[turn], turn)
                self._turns(inner, landed, turn + 1, last)
            else:
                self._turns(inner, landed, turn, half)
                self._turns(inner, landed, half, last)
            return Listing([inner.names[name] for name in carried], is_tuple=True)

        try:
            value = in_region(
                self.module, ("for", self, turn, last), frame, sorted(free), rest, self.module.lets_of(self.body.code),
                f"turn {turn} of `for {self.target.first}`", self.span, work,
            )  # fmt: skip
        except Unportable:
            return False
        assert isinstance(value, Listing)
        frame.names.update(zip(carried, value.raw(), strict=True))
        return True


def _postpone(statement: Postponable, frame: Frame) -> None:
    """Bind every name that *statement* updates to a thunk that executes it when the first of them is needed."""
    inner = frame.capture(statement.code.free | statement.binds)
    group = _Group(statement, inner)
    for name in statement.binds:
        if name in frame.names or name in statement.binds:
            frame.names[name] = Thunk(_GroupCode(group, name), inner)


class _Group:
    """A statement executed at most once for all the names it updates."""

    def __init__(self, statement: Postponable, frame: Frame) -> None:
        self.statement, self.frame = statement, frame
        self.done = False

    def value(self, name: str) -> Value:
        """The value of *name* after the statement."""
        if not self.done:
            self.statement.perform(self.frame)
            self.done = True
        value = self.frame.names[name]
        return value.force() if isinstance(value, Thunk) else value


class _GroupCode(Code):
    """One name of a postponed statement."""

    movable = False

    def __init__(self, group: _Group, name: str) -> None:
        self.group, self.name = group, name

    def run(self, frame: Frame) -> Value:
        return self.group.value(self.name)


# ------------------------------------------------------------------------------------------------ bodies


def compile_body(body: "tree.Body | tree.Expression", place: Place, *, top: bool = False) -> Code:
    """The code of a body with a value. *top* reports bindings that nothing reads."""
    if not isinstance(body, tree.Body):
        return compile_node(body, place)
    inner = place.plain() if top else place.branch().plain()
    last = body.statements[-1] if body.statements else None
    statements = [_statement(each, inner) for each in body.statements[:-1]]
    if isinstance(last, tree.Bind) and isinstance(last.value, tree.Hole):
        missing = _missing(last, last.value, inner)
        return BodyCode([*statements, missing], missing.value, body.span, inner)
    if not isinstance(last, tree.Result):
        place.report("E0107", "no result", last.span if last else body.span, "end with the value that it gives")
        return Nothing()
    result = compile_node(last.value, inner.named(place.hint) if not statements else inner)
    if top:
        for binding in inner.locals.made:
            if not binding.used and binding.name != "_":
                place.report(
                    "E0205", f"`{binding.name}` is never used", binding.span, "remove it, or discard with `_ = …`"
                )
    return BodyCode(statements, result, body.span, inner, applied=top)


@compiles(tree.Body)
def _body(node: tree.Body, place: Place) -> Code:
    return compile_body(node, place)


def _statement(node: tree.Statement, place: Place) -> StatementCode:
    match node:
        case tree.Bind(value=tree.Hole() as hole):
            return _missing(node, hole, place)
        case tree.Bind():
            hint = node.pattern.name if isinstance(node.pattern, tree.NamePattern) else None
            value = compile_node(node.value, place.named(hint))
            return BindCode(compile_pattern(node.pattern, place, value.tensor), value, node.span)
        case tree.Require():
            return RequireCode(compile_node(node.condition, place.plain()), node.span)
        case tree.Shared():
            layer, name = named_layer(node)
            value = compile_node(layer, place.plain())
            segment = place.naming.application(name)
            place.locals.bind(node.name, node.span)
            return SharedBindCode(node.name, value, segment, node.span)
        case tree.If():
            return _if_statement(node, place)
        case tree.For():
            return _for_statement(node, place)
        case tree.Result():
            value = compile_node(node.value, place.plain())
            place.report("E0102", "value not used", node.span, "bind it, or discard it with `_ = …`")
            return BindCode(PatternCode("_", [], node.span), value, node.span)


def _missing(node: tree.Bind, hole: tree.Hole, place: Place) -> BindCode:
    """A statement that could not be read: it may have used any name that stands in it, and binds what it would have."""
    value = Nothing()
    value.free = value.needs = frozenset(word for word in hole.reads if place.locals.read(word))
    pattern = _unchecked(node.pattern)
    for name in sorted(pattern.names):
        place.locals.bind(name, node.span)
        place.locals.read(name)
    return BindCode(pattern, value, node.span)


def _unchecked(pattern: tree.Pattern) -> PatternCode:
    parts = [_unchecked(each) for each in pattern.items] if isinstance(pattern, tree.TuplePattern) else []
    return PatternCode(pattern.name if isinstance(pattern, tree.NamePattern) else None, parts, pattern.span)


def _block(body: tree.Body, place: Place, before: set[str], what: str) -> tuple[Block_, Place]:
    """The statements of an `if` or `for`. Names first bound inside end there."""
    inner = place.branch()
    statements = [_statement(each, inner) for each in body.statements]
    bound = frozenset().union(*(each.binds for each in statements)) if statements else frozenset()
    own = frozenset(name for name in bound if name not in before)
    line = body.span.line
    for name in own:
        place.locals.ended[name] = (what, line)
    return Block_(statements, own), inner


def _merge(place: Place, branches: list[Place], names: Names) -> None:
    """After branches: a name has the versions that any of them left in force."""
    for name in names:
        versions = [each for branch in branches for each in branch.locals.bound.get(name, [])]
        place.locals.bound[name] = list(dict.fromkeys([*versions, *place.locals.bound.get(name, [])]))


def _if_statement(node: tree.If, place: Place) -> IfStatement:
    condition = compile_node(node.condition, place.plain())
    before = set(place.locals.bound)
    then, then_place = _block(node.then, place, before, "if")
    otherwise, other_place = None, place
    if isinstance(node.otherwise, tree.If):
        inner = place.branch()
        nested = _if_statement(node.otherwise, inner)
        otherwise, other_place = Block_([nested], frozenset()), inner
        place.locals.ended.update(inner.locals.ended)
    elif node.otherwise is not None:
        otherwise, other_place = _block(node.otherwise, place, before, "if")
    made = IfStatement(condition, then, otherwise, node.span)
    _merge(place, [then_place, other_place], made.binds)
    return made


def _for_statement(node: tree.For, place: Place) -> ForStatement:
    iterable = compile_node(node.iterable, place.plain())
    before = set(place.locals.bound)
    outer = place.branch()
    target = compile_pattern(node.target, outer)
    segment = place.naming.application(target.first)
    path, name = f"{place.naming.prefix}.{segment}", weight_name(segment)
    inner = outer.inside(Naming())
    body, body_place = _block(node.body, inner, before | target.names, "for")
    place.locals.ended.update(inner.locals.ended)
    for name_ in target.names - before:
        place.locals.ended[name_] = ("for", node.span.line)
    made = ForStatement(target, iterable, body, path, name, place, node.span)
    for carried in made.binds:  # the next turn reads what this one leaves
        if carried in made.body.code.free:
            for binding in body_place.locals.bound.get(carried, []):
                binding.used = True
    for binding in outer.locals.made:
        if binding.name in target.names:
            binding.used = True
    _merge(place, [body_place], made.binds)
    return made


# --------------------------------------------------------------------------------------- if as a value


class IfCode(Code):
    """`if c { a } else { b }` as a value."""

    def __init__(self, condition: Code, then: Code, otherwise: Code, span: Span) -> None:
        self.condition, self.then, self.otherwise, self.span = condition, then, otherwise, span
        self.absorb(condition, then, otherwise)
        self.needs = condition.needs | (then.needs & otherwise.needs)
        self.applied = then.applied & otherwise.applied
        self.tensor = then.tensor and otherwise.tensor
        self.fresh = then.fresh and otherwise.fresh

    def run(self, frame: Frame) -> Value:
        chosen = need_bool(self.condition.run(frame), self.condition.span, "a condition")
        return (self.then if chosen else self.otherwise).run(frame)


@compiles(tree.If)
def _if(node: tree.If, place: Place) -> Code:
    condition = compile_node(node.condition, place.plain())
    then = compile_body(node.then, place)
    if node.otherwise is None:
        place.report("E0108", "an `if` used as a value needs `else`", node.span, "add `else { … }`")
        return then
    return IfCode(condition, then, compile_node(node.otherwise, place), node.span)
