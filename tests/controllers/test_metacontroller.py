"""Hooks of Metacontroller, a published file as it is, or a function; and what Metacontroller does around them."""

import re
from typing import Any

import attrs
import pytest

from kmodel.controllers import Client, Controller, composite_controller, controller, custom_kind
from kmodel.controllers.custom_kind import frozen
from kmodel.controllers.hooks import hook_of
from kmodel.engines.exhaustive import Bounds, result_of
from kmodel.kernel import Cluster, Model, ModelError, Step, enabled, step_invariant
from kmodel.kubernetes.catalog import BUILT_IN
from kmodel.kubernetes.components.etcd import stored
from kmodel.kubernetes.components.settings import Command, Session, Settings
from kmodel.kubernetes.objects import ObjectMeta
from kmodel.kubernetes.scenario.completing import complete
from kmodel.kubernetes.scenario.scenario import Scenario
from tests.controllers.scenes import broken, create, model

Batch = custom_kind("example.com/v1", "Batch", spec=dict, status=dict, plural="batchs")
BATCHES: Controller = composite_controller(
    parent=Batch, children={"v1/Pod": "OnDelete"}, hook="hooks/batch.py", name="batch-controller"
)
PODS = {"pod": {"restartPolicy": "Never", "containers": [{"name": "main", "image": "main"}]}}


@controller(watches="v1/Pod")
def runner(client: Client, key: str) -> None:
    """Stands in for scheduler and kubelet: each pod succeeds at once."""
    pod = client.get("v1/Pod", key)
    if pod is not None and pod.status.phase == "Pending":
        client.patch_status(pod, phase="Succeeded")


def batch() -> Any:
    return attrs.evolve(Batch.cls(ObjectMeta("main")), spec=frozen(PODS))


def scene_of(*commands: Command) -> Scenario:
    catalog = BUILT_IN.with_more([BATCHES.component, runner.component], [Batch])
    settings = Settings(sessions=(Session("admin", commands),), names_per_workload=2, calls="fused")
    return complete(Scenario("batch", settings, catalog=catalog), actors=("batch-controller", "runner"))


@step_invariant(needs=stored("batchs"))
def done_is_never_taken_back(step: Step) -> bool | str:
    """A batch that is done stays done."""
    for cell in step.wrote(stored("batchs")):
        before, after = step.before[cell], step.after[cell]
        if before is not None and after is not None and before.status.get("done") and not after.status.get("done"):
            return f"{before.metadata.name} is done no more"
    return True


def test_a_published_hook_is_run_as_it_is_and_its_batch_is_done() -> None:
    result = result_of(model(scene_of(create(batch()))), Bounds(max_states=5_000))
    assert result.finished
    assert broken(result) == set()


def test_a_run_of_a_hook_goes_on_whoever_has_it_run() -> None:
    made = model(scene_of(create(batch())))
    cluster = made.initial[0]
    seen = 0
    while steps := (one_asks(made, cluster) if seen % 2 else another_asks(made, cluster)):
        cluster, seen = steps[-1].next, seen + 1
    assert seen > 10
    assert [
        each.status.get("done") for name in cluster.names(stored("batchs")) if (each := cluster[stored("batchs")[name]])
    ] == [True]


def one_asks(made: Model, cluster: Cluster) -> list[Step]:
    return list(enabled(made, cluster))


def another_asks(made: Model, cluster: Cluster) -> list[Step]:
    return list(enabled(made, cluster))


@pytest.mark.long
def test_a_status_is_taken_back_that_the_cache_has_not_seen() -> None:
    """As metacontroller#1072: the status is computed from the caches, and written over what is there by then."""
    made = model(scene_of(create(batch()), Command("delete", "pods", "main-0")), (done_is_never_taken_back,))
    result = result_of(made, Bounds(max_states=20_000, stop_at_first_violation=True))
    (finding,) = result.failures
    assert finding.reason == "main is done no more"
    told = [step.action.transition.name for step in finding.trace.steps] if finding.trace else []
    assert (len(told), told[-1]) == (14, "batch_controller_reads")


@pytest.mark.parametrize(
    ("hook", "said"),
    [
        pytest.param("hooks/silent.py", "silent.py: serves nothing", id="no server"),
        pytest.param("hooks/none.py", "hook none.py cannot be loaded: .*FileNotFoundError", id="no file"),
    ],
)
def test_a_file_that_is_no_hook_is_told(hook: str, said: str) -> None:
    with pytest.raises(ModelError, match=said):
        hook_of(hook, __file__)


def test_a_hook_that_answers_otherwise_the_second_time_is_told() -> None:
    answers: list[int] = []

    def counts(request: dict[str, Any]) -> Any:
        answers.append(1)
        return {"status": {"seen": len(answers)}}

    with pytest.raises(ModelError, match="hook counts answers the same request in two ways"):
        hook_of(counts, __file__)({})
    with pytest.raises(ModelError, match=re.escape("hook <lambda> answers what is no JSON")):
        hook_of(lambda request: {1, 2}, __file__)({})


def test_a_strategy_that_there_is_not_is_told() -> None:
    with pytest.raises(ModelError, match="'Never' is no update strategy; use one of OnDelete, Recreate, InPlace"):
        composite_controller(parent=Batch, children={"v1/Pod": "Never"}, hook="hooks/batch.py")
