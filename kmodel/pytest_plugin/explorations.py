"""The explorations of a test run: each scenario once, in the process that asks first."""

import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import attrs
import pytest

from kmodel.engines.alarm import as_stopped, stopped_if_stuck
from kmodel.engines.clock import Deadline
from kmodel.engines.events import Event, Finished, Sampled
from kmodel.engines.registry import ENGINES
from kmodel.engines.results import Result
from kmodel.kernel import ModelError
from kmodel.pytest_plugin.exploring import engine_told
from kmodel.pytest_plugin.jobs import ScenarioJob
from kmodel.pytest_plugin.live_note import tell_compiling
from kmodel.pytest_plugin.outcomes import Explored, explored, failed
from kmodel.pytest_plugin.sharing import Shared
from kmodel.reporting.handler import drive
from kmodel.reporting.reports import ReportContext, Written, handlers, of_files

REPORTS = "reports"
PATIENCE_SECONDS = 0.05


class Explorations:
    """What was explored so far; `wanted` are the scenarios of this run, in the order of their items."""

    def __init__(self, root: Path, start: Path, shared: Shared | None, profile: str) -> None:
        self.root = root
        self.start = start
        self.shared = shared
        self.profile = profile
        self.tell: Callable[[str], bool] = lambda note: False
        self.engine: str | None = None
        self.told: dict[str, Any] = {}  # to the engines, by name
        self.max_seconds: float | None = None
        self.wanted: list[ScenarioJob] = []
        self.statistics: dict[str, str] = {}
        self._known: dict[str, Explored] = {}

    @staticmethod
    def configured(config: pytest.Config, shared: Path | None) -> "Explorations":
        """Return the explorations that the options of a test run ask for."""
        profile = config.getoption("--hypothesis-profile", None) or ("ci" if os.environ.get("CI") else "dev")
        # A worker on another machine has no part in the folder.
        folder = Shared(shared) if shared is not None and shared.is_dir() else None
        made = Explorations(config.rootpath, config.invocation_params.dir, folder, profile)
        made.engine, made.told = engine_told(config)
        made.tell = lambda note: tell_compiling(config, note)
        made.max_seconds = config.getoption("--kmodel-max-time")
        return made

    def all(self) -> list[Explored]:
        """Return all explorations of this run, those of other processes as well."""
        return self.shared.all() if self.shared is not None else list(self._known.values())

    def of(self, job: ScenarioJob) -> Explored:
        """Return the exploration of a scenario, which takes its time for the first who asks."""
        while job.name not in self._known:
            if self._try(job) or any(self._try(other) for other in self.wanted if other.name not in self._known):
                continue
            time.sleep(PATIENCE_SECONDS)  # all that is left is being explored by others
        return self._known[job.name]

    def _try(self, job: ScenarioJob) -> bool:
        """Get to know a scenario, unless another process is exploring it right now; tell whether that worked."""
        if self.shared is None:
            self._known[job.name] = self._explore(job)
            return True
        with self.shared.claim(job.name) as claimed:
            known = self.shared.read(job.name)
            if known is None and claimed:
                known = self._explore(job)
                self.shared.write(known)
        if known is not None:
            self._known[job.name] = known
        return known is not None

    def _explore(self, job: ScenarioJob) -> Explored:
        from kmodel.engines.tables import compiling  # which loads what a test run without kmodel's specs does not need

        context = ReportContext(job.source, self.root / REPORTS / job.report, subject=job.subject)
        notes: list[str] = []

        def tell(note: str) -> None:
            if not self.tell(note):  # at once
                notes.append(note)

        try:
            with compiling.telling(tell):
                result = self._result(job, context)
        except ModelError as error:
            return failed(job, " ".join(str(error).split()))
        except SystemExit as error:  # where no function of a spec or a transition could be named
            return failed(job, f"sys.exit({error}) ended the exploration; remove it from specs and model")
        if isinstance(context.problem, KeyboardInterrupt):
            raise context.problem
        report: Written | str
        if context.written is not None:
            report = self._near(context.written)
        else:
            why = "" if context.problem is None else context.problem.strerror or context.problem
            report = f"no report: {REPORTS}/{job.report} cannot be written: {why}"
        found = explored(job, result, report, _width())
        return attrs.evolve(found, notes=(*notes, *found.notes))

    def _result(self, job: ScenarioJob, context: ReportContext) -> Result:
        """Return the result of an exploration, of which each report of files and the statistics hear every event."""
        engine = ENGINES[self.engine or job.engine]
        options = engine.Options.of({"profile": self.profile, **job.told, **self.told}, None)
        deadline = Deadline(self.max_seconds)

        def note(event: Event) -> None:
            if isinstance(event, Finished) and event.interrupted:  # pytest knows what to do
                raise KeyboardInterrupt
            if isinstance(event, Sampled):
                self.statistics[job.name] = "\n\n".join(filter(None, (self.statistics.get(job.name), event.text)))

        events = as_stopped(engine.explore(job.model, options, deadline), deadline)
        reports = handlers(of_files(), context)
        return drive(events, note, *reports, while_exploring=stopped_if_stuck(deadline)).result

    def _near(self, written: Written) -> Written:
        """Return the paths as one would type them where pytest was started."""

        def near(path: Path) -> Path:
            return path.relative_to(self.start) if path.is_relative_to(self.start) else path

        return Written(near(written.index), {spec: near(path) for spec, path in written.traces.items()}, written.notes)


def _width() -> int:
    return max(80, min(int(os.environ.get("COLUMNS") or 120), 160))
