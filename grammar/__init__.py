"""The .nas language as text: reading it into the nodes of `symnas.tree`, and printing those."""

from symnas.grammar.mistakes import MISTAKES, Mistake
from symnas.grammar.parser import parse, parse_expression
from symnas.grammar.printer import dump
from symnas.grammar.tokens import Comment, comments

__all__ = ["MISTAKES", "Comment", "Mistake", "comments", "dump", "parse", "parse_expression"]
