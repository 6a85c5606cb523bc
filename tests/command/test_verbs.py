"""Every verb, run as a user runs it, on the sample and on published spaces."""

import io
import json
import subprocess
import sys
from pathlib import Path
from random import Random

import pytest
from commands import BLOCKED, Run, runner

import symnas
from symnas.command.verbs import VERBS, find

SHOWCASE = ("mobile", "bench201", "unet", "resnet50")


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Run:
    """The command, in this process."""
    return runner(capsys)


@pytest.fixture
def digits(root: Path) -> Path:
    """The sample."""
    return root / "samples" / "digits.nas"


@pytest.fixture(params=SHOWCASE)
def published(request: pytest.FixtureRequest, shared: Path) -> Path:
    """One of the published spaces."""
    path: Path = shared / "language" / "showcase" / f"{request.param}.nas"
    return path


@pytest.mark.parametrize("verb", VERBS)
def test_help_explains_each_verb_with_an_example(verb: str, run: Run) -> None:
    """`--help` says what the verb does, lists its options, and shows a command to copy."""
    ran = run(verb, "--help")
    assert ran.status == 0
    assert find(verb).ABOUT in ran.out
    assert all(example in ran.out for example in find(verb).EXAMPLES)
    assert f"symnas {verb} " in find(verb).EXAMPLES[0]


def test_the_command_alone_lists_its_verbs(run: Run) -> None:
    """Without a verb there is help, with every verb in it; `--version` prints the version."""
    alone = run()
    assert alone.status == 0
    assert all(f"  {verb} " in alone.out for verb in VERBS)
    assert run("--version").out == f"symnas {symnas.__version__}\n"


@pytest.mark.parametrize(
    "words",
    (
        ("chek", "a.nas"),
        ("check",),
        ("count", "a.nas", "--fast"),
        ("sample", "a.nas", "-n", "0"),
        ("sample", "a.nas", "--measure", "size"),
        ("summary", "a.nas", "--size", "H"),
        ("compile", "a.nas", "--to", "jax"),
        ("search", "a.nas", "--trials", "-3"),
        ("search", "a.nas", "--seconds", "never"),
    ),
)
def test_wrong_usage_is_told_apart(words: tuple[str, ...], run: Run) -> None:
    """A wrong verb, option or value ends with status 2, a message and where help is."""
    ran = run(*words)
    assert (ran.status, ran.out) == (2, "")
    assert "--help` explains" in ran.err


@pytest.mark.parametrize("verb", [verb for verb in VERBS if verb != "diff"])
def test_a_missing_file_is_the_users_mistake(verb: str, run: Run, tmp_path: Path) -> None:
    """Every verb about one file says which it cannot read, with status 1 and no traceback."""
    ran = run(verb, tmp_path / "none.nas")
    assert ran.status == 1
    assert "none.nas" in ran.out + ran.err
    assert "Traceback" not in ran.err


@pytest.mark.parametrize("verb", [verb for verb in VERBS if verb not in ("check", "fmt", "diff", "explain", "import")])
def test_mistakes_in_a_file_are_shown_by_every_verb(verb: str, run: Run, tmp_path: Path) -> None:
    """A program that is wrong gets its diagnostic on stderr, with place and remedy; `fmt` and `diff` look at text only,
    `explain` at codes, `import` at other formats.
    """
    file = tmp_path / "wrong.nas"
    file.write_text("net A(x: f32[N, 3, 8, 8]) = x -> Con2d(4, 3)\n")
    ran = run(verb, file)
    assert (ran.status, ran.out) == (1, "")
    assert f"{file}:1:34" in ran.err
    assert "`Conv2d`" in ran.err


def test_a_mistake_of_ours_is_called_one(run: Run, monkeypatch: pytest.MonkeyPatch, digits: Path) -> None:
    """A bug gives a short message and how to get the traceback; with `SYMNAS_TRACEBACK` the traceback itself."""
    monkeypatch.setattr("symnas.command.count.read", lambda *_, **__: 1 / 0)
    ran = run("count", digits)
    assert ran.status == 70
    assert "this is a bug of symnas" in ran.err
    assert "SYMNAS_TRACEBACK=1" in ran.err
    monkeypatch.setenv("SYMNAS_TRACEBACK", "1")
    with pytest.raises(ZeroDivisionError):
        run("count", digits)


# ------------------------------------------------------------------------------------------------------- check, count


def test_check_states_facts_or_mistakes_of_each_file(run: Run, digits: Path, tmp_path: Path) -> None:
    """A right file gets a line of facts, a wrong one its mistakes, and one wrong file makes the status 1."""
    wrong = tmp_path / "wrong.nas"
    wrong.write_text("let a = oneof(\n")
    assert run("check", digits).status == 0
    ran = run("check", wrong, digits)
    assert ran.status == 1
    assert "never closed" in ran.out
    assert f"{digits}: 686,144,131,200 architectures" in ran.out


