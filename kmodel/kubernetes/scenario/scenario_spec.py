"""Reading the Scenario document itself: sizes, modes, users, faults, actors."""

from collections.abc import Mapping

import attrs

from kmodel.kubernetes.catalog import Catalog
from kmodel.kubernetes.components.apiserver.releases import RELEASES
from kmodel.kubernetes.components.plan import SUFFIXES
from kmodel.kubernetes.components.settings import User
from kmodel.kubernetes.manifests import Field, Fields, InputError, choose, quoted
from kmodel.kubernetes.scenario.detail import MODES
from kmodel.kubernetes.scenario.fields import NAMES
from kmodel.kubernetes.scenario.scenario import SCENARIO_ENGINES, Engine

MOST_NODES = 100
LARGEST_BUDGET = 100
LARGEST_SIZE = 1000
MOST_INSTANCES = 5
VERBS = ("create", "update", "patch", "delete", "*")
SUBRESOURCES = (
    "pods/binding",
    "pods/status",
    "nodes/status",
    "deployments/scale",
    "replicasets/scale",
    "replicationcontrollers/scale",
)
ADMIN = User("admin")


@attrs.frozen(eq=False)
class ScenarioSpec:
    """What a Scenario document says; None where it says nothing."""

    name: str | None = None
    description: str = ""
    nodes: Field | None = None
    register_nodes: bool = False
    stored: Field | None = None
    requests: Field | None = None
    users: tuple[User, ...] = (ADMIN,)
    faults: Mapping[str, int] = attrs.field(factory=dict)
    actors: tuple[str, ...] | None = None
    calls: str = "split"
    deletions: str = "fused"
    scheduler: str = "watch"
    scoring: str = "least-allocated"
    kubelet: str = "watch"
    control_nodes: int = 1
    etcd_members: int = 1
    api_servers: int = 1
    watch_caches: str = "late"
    first_list: str = "consistent"
    client_caches: str = "late"
    schedulers: int = 1
    controller_managers: int = 1
    new_leader: str = "at-once"
    watch_buffer: int = 8
    missed_heartbeats: int | None = None
    terminated_pod_threshold: int | None = None
    pod_quota: int | None = None
    names_per_workload: int | None = None
    engine: Engine = "exhaustive"
    max_states: int | None = None
    interchangeable: tuple[tuple[str, ...], ...] | None = None


def read_spec(document: Field | None, catalog: Catalog) -> ScenarioSpec:
    """Return what a Scenario document says; InputError if a field is unknown or of a wrong type."""
    if document is None:
        return ScenarioSpec()
    top = document.fields()
    name = None
    metadata = top.optional("metadata")
    if metadata is not None:
        members = metadata.fields()
        name = _name(members.optional("name"))
        members.refuse_others("a Scenario's metadata", ("name",))
    for known in ("apiVersion", "kind"):
        top.optional(known)
    spec_field = top.optional("spec")
    top.refuse_others("a Scenario", ("apiVersion", "kind", "metadata", "spec"))
    if spec_field is None:
        return ScenarioSpec(name)
    fields = spec_field.fields()
    spec = _read(name, fields, catalog)
    fields.refuse_others("a Scenario's spec", NAMES)
    return spec


def _name(field: Field | None) -> str | None:
    if field is None:
        return None
    name = field.string()
    # A scenario's name becomes a folder of the reports and part of a test's name.
    if not name or name.startswith(".") or not all(letter.isalnum() or letter in "-_." for letter in name):
        raise field.error(f"{quoted(name)} cannot name a scenario", "use letters, digits, dashes and dots")
    return name


