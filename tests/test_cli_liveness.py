"""`kmodel check`, `replay` and `specs` with temporal specs: runs that go on for ever, and their replay."""

import json
import re
import shlex
from pathlib import Path

import pytest

from kmodel.kernel import Spec
from tests.reporting import lassos
from tests.reporting.golden import same
from tests.test_cli import project as project  # the fixture: a project in the working directory
from tests.test_cli import run, steady


@pytest.fixture(autouse=True)
def temporal(project: list[Spec]) -> None:
    project[:] = lassos.SPECS
    for name in ("starving", "stuck"):
        Path(f"specs/scenarios/{name}.yaml").write_text(name)


def test_runs_that_go_on_for_ever_are_told_in_full() -> None:
    outcome = run("check", "starving", "--spec", "p0_eats_again")
    assert outcome.exit_code == 1
    assert same("check-starving.txt", steady(outcome.stdout))
    assert max(map(len, outcome.stdout.splitlines())) <= 80


@pytest.mark.parametrize("scenario", ["starving", "stuck"])
def test_every_replay_command_shows_what_the_check_showed(scenario: str) -> None:
    (document,) = json.loads(run("check", scenario, "-o", "json").stdout)["items"]
    violated = [each for each in document["specs"] if each["trace"] and each["kind"] != "confluent"]
    assert len(violated) >= 3
    for each in violated:
        again = run(*shlex.split(each["trace"]["replay"])[1:], "-o", "json")
        told = json.loads(again.stdout)
        assert told["goesOnForEver"]
        assert told["cycle"] == each["trace"]["cycle"]
        assert (told["specs"][0]["verdict"], told["specs"][0]["reason"]) == ("violated", each["reason"])
        assert again.exit_code == (1 if each["standing"] == "violated" else 0)
        by_path = run("replay", "--path", each["trace"]["address"], "-f", f"specs/scenarios/{scenario}.yaml")
        assert each["reason"] in " ".join(by_path.stdout.split())


def test_a_replay_follows_the_cycle_once_and_says_that_it_is_fair() -> None:
    run("check", "starving", "--spec", "p0_eats_again")
    outcome = run("replay", "reports/starving/trace-p0_eats_again.json")
    assert outcome.exit_code == 1
    assert same("replay-starving.txt", outcome.stdout)


def test_a_replay_of_what_is_no_run_says_why() -> None:
    def replayed(path: str, exit_code: int = 0) -> str:
        outcome = run("replay", "--path", path, "-f", "specs/scenarios/starving.yaml", "--no-diff")
        assert outcome.exit_code == exit_code
        return outcome.stdout

    assert "no fair run goes on like this for ever" in replayed("0~")  # everybody may begin
    assert "the cycle does not come back to the state that it begins in" in replayed("0/1~1")
    assert "for ever" not in replayed("0/1/1")
    assert "a fair run may stay there: nothing that is owed is enabled" in replayed("0/1/1/1/3~", 1)


def test_a_trace_file_without_a_cycle_is_read_as_before() -> None:
    run("check", "starving", "--spec", "p0_eats_again")
    file = Path("reports/starving/trace-p0_eats_again.json")
    document = json.loads(file.read_text())
    assert document.pop("cycle") == 3
    file.write_text(json.dumps(document))
    outcome = run("replay", str(file))
    assert outcome.exit_code == 3
    assert "p0_eats_again: not judged: it speaks of whole runs" in outcome.stdout


def test_runs_are_judged_only_once_all_states_are_known() -> None:
    outcome = run("check", "starving", "--max-states", "9")
    assert outcome.exit_code == 3
    told = " ".join(outcome.stdout.split())
    assert "p0_eats_again not judged (runs are judged only once all states are known)" in told
    assert "ENDS" not in told
    assert "holds" not in told


def test_the_document_tells_where_the_system_comes_to_rest() -> None:
    (document,) = json.loads(run("check", "stuck", "-o", "json").stdout)["items"]
    ends = document["ends"]
    assert (ends["states"], ends["upToNames"], len(ends["addresses"])) == (5, 5, 5)
    assert document["notPutToTheTest"] == ["a_second_meal_is_forgotten"]
    stuck = next(each for each in document["specs"] if each["name"] == "somebody_eats_at_last")
    assert stuck["trace"]["idle"] == [{"action": "beg()", "disabledAfter": None}]


def test_kinds_are_listed_in_words() -> None:
    told = run("specs").stdout
    assert re.search(r"^p0_eats_again +always eventually +-", told, re.MULTILINE)
    assert re.search(r"^the_forks_lie_still +converges +yes", told, re.MULTILINE)
