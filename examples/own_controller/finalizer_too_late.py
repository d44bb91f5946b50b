"""Has a bucket outside of the cluster for each claim; the finalizer comes after the bucket, and the user in between."""

from contextlib import suppress

from kmodel.controllers import AlreadyExists, Client, NotFound, controller, custom_kind
from kmodel.kernel import Cluster, converges, sometimes
from kmodel.kubernetes.components.etcd import stored

Claim = custom_kind("example.com/v1", "Claim")
Bucket = custom_kind("outside.example.com/v1", "Bucket")  # the other side's API, which no informer watches
FINALIZER = "example.com/bucket"


@controller(watches=Claim, uses=[Bucket])
def claim_operator(client: Client, key: str) -> None:
    """Create the bucket of a claim, and delete it with the claim."""
    claim = client.get(Claim, key)
    if claim is None:
        return
    if claim.metadata.deleting:
        if FINALIZER in claim.metadata.finalizers:
            with suppress(NotFound):
                client.delete(Bucket, key)
            client.remove_finalizer(claim, FINALIZER)
        return
    if client.get(Bucket, key, live=True) is None:
        with suppress(AlreadyExists):
            client.create({"apiVersion": "outside.example.com/v1", "kind": "Bucket", "metadata": {"name": key}})
    if FINALIZER not in claim.metadata.finalizers:
        client.add_finalizer(claim, FINALIZER)


@converges(needs=stored("buckets"))
def no_bucket_outlives_its_claim(cluster: Cluster) -> bool | str:
    """At last there is no bucket without a claim."""
    for key in cluster.names(stored("buckets")):
        if cluster[stored("buckets")[key]] is not None and cluster[stored("claims")[key]] is None:
            return f"the bucket {key} is paid for, and nobody claims it"
    return True


@sometimes(needs=stored("buckets"), shows=no_bucket_outlives_its_claim)
def a_bucket_is_there(cluster: Cluster) -> bool:
    """There is a bucket."""
    return any(cluster[stored("buckets")[key]] is not None for key in cluster.names(stored("buckets")))
