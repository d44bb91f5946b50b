"""Reading single objects: what each field becomes, and which line an error names."""

import json
from textwrap import dedent

import pytest

from kmodel.kubernetes.manifests import InputError, documents
from kmodel.kubernetes.objects import (
    Container,
    Node,
    ObjectMeta,
    Pod,
    ReplicaSet,
    Resources,
    Service,
    Taint,
    Toleration,
)
from kmodel.kubernetes.objects.reading import Manifest, read_all


def read(text: str) -> list[Manifest]:
    found = [value for document in documents("f.yaml", dedent(text).encode()) for value in read_all(document)]
    return [value for value in found if isinstance(value, Manifest)]


def error(text: str) -> str:
    with pytest.raises(InputError) as caught:
        read(text)
    return str(caught.value)


def pod(spec: str, name: str = "web") -> str:
    return f"apiVersion: v1\nkind: Pod\nmetadata: {{name: {name}}}\nspec: {{{spec}}}\n"


def only(text: str) -> object:
    (manifest,) = read(text)
    return manifest.object


def test_a_pod() -> None:
    read_pod = only(
        """
        apiVersion: v1
        kind: Pod
        metadata:
          name: web
          namespace: shop
          labels: {tier: front, app: web}
        spec:
          nodeName: n1
          restartPolicy: Never
          terminationGracePeriodSeconds: 5
          nodeSelector: {disk: ssd}
          tolerations:
          - {key: a, operator: Exists}
          - {key: b, value: c, effect: NoSchedule, tolerationSeconds: null}
          containers:
          - name: main
            image: nginx
            resources: {requests: {cpu: 0.1, memory: 1Gi}, limits: {cpu: 1}}
        """
    )
    assert isinstance(read_pod, Pod)
    assert read_pod.metadata == ObjectMeta("web", "shop", labels=(("app", "web"), ("tier", "front")))
    assert read_pod.metadata.key == "shop/web"
    spec = read_pod.spec
    assert (spec.node_name, spec.restart_policy, spec.termination_grace_seconds) == ("n1", "Never", 5)
    assert spec.node_selector == (("disk", "ssd"),)
    assert spec.tolerations == (Toleration("a", "Exists"), Toleration("b", "Equal", "c", "NoSchedule"))
    assert spec.containers == (Container("main", "nginx", Resources(100, 2**30), Resources(1000, None)),)


def test_a_node() -> None:
    node = only(
        """
        apiVersion: v1
        kind: Node
        metadata: {name: n1, labels: {disk: ssd}}
        spec: {unschedulable: true, taints: [{key: a, value: b, effect: NoExecute}]}
        status:
          capacity: {cpu: 4, memory: 8Gi, pods: 10}
          allocatable: {cpu: 3900m}
          conditions: [{type: Ready, status: "False"}]
        """
    )
    assert isinstance(node, Node)
    assert node.metadata.key == "n1"
    assert node.spec.unschedulable
    assert node.spec.taints == (Taint("a", "b", "NoExecute"),)
    status = node.status
    assert (status.cpu_millicores, status.memory_bytes, status.pods, status.ready) == (3900, 2**33, 10, "False")


@pytest.mark.parametrize(
    ("kind", "selector"), [("ReplicaSet", "{matchLabels: {a: b}}"), ("ReplicationController", "{a: b}")]
)
def test_workloads(kind: str, selector: str) -> None:
    version = "apps/v1" if kind == "ReplicaSet" else "v1"
    value = only(
        f"apiVersion: {version}\nkind: {kind}\nmetadata: {{name: web}}\n"
        f"spec: {{replicas: 3, selector: {selector}, template: {{metadata: {{labels: {{a: b}}}}, spec: {{}}}}}}"
    )
    assert isinstance(value, ReplicaSet)
    assert (value.kind, value.replicas, value.selector) == (kind, 3, (("a", "b"),))
    assert value.template.labels == (("a", "b"),)


def test_a_list_of_a_service_and_a_pod() -> None:
    service, web = read(
        """
        apiVersion: v1
        kind: List
        items:
        - {apiVersion: v1, kind: Service, metadata: {name: web}, spec: {selector: {app: web}, ports: [{port: 80}]}}
        - {apiVersion: v1, kind: Pod, metadata: {name: web}}
        """
    )
    assert service.object == Service(ObjectMeta("web"), (("app", "web"),))
    assert service.left_out == ("items[0].spec.ports",)
    assert web.reference == "pod/web"


