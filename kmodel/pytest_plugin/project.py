"""A project under test: its specs and its scenarios, read once and lazily."""

from functools import cached_property
from pathlib import Path

import attrs

from kmodel.discovery import find_scenarios, find_spec_files, load_file
from kmodel.kernel import Model, ModelError, Spec
from kmodel.kubernetes.scenario import InputError
from kmodel.pytest_plugin import scenarios
from kmodel.reporting.source import Source


@attrs.frozen(eq=False, slots=False)
class Job:
    """A scenario to explore: its model, with all specs that apply to it, and how to explore it."""

    name: str
    model: Model
    source: Source
    engine: str
    max_states: int | None

    @cached_property
    def asked(self) -> frozenset[str]:
        """The names of the specs that say something of this scenario."""
        return frozenset(key_of(spec) for spec in self.model.specs)


def key_of(spec: Spec) -> str:
    """Return the name of a spec that is its own in the project; a scenario may hold a variant of the spec."""
    return f"{spec.module}.{spec.name}"


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

    @cached_property
    def specs(self) -> tuple[Spec, ...]:
        """The specs of all files that can be imported; a file that cannot is told of where it is collected."""
        specs: list[Spec] = []
        for file in find_spec_files(self.folder):
            try:
                specs += load_file(self.folder, file)
            except InputError:
                continue
        return tuple(specs)

    @cached_property
    def jobs(self) -> tuple[Job | Refused, ...]:
        """The scenarios, each ready to be explored, or refused."""
        return tuple(self._job(path) for path in find_scenarios(self.folder))

    @property
    def was_collected(self) -> bool:
        """Whether any spec file was collected in this process."""
        return "jobs" in vars(self)

    @property
    def refused(self) -> tuple[Refused, ...]:
        """The scenarios that cannot be explored."""
        return tuple(job for job in self.jobs if isinstance(job, Refused))

    def _job(self, path: Path) -> Job | Refused:
        try:
            built = scenarios.build(path, self.specs)
        except (InputError, ModelError) as error:
            return Refused(path.stem, " ".join(str(error).split()))
        return Job(path.stem, *built)
