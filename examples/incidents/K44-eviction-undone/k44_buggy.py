"""The disruption controller of Kubernetes 1.16: after a conflict it writes what it had computed before.

Upstream: pkg/controller/disruption/disruption.go updatePdbStatus, 1.16 (kubernetes/kubernetes#82149). Budgets and
evictions are no part of kmodel yet; so they stand here as a custom kind and two controllers. An eviction is a write
of the status on the condition of its version, and then a deletion (pkg/registry/core/pod/storage/eviction.go).
"""

from contextlib import suppress

from kmodel.controllers import Client, Conflict, NotFound, controller, custom_kind

# As the first eviction has left it: of three pods, of which one must stay, two were allowed to go, and c is gone.
Budget = custom_kind("policy.example/v1", "Budget", spec={"minAvailable": 0}, status={"allowed": 1, "disrupted": ["c"]})


@controller(watches=Budget, maps={"v1/Pod": None})
def disruption_controller(client: Client, key: str) -> None:
    """Count the pods that are there and not about to go, and say how many may be evicted."""
    budget = client.get(Budget, key)
    if budget is None:
        return
    pods = {pod.metadata.name for pod in client.list("v1/Pod")}
    disrupted = [name for name in budget.status.disrupted if name in pods]
    status = {"allowed": max(0, len(pods) - len(disrupted) - budget.spec.minAvailable), "disrupted": disrupted}
    if (budget.status.allowed, list(budget.status.disrupted)) == (status["allowed"], disrupted):
        return
    try:
        client.update_status(budget, status)
    except Conflict:
        latest = client.get(Budget, key, live=True)
        if latest is not None:
            client.update_status(latest, status)


@controller(watches=Budget, uses=["v1/Pod"])
def evictor(client: Client, key: str) -> None:
    """Evict pods, each as the api-server does: take one from what the budget allows, and delete the pod."""
    budget = client.get(Budget, key)
    if budget is None or not budget.status.allowed:
        return
    pod = min(client.list("v1/Pod", live=True), key=lambda pod: str(pod.metadata.name))
    disrupted = [*budget.status.disrupted, pod.metadata.name]
    client.update_status(budget, {"allowed": budget.status.allowed - 1, "disrupted": disrupted})
    with suppress(NotFound):
        client.delete(pod)
