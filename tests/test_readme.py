"""The README: every command in it is run, with the files that it shows, and its table of fields is the model's own."""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import attrs
import pytest

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


def run(line: str, folder: Path) -> subprocess.CompletedProcess[str]:
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    kept = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")}
    environment = {**kept, "PATH": path, "COLUMNS": "80"}
    if "specs/storage.py" in line:
        # That is this project's own copy: in all scenarios that come with kmodel it takes long.
        environment["PYTEST_ADDOPTS"] = "--kmodel-only-mine"
    return subprocess.run(
        line, shell=True, cwd=folder, env=environment, capture_output=True, text=True, timeout=120, check=False
    )


def write(shown: Shown, folder: Path) -> None:
    (folder / shown.name).write_text(shown.text, encoding="utf-8")


@pytest.fixture
def project(tmp_path: Path) -> Path:
    (tmp_path / "specs" / "scenarios").mkdir(parents=True)
    shutil.copy(ROOT / "specs" / "storage.py", tmp_path / "specs")  # of the other specs, those that come with kmodel
    for name in SCENARIOS:
        shutil.copy(ROOT / "specs" / "scenarios" / f"{name}.yaml", tmp_path / "specs" / "scenarios")
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    return tmp_path


def test_every_command_does_what_the_readme_says(project: Path) -> None:
    # One after the other, in one folder: some use what an earlier one wrote.
    for each in STORY:
        if isinstance(each, Shown):
            write(each, project)
        elif not each.line.startswith("make "):
            outcome = run(each.line, project)
            assert outcome.returncode == each.exit_code, f"{each.line}\n{outcome.stdout}\n{outcome.stderr}"


def test_the_counterexamples_are_what_kmodel_prints(project: Path) -> None:
    for shown in FILES:
        write(shown, project)
    invariant, run_for_ever = (text for language, text in BLOCKS.findall(README) if language == "text")
    assert invariant in run("kmodel check -f pod.yaml --spec a_bound_pod_requests_memory", project).stdout
    assert run_for_ever in run("kmodel check -f large-pod.yaml --spec a_pod_is_bound_in_the_end", project).stdout


def test_the_targets_of_make_are_there(project: Path) -> None:
    targets = [command.line for command in COMMANDS if command.line.startswith("make ")]
    assert targets == ["make check", "make test"]
    last = {line: recipe(line)[-1] for line in targets}
    # What make test runs is what runs this test; make check runs kmodel.
    assert "-m pytest" in last["make test"]
    assert run(last["make check"].rpartition("/")[2], project).returncode == 0


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
