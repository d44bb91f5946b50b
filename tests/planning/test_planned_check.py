"""`kmodel check -f FOLDER`: slices, faults and the whole, each with its line; what a slice violates replays."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner
from rich.console import Console

from kmodel.cli import main, planned, user_objects
from kmodel.cli.planned import PlannedCheck
from kmodel.engines.clock import Deadline, TimeIsUp
from kmodel.engines.events import Finished, Started
from kmodel.engines.results import Result, Verdict
from kmodel.engines.retracing import recheck_all
from kmodel.engines.runs.in_the_whole import in_the_whole
from kmodel.kubernetes import scenario
from kmodel.kubernetes.scenario.slices import slices, with_faults
from kmodel.planning.carrying_out import Share, carry_out
from kmodel.planning.check_plan import plan_of
from kmodel.project import Project
from kmodel.reporting.reports import ReportContext, writing

POD = """\
apiVersion: v1
kind: Pod
metadata: {{name: {name}}}
spec:
  restartPolicy: {policy}
  containers: [{{name: main, image: x}}]
"""
SPEC = """\
from kmodel.kernel import Cluster, invariant
from kmodel.kubernetes.components.etcd import PODS


@invariant
def the_second_is_never_ready(cluster: Cluster) -> bool | str:
    \"\"\"The second pod is never ready.\"\"\"
    found = [cluster[PODS[name]] for name in cluster.names(PODS) if name == "second"]
    return not any(pod is not None and pod.status.ready for pod in found) or "it is ready"
