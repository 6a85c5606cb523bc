"""The mark of operators that stand in for a layer while something around it is elaborated; they are in no graph."""

from typing import Final

__all__ = ["STANDS_IN"]

STANDS_IN: Final = "captured.$"
"""What their names begin with: a dot, as a Python layer's, so that nothing about them is kept for the process."""
