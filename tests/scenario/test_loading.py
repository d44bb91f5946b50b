"""Scenarios: what each field becomes, what is left out, and which line an error names."""

from pathlib import Path
from textwrap import dedent

import pytest

from kmodel.kernel import Cells, Cluster, invariant
from kmodel.kubernetes.catalog import FAULT_NAMES as FAULTS
from kmodel.kubernetes.components.settings import User
from kmodel.kubernetes.objects import Pod
from kmodel.kubernetes.scenario import FIELDS, InputError, Scenario, field_table, load, model

SCENARIOS = sorted((Path(__file__).parents[2] / "specs" / "scenarios").glob("*.yaml"))
POD = """
---
apiVersion: v1
kind: Pod
metadata: {name: web}
spec: {containers: [{name: main, image: nginx}]}
"""
SERVICE = """
---
apiVersion: v1
kind: Service
metadata: {name: web}
spec: {selector: {app: web}}
"""
REPLICA_SET = """
---
apiVersion: apps/v1
kind: ReplicaSet
metadata: {name: web}
spec:
  replicas: 2
  selector: {matchLabels: {a: b}}
  template: {metadata: {labels: {a: b}}, spec: {containers: [{name: main, image: nginx}]}}
"""
NODE = """
---
apiVersion: v1
kind: Node
metadata: {name: big}
"""


def scenario(spec: str, name: str = "s") -> str:
    head = f"apiVersion: kmodel.dev/v1alpha1\nkind: Scenario\nmetadata: {{name: {name}}}\nspec:\n"
    return head + "".join(f"  {line}\n" for line in dedent(spec).strip().splitlines())


@pytest.fixture
def read(tmp_path: Path):  # type: ignore[no-untyped-def]
    def read_text(text: str, nodes: int | None = None, faults: dict[str, int] | None = None) -> Scenario:
        (tmp_path / "f.yaml").write_text(text)
        return load([tmp_path / "f.yaml"], nodes=nodes, faults=faults)

    return read_text


@pytest.fixture
def error(read, tmp_path: Path):  # type: ignore[no-untyped-def]
    def error_of(text: str, **overrides: object) -> str:
        with pytest.raises(InputError) as caught:
            read(text, **overrides)
        message = str(caught.value)
        assert len(message.splitlines()) == 1
        return message.removeprefix(f"{tmp_path}/")

    return error_of


def test_every_field(read) -> None:  # type: ignore[no-untyped-def]
    fields = {
        "description": "What it shows.",
        "nodes": "3",
        "registerNodes": "true",
        "stored": "[service/web]",
        "requests": "[{create: pod/web, user: alice, wait: Running}, "
        "{delete: pod/web, gracePeriodSeconds: 0, wait: Deleted}]",
        "users": "[{name: alice, verbs: [create], resources: [pods]}, {name: eve, authenticated: no}]",
        "faults": "{kubelet-restart: 1, container-crash: 2, lost-answer: 0}",
        "actors": "[kubelet, kube-scheduler]",
        "calls": "fused",
        "deletions": "split",
        "scheduler": "poll",
        "scoring": "any",
        "kubelet": "poll",
        "controlNodes": "4",
        "etcdMembers": "5",
        "apiServers": "2",
        "firstList": "any",
        "release": '"1.34"',
        "watchCaches": "prompt",
        "clientCaches": "prompt",
        "schedulers": "2",
        "controllerManagers": "3",
        "newLeader": "caught-up",
        "watchBuffer": "4",
        "missedHeartbeats": "2",
        "terminatedPodThreshold": "6",
        "podQuota": "7",
        "podNamesPerWorkload": "5",
        "engine": "hypothesis",
        "interchangeable": "[[n1, n2], [web-a, web-b]]",
        "maxStates": "1000",
    }
    assert list(fields) == [field.name for field in FIELDS]
    got = read(scenario("\n".join(f"{name}: {value}" for name, value in fields.items())) + POD + SERVICE)
    assert (got.name, got.description, got.engine, got.max_states) == ("s", "What it shows.", "hypothesis", 1000)
    assert got.interchangeable == (("n1", "n2"), ("web-a", "web-b"))
    settings = got.settings
    assert [node.metadata.name for node in settings.nodes] == ["n1", "n2", "n3"]
    assert [value.metadata.key for value in settings.objects] == ["web"]
    assert settings.users == (User("alice", True, ("create",), ("pods",)), User("eve", False), User("admin"))
    alice, admin = settings.sessions
    assert (alice.user, [(c.verb, c.resource, c.key, c.wait) for c in alice.commands]) == (
        "alice",
        [("create", "pods", "web", "Running")],
    )
    assert isinstance(alice.commands[0].object, Pod)
    assert (admin.user, [(c.verb, c.object, c.wait, c.grace_seconds) for c in admin.commands]) == (
        "admin",
        [("delete", None, "Deleted", 0)],
    )
    assert settings.faults == (("container-crash", 2), ("kubelet-restart", 1))
    assert (settings.calls, settings.scheduler, settings.scoring, settings.kubelet) == ("fused", "poll", "any", "poll")
    assert settings.deletions == "split"
    assert (settings.api_servers, settings.first_list, settings.client_caches) == (2, "any", "prompt")
    assert (settings.control_nodes, settings.etcd_members, settings.watch_caches) == (4, 5, "prompt")
    assert (settings.schedulers, settings.controller_managers, settings.new_leader) == (2, 3, "caught-up")
    assert (settings.register_nodes, settings.watch_buffer, settings.missed_heartbeats) == (True, 4, 2)
    assert (settings.terminated_pod_threshold, settings.pod_quota, settings.names_per_workload) == (6, 7, 5)
    assert settings.actors == ("kube-scheduler", "kubelet")
    assert "kube-proxy: the scenario's actors do not name it" in got.left_out


