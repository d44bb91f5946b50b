"""From paths to what the files hold: manifests, objects of kinds that are not modelled, and at most one Scenario.

What a folder holds beside manifests (values of charts, kustomizations, templates) is skipped and named; a file that is
given by its own name must be one. All errors are found in one run.
"""

import re
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

import attrs

from kmodel.kubernetes.manifests import Field, InputError, NoManifestError, SeveralError, documents
from kmodel.kubernetes.manifests.document import RENDER, TEMPLATE
from kmodel.kubernetes.objects import Kinds
from kmodel.kubernetes.objects.opaque import Opaque
from kmodel.kubernetes.objects.reading import Manifest, read_all
from kmodel.kubernetes.scenario.fields import API_VERSION, KIND

SUFFIXES = (".yaml", ".yml", ".json")
STANDARD_INPUT = Path("-")
KUSTOMIZE = "kustomize.config.k8s.io"
CHART = "Chart.yaml"
MARK = re.compile(rb"\b(apiVersion|kind)\b")  # without which a file holds no manifest


@attrs.frozen
class Contents:
    """The files that were read, their objects in order, and the Scenario if there is one.

    `skipped` says in sentences which files, and which earlier versions of an object, do not count, and why.
    """

    sources: tuple[Path, ...]
    manifests: tuple[Manifest, ...]
    others: tuple[Opaque, ...]
    scenario: Field | None
    skipped: tuple[str, ...] = ()


def read_files(paths: Sequence[Path], kinds: Kinds) -> Contents:
    """Read files (`-` is the standard input), and the YAML and JSON files of folders by name.

    SeveralError if anything is wrong in several places, InputError if in one.
    """
    files: dict[Path, bool] = {}
    for path in paths:
        for file, is_named in _expand(path):
            files[file] = files.get(file, False) or is_named
    if not files:
        raise InputError("kmodel", None, "", "was given no file", "name a manifest, a scenario or a folder of them")
    reader = _Reader(kinds)
    for file, is_named in files.items():
        reader.read(file, is_named)
    if not (reader.errors or reader.objects or reader.scenario):
        nothing = NoManifestError(
            str(next(iter(files))), None, "", "holds no objects", "write at least one manifest into it"
        )
        reader.errors.append(reader.refused or nothing)
    if reader.errors:
        raise reader.errors[0] if len(reader.errors) == 1 else SeveralError(reader.errors)
    objects = tuple(reader.objects.values())
    return Contents(
        tuple(files),
        tuple(value for value in objects if isinstance(value, Manifest)),
        tuple(value for value in objects if isinstance(value, Opaque)),
        reader.scenario,
        tuple(reader.skipped),
    )


class _Reader:
    """What was read so far, and what was wrong with it."""

    def __init__(self, kinds: Kinds) -> None:
        self.kinds = kinds
        self.objects: dict[str, Manifest | Opaque] = {}
        self.scenario: Field | None = None
        self.skipped: list[str] = []
        self.errors: list[InputError] = []
        self.refused: InputError | None = None  # why the first file that was skipped was

    def read(self, file: Path, is_named: bool) -> None:
        """Read a file; one that was not named itself may be something else than manifests."""
        data = b""
        try:
            data = _bytes(file)
            found = documents(_name(file), data)
            _refuse_others(file, found)
        except NoManifestError as error:
            if is_named:
                self.errors.append(error)
                return
            self.refused = self.refused or error
            self.skipped.append(f"{file.name}: skipped, {error.problem}; {error.fix}")
            return
        except InputError as error:
            if is_named or not data or MARK.search(data) or b"\0" in data:  # the last: UTF-16, perhaps
                self.errors.append(error)
            else:
                self.skipped.append(f"{file.name}: skipped, has neither apiVersion nor kind, and {error.problem}")
            return
        for document in found:
            try:
                self._read_document(document)
            except InputError as error:
                self.errors.append(error)

    def _read_document(self, document: Field) -> None:
        if _is_scenario(document):
            if self.scenario is not None:
                raise document.error(
                    f"is a second Scenario, after {self.scenario.file}:{self.scenario.line}",
                    "give one Scenario at a time",
                )
            self.scenario = document
            return
        for value in read_all(document, self.kinds):
            self._add(value)

    def _add(self, value: Manifest | Opaque) -> None:
        """Add an object; of two files that have one, the later counts, as `kubectl apply` would have it."""
        earlier = self.objects.pop(value.reference, None)
        self.objects[value.reference] = value
        if earlier is None:
            return
        place = f"{earlier.field.file}:{earlier.field.line}"
        if earlier.field.file == value.field.file:
            raise value.field.error(f"is a second {value.reference}, after {place}", "rename or remove one of them")
        self.skipped.append(
            f"{value.reference}: {Path(value.field.file).name} takes the place of {Path(earlier.field.file).name}"
        )


