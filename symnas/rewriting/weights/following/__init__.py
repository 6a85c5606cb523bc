"""What each operator does to the channels that flow through it, and what becomes of its weights.

A file in this folder that calls `follows` is found by itself. An operator that none tells of keeps what is as it was,
and loses track of all else.
"""

from symnas.rewriting.weights.following.registry import follow

__all__ = ["follow"]
