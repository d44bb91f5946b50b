"""The tasks of a plan spread over processes, each of which loads the project itself and explores one task at a time.

What comes of them is told in the order of the plan. A task whose process is lost is explored once more, by another
one; if that is lost as well, it is named. Where no process can be started, tasks are explored here.
"""

import multiprocessing
import os
import signal
import threading
import time
import traceback
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from importlib import import_module
from math import inf
from multiprocessing import resource_tracker
from multiprocessing.connection import Connection, wait
from pathlib import Path
from types import TracebackType

import attrs

from kmodel.engines.clock import Deadline, TimeIsUp
from kmodel.engines.registry import ENGINES
from kmodel.kernel import Spec
from kmodel.kubernetes import scenario
from kmodel.kubernetes.catalog import Catalog
from kmodel.planning.carrying_out import Assignment, Share, assignments, explored
from kmodel.planning.check_plan import CheckPlan
from kmodel.planning.messages import Common
from kmodel.planning.task_outcome import TaskOutcome
from kmodel.project import Project

CONTEXT = multiprocessing.get_context("spawn")  # which does not wait until one has begun
MOST_JOBS = 8  # unless more are asked for: each takes its memory
GRACE_SECONDS = 5.0  # for an exploration that does not come to a check of its time
POLL_SECONDS = 0.1  # after which it is seen whether somebody asked to stop
ATTEMPTS = 2
USED = ("delays", "exhaustive")  # engines


class WorkerError(Exception):
    """What went wrong in a worker process, in one line."""


def usual_jobs() -> int:
    """Return how many processes there are unless a number is asked for: one for each core that may be used."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return min(cores, MOST_JOBS)


@attrs.frozen
class Work:
    """What a worker loads: a project, the manifests that its hooks are read with, and the specs to ask, by name."""

    project: Project
    files: tuple[Path, ...]
    specs: tuple[str, ...]

    @staticmethod
    def of(project: Project, files: tuple[Path, ...], specs: tuple[Spec, ...]) -> "Work":
        """Return the work of asking these specs of a project."""
        return Work(attrs.evolve(project), files, tuple(spec.name for spec in specs))  # without what it has loaded

    def load(self) -> tuple[Common, tuple[Spec, ...]]:
        """Load it."""
        specs = tuple(spec for spec in self.project.specs if spec.name in self.specs)
        return Common(self.project.catalog_with_hooks(self.files)), specs


BEGUN, EXPLORED, WRONG = b"begun", b"explored", b"wrong"  # what a worker tells, and then what comes of it


def _work(connection: Connection, work: Work) -> None:
    """Explore what comes in, until nobody is there any more."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # who started it hears of it, and ends it
    threading.Thread(target=_end_with_parent, daemon=True).start()
    common, specs = work.load()
    for name in USED:
        import_module(ENGINES[name].module)  # no task's time is for that
    connection.send((BEGUN, b""))
    while True:
        try:
            task, seconds, at_most = common.from_bytes(connection.recv_bytes())
        except (EOFError, OSError):
            return
        try:
            outcome = explored(task, specs, seconds, Deadline(at_most))
            told = EXPLORED, attrs.evolve(common, model=outcome.result.model).to_bytes(outcome)
        except (Exception, SystemExit) as error:
            told = WRONG, _in_words(error).encode()
        connection.send(told)


@contextmanager
def _interrupts_held_back() -> Iterator[None]:
    """Hold back Ctrl-C, also from a process that is started: it would tell of it before it can ignore it."""
    if not hasattr(signal, "pthread_sigmask"):  # on Windows
        yield
        return
    resource_tracker.ensure_running()  # which is started with the first process, and lets it through again
    former = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, former)


def _end_with_parent() -> None:
    parent = multiprocessing.parent_process()
    if parent is not None:
        wait([parent.sentinel])
        os._exit(1)


def _in_words(error: BaseException) -> str:
    said = " ".join(str(error).split())
    if type(error).__module__.startswith("kmodel."):
        return said
    frame = traceback.extract_tb(error.__traceback__)[-1]
    return f"{frame.filename}:{frame.lineno}, in {frame.name}: {type(error).__name__}: {said}"


@attrs.define(eq=False)
class _Worker:
    """A process and what it explores, from when on, and when it should have come back at the latest."""

    process: multiprocessing.process.BaseProcess
    connection: Connection
    has_begun: bool = False
    at: Assignment | None = None
    since: float = 0.0
    until: float = inf

    def explore(self, each: Assignment, common: Common) -> None:
        """Give it a task."""
        left = each.deadline.left
        self.at, self.since = each, time.monotonic()
        self.until = self.since + left + GRACE_SECONDS
        with suppress(OSError):  # if it is lost, that is seen where one waits for it
            self.connection.send_bytes(common.to_bytes((each.task, each.seconds, None if left == inf else left)))

    def end(self) -> str:
        """End it if it has not ended; return how it did, in words."""
        self.process.kill()
        self.process.join()
        self.connection.close()
        code = self.process.exitcode or 0
        return f"killed by {signal.Signals(-code).name}" if code < 0 else f"exit code {code}"


