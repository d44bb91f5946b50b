"""Keeping a search: when to write its checkpoint, and what to write beside its states."""

from __future__ import annotations

import os
import pickle
import time
from functools import cached_property
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

import attrs

from kmodel.engines.results import Finding, Verdict
from kmodel.kernel import Model, follow

try:
    import fcntl
except ImportError:  # not on Windows
    fcntl = None  # type: ignore[assignment]

if TYPE_CHECKING:
    from kmodel.engines.exhaustive.rounds import Frontier

LOCK = "search.lock"  # in the folder of checkpoints, while a search may leave one there
MOST_OF_THE_TIME = 0.1  # that writing checkpoints may take; where it takes longer they become rarer


@attrs.frozen
class Checkpoints:
    """Where a search leaves its checkpoint and how often, and whether to go on from the one that is there, if any."""

    folder: Path
    every_seconds: float = 60.0
    resume: bool = False

    @property
    def path(self) -> Path:
        """The checkpoint's file."""
        return self.folder / "search.kmodel"


@attrs.frozen
class Kept:
    """What a search knows beside its states: the depth, where its level ends, findings as addresses, time taken."""

    depth: int
    ends: list[int]
    findings: dict[int, tuple[str, str, tuple[int, ...]]]  # by spec: the verdict, the reason, the trace's address
    seconds: float

    @staticmethod
    def of(depth: int, ends: list[int], findings: dict[int, Finding], seconds: float) -> Kept:
        """Return what is to be kept of a search."""
        addresses = {
            index: (finding.verdict.name, finding.reason, finding.trace.address)
            for index, finding in findings.items()
            if finding.trace is not None
        }
        return Kept(depth, list(ends), addresses, seconds)

    def found(self, model: Model) -> dict[int, Finding]:
        """Return the findings, their traces taken anew."""
        return {
            index: Finding(model.specs[index], Verdict[verdict], reason, follow(model, address))
            for index, (verdict, reason, address) in self.findings.items()
        }


class Keeper:
    """Writes a search's checkpoints and reads the one that it goes on from."""

    def __init__(self, model: Model, checkpoints: Checkpoints) -> None:
        self.model = model
        self.checkpoints = checkpoints
        self.there = False  # whether there is a checkpoint of this very search
        self.problem = ""  # why the last checkpoint could not be written
        self.instead_of: Keeper | None = None  # of a search that this one takes the place of
        self._lock: IO[bytes] | None = None
        self._due = time.perf_counter() + checkpoints.every_seconds

    @cached_property
    def _identity(self) -> str:
        from kmodel.engines.checkpoints.identity import identity

        return identity(self.model)

    @property
    def path(self) -> Path | None:
        """The checkpoint that this search has left; None if there is none."""
        return self.checkpoints.path if self.there else None

    @property
    def is_due(self) -> bool:
        """Whether it is time for a checkpoint."""
        return time.perf_counter() >= self._due

    @property
    def has_left_one(self) -> bool:
        """Whether there is a checkpoint that an earlier search of this model has left."""
        from kmodel.engines.checkpoints import file

        return file.is_of(self.checkpoints.path, self._identity)

    def load(self, space: Frontier) -> Kept | None:
        """Make a new space that of the checkpoint and return what is kept beside it; None if there is none.

        CheckpointError if the checkpoint is not whole, or not of this model.
        """
        from kmodel.engines.checkpoints import file

        if not self.checkpoints.resume:
            return None
        try:
            kept = file.load(self.checkpoints.path, space, self._identity)
        except FileNotFoundError:
            return None
        self.there = True
        return Kept(**kept)

    def save(self, space: Frontier, kept: Kept) -> None:
        """Write a checkpoint; if that fails, `problem` says why, and the search may go on."""
        from kmodel.engines.checkpoints import file

        if not self._claim():
            self.problem = (
                f"no checkpoint: another check leaves one in {self.checkpoints.folder}; use another --reports"
            )
            return
        began = time.perf_counter()
        values: dict[str, Any] = attrs.asdict(kept, recurse=False)
        try:
            file.save(self.checkpoints.path, space, values, self._identity)
            self.there, self.problem = True, ""
        except OSError as error:
            self.problem = f"no checkpoint: {self.checkpoints.folder}: {error.strerror}"
        except (pickle.PicklingError, AttributeError, TypeError) as error:
            self.problem = f"no checkpoint: a cell's value cannot be pickled: {' '.join(str(error).split())}"
        ended = time.perf_counter()
        self._due = ended + max(self.checkpoints.every_seconds, (ended - began) / MOST_OF_THE_TIME)

    def _claim(self) -> bool:
        """Have the folder for this process alone, where the system can lock files; tell whether that worked."""
        if fcntl is None or self._lock is not None:
            return True
        try:
            self.checkpoints.folder.mkdir(parents=True, exist_ok=True)
            lock = (self.checkpoints.folder / LOCK).open("wb")
        except OSError:
            return True  # a checkpoint cannot be written here, and save() says why
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            lock.close()
            return False
        if not _is_at(lock, self.checkpoints.folder / LOCK):  # somebody let go of it, and removed it, meanwhile
            lock.close()
            return False
        self._lock = lock
        return True

    def release(self) -> None:
        """Let others leave checkpoints in the folder."""
        if self._lock is not None:
            (self.checkpoints.folder / LOCK).unlink(missing_ok=True)
            self._lock.close()
            self._lock = None

    def remove(self) -> None:
        """Remove the checkpoint of a search that is finished, once its result is where it belongs.

        That of another model, or of another kind of search, stays.
        """
        from kmodel.engines.checkpoints import file

        self.there = False
        if not self.checkpoints.folder.is_dir() or not self._claim():
            return
        ours = [keeper for keeper in (self, self.instead_of) if keeper is not None]
        if not self.checkpoints.path.exists() or any(keeper.has_left_one for keeper in ours):
            file.remove(self.checkpoints.path)
        self.release()
        file.remove_folder(self.checkpoints.folder)


def _is_at(file: IO[bytes], path: Path) -> bool:
    """Tell whether a file that was opened is still the one at its path."""
    try:
        return os.path.samestat(os.fstat(file.fileno()), path.stat())
    except OSError:
        return False
