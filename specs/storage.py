"""etcd and the api-server: who writes, what is stored, what an acknowledgement means."""

from kmodel.kernel import Cell, Cluster, Step, invariant, sometimes, step_invariant
from kmodel.kubernetes.components.calls import CALLS, SPLIT, Acknowledgement, Request, Response, Transaction, became
from kmodel.kubernetes.components.etcd import stored, version
from kmodel.kubernetes.objects import BY_RESOURCE, Pod, ReplicaSet


def etcd_keys(step: Step) -> tuple[Cell[object], ...]:
    """Return the keys of etcd that a step wrote."""
    return tuple(cell for cell in step.writes if cell.family.startswith("etcd/"))


@step_invariant(needs=SPLIT)
def only_the_apiserver_writes_etcd(step: Step) -> bool | str:
    """etcd writes only what the api-server asked for in a transaction, and only the api-server asks."""
    for client, _ in became(step, Transaction):
        if step.action.actor != "kube-apiserver":
            return f"{step.action.actor} handed etcd a transaction for {client}"
    for cell in etcd_keys(step):
        if step.action.actor != "etcd":
            return f"{step.action.actor} wrote {cell}"
        asked = [step.before[CALLS[client]] for client, _ in became(step, Acknowledgement)]
        if not any(isinstance(call, Transaction) and call.key == cell.key[0] for call in asked):
            return f"{cell} was written without a transaction of the api-server"
    return True


@sometimes(shows=only_the_apiserver_writes_etcd)
def etcd_is_written(step: Step) -> bool:
    """Something is written to etcd."""
    return bool(etcd_keys(step))


@step_invariant(needs=SPLIT)
def an_acknowledged_write_is_durable(step: Step) -> bool | str:
    """etcd acknowledges a write in the step that makes it durable, and a client hears of success only after that."""
    for client, call in became(step, Acknowledgement):
        transaction = step.before[CALLS[client]]
        if not call.succeeded:
            continue
        now = step.after[stored(call.resource)[call.key]]
        if not isinstance(transaction, Transaction) or not etcd_keys(step):
            return f"a write of {call.request.target} was acknowledged that etcd did not make"
        if (now is None) != (transaction.value is None):
            return f"{call.request.target} was acknowledged, but etcd holds something else"
    for client, answer in became(step, Response):
        before = step.before[CALLS[client]]
        if not answer.ok or (isinstance(before, Acknowledgement) and before.succeeded):
            continue
        unchanged = isinstance(before, Request) and answer.verb in ("patch", "update", "delete") and answer.code == 200
        if not unchanged:
            asked = f"{answer.verb} {answer.resource}/{answer.key}"
            return f"{client} was told {answer.code} for {asked}, which etcd never acknowledged"
    return True


@sometimes(needs=SPLIT, shows=an_acknowledged_write_is_durable)
def a_write_is_acknowledged(step: Step) -> bool:
    """etcd acknowledges a write."""
    return any(call.succeeded for _, call in became(step, Acknowledgement))


@invariant
def no_invalid_object_is_stored(cluster: Cluster) -> bool | str:
    """Every stored object keeps the rules that the API documents for its kind."""
    for resource in BY_RESOURCE:
        for key in cluster.names(stored(resource)):
            value = cluster[stored(resource)[key]]
            wrong = None if value is None else _wrong(value)
            if wrong is not None:
                return f"etcd holds {resource}/{key}, in which {wrong}"
    return True


def _wrong(value: object) -> str | None:
    if isinstance(value, ReplicaSet):
        return (
            None if set(value.selector) <= set(value.template.labels) else "the selector does not select the template"
        )
    if not isinstance(value, Pod):
        return None
    if not value.spec.containers:
        return "there is no container"
    if value.spec.restart_policy not in ("Always", "OnFailure", "Never"):
        return f"restartPolicy is {value.spec.restart_policy}"
    for container in value.spec.containers:
        requests, limits = container.requests, container.limits
        if limits.memory_bytes is not None and (requests.memory_bytes or 0) > limits.memory_bytes:
            return f"container {container.name} requests more memory than its limit"
        if limits.cpu_millicores is not None and (requests.cpu_millicores or 0) > limits.cpu_millicores:
            return f"container {container.name} requests more cpu than its limit"
        if not container.image:
            return f"container {container.name} has no image"
    return None


@sometimes(needs=SPLIT, shows=no_invalid_object_is_stored)
def an_invalid_object_is_refused(step: Step) -> bool:
    """The api-server answers 422 to an object that is not valid."""
    return any(call.code == 422 for _, call in became(step, Response))


@step_invariant(needs=SPLIT)
def no_update_is_lost(step: Step) -> bool | str:
    """A write that was made on one version of an object never succeeds on another."""
    for client, call in became(step, Acknowledgement):
        transaction = step.before[CALLS[client]]
        if not isinstance(transaction, Transaction) or not call.succeeded:
            continue
        held = version(step.before[stored(call.resource)[call.key]])
        if held != transaction.expected:
            return f"{client} overwrote a version of {call.request.target} that the api-server had not read"
        condition = transaction.request.resource_version
        if condition is not None and condition != held:
            return f"{client} changed {call.request.target} on the condition of an older version"
    return True


@sometimes(needs=SPLIT, shows=no_update_is_lost)
def a_write_meets_another_version(step: Step) -> bool:
    """etcd refuses a transaction because somebody else wrote first."""
    return any(not call.succeeded for _, call in became(step, Acknowledgement))
