"""Public reports of bugs of controllers, each by a controller of the same shape: it is found, and the fix holds.

What is asked beside the promises stands beside the report.
"""

from collections.abc import Callable
from contextlib import suppress
from typing import Any

import attrs
import pytest

from kmodel.controllers import Client, Conflict, Controller, NotFound, Requeue, controller, custom_kind
from kmodel.controllers.promises import PROMISES
from kmodel.engines.exhaustive import Bounds, result_of
from kmodel.engines.results import Result
from kmodel.kernel import Spec, Step, step_invariant
from kmodel.kubernetes.components.etcd import stored
from kmodel.kubernetes.components.settings import Command
from kmodel.kubernetes.objects import Container, Kind, ObjectMeta, Pod, PodSpec, PodStatus
from tests.controllers.scenes import broken, create, model, scene

Code = Callable[[Client, str], Any]
SPECS = {spec.name: spec for spec in PROMISES}
TOO_MANY = "a_controller_makes_no_more_than_one_child_per_desired_child"


def of(kind: Kind[Any], name: str = "main", **metadata: Any) -> Any:
    return kind.cls(ObjectMeta(name, **metadata))


def manifest(kind: Kind[Any], **metadata: Any) -> dict[str, Any]:
    return {"apiVersion": kind.api_version, "kind": kind.kind, "metadata": metadata}


# k0smotron#1534: machines get random names, and the informer lags: six of them for one that is wanted. The fix asks the
# api-server before it creates one (k0smotron#1535).
Plane = custom_kind("controlplane.example.com/v1", "Plane", spec={"replicas": 1}, status={"machines": 0})
Machine = custom_kind("cluster.example.com/v1", "Machine")


def counts_what_the_cache_shows(client: Client, key: str) -> None:
    plane = client.get(Plane, key)
    if plane is None:
        return
    if len(client.list(Machine, owner=plane)) < plane.spec.replicas:
        client.create(manifest(Machine, generateName=f"{key}-"), owner=plane)
        client.patch_status(plane, machines=1)


def asks_before_it_creates(client: Client, key: str) -> None:
    plane = client.get(Plane, key)
    if plane is None or len(client.list(Machine, owner=plane)) >= plane.spec.replicas:
        return
    if len(client.list(Machine, owner=plane, live=True)) < plane.spec.replicas:
        client.create(manifest(Machine, generateName=f"{key}-"), owner=plane)
        client.patch_status(plane, machines=1)


# kueue#10407: a Workload whose pod is gone is admitted again and again, and holds quota for nobody. The fix finishes it
# (kueue#10274).
Work = custom_kind("kueue.example.com/v1", "Work", status={"admitted": False, "evicted": False, "finished": False})


def admits_again(client: Client, key: str) -> None:
    work = client.get(Work, key)
    if work is None or work.status.finished:
        return
    if not work.status.admitted:
        client.patch_status(work, admitted=True)
    elif client.get("v1/Pod", key) is None:  # it does not become ready in time
        client.patch_status(work, admitted=False)


def finishes_what_nobody_owns(client: Client, key: str) -> None:
    work = client.get(Work, key)
    if work is None or work.status.finished:
        return
    if client.get("v1/Pod", key) is None:
        client.patch_status(work, admitted=False, finished=True)
    elif not work.status.admitted:
        client.patch_status(work, admitted=True)


# kubernetes-sigs/karpenter#2169: a claim waits for an attachment to go that was leaked; its finalizer stays for ever.
# The fix does not wait for those of volumes that nobody has (karpenter#1876 at first makes it visible).
Claim = custom_kind("karpenter.example.com/v1", "NodeClaim")
Attachment = custom_kind("storage.example.com/v1", "Attachment", spec={"volume": ""})
TERMINATION = "karpenter.example.com/termination"


def waits_for_all_attachments(client: Client, key: str) -> None:
    claim = client.get(Claim, key)
    if claim is not None and claim.metadata.deleting and not client.list(Attachment):
        with suppress(NotFound):
            client.remove_finalizer(claim, TERMINATION)


def waits_for_those_in_use(client: Client, key: str) -> None:
    claim = client.get(Claim, key)
    if claim is not None and claim.metadata.deleting:
        if any(each.spec.volume for each in client.list(Attachment)):
            return
        with suppress(NotFound):
            client.remove_finalizer(claim, TERMINATION)


# kopf#729: an event that was on its way when the handler's progress was written looks unhandled: the handler runs
# again. The fix waits until the cache shows what was written, as `reads_own_writes` does.
Widget = custom_kind("kopf.example.com/v1", "Widget", spec={"size": 1})
HANDLED = "kopf.example.com/last-handled"


