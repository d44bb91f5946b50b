"""A plan in several processes: what one alone finds, in the same order, whatever becomes of the processes."""

import json
import multiprocessing
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from kmodel.cli import planned
from kmodel.engines.clock import Deadline
from kmodel.engines.results import Verdict
from kmodel.kernel import ModelError
from kmodel.planning import worker_processes
from kmodel.planning.carrying_out import carry_out
from kmodel.planning.check_plan import CheckPlan, PlanStage, plan_of
from kmodel.planning.task_outcome import TaskOutcome
from kmodel.planning.worker_processes import Work, WorkerError, WorkerProcesses
from kmodel.project import Input, Project
from tests.planning.test_planned_check import POD, SPEC, check

HEAD = """\
import os, signal, time
from pathlib import Path
from kmodel.kernel import Cluster, invariant
from kmodel.kubernetes.components.etcd import PODS


@invariant
def it_is_well(cluster: Cluster) -> bool:
    \"\"\"All is well.\"\"\"
    if "second" in cluster.names(PODS):
"""
KILLED = "        os.kill(os.getpid(), signal.SIGKILL)\n    return True\n"
KILLED_ONCE = """\
        if not Path("killed").exists():
            Path("killed").touch()
            os.kill(os.getpid(), signal.SIGKILL)
    return True
"""
STUCK = "        time.sleep(600)\n    return True\n"
WRONG = "        return cluster[PODS['nobody']] is None\n    return True\n"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder with two pods in the working directory; afterwards no process is left."""
    (tmp_path / "specs").mkdir()
    (tmp_path / "app").mkdir()
    for name, policy in (("first", "Always"), ("second", "Never")):
        (tmp_path / "app" / f"{name}.yaml").write_text(POD.format(name=name, policy=policy), encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    yield tmp_path
    assert not multiprocessing.active_children()


def read(folder: Path, spec: str) -> tuple[Project, Input, CheckPlan]:
    """Return the project with one spec file, its scenario, and a plan without faults."""
    (folder / "specs" / "own.py").write_text(spec, encoding="utf-8")
    project = Project(Path("specs"), only_mine=True)
    given = project.read([Path("app")])
    plan = plan_of(given.scenario)
    return project, given, CheckPlan(plan.slices, plan.stages[:1])


def processes_of(project: Project, given: Input, number: int = 2) -> WorkerProcesses:
    work = Work.of(project, given.source.files, project.specs)
    return WorkerProcesses(work, given.scenario.catalog, project.specs, number)


def in_processes(folder: Path, spec: str, deadline: Deadline | None = None) -> list[TaskOutcome]:
    project, given, plan = read(folder, spec)
    with processes_of(project, given) as processes:
        return list(processes.carry_out(plan, deadline or Deadline()))


@pytest.mark.long
def test_several_processes_tell_what_one_tells(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(planned, "MOST_ACTIONS", 0)
    (folder / "specs" / "own.py").write_text(SPEC, encoding="utf-8")
    told, documents = [], []
    for jobs in ("1", "3"):
        options = ("--faults", "container-exit=1", "--max-time", "0", "--jobs", jobs)
        code, text = check(*options, "-v", "--reports", f"text-{jobs}")
        assert code == 1
        told.append(text.partition("EXPLORED")[0])
        assert text.count("VIOLATED:") == 2
        _, text = check(*options, "-o", "json", "--reports", f"json-{jobs}")
        documents.append(json.loads(text)["items"][0]["plan"]["explorations"])
        assert all(each.pop("seconds") > 0 for each in documents[-1])
    assert told[0] == told[1]
    assert documents[0] == documents[1]


def test_traces_are_those_of_one_process(folder: Path) -> None:
    project, _, plan = read(folder, SPEC)
    alone = [finding for each in carry_out(plan, project.specs, Deadline()) for finding in each.failures]
    there = [finding for each in in_processes(folder, SPEC) for finding in each.failures]
    assert len(alone) == 1
    for mine, theirs in zip(alone, there, strict=True):
        assert mine.trace is not None
        assert theirs.trace is not None
        assert mine.trace.path == theirs.trace.path
        assert mine.trace.last == theirs.trace.last
        assert mine.reason == theirs.reason


@pytest.mark.long
def test_a_task_whose_process_is_lost_is_explored_once_more(folder: Path) -> None:
    outcomes = in_processes(folder, HEAD + KILLED_ONCE)
    assert [str(each.task) for each in outcomes] == ["pod/first", "pod/second"]
    assert (folder / "killed").exists()
    assert all(each.result.finished for each in outcomes)


@pytest.mark.long
def test_a_task_whose_process_is_lost_again_is_named(folder: Path) -> None:
    first, second = in_processes(folder, HEAD + KILLED)
    assert first.result.finished
    assert second.in_words == "not explored: its process was lost twice (killed by SIGKILL)"
    assert second.lost
    assert [each.verdict for each in second.result.findings] == [Verdict.NO_VIOLATION_FOUND]


@pytest.mark.long
def test_a_task_that_does_not_come_back_is_named(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(worker_processes, "GRACE_SECONDS", 0.5)
    _, second = in_processes(folder, HEAD + STUCK, Deadline(20))
    assert second.in_words.startswith("not explored: it did not come back in ")


@pytest.mark.long
def test_what_is_wrong_with_a_spec_is_told_as_by_one_process(folder: Path) -> None:
    project, _, plan = read(folder, HEAD + WRONG)
    with pytest.raises(ModelError) as alone:
        list(carry_out(plan, project.specs, Deadline()))
    with pytest.raises(WorkerError) as there:
        in_processes(folder, HEAD + WRONG)
    assert str(there.value) == " ".join(str(alone.value).split())


@pytest.mark.long
def test_who_asks_to_stop_is_heard_at_once(folder: Path) -> None:
    project, given, plan = read(folder, HEAD + STUCK)
    deadline = Deadline()
    with processes_of(project, given) as processes:
        told = processes.carry_out(plan, deadline)
        assert str(next(told).task) == "pod/first"
        deadline.ask()
        with pytest.raises(KeyboardInterrupt):
            next(told)


@pytest.mark.skipif(not hasattr(signal, "pthread_sigmask"), reason="this system holds back no signals")
def test_a_process_that_is_started_hears_no_interrupt() -> None:
    """Those who press Ctrl-C in a terminal send it to all processes there, also to one that is just being started."""
    ask = "import signal; print(signal.SIGINT in signal.pthread_sigmask(signal.SIG_BLOCK, ()))"
    for _ in range(2):  # the first time, what starts processes is started itself
        with worker_processes._interrupts_held_back():
            told = subprocess.run([sys.executable, "-S", "-c", ask], capture_output=True, text=True, check=True)
        assert told.stdout == "True\n"
    assert signal.SIGINT not in signal.pthread_sigmask(signal.SIG_BLOCK, ())


def test_where_no_process_can_be_started_one_explores_alone(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(WorkerProcesses, "_start", lambda self: None)
    outcomes = in_processes(folder, SPEC)
    assert [bool(each.failures) for each in outcomes] == [False, True]


@pytest.mark.long
def test_the_plan_ends_with_its_stage_also_in_processes(folder: Path) -> None:
    project, given, plan = read(folder, SPEC)
    none = CheckPlan(plan.slices, (PlanStage("no fault", 1.0, ()),))
    with processes_of(project, given) as processes:
        assert list(processes.carry_out(none, Deadline())) == []
        assert list(processes.carry_out(plan, Deadline(0))) == []
