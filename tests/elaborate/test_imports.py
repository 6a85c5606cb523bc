"""`import`: names of other files, where they may lie, what of them takes part, and how paths call it."""

import hashlib
import pickle
from pathlib import Path
from random import Random

import pytest
from enumerating import members

import symnas
from symnas.checking import check
from symnas.errors import SourceError
from symnas.program import Program, unpacked

COMMON = """
import "deep.nas" (base)
let width = oneof(8, 16, 32)
let depth = oneof(1, 2)
let other = oneof(3, 4)
block Unit(out) = repeat(depth) { Conv2d(out * base, oneof(1, 3)) }
cell Mix(c)(x) = x -> Unit(c)
require width != 32 or depth != 2
require other == depth
require Other.params <= 1
net Other(image: f32[N, 1, 8, 8]) = image -> Unit(width) -> Nonsense
train { lr: oneof(1, 2) }
search { trials: 7 }
maximize accuracy
assert space.size == 1
pick { width: 8 }
"""
MAIN = """
import "parts/common.nas" (Unit as U, width as w, Mix)
let width = oneof(1, 2)
net Main(image: f32[N, 1, 8, 8]) = image -> U(w * width) -> Mix(w * width) -> U(4)
"""
FILES = {"main.nas": MAIN, "parts/common.nas": COMMON, "parts/deep.nas": "let base = oneof(1, 2)"}
UNIT = "block Unit(c) = Conv2d(c, oneof(1, 3))\n"
USER = 'import "unit.nas" (Unit)\nnet Main(image: f32[N, 1, 8, 8]) = image -> Unit(4)\n'


def write(folder: Path, files: dict[str, str]) -> Path:
    """Write *files* below *folder*; the path of `main.nas`."""
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text, encoding="utf-8")
    return folder / "main.nas"


def load(folder: Path, files: dict[str, str]) -> Program:
    """The program whose root file is `main.nas` of *files*."""
    return symnas.load(write(folder, files))


def refused(folder: Path, files: dict[str, str]) -> SourceError:
    """The error that reading and compiling *files* gives."""
    with pytest.raises(SourceError) as caught:
        load(folder, files).space()
    return caught.value


def test_names_resolve_in_their_own_file(tmp_path: Path) -> None:
    """Two files' `width` are two decisions, a file's helpers come with what uses them, and the count is exact."""
    space = load(tmp_path, FILES).space()
    by_depth = {1: 3 * 2**3, 2: 2 * 4**3}  # widths left by the `require`, times the kernels of three units
    assert space.size == 2 * 2 * sum(by_depth.values())
    assert space.size == len(list(members(space)))


def test_paths_begin_with_the_root_files_name_or_the_file(tmp_path: Path) -> None:
    """What is imported by name is called as the root file calls it; what comes with it by its file and name."""
    space = load(tmp_path, FILES).space()
    paths = {path for number in range(40) for path in space.sample(Random(number)).genotype}
    assert {path for path in paths if "." not in path} == {"width", "w"}
    assert {"parts.common.depth", "parts.deep.base"} <= paths
    assert {
        "Main.U.repeat[0].kernel_size",
        "Main.U[1].repeat[0].kernel_size",
        "Mix.Unit.repeat[0].kernel_size",
    } <= paths


def test_picks_name_decisions_of_other_files(tmp_path: Path) -> None:
    """A pick in the root file decides what an imported file asks; the imported file's own picks do not act."""
    picks = "pick { parts.common.depth: 2, w: 16, Mix.Unit.repeat[1].kernel_size: 3 }"
    space = load(tmp_path, FILES | {"main.nas": MAIN + picks}).space()
    assert space.size == 2 * 2 * 4 * 4 * 2


def test_an_architecture_reads_back_with_its_folder(tmp_path: Path) -> None:
    """An architecture prints its own file with the imports and its picks; read with the folder it is the same."""
    space = load(tmp_path, FILES).space()
    drawn = space.sample(Random(3))
    again = symnas.parse(drawn.text, folder=tmp_path)
    assert again.architecture().genotype == drawn.genotype
    assert symnas.parse(again.text, folder=tmp_path) == again


