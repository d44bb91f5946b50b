"""What becomes of a user's objects is said as a cluster says it: refused with its message, or where each one ends."""

from pathlib import Path

import pytest

from kmodel.engines.exhaustive import Bounds, result_of
from kmodel.kubernetes.objects.affinity import HOSTNAME, REQUIRED
from kmodel.kubernetes.scenario import load, model
from kmodel.kubernetes.scenario.endings import Ending, endings
from kmodel.project.project import Project
from tests.specs.mutants import TEMPORAL

HEAD = "apiVersion: v1\nkind: Pod\nmetadata: {name: web}\n"
ODD = "labelSelector: {matchExpressions: [{key: a, operator: Gt, values: ['1']}]}"


def pod(spec: str, containers: str = "{name: a, image: x}", name: str = "web") -> str:
    comma = ", " if spec else ""
    return f"apiVersion: v1\nkind: Pod\nmetadata: {{name: {name}}}\nspec: {{{spec}{comma}containers: [{containers}]}}\n"


def replica_set(spec: str, labels: str = "a: b", kind: str = "ReplicaSet", selector: str = "") -> str:
    template = f"{{metadata: {{labels: {{{labels}}}}}, spec: {{containers: [{{name: a, image: x}}]}}}}"
    head = f"apiVersion: apps/v1\nkind: {kind}\nmetadata: {{name: web}}\n"
    return f"{head}spec: {{{spec}, selector: {{{selector or 'matchLabels: {a: b}'}}}, template: {template}}}\n"


def deployment(spec: str) -> str:
    return replica_set(f"strategy: {{{spec}}}", kind="Deployment")


def stateful_set(spec: str) -> str:
    return replica_set(spec, kind="StatefulSet")


JOB_SPEC = "template: {spec: {restartPolicy: Never, containers: [{name: a, image: x}]}}"


def job(spec: str) -> str:
    return f"apiVersion: batch/v1\nkind: Job\nmetadata: {{name: web}}\nspec: {{{spec}, {JOB_SPEC}}}\n"


def cron_job(spec: str) -> str:
    head = "apiVersion: batch/v1\nkind: CronJob\nmetadata: {name: web}\n"
    return f"{head}spec: {{{spec}, jobTemplate: {{spec: {{{JOB_SPEC}}}}}}}\n"


def in_terms(expression: str, labels: str = "a: b") -> str:
    return replica_set("replicas: 1", labels, selector=f"matchExpressions: [{{{expression}}}]")


@pytest.mark.parametrize(
    ("text", "code", "message"),
    [
        (replica_set("replicas: 1", "a: other"), 422, "`selector` does not match template `labels`"),
        (replica_set("replicas: -1"), 422, "spec.replicas: Invalid value: must be greater than or equal to 0"),
        (
            stateful_set("replicas: -2147483648"),
            422,
            "spec.replicas: Invalid value: must be greater than or equal to 0",
        ),
        (
            stateful_set("updateStrategy: {rollingUpdate: {partition: -1}}"),
            422,
            "rollingUpdate.partition: Invalid value",
        ),
        (
            stateful_set("podManagementPolicy: Any"),
            422,
            "podManagementPolicy: Invalid value: 'Any': must be 'OrderedRe",
        ),
        (
            deployment("type: Fast"),
            422,
            "spec.strategy.type: Unsupported value: 'Fast': supported values: RollingUpdate",
        ),
        (
            deployment("rollingUpdate: {maxSurge: -1}"),
            422,
            "maxSurge: Invalid value: must be greater than or equal to 0",
        ),
        (
            deployment("rollingUpdate: {maxSurge: -5%}"),
            422,
            "maxSurge: Invalid value: '-5%': a valid percent string must",
        ),
        (
            deployment("rollingUpdate: {maxUnavailable: 101%}"),
            422,
            "Invalid value: 101%: must not be greater than 100%",
        ),
        (job("completions: -1"), 422, "spec.completions: Invalid value: must be greater than or equal to 0"),
        (job("completionMode: Counted"), 422, "spec.completionMode: Unsupported value: 'Counted'"),
        (job("completionMode: Indexed, completions: 3, parallelism: 100001"), 422, "less than or equal to 100000 when"),
        (cron_job("schedule: daily"), 422, "Invalid value: 'daily': expected exactly 5 fields, found 1: [daily]"),
        (cron_job("suspend: true"), 422, "spec.schedule: Required value"),
        (cron_job('schedule: "@daily", concurrencyPolicy: Wait'), 422, "concurrencyPolicy: Unsupported value: 'Wait'"),
        (in_terms("key: a, operator: NotIn, values: [b, c]"), 422, "`selector` does not match template `labels`"),
        (in_terms("key: a, operator: In, values: [c, d]"), 422, "`selector` does not match template `labels`"),
        (
            pod(f"affinity: {{podAntiAffinity: {{{REQUIRED}: [{{}}]}}}}"),
            422,
            "[0].topologyKey: Required value: can not be",
        ),
        (
            pod(f"affinity: {{podAntiAffinity: {{{REQUIRED}: [{{topologyKey: {HOSTNAME}, {ODD}}}]}}}}"),
            422,
            "labelSelector: Invalid value: 'Gt': not a valid label selector operator",
        ),
        (pod("", "{image: x}"), 422, "spec.containers[0].name: Required value"),
        (pod("", name="Web_1"), 422, 'Pod "Web_1" is invalid: metadata.name: Invalid value'),
        (pod("", name="x" * 300), 422, "metadata.name: Invalid value"),
        (pod("", name="wéb"), 422, "metadata.name: Invalid value"),
        (pod("", "{name: 🐳, image: x}"), 422, "spec.containers[0].name: Invalid value"),
        (pod("", "{name: a, image: x}, {name: a, image: x}"), 422, "spec.containers[1].name: Duplicate value: 'a'"),
        (pod("", ""), 422, 'Pod "web" is invalid: spec.containers: Required value'),
        (HEAD + "spec: null\n", 422, "spec.containers: Required value"),
        (pod("", "{name: a, image: x, resources: {requests: {cpu: 2}, limits: {cpu: 1}}}"), 422, "cpu limit"),
        (pod("restartPolicy: Sometimes"), 422, "spec.restartPolicy: Unsupported value: 'Sometimes'"),
        (pod("terminationGracePeriodSeconds: -5"), 422, "spec.terminationGracePeriodSeconds: Invalid value"),
        (pod("tolerations: [{key: a, operator: Maybe}]"), 422, "spec.tolerations[0].operator: Unsupported value"),
        (pod("tolerations: [{operator: Equal}]"), 422, "operator must be Exists when `key` is empty"),
        (
            pod("serviceAccountName: robot"),
            403,
            'pods "web" is forbidden: error looking up service account default/robot',
        ),
        (pod("priorityClassName: high"), 403, "no PriorityClass with name high was found"),
        (pod("runtimeClassName: gvisor"), 403, 'pod rejected: RuntimeClass "gvisor" not found'),
    ],
)
def test_what_the_api_server_refuses(tmp_path: Path, text: str, code: int, message: str) -> None:
    (tmp_path / "f.yaml").write_text(text, encoding="utf-8")
    scenario = load([tmp_path / "f.yaml"])
    (refused,) = scenario.refused
    assert refused.code == code
    assert message in refused.message
    # The model of it refuses it, too: nothing is ever stored.
    result = result_of(model(scenario, ()), Bounds())
    assert not any(name.startswith('commit(client="kubectl') for name, count in result.fired.items() if count)


