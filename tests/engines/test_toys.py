"""The engines on toy models whose counts are known from independent checkers."""

import json

import pytest

from kmodel.engines.exhaustive import Bounds, result_of
from kmodel.engines.results import Finding, Result, Verdict
from kmodel.kernel import Model, Spec, follow
from tests.engines.hash_seeds import printed
from tests.toys import binary_clock, dining_philosophers, pods, two_phase_commit
from tests.toys.mutants import two_phase_commit_that_disagrees


def finding_on(spec: Spec, result: Result) -> Finding:
    return next(finding for finding in result.findings if finding.spec is spec)


@pytest.mark.parametrize(
    ("model", "states", "generated", "depth"),
    [
        pytest.param(binary_clock.model(), 2, 4, 1, id="binary-clock"),
        pytest.param(two_phase_commit.model(3), 288, 1_146, 11, id="two-phase-commit-3"),
        pytest.param(two_phase_commit.model(5), 8_832, 58_146, 17, id="two-phase-commit-5"),
        pytest.param(pods.model(2, 1), 3_632, 14_496 + 1, None, id="pods-2-1"),
        pytest.param(pods.model(2, 2), 109_391, 641_854 + 1, None, id="pods-2-2"),
    ],
)
def test_counts_equal_those_of_other_checkers(model: Model, states: int, generated: int, depth: int | None) -> None:
    result = result_of(model)
    assert result.finished
    assert (result.states, result.generated) == (states, generated)
    assert depth in (None, result.depth)
    assert result.generated == sum(result.fired.values()) + len(model.initial)
    assert not result.never_fired


def test_specs_of_the_toys_hold() -> None:
    for model in (binary_clock.model(), two_phase_commit.model(3)):
        assert {finding.verdict for finding in result_of(model).findings} == {Verdict.HOLDS}


@pytest.mark.parametrize("managers", [2, 3])
def test_a_mutant_violates_agreement_by_the_shortest_trace(managers: int) -> None:
    result = result_of(two_phase_commit_that_disagrees(managers))
    finding = finding_on(two_phase_commit.managers_agree, result)
    assert finding.verdict is Verdict.VIOLATED
    assert finding.reason == "one manager committed, another aborted"
    assert finding.trace is not None
    # Each prepares and is heard, one commit, one manager that obeys and one that changes its mind.
    assert len(finding.trace.steps) == 2 * managers + 3


def test_philosophers_with_the_same_habits_may_starve() -> None:
    result = result_of(dining_philosophers.model(3, last_is_left_handed=False))
    finding = finding_on(dining_philosophers.nobody_starves, result)
    assert finding.verdict is Verdict.VIOLATED
    assert finding.trace is not None
    assert [step.action.transition.name for step in finding.trace.steps] == ["take_first"] * 3
    assert finding_on(dining_philosophers.somebody_eats, result).verdict is Verdict.HOLDS


def test_a_left_handed_philosopher_saves_them_all() -> None:
    result = result_of(dining_philosophers.model(3, last_is_left_handed=True))
    assert {finding.verdict for finding in result.findings} == {Verdict.HOLDS}


def test_a_trace_replays_by_its_address() -> None:
    model = two_phase_commit_that_disagrees(2)
    for finding in result_of(model).findings:
        assert finding.trace is not None
        assert follow(model, finding.trace.address) == finding.trace


def test_a_bound_is_never_worded_as_success() -> None:
    result = result_of(two_phase_commit.model(3), Bounds(max_states=10))
    assert not result.finished
    assert {finding.verdict for finding in result.findings} == {Verdict.NO_VIOLATION_FOUND}
    assert "10 states" in result.findings[0].reason


COUNT = """
import json
from kmodel.engines.exhaustive import result_of
from tests.toys.mutants import two_phase_commit_that_disagrees
result = result_of(two_phase_commit_that_disagrees(3))
traces = [finding.trace.path for finding in result.findings if finding.trace]
print(json.dumps([result.states, result.generated, result.depth, dict(result.fired), traces]))
"""


@pytest.mark.long
def test_results_do_not_depend_on_the_hash_seed() -> None:
    seen = printed(COUNT)
    assert seen[0] == seen[1]
    assert json.loads(seen[0])[0] > 288