def test_programs_and_architectures_with_imports_pickle(tmp_path: Path) -> None:
    """What was imported travels with a pickled program or architecture: its files are not read again."""
    program = load(tmp_path, FILES)
    drawn = program.space().sample(Random(3))
    packed = pickle.dumps((program, drawn))
    (tmp_path / "parts" / "common.nas").unlink()
    other, same = pickle.loads(packed)  # noqa: S301 (our own)
    assert (other, same) == (program, drawn)
    assert same.replace({"width": 1 - drawn.genotype["width"]}).genotype != drawn.genotype


def test_a_packed_space_needs_no_files(tmp_path: Path) -> None:
    """What worker processes are sent holds the imported files: they read the very space without them."""
    space = load(tmp_path, FILES).space()
    packed = space.packed
    (tmp_path / "parts" / "common.nas").unlink()
    other = unpacked(packed).space()
    assert (other.size, other.fingerprint) == (space.size, space.fingerprint)
    assert symnas.parse(UNIT).space().packed == symnas.parse(UNIT).space().text


def test_the_fingerprint_is_of_all_files(tmp_path: Path) -> None:
    """A change of an imported file is another space; a change of what only that file is tested by is not."""
    before = load(tmp_path, FILES).space().fingerprint
    assert load(tmp_path, FILES | {"parts/common.nas": COMMON + "assert space.size == 3"}).space().fingerprint == before
    assert load(tmp_path, FILES | {"parts/deep.nas": "let base = oneof(1, 3)"}).space().fingerprint != before


def test_a_cell_is_its_declaration(tmp_path: Path) -> None:
    """A cell that reaches the program by two ways and two names is decided once."""
    files = {
        "cells.nas": "cell Mix(c)(x) = x -> Conv2d(c, oneof(1, 3))",
        "blocks.nas": 'import "cells.nas" (Mix as M)\nblock Unit(c) = M(c) -> ReLU',
        "main.nas": 'import "blocks.nas" (Unit, M)\nimport "cells.nas" (Mix as Other)\n'
        "net Main(image: f32[N, 4, 8, 8]) = image -> Unit(4) -> M(4) -> Other(4)",
    }
    space = load(tmp_path, files).space()
    assert space.size == 2
    assert list(space[0].genotype) == ["M.kernel_size"]


def test_uses_of_an_imported_cell_that_disagree_are_shown(tmp_path: Path) -> None:
    """A cell that is decided once but asked two things is told with its uses, whatever file they stand in."""
    files = {
        "cells.nas": "cell Mix(n)(x) = x -> Conv2d(range(1, n), 1)",
        "main.nas": 'import "cells.nas" (Mix as M)\nnet Main(image: f32[N, 4, 8, 8]) = image -> M(2) -> M(3)',
    }
    (mistake,) = check(load(tmp_path, files)).diagnostics
    assert mistake.code == "E0514"
    assert [(note.span.line, note.span.text) for note in mistake.notes] == [(2, "M(2)"), (2, "M(3)")]
    assert mistake.span.source.name.endswith("cells.nas")


def test_an_imported_net_is_a_net_of_the_program(tmp_path: Path) -> None:
    """A net imported by name is called as the root file calls it, and its settings of `train` are plain decisions."""
    files = {
        "other.nas": "net Other(x: f32[N, 8]) = x -> Linear(train.wide)\ntrain { wide: oneof(1, 2), lr: oneof(1, 2) }",
        "main.nas": 'import "other.nas" (Other as Big)\nassert Big.params <= 18\nrequire Big.params > 9',
    }
    space = load(tmp_path, files).space()
    assert space.nets == ("Big",)
    assert space.size == 2
    drawn = space.sample(Random(0))
    assert drawn.picks == {"other.train.wide": "2"}
    assert drawn.recipe == {}


