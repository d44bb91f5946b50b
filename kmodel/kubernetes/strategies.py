"""Hypothesis strategies that draw pods, nodes and whole scenarios: all clusters of a family instead of one.

What they draw is valid and small, and shrinks towards the simplest: one pod without wishes on one default node.
"""

from collections.abc import Collection, Sequence

from hypothesis import strategies as st
from hypothesis.errors import InvalidArgument
from hypothesis.strategies import SearchStrategy

from kmodel.kubernetes.catalog import BUILT_IN, Catalog
from kmodel.kubernetes.components.plan import names_needed
from kmodel.kubernetes.components.settings import Command, Session, Settings
from kmodel.kubernetes.objects import (
    GIBIBYTE,
    Container,
    Labels,
    Node,
    NodeSpec,
    NodeStatus,
    Object,
    ObjectMeta,
    Pod,
    PodSpec,
    PodTemplate,
    ReplicaSet,
    Resources,
    Taint,
    Toleration,
    resource_of,
)
from kmodel.kubernetes.scenario import Scenario
from kmodel.kubernetes.scenario.completing import complete

__all__ = ["nodes", "pods", "scenarios"]

POD_NAMES = ("web", "db")
NODE_NAMES = ("n1", "n2")
MOST_PODS = len(POD_NAMES)
MOST_NODES = len(NODE_NAMES)
WORKLOAD = "web"
LABELS: Labels = (("app", WORKLOAD),)
TAINT = Taint("dedicated", "db")
TOLERATION = Toleration("dedicated", value="db", effect="NoSchedule")
MEBIBYTE = 1 << 20


def pods(
    *, names: Sequence[str] = POD_NAMES, restart_policies: Sequence[str] = ("Always", "OnFailure", "Never")
) -> SearchStrategy[Pod]:
    """Draw a Pod of one container, with a name out of `names` and perhaps requests and a toleration.

    InvalidArgument if there is no name or restart policy to choose from.
    """
    _check_names("pods", "names", names)
    _check_names("pods", "restart_policies", restart_policies)
    return st.builds(
        lambda name, spec: Pod(ObjectMeta(name, labels=LABELS), spec),
        st.sampled_from(tuple(names)),
        _pod_specs(restart_policies),
    )


def nodes(*, names: Sequence[str] = NODE_NAMES) -> SearchStrategy[Node]:
    """Draw a Node with a name out of `names`, of some size, and perhaps with a taint or cordoned.

    InvalidArgument if there is no name to choose from.
    """
    _check_names("nodes", "names", names)
    return st.builds(
        lambda name, cpu, memory, taints, unschedulable: Node(
            ObjectMeta(name, namespace=""),
            NodeSpec(unschedulable, taints),
            NodeStatus(cpu_millicores=cpu, memory_bytes=memory),
        ),
        st.sampled_from(tuple(names)),
        st.sampled_from((4000, 1000, 500)),
        st.sampled_from((8 * GIBIBYTE, GIBIBYTE, 512 * MEBIBYTE)),
        st.sampled_from(((), (TAINT,))),
        st.booleans(),
    )


