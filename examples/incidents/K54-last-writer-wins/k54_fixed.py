"""Two controllers that write the whole status on the condition that it is still the version that they have read.

As helpers of HyperShift do now (openshift/hypershift#8782, MergeFromWithOptimisticLock). Who is refused (409
Conflict) is run again, on what is there by then.
"""

from kmodel.controllers import Client, controller, custom_kind

HostedCluster = custom_kind("hosting.example/v1", "HostedCluster", status={"network": "", "storage": ""})


@controller(watches=HostedCluster)
def network_operator(client: Client, key: str) -> None:
    """Say that the network is ready."""
    found = client.get(HostedCluster, key)
    if found is not None and not found.status.network:
        client.update_status(found, {"network": "ready", "storage": found.status.storage})


@controller(watches=HostedCluster)
def storage_operator(client: Client, key: str) -> None:
    """Say that the storage is ready."""
    found = client.get(HostedCluster, key)
    if found is not None and not found.status.storage:
        client.update_status(found, {"network": found.status.network, "storage": "ready"})