def test_a_file_is_read_once(tmp_path: Path) -> None:
    """A file that two files import is one file, through a link as well."""
    files = {
        "low.nas": "let width = oneof(1, 2)",
        "left.nas": 'import "low.nas" (width)\nlet left = width',
        "right.nas": 'import "link.nas" (width)\nlet right = width',
        "main.nas": 'import "left.nas" (left)\nimport "right.nas" (right)\nnet Main(x: f32[N, 8]) = x -> Linear(left * right)',
    }
    write(tmp_path, files)
    (tmp_path / "link.nas").symlink_to(tmp_path / "low.nas")
    program = symnas.load(tmp_path / "main.nas")
    assert program.space().size == 2
    assert {each.path for each in program.imports.values()} == {"low.nas", "left.nas", "right.nas"}


def test_a_pinned_file_is_the_one_that_was_meant(tmp_path: Path) -> None:
    """16 or more digits of the SHA-256 of a file pin it; another file is refused with its own digits."""
    digest = hashlib.sha256(UNIT.encode()).hexdigest()
    for length in (16, 40, 64):
        main = USER.replace('"unit.nas"', f'"unit.nas" "sha256:{digest[:length]}"')
        assert load(tmp_path, {"unit.nas": UNIT, "main.nas": main}).space().size == 2
    pinned = USER.replace('"unit.nas"', f'"unit.nas" "sha256:{digest}"')
    error = refused(tmp_path, {"unit.nas": UNIT + "# more", "main.nas": pinned})
    actual = hashlib.sha256((UNIT + "# more").encode()).hexdigest()
    assert error.diagnostics[0].code == "E0158"
    assert f"sha256:{actual}" in error.diagnostics[0].message


def test_an_imported_files_mistakes_are_its_own(tmp_path: Path) -> None:
    """A mistake in an imported file is told with that file's name and line; the root file's come first."""
    files = {
        "parts/unit.nas": "let a = 1\nblock Unit(c) = Conv3d(c, kernl = 3)",
        "main.nas": USER.replace("unit", "parts/unit"),
    }
    error = refused(tmp_path, files)
    assert [(Path(each.span.source.name), each.line) for each in error.diagnostics] == [
        (tmp_path / "parts/unit.nas", 2)
    ]
    both = refused(tmp_path, files | {"main.nas": files["main.nas"] + "let b = nothing"})
    assert [each.span.source.name.rpartition("/")[2] for each in both.diagnostics] == ["main.nas", "unit.nas"]


def test_mistakes_of_several_files_are_told_together(tmp_path: Path) -> None:
    """Files that cannot be read or parsed are told in one run, each at its own import or line."""
    files = {"a.nas": "let a = (1", "main.nas": 'import "a.nas" (a)\nimport "b.nas" (b)\nimport "/c.nas" (c)\n'}
    error = refused(tmp_path, files)
    assert [each.code for each in error.diagnostics] == ["E0101", "E0151", "E0153"]


REFUSED = [
    ("E0151", 'import "none.nas" (a)', "cannot read"),
    ("E0151", 'import "folder" (a)', "it is no file"),
    ("E0152", 'import "latin.nas" (a)', "not UTF-8"),
    ("E0153", 'import "/etc/passwd" (a)', "from this file on"),
    ("E0153", r'import "..\\up.nas" (a)', "from this file on"),
    ("E0153", 'import "" (a)', "from this file on"),
    ("E0154", 'import "../up.nas" (a)', "outside the folder"),
    ("E0154", 'import "folder/../../up.nas" (a)', "outside the folder"),
    ("E0154", 'import "leak.nas" (a)', "outside the folder"),
    ("E0154", 'import "leaking/up.nas" (a)', "outside the folder"),
    ("E0154", 'import "turning.nas" (a)', "outside the folder"),
    ("E0155", 'import "main.nas" (a)', "main.nas imports main.nas"),
    ("E0155", 'import "one.nas" (a)', "main.nas imports one.nas imports two.nas imports main.nas"),
    ("E0158", 'import "unit.nas" "sha256:12" (Unit)', "pins nothing"),
    ("E0158", 'import "unit.nas" "md5:0123456789abcdef" (Unit)', "pins nothing"),
    ("E0204", 'import "unit.nas" (Unit)\nlet Unit = 3', "declared twice"),
    ("E0204", 'import "unit.nas" (Unit, Unit)', "declared twice"),
    ("E0218", 'import "unit.nas" (Unt)', "declares no `Unt`"),
    ("E0219", 'import "hidden.nas" (Unit)\nnet hidden(x: f32[N, 1, 8, 8]) = x -> Unit', "begin alike"),
    ("E0219", 'import "a-b.nas" (A)\nimport "a_b.nas" (B)', "called `a_b.width`"),
    ("E0202", 'import "unit.nas" (size)\nnet M(x: f32[N, 8]) { size = 3\n x -> Linear(size) }', "`let` of line 1"),
]


