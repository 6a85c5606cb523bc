"""Files as code: what their names stand for, which of it takes part in the program, and what all files share.

What a declaration means is `declarations`' business, where imported files come from `symnas.importing`'s.
"""

from collections import deque
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from symnas import tree
from symnas.elaborate.code import LET, Code, fail
from symnas.elaborate.declarations import BlockCode, Declared, FnCode, LetCode, NetCode, SharedCode
from symnas.elaborate.files import Imports, stem, target
from symnas.elaborate.moves import read_moves
from symnas.elaborate.plans import Plan, read_plan
from symnas.errors import Diagnostic, Note, SourceError, suggest
from symnas.limits import LIMITS, Limits
from symnas.spans import Span

if TYPE_CHECKING:
    from symnas.elaborate.metrics import Measurement
    from symnas.elaborate.regions import Region, Run
    from symnas.elaborate.using import UsedFunction

__all__ = ["ModuleCode"]


MOST_MISTAKES = 200
"""Mistakes of names and settings after which a program is not compiled on."""


class ModuleCode:
    """A file ready to elaborate: its declarations by name, and, in common with the other files of its program, the
    regions kept, what is decided once, the mistakes found.

    Names resolve in their own file. *files* are those that the program imports, *path* is this one's among them, and
    *main* the root file's code, if this is another.
    """

    def __init__(
        self, module: tree.Module, in_place: frozenset[str] = frozenset(), files: Imports | None = None,
        path: str = "", main: "ModuleCode | None" = None, limits: Limits = LIMITS,
    ) -> None:  # fmt: skip
        from symnas.elaborate.layers import FUNCTIONS

        self.node = module
        self.path = path
        self.in_place = in_place
        """Cells that some use cannot take as a region: they, and whatever uses them, are elaborated where they are."""
        self.functions: Iterable[str] = FUNCTIONS
        self.declared: dict[str, Declared] = {}
        """What each name of the file stands for; imported ones are declared in another file's."""
        self.claimed: dict[tree.Node, Code] = {}
        """While a claim is compiled: what stands in it for costs and sizes of spaces."""
        self.depth = 0
        self.train: list[LetCode] = []
        self.nets: list[NetCode] = []
        self.missing: dict[str, str] = {}
        """Names whose declaration could not be read, each with the word that it began with."""
        self._lets: dict[Code, tuple[Declared, ...]] = {}
        self._written: dict[str, Span] = {}
        self._taken: list[tuple[Declared, str]] = []
        self._trained: list[tree.Train] = []
        self._searches: list[tree.Field] = []
        self.metrics: dict[str, Span] = {}
        """What the file measures or names as an objective, beside costs."""
        self.measurements: list[Measurement] = []
        self.plan = Plan()
        self.files: Imports = files or {}
        if main is None:
            self.main, self.limits = self, limits
            self.linked = False
            """Whether everything that takes part is compiled."""
            self.diagnostics: list[Diagnostic] = []
            self.regions: dict[Any, Region] = {}
            self.once: set[str] = {"train"}
            """Names that paths of decisions begin with which are made once for the whole program."""
            self.asked_at: dict[str, Span] = {}
            self.kept: set[Span] = set()
            """Where bindings stand that are needed at two places, and so are carried into neither."""
            self.moves = False
            """Whether bindings that wait may be carried into regions."""
            self.modules: dict[str, ModuleCode] = {}
            """The imported files' code by path."""
            self.joined: set[Declared] = set()
            """Everything that takes part in the program."""
            self.rooted: dict[str, Declared] = {}
            """Of that, what paths begin with, by that name."""
        else:
            self.main, self.limits = main, main.limits
            self.diagnostics, self.regions, self.once = main.diagnostics, main.regions, main.once
            self.asked_at, self.modules = main.asked_at, main.modules
            self.joined, self.rooted = main.joined, main.rooted
        for declaration in module.declarations:
            self._declare(declaration)
        if main is None:
            self._link()

    @property
    def has_cells(self) -> bool:
        """Whether the program has cells."""
        return any(isinstance(each, BlockCode) and each.is_cell for each in self.rooted.values())

    def _link(self) -> None:
        """Compile what takes part: all that the root file declares or imports by name, and what that refers to."""
        from symnas.elaborate.metrics import read_metrics

        for declared, name in self._taken:
            declared.root(name)
        self.join(self.declared.values())
        self._check_trained()
        self.plan = read_plan(self._searches, self.report)
        self._check_evaluator()
        self.measurements = read_metrics(self)
        read_moves(self.node, self.report)
        self.linked = True

    def used_function(self, name: str) -> "UsedFunction":
        """The Python function that *name* stands for, as was checked."""
        from symnas.elaborate.using import UsedFunction

        declared = self.declared[name]
        assert isinstance(declared, UsedFunction)
        return declared

    def python_layers(self) -> set[str]:
        """The Python modules whose layers the program may apply."""
        from symnas.elaborate.using import UsedLayer

        return {each.python for each in self.joined if isinstance(each, UsedLayer)}

    def _check_evaluator(self) -> None:
        from symnas.elaborate.using import UsedFunction

        for each in self._searches:
            if each.label == "evaluator" and isinstance(each.value, tree.Name):
                name = each.value.name
                if not isinstance(self.declared.get(name), UsedFunction):
                    functions = [each for each, what in self.declared.items() if isinstance(what, UsedFunction)]
                    hint = suggest(name, functions, "there are") or f"take it from Python: `use my.training ({name})`"
                    self.report("E0225", f"`{name}` is no Python function that the file `use`s", each.value.span, hint)

    def join(self, wanted: Iterable[Declared]) -> None:
        """Let *wanted*, and all that they refer to, take part in the program."""
        waiting = deque(wanted)
        while waiting:
            each = waiting.popleft()
            if each not in self.joined:
                self.joined.add(each)
                self._join(each)
                each.compile()
                waiting.extend(sorted(each.code.uses, key=lambda used: (used.module.path, used.span.start)))

    def _join(self, declared: Declared) -> None:
        """Let paths begin with what *declared* is called, if it is decided for the whole program."""
        if not isinstance(declared, (LetCode, SharedCode, NetCode)) and not _is_cell(declared):
            return
        head = declared.path if isinstance(declared, BlockCode) else declared.name
        first = head.split(".", 1)[0]
        if first != head and first in self.declared and first != "train":
            other = self.declared[first]
            self.report(
                "E0219", f"paths of `{other.keyword} {first}` and of `{head}` in {declared.module.path} begin alike",
                self._written[first], f"rename `{first}`, or import the other by name",
                (Note("the other is declared here", declared.span),),
            )  # fmt: skip
        elif head in self.rooted:  # files whose names differ in what paths cannot hold
            self.report(
                "E0219", f"two declarations are called `{head}` in paths", declared.span, "rename one of the files",
                (Note("the other is declared here", self.rooted[head].span),),
            )  # fmt: skip
        self.rooted[head] = declared
        if not isinstance(declared, (NetCode, SharedCode)):
            self.once.add(first)

    def _declare(self, node: tree.Declaration) -> None:
        match node:
            case tree.Block():
                self._add(BlockCode(node, self))
            case tree.Let(value=tree.Hole() as hole):
                self._miss(node.name, hole, node.name_span)
            case tree.Let():
                self._add(LetCode(node.name, node.value, node.name_span, self))
            case tree.Fn():
                self._add(FnCode(node, self))
            case tree.Shared():
                self._add(SharedCode(node, self))
            case tree.Net():
                net = NetCode(node, self)
                self._add(net)
                self.nets.append(net)
            case tree.Train():
                self._declare_train(node)
            case tree.Import():
                self._import(node)
            case tree.Use():
                from symnas.elaborate.using import declare_used

                for used in declare_used(node, self):
                    self._add(used)
            case tree.Search() if self.main is self:
                self._searches.extend(node.fields)
            case tree.Rule():
                from symnas.elaborate.rules import RuleCode

                self._add(RuleCode(node, self))
            case tree.Rewritten():
                from symnas.elaborate.rewritten import RewrittenCode

                rewritten = RewrittenCode(node, self)
                self._add(rewritten)
                self.nets.append(rewritten)
            case _:
                pass

    def _miss(self, name: str, hole: tree.Hole, span: Span) -> None:
        """*name* is declared, but not known as what: its declaration, or the file that has it, could not be read."""
        self.missing[name] = hole.keyword
        if name not in self.declared:
            self._add(LetCode(name, hole, span, self))

    def misses(self, keyword: str) -> bool:
        """Whether a declaration that begins with *keyword*, or an imported one, could not be read."""
        return not {keyword, "import"}.isdisjoint(self.missing.values())

    def _declare_train(self, node: tree.Train) -> None:
        for each in node.fields:
            if each.label is None or each.clauses or each.guard is not None:
                self.report("E0212", "`train` holds plain `name: value` settings", each.span)
                continue
            whose = f"train.{node.net}." if node.net else "train."
            let = LetCode(f"{whose}{each.label}", each.value, each.span, self, "train")
            if self._add(let):
                self.train.append(let)
        if node.net:
            self._trained.append(node)

    def _check_trained(self) -> None:
        """Each `train Net` is for a net of this file; of settings with one name, only one can be read."""
        nets = [each.name for each in self.nets]
        for node in self._trained:
            if node.net not in nets and not self.misses("net"):
                hint = suggest(node.net or "", nets, "the nets are") or "there is no net in this file"
                self.report("E0228", f"there is no net `{node.net}` to train", node.span, hint)
            for each in node.fields:
                same = f"train.{each.label}" if nets == [node.net] else f"train.{node.net}"
                if same in self.declared:
                    note = (Note("the first is here", self._written[same]),)
                    self.report("E0204", f"`{same}` is declared twice", each.span, "leave one of them out", note)

    def setting_of_train(self, name: str) -> Declared | None:
        """What `train.name` stands for; where there is one net alone, also a setting of its own `train`."""
        found = self.declared.get(f"train.{name}")
        if found is None and len(self.nets) == 1:
            found = self.declared.get(f"train.{self.nets[0].name}.{name}")
        return found

    def _import(self, node: tree.Import) -> None:
        """Give the names that *node* imports their meaning in the file where they are declared."""
        imported = self.files.get(target(self.path, node.path))
        if imported is None:
            self.report(
                "E0157", f'"{node.path}" is not known: this program was read from text alone', node.span,
                "say where the file is: `symnas.parse(text, folder=…)`, or `symnas.load(path)`",
            )  # fmt: skip
            for each in node.names:
                self._miss(each.alias or each.name, tree.Hole(keyword="import"), each.span)
            return
        module = self.modules.get(imported.path)
        if module is None:
            module = ModuleCode(imported.module, self.in_place, self.files, imported.path, self.main)
            self.modules[imported.path] = module
        for each in node.names:
            declared = module.declared.get(each.name)
            if declared is None:
                known = [name for name in module.declared if "." not in name]
                hint = suggest(each.name, known, "it has") or "it declares nothing that can be imported"
                self.report("E0218", f'"{node.path}" declares no `{each.name}`', each.span, hint)
                self._miss(each.alias or each.name, tree.Hole(keyword="import"), each.span)
            else:
                self._take(declared, each.alias or each.name, each.span)

    def _take(self, declared: Declared, name: str, span: Span) -> None:
        if not self._add(declared, name, span) or self.main is not self:
            return
        if all(declared is not other for other, _ in self._taken):  # under two names, its paths begin with the first
            self._taken.append((declared, name))
            if isinstance(declared, NetCode):
                self.nets.append(declared)

    def _add(self, declared: Declared, name: str | None = None, span: Span | None = None) -> bool:
        """Let *name* (its own, unless it is imported under another) stand for *declared* in this file."""
        name, span = name or declared.name, span or declared.span
        if name in self.declared:
            note = (Note("the first is here", self._written[name]),)
            self.report("E0204", f"`{name}` is declared twice", span, "rename one of them", note)
            return False
        self.declared[name] = declared
        self._written[name] = span
        if self.main is not self and declared.module is self:
            declared.root(f"{stem(self.path)}.{name}")
        return True

    def written(self, name: str) -> Span:
        """Where this file declares or imports *name*."""
        return self._written[name]

    def report(
        self, code: str, message: str, span: Span, hint: str | None = None, notes: tuple[Note, ...] = ()
    ) -> None:
        """Record a mistake.

        Raises:
            SourceError: with this one there are so many that more would not help.
        """
        self.diagnostics.append(Diagnostic(code, message, span, hint, notes))
        if len(self.diagnostics) >= MOST_MISTAKES:
            raise SourceError(self.diagnostics)

    def decide(self, sure: Iterable[str], run: "Run") -> None:
        """Evaluate the lets among *sure* (names after `LET`): what depends on them may then be a region."""
        for name in sorted(sure):  # a set has another order in every process
            if name[0] == LET:
                let = self.rooted[name[1:]]
                if isinstance(let, LetCode) and not let.settled(run):
                    let.value(run)

    def lets_of(self, code: Code) -> tuple[Declared, ...]:
        """Deciding lets, train settings and shared layers that *code* reads, through blocks and fns as well."""
        if code not in self._lets:
            self._lets[code] = self._find_lets(code)
        return self._lets[code]

    def _find_lets(self, code: Code) -> tuple[Declared, ...]:
        found: dict[str, Declared] = {}
        seen: set[Declared] = set()
        waiting = list(code.uses)
        while waiting:
            each = waiting.pop()
            if each in seen:
                continue
            seen.add(each)
            if isinstance(each, (LetCode, SharedCode)):
                if each.decides:
                    found[each.name] = each
            elif isinstance(each, BlockCode) and each.in_place:
                found[each.path] = each  # never decided beforehand, so nothing around it becomes a region
            else:
                waiting.extend(each.code.uses)
        return tuple(found[name] for name in sorted(found))

    def enter(self, span: Span) -> None:
        """One block deeper."""
        if self.main.depth >= self.main.limits.depth:
            fail(
                "E0505", f"blocks are nested more than {self.main.limits.depth} deep", span,
                f"pass a whole number that falls, and a guard that ends the recursion; {self.main.limits.hint('depth')}",
            )  # fmt: skip
        self.main.depth += 1

    def leave(self) -> None:
        """Back out of a block."""
        self.main.depth -= 1


def _is_cell(declared: Declared) -> bool:
    return isinstance(declared, BlockCode) and declared.is_cell