def test_check_answers_in_json(run: Run, digits: Path, tmp_path: Path) -> None:
    """`--json` gives places and remedies as data."""
    wrong = tmp_path / "wrong.nas"
    wrong.write_text("net A(x: f32[N, 3, 8, 8]) = x -> Con2d(4, 3)\n")
    (fault,) = json.loads(run("check", "--json", digits, wrong).out)
    assert fault == {
        "code": "E0201",
        "severity": "error",
        "message": "nothing is called `Con2d`",
        "hint": "did you mean `Conv2d`?",
        "file": str(wrong),
        "start": {"line": 1, "column": 34, "offset": 33},
        "end": {"line": 1, "column": 39, "offset": 38},
        "text": "Con2d",
        "notes": [],
    }


def test_check_reads_standard_input(run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """`-` is standard input, called as `--stdin-name` says, and its imports are that file's."""
    (tmp_path / "parts.nas").write_text("block B(n)(x) = x -> Linear(n)\n")
    text = 'import "parts.nas" (B)\nnet A(x: f32[N, 8]) = x -> B(4) -> Lin(2)\n'
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(text.encode())))
    (fault,) = json.loads(run("check", "-", "--stdin-name", tmp_path / "a.nas", "--json").out)
    assert (fault["file"], fault["start"]["line"], fault["text"]) == (str(tmp_path / "a.nas"), 2, "Lin")


def test_every_verb_gives_mistakes_as_data(run: Run, tmp_path: Path) -> None:
    """With `--json`, the mistakes that keep a verb from its work are an array as well."""
    wrong = tmp_path / "wrong.nas"
    wrong.write_text("net A(x: f32[N, 3, 8, 8]) = x -> Con2d(4, 3)\n")
    ran = run("count", wrong, "--json")
    assert (ran.status, [each["code"] for each in json.loads(ran.out)]) == (1, ["E0201"])


def test_many_mistakes_are_counted(run: Run, tmp_path: Path) -> None:
    """Twenty mistakes are shown, and how many more there are."""
    wrong = tmp_path / "wrong.nas"
    wrong.write_text("".join(f"let a{number} = b{number}\n" for number in range(33)))
    ran = run("check", wrong).out
    assert ran.count("-->") == 20
    assert ran.endswith("and 13 more\n\n")
    assert len(json.loads(run("check", wrong, "--json").out)) == 33