def _refuse_others(file: Path, found: Sequence[Field]) -> None:
    """Raise NoManifestError for a file that nobody would give to `kubectl apply -f`."""
    heads = [document.fields() for document in found if document.is_mapping]
    versions = [head.members.get("apiVersion") for head in heads]
    is_kustomization = file.stem.lower().endswith("kustomization") or any(
        version is not None and version[1].is_string and version[1].string().startswith(KUSTOMIZE)
        for version in versions
    )
    if is_kustomization:
        folder = file.parent if file.parent != Path() else Path(".")
        raise NoManifestError(
            _name(file), None, "", "is a kustomization", f"run `kubectl kustomize {folder} | kmodel check -f -`"
        )
    if file.name == CHART and heads and "kind" not in heads[0]:
        raise NoManifestError(_name(file), None, "", "describes a Helm chart", RENDER)
    for head in heads:
        metadata = head.optional("metadata")
        name = metadata.fields().optional("name") if metadata is not None and metadata.is_mapping else None
        if name is not None and name.is_string and TEMPLATE in name.string():
            raise NoManifestError(_name(file), name.line, "", "is a Helm template", RENDER)
    if found and not any("kind" in head or "apiVersion" in head for head in heads):
        raise NoManifestError(
            _name(file), found[0].line, "", "has neither apiVersion nor kind", "add both, or leave the file out"
        )


def _name(file: Path) -> str:
    return "stdin" if file == STANDARD_INPUT else str(file)


def _is_scenario(document: Field) -> bool:
    fields = document.fields()
    version, kind = fields.optional("apiVersion"), fields.optional("kind")
    if kind is None or kind.string() != KIND:
        return False
    if version is None or version.string() != API_VERSION:
        raise (version or document).error(f"is not the apiVersion of a {KIND}", f"write apiVersion: {API_VERSION}")
    return True


def _expand(path: Path) -> Iterator[tuple[Path, bool]]:
    """Yield the files that a path stands for, and whether it names them itself."""
    try:
        if path == STANDARD_INPUT or not path.is_dir():
            yield path, True
            return
        files = manifests_in(path)
    except (OSError, ValueError) as error:
        raise _unreadable(path, error) from None
    if not files:
        below = ", or add -R to read the folders in it" if any(map(manifests_in, _folders(path))) else ""
        raise InputError(
            str(path), None, "", "holds no manifest", f"put files that end in {', '.join(SUFFIXES)} into it{below}"
        )
    yield from ((file, False) for file in files)


def manifests_in(folder: Path) -> list[Path]:
    """Return the files of a folder that may be manifests, by name."""
    return sorted(
        file
        for file in folder.iterdir()
        if file.suffix in SUFFIXES and not file.name.startswith(".") and file.is_file()
    )


def _folders(folder: Path) -> list[Path]:
    return [each for each in folder.rglob("*") if each.is_dir() and not each.is_symlink()]  # as kubectl -R does


def with_folders_below(folder: Path) -> tuple[Path, ...]:
    """Return a folder and those below it, by name, as far as they have files that may be manifests."""
    return tuple(each for each in (folder, *sorted(_folders(folder))) if manifests_in(each))


def _bytes(file: Path) -> bytes:
    try:
        return sys.stdin.buffer.read() if file == STANDARD_INPUT else file.read_bytes()
    except (OSError, ValueError) as error:  # ValueError: a null character in the path
        raise _unreadable(file, error) from None


def _unreadable(path: Path, error: Exception) -> InputError:
    if isinstance(error, FileNotFoundError):
        return InputError(str(path), None, "", "there is no such file", "check the path")
    reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
    return InputError(str(path), None, "", f"cannot be read: {reason}", "check the path and its permissions")
