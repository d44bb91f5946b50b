"""Trim a recording of a real control plane to what the tests need: `python -m tests.recordings.trim FOLDER > FILE`.

The folder has the api-server's audit log (audit.jsonl), the changes of etcd in the order of their revisions, each with
the request that made it (etcd.jsonl), what the nodes' container runtimes did (runtime.jsonl), and the faults
(actions.jsonl). README.md says how such a recording was made.

What comes out is one JSON object a line, in the order of the revisions; a request that changed nothing, and a fault,
stand where their time puts them. A change is a merge patch [RFC 7386] of the object's version before it; null: gone.
"""

import json
import re
import sys
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

WRITES = ("create", "update", "patch", "delete")
RESOURCES = {  # of the kinds that are modelled, by how etcd's keys name them
    "pods": "pods",
    "minions": "nodes",
    "replicasets": "replicasets",
    "namespaces": "namespaces",
    "resourcequotas": "resourcequotas",
    "services/specs": "services",
    "endpointslices": "endpointslices",
}
ALSO = {  # of some recordings, whose controllers are modelled as well; of the others what these write is from outside
    "deployment": ("deployments",),
    "deployment-stuck": ("deployments",),
    "statefulset": ("statefulsets", "controllerrevisions"),
    "job": ("jobs",),
    "daemonset": ("daemonsets", "controllerrevisions"),
    "garbage": ("deployments",),
}
# Left out: times, what is derived from the machine, and what every pod gets for its service account.
LEFT_OUT = frozenset(
    {
        *("acquireTime", "creationTimestamp", "finishedAt", "lastHeartbeatTime", "lastProbeTime", "lastTransitionTime"),
        "lastUpdateTime",
        *("startTime", "startedAt", "timeAdded", "addresses", "allocatable", "capacity", "daemonEndpoints", "nodeInfo"),
        *("clusterIP", "clusterIPs", "containerID", "hostIP", "hostIPs", "imageID", "podIP", "podIPs", "volumeMounts"),
        *("volumes", "managedFields", "message", "terminationMessagePath", "terminationMessagePolicy"),
        *("imagePullPolicy", "endpoints.kubernetes.io/last-change-trigger-time"),
    }
)
UID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
OWN_SERVICE = "kubernetes"  # that of the api-server itself, which has no selector
OWN_NAMESPACES = ("default", "kube-system", "kube-public", "kube-node-lease")
KEPT = {"kubelet-restart": ("SIGKILL n1",)}  # the kills after which a node's containers still ran, in their order


def read(file: Path) -> list[dict[str, Any]]:
    """Return the JSON objects of a file, one a line."""
    return [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()]


def trimmed(value: Any, *, node: bool = False) -> Any:
    """Return a JSON value without what is left out, and with UIDs as short as they can be."""
    if isinstance(value, list):
        return [trimmed(item) for item in value]
    if not isinstance(value, dict):
        return value[:8] if isinstance(value, str) and UID.fullmatch(value) else value
    left_out = LEFT_OUT - {"allocatable"} if node else LEFT_OUT
    return {name: trimmed(item, node=node) for name, item in value.items() if name not in left_out}


def patch(before: Any, after: Any) -> Any:
    """Return the merge patch that makes `after` of `before`."""
    if not isinstance(before, dict) or not isinstance(after, dict):
        return after
    gone = dict.fromkeys(name for name in before if name not in after)
    return gone | {
        name: patch(before.get(name), item)
        for name, item in after.items()
        if name not in before or before[name] != item
    }


def conditions(event: dict[str, Any]) -> dict[str, Any]:
    """Return what a request makes a condition, how long a deletion may take, and what is to become of dependents."""
    body = event.get("requestObject") or {}
    if isinstance(body, list):  # the operations of a JSON patch, none of which is a test
        return {}
    source = body.get("preconditions") or {} if event["verb"] == "delete" else body.get("metadata") or {}
    found = {"uid": (source.get("uid") or "")[:8], "version": source.get("resourceVersion")}
    if event["verb"] == "delete":
        found |= {"grace": body.get("gracePeriodSeconds"), "propagation": body.get("propagationPolicy")}
    if event["objectRef"].get("subresource") == "binding":
        found["node"] = body["target"]["name"]
    return {name: value for name, value in found.items() if value not in (None, "")}