class WorkerProcesses:
    """Processes that carry out a plan. They are started when one enters the context, and ended when one leaves it."""

    def __init__(self, work: Work, catalog: Catalog, specs: tuple[Spec, ...], number: int) -> None:
        self.work = work
        self.common = Common(catalog)
        self.specs = specs
        self.number = number
        self._workers: list[_Worker] = []
        self._lost: Counter[int] = Counter()  # how often, by the number of the task
        self._again: list[Assignment] = []

    def __enter__(self) -> "WorkerProcesses":
        for _ in range(self.number):
            self._start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, where: TracebackType | None
    ) -> None:
        for worker in self._workers:
            worker.end()
        self._workers.clear()

    def carry_out(self, plan: CheckPlan, deadline: Deadline) -> Iterator[TaskOutcome]:
        """Yield what comes of each task, in the order of the plan, as far as there is time.

        KeyboardInterrupt if it is asked to stop, and WorkerError for what is wrong with a model.
        """
        known: dict[int, TaskOutcome] = {}
        due = 0
        try:
            for number, outcome in self._outcomes(plan, deadline):
                known[number] = outcome
                while due in known:
                    yield known.pop(due)
                    due += 1
        except KeyboardInterrupt:
            yield from (known[number] for number in sorted(known))
            raise

    def _outcomes(self, plan: CheckPlan, deadline: Deadline) -> Iterator[tuple[int, TaskOutcome]]:
        """Yield what comes of each task as it comes, with its number in the plan."""
        left = assignments(plan, deadline, self.number)
        while self._workers:
            for worker in self._workers:
                if worker.has_begun and worker.at is None:
                    self._give(worker, left)
            is_starting = not all(worker.has_begun for worker in self._workers) and not deadline.is_over
            if not is_starting and not any(worker.at for worker in self._workers):
                return
            with suppress(TimeIsUp):  # which the workers see, but not that somebody asked to stop
                deadline.check()
            yield from self._come_back(deadline)
        for each in (*self._again, *left):  # no process could be started
            yield each.number, explored(each.task, self.specs, each.seconds, each.deadline)

    def _give(self, worker: _Worker, left: Iterator[Assignment]) -> None:
        """Give a worker the next task, if there is one."""
        each = self._again.pop(0) if self._again else next(left, None)
        if each is not None:
            worker.explore(each, self.common)

    def _come_back(self, deadline: Deadline) -> Iterator[tuple[int, TaskOutcome]]:
        """Wait a moment for workers, and yield what comes of their tasks."""
        told = wait([worker.connection for worker in self._workers], POLL_SECONDS)
        for worker in tuple(self._workers):
            each = worker.at
            if worker.connection in told:
                outcome = self._heard(worker, deadline)
            elif each is not None and time.monotonic() > worker.until:
                outcome = self._nothing(each, f"it did not come back in {each.deadline.seconds:g} s", worker.since)
                self._replace(worker)
            else:
                continue
            if each is not None and outcome is not None:
                yield each.number, outcome

    def _heard(self, worker: _Worker, deadline: Deadline) -> TaskOutcome | None:
        """Hear what a worker tells; None if that is no outcome."""
        try:
            what, content = worker.connection.recv()
        except (EOFError, OSError):
            return self._mourn(worker, deadline)
        if what == WRONG:
            raise WorkerError(content.decode())
        worker.has_begun = True
        each, worker.at = worker.at, None
        if each is None:
            return None
        model = scenario.model(each.task.scenario, self.specs)
        outcome = attrs.evolve(self.common, model=model).from_bytes(content)
        assert isinstance(outcome, TaskOutcome)
        return outcome

    def _mourn(self, worker: _Worker, deadline: Deadline) -> TaskOutcome | None:
        """See to what a lost worker was at; return that nothing came of it, unless it is tried again."""
        each = worker.at
        worker.process.join(1.0)  # so that it has an exit code of its own
        how = self._replace(worker)
        if each is None:
            return None
        self._lost[each.number] += 1
        if self._lost[each.number] == ATTEMPTS or deadline.is_over:
            times = "twice" if self._lost[each.number] == ATTEMPTS else "once"
            return self._nothing(each, f"its process was lost {times} ({how})", worker.since)
        share = Share(deadline, inf if each.deadline.seconds is None else each.deadline.seconds)
        self._again.append(attrs.evolve(each, deadline=share))
        return None

    def _nothing(self, each: Assignment, why: str, since: float) -> TaskOutcome:
        model = scenario.model(each.task.scenario, self.specs)
        return TaskOutcome.of_nothing(each.task, model, "delays", why, time.monotonic() - since)

    def _start(self) -> None:
        """Start a worker, if one can be."""
        ours, theirs = CONTEXT.Pipe()
        process = CONTEXT.Process(target=_work, args=(theirs, self.work), daemon=True)
        try:
            with _interrupts_held_back():
                process.start()
        except OSError:
            ours.close()
        else:
            self._workers.append(_Worker(process, ours))
        finally:
            theirs.close()

    def _replace(self, worker: _Worker) -> str:
        """End a worker, and start another if it had begun; return how it ended."""
        self._workers.remove(worker)
        if worker.has_begun:
            self._start()
        return worker.end()
