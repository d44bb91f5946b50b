"""The gallery of incidents: each buggy variant violates its spec by the pinned story, each fixed one keeps it."""

from contextlib import chdir
from pathlib import Path

import attrs
import pytest
from click.testing import CliRunner

from kmodel.cli import main
from kmodel.engines.exhaustive import Bounds, result_of
from kmodel.engines.results import Result, Verdict
from kmodel.input_error import InputError
from kmodel.kernel import Spec
from kmodel.project import Project
from kmodel.project.incidents import BUGGY, FIXED, Incident, incident, incidents

INCIDENTS = incidents()
MOST_STATES = 30_000  # an incident that grows beyond this should be made smaller
MOST_LINES = 20  # of a page that is read at a glance


def explored(found: Incident, variant: str) -> Result:
    """Explore a variant with the incident's spec and what shows that it is put to the test."""
    project = Project(None, found.python_files(variant))
    (asked,) = (spec for spec in project.specs if spec.name == found.spec)
    specs = tuple(attrs.evolve(spec, hazards=()) for spec in project.specs if is_about(spec, asked))
    model = project.read([found.scenario(variant)]).model(specs)
    return result_of(model, Bounds(max_states=MOST_STATES, stop_at_first_violation=variant == BUGGY))


def is_about(spec: Spec, asked: Spec) -> bool:
    return spec is asked or (spec.shows is not None and spec.shows.origin == asked.origin)


def test_there_are_incidents() -> None:
    assert len(INCIDENTS) >= 16
    assert len({found.id for found in INCIDENTS}) == len(INCIDENTS)


@pytest.mark.parametrize("found", INCIDENTS, ids=lambda found: found.id)
def test_as_it_happened_it_ends_in_the_shortest_story(found: Incident) -> None:
    result = explored(found, BUGGY)
    (finding,) = (finding for finding in result.findings if finding.spec.name == found.spec)
    assert finding.verdict is Verdict.VIOLATED, result.stopped or finding.reason
    assert finding.trace is not None
    assert {"steps": len(finding.trace.steps)} == found.expected[BUGGY]


@pytest.mark.parametrize("found", INCIDENTS, ids=lambda found: found.id)
def test_corrected_it_holds_in_all_states_and_is_put_to_the_test(found: Incident) -> None:
    result = explored(found, FIXED)
    verdicts = {finding.spec.name: finding.verdict for finding in result.findings}
    assert result.finished, result.stopped
    assert verdicts.pop(found.spec) is Verdict.HOLDS
    assert Verdict.HOLDS in verdicts.values(), "a `sometimes` shows that the spec is put to the test"
    assert {"states": result.states} == found.expected[FIXED]


@pytest.mark.parametrize("found", INCIDENTS, ids=lambda found: found.id)
def test_its_page_is_short_and_names_its_source(found: Incident) -> None:
    page = (found.folder / "README.md").read_text(encoding="utf-8")
    assert page.startswith(f"# {found.id}: ")
    assert f"<{found.source}>" in page
    assert len(page.splitlines()) <= MOST_LINES


def test_they_are_listed_and_checked_by_their_ids(tmp_path: Path) -> None:
    listed = CliRunner(env={"COLUMNS": "200"}).invoke(main, ["incidents"])
    assert all(found.id in listed.output and found.title in listed.output for found in INCIDENTS)
    with chdir(tmp_path):
        buggy = CliRunner().invoke(main, ["check", "--incident", "k15"])
        assert (buggy.exit_code, "VIOLATED no_node_is_overcommitted" in buggy.output) == (1, True)
        again = CliRunner().invoke(main, ["replay", "reports/K15/trace-no_node_is_overcommitted.json"])
        assert (again.exit_code, "ExpireAssumption" in again.output) == (1, True)
        page = CliRunner().invoke(main, ["incidents", "K15"]).output
        assert page.startswith("# K15: ")
        assert "kmodel check --incident K15 --fixed" in page
        fixed = CliRunner().invoke(main, ["check", "--incident", "K15", "--fixed"])
        assert (fixed.exit_code, "holds (all 34 states)" in fixed.output) == (0, True)


def test_a_shell_completes_their_ids() -> None:
    asked = {"_KMODEL_COMPLETE": "bash_complete", "COMP_WORDS": "kmodel check --incident k1", "COMP_CWORD": "3"}
    assert "K15" in CliRunner().invoke(main, [], prog_name="kmodel", env=asked).output


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["check", "--incident", "K99"], "there is no incident 'K99'"),
        (["check", "--fixed"], "--fixed is of an incident"),
        (["check", "pod-creation", "--incident", "K15"], "an incident has its own scenario"),
        (["incidents", "nothing"], "there is no incident 'nothing'"),
    ],
)
def test_what_is_wrong_is_said_in_one_line(arguments: list[str], said: str) -> None:
    outcome = CliRunner().invoke(main, arguments)
    assert outcome.exit_code == 2
    assert said in outcome.output
    assert len(outcome.output.splitlines()) == 1


def test_a_folder_that_says_too_little_is_named(tmp_path: Path) -> None:
    (tmp_path / "K00-nothing").mkdir()
    (tmp_path / "K00-nothing" / "incident.yaml").write_text("title: Nothing\n", encoding="utf-8")
    with pytest.raises(InputError, match="source"):
        incident("K00", tmp_path)
