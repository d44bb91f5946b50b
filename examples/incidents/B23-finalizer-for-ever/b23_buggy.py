"""A provider of Karpenter that asks the cloud for a machine by an empty name, and tries again for ever.

Upstream: pkg/cloudprovider/cloudprovider.go Delete, before the fix of cloudpilot-ai/karpenter-provider-gcp#334: the
identity of the machine comes from the claim's status, which has none until the machine was launched.
"""

from contextlib import suppress
from typing import Any

from kmodel.controllers import AlreadyExists, Client, NotFound, controller, custom_kind

NodeClaim = custom_kind("karpenter.example/v1", "NodeClaim", status={"providerID": ""})
Machine = custom_kind("cloud.example/v1", "Machine")  # an object of the cloud's API, which no informer watches
FINALIZER = "karpenter.example/termination"


def terminate(client: Client, claim: Any) -> None:
    """Terminate the machine that the status names."""
    if not claim.status.providerID:
        raise ValueError("unexpected providerID format")
    with suppress(NotFound):
        client.delete(Machine, claim.status.providerID)


@controller(watches=NodeClaim, uses=[Machine])
def node_claims(client: Client, key: str) -> None:
    """Launch the machine of a claim, and terminate it with the claim."""
    claim = client.get(NodeClaim, key)
    if claim is None:
        return
    if claim.metadata.deleting:
        if FINALIZER in claim.metadata.finalizers:
            terminate(client, claim)
            client.remove_finalizer(claim, FINALIZER)
        return
    if FINALIZER not in claim.metadata.finalizers:
        client.add_finalizer(claim, FINALIZER)
        return
    if not claim.status.providerID:
        with suppress(AlreadyExists):
            client.create({"apiVersion": "cloud.example/v1", "kind": "Machine", "metadata": {"name": key}})
        client.patch_status(claim, providerID=key)
