"""Reading runs nothing: checking, counting, sampling, showing and formatting a file that names Python imports none of it,
opens no other file and executes none of its text. The proof is what an audit hook sees in a process of its own.
"""

import json
import subprocess
import sys
from pathlib import Path

import pytest

import symnas

PROGRAM = """
nas 1
use os (system)
use {evil} (Shout(text = "rm -rf /")(x: [*S]) -> [*S], harm, Twice(n)(x: [N, C, *S]) -> ([N, C, *S], [N, C * 2, *S]))
use subprocess (Popen(args)(x: [*S]) -> [*S])
import "parts/common.nas" (Unit)
let width = oneof(2, 4)
net Main(image: f32[N, 1, 8, 8]) {{
  x = image -> Unit(width) -> Shout("__import__('os').system('true')") -> oneof(Popen("touch x"), Shout)
  (y, z) = x -> Twice(2)
  concat([y, z]) -> GlobalAvgPool2d -> Flatten -> Linear(2)
}}
train {{ lr: oneof(0.1, 0.2) }}
search {{ evaluator: harm, trials: 3 }}
measure pain = system("true")
measure delay, energy = harm(Main, device = "phone")
require delay <= 3ms
require params <= 1M
maximize accuracy
minimize delay
assert space.size == 16
"""
COMMON = "use {evil} (Quiet(x: [*S]) -> [*S])\nblock Unit(c)(x) = x -> Conv2d(c, oneof(1, 3)) -> Quiet\n"
EVIL = "from pathlib import Path\nPath(__file__).with_name('imported').touch()\n"

WATCH = """
import contextlib, io, json, os, sys
sys.path.append("{folder}")
seen = dict(opened=[], compiled=[], imported=[], spawned=[])
text = open("{folder}/main.nas").read() + open("{folder}/parts/common.nas").read()

def watch(event, arguments):
    if event == "open" and isinstance(arguments[0], str) and not arguments[2] & (os.O_WRONLY | os.O_RDWR):
        seen["opened"].append(arguments[0])
    elif event == "compile" and isinstance(arguments[0], (str, bytes)):
        seen["compiled"].append(str(arguments[1]))
    elif event == "import":
        seen["imported"].append(arguments[0])
    elif event.startswith(("os.system", "os.exec", "os.posix_spawn", "os.fork", "subprocess.", "socket.")):
        seen["spawned"].append(event)

import symnas.command.entry
sys.addaudithook(watch)
results = {{}}
with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()) as complaints:
    for words in {commands}:
        results[" ".join(words[:1])] = symnas.command.entry.main([*words[:1], "{folder}/main.nas", *words[1:]])
print(json.dumps(dict(seen=seen, results=results, complaints=complaints.getvalue(), loaded=sorted(sys.modules))))
"""
READING = [["check"], ["count"], ["sample", "-n", "3"], ["show"], ["summary"], ["fmt", "--check"]]
BUILDING = [["compile", "--to", "torch"], ["search"]]


def watched(folder: Path, commands: list[list[str]]) -> tuple[dict[str, list[str]], dict[str, int], str, list[str]]:
    """What a process saw that ran *commands* on the program in *folder*: events, exit statuses, complaints, modules."""
    script = WATCH.format(folder=folder, commands=json.dumps(commands))
    ran = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, cwd=folder, timeout=120, check=False
    )
    assert ran.returncode == 0, ran.stderr
    told = json.loads(ran.stdout)
    return told["seen"], told["results"], told["complaints"], told["loaded"]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with a program that names Python, and that Python, which leaves a trace where it is imported."""
    (tmp_path / "parts").mkdir()
    (tmp_path / "main.nas").write_text(PROGRAM.format(evil="evil_layers"))
    (tmp_path / "parts" / "common.nas").write_text(COMMON.format(evil="evil_layers"))
    (tmp_path / "evil_layers.py").write_text(EVIL)
    return tmp_path


def test_reading_imports_opens_and_runs_nothing(folder: Path) -> None:
    """Six verbs read the file; no Python that it names is imported, and no file beside it and its import is opened."""
    seen, results, complaints, loaded = watched(folder, READING)
    assert {verb for verb, status in results.items() if status == 0} >= {"check", "count", "sample", "show", "summary"}
    assert "bug of symnas" not in complaints
    assert "evil_layers" not in {*loaded, *seen["imported"]}
    assert not (folder / "imported").exists()
    assert not seen["spawned"]
    outside = [name for name in seen["opened"] if not _ours(name)]
    assert {Path(name).resolve() for name in outside} == {folder / "main.nas", folder / "parts" / "common.nas"}
    assert all(_ours(name) for name in seen["compiled"])


def test_building_and_searching_refuse_what_is_not_allowed(folder: Path) -> None:
    """`compile` and `search` refuse, naming the option that would allow it, and have imported nothing by then."""
    seen, results, complaints, loaded = watched(folder, BUILDING)
    assert results == {"compile": 1, "search": 1}
    assert "--allow evil_layers" in complaints
    assert "evil_layers" not in {*loaded, *seen["imported"]}
    assert not (folder / "imported").exists()
    assert not seen["spawned"]


def _ours(name: str) -> bool:
    """Whether *name* belongs to Python, to what is installed, or to symnas."""
    homes = (sys.prefix, sys.base_prefix, str(Path(symnas.__file__).parents[1]))
    return name.startswith(homes) or (name.startswith("<") and name.endswith(">"))
