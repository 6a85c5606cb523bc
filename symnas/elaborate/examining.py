"""Looking for more mistakes in a program that has some: what does not depend on a mistake is elaborated all the same.

One architecture at a time, without regions. A statement that fails spoils the names it binds; whatever depends on
those is passed over in silence, and the rest goes on. So one run meets every fault that no other one causes.
"""

from typing import NoReturn

from attrs import evolve, field, frozen

from symnas import tree
from symnas.domains import Choice, Domain
from symnas.elaborate.applying import deep
from symnas.elaborate.atoms import need_bool
from symnas.elaborate.builder import ScopeBuilder
from symnas.elaborate.claims import Claim, compile_claims
from symnas.elaborate.code import Frame
from symnas.elaborate.declarations import LetCode
from symnas.elaborate.files import Imports
from symnas.elaborate.modules import ModuleCode
from symnas.elaborate.outputs import check_outputs
from symnas.elaborate.regions import DomainClash, Infeasible, Oracle, Picks, Region, Run, Script
from symnas.elaborate.roots import deep_recursion
from symnas.elaborate.sameness import compile_sames
from symnas.elaborate.values import Tensor, Unportable
from symnas.errors import Diagnostic, SourceError
from symnas.limits import Limits
from symnas.spans import Span

__all__ = ["LIMITS", "Examination", "Met"]

LIMITS = frozenset({"E0501", "E0502", "E0505", "E0515", "E0516"})
"""Faults after which a run cannot go on."""

LAYERS, STEPS = 5_000, 50_000
"""What a run may spend: it ends in silence then, for the limits of the language are far above."""


@frozen
class Met:
    """The faults of one architecture, by code and place. *layers* says how much work it was."""

    faults: dict[tuple[str, object], Diagnostic] = field(factory=dict)
    layers: int = 0
    asked: dict[str, Span] = field(factory=dict)
    """Where each decision is made, by path."""


class _Everything(frozenset[str]):
    """The cells to be elaborated in place: all."""

    def __contains__(self, name: object) -> bool:
        return True


class _Asking(Script):
    """Answers from an oracle."""

    def __init__(self, oracle: Oracle) -> None:
        super().__init__([], lambda _region: ())
        self.oracle = oracle

    def ask(self, path: str, domain: Domain, persistent: bool, only: Choice | None) -> Choice:
        """The oracle's choice."""
        return self.oracle.ask(path, domain, persistent)


class _Forgiving(Run):
    """A run that goes on after a fault, and has no regions: what is kept of them would lack what was passed over."""

    def __init__(self, oracle: Oracle, limits: Limits) -> None:
        super().__init__(_Asking(oracle), evolve(limits, layers=LAYERS, steps=STEPS))
        self.met: list[SourceError] = []
        self.forgiving = True
        self.asked: dict[str, Span] = {}

    def fail(self, error: SourceError) -> None:
        """Note the fault."""
        if self.fuel < 0 or self.steps < 0:
            raise error
        self.met.append(error)
        if any(each.code in LIMITS for each in error.diagnostics):
            raise error

    def decide(self, path: str, span: Span) -> None:
        """Remember where the decision at *path* is made."""
        self.asked[path] = span

    def invoke(
        self, region: Region, path: str, builder: ScopeBuilder, name: str, operands: list[Tensor], span: Span
    ) -> NoReturn:
        """No region: what would be one is elaborated in place."""
        raise Unportable


class Examination:
    """A program with mistakes, compiled as far as it goes. *diagnostics* are its mistakes of names and settings."""

    def __init__(self, module: tree.Module, picked: Picks | None, files: Imports, limits: Limits) -> None:
        self.limits = limits
        with deep_recursion():
            self.module = ModuleCode(module, _Everything(), files, limits=limits)
        self.picked = picked
        claims = compile_claims(self.module, tree.Require)
        compile_claims(self.module, tree.Assert)
        compile_sames(self.module)
        self._plain = [claim for claim in claims if claim.plain]
        self.diagnostics: tuple[Diagnostic, ...] = tuple(dict.fromkeys(self.module.diagnostics))

    def met(self, oracle: Oracle) -> Met | None:
        """The faults of the architecture that the oracle chooses; `None` where a `require` excludes it."""
        oracle.begin()
        run = _Forgiving(oracle, self.limits)
        run.picked = self.picked
        before = run.fuel
        try:
            with deep_recursion():
                self._elaborate(run)
        except (Infeasible, DomainClash):
            return None
        except SourceError:
            pass  # a limit, noted
        found = [each for error in run.met for each in error.diagnostics]
        return Met(
            {(each.code, each.span): each for each in reversed(found)},
            before - run.fuel + (STEPS - run.steps) // 20,
            run.asked,
        )

    def _elaborate(self, run: _Forgiving) -> None:
        for net in self.module.nets:
            try:
                builder = ScopeBuilder(net.name, run.builder)
                check_outputs(deep(net.evaluate(builder, run)), net)
            except SourceError as error:
                run.fail(error)
        for let in self.module.train:
            try:
                let.value(run)
            except SourceError as error:
                run.fail(error)
        for claim in self._plain:
            self._require(claim, run)

    @staticmethod
    def _require(claim: Claim, run: _Forgiving) -> None:
        try:
            used = [each for each in claim.code.uses if isinstance(each, LetCode) and each.keyword == "let"]
            if all(let.settled(run) for let in used):
                frame = Frame({}, "", "", run.builder, run)
                if not need_bool(claim.code.run(frame), claim.code.span, "what `require` asks"):
                    raise Infeasible(claim.span)
        except SourceError as error:
            run.fail(error)