def test_the_table_lists_every_field() -> None:
    assert all(f"| `{field.name}` |" in field_table() for field in FIELDS)


def test_without_a_scenario_the_admin_creates_everything_in_order(read) -> None:  # type: ignore[no-untyped-def]
    got = read(SERVICE + NODE + POD)
    assert got.name == "f"
    assert [node.metadata.name for node in got.settings.nodes] == ["big"]
    (session,) = got.settings.sessions
    assert [(command.verb, command.resource) for command in session.commands] == [
        ("create", "services"),
        ("create", "pods"),
    ]


def test_the_smallest_set_of_actors(read) -> None:  # type: ignore[no-untyped-def]
    pod = read(POD)
    assert pod.settings.actors == ("kube-scheduler", "kubelet")
    assert pod.taking_part == ("kubectl", "kube-apiserver", "etcd", "kube-scheduler", "kubelet", "container-runtime")
    assert "kube-proxy: no Service asks for it" in pod.left_out
    assert "heartbeats: no fault silences a node" in pod.left_out
    assert "replicaset-controller" in read(REPLICA_SET).settings.actors
    assert read(SERVICE).settings.actors == ("endpointslice-controller", "kube-proxy")
    silent = read(POD, faults={"node-crash": 1}).settings.actors
    assert "heartbeats" in silent
    assert "node-lifecycle-controller" in silent
    assert "taint-eviction-controller" not in silent
    for fault in ("node-crash", "network-partition"):
        assert "taint-eviction-controller" in read(REPLICA_SET, faults={fault: 1}).settings.actors
    assert "pod-garbage-collector" in read(scenario("terminatedPodThreshold: 1") + POD).settings.actors
    deletion = read(scenario("requests: [{create: pod/web}, {delete: node/n1}]") + POD)
    assert "pod-garbage-collector" in deletion.settings.actors
    assert "container-crash: cannot happen without kubelet" in read(SERVICE, faults={"container-crash": 1}).left_out


def test_names_for_pods_of_workloads(read) -> None:  # type: ignore[no-untyped-def]
    settings = read(scenario("requests: [{create: rs/web}, {delete: pod/web-b}]") + REPLICA_SET).settings
    assert settings.names_per_workload == 3
    assert [workload.metadata.name for workload in settings.workloads] == ["web"]


def test_what_is_stored_at_the_start_was_defaulted(read) -> None:  # type: ignore[no-untyped-def]
    (stored,) = read(scenario("stored: [pod/web]") + POD).settings.objects
    assert isinstance(stored, Pod)
    assert stored.spec.restart_policy == "Always"


def test_overrides_win(read) -> None:  # type: ignore[no-untyped-def]
    text = scenario("faults: {container-crash: 1, lost-answer: 1}") + POD + NODE
    got = read(text, nodes=2, faults={"container-crash": 0, "node-crash": 2})
    assert [node.metadata.name for node in got.settings.nodes] == ["n1", "n2"]
    assert got.settings.faults == (("node-crash", 2), ("lost-answer", 1))
    assert "node/big: --nodes 2 takes its place" in got.left_out


