"""What becomes of a claim that is deleted, and of its machine."""

from kmodel.kernel import Cluster, converges, sometimes
from kmodel.kubernetes.components.etcd import stored

CLAIMS, MACHINES = stored("nodeclaims"), stored("machines")


@converges(needs=MACHINES)
def a_deleted_claim_goes_and_its_machine(cluster: Cluster) -> bool | str:
    """At last no claim is waiting to be deleted, and there is no machine without a claim."""
    for key in cluster.names(CLAIMS):
        claim, machine = cluster[CLAIMS[key]], cluster[MACHINES[key]]
        if claim is not None and claim.metadata.deleting:
            return f"nodeclaim/{key} is deleted, and does not go"
        if claim is None and machine is not None:
            return f"the machine {key} is paid for, and nobody claims it"
    return True


@sometimes(needs=MACHINES, shows=a_deleted_claim_goes_and_its_machine)
def a_claim_is_deleted_before_its_machine_is_known(cluster: Cluster) -> bool:
    """A claim is being deleted whose status names no machine."""
    claims = (cluster[CLAIMS[key]] for key in cluster.names(CLAIMS))
    return any(claim is not None and claim.metadata.deleting and not claim.status.providerID for claim in claims)
