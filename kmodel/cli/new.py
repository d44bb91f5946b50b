"""`kmodel new`: write a commented starting point for a spec, a scenario or a controller."""

from __future__ import annotations

import keyword
import re
from pathlib import Path

import click

from kmodel.cli.one_line import InputProblem, OneLineCommand, one_line
from kmodel.printable import in_one_line

SPEC = '''"""What must hold of … : say why in a sentence."""

from kmodel.kernel import Cluster, invariant, sometimes
from kmodel.kubernetes.components.etcd import stored

PODS = stored("pods")  # any resource: stored("deployments"), stored("nodes")


@invariant
def {name}(cluster: Cluster) -> bool | str:
    """Every pod that is ready is bound to a node."""
    for key in cluster.names(PODS):
        pod = cluster[PODS[key]]
        if pod is not None and pod.status.ready and pod.spec.node_name is None:
            return f"pod/{{key}} is ready and bound to no node"  # what is wrong, for the reader of a story
    return True


@sometimes(shows={name})
def {name}_is_put_to_the_test(cluster: Cluster) -> bool:
    """A pod is ready; where this never happens, the invariant holds of nothing."""
    pods = (cluster[PODS[key]] for key in cluster.names(PODS))
    return any(pod is not None and pod.status.ready for pod in pods)
'''
SCENARIO = """# What this scenario is about: say it in a sentence.
apiVersion: kmodel.dev/v1alpha1
kind: Scenario
metadata:
  name: {name}
spec:
  description: One pod on one of two nodes; its container may crash once.
  nodes: 2
  faults:
    container-crash: 1 # kmodel check --help, README: which kinds of faults there are
  requests:
  - create: pod/web
    wait: Running
---
apiVersion: v1
kind: Pod
metadata:
  name: web
spec:
  containers:
  - name: main
    image: nginx
"""
CONTROLLER = '''"""Keeps so many pods for each {kind}."""

from contextlib import suppress

from kmodel.controllers import AlreadyExists, Client, controller, custom_kind

{kind} = custom_kind("example.com/v1", "{kind}", spec={{"replicas": int}}, status={{"pods": 0}})


@controller(watches={kind}, owns=["v1/Pod"])
def {name}(client: Client, key: str) -> None:
    """Create the pods that are missing, and say how many there are."""
    wanted = client.get({kind}, key)  # from the cache, which may be late; live=True asks the api-server
    if wanted is None or wanted.metadata.deleting:
        return
    pods = client.list("v1/Pod", owner=wanted)
    names = {{f"{{key}}-{{number}}" for number in range(wanted.spec.replicas)}}
    spec = {{"containers": [{{"name": "main", "image": "nginx"}}]}}
    for pod_name in sorted(names - {{pod.metadata.name for pod in pods}}):
        pod = {{"apiVersion": "v1", "kind": "Pod", "metadata": {{"name": pod_name}}, "spec": spec}}
        with suppress(AlreadyExists):  # by an earlier run, of which the cache has not heard yet
            client.create(pod, owner=wanted)
    if wanted.status.pods != len(pods):
        client.patch_status(wanted, pods=len(pods))
'''
FOLDERS = {"spec": "specs", "scenario": "specs/scenarios", "controller": "specs/controllers"}
NEXT = {
    "spec": "kmodel check pod-creation --spec {name}",
    "scenario": "kmodel check {name}",
    "controller": "kmodel check -f FILE.yaml, where FILE.yaml has a {kind} of example.com/v1 with spec.replicas",
}


@click.command(cls=OneLineCommand, short_help="Write a starting point for a spec, a scenario or a controller.")
@click.argument("what", type=click.Choice(tuple(FOLDERS)))
@click.argument("name")
@one_line
def new(what: str, name: str) -> None:
    """Write a commented file to start from, in `specs/` of the current folder; a file that is there is left alone.

    \b
    Examples:
      kmodel new spec pods_request_memory
      kmodel new scenario two-nodes
      kmodel new controller cache_operator
    """
    if what == "scenario":
        if not re.fullmatch(r"[a-z0-9]([a-z0-9-]*[a-z0-9])?", name):
            raise InputProblem(f"{name!r} is no name of a scenario; use small letters, digits and dashes: two-nodes")
        text, file = SCENARIO.format(name=name), f"{name}.yaml"
        kind = ""
    else:
        if not re.fullmatch(r"[a-z][a-z0-9_]*", name) or keyword.iskeyword(name):
            raise InputProblem(f"{name!r} is no name of a function; use small letters and underscores: cache_operator")
        kind = (
            "".join(word.capitalize() for word in name.split("_") if word not in ("operator", "controller")) or "Thing"
        )
        text, file = (SPEC if what == "spec" else CONTROLLER).format(name=name, kind=kind), f"{name}.py"
    path = Path(FOLDERS[what]) / file
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        with path.open("x", encoding="utf-8") as made:
            made.write(text)
    except FileExistsError:
        raise InputProblem(f"{path}: is there already; choose another name") from None
    click.echo(in_one_line(f"wrote    {path}"))
    click.echo(in_one_line(f"next     {NEXT[what].format(name=name, kind=kind)}"))