def handles_what_looks_new(client: Client, key: str) -> None:
    widget = client.get(Widget, key)
    if widget is None or dict(widget.metadata.annotations).get(HANDLED):
        return
    client.create(manifest(Machine, generateName=f"{key}-"), owner=widget)
    client.patch(widget, {"metadata": {"annotations": {HANDLED: "yes"}}})


# metacontroller#1072: a status that is computed from late caches is written over what is there by then. The fix writes
# it on the condition of the version that it was computed from.
Batch = custom_kind("example.com/v1", "Batch", status={"done": False, "seen": False}, plural="batchs")


def computed(client: Client, key: str) -> tuple[Any, dict[str, bool]]:
    batch, pod = client.get(Batch, key), client.get("v1/Pod", "task")
    if batch is None or batch.status.done:
        return batch, {"done": True, "seen": True}
    return batch, {"done": pod is not None and pod.status.phase == "Succeeded", "seen": True}


def writes_over_what_is_there(client: Client, key: str) -> None:
    batch, status = computed(client, key)
    now = client.get(Batch, key, live=True)
    if batch is not None and now is not None and {"done": now.status.done, "seen": now.status.seen} != status:
        client.patch_status(now, **status)


def writes_over_what_it_read(client: Client, key: str) -> Requeue | None:
    batch, status = computed(client, key)
    if batch is None or {"done": batch.status.done, "seen": batch.status.seen} == status:
        return None
    try:
        client.update_status(batch, attrs.evolve(batch.status, **status))
    except Conflict:
        return Requeue()
    return None


@step_invariant(needs=stored("batchs"))
def done_is_never_taken_back(step: Step) -> bool | str:
    """A batch that is done stays done."""
    pairs = [(step.before[cell], step.after[cell]) for cell in step.wrote(stored("batchs"))]
    return not any(before and after and before.status.done and not after.status.done for before, after in pairs)


SPECS["done_is_never_taken_back"] = done_is_never_taken_back
TASK = Pod(ObjectMeta("task"), PodSpec(containers=(Container("main"),)), PodStatus("Succeeded"))


def made(code: Code, kind: Kind[Any], *owns: Any, **more: Any) -> Controller:
    return controller(watches=kind, owns=owns, name="operator", **more)(code)


OWNED = (of(Attachment),)
LOST = {"lost-request": 1}
HELD = of(Claim, finalizers=(TERMINATION,))
REPORTS: list[tuple[str, str, Controller, Controller, dict[str, Any]]] = [
    (
        "k0smotron#1534",
        TOO_MANY,
        made(counts_what_the_cache_shows, Plane, Machine),
        made(asks_before_it_creates, Plane, Machine),
        {"commands": (create(of(Plane)),), "kinds": (Plane, Machine)},
    ),
    (
        "kueue#10407",
        "no_controller_writes_for_ever",
        made(admits_again, Work, "v1/Pod"),
        made(finishes_what_nobody_owns, Work, "v1/Pod"),
        {"commands": (Command("create", "works", "main", of(Work)),), "kinds": (Work,)},
    ),
    (
        "karpenter#2169",
        "a_finalizer_comes_off",
        made(waits_for_all_attachments, Claim, Attachment),
        made(waits_for_those_in_use, Claim, Attachment),
        {
            "commands": (Command("delete", "nodeclaims", "main"),),
            "stored": (HELD, *OWNED),
            "kinds": (Claim, Attachment),
        },
    ),
    (
        "kopf#729",
        TOO_MANY,
        made(handles_what_looks_new, Widget, Machine),
        made(handles_what_looks_new, Widget, Machine, reads_own_writes=True),
        {"commands": (create(of(Widget)),), "kinds": (Widget, Machine)},
    ),
    (
        "metacontroller#1072",
        "done_is_never_taken_back",
        made(writes_over_what_is_there, Batch, "v1/Pod", maps={"v1/Pod": lambda pod: ["main"]}),
        made(writes_over_what_it_read, Batch, "v1/Pod", maps={"v1/Pod": lambda pod: ["main"]}),
        {"commands": (Command("delete", "pods", "task"),), "stored": (of(Batch), TASK), "kinds": (Batch,)},
    ),
]


def result(operator: Controller, spec: Spec, commands: tuple[Command, ...], **of_scene: Any) -> Result:
    return result_of(model(scene(operator, *commands, **of_scene), (spec,)), Bounds(max_states=20_000))


@pytest.mark.parametrize(
    ("spec", "wrong", "fixed", "how"), [each[1:] for each in REPORTS], ids=[each[0] for each in REPORTS]
)
def test_the_bug_is_found_and_the_fix_holds(
    spec: str, wrong: Controller, fixed: Controller, how: dict[str, Any]
) -> None:
    assert broken(result(wrong, SPECS[spec], **how)) == {spec}
    found = result(fixed, SPECS[spec], **how)
    assert found.finished, found.stopped
    assert broken(found) == set()
