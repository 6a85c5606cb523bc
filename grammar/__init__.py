"""The .nas language as text: reading it into the nodes of `symnas.tree`, and printing those."""

from symnas.grammar.mistakes import MISTAKES, Mistake
from symnas.grammar.parser import parse, parse_expression, recover
from symnas.grammar.printer import dump
from symnas.grammar.recovery import Recovered
from symnas.grammar.tokens import Comment, comments

__all__ = [
    "MISTAKES", "Comment", "Mistake", "Recovered", "comments", "dump", "parse", "parse_expression", "recover",
]  # fmt: skip
