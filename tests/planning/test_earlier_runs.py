"""What earlier runs found by the same plan is known to later ones, and nothing of it is lost or taken for another's."""

from pathlib import Path

import attrs
import pytest

from kmodel.cli import planned
from kmodel.engines.clock import Deadline
from kmodel.engines.results import Verdict
from kmodel.planning.carrying_out import carry_out
from kmodel.planning.check_plan import CheckPlan, plan_of
from kmodel.planning.earlier_runs import EarlierRuns, key_of, together, without
from kmodel.planning.messages import Common
from kmodel.planning.task_outcome import TaskOutcome
from kmodel.project import Project
from tests.planning.test_planned_check import POD, SPEC, check


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with two pods, of which a spec is violated by the second, in the working directory."""
    (tmp_path / "specs").mkdir()
    (tmp_path / "app").mkdir()
    (tmp_path / "specs" / "own.py").write_text(SPEC, encoding="utf-8")
    for name, policy in (("first", "Always"), ("second", "Never")):
        (tmp_path / "app" / f"{name}.yaml").write_text(POD.format(name=name, policy=policy), encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def begun() -> tuple[EarlierRuns, CheckPlan, list[TaskOutcome]]:
    """Return an empty file, a plan without faults, and what comes of it."""
    project = Project(Path("specs"), only_mine=True)
    given = project.read([Path("app")])
    plan = plan_of(given.scenario)
    plan = CheckPlan(plan.slices, plan.stages[:1])
    earlier = EarlierRuns(Path("kept") / "plan.kmodel", "a key", Common(given.scenario.catalog), project.specs)
    assert earlier.known(plan) == ()
    return earlier, plan, list(carry_out(plan, project.specs, Deadline()))


@pytest.mark.usefixtures("folder")
def test_what_was_found_is_known_with_its_traces() -> None:
    earlier, plan, found = begun()
    for each in found:
        earlier.add(each)
    known = earlier.known(plan)
    assert [each.in_words for each in known] == [each.in_words for each in found]
    assert [each.document() for each in known] == [{**each.document(), "earlier": True} for each in found]
    (finding,) = known[1].failures
    assert finding.verdict is Verdict.VIOLATED
    assert finding.trace is not None
    assert finding.trace.last == found[1].failures[0].trace.last  # type: ignore[union-attr]  # it has one
    assert not [task for stage in without(plan, known).stages for task in stage.tasks]
    assert attrs.evolve(earlier, key="another").known(plan) == ()
    assert earlier.known(plan) == ()  # which the other key began anew


@pytest.mark.usefixtures("folder")
def test_half_an_outcome_is_cut_off_and_the_others_are_kept() -> None:
    earlier, plan, (first, second) = begun()
    earlier.add(first)
    whole = earlier.path.stat().st_size
    earlier.add(second)
    with earlier.path.open("r+b") as file:
        file.truncate(earlier.path.stat().st_size - 7)
    assert [str(each.task) for each in earlier.known(plan)] == ["pod/first"]
    assert earlier.path.stat().st_size == whole
    earlier.add(second)
    assert len(earlier.known(plan)) == 2


@pytest.mark.usefixtures("folder")
def test_what_was_hardly_explored_is_not_kept_and_what_was_not_done_only_until_all_is_known() -> None:
    earlier, plan, (first, second) = begun()
    hardly = attrs.evolve(first, result=attrs.evolve(first.result, saw_the_least=False))
    earlier.add(hardly)
    assert earlier.known(plan) == ()
    earlier.add(attrs.evolve(first, is_done=False))
    assert [str(each.task) for each in earlier.known(plan)] == ["pod/first"]
    earlier.add(second)
    assert [str(each.task) for each in earlier.known(plan)] == ["pod/second"]


@pytest.mark.usefixtures("folder")
def test_where_nothing_can_be_kept_it_is_said() -> None:
    earlier, plan, (first, _) = begun()
    full = attrs.evolve(earlier, path=Path("/dev/full"))
    full.add(first)
    assert full.problem is not None
    Path("a-file").touch()
    nowhere = attrs.evolve(earlier, path=Path("a-file") / "plan.kmodel")
    assert nowhere.known(plan) == ()
    assert nowhere.problem is not None
    nowhere.add(first)


@pytest.mark.usefixtures("folder")
def test_what_is_known_comes_before_what_is_new_of_as_many_faults() -> None:
    _, _, (first, second) = begun()
    with_fault = attrs.evolve(first, task=attrs.evolve(first.task, faults=("container-crash",)))
    assert list(together([second, with_fault], [first])) == [second, first, with_fault]
    assert list(together([second], [with_fault])) == [second, with_fault]


def test_another_spec_has_another_key(folder: Path) -> None:
    project = Project(Path("specs"), only_mine=True)
    model = project.read([Path("app")]).model(project.specs)
    file = folder / "specs" / "own.py"
    before = key_of(model, [file])
    assert before == key_of(model, [file])
    file.write_text(SPEC.replace("never ready", "not ready"), encoding="utf-8")
    assert before != key_of(model, [file])


@pytest.mark.long
@pytest.mark.usefixtures("folder")
def test_a_second_check_goes_on_from_the_first(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(planned, "MOST_ACTIONS", 0)
    code, text = check("--faults", "container-exit=1", "--max-time", "0", "--jobs", "1")
    assert code == 1
    assert "KNOWN" not in text
    code, again = check("--faults", "container-exit=1", "--max-time", "0", "--jobs", "1")
    assert code == 1
    assert "KNOWN         4 explorations are of earlier runs" in again
    first, second = (told[told.index("NO FAULT") : told.index("SCENARIO")] for told in (text, again))
    assert first == second