def test_json_indented_by_tabs() -> None:
    text = json.dumps(
        {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "web", "labels": {"a": "\U0001f600"}}}, indent="\t"
    )
    value = only(text)
    assert isinstance(value, Pod)
    assert value.metadata.labels == (("a", "\U0001f600"),)


def test_trailing_tabs() -> None:
    value = only("apiVersion: v1\t\nkind:\tPod\t\nmetadata: {name: web\t}\t\n")
    assert isinstance(value, Pod)
    assert value.metadata.name == "web"


def test_anchors_and_merge_keys() -> None:
    first, second = read(
        """
        apiVersion: v1
        kind: List
        items:
        - &web {apiVersion: v1, kind: Pod, metadata: {name: web}, spec: &spec {nodeName: n1}}
        - {<<: *web, metadata: {name: db}, spec: {<<: *spec, restartPolicy: Never}}
        """
    )
    assert isinstance(first.object, Pod)
    assert isinstance(second.object, Pod)
    assert second.object.metadata.name == "db"
    assert (second.object.spec.node_name, second.object.spec.restart_policy) == ("n1", "Never")


def test_fields_that_the_model_does_not_read_are_reported() -> None:
    (manifest,) = read(
        """
        apiVersion: v1
        kind: Pod
        metadata: {name: web, annotations: {a: b}}
        spec:
          volumes: []
          affinity: {nodeAffinity: {}, podAffinity: {requiredDuringSchedulingIgnoredDuringExecution: [{}]}}
          initContainers: [{name: i, tty: true}]
          containers:
          - {name: a, livenessProbe: {}, lifecycle: {}, resources: {limits: {nvidia.com/gpu: 1}, claims: []}}
        status: {phase: Running}
        """
    )
    assert manifest.left_out == (
        "metadata.annotations",
        "spec.affinity.podAffinity",
        "spec.containers[0].resources.claims",
        "spec.containers[0].lifecycle",
        "spec.initContainers[0].tty",
        "status",
    )


