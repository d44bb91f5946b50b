"""Keeps so many pods for each Cache; each has a name of its own, so that none is made twice."""

from contextlib import suppress
from typing import Any

from kmodel.controllers import AlreadyExists, Client, controller, custom_kind

Cache = custom_kind("example.com/v1", "Cache", spec={"replicas": int}, status={"pods": 0})


def pod(cache: Any, number: int) -> dict[str, Any]:
    """Return the manifest of a pod."""
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": f"{cache.metadata.name}-{number}"},
        "spec": {"containers": [{"name": "redis", "image": "redis"}]},
    }


@controller(watches=Cache, owns=["v1/Pod"])
def cache_operator(client: Client, key: str) -> None:
    """Create the pods that are missing, and say how many there are."""
    cache = client.get(Cache, key)
    if cache is None or cache.metadata.deleting:
        return
    pods = client.list("v1/Pod", owner=cache)
    there = {each.metadata.name for each in pods}
    for number in range(cache.spec.replicas):
        if f"{key}-{number}" not in there:
            with suppress(AlreadyExists):  # the informer's cache is late
                client.create(pod(cache, number), owner=cache)
    if cache.status.pods != len(pods):
        client.patch_status(cache, pods=len(pods))
