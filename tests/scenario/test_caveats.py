"""What the model does not have of manifests: it is named, and weakens a verdict where it may change one."""

import io
import sys
from pathlib import Path
from textwrap import dedent

import pytest

from kmodel.kubernetes.components.plan import SUFFIXES
from kmodel.kubernetes.manifests import SeveralError
from kmodel.kubernetes.objects.kind import MOST_PODS
from kmodel.kubernetes.scenario import InputError, Scenario, load
from kmodel.kubernetes.scenario.manifest_files import with_folders_below

POD = """
apiVersion: v1
kind: Pod
metadata: {name: web}
spec: {containers: [{name: main, image: nginx}]}
"""
CONFIG = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: web, namespace: shop}\n"
AUTOSCALER = """
apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
metadata: {name: web}
spec: {scaleTargetRef: {apiVersion: apps/v1, kind: ReplicaSet, name: web}, maxReplicas: 9}
"""
REPLICA_SET = """
apiVersion: apps/v1
kind: ReplicaSet
metadata: {name: web}
spec:
  replicas: 2
  selector: {matchLabels: {a: b}}
  template: {metadata: {labels: {a: b}}, spec: {containers: [{name: main, image: nginx}]}}
"""
ROLLOUT = """
apiVersion: argoproj.io/v1alpha1
kind: Rollout
metadata: {name: old}
spec: {replicas: 1, template: {metadata: {labels: {a: b}}, spec: {containers: [{name: a, image: x}]}}}
"""
KUSTOMIZATION = "resources: [pod.yaml]\n"
TEMPLATE = "apiVersion: v1\nkind: Pod\nmetadata: {{ include . }}\n"


def write(folder: Path, **texts: str) -> Path:
    for name, text in texts.items():
        (folder / f"{name}.yaml").write_text(dedent(text), encoding="utf-8")
    return folder


def notes(scenario: Scenario, heading: str) -> list[str]:
    return [sentence for at, sentence in scenario.caveats.notes if at == heading]


def test_a_kind_that_is_not_modelled_gets_a_line(tmp_path: Path) -> None:
    write(tmp_path, a=CONFIG, b=AUTOSCALER, c=REPLICA_SET, d=ROLLOUT, e=CONFIG.replace("name: web,", "name: api,"))
    got = load([tmp_path])
    assert notes(got, "ONLY STORED") == ["ConfigMap shop/web, shop/api: there from the start, and never changed"]
    assert notes(got, "NOT MODELLED") == [
        "HorizontalPodAutoscaler web: not modelled, replicas stay as they are (replicaset/web stays at 2)",
        "Rollout old: not modelled: its pods are not there",
    ]
    assert got.caveats.weakened_by == ("horizontalpodautoscaler/web", "rollout/old")
    assert got.caveats.workloads == ("rollout/old",)
    assert got.settings.surroundings == (
        "configmap/shop/web",
        "horizontalpodautoscaler/web",
        "rollout/old",
        "configmap/shop/api",
    )


def test_what_is_not_modelled_adds_no_state(tmp_path: Path) -> None:
    from kmodel.engines.exhaustive import Bounds, result_of
    from kmodel.kubernetes.scenario import model

    alone = write(tmp_path, pod=POD) / "pod.yaml"
    beside = write(tmp_path, config=CONFIG) / "config.yaml"
    counts = {result_of(model(load(files), ()), Bounds()).states for files in ([alone], [alone, beside])}
    assert len(counts) == 1


def test_a_field_that_decides_is_told_apart(tmp_path: Path) -> None:
    spec = "spec: {topologySpreadConstraints: [{maxSkew: 1}], dnsPolicy: None, containers:"
    write(tmp_path, pod=POD.replace("spec: {containers:", spec))
    got = load([tmp_path / "pod.yaml"])
    assert notes(got, "MAY DECIDE") == ["pod/web: spec.topologySpreadConstraints is not read"]
    assert got.caveats.weakened_by == ("pod/web topologySpreadConstraints",)
    assert got.ignored_fields == ("pod/web: spec.dnsPolicy",)


PREFERRED = "preferredDuringSchedulingIgnoredDuringExecution: [{weight: 1}]"
SPREAD = "{maxSkew: 1, topologyKey: zone, whenUnsatisfiable: ScheduleAnyway}"


