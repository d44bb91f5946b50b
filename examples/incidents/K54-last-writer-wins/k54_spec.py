"""What two controllers that write one status may rely on."""

from kmodel.kernel import Cluster, Step, sometimes, step_invariant
from kmodel.kubernetes.components.calls import Response, became
from kmodel.kubernetes.components.etcd import stored

CLUSTERS = stored("hostedclusters")


@step_invariant(needs=CLUSTERS)
def no_word_is_taken_back(step: Step) -> bool | str:
    """What a controller has said in the status stays there: the other one has nothing to say of it."""
    for cell in step.wrote(CLUSTERS):
        before, after = step.before[cell], step.after[cell]
        for part in ("network", "storage"):
            if (
                before is not None
                and after is not None
                and getattr(before.status, part)
                and not getattr(after.status, part)
            ):
                return f"that the {part} of {cell.key[0]} is ready is not said any more, and nothing happened to it"
    return True


@sometimes(needs=CLUSTERS, shows=no_word_is_taken_back)
def both_write_at_once(step: Step) -> bool:
    """A write is refused since the other controller wrote first."""
    return any(call.code == 409 for _, call in became(step, Response))


@sometimes(needs=CLUSTERS, shows=no_word_is_taken_back)
def both_are_heard(cluster: Cluster) -> bool:
    """The status says what both controllers know."""
    known = (cluster[CLUSTERS[key]] for key in cluster.names(CLUSTERS))
    return any(each is not None and each.status.network and each.status.storage for each in known)
