"""Sharing what was explored among the processes of one test run, through a folder that lives as long as the run."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import quote

import attrs

from kmodel.pytest_plugin.outcomes import Explored

if sys.platform != "win32":  # on Windows each process explores for itself
    import fcntl


@attrs.frozen
class Shared:
    """The folder: one file per scenario that was explored, and one that is locked while it is."""

    folder: Path

    def read(self, scenario: str) -> Explored | None:
        """Return the exploration of a scenario; None if no process has finished it."""
        try:
            return Explored.from_json(self._file(scenario).read_text(encoding="utf-8"))
        except FileNotFoundError:
            return None

    def write(self, exploration: Explored) -> None:
        """Share an exploration; a reader sees all of it or nothing."""
        file = self._file(exploration.scenario)
        draft = file.with_suffix(f".{os.getpid()}")
        draft.write_text(exploration.to_json(), encoding="utf-8")
        draft.replace(file)

    def all(self) -> list[Explored]:
        """Return all explorations so far."""
        return [Explored.from_json(file.read_text(encoding="utf-8")) for file in sorted(self.folder.glob("*.json"))]

    @contextmanager
    def claim(self, scenario: str) -> Iterator[bool]:
        """Hold the right to explore a scenario, if no other process has it; it ends with the process at the latest."""
        if sys.platform == "win32":
            yield True
            return
        with self._file(scenario).with_suffix(".lock").open("w") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError:
                yield False
                return
            yield True

    def _file(self, scenario: str) -> Path:
        return self.folder / f"{quote(scenario, safe='')}.json"  # another for each name, unlike a folder of reports
