"""Whether the api-server serves: a cell that is there only if a scenario lets it be away."""

from kmodel.kernel import Cells, Cluster

AWAY: Cells[bool] = Cells("away")
SERVER = "kube-apiserver"


def is_away(cluster: Cluster) -> bool:
    """Tell whether nobody answers at the api-server's address; without outages somebody always does."""
    return cluster.has(AWAY[SERVER]) and cluster[AWAY[SERVER]]
