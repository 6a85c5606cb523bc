"""Imports written into the file that has them, so that it needs no other.

What is declared elsewhere keeps its name, or the name it is imported under, where no file means something else by that,
and gets a new one otherwise; whatever reads it follows. What nothing reaches is left out.
"""

from collections.abc import Iterable, Iterator, Mapping

from attrs import evolve, frozen

from symnas import tree
from symnas.elaborate.claims import COSTS
from symnas.elaborate.files import Imported, stem, target
from symnas.errors import SearchError
from symnas.program import Program
from symnas.renaming import Declaring, declared_as, paths_followed, reads_renamed, words
from symnas.traversal import rebuild
from symnas.treepaths import walk

__all__ = ["inlined"]

_PARTS = tree.Block | tree.Let | tree.Fn | tree.Shared | tree.Rule
"""What is there only for what reaches it."""


@frozen
class _Place:
    """A declaration: the file, `""` for the program's own, and the name that it has there."""

    file: str
    name: str


@frozen(eq=False)
class _File:
    """A file, what its names stand for, and every word in it."""

    path: str
    module: tree.Module
    means: Mapping[str, _Place]
    words: frozenset[str]


def inlined(program: Program) -> tree.Module:
    """The module of *program* with what it imports in place of its imports.

    Raises:
        SearchError: two files take things of one name from Python.
    """
    return _Inlining(program).module() if program.imports else _reached_alone(program.module)


def _reached_alone(module: tree.Module) -> tree.Module:
    files = {"": _file("", module, {})}
    reached = _reached(files)
    kept = tuple(each for each in module.declarations if _is_kept(each, "", reached))
    return module if kept == module.declarations else evolve(module, declarations=kept)


class _Inlining:
    def __init__(self, program: Program) -> None:
        self._files = {"": _file("", program.module, program.imports)}
        for imported in program.imports.values():
            self._files.setdefault(imported.path, _file(imported.path, imported.module, program.imports))
        self._reached = _reached(self._files)
        self._names = self._named()

    def module(self) -> tree.Module:
        """Everything in one module, what is imported first."""
        used: set[tuple[str, tree.Used]] = set()
        declarations: list[tree.Declaration] = []
        for file in (*list(self._files.values())[1:], self._files[""]):
            for each in self._renamed(file).declarations:
                if isinstance(each, tree.Use):
                    fresh = tuple(name for name in each.names if (each.module, name) not in used)
                    used.update((each.module, name) for name in fresh)
                    each = evolve(each, names=fresh)
                if not isinstance(each, tree.Use) or each.names:
                    declarations.append(each)
        return evolve(self._files[""].module, declarations=tuple(declarations))

    def _named(self) -> dict[_Place, str]:
        """The name of each declaration in the one module."""
        names = {place: place.name for place in self._reached if not place.file}
        python = {}
        for place in sorted(self._reached - names.keys(), key=lambda each: (each.file, each.name)):
            if isinstance(self._declaration(place), tree.Use):
                if place.name in python:
                    self._refuse(place)
                python[place.name] = names[place] = place.name
        for place in sorted(self._reached - names.keys(), key=lambda each: (each.file, each.name)):
            names[place] = next(each for each in self._candidates(place) if self._fits(each, place, names))
        return names

    def _candidates(self, place: _Place) -> Iterator[str]:
        """Names for *place*, best first: what the program's own file calls it, its own, its own with its file's."""
        yield from (name for name, meant in self._files[""].means.items() if meant == place)
        yield place.name
        longer = f"{place.name}_{stem(place.file).rpartition('.')[2]}"
        yield longer
        number = 2
        while True:
            yield f"{longer}_{number}"
            number += 1

    def _fits(self, name: str, place: _Place, names: Mapping[_Place, str]) -> bool:
        """Whether no file says *name* and means something other than *place*."""
        if name in names.values():
            return False
        return all(name not in file.words or file.means.get(name) == place for file in self._files.values())

    def _refuse(self, place: _Place) -> None:
        raise SearchError(f"two files `use` something called `{place.name}` from Python; one file cannot hold both")

    def _declaration(self, place: _Place) -> tree.Declaration:
        return next(each for each in self._files[place.file].module.declarations if place.name in _declares(each))

    def _travels(self, node: tree.Declaration, file: _File) -> bool:
        """Whether *node* is a `require` of an imported file that constrains what is reached: those on decisions do."""
        if not isinstance(node, tree.Require):
            return False
        reads = _reads(node)
        meant = _origins([file.means[each] for each in reads if each in file.means], self._files)
        on_costs = {*COSTS, "space"} & (reads - file.means.keys())
        of_nets = any(isinstance(self._declaration(each), tree.Net | tree.Rewritten) for each in meant)
        return not on_costs and not of_nets and all(each in self._reached for each in meant)

    def _renamed(self, file: _File) -> tree.Module:
        """The declarations of *file* that are kept, their names and what they read as they are in the one module."""
        kept = (
            each
            for each in file.module.declarations
            if _is_kept(each, file.path, self._reached) or self._travels(each, file)
        )
        module = evolve(file.module, declarations=tuple(kept))
        for name, place in file.means.items():
            if place in self._names and self._names[place] != name:
                module = reads_renamed(module, name, self._names[place])
                if place.file == file.path:
                    module = declared_as(module, name, self._names[place])
        for place, name in self._names.items():
            if place.file:
                own = place.name.replace("train_", "train.", 1) if place.name.startswith("train_") else place.name
                module = paths_followed(module, f"{stem(place.file)}.{own}", name)
        return module


