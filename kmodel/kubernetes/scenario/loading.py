"""From files to a Scenario."""

from collections.abc import Collection, Mapping, Sequence
from pathlib import Path

import attrs

from kmodel.kubernetes.catalog import BUILT_IN, Catalog
from kmodel.kubernetes.components.plan import names_needed
from kmodel.kubernetes.components.settings import Session, Settings
from kmodel.kubernetes.manifests import Field, InputError, choose
from kmodel.kubernetes.objects import Kinds, Node, ObjectMeta
from kmodel.kubernetes.objects.limitrange import LimitRange, read_limit_range
from kmodel.kubernetes.objects.opaque import Opaque, read_opaque
from kmodel.kubernetes.objects.reading import Manifest
from kmodel.kubernetes.scenario.caveats import caveats, decides, read_assumed
from kmodel.kubernetes.scenario.completing import complete
from kmodel.kubernetes.scenario.detail import overrides
from kmodel.kubernetes.scenario.endings import refusals
from kmodel.kubernetes.scenario.manifest_files import STANDARD_INPUT, Contents, read_files
from kmodel.kubernetes.scenario.requests import (
    ACTIONS,
    Known,
    Requests,
    default_sessions,
    read_reference,
    read_requests,
    with_lines,
)
from kmodel.kubernetes.scenario.scenario import Scenario
from kmodel.kubernetes.scenario.scenario_spec import LARGEST_BUDGET, MOST_NODES, ScenarioSpec, read_spec
from kmodel.kubernetes.scenario.stored import as_stored

PLATFORM = {"kubernetes.io/arch": "amd64", "kubernetes.io/os": "linux"}  # of nodes of which a manifest says nothing
HOSTNAME_LABEL = "kubernetes.io/hostname"


def load(
    paths: Sequence[Path],
    *,
    nodes: int | None = None,
    faults: Mapping[str, int] | None = None,
    assumed: Sequence[str] = (),
    lines: Sequence[str] = (),
    detail: Mapping[str, str] | None = None,
    catalog: Catalog = BUILT_IN,
) -> Scenario:
    """Read manifests and at most one Scenario from files and folders; InputError, in one line, if anything is wrong.

    `nodes` takes the place of the nodes that the files name, `faults` the place of the budgets of the same names.
    `assumed` are objects that are there beside those of the files: `secret/db`; `lines` are commands that the admin
    gives after all others, as typed after `kubectl`. `detail` says how finely parts are modelled, in place of what the
    files say: `{"calls": "fused"}`. `catalog` has the components, kinds and faults that there are.
    """
    _check_overrides(nodes, faults or {}, catalog)
    declared = (*read_assumed(assumed),)
    contents = read_files(paths, catalog.kinds)
    spec = attrs.evolve(read_spec(contents.scenario, catalog), **overrides(detail or {}))
    cluster_nodes, replaced = _nodes(spec, contents, nodes)
    around = _around(spec, contents, catalog.kinds)
    manifests = {item.reference: item for item in contents.manifests if not item.kind.is_machine and item not in around}
    others = (*contents.others, *(read_opaque(item.field, item.object.kind, item.kind.api_version) for item in around))
    node_manifests = () if replaced else tuple(item for item in contents.manifests if item.kind.is_machine)
    known = Known(
        {**manifests, **{item.reference: item for item in node_manifests}},
        users=tuple(user.name for user in spec.users),
        nodes=tuple(f"node/{node.metadata.key}" for node in cluster_nodes),
        names_per_workload=spec.names_per_workload
        or names_needed((item.object for item in manifests.values()), catalog.made_of, len(cluster_nodes)),
        kinds=catalog.kinds,
        maker=catalog.made_of,
    )
    stored = _stored(spec, manifests, catalog.kinds)
    requests = with_lines(_requests(spec, manifests, known, stored), lines, known)
    settings = attrs.evolve(
        _settings_of(spec, {**spec.faults, **(faults or {})}, catalog),
        nodes=cluster_nodes,
        objects=tuple(as_stored(manifests[name], where) for name, where in stored.items()),
        sessions=requests.sessions,
        names_per_workload=spec.names_per_workload or _names_needed(requests.sessions, known),
        limit_ranges=_limit_ranges(others),
        surroundings=tuple(dict.fromkeys((*(each.reference for each in others), *declared))),
    )
    described = (*known.manifests.values(), *requests.extra)
    scenario = Scenario(
        name=spec.name or _name(contents.sources, paths),
        settings=settings,
        description=spec.description,
        sources=contents.sources,
        engine=spec.engine,
        max_states=spec.max_states,
        interchangeable=spec.interchangeable,
        left_out=replaced,
        ignored_fields=_ignored(described),
        caveats=caveats(others, contents.skipped, described, settings),
        assumed=declared,
        refused=tuple(refusals(settings, catalog.kinds)),
        expected=requests.expected,
        catalog=catalog,
        is_plain=contents.scenario is None,
    )
    return complete(scenario, actors=spec.actors, heartbeats=spec.missed_heartbeats is not None)


def _names_needed(sessions: tuple[Session, ...], known: Known) -> int:
    """Return how many names a template needs when commands that scale have been carried out, too."""
    if not any(command.patch for session in sessions for command in session.commands):
        return known.names_per_workload
    given = (manifest.object for manifest in known.manifests.values())
    versions = Settings(objects=tuple(given), sessions=sessions).given
    return max(known.names_per_workload, names_needed(versions, known.maker, len(known.nodes)))


