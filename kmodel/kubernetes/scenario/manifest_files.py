"""From paths to what the files hold: manifests, and at most one Scenario."""

from collections.abc import Iterator, Sequence
from pathlib import Path

import attrs

from kmodel.kubernetes.manifests import Field, InputError, documents
from kmodel.kubernetes.objects import Kinds
from kmodel.kubernetes.objects.reading import Manifest, read_all
from kmodel.kubernetes.scenario.fields import API_VERSION, KIND

SUFFIXES = (".yaml", ".yml", ".json")


@attrs.frozen
class Contents:
    """The files that were read, their objects in order, and the Scenario if there is one."""

    sources: tuple[Path, ...]
    manifests: tuple[Manifest, ...]
    scenario: Field | None


def read_files(paths: Sequence[Path], kinds: Kinds) -> Contents:
    """Read files, and the YAML and JSON files of folders by name; InputError if anything is wrong."""
    sources = tuple(dict.fromkeys(file for path in paths for file in _expand(path)))
    if not sources:
        raise InputError("kmodel", None, "", "was given no file", "name a manifest, a scenario or a folder of them")
    manifests: dict[str, Manifest] = {}
    scenario: Field | None = None
    for file in sources:
        for document in documents(str(file), _bytes(file)):
            if _is_scenario(document):
                if scenario is not None:
                    raise document.error(
                        f"is a second Scenario, after {scenario.file}:{scenario.line}", "give one Scenario at a time"
                    )
                scenario = document
                continue
            for manifest in read_all(document, kinds):
                first = manifests.setdefault(manifest.reference, manifest)
                if first is not manifest:
                    raise manifest.field.error(
                        f"is a second {manifest.reference}, after {first.field.file}:{first.field.line}",
                        "rename or remove one of them",
                    )
    if not manifests and scenario is None:
        raise InputError(str(sources[0]), None, "", "holds no objects", "write at least one manifest into it")
    return Contents(sources, tuple(manifests.values()), scenario)


def _is_scenario(document: Field) -> bool:
    fields = document.fields()
    version, kind = fields.optional("apiVersion"), fields.optional("kind")
    if kind is None or kind.string() != KIND:
        return False
    if version is None or version.string() != API_VERSION:
        raise (version or document).error(f"is not the apiVersion of a {KIND}", f"write apiVersion: {API_VERSION}")
    return True


def _expand(path: Path) -> Iterator[Path]:
    try:
        if not path.is_dir():
            yield path
            return
        files = sorted(
            file
            for file in path.iterdir()
            if file.suffix in SUFFIXES and not file.name.startswith(".") and file.is_file()
        )
    except (OSError, ValueError) as error:
        raise _unreadable(path, error) from None
    if not files:
        raise InputError(
            str(path), None, "", "holds no manifest", f"put files that end in {', '.join(SUFFIXES)} into it"
        )
    yield from files


def _bytes(file: Path) -> bytes:
    try:
        return file.read_bytes()
    except (OSError, ValueError) as error:  # ValueError: a null character in the path
        raise _unreadable(file, error) from None


def _unreadable(path: Path, error: Exception) -> InputError:
    if isinstance(error, FileNotFoundError):
        return InputError(str(path), None, "", "there is no such file", "check the path")
    reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
    return InputError(str(path), None, "", f"cannot be read: {reason}", "check the path and its permissions")