def _without_recipe(module: tree.Module) -> tree.Module:
    """An imported *module* with a `let` for each setting of its `train`, which is a plain decision there."""
    recipes = [each for each in module.declarations if isinstance(each, tree.Train)]
    settings = {field.label: field for each in recipes for field in each.fields if field.label is not None}
    if not settings:
        return module

    def change(node: tree.Node) -> tree.Node:
        match rebuild(node, change):
            case tree.Attribute(target=tree.Name(name="train"), name=name, span=span) if name in settings:
                return tree.Name(f"train_{name}", span=span)
            case found:
                return found

    lets = (tree.Let(f"train_{label}", field.value, span=field.span) for label, field in settings.items())
    changed = change(evolve(module, declarations=(*module.declarations, *lets)))
    assert isinstance(changed, tree.Module)
    return changed


def _file(path: str, module: tree.Module, imports: Mapping[str, Imported]) -> _File:
    if path:
        module = _without_recipe(module)
    means: dict[str, _Place] = {}
    for each in module.declarations:
        if isinstance(each, tree.Import):
            found = imports[target(path, each.path)].path
            means.update({name.alias or name.name: _Place(found, name.name) for name in each.names})
        else:
            means.update({name: _Place(path, name) for name in _declares(each)})
    return _File(path, module, means, frozenset(words(module)))


def _declares(node: tree.Declaration) -> list[str]:
    """The names that *node* declares."""
    if isinstance(node, tree.Use):
        return [each.name for each in node.names]
    return [node.name] if isinstance(node, Declaring) else []


def _is_kept(node: tree.Declaration, file: str, reached: set[_Place]) -> bool:
    names = _declares(node)
    if isinstance(node, tree.Import):
        return False
    if isinstance(node, _PARTS | tree.Use) or names:
        return any(_Place(file, name) in reached for name in names)
    return not file


def _reached(files: Mapping[str, _File]) -> set[_Place]:
    """What the program's nets, recipes, claims and objectives reach, in whichever file it is declared."""
    root = files[""]
    own = root.module.declarations
    waiting: list[tuple[_File, tree.Declaration]] = [
        (root, each) for each in own if not isinstance(each, _PARTS | tree.Import | tree.Use)
    ]
    found = {root.means[each.name] for each in own if isinstance(each, tree.Net | tree.Rewritten)}
    for place in _origins(root.means.values(), files):
        for each in files[place.file].module.declarations:
            if isinstance(each, tree.Net | tree.Rewritten) and each.name == place.name and place.file:
                found.add(place)
                waiting.append((files[place.file], each))
    while waiting:
        file, node = waiting.pop()
        for name in _reads(node):
            if name not in file.means:
                continue
            (place,) = _origins([file.means[name]], files)
            if place not in found:
                found.add(place)
                other = files[place.file]
                waiting += [(other, each) for each in other.module.declarations if place.name in _declares(each)]
    return found


def _origins(places: Iterable[_Place], files: Mapping[str, _File]) -> list[_Place]:
    """Where *places* are declared, imports of imports followed."""
    found = []
    for place in places:
        while (meant := files[place.file].means.get(place.name, place)) != place:
            place = meant
        found.append(place)
    return found


def _reads(node: tree.Declaration) -> set[str]:
    """Every name that *node* may read."""
    found = {each.name for each, _ in walk(node) if isinstance(each, tree.Name)}
    if isinstance(node, tree.Rewritten):
        found |= {node.base, *node.rules}
    return found
