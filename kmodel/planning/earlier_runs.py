"""What earlier runs found by the same plan, in a file beside their reports: a run with more time goes on from there.

The file belongs to one key, the digest of all that the outcomes rest on; of another key it is begun anew. Outcomes are
added as they come, so that a run that is killed loses none; half of one, at the end of a full disk, is cut off.
"""

import hashlib
import pickle
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

import attrs

from kmodel.engines.checkpoints.identity import identity
from kmodel.kernel import Model, Spec
from kmodel.kubernetes import scenario
from kmodel.planning.check_plan import CheckPlan, Task
from kmodel.planning.messages import Common
from kmodel.planning.task_outcome import TaskOutcome

FILE = "plan.kmodel"
BROKEN = (pickle.UnpicklingError, EOFError, AttributeError, ImportError, IndexError, KeyError, TypeError, ValueError)


def key_of(whole: Model, files: Iterable[Path]) -> str:
    """Return the key of the plan of a model: its identity, and the project's Python files, all of which may be used."""
    digest = hashlib.sha256(identity(whole).encode())
    for file in files:
        digest.update(file.read_bytes())
    return digest.hexdigest()


@attrs.define(eq=False)
class EarlierRuns:
    """The outcomes that are kept in a file; `problem` is why no more can be."""

    path: Path
    key: str
    common: Common
    specs: tuple[Spec, ...]
    problem: OSError | None = None

    def known(self, plan: CheckPlan) -> tuple[TaskOutcome, ...]:
        """Return what is known of the tasks of a plan, in its order, and need not be explored once more.

        That is what was seen as far as the plan goes; and, as long as there are tasks of which nothing is known, also
        of what only the least was seen.
        """
        records = {name: (is_violated, content) for name, is_violated, content in self._records()}
        tasks = [task for stage in plan.stages for task in stage.tasks]
        known = [self._outcome(task, *records[str(task)]) for task in tasks if str(task) in records]
        return tuple(outcome for outcome in known if outcome.is_done or len(known) < len(tasks))

    def add(self, outcome: TaskOutcome) -> None:
        """Keep an outcome of which the least was seen; where that cannot be, `problem` says why."""
        if not outcome.result.saw_the_least or self.problem is not None:
            return
        content = attrs.evolve(self.common, model=outcome.result.model).to_bytes(outcome)
        is_violated = any(finding.trace for finding in outcome.result.findings)
        try:
            with self.path.open("ab") as file:
                file.write(pickle.dumps((str(outcome.task), is_violated, content)))
        except OSError as problem:
            self.problem = problem

    def _records(self) -> list[tuple[str, bool, bytes]]:
        """Return what the file has, after which it is as whole as it is to go on."""
        head = f"kmodel plan {self.key}\n".encode()
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            with self.path.open("a+b") as file:
                file.seek(0)
                if file.read(len(head)) != head:
                    file.truncate(0)
                    file.write(head)
                    return []
                return _all_of(file)
        except OSError as problem:
            self.problem = problem
            return []

    def _outcome(self, task: Task, is_violated: bool, content: bytes) -> TaskOutcome:
        model = scenario.model(task.scenario, self.specs if is_violated else ())
        known = attrs.evolve(self.common, model=model if is_violated else attrs.evolve(model, specs=self.specs))
        outcome: TaskOutcome = known.from_bytes(content)
        return attrs.evolve(outcome, is_earlier=True)


def without(plan: CheckPlan, known: Sequence[TaskOutcome]) -> CheckPlan:
    """Return what is left of a plan."""
    names = {str(each.task) for each in known}
    stages = tuple(
        attrs.evolve(stage, tasks=tuple(task for task in stage.tasks if str(task) not in names))
        for stage in plan.stages
    )
    return attrs.evolve(plan, stages=stages)


def together(known: Sequence[TaskOutcome], new: Iterable[TaskOutcome]) -> Iterator[TaskOutcome]:
    """Yield the outcomes by the number of faults: of each, what is known comes before what is new."""
    left = list(known)
    for each in new:
        while left and len(left[0].task.faults) <= len(each.task.faults):
            yield left.pop(0)
        yield each
    yield from left


def _all_of(file: Any) -> list[tuple[str, bool, bytes]]:
    """Return the records from where a file is read; what is behind the last whole one is cut off."""
    found, end = [], file.tell()
    while True:
        try:
            found.append(pickle.load(file))
        except BROKEN:
            file.truncate(end)
            return found
        end = file.tell()
