"""Tasks by name."""

from collections.abc import Callable
from functools import partial
from pathlib import Path

from symnas.benchmarks import graph, macro, nasbench101, nasbench201
from symnas.benchmarks.task import Task
from symnas.errors import SearchError, nearest

__all__ = ["load_task", "task_names"]

_TASKS: dict[str, Callable[[Path | None], Task]] = {
    "macro": macro.load,
    "nasbench101": nasbench101.load,
    **{f"graph-{data}": partial(graph.on, data) for data in graph.DATA},
    **{f"graph-{data}+latency": partial(graph.with_latency, data) for data in graph.DATA},
    **{f"nasbench201-{data}": partial(nasbench201.on, data) for data in nasbench201.DATA},
    "nasbench201-authors": nasbench201.authors,
    **{
        f"nasbench201-{data}+{device}": partial(nasbench201.with_device, data, device)
        for data in nasbench201.DATA
        for device in nasbench201.DEVICES
    },
}


def task_names() -> tuple[str, ...]:
    """Every task."""
    return tuple(_TASKS)


def load_task(name: str, folder: Path | None = None) -> Task:
    """The task *name*, its tables read from *folder* or from the folder that `$SYMNAS_BENCHMARKS` names.

    Raises:
        SearchError: there is no such task, or a table is absent or of another form.
    """
    if name not in _TASKS:
        meant = nearest(name, _TASKS)
        raise SearchError(
            f"no task is called `{name}`; " + (f"`{meant}`?" if meant else f"there are {', '.join(_TASKS)}")
        )
    return _TASKS[name](folder)
