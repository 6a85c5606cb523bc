"""Which part of symnas may import what: the table of folders in docs/developing.md, proved on every import statement."""

import ast
import sys
from collections.abc import Iterator
from functools import cache
from graphlib import CycleError, TopologicalSorter

import pytest
from attrs import frozen
from layout import modules, packages

# Modules of `symnas` that join the other folders. Every other module of it, packages included, is core.
TOP = {
    "symnas",
    "symnas.__main__",
    "symnas.annotated",  # writes programs, searches them
    "symnas.api",
    "symnas.architecture",  # it prints as text
    "symnas.benchmarks",  # searchers on spaces
    "symnas.breakdown",  # of spaces
    "symnas.checking",
    "symnas.command",
    "symnas.condensing",  # prints programs
    "symnas.conformance",  # searchers on spaces
    "symnas.decisiontree",  # of spaces
    "symnas.differing",
    "symnas.distinct",  # of spaces
    "symnas.drafts",  # of architectures
    "symnas.editing",
    "symnas.explanations",
    "symnas.expanding",
    "symnas.fixing",  # parts of spaces
    "symnas.flattening",
    "symnas.foreign",  # writes programs of graphs
    "symnas.inlining",
    "symnas.faults",
    "symnas.feasible",  # architectures that meet a limit
    "symnas.growing",  # searches networks by rewriting them
    "symnas.importing",  # reads and parses files
    "symnas.matching",
    "symnas.moved",
    "symnas.neighbours",  # of architectures
    "symnas.openings",  # prints and parses expressions
    "symnas.picking",  # prints and parses choices
    "symnas.picture",
    "symnas.pricing",  # architectures that attain a cost
    "symnas.program",  # reads and prints text
    "symnas.proving",
    "symnas.replacements",
    "symnas.requiring",
    "symnas.rewriting",  # reads rules, writes programs
    "symnas.rows",  # writes parts of programs
    "symnas.slimming",  # writes programs
    "symnas.space",
    "symnas.spelling",
    "symnas.splicing",  # reads and prints text
    "symnas.study",
    "symnas.training",
}

MAY_IMPORT = {
    "core": {"core"},
    "grammar": {"core", "grammar"},
    "compilers": {"core", "compilers"},
    "searchers": {"core", "searchers"},
    "top": {"core", "grammar", "compilers", "searchers", "top"},
}

# Who may import a library: a layer, or a package with all that is below it. A library not listed belongs nowhere.
LIBRARIES = {
    "attrs": {"core", "grammar", "compilers", "searchers", "top"},
    "botorch": {"symnas.searchers.models.gaussian"},
    "gpytorch": {"symnas.searchers.models.gaussian"},
    "lark": {"grammar"},
    "networkx": {"core"},
    "numpy": {
        "core",
        "searchers",
        "symnas.compilers.importing",
        "symnas.compilers.onnx",
        "symnas.compilers.torch",
        "symnas.growing",
        "symnas.rewriting",
        "symnas.training",
    },
    "onnx": {"symnas.compilers.importing"},
    "onnx_ir": {"symnas.compilers.onnx", "symnas.training"},
    "onnxruntime": {"symnas.training"},
    "rich": {"symnas.command"},
    "scipy": {"searchers"},
    "sklearn": {"searchers", "symnas.training"},
    "threadpoolctl": {"searchers"},
    "sqlalchemy": {"symnas.study"},
    "torch": {
        "symnas.compilers.importing",
        "symnas.compilers.torch",
        "symnas.searchers.models.gaussian",
        "symnas.training",
    },
    "torchvision": {"symnas.training"},
}

# Imported only inside functions, except in the one package that is about them: loading them takes seconds.
LATE = {
    "onnxruntime": "nowhere",
    "onnx": "nowhere",
    "onnx_ir": "symnas.compilers.onnx",
    "torch": "symnas.compilers.torch",
    "torchvision": "nowhere",
}


@frozen
class Import:
    """One imported module, the line that imports it, and whether it is imported together with its importer."""

    name: str
    line: int
    at_once: bool


MODULES = sorted(modules())


