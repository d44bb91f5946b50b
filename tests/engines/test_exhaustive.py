import pytest
from hypothesis import HealthCheck, given, settings

from kmodel.engines.compiled import search as compiled_search
from kmodel.engines.exhaustive import Bounds, result_of
from kmodel.engines.verdict import Result, Verdict
from kmodel.kernel import Kind, Model, follow
from tests.engines import reference
from tests.engines.random_models import models
from tests.toys import pods, two_phase_commit

TWO_PHASE_COMMIT = {2: (56, 154, 8), 3: (288, 1_146, 11), 4: (1_568, 8_258, 14), 5: (8_832, 58_146, 17)}
TWO_PHASE_COMMIT |= {6: (50_816, 402_306, 20), 7: (296_448, 2_744_706, 23)}
PODS = {(2, 1): (3_632, 14_497), (2, 2): (109_391, 641_855)}


@pytest.mark.parametrize("managers", TWO_PHASE_COMMIT)
def test_counts_of_two_phase_commit(managers: int) -> None:
    result = result_of(two_phase_commit.model(managers))
    assert (result.states, result.generated, result.depth) == TWO_PHASE_COMMIT[managers]
    assert [finding.verdict for finding in result.findings] == [Verdict.HOLDS, Verdict.HOLDS]


@pytest.mark.parametrize("size", PODS)
def test_counts_of_pods(size: tuple[int, int]) -> None:
    result = result_of(pods.model(*size))
    assert (result.states, result.generated) == PODS[size]


def assert_equal_to_reference(model: Model, result: Result) -> None:
    plain = reference.search(model)
    assert result.finished
    assert (result.states, result.generated, result.depth) == (plain.states, plain.generated, plain.depth)
    assert dict(result.fired) == plain.fired
    for finding in result.findings:
        name = finding.spec.name
        expected = name in plain.lengths
        happened = finding.verdict is (Verdict.HOLDS if finding.spec.kind is Kind.SOMETIMES else Verdict.VIOLATED)
        assert (finding.trace is not None) == expected
        if finding.trace is not None:
            assert happened
            assert len(finding.trace.steps) == plain.lengths[name]
            assert follow(model, finding.trace.address) == finding.trace
            subject = finding.trace.steps[-1] if finding.spec.of_steps else finding.trace.last
            assert (finding.spec(subject) is True) == (finding.spec.kind is Kind.SOMETIMES)


@given(models())
@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_random_models_equal_the_reference(model: Model) -> None:
    assert_equal_to_reference(model, result_of(model))


@given(models())
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_random_models_equal_the_reference_whenever_cells_are_regrouped(model: Model) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(compiled_search, "REGROUP_AT_STATES", tuple(range(2, 200, 7)))
        patch.setattr("kmodel.engines.compiled.grouping.MAX_UNSEEN", 1.0)
        assert_equal_to_reference(model, result_of(model))


@given(models())
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_two_threads_give_the_same_result(model: Model) -> None:
    one, two = result_of(model), result_of(model, Bounds(threads=2))
    assert (one.states, one.generated, one.depth, one.fired) == (two.states, two.generated, two.depth, two.fired)
    assert one.findings == two.findings