def test_a_step_may_bring_its_own_manifest(read) -> None:  # type: ignore[no-untyped-def]
    text = scenario(
        """
        requests:
        - create: pod/web
        - replace: pod/web
          manifest: {apiVersion: v1, kind: Pod, metadata: {name: web, labels: {a: b}}, spec: {dnsPolicy: x}}
        - apply: node/big
          manifest: {apiVersion: v1, kind: Node, metadata: {name: big}, spec: {unschedulable: true}}
        """
    )
    got = read(text + POD + NODE)
    (session,) = got.settings.sessions
    assert session.commands[1].object is not None
    assert session.commands[1].object.metadata.labels == (("a", "b"),)
    assert got.settings.pod_names == ("web",)
    assert got.ignored_fields == ("pod/web: spec.requests[1].manifest.spec.dnsPolicy",)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            scenario("color: red"),
            "f.yaml:5: spec.color: is not a field of a Scenario's spec; use one of description, nodes, ",
        ),
        (
            scenario("fault: {}"),
            'f.yaml:5: spec.fault: is not a field of a Scenario\'s spec; did you mean "faults"? use one of ',
        ),
        (
            scenario("faults: {container-crsh: 1}"),
            'spec.faults.container-crsh: is not a fault that is modelled; did you mean "container-crash"?',
        ),
        (
            scenario("faults: {container-crash: -1}"),
            'spec.faults.container-crash: is "-1"; use a whole number from 0 to 100',
        ),
        (scenario("calls: both"), 'f.yaml:5: spec.calls: is "both"; use one of split, fused'),
        (scenario("nodes: two"), 'f.yaml:5: spec.nodes: is the string "two", not a whole number; '),
        (scenario("nodes: 1000"), 'f.yaml:5: spec.nodes: is "1000"; use a whole number from 1 to 100'),
        (scenario("nodes: 1") + NODE, "f.yaml:5: spec.nodes: is given beside the Node of "),
        (
            scenario("actors: [kubelet, heartbeats]"),
            "f.yaml:5: spec.actors: heartbeats does nothing without node-lifecycle-controller; "
            "add node-lifecycle-controller",
        ),
        (
            scenario("actors: [scheduler]"),
            'f.yaml:5: spec.actors[0]: is "scheduler"; did you mean "kube-scheduler"? use one of ',
        ),
        (
            scenario("users: [{name: a}, {name: a}]"),
            'f.yaml:5: spec.users[1]: is a second user "a"; remove one of them',
        ),
        (scenario("users: [{name: system:x}]"), 'f.yaml:5: spec.users[0].name: "system:x" cannot be a user\'s name; '),
        (scenario("users: [{name: a, verbs: [get]}]"), 'spec.users[0].verbs[0]: is "get"; '),
        (
            scenario("requests: [{creat: pod/web}]") + POD,
            'f.yaml:5: spec.requests[0].creat: is not a field of a step; did you mean "create"? ',
        ),
        (
            scenario("requests: [{create: pod/web, delete: pod/web}]") + POD,
            "spec.requests[0]: has create and delete; write exactly one of",
        ),
        (scenario("requests: [{wait: Running}]") + POD, "spec.requests[0]: has no action; write exactly one of"),
        (
            scenario("requests: [{create: pod/wep}]") + POD,
            'spec.requests[0].create: pod/wep is in no manifest; did you mean "pod/web"? ',
        ),
        (
            scenario("requests: [{create: pod}]") + POD,
            '"pod" is not a reference; write the kind and the name, for example pod/web',
        ),
        (
            scenario("requests: [{create: poddisruptionbudget/a}]") + POD,
            '"poddisruptionbudget" is not a kind that is modelled; ',
        ),
        (
            scenario("requests: [{create: pod/web, user: bob}]") + POD,
            'spec.requests[0].user: is "bob"; use one of admin',
        ),
        (scenario("requests: [{create: pod/web, wait: Deleted}]") + POD, "wait: is Deleted, after create; "),
        (
            scenario("requests: [{create: service/web, wait: Running}]") + SERVICE,
            "wait: is Running, which service/web is never; leave it out",
        ),
        (
            scenario("requests: [{create: pod/web, gracePeriodSeconds: 1}]") + POD,
            "gracePeriodSeconds: is not for create; ",
        ),
        (
            scenario("requests: [{delete: pod/other}]\nstored: [pod/web]") + POD,
            "spec.requests[0].delete: there is no pod/other; ",
        ),
        (scenario("requests: [{create: node/n3}]\nnodes: 1"), "spec.requests[0].create: node/n3 is in no manifest; "),
        (
            scenario("requests: []") + POD,
            "f.yaml:8: pod/web is neither requested nor stored; add `- create: pod/web` to requests, or ",
        ),
        (scenario("stored: [pod/db]") + POD, 'spec.stored[0]: "pod/db" is in no manifest; '),
        (scenario("nodes: 1") + "---\n" + scenario("nodes: 1"), "is a second Scenario, after "),
        (scenario("nodes: 1", name="a/b"), '"a/b" cannot name a scenario; '),
        (POD + POD, "is a second pod/web, after "),
        (
            scenario("stored: [pod/web]") + POD.replace("image: nginx", "resources: {requests: {cpu: -1}}"),
            "f.yaml:5: spec.stored[0]: no api-server would have stored it: spec.containers[0].image: Required value; ",
        ),
        (
            NODE.replace("big", "Big"),
            "f.yaml:3: no api-server would have stored it: metadata.name: Invalid value: 'Big'",
        ),
        ("kind: Scenario", "is not the apiVersion of a Scenario; write apiVersion: kmodel.dev/v1alpha1"),
        ("# nothing\n", "f.yaml: holds no objects; "),
    ],
)
def test_errors(error, text: str, message: str) -> None:  # type: ignore[no-untyped-def]
    assert message in error(text)


