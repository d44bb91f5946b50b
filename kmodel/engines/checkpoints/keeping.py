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

SUFFIX = ".kmodel"
DIGITS = 12  # of a model's digest, in the name of its checkpoint
MOST_OF_THE_TIME = 0.1  # that writing checkpoints may take; where it takes longer they become rarer


@attrs.frozen
class Searched:
    """A kind of search, by what it goes through: its name, in words, and how to ask for it."""

    name: str
    words: str
    asked_by: str


STATES = Searched("states", "all states", "leave out --symmetry")
ORBITS = Searched("orbits", "orbits under renaming", "add --symmetry")


@attrs.frozen
class Checkpoints:
    """Where a search leaves its checkpoint and how often, and whether to go on from the one that is there, if any.

    Each model and each kind of search of it has a file of its own in the folder, so that none takes another's place.
    """

    folder: Path
    every_seconds: float = 60.0
    resume: bool = False

    @property
    def files(self) -> tuple[Path, ...]:
        """The checkpoints in the folder, of whatever models, the newest first."""
        found = {path: path.stat().st_mtime_ns for path in self.folder.glob(f"*{SUFFIX}")}
        return tuple(sorted(found, key=lambda path: (-found[path], path)))


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
    """Writes the checkpoints of a kind of search of a model, and reads the one that it goes on from."""

    def __init__(self, model: Model, checkpoints: Checkpoints, searched: Searched = STATES) -> None:
        self.model = model
        self.checkpoints = checkpoints
        self.searched = searched
        self.there = False  # whether there is a checkpoint of this very search
        self.problem = ""  # why the last checkpoint could not be written
        self.instead_of: Keeper | None = None  # of a search that this one takes the place of
        self._lock: IO[bytes] | None = None
        self._due = time.perf_counter() + checkpoints.every_seconds

    @cached_property
    def _identity(self) -> str:
        from kmodel.engines.checkpoints.identity import identity

        return identity(self.model if self.searched is ORBITS else attrs.evolve(self.model, symmetry=()))

    @cached_property
    def file(self) -> Path:
        """The file that the checkpoints are in: another for each model and kind of search."""
        return self.checkpoints.folder / f"{self.searched.name}-{self._identity[:DIGITS]}{SUFFIX}"

    @property
    def path(self) -> Path | None:
        """The checkpoint that this search has left; None if there is none."""
        return self.file if self.there else None

    @property
    def is_due(self) -> bool:
        """Whether it is time for a checkpoint."""
        return time.perf_counter() >= self._due

    @property
    def has_left_one(self) -> bool:
        """Whether there is a checkpoint that an earlier search of this kind and model has left."""
        return bool(self.checkpoints.files) and self.file.exists()

    @property
    def note(self) -> str:
        """What whoever starts the search should know of checkpoints that are there, or are not; empty if nothing."""
        if self.checkpoints.resume:
            is_there = bool(self.checkpoints.files)
            return "" if is_there else f"there is no checkpoint in {self.checkpoints.folder}; starting at the beginning"
        if not self.has_left_one:
            return ""
        every = f"{self.checkpoints.every_seconds:g} s"
        return f"{self.file} is replaced by the next checkpoint ({every}); stop and add --resume to go on from it"

    @property
    def beside(self) -> str:
        """What lies beside the checkpoint that this search has left, since nobody else removes it; empty if nothing."""
        others = [path for path in self.checkpoints.files if self.there and path != self.file]
        if not others:
            return ""
        size = sum(path.stat().st_size for path in others) / (1 << 20)
        are = f"{len(others)} checkpoints" if len(others) > 1 else "a checkpoint"
        return f"beside it {are} of other searches ({size:,.1f} MiB); remove what you do not need"

    def load(self, space: Frontier) -> Kept | None:
        """Make a new space that of the checkpoint and return what is kept beside it; None if there is none.

        CheckpointError if the checkpoint is not whole, or there are only those of other models or kinds of search.
        """
        from kmodel.engines.checkpoints import file

        path = self._to_go_on_from() if self.checkpoints.resume else None
        if path is None:
            return None
        kept = file.load(path, space, self._identity)
        self.there = path == self.file
        return Kept(**kept)

    def _to_go_on_from(self) -> Path | None:
        """Return the checkpoint of this search, or else one that will be refused with the reason; None if none is."""
        from kmodel.engines.checkpoints.file import CheckpointError

        if not self.checkpoints.files:
            return None
        if self.file.exists():
            return self.file
        for searched in (STATES, ORBITS):
            other = Keeper(self.model, self.checkpoints, searched)
            if other.file.exists():
                raise CheckpointError(
                    other.file,
                    f"is of a search of {searched.words}, not of {self.searched.words}",
                    f"{searched.asked_by} to go on from it, or leave out --resume to start at the beginning",
                )
        return self.checkpoints.files[0]

    def save(self, space: Frontier, kept: Kept) -> None:
        """Write a checkpoint; if that fails, `problem` says why, and the search may go on."""
        from kmodel.engines.checkpoints import file

        if not self._claim():
            self.problem = (
                f"no checkpoint: another check of this model leaves one in {self.checkpoints.folder}; "
                "use another --reports"
            )
            return
        began = time.perf_counter()
        values: dict[str, Any] = attrs.asdict(kept, recurse=False)
        try:
            file.save(self.file, space, values, self._identity)
            self.there, self.problem = True, ""
        except OSError as error:
            self.problem = f"no checkpoint: {self.checkpoints.folder}: {error.strerror}"
        except (pickle.PicklingError, AttributeError, TypeError) as error:
            self.problem = f"no checkpoint: a cell's value cannot be pickled: {' '.join(str(error).split())}"
        ended = time.perf_counter()
        self._due = ended + max(self.checkpoints.every_seconds, (ended - began) / MOST_OF_THE_TIME)

    @property
    def _lock_file(self) -> Path:
        """The file that is locked while a search may leave its checkpoint."""
        return self.file.with_suffix(".lock")

    def _claim(self) -> bool:
        """Have the checkpoint for this process alone, where the system can lock files; tell whether that worked."""
        if fcntl is None or self._lock is not None:
            return True
        try:
            self.checkpoints.folder.mkdir(parents=True, exist_ok=True)
            lock = self._lock_file.open("wb")
        except OSError:
            return True  # a checkpoint cannot be written here, and save() says why
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            lock.close()
            return False
        if not _is_at(lock, self._lock_file):  # somebody let go of it, and removed it, meanwhile
            lock.close()
            return False
        self._lock = lock
        return True

    def release(self) -> None:
        """Let others leave checkpoints of this search."""
        if self._lock is not None:
            self._lock_file.unlink(missing_ok=True)
            self._lock.close()
            self._lock = None

    def remove(self) -> None:
        """Remove the checkpoint of a search that is finished, once its result is where it belongs.

        And that of the search that it took the place of; those of other models, and of other kinds of search, stay.
        """
        from kmodel.engines.checkpoints import file

        if self.instead_of is not None:
            self.instead_of.remove()
        self.there = False
        if not self.checkpoints.folder.is_dir():
            return
        if self._claim():
            file.remove(self.file)
            self.release()
        file.remove_folder(self.checkpoints.folder)


def _is_at(file: IO[bytes], path: Path) -> bool:
    """Tell whether a file that was opened is still the one at its path."""
    try:
        return os.path.samestat(os.fstat(file.fileno()), path.stat())
    except OSError:
        return False
