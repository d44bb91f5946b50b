"""Who makes the child of a parent, and copies it into another namespace with all that it says, also of its owner."""

from contextlib import suppress

from kmodel.controllers import AlreadyExists, Client, controller, custom_kind

Parent = custom_kind("example.com/v1", "Parent")


@controller(watches=Parent, owns=["v1/Pod"])
def copier(client: Client, key: str) -> None:
    """Create a child, and its copy in the namespace b: once."""
    parent = client.get(Parent, key)
    if parent is None or client.get("v1/Pod", "child") is not None:
        return
    spec = {"containers": [{"name": "main", "image": "nginx"}]}
    for metadata in ({"name": "child"}, {"name": "child", "namespace": "b"}):
        with suppress(AlreadyExists):
            client.create({"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": spec}, owner=parent)
