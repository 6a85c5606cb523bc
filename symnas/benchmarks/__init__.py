"""Searchers compared on published tables of trained networks, which users download.

`load_task("nasbench201-cifar10")` reads a table and gives its space, written in the language, with what a search sees
of an architecture and what it is judged by; `run` lets a searcher search on it. `intervals` are the statistics.
"""

from symnas.benchmarks.catalogue import load_task, task_names
from symnas.benchmarks.files import FOLDER
from symnas.benchmarks.running import Asked, Budget, Contestant, Ours, Run, run
from symnas.benchmarks.task import Flat, Task

__all__ = ["FOLDER", "Asked", "Budget", "Contestant", "Flat", "Ours", "Run", "Task", "load_task", "run", "task_names"]
