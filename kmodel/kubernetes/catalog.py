"""What a model can be put together from: the components, kinds and faults that come with kmodel, and a project's own.

The order counts: what is equally short is found in the order of the actions, and these follow the registries.
"""

from collections.abc import Iterable
from typing import Any

import attrs

from kmodel.kubernetes.components import (
    apiserver,
    apiserver_outage,
    control_node_failures,
    control_node_partition,
    etcd_members,
    kubectl,
    kubelet,
    leader_election,
    proxy,
    runtime,
    scheduler,
)
from kmodel.kubernetes.components import faults as losses
from kmodel.kubernetes.components.apiserver import crashes, watch_cache
from kmodel.kubernetes.components.component import Component, Fault
from kmodel.kubernetes.components.controllers import (
    availability,
    cronjob_controller,
    daemonset_controller,
    deployment_controller,
    endpointslice_controller,
    garbage_collector,
    job_controller,
    namespace_controller,
    node_lifecycle,
    pod_gc,
    replicaset_controller,
    replicaset_status,
    resourcequota_controller,
    restarts,
    statefulset_controller,
    taint_eviction,
    ttl_after_finished,
)
from kmodel.kubernetes.components.kubelet import failures, probes
from kmodel.kubernetes.components.plan import Plan
from kmodel.kubernetes.components.settings import Settings
from kmodel.kubernetes.objects import KINDS, ApiObject, Kind

COMPONENTS: tuple[Component, ...] = (
    kubectl.COMPONENT,
    apiserver.COMPONENT,
    Component("etcd", needed=lambda plan: None, optional=False),
    scheduler.COMPONENT,
    kubelet.COMPONENT,
    replicaset_controller.COMPONENT,
    endpointslice_controller.COMPONENT,
    node_lifecycle.COMPONENT,
    taint_eviction.COMPONENT,
    pod_gc.COMPONENT,
    garbage_collector.COMPONENT,
    resourcequota_controller.COMPONENT,
    replicaset_status.COMPONENT,
    availability.COMPONENT,
    deployment_controller.COMPONENT,
    statefulset_controller.COMPONENT,
    daemonset_controller.COMPONENT,
    job_controller.COMPONENT,
    cronjob_controller.COMPONENT,
    ttl_after_finished.COMPONENT,
    namespace_controller.COMPONENT,
    proxy.COMPONENT,
    kubelet.HEARTBEATS,
    leader_election.COMPONENT,
    etcd_members.COMPONENT,
    control_node_failures.COMPONENT,
    control_node_partition.COMPONENT,
)
FAULTS: tuple[Fault, ...] = (
    runtime.CONTAINER_CRASH,
    runtime.CONTAINER_EXIT,
    runtime.FAILED_START,
    runtime.FAILED_IMAGE_PULL,
    probes.FAILED_READINESS,
    probes.CONTAINER_HANG,
    failures.KUBELET_RESTART,
    failures.NODE_CRASH,
    failures.NODE_RESTART,
    failures.NODE_REPLACEMENT,
    failures.NETWORK_PARTITION,
    node_lifecycle.LATE_HEARTBEAT,
    scheduler.SCHEDULER_RESTART,
    scheduler.SCHEDULER_FAILOVER,
    restarts.CONTROLLER_RESTART,
    restarts.CONTROLLER_FAILOVER,
    losses.LOST_REQUEST,
    losses.LOST_ANSWER,
    losses.LATE_CALL,
    watch_cache.APISERVER_RESTART,
    crashes.APISERVER_CRASH,
    losses.LOST_EVENT,
    apiserver_outage.APISERVER_OUTAGE,
    leader_election.PROCESS_PAUSE,
    etcd_members.MEMBER_CRASH,
    etcd_members.MEMBER_RETURN,
    etcd_members.SLOW_DISK,
    control_node_failures.CONTROL_NODE_CRASH,
    control_node_failures.CONTROL_NODE_RETURN,
    control_node_partition.CONTROL_NODE_PARTITION,
    cronjob_controller.CRON_TICK,
)


@attrs.frozen(eq=False, repr=False)
class Catalog:
    """Components, kinds and faults; everything that depends on them is given the catalog that holds."""

    components: tuple[Component, ...] = COMPONENTS
    kinds: tuple[Kind[Any], ...] = KINDS
    faults: tuple[Fault, ...] = FAULTS

    def __repr__(self) -> str:
        return f"<Catalog of {len(self.components)} components, {len(self.kinds)} kinds, {len(self.faults)} faults>"

    def _repr_pretty_(self, printer: Any, cycle: bool) -> None:
        printer.text(repr(self))  # Hypothesis and IPython would print all fields of an attrs class

    def with_more(
        self, components: Iterable[Component] = (), kinds: Iterable[Kind[Any]] = (), faults: Iterable[Fault] = ()
    ) -> "Catalog":
        """Return the catalog with more in it; ValueError if a name would be there twice."""
        more = Catalog((*self.components, *components), (*self.kinds, *kinds), (*self.faults, *faults))
        for what, names in (
            ("component", [component.name for component in more.components]),
            ("kind", [kind.kind for kind in more.kinds]),
            ("resource", [kind.resource for kind in more.kinds]),
            ("fault", [fault.name for fault in more.faults]),
        ):
            twice = next((name for index, name in enumerate(names) if name in names[:index]), None)
            if twice is not None:
                raise ValueError(f"there is a {what} {twice} already; give yours another name")
        return more

    def with_variants(self, components: Iterable[Component]) -> "Catalog":
        """Return the catalog with each component in the place of the one of its name; ValueError if there is none."""
        found = {component.name: component for component in self.components}
        for component in components:
            if component.name not in found:
                raise ValueError(f"there is no component {component.name} to vary; name one that there is")
            found[component.name] = component
        return attrs.evolve(self, components=tuple(found.values()))

    @property
    def optional(self) -> tuple[str, ...]:
        """The names of the components that a scenario may leave out."""
        return tuple(component.name for component in self.components if component.optional)

    @property
    def fault_names(self) -> tuple[str, ...]:
        """The names of the faults."""
        return tuple(fault.name for fault in self.faults)

    def plan(self, settings: Settings, *, heartbeats: bool = False) -> Plan:
        """Return what a scenario comes down to."""
        part = [component for component in self.components if component.name in settings.actors]
        brought = tuple(resource for component in part for resource in component.brings)
        processes = tuple(dict.fromkeys(component.process for component in part))
        return Plan(settings, self.kinds, heartbeats, processes, brought, self.made_of, self._owns())

    def _owns(self) -> dict[str, tuple[str, ...]]:
        found: dict[str, tuple[str, ...]] = {}
        for component in self.components:
            for owner, owned in component.owns.items():
                found[owner] = tuple(dict.fromkeys((*found.get(owner, ()), *owned)))
        return found

    def made_of(self, value: ApiObject) -> list[ApiObject]:
        """Return what the components may make of an object, beside what its templates say."""
        return [made for component in self.components for made in component.makes(value)]

    def taking_part(self, plan: Plan) -> tuple[Component, ...]:
        """Return the components that take part in a scenario, in the order of the registry."""
        part = tuple(
            component
            for component in self.components
            if (plan.takes_part(component.name) if component.optional else component.needed(plan) is None)
        )
        return leader_election.spread(part, plan)


BUILT_IN = Catalog()
FAULT_NAMES = BUILT_IN.fault_names
