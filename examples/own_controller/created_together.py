"""Runs a Deployment behind a Service for each Site; it creates both, or neither: a crash in between is for good."""

from typing import Any

from kmodel.controllers import Client, controller, custom_kind

Site = custom_kind("example.com/v1", "Site", spec={"image": str, "replicas": 1})


def deployment(site: Any) -> dict[str, Any]:
    """Return the manifest of the Deployment."""
    name = site.metadata.name
    template = {
        "metadata": {"labels": {"site": name}},
        "spec": {"containers": [{"name": "web", "image": site.spec.image}]},
    }
    selector = {"matchLabels": {"site": name}}
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": name},
        "spec": {"replicas": site.spec.replicas, "selector": selector, "template": template},
    }


def service(site: Any) -> dict[str, Any]:
    """Return the manifest of the Service."""
    name = site.metadata.name
    return {"apiVersion": "v1", "kind": "Service", "metadata": {"name": name}, "spec": {"selector": {"site": name}}}


@controller(watches=Site, owns=["apps/v1/Deployment", "v1/Service"])
def site_operator(client: Client, key: str) -> None:
    """Create the Deployment and the Service, if there is no Deployment."""
    site = client.get(Site, key)
    if site is None or site.metadata.deleting:
        return
    if client.get("apps/v1/Deployment", key) is None:
        client.create(deployment(site), owner=site)
        client.create(service(site), owner=site)
