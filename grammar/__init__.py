"""The .nas language as text: reading it into the nodes of `symnas.tree`, and printing those."""

from symnas.grammar.formatter import format  # noqa: A004 (it is what one says)
from symnas.grammar.mistakes import MISTAKES, Mistake
from symnas.grammar.parser import parse, parse_expression, recover
from symnas.grammar.printer import dump
from symnas.grammar.recovery import Recovered
from symnas.grammar.tokens import Comment, comments

__all__ = [
    "MISTAKES", "Comment", "Mistake", "Recovered", "comments", "dump", "format", "parse", "parse_expression", "recover",
]  # fmt: skip
