"""Two controllers that each write the whole status, as they have read it, and make no version a condition.

So did the controllers of HyperShift (openshift/hypershift#8562, #8782), and so does each client that puts or
patches an object without its resourceVersion: the api-server takes that for "whatever is there"
(kubernetes/kubernetes#4982).
"""

from kmodel.controllers import Client, controller, custom_kind

HostedCluster = custom_kind("hosting.example/v1", "HostedCluster", status={"network": "", "storage": ""})


@controller(watches=HostedCluster)
def network_operator(client: Client, key: str) -> None:
    """Say that the network is ready."""
    found = client.get(HostedCluster, key)
    if found is not None and not found.status.network:
        client.patch_status(found, network="ready", storage=found.status.storage)


@controller(watches=HostedCluster)
def storage_operator(client: Client, key: str) -> None:
    """Say that the storage is ready."""
    found = client.get(HostedCluster, key)
    if found is not None and not found.status.storage:
        client.patch_status(found, network=found.status.network, storage="ready")
