"""Keeps so many pods for each Cache; it counts those in its informer's cache, which is late: it makes too many."""

from typing import Any

from kmodel.controllers import Client, controller, custom_kind

Cache = custom_kind("example.com/v1", "Cache", spec={"replicas": int}, status={"pods": 0})


def pod(cache: Any) -> dict[str, Any]:
    """Return the manifest of a pod; the api-server completes its name."""
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"generateName": f"{cache.metadata.name}-"},
        "spec": {"containers": [{"name": "redis", "image": "redis"}]},
    }


@controller(watches=Cache, owns=["v1/Pod"])
def cache_operator(client: Client, key: str) -> None:
    """Create the pods that are missing."""
    cache = client.get(Cache, key)
    if cache is None or cache.metadata.deleting:
        return
    pods = client.list("v1/Pod", owner=cache)
    for _ in range(cache.spec.replicas - len(pods)):
        client.create(pod(cache), owner=cache)
