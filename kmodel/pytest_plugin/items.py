"""Spec files as pytest collects them, and their items: one per spec and scenario."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any, NoReturn

import pytest

from kmodel.input_error import InputError
from kmodel.kernel import Spec, feature_name
from kmodel.project.spec_files import load_file
from kmodel.pytest_plugin.jobs import Refused, ScenarioJob
from kmodel.pytest_plugin.stash import EXPLORATIONS, JOBS
from kmodel.reporting.wording import Standing


class FailedError(Exception):
    """An item fails, and this is all there is to say: no traceback would add to it."""


class SpecFile(pytest.File):
    """A file below `specs/`."""

    def collect(self) -> Iterator[pytest.Item]:
        """Yield the items; nothing is explored yet."""
        jobs = self.config.stash[JOBS]
        folder = jobs.folder_of(self.path)
        assert folder is not None, "only files of the project are collected"
        try:
            specs = load_file(folder, self.path)
        except InputError as error:
            raise self.CollectError(str(error)) from None
        jobs.was_asked = True
        if specs and not jobs.refusal_told:  # by the first spec file, since all would say the same
            jobs.refusal_told = True
            for refused in jobs.refused:
                yield RefusedItem.from_parent(self, name=f"scenario[{refused.name}]", refused=refused)
        for spec in specs:
            asked = jobs.of(spec, self.path)
            for job in asked:
                yield SpecItem.from_parent(self, name=f"{spec.name}[{job.name}]", spec=spec, job=job)
            if not asked:
                yield IdleItem.from_parent(self, name=f"{spec.name}[no scenario]", spec=spec)


class _Item(pytest.Item):
    def __init__(self, *, name: str, parent: pytest.Collector, spec: Spec | None = None, **rest: Any) -> None:
        # Told as text, pytest takes the brackets apart as it does for --lf; told by the name alone, it does not.
        super().__init__(name=name, parent=parent, nodeid=f"{parent.nodeid}::{name}", **rest)
        self.spec = spec

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], style: Any = None) -> Any:
        """Return what is shown of a failure."""
        if isinstance(excinfo.value, FailedError):
            return str(excinfo.value)
        return super().repr_failure(excinfo, style)

    def reportinfo(self) -> tuple[Path, int | None, str]:
        """Return where the spec is written."""
        line = None if self.spec is None else self.spec.function.__code__.co_firstlineno - 1
        return self.path, line, self.name


class SpecItem(_Item):
    """A spec in a scenario."""

    def __init__(self, *, job: ScenarioJob, **rest: Any) -> None:
        super().__init__(**rest)
        self.job = job

    def runtest(self) -> None:
        """Explore the scenario unless that is done, and judge the spec."""
        assert self.spec is not None
        explorations = self.config.stash[EXPLORATIONS]
        explored = explorations.of(self.job)
        statistics = explorations.statistics.pop(self.job.name, None)
        if statistics:
            self.hypothesis_statistics = statistics  # where Hypothesis's plugin looks for --hypothesis-show-statistics
        if explored.error is not None:
            raise FailedError(explored.error)
        outcome = explored.outcomes[self.spec.origin]
        if outcome.standing is Standing.VIOLATED:
            raise FailedError(outcome.text)
        if outcome.standing is Standing.HAZARD:
            pytest.xfail(f"documented hazard: {outcome.text}")
        if outcome.standing is Standing.VACUOUS:
            _skip(f"never happens in this scenario, {outcome.text}")
        if outcome.standing is Standing.NOT_JUDGED:
            _skip(f"not judged: {outcome.text}")
        if outcome.standing is Standing.OPEN and self.spec.form.wanted:
            _skip(f"not reached: {outcome.text}")


class RefusedItem(_Item):
    """A scenario that cannot be explored."""

    def __init__(self, *, refused: Refused, **rest: Any) -> None:
        super().__init__(**rest)
        self.refused = refused

    def runtest(self) -> None:
        """Fail with the reason."""
        raise FailedError(self.refused.why)


class IdleItem(_Item):
    """A spec that no scenario can put to the test."""

    def runtest(self) -> None:
        """Say so."""
        assert self.spec is not None
        if not self.config.stash[JOBS].jobs:
            _skip("there is no scenario; write one in specs/scenarios/")
        needs = ", ".join(map(feature_name, self.spec.needs))
        _skip("no scenario has what this spec needs" + (f": {needs}" if needs else ""))


def _skip(reason: str) -> NoReturn:
    raise pytest.skip.Exception(reason, _use_item_location=True)
