"""The rules of the house that no linter knows: files and functions fit a head, and nothing has the name of another."""

import ast
from collections import defaultdict
from collections.abc import Iterable
from pathlib import Path

ROOT = Path(__file__).parents[1]
LINES_PER_FILE = 450
LINES_PER_FUNCTION = 60
SOURCES = sorted(file for folder in ("kmodel", "specs", "tests") for file in (ROOT / folder).rglob("*.py"))


def names(file: Path) -> str:
    return file.relative_to(ROOT).as_posix()


def lines_of(function: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    """Return how many lines there are from `def` on, but for the docstring."""
    docstring = function.body[0] if ast.get_docstring(function) else None
    said = docstring.end_lineno - docstring.lineno + 1 if docstring and docstring.end_lineno else 0
    return (function.end_lineno or 0) - function.lineno + 1 - said


def test_files_fit_a_head() -> None:
    assert len(SOURCES) > 500, "the sources are there"
    long = {names(file): len(file.read_text(encoding="utf-8").splitlines()) for file in SOURCES}
    assert {name: lines for name, lines in long.items() if lines > LINES_PER_FILE} == {}, "split them by ideas"


def test_functions_fit_a_head() -> None:
    long = {
        f"{names(file)}: {node.name}": lines_of(node)
        for file in SOURCES
        if "tests" not in file.parts
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8")))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    }
    assert len(long) > 3_000, "the functions are there"
    assert {name: lines for name, lines in long.items() if lines > LINES_PER_FUNCTION} == {}, "give parts a name"


def test_modules_say_what_they_are() -> None:
    trees = {
        names(file): ast.parse(file.read_text(encoding="utf-8")) for file in SOURCES if "tests" not in file.parts[-3:]
    }
    assert [name for name, tree in trees.items() if tree.body and not ast.get_docstring(tree)] == []


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