def test_what_the_api_server_will_refuse_loads() -> None:
    value = only(
        pod("restartPolicy: Sometimes, containers: [{name: A_B, resources: {requests: {cpu: -1}, limits: {cpu: -2}}}]")
    )
    assert isinstance(value, Pod)
    assert value.spec.containers[0].requests.cpu_millicores == -1000


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a: [1", "f.yaml:2: is not valid YAML: "),
        (
            "a: {{ .Values.a }}",
            "f.yaml:1: is a Helm template; run `helm template CHART | kmodel check -f -` on its chart",
        ),
        (
            "a:\n\t- b",
            "f.yaml:2: is not valid YAML: found character that cannot start any token; indent with spaces",
        ),
        ("a: 1\nb: {c: 1, c: 2}", "f.yaml:2: b.c: is given twice, first on line 2; remove one of them"),
        ("a: &x [*x]", "f.yaml:1: a[0]: is an alias that contains itself; write the value out"),
        (
            "a: !!python/name:os.system x",
            'f.yaml:1: a: has the tag "tag:yaml.org,2002:python/name:os.system"; remove the tag',
        ),
        ("on: 1", 'f.yaml:1: has the key on, a boolean in YAML; write "on"'),
        ("? [a]\n: b", "f.yaml:1: has a key that is not text; use a plain name as the key"),
        ("a: \x07", "f.yaml:1: holds the control character '\\x07'; remove it, or escape it in double quotes"),
        ("- a", "f.yaml:1: is a list, not a mapping; write its fields as name: value"),
        ("just words", 'f.yaml:1: is the string "just words", not a mapping; write its fields as name: value'),
        (
            "apiVersion: v1",
            "f.yaml:1: kind: is missing; add a kind, for example Pod",
        ),
        (
            "apiVersion: v1\nkind: pod",
            'f.yaml:2: kind: there are no matches for kind "pod" in version "v1"; did you mean "Pod"?',
        ),
        ("kind: Pod", "f.yaml:1: apiVersion: is missing; add apiVersion: v1"),
        (
            "apiVersion: extensions/v1beta1\nkind: Deployment",
            'f.yaml:2: kind: there are no matches for kind "Deployment" in version "extensions/v1beta1"; '
            "write apiVersion: apps/v1",
        ),
        (
            "apiVersion: policy/v1beta1\nkind: PodSecurityPolicy",
            'kind "PodSecurityPolicy" in version "policy/v1beta1"; see `kubectl api-resources` for the kinds there are',
        ),
        ("kind: Role", "f.yaml:1: apiVersion: is missing; add apiVersion: rbac.authorization.k8s.io/v1"),
        ("apiVersion: example.com/v1\nkind: Cache", "f.yaml:1: metadata: is missing; add metadata with a name"),
        ("apiVersion: v1\nkind: Pod", "f.yaml:1: metadata: is missing; add metadata with a name"),
        (
            "apiVersion: v1\nkind: Pod\nmetadata: {}",
            'f.yaml:3: metadata.name: is missing; add a name, for example "web"',
        ),
        (pod("", name="5"), 'f.yaml:3: metadata.name: is the number 5, not a string; write "5"'),
        (pod("", name="a/b"), "f.yaml:3: metadata.name: cannot be a name; use letters, digits and dashes"),
        (pod("nodeSelector: {a: yes}"), 'f.yaml:4: spec.nodeSelector.a: is the boolean yes, not a string; write "yes"'),
        (
            pod("restartPolicy: [x]"),
            'f.yaml:4: spec.restartPolicy: is a list, not a string; write a text, for example "nginx"',
        ),
        (
            pod("containers: {}"),
            "f.yaml:4: spec.containers: is a mapping, not a list; write a list",
        ),
        (
            pod("containers: [{name: a, resources: {limits: {memory: 1Mib}}}]"),
            'f.yaml:4: spec.containers[0].resources.limits.memory: "1Mib" is not a quantity; '
            "write a number and perhaps one of n, u, m, k, M, G, T, P, E, Ki, Mi, Gi, Ti, Pi, Ei or an exponent, "
            'for example "500m" or "1.5Gi"',
        ),
        (
            pod("contianers: []"),
            'f.yaml:4: spec.contianers: is not a field that Kubernetes has; did you mean "containers"?',
        ),
        (
            "apiVersion: v1\nkind: ReplicationController\nmetadata: {name: a}\nspec:\n  replicas: x",
            'f.yaml:5: spec.replicas: is the string "x", not a whole number; write a whole number, without quotes',
        ),
        (
            "apiVersion: v1\nkind: ReplicationController\nmetadata: {name: a}\nspec:\n  replicas: 99999999999",
            'f.yaml:5: spec.replicas: is "99999999999"; use a whole number from -2147483648 to 2147483647',
        ),
        (
            "apiVersion: apps/v1\nkind: ReplicaSet\nmetadata: {name: a}\nspec: {selector: {matchExpressions: [a]}}",
            'f.yaml:4: spec.selector.matchExpressions[0]: is the string "a", not a mapping; write its fields as name: ',
        ),
        (
            '{"apiVersion": "v1",\n"kind": "Pod", "metadata": {"name": "web"},\n\n"spec": {"nodeName": "\\ud83d"}}',
            "f.yaml:4: spec.nodeName: holds half of a Unicode character; write the character itself",
        ),
        ("a: " + "[" * 70 + "]" * 70, "is nested too deeply; nest at most 60 levels"),
        ("[" * 5000, "f.yaml: is nested too deeply; nest at most 60 levels"),
    ],
)
def test_errors(text: str, message: str) -> None:
    assert message in error(text)


def test_an_alias_bomb_costs_no_more_than_its_text() -> None:
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]" for n in range(1, 30)]
    assert "kind: is missing" in error("\n".join(lines))


def test_bytes_that_are_no_text() -> None:
    with pytest.raises(InputError, match=r"f\.yaml:2: is not text in UTF-8; give a YAML or JSON file saved as UTF-8"):
        documents("f.yaml", b"a: 1\n\xff\xfe")
    with pytest.raises(InputError, match="is larger than 16 MiB"):
        documents("f.yaml", b"#" * (1 << 25))