def _settings_of(spec: ScenarioSpec, budgets: Mapping[str, int], catalog: Catalog) -> Settings:
    """Return the settings that the scenario's file says, without any objects."""
    return Settings(
        users=spec.users,
        faults=tuple((fault, budgets[fault]) for fault in catalog.fault_names if budgets.get(fault)),
        calls=spec.calls,
        deletions=spec.deletions,
        scheduler=spec.scheduler,
        scoring=spec.scoring,
        kubelet=spec.kubelet,
        register_nodes=spec.register_nodes,
        control_nodes=spec.control_nodes,
        etcd_members=spec.etcd_members,
        api_servers=spec.api_servers,
        watch_caches=spec.watch_caches,
        first_list=spec.first_list,
        client_caches=spec.client_caches,
        schedulers=spec.schedulers,
        controller_managers=spec.controller_managers,
        new_leader=spec.new_leader,
        watch_buffer=spec.watch_buffer,
        missed_heartbeats=spec.missed_heartbeats or 1,
        terminated_pod_threshold=spec.terminated_pod_threshold,
        pod_quota=spec.pod_quota,
    )


def _name(sources: Sequence[Path], paths: Sequence[Path]) -> str:
    """Return the name of what has no Scenario: that of its only file or folder, or of its first file."""
    alone = paths[0] if len(paths) == 1 else sources[0]
    if alone == STANDARD_INPUT:
        return "stdin"
    return alone.stem or alone.resolve().name or "scenario"


def _check_overrides(nodes: int | None, faults: Mapping[str, int], catalog: Catalog) -> None:
    if nodes is not None and not 1 <= nodes <= MOST_NODES:
        raise InputError("--nodes", None, "", f"is {nodes}", f"use a number from 1 to {MOST_NODES}")
    for fault, budget in faults.items():
        if fault not in catalog.fault_names:
            raise InputError(
                "--faults", None, fault, "is not a fault that is modelled", choose(fault, catalog.fault_names)
            )
        if not 0 <= budget <= LARGEST_BUDGET:
            raise InputError("--faults", None, fault, f"is {budget}", f"use a number from 0 to {LARGEST_BUDGET}")


def _stored(spec: ScenarioSpec, manifests: Mapping[str, Manifest], kinds: Kinds) -> dict[str, Field]:
    names: dict[str, Field] = {}
    for item in () if spec.stored is None else spec.stored.items():
        name = str(read_reference(item, kinds))
        if name not in manifests:
            raise item.error(
                f'"{name}" is in no manifest', choose(name, tuple(manifests)) if manifests else "add its manifest"
            )
        names.setdefault(name, item)
    return names


def _around(spec: ScenarioSpec, contents: Contents, kinds: Kinds) -> list[Manifest]:
    """Return the manifests of what is there from the start to the end, as neither steps nor `stored` name it."""
    steps = () if spec.requests is None else spec.requests.items()
    about = [step.fields().optional(action) for step in steps for action in ACTIONS if action != "do"]
    names = [each for each in (*about, *(() if spec.stored is None else spec.stored.items())) if each is not None]
    named = {str(read_reference(each, kinds)) for each in names}
    return [item for item in contents.manifests if item.kind.may_be_around and item.reference not in named]


def _limit_ranges(others: Sequence[Opaque]) -> tuple[LimitRange, ...]:
    found = [each for each in others if (each.kind, each.api_version) == ("LimitRange", "v1")]
    return tuple(read_limit_range(each.namespace, each.field) for each in found)


def _requests(spec: ScenarioSpec, manifests: Mapping[str, Manifest], known: Known, stored: Collection[str]) -> Requests:
    if spec.requests is None:
        return Requests(default_sessions([item for name, item in manifests.items() if name not in stored]))
    requests = read_requests(spec.requests, known)
    for name, manifest in manifests.items():
        if name not in stored and name not in requests.brought:
            raise manifest.field.error(
                f"{name} is neither requested nor stored", f"add `- create: {name}` to requests, or stored: [{name}]"
            )
    return requests


def _nodes(spec: ScenarioSpec, contents: Contents, override: int | None) -> tuple[tuple[Node, ...], tuple[str, ...]]:
    given = tuple(manifest for manifest in contents.manifests if manifest.kind.is_machine)
    count = None if spec.nodes is None else spec.nodes.integer(1, MOST_NODES)
    if override is not None:
        replaced = tuple(f"{manifest.reference}: --nodes {override} takes its place" for manifest in given)
        return default_nodes(override), replaced
    if spec.nodes is not None and given:
        first = given[0].field
        raise spec.nodes.error(f"is given beside the Node of {first.file}:{first.line}", "remove one of the two")
    if given:
        return tuple(_labelled(as_stored(manifest, manifest.field)) for manifest in given), ()
    return default_nodes(1 if count is None else count), ()


def default_nodes(count: int) -> tuple[Node, ...]:
    """Return so many equal nodes: n1, n2, …"""
    names = [f"n{number}" for number in range(1, count + 1)]
    return tuple(_labelled(Node(ObjectMeta(name, namespace=""))) for name in names)


def _labelled(node: Node) -> Node:
    """Return a node with the labels that every kubelet sets on its own [pkg/kubelet/kubelet_node_status.go]."""
    labels = {**PLATFORM, HOSTNAME_LABEL: node.metadata.name, **dict(node.metadata.labels)}
    return attrs.evolve(node, metadata=attrs.evolve(node.metadata, labels=tuple(sorted(labels.items()))))


def _ignored(manifests: Sequence[Manifest]) -> tuple[str, ...]:
    """Return the fields that nobody reads and that decide nothing."""
    return tuple(
        dict.fromkeys(
            f"{manifest.reference}: {path}" for manifest in manifests for path in manifest.left_out if not decides(path)
        )
    )
