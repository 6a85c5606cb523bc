"""Rewritten nets as declarations: `net Small = Big with rule1, rule2`.

What a rule is, is told in `rules.py`, how it acts while the net is elaborated in `rewriting.py`.
"""

from collections.abc import Iterator
from functools import cached_property

from symnas import tree
from symnas.elaborate.builder import ScopeBuilder
from symnas.elaborate.code import Nothing, Spoilt
from symnas.elaborate.declarations import BlockCode, Declared, NetCode
from symnas.elaborate.modules import ModuleCode
from symnas.elaborate.regions import Alone, Run
from symnas.elaborate.rewriting import Places, Recorder, Rules
from symnas.elaborate.rules import RuleCode, word_in
from symnas.elaborate.values import Value
from symnas.errors import suggest
from symnas.spans import Span

__all__ = ["RewrittenCode"]


class RewrittenCode(NetCode):
    """`net Small = Big with rule1, rule2`: *base* elaborated anew, the rules in force."""

    def __init__(self, node: tree.Rewritten, module: ModuleCode) -> None:
        empty = tree.Net(node.name, (), tree.Body((), span=node.span), span=node.span, name_span=node.name_span)
        super().__init__(empty, module)
        self.written = node
        self.base: NetCode | None = None
        self.rules: tuple[RuleCode, ...] = ()
        self.fired: set[int] = set()
        """Places of the rules that have matched somewhere so far."""
        self.broken = False
        """Whether its base or one of its rules is not known or wrong."""
        self._begun = False

    def compile(self) -> None:
        """Find the base and the rules; mistakes go to the module."""
        if self._begun:
            return
        self._begun = True
        self.base = self._find_base()
        inherited = self.base.rules if isinstance(self.base, RewrittenCode) else ()
        self.rules = (*inherited, *self._find_rules())
        self.broken = len(self.rules) < len(inherited) + len(self.written.rules)
        code = Nothing()
        code.uses = frozenset(self.rules) | ({self.base} if self.base is not None else frozenset())
        self.code = code

    def _find_base(self) -> NetCode | None:
        node, declared = self.written, self.module.declared
        base = declared.get(node.base)
        if isinstance(base, NetCode) and not self._circular():
            base.compile() if isinstance(base, RewrittenCode) else None
            return base
        if node.base in self.module.missing:
            return None
        known = [name for name, each in declared.items() if isinstance(each, NetCode) and each is not self]
        if base is self or isinstance(base, NetCode):
            hint = f"rewrite another net: {', '.join(known)}" if known else None
            self.module.report("E0259", f"`{node.name}` is rewritten in terms of itself", self.span, hint)
            return None
        hint = suggest(node.base, known, "the nets are")
        self.module.report("E0258", f"there is no net `{node.base}`", word_in(node.span, node.base, "with"), hint)
        return None

    def _circular(self) -> bool:
        seen: list[str] = []
        each: Declared | None = self
        while isinstance(each, RewrittenCode):
            if each.name in seen:
                return True
            seen.append(each.name)
            each = each.module.declared.get(each.written.base)
        return False

    def _find_rules(self) -> Iterator[RuleCode]:
        declared = self.module.declared
        known = [name for name, each in declared.items() if isinstance(each, RuleCode)]
        seen: set[str] = set()
        for name in self.written.rules:
            rule = declared.get(name)
            if name in self.module.missing:
                continue
            if name in seen:
                self.module.report(
                    "E0260", f"rule `{name}` is listed twice", word_in(self.written.span, name), "each acts once"
                )
            elif isinstance(rule, RuleCode) and not rule.pattern.single:
                self.module.report(
                    "E0251", f"rule `{name}` matches several stages, which a net `with` rules does not",
                    word_in(self.written.span, name),
                    "match the block that holds them; `symnas rewrite` carries the rule out on one network",
                )  # fmt: skip
            elif isinstance(rule, RuleCode):
                yield rule
            else:
                hint = suggest(name, known, "the rules are")
                self.module.report("E0257", f"there is no rule `{name}`", word_in(self.written.span, name), hint)
            seen.add(name)

    @property
    def origin(self) -> NetCode | None:
        """The net as written that all this begins with."""
        return self.base.origin if isinstance(self.base, RewrittenCode) else self.base

    @cached_property
    def asked(self) -> frozenset[BlockCode]:
        """Blocks that conditions of the rules ask whether a match stands in."""
        return frozenset().union(*(rule.blocks for rule in self.rules))

    @cached_property
    def rule_lets(self) -> tuple[Declared, ...]:
        """The deciding lets that the rules read."""
        found = {each.name: each for rule in self.rules for each in rule.lets}
        return tuple(found[name] for name in sorted(found))

    @property
    def idle(self) -> tuple[RuleCode, ...]:
        """Its own rules that have matched nowhere so far."""
        first = len(self.rules) - len(self.written.rules)
        return tuple(rule for number, rule in enumerate(self.rules) if number >= first and number not in self.fired)

    def listed(self, rule: RuleCode) -> Span:
        """Where the net names *rule*."""
        name = next((name for name in self.written.rules if self.module.declared.get(name) is rule), rule.name)
        return word_in(self.written.span, name)

    def evaluate(self, builder: ScopeBuilder, run: Run) -> Value:
        """The net's outputs, in *builder*, decided below this net's own name."""
        origin = self.origin
        if origin is None or self.broken or any(rule.broken for rule in self.rules):
            raise Spoilt
        self.body, self.result = origin.body, origin.result
        places = self._places
        rules = Rules(self, tuple(range(len(self.rules))), places, self.name)
        return origin.elaborate(builder, run, self.name, rules)

    @cached_property
    def _places(self) -> tuple[Places | None, ...]:
        """Where each rule matches, as far as that is known beforehand: in a network without decisions."""
        found: list[Places | None] = []
        origin = self.origin
        assert origin is not None
        decides = origin.decides
        for number, rule in enumerate(self.rules):
            found.append(None if decides or rule.certain else self._recorded(number, found, origin))
            decides = decides or rule.decides
        return tuple(found)

    def _recorded(self, number: int, before: list[Places | None], origin: NetCode) -> Places:
        """Where rule *number* matches in the network that the rules before it make."""
        recorder = Recorder(number)
        places = (*before, *([None] * (len(self.rules) - number)))
        rules = Rules(self, tuple(range(number + 1)), places, self.name, recorder=recorder)
        run = Run(Alone())
        fired = set(self.fired)
        origin.elaborate(ScopeBuilder(self.name, run.builder), run, self.name, rules)
        self.fired = fired
        return recorder.places
