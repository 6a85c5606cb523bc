"""The command line: `symnas check`, `count`, `sample`, `search` and the others, a module for each verb.

`entry` finds the verb and turns what goes wrong into a message and an exit status; a verb reads its options, calls what
the same verb is in Python, and prints. Nothing is decided here that Python could not decide as well.
"""

from symnas.command.entry import main

__all__ = ["main"]