def called(name: str, namespace: str) -> str:
    """Return how the model calls an object."""
    return name if namespace == "default" else f"{namespace}/{name}"


def request(event: dict[str, Any], changes: list[dict[str, Any]]) -> dict[str, Any]:
    """Return the line of a request and of what it changed."""
    about = event["objectRef"]
    name = about.get("name") or (event.get("responseObject") or {}).get("metadata", {}).get("name", "")
    line = {
        "by": event["user"].get("username", ""),
        "agent": event["userAgent"].split("/")[0],
        "verb": event["verb"],
        "what": "/".join(part for part in (about["resource"], about.get("subresource")) if part),
        "name": name if about["resource"] == "namespaces" else called(name, about.get("namespace", "default")),
        "code": event["responseStatus"]["code"],
        **conditions(event),
    }
    if "dryRun" in event["requestURI"]:
        line["dryRun"] = True
    refused = line["code"] >= 400 and line["agent"] in ("kubectl", "harness")
    if (
        event["verb"] in ("create", "update")
        and not about.get("subresource")
        and (refused or event["verb"] == "create")
    ):
        line["body"] = trimmed(event.get("requestObject"), node=about["resource"] == "nodes")
        if about["resource"] != "namespaces" and about.get("namespace", "default") != "default":
            line["body"]["metadata"]["namespace"] = about["namespace"]  # which a body need not say
    return line | ({"changes": changes} if changes else {})


def resources_of(folder: Path) -> dict[str, str]:
    """Return the resources of a recording that are kept, by how etcd's keys name them."""
    return RESOURCES | {resource: resource for resource in ALSO.get(folder.name, ())}


def resource_of(key: str, resources: dict[str, str]) -> str | None:
    """Return the resource of a key of etcd, if it is kept."""
    path = key.removeprefix("/registry/")
    return next((resources[prefix] for prefix in resources if path.startswith(f"{prefix}/")), None)


def lines(folder: Path) -> Iterator[dict[str, Any]]:
    """Yield the lines of the trimmed recording."""
    actions = read(folder / "actions.jsonl")
    start = min(action["t"] for action in actions)
    resources = resources_of(folder)
    objects: dict[str, Any] = {}
    keys: dict[int, str] = {}
    changes: dict[str, list[dict[str, Any]]] = {}
    for change in read(folder / "etcd.jsonl"):
        key, resource = change["key"], resource_of(change["key"], resources)
        name = key.rpartition("/")[2]
        if resource is None or name.startswith(OWN_SERVICE) or (resource == "namespaces" and name in OWN_NAMESPACES):
            continue
        after = trimmed(change.get("value"), node=resource == "nodes") if change["type"] == "PUT" else None
        made = patch(objects.get(key), after)
        objects[key] = after
        keys[change["rev"]] = key
        namespace = key.split("/")[-2]
        beside = {"of": f"{resource}/{called(name, namespace)}"} if is_beside(change) else {}
        changes.setdefault(change["auditID"], []).append({"rev": change["rev"], **beside, "object": made})
    found: list[tuple[float, int | None, dict[str, Any]]] = []
    for event in read(folder / "audit.jsonl"):
        if event["verb"] == "deletecollection":
            found += [(line["t"], line["changes"][0]["rev"], line) for line in collection(start, event, changes, keys)]
            continue
        if event["verb"] not in WRITES or event["objectRef"]["resource"] not in resources.values():
            continue
        if event["objectRef"].get("name") == OWN_SERVICE or event["user"].get("username") == "system:apiserver":
            continue
        if event["objectRef"].get("subresource") not in (None, "status", "binding", "scale", "eviction", "finalize"):
            continue
        made = changes.pop(event["auditID"], [])
        at = seconds(start, event["requestReceivedTimestamp"])
        found.append((at, made[0]["rev"] if made else None, {"t": at, **request(event, made)}))
    assert not changes, f"changes without a request: {changes}"
    yield from in_order(found, [*faults(folder, actions, start)])


def is_beside(change: dict[str, Any]) -> bool:
    """Tell whether a request makes a change beside that of the object that it names: it charges a quota."""
    return "how" in change and "/resourcequotas/" in change["key"]