@pytest.fixture
def place(tmp_path: Path) -> Path:
    """A folder of files to import, with links out of it, and a file above it."""
    folder = tmp_path / "inside"
    files = {
        "unit.nas": UNIT + "let size = 3",
        "one.nas": 'import "two.nas" (a)',
        "two.nas": 'import "main.nas" (a)',
        "folder/in.nas": "",
        "hidden.nas": "let width = oneof(1, 3)\nblock Unit = Conv2d(1, width)",
        "a-b.nas": "let width = oneof(1, 3)\nlet A = width",
        "a_b.nas": "let width = oneof(1, 3)\nlet B = width",
        "../up.nas": "let a = 1",
    }
    write(folder, files)
    (folder / "latin.nas").write_bytes(b"let a = 1 # \xe9")
    (folder / "leak.nas").symlink_to(tmp_path / "up.nas")
    (folder / "leaking").symlink_to(tmp_path)
    (folder / "turning.nas").symlink_to(folder / "turning.nas")
    return folder


@pytest.mark.parametrize(("code", "text", "part"), REFUSED, ids=[f"{code}-{text[:30]}" for code, text, _ in REFUSED])
def test_what_may_not_be_imported(place: Path, code: str, text: str, part: str) -> None:
    """Each mistake in an `import` has its code, and says what is wrong."""
    error = refused(place, {"main.nas": text})
    assert error.diagnostics[0].code == code
    assert part in error.diagnostics[0].message + (error.diagnostics[0].hint or "")


def test_an_unknown_name_is_told_with_the_nearest(place: Path) -> None:
    """A name that the file does not declare is told with the nearest that it does, or with all of them."""
    assert (
        refused(place, {"main.nas": 'import "unit.nas" (Unt)'}).diagnostics[0].hint
        == "did you mean `Unit`? It has Unit, size"
    )
    assert refused(place, {"main.nas": 'import "unit.nas" (Cell)'}).diagnostics[0].hint == "it has Unit, size"


def test_a_text_has_no_folder() -> None:
    """A program given as text may import only where a folder was named."""
    with pytest.raises(SourceError, match=r"folder=…") as caught:
        symnas.parse(USER).space()
    assert caught.value.diagnostics[0].code == "E0157"


def test_imports_are_limited(tmp_path: Path) -> None:
    """A row of 60 files and files of more than 4 MiB together are refused."""
    row = {f"f{n}.nas": f'import "f{n + 1}.nas" (a)' for n in range(60)} | {"f60.nas": "let a = 1"}
    assert refused(tmp_path, row | {"main.nas": 'import "f0.nas" (a)'}).diagnostics[0].code == "E0156"
    large = {f"l{n}.nas": "let a = 1\n" + "# comment\n" * 150_000 for n in range(3)}
    main = "".join(f'import "l{n}.nas" (a as a{n})\n' for n in range(3))
    error = refused(tmp_path, large | {"main.nas": main})
    assert [(each.code, each.line) for each in error.diagnostics] == [("E0150", 3)]


def test_an_edit_may_import(tmp_path: Path) -> None:
    """A program read from a file can be edited to import more; undoing it needs the files no less."""
    program = load(tmp_path, {"unit.nas": UNIT, "main.nas": "net Main(image: f32[N, 1, 8, 8]) = image -> ReLU\n"})
    with program.edit() as edit:
        edit.insert_declaration('import "unit.nas" (Unit)')
        edit.replace("Main", "net Main(image: f32[N, 1, 8, 8]) = image -> Unit(4)")
    assert program.space().size == 2
    program.undo()
    assert program.space().size == 1