def test_overrides_are_checked(error) -> None:  # type: ignore[no-untyped-def]
    assert error(POD, nodes=-1) == "--nodes: is -1; use a number from 1 to 100"
    assert error(POD, faults={"fire": 1}).startswith(
        f"--faults: fire: is not a fault that is modelled; use one of {FAULTS[0]}"
    )
    assert error(POD, faults={"node-crash": -1}) == "--faults: node-crash: is -1; use a number from 0 to 100"


def test_paths(tmp_path: Path) -> None:
    for path, message in (
        (tmp_path / "none.yaml", "there is no such file; check the path"),
        (tmp_path, "holds no manifest; put files that end in .yaml, .yml, .json into it"),
        (Path("a\0b"), "cannot be read: "),
    ):
        with pytest.raises(InputError) as caught:
            load([path])
        assert message in str(caught.value)
        assert len(str(caught.value).splitlines()) == 1
    with pytest.raises(InputError, match="was given no file"):
        load([])


def test_folders(tmp_path: Path) -> None:
    (tmp_path / "b.yaml").write_text(POD)
    (tmp_path / "a.yml").write_text(SERVICE)
    (tmp_path / ".hidden.yaml").write_text("[")
    (tmp_path / "notes.txt").write_text("[")
    got = load([tmp_path, tmp_path / "b.yaml"])
    assert [source.name for source in got.sources] == ["a.yml", "b.yaml"]


@pytest.mark.parametrize("file", SCENARIOS, ids=lambda file: file.stem)
def test_the_scenarios_of_the_project_load_and_build(file: Path) -> None:
    got = load([file])
    assert got.name == file.stem
    assert got.description
    assert model(got, ()).name == file.stem


def test_a_model_keeps_the_specs_whose_cells_it_has(read) -> None:  # type: ignore[no-untyped-def]
    pods: Cells[object] = Cells("etcd/pods")
    absent: Cells[object] = Cells("absent")

    @invariant(needs=pods)
    def about_pods(cluster: Cluster) -> bool:
        return True

    @invariant(needs=(pods, absent))
    def about_nothing(cluster: Cluster) -> bool:
        return True

    assert model(read(POD), (about_pods, about_nothing)).specs == (about_pods,)


def test_a_release_says_how_old_first_lists_may_be_unless_the_scenario_does(read) -> None:  # type: ignore[no-untyped-def]
    of_release = read(scenario('apiServers: 2\nrelease: "1.35"') + POD).settings
    assert of_release.first_list == "1.35"
    with pytest.raises(InputError, match=r"use one of .*1\.34"):
        read(scenario('release: "1.20"') + POD)