def test_pods_of_a_template_that_are_refused(tmp_path: Path) -> None:
    text = replica_set("replicas: 1").replace("spec: {containers", "spec: {serviceAccountName: robot, containers")
    (tmp_path / "f.yaml").write_text(text, encoding="utf-8")
    (refused,) = load([tmp_path / "f.yaml"]).refused
    assert str(refused).startswith('replicaset/web: 403 Forbidden: pods "web-" is forbidden: error looking up service')
    assert load([tmp_path / "f.yaml"], assumed=["sa/robot"]).refused == ()


def test_so_are_those_of_what_is_stored_at_the_start(tmp_path: Path) -> None:
    text = replica_set("replicas: 1").replace("spec: {containers", "spec: {serviceAccountName: robot, containers")
    stored = "{kind: Scenario, apiVersion: kmodel.dev/v1alpha1, metadata: {name: a}, spec: {stored: [replicaset/web]}}"
    (tmp_path / "f.yaml").write_text(f"{stored}\n---\n{text}", encoding="utf-8")
    (refused,) = load([tmp_path / "f.yaml"]).refused
    assert str(refused).startswith('replicaset/web: 403 Forbidden: pods "web-" is forbidden: error looking up service')


GPU = "{name: a, image: x, resources: {limits: {nvidia.com/gpu: 4}}}"
TERMS = "nodeSelectorTerms: [{matchExpressions: [{key: zone, operator: In, values: [a]}]}]"
WAITS = [
    (
        pod(f"affinity: {{nodeAffinity: {{requiredDuringSchedulingIgnoredDuringExecution: {{{TERMS}}}}}}}"),
        "Pending 0/1 nodes are available: 1 node(s) didn't match Pod's node affinity/selector",
    ),
    (pod("schedulingGates: [{name: example.com/wait}]"), "SchedulingGated waits for the removal of example.com/wait"),
    (pod("schedulerName: other"), 'Pending no scheduler is called "other"'),
    (
        pod("readinessGates: [{conditionType: example.com/ok}]"),
        'Running 0/1 readiness gate "example.com/ok" is not met: nothing that is modelled sets it',
    ),
    (
        pod("initContainers: [{name: i, image: x, resources: {requests: {memory: 64Gi}}}]"),
        "Pending 0/1 nodes are available: 1 Insufficient memory",
    ),
    (pod("resources: {requests: {memory: 64Gi}}"), "Pending 0/1 nodes are available: 1 Insufficient memory"),
    (pod("", GPU), "Pending 0/1 nodes are available: 1 Insufficient nvidia.com/gpu"),
    (
        pod("", "{name: a, image: x, resources: {requests: {ephemeral-storage: 900Ti}}}"),
        "Pending 0/1 nodes are available: 1 Insufficient ephemeral-storage",
    ),
    (
        pod("volumes: [{name: v, persistentVolumeClaim: {claimName: data}}]"),
        'Pending 0/1 nodes are available: persistentvolumeclaim "data" not found',
    ),
    (
        pod("volumes: [{name: v, secret: {secretName: tls}}]"),
        'ContainerCreating MountVolume.SetUp failed: secret "tls" not found',
    ),
    (
        pod("", "{name: a, image: x, env: [{name: E, valueFrom: {configMapKeyRef: {name: c, key: k}}}]}"),
        'CreateContainerConfigError configmap "c" not found',
    ),
    (
        pod("initContainers: [{name: i, image: x, envFrom: [{secretRef: {name: db}}]}]"),
        'Init:CreateContainerConfigError secret "db" not found',
    ),
]


