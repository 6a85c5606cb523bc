"""The tables that are shipped are those of the grammar, and every rule has its action."""

import subprocess
import sys
from pathlib import Path

import pytest
from lark.exceptions import GrammarError

from symnas.grammar.generate import grammar_text, tables_text
from symnas.grammar.machine import ACTIONS
from symnas.grammar.tables import tables
from symnas.grammar.tokens import keywords

RESERVED = (
    "block cell net let fn shared train search require assert maximize minimize measure rule import use pick moved nas "
    "if else when for in and or not oneof repeat as where with keep true false none"
)


def test_shipped_tables_match_the_grammar() -> None:
    """`tables.json` is what the generator makes of `nas.lark`; if not, run `python -m symnas.grammar.generate`."""
    shipped = Path(sys.modules["symnas.grammar.generate"].__file__ or "").with_name("tables.json")
    assert shipped.read_text(encoding="utf-8") == tables_text(grammar_text())


def test_tables_do_not_depend_on_hash_seeds() -> None:
    """Every process makes the same tables."""
    script = "from symnas.grammar.generate import *; print(hash(tables_text(grammar_text()).encode()))"
    script = script.replace("hash(", "__import__('hashlib').sha256(").replace(".encode())", ".encode()).hexdigest()")
    made = {
        subprocess.run(
            [sys.executable, "-c", script], env={"PYTHONHASHSEED": seed}, capture_output=True, text=True, check=True
        ).stdout
        for seed in ("1", "2")
    }
    assert len(made) == 1


def test_a_conflict_is_refused() -> None:
    """A grammar in which two readings compete makes no tables, where lark alone would pick one."""
    dangling = grammar_text().replace('("->" named)', "")
    ambiguous = dangling.replace('"assert" expression', '"assert" expression expression')
    with pytest.raises(GrammarError):
        tables_text(ambiguous)


def test_every_action_exists_and_is_used() -> None:
    """The grammar names exactly the actions that build nodes."""
    named = {production.action for production in tables().productions} - {None, ""}
    assert named == set(ACTIONS)


def test_reserved_words_are_those_of_the_language() -> None:
    """The grammar's words are the language's reserved words."""
    assert sorted(keywords()) == sorted(RESERVED.split())


def test_reading_does_not_load_lark() -> None:
    """lark makes the tables beforehand; reading a program needs its tables only."""
    script = "import sys; from symnas.grammar import parse; parse('let a = 1'); print('lark' in sys.modules)"
    result = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert result.stdout.strip() == "False"
