"""Under every fault, in scenes small enough to see all of them, the specs hold, or are hazards where they say so."""

from typing import Any

import pytest

from kmodel.engines.exhaustive import Bounds, result_of
from kmodel.kubernetes.catalog import FAULT_NAMES as FAULTS
from kmodel.kubernetes.components.settings import Settings
from tests.components.scenes import create, cronjob, delete, node, pod, probed_containers, replicaset, scene, service
from tests.specs.broken_control_nodes import ONE_IS_CUT_OFF
from tests.specs.mutants import SPECS, faithful

MOST_STATES = 60_000
BOUND = pod(node="n1")
PROBED = pod(node="n1", containers=probed_containers())
COMPETE = (pod("left", memory_mib=600), pod("right", memory_mib=600))
OF_THREE: dict[str, Any] = {"control_nodes": 3, "etcd_members": 3, "api_servers": 3, "calls": "fused"}

SCENES: dict[str, Settings] = {
    "container-crash": scene(stored=(BOUND,), faults={"container-crash": 2}),
    "container-exit": scene(stored=(pod(node="n1", restart_policy="OnFailure"),), faults={"container-exit": 1}),
    "kubelet-restart": scene(delete("pods/web"), stored=(BOUND,), faults={"kubelet-restart": 1}),
    "node-crash": scene(stored=(BOUND,), actors=("kubelet",), faults={"node-crash": 1}),
    "node-restart": scene(stored=(BOUND,), actors=("kubelet",), faults={"node-crash": 1, "node-restart": 1}),
    "node-replacement": scene(stored=(BOUND,), actors=("kubelet",), faults={"node-crash": 1, "node-replacement": 1}),
    "network-partition": scene(stored=(BOUND,), actors=("kubelet",), faults={"network-partition": 1}),
    "late-heartbeat": scene(stored=(BOUND,), calls="fused", faults={"late-heartbeat": 1}),
    "scheduler-restart": scene(
        stored=COMPETE, nodes=(node(memory_mib=1024),), actors=("kube-scheduler",), faults={"scheduler-restart": 1}
    ),
    "process-pause": scene(
        stored=COMPETE,
        nodes=(node(memory_mib=1024),),
        actors=("kube-scheduler",),
        calls="fused",
        schedulers=2,
        faults={"process-pause": 1},
    ),
    "process-pause of a controller": scene(
        stored=(replicaset(),),
        actors=("replicaset-controller",),
        calls="fused",
        controller_managers=2,
        faults={"process-pause": 1},
    ),
    "member-crash": scene(create(pod()), actors=(), etcd_members=3, faults={"member-crash": 2}),
    "member-crash under a controller": scene(
        stored=(replicaset(),),
        actors=("replicaset-controller",),
        calls="fused",
        etcd_members=3,
        faults={"member-crash": 2},
    ),
    "member-return": scene(create(pod()), actors=(), etcd_members=3, faults={"member-crash": 2, "member-return": 2}),
    "slow-disk": scene(create(pod()), actors=(), etcd_members=3, faults={"slow-disk": 1}),
    "control-node-crash": scene(stored=(BOUND,), actors=("kubelet",), **OF_THREE, faults={"control-node-crash": 1}),
    "control-node-return": scene(
        stored=(BOUND,),
        actors=("kubelet",),
        **OF_THREE,
        faults={"control-node-crash": 1, "control-node-return": 1},
    ),
    "control-node-partition": scene(
        stored=(BOUND,), actors=("kubelet",), **OF_THREE, watch_caches="prompt", faults={"control-node-partition": 1}
    ),
    "control-node-partition of one with a cache": scene(
        create(BOUND),
        actors=("kubelet",),
        control_nodes=2,
        etcd_members=3,
        api_servers=2,
        calls="fused",
        client_caches="prompt",
        first_list="any",
        faults={"control-node-partition": 1},
    ),
    "control-node-partition of a scheduler": ONE_IS_CUT_OFF,
    "scheduler-failover": scene(
        stored=COMPETE, nodes=(node(memory_mib=1024),), actors=("kube-scheduler",), faults={"scheduler-failover": 1}
    ),
    "controller-failover": scene(
        stored=(replicaset(),), actors=("replicaset-controller",), faults={"controller-failover": 1}
    ),
    "failed-start": scene(stored=(BOUND,), faults={"failed-start": 1}),
    "failed-image-pull": scene(create(BOUND, wait="Running"), faults={"failed-image-pull": 1}),
    "failed-image-pull of a pod to be bound": scene(
        stored=(pod(),), actors=("kube-scheduler", "kubelet"), faults={"failed-image-pull": 1}
    ),
    "failed-readiness": scene(stored=(PROBED,), faults={"failed-readiness": 1}),
    "container-hang": scene(stored=(PROBED,), faults={"container-hang": 1}),
    "late-call": scene(create(BOUND), delete("pods/web", grace_seconds=0), faults={"late-call": 1}),
    "late-call of the scheduler": scene(
        stored=COMPETE, nodes=(node(memory_mib=1024),), actors=("kube-scheduler",), faults={"late-call": 1}
    ),
    "apiserver-restart": scene(create(BOUND), faults={"apiserver-restart": 1}),
    "apiserver-crash": scene(create(BOUND), delete("pods/web", grace_seconds=0), faults={"apiserver-crash": 1}),
    "apiserver-crash under the scheduler": scene(
        stored=COMPETE, nodes=(node(memory_mib=1024),), actors=("kube-scheduler",), faults={"apiserver-crash": 1}
    ),
    "apiserver-crash under a controller": scene(
        stored=(replicaset(),), actors=("replicaset-controller",), faults={"apiserver-crash": 1}
    ),
    "apiserver-crash of one of two": scene(
        create(BOUND), actors=("kubelet",), api_servers=2, watch_caches="prompt", faults={"apiserver-crash": 1}
    ),
    "apiserver-crash of one that lags": scene(
        create(BOUND),
        actors=("kubelet",),
        api_servers=2,
        calls="fused",
        client_caches="prompt",
        faults={"apiserver-crash": 1},
    ),
    "scheduler-restart of one of two": scene(
        stored=COMPETE,
        nodes=(node(memory_mib=1024),),
        actors=("kube-scheduler",),
        calls="fused",
        schedulers=2,
        faults={"scheduler-restart": 1},
    ),
    "scheduler-failover of one of two": scene(
        stored=COMPETE,
        nodes=(node(memory_mib=1024),),
        actors=("kube-scheduler",),
        calls="fused",
        schedulers=2,
        faults={"scheduler-failover": 1},
    ),
    "controller-failover of one of two": scene(
        stored=(replicaset(),),
        actors=("replicaset-controller",),
        controller_managers=2,
        faults={"controller-failover": 1},
    ),
    "apiserver-outage": scene(create(BOUND), calls="fused", faults={"apiserver-outage": 1}),
    "lost-event": scene(delete("pods/web"), stored=(BOUND,), calls="fused", faults={"lost-event": 1}),
    "controller-restart": scene(
        stored=(replicaset(),), actors=("replicaset-controller",), faults={"controller-restart": 1}
    ),
    "lost-request": scene(create(BOUND), delete("pods/web", grace_seconds=0), faults={"lost-request": 1}),
    "lost-answer": scene(create(BOUND), delete("pods/web", grace_seconds=0), faults={"lost-answer": 1}),
    "lost-answer to the scheduler": scene(
        stored=COMPETE, nodes=(node(memory_mib=1024),), actors=("kube-scheduler",), faults={"lost-answer": 1}
    ),
    "lost-answer to a controller": scene(
        stored=(replicaset(replicas=2),), actors=("replicaset-controller",), faults={"lost-answer": 1}
    ),
    "cron-tick": scene(
        stored=(cronjob(),),
        names_per_workload=2,
        calls="fused",
        actors=("cronjob-controller", "job-controller"),
        faults={"cron-tick": 1},
    ),
    "container-crash under a service": scene(
        stored=(service(), BOUND),
        actors=("kubelet", "endpointslice-controller", "kube-proxy"),
        calls="fused",
        faults={"container-crash": 1},
    ),
}