def found(file: Path) -> tuple[dict[str, Ending], bool]:
    """Return the endings by how they are told, and whether any is wrong."""
    given = Project(only_mine=True).read([file])
    result = result_of(given.model((TEMPORAL["a_feasible_pod_is_bound"],)), Bounds())
    assert result.ends is not None
    told = given.endings(result.ends.traces)
    assert list(told) == sorted(told, key=lambda each: (each.is_well, each.reference))
    return {str(ending): ending for ending in told}, any(map(given.is_wrong, told))


@pytest.mark.parametrize(("text", "ending"), WAITS, ids=[ending for _, ending in WAITS])
def test_where_a_pod_waits_for_ever(tmp_path: Path, text: str, ending: str) -> None:
    (tmp_path / "f.yaml").write_text(text, encoding="utf-8")
    assert (list(found(tmp_path / "f.yaml")[0]), found(tmp_path / "f.yaml")[1]) == ([f"pod/web {ending}"], True)


def test_two_pods_want_one_port_of_a_node(tmp_path: Path) -> None:
    port = "{name: a, image: x, ports: [{containerPort: 80, hostPort: 80}]}"
    head = "apiVersion: kmodel.dev/v1alpha1\nkind: Scenario\nspec: {calls: fused, stored: [pod/web]}\n"
    first = pod("nodeName: n1", port)
    (tmp_path / "f.yaml").write_text(f"{head}---\n{first}---\n{pod('', port, 'b')}", encoding="utf-8")
    told, is_wrong = found(tmp_path / "f.yaml")
    why = "0/1 nodes are available: 1 node(s) didn't have free ports for the requested pod ports"
    assert set(told) == {"pod/web Running 1/1", f"pod/b Pending {why}"}
    assert is_wrong


APART = "{topologyKey: kubernetes.io/hostname, labelSelector: {matchLabels: {a: b}}}"


def test_two_pods_are_kept_apart(tmp_path: Path) -> None:
    head = "apiVersion: kmodel.dev/v1alpha1\nkind: Scenario\nspec: {calls: fused, stored: [pod/web]}\n"
    apart = f"affinity: {{podAntiAffinity: {{requiredDuringSchedulingIgnoredDuringExecution: [{APART}]}}}}"
    first = pod("nodeName: n1").replace("{name: web}", "{name: web, labels: {a: b}}")
    (tmp_path / "f.yaml").write_text(f"{head}---\n{first}---\n{pod(apart, name='b')}", encoding="utf-8")
    assert load([tmp_path / "f.yaml"]).caveats.weakened_by == ()
    told, is_wrong = found(tmp_path / "f.yaml")
    why = "0/1 nodes are available: 1 node(s) didn't match pod anti-affinity rules"
    assert set(told) == {"pod/web Running 1/1", f"pod/b Pending {why}"}
    assert is_wrong
    zones = apart.replace("kubernetes.io/hostname", "topology.kubernetes.io/zone")
    (tmp_path / "f.yaml").write_text(pod(zones), encoding="utf-8")
    assert load([tmp_path / "f.yaml"]).caveats.weakened_by == ("pod/web podAntiAffinity",)


def test_what_the_scenario_expects_is_not_wrong(tmp_path: Path) -> None:
    head = "apiVersion: kmodel.dev/v1alpha1\nkind: Scenario\nspec: {requests: [{create: pod/web, expect: WORD}]}\n---\n"
    for text, word in ((pod("schedulerName: other"), "Pending"), (pod("serviceAccountName: robot"), "Forbidden")):
        (tmp_path / "f.yaml").write_text(head.replace("WORD", word) + text, encoding="utf-8")
        given = Project(only_mine=True).read([tmp_path / "f.yaml"])
        assert given.refused == ()
        assert given.is_wrong(Ending("pod/web", "Pending", is_well=False)) is (word != "Pending")


def test_a_pod_that_runs_is_well(tmp_path: Path) -> None:
    (tmp_path / "f.yaml").write_text(pod(""), encoding="utf-8")
    assert found(tmp_path / "f.yaml") == ({"pod/web Running 1/1": Ending("pod/web", "Running 1/1")}, False)
    given = load([tmp_path / "f.yaml"])
    initial = model(given, ()).initial[0]
    assert list(endings(initial, given.settings, given.catalog.kinds)) == []
