"""The same proposals in any process: the search is run again in one with another hash seed, and digests are compared."""

import hashlib
import os
import subprocess
import sys
from collections.abc import Mapping
from importlib import import_module
from typing import Any

from symnas.conformance.grounds import GROUNDS, ground
from symnas.conformance.playing import Maker, demand, same, search

__all__ = ["anywhere_the_same"]

STEPS = 40

_PROGRAM = """
import json, sys
from symnas.conformance.elsewhere import digests_of
print(json.dumps(digests_of(*json.loads(sys.argv[1]))))
"""


def anywhere_the_same(make: Maker, module: str, name: str, settings: Mapping[str, Any]) -> None:
    """Demand that the searcher *name* of *module* proposes the same in a process with another hash seed."""
    import json

    here = _digests(make)
    environment = {**os.environ, "PYTHONHASHSEED": "12345", "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    command = [sys.executable, "-c", _PROGRAM, json.dumps([module, name, dict(settings)])]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)  # noqa: S603 (Python itself)
    demand(done.returncode == 0, f"`{module}.{name}` can be imported in another process; {done.stderr.strip()[-300:]}")
    there = json.loads(done.stdout)
    differ = [each for each in GROUNDS if here[each] != there[each]]
    demand(not differ, f"another process proposes the same; not so on {', '.join(differ)}")


def digests_of(module: str, name: str, settings: Mapping[str, Any]) -> dict[str, str]:
    """What the other process is asked for."""
    from symnas.conformance import maker

    kind: Any = import_module(module)
    for part in name.split("."):
        kind = getattr(kind, part)
    return _digests(maker(kind, settings))


def _digests(make: Maker) -> dict[str, str]:
    """For each space, what is proposed."""
    return {
        name: hashlib.sha256(
            repr([_told(each) for each in search(make(ground(name).space), STEPS, 3)]).encode()
        ).hexdigest()
        for name in GROUNDS
    }


def _told(proposal: Any) -> object:
    number, genotype, *rest = same(proposal) or (None, {})
    return number, sorted(genotype.items()), rest