def test_every_fault_has_a_scene() -> None:
    assert set(FAULTS) == {name.partition(" ")[0] for name in SCENES if not name.startswith("node-crash under")}


@pytest.mark.parametrize("name", SCENES)
def test_a_fault_happens_and_violates_nothing_but_hazards(name: str) -> None:
    result = result_of(faithful(SCENES[name], SPECS), Bounds(max_states=MOST_STATES))
    assert result.finished, result.stopped
    faults = {action.transition.name for action in result.model.actions if action.actor == "fault"}
    assert faults
    assert not faults & set(result.never_fired)
    assert not [f"{finding.spec.name}: {finding.reason}" for finding in result.failures]


@pytest.mark.parametrize(
    ("name", "spec"),
    [
        ("scheduler-restart", "no_node_is_overcommitted"),
        ("lost-answer to the scheduler", "no_node_is_overcommitted"),
        ("scheduler-failover", "no_node_is_overcommitted"),
        ("late-call of the scheduler", "no_node_is_overcommitted"),
        ("apiserver-crash under the scheduler", "no_node_is_overcommitted"),
        ("apiserver-crash under a controller", "a_replicaset_never_has_too_many_pods"),
        ("scheduler-restart of one of two", "no_node_is_overcommitted"),
        ("scheduler-failover of one of two", "no_node_is_overcommitted"),
        ("controller-failover", "a_replicaset_never_has_too_many_pods"),
        ("controller-restart", "a_replicaset_never_has_too_many_pods"),
        ("lost-answer to a controller", "a_replicaset_never_has_too_many_pods"),
        ("member-crash under a controller", "replicasets_get_their_pods"),
        ("failed-image-pull", "kubectl_wait_returns"),
        ("container-crash under a service", "a_service_routes_only_to_ready_pods"),
    ],
)
def test_a_hazard_strikes(name: str, spec: str) -> None:
    result = result_of(faithful(SCENES[name], SPECS), Bounds(max_states=MOST_STATES))
    struck = {finding.spec.name for finding in result.findings if finding.is_hazard}
    assert struck == {spec}
