"""The gallery of incidents: folders that tell what once went wrong in a control plane, each as a buggy and a fixed one.

A folder is found by what is in it, and nothing else names it; `examples/incidents/README.md` says what it holds.
"""

import difflib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import attrs
import yaml

from kmodel.input_error import InputError
from kmodel.project.python_files import PACKAGE, near

# They lie within the package, or beside it where that is a clone.
WITHIN = PACKAGE / "incidents"
GALLERY = WITHIN if WITHIN.is_dir() else PACKAGE.parent / "examples" / "incidents"
ABOUT = "incident.yaml"
BUGGY, FIXED = "buggy", "fixed"
FIELDS = ("title", "source", "spec", "needs", "buggy", "fixed")


@attrs.frozen
class Incident:
    """What a folder says of its incident: in a line, where it was reported, the spec that the buggy variant violates,
    what of the model it needs; and what is to be expected of each variant, for its test."""

    folder: Path
    title: str
    source: str
    spec: str
    needs: str
    expected: Mapping[str, Mapping[str, Any]]

    @property
    def id(self) -> str:
        """The first part of the folder's name: `K15`."""
        return self.folder.name.partition("-")[0]

    def name(self, variant: str) -> str:
        """Return the name of a variant, under which its report is written."""
        return self.id if variant == BUGGY else f"{self.id}-{variant}"

    def scenario(self, variant: str) -> Path:
        """Return the scenario of a variant: its own, or the one of both."""
        own = self.folder / f"{variant}.yaml"
        return own if own.is_file() else self.folder / "scenario.yaml"

    def python_files(self, variant: str) -> tuple[Path, ...]:
        """Return the Python files of a variant: all but those of the other."""
        other = f"_{FIXED if variant == BUGGY else BUGGY}"
        return tuple(sorted(file for file in self.folder.glob("*.py") if not file.stem.endswith(other)))


def incidents(gallery: Path = GALLERY) -> tuple[Incident, ...]:
    """Return the incidents in the order of their names; InputError if a folder does not say what it must."""
    return tuple(_read(folder) for folder in _folders(gallery))


def incident(name: str, gallery: Path = GALLERY) -> Incident:
    """Return the incident of an id, or of a folder's name, in any case; InputError if there is none."""
    known = {folder.name.partition("-")[0]: folder for folder in _folders(gallery)}
    wanted = name.partition("-")[0].upper()
    if wanted in known:
        return _read(known[wanted])
    close = difflib.get_close_matches(wanted, known, n=1)
    fix = f"did you mean {close[0]}?" if close else "kmodel incidents lists them"
    raise InputError("--incident", None, "", f"there is no incident {name!r}", fix)


def _folders(gallery: Path) -> Iterator[Path]:
    return (file.parent for file in sorted(gallery.glob(f"*/{ABOUT}")))


def _read(folder: Path) -> Incident:
    file = folder / ABOUT
    try:
        said = yaml.safe_load(file.read_text(encoding="utf-8"))
    except (OSError, ValueError, yaml.YAMLError) as error:
        why = " ".join(str(error).split())
        raise InputError(near(file), None, "", f"cannot be read: {why}", "correct it") from None
    for field in FIELDS:
        if not isinstance(said, dict) or not said.get(field):
            raise InputError(near(file), None, field, "is missing", "see the README.md of examples/incidents")
    expected = {variant: said[variant] for variant in (BUGGY, FIXED)}
    return Incident(folder, said["title"], said["source"], said["spec"], said["needs"], expected)
