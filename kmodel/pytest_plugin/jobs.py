"""The project under test, as its items need it: scenarios that are ready to be explored, read once and lazily."""

from collections.abc import Mapping
from functools import cached_property
from pathlib import Path
from typing import Any

import attrs

from kmodel.input_error import InputError
from kmodel.kernel import Model, ModelError, Spec
from kmodel.kernel.errors import RAISED, name_error
from kmodel.printable import in_one_line, printable
from kmodel.project import Input, Project
from kmodel.project.spec_files import distinct, load_file
from kmodel.reporting.answer import CELLS_ALONE, Subject
from kmodel.reporting.folders import report_folders
from kmodel.reporting.source import Source


@attrs.frozen(eq=False, slots=False)
class ScenarioJob:
    """A scenario to explore: its model, with all specs that apply to it, and how to explore it."""

    name: str
    is_mine: bool
    model: Model
    source: Source
    engine: str
    told: Mapping[str, Any]  # to the engine, by name
    report: str  # the name of the folder for it, which no other scenario of the project has
    subject: Subject = CELLS_ALONE

    @cached_property
    def asked(self) -> frozenset[str]:
        """The origins of the specs that say something of this scenario."""
        return frozenset(spec.origin for spec in self.model.specs)


@attrs.frozen
class Refused:
    """A scenario that cannot be explored, and why, in one line."""

    name: str
    why: str


@attrs.define(eq=False, slots=False)
class Jobs:
    """The jobs of a project, and what was said of it so far."""

    project: Project
    refusal_told: bool = False
    was_asked: bool = False  # whether any file of the project was collected in this process

    def folder_of(self, file: Path) -> Path | None:
        """Return the folder `specs/` that a file is in; None if it is no file of the project."""
        folders = (folder.resolve() for folder in self.project.folders)
        return next((folder for folder in folders if file.resolve().is_relative_to(folder)), None)

    def of(self, spec: Spec, file: Path) -> tuple[ScenarioJob, ...]:
        """Return the scenarios in which a spec of a file is asked.

        Those that come with kmodel are for the project's own specs: how the built-in ones stand there is known.
        """
        is_mine = self.project.own is None or self.project.is_mine(file)
        return tuple(
            job
            for job in self.jobs
            if isinstance(job, ScenarioJob) and spec.origin in job.asked and (is_mine or job.is_mine)
        )

    @cached_property
    def specs(self) -> tuple[Spec, ...]:
        """The specs of all files that can be imported; a file that cannot is told of where it is collected."""
        specs: list[Spec] = []
        for folder, file in self.project.files():
            try:
                specs += load_file(folder, file)
            except InputError:
                continue
        return distinct(specs)

    @cached_property
    def jobs(self) -> tuple[ScenarioJob | Refused, ...]:
        """The scenarios, each ready to be explored, or refused."""
        try:
            paths = self.project.scenarios
        except InputError as error:
            return (Refused("scenarios", str(error)),)
        built = {path: self._built(path) for path in paths.values()}
        good = {path: parts for path, parts in built.items() if not isinstance(parts, Refused)}
        folders = dict(zip(good, report_folders([given.source for given, _ in good.values()]), strict=True))
        return tuple(
            parts if isinstance(parts, Refused) else self._job(path, *parts, folders[path])
            for path, parts in built.items()
        )

    def _job(self, path: Path, given: Input, model: Model, folder: str) -> ScenarioJob:
        is_mine = self.project.is_mine(path)
        return ScenarioJob(_name(path), is_mine, model, given.source, given.engine, given.told, folder, given)

    @cached_property
    def nothing_found(self) -> str:
        """Why there is no spec where one would expect it, in one line; nothing where all is well."""
        try:
            return self.project.problem
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

    def _built(self, path: Path) -> tuple[Input, Model] | Refused:
        try:
            given = self.project.read([path])
            return given, given.model(self.specs)
        except (InputError, ModelError) as error:
            return Refused(_name(path), in_one_line(str(error)))
        except RAISED as error:  # from a function that says what a spec needs
            return Refused(_name(path), in_one_line(str(name_error(f"scenario {path.stem}", error))))


def _name(scenario: Path) -> str:
    return printable(scenario.stem)
