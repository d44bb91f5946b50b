"""What becomes of a webhook."""

from kmodel.kernel import Cluster, Step, converges, sometimes
from kmodel.kubernetes.components.calls import Acknowledgement, became, is_orphan
from kmodel.kubernetes.components.etcd import stored

WEBHOOKS = stored("webhooks")


@converges(needs=WEBHOOKS)
def a_webhook_gets_ready(cluster: Cluster) -> bool | str:
    """At last each webhook has its secret, and says that it is ready."""
    for key in cluster.names(WEBHOOKS):
        webhook = cluster[WEBHOOKS[key]]
        if webhook is not None and not webhook.status.ready:
            return f"webhook/{key} is not ready"
    return True


@sometimes(needs=WEBHOOKS, shows=a_webhook_gets_ready)
def a_secret_is_created_after_the_time_out(step: Step) -> bool:
    """Something is written for a call on which the setup had given up."""
    return any(is_orphan(client) and call.succeeded for client, call in became(step, Acknowledgement))