@pytest.mark.parametrize(
    "spec",
    [f"affinity: {{{kind}: {{{PREFERRED}}}}}" for kind in ("nodeAffinity", "podAffinity", "podAntiAffinity")]
    + [f"topologySpreadConstraints: [{SPREAD}]"],
)
def test_what_a_pod_only_prefers_weakens_nothing(tmp_path: Path, spec: str) -> None:
    file = write(tmp_path, pod=POD.replace("spec: {containers:", f"spec: {{{spec}, containers:")) / "pod.yaml"
    got = load([file])
    assert got.caveats.weakened_by == ()
    ((command,),) = (session.commands for session in got.settings.sessions)
    assert command.object is not None
    assert command.object.spec.prefers  # type: ignore[attr-defined]


def test_fields_that_the_same_objects_have_are_told_together(tmp_path: Path) -> None:
    hooks = "image: nginx, resourceClaims: [a], lifecycle: {preStop: {sleep: {seconds: 5}}}, restartPolicyRules: []"
    for name in ("a", "b", "c", "d", "e"):
        write(tmp_path, **{name: POD.replace("image: nginx", hooks).replace("name: web", f"name: {name}", 1)})
    assert notes(load([tmp_path]), "MAY DECIDE") == [
        "pod/a, pod/b, pod/c and 2 more: resourceClaims, restartPolicyRules are not read"
    ]


@pytest.mark.parametrize(
    ("expression", "selector"),
    [
        ("{key: a, operator: In, values: [b]}", (("a", "b"),)),
        ("{key: a, operator: In, values: [b, c]}", (("a", "b"),)),
        ("{key: a, operator: Exists}", (("a", "b"),)),
        ("{key: c, operator: DoesNotExist}", (("a", "b"),)),
    ],
)
def test_what_a_selector_asks_for_beside_labels(tmp_path: Path, expression: str, selector: object) -> None:
    wanted = f"selector: {{matchLabels: {{a: b}}, matchExpressions: [{expression}]}}"
    text = REPLICA_SET.replace("selector: {matchLabels: {a: b}}", wanted)
    got = load([write(tmp_path, rs=text) / "rs.yaml"])
    assert [workload.selector for workload in got.settings.workloads] == [selector]
    assert got.refused == ()
    weakened = () if expression.endswith("[b]}") else ("replicaset/web matchExpressions",)
    assert got.caveats.weakened_by == weakened


JOB = """
apiVersion: batch/v1
kind: Job
metadata: {name: web}
spec:
  parallelism: 2
  completionMode: Indexed
  completions: 2147483647
  template: {spec: {restartPolicy: Never, containers: [{name: main, image: nginx}]}}
"""
MANY = REPLICA_SET.replace("replicas: 2", "replicas: 2147483647")


@pytest.mark.parametrize("text", [MANY, MANY.replace("ReplicaSet", "StatefulSet"), JOB])
def test_of_very_many_pods_some_are_modelled(tmp_path: Path, text: str) -> None:
    from kmodel.kubernetes.scenario import model

    got = load([write(tmp_path, many=text) / "many.yaml"])
    (workload,) = got.settings.workloads
    assert workload.pods_wanted == MOST_PODS == len(SUFFIXES) - 1
    reference = f"{workload.kind.lower()}/web"
    said = f"{MOST_PODS} of 2147483647 pods"
    assert notes(got, "MAY DECIDE") == [f"{reference}: {said} are modelled"]
    assert got.caveats.weakened_by == (f"{reference} ({said})",)
    assert model(got, ()).initial


def test_what_is_missing_is_proposed_and_may_be_assumed(tmp_path: Path) -> None:
    needs = "image: nginx, envFrom: [{secretRef: {name: db}}, {configMapRef: {name: c, optional: true}}]"
    file = write(tmp_path, pod=POD.replace("image: nginx", needs)) / "pod.yaml"
    assert notes(load([file]), "MISSING") == [
        "secret/db, which pod/web needs; if something else brings it, add --assume secret/db"
    ]
    got = load([file], assumed=["Secrets/default/db"])
    assert notes(got, "MISSING") == []
    assert got.assumed == got.settings.surroundings == ("secret/db",)
    with pytest.raises(InputError, match=r'--assume: secrt/db: names no object .*; did you mean "secret"\?'):
        load([file], assumed=["secrt/db"])


def test_a_folder_skips_what_is_no_manifest(tmp_path: Path) -> None:
    write(tmp_path, pod=POD, values="image: nginx\n", kustomization=KUSTOMIZATION, template=TEMPLATE)
    got = load([tmp_path])
    assert got.settings.pod_names == ("web",)
    assert notes(got, "SKIPPED") == [
        f"kustomization.yaml: skipped, is a kustomization; run `kubectl kustomize {tmp_path} | kmodel check -f -`",
        "template.yaml: skipped, is a Helm template; run `helm template CHART | kmodel check -f -` on its chart",
        "values.yaml: skipped, has neither apiVersion nor kind; add both, or leave the file out",
    ]
    assert got.caveats.weakened_by == ("template.yaml",)
    for name, problem in (
        ("kustomization", "is a kustomization; run `kubectl kustomize "),
        ("values", "has neither apiVersion nor kind"),
    ):
        with pytest.raises(InputError, match=problem):
            load([tmp_path / f"{name}.yaml"])