def collection(
    start: str, event: dict[str, Any], changes: dict[str, list[dict[str, Any]]], keys: dict[int, str]
) -> Iterator[dict[str, Any]]:
    """Yield a line for each object of a collection that is deleted by one request, as if it were one of its own."""
    of: dict[str, list[dict[str, Any]]] = {}
    for change in changes.pop(event["auditID"], []):
        of.setdefault(keys[change["rev"]], []).append(change)
    for key, made in of.items():
        name = key.rpartition("/")[2]
        one = event | {"verb": "delete", "objectRef": event["objectRef"] | {"name": name}}
        yield {"t": seconds(start, event["requestReceivedTimestamp"]), **request(one, made)}


def seconds(start: str, at: str) -> float:
    """Return how long after the start of the recording something was."""
    return round((datetime.fromisoformat(at) - datetime.fromisoformat(start)).total_seconds(), 3)


def faults(folder: Path, actions: list[dict[str, Any]], start: str) -> Iterator[dict[str, Any]]:
    """Yield what befell the processes, in the order of time, and how containers ended by themselves."""
    kept = list(KEPT.get(folder.name, ()))
    killed: set[str] = set()
    for action in actions:
        what, _, whom = action["do"].partition(" ")
        if what in ("SIGKILL", "SIGSTOP", "SIGCONT") or (what == "start" and whom in killed):
            line = {"t": seconds(start, action["t"]), "do": action["do"]}
            killed |= {whom}
            if action["do"] in kept:
                kept.remove(action["do"])
                killed -= {whom}
                line["containers"] = "run on"
            yield line
        elif action["do"].endswith(": probe fails"):  # written `container of pod flaky: probe fails`
            (pod,) = re.findall(r"of pod (\S+):", action["do"])
            yield {"t": seconds(start, action["t"]), "do": "probe fails", **place(folder, pod)}
    yield from not_pulled(folder, start)
    for call in read(folder / "runtime.jsonl"):
        if call["op"] == "container ends":
            ended = {name: call[name] for name in ("node", "pod", "container", "code")}
            ended["pod"] = called(call["pod"], call["namespace"])
            yield {"t": seconds(start, call["t"]), "do": "container ends", **ended}


def not_pulled(folder: Path, start: str) -> Iterator[dict[str, Any]]:
    """Yield that an image cannot be pulled, as its kubelet says later, when the sandbox of its pod is there."""
    waits: dict[str, str] = {}
    for event in read(folder / "audit.jsonl"):
        is_status = (event["verb"], event["objectRef"].get("subresource")) == ("patch", "status")
        for container in event["requestObject"].get("status", {}).get("containerStatuses") or () if is_status else ():
            if container["state"].get("waiting", {}).get("reason") == "ErrImagePull":
                waits[event["objectRef"]["name"]] = container["name"]
    for call in read(folder / "runtime.jsonl"):
        if call["op"] == "RunPodSandbox" and call["pod"] in waits:
            found = {"node": call["node"], "pod": call["pod"], "container": waits[call["pod"]]}
            yield {"t": seconds(start, call["t"]), "do": "image is not pulled", **found}


def place(folder: Path, pod: str) -> dict[str, str]:
    """Return the node, the pod and the container of a pod's last container that was started."""
    started = [call for call in read(folder / "runtime.jsonl") if call["op"] == "StartContainer" and call["pod"] == pod]
    return {name: started[-1][name] for name in ("node", "pod", "container")}


def in_order(
    requests: list[tuple[float, int | None, dict[str, Any]]], others: list[dict[str, Any]]
) -> Iterator[dict[str, Any]]:
    """Yield the writes by revision, and each of the others after the last write that was asked for before it."""
    writes = sorted((item for item in requests if item[1] is not None), key=lambda item: item[1] or 0)
    rest = [(at, line) for at, revision, line in requests if revision is None] + [(line["t"], line) for line in others]
    rest.sort(key=lambda item: item[0])
    placed: list[list[dict[str, Any]]] = [[] for _ in range(len(writes) + 1)]
    for at, line in rest:
        earlier = [index for index, write in enumerate(writes, start=1) if write[0] <= at]
        placed[max(earlier, default=0)].append(line)
    yield from placed[0]
    for index, (_, _, line) in enumerate(writes, start=1):
        yield line
        yield from placed[index]


if __name__ == "__main__":
    for made in lines(Path(sys.argv[1])):
        sys.stdout.write(json.dumps(made, sort_keys=False) + "\n")
