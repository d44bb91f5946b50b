"""Whether a client's requests come through to etcd: not if its api-server, or the client, is cut off."""

from kmodel.kernel import Cluster
from kmodel.kubernetes.components.apiserver.watch_cache import connection_of
from kmodel.kubernetes.components.control_nodes import CONNECTED, ON_CONTROL_NODES, is_connected
from kmodel.kubernetes.components.processes import PROCESSES


def comes_through(cluster: Cluster, client: str) -> bool:
    """Tell whether what a client asks for can be carried out; where no control node is cut off it always can.

    Who has no lasting connection is served by an api-server that can, and so is a call that has outlived its client.
    """
    if not cluster.layout.has_family(CONNECTED.family):
        return True
    process = next((process.name for process in cluster[PROCESSES] if client in process.clients), None)
    if process is None:
        return True
    server = connection_of(cluster, process)
    here = process not in cluster[ON_CONTROL_NODES] or is_connected(cluster, process)
    return here and (server is None or is_connected(cluster, server))