def scenarios(
    *,
    max_nodes: int = MOST_NODES,
    max_pods: int = MOST_PODS,
    faults: Collection[str] | None = None,
    max_faults: int = 1,
    calls: Sequence[str] = ("fused", "split"),
    catalog: Catalog = BUILT_IN,
) -> SearchStrategy[Scenario]:
    """Draw a Scenario: one or two nodes, and pods or a ReplicaSet that the admin creates (and perhaps deletes one of).

    At most `max_faults` of the `faults` have a budget, of 1; without them, any of the catalog's may. The `catalog` has
    the components, kinds and faults that there are, such as `kmodel.project.Project(Path("specs")).catalog`.
    InvalidArgument if an argument is out of range or names an unknown fault.
    """
    there_are = catalog.fault_names
    _check_number("max_nodes", max_nodes, 1, MOST_NODES)
    _check_number("max_pods", max_pods, 1, MOST_PODS)
    _check_number("max_faults", max_faults, 0, len(there_are))
    for fault in faults or ():
        if fault not in there_are:
            names = ", ".join(there_are)
            raise InvalidArgument(f"scenarios(faults=…) names {fault!r}, no fault; use some of {names}")
    _check_names("scenarios", "calls", calls)
    for mode in calls:
        if mode not in ("fused", "split"):
            raise InvalidArgument(f"scenarios(calls=…) names {mode!r}; use 'fused', 'split' or both")
    known = tuple(fault for fault in there_are if faults is None or fault in faults)
    return st.builds(
        _scenario,
        catalog=st.just(catalog),
        nodes=_distinct([nodes(names=(name,)) for name in NODE_NAMES[:max_nodes]]),
        objects=st.one_of(
            _distinct([pods(names=(name,)) for name in POD_NAMES[:max_pods]]),
            st.builds(lambda workload: (workload,), _replica_sets(max_pods)),
        ),
        deletes=st.booleans(),
        faults=st.just(())
        if not known or not max_faults
        else st.lists(st.sampled_from(known), unique=True, max_size=max_faults).map(tuple),
        calls=st.sampled_from(tuple(calls)),
        scheduler=st.sampled_from(("watch", "poll")),
        kubelet=st.sampled_from(("watch", "poll")),
    )


def _scenario(
    catalog: Catalog,
    nodes: tuple[Node, ...],
    objects: tuple[Object, ...],
    deletes: bool,
    faults: tuple[str, ...],
    calls: str,
    scheduler: str,
    kubelet: str,
) -> Scenario:
    commands = [Command("create", resource_of(value), value.metadata.key, value) for value in objects]
    if deletes and objects[0].kind == "Pod":
        commands.append(Command("delete", "pods", objects[0].metadata.key))
    settings = Settings(
        nodes=nodes,
        sessions=(Session("admin", tuple(commands)),),
        names_per_workload=names_needed(objects),
        faults=tuple((fault, 1) for fault in catalog.fault_names if fault in faults),
        calls=calls,
        scheduler=scheduler,
        kubelet=kubelet,
    )
    return complete(Scenario("drawn", settings, engine="hypothesis", catalog=catalog))


def _pod_specs(restart_policies: Sequence[str]) -> SearchStrategy[PodSpec]:
    return st.builds(
        lambda cpu, memory, policy, tolerations: PodSpec(
            (Container("main", "nginx:1.14.2", Resources(cpu, memory)),), restart_policy=policy, tolerations=tolerations
        ),
        st.sampled_from((None, 250, 750)),
        st.sampled_from((None, 128 * MEBIBYTE, 768 * MEBIBYTE)),
        st.sampled_from(tuple(restart_policies)),
        st.sampled_from(((), (TOLERATION,))),
    )


def _replica_sets(max_replicas: int) -> SearchStrategy[ReplicaSet]:
    return st.builds(
        lambda replicas, spec: ReplicaSet(
            ObjectMeta(WORKLOAD), replicas=replicas, selector=LABELS, template=PodTemplate(LABELS, spec)
        ),
        st.integers(1, max_replicas),
        _pod_specs(("Always",)),
    )


def _distinct(parts: list[SearchStrategy[Node]] | list[SearchStrategy[Pod]]) -> SearchStrategy[tuple[Object, ...]]:
    """Draw a value of the first strategy, perhaps also of the second, and so on."""
    return st.one_of([st.tuples(*parts[:count]) for count in range(1, len(parts) + 1)])


def _check_names(function: str, argument: str, names: Sequence[str]) -> None:
    if isinstance(names, str) or not names or not all(isinstance(name, str) and name for name in names):
        raise InvalidArgument(
            f"{function}({argument}={names!r}) must be a list of at least one text; for example ['web']"
        )


def _check_number(argument: str, value: int, minimum: int, maximum: int) -> None:
    if not isinstance(value, int) or isinstance(value, bool) or not minimum <= value <= maximum:
        raise InvalidArgument(f"scenarios({argument}={value!r}) must be a whole number from {minimum} to {maximum}")
