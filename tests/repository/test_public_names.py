"""The public names of symnas: complete, and there. Their order is ruff's business (RUF022)."""

import ast
from importlib import import_module

import pytest
from layout import modules

WITH_NAMES = [name for name, path in modules().items() if "__all__" in path.read_text(encoding="utf-8")]


@pytest.mark.parametrize("module", WITH_NAMES)
def test_public_names_exist(module: str) -> None:
    """`__all__` names nothing twice, and everything that it names can be had."""
    loaded = import_module(module)
    assert len(set(loaded.__all__)) == len(loaded.__all__)
    assert [name for name in loaded.__all__ if not hasattr(loaded, name)] == []


def test_everything_public_in_symnas_is_listed() -> None:
    """Whatever `symnas/__init__.py` takes from its own modules, or defines, without an underscore is in `__all__`."""
    tree = ast.parse(modules()["symnas"].read_text(encoding="utf-8"))
    assert public_names(tree) <= set(import_module("symnas").__all__)


def public_names(tree: ast.Module) -> set[str]:
    """Names without an underscore that *tree* defines, or imports from symnas, at any depth outside functions."""
    found: set[str] = set()
    pending: list[ast.AST] = list(tree.body)
    while pending:
        match pending.pop():
            case ast.FunctionDef(name=name) | ast.ClassDef(name=name):
                found.add(name)
            case ast.ImportFrom(module=str(source), names=names) if source.partition(".")[0] == "symnas":
                found.update(alias.asname or alias.name for alias in names)
            case ast.If(body=body, orelse=orelse):
                pending += [*body, *orelse]
            case _:
                pass
    return {name for name in found if not name.startswith("_")}