@pytest.mark.parametrize("module", MODULES)
def test_imports_go_down(module: str) -> None:
    """A module imports its own layer and those below it, never a neighbour or a layer above."""
    layer = layer_of(module)
    wrong = [
        f"{modules()[module]}:{each.line}: {layer} imports {each.name} ({layer_of(each.name)})"
        for each in imports(module)
        if each.name in modules() and layer_of(each.name) not in MAY_IMPORT[layer]
    ]
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize("module", MODULES)
def test_a_library_is_imported_only_where_it_belongs(module: str) -> None:
    """Each library has one home, and a library without one is imported by nobody."""
    wrong = [
        f"{modules()[module]}:{each.line}: {library} belongs to {sorted(LIBRARIES.get(library, ())) or 'nobody'}"
        for each in imports(module)
        if (library := outside(each.name)) and not within(module, LIBRARIES.get(library, set()))
    ]
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize("module", MODULES)
def test_torch_is_imported_late(module: str) -> None:
    """Outside its compiler, torch is imported inside the functions that need it."""
    wrong = [
        f"{modules()[module]}:{each.line}: import {library} where it is used"
        for each in imports(module)
        if each.at_once and (library := outside(each.name)) in LATE and not within(module, {LATE[library]})
    ]
    assert not wrong, "\n".join(wrong)


def test_modules_import_each_other_in_one_order() -> None:
    """No two modules need each other to be imported first, whether directly or by a detour."""
    graph = {
        module: {each.name for each in imports(module) if each.at_once and each.name in modules()} - {module}
        for module in MODULES
    }
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        pytest.fail(f"modules import each other in a circle: {' ← '.join(error.args[1])}")


@pytest.mark.parametrize("module", [name for name in MODULES if name.startswith("symnas.compilers.")])
def test_compilers_know_nothing_of_each_other(module: str) -> None:
    """What two targets share lies above both: in `compilers` itself, or in the core."""
    targets = {name for name in packages() if name.startswith("symnas.compilers.") and name.count(".") == 2}
    others = {target for target in targets if not within(module, {target})}
    wrong = [
        f"{modules()[module]}:{each.line}: {each.name} is another target's"
        for each in imports(module)
        if within(module, targets) and within(each.name, others)
    ]
    assert not wrong, "\n".join(wrong)


def test_every_top_module_exists() -> None:
    """The list of modules that join the others holds no name that is gone."""
    assert set(MODULES) >= TOP


def layer_of(module: str) -> str:
    """The layer that *module* belongs to."""
    for folder in ("grammar", "compilers", "searchers"):
        if within(module, {f"symnas.{folder}"}):
            return folder
    return "top" if module == "symnas" or within(module, TOP - {"symnas"}) else "core"


def within(module: str, homes: set[str]) -> bool:
    """Whether *module* lies in one of *homes*: layers, or packages with what is below them."""
    if any(home in MAY_IMPORT and layer_of(module) == home for home in homes):
        return True
    return any(module == home or module.startswith(f"{home}.") for home in homes)


def outside(name: str) -> str | None:
    """The library that module *name* is part of; `None` for ours and the standard library's."""
    library = name.partition(".")[0]
    return None if library == "symnas" or library in sys.stdlib_module_names else library


@cache
def imports(module: str) -> tuple[Import, ...]:
    """Everything that *module* imports, by the full name of the module that an import statement reaches."""
    path = modules()[module]
    tree = ast.parse(path.read_text(encoding="utf-8"))
    return tuple(_imports(tree, at_once=True))


def _imports(node: ast.AST, *, at_once: bool) -> Iterator[Import]:
    """The imports below *node*; those inside functions and for type checkers alone happen later, or never."""
    match node:
        case ast.Import(names=names):
            yield from (Import(alias.name, node.lineno, at_once) for alias in names)
        case ast.ImportFrom(module=str(source), names=names):
            for alias in names:
                inner = f"{source}.{alias.name}"
                yield Import(inner if inner in modules() else source, node.lineno, at_once)
        case ast.FunctionDef(body=body) | ast.AsyncFunctionDef(body=body):
            for statement in body:
                yield from _imports(statement, at_once=False)
        case ast.If(test=ast.Name(id="TYPE_CHECKING"), body=body, orelse=orelse):
            for statement in body:
                yield from _imports(statement, at_once=False)
            for statement in orelse:
                yield from _imports(statement, at_once=at_once)
        case _:
            for child in ast.iter_child_nodes(node):
                yield from _imports(child, at_once=at_once)
