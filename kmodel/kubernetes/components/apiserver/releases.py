"""What releases of Kubernetes do by default where they differ: how old the first list of a client may be.

A first list that names resourceVersion 0 is answered from the watch cache, of whatever age that is. One that is
streamed (WatchListClient) is of what is stored by then. In 1.33 nobody streams; in 1.34 kube-controller-manager turns
it on for its own informers [kubernetes/kubernetes#132704]; from 1.35 on all clients do.

Upstream: staging/src/k8s.io/client-go/{features/known_features.go,tools/cache/reflector.go} (relistResourceVersion),
1.33 to 1.35; KEP-3157. The controller manager's own switch is in cmd/kube-controller-manager/app/options/options.go, of
which only the changes were read [kubernetes/kubernetes#125591, #136128].
"""

from collections.abc import Callable

from kmodel.kubernetes.components.informer import CONTROLLER_MANAGER


def of_the_controller_manager(watcher: str) -> bool:
    """Tell whether a watcher is an instance of the controller manager."""
    return watcher.startswith(CONTROLLER_MANAGER)


# By firstList, or by the release that is asked for: whose first lists are of what is stored when they are answered.
FIRST_LISTS: dict[str, Callable[[str], bool]] = {
    "consistent": lambda watcher: True,
    "any": lambda watcher: False,
    "1.33": lambda watcher: False,
    "1.34": of_the_controller_manager,
    "1.35": lambda watcher: True,
}
RELEASES = tuple(name for name in FIRST_LISTS if name[0].isdigit())
