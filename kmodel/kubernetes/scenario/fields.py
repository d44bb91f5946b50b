"""The fields of a Scenario's spec: the one table that reading, errors and documentation share."""

from collections.abc import Callable

import attrs

from kmodel.kubernetes.catalog import BUILT_IN, Catalog
from kmodel.kubernetes.components.apiserver.releases import RELEASES
from kmodel.kubernetes.components.plan import SUFFIXES

API_VERSION = "kmodel.dev/v1alpha1"
KIND = "Scenario"


@attrs.frozen
class FieldOfScenario:
    """A field: its name, the form of its value, what it is when left out, and what it means.

    `among` returns what its value may name out of a catalog; the meaning has `{names}` in their place.
    """

    name: str
    form: str
    default: str
    meaning: str
    among: Callable[[Catalog], tuple[str, ...]] = lambda catalog: ()

    def told(self, catalog: Catalog) -> str:
        """Return what the field means."""
        return self.meaning.replace("{names}", ", ".join(self.among(catalog)))


FIELDS = (
    FieldOfScenario("description", "text", "none", "What the scenario shows, for readers and reports."),
    FieldOfScenario(
        "nodes", "number", "1 if there is no Node manifest", "So many equal nodes: n1, n2, … (4 cpu, 8Gi, 110 pods)."
    ),
    FieldOfScenario(
        "registerNodes",
        "true or false",
        "false",
        "Whether kubelets create their Node objects, or these are there already.",
    ),
    FieldOfScenario(
        "stored",
        "list of references",
        "none",
        "Manifests that are in etcd at the start: `[service/web]`. Nodes always are.",
    ),
    FieldOfScenario(
        "requests",
        "list of steps",
        "create each other manifest, in the order of the files",
        "What users do with kubectl, one step after the other for each user: `create`, `apply`, `replace` or `delete` "
        "with a reference such as `pod/web`; or `scale` with `replicas`, `setImage` with `image` and perhaps "
        "`container`, `pause`, `resume` or `undo`; or `do` with a command as it is typed after `kubectl`, such as "
        "`label pod/web tier=front`; and perhaps `user`, `wait` (`Running`, `Available` or `Deleted`), "
        "`gracePeriodSeconds` and `cascade` (`background`, `foreground` or `orphan`) of a delete, `manifest` (the "
        "object, if it is not that of the files), `expect` (what may come of it: `Unauthorized`, `Forbidden`, "
        "`NotFound`, `Invalid`, or a pod that stays `Pending`).",
    ),
    FieldOfScenario(
        "users",
        "list of users",
        "admin",
        "Who uses kubectl: `name`, `authenticated` (true), `verbs` (all), `resources` (all). `admin` is always there.",
    ),
    FieldOfScenario(
        "faults",
        "name: budget",
        "none",
        "How often each fault may happen: {names}.",
        among=lambda catalog: catalog.fault_names,
    ),
    FieldOfScenario(
        "actors",
        "list of names",
        "the smallest set that manifests, requests and faults need",
        "The optional actors that take part: {names}. Without `heartbeats`, none is late: the "
        "node lifecycle controller takes for silent only nodes that are down or cut off.",
        among=lambda catalog: catalog.optional,
    ),
    FieldOfScenario(
        "calls", "split or fused", "split", "Whether request, handling and answer are steps of their own, or one step."
    ),
    FieldOfScenario(
        "deletions",
        "fused or split",
        "fused",
        "Whether a pod that is deleted without a grace period goes in one write, or in two, as in Kubernetes: it is "
        "marked, and removed.",
    ),
    FieldOfScenario("scheduler", "watch or poll", "watch", "How the scheduler learns of changes."),
    FieldOfScenario(
        "scoring",
        "least-allocated or any",
        "least-allocated",
        "Which of the nodes that pass the filters the scheduler takes: one with most left, or any. Kubernetes scores "
        "by more than that, so that what holds with `any` holds whatever it takes.",
    ),
    FieldOfScenario(
        "kubelet",
        "watch, poll or coarse",
        "watch",
        "How kubelets learn of changes. A coarse one watches, and does at once all that is to be done for a pod.",
    ),
    FieldOfScenario(
        "controlNodes",
        "number",
        "1",
        "So many control nodes, each with a member of etcd, an api-server, a scheduler and a controller manager, if "
        "the next fields do not say otherwise.",
    ),
    FieldOfScenario(
        "etcdMembers",
        "number",
        "controlNodes",
        "So many members of etcd: a write needs a majority of them, and a leader.",
    ),
    FieldOfScenario(
        "apiServers",
        "number",
        "controlNodes",
        "So many api-servers, each with a watch cache that lags behind etcd at its own pace. A client stays with one "
        "while its connection lives, and may meet another one then.",
    ),
    FieldOfScenario(
        "firstList",
        "consistent or any",
        "consistent",
        "With several api-servers, what a client's first list shows: all that is stored, as from release 1.35 on, or "
        "what the watch cache of any of them has (resourceVersion 0), as kubelets and schedulers list up to 1.34.",
    ),
    FieldOfScenario(
        "release",
        " or ".join(f'"{release}"' for release in RELEASES),
        "none",
        "With several api-servers, whose first lists are consistent: nobody's in 1.33, the controller manager's in "
        "1.34, everybody's in 1.35. `firstList` says otherwise.",
    ),
    FieldOfScenario(
        "watchCaches",
        "late or prompt",
        "late",
        "With several api-servers, whether their watch caches lag, or each always has all that is stored.",
    ),
    FieldOfScenario(
        "clientCaches",
        "late or prompt",
        "late",
        "Whether events reach a client some time after its api-server, or at once, so that of several api-servers only "
        "these lag, and of one nobody does.",
    ),
    FieldOfScenario(
        "schedulers",
        "number",
        "controlNodes",
        "So many schedulers, of which one leads, at the start the first; if it does not renew its lease, another does.",
    ),
    FieldOfScenario("controllerManagers", "number", "controlNodes", "So many controller managers, in the same way."),
    FieldOfScenario(
        "newLeader",
        "at-once or caught-up",
        "at-once",
        "Whether a new leader acts at once, as in Kubernetes, or when its caches have all that is stored.",
    ),
    FieldOfScenario("watchBuffer", "number", "8", "Events that wait for a slow watcher before the watch is closed."),
    FieldOfScenario(
        "missedHeartbeats", "number", "1", "Checks without a renewed lease before a node is taken for unhealthy."
    ),
    FieldOfScenario(
        "terminatedPodThreshold",
        "number",
        "none is collected",
        "Finished pods that the pod garbage collector leaves, as the flag of the controller manager says.",
    ),
    FieldOfScenario(
        "podQuota", "number", "no quota", "Pods that may be stored at once, as a ResourceQuota of `count/pods` says."
    ),
    FieldOfScenario(
        "podNamesPerWorkload",
        "number",
        "the largest number of replicas + 1",
        f"Pods of one ReplicaSet that anything may mention at once, named `web-{SUFFIXES[0]}`, `web-{SUFFIXES[1]}`, …",
    ),
    FieldOfScenario(
        "engine",
        "exhaustive, delays or hypothesis",
        "exhaustive",
        "Explore all states, or the runs with few delays, or sample runs.",
    ),
    FieldOfScenario(
        "interchangeable",
        "list of lists of names",
        "identical nodes that nothing else mentions",
        "Names that `--symmetry` may exchange: `[[n1, n2]]`. Those that do not look alike are refused.",
    ),
    FieldOfScenario("maxStates", "number", "none", "Stop the exhaustive exploration at so many states, and say so."),
)
NAMES = tuple(field.name for field in FIELDS)


def field_table(catalog: Catalog = BUILT_IN) -> str:
    """Return the table of the fields in Markdown; some may name what the catalog has."""
    lines = ["| field of `spec` | value | without it | meaning |", "| --- | --- | --- | --- |"]
    lines += [f"| `{field.name}` | {field.form} | {field.default} | {field.told(catalog)} |" for field in FIELDS]
    return "\n".join(lines) + "\n"
