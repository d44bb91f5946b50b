import json
import os
from pathlib import Path

import pytest

from kmodel.engines.results import Verdict
from kmodel.engines.retracing import NamedAction, ReplayError, follow_actions, follow_path, recheck
from kmodel.kernel import Trace
from kmodel.reporting import trace_file
from kmodel.reporting.source import Source
from tests.reporting.examples import broken_model, result
from tests.toys import two_phase_commit


def counterexample() -> Trace:
    trace = result(broken_model()).failures[0].trace
    assert trace is not None
    return trace


def test_a_trace_survives_its_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    scenario = tmp_path / "scenarios" / "two.yaml"
    scenario.parent.mkdir()
    scenario.touch()
    file = tmp_path / "reports" / "two" / "trace.json"
    file.parent.mkdir(parents=True)
    source = Source("two", (scenario,), nodes=2, faults=(("crash", 1),), detail=(("calls", "fused"),))
    trace_file.save(
        file, counterexample(), source, two_phase_commit.managers_agree, "one manager committed, another aborted"
    )

    monkeypatch.chdir(file.parent.parent)  # a trace is replayed from wherever the user is
    saved = trace_file.load(Path("two/trace.json"))
    assert saved.source.files == (Path("../scenarios/two.yaml"),)
    assert (saved.source.nodes, saved.source.faults, saved.spec) == (2, (("crash", 1),), "managers_agree")
    assert saved.source.replay_arguments[-2:] == ["--detail", "calls=fused"]
    assert saved.source.detail == source.detail
    assert follow_actions(broken_model(), saved.initial, saved.choices) == counterexample()
    assert saved.address == counterexample().path
    assert follow_path(broken_model(), saved.address) == counterexample()


def test_a_trace_file_can_be_read_by_people(tmp_path: Path) -> None:
    trace_file.save(tmp_path / "t.json", counterexample(), Source("two"), two_phase_commit.managers_agree, "because")
    first = json.loads((tmp_path / "t.json").read_text())["steps"][0]
    assert first["actor"] == "coordinator"
    assert first["event"]["message"] == "The coordinator aborts at any time before the decision."
    assert first["changes"] == ["coordinator: init -> aborted", "sent[Abort]: False -> True"]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("{", "is no JSON"),
        ("[]", "is no trace of kmodel"),
        ('{"format": "kmodel.dev/trace/v1"}', "is damaged (KeyError: 'scenario'); run kmodel check again"),
        ('{"format": "kmodel.dev/trace/v1", "scenario": 3}', "is damaged"),
    ],
)
def test_a_file_that_is_no_trace_gets_one_line(tmp_path: Path, text: str, said: str) -> None:
    file = tmp_path / "t.json"
    file.write_text(text)
    with pytest.raises(trace_file.TraceFileError) as raised:
        trace_file.load(file)
    assert said in str(raised.value)
    assert str(raised.value).startswith(str(file))
    assert "\n" not in str(raised.value)


def test_a_file_that_is_not_there_gets_one_line(tmp_path: Path) -> None:
    with pytest.raises(trace_file.TraceFileError, match=f"{os.strerror(2)}; name a trace"):
        trace_file.load(tmp_path / "none.json")


def test_a_trace_that_does_not_apply_any_more_says_where() -> None:
    choices = [NamedAction(step.action.transition.name, step.action.binding) for step in counterexample().steps]
    with pytest.raises(ReplayError, match=r"^step 4: abort\(\) is not enabled there; the model has changed"):
        follow_actions(broken_model(), 0, [*choices, NamedAction("abort")])
    with pytest.raises(ReplayError, match=r"^step 1: two-phase-commit has no action vanish\(pod=p\); the model has"):
        follow_actions(broken_model(), 0, [NamedAction("vanish", (("pod", "p"),))])
    with pytest.raises(ReplayError, match="has no initial state 7"):
        follow_actions(broken_model(), 7, choices)


@pytest.mark.parametrize(
    ("path", "said"),
    [
        ("", "'' is no address"),
        ("0/x", "'0/x' is no address"),
        ("0/-1", "is no address"),
        ("9", "names no initial state"),
        ("0/99", "step 1 of the address takes action 99"),
    ],
)
def test_an_address_that_leads_nowhere_says_why(path: str, said: str) -> None:
    with pytest.raises(ReplayError, match=said):
        follow_path(broken_model(), path)


def test_a_spec_is_asked_again_along_a_trace() -> None:
    model = broken_model()
    specs = {spec.name: spec for spec in model.specs}
    again = recheck(specs["managers_agree"], counterexample())
    assert (again.verdict, again.reason) == (Verdict.VIOLATED, "one manager committed, another aborted")
    assert again.trace == counterexample()
    assert recheck(specs["all_commit"], counterexample()).verdict is Verdict.NO_VIOLATION_FOUND
    hazard = recheck(specs["all_managers_commit"], counterexample())
    assert hazard.is_hazard
    assert hazard.trace is not None
    assert len(hazard.trace.steps) == 2  # it is broken before the trace ends


def test_a_trace_of_another_model_does_not_violate_the_spec() -> None:
    model = two_phase_commit.model(2)
    trace = follow_actions(model, 0, [NamedAction("abort"), NamedAction("receive_abort", (("manager", "rm0"),))])
    assert recheck(model.specs[0], trace).verdict is Verdict.NO_VIOLATION_FOUND
