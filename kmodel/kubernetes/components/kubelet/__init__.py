"""kubelet of a node: runs the pods that are bound to it, and reports what it sees.

What it models and leaves out stands at the head of each part: pods.py (its pods), status.py (what it reports),
state.py (what it remembers). Its informer watches, or polls, the pods whose spec.nodeName is its node.

Upstream: pkg/kubelet, 1.34.
"""

from kmodel.kernel import Cluster
from kmodel.kubernetes.components.informer import informer
from kmodel.kubernetes.components.kubelet.pods import forget_rejected
from kmodel.kubernetes.components.kubelet.state import is_connected


def _alive(cluster: Cluster, watcher: str) -> bool:
    return is_connected(cluster, watcher.removeprefix("kubelet/"))


INFORMER = informer(forget_rejected, _alive)