def _read(name: str | None, fields: Fields, catalog: Catalog) -> ScenarioSpec:
    def mode(what: str, *values: str) -> str:
        field, (first, *others) = fields.optional(what), values or MODES[what]
        return first if field is None else field.one_of((first, *others))

    def number(what: str, minimum: int, maximum: int) -> int | None:
        field = fields.optional(what)
        return None if field is None else field.integer(minimum, maximum)

    release = mode("release", "", *RELEASES)
    control_nodes = number("controlNodes", 1, MOST_INSTANCES) or 1
    description, register = fields.optional("description"), fields.optional("registerNodes")
    return ScenarioSpec(
        name=name,
        description="" if description is None else description.string().strip(),
        nodes=fields.optional("nodes"),
        register_nodes=False if register is None else register.boolean(),
        stored=fields.optional("stored"),
        requests=fields.optional("requests"),
        users=_users(fields.optional("users"), catalog),
        faults=_faults(fields.optional("faults"), catalog),
        actors=_actors(fields.optional("actors"), catalog),
        calls=mode("calls"),
        deletions=mode("deletions"),
        scheduler=mode("scheduler"),
        scoring=mode("scoring", "least-allocated", "any"),
        kubelet=mode("kubelet"),
        control_nodes=control_nodes,
        etcd_members=number("etcdMembers", 1, MOST_INSTANCES) or control_nodes,
        api_servers=number("apiServers", 1, MOST_INSTANCES) or control_nodes,
        watch_caches=mode("watchCaches"),
        first_list=mode("firstList", release or "consistent", "consistent", "any"),
        client_caches=mode("clientCaches"),
        schedulers=number("schedulers", 1, MOST_INSTANCES) or control_nodes,
        controller_managers=number("controllerManagers", 1, MOST_INSTANCES) or control_nodes,
        new_leader=mode("newLeader", "at-once", "caught-up"),
        watch_buffer=number("watchBuffer", 1, LARGEST_SIZE) or 8,
        missed_heartbeats=number("missedHeartbeats", 1, LARGEST_SIZE),
        terminated_pod_threshold=number("terminatedPodThreshold", 1, LARGEST_SIZE),
        pod_quota=number("podQuota", 1, LARGEST_SIZE),
        names_per_workload=number("podNamesPerWorkload", 1, len(SUFFIXES)),
        engine=SCENARIO_ENGINES[SCENARIO_ENGINES.index(mode("engine", *SCENARIO_ENGINES))],
        max_states=number("maxStates", 1, 2**63 - 1),
        interchangeable=_groups(fields.optional("interchangeable")),
    )


def _users(field: Field | None, catalog: Catalog) -> tuple[User, ...]:
    users: dict[str, User] = {}
    for item in () if field is None else field.items():
        fields = item.fields()
        name = fields.required("name", "add a name").string()
        if not name or "/" in name or not name.isprintable() or name.startswith("system:"):
            raise fields.required("name").error(
                f"{quoted(name)} cannot be a user's name",
                "use letters, digits and dashes; system: is the control plane's",
            )
        if name in users:
            raise item.error(f"is a second user {quoted(name)}", "remove one of them")
        authenticated = fields.optional("authenticated")
        users[name] = User(
            name,
            True if authenticated is None else authenticated.boolean(),
            _among(fields.optional("verbs"), VERBS),
            _among(fields.optional("resources"), (*(kind.resource for kind in catalog.kinds), *SUBRESOURCES, "*")),
        )
        fields.refuse_others("a user", ("name", "authenticated", "verbs", "resources"))
    users.setdefault(ADMIN.name, ADMIN)
    return tuple(users.values())


def _among(field: Field | None, known: tuple[str, ...]) -> tuple[str, ...]:
    return ("*",) if field is None else tuple(dict.fromkeys(item.one_of(known) for item in field.items()))


def _faults(field: Field | None, catalog: Catalog) -> dict[str, int]:
    if field is None:
        return {}
    budgets: dict[str, int] = {}
    fields = field.fields()
    for name in catalog.fault_names:
        budget = fields.optional(name)
        if budget is not None:
            budgets[name] = budget.integer(0, LARGEST_BUDGET)
    for name, line, member in fields.others():
        raise InputError(
            member.file, line, member.path, "is not a fault that is modelled", choose(name, catalog.fault_names)
        )
    return budgets


def _groups(field: Field | None) -> tuple[tuple[str, ...], ...] | None:
    if field is None:
        return None
    seen: set[str] = set()
    groups = []
    for item in field.items():
        names = []
        for member in item.items():
            name = member.string()
            if not name or name in seen:
                raise member.error(f"{quoted(name)} is empty or was listed before", "list each name once")
            seen.add(name)
            names.append(name)
        groups.append(tuple(names))
    return tuple(groups)


def _actors(field: Field | None, catalog: Catalog) -> tuple[str, ...] | None:
    if field is None:
        return None
    named = tuple(dict.fromkeys(item.one_of(catalog.optional) for item in field.items()))
    for component in catalog.components:
        missing = [other for other in component.works_with if other not in named]
        if component.name in named and missing:
            raise field.error(
                f"{component.name} does nothing without {' and '.join(missing)}", f"add {', '.join(missing)}"
            )
    return named
