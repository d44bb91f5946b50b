"""Checkpoints: one file that is written whole or not at all, and read only if it is whole and of the same model.

The file has a header of fixed size (JSON, padded) and a payload: a pickled description, then large arrays. The header
tells the format, the version of kmodel, the digest of the model, and the payload's length and SHA-256; nothing is
unpickled before all of them are as they should be.
"""

import hashlib
import json
import os
import pickle
from collections.abc import Iterator
from contextlib import suppress
from importlib.metadata import version
from pathlib import Path
from typing import IO, Any

from kmodel.engines.checkpoints.snapshot import restore, snapshot
from kmodel.engines.exhaustive.rounds import Frontier
from kmodel.engines.tables.jit import Ints

MAGIC = "kmodel checkpoint"
FORMAT = 2
VERSION = version("kmodel")
HEADER_BYTES = 1024
LABEL = 50  # characters of the model's name that the header tells
SLICE_BYTES = 1 << 24


class CheckpointError(Exception):
    """A checkpoint cannot be gone on from; str names the file, the cause and what to do."""

    def __init__(self, path: Path, problem: str, fix: str = "leave out --resume to start at the beginning") -> None:
        super().__init__(f"{path}: {problem}; {fix}")


def save(path: Path, space: Frontier, search: dict[str, Any], model: str) -> None:
    """Write a checkpoint in place of the one there, atomically; OSError, or what pickle raises, if it fails.

    `search` is what the search knows beside the space, `model` the digest of the model.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = _partial(path)
    described, arrays = snapshot(space)
    pickled = pickle.dumps({"space": described, "search": search}, protocol=5)
    try:
        with partial.open("wb") as file:
            file.write(bytes(HEADER_BYTES))
            digest, length = hashlib.sha256(), 0
            for part in _parts(pickled, arrays):
                digest.update(part)
                length += file.write(part)
            file.seek(0)
            file.write(_header(space.model.name, model, length, digest.hexdigest()))
            file.flush()
            os.fsync(file.fileno())
        partial.replace(path)
        _sync(path.parent)
    except BaseException:
        partial.unlink(missing_ok=True)
        raise


def load(path: Path, space: Frontier, model: str) -> dict[str, Any]:
    """Make a new space what a checkpoint says; return what the search knew.

    CheckpointError if it is not whole or not of this model, OSError if it is not there or cannot be read.
    """
    with path.open("rb") as file:
        length = _check(path, file, space.model.name, model)
        try:
            described = pickle.loads(file.read(int.from_bytes(file.read(8), "little")))
            restore(space, described["space"], lambda array: _fill(file, array))
            if file.tell() != HEADER_BYTES + length:
                raise ValueError("there is more in it than it says")
        except (OSError, MemoryError):
            raise
        except Exception as error:  # pickle may raise anything
            said = " ".join(str(error).split())
            raise CheckpointError(path, f"cannot be understood ({type(error).__name__}: {said})") from error
    search: dict[str, Any] = described["search"]
    return search


def remove(path: Path) -> None:
    """Remove a checkpoint, and what processes that were killed have left of others, if it is there."""
    path.unlink(missing_ok=True)
    for partial in path.parent.glob(f"{path.stem}.*partial"):
        partial.unlink(missing_ok=True)


def remove_folder(folder: Path) -> None:
    """Remove a folder for checkpoints if nothing is in it."""
    with suppress(OSError):  # there is something, or somebody else removed it
        folder.rmdir()


def _partial(path: Path) -> Path:
    """Return the file that a checkpoint is written to before it takes the other's place: another in each process."""
    return path.with_suffix(f".{os.getpid()}.partial")


def _parts(pickled: bytes, arrays: list[Ints]) -> Iterator[bytes | memoryview]:
    yield len(pickled).to_bytes(8, "little")
    yield pickled
    for array in arrays:
        yield from _slices(array)


def _header(name: str, model: str, length: int, digest: str) -> bytes:
    fields = {
        "what": MAGIC,
        "format": FORMAT,
        "kmodel": VERSION,
        "name": name[:LABEL],
        "model": model,
        "bytes": length,
        "sha256": digest,
    }
    return json.dumps(fields, ensure_ascii=True).encode()[: HEADER_BYTES - 1].ljust(HEADER_BYTES - 1) + b"\n"


def _check(path: Path, file: IO[bytes], name: str, model: str) -> int:
    """Return the payload's length, the file being where it begins; CheckpointError if anything is not as expected."""
    header = file.read(HEADER_BYTES)
    try:
        fields = json.loads(header)
        length, digest = fields["bytes"], fields["sha256"]
        if len(header) != HEADER_BYTES or fields["what"] != MAGIC or not isinstance(length, int):
            raise ValueError
    except (ValueError, KeyError, TypeError):
        raise CheckpointError(path, "is no checkpoint, or its header is damaged") from None
    if fields.get("format") != FORMAT or fields.get("kmodel") != VERSION:
        raise CheckpointError(
            path,
            f"was written by kmodel {fields.get('kmodel')} (format {fields.get('format')}) and cannot be read by "
            f"kmodel {VERSION} (format {FORMAT})",
        )
    if fields.get("model") != model:
        raise CheckpointError(
            path,
            f"belongs to another model than {name}"
            + (", or to an earlier version of its code" if fields.get("name") == name[:LABEL] else ""),
        )
    found = os.fstat(file.fileno()).st_size - HEADER_BYTES
    if found < length:
        raise CheckpointError(path, f"is truncated: {found:,} of {length:,} bytes are there")
    actual = hashlib.sha256()
    while part := file.read(SLICE_BYTES):
        actual.update(part)
    if found != length or actual.hexdigest() != digest or header != _header(name, model, length, digest):
        raise CheckpointError(path, "is damaged: what is in it is not what was written")
    file.seek(HEADER_BYTES)
    return length


def _slices(array: Ints) -> Iterator[memoryview]:
    if array.size:
        data = array.reshape(-1).data.cast("B")
        for start in range(0, len(data), SLICE_BYTES):
            yield data[start : start + SLICE_BYTES]


def _fill(file: IO[bytes], array: Ints) -> None:
    for part in _slices(array):
        if file.readinto(part) != len(part):  # type: ignore[attr-defined]
            raise ValueError("it ends too early")


def _sync(folder: Path) -> None:
    """Have the folder's new entry on disk; where folders cannot be opened, as on Windows, the system sees to it."""
    try:
        handle = os.open(folder, os.O_RDONLY)
    except OSError:
        return
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