"""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project with two pods that are not alike, in the working directory; nothing is explored as a whole."""
    (tmp_path / "specs").mkdir()
    (tmp_path / "specs" / "own.py").write_text(SPEC, encoding="utf-8")
    (tmp_path / "app").mkdir()
    for name, policy in (("first", "Always"), ("second", "Never")):
        (tmp_path / "app" / f"{name}.yaml").write_text(POD.format(name=name, policy=policy), encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(planned, "MOST_ACTIONS", 0)
    return tmp_path


def check(*arguments: str) -> tuple[int, str]:
    outcome = CliRunner().invoke(main, ["check", "-f", "app", "--only-mine", *arguments])
    assert outcome.exception is None or isinstance(outcome.exception, SystemExit), outcome.exc_info
    return outcome.exit_code, outcome.stdout


@pytest.mark.usefixtures("folder")
@pytest.mark.long
def test_each_exploration_has_its_line_and_what_is_violated_its_story() -> None:
    code, text = check("--faults", "container-crash=1", "--max-time", "0")
    assert code == 1, text
    told = " ".join(text.split())
    assert "PLAN 2 slices without faults, with one, with two; and the whole" in told
    assert "NO FAULT pod/first no spec violated (all 303 states)" in told
    assert "pod/second VIOLATED: the_second_is_never_ready (all 303 states)" in told
    assert "pod/second + container-crash" not in told  # which shows nothing new
    assert "pod/first no violation found with 1 of 1 faults" in told
    assert "pod/second VIOLATED with 1 of 1 faults" in told
    assert "1 spec violated in 2 slices (4 explorations); of the whole: 1 spec violated" in told


@pytest.mark.long
def test_a_plan_without_enough_time_is_not_finished(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (folder / "specs" / "own.py").write_text(SPEC.replace('"it is ready"', "True"), encoding="utf-8")
    monkeypatch.setattr("kmodel.planning.carrying_out.carry_out", lambda *of_plan: iter(()))
    code, text = check("--max-time", "8s")
    assert code == 3
    assert "more of these; more of --max-time looks at them" in text


@pytest.mark.usefixtures("folder")
def test_json_has_the_plan() -> None:
    code, text = check("--faults", "container-crash=1", "--max-time", "0", "-o", "json")
    assert code == 1
    (document,) = json.loads(text)["items"]
    explorations = document["plan"]["explorations"]
    assert [(each["slice"], each["faults"]) for each in explorations] == [
        ("pod/first", []),
        ("pod/second", []),
        ("pod/first", ["container-crash"]),
        ("pod/second", ["container-crash"]),
    ]
    assert [each["engine"] for each in explorations][:2] == ["exhaustive", "exhaustive"]
    assert explorations[0]["states"] == 303
    assert explorations[1]["violated"][0]["spec"] == "the_second_is_never_ready"
    assert document["plan"]["leftOut"] == 0


@pytest.mark.usefixtures("folder")
def test_a_dry_run_shows_the_plan_and_explores_nothing() -> None:
    code, text = check("--dry-run")
    assert code == 0
    assert "60 s for 2 slices" in text
    assert "pod/first: pod/first" in text
    assert "ONE FAULT" in text
    assert not Path("reports/app").exists()
    assert check("--dry-run", "--engine", "delays")[0] == 2


@pytest.mark.parametrize("faults", [(), ("container-crash",)])
def test_what_a_slice_violates_is_violated_in_the_whole(faults: tuple[str, ...], folder: Path) -> None:
    project = Project(Path("specs"), only_mine=True)
    given = project.read([folder / "app"])
    whole = scenario.model(with_faults(given.scenario, faults), project.specs)
    part = next(each for each in slices(given.scenario) if each.name == "pod/second")
    explored = next(carry_out(plan_of(part.scenario), project.specs, Deadline()))
    (finding,) = explored.failures
    assert finding.trace is not None
    trace = in_the_whole(whole, finding.trace)
    assert trace is not None
    assert len(trace.steps) > len(finding.trace.steps)  # of the first pod's steps some come before
    (again,) = recheck_all(whole, trace)
    assert again.verdict is Verdict.VIOLATED
    assert in_the_whole(whole, finding.trace, Deadline(0)) is None  # nothing is looked for when the time is up


def test_a_story_is_told_before_its_trace_is_written_and_if_that_cannot_be(folder: Path) -> None:
    project = Project(Path("specs"), only_mine=True)
    given = project.read([folder / "app"])
    whole = scenario.model(given.scenario, project.specs)
    each_in_turn = carry_out(plan_of(given.scenario), project.specs, Deadline())
    explored = [next(each for each in each_in_turn if each.failures)]
    taken = folder / "a-file"
    taken.touch()
    console = Console(width=80, record=True)
    context = ReportContext(given.source, taken / "report", console, subject=given)
    check = PlannedCheck(given, whole, project.specs, console, context, explored=explored)
    last = Finished(Result(whole, "delays", (), states=1, generated=1, depth=0, seconds=0.0))
    check.tell_failures(last)
    told = console.export_text()
    assert "VIOLATED in pod/second:" in told
    assert "steps decide" in told
    writing(context, check.write_replays)(last)
    assert isinstance(context.problem, OSError)


@pytest.mark.usefixtures("folder")
def test_where_the_whole_is_seen_there_is_no_plan(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(planned, "MOST_ACTIONS", 10_000)
    (Path("app") / "first.yaml").unlink()
    code, text = check()
    assert code == 1
    assert "PLAN" not in text
    assert "303 distinct states" in text


def test_a_share_ends_with_the_whole_time_and_with_its_own() -> None:
    whole = Deadline(60)
    share = Share(whole, 0)
    with pytest.raises(TimeIsUp):
        share.check()
    share = Share(whole, 50)
    share.check()
    assert 0 < share.left <= 50
    whole.ask()
    assert share.left == 0
    with pytest.raises(KeyboardInterrupt):
        share.check()
    assert Share(Deadline(), float("inf")).seconds is None


def test_all_but_the_last_seconds_end_as_the_whole_time_in_words() -> None:
    share = Share.of_all_but(3.0, Deadline(2.5))
    assert share.is_over
    assert share.why(TimeIsUp()) == "time was up (2.5 s)"


@pytest.mark.usefixtures("folder")
def test_what_has_no_time_for_its_plan_says_so_and_asks_for_no_earlier_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    """What these are of takes seconds to find out where much is loaded."""
    monkeypatch.setattr("kmodel.planning.check_plan.AFTERWARDS", 100.0)
    monkeypatch.setattr(PlannedCheck, "_earlier", lambda check: pytest.fail("there is no time for it"))
    code, text = check("--max-time", "20s", "--jobs", "1")
    assert code == 3
    assert "NO TIME" in text
    assert "time was up (20 s)" in " ".join(text.split())


def test_the_normal_run_hears_who_asks_to_stop(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(user_objects, "MANY_ACTIONS", 0)
    project = Project(Path("specs"), only_mine=True)
    given = project.read([folder / "app"])
    deadline = Deadline()
    deadline.ask()
    told = user_objects.ObjectsReport(given, Console(), wide=False, deadline=deadline)
    with pytest.raises(KeyboardInterrupt):
        told.tell_first(Started(given.model(project.specs), "delays"))
