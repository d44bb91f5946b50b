"""The folders of reports: one per scenario, by its name."""

import re
from collections import Counter
from collections.abc import Sequence

from kmodel.reporting.source import Source


def report_folders(sources: Sequence[Source]) -> tuple[str, ...]:
    """Return the name of the folder for each report; of scenarios with one name, with that of the file."""
    names = [folder_name(source.name) for source in sources]
    taken = Counter(name.lower() for name in names)  # on some disks Web and web are one
    folders: list[str] = []
    for name, source in zip(names, sources, strict=True):
        if taken[name.lower()] > 1 and source.files:
            name = folder_name(f"{name}-{source.files[0].stem}")
        number, folder = 1, name
        while folder.lower() in (other.lower() for other in folders):
            number += 1
            folder = f"{name}-{number}"
        folders.append(folder)
    return tuple(folders)


def folder_name(scenario: str) -> str:
    """Return a scenario's name as the name of a folder, whatever is in it."""
    return re.sub(r"[^\w.-]+", "-", scenario).strip(".-") or "scenario"
