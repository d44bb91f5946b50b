"""Commands as they are typed after `kubectl`: in a step `do` of a scenario, and with --do on the command line."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from kmodel.cli import main
from kmodel.kubernetes.components.etcd import PODS, stored
from kmodel.kubernetes.components.kubectl import KUBECTL, NOTHING_TO_DO
from kmodel.kubernetes.manifests import InputError
from kmodel.kubernetes.objects import Taint
from kmodel.kubernetes.scenario import Scenario, load
from kmodel.kubernetes.scenario.slices import slices
from tests.components.runs import Run

WEB = """
apiVersion: apps/v1
kind: Deployment
metadata:
  name: web
spec:
  replicas: {replicas}
  selector:
    matchLabels: {{app: web}}
  template:
    metadata:
      labels: {{app: web}}
    spec:
      containers:
      - name: nginx
        image: nginx:1
"""
HEAD = """
apiVersion: kmodel.dev/v1alpha1
kind: Scenario
spec:
  calls: fused
  requests:
  - create: deployment/web
"""
DEPLOYMENTS, REPLICA_SETS, NODES = stored("deployments"), stored("replicasets"), stored("nodes")


def scenario_of(folder: Path, *lines: str, replicas: int = 1) -> Scenario:
    """Return a scenario in which these commands follow the creation of a Deployment."""
    steps = "".join(f"  - do: {json.dumps(line)}\n" for line in lines)
    (folder / "web.yaml").write_text(f"{HEAD}{steps}---{WEB.format(replicas=replicas)}", encoding="utf-8")
    return load([folder / "web.yaml"])


def run_of(folder: Path, *lines: str, replicas: int = 1) -> Run:
    """Return the run of such a scenario, in which all comes to rest after each command."""
    run = Run.of(scenario_of(folder, *lines, replicas=replicas).settings)
    for _ in range(1 + len(lines)):
        run = run.user()
    return run


def answer(run: Run) -> int | None:
    return run.cluster[KUBECTL["admin"]].answer


def image(run: Run) -> str:
    return str(run.cluster[DEPLOYMENTS["web"]].template.spec.containers[0].image)


def pods(run: Run) -> list[str]:
    return [name for name in run.cluster.names(PODS) if run.cluster[PODS[name]] is not None]


def test_scale(tmp_path: Path) -> None:
    assert pods(run_of(tmp_path, "scale deployment/web --replicas=0")) == []
    assert len(pods(run_of(tmp_path, "kubectl scale deployments.apps web --replicas 2"))) == 2


@pytest.mark.long
def test_set_image_of_one_container_and_of_all(tmp_path: Path) -> None:
    assert image(run_of(tmp_path, "set image deploy/web nginx=nginx:2")) == "nginx:2"
    assert image(run_of(tmp_path, "set image deploy/web *=nginx:3")) == "nginx:3"


@pytest.mark.long
def test_each_restart_is_a_rollout(tmp_path: Path) -> None:
    run = run_of(tmp_path, "rollout restart deployment/web", "rollout restart deployment/web")
    sizes = [run.cluster[REPLICA_SETS[name]].replicas for name in ("web-b", "web-c", "web-d")]
    assert sizes == [0, 0, 1]


def test_a_paused_rollout_is_not_restarted(tmp_path: Path) -> None:
    run = run_of(tmp_path, "rollout pause deployment/web", "rollout restart deployment/web")
    assert answer(run) == NOTHING_TO_DO
    assert run.cluster[REPLICA_SETS["web-c"]] is None


@pytest.mark.long
def test_undo_goes_back_to_the_revision_that_is_named(tmp_path: Path) -> None:
    rolled = ("set image deployment/web nginx=nginx:2", "set image deployment/web nginx=nginx:3")
    assert image(run_of(tmp_path, *rolled, "rollout undo deployment/web")) == "nginx:2"
    assert image(run_of(tmp_path, *rolled, "rollout undo deployment/web --to-revision=1")) == "nginx:1"
    assert answer(run_of(tmp_path, *rolled, "rollout undo deployment/web --to-revision=7")) == NOTHING_TO_DO


def test_a_pod_whose_label_is_taken_off_is_released_and_replaced(tmp_path: Path) -> None:
    first = pods(run_of(tmp_path))[0]
    run = run_of(tmp_path, f"label pod/{first} app-")
    assert len(pods(run)) == 2
    released = run.cluster[PODS[first]]
    assert released is not None
    assert (released.metadata.labels, released.metadata.owners) == ((("pod-template-hash", "b"),), ())


def test_a_label_that_is_there_is_changed_only_with_overwrite(tmp_path: Path) -> None:
    first = "label deployment web tier=front"
    kept = run_of(tmp_path, first, "label deployment web tier=back")
    changed = run_of(tmp_path, first, "label deployment web tier=back --overwrite")
    assert kept.cluster[DEPLOYMENTS["web"]].metadata.labels == (("tier", "front"),)
    assert answer(kept) == NOTHING_TO_DO
    assert changed.cluster[DEPLOYMENTS["web"]].metadata.labels == (("tier", "back"),)


def test_an_annotation_starts_no_rollout(tmp_path: Path) -> None:
    run = run_of(tmp_path, "annotate deployment/web team=a")
    assert ("team", "a") in run.cluster[DEPLOYMENTS["web"]].metadata.annotations
    assert run.cluster[DEPLOYMENTS["web"]].status.available == 1


def test_a_taint_drives_pods_away_and_keeps_new_ones_off(tmp_path: Path) -> None:
    run = run_of(tmp_path, "taint nodes n1 gpu=yes:NoExecute")
    assert run.cluster[NODES["n1"]].spec.taints == (Taint("gpu", "yes", "NoExecute"),)
    (left,) = pods(run)
    waiting = run.cluster[PODS[left]]
    assert waiting is not None
    assert waiting.spec.node_name is None
    again = run_of(tmp_path, "taint nodes n1 gpu=yes:NoExecute", "taint nodes n1 gpu-")
    (there,) = pods(again)
    running = again.cluster[PODS[there]]
    assert running is not None
    assert running.status.ready


@pytest.mark.parametrize("line", ["taint node n1 gpu-", "taint node/n1 gpu:NoSchedule-", "uncordon n1"])
def test_what_is_not_there_is_not_asked_for(tmp_path: Path, line: str) -> None:
    assert answer(run_of(tmp_path, line)) == NOTHING_TO_DO


def test_a_cordoned_node_gets_no_pod(tmp_path: Path) -> None:
    run = run_of(tmp_path, "cordon n1", "scale deployment/web --replicas=2")
    placed = [run.cluster[PODS[name]] for name in pods(run)]
    assert sorted(pod.spec.node_name or "" for pod in placed if pod is not None) == ["", "n1"]
    assert run_of(tmp_path, "cordon n1", "uncordon node/n1").cluster[NODES["n1"]].spec.unschedulable is None


def test_delete_and_what_becomes_of_dependents(tmp_path: Path) -> None:
    gone, kept = (run_of(tmp_path, f"delete deployment/web --cascade={how}") for how in ("foreground", "orphan"))
    assert pods(gone) == []
    assert len(pods(kept)) == 1
    assert kept.cluster[DEPLOYMENTS["web"]] is None


@pytest.mark.parametrize(
    ("options", "grace", "waits"),
    [
        ("", None, True),
        ("--now", 1, True),
        ("--grace-period=0", 1, True),  # kubectl does so, lest data be lost
        ("--grace-period=0 --force --wait=false", 0, False),
        ("--force", 0, True),
        ("--grace-period=5", 5, True),
    ],
)
def test_how_long_a_deletion_waits(tmp_path: Path, options: str, grace: int | None, waits: bool) -> None:
    made = scenario_of(tmp_path, f"delete deployment/web {options}")
    command = made.settings.sessions[0].commands[-1]
    assert (command.grace_seconds, command.wait, command.propagation) == (
        grace,
        "Deleted" if waits else None,
        "Background",
    )


@pytest.mark.long
def test_a_patch_changes_what_it_names_and_nothing_else(tmp_path: Path) -> None:
    patch = {"spec": {"template": {"spec": {"containers": [{"name": "nginx", "image": "nginx:2"}]}}}}
    run = run_of(tmp_path, f"patch deployment/web -p '{str(patch).replace(chr(39), chr(34))}'", replicas=2)
    assert (image(run), run.cluster[DEPLOYMENTS["web"]].replicas) == ("nginx:2", 2)
    assert pods(run_of(tmp_path, 'patch deployment web --type=merge -p \'{"spec": {"replicas": 0}}\'')) == []
    cordoned = run_of(tmp_path, 'patch node/n1 -p \'{"spec": {"unschedulable": true}}\'')
    assert cordoned.cluster[NODES["n1"]].spec.unschedulable is True


def test_a_wait_comes_between_two_commands(tmp_path: Path) -> None:
    made = scenario_of(tmp_path, "wait --for=condition=Available deployment/web", "scale deployment/web --replicas=0")
    run = Run.of(made.settings).user()
    assert run.cluster[KUBECTL["admin"]].command == 1
    assert pods(run.user().user()) == []


@pytest.mark.parametrize(
    ("until", "awaited"),
    [
        ("condition=Ready", "Ready"),
        ("condition=ready", "Ready"),
        ("jsonpath='{.status.phase}'=Succeeded", "Succeeded"),
        ("delete", "Deleted"),
    ],
)
def test_what_a_wait_is_for(tmp_path: Path, until: str, awaited: str) -> None:
    command = scenario_of(tmp_path, f"wait --for={until} pod/web-b-b").settings.sessions[0].commands[-1]
    assert command.wait == awaited


@pytest.mark.parametrize(
    ("line", "problem"),
    [
        ("scale deployment/wob --replicas=0", "deployment/wob is in no manifest; did you mean"),
        ("scale deployment/web", "scale --replicas is missing; add --replicas=N"),
        ("scale deployment/web --replicas=x", 'scale --replicas is "x"; use a whole number'),
        ("scale deployment --replicas=0", "scale deployment names no object; write deployment/NAME"),
        ("scale hpa/web --replicas=0", '"hpa" is not a kind that is modelled; use one of pod'),
        ("set image deployment/web ngin=nginx:2", 'deployment/web has no container "ngin"; did you mean "nginx"'),
        ("set env deployment/web a=b", "set env is not modelled; write set image"),
        ("rollout status deployment/web", "rollout status changes nothing; use one of restart"),
        ("label deployment/web", "label has nothing to change; add NAME=VALUE"),
        ("label pod/web-x-y a=b", "there is no pod/web-x-y; "),
        ("label deployment/web a=b --all", "label has no option --all that is modelled; use one of"),
        ("taint nodes n1 a=b:NoSchedul", 'has the effect "NoSchedul"; did you mean "NoSchedule"'),
        ("taint pod/web a=b:NoSchedule", "taint is for nodes only; write taint node/NAME"),
        ("cordon n7", "there is no node/n7; did you mean"),
        ("drain n1", "drain asks for evictions, which are not modelled; write cordon NODE"),
        ("delete deployment/web --cascade=all", 'delete --cascade is "all"; use one of background'),
        ("delete deployment/web --now --grace-period=3", "delete has both --now and --grace-period; leave"),
        ("patch deployment/web --type=json -p []", "patch --type is 'json'; use one of strategic"),
        ("patch pod/web --subresource=status -p {}", 'patch --subresource is "status"; write resize, or leave it out'),
        ("patch deployment/web --subresource=resize -p {}", "patch is for pods only; write patch pod/NAME"),
        ("patch deployment/web", "patch has no patch that is a mapping; add -p"),
        ('patch deployment/web -p \'{"spec": {"replicas": "a"}}\'', 'spec.replicas is the string "a", not a whole'),
        ('patch deployment/web -p \'{"spec": {"paused": false}}\'', "spec.paused is not modelled, or is what it is"),
        ("wait deployment/web", 'wait --for is "", which deployment/web never is; use one of delete'),
        (
            "wait --for=condition=ready deployment/web",
            "which deployment/web never is; use one of delete, condition=avail",
        ),
        ("wait --for=jsonpath='{.status.phase}'=Done pod/web", "use one of delete, condition=ready, jsonpath={.status"),
        ("get pods", "get changes nothing; leave it out"),
        ("apply -f web.yaml", "apply brings objects; pass their files with -f"),
        ("scal deployment/web", '"scal" is not a command that is modelled; did you mean "scale"'),
        ("scale 'deployment/web", "cannot be split into words"),
        ("", '"" is not a command that is modelled; use one of'),
    ],
)
def test_a_wrong_one_is_refused_in_one_line(tmp_path: Path, line: str, problem: str) -> None:
    file = tmp_path / "web.yaml"
    file.write_text(WEB.format(replicas=1), encoding="utf-8")
    with pytest.raises(InputError) as found:
        load([file], lines=[line])
    assert str(found.value).startswith("--do: ")
    assert problem in str(found.value)
    assert "\n" not in str(found.value)


def test_an_error_in_a_step_names_its_line(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"web.yaml:8: spec.requests\[1\].do: scale --replicas is missing"):
        scenario_of(tmp_path, "scale deployment/web")


def test_a_slice_keeps_what_is_done_to_its_objects_and_nodes(tmp_path: Path) -> None:
    file = tmp_path / "web.yaml"
    other = WEB.format(replicas=1).replace("web", "db")
    file.write_text(f"{WEB.format(replicas=5)}---{other}", encoding="utf-8")
    lines = ["scale deployment/web --replicas=3", "delete pod/web-b-b", "cordon n4", "scale deployment/db --replicas=0"]
    web, db = slices(load([file], nodes=4, lines=lines))
    done = {
        each.name: [(command.verb, command.key) for command in each.scenario.settings.sessions[0].commands]
        for each in (web, db)
    }
    assert done == {
        "deployment/web": [("create", "web"), ("scale", "web"), ("delete", "web-b-b"), ("cordon", "n4")],
        "deployment/db": [("create", "db"), ("cordon", "n4"), ("scale", "db")],
    }
    assert web.scenario.settings.sessions[0].commands[1].patch.replicas == 1  # type: ignore[union-attr]  # fewer than two
    assert [node.metadata.name for node in web.scenario.settings.nodes] == ["n1", "n2", "n4"]


@pytest.mark.long
def test_the_command_line_has_it(tmp_path: Path) -> None:
    file = tmp_path / "web.yaml"
    file.write_text(WEB.format(replicas=1), encoding="utf-8")
    line = "scale deployment/web --replicas=0"
    options = ("--engine", "delays", "--delays", "0", "--reports", str(tmp_path), "-o", "json")
    shown = CliRunner().invoke(main, ["check", "-f", str(file), "--do", line, *options])
    (checked,) = json.loads(shown.output)["items"]
    assert checked["scenario"]["do"] == [line]
    wrong = CliRunner().invoke(main, ["check", "-f", str(file), "--do", "scale deployment/web", *options])
    assert wrong.exit_code == 2
    assert 'error: --do: "scale deployment/web": scale --replicas is missing' in wrong.output
