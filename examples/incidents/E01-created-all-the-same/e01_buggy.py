"""A setup that creates a secret until that succeeds.

Upstream: the certificate tool of kubevirt/kubevirtci before pull request 489 (2020): each error of a create is tried
again, "already exists" too. A name that is there already, and by whom, it asks nowhere.
"""

from kmodel.controllers import Client, controller, custom_kind

Webhook = custom_kind("hooks.example/v1", "Webhook", status={"ready": False})
Secret = custom_kind("hooks.example/v1", "CertSecret")


@controller(watches=Webhook, uses=[Secret])
def certifier(client: Client, key: str) -> None:
    """Create the secret of a webhook, and say that it is ready; an error ends the run, which is tried again."""
    webhook = client.get(Webhook, key)
    if webhook is None or webhook.status.ready:
        return
    client.create({"apiVersion": "hooks.example/v1", "kind": "CertSecret", "metadata": {"name": key}})
    client.patch_status(webhook, ready=True)
