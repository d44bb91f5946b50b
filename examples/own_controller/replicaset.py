"""The ReplicaSet controller as a straight line: what kmodel's own writes as transitions, in 15 lines.

It waits for its own writes where kmodel's has expectations; pods to delete are not ranked.
"""

from kmodel.controllers import Client, controller
from kmodel.kubernetes.objects import ObjectMeta, Pod


@controller(watches="apps/v1/ReplicaSet", owns=["v1/Pod"], reads_own_writes=True)
def straight_line(client: Client, key: str) -> None:
    """Have as many active pods as the ReplicaSet wants."""
    wanted = client.get("apps/v1/ReplicaSet", key)
    if wanted is None or wanted.metadata.deleting:
        return
    active = [pod for pod in client.list("v1/Pod", owner=wanted) if pod.active]
    name, namespace = wanted.metadata.name, wanted.metadata.namespace
    metadata = ObjectMeta(generate_name=f"{name}-", namespace=namespace, labels=wanted.template.labels)
    for _ in range(wanted.replicas - len(active)):
        client.create(Pod(metadata, wanted.template.spec), owner=wanted)
    for pod in active[wanted.replicas :]:
        client.delete(pod)
