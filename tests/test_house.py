"""The rules of the house: imports point one way, files fit a head, the code is tidy."""

import ast
import subprocess
import sys
from collections import defaultdict
from collections.abc import Iterable
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
LINES_PER_FILE = 450
SOURCES = sorted(file for folder in ("kmodel", "specs", "tests") for file in (ROOT / folder).rglob("*.py"))


def names(file: Path) -> str:
    return file.relative_to(ROOT).as_posix()


@pytest.mark.parametrize("file", SOURCES, ids=names)
def test_a_file_fits_a_head(file: Path) -> None:
    lines = len(file.read_text(encoding="utf-8").splitlines())
    assert lines <= LINES_PER_FILE, f"{names(file)} has {lines} lines; split it by ideas"


@pytest.mark.parametrize("file", [file for file in SOURCES if "tests" not in file.parts[-3:]], ids=names)
def test_a_module_says_what_it_is(file: Path) -> None:
    tree = ast.parse(file.read_text(encoding="utf-8"))
    assert not tree.body or ast.get_docstring(tree), f"{names(file)} begins without a docstring; say what it is for"


def test_engines_and_kernel_know_nothing_of_kubernetes() -> None:
    words = ("kubelet", "etcd", "replicaset", "apiserver")
    for file in [*(ROOT / "kmodel/kernel").rglob("*.py"), *(ROOT / "kmodel/engines").rglob("*.py")]:
        tree = ast.parse(file.read_text(encoding="utf-8"))
        used = {node.id.lower() for node in ast.walk(tree) if isinstance(node, ast.Name)}
        assert not used.intersection(words), f"{names(file)} uses {used.intersection(words)}"


def twice(named: Iterable[tuple[str, Path]]) -> dict[str, list[str]]:
    """Return the names that stand for more than one thing, with the files where they do."""
    places: dict[str, list[str]] = defaultdict(list)
    for name, file in named:
        places[name].append(names(file))
    return {name: where for name, where in places.items() if len(where) > 1}


def test_no_two_files_of_the_package_have_one_name() -> None:
    files = [(file.name, file) for file in (ROOT / "kmodel").rglob("*.py") if not file.name.startswith("__")]
    assert len(files) > 100, "the package is there"
    assert not twice(files)


def test_no_two_classes_of_the_package_have_one_name() -> None:
    classes = [
        (node.name, file)
        for file in (ROOT / "kmodel").rglob("*.py")
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8")))
        if isinstance(node, ast.ClassDef)
    ]
    assert len(classes) > 100, "the package is there"
    assert not twice(classes)


def run(*command: str) -> None:
    """Run a tool that is installed beside Python; fail with what it says, if it is there at all."""
    tool = Path(sys.executable).parent / command[0]
    if not tool.exists():
        pytest.skip(f"{command[0]} is not installed; make test installs it")
    done = subprocess.run([tool, *command[1:]], cwd=ROOT, capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_imports_point_one_way() -> None:
    run("lint-imports", "--no-cache")


def test_the_code_is_tidy() -> None:  # which has __all__ sorted
    run("ruff", "check", "--quiet", ".")