def test_check_is_coloured_only_on_a_terminal(run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Colours need a terminal and no `NO_COLOR`; without them the text is the same."""
    wrong = tmp_path / "wrong.nas"
    wrong.write_text("net A(x: f32[N, 3, 8, 8]) = x -> Con2d(4, 3)\n")
    plain = run("check", wrong).out
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setattr("sys.stdout.isatty", lambda: True)
    coloured = run("check", wrong).out
    assert "\033[" in coloured
    monkeypatch.setenv("NO_COLOR", "1")
    assert run("check", wrong).out == plain
    assert "\033[" not in plain


def test_published_spaces_check(run: Run, published: Path) -> None:
    """The published spaces have no mistakes, and their assertions hold."""
    ran = run("check", published)
    assert (ran.status, ran.err) == (0, "")


@pytest.mark.parametrize(("name", "size"), (("bench201", 15_625), ("unet", 360), ("resnet50", 1)))
def test_count_is_exact(name: str, size: int, run: Run, shared: Path) -> None:
    """Counts are those that the publications state."""
    ran = run("count", shared / "language" / "showcase" / f"{name}.nas", "--json")
    assert json.loads(ran.out) == {"size": size, "continuous": 0, "before_require_on_costs": False}


def test_count_tells_what_it_leaves_out(run: Run, digits: Path) -> None:
    """Continuous decisions and requires on costs are named beside the number."""
    told = run("count", digits).out
    assert told.splitlines() == [
        "512,520,979,680 architectures, times 1 continuous decision",
        "686,144,131,200 architectures, times 1 continuous decision, before `require` on costs",
    ]


def test_count_of_a_net_that_is_not_there(run: Run, digits: Path) -> None:
    """A wrong `--net` is answered with the nets there are."""
    ran = run("count", digits, "--net", "Digit")
    assert ran.status == 1
    assert "`Digits`" in ran.err


# --------------------------------------------------------------------------------------------- sample, summary, show


def test_one_sample_is_written_to_a_file_of_its_name(run: Run, digits: Path, tmp_path: Path) -> None:
    """`-o a.nas` for one architecture is that file; a folder of that name is a folder."""
    ran = run("sample", digits, "-o", tmp_path / "a.nas")
    assert ran.out.splitlines() == [str(tmp_path / "a.nas")]
    assert (tmp_path / "a.nas").is_file()
    (tmp_path / "b.nas").mkdir()
    run("sample", digits, "-o", tmp_path / "b.nas")
    assert len(list((tmp_path / "b.nas").iterdir())) == 1


def test_samples_parse_back(run: Run, published: Path, tmp_path: Path) -> None:
    """Each file that `sample` writes is an architecture again, with everything decided."""
    ran = run("sample", published, "-n", "3", "--seed", "1", "-o", tmp_path)
    files = [Path(line) for line in ran.out.splitlines()]
    assert len(files) == 3
    genotypes = [each["genotype"] for each in json.loads(run("sample", published, "-n", 3, "--seed", 1, "--json").out)]
    for file, genotype in zip(files, genotypes, strict=True):
        space = symnas.load(file).space()
        assert space.architecture(genotype).text == file.read_text()
        assert run("summary", file).err == ""


def test_samples_are_printed_one_after_another(run: Run, digits: Path) -> None:
    """What is printed is each architecture below a comment, and the same seed prints the same."""
    printed = run("sample", digits, "-n", "2", "--seed", "5").out
    assert printed == run("sample", digits, "-n", "2", "--seed", "5").out
    assert printed != run("sample", digits, "-n", "2", "--seed", "6").out
    first, second = printed.split("# ────")[1:]
    assert symnas.parse(f"# {first}") != symnas.parse(f"# {second}")


def test_summary_adds_up(run: Run, published: Path) -> None:
    """The layers' parameters add up to the total, which is the architecture's."""
    summary = json.loads(run("summary", published, "--json", "--seed", "2").out)
    assert sum(layer["params"] for layer in summary["layers"]) == summary["params"]


def test_summary_takes_sizes_that_a_file_leaves_open(run: Run, shared: Path) -> None:
    """ResNet-50's MACs are a number once its height and width are given, and an expression before."""
    file = shared / "language" / "showcase" / "resnet50.nas"
    given = json.loads(run("summary", file, "--size", "H=224", "--size", "W=224", "--json").out)
    assert (given["params"], given["macs"]) == (25_557_032, 4_089_184_256)
    assert "--size H=… --size W=…" in run("summary", file).out
    wrong = run("summary", file, "--size", "T=3")
    assert wrong.status == 1
    assert "`H`, `N`, `W`" in wrong.err


def test_summary_says_which_architecture_it_shows(run: Run, digits: Path) -> None:
    """What was drawn is said on stderr; picks are kept, and a wrong pick is answered with the right ones."""
    assert "drawn with --seed 0" in run("summary", digits).err
    narrow = json.loads(run("summary", digits, "--pick", "width=0.5", "--seed", "1", "--json").out)
    assert narrow["picks"]["width"] == "0.5"
    wrong = run("summary", digits, "--pick", "width=7")
    assert wrong.status == 1
    assert "0.5" in wrong.err
    assert run("summary", digits, "--pick", "width").status == 1


def test_a_picture_is_drawn(run: Run, published: Path, tmp_path: Path) -> None:
    """`show` writes an SVG, of the space or of one architecture."""
    for more in ((), ("--seed", "0")):
        ran = run("show", published, "-o", tmp_path / "p.svg", *more)
        assert ran.status == 0
        assert (tmp_path / "p.svg").read_text().lstrip().startswith(("<svg", "<?xml"))


# ------------------------------------------------------------------------------------------------------------ compile


def test_compiled_source_runs_without_symnas(run: Run, digits: Path, tmp_path: Path) -> None:
    """The file loads its weights where symnas cannot be imported, and computes what the module here does."""
    ran = run("compile", digits, "--seed", 1, "-o", tmp_path / "net.py", "--weights", tmp_path / "net.pt")
    assert ran.status == 0
    command = [sys.executable, "-c", BLOCKED, str(tmp_path / "net.py")]
    alone = subprocess.run(command, check=True, capture_output=True, text=True, cwd=tmp_path).stdout
    import torch

    architecture = symnas.load(digits).space().sample(Random(1))
    module = symnas.compile(architecture, "torch")
    module.load_state_dict(torch.load(tmp_path / "net.pt", weights_only=True))
    torch.manual_seed(0)
    expected = module.eval()(torch.rand(2, 1, 8, 8)).flatten().tolist()
    assert json.loads(alone) == pytest.approx(expected, abs=1e-6)


def test_compiled_source_says_where_it_comes_from(run: Run, published: Path) -> None:
    """The docstring names the file and the picks; without `-o` the source is printed."""
    ran = run("compile", published, "--to", "torch", "--seed", "0")
    assert ran.status == 0
    assert str(published) in ran.out
    compile(ran.out, "net.py", "exec")
