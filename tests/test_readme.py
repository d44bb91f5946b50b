"""The README: every command in it is run, with the files that it shows, and its table of fields is the model's own."""

import os
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import chdir
from pathlib import Path

import attrs
import pytest
from click.testing import CliRunner

from kmodel.cli import main
from kmodel.kubernetes.scenario import field_table

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")
BLOCKS = re.compile(r"^```(\w+)\n(.*?)^```$", re.DOTALL | re.MULTILINE)
FILE = re.compile(r"Say this is\s+`([^`]+)`:\s*$")  # before a block that shows a file
EXIT_CODE = re.compile(r"\s+# exit code (\d)$")
SCENARIOS = ("pod-creation",)  # enough for what the README shows; make test explores the others


@attrs.frozen
class Shown:
    """A file that the README shows: its name and text."""

    name: str
    text: str


@attrs.frozen
class Command:
    """A command that the README shows, and how it ends."""

    line: str
    exit_code: int


def read() -> Iterator[Shown | Command]:
    """Yield the files and the commands in the order in which a reader meets them."""
    for block in BLOCKS.finditer(README):
        named = FILE.search(README[: block.start()])
        if named is not None:
            yield Shown(named[1], block[2])
        elif block[1] == "sh":
            for line in block[2].splitlines():
                code = EXIT_CODE.search(line)
                yield Command(EXIT_CODE.sub("", line), int(code[1]) if code else 0)


STORY = tuple(read())
COMMANDS = [each for each in STORY if isinstance(each, Command)]
FILES = [each for each in STORY if isinstance(each, Shown)]


def run(line: str, folder: Path) -> tuple[int, str]:
    """Run a command; return its exit code and what it prints."""
    program, *arguments = shlex.split(line)
    if program != "kmodel":
        return run_apart(line, folder)
    with chdir(folder):  # in this process, which has imported and compiled what it takes
        outcome = CliRunner(env={"COLUMNS": "80"}).invoke(main, arguments)
    assert outcome.exception is None or isinstance(outcome.exception, SystemExit), outcome.exc_info
    return outcome.exit_code, outcome.output


def run_apart(line: str, folder: Path) -> tuple[int, str]:
    """Run a command in a process of its own."""
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    kept = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")}
    environment = {**kept, "PATH": path, "COLUMNS": "80"}
    if "specs/storage.py" in line:
        # That is this project's own copy: in all scenarios that come with kmodel it takes long.
        environment["PYTEST_ADDOPTS"] = "--kmodel-only-mine"
    outcome = subprocess.run(
        line, shell=True, cwd=folder, env=environment, capture_output=True, text=True, timeout=120, check=False
    )
    return outcome.returncode, outcome.stdout + outcome.stderr


def write(shown: Shown, folder: Path) -> None:
    (folder / shown.name).parent.mkdir(parents=True, exist_ok=True)
    (folder / shown.name).write_text(shown.text, encoding="utf-8")


@pytest.fixture
def project(tmp_path: Path) -> Path:
    (tmp_path / "specs" / "scenarios").mkdir(parents=True)
    shutil.copy(ROOT / "specs" / "storage.py", tmp_path / "specs")  # of the other specs, those that come with kmodel
    for name in SCENARIOS:
        shutil.copy(ROOT / "specs" / "scenarios" / f"{name}.yaml", tmp_path / "specs" / "scenarios")
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    return tmp_path


@pytest.mark.long
def test_every_command_does_what_the_readme_says(project: Path) -> None:
    # One after the other, in one folder: some use what an earlier one wrote.
    for each in STORY:
        if isinstance(each, Shown):
            write(each, project)
        elif not each.line.startswith("make "):
            exit_code, told = run(each.line, project)
            assert exit_code == each.exit_code, f"{each.line}\n{told}"


def test_the_counterexamples_are_what_kmodel_prints(project: Path) -> None:
    for shown in FILES:
        write(shown, project)
    invariant, why, run_for_ever = (text for language, text in BLOCKS.findall(README) if language == "text")
    story = run("kmodel check -f pod.yaml --spec a_bound_pod_requests_memory", project)[1]
    assert invariant in story
    assert why in story
    assert run_for_ever in run("kmodel check -f large-pod.yaml --spec a_pod_is_bound_in_the_end", project)[1]


def test_the_targets_of_make_are_there(project: Path) -> None:
    targets = [command.line for command in COMMANDS if command.line.startswith("make ")]
    assert targets == ["make check", "make test"]
    last = {line: recipe(line)[-1] for line in targets}
    # What make test runs is what runs this test; make check runs kmodel.
    assert "-m pytest" in last["make test"]
    exit_code, told = run_apart(last["make check"].rpartition("/")[2], project)
    assert exit_code == 0, told


def recipe(line: str) -> list[str]:
    """Return the commands that make would run."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("MAKE") and name != "MFLAGS"}
    told = subprocess.run(
        [*line.split(), "--dry-run", "--no-print-directory"],
        cwd=ROOT,
        env=kept,
        capture_output=True,
        text=True,
        timeout=30,
        check=True,
    )
    return told.stdout.strip().splitlines()


def test_the_commands_and_files_are_found() -> None:
    assert [shown.name for shown in FILES] == [
        "pod.yaml",
        "counting.py",
        "cache.yaml",
        "naming.py",
        "specs/memory.py",
        "specs/endings.py",
        "large-pod.yaml",
        "specs/scenarios/two-users.yaml",
        "lock.py",
    ]
    assert len(COMMANDS) > 12
    assert {command.exit_code for command in COMMANDS} == {0, 1, 3}


def test_the_table_of_fields_is_that_of_the_model() -> None:
    assert field_table().strip() in README
