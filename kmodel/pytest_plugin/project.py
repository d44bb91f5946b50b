"""A project under test: its specs and its scenarios, read once and lazily."""

from functools import cached_property
from pathlib import Path

import attrs

from kmodel.discovery import distinct, find_scenarios, find_spec_files, load_file, nothing_found
from kmodel.kernel import Model, ModelError, Spec
from kmodel.kernel.errors import RAISED, name_error
from kmodel.kubernetes.scenario import InputError
from kmodel.printable import in_one_line, printable
from kmodel.pytest_plugin import scenarios
from kmodel.reporting.source import Source
from kmodel.reporting.writer import report_folders


@attrs.frozen(eq=False, slots=False)
class Job:
    """A scenario to explore: its model, with all specs that apply to it, and how to explore it."""

    name: str
    model: Model
    source: Source
    engine: str
    max_states: int | None
    report: str  # the name of the folder for it, which no other scenario of the project has

    @cached_property
    def asked(self) -> frozenset[str]:
        """The origins of the specs that say something of this scenario."""
        return frozenset(spec.origin for spec in self.model.specs)


@attrs.frozen
class Refused:
    """A scenario that cannot be explored, and why, in one line."""

    name: str
    why: str


class Project:
    """The folder `specs/` of the root folder, which need not be there."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.refusal_told = False
        self.was_asked = False  # whether any file below the folder was collected in this process

    @cached_property
    def specs(self) -> tuple[Spec, ...]:
        """The specs of all files that can be imported; a file that cannot is told of where it is collected."""
        specs: list[Spec] = []
        for file in find_spec_files(self.folder):
            try:
                specs += load_file(self.folder, file)
            except InputError:
                continue
        return distinct(specs)

    @cached_property
    def jobs(self) -> tuple[Job | Refused, ...]:
        """The scenarios, each ready to be explored, or refused."""
        try:
            paths = find_scenarios(self.folder)
        except InputError as error:
            return (Refused("scenarios", str(error)),)
        built = {path: self._built(path) for path in paths}
        good = {path: parts for path, parts in built.items() if not isinstance(parts, Refused)}
        folders = dict(zip(good, report_folders([source for _, source, _, _ in good.values()]), strict=True))
        return tuple(
            parts if isinstance(parts, Refused) else Job(_name(path), *parts, folders[path])
            for path, parts in built.items()
        )

    @cached_property
    def nothing_found(self) -> str:
        """Why there is no spec below the folder, in one line; nothing where there is one, or no folder."""
        if self.specs or not find_spec_files(self.folder):
            return ""
        try:
            return nothing_found(self.folder)
        except InputError:  # told of where that file is collected
            return ""

    @property
    def was_collected(self) -> bool:
        """Whether any spec file was collected in this process."""
        return "jobs" in vars(self)

    @property
    def refused(self) -> tuple[Refused, ...]:
        """The scenarios that cannot be explored."""
        return tuple(job for job in self.jobs if isinstance(job, Refused))

    def _built(self, path: Path) -> tuple[Model, Source, str, int | None] | Refused:
        try:
            return scenarios.build(path, self.specs)
        except (InputError, ModelError) as error:
            return Refused(_name(path), in_one_line(str(error)))
        except RAISED as error:  # from a function that says what a spec needs
            return Refused(_name(path), in_one_line(str(name_error(f"scenario {path.stem}", error))))


def _name(scenario: Path) -> str:
    return printable(scenario.stem)