def test_what_a_chart_or_a_repository_holds_beside_manifests_is_skipped(tmp_path: Path) -> None:
    write(tmp_path, pod=POD, Chart="apiVersion: v2\nname: web\nversion: 0.1.0\n", jobs="on: push\n", empty="# -\n")
    write(tmp_path, quoted=POD.replace("name: web", "name: '{{ .Release.Name }}'"))
    (tmp_path / "again").symlink_to(tmp_path, target_is_directory=True)
    got = load(with_folders_below(tmp_path))
    assert got.settings.pod_names == ("web",)
    assert notes(got, "SKIPPED") == [
        "Chart.yaml: skipped, describes a Helm chart; run `helm template CHART | kmodel check -f -` on its chart",
        "jobs.yaml: skipped, has neither apiVersion nor kind, and has the key on, a boolean in YAML",
        "quoted.yaml: skipped, is a Helm template; run `helm template CHART | kmodel check -f -` on its chart",
    ]


def test_lists_of_a_kind_and_lists_in_lists(tmp_path: Path) -> None:
    def listed(kind: str, item: str) -> str:
        return f"{{apiVersion: v1, kind: {kind}, metadata: {{}}, items: [{item}]}}"

    pod = "{apiVersion: v1, kind: Pod, metadata: {name: web, namespace: ''}, spec: {containers: []}}"
    nested = listed("List", listed("PodList", pod) + ", " + listed("ConfigMapList", ""))
    got = load([write(tmp_path, lists=nested) / "lists.yaml"])
    assert got.settings.pod_names == ("web",)
    (tmp_path / "lists.yaml").write_text("{apiVersion: v1, kind: List, items: null}", encoding="utf-8")
    with pytest.raises(InputError, match=r"lists\.yaml: holds no objects"):
        load([tmp_path / "lists.yaml"])


def test_all_errors_are_found_in_one_run(tmp_path: Path) -> None:
    write(tmp_path, a="kind: [", b="kind: Pod", c=POD, d=POD.replace("containers", "contianers"))
    with pytest.raises(SeveralError) as caught:
        load([tmp_path])
    assert [Path(error.file).name for error in caught.value.errors] == ["a.yaml", "b.yaml", "d.yaml"]
    assert str(caught.value) == str(caught.value.errors[0])


def test_the_later_of_two_files_counts(tmp_path: Path) -> None:
    got = load([write(tmp_path, a=POD, b=POD.replace("nginx", "nginx:2"))])
    assert [command.object.spec.containers[0].image for command in got.settings.sessions[0].commands] == ["nginx:2"]  # type: ignore[union-attr]
    assert notes(got, "SKIPPED") == ["pod/web: b.yaml takes the place of a.yaml"]


def test_standard_input(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(f"{POD}---\n{CONFIG}".encode())))
    got = load([Path("-")])
    assert (got.name, got.settings.pod_names) == ("stdin", ("web",))
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(b"kind: Pod")))
    with pytest.raises(InputError, match=r"^stdin:1: apiVersion: is missing"):
        load([Path("-")])


def test_folders_below_are_read_if_asked(tmp_path: Path) -> None:
    below = tmp_path / "a" / "b"
    below.mkdir(parents=True)
    write(below, pod=POD)
    with pytest.raises(InputError, match="or add -R to read the folders in it"):
        load([tmp_path])
    assert with_folders_below(tmp_path) == (below,)
    assert load(with_folders_below(tmp_path)).settings.pod_names == ("web",)


def test_a_namespace_that_is_not_there_is_missing_where_the_files_say_which_there_are(tmp_path: Path) -> None:
    elsewhere = POD.replace("{name: web}", "{name: web, namespace: shop}")
    assert notes(load([write(tmp_path, pod=elsewhere)]), "MISSING") == []  # nobody says which there are
    other = "apiVersion: v1\nkind: Namespace\nmetadata: {name: other}\n"
    folder = write(tmp_path, pod=elsewhere, namespace=other)
    said = "namespace/shop, which pod/shop/web needs; if something else brings it, add --assume namespace/shop"
    assert notes(load([folder]), "MISSING") == [said]
    assert [(each.code, each.reason) for each in load([folder]).refused] == [(404, "NotFound")]
    assert load([folder], assumed=["ns/shop"]).refused == ()
    assert load([write(tmp_path, namespace=other.replace("other", "shop"))]).refused == ()
