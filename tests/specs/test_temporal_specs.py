"""Every temporal spec can fail, by a lasso; the faithful model of its scene keeps it, and puts it to the test."""

from functools import cache

import pytest

from kmodel.engines.exhaustive import Bounds, result_of
from kmodel.engines.liveness.one_run import comes_back, judge_run, unfair_to
from kmodel.engines.results import Result, Verdict
from kmodel.kernel import keys_of
from kmodel.kubernetes.components.etcd import PODS, stored
from kmodel.kubernetes.components.kubelet.state import is_up
from kmodel.kubernetes.components.settings import Settings
from kmodel.kubernetes.objects.deployment import AVAILABLE
from tests.components.runs import Run
from tests.specs import broken_rollouts
from tests.specs.mutants import TEMPORAL, Mutant, faithful
from tests.specs.stuck import LOSES_ITS_ONLY_NODE, STUCK

MOST_STATES = 50_000  # the scenes are far smaller; a scene that grows beyond this should be made smaller


@cache
def _faithful_result(scene: Settings) -> Result:
    return result_of(faithful(scene, tuple(TEMPORAL.values())), Bounds(max_states=MOST_STATES))


def test_every_temporal_spec_has_a_mutant() -> None:
    assert {mutant.spec for mutant in STUCK} == set(TEMPORAL)
    assert len({mutant.name for mutant in STUCK}) == len(STUCK)


@pytest.mark.parametrize("mutant", STUCK, ids=lambda mutant: mutant.name)
def test_a_mutant_violates_its_spec_for_ever(mutant: Mutant) -> None:
    broken = mutant.model()
    result = result_of(broken, Bounds(max_states=MOST_STATES))
    (finding,) = result.findings
    assert finding.verdict is Verdict.VIOLATED, f"the mutant survives: {result.stopped or finding.reason}"
    trace = finding.trace
    assert trace is not None
    assert trace.cycle is not None
    told = [str(step.action) for step in trace.steps]
    assert (trace.cycle, len(trace.steps) - trace.cycle) == (mutant.steps, mutant.cycle), told
    assert comes_back(trace)
    assert not unfair_to(broken, trace)
    reasons = [judge_run(finding.spec, key, trace) for key in keys_of(finding.spec, trace.initial.layout)]
    assert any(reason is not None for reason in reasons)


@pytest.mark.long
@pytest.mark.parametrize("mutant", STUCK, ids=lambda mutant: mutant.name)
def test_the_faithful_model_of_the_scene_keeps_the_spec(mutant: Mutant) -> None:
    result = _faithful_result(mutant.scene)
    assert result.finished, result.stopped
    (finding,) = (finding for finding in result.findings if finding.spec.name == mutant.spec)
    assert finding.verdict is Verdict.HOLDS, finding.reason
    assert finding.is_tested


def test_a_pod_lost_with_the_only_node_stays_and_that_is_right() -> None:
    spec = TEMPORAL["a_pod_lost_with_its_node_is_replaced"]
    result = result_of(faithful(LOSES_ITS_ONLY_NODE, (spec,)), Bounds(max_states=MOST_STATES))
    assert result.finished, result.stopped
    assert [finding.verdict for finding in result.findings] == [Verdict.HOLDS]
    assert result.ends is not None
    ends = [trace.last for trace in result.ends.traces]
    pods = [cluster[PODS[name]] for cluster in ends if not is_up(cluster, "n1") for name in cluster.names(PODS)]
    assert any(pod is not None and pod.spec.node_name == "n1" and not pod.metadata.deleting for pod in pods)


def test_a_rollout_that_is_done_has_kept_its_promise_when_the_only_node_crashes() -> None:
    spec = TEMPORAL["a_rollout_completes_or_says_why_not"]
    begun = Run.of(broken_rollouts.LOSES_ITS_ONLY_NODE)
    assert spec.function(begun.cluster) == "deployment/web has 1 replicas wanted, 0 updated, 0 available"
    run = begun.settle().take("crash_node", node="n1").settle()
    deployment = run.cluster[stored("deployments")["web"]]
    assert deployment is not None
    assert (deployment.status.progressing, deployment.status.available) == (AVAILABLE, 0)
    assert spec.function(run.cluster) is True
